"""Audit: what every record holds, who may read, export and delete, reports in three formats that can be checked later, and how long they stay."""
import base64
import csv
import hashlib
import html.parser
import os
import time

from common import *

KEPT_DAYS = 184


def network(net):
    trio(net, 16)
    register(net, "flights", FLIGHTS)
    net.flights = publish(net, "flights")
    net.app = agreement(net, net.flights)
    net.output = os.path.join(net.dir, "flights.csv")
    net.transfer = net.nodes["insurer"].hufu("fetch", net.flights, "--system", "claims", "--output", net.output, as_="chen")["transfer"]
    workflow.wait_transfer(net.nodes["transport"], "li", net.transfer, "COMPLETED")
    i = net.nodes["insurer"]
    i.add_user("qian", "钱芳 I-4", ["audit-reader"])
    i.add_user("tang", "唐宁 I-5", ["records-keeper"])
    i.refused("decide", net.app, "T", as_="chen")


AUDITORS = {"insurer": "wu", "transport": "sun", "manager": "feng"}


def read_csv(path):
    """(facts, entries): strict RFC 4180, every record as wide as the header."""
    with open(path, "rb") as f:
        raw = f.read()
    check(raw.startswith(b"\xef\xbb\xbf") and raw.endswith(b"\r\n"), "a byte order mark, and CR LF behind the last record")
    records = list(csv.reader(raw.decode("utf-8-sig").splitlines(keepends=True), strict=True))
    head, facts, entries = records[0], {}, []
    for r in records[1:]:
        check(len(r) == len(head), f"{len(head)} fields: {r}")
        row = dict(zip(head, r))
        if row["record"] == "report":
            facts[row["object"]] = row["detail"]
        else:
            entries.append(row)
    return facts, entries


def report(net, node, *filters, as_=None):
    """A CSV report: (view, facts, entries)."""
    net.reports = getattr(net, "reports", 0) + 1
    path = os.path.join(net.dir, f"report-{net.reports}.csv")
    view = net.nodes[node].hufu("audit", "report", "--format", "csv", "-o", path, *filters, as_=as_ or AUDITORS[node])
    facts, entries = read_csv(path)
    check(int(facts["entries listed"]) == len(entries) == view["entries"], "as many entries as it says")
    return view, facts, entries


def test_every_record_has_time_type_subject_content_and_result(net):
    """DS-128: in all entries of three nodes, whatever made them."""
    for node in AUDITORS:
        _, facts, entries = report(net, node)
        check(len(entries) == int(facts["ledger size"]) and len(entries) > 15, "all entries of the ledger")
        check(facts["could not be opened"] == "0", "all of them opened")
        for e in entries:
            for field in ("time", "type", "subject", "object", "result"):
                check(e[field], f"{node}, entry {e['index']} has no {field}: {e}")


def test_there_is_a_record_of_each_type_of_event(net):
    """DS-127: authentication, policy management, backup jobs, operations of administrators and of users; the record of a restore
    is in tests/fault/test_backup.py"""
    i, t = net.nodes["insurer"], net.nodes["transport"]
    wrong = os.path.join(net.dir, "wrong-password")
    with open(os.open(wrong, os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="ascii") as f:
        f.write("Wrong-Password-12345\n")
    try:
        i.hufu("login", "--account", "zhou", "--password-file", wrong)
    except hufunet.Refused as r:
        check(r.reason == "credential", r.text)
    t.mandate("li", "publish", ["年度复核"], "--entry", net.flights)
    t.hufu("catalog", "scope", net.flights, "everyone", "--purpose", "年度复核", as_="wang")
    i.hufu("backup", os.path.join(net.dir, "backup-of-the-insurer"), as_="admin")
    _, _, at_insurer = report(net, "insurer")
    _, _, at_transport = report(net, "transport")

    def has(entries, **wanted):
        return any(all(w in e[k.rstrip("_")] for k, w in wanted.items()) for e in entries)

    check(has(at_insurer, type_="login", subject="insurer/chen", result="ok"), "authentication")
    check(has(at_insurer, type_="login", manner="/v1/login", result="refused"), "refused authentication")
    check(has(at_transport, subject="transport/wang", manner="/v1/catalog/rescope", result="ok"), "policy management: who may see what")
    check(has(at_insurer, type_="user-change", subject="insurer/admin", object="chen"), "operation of an administrator")
    check(has(at_insurer, type_="system-change", subject="insurer/admin", object="claims"), "operation of an administrator")
    check(has(at_insurer, type_="backup", subject="insurer/admin", object="backup of the node", result="ok"), "backup job")
    check(has(at_insurer, type_="application-draft", subject="insurer/chen"), "operation of a user")
    check(has(at_insurer, type_="transfer-request", subject="insurer/chen"), "operation of a user")
    check(has(at_insurer, type_="denied", subject="insurer/chen", result="refused"), "refused operation of a user")
    check(has(at_transport, type_="decision", subject="transport/li"), "decision of a user")


def test_reports_by_subject_object_period_event_and_outcome(net):
    """DS-97, DS-101: each filter gives exactly the entries that the whole report has for it."""
    _, _, everything = report(net, "insurer")
    limit = len(everything)
    middle = everything[limit // 2]["time"]

    def same(filters, wanted):
        _, facts, got = report(net, "insurer", *filters, "--until", everything[-1]["time"])
        expected = [e["index"] for e in everything[:-1] if e["time"] < everything[-1]["time"] and wanted(e)]
        check([e["index"] for e in got] == expected and expected, f"{filters}: {len(got)} and {len(expected)}")
        return facts

    facts = same(["--subject", "chen"], lambda e: e["subject"] == "insurer/chen")
    check(facts["subject"] == "chen" and facts["outcome"] == "any" and facts["period until"] == everything[-1]["time"], f"{facts}")
    same(["--subject", "insurer/zhou"], lambda e: e["subject"] == "insurer/zhou")
    same(["--object", net.app], lambda e: net.app in e["object"] or net.app in (e["transaction"],) or f"application={net.app}" in e["more"])
    same(["--from", middle], lambda e: e["time"] >= middle)
    same(["--outcome", "refused"], lambda e: e["result"] == "refused")
    same(["--event", "login", "--subject", "wu"], lambda e: e["type"] == "login" and e["subject"] == "insurer/wu")


def test_what_is_asked_wrongly_is_refused_with_the_reason(net):
    i = net.nodes["insurer"]
    for args, word in ((["--event", "nonsense"], "no event 'nonsense'"), (["--outcome", "maybe"], "ok, refused, failed"), (["--format", "pdf"], "text, csv and html"),
                       (["--from", "yesterday"], "no time"), (["--from", "2026-02-01", "--until", "2026-01-01"], "ends before it begins")):
        r = i.refused("audit", "report", *args, as_="wu")
        check(r.reason == "argument" and word in r.text, f"{args}: {r.text}")


def test_a_report_can_be_checked_against_the_ledger_later(net):
    """DS-98, DS-129: the checkpoint is the ledger's own and cosigned, each listed entry is in the tree, and the ledger states the
    digest of the file."""
    i = net.nodes["insurer"]
    view, facts, entries = report(net, "insurer", "--outcome", "ok")
    note = facts["checkpoint"]
    size, root = note.split("\n")[1:3]
    check(view["witnessed"] and note.count("\n— roads.example/witness/") >= 2, "cosigned by the quorum")
    check(facts["ledger size"] == size and facts["root"].startswith(root), "one size and one root")
    folder = os.path.join(net.dir, "exported")
    wait_until(lambda: i.hufu("ledger", "state", as_="wu")["witnessed"] > int(size), "the ledger to be witnessed beyond the report")
    i.hufu("ledger", "export", folder, as_="wu")
    status, text = net.verify("ledger", folder, "--root-key", net.authority.root_key)
    check(status == 0, text)
    leaves = leaf_hashes(folder)
    check(tree_root(leaves[:int(size)]) == base64.b64decode(root), "the root that the exported entries have at that size")
    for e in entries:
        check(leaves[int(e["index"])].hex() == e["leaf-hash"], f"entry {e['index']} is the one in the ledger")
    path = os.path.join(net.dir, f"report-{net.reports}.csv")
    with open(path, "rb") as f:
        digest = hashlib.sha256(f.read()).hexdigest()
    rows = i.hufu("ledger", "tail", "--count", "60", as_="wu")["entries"]
    check(any(r["event"] == "audit-report" and r["fields"]["digest"] == digest and view["report"] in r["fields"]["object"] for r in rows), "the ledger has its digest")


def leaf_hashes(folder):
    """Of an exported folder, from the entries themselves."""
    leaves = []
    base = os.path.join(folder, "tile", "entries")
    bundles = sorted(os.path.join(d, n) for d, _, names in os.walk(base) for n in names)
    for b in sorted(bundles, key=lambda p: os.path.relpath(p, base).replace("x", "")):
        with open(b, "rb") as f:
            data = f.read()
        while data:
            n = int.from_bytes(data[:2], "big")
            leaves.append(hashlib.sha256(b"\0" + data[2:2 + n]).digest())
            data = data[2 + n:]
    return leaves


def tree_root(leaves):
    """RFC 6962 2.1, as it stands there."""
    if len(leaves) <= 1:
        return leaves[0] if leaves else hashlib.sha256(b"").digest()
    k = 1
    while 2 * k < len(leaves):
        k *= 2
    return hashlib.sha256(b"\1" + tree_root(leaves[:k]) + tree_root(leaves[k:])).digest()


def test_reading_exporting_and_deleting_are_three_rights(net):
    """DS-129: and no right of the audit belongs to whoever works with data or manages accounts; every use and refusal is an entry."""
    i = net.nodes["insurer"]
    for account in ("chen", "zhou", "admin"):
        for args in (["audit", "report"], ["audit", "list"]):
            r = i.refused(*args, as_=account)
            check(r.reason == "permission", f"{account} {args}: {r.text}")
    made = i.hufu("audit", "report", as_="qian")
    check(made["state"] == "ready", f"{made}")
    out = os.path.join(net.dir, "reader.txt")
    r = i.refused("audit", "export", made["report"], "-o", out, as_="qian")
    check(r.reason == "permission" and not os.path.exists(out), "the reader takes nothing out")
    r = i.refused("audit", "export", made["report"], "-o", out, as_="tang")
    check(r.reason == "permission", "nor does the keeper")
    i.hufu("audit", "export", made["report"], "-o", out, as_="wu")
    check(os.path.getsize(out) == made["bytes"], "the auditor does")
    for account in ("wu", "qian", "admin"):
        r = i.refused("audit", "delete", made["report"], as_=account)
        check(r.reason == "permission", f"{account} deletes nothing: {r.text}")
    _, _, entries = report(net, "insurer", "--object", made["report"])
    seen = {(e["type"], e["subject"], e["result"]) for e in entries}
    for wanted in (("audit-report", "insurer/qian", "ok"), ("audit-export", "insurer/wu", "ok")):
        check(wanted in seen, f"{wanted} is on record: {seen}")
    _, _, entries = report(net, "insurer", "--event", "denied", "--object", "/v1/audit/")
    seen = {(e["subject"], e["object"]) for e in entries}
    for wanted in (("chen", "report"), ("admin", "reports"), ("qian", "file"), ("tang", "file"), ("wu", "delete"), ("admin", "delete")):
        check((f"insurer/{wanted[0]}", f"/v1/audit/{wanted[1]}") in seen, f"the refusal of {wanted} is on record: {seen}")
    _, _, entries = report(net, "insurer", "--subject", "qian", "--event", "audit-read")
    check(any("audit report of all entries" in e["object"] for e in entries), "the query itself is an entry")
    r = [i.refused("user", "roles", "qian", "--role", "auditor", "--role", "records-keeper", as_="admin")]
    check(r[0].reason == "separation", "nobody both exports and deletes")


def test_entries_and_reports_stay_at_least_six_months_and_nobody_shortens_that(net):
    """DS-98, DS-104, DS-130: the period stands in the report; deletion is refused before; there is no setting for it and no command
    that deletes an entry."""
    i = net.nodes["insurer"]
    kept = i.hufu("audit", "report", as_="wu")
    made, until = (time.strptime(kept[k][:19], "%Y-%m-%dT%H:%M:%S") for k in ("made", "kept_until"))
    check(time.mktime(until) - time.mktime(made) >= KEPT_DAYS * 86400 - 7200, f"{kept}")
    r = i.refused("audit", "delete", kept["report"], as_="tang")
    check(r.reason == "state" and kept["kept_until"] in r.text, r.text)
    check(os.path.exists(os.path.join(i.dir, "reports", kept["report"] + ".txt")), "the file is there")
    commands = hufunet.run([net.program("hufu"), "--help"], net.environment()).stdout
    removing = [line.split()[:2] for line in commands.splitlines() if "audit" in line or "ledger" in line]
    check(["audit", "delete"] in removing and ["ledger", "delete"] not in removing, f"{removing}")
    config = os.path.join(i.dir, "hufu.yaml")
    with open(config, encoding="utf-8") as f:
        text = f.read()
    before = i.hufu("ledger", "state", as_="wu")["durable"]
    i.stop()
    try:
        for line in ("audit:\n  keep_days: 1\n", "retention_days: 1\n", "reports:\n  keep_days: 1\n"):
            with open(config, "w", encoding="utf-8") as f:
                f.write(text + line)
            r = hufunet.run([net.program("hufud"), "--node", i.dir], net.environment())
            check(r.returncode == 1 and "there is no setting" in r.stderr, r.stderr)
    finally:
        with open(config, "w", encoding="utf-8") as f:
            f.write(text)
        i.start()
    for account in ("wu", "qian", "tang", "admin", "chen"):
        i.login(account)
    listed = {v["report"]: v for v in i.hufu("audit", "list", as_="tang")["reports"]}
    check(listed[kept["report"]]["state"] == "ready", "it is kept over a restart")
    check(i.hufu("ledger", "state", as_="wu")["durable"] >= before, "and so are the entries")


def test_a_report_that_was_altered_at_rest_is_not_handed_out(net):
    """DS-99 (protection)"""
    i = net.nodes["insurer"]
    made = i.hufu("audit", "report", "--format", "csv", as_="wu")
    with open(os.path.join(i.dir, "reports", made["report"] + ".csv"), "r+b") as f:
        f.seek(100)
        byte = f.read(1)
        f.seek(100)
        f.write(bytes([byte[0] ^ 1]))
    r = i.refused("audit", "export", made["report"], "-o", os.path.join(net.dir, "altered.csv"), as_="wu")
    check(r.reason == "digest" and "altered" in r.text, r.text)


class Page(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.attributes, self.text = set(), [], []

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        self.attributes += [(tag, k, v) for k, v in attributes]

    def handle_data(self, data):
        self.text.append(data)


def test_the_printable_page_loads_and_runs_nothing_whatever_the_entries_say(net):
    i, path = net.nodes["insurer"], os.path.join(net.dir, "report.html")
    i.hufu("system", "add", "hostile", "--address", i.ip, "--business", "<script src=//x>理赔</script>", as_="admin")
    i.refused("catalog", "show", "<img src=x onerror=alert(1)>", as_="chen")
    i.hufu("audit", "report", "--format", "html", "-o", path, as_="wu")
    with open(path, encoding="utf-8") as f:
        text = f.read()
    page = Page()
    page.feed(text)
    check(not page.tags & {"script", "img", "link", "iframe", "object", "form", "a"}, f"{page.tags}")
    check(not [a for a in page.attributes if a[1].startswith("on") or a[1] in ("src", "href")], "no attribute that loads or runs")
    check("@page { size: A4" in text and "default-src 'none'" in text and '<meta charset="utf-8">' in text, "it prints on A4 and is self-contained")
    shown = "".join(page.text)
    check("roads.example/ledger/insurer" in shown and "transfer-received" in shown, "it says what the other forms say")
    chinese = os.path.join(net.dir, "chinese.html")
    i.hufu("audit", "report", "--object", "延误<理赔>", "--format", "html", "-o", chinese, as_="wu")
    with open(chinese, encoding="utf-8") as f:
        check("<bdi>延误&lt;理赔&gt;</bdi>" in f.read(), "Chinese as it was written")


def test_a_transfer_is_traced_forward_from_the_source_and_backward_from_the_copy(net):
    """DS-97, DS-103: person, address, time and manner of every step, at both ends. (Derived items of a second processing step need
    masking jobs, which this node does not have yet.)"""
    for node in ("transport", "insurer"):
        _, _, entries = report(net, node, "--object", net.transfer)
        steps = [e for e in entries if e["transaction"] == net.transfer]
        check(len(steps) >= 4, f"{node} recorded the steps of the transfer: {[e['type'] for e in entries]}")
        for e in steps:
            check(e["subject"] and e["time"] and e["manner"] and e["counterparty"], f"{node}: {e}")
        check(any(e["address"] or "ip-address=" in e["more"] for e in entries), "and from which address")
    _, _, forward = report(net, "transport", "--object", net.flights)
    check({"publish"} <= {e["type"] for e in forward}, "forward: what was done with the catalog entry")
    _, _, backward = report(net, "insurer", "--object", net.flights)
    check(any(e["transaction"] == net.transfer or net.transfer in e["object"] for e in backward), f"backward: from the entry to the transfer: {[(e['type'], e['object']) for e in backward]}")


def test_what_is_done_with_a_source_is_attributed_to_a_person(net):
    """DS-102, as far as a node without PostgreSQL can: registering, scanning and publishing a source, and who fetched from it."""
    t = net.nodes["transport"]
    t.hufu("source", "scan", "flights", as_="wang")
    _, _, entries = report(net, "transport", "--object", "flights")
    done = {(e["subject"], e["manner"].split()[-1]) for e in entries}
    check({("transport/wang", "/v1/sources/add"), ("transport/wang", "/v1/sources/scan")} <= done, f"{done}")

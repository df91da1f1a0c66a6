"""Deliveries that go out masked because the entry says so: real nodes, a table of toll passages with the people in them."""
import collections
import csv
import os
import random
import re
import socket
import threading

import passages
from common import *
from masking import digest
from test_rulebook import POLICY

ROWS, PEOPLE_MASKING = 20000, {
    "yang": ("杨帆 T-11", ["masking-operator"]), "ma": ("马超 T-12", ["masking-operator"]), "song": ("宋玉 T-13", ["security-administrator"]),
    "shen": ("沈清 T-14", ["audit-administrator"]), "bao": ("包正 T-15", ["mask-reverser"]), "hong": ("洪光 T-16", ["mask-key-keeper"]),
    "lu": ("陆羽 T-17", ["leak-tracer"])}
CLAIMS = ["--purpose", "claims-assessment", "--system", "claims"]
DEPARTMENTS = {"loss": ("钱亮 I-11", "adjusting"), "price": ("孔明 I-12", "pricing")}  # department: (its person's name, its system)
PSEUDONYMS = ("resident_id", "mobile", "plate", "card")


def network(net):
    trio(net, 58)
    t = net.nodes["transport"]
    for account, (real_name, roles) in PEOPLE_MASKING.items():
        t.add_user(account, real_name, roles)
    for node, accounts in ((t, ("li", "zhao", "bao", "hong")), (net.nodes["insurer"], ("chen", "zhou")), (net.nodes["manager"], ("zheng",))):
        for account in accounts:
            node.enrol(account)
    source = os.path.join(net.dir, "source", "passages.csv")
    os.mkdir(os.path.dirname(source))
    net.source, net.people = source, passages.write(source, ROWS, 5)
    workflow.source(t, "wang", "passages", source, by="song", kinds=passages.KINDS)
    about, basis = dict(data_class="transport/toll", level=2, topic="tolls"), ["--legal-basis", "公路法第六十条"]
    net.entry = publish(net, "passages", title="通行记录，粗略", extra=["--duty", "mask:passages-coarse", *basis], **about)
    net.demanding = publish(net, "passages", title="通行记录，脱敏", extra=["--duty", "mask:passages", *basis], **about)
    negotiate(net, net.demanding)
    negotiate(net, net.entry, ["time", "name", "plate", "card"])


def negotiate(net, entry, fields=(), personal=True):
    """From the application to the agreement; of personal data with the privacy expert's review, and the second authorization that it needs."""
    t, i = net.nodes["transport"], net.nodes["insurer"]
    app = workflow.apply(i, "chen", entry, system="claims", reason="核对事故理赔", purpose="claims-assessment", days=300, fields=fields)
    workflow.confirm(i, "zhou", app)
    workflow.comply(net.nodes["manager"], "zheng", app)
    workflow.wait_state(t, "li", app, "PRIVACY_WAITING" if personal else "RECEIVED")
    if personal:
        t.hufu("review", app, "--privacy", "--necessity", "ok", "--compliance", "ok", as_="zhao")
    t.hufu("decide", app, "T", as_="li")
    workflow.wait_state(i, "chen", app, "FINALIZED")
    if personal:
        authorize(net, entry, "claims")


def authorize(net, entry, system):
    net.nodes["insurer"].hufu("sensitive", "authorize", entry, "--system", system, *CLAIMS[:2], "--until", workflow.in_days(30), "--reason", "核对", as_="zhou")


def put_plan(net, name, version=1, change=lambda text: text, approve=True):
    path = os.path.join(net.dir, name + ".yaml")
    with open(path, "w", encoding="utf-8") as f:
        f.write(passages.plan(name, version, "ma", "song", "shen", change))
    net.nodes["transport"].hufu("release", "plan", "put", path, as_="yang")
    if approve:
        net.nodes["transport"].hufu("release", "plan", "approve", name, as_="song")


def fetch(net, name, entry):
    """The data is sensitive: kept sealed, and read into a file."""
    i, out = net.nodes["insurer"], os.path.join(net.dir, name)
    got = i.hufu("fetch", entry, *CLAIMS, "--sealed", as_="chen")
    check(got["quality"] == "met", f"{got}")
    i.hufu("data", "read", got["transfer"], *CLAIMS[:2], "--out", out, as_="chen")
    return out, got["transfer"]


def refused(net):
    return net.nodes["insurer"].refused("fetch", net.demanding, *CLAIMS, "--sealed", as_="chen")


def table(path):
    with open(path, encoding="utf-8", newline="") as f:
        return list(csv.DictReader(f))


def files_with(folder, values):
    for where, _, names in os.walk(folder):
        for path in (os.path.join(where, name) for name in names):
            if os.path.isfile(path):
                with open(path, "rb") as f:
                    content = f.read()
                if any(v in content for v in values):
                    yield path


def plain_values(net):
    """Some people's numbers and plates; names are too short to be looked for."""
    return {v.encode() for p in net.people[::100] for v in p[1:]}


class Wire:
    """All that passes the loopback device meanwhile."""

    def __enter__(self):
        try:
            self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        except PermissionError as e:
            raise hufunet.Skipped("this user may not look at packets; run it as root") from e
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 << 20)
        self.socket.bind(("lo", 0))
        self.socket.settimeout(0.2)
        self.seen, self.over = [], threading.Event()
        self.thread = threading.Thread(target=self.run)
        self.thread.start()
        return self

    def run(self):
        while not self.over.is_set():
            try:
                self.seen.append(self.socket.recv(1 << 17))
            except TimeoutError:
                pass

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()
        self.socket.close()


def test_without_an_approved_plan_that_fits_nothing_leaves(net):
    """DS-30: the entry demands a plan; each thing that is not as it must be denies with a reason of its own."""
    r = refused(net)
    check(r.reason == "masking" and "passages" in r.text and "hufu release plan" in r.text, f"there is none: {r.text}")
    put_plan(net, "passages", approve=False)
    r = refused(net)
    check(r.reason == "masking" and "approved" in r.text, f"it is not approved: {r.text}")
    net.nodes["transport"].hufu("release", "plan", "reject", "passages", "--reason", "a field is missing", as_="song")
    put_plan(net, "passages", 2, lambda text: text.replace("      class: keep\n", ""))
    r = refused(net)
    check(r.reason == "masking" and "class" in r.text, f"it says nothing of a field: {r.text}")
    put_plan(net, "passages", 3, lambda text: text.replace("dynamic", "static"))
    r = refused(net)
    check(r.reason == "masking" and "static" in r.text, f"it is for tasks: {r.text}")
    put_plan(net, "passages", 4, lambda text: text.replace("  passages:\n", "  p:\n").replace("mobile: {technique: fpe, type: cn.mobile}", "mobile: keep"))
    r = refused(net)
    check(r.reason == "masking" and "p.mobile is kept, and confirmed as cn.mobile" in r.text, f"it keeps what people said is sensitive: {r.text}")
    put_plan(net, "passages", 5)
    denials = [e["fields"] for e in net.nodes["transport"].hufu("ledger", "tail", "--count", "80", as_="sun")["entries"]
               if e["event"] == "access-decision" and e["fields"].get("reason") == "masking"]
    check(len(denials) == 5, f"each denial is on record: {len(denials)}")


def test_no_plain_value_is_on_the_wire_or_on_the_consumers_disk_and_no_masked_one_on_the_providers(net):
    """MK-2, MK-30, MK-7: masked at the source, in the delivery, and kept nowhere on the way."""
    i, t, plain = net.nodes["insurer"], net.nodes["transport"], plain_values(net)
    check(list(files_with(os.path.dirname(net.source), plain)), "the search finds what stands in plain")
    with Wire() as wire:
        net.out, net.transfer = fetch(net, "agreed.csv", net.demanding)
    sent = b"".join(wire.seen)
    check(len(sent) > os.path.getsize(net.out), f"the delivery was seen on the wire: {len(sent)} bytes")
    check(not any(v in sent for v in plain), "no plain value on the wire")
    hit = list(files_with(net.dir, plain))
    check(hit == [net.source], f"in plain beside the source: {hit}")
    masked = {r[f].encode() for r in table(net.out)[::200] for f in PSEUDONYMS}
    check(not list(files_with(i.dir, masked)) and net.out in list(files_with(net.dir, masked)), "the consumer has it in the file that was asked for")
    check(not list(files_with(t.dir, masked | plain)), "the provider's node keeps neither")


def test_what_arrives_passes_the_same_checks_and_joins_as_before(net):
    """DS-31, MK-13: formats, check digits and joins are kept; times, fees and names are coarse."""
    before, after = table(net.source), table(net.out)
    check(len(before) == len(after) == ROWS and list(before[0]) == list(after[0]), "the same rows and fields")
    for field in PSEUDONYMS:
        pairs = {(b[field], a[field]) for b, a in zip(before, after)}
        check(len(pairs) == len({b for b, _ in pairs}) == len({a for _, a in pairs}), f"{field} is one to one")
        check(all(b != a for b, a in pairs), f"no {field} is as it was")
    check(all(passages.luhn(r["card"][:-1]) == r["card"] for r in after), "cards pass Luhn")
    check(all(r["time"][14:] in ("00:00", "15:00", "30:00", "45:00") and int(r["fee"]) % 500 == 0 for r in after), "times and fees on a grid")
    check(all(set(r["name"][1:]) == {"*"} for r in after), "a surname, and no more")
    r = net.nodes["insurer"].hufu("mask", "identify", net.out)
    kinds = {f["name"]: f["type"] for f in r["files"][0]["fields"]}
    check(kinds["resident_id"] == "cn.resident-id" and kinds["plate"] == "cn.plate", f"as the identification sees it: {kinds}")


def test_label_and_ledgers_name_plan_technique_and_key_and_no_key_is_anywhere(net):
    """MK-22, MK-25, DS-32: time, operator and object of the masking, at both nodes."""
    t, i = net.nodes["transport"], net.nodes["insurer"]
    digest = t.hufu("release", "plan", "show", "passages", as_="shen")["digest"]
    for node, account, event in ((t, "sun", "transfer-start"), (t, "sun", "transfer-sent"), (i, "wu", "transfer-received")):
        e = next(e for e in entries_of(node, account, net.transfer) if e["event"] == event and "masking" in e.get("fields", {}))
        f = e["fields"]
        check(f["masking"].startswith(f"plan passages version 5 digest {digest}; passage: keep"), f"{event}: {f['masking']}")
        check(re.search(r"plate: fpe key [0-9a-f]{16};", f["masking"]) and e["time"] and f["object"] == net.demanding, f"{event}: {f}")
        if node is t:
            check(f["executor"] == "transport/ma", f"the plan's operator: {f}")


def test_each_delivery_says_what_comes_back_and_how_large_the_classes_are(net):
    """MK-3: at both nodes, in the entries as well; though the plan demands nothing. Held against what Python counts."""
    t, i = net.nodes["transport"], net.nodes["insurer"]
    effect = i.hufu("transfers", "show", net.transfer, as_="chen")["effect"]
    check(effect == t.hufu("transfers", "show", net.transfer, as_="li")["effect"], f"as its provider signed it: {effect}")
    before, after = (table(p)[:10000] for p in (net.source, net.out))
    sizes = collections.Counter(r["name"] for r in after)
    check((effect["rows"], effect["risk"]["quasi"], effect["risk"]["k"], effect["risk"]["classes"]) == (10000, ["name"], min(sizes.values()), len(sizes)), f"{effect}")
    fields = {f["field"]: f for f in effect["fields"]}
    check(set(fields) == {*PSEUDONYMS, "time", "name", "fee"}, f"every masked field: {list(fields)}")
    for name, f in fields.items():
        check(abs(f["same"] - sum(b[name] == a[name] for b, a in zip(before, after)) / 10000) < 1e-3, f"{f}")
        was, made = ([v for v, _ in sorted(collections.Counter(r[name] for r in rows).items(), key=lambda c: (-c[1], c[0].encode()))] for rows in (before, after))
        guess = dict(zip(made, was))
        check(abs(f["by_frequency"] - sum(guess.get(a[name]) == b[name] for b, a in zip(before, after)) / 10000) < 1e-3, f"{f}")
        check(name not in PSEUDONYMS or f["by_dictionary"] == 0, f"a keyed masking comes back by no dictionary: {f}")
    said = f"; of 10000 rows: k {effect['risk']['k']} of name; comes back by dictionary "
    for node, account, event in ((t, "sun", "transfer-sent"), (i, "wu", "transfer-received")):
        e = next(e for e in entries_of(node, account, net.transfer) if e["event"] == event and "masking" in e.get("fields", {}))
        check(said in e["fields"]["masking"], f"{event}: {e['fields']['masking']}")
    for node, account, of, what in ((t, "shen", "passages", "delivery"), (i, "wu", net.demanding, "received")):
        run = node.hufu("mask", "trend", of, as_=account)["runs"][-1]
        check((run["what"], run["id"], run["plan"], run["version"], run["rows"]) == (what, net.transfer, "passages", 5, 10000), f"DS-89: {run}")
        check(run["figures"]["k"] == effect["risk"]["k"] and run["figures"]["by_frequency"] == max(f["by_frequency"] for f in fields.values()), f"{run}")


def typed_plan(net):
    """At the consumer: what it received is identified there, and each kind gets the method of its type."""
    i, place = net.nodes["insurer"], lambda name: os.path.join(net.dir, name)
    i.hufu("mask", "identify", net.out, "--inventory", place("typed.json"), "--rows", str(ROWS))
    i.hufu("mask", "confirm", place("typed.json"), "--by", "zhou", "--all")
    text = i.hufu("mask", "plan", "--propose", place("typed.json"))["plan"]
    for was, now in (("name: proposed", "name: typed"), ("mode: static", "mode: dynamic"), ("{operator: operator, security: security, audit: audit}", "{operator: ma, security: zhou, audit: wu}"),
                     ("to be said", "claims")):
        check(was in text, text)
        text = text.replace(was, now)
    with open(place("typed.yaml"), "w", encoding="utf-8") as f:
        f.write(text)
    check(i.hufu("mask", "plan", place("typed.yaml"), "--inventory", place("typed.json"))["findings"] == [], text)
    i.hufu("release", "plan", "put", place("typed.yaml"), as_="yang")
    i.hufu("release", "plan", "approve", "typed", as_="zhou")
    return {f: re.search(rf"^      {f}: (?:{{technique: (\w+)|keep)", text, re.M).group(1) or "keep" for f in passages.HEADER}


def test_a_consumer_masks_what_it_received_by_the_types_of_its_fields(net):
    """DS-88, MK-5: at the consumer, through a view of its own: kind by kind another method, whose result keeps what its record says; DS-89: the read is measured"""
    i, out = net.nodes["insurer"], os.path.join(net.dir, "typed.csv")
    for account in ("yang", "ma"):
        i.add_user(account, *PEOPLE_MASKING[account])
    i.hufu("user", "roles", "zhou", "--role", "data-authority", "--role", "security-administrator", as_="admin")
    by = typed_plan(net)
    check((by["time"], by["fee"], by["passage"], by["name"]) == ("daterd", "round", "keep", "keep") and {by[f] for f in PSEUDONYMS} == {"mask"}, f"names were masked before: {by}")
    i.hufu("data", "view", "set", net.demanding, "--name", "typed", "--plan", "typed", as_="zhou")
    i.hufu("data", "read", net.transfer, *CLAIMS[:2], "--out", out, as_="chen")
    i.hufu("data", "view", "remove", net.demanding, "--name", "typed", as_="zhou")
    before, after = table(net.out), table(out)
    check(len(before) == len(after) == ROWS and list(before[0]) == list(after[0]), "the same rows and fields")
    for field, technique in by.items():
        pairs = [(b[field], a[field]) for b, a in zip(before, after)]
        check(all(a for _, a in pairs), f"{field} by {technique} is null somewhere")
        if technique != "mask":  # the provider's grids are coarser
            check(all(b == a for b, a in pairs), f"{field} is another one")
        else:
            check(all(b != a and len(b) == len(a) and "*" in a and all(x in (y, "*") for x, y in zip(a, b)) for b, a in pairs), f"{field} keeps length and the characters that stay")
    check(all(re.fullmatch(r"2026-\d\d-\d\d \d\d:(00|15|30|45):00", a["time"]) for a in after), "times stay times, on their grid")
    run = i.hufu("mask", "trend", net.demanding, as_="wu")["runs"][-1]
    check((run["what"], run["plan"], run["recipient"], run["rows"]) == ("read", "typed", "typed", 10000) and {"k", "by_dictionary", "by_frequency"} <= set(run["figures"]), f"{run}")
    said = [e["fields"]["masking"] for e in i.hufu("ledger", "tail", "--count", "40", as_="wu")["entries"] if e["event"] == "data-read-end" and "masking" in e.get("fields", {})][0]
    check(f"of 10000 rows: k {int(run['figures']['k'])}" in said, said)


def test_the_same_agreement_gives_the_same_bytes_and_another_one_other_pseudonyms(net):
    """MK-12, MK-8, MK-30: and another entry on the same source, by its own plan, is another view of the same rows, with fewer fields (DS-26)."""
    put_plan(net, "passages-coarse", change=lambda text: text.replace("{technique: mask, keep-first: 1}", "{technique: 'null'}"))
    again, _ = fetch(net, "again.csv", net.demanding)
    check(same_file(net.out, again), "the same bytes under the same agreement")
    coarse, _ = fetch(net, "coarse.csv", net.entry)
    a, b = table(again), table(coarse)
    check(list(b[0]) == ["time", "name", "plate", "card"] and not any(r["name"] for r in b) and all(r["name"] for r in a), f"the other view: {b[0]}")
    for field in ("plate", "card"):
        check(not {r[field] for r in a} & {r[field] for r in b}, f"{field}: no pseudonym of the one is one of the other's")
    check([r["time"] for r in a] == [r["time"] for r in b], "what is keyed by dataset, or not at all, is the same for both")
    shown = net.nodes["transport"].hufu("mask", "keys", as_="bao")["seeds"]
    check(len(shown) == 2 and {s["state"] for s in shown} == {"held"}, f"a seed for each agreement: {shown}")
    net.nodes["transport"].hufu("source", "add", "again", net.source, as_="wang")
    shown = net.nodes["transport"].hufu("release", "disclosures", "again", as_="shen")
    check(shown["dataset"] == "passages" and [r["recipient"] for r in shown["releases"]] == ["insurer"] * 2, f"MK-4: whatever the file is called here: {shown}")


def sample_of_passages(net, plan, result, change=lambda text: text):
    """By a task with a plan of its own; what becomes of it."""
    put_plan(net, plan, change=lambda text: change(text.replace("mode: dynamic", "mode: static")))
    t = net.nodes["transport"]
    begun = t.hufu("release", "run", plan, "passages", "--output", result, "--register", plan, as_="ma")["task"]
    return wait_until(lambda: next((x for x in [t.hufu("release", "show", begun, as_="ma")] if x["state"] in ("released", "failed")), None), "the sample")


def not_sensitive(net, source):
    t = net.nodes["transport"]
    workflow.classify(t, "song", dict(t.hufu("source", "show", source, as_="wang"), unconfirmed=10))


def offer_sample(net, source, *more):
    return publish(net, source, title="通行记录，样本", data_class="transport/toll", topic="tolls", extra=["--sample-of", net.demanding, *more])


def no_sample(net, source, *more):
    try:
        raise hufunet.Failed(f"published as {offer_sample(net, source, *more)}")
    except hufunet.Refused as r:
        return r


def test_only_what_a_released_task_made_is_published_as_a_sample(net):
    """SB-10: with a masking task that is missing or has failed it is refused; peers see by which task the sample was masked."""
    t, i, path = net.nodes["transport"], net.nodes["insurer"], os.path.join(net.dir, "source", "sample.csv")
    r = no_sample(net, "passages")
    check(r.reason == "masking" and "not what a masking task released" in r.text, f"the data itself: {r.text}")
    failed = sample_of_passages(net, "few", path + ".few", lambda text: text.replace("rows-most: 100000000", "rows-most: 10"))
    check(failed["state"] == "failed", f"{failed}")
    r = no_sample(net, "passages", "--masking-task", failed["task"])
    check(r.reason == "masking" and "is failed" in r.text, f"a failed task: {r.text}")
    done = sample_of_passages(net, "sample", path)
    not_sensitive(net, "sample")
    net.sample = entry = offer_sample(net, "sample")
    wait_until(lambda: sees(i, "chen", entry), "the insurer to see the sample")
    shown = i.hufu("catalog", "show", net.demanding, as_="chen")["samples"]
    check([s["entry"] for s in shown] == [entry], f"the entry names its sample: {shown}")
    rows = {e["entry"]: e.get("sample") for e in workflow.catalog(i, "chen")}
    check(rows[entry] == shown[0]["sample"] == i.hufu("catalog", "show", entry, as_="chen")["sample"] == {
        "of": net.demanding, "task": done["task"], "plan": "sample", "plan_version": 1, "plan_digest": done["plan_digest"],
        "digest": done["result_digest"]}, f"{rows} {shown}")
    check(not rows[net.demanding], "which is none itself")
    dcat = {d["dct:identifier"]: d for d in i.hufu("catalog", "export", "--format", "dcat", as_="chen")["dcat:dataset"]}
    check(dcat[net.demanding]["adms:sample"][0]["@id"] == dcat[entry]["@id"] and dcat[entry]["hufu:maskingTask"] == done["task"], f"{dcat}")


def test_another_file_in_the_place_of_a_sample_neither_leaves_nor_is_published(net):
    """SB-10: what was offered as masked is delivered only as long as it is the file that the task released."""
    t, i, path, out = net.nodes["transport"], net.nodes["insurer"], os.path.join(net.dir, "source", "sample.csv"), os.path.join(net.dir, "got.csv")
    workflow.whole_negotiation(Parties(net), net.sample, "试用样本，核对事故理赔")
    i.hufu("fetch", net.sample, *CLAIMS, "--output", out, as_="chen")
    with open(out, "rb") as f:
        got = f.read()
    check(same_file(out, path) and not any(v in got for v in plain_values(net)), "it arrives as it was masked")
    with open(net.source, "rb") as f, open(path, "wb") as g:
        g.write(f.read(4096).rsplit(b"\n", 1)[0] + b"\n")
    r = i.refused("fetch", net.sample, *CLAIMS, "--output", out + ".2", as_="chen")
    check(r.reason == "source-changed", f"it is another file: {r.text}")
    t.hufu("source", "scan", "sample", as_="wang")
    not_sensitive(net, "sample")
    r = i.refused("fetch", net.sample, *CLAIMS, "--output", out + ".2", as_="chen")
    check(r.reason == "masking" and "is not the one that masking task" in r.text, f"also when it was scanned: {r.text}")
    r = t.refused("catalog", "publish", "--entry", net.sample, "--purpose", "数据共享", as_="wang")
    check(r.reason == "masking" and "is not the one that masking task" in r.text, f"and no version of it is published: {r.text}")
    os.unlink(path)


def opened(node, path):
    """How the node holds that file open: the access modes, 0 for reading only."""
    found, folder = [], f"/proc/{node.process.pid}"
    for fd in os.listdir(folder + "/fd"):
        try:
            if os.readlink(f"{folder}/fd/{fd}") == path:
                with open(f"{folder}/fdinfo/{fd}", encoding="ascii") as f:
                    found.append(int(re.search(r"flags:\s*([0-7]+)", f.read())[1], 8) & os.O_ACCMODE)
        except FileNotFoundError:
            pass
    return found


def test_a_source_is_delivered_while_a_task_masks_it(net):
    """MK-26: the task has a descriptor of its own, for reading only, and reads no more in a second than its plan says."""
    t = net.nodes["transport"]
    put_plan(net, "slow", change=lambda text: text.replace("mode: dynamic", "mode: static").replace(
        "schedule: by hand\n", "schedule: by hand\nconnection: {bytes-per-second: 65536}\n"))
    task = t.hufu("release", "run", "slow", "passages", "--output", os.path.join(net.dir, "slow.csv"), "--register", "slow", as_="ma")["task"]
    show = lambda: t.hufu("release", "show", task, as_="ma")
    wait_until(lambda: show()["state"] == "running" and opened(t, net.source), "the task")
    check(set(opened(t, net.source)) == {os.O_RDONLY}, f"for reading only: {opened(t, net.source)}")
    again, _ = fetch(net, "meanwhile.csv", net.demanding)
    check(same_file(net.out, again) and show()["state"] == "running", "a delivery began and ended while the task was under way")
    t.hufu("release", "stop", task, "--reason", "seen enough", as_="ma")
    wait_until(lambda: not opened(t, net.source), "the descriptor to be given back")


def values_file(net, values):
    path = os.path.join(net.dir, "values.txt")
    with open(path, "w", encoding="utf-8") as f:
        f.write("\n".join(values) + "\n")
    return path


def reverse(net, values, field="plate", as_="bao"):
    return ["mask", "reverse", net.transfer, "--field", field, "--values", values_file(net, values), "--reason", "court order 17/2026"], dict(as_=as_)


def test_reversal_is_a_permission_of_its_own_and_always_in_the_ledger(net):
    """MK-67: only with the key and the right role."""
    t = net.nodes["transport"]
    before, after = table(net.source), table(net.out)
    args, who = reverse(net, [r["plate"] for r in after[:50]] + ["京A00000"])
    got = t.hufu(*args, **who)["values"]
    check([v["plain"] for v in got[:50]] == [r["plate"] for r in before[:50]], f"what they were: {got[:2]}")
    args, who = reverse(net, [r["name"] for r in after[:2]], "name")
    r = t.refused(*args, **who)
    check(r.reason == "unsupported" and "mask" in r.text, f"not reversible: {r.text}")
    for account in ("ma", "hong", "li"):
        args, who = reverse(net, [after[0]["plate"]], as_=account)
        check(t.refused(*args, **who).reason == "permission", f"{account} may not")
    rows = [e["fields"] for e in t.hufu("ledger", "tail", "--count", "40", as_="sun")["entries"] if e["event"] in ("unmask", "denied")]
    done = [f for f in rows if f.get("event") == "unmask" and f["outcome"] == "ok"]
    check(len(done) == 1 and done[0]["actor"] == "transport/bao" and done[0]["purpose"] == "court order 17/2026" and done[0]["object"] == net.transfer and
          re.search("plate: fpe key [0-9a-f]{16}; 51 values", done[0]["masking"]), f"who, why, what: {done}")
    check(len(rows) >= 5, f"the refused ones, too: {rows}")
    plain = [before[0]["plate"].encode(), after[0]["plate"].encode()]
    check(not list(files_with(t.dir, plain)), "and no value in any file of the node")


def leak(net, rows, *fields):
    """Some rows as they turn up somewhere: shuffled, without most of the columns."""
    path = os.path.join(net.dir, "leaked.csv")
    with open(path, "w", encoding="utf-8", newline="") as f:
        w = csv.writer(f)
        w.writerow(fields)
        w.writerows([r[n] for n in fields] for r in random.Random(3).sample(rows, len(rows)))
    return path


def traced(net, rows, *fields):
    found = net.nodes["transport"].hufu("mask", "trace", leak(net, rows, *fields), "--source", "passages", "--reason", "case 17/2026", as_="lu")
    check(found["state"] == "done" and found["source"] == "passages" and found["by"] == "lu" and found["rows"] == len(rows), f"{found}")
    return found, {r["recipient"] + " " + r["release"].split(" ")[0]: r for r in found["releases"]}


def release_to_university(net):
    """By a task of its own: static, with the same techniques."""
    t, path = net.nodes["transport"], os.path.join(net.dir, "university.csv")
    put_plan(net, "research", change=lambda text: text.replace("mode: dynamic", "mode: static").replace("scope: {", "scope: {consumer: university, "))
    done = t.hufu("release", "run", "research", "passages", "--output", path, "--register", "for-university", "--wait", as_="ma")
    return done["task"], table(path)


def test_a_leak_names_whom_this_node_gave_it_to(net):
    """Twenty rows of 20,000, most columns gone: by deliveries and by tasks, without a key ever leaving the node; a mixture is told apart"""
    r = net.nodes["transport"].refused("mask", "trace", leak(net, table(net.out)[:20], "plate"), "--source", "passages", "--reason", "x", as_="lu")
    check(r.reason == "second-factor", f"a password alone is not enough: {r.text}")
    net.nodes["transport"].enrol("lu")
    task, university = release_to_university(net)
    insurer = table(net.out)
    found, releases = traced(net, insurer[3:16000:800], "fee", "plate", "time")
    check(found["named"] == ["insurer"] and found["verdict"] == "named" and not found["not_traceable"] and not found["plain_to"], f"{found}")
    check(sorted(releases) == ["insurer passages", "insurer passages-coarse", "sample sample", "university research"], f"each once: {found['releases']}")
    hit = releases["insurer passages"]
    check(hit["named"] and hit["bound"] <= found["names_below"] == 1e-9 and hit["rows"] == 20 and net.transfer in hit["transfers"] and hit["times"] == len(hit["transfers"]) > 1,
          f"with the bound, and by which transfers: {hit}")
    check(not hit["source_changed"] and hit["contract"] == workflow.transfer(net.nodes["transport"], "li", net.transfer)["agreement"], f"{hit}")
    check(all(r["bound"] > 1e-3 and not r["named"] for r in releases.values() if r is not hit), f"{releases}")
    found, releases = traced(net, [(insurer if n % 2 else university)[n * 700] for n in range(20)], "card", "mobile")
    check(sorted(found["named"]) == ["insurer", "university"] and found["unexplained"] == 0, f"a mixture: {found}")
    check(releases["university research"]["tasks"] == [task] and [releases[k]["only_here"] for k in ("insurer passages", "university research")] == [10, 10],
          f"half and half: {releases}")
    coarse = table(os.path.join(net.dir, "coarse.csv"))
    found, releases = traced(net, coarse[:4000:200], "plate")
    check([r for r in releases if releases[r]["named"]] == ["insurer passages-coarse"], f"the other agreement's: {releases}")
    found = net.nodes["transport"].hufu("mask", "trace", net.out, "--source", "passages", "--reason", "all of it", as_="lu")
    check(found["named"] == ["insurer"] and found["rows"] + found["rows_left_out"] == ROWS and found["rows"] > 1000 and found["unexplained"] == 0,
          f"as many rows as a request holds: {found}")
    net.leaked = [insurer[n] for n in range(3, 16000, 800)]


def test_a_result_that_was_delivered_on_names_whom_it_is_for_and_who_has_it(net):
    """What a task made for one consumer goes on to another as it is: its pseudonyms tell the two not apart, and the answer says who has them"""
    t = net.nodes["transport"]
    workflow.classify(t, "song", dict(t.hufu("source", "show", "for-university", as_="wang"), unconfirmed=10), passages.KINDS)
    entry = publish(net, "for-university", title="通行记录，科研", data_class="transport/toll", level=2, topic="tolls", extra=["--legal-basis", "公路法第六十条"])
    wait_until(lambda: sees(net.nodes["insurer"], "chen", entry), "the insurer to see the result")
    negotiate(net, entry)
    r = net.nodes["insurer"].refused("fetch", entry, *CLAIMS, "--sealed", as_="chen")
    check(r.reason == "disclosure", f"MK-8: two of them would have pseudonyms of one key: {r.text}")
    t.hufu("release", "allow", "passages", "--plan", "research", "--recipient", "insurer", "--reason", "both work on it", as_="song")
    got, _ = fetch(net, "passed-on.csv", entry)
    check(same_file(got, os.path.join(net.dir, "university.csv")), "as the task made it")
    found, releases = traced(net, table(got)[:8000:400], "plate", "mobile")
    check(found["named"] == ["university"] and releases["university research"]["delivered_to"] == ["insurer"], f"{found}")
    check(not any(r["delivered_to"] for r in releases.values() if r["recipient"] == "insurer"), f"{releases}")


def test_nobody_is_named_for_what_tells_no_one_apart_or_was_given_to_no_one(net):
    """Columns that are masked alike for all, the originals, and made-up values"""
    r = random.Random(23)
    for rows, fields in ((table(net.out)[:8000:400], ("passage", "time", "gantry", "fee")), (table(net.source)[:8000:400], ("plate", "card", "mobile")),
                         ([dict(plate=p[3], card=p[4]) for p in (passages.person(r) for _ in range(2000))], ("plate", "card"))):
        found, _ = traced(net, rows, *fields)
        check(found["verdict"] == "undecided" and found["named"] == [] and found["says"].startswith("undecided"), f"{fields}: {found}")


def test_tracing_is_a_permission_of_its_own_with_two_factors_and_in_the_ledger_without_a_value(net):
    """Who masks, approves, reverses or decides may not; each trace and what came of it are two entries of one transaction"""
    t, path = net.nodes["transport"], leak(net, net.leaked, "plate", "card")
    ask = ["mask", "trace", path, "--source", "passages", "--reason", "case 18/2026"]
    for account in ("ma", "song", "bao", "hong", "li", "sun"):
        check(t.refused(*ask, as_=account).reason == "permission", f"{account} may not")
    r = t.refused("mask", "trace", path, "--source", "unheard", "--reason", "x", as_="lu")
    check(r.reason == "unknown" and "hufu source list" in r.text, r.text)
    r = t.refused("mask", "trace", "--cancel", UNKNOWN_ID, as_="lu")
    check(r.reason == "unknown", r.text)
    found = t.hufu(*ask, as_="lu")
    begun, ended = [e["fields"] for e in entries_of(t, "sun", found["trace"]) if e["event"] == "mask-trace"]
    check(begun["actor"] == ended["actor"] == "transport/lu" and begun["object"] == "leak of passages" and begun["purpose"] == "case 18/2026", f"{begun}")
    check("20 rows of 2 columns are traced" in begun["processing"] and begun["digest"] == ended["digest"], f"{begun} {ended}")
    check(ended["outcome"] == "ok" and ended["detail"].startswith("the leak is from insurer; 20 rows of 2 columns, 4 releases tried; insurer: passages 5 of passages, wrongly "
                                                                  "with a probability of"), f"{ended}")
    text = hufunet.run([net.program("hufu"), *ask, "--node", t.dir, "--as", "lu"], net.environment(), 60).stdout
    check(text.startswith("the leak is from insurer\n") and begun["digest"] not in text and net.leaked[0]["plate"] not in text, f"for people: {text}")
    values = [row[f].encode() for row in net.leaked for f in ("plate", "card")] + [p[3].encode() for p in net.people[::100]]
    check(not list(files_with(t.dir, values)), "no value of the leak or of the source is in any file of the node")


def test_when_the_contracts_seed_is_erased_nothing_is_reversed_or_delivered_under_it(net):
    """MK-67: and the ledger says so; other contracts are not touched."""
    t = net.nodes["transport"]
    contract = workflow.transfer(t, "li", net.transfer)["agreement"]
    r = t.refused("mask", "erase", contract, "--reason", "the project has ended", as_="bao")
    check(r.reason == "permission", "who reverses does not erase")
    t.hufu("mask", "erase", contract, "--reason", "the project has ended", as_="hong")
    args, who = reverse(net, [table(net.out)[0]["plate"]])
    r = t.refused(*args, **who)
    check(r.reason == "erased" and "the project has ended" in r.text, f"{r.text}")
    r = refused(net)
    check(r.reason == "masking" and "erased" in r.text, f"nothing more under that contract: {r.text}")
    found, releases = traced(net, net.leaked, "plate", "card")
    lost = found["not_traceable"]
    check(found["named"] == [] and len(lost) == 1 and (lost[0]["contract"], lost[0]["recipient"], lost[0]["reason"]) == (contract, "insurer", "erased") and
          "the project has ended" in lost[0]["text"] and len(releases) == 3, f"what cannot be traced any more is named: {found}")
    fetch(net, "other-contract.csv", net.entry)
    e = next(e["fields"] for e in t.hufu("ledger", "tail", "--count", "60", as_="sun")["entries"]
             if e["event"] == "mask-key-erased" and e["outcome"] == "ok")
    check(e["actor"] == "transport/hong" and e["object"] == contract and e["counterparty"] == "insurer", f"{e}")
    state = {s["contract"]: s["state"] for s in t.hufu("mask", "keys", as_="bao")["seeds"]}
    check(state[contract] == "erased" and sorted(state.values()) == ["erased", "held"], f"{state}")


SHIPMENTS = dict(data_class="transport/freight", level=2, topic="freight",
                 extra=["--sensitive", "--sensitive-field", "shipper", "--legal-basis", "公路法第六十条"])


def shipments(net):
    """What firms sent, and for how much: sensitive, but nobody's personal data, which no rule gives."""
    t, r = net.nodes["transport"], random.Random(11)
    path = os.path.join(net.dir, "source", "shipments.csv")
    firms = [f"{''.join(r.choice(passages.GIVEN) for _ in range(4))}运输有限公司" for _ in range(300)]
    with open(path, "w", encoding="utf-8", newline="") as f:
        w = csv.writer(f, lineterminator="\n")
        w.writerow(["shipment", "time", "shipper", "value"])
        for n in range(2000):
            w.writerow([f"S{n:06}", f"2026-03-{n % 28 + 1:02} {n % 24:02}:{n % 60:02}:00", r.choice(firms), r.randrange(1000, 99000)])
    workflow.source(t, "wang", "shipments", path, by="song", kinds={"shipper": "organization.name"})
    return path, publish(net, "shipments", title="货运", **SHIPMENTS)


def view_plan(net, name, time, shipper, step, mode="dynamic"):
    fields = f"""      shipment: keep
      time: {{technique: daterd, {time}}}
      shipper: {shipper}
      value: {{technique: round, step: {step}}}
"""
    put_plan(net, name, change=lambda text: re.sub("  passages:\n    fields:\n(      .*\n)+", "  shipments:\n    fields:\n" + fields, text).replace("dynamic", mode))


def demand(net, version, entry, by, masked=True):
    """One entry, and for each of those (plan: what the rule asks of the subject) a rule with its own plan; not masked: without one."""
    text = "".join(f"""
  - id: {plan}
    mechanism: attribute
    from: 2026-01-01
    until: 2030-01-01
    when:
      resource.id: "{entry}"
      {subject}
      context.action: read
      context.purpose: claims-assessment
""" + (f"""    obligations:
      - mask: {plan}
""" if masked else "") for plan, subject in by.items())
    members = "    insurer: space\n"
    policy = POLICY.format(version=version, rules=text).replace(members, members + "".join(f"    insurer/{d}: insurer\n" for d in DEPARTMENTS))
    path = os.path.join(net.dir, "demands.yaml")
    with open(path, "w", encoding="utf-8") as f:
        f.write(policy)
    net.nodes["transport"].hufu("policy", "apply", path, as_="li")


def begin_department(net, entry, department):
    """Its own person, and its own system."""
    i = net.nodes["insurer"]
    real_name, system = DEPARTMENTS[department]
    i.add_user(department, real_name, ["operator"], department=department)
    i.enrol(department)
    i.hufu("system", "add", system, "--department", department, "--address", i.ip, "--business", system, as_="admin")
    authorize(net, entry, system)


def department_fetches(net, entry, department):
    """What it reads, and what its ledger says of the delivery."""
    i, out = net.nodes["insurer"], os.path.join(net.dir, department + ".csv")
    got = i.hufu("fetch", entry, *CLAIMS[:2], "--system", DEPARTMENTS[department][1], "--sealed", as_=department)
    check(got["quality"] == "met", f"{got}")
    i.hufu("data", "read", got["transfer"], *CLAIMS[:2], "--out", out, as_=department)
    rows = table(out)
    os.unlink(out)
    received = next(e for e in entries_of(i, "wu", got["transfer"]) if e["event"] == "transfer-received")
    return rows, received["fields"]


def test_one_entry_is_another_view_of_the_same_rows_for_each_department(net):
    """MK-30: two departments of one consumer, with a rule and a plan each; whom no rule names gets nothing. At the consumer: test_sealed."""
    path, entry = shipments(net)
    wait_until(lambda: sees(net.nodes["insurer"], "chen", entry), "the insurer to see the shipments")
    view_plan(net, "for-loss", "unit: minute, every: 15", "{technique: mask, keep-first: 4}", 500)
    view_plan(net, "for-price", "unit: day", "{technique: 'null'}", 4500)
    demand(net, 1, entry, {f"for-{d}": f"subject.department: insurer/{d}" for d in DEPARTMENTS})
    for department in DEPARTMENTS:
        begin_department(net, entry, department)
    (loss, at_loss), (price, at_price), plain = department_fetches(net, entry, "loss"), department_fetches(net, entry, "price"), table(path)
    check(at_loss["object"] == at_price["object"] == entry, f"the same entry: {at_loss} {at_price}")
    check(at_loss["masking"].startswith("plan for-loss ") and at_price["masking"].startswith("plan for-price "), f"{at_loss} {at_price}")
    check([r["shipment"] for r in plain] == [r["shipment"] for r in loss] == [r["shipment"] for r in price], "the same rows")
    for p, a, b in zip(plain, loss, price):
        firm = p["shipper"]
        check(a["shipper"][:4] == firm[:4] and set(a["shipper"][4:]) == {"*"} and not b["shipper"], f"the firm: {p} {a} {b}")
        check(int(a["value"]) % 500 == 0 and int(b["value"]) % 4500 == 0 and abs(int(b["value"]) - int(p["value"])) <= 2250, f"the value: {p} {a} {b}")
        check(a["time"][:13] == p["time"][:13] and int(a["time"][14:16]) % 15 == 0 and b["time"].startswith(p["time"][:10]),
              f"the time: {p} {a} {b}")
    check(len({r["time"] for r in price}) == 28 and len({r["time"] for r in loss}) > 28, "days for the one, quarters of hours for the other")
    authorize(net, entry, "claims")
    r = net.nodes["insurer"].refused("fetch", entry, *CLAIMS, "--sealed", as_="chen")
    check(r.reason == "no-grant", f"of no department: {r.text}")
    net.shipments = entry


def test_one_entry_is_another_view_of_the_same_rows_for_each_role(net):
    """MK-30: by role alone, as the consumer's node vouches for it with the permissions of its roles: the same person, department, system and purpose."""
    i, entry, seen = net.nodes["insurer"], net.shipments, {}
    plans = {"for-loss": ("business-officer", "scenario"), "for-price": ("privacy-expert", "privacy-review")}
    demand(net, 2, entry, {plan: f"subject.role: {may}" for plan, (_, may) in plans.items()})
    for plan, (role, _) in plans.items():
        i.hufu("user", "roles", "loss", "--role", "operator", "--role", role, as_="admin")
        seen[plan], received = department_fetches(net, entry, "loss")
        check(received["object"] == entry and received["masking"].startswith(f"plan {plan} "), f"{role}: {received}")
    one, other = seen["for-loss"], seen["for-price"]
    check([r["shipment"] for r in one] == [r["shipment"] for r in other] and len(one) == 2000, "the same rows")
    check(all(a["shipper"].endswith("*") and not b["shipper"] for a, b in zip(one, other)), f"the firm: {one[0]} {other[0]}")
    check(all(int(r["value"]) % 500 == 0 for r in one) and all(int(r["value"]) % 4500 == 0 for r in other), f"the value: {one[0]} {other[0]}")
    i.hufu("user", "roles", "loss", "--role", "operator", as_="admin")
    r = i.refused("fetch", entry, *CLAIMS[:2], "--system", "adjusting", "--sealed", as_="loss")
    check(r.reason == "no-grant", f"of neither role: {r.text}")


def released(net):
    return [(r["release"].split(" ")[0], r["recipient"], r.get("plain"), r.get("allowed_by"))
            for r in net.nodes["transport"].hufu("release", "disclosures", "shipments", as_="shen")["releases"]]


def test_what_goes_out_without_a_plan_counts_beside_what_goes_out_by_one(net):
    """MK-4: as it is, and what a task made of it, to whomever it is delivered; a person allows it, with a reason."""
    t, i = net.nodes["transport"], net.nodes["insurer"]
    view_plan(net, "for-all", "unit: day", "{technique: mask, keep-first: 4}", 500, "static")
    t.hufu("release", "run", "for-all", "shipments", "--output", os.path.join(net.dir, "source", "made.csv"), "--register", "made", "--wait", as_="ma")
    t.hufu("source", "classify", "made", *[word for f in ("shipment", "time", "value") for word in ("--field", f + "=none")],
           "--field", "shipper=organization.name", as_="song")
    made, plain = (publish(net, source, title=title, **SHIPMENTS) for source, title in (("made", "货运，成果"), ("shipments", "货运，原样")))
    wait_until(lambda: sees(i, "chen", plain), "the insurer to see the new entries")
    for entry, department in ((made, "loss"), (plain, "price")):
        authorize(net, entry, DEPARTMENTS[department][1])
    demand(net, 3, made, {"made": "subject.department: insurer/loss"}, masked=False)
    rows, _ = department_fetches(net, made, "loss")
    check(set(rows[0]["shipper"][4:]) == {"*"}, f"what the task made: {rows[0]}")
    check(released(net) == [("transfer", "insurer", None, None)] * 2 + [("for-all", "for-all", None, None), ("for-all", "insurer", None, None)], f"{released(net)}")
    demand(net, 4, plain, {"plain": "subject.department: insurer/price"}, masked=False)
    fetch_one = ["fetch", plain, *CLAIMS[:2], "--system", DEPARTMENTS["price"][1], "--sealed", "--field", "shipper"]
    r = i.refused(*fetch_one, as_="price")
    check(r.reason == "disclosure" and "ask the provider" in r.text and "for-all" not in r.text, f"the consumer learns nothing of others: {r.text}")
    said = [e["fields"] for e in t.hufu("ledger", "tail", "--count", "60", as_="sun")["entries"] if e["event"] == "access-decision"][0]
    for part in ("field shipper: together with", "for-all 1 to insurer", "value itself beside its masking, and so beside shipment", "by a plan"):
        check(said["reason"] == "disclosure" and part in said["detail"], f"the provider's record: {said}")
    allow = ["release", "allow", "shipments", "--plain", "--recipient", "insurer", "--reason", "order 17/2026 of the court"]
    check(t.refused(*allow, as_="ma").reason == "permission", "not the operator")
    t.hufu(*allow, as_="song")
    i.hufu(*fetch_one, as_="price")
    check(released(net)[4:] == [("plain", "insurer", True, "song")], f"{released(net)}")
    e = next(e for e in t.hufu("ledger", "tail", "--count", "60", as_="shen")["entries"] if e.get("event") == "disclosure-allowed" and e["outcome"] == "ok")
    check(e["detail"] == "without a plan, to insurer: order 17/2026 of the court", f"{e}")


def test_a_delivery_that_misses_what_its_plan_demands_is_refused_before_the_first_byte(net):
    """MK-3, MK-47: above either limit nothing leaves; within both it does; fields and rows that are asked for change nothing"""
    t, i = net.nodes["transport"], net.nodes["insurer"]

    def demanding(version, risk, quasi="time, gantry, plate"):
        put_plan(net, "passages-coarse", version, lambda text: text.replace("{technique: mask, keep-first: 1}", "{technique: 'null'}").replace(
            "unreadable-most: 0}", "unreadable-most: 0, risk: {passages: {quasi: [%s], %s}}}" % (quasi, risk)))
    for version, risk, word in ((2, "k: 100", "k is 1, "), (3, "recovery: 0.00001", "of the values of time come back")):
        demanding(version, risk)
        r = i.refused("fetch", net.entry, *CLAIMS, "--sealed", "--field", "time", "--field", "card", as_="chen")
        check(r.reason == "masking" and "demands of the risk" in r.text and word in r.text, r.text)
        ended = t.hufu("transfers", "list", as_="li")["transfers"][0]
        check((ended["state"], ended["served"]) == ("TERMINATED", 0), f"nothing left: {ended}")
    demanding(4, "k: 100, recovery: 0.9", "time")
    r = i.refused("fetch", net.entry, *CLAIMS, "--sealed", "--field", "time", "--field", "card", "--rows", "time > '2026-01-01T00:00:00Z'", as_="chen")
    check(r.reason == "wrong-fields" and "only the whole table can keep" in r.text, f"{r.reason}: {r.text}")
    got = i.hufu("fetch", net.entry, *CLAIMS, "--sealed", "--field", "time", "--field", "card", as_="chen")
    effect = i.hufu("transfers", "show", got["transfer"], as_="chen")["effect"]
    check(got["quality"] == "met" and effect["risk"]["quasi"] == ["time"] and effect["risk"]["k"] >= 100, f"{effect}")


def trips_plan(net, name, kept, k):
    """Days or cities, and nothing else."""
    fields = "".join(f"      {f}: {'keep' if f == kept else (chr(123) + 'technique: ' + chr(39) + 'null' + chr(39) + chr(125))}\n" for f in ("trip", "day", "city"))
    put_plan(net, name, change=lambda text: re.sub("  passages:\n    fields:\n(      .*\n)+", "  trips:\n    fields:\n" + fields, text).replace(
        "unreadable-most: 0}", "unreadable-most: 0, risk: {trips: {quasi: [%s], k: %u}}}" % (kept, k)))


def test_what_a_plan_demands_holds_for_all_that_a_consumer_has_of_the_rows(net):
    """MK-3, MK-4: each delivery keeps its plan's k by itself; beside the other one it does not, and its first byte stays here"""
    t, i = net.nodes["transport"], net.nodes["insurer"]
    path = os.path.join(net.dir, "source", "trips.csv")
    with open(path, "w", encoding="utf-8") as f:
        f.write("trip,day,city\n" + "".join(f"T{n:05},2026-03-{n % 28 + 1:02},city {n // 28 % 10}\n" for n in range(2800)))
    workflow.source(t, "wang", "trips", path, by="song", kinds={})
    entries = {}
    for kept, title in (("day", "出行，日期"), ("city", "出行，城市")):
        entries[kept] = publish(net, "trips", title=title, data_class="transport/toll", level=2, topic="tolls",
                                extra=["--duty", f"mask:trips-{kept}"])
        trips_plan(net, f"trips-{kept}", kept, 50)
        negotiate(net, entries[kept], personal=False)
    check(i.hufu("fetch", entries["day"], *CLAIMS, "--sealed", as_="chen")["quality"] == "met", "a hundred rows a day")
    r = i.refused("fetch", entries["city"], *CLAIMS, "--sealed", as_="chen")
    check(r.reason == "disclosure" and "ask the provider" in r.text, r.text)
    said = [e["fields"] for e in t.hufu("ledger", "tail", "--count", "60", as_="sun")["entries"] if e["event"] == "access-decision"][0]
    check(said["reason"] == "disclosure" and "to insurer the least class of rows of trips has 10, and the plan demands 50" in said["detail"], f"{said}")
    shown = t.hufu("release", "disclosures", "trips", as_="shen")["releases"]
    check(len(shown) == 1, f"what was refused was given to nobody: {shown}")
    t.hufu("release", "allow", "trips", "--plan", "trips-city", "--recipient", "insurer", "--reason", "order 18/2026 of the court", as_="song")
    check(i.hufu("fetch", entries["city"], *CLAIMS, "--sealed", as_="chen")["quality"] == "met", "as somebody answers for it")


def test_a_table_in_gb18030_is_masked_as_the_same_text(net):
    """MK-7: in a task, and in a delivery: what is kept of a value is a character and no byte"""
    t = net.nodes["transport"]
    path, out = os.path.join(net.dir, "gb.csv"), os.path.join(net.dir, "gb-masked.csv")
    with open(net.source, encoding="utf-8", newline="") as f, open(path, "w", encoding="gb18030", newline="") as g:
        g.write(f.read())
    workflow.source(t, "wang", "gb", path, by="song", kinds=passages.KINDS)
    put_plan(net, "gb", change=lambda text: text.replace("mode: dynamic", "mode: static"))
    begun = t.hufu("release", "run", "gb", "gb", "--output", out, "--register", "gb-masked", as_="ma")["task"]
    done = wait_until(lambda: next((x for x in [t.hufu("release", "show", begun, as_="ma")] if x["state"] in ("released", "failed")), None), "the task")
    check(done["state"] == "released", f"{done}")
    check([r["name"] for r in table(out)] == [r["name"][0] + "*" * (len(r["name"]) - 1) for r in table(net.source)], "character by character")


def test_a_dictionary_is_kept_with_the_plan_that_was_approved(net):
    """MK-37: what a technique reads from a file is part of the version; another file later changes nothing, a version without it is refused"""
    t = net.nodes["transport"]
    words, folder = [f"甲乙丙丁{n:03}" for n in range(300)], os.path.join(t.dir, "masking")
    named = lambda text: text.replace("{technique: mask, keep-first: 1}", "{technique: dict, words: names.txt}")

    def write(lines):
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, "names.txt"), "w", encoding="utf-8") as f:
            f.write("\n".join(lines) + "\n")
    try:
        put_plan(net, "passages-coarse", 5, named)
        raise AssertionError("a plan was put without its dictionary")
    except hufunet.Refused as r:
        check("names.txt" in r.text, r.text)
    write(words)
    put_plan(net, "passages-coarse", 5, named)
    write(["somebody else"])
    got, _ = fetch(net, "named.csv", net.entry)
    check({r["name"] for r in table(got)} <= set(words) and len({r["name"] for r in table(got)}) > 250, "by the words that were approved")
    t.stop()
    os.unlink(os.path.join(folder, "names.txt"))
    t.start()
    for who in ("shen", "ma"):
        t.login(who)
    again, _ = fetch(net, "named-again.csv", net.entry)
    check(same_file(got, again), "the same bytes, with no file on the disk")
    with open(os.path.join(net.dir, "digest"), "wb") as f:
        f.write(("\n".join(words) + "\n").encode())
    file = t.hufu("release", "plan", "show", "passages-coarse", as_="shen")["files"][0]
    check((file["name"], file["bytes"]) == ("names.txt", os.path.getsize(f.name)) and file["sha256"] == digest(f.name), f"{file}")
    details = [e["fields"]["detail"] for e in t.hufu("ledger", "tail", "--count", "100", as_="shen")["entries"] if e.get("event") == "mask-plan"]
    check(sum(f"file names.txt SHA-256 {file['sha256']}" in d for d in details) == 2, f"put and approved with it: {details}")

"""Data that the consumer's node keeps sealed: nothing of it in plain on the disk, read only through the node's gate. Real nodes."""
import csv
import os
import shutil

import masking
from common import *

PURPOSE = ["--purpose", "claims-assessment"]


def network(net):
    trio(net, 49)
    for node, accounts in (("transport", ["li"]), ("insurer", ["chen", "zhou"]), ("manager", ["zheng"])):
        for account in accounts:
            net.nodes[node].enrol(account)
    net.big_source = os.path.join(net.dir, "source", "tolls.csv")
    os.mkdir(os.path.dirname(net.big_source))
    workflow.tolls(net, net.big_source, 96 << 20, 11)  # large enough for a kill to come in the middle
    register(net, "flights", FLIGHTS)
    register(net, "tolls", net.big_source)
    net.flights = publish(net, "flights", title="敏感航班数据", extra=["--sensitive"])
    net.tolls = publish(net, "tolls", title="通行记录", data_class="transport/toll", level=2, extra=["--duty", "delete-at-end"])
    net.flights_app, net.tolls_app = agreement(net, net.flights), agreement(net, net.tolls)
    net.second = authorize(net)


def authorize(net):
    return net.nodes["insurer"].hufu("sensitive", "authorize", net.flights, "--system", "claims", *PURPOSE, "--until", workflow.in_days(30), "--reason", "理赔",
                                     as_="zhou")["authorization"]


def again(node, accounts):
    node.start()
    for account in accounts:
        node.login(account)


def cells(path):
    """Values that stand in no other place: of a hundred rows spread over the table, every long one."""
    with open(path, "rb") as f:
        f.readline()
        rows = f.read().splitlines()
    found = {c for r in rows[::max(1, len(rows) // 100)] for c in [r, *r.split(b",")] if len(c) >= 12}
    check(len(found) >= 100, f"{path} has values to look for: {len(found)}")
    return found


def files_with(folder, values):
    for where, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(where, name)
            if not os.path.isfile(path):
                continue  # sockets
            with open(path, "rb") as f:
                content = f.read()
            hit = next((v for v in values if v in content), None)
            if hit:
                yield path, hit


def denied(net, transfer, *args, as_="chen"):
    i = net.nodes["insurer"]
    out = os.path.join(net.dir, "denied.csv")
    r = i.refused("data", "read", transfer, *args, "--out", out, as_=as_)
    check(not os.path.exists(out), "a denied read leaves no file")
    return r


def newest(net, node, account, event, transfer):
    rows = net.nodes[node].hufu("ledger", "tail", "--count", "60", as_=account)["entries"]
    return next((e["fields"] for e in rows if e["event"] == event and e["fields"].get("transaction") == transfer), None)


def test_sensitive_data_is_delivered_into_no_plain_file(net):
    """DS-85"""
    r = net.nodes["insurer"].refused("fetch", net.flights, "--system", "claims", "--output", os.path.join(net.dir, "plain.csv"), as_="chen")
    check(r.reason == "must-be-sealed" and "--sealed" in r.text and not os.path.exists(os.path.join(net.dir, "plain.csv")), r.text)
    r = net.nodes["insurer"].refused("fetch", net.tolls, "--system", "claims", "--output", os.path.join(net.dir, "plain.csv"), as_="chen")
    check(r.reason == "must-be-sealed" and "delete-at-end" in r.text, f"the provider's obligation: {r.text}")


def test_no_cell_of_sealed_data_stands_in_any_file_of_the_consumer_and_a_read_gives_it_whole(net):
    """DS-85, DS-123 (the search of the raw files), DS-120: there is no way to it but a read through the gate"""
    i = net.nodes["insurer"]
    got = i.hufu("fetch", net.flights, "--system", "claims", "--sealed", as_="chen")
    net.held = got["transfer"]
    check(got["sealed"] and got["quality"] == "met" and got["rows"] == 20000, f"{got}")
    check(list(files_with(os.path.dirname(FLIGHTS), cells(FLIGHTS))), "the search finds what stands in plain")
    hit = list(files_with(i.dir, cells(FLIGHTS)))
    check(not hit, f"in plain on the consumer's disk: {hit}")
    out = os.path.join(net.dir, "read.csv")
    end = i.hufu("data", "read", net.held, *PURPOSE, "--out", out, as_="chen")
    check(same_file(out, FLIGHTS) and end["rows"] == 20000, f"what was delivered: {end}")
    os.unlink(out)
    check(not list(files_with(i.dir, cells(FLIGHTS))), "and after a read nothing either")


def test_no_backup_holds_the_data_or_a_key_of_it(net):
    """DS-85, DS-99: what is destroyed afterwards does not come back with one."""
    i = net.nodes["insurer"]
    folder, slots = os.path.join(net.dir, "backup"), os.path.join(net.dir, "slots")
    i.hufu("backup", folder, "--slots", slots, as_="admin")
    check(os.path.exists(os.path.join(slots, "slots-own")), "the slots of the ledger are copied")
    with open(os.path.join(i.dir, "ledger", "slots-data"), "rb") as f:
        data = f.read()
    keys = [k for k in (data[n:n + 32] for n in range(32, len(data), 32)) if any(k)]
    check(keys, "there is a slot of sealed data")
    check(list(files_with(i.dir, keys)), "the search finds it where it is")
    with open(os.path.join(i.dir, "data", net.held + ".sealed"), "rb") as f:
        f.seek(4096)
        part = f.read(64)
    for where in (folder, slots):
        hit = list(files_with(where, [*keys, part]))
        check(not hit, f"a backup holds sealed data or its key: {hit}")


def test_a_read_is_recorded_counted_and_reported_to_the_provider(net):
    """DS-85, DS-86, AZ-19"""
    i, t = net.nodes["insurer"], net.nodes["transport"]
    out = os.path.join(net.dir, "two.csv")
    end = i.hufu("data", "read", net.held, *PURPOSE, "--field", "origin", "--field", "delay_minutes", "--out", out, as_="chen")
    with open(out, encoding="utf-8") as f:
        check(f.readline() == "origin,delay_minutes\n" and sum(1 for _ in f) == 20000, "the chosen columns of all rows")
    entry = newest(net, "insurer", "wu", "data-read", net.held)
    check(entry["object"] == end["read"] and entry["actor"] == "insurer/chen" and entry["purpose"] == "claims-assessment", f"{entry}")
    check("origin, delay_minutes" in entry["asked"] and entry["second-authorization"] == f"insurer/zhou {net.second}", f"{entry}")
    here = i.hufu("data", "reads", net.held, as_="chen")["reads"]
    check([(r["outcome"], r["rows"], r["by"]) for r in here] == [("complete", 20000, "chen")] * 2, f"{here}")
    there = wait_until(lambda: (lambda r: r if len(r) == 2 else None)(t.hufu("data", "reads", net.held, as_="li")["reads"]), "the reports of both reads")
    check({r["read"] for r in there} == {r["read"] for r in here} and there[1]["by"] == "insurer/chen" and there[1]["count"] == 2, f"{there}")
    check(there[1]["fields"] == ["origin", "delay_minutes"] and there[1]["bytes"] == os.path.getsize(out), f"{there}")
    check(newest(net, "transport", "sun", "read-report", net.held)["counterparty"] == "insurer", "and an entry of it")
    os.unlink(out)
    row = i.hufu("data", "list", as_="chen")["data"][0]
    check((row["transfer"], row["state"], row["reads"], row["bytes"], row["sensitive"]) == (net.held, "held", 2, os.path.getsize(FLIGHTS), True), f"{row}")


def test_a_read_is_denied_for_another_purpose_by_another_person_and_beyond_the_fields(net):
    """DS-85, AZ-76, DS-120: the one way to it is a controlled one"""
    r = denied(net, net.held, "--purpose", "marketing")
    check(r.reason == "wrong-purpose", r.text)
    entry = newest(net, "insurer", "wu", "denied", net.held)
    check(entry["reason"] == "wrong-purpose" and entry["actor"] == "insurer/chen" and "marketing" in entry["asked"], f"the denial is an entry: {entry}")
    r = denied(net, net.held, *PURPOSE, as_="zhou")
    check(r.reason == "permission", f"without the right to fetch: {r.text}")
    r = denied(net, net.held, *PURPOSE, "--field", "tail_number")
    check(r.reason == "wrong-fields", r.text)
    read = net.nodes["insurer"].api("POST", "/v1/data/read", {"transfer": net.held, "purpose": "claims-assessment"}, as_="chen")[1]["read"]
    r = denied_piece(net, read, "zhou")
    check(r.reason == "permission", f"nor goes on with another one's read: {r.text}")


def refusal(net, read, as_):
    try:
        net.nodes["insurer"].api("POST", "/v1/data/next", {"read": read}, as_=as_)
    except hufunet.Refused as r:
        return r
    return None


def denied_piece(net, read, as_):
    r = refusal(net, read, as_)
    check(r, "the piece was given")
    return r


def test_a_read_ends_with_the_second_authorization(net):
    """DS-85, DS-86"""
    i = net.nodes["insurer"]
    read = i.api("POST", "/v1/data/read", {"transfer": net.held, "purpose": "claims-assessment"}, as_="chen")[1]["read"]
    i.hufu("sensitive", "end", net.second, "--reason", "理赔已结", as_="zhou")
    r = denied_piece(net, read, "chen")
    check(r.reason == "second-authorization", f"a running one: {r.text}")
    r = denied(net, net.held, *PURPOSE)
    check(r.reason == "second-authorization" and "hufu sensitive authorize" in r.text, f"a new one: {r.text}")
    net.second = authorize(net)


def state_here(net, transfer):
    return next(d for d in net.nodes["insurer"].hufu("data", "list", as_="chen")["data"] if d["transfer"] == transfer)


def told(net, transfer, state):
    return wait_until(lambda: (lambda d: d if d["state"] == state else None)(state_here(net, transfer)), f"the data to be {state} here")


def test_a_hold_of_the_provider_stops_the_reads_here_until_it_is_lifted(net):
    """SB-2, DS-85"""
    i, t = net.nodes["insurer"], net.nodes["transport"]
    read = i.api("POST", "/v1/data/read", {"transfer": net.held, "purpose": "claims-assessment"}, as_="chen")[1]["read"]
    hold = t.hufu("hold", "place", "organization", "insurer", "--reason", "调查误用", as_="li")["hold"]
    row = told(net, net.held, "stopped")
    check("调查误用" in row["reason"], f"{row}")
    r = denied_piece(net, read, "chen")
    check(r.reason == "held" and "调查误用" in r.text, f"the running read: {r.text}")
    r = denied(net, net.held, *PURPOSE)
    check(r.reason == "held" and "the provider has stopped the use" in r.text, f"a new one: {r.text}")
    i.stop()
    again(i, ["chen", "zhou", "wu", "admin"])
    check(denied(net, net.held, *PURPOSE).reason == "held", "also after a restart")
    for node, auditor in (("insurer", "wu"), ("transport", "sun")):
        entry = wait_until(lambda: newest(net, node, auditor, "use-stopped", net.held), f"the entry at {node}")
        check(entry["reason"] == "held" and "调查误用" in entry["detail"], f"{node}: {entry}")
    t.hufu("hold", "lift", hold, "--reason", "已查清", as_="li")
    told(net, net.held, "held")
    out = os.path.join(net.dir, "resumed.csv")
    i.hufu("data", "read", net.held, *PURPOSE, "--out", out, as_="chen")
    check(same_file(out, FLIGHTS), "and it is read again")
    os.unlink(out)
    entry = wait_until(lambda: newest(net, "insurer", "wu", "use-resumed", net.held), "the entry of it")
    check(entry["outcome"] == "ok", f"{entry}")


RULES = """policy:
  name: transport
  version: {version}
  attributes: standard
hierarchies:
  organizations: {{space: [], insurer: space}}
  regions: {{CN: []}}
  topics: {{}}
rules:
  - id: claims
    mechanism: attribute
    from: 2026-01-01
    until: 2036-01-01
    when:
      resource.id: "{entry}"
      subject.organization: insurer
      system.name: {system}
"""


def apply_rule(net, version, system):
    path = os.path.join(net.dir, "policy.yaml")
    with open(path, "w", encoding="utf-8") as f:
        f.write(RULES.format(version=version, entry=net.by_rule, system=system))
    net.nodes["transport"].hufu("policy", "apply", path, "--reason", "理赔场景", as_="li")


def test_a_rule_that_ends_stops_the_reads_of_what_came_by_it(net):
    """SB-2, DS-85"""
    i, t = net.nodes["insurer"], net.nodes["transport"]
    entry = net.by_rule = publish(net, "flights", title="规则航班", extra=["--duty", "sealed"])
    apply_rule(net, 1, "claims")
    wait_until(lambda: any(e["entry"] == entry for e in i.hufu("catalog", "list", as_="chen")["entries"]), "the entry to be here")
    got = i.hufu("fetch", entry, "--system", "claims", *PURPOSE, "--mechanism", "attribute", "--sealed", as_="chen")["transfer"]
    wait_until(lambda: workflow.transfer(t, "li", got)["state"] == "COMPLETED", "the receipt to be there")
    apply_rule(net, 2, "archive")
    told(net, got, "stopped")
    r = denied(net, got, *PURPOSE)
    check(r.reason == "no-grant" and "the provider has stopped the use" in r.text, r.text)
    apply_rule(net, 3, "claims")
    told(net, got, "held")
    net.ruled = got


# What of a flight each plan of the insurer's own shows.
VIEW_PLANS = {
    "for-loss": "{technique: daterd, unit: hour}", "for-pricing": "{technique: daterd, unit: day}", "for-experts": "keep"}
VIEW_FIELDS = """      departure: DEPARTURE
      origin: {technique: denc}
      destination: keep
      distance_miles: {technique: round, step: 500}
      delay_minutes: {technique: 'null'}
"""
READERS = {"loss": ("钱亮 I-11", ["operator"], "loss"), "price": ("孔明 I-12", ["operator"], "pricing"),
           "pat": ("白朴 I-13", ["operator", "privacy-expert"], "pricing")}


def put_view_plan(net, name, version=1):
    i = net.nodes["insurer"]

    def change(text):
        begin, end = text.index("  passages:"), text.index("emergency:")
        fields = VIEW_FIELDS.replace("DEPARTURE", VIEW_PLANS[name])
        return text[:begin].replace("static", "dynamic").replace("song, audit: shen", "zhou, audit: wu") + "  flights:\n    fields:\n" + fields + text[end:].replace("song", "zhou")

    i.hufu("release", "plan", "put", masking.plan(net, name, version, change), as_="yang")
    i.hufu("release", "plan", "approve", name, as_="zhou")


def view_of(net, who, transfer):
    i, out = net.nodes["insurer"], os.path.join(net.dir, who + ".csv")
    i.hufu("data", "read", transfer, *PURPOSE, "--out", out, as_=who)
    with open(out, encoding="utf-8", newline="") as f:
        rows = list(csv.DictReader(f))
    os.unlink(out)
    return rows


def masked_by(net, who, transfer):
    """What the ledger says of the newest read of that person, with the read and at its end."""
    rows = net.nodes["insurer"].hufu("ledger", "tail", "--count", "60", as_="wu")["entries"]
    mine = [e for e in rows if e["fields"].get("transaction") == transfer and e["fields"].get("actor") == "insurer/" + who]
    return {e["event"]: e["fields"].get("masking", "") for e in mine if e["event"].startswith("data-read")}


def test_departments_and_roles_see_the_same_rows_each_through_its_own_view(net):
    """DS-87: masked at the consumer: the same row, two departments, and two roles of one department, three views."""
    i = net.nodes["insurer"]
    for account in ("yang", "ma"):
        i.add_user(account, *masking.PEOPLE[account])
    i.hufu("user", "roles", "zhou", "--role", "data-authority", "--role", "security-administrator", as_="admin")
    for account, (real_name, roles, department) in READERS.items():
        i.add_user(account, real_name, roles, department=department)
    for department, system in (("loss", "adjusting"), ("pricing", "quoting")):
        i.hufu("system", "add", system, "--department", department, "--address", i.ip, "--business", department, as_="admin")
    apply_rule(net, 4, "[claims, adjusting, quoting]")
    for name in VIEW_PLANS:
        put_view_plan(net, name)
    for args in (["--name", "loss", "--department", "loss", "--plan", "for-loss"], ["--name", "pricing", "--department", "pricing", "--plan", "for-pricing"],
                 ["--name", "experts", "--department", "pricing", "--role", "privacy-expert", "--plan", "for-experts"]):
        i.hufu("data", "view", "set", net.by_rule, *args, as_="zhou")
    fetched = {}
    for who, system in (("loss", "adjusting"), ("price", "quoting")):
        got = i.hufu("fetch", net.by_rule, "--system", system, *PURPOSE, "--mechanism", "attribute", "--sealed", as_=who)
        check(got["quality"] == "met", f"{got}")
        fetched[who] = got["transfer"]
    net.viewed = fetched["price"]
    loss, price, pat = (view_of(net, who, t) for who, t in (("loss", fetched["loss"]), ("price", net.viewed), ("pat", net.viewed)))
    with open(FLIGHTS, encoding="utf-8", newline="") as f:
        plain = list(csv.DictReader(f))
    check(len(plain) == len(loss) == len(price) == len(pat) == 20000, "the same rows")
    for p, a, b, c in zip(plain, loss, price, pat):
        at = p["departure"]
        check((a["departure"], b["departure"], c["departure"]) == (at[:13] + ":00:00", at[:10] + " 00:00:00", at), f"the time: {p} {a} {b} {c}")
        check(all(v["destination"] == p["destination"] and v["delay_minutes"] == "" for v in (a, b, c)), f"what all see: {p} {a}")
    seen = [{r["origin"] for r in rows} for rows in (plain, loss, price, pat)]
    check(len({len(s) for s in seen}) == 1 and not any(x & y for n, x in enumerate(seen) for y in seen[n + 1:]), "pseudonyms of each view's own")
    check(view_of(net, "price", net.viewed) == price, "the same each time")
    runs = [r for r in i.hufu("mask", "trend", net.by_rule, as_="wu")["runs"] if r["what"] == "read"]
    check([r["recipient"] for r in runs] == ["loss", "pricing", "experts", "pricing"] and all({"k", "by_dictionary", "by_frequency"} <= set(r["figures"]) for r in runs), f"DS-89: {runs}")
    check((runs[3]["than"], runs[3]["worse"], runs[3]["better"], runs[3]["figures"]) == (runs[1]["id"], [], [], runs[1]["figures"]), f"against the one before by that plan: {runs}")
    for who, view, plan in (("loss", "loss", "for-loss"), ("pat", "experts", "for-experts")):
        said = masked_by(net, who, fetched.get(who, net.viewed))
        check(set(said) == {"data-read", "data-read-end"} and all(m.startswith(f"view {view}: plan {plan} version 1 digest ") for m in said.values()), f"{said}")
    hit = list(files_with(i.dir, cells(FLIGHTS) | {r["origin"].encode() for r in price[::200]}))
    check(not hit, f"neither what is masked nor what came of it is on the consumer's disk: {hit}")


def test_a_reader_without_a_view_or_with_a_plan_that_is_gone_reads_nothing(net):
    """DS-87: it fails closed; and views are the security administrator's, who reads nothing."""
    i = net.nodes["insurer"]
    r = denied(net, net.ruled, *PURPOSE)
    check(r.reason == "masking" and "none for 'chen'" in r.text, f"of no department: {r.text}")
    entry = newest(net, "insurer", "wu", "denied", net.ruled)
    check(entry["reason"] == "masking" and entry["actor"] == "insurer/chen", f"{entry}")
    read = i.api("POST", "/v1/data/read", {"transfer": net.viewed, "purpose": "claims-assessment"}, as_="price")[1]["read"]
    i.hufu("release", "plan", "retire", "for-pricing", "--reason", "replaced", as_="zhou")
    r = refusal(net, read, "price")
    check(r and r.reason == "masking", f"the running read: {r and r.text}")
    r = denied(net, net.viewed, *PURPOSE, as_="price")
    check(r.reason == "masking" and "the view 'pricing'" in r.text and "retired" in r.text, r.text)
    put_view_plan(net, "for-pricing", 2)
    check(view_of(net, "price", net.viewed)[0]["departure"].endswith(" 00:00:00"), "and again, by the next version")
    r = i.refused("data", "view", "set", net.by_rule, "--name", "whole", "--department", "pricing", "--as-delivered", as_="price")
    check(r.reason == "permission", f"nobody chooses his own view: {r.text}")
    r = i.refused("user", "roles", "zhou", "--role", "security-administrator", "--role", "operator", as_="admin")
    check("mask-policy" in r.text and "fetch" in r.text, f"who sets views reads nothing: {r.text}")
    for name in ("loss", "pricing", "experts"):
        i.hufu("data", "view", "remove", net.by_rule, "--name", name, as_="zhou")
    check(i.hufu("data", "view", "list", net.by_rule, as_="zhou")["views"] == [], "all are gone")
    set_by = [e["fields"] for e in i.hufu("ledger", "tail", "--count", "80", as_="wu")["entries"] if e["event"] == "mask-policy"]
    check({e["actor"] for e in set_by if e["outcome"] == "ok"} == {"insurer/zhou"} and any("removed: department pricing, role privacy-expert" in e["detail"]
          for e in set_by if e["outcome"] == "ok"), f"each change is on record: {set_by}")
    out = os.path.join(net.dir, "plain-again.csv")
    i.hufu("data", "read", net.ruled, *PURPOSE, "--out", out, as_="chen")
    check(same_file(out, FLIGHTS), "without views it is what was delivered")
    os.unlink(out)


def test_a_sealed_file_that_was_altered_cut_or_exchanged_is_refused(net):
    """DS-85"""
    i = net.nodes["insurer"]
    path = os.path.join(i.dir, "data", net.held + ".sealed")
    shutil.copyfile(path, path + ".kept")
    for what, at in (("a byte of the data", os.path.getsize(path) // 2), ("a byte of the head", 90), ("the end", None)):
        with open(path, "r+b") as f:
            if at is None:
                f.truncate(os.path.getsize(path) - 1)
            else:
                f.seek(at)
                old = f.read(1)
                f.seek(at)
                f.write(bytes([old[0] ^ 1]))
        r = denied(net, net.held, *PURPOSE)
        check(r.reason == "sealed-damaged", f"{what}: {r.text}")
        shutil.copyfile(path + ".kept", path)
    os.rename(path, path + ".away")
    r = denied(net, net.held, *PURPOSE)
    check(r.reason == "sealed-damaged" and "gone" in r.text, r.text)
    os.rename(path + ".away", path)
    os.unlink(path + ".kept")
    check([a for a in i.hufu("alarms", as_="admin")["alarms"] if a["kind"] == "sealed-damaged"], "and raises an alarm")


def test_a_kill_during_the_import_loses_nothing_and_leaves_nothing_in_plain(net):
    """DS-85, DS-71"""
    i, t = net.nodes["insurer"], net.nodes["transport"]
    net.big = i.hufu("fetch", net.tolls, "--system", "claims", "--sealed", "--detach", as_="chen")["transfer"]
    workflow.wait_durable(i, "chen", net.big)
    check(workflow.transfer(i, "chen", net.big)["state"] == "STARTED", "the kill is in the middle")
    i.kill()
    hit = list(files_with(i.dir, cells(net.big_source)))
    check(not hit, f"what was received is not in plain: {hit}")
    again(i, ["chen", "zhou", "wu", "admin"])
    i.hufu("transfers", "wait", net.big, as_="chen")
    check(workflow.wait_transfer(t, "li", net.big, "COMPLETED")["served_after_acknowledgement"] == 0, "nothing durable was asked for again")
    out = os.path.join(net.dir, "big.csv")
    i.hufu("data", "read", net.big, *PURPOSE, "--out", out, as_="chen")
    check(same_file(out, net.big_source), "the whole table")
    os.unlink(out)


def test_a_kill_during_a_read_is_on_record_and_the_data_can_be_read_again(net):
    """DS-85"""
    i, t = net.nodes["insurer"], net.nodes["transport"]
    read = i.api("POST", "/v1/data/read", {"transfer": net.big, "purpose": "claims-assessment"}, as_="chen")[1]["read"]
    i.api("POST", "/v1/data/next", {"read": read}, as_="chen")
    i.kill()
    again(i, ["chen", "zhou", "wu", "admin"])
    mine = {r["read"]: r["outcome"] for r in i.hufu("data", "reads", net.big, as_="chen")["reads"]}
    check(mine[read] == "interrupted" and len(mine) == 2, f"{mine}")
    wait_until(lambda: read in {r["read"] for r in t.hufu("data", "reads", net.big, as_="li")["reads"]}, "the provider to know of it")
    out = os.path.join(net.dir, "one.csv")
    with open(net.big_source, encoding="utf-8") as f:
        first = f.readline().split(",")[0]
    i.hufu("data", "read", net.big, *PURPOSE, "--field", first, "--out", out, as_="chen")
    with open(out, encoding="utf-8") as f, open(net.big_source, encoding="utf-8") as g:
        check(all(a.rstrip("\n") == b.split(",")[0] for a, b in zip(f, g, strict=True)), "one column of every row")
    os.unlink(out)


def test_a_revocation_stops_a_running_read_denies_the_next_and_destroys_the_key(net):
    """DS-85, AZ-33: the obligation delete-at-end"""
    i, t = net.nodes["insurer"], net.nodes["transport"]
    path = os.path.join(i.dir, "data", net.big + ".sealed")
    shutil.copyfile(path, os.path.join(net.dir, "copy.sealed"))
    read = i.api("POST", "/v1/data/read", {"transfer": net.big, "purpose": "claims-assessment"}, as_="chen")[1]["read"]
    with open(net.big_source, encoding="utf-8") as f:
        check(i.api("POST", "/v1/data/next", {"read": read}, as_="chen")[1].startswith(f.readline()), "a piece")
    t.hufu("revoke", workflow.grant_of(t, "li", net.tolls_app), "--reason", "来源数据有误", as_="li")
    wait_until(lambda: workflow.grant_state(i, "chen", net.tolls_app) == "revoked", "the consumer to hear of it")
    r = wait_until(lambda: refusal(net, read, "chen"), "the read to be stopped", 5, 0)  # in force with the commit of what was heard
    check(r.reason == "grant-revoked" and "来源数据有误" in r.text, f"the running read: {r.text}")
    r = denied(net, net.big, *PURPOSE)
    check(r.reason == "grant-revoked" and "来源数据有误" in r.text, f"the next one: {r.text}")
    row = wait_until(lambda: next((d for d in i.hufu("data", "list", as_="chen")["data"] if d["transfer"] == net.big and d["state"] == "destroyed"), None),
                     "the data to be destroyed")
    check(row["destroyed"] and "来源数据有误" in row["reason"] and not os.path.exists(path), f"{row}")
    entry = wait_until(lambda: newest(net, "insurer", "wu", "data-destroyed", net.big), "the entry that it is done")
    check(entry["outcome"] == "ok" and "key is overwritten" in entry["cache-deletion"], f"{entry}")
    shutil.copyfile(os.path.join(net.dir, "copy.sealed"), path)  # a copy that somebody kept
    i.stop()
    again(i, ["chen", "zhou", "wu", "admin"])
    r = denied(net, net.big, *PURPOSE)
    check(r.reason == "grant-revoked", f"a copy of the file brings nothing back: {r.text}")
    os.unlink(path)


def test_two_people_destroy_what_is_no_longer_needed(net):
    """DS-144, DS-146: without the approval of another person nothing; then no copy opens, and both sides have the signed record."""
    i, t = net.nodes["insurer"], net.nodes["transport"]
    i.add_user("mo", "莫言 I-15", ["destruction-approver"])
    path = os.path.join(i.dir, "data", net.held + ".sealed")
    with open(path, "rb") as f:
        copy = f.read()
    r = i.refused("data", "destroy", net.held, "--reason", "不再需要", as_="chen")
    check(r.reason == "permission", r.text)
    i.hufu("data", "destroy", net.held, "--reason", "评估已完成", as_="zhou")
    r = i.refused("data", "approve-destruction", net.held, as_="zhou")
    check(r.reason == "permission", f"nobody approves what he asks for: {r.text}")
    r = i.refused("user", "roles", "zhou", "--role", "data-authority", "--role", "destruction-approver", as_="admin")
    check("approve-destruction" in r.text, f"nor gets the right to: {r.text}")
    check(state_here(net, net.held)["state"] == "held" and os.path.exists(path), "nothing happens before")
    i.hufu("data", "approve-destruction", net.held, as_="mo")
    entry = wait_until(lambda: newest(net, "insurer", "wu", "data-destroyed", net.held), "the entry that it is done")
    check(entry["actor"] == "insurer/zhou" and entry["second-authorization"] == "insurer/mo", f"{entry}")
    row = wait_until(lambda: next(iter(t.hufu("data", "destructions", net.held, as_="li")["destructions"]), None), "the record at the provider")
    mine = i.hufu("data", "destructions", net.held, as_="chen")["destructions"][0]
    check((row["asked_by"], row["answered_by"], row["outcome"], row["reason"]) == ("zhou", "mo", "destroyed", "评估已完成"), f"{row}")
    check(all(row[k] == mine[k] for k in ("record", "method", "verification", "destroyed")) and len(row["record"]) == 64, f"{row} {mine}")
    check("64 pieces of 32 bytes and the key's were looked for" in row["verification"], f"{row}")
    check(newest(net, "transport", "sun", "destruction-record", net.held)["digest"] == row["record"], "and the entry of it")
    check(not list(files_with(i.dir, [copy[at:at + 32] for at in range(4096, len(copy) - 32, 65536)])), "none of it is in a file of the node")
    with open(path, "wb") as f:
        f.write(copy)
    r = denied(net, net.held, *PURPOSE)
    check(r.reason == "erased" and "评估已完成" in r.text, r.text)
    os.unlink(path)


def test_a_member_that_was_revoked_reads_nothing_more_when_its_node_knows(net):
    """SB-2: nobody connects with it any more, so the descriptor alone tells it"""
    i = net.nodes["insurer"]
    out = os.path.join(net.dir, "member.csv")
    i.hufu("data", "read", net.ruled, *PURPOSE, "--out", out, as_="chen")
    net.authority.revoke("insurer", "退出")
    net.authority.issue(["manager", "overseas", "transport"], 2)
    i.hufu("space", "update", net.authority.descriptors, as_="admin")
    r = denied(net, net.ruled, *PURPOSE)
    check(r.reason == "standing" and "revoked" in r.text and "insurer" in r.text, r.text)
    told(net, net.ruled, "stopped")

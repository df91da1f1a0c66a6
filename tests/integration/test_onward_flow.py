"""Sensitive data over several hops: transport -> insurer, which makes something of it and shares that -> overseas. Who may trace it sees
the whole way, or is told where his view of it ends and whom to ask."""
import csv
import os
import shutil

from common import *


BORDER = """\
packs:
  - {name: cn-export, jurisdiction: CN, side: origin, from: 2026-01-01, until: 2099-01-01, rules: [{other: [SG], max_level: 1, allow: true}]}
  - {name: sg-import, jurisdiction: SG, side: destination, from: 2026-01-01, until: 2099-01-01, rules: [{other: [CN], max_level: 1, allow: true}]}
"""


def rules(node):
    """What leaves for the third node crosses a border, and may."""
    node.configure("border: border.yaml\n")
    with open(os.path.join(node.dir, "border.yaml"), "w", encoding="ascii") as f:
        f.write(BORDER)


def network(net):
    trio(net, 45, insurer=("provider", "consumer"), before_start=lambda: rules(net.nodes["insurer"]))
    t, i, m, o = (net.nodes[n] for n in ("transport", "insurer", "manager", "overseas"))
    people = {"pan": ("潘华 I-7", ["publisher", "data-authority"]), "hao": ("郝亮 I-8", ["approver"])}
    for account, (name, roles) in people.items():
        i.add_user(account, name, roles)
    i.allow(people)
    o.add_user("ng", "Ng Hui Min S-3", ["auditor"])
    for node, accounts in ((t, ["li"]), (i, ["chen", "zhou", "hao"]), (m, ["zheng"]), (o, ["tan", "lim"])):
        for account in accounts:
            node.enrol(account)
    received(net, t, i)
    passed(net, i, m, o)


def received(net, t, i):
    """The first hop, and what is made of it."""
    register(net, "flights", FLIGHTS)
    net.entry = publish(net, "flights", title="敏感航班数据", extra=["--sensitive", "--duty", "onward-derived"])
    agreement(net, net.entry)
    i.hufu("sensitive", "authorize", net.entry, "--system", "claims", "--purpose", "claims-assessment", "--until", workflow.in_days(30),
           "--reason", "一月份延误理赔", as_="zhou")
    got = os.path.join(net.dir, "flights.csv")
    net.first = i.hufu("fetch", net.entry, "--system", "claims", "--sealed", as_="chen")["transfer"]
    workflow.wait_transfer(t, "li", net.first, "COMPLETED")
    i.hufu("data", "read", net.first, "--purpose", "claims-assessment", "--out", got, as_="chen")
    net.made, net.derived = halved(net, "half.csv", got, net.first)
    kept(net, t, i)


def halved(net, name, got, transfer, left=0):
    made = os.path.join(net.dir, name)
    with open(got, encoding="utf-8", newline="") as rows, open(made, "w", encoding="utf-8", newline="") as out:
        csv.writer(out).writerows(r for n, r in enumerate(csv.reader(rows)) if n == 0 or n % 2 == left)
    made_of = net.nodes["insurer"].hufu("derive", made, "--from", transfer, "--system", "claims", "--processing", "隔行抽样", as_="chen")
    return made, made_of["derivation"]


def kept(net, t, i):
    """The same of data whose publisher lets nothing be passed on, and of data of a higher level."""
    register(net, "airports", AIRPORTS)

    def delivered(name, **kw):
        entry = publish(net, "airports", **kw)
        agreement(net, entry)
        got = os.path.join(net.dir, name)
        transfer = i.hufu("fetch", entry, "--system", "claims", "--output", got, as_="chen")["transfer"]
        workflow.wait_transfer(t, "li", transfer, "COMPLETED")
        return got, transfer

    got, net.closed = delivered("airports.csv")
    net.closed_made, net.closed_derived = halved(net, "half-airports.csv", got, net.closed)
    got, net.graver = delivered("stops.csv", level=2, extra=["--duty", "onward-derived"])
    net.graver_made, _ = halved(net, "half-stops.csv", got, net.graver, left=1)


def offer(i, sensitive=True, source="half", **other):
    values = dict(title="航班样本", description="由航班数据抽样而成", topic="aviation", data_class="transport/flight", level=1, sharing="conditional",
                  condition="仅用于申请中写明的用途", scope=["everyone"], intake="manager", purposes=["route-planning"], jurisdictions=["CN", "SG"],
                  max_days=400, extra=["--sensitive"] if sensitive else [])
    values.update(other)
    return workflow.publish(i, "pan", source, **values)


def passed(net, i, m, o):
    """The second hop."""
    workflow.source(i, "pan", "half", net.made, "--derived", net.derived)
    net.onward = offer(i)
    app = workflow.apply(o, "tan", net.onward, system="routes", reason="比较航线的准点情况", purpose="route-planning", days=60)
    workflow.confirm(o, "lim", app)
    workflow.comply(m, "zheng", app)
    workflow.wait_state(i, "hao", app, "RECEIVED")
    i.hufu("decide", app, "T", as_="hao")
    workflow.wait_state(o, "tan", app, "FINALIZED")
    o.hufu("sensitive", "authorize", net.onward, "--system", "routes", "--purpose", "route-planning", "--until", workflow.in_days(30),
           "--reason", "route comparison", as_="lim")
    net.third = os.path.join(net.dir, "third.csv")
    net.second = o.hufu("fetch", net.onward, "--system", "routes", "--sealed", as_="tan")["transfer"]
    workflow.wait_transfer(i, "hao", net.second, "COMPLETED")
    o.hufu("data", "read", net.second, "--purpose", "route-planning", "--out", net.third, as_="tan")
    net.last = o.hufu("derive", net.third, "--from", net.second, "--system", "routes", "--processing", "counted by airport", as_="tan")["derivation"]


def lineage(node, account, item, *more):
    out = node.hufu("ledger", "lineage", item, *more, as_=account)
    return [(r["part"], r["item"], r["steps"], r["ledger"]) for r in out["items"]], out["coverage"], out["items"]


def until(node, account, item, *more, rows, notes=0):
    def there():
        try:
            found = lineage(node, account, item, *more)
        except hufunet.Refused as r:
            check(r.reason == "unknown", r.text)
            return None
        return found if set(found[0]) == set(rows) and len(found[0]) == len(rows) and len(found[1]) == notes else None

    try:
        return wait_until(there, f"{node.id}: {rows}, and {notes} places that are not covered", 60, 0.3)
    except hufunet.Failed as e:
        raise hufunet.Failed(f"{e}; last: {lineage(node, account, item, *more)[:2]}") from e


def test_who_passed_it_on_sees_the_whole_way_back_and_forward(net):
    """DS-65: the trace of a sensitive dataset over several hops is complete, and says so"""
    i = net.nodes["insurer"]
    back = [("provided", net.second, 0, "insurer"), ("received", net.second, 0, "overseas"), ("derived", net.derived, 1, "insurer"),
            ("provided", net.first, 2, "transport"), ("received", net.first, 2, "insurer")]
    _, _, items = until(i, "wu", net.second, rows=back)
    check(all(r["proof"].startswith("witnessed") for r in items), f"{items}")
    for start in (net.entry, net.first):
        forward = [("derived", net.derived, 1, "insurer"), ("passed", net.second, 2, "insurer"), ("derived", net.last, 3, "overseas")]
        _, _, items = until(i, "wu", start, "--forward", rows=forward)
        check([r["towards"] for r in items] == [start, net.derived, net.second], f"hop by hop: {items}")


def test_the_publisher_sees_to_whom_it_went_and_where_its_view_ends(net):
    """DS-65: each hop is in the trace of the sensitive dataset at its publisher; what it is not told is stated"""
    t = net.nodes["transport"]
    forward = [("derived", net.derived, 1, "insurer"), ("passed", net.second, 2, "insurer")]
    _, notes, items = until(t, "sun", net.entry, "--forward", rows=forward, notes=1)
    check(net.second in notes[0] and "overseas" in notes[0] and "ask insurer" in notes[0], f"{notes}")
    f = items[1]["fields"]
    check(f["endpoint"] == "overseas" and f["ip-address"] == net.nodes["overseas"].ip and f["purpose"] == "route-planning", f"who, where, what for: {f}")
    check(f["data-length"] == str(os.path.getsize(net.third)) and net.onward not in str(f), f"how much: {f}")
    seen = {e["event"] for e in t.hufu("ledger", "trace", "--resource", net.entry, as_="sun")["entries"]}
    check({"publish", "transfer-sent", "transfer-received", "derived-from", "passed-on"} <= seen, f"the trace of the dataset has every hop: {sorted(seen)}")


def test_the_last_one_sees_that_it_was_derived_and_whom_to_ask(net):
    """DS-65, DS-67: and nothing of whose data it was"""
    o = net.nodes["overseas"]
    back = [("derived", net.last, 0, "overseas"), ("received", net.second, 1, "overseas"), ("provided", net.second, 1, "insurer")]
    _, notes, items = until(o, "ng", net.last, rows=back, notes=1)
    check(net.derived in notes[0] and "ask insurer" in notes[0], f"{notes}")
    check(not [x for x in (net.entry, net.first, net.nodes["transport"].ip) if x in str(items)], f"{items}")
    check(net.nodes["manager"].refused("ledger", "lineage", net.derived, as_="feng").reason == "unknown", "who is no party learns nothing")


def alarms(node):
    return [a for a in node.hufu("alarms", as_="admin")["alarms"] if a["kind"] == "onward-sharing"]


def test_what_may_not_be_passed_on_is_no_source_whatever_is_said_of_it(net):
    """AZ-77, DS-91: the agreement forbids it, so what was derived is refused, with its derivation named and without"""
    i = net.nodes["insurer"]
    for more in (["--derived", net.closed_derived], []):
        before = len(alarms(i))
        r = i.refused("source", "add", "closed", net.closed_made, *more, as_="pan")
        check(r.reason == "obligation" and net.closed in r.text and "transport" in r.text, f"{more}: {r.text}")
        check(len(alarms(i)) == before + 1, f"{more}: an alarm")
    both, id = os.path.join(net.dir, "both.csv"), None
    with open(both, "w", encoding="ascii") as f:
        f.write("airport,flights\nPEK,2\n")
    id = i.hufu("derive", both, "--from", net.derived, "--from", net.closed_derived, "--system", "claims", "--processing", "joined", as_="chen")["derivation"]
    r = i.refused("source", "add", "both", both, "--derived", id, as_="pan")
    check(r.reason == "obligation" and net.closed in r.text, f"one of several inputs, two steps back: {r.text}")
    check([s["name"] for s in i.hufu("source", "list", as_="pan")["sources"]] == ["half"], "nothing else is registered")


def test_what_is_offered_is_held_as_strictly_as_what_it_was_made_of(net):
    """AZ-77, DS-74: class, kind of sharing and marks of the delivery are the least"""
    i = net.nodes["insurer"]

    def refused(*words, **kw):
        try:
            offer(i, **kw)
        except hufunet.Refused as r:
            check(r.reason == "argument" and all(w in r.text for w in words), r.text)
            return
        raise hufunet.Failed(f"published: {kw}")

    refused("--sensitive", net.first, sensitive=False)
    refused("conditional", net.first, sharing="unconditional", condition=None)
    refused("class 'transport/toll'", data_class="transport/toll")
    workflow.source(i, "pan", "stops", net.graver_made)
    refused("--level 2", net.graver, source="stops", level=1, sensitive=False)
    i.hufu("source", "remove", "stops", as_="pan")


def test_a_derivation_is_found_by_the_file_and_the_link_holds(net):
    """DS-65: the node looks at the file itself, when a source is added, updated and scanned"""
    i = net.nodes["insurer"]
    again = os.path.join(net.dir, "again.csv")
    shutil.copy(net.made, again)
    check(i.hufu("source", "add", "unsaid", again, as_="pan")["derivation"] == net.derived, "linked without --derived")
    other = os.path.join(net.dir, "other.csv")
    with open(other, "w", encoding="ascii") as f:
        f.write("a,b\n1,2\n")
    r = i.refused("source", "update", "unsaid", "--path", other, as_="pan")
    check(r.reason == "conflict" and net.derived in r.text, r.text)
    check(i.hufu("source", "scan", "unsaid", as_="pan")["derivation"] == net.derived, "the same file")
    with open(again, "a", encoding="ascii") as f:
        f.write("x" + "," * (open(net.made, encoding="utf-8").readline().count(",")) + "\n")
    r = i.refused("source", "scan", "unsaid", as_="pan")
    check(r.reason == "conflict" and net.derived in r.text, r.text)
    i.hufu("source", "remove", "unsaid", as_="pan")


def test_a_file_that_is_not_what_was_derived_is_not_registered_as_such(net):
    """DS-65"""
    i = net.nodes["insurer"]
    other = os.path.join(net.dir, "other.csv")
    with open(other, "w", encoding="ascii") as f:
        f.write("a,b\n1,2\n")
    r = i.refused("source", "add", "other", other, "--derived", net.derived, as_="pan")
    check(r.reason == "conflict" and net.derived in r.text, r.text)
    r = i.refused("source", "add", "other", other, "--derived", UNKNOWN_ID, as_="pan")
    check(r.reason == "unknown" and "hufu derive" in r.text, r.text)


HOURLY = """masking-plan: 1
name: hourly
version: 1
need: samples for others
purpose: route-planning
mode: static
people: {operator: ma, security: song, audit: shen}
scope: {group: flights}
schedule: by hand
result: {rows-least: 1}
relations: []
tables:
  half:
    fields: {departure: {technique: daterd, unit: hour}, origin: keep, destination: keep, distance_miles: keep, delay_minutes: keep}
emergency:
  source: {cause: no file, solution: call the owner, who: ma}
  format: {cause: bad row, solution: mend it, who: ma}
  key: {cause: no key, solution: ask for it, who: song}
  result: {cause: check failed, solution: do not release, who: song}
  space: {cause: disk full, solution: make room, who: ma}
"""


def test_what_is_masked_of_it_leads_back_as_well(net):
    """DS-97, MK-10: a masking task of a derived source derives anew, and the people's word on the source's fields is the inventory"""
    i = net.nodes["insurer"]
    for account, name, role in (("yang", "杨帆 I-11", "masking-operator"), ("ma", "马超 I-12", "masking-operator"),
                                ("song", "宋玉 I-13", "security-administrator"), ("shen", "沈清 I-14", "audit-administrator")):
        i.add_user(account, name, [role])
    path = os.path.join(net.dir, "hourly.yaml")
    with open(path, "w", encoding="ascii") as f:
        f.write(HOURLY)
    i.hufu("release", "plan", "put", path, as_="yang")
    i.hufu("release", "plan", "approve", "hourly", as_="song")
    done = i.hufu("release", "run", "hourly", "half", "--output", os.path.join(net.dir, "half-masked.csv"), "--register", "half-masked", "--wait", as_="ma")
    check(done["steps"][0]["person"] == "pan", f"who said what the fields hold: {done['steps']}")
    shown = i.hufu("source", "show", "half-masked", as_="pan")
    check(shown["derivation"] != net.derived and shown["masked_of"] == "half", str(shown))
    rows, _, items = lineage(i, "wu", shown["derivation"])
    check(("derived", shown["derivation"], 0, "insurer") in rows and ("derived", net.derived, 1, "insurer") in rows and net.first in [r[1] for r in rows], str(rows))
    check("masked by plan hourly" in items[0]["fields"]["processing"], str(items[0]))
    i.hufu("source", "scan", "half-masked", as_="pan")

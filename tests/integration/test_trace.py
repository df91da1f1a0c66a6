"""The trace of a dataset, and what people and programs can read of it, on real nodes."""
import os
import urllib.parse

from common import *


def network(net):
    trio(net, 15)
    register(net, "flights", FLIGHTS)
    register(net, "airports", AIRPORTS)
    net.flights = publish(net, "flights")
    net.airports = publish(net, "airports", title="机场目录", data_class="transport/airport")
    t, i, o = (net.nodes[n] for n in ("transport", "insurer", "overseas"))
    net.app = agreement(net, net.flights)
    net.transfers = [i.hufu("fetch", net.flights, "--system", "claims", "--output", os.path.join(net.dir, f"{n}.csv"), as_="chen")["transfer"]
                     for n in range(2)]
    net.other = agreement(net, net.airports)
    net.transfers.append(i.hufu("fetch", net.flights, "--system", "claims", "--output", os.path.join(net.dir, "3.csv"), as_="chen")["transfer"])
    net.refused = workflow.apply(o, "tan", net.flights, system="routes", reason="比较航线的准点情况", purpose="route-planning", days=60)
    workflow.confirm(o, "lim", net.refused)
    workflow.comply(net.nodes["manager"], "zheng", net.refused)
    workflow.wait_state(t, "li", net.refused, "RECEIVED")
    t.hufu("decide", net.refused, "F", "--reason", "数据正在整改", as_="li")
    workflow.wait_state(o, "tan", net.refused, "REJECTED")
    t.hufu("revoke", workflow.grant_of(t, "li", net.app), "--reason", "约定提前结束", as_="li")
    wait_until(lambda: workflow.grant_state(i, "chen", net.app) == "revoked", "the consumer to know of the revocation")
    for id in net.transfers:
        workflow.wait_transfer(t, "li", id, "COMPLETED")


def uses(node, account, entry, *more):
    return node.hufu("ledger", "trace", "--resource", entry, *more, as_=account)


def place(e):
    return e["ledger"], e["index"]


def transactions(net):
    t = net.nodes["transport"]
    return [workflow.application(t, "li", a)["transaction"] for a in (net.app, net.refused)] + net.transfers


def stories(net, node, account):
    return {place(e): e for txn in transactions(net) for e in entries_of(node, account, txn)}


def complete(net, node, account):
    """Both sides of everything are held here under witnessed checkpoints."""
    ledgers = {e["ledger"] for e in stories(net, node, account).values()}
    out = uses(node, account, net.flights)
    return out if {"transport", "insurer", "overseas", "manager"} <= ledgers and not out["coverage"] else None


def test_the_trace_of_a_dataset_has_every_use_of_it_across_the_nodes_in_order(net):
    """SB-57: trace query by dataset returns all uses across nodes in order"""
    t = net.nodes["transport"]
    out = wait_until(lambda: complete(net, t, "sun"), "all parties' ledgers to be held at the provider", 60, 0.3)
    seen = out["entries"]
    check([e["time"] for e in seen] == sorted(e["time"] for e in seen), "in order of time")
    wanted = stories(net, t, "sun")
    check(len(wanted) > 30, f"{len(wanted)} entries of the transactions")
    missing = [(p, e["event"]) for p, e in wanted.items() if p not in {place(s) for s in seen}]
    check(not missing, f"every entry of every transaction about it: {missing}")
    rest = [e for e in seen if place(e) not in wanted]
    check({e["event"] for e in rest} == {"publish"}, f"and the publication, which is in no transaction: {[(e['event'], e['object']) for e in rest]}")
    check(all(e["fields"]["resource"] == net.flights for e in seen), "of this dataset only")
    events = {(e["ledger"], e["event"]) for e in seen}
    for one in (("insurer", "application-draft"), ("manager", "compliance-review"), ("transport", "decision"), ("transport", "revocation"),
                ("insurer", "transfer-received"), ("transport", "transfer-closed"), ("overseas", "application-draft")):
        check(one in events, f"{one}: {sorted(events)}")
    for e in seen:
        check(e["actor"] and e["time"] and e["outcome"] and e["proof"].startswith("witnessed"), f"subject, time, outcome, proof: {e}")


def test_pages_make_the_same_whole_and_a_limit_says_where_it_goes_on(net):
    """SB-57"""
    t = net.nodes["transport"]
    whole = [place(e) for e in uses(t, "sun", net.flights)["entries"]]
    some = uses(t, "sun", net.flights, "--limit", "7")
    check([place(e) for e in some["entries"]] == whole[:7] and some["next"], f"the first seven: {some.get('next')}")
    rest = uses(t, "sun", net.flights, "--after", some["next"])
    check([place(e) for e in rest["entries"]] == whole[7:] and "next" not in rest, "and all that follow")
    paged, after = [], ""
    while after is not None:
        _, page = t.api("GET", f"/v1/ledger/trace?resource={net.flights}&limit=5&after={urllib.parse.quote(after)}", None, as_="sun")
        check(len(page["entries"]) <= 5, "a page is a page")
        paged += [place(e) for e in page["entries"]]
        after = page.get("next")
    check(paged == whole, "page by page")
    middle = uses(t, "sun", net.flights)["entries"][10]["time"]
    late = uses(t, "sun", net.flights, "--from", middle)["entries"]
    early = uses(t, "sun", net.flights, "--until", middle)["entries"]
    check(all(e["time"] >= middle for e in late) and all(e["time"] <= middle for e in early), "from and until")
    check({place(e) for e in late} | {place(e) for e in early} == set(whole), "nothing is lost between them")


def test_each_party_sees_its_own_uses_and_nobody_elses(net):
    """SB-57, SB-66"""
    i, o = net.nodes["insurer"], net.nodes["overseas"]
    mine = uses(i, "wu", net.flights)["entries"]
    check({e["ledger"] for e in mine} >= {"insurer", "transport", "manager"}, "the consumer traces across nodes, too")
    check("overseas" not in {e["ledger"] for e in mine} and net.refused not in str(mine), "and learns nothing of another applicant")
    o.add_user("ng", "Ng Hui Min S-3", ["auditor"])
    theirs = uses(o, "ng", net.flights)["entries"]
    check(theirs and "insurer" not in {e["ledger"] for e in theirs}, "nor does the other one")
    check(uses(i, "wu", net.airports)["entries"] and not {place(e) for e in uses(i, "wu", net.airports)["entries"]} & {place(e) for e in mine},
          "another dataset has its own trace")


def test_a_trace_by_dataset_is_the_auditors_and_its_errors_are_named(net):
    """SB-57, DS-13"""
    t = net.nodes["transport"]
    check(t.refused("ledger", "trace", "--resource", net.flights, as_="li").reason == "permission", "an approver does not read the audit record")
    r = t.refused("ledger", "trace", "--resource", UNKNOWN_ID, as_="sun")
    check(r.reason == "unknown" and UNKNOWN_ID in r.text, r.text)
    r = t.refused("ledger", "trace", "--resource", net.flights, "--after", "nowhere", as_="sun")
    check(r.reason == "argument" and "after" in r.text, r.text)
    r = t.refused("ledger", "trace", net.app, "--resource", net.flights, as_="sun")
    check(r.status == 2, f"one of the two: {r.text}")
    before = len(uses(t, "sun", net.flights)["entries"])
    check(len(uses(t, "sun", net.flights)["entries"]) == before, "that somebody looked is no use of the dataset")
    rows = t.hufu("ledger", "tail", "--count", "3", as_="sun")["entries"]
    check(any(e["event"] == "audit-read" and net.flights in e["object"] for e in rows), "but it is on record")


def sensitive_story(net):
    """A sensitive dataset: given to one member, refused to another one, and then asked for where nothing allows it. The entry, the
    transactions about it, and the request that was denied."""
    t, i, m, o = (net.nodes[n] for n in ("transport", "insurer", "manager", "overseas"))
    for node, accounts in ((t, ["li"]), (i, ["chen", "zhou"]), (m, ["zheng"]), (o, ["tan", "lim"])):
        for account in accounts:
            node.enrol(account)
    entry = publish(net, "airports", title="敏感机场数据", extra=["--sensitive"])
    app = agreement(net, entry)
    refused = workflow.apply(o, "tan", entry, system="routes", reason="比较航线的准点情况", purpose="route-planning", days=60)
    workflow.confirm(o, "lim", refused)
    workflow.comply(m, "zheng", refused)
    workflow.wait_state(t, "li", refused, "RECEIVED")
    t.hufu("decide", refused, "F", "--reason", "敏感数据不出境", as_="li")
    workflow.wait_state(o, "tan", refused, "REJECTED")
    before = {x["transfer"] for x in i.hufu("transfers", "list", as_="chen")["transfers"]}
    grant = workflow.grant_of(i, "chen", app)
    for purpose in ("claims-assessment", "resale"):
        i.hufu("sensitive", "authorize", entry, "--system", "claims", "--purpose", purpose, "--until", workflow.in_days(30), "--reason", "理赔", as_="zhou")
    transfer = i.hufu("fetch", "--grant", grant, "--sealed", as_="chen")["transfer"]
    workflow.wait_transfer(t, "li", transfer, "COMPLETED")
    r = i.refused("fetch", "--grant", grant, "--purpose", "resale", "--sealed", as_="chen")
    check(r.reason == "wrong-purpose", r.text)
    denied, = {x["transfer"] for x in i.hufu("transfers", "list", as_="chen")["transfers"]} - before - {transfer}
    return entry, [workflow.application(t, "li", a)["transaction"] for a in (app, refused)] + [transfer], denied


def test_the_trace_of_a_sensitive_dataset_is_complete_over_all_its_hops(net):
    """DS-65: from the publication by both applications, the intake, the decisions and the transfer to the place where it lies; and
    an access that was refused, with its reason and the alarm that it raised"""
    t, i = net.nodes["transport"], net.nodes["insurer"]
    entry, transactions, refused = sensitive_story(net)

    def whole():
        out = uses(t, "sun", entry)
        held = {place(e): e for txn in transactions for e in entries_of(t, "sun", txn)}
        return (out, held) if {"transport", "insurer", "overseas", "manager"} <= {e["ledger"] for e in held.values()} and len(out["coverage"]) == 1 else None

    out, held = wait_until(whole, "all parties' ledgers to be held at the provider", 60, 0.3)
    check(refused in out["coverage"][0] and "own ledger has no entry" in out["coverage"][0],
          f"what was denied never became a transaction of the provider, which the trace says: {out['coverage']}")
    seen = out["entries"]
    check([e["time"] for e in seen] == sorted(e["time"] for e in seen), "in order of time")
    missing = [(p, e["event"]) for p, e in held.items() if p not in {place(s) for s in seen}]
    check(not missing, f"every entry of every transaction about it: {missing}")
    hops = {(e["ledger"], e["event"]) for e in seen}
    for hop in (("transport", "publish"), ("insurer", "application-draft"), ("insurer", "need-review"), ("manager", "compliance-review"),
                ("transport", "decision"), ("insurer", "agreement"), ("insurer", "transfer-request"), ("transport", "access-decision"),
                ("transport", "transfer-sent"), ("insurer", "transfer-received"), ("transport", "transfer-closed"), ("overseas", "application-draft")):
        check(hop in hops, f"{hop}: {sorted(hops)}")
    for e in seen:
        check(e["actor"] and e["time"] and e["outcome"] and e["proof"].startswith("witnessed"), f"who, when, how it ended, and its proof: {e}")
    denied = [e for e in seen if e["event"] == "access-decision" and e["fields"].get("reason") == "wrong-purpose"]
    check(len(denied) == 1 and denied[0]["ledger"] == "transport" and "insurer" in str(denied[0]), f"the access that was refused, and whose: {denied}")
    check(("insurer", "transfer-terminated") in hops, "as the one who asked recorded it, too")
    alarms = [e for e in t.hufu("ledger", "tail", "--count", "80", as_="sun")["entries"] if e["event"] == "alarm" and e["fields"].get("alarm") == "access-denied"]
    check(alarms, "and an alarm about it")
    lies = [e for e in uses(i, "wu", entry)["entries"] if e["event"] == "transfer-received"]
    check(len(lies) == 1 and "claims" in str(lies[0]["fields"]), f"and to which system it went: {lies}")

"""A grant that the provider gives of itself, between real nodes (SB-24)."""
import os

from common import *


def network(net):
    trio(net, 31)
    register(net, "flights", FLIGHTS)
    net.flights = publish(net, "flights")


def offer(net, **kw):
    t = net.nodes["transport"]
    args = {"to": "insurer", "system": "claims", "purpose": "claims-assessment", "reason": "年度理赔核验协议",
            "until": "2027-06-30"} | kw
    return t.hufu("grant", "offer", net.flights, *(w for k, v in args.items() for w in ("--" + k, v)), as_="wang")["grant"]


def test_a_pushed_grant_is_usable_at_once_by_the_named_consumer_and_only_by_it(net):
    """SB-24"""
    t, i, o = (net.nodes[n] for n in ("transport", "insurer", "overseas"))
    grant = offer(net)
    check(all(g["grant"] != grant for g in i.hufu("grants", as_="chen")["grants"]), "an offer alone reaches nobody")
    r = t.refused("grant", "decide", grant, "T", as_="wang")
    check(r.reason == "permission", f"the publisher cannot give what he offered: {r.text}")
    t.hufu("grant", "decide", grant, "T", as_="li")
    got = wait_until(lambda: [g for g in i.hufu("grants", as_="chen")["grants"] if g["grant"] == grant], "the grant to arrive")
    check(got[0]["state"] == "active" and got[0]["mechanism"] == "provider" and "application" not in got[0], f"{got}")
    wait_until(lambda: any(e["fields"].get("event") == "grant-given" for e in entries_of(i, "wu", got[0]["transaction"]) if e.get("fields")),
               "the consumer's own entry: from its commit on the grant counts")
    out = os.path.join(net.dir, "given.csv")
    i.hufu("fetch", net.flights, "--system", "claims", "--output", out, as_="chen")
    check(same_file(out, FLIGHTS), "the consumer has the data without an application")
    check(i.hufu("applications", as_="chen")["applications"] == [], "and filed none")
    kinds = [n["kind"] for n in i.hufu("notices", as_="chen")["notices"] if n.get("grant") == grant]
    check(kinds == ["granted"], f"its operators were told once: {kinds}")
    r = o.refused("fetch", net.flights, "--system", "routes", "--output", net.dir + "/o.csv", as_="tan")
    check(r.reason == "no-grant", f"nobody else got anything: {r.text}")
    net.grant = grant


def test_both_ledgers_tell_of_the_grant_and_its_revocation_ends_it_on_both_sides(net):
    t, i = net.nodes["transport"], net.nodes["insurer"]
    txn = next(g for g in t.hufu("grants", as_="li")["grants"] if g["grant"] == net.grant)["transaction"]
    events = {(e["ledger"], e["fields"].get("event")) for e in entries_of(t, "sun", txn) if e.get("fields")}
    check(("transport", "grant-offer") in events and ("transport", "grant-given") in events, f"{events}")
    wait_until(lambda: ("insurer", "grant-given") in {(e["ledger"], e["fields"].get("event")) for e in entries_of(i, "wu", txn) if e.get("fields")},
               "the consumer's own entry")
    t.hufu("revoke", net.grant, "--reason", "协议终止", as_="li")
    wait_until(lambda: next(g for g in i.hufu("grants", as_="chen")["grants"] if g["grant"] == net.grant)["state"] == "revoked", "the copy to end")
    r = i.refused("fetch", net.flights, "--system", "claims", "--output", net.dir + "/late.csv", as_="chen")
    check(r.reason == "grant-revoked", r.text)


def test_the_review_of_grants_names_what_ends_soon_and_what_nobody_uses(net):
    """DS-28: scheduled review disables expired and reports unused grants; that the clock disables is in tests/fault/test_clock_back.py"""
    t = net.nodes["transport"]
    soon = offer(net, until=workflow.in_days(20))
    t.hufu("grant", "decide", soon, "T", as_="li")
    check(t.refused("grants", "review", "--now", as_="wang").reason == "permission", "a publisher starts no review")
    found = t.hufu("grants", "review", "--now", as_="li")
    row = next(f for f in found["findings"] if f["grant"] == soon)
    check(row["finding"] == "ending" and "used" not in row and row["consumer"] == "insurer" and "reviewed" in found, f"{found}")
    check(all(f["grant"] != net.grant for f in found["findings"]), "a revoked grant needs no review")
    entry = next(e for e in t.hufu("ledger", "tail", "--count", "20", as_="sun")["entries"] if e["event"] == "grant-review")
    check("`hufu grants review` names them" in str(entry), f"the ledger has it: {entry}")


def test_an_offer_that_is_refused_reaches_nobody(net):
    t, i = net.nodes["transport"], net.nodes["insurer"]
    grant = offer(net)
    t.hufu("grant", "decide", grant, "F", "--reason", "法务未同意", as_="li")
    r = t.refused("grant", "decide", grant, "T", as_="li")
    check(r.reason == "state" and "ended already" in r.text, r.text)
    check(all(g["grant"] != grant for g in i.hufu("grants", as_="chen")["grants"]), "the consumer never hears of it")

"""The second authorization for the use of sensitive data, between real nodes."""
import os

from common import *


def network(net):
    trio(net, 43)
    for node, accounts in (("transport", ["li"]), ("insurer", ["chen", "zhou"]), ("manager", ["zheng"])):
        for account in accounts:
            net.nodes[node].enrol(account)
    register(net, "flights", FLIGHTS)
    net.entry = publish(net, "flights", title="敏感数据", extra=["--sensitive"])
    net.app = agreement(net, net.entry)


def fetch(net):
    return ["fetch", net.entry, "--system", "claims", "--sealed"]


def authorize(net):
    return ["sensitive", "authorize", net.entry, "--system", "claims", "--purpose", "claims-assessment", "--until", workflow.in_days(30)]


def test_the_grant_alone_is_not_enough_and_both_authorizations_are_in_both_audits(net):
    """DS-86"""
    t, i = net.nodes["transport"], net.nodes["insurer"]
    args = fetch(net)
    r = i.refused(*args, as_="chen")
    check(r.reason == "second-authorization" and "hufu sensitive authorize" in r.text, f"the grant alone: {r.text}")
    r = i.refused(*authorize(net), "--reason", "自批", as_="chen")
    check(r.reason == "permission", f"who fetches does not authorize: {r.text}")
    given = i.hufu(*authorize(net), "--reason", "一月份延误理赔", as_="zhou")["authorization"]
    transfer = i.hufu(*args, as_="chen")["transfer"]
    out = os.path.join(net.dir, "first.csv")
    i.hufu("data", "read", transfer, "--purpose", "claims-assessment", "--out", out, as_="chen")
    check(same_file(out, FLIGHTS), "delivered with both")
    grant = workflow.grant_of(i, "chen", net.app)
    seen = {e["ledger"] + " " + e["event"]: e["fields"] for e in entries_of(t, "sun", transfer)}
    decision = seen["transport access-decision"]
    check(decision["grant"] == grant and decision["second-authorization"] == f"insurer/zhou {given}", f"the provider's audit: {decision}")
    own = {e["event"]: e["fields"] for e in i.hufu("ledger", "tail", "--count", "100", as_="wu")["entries"]}
    check(own["use-authorization"]["object"] == given and own["use-authorization"]["actor"] == "insurer/zhou", f"the consumer's audit: {own}")
    check(own["transfer-request"]["second-authorization"] == f"insurer/zhou {given}" and "agreement" in own, f"the consumer's audit: {own}")
    listed = i.hufu("sensitive", "list", as_="zhou")["authorizations"]
    check([(a["authorization"], a["state"]) for a in listed] == [(given, "active")], f"{listed}")
    i.hufu("sensitive", "end", given, "--reason", "理赔已结", as_="zhou")
    r = i.refused(*fetch(net), as_="chen")
    check(r.reason == "second-authorization", f"after its end: {r.text}")

    def known():
        rows = t.hufu("ledger", "tail", "--count", "40", as_="sun")["entries"]
        return next((e["fields"] for e in rows if e["event"] == "use-authorization-over" and e["fields"]["object"] == given), None)

    over = wait_until(known, "the provider to know of the end")
    check(over["counterparty"] == "insurer" and over["detail"] == "理赔已结", f"{over}")

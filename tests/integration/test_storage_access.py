"""Policies of access to what a node keeps sealed: who, with which factors, for how long. Real nodes."""
import os
import time

from common import *

PURPOSE = ["--purpose", "claims-assessment"]


def network(net):
    trio(net, 55)
    for node, accounts in (("transport", ["li"]), ("insurer", ["chen", "zhou"]), ("manager", ["zheng"])):
        for account in accounts:
            net.nodes[node].enrol(account)
    register(net, "flights", FLIGHTS)
    net.flights = publish(net, "flights", title="敏感航班数据", extra=["--sensitive"])
    agreement(net, net.flights)
    authorize(net, workflow.in_days(30))
    net.held = net.nodes["insurer"].hufu("fetch", net.flights, "--system", "claims", "--sealed", as_="chen")["transfer"]


def authorize(net, until):
    return net.nodes["insurer"].hufu("sensitive", "authorize", net.flights, "--system", "claims", *PURPOSE, "--until", until, "--reason", "理赔", as_="zhou")["authorization"]


def end(net, authorization):
    net.nodes["insurer"].hufu("sensitive", "end", authorization, "--reason", "改期", as_="zhou")


def policies(net):
    return net.nodes["insurer"].hufu("sensitive", "list", as_="zhou")["authorizations"]


def denied(net, as_="chen"):
    return net.nodes["insurer"].refused("data", "read", net.held, *PURPOSE, "--out", os.path.join(net.dir, "denied.csv"), as_=as_)


def soon(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + seconds))


def test_an_access_policy_ends_by_the_clock_for_new_reads_and_for_the_one_under_way(net):
    """DS-116: the policy object says until when, and nobody has to end it"""
    i = net.nodes["insurer"]
    for p in policies(net):
        end(net, p["authorization"])
    check(denied(net).reason == "second-authorization", "without a policy nothing is read")
    short = authorize(net, soon(6))
    shown = next(p for p in policies(net) if p["authorization"] == short)
    check(shown["until"] and shown["purpose"] == "claims-assessment" and shown["system"] == "claims", f"the policy is an object that can be looked at: {shown}")
    read = i.api("POST", "/v1/data/read", {"transfer": net.held, "purpose": "claims-assessment"}, as_="chen")[1]["read"]
    wait_until(lambda: refused_read(net).reason == "second-authorization", "the policy to end", 20, 0.2)
    r = piece(net, read)
    check(r and r.reason == "second-authorization", f"the read under way is stopped: {r and r.text}")
    for event in ("denied", "data-read-end"):
        wait_until(lambda: [e for e in i.hufu("ledger", "tail", "--count", "60", as_="wu")["entries"]
                            if e["event"] == event and e["fields"].get("reason") == "second-authorization"], f"{event} to be recorded")


def refused_read(net):
    """The refusal of a read, or the read that was still permitted."""
    try:
        net.nodes["insurer"].api("POST", "/v1/data/read", {"transfer": net.held, "purpose": "claims-assessment"}, as_="chen")
    except hufunet.Refused as r:
        return r
    return hufunet.Refused([], 0, "permitted", "permitted")


def piece(net, read):
    try:
        net.nodes["insurer"].api("POST", "/v1/data/next", {"read": read}, as_="chen")
    except hufunet.Refused as r:
        return r
    return None


def test_one_factor_does_not_open_what_is_sensitive(net):
    """DS-116: identification and authentication"""
    i = net.nodes["insurer"]
    authorize(net, workflow.in_days(30))
    i.add_user("he", "何 I-55", ["operator"])
    r = denied(net, as_="he")
    check(r.reason == "second-factor", r.text)
    i.enrol("he")
    out = os.path.join(net.dir, "he.csv")
    i.hufu("data", "read", net.held, *PURPOSE, "--out", out, as_="he")
    check(same_file(out, FLIGHTS), "with two it does")

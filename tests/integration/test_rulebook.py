"""Attribute rules, holds and the policies of a node, between real nodes."""
import os

from common import *

POLICY = """policy:
  name: transport
  version: {version}
  attributes: standard
hierarchies:
  organizations:
    space: []
    insurer: space
  regions:
    CN: []
  topics: {{}}
rules:{rules}
"""
RULE = """
  - id: claims
    mechanism: attribute
    from: 2026-01-01
    until: 2030-01-01
    when:
      resource.id: "{entry}"
      subject.organization: {{under: [space]}}
      system.name: claims
      system.business: 理赔核算
      context.purpose: claims-assessment
"""


def network(net):
    trio(net, 32)
    register(net, "flights", FLIGHTS)
    net.flights = publish(net, "flights")
    net.big = os.path.join(net.dir, "tolls.csv")
    workflow.tolls(net, net.big, 512 << 20, 7)
    register(net, "tolls", net.big)
    net.tolls = publish(net, "tolls", title="通行记录", data_class="transport/toll", level=2)
    net.version = 0


def apply(net, rules, as_="li"):
    net.version += 1
    path = os.path.join(net.dir, "policy.yaml")
    with open(path, "w", encoding="utf-8") as f:
        f.write(POLICY.format(version=net.version, rules=rules or " []"))
    return net.nodes["transport"].hufu("policy", "apply", path, "--reason", "理赔场景", as_=as_)


def fetch(net, entry, name, *more):
    out = os.path.join(net.dir, name)
    return out, ["fetch", entry, "--system", "claims", "--output", out, *more]


def test_a_covered_system_needs_no_application_and_one_that_is_not_covered_is_told_to_apply(net):
    """AZ-42, AZ-61, AZ-62, AZ-66"""
    i, o = net.nodes["insurer"], net.nodes["overseas"]
    out, args = fetch(net, net.flights, "early.csv", "--purpose", "claims-assessment")
    r = i.refused(*args, as_="chen")
    check(r.reason == "no-grant" and "hufu apply" in r.text, f"no rule yet: {r.text}")
    out, args = fetch(net, net.flights, "early.csv", "--mechanism", "luck")
    r = i.refused(*args, as_="chen")
    check("there is no mechanism 'luck'" in r.text, f"the slip is named, not what it hides: {r.text}")
    r = i.refused("fetch", net.flights, "--system", "nothing", "--purpose", "claims-assessment", "--output", net.dir + "/n.csv", as_="chen")
    check("'nothing' is registered" in r.text and "hufu system add" in r.text, f"the system is named: {r.text}")
    apply(net, RULE.format(entry=net.flights))
    out, args = fetch(net, net.flights, "ruled.csv", "--purpose", "claims-assessment")
    got = i.hufu(*args, as_="chen")
    check(same_file(out, FLIGHTS), "delivered by the rule")
    check(i.hufu("applications", as_="chen")["applications"] == [], "without an application")
    net.done = got["transfer"]
    r = o.refused("fetch", net.flights, "--system", "routes", "--purpose", "claims-assessment", "--output", net.dir + "/o.csv", as_="tan")
    check(r.reason == "no-grant" and "hufu apply" in r.text, f"the way out is an application: {r.text}")
    out, args = fetch(net, net.flights, "other.csv", "--purpose", "route-planning")
    check(i.refused(*args, as_="chen").reason == "no-grant", "another purpose is not covered")
    out, args = fetch(net, net.flights, "luck.csv", "--purpose", "claims-assessment", "--mechanism", "luck")
    r = i.refused(*args, as_="chen")
    check(r.reason == "mechanism", f"the choice is validated: {r.text}")


def test_the_decision_entry_names_mechanism_rule_and_snapshot(net):
    """AZ-24, AZ-32"""
    t = net.nodes["transport"]
    entry = next(e for e in entries_of(t, "sun", net.done) if e.get("fields", {}).get("event") == "access-decision")
    f = entry["fields"]
    check(f["mechanism"] == "attribute" and f["rule"] == "claims" and f["snapshot"] and "grant" not in f, f"{f}")


def test_policies_are_signed_versioned_and_readable_and_a_faulty_one_changes_nothing(net):
    """AZ-47"""
    t = net.nodes["transport"]
    r = t.refused("policy", "apply", os.path.join(net.dir, "policy.yaml"), as_="li")
    check(r.reason == "conflict" and "raise its version" in r.text, r.text)
    r = t.refused("policy", "apply", os.path.join(net.dir, "policy.yaml"), as_="wang")
    check(r.reason == "permission", r.text)
    try:
        apply(net, RULE.format(entry=net.flights) + "      moon.phase: full\n")
        check(False, "an unknown attribute was taken")
    except hufunet.Refused as why:
        check("moon.phase" in str(why), f"{why}")
    empty = os.path.join(net.dir, "empty.yaml")
    open(empty, "w", encoding="utf-8").close()
    for path, text in ((empty, "is empty; write a policy"), (net.dir, "must be a file")):
        r = t.refused("policy", "apply", path, as_="li")
        check(r.status == 1 and path in r.text and text in r.text, f"a file here, no node that may answer later: {r}")
    r = t.refused("policy", "show", "99", as_="li")
    check("no policy 99 " in r.text, r.text)
    apply(net, "")
    apply(net, RULE.format(entry=net.flights))
    rows = t.hufu("policy", "history", as_="li")["policies"]
    check([p["sequence"] for p in rows] == [3, 2, 1] and all(p["by"] == "transport/li" for p in rows), f"{rows}")
    check(t.hufu("policy", "show", "2", as_="li")["policy"].endswith("rules: []\n"), "old versions stay readable")
    d = t.hufu("policy", "diff", "2", "3", as_="li")
    check(any("id: claims" in line for line in d["added"]), f"{d}")


def test_a_hold_stops_a_delivery_under_way_and_lifting_it_lets_the_next_one_through(net):
    """DS-22"""
    t, i = net.nodes["transport"], net.nodes["insurer"]
    apply(net, RULE.format(entry=net.tolls))
    out, args = fetch(net, net.tolls, "held.csv", "--purpose", "claims-assessment", "--detach")
    id = i.hufu(*args, as_="chen")["transfer"]
    wait_until(lambda: workflow.transfer(i, "chen", id)["bytes_done"] > 0, "the first chunk", 30, 0.01)
    hold = t.hufu("hold", "place", "organization", "insurer", "--reason", "调查误用", as_="li")["hold"]
    got = workflow.wait_transfer(i, "chen", id, "TERMINATED")
    check(got["reason"] == "held" and "调查误用" in got["text"], f"{got}")
    check(not os.path.exists(out), "no file came to be")
    out, args = fetch(net, net.flights, "held2.csv", "--purpose", "claims-assessment")
    check(i.refused(*args, as_="chen").reason in ("held", "no-grant"), "nothing new begins")
    t.hufu("hold", "lift", hold, "--reason", "已查清", as_="li")
    out, args = fetch(net, net.tolls, "free.csv", "--purpose", "claims-assessment")
    i.hufu(*args, as_="chen")
    check(same_file(out, net.big), "delivered after the hold was lifted")


def test_a_rule_that_goes_stops_the_delivery_that_it_permitted(net):
    """AZ-51, AZ-72"""
    i = net.nodes["insurer"]
    out, args = fetch(net, net.tolls, "gone.csv", "--purpose", "claims-assessment", "--detach")
    id = i.hufu(*args, as_="chen")["transfer"]
    wait_until(lambda: workflow.transfer(i, "chen", id)["bytes_done"] > 0, "the first chunk", 30, 0.01)
    apply(net, "")
    got = workflow.wait_transfer(i, "chen", id, "TERMINATED")
    check(got["reason"] == "no-grant", f"{got}")


def test_a_resource_that_allows_rules_alone_refuses_an_application_grant(net):
    """AZ-75"""
    t, i = net.nodes["transport"], net.nodes["insurer"]
    agreement(net, net.flights)
    t.hufu("policy", "mechanisms", net.flights, "attribute,emergency", as_="li")
    out, args = fetch(net, net.flights, "applied.csv")
    r = i.refused(*args, as_="chen")
    check(r.reason == "mechanism" and "application" in r.text, r.text)
    t.hufu("policy", "mechanisms", net.flights, "application", as_="li")
    i.hufu(*args, as_="chen")
    check(same_file(out, FLIGHTS), "allowed again")

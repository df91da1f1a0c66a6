"""The fields that a purpose needs and the conditions of conditionally shared data, across three real nodes."""
import csv
import os

from common import *

NEEDED = ["departure", "delay_minutes", "distance_miles"]


def network(net):
    trio(net, 41)
    register(net, "flights", FLIGHTS)
    net.minimal = publish(net, "flights", title="最小够用", extra=["--purpose-fields", "claims-assessment=" + ",".join(NEEDED[:2]),
                                                              "--purpose-fields", "route-planning=" + ",".join(NEEDED)])
    net.conditional = publish(net, "flights", title="有条件共享", extra=["--undertaking", "stays-inside=数据不离开申请系统",
                                                                   "--require-attribute", "assessment=security-assessment=passed"])
    wait_until(lambda: sees(net.nodes["insurer"], "chen", net.conditional), "the entries")


def header(path):
    with open(path, encoding="utf-8") as f:
        return next(csv.reader(f))


def apply_for(net, entry, *more):
    return ["apply", entry, "--system", "claims", "--reason", "核对航班延误理赔事宜", "--purpose", "claims-assessment", "--until", workflow.in_days(30), *more]


def finish(net, app):
    workflow.confirm(net.nodes["insurer"], "zhou", app)
    workflow.comply(net.nodes["manager"], "zheng", app)
    workflow.wait_state(net.nodes["transport"], "li", app, "RECEIVED")
    net.nodes["transport"].hufu("decide", app, "T", as_="li")
    workflow.wait_state(net.nodes["insurer"], "chen", app, "FINALIZED")


def test_all_fields_are_cut_to_the_published_need_and_more_is_refused(net):
    """DS-26"""
    i = net.nodes["insurer"]
    shown = i.hufu("catalog", "show", net.minimal, as_="chen")
    check({"purpose": "claims-assessment", "fields": NEEDED[:2]} in shown["criteria"]["purpose_fields"], f"the map is published: {shown}")
    r = i.refused(*apply_for(net, net.minimal, "--fields", ",".join(NEEDED)), as_="chen")
    check("'distance_miles'" in r.text and "does not need" in r.text, f"the field is named: {r.text}")
    app = i.hufu(*apply_for(net, net.minimal), as_="chen")["application"]
    check(workflow.application(i, "chen", app)["revisions"][0]["fields"] == NEEDED[:2], "an application for all is one for what is needed")
    finish(net, app)
    out = os.path.join(net.dir, "minimal.csv")
    i.hufu("fetch", net.minimal, "--system", "claims", "--output", out, as_="chen")
    check(header(out) == NEEDED[:2], f"delivered: {header(out)}")


def test_an_entry_that_contradicts_itself_is_not_published(net):
    """DS-26, DS-27"""
    t = net.nodes["transport"]
    base = ["catalog", "publish", "--entry", net.minimal, "--purpose", "修订"]
    for more, word in ((["--accept-purpose", "claims-assessment", "--purpose-fields", "claims-assessment=weather"], "weather"),
                       (["--accept-purpose", "claims-assessment", "--accept-purpose", "statistics", "--purpose-fields", "claims-assessment=departure"], "statistics"),
                       (["--accept-purpose", "statistics", "--purpose-fields", "claims-assessment=departure"], "not accepted"),
                       (["--undertaking", "inside=甲", "--undertaking", "inside=乙"], "twice"),
                       (["--sharing", "unconditional", "--undertaking", "inside=甲"], "--sharing conditional")):
        r = t.refused(*base, *more, as_="wang")
        check(word in r.text, f"{more}: {r.text}")


def test_a_request_that_misses_one_condition_is_denied_with_that_condition_named(net):
    """DS-27: the undertaking at the draft, the attribute in the review, and both at every later use."""
    i, m = net.nodes["insurer"], net.nodes["manager"]
    r = i.refused(*apply_for(net, net.conditional), as_="chen")
    check(r.reason == "condition" and "'stays-inside'" in r.text, f"the undertaking: {r.text}")
    app = i.hufu(*apply_for(net, net.conditional, "--accept", "stays-inside"), as_="chen")["application"]
    workflow.confirm(i, "zhou", app)
    workflow.wait_state(m, "zheng", app, "RECEIVED")
    r = m.refused("review", app, "--compliance", "pass", as_="zheng")
    check(r.reason == "criterion" and "condition:assessment" in r.text, f"the attribute: {r.text}")
    vouch(net, {"security-assessment": "passed"}, lambda: not refuses(m, app))
    workflow.wait_state(net.nodes["transport"], "li", app, "RECEIVED")
    net.nodes["transport"].hufu("decide", app, "T", as_="li")
    workflow.wait_state(i, "chen", app, "FINALIZED")
    out = os.path.join(net.dir, "conditional.csv")
    i.hufu("fetch", net.conditional, "--system", "claims", "--output", out, as_="chen")
    check(same_file(out, FLIGHTS), "delivered when both conditions hold")
    vouch(net, {"security-assessment": "lapsed"}, lambda: denied(net) is not None)
    check("'assessment'" in denied(net).text, f"the next use is denied by the condition: {denied(net).text}")


def refuses(m, app):
    try:
        m.hufu("review", app, "--compliance", "pass", as_="zheng")
    except hufunet.Refused as r:
        check(r.reason == "criterion", r.text)
        return True
    return False


def denied(net):
    out = os.path.join(net.dir, "again.csv")
    try:
        net.nodes["insurer"].hufu("fetch", net.conditional, "--system", "claims", "--output", out, as_="chen")
    except hufunet.Refused as r:
        return r
    os.unlink(out)
    return None


def vouch(net, attributes, there):
    """The space authority states the insurer's attributes anew; waits for the effect."""
    net.nodes["insurer"].attributes = attributes
    net.authority.add(net.nodes["insurer"])
    net.authority.issue(["insurer", "manager", "overseas", "transport"], 3)
    for node in ("transport", "manager", "insurer"):
        net.nodes[node].hufu("space", "update", net.authority.descriptors, as_="admin")
    wait_until(there, "the new descriptor to count", 20)

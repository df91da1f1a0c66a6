"""A scenario between real nodes: the business authority confirms, the provider opens, the member fetches without an application."""
import concurrent.futures
import os

from common import *

PEOPLE = {
    "transport": {"wang": ("王建国 T-1", ["publisher", "data-authority"]), "li": ("李敏 T-2", ["approver"]), "sun": ("孙丽 T-4", ["auditor"])},
    "licences": {"chen": ("陈晨 I-1", ["operator"]), "wu": ("吴磊 I-3", ["auditor"])},
    "bureau": {"bai": ("白杨 B-1", ["business-officer"]), "zheng": ("郑华 M-1", ["intake"])},
    "overseas": {"tan": ("Tan Wei Ming S-1", ["operator"])},
}
PURPOSE = "one-stop-licence"


def network(net):
    net.node("transport", "交通运输厅", f"{net.prefix}.71.1", organization="cn.gov.transport", roles=["provider"])
    net.node("licences", "政务服务中心", f"{net.prefix}.71.2", organization="cn.gov.licences", roles=["consumer"], departments=["hall", "archive"])
    net.node("bureau", "数据局", f"{net.prefix}.71.3", organization="cn.gov.bureau", roles=["exchange-service", "business-authority"])
    net.node("overseas", "Straits Aviation Data", f"{net.prefix}.71.4", organization="sg.com.straits", jurisdiction="SG", roles=["consumer"])
    net.found(["transport", "licences", "bureau", "overseas"], 3)
    net.start()
    with concurrent.futures.ThreadPoolExecutor() as pool:
        list(pool.map(lambda n: net.nodes[n].staff(PEOPLE[n]), PEOPLE))
    net.nodes["licences"].hufu("system", "add", "desk", "--address", f"{net.prefix}.71.2", "--business", "办证", as_="admin")
    net.nodes["licences"].hufu("system", "add", "other", "--address", f"{net.prefix}.71.2", "--business", "档案", as_="admin")
    workflow.source(net.nodes["transport"], "wang", "flights", FLIGHTS)
    net.entry = workflow.publish(net.nodes["transport"], "wang", "flights", title="航班", description="到达", topic="aviation",
                                 data_class="transport/flight", level=1, sharing="conditional", condition="仅用于申请中写明的用途",
                                 scope=["everyone"], intake="bureau")
    wait_until(lambda: sees(net.nodes["licences"], "chen", net.entry), "the entry at the licences")


def fetch(net, name, system="desk", purpose=PURPOSE):
    out = os.path.join(net.dir, name)
    return out, ["fetch", net.entry, "--system", system, "--purpose", purpose, "--output", out]


def scenario(node, account, id):
    status, answer = node.api("GET", "/v1/scenarios/show?scenario=" + id, None, as_=account, check_status=False)
    return answer if status == 200 else None


def wait_version(node, account, id, version):
    wait_until(lambda: (scenario(node, account, id) or {}).get("version", 0) >= version, f"version {version} of the scenario")


def test_a_confirmed_system_needs_no_application_and_others_have_nothing(net):
    """AZ-40, AZ-41, AZ-42, AZ-61"""
    t, c, b = net.nodes["transport"], net.nodes["licences"], net.nodes["bureau"]
    id = net.scenario = b.hufu("scenario", "create", "--name", "一站式办证", "--purpose", PURPOSE, "--until", workflow.in_days(300), "--provider",
                               "transport", as_="bai")["scenario"]
    wait_version(t, "li", id, 1)
    net.opening = t.hufu("scenario", "open", id, net.entry, "--until", workflow.in_days(200), as_="li")["opening"]
    out, args = fetch(net, "early.csv")
    check(c.refused(*args, as_="chen").reason == "no-grant", "not confirmed yet")
    r = b.refused("scenario", "confirm", id, "overseas", "--system", "routes", as_="bai")
    check(r.reason == "standing" and "outside the jurisdiction" in r.text, r.text)
    b.hufu("scenario", "confirm", id, "licences", "--system", "desk", "--address", f"{net.prefix}.71.2", as_="bai")
    wait_version(t, "li", id, 2)
    got = c.hufu(*args, as_="chen")
    check(same_file(out, FLIGHTS), "delivered")
    check(c.hufu("applications", as_="chen")["applications"] == [] and t.hufu("applications", as_="li")["applications"] == [], "no application anywhere")
    net.done = got["transfer"]
    out, args = fetch(net, "other.csv", system="other")
    check(c.refused(*args, as_="chen").reason == "no-grant", "another system is no member")
    out, args = fetch(net, "purpose.csv", purpose="statistics")
    check(c.refused(*args, as_="chen").reason == "no-grant", "another purpose is not covered")
    wait_until(lambda: any(o["state"] == "OPEN" for o in (scenario(c, "chen", id) or {}).get("openings", [])), "the opening at the member")
    r = c.refused("apply", net.entry, "--system", "desk", "--reason", "办理证件需要核对", "--purpose", PURPOSE, "--until", workflow.in_days(30), as_="chen")
    check(r.reason == "exists" and "no application is needed" in r.text, r.text)


def test_the_decision_entry_names_the_rule_of_the_scenario(net):
    """AZ-24"""
    entry = next(e for e in entries_of(net.nodes["transport"], "sun", net.done) if e.get("fields", {}).get("event") == "access-decision")
    check(entry["fields"]["mechanism"] == "attribute" and entry["fields"]["rule"].startswith("scenario:" + net.opening), f"{entry}")


def listed(net, prefixes):
    """The descriptor says where the node of the licences asks from."""
    c, t = net.nodes["licences"], net.nodes["transport"]
    c.attributes = {"source-addresses": prefixes} if prefixes else {}
    net.authority.add(c)
    net.authority.issue(["transport", "licences", "bureau"], 2)
    number = t.hufu("space", "update", net.authority.descriptors, as_="admin")["descriptor"]
    for n in net.nodes.values():
        wait_until(lambda n=n: n.hufu("status", as_="admin")["space"]["descriptor"] >= number, f"descriptor {number} at {n.id}", 60)


def test_a_request_from_an_address_that_is_not_listed_is_denied_with_valid_credentials(net):
    """AZ-45: the address that the channel sees, whatever address of its system the request names"""
    c = net.nodes["licences"]
    listed(net, "10.9.9.0/24,2001:db8::/32")
    out, args = fetch(net, "elsewhere.csv")
    r = c.refused(*args, as_="chen")
    check(r.reason == "standing" and "source-addresses" in r.text and not os.path.exists(out), f"{r.reason}: {r.text}")
    listed(net, "10.9.9.0/24,127.0.0.0/8")
    c.hufu(*args, as_="chen")
    check(same_file(out, FLIGHTS), "and delivered to where the node is listed")


def test_who_left_the_scenario_is_denied_at_the_next_request_and_a_restart_changes_nothing(net):
    """AZ-51"""
    t, c, b = net.nodes["transport"], net.nodes["licences"], net.nodes["bureau"]
    b.hufu("scenario", "remove", net.scenario, "licences", "--system", "desk", "--reason", "系统下线", as_="bai")
    wait_version(t, "li", net.scenario, 3)
    out, args = fetch(net, "left.csv")
    check(c.refused(*args, as_="chen").reason == "no-grant", "left")
    b.hufu("scenario", "confirm", net.scenario, "licences", "--system", "desk", as_="bai")
    wait_version(t, "li", net.scenario, 4)
    t.stop()
    t.start()
    t.login("li")
    out, args = fetch(net, "again.csv")
    c.hufu(*args, as_="chen")
    check(same_file(out, FLIGHTS), "delivered after a restart")
    r = c.refused("scenario", "close", net.opening, "--reason", "x", as_="chen")
    check(r.reason == "permission", r.text)
    t.hufu("scenario", "close", net.opening, "--reason", "协议到期", as_="li")
    out, args = fetch(net, "closed.csv")
    check(c.refused(*args, as_="chen").reason == "no-grant", "closed")

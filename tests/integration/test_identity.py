"""Whom one node knows, another believes by that node's word; and who came later has rights by what he is."""
import os

from common import *


def network(net):
    trio(net, 16)
    register(net, "flights", FLIGHTS)
    register(net, "airports", AIRPORTS)
    net.flights = publish(net, "flights")
    net.app = agreement(net, net.flights)


def test_a_user_known_only_to_node_a_acts_at_node_b_by_its_signed_assertion(net):
    """AZ-2: a user known only to node A is authenticated at node B by A's signed assertion"""
    t, i = net.nodes["transport"], net.nodes["insurer"]
    check("chen" not in [u["account"] for u in t.hufu("user", "list", as_="admin")["accounts"]], "the provider has no such account")
    here = workflow.application(t, "li", net.app)
    there = workflow.application(i, "chen", net.app)
    check(here["applicant"] == there["applicant"] and here["applicant"].split("/")[-1] == "chen", f"who applied: {here['applicant']}")
    check([r["applicant"] for r in here["revisions"]] == ["insurer/chen"] and [r["data_authority"] for r in here["revisions"]] == ["insurer/zhou"],
          f"as the insurer's certificates say: {here['revisions']}")
    got = i.hufu("fetch", net.flights, "--system", "claims", "--output", os.path.join(net.dir, "a.csv"), as_="chen")
    workflow.wait_transfer(t, "li", got["transfer"], "COMPLETED")
    rows = wait_until(lambda: [r for r in entries_of(t, "sun", got["transfer"]) if r["ledger"] == "transport" and r["event"] == "access-decision"],
                      "the provider's decision")
    how = rows[0]["fields"]["consumer-authentication"]
    check(rows[0]["outcome"] == "ok" and "node key" in how and "1 personal factor" in how, f"by the node's key and what it says of the person: {how}")


def test_a_person_whom_no_member_vouches_for_gets_nothing(net):
    """AZ-2: the node that vouched is no member any more, and its people's word ends with it (an issuer that never was one: unit
    tests of the evidence)"""
    t, o, m = net.nodes["transport"], net.nodes["overseas"], net.nodes["manager"]
    app = workflow.apply(o, "tan", net.flights, system="routes", reason="比较航线的准点情况", purpose="route-planning", days=60)
    net.authority.revoke("overseas", "退出")
    net.authority.issue(["insurer", "manager", "transport"], 2)
    for n in (t, m, net.nodes["insurer"]):
        n.hufu("space", "update", net.authority.descriptors, as_="admin")
    workflow.confirm(o, "lim", app)  # the node itself goes on as if nothing had happened
    wait_until(lambda: any(e["event"] == "peer-refused" and e["fields"].get("reason") == "member-revoked"
                           for e in m.hufu("ledger", "tail", "--count", "60", as_="feng")["entries"]), "the intake node to refuse it", 60, 0.2)
    check(workflow.application(m, "zheng", app) is None, "the application is not even taken in")
    r = o.refused("fetch", net.flights, "--system", "routes", "--output", net.dir + "/x.csv", as_="tan")
    check(not os.path.exists(net.dir + "/x.csv"), f"and no data flows: {r.reason}")


def newcomer(net):
    n = net.node("rescue", "应急救援队", f"{net.prefix}.16.9", organization="cn.gov.rescue", roles=["consumer"], departments=["field"])
    n.init()
    net.authority.add(n)
    net.authority.issue(["insurer", "manager", "transport"], 2)
    n.join()
    for id in ("transport", "insurer", "manager"):
        net.nodes[id].hufu("space", "update", net.authority.descriptors, as_="admin")
    n.start()
    n.staff({"gao": ("高飞 R-1", ["operator"], "field"), "ma": ("马岚 R-2", ["data-authority"], "field")})
    n.hufu("system", "add", "dispatch", "--department", "field", "--address", n.ip, "--business", "救援调度", as_="admin")
    return n


def test_a_department_that_came_later_gets_access_by_its_attributes_without_an_edit_of_the_rule(net):
    """AZ-3: a department added after the rule was written gets access by its attributes without a rule edit"""
    t = net.nodes["transport"]
    t.add_user("qian", "钱峰 T-9", ["intake"])
    rule = dict(title="机场目录", data_class="transport/airport", intake="transport", purposes=["rescue-planning"], jurisdictions=["CN"])
    entry = publish(net, "airports", ["organization:cn.gov"], extra=["--intake-settles"], **rule)
    before = t.hufu("catalog", "show", entry, as_="wang")
    late = newcomer(net)
    wait_until(lambda: sees(late, "gao", entry), "the department to find the entry", 60)
    app = workflow.apply(late, "gao", entry, system="dispatch", reason="规划救援队的集结机场", purpose="rescue-planning", days=30)
    workflow.confirm(late, "ma", app)
    workflow.comply(t, "qian", app)
    workflow.wait_state(late, "gao", app, "FINALIZED")
    out = os.path.join(net.dir, "rescue.csv")
    late.hufu("fetch", entry, "--system", "dispatch", "--output", out, as_="gao")
    check(same_file(out, AIRPORTS), "the data arrived")
    after = t.hufu("catalog", "show", entry, as_="wang")
    check(after["version"] == before["version"] and after["digest"] == before["digest"], "nobody touched the rule")
    i = net.nodes["insurer"]
    check(not sees(i, "chen", entry), "whose attributes do not fit does not find it")
    r = i.refused("apply", entry, "--system", "claims", "--reason", "核对航班延误理赔事宜", "--purpose", "rescue-planning", "--until",
                  workflow.in_days(30), as_="chen")
    check(r.reason == "unknown", f"nor can it apply: {r.text}")
    other = workflow.apply(late, "gao", entry, system="dispatch", reason="另一个没有被接受的用途", purpose="advertising", days=30)
    workflow.confirm(late, "ma", other)
    workflow.wait_state(t, "qian", other, "RECEIVED")
    check(t.refused("review", other, "--compliance", "pass", as_="qian").reason == "criterion", "and the same rule binds the newcomer, too")

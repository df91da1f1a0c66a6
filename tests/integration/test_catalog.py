"""Publication to chosen peers, on real nodes."""
import csv
import os

from common import *


def network(net):
    trio(net, 10)
    register(net, "flights", FLIGHTS)
    register(net, "airports", AIRPORTS)
    net.open = publish(net, "flights")
    net.closed = publish(net, "airports", ["insurer", "manager"], title="机场名录", data_class="transport/airport")


def test_an_entry_for_everybody_reaches_every_connected_node_without_a_central_store(net):
    """SB-22"""
    for id, account in (("insurer", "chen"), ("manager", "zheng"), ("overseas", "tan")):
        wait_until(lambda i=id, a=account: sees(net.nodes[i], a, net.open), f"{id} to see the entry")


def test_an_entry_says_what_columns_the_registered_table_has(net):
    """SB-16"""
    t, i = net.nodes["transport"], net.nodes["insurer"]
    for source, path, entry in (("flights", FLIGHTS, net.open), ("airports", AIRPORTS, net.closed)):
        with open(path, encoding="utf-8") as f:
            header, *rows = csv.reader(f)
        shown, scanned = i.hufu("catalog", "show", entry, as_="chen"), t.hufu("source", "show", source, as_="wang")
        check([f["name"] for f in shown["fields"]] == header and (shown["rows"], shown["bytes"]) == (len(rows), os.path.getsize(path)), f"{shown}")
        check([f["type"] for f in shown["fields"]] == [f["type"] for f in scanned["fields"]] and shown["class"] and shown["level"], f"{shown}")
        for n, f in enumerate(shown["fields"]):  # about how many different values, where that tells nothing of a person
            values = len({r[n] for r in rows if r[n]})
            told = f.get("distinct", 0)
            check(told == 0 if f["sensitive"] or f["personal"] else abs(told - values) <= 0.05 * values, f"{f['name']}: {told}, there are {values}")


def test_an_entry_reaches_the_two_nodes_in_its_scope_and_not_the_third(net):
    """SB-22, SB-21"""
    for id, account in (("insurer", "chen"), ("manager", "zheng")):
        wait_until(lambda i=id, a=account: sees(net.nodes[i], a, net.closed), f"{id} to see the entry")
    check(not sees(net.nodes["overseas"], "tan", net.closed), "a node outside the scope does not see it")


def test_guessing_an_id_gives_the_same_answer_as_an_id_that_does_not_exist(net):
    """SB-23"""
    o = net.nodes["overseas"]
    answers = []
    for id in (net.closed, UNKNOWN_ID):
        status, data = o.api("GET", f"/v1/catalog/show?entry={id}", None, as_="tan", check_status=False)
        answers.append((status, str(data).replace(id, "ID")))
    check(answers[0] == answers[1], f"the answers differ: {answers}")
    r = [o.refused("apply", id, "--system", "routes", "--reason", "a reason that is long enough", "--purpose", "route-planning",
                   "--until", workflow.in_days(30), as_="tan") for id in (net.closed, UNKNOWN_ID)]
    check((r[0].reason, r[0].text.replace(net.closed, "ID")) == (r[1].reason, r[1].text.replace(UNKNOWN_ID, "ID")), "an application tells nothing")


def test_a_change_of_scope_changes_what_the_next_query_returns(net):
    """SB-21, SB-27 (publication)"""
    t, o = net.nodes["transport"], net.nodes["overseas"]
    t.mandate("li", "publish", ["扩大共享", "收回共享"], "--entry", net.closed)
    t.hufu("catalog", "scope", net.closed, "everyone", "--purpose", "扩大共享", as_="wang")
    wait_until(lambda: sees(o, "tan", net.closed), "the entry to reach the node that is now in scope")
    t.hufu("catalog", "scope", net.closed, "nodes:insurer,manager", "--purpose", "收回共享", as_="wang")
    wait_until(lambda: not sees(o, "tan", net.closed), "the entry to leave the node that is out of scope again")
    check(sees(net.nodes["insurer"], "chen", net.closed), "it stays where it is in scope")


def test_search_finds_chinese_text_and_attributes(net):
    i = net.nodes["insurer"]
    check([e["entry"] for e in workflow.search(i, "chen", "机场")] == [net.closed], "text")
    check({e["entry"] for e in i.hufu("catalog", "search", "--topic", "aviation", as_="chen")["entries"]} == {net.open, net.closed}, "topic")
    check(workflow.search(i, "chen", "没有这样的数据") == [], "nothing is found where nothing is")


def test_a_resource_without_class_or_level_cannot_be_published(net):
    """DS-1, AZ-74"""
    r = net.nodes["transport"].refused("catalog", "publish", "--source", "flights", "--title", "无级别", "--topic", "x", "--sharing", "unconditional",
                                       "--scope", "everyone", "--purpose", "x", as_="wang")
    check("class" in r.text or "level" in r.text, f"the missing item is named: {r.text}")


def test_conditional_sharing_needs_its_condition_and_personal_data_its_legal_basis(net):
    """DS-2, SB-5"""
    t = net.nodes["transport"]
    base = ["catalog", "publish", "--source", "flights", "--title", "x y z", "--topic", "x", "--class", "transport/flight", "--level", "1",
            "--scope", "everyone", "--purpose", "x", "--intake", "manager"]
    r = t.refused(*base, "--sharing", "conditional", as_="wang")
    check("condition" in r.text, r.text)
    r = t.refused(*base, "--sharing", "unconditional", "--personal", as_="wang")
    check("legal basis" in r.text, r.text)


def test_only_a_publisher_publishes_and_the_attempt_raises_an_alarm(net):
    """DS-4, DS-21"""
    t = net.nodes["transport"]
    r = t.refused("catalog", "withdraw", net.open, "--reason", "x", as_="li")
    check(r.reason == "permission", r.text)
    wait_until(lambda: any("li" in a["text"] for a in t.hufu("alarms", as_="admin")["alarms"]), "the alarm")


def test_a_node_that_was_away_catches_up_and_a_withdrawn_entry_is_gone(net):
    t, i = net.nodes["transport"], net.nodes["insurer"]
    i.stop()
    extra = publish(net, "flights", title="离线期间发布的条目")
    i.start()
    i.login("chen")
    wait_until(lambda: sees(i, "chen", extra), "the entry that was published meanwhile")
    i.stop()
    t.hufu("catalog", "withdraw", extra, "--reason", "已被替代", as_="wang")
    i.start()
    for account in ("chen", "zhou", "wu", "admin"):
        i.login(account)
    wait_until(lambda: not sees(i, "chen", extra), "the withdrawn entry to disappear")


def test_department_b_does_not_see_what_department_a_keeps_for_itself(net):
    """SB-3"""
    t = net.nodes["transport"]
    t.add_user("roadsop", "马力 T-9", ["operator"], department="roads")
    t.add_user("airop", "宋佳 T-10", ["operator"], department="aviation")
    t.login("roadsop")
    t.login("airop")
    entry = publish(net, "airports", ["transport/aviation"], title="仅航空处可见")
    check(sees(t, "airop", entry), "the department in scope sees it")
    check(not sees(t, "roadsop", entry), "the other department does not")


def test_who_keeps_a_departments_sources_reaches_no_others(net):
    """DS-5: a maintenance account sees only its department's own resources, changes no others, and what it does is recorded; DS-21: an attempt is an alarm"""
    t, airports = net.nodes["transport"], os.path.join(net.dir, "airports.csv")
    with open(airports, "w", encoding="utf-8") as f:
        f.write("code,city\nPVG,上海\n")
    for account, name, department in (("roadspub", "陆远 T-21", "roads"), ("airpub", "云飞 T-22", "aviation")):
        t.add_user(account, name, ["publisher"], department=department)
        t.login(account)

    def listed(account):
        return {s["name"] for s in t.hufu("source", "list", as_=account)["sources"]}
    out = t.hufu("source", "add", "air-codes", airports, as_="airpub")
    check(out["department"] == "aviation", f"registered for its own department: {out}")
    check(listed("airpub") == {"air-codes"} and listed("roadspub") == set(), "each has its own alone")
    check({"air-codes", "flights"} <= listed("wang"), "an account of the whole node has all")
    alarms = lambda: [a for a in t.hufu("alarms", as_="admin")["alarms"] if a["kind"] == "access-denied" and "air-codes" in a["text"]]
    was = len(alarms())
    attempts = [("show",), ("scan",), ("test",), ("update", "--department", "roads"), ("disable",), ("enable",), ("remove",), ("fields",), ("cancel",)]
    for command, *more in attempts:
        r = t.refused("source", command, "air-codes", *more, as_="roadspub")
        check(r.reason == "unknown", f"{command}: {r.reason} {r.text}")
    r = t.refused("catalog", "publish", "--source", "air-codes", "--title", "x", "--description", "x", "--topic", "x", "--class", "transport/flight", "--level",
                  "1", "--sharing", "unconditional", "--scope", "everyone", "--purpose", "x", as_="roadspub")
    check(r.reason == "unknown", f"nor publishes it: {r.reason} {r.text}")
    check(len(alarms()) > was and "roadspub" in alarms()[0]["text"], f"and an alarm tells of it: {alarms()}")
    check(t.refused("source", "add", "codes", airports, "--department", "aviation", as_="roadspub").reason == "permission", "it registers for no other department")
    check(t.refused("source", "update", "air-codes", "--department", "roads", as_="airpub").reason == "permission", "nor gives one away")
    check(t.hufu("source", "show", "air-codes", as_="airpub")["enabled"], "nothing of it was changed")
    for command in ("disable", "enable", "scan"):
        t.hufu("source", command, "air-codes", as_="airpub")
    log = [e for e in t.hufu("ledger", "tail", "--count", "60", as_="sun")["entries"] if e.get("event") == "source-change" and "air-codes" in e["object"]]
    check([e["actor"] for e in log] == 4 * ["transport/airpub"], f"each operation is on record: {log}")
    t.hufu("source", "remove", "air-codes", as_="airpub")


def test_a_scope_by_organization_is_exactly_the_subtree_and_holds_for_members_that_come_later(net):
    """DS-14, AZ-3 (publication): no edit of the rule for an organization that was not known when it was written"""
    t, m = net.nodes["transport"], net.nodes["manager"]
    entry = workflow.publish(t, "wang", "flights", title="政府部门可见", description="按组织范围发布", topic="aviation", data_class="transport/flight",
                             level=1, sharing="unconditional", scope=["organization:cn.gov"], intake="manager")
    wait_until(lambda: sees(m, "zheng", entry), "cn.gov.sharing to see it")
    check(not sees(net.nodes["insurer"], "chen", entry), "cn.com.antu is outside the subtree")
    check(not sees(net.nodes["overseas"], "tan", entry), "sg.com.straits is outside the subtree")
    late = net.node("rescue", "应急救援队", f"{net.prefix}.10.9", organization="cn.gov.rescue", roles=["consumer"])
    late.init()
    net.authority.add(late)
    net.authority.issue(["insurer", "manager", "overseas", "transport"], 3)
    late.join()
    for id in ("transport", "insurer", "manager", "overseas"):
        net.nodes[id].hufu("space", "update", net.authority.descriptors, as_="admin")
    late.start()
    late.staff({"gao": ("高飞 R-1", ["operator"])})
    wait_until(lambda: sees(late, "gao", entry), "the organization that came later to see it", 60)

"""Three platform levels and two departments (AZ-34): intake in one hop, an agent of the city level, what it decides filed and withdrawn."""
import concurrent.futures
import os

from common import *

PEOPLE = {
    "ministry": {"wang": ("王建国 T-1", ["publisher", "data-authority"]), "li": ("李敏 T-2", ["approver"]), "sun": ("孙丽 T-4", ["auditor"])},
    "bureau": {"chen": ("陈晨 I-1", ["operator"]), "zhou": ("周洁 I-2", ["data-authority"])},
    "national": {"zheng": ("郑华 M-1", ["intake"])},
    "province": {"pan": ("潘岳 M-2", ["intake"])},
    "city": {"feng": ("冯雪 M-3", ["intake"])},
}


def network(net):
    platforms = ("national", "province", "city")
    net.node("ministry", "部委", f"{net.prefix}.72.1", organization="cn.gov.ministry", roles=["provider"], attributes={"level": "national"})
    net.node("bureau", "市局", f"{net.prefix}.72.2", organization="cn.gov.bureau", roles=["consumer"], attributes={"level": "city"})
    for k, level in enumerate(platforms, 3):
        net.node(level, level, f"{net.prefix}.72.{k}", organization="cn.gov." + level, roles=["exchange-service"], attributes={"level": level})
    net.found(list(platforms), 2)
    net.start()
    with concurrent.futures.ThreadPoolExecutor() as pool:
        list(pool.map(lambda n: net.nodes[n].staff(PEOPLE[n]), PEOPLE))
    net.nodes["bureau"].hufu("system", "add", "desk", "--address", f"{net.prefix}.72.2", "--business", "办证", as_="admin")
    workflow.source(net.nodes["ministry"], "wang", "flights", FLIGHTS)
    workflow.source(net.nodes["ministry"], "wang", "airports", AIRPORTS)
    net.flights, net.airports = publish(net, "flights"), publish(net, "airports")


def publish(net, source):
    entry = workflow.publish(net.nodes["ministry"], "wang", source, title=source, description="测试条目", topic="aviation", data_class="transport/flight",
                             level=1, sharing="conditional", condition="仅用于申请中写明的用途", scope=["everyone"], intake="national")
    for n, who in (("bureau", "chen"), ("city", "feng"), ("province", "pan"), ("national", "zheng")):
        wait_until(lambda: sees(net.nodes[n], who, entry), f"the entry at {n}")
    return entry


def submit(net, entry):
    b = net.nodes["bureau"]
    id = workflow.apply(b, "chen", entry, system="desk", reason="办理证件需要核对航班", purpose="licence", days=100)
    workflow.confirm(b, "zhou", id)
    return id


def fetch(net, entry, name):
    out = os.path.join(net.dir, name)
    return out, ["fetch", entry, "--system", "desk", "--output", out]


def test_without_an_agent_the_publishing_platform_takes_in_at_one_hop(net):
    """AZ-34, AZ-35: no task at the platforms between"""
    id = submit(net, net.flights)
    workflow.comply(net.nodes["national"], "zheng", id)
    workflow.wait_state(net.nodes["ministry"], "li", id, "RECEIVED")
    for n, who in (("city", "feng"), ("province", "pan")):
        check(net.nodes[n].hufu("applications", as_=who)["applications"] == [], f"{n} has a task")
    net.nodes["ministry"].hufu("decide", id, "T", as_="li")
    workflow.wait_state(net.nodes["bureau"], "chen", id, "FINALIZED")
    out, args = fetch(net, net.flights, "one-hop.csv")
    net.nodes["bureau"].hufu(*args, as_="chen")
    check(same_file(out, FLIGHTS), "delivered")


def test_the_agent_of_the_level_decides_files_and_the_provider_withdraws(net):
    """AZ-36, AZ-37, AZ-38"""
    m, c, b = net.nodes["ministry"], net.nodes["city"], net.nodes["bureau"]
    r = m.refused("agent", "delegate", "province", "--entry", net.airports, "--level", "city", "--until", workflow.in_days(200), as_="li")
    check(r.reason == "standing" and "own level" in r.text, r.text)
    net.delegation = m.hufu("agent", "delegate", "city", "--entry", net.airports, "--level", "city", "--until", workflow.in_days(200), "--power",
                            "decide", as_="li")["delegation"]
    for n, who in (("city", "feng"), ("bureau", "chen")):
        wait_until(lambda: net.nodes[n].hufu("agent", "list", as_=who)["delegations"], f"the delegation at {n}")
    id = submit(net, net.airports)
    check(workflow.application(b, "chen", id)["intake"] == "city", "the agent of the own level takes it in")
    m.stop()
    workflow.comply(c, "feng", id)
    row = c.hufu("agent", "list", as_="feng")["delegations"][0]
    check(row["decided"] == 1 and row["unfiled"] == 1 and row["unfiled_since"], f"a missing filing is reported: {row}")
    check(workflow.application(b, "chen", id)["state"] != "FINALIZED", "not usable before it is filed")
    m.start()
    for who in ("li", "sun"):
        m.login(who)
    workflow.wait_state(b, "chen", id, "FINALIZED")
    wait_until(lambda: c.hufu("agent", "list", as_="feng")["delegations"][0]["on_the_way"] == 0, "the filing to arrive")
    grant = next(g for g in m.hufu("grants", as_="li")["grants"] if g.get("basis") == net.delegation)
    for n, who in ((c, "feng"), (m, "li")):
        row = n.hufu("agent", "list", as_=who)["delegations"][0]
        check(row["unfiled"] == 1 and row["unfiled_since"], f"both sides see that nobody has it on file: {row}")
    out, args = fetch(net, net.airports, "agent.csv")
    b.hufu(*args, as_="chen")
    check(same_file(out, AIRPORTS), "flagged is delivered")
    use = m.hufu("uses", "--grant", grant["grant"], as_="li")["uses"][0]
    check(grant["unfiled_since"] and use["unfiled_since"] == grant["unfiled_since"], f"grant and use say since when: {grant} {use}")
    table = hufunet.run([net.program("hufu"), "grants", "--node", m.dir, "--as", "li"], net.environment()).stdout
    check("UNFILED SINCE" in table and grant["unfiled_since"][:19] in table, f"for people, too: {table}")
    m.stop()
    m.configure("agents:\n  unfiled: deny\n")
    m.start()
    for who in ("li", "sun"):
        m.login(who)
    out, args = fetch(net, net.airports, "filed.csv")
    r = b.refused(*args, as_="chen")
    check(r.reason == "pending" and "not on file" in r.text, f"as configured it gives nothing: {r.text}")
    m.hufu("agent", "file", grant["grant"], as_="li")
    check(m.refused("agent", "file", grant["grant"], as_="li").reason == "state", "it is on file once")
    check(m.refused("agent", "file", grant["grant"], as_="sun").reason == "permission", "by an approver")
    wait_until(lambda: c.hufu("agent", "list", as_="feng")["delegations"][0]["unfiled"] == 0, "the agent to hear of it")
    b.hufu(*args, as_="chen")
    filed = next(g for g in m.hufu("grants", as_="li")["grants"] if g["grant"] == grant["grant"])
    check(filed["filed_by"] == "ministry/li" and "unfiled_since" not in filed, f"on file: {filed}")
    uses = {bool(u.get("unfiled_since")) for u in m.hufu("uses", "--grant", grant["grant"], as_="li")["uses"]}
    check(uses == {True, False}, "what was used before keeps the mark")
    check(any(n["kind"] == "agent-decision" for n in m.hufu("notices", as_="li")["notices"]), "the provider is told")
    m.hufu("agent", "question", grant["grant"], "--reason", "为何需要全部字段？", as_="li")
    wait_until(lambda: any(n["kind"] == "agent-question" for n in c.hufu("notices", as_="feng")["notices"]), "the question at the agent")
    m.hufu("agent", "withdraw", grant["grant"], "--reason", "超出约定用途", as_="li")
    out, args = fetch(net, net.airports, "withdrawn.csv")
    wait_until(lambda: b.refused(*args, as_="chen").reason in ("grant-revoked", "revoked", "no-grant"), "access to end")
    wait_until(lambda: any(n["kind"] == "agent-withdrawn" for n in c.hufu("notices", as_="feng")["notices"]), "the agent to hear of it")


def test_after_the_delegation_has_ended_the_publishing_platform_takes_in_again(net):
    """AZ-36"""
    m, b = net.nodes["ministry"], net.nodes["bureau"]
    m.hufu("agent", "end", net.delegation, "--reason", "委托期满", as_="li")
    wait_until(lambda: b.hufu("agent", "list", as_="chen")["delegations"][0]["state"] == "ENDED", "the end at the bureau")
    id = submit(net, net.airports)
    check(workflow.application(b, "chen", id)["intake"] == "national", "back to the publishing platform")

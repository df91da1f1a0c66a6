"""Exchanges between jurisdictions on real nodes: the rules of the origin and of the destination both have to permit; both results are
in the answer and in the ledger; personal information is limited per calendar year, and an approval on file may be asked for."""
import os

from common import *

ENDED = ("COMPLETED", "TERMINATED")
LIMIT = 100  # rows of the personal table: 60, so that a second delivery in the year is too much

PACKS = """\
packs:
  - name: cn-export-2026
    jurisdiction: CN
    side: origin
    from: 2026-01-01
    until: 2099-01-01
    rules:
      - other: [SG]
        purposes: [route-planning]
        classes: [transport/flight]
        max_level: 1
        allow: true
        persons_per_year: {limit}
      - other: [SG]
        purposes: [route-planning]
        classes: [transport/toll]
        max_level: 1
        allow: true
        route: standard-contract
      - other: ["*"]
        allow: false
  - name: sg-import
    jurisdiction: SG
    side: destination
    from: 2026-01-01
    until: 2099-01-01
    rules:
      - other: [CN]
        classes: [transport/flight, transport/toll]
        max_level: 1
        allow: {sg}
        persons_per_year: 1000000
"""
APPROVAL = """\
approvals:
  - route: standard-contract
    consumer: overseas
    reference: 备案 2026-17
    until: 2099-01-01
"""


def network(net):
    trio(net, 48, before_start=lambda: net.nodes["transport"].configure("border: border.yaml\n") or rules(net))
    register(net, "flights", FLIGHTS)
    people = os.path.join(net.dir, "people.csv")
    with open(people, "w", encoding="utf-8") as f:
        f.write("name,seat\n" + "".join(f"乘客{n},{n}A\n" for n in range(60)))
    register(net, "people", people)
    net.count = 0
    net.nodes["transport"].enrol("li")
    net.nodes["transport"].enrol("zhao")


def rules(net, sg="true", limit=LIMIT, approval=False):
    with open(os.path.join(net.nodes["transport"].dir, "border.yaml"), "w", encoding="utf-8") as f:
        f.write(PACKS.format(sg=sg, limit=limit) + (APPROVAL if approval else ""))


def restart(net):
    t = net.nodes["transport"]
    t.stop()
    t.start()
    for who in ("wang", "li", "zhao", "sun"):
        t.login(who)


def granted(net, entry, personal=False, purpose="route-planning"):
    t, m, o = (net.nodes[n] for n in ("transport", "manager", "overseas"))
    app = workflow.apply(o, "tan", entry, system="routes", reason="规划跨境航线需要核对准点情况", purpose=purpose, days=90)
    workflow.confirm(o, "lim", app)
    workflow.comply(m, "zheng", app)
    workflow.wait_state(t, "li", app, "PRIVACY_WAITING" if personal else "RECEIVED")
    if personal:
        t.hufu("review", app, "--privacy", "--necessity", "ok", "--compliance", "ok", as_="zhao")
    t.hufu("decide", app, "T", as_="li")
    workflow.wait_state(o, "tan", app, "FINALIZED")
    return workflow.grant_of(o, "tan", app)


def fetch(net, grant):
    o = net.nodes["overseas"]
    net.count += 1
    id = o.api("POST", "/v1/transfers/fetch", {"grant": grant, "output": os.path.join(net.dir, f"abroad-{net.count}.csv")}, as_="tan")[1]["transfer"]
    return wait_until(lambda: (lambda t: t if t["state"] in ENDED else None)(workflow.transfer(o, "tan", id)), f"transfer {id} to end")


def decisions(net):
    return [r for r in net.nodes["transport"].hufu("ledger", "tail", "--count", "40", as_="sun")["entries"] if r["event"] == "access-decision"]


def test_both_sides_permit_and_both_results_are_recorded(net):
    """SB-7"""
    grant = granted(net, publish(net, "flights"))
    end = fetch(net, grant)
    check(end["state"] == "COMPLETED", f"permitted: {end}")
    text = str(decisions(net)[0])
    check("origin CN permits: cn-export-2026 rule 1" in text and "destination SG permits: sg-import rule 1" in text, f"both results: {text}")


def test_what_the_destination_forbids_is_denied_with_both_results(net):
    """SB-7: origin allows, destination rule denies: result is deny, both rule results recorded"""
    grant = granted(net, publish(net, "flights"))
    rules(net, sg="false")
    restart(net)
    end = fetch(net, grant)
    both = ("origin CN permits: cn-export-2026 rule 1", "destination SG denies: sg-import forbids it")
    check(end["reason"] == "border" and all(b in end["text"] for b in both), f"the answer: {end}")
    text = str(decisions(net)[0])
    check(all(b in text for b in both), f"the entry: {text}")
    rules(net)
    restart(net)
    check(fetch(net, grant)["state"] == "COMPLETED", "with the rule back it is permitted")


def test_what_no_rule_names_is_denied_and_no_border_is_none(net):
    """SB-7: another class, no rules at all; within one jurisdiction no rule is asked"""
    other = granted(net, publish(net, "flights", data_class="health/record"))
    end = fetch(net, other)
    check(end["reason"] == "border" and "origin CN denies: cn-export-2026 forbids it" in end["text"], f"the last rule forbids: {end}")
    check("destination SG denies: sg-import has no rule for it" in end["text"], f"both are asked: {end}")
    home = agreement(net, publish(net, "flights"))
    i = net.nodes["insurer"]
    out = os.path.join(net.dir, "home.csv")
    i.hufu("fetch", "--grant", workflow.grant_of(i, "chen", home), "--output", out, as_="chen")
    check(same_file(out, FLIGHTS), "within the jurisdiction it is delivered")


def test_an_approval_that_is_asked_for_must_be_on_file(net):
    """SB-7"""
    grant = granted(net, publish(net, "flights", data_class="transport/toll"))
    end = fetch(net, grant)
    check(end["reason"] == "border" and "asks for an approval that is not on file" in end["text"], f"denied: {end}")
    rules(net, approval=True)
    restart(net)
    check(fetch(net, grant)["state"] == "COMPLETED", "with it, it is permitted")


def test_the_persons_of_a_year_are_limited_and_reserved(net):
    """SB-7: reserved before, committed on receipt; the second delivery would exceed the year's limit, another grant shares it"""
    t = net.nodes["transport"]
    entry = publish(net, "people", extra=("--personal", "--legal-basis", "公共安全法 第二条"))
    grant = granted(net, entry, personal=True)
    check(fetch(net, grant)["state"] == "COMPLETED", "the first delivery")
    wait_until(lambda: t.api("GET", "/v1/border", None, as_="li")[1]["persons_committed"] == 60, "the persons to be committed")
    for g in (grant, granted(net, entry, personal=True)):
        end = fetch(net, g)
        check(end["reason"] == "border" and "limits the persons of a year" in end["text"], f"the second delivery: {end}")
    shown = t.api("GET", "/v1/border", None, as_="li")[1]
    check(shown["persons_committed"] == 60 and shown["persons_reserved"] == 0, f"a denied delivery reserves nothing: {shown}")


def test_a_pack_that_cannot_be_read_stops_the_start_with_the_line(net):
    """SB-7: nothing is dropped silently"""
    t = net.nodes["transport"]
    check(t.api("GET", "/v1/border", None, as_="li")[1]["share_percent"] == 100, "the only node of its organization has the whole limit")
    t.stop()
    both = "shares:\n  - {node: transport, percent: 60}\n  - {node: harbour, percent: 41}\n"
    for added, *parts in (("allowances: yes\n", "border.yaml, line", "allowances"), (both, "border.yaml: the shares of the nodes are 101 percent")):
        rules(net)
        with open(os.path.join(t.dir, "border.yaml"), "a", encoding="utf-8") as f:
            f.write(added)
        try:
            t.start()
        except hufunet.Failed as why:
            check(all(p in str(why) for p in parts), f"the reason: {why}")
        else:
            check(False, f"it started with {added}")
        t.process = None
    rules(net)
    restart(net)

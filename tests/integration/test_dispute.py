"""Disputes before the leading group, and decisions that are late: reminded, escalated, never approved by time. Real nodes, whose clocks are
moved from outside (Debian's libfaketime)."""
import concurrent.futures
import datetime
import math

from common import *
from hufunet import Clock

GROUP = {"lead-a": "an", "lead-b": "bo", "lead-c": "yan"}
CREW = {
    "transport": {"wang": ("王建国 T-1", ["publisher", "data-authority"]), "li": ("李敏 T-2", ["approver"]), "sun": ("孙丽 T-4", ["auditor"])},
    "insurer": {"chen": ("陈晨 I-1", ["operator"]), "zhou": ("周洁 I-2", ["data-authority"]), "wu": ("吴磊 I-3", ["auditor"])},
    "manager": {"zheng": ("郑华 M-1", ["intake"]), "feng": ("冯雪 M-2", ["auditor"])},
    "lead-a": {"an": ("安平 L-1", ["leading-member"])},
    "lead-b": {"bo": ("薄云 L-2", ["leading-member"])},
    "lead-c": {"yan": ("严策 L-3", ["leading-member"])},
}
REMINDER, DEADLINE, ESCALATION = 4, 10, 2  # working days; the first and the last are the manager's setting
DAY = datetime.timedelta(days=1)


def holidays():
    """The second and the third weekday from tomorrow on: whatever today is, they lie before the deadline."""
    weekdays = [d for d in (datetime.datetime.now(datetime.timezone.utc).date() + n * DAY for n in range(1, 8)) if d.weekday() < 5]
    return [str(d) for d in weekdays[1:3]]


def network(net):
    net.clock = Clock(net.dir)
    roles = {"transport": ["provider"], "insurer": ["consumer"], "manager": ["exchange-service"], **{n: ["leading-group"] for n in GROUP}}
    for k, (n, r) in enumerate(roles.items(), 1):
        net.node(n, n, f"{net.prefix}.63.{k}", organization=f"cn.{n}", roles=r)
    net.off = holidays()
    net.found(["manager", "lead-a", "lead-b"], 2, leading=list(GROUP), threshold=2, holidays=net.off)
    net.nodes["manager"].configure(f"decisions:\n  reminder_days: {REMINDER}\n  escalation_days: {ESCALATION}\n")
    net.start()
    with concurrent.futures.ThreadPoolExecutor() as pool:
        list(pool.map(lambda n: net.nodes[n].staff(CREW[n]), CREW))
    net.nodes["insurer"].hufu("system", "add", "claims", "--address", f"{net.prefix}.63.2", "--business", "理赔核算", as_="admin")
    register(net, "flights", FLIGHTS)
    net.flights = publish(net, "flights")


def applied(net, reason="核对航班延误理赔事宜"):
    app = workflow.apply(net.nodes["insurer"], "chen", net.flights, system="claims", reason=reason, purpose="claims-assessment", days=200)
    workflow.confirm(net.nodes["insurer"], "zhou", app)
    workflow.comply(net.nodes["manager"], "zheng", app)
    workflow.wait_state(net.nodes["transport"], "li", app, "RECEIVED")
    return app


def dispute_at(node, account, id):
    status, answer = node.api("GET", "/v1/disputes/show?dispute=" + id, None, as_=account, check_status=False)
    return answer if status == 200 else None


def wait_outcome(net, id, outcome):
    for node, account in {"transport": "li", "insurer": "chen", "manager": "zheng", **GROUP}.items():
        wait_until(lambda n=net.nodes[node], a=account: (d := dispute_at(n, a, id)) and d["outcome"] == outcome, f"{node}: the dispute to be {outcome}")


def settle(net, node, id, result):
    net.nodes[node].hufu("dispute", "settle", id, result, "--reason", "审查标准已满足", as_=GROUP[node])


def test_an_upheld_dispute_opens_a_linked_application_and_the_old_result_stays(net):
    """AZ-20, AZ-28: it goes to the leading group, two of three organizations settle it, and everybody has the outcome on record"""
    t, i = net.nodes["transport"], net.nodes["insurer"]
    app = applied(net)
    t.hufu("decide", app, "F", "--reason", "已有公开统计", as_="li")
    workflow.wait_state(i, "chen", app, "REJECTED")
    id = i.hufu("dispute", "raise", app, "--about", "result", "--reason", "同类申请已获批准", as_="chen")["dispute"]
    wait_outcome(net, id, "open")
    seen = dispute_at(net.nodes["lead-a"], "an", id)
    check((seen["raised_by"], seen["application"], seen["result"], seen["result_reason"]) == ("insurer", app, "F", "已有公开统计"), f"{seen}")
    r = i.refused("dispute", "apply", id, as_="chen")
    check(r.reason == "state" and "open" in r.text, f"not before it is upheld: {r.text}")
    r = t.refused("dispute", "settle", id, "dismissed", "--reason", "不同意", as_="li")
    check(r.reason == "permission", f"the provider does not settle it: {r.reason}")
    settle(net, "lead-a", id, "upheld")
    wait_outcome(net, id, "open")
    settle(net, "lead-c", id, "upheld")
    wait_outcome(net, id, "upheld")
    new = i.hufu("dispute", "apply", id, as_="chen")["application"]
    workflow.confirm(i, "zhou", new)
    workflow.comply(net.nodes["manager"], "zheng", new)
    workflow.wait_state(t, "li", new, "RECEIVED")
    t.hufu("decide", new, "T", as_="li")
    for node, account in ((i, "chen"), (t, "li")):
        made = workflow.wait_state(node, account, new, "FINALIZED")
        check((made["follows"], made["dispute"]) == (app, id), f"{node.id}: the new one names the old one and the dispute: {made}")
        old = workflow.application(node, account, app)
        check((old["state"], old["result"]) == ("REJECTED", "F"), f"{node.id}: the old result stays: {old}")
        check([(d["dispute"], d["outcome"], d["successor"]) for d in old["disputes"]] == [(id, "upheld", new)], f"{node.id}: {old['disputes']}")
    i.hufu("fetch", net.flights, "--system", "claims", "--purpose", "claims-assessment", "--output", f"{net.dir}/after.csv", as_="chen")
    events = [e["event"] for e in entries_of(i, "wu", old["transaction"]) if e["ledger"].startswith("insurer") or e.get("node") == "insurer"]
    for event in ("dispute", "dispute-opinion", "dispute-outcome"):
        check(event in events, f"the consumer's ledger tells of the {event}: {events}")


def test_an_open_dispute_blocks_nothing(net):
    """AZ-20: raised by the provider while it decides; the grant works, and the dispute is visible on the application"""
    t, i = net.nodes["transport"], net.nodes["insurer"]
    app = applied(net, "航线规划需要历史数据")
    id = t.hufu("dispute", "raise", app, "--about", "conditions", "--reason", "条件需要协调", as_="li")["dispute"]
    wait_outcome(net, id, "open")
    t.hufu("decide", app, "T", as_="li")
    workflow.wait_state(i, "chen", app, "FINALIZED")
    workflow.wait_state(t, "li", app, "FINALIZED")
    i.hufu("fetch", net.flights, "--system", "claims", "--purpose", "claims-assessment", "--output", f"{net.dir}/meanwhile.csv", as_="chen")
    seen = workflow.application(i, "chen", app)["disputes"]
    check([(d["dispute"], d["outcome"], d["raised_by"]) for d in seen] == [(id, "open", "transport")], f"visible on the application: {seen}")
    settle(net, "lead-a", id, "dismissed")
    settle(net, "lead-b", id, "dismissed")
    wait_outcome(net, id, "dismissed")
    r = i.refused("dispute", "apply", id, as_="chen")
    check(r.reason == "state" and "dismissed" in r.text, r.text)
    check(workflow.application(i, "chen", app)["state"] == "FINALIZED", "the grant stays")


def instant(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def late(net, sent, days):
    """The first instant after so many working days, counted here by hand."""
    day = sent.date()
    while days:
        day += DAY
        days -= day.weekday() < 5 and str(day) not in net.off
    return datetime.datetime.combine(day + DAY, datetime.time(), datetime.timezone.utc)


def move_to(net, when):
    """All clocks to the first whole day from now that lies at or after that instant."""
    net.clock.move(math.ceil((when - datetime.datetime.now(datetime.timezone.utc)).total_seconds() / 86400))
    for node, account in {"transport": "li", "insurer": "chen", "manager": "zheng", **GROUP}.items():
        net.nodes[node].login(account)


def notices(node, account, app, kind):
    return [n for n in node.hufu("notices", as_=account)["notices"] if n.get("application") == app and n["kind"] == kind]


def told_once(net, app, kind, since):
    """Provider, consumer and intake node have exactly one such notice, and it is not older than that."""
    for node, account in {"transport": "li", "insurer": "chen", "manager": "zheng"}.items():
        found = wait_until(lambda n=net.nodes[node], a=account: notices(n, a, app, kind), f"{node} to hear of the {kind}")
        check(len(found) == 1 and instant(found[0]["time"]) >= since, f"{node}: one {kind}, not before {since}: {found}")


def escalation(node, account, app):
    return next((e for e in node.hufu("escalations", as_=account)["escalations"] if e["application"] == app), None)


def test_a_late_decision_is_reminded_escalated_and_never_approved_by_time(net):
    """AZ-18, AZ-21: over a weekend and configured holidays; reminder at the configured point, escalation after the deadline, overdue flagged"""
    t, i, m = (net.nodes[n] for n in ("transport", "insurer", "manager"))
    app = applied(net, "季度理赔复核")
    shown = workflow.application(i, "chen", app)
    sent = instant(shown["sent"])
    due = late(net, sent, DEADLINE)
    for node, account in ((i, "chen"), (m, "zheng"), (t, "li")):
        a = workflow.application(node, account, app)
        check((instant(a["due"]), a["overdue"]) == (due, False), f"{node.id}: due at {due}, not overdue: {a['due']}, {a['overdue']}")
    check((due - sent).days > 13, f"weekend and holidays are left out: {sent} to {due}")
    move_to(net, late(net, sent, REMINDER))
    told_once(net, app, "reminder", late(net, sent, REMINDER))
    check(not notices(t, "li", app, "overdue"), "nothing is overdue yet")
    move_to(net, due)
    told_once(net, app, "overdue", due)
    listed = [a["application"] for a in m.hufu("applications", "list", "--overdue", as_="zheng")["applications"]]
    check(listed == [app], f"the overdue report names it alone: {listed}")
    check(all(escalation(net.nodes[n], GROUP[n], app) is None for n in GROUP), "the leading group is not asked before its day")
    move_to(net, late(net, sent, DEADLINE + ESCALATION))
    for n, account in GROUP.items():
        e = wait_until(lambda n=n, a=account: escalation(net.nodes[n], a, app), f"{n} to hear of the late decision")
        check((e["state"], e["provider"], e["organization"], instant(e["due"])) == ("overdue", "transport", "insurer", due), f"{n}: {e}")
        check(instant(e["told"]) >= late(net, sent, DEADLINE + ESCALATION), f"{n}: not before its day: {e['told']}")
    check(workflow.application(t, "li", app)["state"] == "RECEIVED" and not workflow.application(i, "chen", app).get("grant"), "time approves nothing")
    t.hufu("decide", app, "F", "--reason", "已有公开统计", as_="li")
    for n, account in GROUP.items():
        e = wait_until(lambda n=n, a=account: (e := escalation(net.nodes[n], a, app)) and e["state"] == "decided" and e, f"{n} to hear of the decision")
        check(e["result"] == "F", f"{n}: {e}")
    check(not m.hufu("applications", "list", "--overdue", as_="zheng")["applications"], "nothing is overdue any more")

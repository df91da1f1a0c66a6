"""Core data (level 3): two levels of approval, and every operation on it in the supervision. Real nodes."""

from common import *
from test_entry_states import waits

TWO = ["wang", "li", "gao"], ["chen", "zhou"], ["zheng"]


def network(net):
    trio(net, 42)
    net.nodes["transport"].add_user("gao", "高远 T-9", ["senior-approver"])
    for node, accounts in zip(("transport", "insurer", "manager"), TWO):
        for account in accounts:
            net.nodes[node].enrol(account)
    register(net, "flights", FLIGHTS)
    net.core = publish(net, "flights", title="核心数据", level=3)


def test_core_data_is_given_by_two_levels_and_every_operation_is_supervised(net):
    """DS-20"""
    t, i, m = net.nodes["transport"], net.nodes["insurer"], net.nodes["manager"]
    app = workflow.apply(i, "chen", net.core, system="claims", reason="核对航班延误理赔事宜", purpose="claims-assessment", days=30)
    workflow.confirm(i, "zhou", app)
    workflow.comply(m, "zheng", app)
    workflow.wait_state(t, "li", app, "RECEIVED")
    t.hufu("decide", app, "T", as_="li")
    check(workflow.application(t, "li", app)["state"] == "SECOND_WAITING", "the first level's T waits for the second")
    check(workflow.application(i, "chen", app)["state"] == "SUBMITTED", "and the applicant hears nothing")
    i.hufu("sensitive", "authorize", net.core, "--system", "claims", "--purpose", "claims-assessment", "--until", workflow.in_days(30), "--reason", "理赔",
           as_="zhou")
    fetch = ["fetch", net.core, "--system", "claims", "--sealed", "--purpose", "claims-assessment"]
    r = i.refused(*fetch, as_="chen")
    check(r.reason in ("pending", "no-grant"), f"nothing is given by one level: {r.text}")
    r = t.refused("decide", app, "T", as_="li")
    check("senior-approver" in r.text, f"the first level does not decide twice: {r.text}")
    r = t.refused("decide", app, "T", "--second", as_="li")
    check(r.reason == "permission", f"nor as the second one: {r.text}")
    t.hufu("decide", app, "T", "--second", as_="gao")
    workflow.wait_state(i, "chen", app, "FINALIZED")
    supervised(net, app)
    got = i.hufu(*fetch, as_="chen")
    check(got["state"] == "COMPLETED" and waits(net) > 0, f"the answer waited for the witnesses, which nobody but the level asked for: {got}")


def supervised(net, app):
    t = net.nodes["transport"]
    shown = t.hufu("ledger", "supervise", as_="sun")["resources"]
    check([r["entry"] for r in shown] == [net.core], f"the entries of that level: {shown}")
    seen = [(o["event"], o.get("actor", "")) for o in shown[0]["operations"] if o["ledger"] == "transport"]
    for wanted in (("publish", "transport/wang"), ("decision", "transport/li"), ("second-approval", "transport/gao"), ("agreement", "transport")):
        check(any(event == wanted[0] and actor.startswith(wanted[1]) for event, actor in seen), f"{wanted} is not among {seen}")
    check(any(o["outcome"] == "refused" and o["event"] == "access-decision" for o in shown[0]["operations"]), f"the denied fetch too: {shown}")
    check(t.hufu("ledger", "supervise", "--level", "important", as_="sun")["resources"] == [], "other levels apart")
    r = t.refused("ledger", "supervise", as_="li")
    check(r.reason == "permission", f"supervision is the auditors': {r.text}")

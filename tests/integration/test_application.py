"""The application mechanism across three real nodes, with every refusal in it."""
from common import *


def network(net):
    trio(net, 11)
    register(net, "flights", FLIGHTS)
    register(net, "airports", AIRPORTS)
    net.flights = publish(net, "flights")
    net.personal = publish(net, "airports", title="含个人信息的条目", extra=["--personal", "--legal-basis", "个人信息保护法 第十三条"])
    wait_until(lambda: all(sees(net.nodes["insurer"], "chen", e) for e in (net.flights, net.personal)), "the entries at the insurer")


def file(net, entry=None, **kw):
    values = dict(system="claims", reason="核对航班延误理赔事宜", purpose="claims-assessment", days=100)
    values.update(kw)
    return workflow.apply(net.nodes["insurer"], "chen", entry or net.flights, **values)


def to_provider(net, entry=None, **kw):
    app = file(net, entry, **kw)
    workflow.confirm(net.nodes["insurer"], "zhou", app)
    workflow.comply(net.nodes["manager"], "zheng", app)
    workflow.wait_state(net.nodes["transport"], "li", app, "PRIVACY_WAITING" if entry == net.personal else "RECEIVED")
    return app


def test_an_application_needs_a_registered_system(net):
    """AZ-7, AZ-25"""
    r = net.nodes["insurer"].refused("apply", net.flights, "--system", "nosuch", "--reason", "核对航班延误理赔事宜", "--purpose", "claims-assessment",
                                     "--until", workflow.in_days(30), as_="chen")
    check("nosuch" in r.text, f"the system is named: {r.text}")


def test_reason_purpose_and_period_are_mandatory_each(net):
    """AZ-8"""
    i = net.nodes["insurer"]
    full = {"entry": net.flights, "system": "claims", "reason": "核对航班延误理赔事宜", "purpose": "claims-assessment", "until": workflow.in_days(30)}
    for field in ("reason", "purpose", "until"):
        body = {k: v for k, v in full.items() if k != field}
        status, data = i.api("POST", "/v1/applications/draft", body, as_="chen", check_status=False)
        check(status == 400 and field in data["error"]["text"], f"{field}: {status} {data}")


def test_an_application_for_more_than_three_years_is_refused(net):
    """AZ-29"""
    r = net.nodes["insurer"].refused("apply", net.flights, "--system", "claims", "--reason", "核对航班延误理赔事宜", "--purpose", "claims-assessment",
                                     "--until", workflow.in_days(1100), as_="chen")
    check("3 years" in r.text or "three years" in r.text, r.text)


def test_the_applicant_cannot_confirm_his_own_need_and_others_need_the_permission(net):
    """AZ-13"""
    app = file(net)
    r = net.nodes["insurer"].refused("review", app, "--need", "ok", "--scope", "ok", "--period", "ok", as_="chen")
    check(r.reason in ("permission", "separation"), r.text)


def test_the_provider_does_not_get_an_application_without_the_three_findings(net):
    """AZ-13, AZ-9"""
    app = file(net)
    r = net.nodes["insurer"].refused("review", app, "--need", "ok", "--scope", "ok", as_="zhou")
    check("period" in r.text, f"the missing finding is named: {r.text}")
    check(workflow.application(net.nodes["manager"], "zheng", app) is None, "nothing has reached the intake node")
    check(workflow.application(net.nodes["transport"], "li", app) is None, "nothing has reached the provider")


def test_a_non_compliant_application_stops_at_intake_with_the_criterion_named(net):
    """AZ-10"""
    app = file(net, purpose="marketing")
    workflow.confirm(net.nodes["insurer"], "zhou", app)
    workflow.wait_state(net.nodes["manager"], "zheng", app, "RECEIVED")
    r = net.nodes["manager"].refused("review", app, "--compliance", "pass", as_="zheng")
    check("purpose" in r.text, r.text)
    net.nodes["manager"].hufu("review", app, "--compliance", "refuse", as_="zheng")
    seen = workflow.wait_state(net.nodes["insurer"], "chen", app, "COMPLIANCE_REFUSED")
    check("purpose" in seen["reason"], seen["reason"])
    check(workflow.application(net.nodes["transport"], "li", app) is None, "it never reached the provider")


def test_only_the_approver_decides_and_a_refusal_needs_a_reason(net):
    """AZ-14, AZ-15, AZ-26"""
    t = net.nodes["transport"]
    app = to_provider(net)
    check(t.refused("decide", app, "T", as_="wang").reason == "permission", "a publisher cannot decide")
    check("reason" in t.refused("decide", app, "F", as_="li").text, "F without a reason")
    check("reason" in t.refused("decide", app, "S", as_="li").text, "S without a reason")
    status, data = t.api("POST", "/v1/applications/decide", {"application": app, "result": "X", "reason": "x"}, as_="li", check_status=False)
    check(status == 400, f"another result than T, F, S: {status} {data}")


def test_f_is_final_and_both_sides_show_the_same_reason(net):
    """AZ-28, AZ-12"""
    t, i = net.nodes["transport"], net.nodes["insurer"]
    app = to_provider(net)
    t.hufu("decide", app, "F", "--reason", "用途超出共享条件", as_="li")
    here, there = workflow.wait_state(t, "li", app, "REJECTED"), workflow.wait_state(i, "chen", app, "REJECTED")
    check((here["reason_code"], here["reason"]) == (there["reason_code"], there["reason"]) and "用途超出共享条件" in there["reason"], "the same reason")
    check(t.refused("decide", app, "T", as_="li").reason == "state", "T cannot follow F")
    notices = [n for n in i.hufu("notices", as_="chen")["notices"] if n.get("application") == app]
    check(len(notices) == 1, f"exactly one notification of the final state: {notices}")


def test_s_returns_the_application_which_is_corrected_and_keeps_its_history(net):
    """AZ-27, SB-25"""
    t, i = net.nodes["transport"], net.nodes["insurer"]
    app = to_provider(net)
    t.hufu("decide", app, "S", "--reason", "请缩短使用期限", as_="li")
    workflow.wait_state(i, "chen", app, "RETURNED")
    r = i.refused("fetch", net.flights, "--system", "claims", "--output", net.dir + "/never.csv", as_="chen")
    check(r.reason in ("returned", "no-grant"), f"S grants nothing: {r.text}")
    check(t.refused("decide", app, "T", as_="li").reason == "state", "the returned revision cannot be approved")
    i.hufu("apply", "--resubmit", app, "--reason", "核对航班延误理赔事宜, 期限缩短", "--until", workflow.in_days(60), as_="chen")
    workflow.confirm(i, "zhou", app)
    workflow.comply(net.nodes["manager"], "zheng", app)
    workflow.wait_state(t, "li", app, "RECEIVED", revision=2)
    t.hufu("decide", app, "T", as_="li")
    a = workflow.wait_state(i, "chen", app, "FINALIZED")
    check([r["revision"] for r in a["revisions"]] == [1, 2], f"all versions stay readable: {a['revisions']}")


def test_personal_information_needs_the_privacy_finding_of_another_person_before_t(net):
    """AZ-16, AZ-17"""
    t = net.nodes["transport"]
    app = to_provider(net, net.personal)
    r = t.refused("decide", app, "T", as_="li")
    check("privacy" in r.text, r.text)
    check(t.refused("review", app, "--privacy", "--necessity", "ok", "--compliance", "ok", as_="li").reason in ("permission", "separation"), "the approver cannot give it")
    t.hufu("review", app, "--privacy", "--necessity", "ok", "--compliance", "ok", as_="zhao")
    t.hufu("decide", app, "T", as_="li")
    workflow.wait_state(net.nodes["insurer"], "chen", app, "FINALIZED")
    r = t.refused("user", "roles", "zhao", "--role", "privacy-expert", "--role", "approver", as_="admin")
    check(r.reason == "separation", f"one account cannot hold both: {r.text}")


def test_the_approved_period_may_be_shorter_but_not_longer_than_applied_for(net):
    """AZ-29"""
    t = net.nodes["transport"]
    app = to_provider(net)
    later, sooner = workflow.in_days(200), workflow.in_days(20)
    check(t.refused("decide", app, "T", "--until", later, as_="li").status == 1, "longer than applied for")
    t.hufu("decide", app, "T", "--until", sooner, as_="li")
    workflow.wait_state(t, "li", app, "FINALIZED")
    g = [g for g in workflow.grants(t, "li") if g["application"] == app][0]
    check(g["until"].startswith(sooner), f"the grant ends when the provider said: {g['until']}")


def test_steps_out_of_order_fail(net):
    """SB-25"""
    i, m, t = net.nodes["insurer"], net.nodes["manager"], net.nodes["transport"]
    app = file(net)
    check(m.refused("review", app, "--compliance", "pass", as_="zheng").status == 1, "intake before it was submitted")
    check(t.refused("decide", app, "T", as_="li").status == 1, "decision before intake")
    workflow.confirm(i, "zhou", app)
    workflow.wait_state(m, "zheng", app, "RECEIVED")
    check(t.refused("decide", app, "T", as_="li").status == 1, "decision before the compliance review")
    check(i.refused("review", app, "--need", "ok", "--scope", "ok", "--period", "ok", as_="zhou").reason == "state", "the need is confirmed once")
    workflow.comply(m, "zheng", app)
    check(m.refused("review", app, "--compliance", "pass", as_="zheng").reason == "state", "intake reviews once")


def test_every_step_names_the_entities_of_the_model(net):
    """AZ-24, AZ-32, SB-57"""
    t = net.nodes["transport"]
    app = to_provider(net)
    t.hufu("decide", app, "F", "--reason", "数据正在整改", as_="li")
    txn = workflow.wait_state(t, "li", app, "REJECTED")["transaction"]
    rows = [r for r in entries_of(t, "sun", txn) if r["event"] == "decision" and r["ledger"] == "transport"]
    check(len(rows) == 1, f"one decision entry: {rows}")
    fields = rows[0]["fields"]
    for name in ("organization", "system", "resource", "application", "result"):
        check(fields.get(name), f"{name} is in the decision's entry: {fields}")
    check(fields["result"] == "F" and "数据正在整改" in str(fields), "with result and reason")
    check(fields.get("actor", "").endswith("/li"), "and the person who decided")


def test_what_needs_no_provider_approval_is_settled_where_it_is_taken_in(net):
    """AZ-11: no approver has a task at any time, and the data is delivered; what needs approval is forwarded (the tests above)"""
    t, i = net.nodes["transport"], net.nodes["insurer"]
    t.add_user("qian", "钱芳 T-5", ["intake"])
    entry = publish(net, "flights", title="无需部门审批的条目", intake="transport", extra=["--intake-settles"])
    app = file(net, entry)
    workflow.confirm(i, "zhou", app)
    workflow.wait_state(t, "qian", app, "RECEIVED")
    check(t.refused("decide", app, "T", as_="li").reason == "state", "there is nothing for the approver to decide")
    workflow.comply(t, "qian", app)
    workflow.wait_state(i, "chen", app, "FINALIZED")
    here = workflow.wait_state(t, "li", app, "FINALIZED")
    check(t.refused("decide", app, "F", "--reason", "不同意", as_="li").reason == "state", "nor is there afterwards")
    check(not [n for n in t.hufu("notices", as_="li")["notices"] if n.get("application") == app], "and the approver is asked for nothing")
    rows = [r for r in entries_of(t, "sun", here["transaction"]) if r["ledger"] == "transport"]
    made = [r["fields"] for r in rows if r["event"] == "decision"]
    check(len(made) == 1 and made[0]["result"] == "T" and "settled by the compliance review" in str(made[0]), f"settled once: {made}")
    check(not [r for r in rows if r["fields"].get("actor", "").endswith("/li") and r["fields"].get("outcome") == "ok"], "without the approver")
    out = net.dir + "/settled.csv"
    i.hufu("fetch", entry, "--system", "claims", "--output", out, as_="chen")
    check(same_file(out, FLIGHTS), "delivered")


def test_a_platform_without_the_role_consumer_hears_at_once_that_it_cannot_apply(net):
    """Its own intake would take the application in, the provider would refuse it, and it would stay SUBMITTED for ever."""
    m = net.nodes["manager"]
    m.add_user("wei", "魏宁 M-3", ["operator"])
    m.add_user("tao", "陶然 M-4", ["data-authority"])
    m.mandate("tao", "apply", ["claims-assessment"], "--max-level", "3")
    m.hufu("system", "add", "desk", "--address", m.ip, "--business", "共享监督", as_="admin")
    r = m.refused("apply", net.flights, "--system", "desk", "--reason", "核对航班延误理赔事宜", "--purpose", "claims-assessment",
                  "--until", workflow.in_days(30), as_="wei")
    check(r.reason == "standing" and "manager does not hold the role 'consumer'" in r.text and "space authority" in r.text, r.text)
    check(not m.hufu("applications", "list", "--role", "consumer", as_="wei")["applications"], "nothing is under way")


def deferred(node):
    with open(node.log, encoding="utf-8") as f:
        return sum("mail-deferred" in line for line in f)


def test_applications_that_overtake_their_entry_wait_for_it_and_a_withdrawal_behind_them(net):
    """Intake and provider are down; the intake comes back first, so that it has the applications before it can have the entry."""
    t, i, m = net.nodes["transport"], net.nodes["insurer"], net.nodes["manager"]
    m.stop()
    entry = publish(net, "flights", title="比申请晚到的条目")
    kept, withdrawn = (file(net, entry) for _ in range(2))
    t.stop()
    for app in (kept, withdrawn):
        workflow.confirm(i, "zhou", app)
    i.hufu("applications", "withdraw", withdrawn, "--reason", "不再需要", as_="chen")
    before = deferred(m)
    m.start()
    m.login("zheng")
    wait_until(lambda: deferred(m) > before, "the intake node to have the first application")
    check(not sees(m, "zheng", entry) and workflow.application(m, "zheng", kept) is None, "without its entry it is not taken in")
    t.start()
    t.login("li")
    workflow.comply(m, "zheng", kept)
    workflow.wait_state(t, "li", kept, "RECEIVED")
    workflow.wait_state(m, "zheng", withdrawn, "WITHDRAWN")
    parked = {p["id"]: p["parked"] for p in i.hufu("peers", as_="admin")["peers"]}
    check(parked["manager"] == 0, f"no mail was refused: {parked}")

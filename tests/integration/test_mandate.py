"""Recorded authorizations to publish and to apply, and the consents that the use of personal information rests on, on real nodes."""
import os

from common import *


def network(net):
    trio(net, 33)
    net.nodes["transport"].add_user("he", "何静 T-5", ["approver"])
    register(net, "flights", FLIGHTS)
    t = net.nodes["transport"]
    t.hufu("source", "scan", "flights", as_="wang")
    net.flights = publish(net, "flights")


def wish(purpose, level="1"):
    return ["catalog", "publish", "--source", "flights", "--title", "航班二", "--class", "transport/flight", "--level", level, "--sharing",
            "unconditional", "--scope", "everyone", "--purpose", purpose, "--intake", "manager", "--topic", "aviation"]


def test_publication_without_a_record_or_outside_its_scope_is_denied(net):
    """DS-23, DS-24: by purpose, scope and person; the record stays, names who gave it, and both are in the audit."""
    t = net.nodes["transport"]
    r = t.refused(*wish("城市统计"), as_="wang")
    check(r.reason == "no-mandate" and "hufu mandate publish" in r.text, f"{r.reason}: {r.text}")
    id = t.mandate("li", "publish", ["城市统计"], "--topic", "aviation", "--max-level", "1", "--receivers", "everyone")
    r = t.refused(*wish("城市统计", "2"), as_="wang")
    check(r.reason == "no-mandate" and id in r.text and "level 2" in r.text, f"the part that it does not cover is named: {r.text}")
    entry = t.hufu(*wish("城市统计"), as_="wang")
    check(entry["mandate"] == id, f"the publication names its mandate: {entry}")
    shown = t.hufu("catalog", "show", entry["entry"], as_="wang")
    check(shown["mandate"] == id, f"the entry, too: {shown}")
    row = next(m for m in t.hufu("mandate", "list", as_="wang")["mandates"] if m["mandate"] == id)
    check((row["given_by"], row["state"], row["acts"], row["purposes"]) == ("li", "active", ["catalog", "data"], ["城市统计"]), f"{row}")
    t.hufu("mandate", "end", id, "--reason", "计划取消", as_="he")
    r = t.refused(*wish("城市统计"), as_="wang")
    check("withdrawn" in r.text, r.text)


def test_only_those_who_may_give_a_mandate_give_it(net):
    """DS-23, DS-25"""
    t, i = net.nodes["transport"], net.nodes["insurer"]
    given = ["--purpose", "x", "--max-level", "1", "--until", workflow.in_days(30)]
    for node, account, kind in ((t, "wang", "publish"), (t, "li", "apply"), (i, "chen", "apply"), (i, "zhou", "publish")):
        r = node.refused("mandate", kind, *given, as_=account)
        check(r.reason == "permission", f"{account} gave a mandate to {kind}: {r.reason}")


def test_a_mandate_states_purpose_and_scope(net):
    """DS-84"""
    t = net.nodes["transport"]
    r = t.refused("mandate", "publish", "--purpose", "x", "--until", workflow.in_days(30), as_="li")
    check("scope" in r.text, r.text)
    r = t.refused("mandate", "publish", "--max-level", "1", "--until", workflow.in_days(30), as_="li")
    check("purpose" in r.text, r.text)
    r = t.refused("mandate", "publish", "--max-level", "1", "--purpose", "x", as_="li")
    check("until" in r.text, r.text)


def test_an_application_without_a_record_or_outside_its_scope_is_denied(net):
    """DS-25"""
    i = net.nodes["insurer"]
    i.hufu("system", "add", "statistics", "--business", "统计", as_="admin")
    wait_until(lambda: sees(i, "chen", net.flights), "the entry")
    args = ["apply", net.flights, "--reason", "核对航班延误理赔事宜", "--until", workflow.in_days(30)]
    for row in i.hufu("mandate", "list", as_="chen")["mandates"]:
        i.hufu("mandate", "end", row["mandate"], "--apply", "--reason", "重新授权", as_="zhou")
    r = i.refused(*args, "--system", "claims", "--purpose", "claims-assessment", as_="chen")
    check(r.reason == "no-mandate" and "hufu mandate apply" in r.text, f"{r.reason}: {r.text}")
    i.mandate("zhou", "apply", ["claims-assessment"], "--system", "claims", "--max-level", "1")
    r = i.refused(*args, "--system", "statistics", "--purpose", "claims-assessment", as_="chen")
    check(r.reason == "no-mandate", f"another system: {r.reason}: {r.text}")
    r = i.refused(*args, "--system", "claims", "--purpose", "route-planning", as_="chen")
    check(r.reason == "no-mandate", f"another purpose: {r.reason}: {r.text}")
    i.hufu(*args, "--system", "claims", "--purpose", "claims-assessment", as_="chen")


def fetch(net, entry, file):
    return ["fetch", entry, "--system", "claims", "--purpose", "claims-assessment", "--output", f"{net.dir}/{file}"]


def test_withdrawn_consent_stops_the_next_use_and_is_named(net):
    """SB-5, SB-6"""
    t, i = net.nodes["transport"], net.nodes["insurer"]
    consent = t.hufu("consent", "add", "--basis", "consent", "--subject", "案卷 118", "--purpose", "claims-assessment", "--until",
                     workflow.in_days(60), as_="zhao")["consent"]
    personal = ["--personal"]
    try:
        publish(net, "flights", title="旅客", extra=personal)
        check(False, "personal data was published without a basis")
    except hufunet.Refused as r:
        check("legal basis" in r.text, r.text)
    entry = publish(net, "flights", title="旅客", extra=[*personal, "--consent", consent])
    app = workflow.apply(i, "chen", entry, system="claims", reason="核对航班延误理赔事宜", purpose="claims-assessment", days=30)
    workflow.confirm(i, "zhou", app)
    workflow.comply(net.nodes["manager"], "zheng", app)
    wait_until(lambda: workflow.application(t, "li", app), "the application to reach the provider")
    t.hufu("review", app, "--privacy", "--necessity", "ok", "--compliance", "ok", as_="zhao")
    t.hufu("decide", app, "T", as_="li")
    workflow.wait_state(i, "chen", app, "FINALIZED")
    workflow.wait_state(t, "li", app, "FINALIZED")
    i.hufu(*fetch(net, entry, "first.csv"), as_="chen")
    t.hufu("consent", "withdraw", consent, "--reason", "本人撤回", as_="zhao")
    r = i.refused(*fetch(net, entry, "second.csv"), as_="chen")
    check(consent in r.text and "withdrawn" in r.text, f"the denial names the record: {r.reason}: {r.text}")


def large(net):
    """A source that takes a while to deliver; once for this network."""
    t = net.nodes["transport"]
    if not hasattr(net, "large"):
        net.large = f"{net.dir}/tolls.csv"
        workflow.tolls(net, net.large, 512 << 20, 7)
        register(net, "tolls", net.large)
        t.hufu("source", "scan", "tolls", as_="wang")
    return net.large


def under_way(net, entry, file):
    """A fetch of it that has begun to arrive, and goes on: the transfer."""
    i = net.nodes["insurer"]
    id = i.hufu(*fetch(net, entry, file), "--detach", as_="chen")["transfer"]
    wait_until(lambda: workflow.transfer(i, "chen", id)["bytes_done"] > 0, "the first chunk", 30, 0.01)
    return id


def ended_alike(net, id, reason, named, file):
    """Both sides end with the same reason, which names the record, and nothing of the file is left."""
    i, t = net.nodes["insurer"], net.nodes["transport"]
    got = workflow.wait_transfer(i, "chen", id, "TERMINATED")
    check(got["reason"] == reason and named in got["text"], f"the consumer: {got}")
    other = wait_until(lambda: (x := workflow.transfer(t, "li", id))["state"] == "TERMINATED" and x, "the provider's side to end")
    check(other["reason"] == reason and named in other["text"], f"the provider: {other}")
    check(not os.path.exists(f"{net.dir}/{file}"), "no file came to be")


def test_withdrawn_consent_stops_the_delivery_under_way(net):
    """SB-2, SB-6: the next chunk is refused, by whatever grant the transfer began"""
    t, i = net.nodes["transport"], net.nodes["insurer"]
    large(net)
    consent = t.hufu("consent", "add", "--basis", "consent", "--subject", "案卷 119", "--purpose", "claims-assessment", "--until",
                     workflow.in_days(60), as_="zhao")["consent"]
    entry = publish(net, "tolls", title="通行人", extra=["--personal", "--consent", consent])
    app = workflow.apply(i, "chen", entry, system="claims", reason="核对航班延误理赔事宜", purpose="claims-assessment", days=30)
    workflow.confirm(i, "zhou", app)
    workflow.comply(net.nodes["manager"], "zheng", app)
    wait_until(lambda: workflow.application(t, "li", app), "the application to reach the provider")
    t.hufu("review", app, "--privacy", "--necessity", "ok", "--compliance", "ok", as_="zhao")
    t.hufu("decide", app, "T", as_="li")
    workflow.wait_state(i, "chen", app, "FINALIZED")
    workflow.wait_state(t, "li", app, "FINALIZED")
    id = under_way(net, entry, "half.csv")
    t.hufu("consent", "withdraw", consent, "--reason", "本人撤回", as_="zhao")
    ended_alike(net, id, "consent-ended", consent, "half.csv")


def test_withdrawn_leave_to_publish_stops_the_delivery_under_way(net):
    """SB-2, DS-24"""
    t = net.nodes["transport"]
    large(net)
    for row in t.hufu("mandate", "list", as_="li")["mandates"]:
        if row["state"] == "active":
            t.hufu("mandate", "end", row["mandate"], "--reason", "重新授权", as_="he")
    mandate = t.mandate("li", "publish", ["数据共享"], "--max-level", "3")
    entry = publish(net, "tolls", title="通行记录")
    agreement(net, entry)
    id = under_way(net, entry, "part.csv")
    t.hufu("mandate", "end", mandate, "--reason", "计划取消", as_="he")
    ended_alike(net, id, "no-mandate", mandate, "part.csv")

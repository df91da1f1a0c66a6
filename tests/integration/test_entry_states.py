"""A policy that demands how firm the record is before a grant or a transfer takes effect, on real nodes."""
import concurrent.futures
import os
import re

import test_authzen
from common import *
from test_rulebook import POLICY, RULE


def network(net):
    trio(net, 39, before_start=lambda: test_authzen.open_gateway(net))
    register(net, "flights", FLIGHTS)
    net.plain = publish(net, "flights")
    net.firm = publish(net, "flights", title="见证后生效的条目", extra=["--record", "witnessed"])
    net.held = publish(net, "flights", title="镜像后生效的条目", extra=["--record", "mirrored"])
    for entry in (net.plain, net.firm, net.held):
        setattr(net, "app_" + entry, agreement(net, entry))


def fetch(net, entry, name, detach=False):
    out = os.path.join(net.dir, name)
    more = ["--detach"] if detach else []
    return out, net.nodes["insurer"].hufu("fetch", entry, "--system", "claims", "--output", out, *more, as_="chen")["transfer"]


def decisions(net, transfer):
    """Entries of the provider about that transfer."""
    rows = net.nodes["transport"].hufu("ledger", "tail", "--count", "60", as_="sun")["entries"]
    return [r["index"] for r in rows if r["event"] == "access-decision" and r["fields"].get("object") == transfer]


def witnessed(net):
    return net.nodes["transport"].hufu("ledger", "state", as_="sun")["witnessed"]


def state(net, transfer):
    return net.nodes["insurer"].hufu("transfers", "show", transfer, as_="chen")["state"]


def waits(net, node="transport", who="exchange"):
    """How often that node put a request off."""
    _, text = net.nodes[node].api("GET", "/metrics", None)
    m = re.search(rf"^hufu_{who}_record_waits_total ([0-9.]+)$", text, re.M)
    return float(m.group(1)) if m else 0.0


def put_off(net, times=2, node="transport"):
    """A request was put off, so often from now on."""
    before = waits(net, node)
    wait_until(lambda: waits(net, node) >= before + times, "the request to be made again")


def settled(net):
    """All that the provider has recorded is witnessed."""
    t = net.nodes["transport"]

    def all_of_it():
        s = t.hufu("ledger", "state", as_="sun")
        return s["witnessed"] + 3 >= s["durable"]  # looking at it is recorded, too

    wait_until(all_of_it, "the provider's ledger to be witnessed")


def test_a_policy_that_asks_for_nothing_waits_for_no_witness(net):
    """SB-58: a witness that is down never stops local work"""
    with net.nodes["overseas"].paused():  # all three others are the quorum
        out, id = fetch(net, net.plain, "plain.csv")
        check(same_file(out, FLIGHTS), "delivered while nothing could be witnessed")
        check(decisions(net, id)[0] >= witnessed(net), "its record was not witnessed then")


def test_a_transfer_begins_only_when_its_record_is_witnessed(net):
    """SB-58, DS-48: the entry about the decision is cosigned by the quorum before the first byte leaves"""
    t = net.nodes["transport"]
    settled(net)
    with net.nodes["overseas"].paused():
        out, id = fetch(net, net.firm, "firm.csv", detach=True)
        index = wait_until(lambda: decisions(net, id), "the decision to be recorded")[0]
        put_off(net)
        check(state(net, id) == "REQUESTED" and index >= witnessed(net), "it has not begun")
        check(workflow.transfer(t, "li", id)["served"] == 0, "not a chunk has left")
    workflow.wait_transfer(net.nodes["insurer"], "chen", id, "COMPLETED")
    check(same_file(out, FLIGHTS), "it went on by itself")
    check(len(decisions(net, id)) == 1, "and was decided once")


def test_a_provider_that_starts_again_still_waits(net):
    """SB-58: the demand survives a restart"""
    t = net.nodes["transport"]
    settled(net)
    with net.nodes["overseas"].paused():
        out, id = fetch(net, net.firm, "again.csv", detach=True)
        wait_until(lambda: decisions(net, id), "the decision to be recorded")
        put_off(net, 1)
        t.kill()
        t.start()
        for account in ("wang", "li", "zhao", "sun", "admin"):
            t.login(account)
        put_off(net)
        check(state(net, id) == "REQUESTED" and workflow.transfer(t, "li", id)["served"] == 0, "nothing has left")
    workflow.wait_transfer(net.nodes["insurer"], "chen", id, "COMPLETED")
    check(same_file(out, FLIGHTS) and len(decisions(net, id)) == 1, "delivered after one decision")


def test_a_grant_has_no_effect_before_its_record_is_witnessed(net):
    """SB-58, AZ-1: nothing is decided, so nothing is recorded as a denial"""
    t = net.nodes["transport"]
    with net.nodes["overseas"].paused():
        app = agreement(net, net.firm, reason="另一次核对航班延误理赔")
        grant = workflow.grant_of(net.nodes["insurer"], "chen", app)
        alarms = len(t.hufu("alarms", as_="admin")["alarms"])
        out = os.path.join(net.dir, "grant.csv")
        id = net.nodes["insurer"].hufu("fetch", "--grant", grant, "--output", out, "--detach", as_="chen")["transfer"]
        put_off(net)
        check(state(net, id) == "REQUESTED" and not decisions(net, id), "the grant is not in effect")
        check(len(t.hufu("alarms", as_="admin")["alarms"]) == alarms, "and that is no attempt at anything")
    workflow.wait_transfer(net.nodes["insurer"], "chen", id, "COMPLETED")
    check(same_file(out, FLIGHTS), "it came into effect")


def test_a_policy_may_ask_that_a_mirror_holds_the_record(net):
    out, id = fetch(net, net.held, "held.csv")
    s = net.nodes["transport"].hufu("ledger", "state", as_="sun")
    check(same_file(out, FLIGHTS) and decisions(net, id)[0] < min(s["mirrored"], s["witnessed"]), f"{s}")


def test_a_later_version_that_asks_for_more_holds_for_what_was_agreed_before(net):
    t = net.nodes["transport"]
    t.hufu("catalog", "publish", "--entry", net.plain, "--record", "witnessed", "--purpose", "数据共享", as_="wang")
    policy = t.hufu("catalog", "show", net.plain, as_="wang")["policy"]
    check([r["action"] for r in policy if r["kind"] == "duty"] == ["record-witnessed"], f"{policy}")
    t.hufu("catalog", "publish", "--entry", net.plain, "--title", "改了标题", "--purpose", "数据共享", as_="wang")
    policy = t.hufu("catalog", "show", net.plain, as_="wang")["policy"]
    check([r["action"] for r in policy if r["kind"] == "duty"] == ["record-witnessed"], f"an update keeps it: {policy}")
    settled(net)
    with net.nodes["overseas"].paused():
        _, id = fetch(net, net.plain, "later.csv", detach=True)
        put_off(net)
        check(state(net, id) == "REQUESTED", "it waits now, too")
    workflow.wait_transfer(net.nodes["insurer"], "chen", id, "COMPLETED")
    r = t.refused("catalog", "publish", "--entry", net.plain, "--record", "notarized", "--purpose", "数据共享", as_="wang")
    check(r.reason == "argument" and "durable, witnessed, mirrored" in r.text, r.text)


def restarted(net, node, accounts):
    n = net.nodes[node]
    n.kill()
    n.start()
    for account in accounts:
        n.login(account)
    return n


def test_a_provider_begins_no_exchange_before_its_witnesses_have_answered(net):
    """SB-58: it may be an old copy of itself, in which what was revoked since is still granted"""
    entry = publish(net, "flights", title="重启后的交换")
    agreement(net, entry)
    with net.nodes["overseas"].paused():
        t = restarted(net, "transport", ("wang", "li", "zhao", "sun", "admin"))
        durable = t.hufu("ledger", "state", as_="sun")["durable"]
        out, id = fetch(net, entry, "restarted.csv", detach=True)
        put_off(net)
        s = t.hufu("ledger", "state", as_="sun")
        check(state(net, id) == "REQUESTED" and not decisions(net, id), "nothing was decided")
        check(s["durable"] > durable and s["signed"] < s["durable"], f"it records, and signs nothing: {s}")
    workflow.wait_transfer(net.nodes["insurer"], "chen", id, "COMPLETED")
    check(same_file(out, FLIGHTS), "it went on by itself")


def test_a_consumer_begins_no_exchange_before_its_witnesses_have_answered(net):
    """SB-58"""
    entry = publish(net, "flights", title="消费方重启后的交换")
    agreement(net, entry)
    with net.nodes["overseas"].paused():
        i = restarted(net, "insurer", ("chen", "zhou", "wu", "admin"))
        out, id = fetch(net, entry, "asked-later.csv", detach=True)
        put_off(net, node="insurer")
        check(state(net, id) == "REQUESTED" and not decisions(net, id), "the provider was not asked")
    workflow.wait_transfer(i, "chen", id, "COMPLETED")
    check(same_file(out, FLIGHTS), "it went on by itself")


def evaluation(net, entry):
    subject = {"type": "system", "id": "insurer/claims", "properties": {"address": f"{net.prefix}.39.2", "business": "理赔核算"}}
    return {"subject": subject, "action": {"name": "read"}, "resource": {"type": "dataset", "id": entry}, "context": {"purpose": "claims-assessment"}}


def ask(net, entry):
    """As the provider's own gateway: permitted, why not, and how far the provider's record was witnessed when the answer came."""
    status, out, _ = test_authzen.ask("/access/v1/evaluation", evaluation(net, entry))
    check(status == 200, f"{status}: {out}")
    return out["decision"], out["context"].get("reason"), net.nodes["transport"].hufu("ledger", "state", as_="sun")


def decide_by_rule(net, *entries):
    net.version = getattr(net, "version", 0) + 1
    path = os.path.join(net.dir, "policy.yaml")
    with open(path, "w", encoding="utf-8") as f:
        f.write(POLICY.format(version=net.version, rules="".join(RULE.format(entry=e).replace("id: claims", f"id: r{n}") for n, e in enumerate(entries)) or " []"))
    net.nodes["transport"].hufu("policy", "apply", path, as_="li")


def put_to_gateway(net, entry):
    """Its own record: one entry each time that it is decided anew."""
    rows = net.nodes["transport"].hufu("ledger", "tail", "--count", "60", as_="sun")["entries"]
    return [(r["index"], r["fields"]["outcome"]) for r in rows if r["event"] == "access-decision" and r["fields"].get("object") == entry and
            r["fields"].get("manner") == "authzen"]


def test_an_answer_to_a_gateway_waits_for_its_record_for_a_time_and_is_decided_anew(net):
    """AZ-73, SB-58"""
    net.gate = publish(net, "flights", title="网关按见证放行的条目", extra=["--record", "witnessed"])
    mirrored = publish(net, "flights", title="网关按镜像放行的条目", extra=["--record", "mirrored"])
    decide_by_rule(net, net.gate, mirrored)
    settled(net)
    for entry, how in ((net.gate, "witnessed"), (mirrored, "mirrored")):
        yes, why, state = ask(net, entry)
        check(yes and put_to_gateway(net, entry)[0][0] < state[how], f"{how}: {yes}, {why}, {state}")
    with concurrent.futures.ThreadPoolExecutor() as pool:
        before = waits(net, who="gateway")
        with net.nodes["overseas"].paused():
            waiting = pool.submit(ask, net, net.gate)
            wait_until(lambda: waits(net, who="gateway") > before, "the answer to wait")
            decide_by_rule(net, mirrored)
            check(not waiting.done(), "it has not gone out")
        yes, why, _ = waiting.result()
        check(not yes and why == "no-grant", f"what was taken away meanwhile is not permitted: {why}")
        settled(net)
        asked = len(put_to_gateway(net, mirrored))
        with net.nodes["overseas"].paused():
            yes, why, state = ask(net, mirrored)
        check(not yes and why == "busy", f"it waits no longer than a time: {why}")
        wait_until(lambda: len(put_to_gateway(net, mirrored)) == asked + 2, "that to be on record: entries of answers are stored soon after them, many at once")
        rows = put_to_gateway(net, mirrored)
        check(rows[0][1] != "ok" and rows[1][1] == "ok" and rows[1][0] >= state["witnessed"], f"its record was not witnessed: {rows}, {state}")
    wait_until(lambda: ask(net, mirrored)[0], "it to be permitted again")


def test_a_node_stops_while_answers_to_gateways_wait_and_one_asker_has_gone(net):
    t = net.nodes["transport"]
    before = waits(net, who="gateway")
    with concurrent.futures.ThreadPoolExecutor() as pool, net.nodes["overseas"].paused():
        entry = publish(net, "flights", title="停机时等待的条目", extra=["--record", "witnessed"])
        decide_by_rule(net, entry)
        gone, stays = (test_authzen.begin(evaluation(net, entry)) for _ in range(2))
        wait_until(lambda: waits(net, who="gateway") == before + 2, "the answers to wait")
        gone.close()
        waiting = pool.submit(stays.getresponse)
        check(t.stop() == 0, "it stops as ever")
        check(isinstance(waiting.exception(), OSError), f"nobody is permitted anything by that: {waiting.exception()}")

"""SIGKILL at every step of a negotiation and of a transfer: both sides converge and nothing acknowledged is lost."""
import os
import random

from common import *

ACCOUNTS = {"transport": ("wang", "li", "zhao", "sun", "admin"), "insurer": ("chen", "zhou", "wu", "admin"), "manager": ("zheng", "feng", "admin")}


def network(net):
    trio(net, 30)  # with the fourth node: a checkpoint needs three witnesses other than its author
    register(net, "flights", FLIGHTS)
    net.flights = publish(net, "flights")
    wait_until(lambda: sees(net.nodes["insurer"], "chen", net.flights), "the entry")


def crash(node, accounts=None):
    node.kill()
    node.start()
    for a in accounts or ACCOUNTS[node.id]:
        node.login(a)


def steps(net):
    """Each step: who acts, what he does, and the state that must stand afterwards at the one who acted."""
    t, i, m = net.nodes["transport"], net.nodes["insurer"], net.nodes["manager"]
    return [
        ("draft", i, lambda s: s.update(app=workflow.apply(i, "chen", net.flights, system="claims", reason="核对航班延误理赔事宜",
                                                              purpose="claims-assessment", days=90))),
        ("need", i, lambda s: workflow.confirm(i, "zhou", s["app"])),
        ("compliance", m, lambda s: workflow.comply(m, "zheng", s["app"])),
        ("decide", t, lambda s: (workflow.wait_state(t, "li", s["app"], "RECEIVED"), t.hufu("decide", s["app"], "T", as_="li"))),
    ]


def test_a_kill_right_after_each_acknowledged_step_loses_nothing(net):
    t, i = net.nodes["transport"], net.nodes["insurer"]
    for k in range(4):
        s = {}
        for n, (name, node, act) in enumerate(steps(net)):
            act(s)
            if n == k:
                crash(node)
        a = workflow.wait_state(i, "chen", s["app"], "FINALIZED")
        b = workflow.wait_state(t, "li", s["app"], "FINALIZED")
        check(a["transaction"] == b["transaction"], "one transaction")
        check(workflow.grant_state(i, "chen", s["app"]) == workflow.grant_state(t, "li", s["app"]) == "active", f"killed after step {k}")


def test_a_kill_of_the_receiver_before_each_step_delays_but_does_not_lose(net):
    t, i, m = net.nodes["transport"], net.nodes["insurer"], net.nodes["manager"]
    receivers = [m, m, t, i]
    for k in range(4):
        s = {}
        for n, (name, node, act) in enumerate(steps(net)):
            if n == k and receivers[n] is not node:
                receivers[n].kill()
            act(s)
            if n == k and receivers[n] is not node:
                receivers[n].start()
                for a in ACCOUNTS[receivers[n].id]:
                    receivers[n].login(a)
        workflow.wait_state(i, "chen", s["app"], "FINALIZED")
        workflow.wait_state(t, "li", s["app"], "FINALIZED")


def test_random_kills_during_a_transfer_end_in_the_same_bytes(net):
    """DS-71, DS-70"""
    t, i = net.nodes["transport"], net.nodes["insurer"]
    seed = int(os.environ.get("HUFU_SEED", "1"))
    draw, rounds = random.Random(seed), 12 if net.full else 3
    source = os.path.join(net.dir, "big.csv")
    workflow.tolls(net, source, 128 << 20, seed)
    register(net, "big", source)
    entry = publish(net, "big", title="大表", data_class="transport/toll")
    agreement(net, entry)
    out = os.path.join(net.dir, "big-out.csv")
    id = i.hufu("fetch", entry, "--system", "claims", "--output", out, "--detach", as_="chen")["transfer"]
    for _ in range(rounds):
        v = i.hufu("transfers", "show", id, as_="chen")
        if v["state"] == "COMPLETED":
            break
        goal = v["bytes_done"] + draw.randrange(0, 24 << 20)
        wait_until(lambda: (lambda w: w["bytes_done"] >= goal or w["state"] == "COMPLETED")(i.hufu("transfers", "show", id, as_="chen")),
                   f"the transfer to go on (seed {seed})", 60, 0.002)
        victim = draw.choice([t, i])
        crash(victim)
    i.hufu("transfers", "wait", id, as_="chen", limit_s=200)
    check(same_file(out, source), f"the same bytes (seed {seed})")
    p = workflow.wait_transfer(t, "li", id, "COMPLETED")
    check(p["served_after_acknowledgement"] == 0 and p["receipt"], f"{p}")
    for n in (t, i):
        status = n.hufu("ledger", "verify", as_="sun" if n is t else "wu")
        check(status.get("verified", True), f"the ledger of {n.id} is whole")


def test_a_kill_when_the_file_gets_its_name_ends_in_one_delivery(net):
    """DS-70: between the renaming and its record"""
    i = net.nodes["insurer"]
    agreement(net, net.flights)
    for n in range(8 if net.full else 3):
        out = os.path.join(net.dir, f"named-{n}.csv")
        id = i.hufu("fetch", net.flights, "--system", "claims", "--output", out, "--detach", as_="chen")["transfer"]
        wait_until(lambda: os.path.exists(out), "the file to get its name", 30, 0)
        crash(i)
        got = i.hufu("transfers", "wait", id, as_="chen")
        check(same_file(out, FLIGHTS) and got["quality"] == "met" and got["receipt"], f"{got}")
        check(os.listdir(net.dir).count(os.path.basename(out)) == 1 and not partial_files(net), "one file and nothing else")
        workflow.wait_transfer(net.nodes["transport"], "li", id, "COMPLETED")


def partial_files(net):
    return [n for n in os.listdir(net.dir) if n.endswith(".part")]


def test_a_partial_file_that_lost_bytes_is_not_delivered(net):
    """DS-56: what the receipt says is what lies on the disk"""
    t, i = net.nodes["transport"], net.nodes["insurer"]
    source, out = os.path.join(net.dir, "lost.csv"), os.path.join(net.dir, "lost-out.csv")
    workflow.tolls(net, source, 128 << 20, 11)
    register(net, "lost", source)
    entry = publish(net, "lost", title="丢失的部分文件", data_class="transport/toll")
    agreement(net, entry)
    id = i.hufu("fetch", entry, "--system", "claims", "--output", out, "--detach", as_="chen")["transfer"]
    workflow.wait_durable(i, "chen", id)
    i.kill()
    parts = partial_files(net)
    check(len(parts) == 1, f"the kill came under way: {parts}")
    os.unlink(os.path.join(net.dir, parts[0]))
    i.start()
    for a in ACCOUNTS["insurer"]:
        i.login(a)
    ended = workflow.wait_transfer(i, "chen", id, "TERMINATED")
    check(ended["reason"] == "digest" and "lost bytes" in ended["text"], f"{ended}")
    check(not os.path.exists(out) and not partial_files(net), "nothing is delivered and nothing is left")
    check(workflow.wait_transfer(t, "li", id, "TERMINATED")["reason"] == "digest", "the provider knows the same reason")


def test_ledger_state_and_mail_agree_after_all_that(net):
    """SB-58 (own ledger after crashes)"""
    for id, auditor in (("transport", "sun"), ("insurer", "wu"), ("manager", "feng")):
        n = net.nodes[id]
        wait_until(lambda n=n: all(p["outbox"] == 0 for p in n.hufu("peers", as_="admin")["peers"] if p["up"]), f"{id}'s mail to be delivered")
        check(all(p["parked"] == 0 for p in n.hufu("peers", as_="admin")["peers"]), f"{id} has no refused mail")
        folder = os.path.join(net.dir, "export-" + id)
        wait_until(lambda n=n, a=auditor, f=folder: workflow.export(n, a, f), "a witnessed checkpoint", 60, 0.2)
        status, text = net.verify("ledger", folder, "--root-key", net.authority.root_key)
        check(status == 0, f"{id}: {text}")

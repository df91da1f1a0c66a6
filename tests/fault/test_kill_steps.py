"""SIGKILL of each process at each step of a negotiation and of a transfer: both sides converge, what was acknowledged stands, and
ledger, state and mail agree afterwards. CI takes a sample drawn from the seed; --full takes every case.

A case is a step and a victim. The victim dies as soon as the step can be seen from outside (asked of the node itself, without a
pause), plus a moment drawn from the seed, so that repeated runs end at other instructions."""
import os
import random
import threading
import time

from common import *

ACCOUNTS = {"transport": ("li", "sun", "admin"), "insurer": ("chen", "zhou", "wu", "admin"), "manager": ("zheng", "feng", "admin")}
AUDITOR = {"transport": "sun", "insurer": "wu", "manager": "feng"}
SAMPLE = 4
MOMENT_S = 0.02
ONCE = {  # what each side's ledger holds once of a delivered transfer, whatever died
    "transport": ("access-decision", "transfer-start", "transfer-sent", "transfer-closed"),
    "insurer": ("transfer-request", "transfer-start", "transfer-received", "receipt"),
}


def network(net):
    trio(net, 34)
    net.seed = int(os.environ.get("HUFU_SEED", "1"))
    register(net, "flights", FLIGHTS)
    net.flights = publish(net, "flights")
    net.source = os.path.join(net.dir, "tolls.csv")
    workflow.tolls(net, net.source, 72 << 20, net.seed)
    register(net, "tolls", net.source)
    net.tolls = publish(net, "tolls", title="通行记录", data_class="transport/toll")
    agreement(net, net.tolls)


def cases_of(net, cases, salt):
    """All with --full, else a sample; the order is drawn too."""
    draw = random.Random(net.seed * 1000 + salt)
    chosen = list(cases)
    draw.shuffle(chosen)
    return (chosen if net.full else chosen[:SAMPLE]), draw


def later(moment_s):
    """Moves the kill to another instruction."""
    at = time.monotonic() + moment_s
    wait_until(lambda: time.monotonic() >= at, "the moment", 5, 0)


def crash(node, moment_s=0.0):
    later(moment_s)
    node.kill()
    node.start()
    for a in ACCOUNTS[node.id]:
        node.login(a)


def shown(node, account, path):
    """Asked of the node itself: a command takes longer than most steps. None while it is unknown there."""
    status, answer = node.api("GET", path, None, as_=account, check_status=False)
    return answer if status == 200 else None


def state_of(node, account, app):
    a = shown(node, account, "/v1/applications/show?application=" + app)
    return a["state"] if a else None


# Negotiation

def file(net, s):
    s["app"] = workflow.apply(net.nodes["insurer"], "chen", net.flights, system="claims", reason="核对航班延误理赔事宜", purpose="claims-assessment", days=90)


def need(net, s):
    workflow.confirm(net.nodes["insurer"], "zhou", s["app"])


def intake(net, s):
    workflow.comply(net.nodes["manager"], "zheng", s["app"])


def decide(net, s):
    workflow.wait_state(net.nodes["transport"], "li", s["app"], "RECEIVED")
    net.nodes["transport"].hufu("decide", s["app"], "T", as_="li")


def seen(node, account, *states):
    return lambda net, s: wait_until(lambda: state_of(net.nodes[node], account, s["app"]) in states, f"{node} to be at {states}", 30, 0)


def at_once(net, s):
    pass


# name, the command that begins it (None: goes on by itself), what is seen of it
NEGOTIATION = [
    ("filed", file, at_once),
    ("need confirmed", need, at_once),
    ("taken in", None, seen("manager", "zheng", "RECEIVED", "FORWARDED")),
    ("compliance", intake, at_once),
    ("at the provider", None, seen("transport", "li", "RECEIVED")),
    ("decided", decide, at_once),
    ("agreement at the consumer", None, seen("insurer", "chen", "AGREED", "VERIFIED", "FINALIZED")),
    ("agreement signed by both", None, seen("transport", "li", "FINALIZED")),
    ("finalized", None, seen("insurer", "chen", "FINALIZED")),
]


def test_a_kill_at_each_step_of_a_negotiation_ends_in_one_agreement(net):
    """SB-58 (own ledger after crashes)"""
    t, i = net.nodes["transport"], net.nodes["insurer"]
    cases, draw = cases_of(net, [(step[0], v) for step in NEGOTIATION for v in ("insurer", "manager", "transport")], 1)
    for at, victim in cases:
        s = {}
        for name, command, visible in NEGOTIATION:
            if command:
                command(net, s)
            visible(net, s)
            if name == at:
                crash(net.nodes[victim], draw.uniform(0, MOMENT_S))
        a = workflow.wait_state(i, "chen", s["app"], "FINALIZED")
        b = workflow.wait_state(t, "li", s["app"], "FINALIZED")
        what = f"{victim} killed at '{at}' (seed {net.seed})"
        check(a["transaction"] == b["transaction"], f"{what}: one transaction")
        check(workflow.grant_state(i, "chen", s["app"]) == workflow.grant_state(t, "li", s["app"]) == "active", f"{what}: active at both")
        check(workflow.grant_of(i, "chen", s["app"]) == workflow.grant_of(t, "li", s["app"]), f"{what}: one grant")
        for n in (t, i):
            check(own_events(n, a["transaction"]).count("finalized") == 1, f"{what}: finalized once in the ledger of {n.id}")


def own_events(node, transaction):
    return [r["event"] for r in entries_of(node, AUDITOR[node.id], transaction) if r["ledger"] == node.id]


def test_a_kill_in_the_middle_of_a_command_leaves_all_of_it_or_nothing(net):
    """What was answered stands; what was not can be said again, and there is one result."""
    t, i, m = net.nodes["transport"], net.nodes["insurer"], net.nodes["manager"]
    commands = [(file, i, "chen", "DRAFT"), (need, i, "zhou", "SUBMITTED"), (intake, m, "zheng", "FORWARDED"), (decide, t, "li", "FINALIZED")]
    cases, draw = cases_of(net, range(len(commands)), 2)
    for k in cases:
        s = {}
        for n, (command, node, account, after) in enumerate(commands):
            if n == k:
                struck(net, s, command, node, draw)
            done = s.get("app") and state_of(node, account, s["app"])
            if n != k or not s.get("app") or not came_to_pass(done, after):
                command(net, s)
        a = workflow.wait_state(i, "chen", s["app"], "FINALIZED")
        workflow.wait_state(t, "li", s["app"], "FINALIZED")
        for n in (t, i):
            check(own_events(n, a["transaction"]).count("finalized") == 1, f"finalized once in the ledger of {n.id} (seed {net.seed})")


def came_to_pass(state, after):
    later = {"DRAFT": ("DRAFT",), "SUBMITTED": ("SUBMITTED",), "FORWARDED": ("FORWARDED",), "FINALIZED": ("AGREED", "VERIFIED", "FINALIZED")}
    return state in later[after]


def struck(net, s, command, node, draw):
    """Runs the command and kills its node meanwhile; an answer that came is kept to."""
    answered = []

    def run():
        try:
            command(net, s)
            answered.append(True)
        except (hufunet.Refused, hufunet.Failed, OSError):
            pass

    worker = threading.Thread(target=run)
    worker.start()
    later(draw.uniform(0, 0.1))
    node.kill()
    worker.join()
    node.start()
    for a in ACCOUNTS[node.id]:
        node.login(a)
    if answered and command is not file:
        account = {"insurer": "chen", "manager": "zheng", "transport": "li"}[node.id]
        check(state_of(node, account, s["app"]) not in (None, "DRAFT" if command is need else "RECEIVED"), "what was answered stands")


# Transfer

def view(net, node, account, id):
    return shown(net.nodes[node], account, "/v1/transfers/show?transfer=" + id) or {"state": "", "bytes_done": 0, "acknowledged": 0}


def in_state(node, account, *states):
    return lambda net, id, out: view(net, node, account, id)["state"] in states


TRANSFER = [
    ("requested", lambda net, id, out: True),
    ("decided", in_state("transport", "li", "STARTED", "COMPLETED")),
    ("started", in_state("insurer", "chen", "STARTED", "COMPLETED")),
    ("first chunks", lambda net, id, out: partial_bytes(out, id) > 0 or os.path.exists(out)),
    ("chunks durable", lambda net, id, out: view(net, "insurer", "chen", id)["bytes_done"] > 0),
    ("all chunks", lambda net, id, out: partial_bytes(out, id) >= 71 << 20 or os.path.exists(out)),
    ("named", lambda net, id, out: os.path.exists(out)),
    ("receipt signed", in_state("insurer", "chen", "COMPLETED")),
    ("closed", in_state("transport", "li", "COMPLETED")),
]


def partial_bytes(out, id):
    try:
        return os.stat(f"{out}.{id}.part").st_size
    except OSError:
        return 0


def test_a_kill_at_each_step_of_a_transfer_ends_in_one_delivery(net):
    """DS-70, DS-71"""
    t, i = net.nodes["transport"], net.nodes["insurer"]
    cases, draw = cases_of(net, [(step[0], v) for step in TRANSFER for v in ("insurer", "transport")], 3)
    for n, (at, victim) in enumerate(cases):
        out, what = os.path.join(net.dir, f"killed-{n}.csv"), f"{victim} killed at '{at}' (seed {net.seed})"
        id = i.hufu("fetch", net.tolls, "--system", "claims", "--output", out, "--detach", as_="chen")["transfer"]
        visible = dict(TRANSFER)[at]
        wait_until(lambda: visible(net, id, out), f"the step '{at}'", 60, 0)
        acknowledged = view(net, "insurer", "chen", id)["bytes_done"]
        crash(net.nodes[victim], draw.uniform(0, MOMENT_S))
        check(view(net, "insurer", "chen", id)["bytes_done"] >= acknowledged, f"{what}: what was shown as done is done")
        c = workflow.wait_transfer(i, "chen", id, "COMPLETED")
        p = workflow.wait_transfer(t, "li", id, "COMPLETED")
        delivered_once(net, what, id, out, c, p)
        os.unlink(out)


def delivered_once(net, what, id, out, c, p):
    check(same_file(out, net.source), f"{what}: the same bytes")
    check(c["receipt"] and p["receipt"] and c["root"] == p["root"] and c["quality"] == "met", f"{what}: {c} {p}")
    check(p["served_after_acknowledgement"] == 0, f"{what}: nothing acknowledged is served again: {p}")
    check([n for n in os.listdir(net.dir) if n.startswith(os.path.basename(out))] == [os.path.basename(out)], f"{what}: one file")
    for node, once in ONCE.items():
        events = own_events(net.nodes[node], id)
        check([events.count(e) for e in once] == [1] * len(once), f"{what}: each once in the ledger of {node}: {events}")
        check("transfer-terminated" not in events, f"{what}: {events}")


def test_ledger_state_and_mail_agree_after_all_that(net):
    for id, auditor in AUDITOR.items():
        n = net.nodes[id]
        wait_until(lambda n=n: all(p["outbox"] == 0 for p in n.hufu("peers", as_="admin")["peers"] if p["up"]), f"{id}'s mail to be delivered")
        check(all(p["parked"] == 0 for p in n.hufu("peers", as_="admin")["peers"]), f"{id} has no refused mail")
        folder = os.path.join(net.dir, "export-" + id)
        wait_until(lambda n=n, a=auditor, f=folder: workflow.export(n, a, f), "a witnessed checkpoint", 60, 0.2)
        status, text = net.verify("ledger", folder, "--root-key", net.authority.root_key)
        check(status == 0, f"{id}: {text}")

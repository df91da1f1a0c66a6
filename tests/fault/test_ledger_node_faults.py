"""The same faults under the released node: an operator's commands, a failing disk or a kill at one system call, a start without it."""
import os
import subprocess

from common import *
from ledger_crash import KINDS, need_strace, seed_of

ROUNDS, ROUNDS_FULL, COMMANDS = 4, 90, 6
TARGETS = [("state/data.mdb", "pwrite64", 120), ("state/data.mdb", "writev", 40), ("state/data.mdb", "fdatasync", 40),
           ("ledger/last-signed", "pwrite64", 8), ("ledger/last-signed", "fdatasync", 8), ("ledger/slots-own", "pwrite64", 14),
           ("ledger/slots-own", "fdatasync", 14), ("ledger/slots-copies", "fdatasync", 2), ("ledger", "fsync", 3)]


def network(net):
    need_strace()
    trio(net, 33)
    net.known, net.number = set(), 0


def traced(node, target, call, kind, n, log):
    """Starts the node with one fault ahead; None when it refuses, with its sentence in the log."""
    node.inside = ["strace", "-D", "-f", "-o", log, "-P", os.path.join(node.dir, target), "-e", f"trace={call}",
                   "-e", f"inject={call}:{kind}:when={n}"]
    try:
        node.start()
        return True
    except hufunet.Failed as why:
        check(node.process.wait(timeout=30) is not None, "it ended")
        if kind != "signal=KILL":
            check("; " in str(why), f"the refusal names a way out: {why}")
        node.process = None
        return False
    finally:
        node.inside = []


def commands(net, node):
    """What was acknowledged, and what was refused; stops when the node is gone."""
    done, refused = [], []
    try:
        node.login("admin")
        for _ in range(COMMANDS):
            net.number += 1
            name = f"s{net.number}"
            refused.append(name)
            node.hufu("system", "add", name, "--address", node.ip, "--business", "故障", as_="admin")
            done.append(refused.pop())
    except (hufunet.Refused, OSError, subprocess.TimeoutExpired):
        pass
    return done, refused


def end(node):
    """Whatever is left of the process; a node that cannot store may not end in time."""
    if node.process and node.process.poll() is None:
        node.kill()
    elif node.process:
        node.process.wait()
    node.process = None


def whole(net, node, done, maybe, what):
    """Started without a fault: everything acknowledged is there, the checks are clean, fields open, the quorum cosigns on."""
    node.start()
    for a in ("admin", "feng"):
        node.login(a)
    net.known |= set(done)
    names = {s["system"] for s in node.hufu("system", "list", as_="admin")["systems"]}
    check(net.known <= names <= net.known | set(maybe), f"{what}: lost {net.known - names}, unknown {names - net.known - set(maybe)}")
    net.known = names
    checked = node.hufu("ledger", "verify", as_="feng")
    check(checked.get("verified", True), f"{what}: {checked}")
    rows = node.hufu("ledger", "tail", "--count", "40", as_="feng")["entries"]
    closed = [r["index"] for r in rows if not r.get("event") or not r.get("actor")]
    check(len(rows) >= 20 and not closed, f"{what}: of {len(rows)} newest entries, private fields do not open at {closed}")


def test_a_fault_at_any_call_under_a_real_node(net):
    """SB-58, SB-59"""
    seed, draw = seed_of("node faults")
    m, log = net.nodes["manager"], os.path.join(net.dir, "node.strace")
    rounds, hit, refused = ROUNDS_FULL if net.full else ROUNDS, 0, 0
    m.login("feng")
    for n in range(rounds):
        m.stop()
        target, call, most = draw.choice(TARGETS)
        kind, when = draw.choice(KINDS), draw.randrange(1, most + 1)
        what = f"seed {seed}, round {n}: {kind} at {call} number {when} of {target}"
        if traced(m, target, call, kind, when, log):
            done, maybe = commands(net, m)
        else:
            done, maybe = [], []
            refused += 1
        end(m)
        with open(log, encoding="utf-8", errors="replace") as f:
            text = f.read()
        hit += "INJECTED" in text or "SIGKILL" in text
        whole(net, m, done, maybe, what)
    folder = os.path.join(net.dir, "export-manager")
    size = m.hufu("ledger", "state", as_="feng")["durable"]
    wait_until(lambda: (workflow.export(m, "feng", folder) or {}).get("size", 0) >= size, "the quorum to cosign all of it", 90, 0.2)
    status, text = net.verify("ledger", folder, "--root-key", net.authority.root_key)
    check(status == 0, text)
    alarms = [a for a in net.nodes["transport"].hufu("alarms", as_="admin")["alarms"] if "histor" in a["text"]]
    check(not alarms, f"no peer saw two histories: {alarms}")
    print(f"     {rounds} faults, {hit} met their call, {refused} starts refused (seed {seed})", flush=True)
    check(hit > 0, "a fault met its call")

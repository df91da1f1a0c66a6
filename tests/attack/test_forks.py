"""A member that shows different histories of its ledger to different witnesses: exposed at every honest node, with a proof for anyone."""
import os

from common import *


def network(net):
    trio(net, 37, overseas=False)  # its keys are in wrong hands from the first day
    for node in AUDITORS:  # until then a witness asks the others what it cosigned before, and would learn of the first history
        wait_until(lambda: cosigns(net.nodes[node]), f"{node} to cosign")


def cosigns(node):
    with open(node.log, encoding="utf-8") as f:
        return '"event":"cosigning"' in f.read()


def show(net, to, size, history):
    """The liar shows that witness a checkpoint of its log; the reason it is answered with."""
    program = os.environ.get("HUFU_LIAR", os.path.normpath(os.path.join(os.path.dirname(net.bin), "..", "dev", "bin", "hufu-liar")))
    check(os.path.exists(program), f"{program} is built (tests/run builds it)")
    w, o = net.nodes[to], net.nodes["overseas"]
    r = hufunet.run([program, o.dir, to, f"tcp://{w.ip}:{w.port}", "checkpoint", str(size), history], net.environment(), 60)
    return r.stdout.strip() + r.stderr.strip()


AUDITORS = {"transport": "sun", "insurer": "wu", "manager": "feng"}


def evidence(net, node, *args):
    return net.nodes[node].hufu("ledger", "evidence", *args, as_=AUDITORS[node])


def exposed(net, node):
    return [e for e in evidence(net, node)["logs"] if e["ledger"] == "overseas" and e["frozen"]]


def test_two_histories_are_exposed_at_every_honest_node_within_two_rounds(net):
    """SB-58, DS-102: two witnesses are shown two trees of one size; their next rounds of gossip (one a minute) expose it"""
    check(show(net, "insurer", 10, "one") == "ok", "the first witness takes what it is shown")
    check(show(net, "transport", 10, "two") == "ok", "and so does the second")
    check(not any(exposed(net, n) for n in AUDITORS), "nobody can know yet")
    for node in AUDITORS:
        wait_until(lambda: exposed(net, node), f"{node} to know of both histories", 125)
    check(show(net, "insurer", 10, "one") == "conflict", "neither history goes on")
    check(show(net, "transport", 10, "two") == "conflict", "nor does the other")
    for node in AUDITORS:
        kinds = [a["kind"] for a in net.nodes[node].hufu("alarms", as_="admin")["alarms"]]
        check(kinds.count("ledger-equivocation") == 1, f"{node} raised one alarm: {kinds}")
        finding = [f for f in net.nodes[node].hufu("doctor", as_="admin")["findings"] if f["check"] == "histories"][0]
        check(finding["state"] == "warn" and "overseas" in finding["text"], f"{finding}")


def test_an_outsider_verifies_the_evidence_with_the_root_key_alone(net):
    """SB-58: the file that any honest node writes; one changed byte is refused"""
    for node in AUDITORS:
        path = os.path.join(net.dir, f"{node}.evidence")
        evidence(net, node, "-o", path)
        status, text = net.verify("evidence", path, "--root-key", net.authority.root_key)
        check(status == 0 and "overseas signed two histories" in text, f"{text}")
    data = bytearray(open(path, "rb").read())
    data[-70] ^= 1
    with open(path + ".bent", "wb") as f:
        f.write(data)
    status, text = net.verify("evidence", path + ".bent", "--root-key", net.authority.root_key)
    check(status == 1, f"{text}")


def test_evidence_outlives_a_restart(net):
    m = net.nodes["manager"]
    m.stop()
    m.start()
    m.login("feng")
    check(exposed(net, "manager"), "the manager's node still knows")

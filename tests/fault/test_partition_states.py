"""A cut line between the consumer and the others at every state of a negotiation: each side goes on alone, and when the line is mended
both converge to the same state with the same reason, also when what they did meanwhile excludes each other (node/authz/states.c)."""
import negotiations as n
from common import *
from crashes import get, quiet
from line import Line

INSURER = 2  # its number in the network

WITHDRAWN, REJECTED, REFUSED = ("WITHDRAWN",) * 3, ("REJECTED",) * 3, ("COMPLIANCE_REFUSED",) * 2
# kind of entry, steps before the cut, what the consumer does alone, what the others do alone, how all end, whose words stand.
# F and a refusal at intake win over the withdrawal, the withdrawal over everything else; the provider's revocation over a gift back.
CROSSINGS = [
    ("plain", "need", "withdraw", "pass", WITHDRAWN, "withdraw"),
    ("plain", "need", "withdraw", "refuse", REFUSED, "refuse"),
    ("plain", "need", "withdraw", "return", WITHDRAWN[:2], "withdraw"),
    ("plain", "need", "withdraw", "pass T", WITHDRAWN, "withdraw"),
    ("plain", "need", "withdraw", "pass F", REJECTED, "F"),
    ("plain", "need", "withdraw", "pass S", WITHDRAWN, "withdraw"),
    ("plain", "need pass", "withdraw", "T", WITHDRAWN, "withdraw"),
    ("plain", "need pass", "withdraw", "F", REJECTED, "F"),
    ("plain", "need pass", "withdraw", "S", WITHDRAWN, "withdraw"),
    ("plain", "need pass", "withdraw", "T cancel", WITHDRAWN, "withdraw"),
    ("plain", "need pass", "", "T cancel", ("TERMINATED", "AGREED", "TERMINATED"), "cancel"),
    ("plain", "need pass S again", "withdraw", "", WITHDRAWN, "withdraw"),
    ("plain", "need pass S", "again need withdraw", "", WITHDRAWN, "withdraw"),
    ("plain", "need pass S again need", "withdraw", "pass", WITHDRAWN, "withdraw"),
    ("plain", "need pass T", "give-back", "revoke", n.AGREED, "revoke"),
    ("personal", "need pass", "withdraw", "privacy", WITHDRAWN, "withdraw"),
    ("personal", "need pass", "withdraw", "privacy T", WITHDRAWN, "withdraw"),
    ("personal", "need pass", "withdraw", "no-privacy", WITHDRAWN, "withdraw"),
    ("personal", "need pass", "withdraw", "no-privacy F", REJECTED, "F"),
    ("core", "need pass", "withdraw", "first", WITHDRAWN, "withdraw"),
    ("core", "need pass", "withdraw", "first T2", WITHDRAWN, "withdraw"),
    ("core", "need pass first", "withdraw", "F2", REJECTED, "F2"),
    ("agency", "need", "withdraw", "pass", WITHDRAWN, "withdraw"),
    ("agency", "need", "", "pass cancel", ("TERMINATED", "AGREED", "TERMINATED"), "cancel"),
]


def network(net):
    net.line = Line(net, INSURER, 3)
    n.network(net, net.line.subnet, lambda: net.nodes["insurer"].inside.extend(net.line.enter()))


def side_of(step):
    return "insurer" if n.STEPS[step].node == "insurer" else "others"


def go_on_alone(net, cases):
    """Each side takes the steps that are its own; nothing of it is seen on the other one."""
    before = [(c, c.seen()) for c in cases]
    for c in cases:
        for step in c.alone:
            c.take(step)
            c.acted.add(side_of(step))
            if step == "pass":
                wait_until(lambda c=c: c.seen(("transport",)), f"{c.name}: the provider to have it", 90, 0)
    quiet(net, ("manager", "transport"))
    for c, was in before:
        for side, nodes in (("insurer", ("insurer",)), ("others", ("manager", "transport"))):
            if side not in c.acted:
                now = c.seen(nodes)
                check(now == {k: v for k, v in was.items() if k in nodes}, f"{c.name}: it crossed the cut: {was} became {now}")


def crossing(net, kind, before, ours, theirs, ends, words):
    steps = before.split()
    c = n.Case(net, kind, steps, len(steps))
    c.alone, c.ends, c.words = ours.split() + theirs.split(), dict(zip(n.NODES, ends)), words
    c.name = f"{kind}: {before} | {ours or 'nothing'} against {theirs or 'nothing'}"
    return c


def test_both_sides_go_on_alone_in_every_state_and_end_alike(net):
    """AZ-27, AZ-28, AZ-33"""
    cases = n.all_cases(net) + [n.Case(net, "plain", "need pass S again need pass T".split(), held=3, apart=2)]
    for c in cases:
        c.alone, c.ends = c.steps[c.held:c.held + c.apart], None
    cases += [crossing(net, *row) for row in CROSSINGS]
    for c in cases:
        c.acted = set()
        c.drive(c.held)
    net.line.cut()
    try:
        go_on_alone(net, cases)
    finally:
        net.line.mend()
    for c in cases:
        if c.ends:
            c.states, c.decided = c.ends, c.words
        c.wait()
    for c in cases:
        c.drive(len(c.steps))
    quiet(net, n.NODES)
    for c in cases:
        c.wait()
        c.check_end()
    n.check_grants(net, cases)


def test_no_mail_was_refused(net):
    for name in n.NODES:
        peers = get(net.nodes[name], "/v1/peers")["peers"]
        check(all(p["parked"] == 0 for p in peers), f"{name} has mail that was refused: {peers}")

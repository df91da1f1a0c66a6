"""SIGKILL of each node at each state of each part of a negotiation: while it is dead the others go on, and when it is back all converge
to the same state with the same reason. One kill meets every case at once: the applications stand side by side."""
import negotiations as n
from common import *
from crashes import back, crash, get, quiet, say


def network(net):
    n.network(net, 36)
    net.seen = set()


def note(net, cases, nodes):
    for c in cases:
        net.seen |= {(n.PART[k], s) for k, s in c.seen(nodes).items()}


def prepared(net):
    cases = n.all_cases(net)
    for c in cases:
        c.drive(c.held)
    note(net, cases, n.NODES)
    return cases


def apart(net, cases, dead):
    """The next step of each case whose people are at a living node; then the living ones die in what they have reached, too."""
    alive = [k for k in n.NODES if k != dead]
    for c in cases:
        for _ in range(c.apart):
            if c.next() and n.STEPS[c.next()].node != dead:
                c.take()
    quiet(net, alive)
    note(net, cases, alive)
    crash(net, *alive)


def ended(net, cases):
    for c in cases:
        c.wait()
    for c in cases:
        c.drive(len(c.steps))
    quiet(net, n.NODES)
    for c in cases:
        c.wait()
        c.check_end()
    n.check_grants(net, cases)
    told_once(net, cases)


def told_once(net, cases):
    """AZ-12: the consumer has one notice of each end, however often it died."""
    kinds = {}
    for row in get(net.nodes["insurer"], "/v1/notices?limit=1000")["notices"]:
        kinds.setdefault(row.get("application"), []).append(row["kind"])
    for c in cases:
        got = kinds.get(c.app, [])
        check(got and len(got) == len(set(got)) or c.states["insurer"] in ("DRAFT", "SUBMITTED"), f"{c.name}: notices {got}")


def test_the_provider_dies_in_every_state(net):
    cases = prepared(net)
    net.nodes["transport"].kill()
    apart(net, cases, "transport")
    back(net, "transport")
    ended(net, cases)


def test_the_intake_node_dies_in_every_state(net):
    cases = prepared(net)
    net.nodes["manager"].kill()
    apart(net, cases, "manager")
    back(net, "manager")
    ended(net, cases)


def test_the_consumer_dies_in_every_state_and_between_its_signature_and_the_providers(net):
    early = n.Case(net, "plain", ["need", "pass", "T", "cancel"], held=2, apart=2)  # revoked before the consumer could sign
    early.drive(early.held)
    cases = prepared(net) + [early]
    net.nodes["insurer"].kill()
    apart(net, cases, "insurer")
    net.nodes["transport"].kill()
    back(net, "insurer")
    quiet(net, ("insurer", "manager"))
    note(net, cases, ("insurer", "manager"))
    crash(net, "insurer")
    back(net, "transport")
    ended(net, cases)
    note(net, cases, n.NODES)
    crash(net, *n.NODES)
    ended(net, cases)


def delegations(net, id):
    """What each node says of it."""
    listed = {k: [d for d in get(net.nodes[k], "/v1/agents?limit=1000")["delegations"] if d["delegation"] == id] for k in n.NODES}
    return {k: [(d["state"], d.get("reason", "")) for d in rows] for k, rows in listed.items()}


def test_a_delegation_and_its_end_reach_all_whoever_dies(net):
    """AZ-36: it has two states, open and ended; who is told is dead meanwhile, and who tells it dies after its word"""
    t = net.nodes["transport"]
    wanted = {"resources": [net.entries["plain"]], "agent": "manager", "level": "city", "until": workflow.in_days(100)}
    for dead in ("manager", "insurer"):
        net.nodes[dead].kill()
        id = say(t, "li", "/v1/agents/delegate", wanted)["delegation"]
        crash(net, "transport")
        back(net, dead)
        wait_until(lambda: set(map(str, delegations(net, id).values())) == {str([("IN FORCE", "")])}, "the delegation everywhere", 90)
        crash(net, *n.NODES)
        net.nodes[dead].kill()
        say(t, "li", "/v1/agents/end", {"delegation": id, "reason": f"{id} 委托期满"})
        crash(net, "transport")
        back(net, dead)
        wait_until(lambda: set(map(str, delegations(net, id).values())) == {str([("ENDED", f"{id} 委托期满")])}, "its end everywhere", 90)


def test_no_state_was_left_out(net):
    n.held_everywhere(net.seen)

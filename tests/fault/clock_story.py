"""What the tests with moved clocks share: the network, people who log in again, and fetching under one grant."""
import os

import clocks
from common import *

DAY = 86400
PERIOD = 3


def network(net):
    trio(net, 61, before_start=lambda: clocks.movable(net))
    register(net, "flights", FLIGHTS)
    net.flights = publish(net, "flights")
    net.count = 0
    for id in ("transport", "insurer"):
        net.nodes[id].add_user("second", "副管理员 X-9", ["admin"])
        net.nodes[id].login("second")
        net.nodes[id].enrol("second")


def fetch(net, grant):
    """The transfer as the insurer sees it, ended."""
    i = net.nodes["insurer"]
    net.count += 1
    out = os.path.join(net.dir, f"out-{net.count}.csv")
    id = i.hufu("fetch", "--grant", grant, "--output", out, "--detach", as_="chen")["transfer"]
    return wait_until(lambda: (lambda t: t if t["state"] in ("COMPLETED", "TERMINATED") else None)(workflow.transfer(i, "chen", id)),
                      f"transfer {id} to end", 60)


def fetch_connected(net, grant):
    """While a node's clocks are apart its handshakes state now the one, now the other, so a first one may be refused as stale."""
    t = fetch(net, grant)
    return t if t.get("reason") != "stale" else None


def expect(net, grant, state, reason=None):
    t = wait_until(lambda: fetch_connected(net, grant), "the two nodes to have a channel", 60, 0.2)
    check(t["state"] == state and (reason is None or t.get("reason") == reason), f"not {state} {reason}: {t}")


def granted(net):
    app = workflow.whole_negotiation(Parties(net), net.flights, "核对航班延误理赔事宜", days=PERIOD)
    return workflow.grant_of(net.nodes["insurer"], "chen", app)


def time_of(node):
    return node.api("GET", "/v1/time", None, as_="admin")[1]


PEOPLE_AT = {"transport": ("admin", "second", "wang", "li", "sun"), "insurer": ("admin", "second", "chen", "zhou"), "manager": ("zheng",), "overseas": ()}


def move(net, seconds, *ids):
    """Sessions end with a jump, so the people log in again."""
    clocks.move(net, seconds, *ids)
    log_in(net, *ids)


def log_in(net, *ids):
    for id in ids or net.nodes:
        for who in PEOPLE_AT[id]:
            net.nodes[id].login(who)


def restart(net, id):
    net.nodes[id].stop()
    net.nodes[id].start()
    log_in(net, id)

"""How much a space talks when nothing is amiss: the share of each kind of request among nodes that nobody disturbs."""
import itertools
import os
import re
import time

from common import *

WORKING_S, IDLE_S, EVERY_S, PAUSE_S = 180, 180, 5, 0.2
QUESTIONS_PERCENT = 5  # may ask whether two checkpoints agree: with every checkpoint proven as it comes, few are left


def network(net):
    trio(net, 90)
    register(net, "flights", FLIGHTS)
    net.flights = publish(net, "flights")
    agreement(net, net.flights)
    net.numbers = itertools.count()


def answered(net):
    """Requests of peers by the name of the message, of all nodes together."""
    total = {}
    for node in net.nodes.values():
        text = node.api("GET", "/metrics", None)[1]
        for m in re.finditer(r'^hufu_service_calls_total\{service="peer\.([^"]+)"\} ([0-9]+)$', text, re.M):
            total[m.group(1)] = total.get(m.group(1), 0) + int(m.group(2))
    return total


def exchange(net):
    out = os.path.join(net.dir, f"out-{next(net.numbers)}.csv")
    net.nodes["insurer"].hufu("fetch", net.flights, "--system", "claims", "--output", out, as_="chen")


def watch(net, name, seconds, every_s):
    """The requests of so long a time, with an exchange every so often (0: none)."""
    before, begin, due = answered(net), time.monotonic(), []
    if every_s:
        due = [begin + n * every_s for n in range(seconds // every_s)]

    def over():
        if due and time.monotonic() >= due[0]:
            due.pop(0)
            exchange(net)
        return time.monotonic() - begin >= seconds
    wait_until(over, "the time to pass", 2 * seconds, PAUSE_S)
    grown = {k: n - before.get(k, 0) for k, n in answered(net).items() if n > before.get(k, 0)}
    whole = sum(grown.values())
    print(f"     {name}: {whole} requests in {seconds} s; " + ", ".join(f"{k} {n} ({100 * n / whole:.1f} %)" for k, n in
                                                                       sorted(grown.items(), key=lambda kn: -kn[1])), flush=True)
    return 100 * grown.get("consistency-get", 0) / whole


@long
def test_few_requests_of_calm_nodes_ask_whether_checkpoints_agree(net):
    """SB-58: while data is exchanged, and while nobody does anything"""
    for name, seconds, every in (("an exchange every 5 s", WORKING_S, EVERY_S), ("idle", IDLE_S, 0)):
        share = watch(net, name, seconds, every)
        check(share <= QUESTIONS_PERCENT, f"{name}: {share:.1f} % of the requests ask whether two checkpoints agree")

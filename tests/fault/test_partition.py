"""A cut line between the insurer and all others, and its mending: what was said meanwhile arrives, once; a transfer goes on."""
import contextlib
import os

from common import *
from line import Line

INSURER = 2  # its number in the network that trio() makes


def network(net):
    net.line = Line(net, INSURER, 4)
    trio(net, net.line.subnet, before_start=lambda: net.nodes["insurer"].inside.extend(net.line.enter()))
    register(net, "flights", FLIGHTS)
    net.flights = publish(net, "flights")
    wait_until(lambda: sees(net.nodes["insurer"], "chen", net.flights), "the entry")


@contextlib.contextmanager
def cut(net):
    """The line is cut, and each side has noticed."""
    net.line.cut()
    try:
        wait_until(lambda: not up(net.nodes["transport"], "insurer"), "the provider to notice", 90, 0.2)
        wait_until(lambda: not up(net.nodes["insurer"], "transport"), "the insurer to notice", 90, 0.2)
        yield
    finally:
        net.line.mend()


def up(node, peer):
    return any(p["up"] for p in node.hufu("peers", as_="admin")["peers"] if p["id"] == peer)


def test_decisions_and_catalog_cross_the_line_when_it_is_mended_and_once(net):
    """DS-71"""
    t, i, m = net.nodes["transport"], net.nodes["insurer"], net.nodes["manager"]
    app = workflow.apply(i, "chen", net.flights, system="claims", reason="核对航班延误理赔事宜", purpose="claims-assessment", days=90)
    workflow.confirm(i, "zhou", app)
    workflow.comply(m, "zheng", app)
    workflow.wait_state(t, "li", app, "RECEIVED")
    with cut(net):
        t.hufu("decide", app, "T", as_="li")
        entry = publish(net, "flights", title="分区期间发布的条目")
        wait_until(lambda: sees(m, "zheng", entry), "the nodes on this side to go on")
        check(not sees(i, "chen", entry), "nothing crosses the cut")
        check(workflow.application(i, "chen", app)["state"] not in ("ACCEPTED", "FINALIZED"), "nor does the decision")
    wait_until(lambda: sees(i, "chen", entry), "the entry to cross", 120)
    a, b = (workflow.wait_state(n, who, app, "FINALIZED") for n, who in ((i, "chen"), (t, "li")))
    check(a["transaction"] == b["transaction"], "one transaction")
    for n, who in ((i, "chen"), (t, "li")):
        check(len([g for g in workflow.grants(n, who) if g["application"] == app]) == 1, f"one grant at {n.id}")
    rows = [r for r in entries_of(t, "sun", b["transaction"]) if r["ledger"] == "transport" and r["event"] == "decision"]
    check(len(rows) == 1, f"one decision: {rows}")


def test_a_transfer_waits_at_the_cut_and_goes_on_with_the_same_bytes(net):
    """DS-71, DS-70"""
    t, i = net.nodes["transport"], net.nodes["insurer"]
    source, out = os.path.join(net.dir, "tolls.csv"), os.path.join(net.dir, "tolls-out.csv")
    workflow.tolls(net, source, 256 << 20, 31)
    register(net, "tolls", source)
    entry = publish(net, "tolls", title="通行记录", data_class="transport/toll")
    agreement(net, entry)
    id = i.hufu("fetch", entry, "--system", "claims", "--output", out, "--detach", as_="chen")["transfer"]
    workflow.wait_durable(i, "chen", id)
    with cut(net):
        here, there = workflow.transfer(i, "chen", id), workflow.transfer(t, "li", id)
        check(here["state"] in ("STARTED", "SUSPENDED") and there["state"] in ("STARTED", "SUSPENDED"), f"it waits: {here} {there}")
        check(here["bytes_done"] < os.path.getsize(source), f"the cut was in the middle: {here}")
        check(not os.path.exists(out), "nothing incomplete has the file's name")
    got = i.hufu("transfers", "wait", id, as_="chen", limit_s=200)
    check(same_file(out, source) and got["receipt"], f"the same bytes: {got}")
    p = workflow.wait_transfer(t, "li", id, "COMPLETED")
    check(p["served_after_acknowledgement"] == 0 and p["receipt"], f"{p}")


def test_local_work_goes_on_while_every_witness_is_beyond_the_cut(net):
    i = net.nodes["insurer"]
    state = lambda: i.hufu("ledger", "state", as_="wu")
    with cut(net):
        before = state()
        i.hufu("system", "add", "alone", "--address", i.ip, "--business", "断网", as_="admin")
        after = state()
        check(after["durable"] > before["durable"], "the ledger grows without witnesses")
        check(after["witnessed"] < after["durable"], f"and does not pretend to be witnessed: {after}")
    wait_until(lambda: state()["witnessed"] >= after["durable"], "the witnesses to catch up", 120, 0.3)

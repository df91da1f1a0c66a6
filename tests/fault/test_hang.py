"""A node that hangs: its kernel goes on acknowledging, it says nothing. What was said meanwhile arrives, once."""
import signal

from common import *


def network(net):
    trio(net, 31)
    register(net, "flights", FLIGHTS)
    net.flights = publish(net, "flights")
    wait_until(lambda: sees(net.nodes["insurer"], "chen", net.flights), "the entry")


def freeze(node):
    """The process stops where it is and its connections stay open. (A line that is cut: test_partition.py)"""
    node.process.send_signal(signal.SIGSTOP)


def thaw(node):
    node.process.send_signal(signal.SIGCONT)


def test_mail_and_catalog_cross_when_a_node_that_hung_goes_on(net):
    t, i, m = net.nodes["transport"], net.nodes["insurer"], net.nodes["manager"]
    app = workflow.apply(i, "chen", net.flights, system="claims", reason="核对航班延误理赔事宜", purpose="claims-assessment", days=90)
    freeze(m)
    workflow.confirm(i, "zhou", app)
    entry = publish(net, "flights", title="停顿期间发布的条目")
    wait_until(lambda: sees(i, "chen", entry), "the nodes on this side to go on")
    thaw(m)
    wait_until(lambda: sees(m, "zheng", entry), "the entry to cross", 90)
    workflow.comply(m, "zheng", app)
    workflow.wait_state(t, "li", app, "RECEIVED")
    t.hufu("decide", app, "T", as_="li")
    workflow.wait_state(i, "chen", app, "FINALIZED")


def test_local_work_goes_on_while_every_witness_hangs(net):
    t = net.nodes["transport"]
    for id in ("insurer", "manager", "overseas"):
        freeze(net.nodes[id])
    try:
        before = t.hufu("ledger", "state", as_="sun")
        publish(net, "flights", title="没有见证人时的条目")
        after = t.hufu("ledger", "state", as_="sun")
        check(after["durable"] > before["durable"], "the ledger grows without witnesses")
        check(after["witnessed"] < after["durable"], f"and does not pretend to be witnessed: {after}")
    finally:
        for id in ("insurer", "manager", "overseas"):
            thaw(net.nodes[id])
    wait_until(lambda: t.hufu("ledger", "state", as_="sun")["witnessed"] >= after["durable"], "the witnesses to catch up", 90, 0.3)

"""A member that lies in the transfer protocol: stopped with an alarm, and the node serves the others."""
import os

from common import *


def network(net):
    trio(net, 22, overseas=True)
    net.big_source = os.path.join(net.dir, "tolls.csv")
    workflow.tolls(net, net.big_source, 256 << 20, 11)
    register(net, "tolls", net.big_source)
    net.tolls = publish(net, "tolls", title="通行记录", data_class="transport/toll")
    agreement(net, net.tolls)


def lie(net, name, index, acknowledged):
    """Begins a transfer, stops the consumer in the middle and lets the liar speak with its keys; returns the answer and the transfer."""
    i, t = net.nodes["insurer"], net.nodes["transport"]
    liar = os.path.join(os.path.dirname(net.bin), "..", "dev", "bin", "hufu-liar")
    liar = os.environ.get("HUFU_LIAR", os.path.normpath(liar))
    check(os.path.exists(liar), f"{liar} is built (tests/run builds it)")
    out = os.path.join(net.dir, name)
    id = i.hufu("fetch", net.tolls, "--system", "claims", "--output", out, "--detach", as_="chen")["transfer"]
    workflow.wait_durable(i, "chen", id)
    i.kill()
    r = hufunet.run([liar, i.dir, "transport", f"tcp://{t.ip}:{t.port}", id, str(index), str(acknowledged)], net.environment(), 60)
    i.start()
    for a in ("chen", "zhou", "wu", "admin"):
        i.login(a)
    return r.stdout.strip() + r.stderr.strip(), id


def stopped(net, id):
    t = net.nodes["transport"]
    ended = workflow.wait_transfer(t, "li", id, "TERMINATED")
    check(ended["reason"] == "limit", f"{ended}")
    wait_until(lambda: [a for a in t.hufu("alarms", as_="admin")["alarms"] if a["kind"] == "transfer-anomaly"], "the alarm")
    workflow.wait_transfer(net.nodes["insurer"], "chen", id, "TERMINATED")


def test_a_request_beyond_the_end_stops_the_transfer_with_an_alarm(net):
    """DS-51"""
    answer, id = lie(net, "a.csv", 5000, 4990)
    check(answer == "limit", answer)
    stopped(net, id)


def test_an_acknowledgement_of_what_was_never_sent_stops_the_transfer_at_once(net):
    """DS-51, DS-49: the session's abnormal pattern is cut"""
    answer, id = lie(net, "b.csv", 0, 1 << 62)
    check(answer == "limit", answer)
    stopped(net, id)
    wait_until(lambda: not [n for n in os.listdir(net.dir) if n.startswith("b.csv")], "nothing of it to be left at the consumer", 5)


def test_a_stranger_to_the_transfer_learns_nothing_of_it(net):
    i, o, t = net.nodes["insurer"], net.nodes["overseas"], net.nodes["transport"]
    out = os.path.join(net.dir, "c.csv")
    id = i.hufu("fetch", net.tolls, "--system", "claims", "--output", out, "--detach", as_="chen")["transfer"]
    o.stop()
    liar = os.environ.get("HUFU_LIAR", os.path.normpath(os.path.join(os.path.dirname(net.bin), "..", "dev", "bin", "hufu-liar")))
    r = [hufunet.run([liar, o.dir, "transport", f"tcp://{t.ip}:{t.port}", x, "0", "0"], net.environment(), 60).stdout.strip() for x in (id, UNKNOWN_ID)]
    check(r[0] == r[1] == "unknown", f"another member's transfer is answered like one that does not exist: {r}")
    i.hufu("transfers", "wait", id, as_="chen")
    check(same_file(out, net.big_source), "and the transfer goes on")

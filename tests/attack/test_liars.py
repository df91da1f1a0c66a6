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


def speak(net, node, *args):
    """The liar speaks with a stopped node's keys; what it is answered."""
    t = net.nodes["transport"]
    liar = os.path.join(os.path.dirname(net.bin), "..", "dev", "bin", "hufu-liar")
    liar = os.environ.get("HUFU_LIAR", os.path.normpath(liar))
    check(os.path.exists(liar), f"{liar} is built (tests/run builds it)")
    r = hufunet.run([liar, node.dir, "transport", f"tcp://{t.ip}:{t.port}", *args], net.environment(), 60)
    return r.stdout.strip() + r.stderr.strip()


def lie(net, name, args):
    """Begins a transfer, stops the consumer in the middle and lets the liar speak with its keys; returns the answer and the transfer."""
    i = net.nodes["insurer"]
    out = os.path.join(net.dir, name)
    id = i.hufu("fetch", net.tolls, "--system", "claims", "--output", out, "--detach", as_="chen")["transfer"]
    workflow.wait_durable(i, "chen", id)
    i.kill()
    answer = speak(net, i, *args(id))
    i.start()
    for a in ("chen", "zhou", "wu", "admin"):
        i.login(a)
    return answer, id


def stopped(net, id):
    t = net.nodes["transport"]
    ended = workflow.wait_transfer(t, "li", id, "TERMINATED")
    check(ended["reason"] == "limit", f"{ended}")
    wait_until(lambda: [a for a in t.hufu("alarms", as_="admin")["alarms"] if a["kind"] == "transfer-anomaly"], "the alarm")
    rows = t.hufu("ledger", "tail", "--count", "50", as_="sun")["entries"]
    recorded = [(r["event"], r["fields"].get("exception") or r["fields"].get("alarm")) for r in rows if id in r["fields"].values()]
    for row in (("exception", "transfer-anomaly"), ("alarm", "transfer-anomaly")):
        check(row in recorded, f"DS-63: {row} is not among the provider's entries about {id}: {recorded}")
    workflow.wait_transfer(net.nodes["insurer"], "chen", id, "TERMINATED")


def test_a_request_beyond_the_end_stops_the_transfer_with_an_alarm(net):
    """DS-51"""
    answer, id = lie(net, "a.csv", lambda id: (id, "5000", "4990"))
    check(answer == "limit", answer)
    stopped(net, id)


def test_an_acknowledgement_of_what_was_never_sent_stops_the_transfer_at_once(net):
    """DS-51, DS-49: the session's abnormal pattern is cut"""
    answer, id = lie(net, "b.csv", lambda id: (id, "0", str(1 << 62)))
    check(answer == "limit", answer)
    stopped(net, id)
    wait_until(lambda: not [n for n in os.listdir(net.dir) if n.startswith("b.csv")], "nothing of it to be left at the consumer", 5)


def test_the_same_chunk_again_and_again_is_an_anomaly(net):
    """DS-51: rate"""
    answer, id = lie(net, "rate.csv", lambda id: ("greedy", id, "3000"))
    answers = answer.split()
    check(answers[-1] == "limit" and set(answers) == {"ok", "limit"}, f"served for a while, then stopped: {answers[-3:]}")
    check(len(answers) < 2999, f"{len(answers)} answers")
    stopped(net, id)


def test_another_destination_is_served_nothing(net):
    """DS-51: destination. A running transfer, asked for by another member: nothing goes there, and it goes on to its own consumer."""
    i, o, t = net.nodes["insurer"], net.nodes["overseas"], net.nodes["transport"]
    out = os.path.join(net.dir, "destination.csv")
    id = i.hufu("fetch", net.tolls, "--system", "claims", "--output", out, "--detach", as_="chen")["transfer"]
    workflow.wait_durable(i, "chen", id)
    o.stop()
    answers = set(speak(net, o, "greedy", id, "20").split())
    o.start()
    o.login("admin")
    check(answers == {"unknown"}, f"not a byte for another destination: {answers}")
    i.hufu("transfers", "wait", id, as_="chen")
    check(same_file(out, net.big_source), "its own consumer has it all")


def test_a_stranger_to_the_transfer_learns_nothing_of_it(net):
    i, o, t = net.nodes["insurer"], net.nodes["overseas"], net.nodes["transport"]
    out = os.path.join(net.dir, "c.csv")
    id = i.hufu("fetch", net.tolls, "--system", "claims", "--output", out, "--detach", as_="chen")["transfer"]
    o.stop()
    r = [speak(net, o, x, "0", "0") for x in (id, UNKNOWN_ID)]
    check(r[0] == r[1] == "unknown", f"another member's transfer is answered like one that does not exist: {r}")
    i.hufu("transfers", "wait", id, as_="chen")
    check(same_file(out, net.big_source), "and the transfer goes on")

"""What the tests of lying members share: their network, the program that speaks with a node's keys, and what must follow."""
import os

from common import *


def tolls_network(net, subnet):
    trio(net, subnet, overseas=True)
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


def lie(net, name, args, then=lambda id: None):
    """Begins a transfer, stops the consumer in the middle and lets the liar speak with its keys; `then` looks before the consumer is back.
    Returns the answer and the transfer."""
    i = net.nodes["insurer"]
    out = os.path.join(net.dir, name)
    id = i.hufu("fetch", net.tolls, "--system", "claims", "--output", out, "--detach", as_="chen")["transfer"]
    workflow.wait_durable(i, "chen", id)
    i.kill()
    answer = speak(net, i, *args(id))
    then(id)
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

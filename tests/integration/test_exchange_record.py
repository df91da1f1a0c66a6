"""The four-part record of an exchange (DS-60 to DS-64): every item, of every transfer however it ended, as a named field that nobody
else can read and that can be shown alone."""
import json
import os

from common import *
from exchange_items import *

MARK = "HARMFUL-DATA"


def scanner(net):
    """Of one word, at the consumer: it refuses what has the mark."""
    path = os.path.join(net.dir, "scanner")
    with open(path, "w", encoding="ascii") as f:
        f.write(f"#!/bin/sh\n! grep -q {MARK} \"$1\"\n")
    os.chmod(path, 0o755)
    return path


def marked(net):
    path = os.path.join(net.dir, "marked.csv")
    with open(path, "w", encoding="ascii") as f:
        f.write("a,b\n" + "".join(f"{n},{MARK if n == 50 else n}\n" for n in range(100)))
    return path


def network(net):
    trio(net, 40, before_start=lambda: net.nodes["insurer"].configure(f'scanner:\n  command: ["{scanner(net)}"]\n'))
    register(net, "flights", FLIGHTS)
    net.flights = publish(net, "flights")
    net.app = agreement(net, net.flights)
    big = os.path.join(net.dir, "tolls.csv")
    workflow.tolls(net, big, 256 << 20, 7)
    register(net, "tolls", big)
    net.tolls = publish(net, "tolls", title="通行记录", data_class="transport/toll", level=2)
    net.tolls_app = agreement(net, net.tolls)


def fetch(net, entry, name, *more):
    return net.nodes["insurer"].hufu("fetch", entry, "--system", "claims", "--output", os.path.join(net.dir, name), *more, as_="chen")["transfer"]


def test_a_delivered_transfer_has_every_item(net):
    """DS-60, DS-61, DS-62, DS-63, DS-64"""
    net.done = fetch(net, net.flights, "a.csv")
    r = complete(net, net.done, {("transport", "transfer-closed"), ("insurer", "receipt")}, "delivered")
    size = str(os.path.getsize(FLIGHTS))
    check(r["transport"]["data-length"][-1] == r["insurer"]["data-length"][-1] == size, f"the length that was delivered: {r['transport']['data-length']}")
    check(set(r["insurer"]["quality"]) == {"met"} and "level 1" in r["transport"]["class-grade"][0], "quality and class")


def test_a_transfer_that_was_cancelled_has_every_item(net):
    """DS-60, DS-61, DS-62, DS-63, DS-64"""
    i = net.nodes["insurer"]
    id = fetch(net, net.tolls, "b.csv", "--detach")
    workflow.wait_durable(i, "chen", id)
    i.hufu("transfers", "cancel", id, "--reason", "不再需要", as_="chen")
    r = complete(net, id, {("transport", "cache-cleared"), ("insurer", "cache-cleared")}, "cancelled")
    check("cancelled" in r["transport"]["exception"] and "cancelled" in r["insurer"]["exception"], "and why it ended")
    check("not examined" in r["insurer"]["quality"] and "met" not in r["insurer"]["quality"], f"{r['insurer']['quality']}")


def test_a_transfer_that_a_revocation_stopped_has_every_item(net):
    """DS-60, DS-61, DS-62, DS-63, DS-64"""
    t, i = net.nodes["transport"], net.nodes["insurer"]
    id = fetch(net, net.tolls, "c.csv", "--detach")
    workflow.wait_durable(i, "chen", id)
    t.hufu("revoke", workflow.grant_of(t, "li", net.tolls_app), "--reason", "来源数据有误", as_="li")
    r = complete(net, id, {("transport", "cache-cleared"), ("insurer", "cache-cleared")}, "revoked")
    check("grant-revoked" in r["transport"]["exception"] and "grant-revoked" in r["insurer"]["exception"], "and why it ended")


def test_a_transfer_whose_consumer_vanished_has_every_item(net):
    """DS-60, DS-61, DS-62, DS-63, DS-64: the provider ends it alone; the consumer learns so when it is back"""
    t, i = net.nodes["transport"], net.nodes["insurer"]
    net.tolls_app = agreement(net, net.tolls)
    id = fetch(net, net.tolls, "v.csv", "--detach")
    workflow.wait_durable(i, "chen", id)
    i.kill()
    t.hufu("revoke", workflow.grant_of(t, "li", net.tolls_app), "--reason", "接收方无响应", as_="li")
    workflow.wait_transfer(t, "li", id, "TERMINATED")
    own = {name for r in entries_of(t, "sun", id) if r["ledger"] == "transport" for name, value in r["fields"].items() if value}
    lacking = [item for part in (FORMAT, PROVIDER, SERVICE) for item, name in part.items() if name not in own]
    check(not lacking, f"while the consumer is away the provider's record lacks {lacking}")
    i.start()
    for account in ("chen", "zhou", "wu", "admin"):
        i.login(account)
    r = complete(net, id, {("transport", "cache-cleared"), ("insurer", "cache-cleared")}, "vanished")
    check("grant-revoked" in r["transport"]["exception"] and "grant-revoked" in r["insurer"]["exception"], "and why it ended")


def test_an_anomaly_adds_an_exception_and_an_alarm(net):
    """DS-63: both name the transfer; what was delivered without one has neither"""
    i = net.nodes["insurer"]
    register(net, "marked", marked(net))
    entry = publish(net, "marked", title="含有恶意内容的数据")
    agreement(net, entry)
    r = i.refused("fetch", entry, "--system", "claims", "--output", os.path.join(net.dir, "d.csv"), as_="chen")
    check(r.reason == "malicious", r.text)
    bad = i.hufu("transfers", "list", as_="chen")["transfers"][0]["transfer"]

    def lacking():
        rows = i.hufu("ledger", "tail", "--count", "200", as_="wu")["entries"]
        named = {id: {name for r in rows for name in ANOMALY.values() if id in r["fields"].values() and r["fields"].get(name)} for id in (bad, net.done)}
        check(not named[net.done], f"a transfer that went well has {named[net.done]}")
        return [item for item, name in ANOMALY.items() if name not in named[bad]]

    wait_until(lambda: not lacking(), f"the exception and the alarm of {bad} to be on record", 30, 0.2)


def exported(net, ledger, newest):
    """The folder of that ledger as the manager, who is no party, holds it."""
    folder = os.path.join(net.dir, f"{ledger}-held-by-another")

    def written():
        try:
            return net.nodes["manager"].hufu("ledger", "export", os.path.join(folder, str(len(os.listdir(folder)))), "--ledger", ledger, as_="feng")["size"] > newest
        except hufunet.Refused as r:
            check(r.reason == "state", r.text)
            return None

    os.makedirs(folder)
    wait_until(written, f"the manager to hold the entries of {ledger}", 30, 0.2)
    return folder


def private_and_alone(net, ledger, account, parts):
    node, m = net.nodes[ledger], net.nodes["manager"]
    names = [name for part in parts for name in part.values()]
    own = records(net, ledger, account, net.done, {("insurer", "receipt"), ("transport", "transfer-closed")})[ledger]
    rows = [r for r in entries_of(node, account, net.done) if r["ledger"] == ledger]
    folder = exported(net, ledger, max(r["index"] for r in rows))
    clear = b"".join(open(os.path.join(d, n), "rb").read() for d, _, files in os.walk(folder) for n in files if f"{os.sep}entries" in d)
    check(f"roads.example/ledger/{ledger}".encode() in clear, "the entries themselves are looked at")
    for name in names:
        for value in own[name]:
            check(len(value) < 4 or value.encode() not in clear, f"{name} ({value}) stands in the clear in the ledger of {ledger}")
    check(m.refused("ledger", "trace", net.done, as_="feng").reason == "unknown", "who holds the entries knows of no such transaction")
    for name in names:
        r = next(r for r in rows if r["fields"].get(name))
        path = os.path.join(net.dir, f"only-{ledger}-{name}.tlog-proof")
        wait_until(lambda: proven(node, account, r["index"], path, name), f"the entry with {name} to be witnessed")
        status, text = net.verify("proof", path, "--root-key", net.authority.root_key, "--json")
        check(status == 0 and json.loads(text)["fields"] == {name: r["fields"][name]}, f"{name} alone: {text}")


def test_each_item_is_private_and_can_be_shown_alone(net):
    """DS-67, SB-59: no value of the record stands in the entries that others hold, and one item opens without the others"""
    private_and_alone(net, "insurer", "wu", (FORMAT, SERVICE, CONSUMER))
    private_and_alone(net, "transport", "sun", (FORMAT, PROVIDER, SERVICE))


def proven(node, account, index, path, name):
    try:
        return node.hufu("ledger", "proof", str(index), "-o", path, "--show", name, as_=account)
    except hufunet.Refused as r:
        check(r.reason == "state", r.text)
        return None

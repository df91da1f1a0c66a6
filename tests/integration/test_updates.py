"""Newer versions of what was delivered: the consumer is told, also when it was away, and what is older is not used."""
import csv
import os

from common import *

CLAIMS = ["--system", "claims", "--purpose", "claims-assessment"]


def network(net):
    trio(net, 71)
    net.path = os.path.join(net.dir, "source", "delays.csv")
    os.makedirs(os.path.dirname(net.path))
    write(net, ["flight", "delay"], [["CA1", 5], ["CA2", 7]])
    register(net, "delays", net.path)
    net.entry = publish(net, "delays")
    agreement(net, net.entry)
    i = net.nodes["insurer"]
    net.sealed = i.hufu("fetch", net.entry, *CLAIMS, "--sealed", as_="chen")["transfer"]
    net.file = i.hufu("fetch", net.entry, *CLAIMS, "--output", os.path.join(net.dir, "delays.csv"), as_="chen")["transfer"]


def write(net, header, rows):
    with open(net.path + ".new", "w", encoding="utf-8", newline="") as f:
        csv.writer(f).writerows([header, *rows])
    os.replace(net.path + ".new", net.path)


def publish_again(net, scan=True):
    t = net.nodes["transport"]
    if scan:
        workflow.classify(t, "wang", t.hufu("source", "scan", "delays", as_="wang"))
    version = t.hufu("catalog", "publish", "--entry", net.entry, "--purpose", "数据共享", as_="wang")["version"]
    return version


def at_insurer(net):
    return net.nodes["insurer"].hufu("catalog", "show", net.entry, as_="chen")


def updates(net):
    return net.nodes["insurer"].hufu("data", "updates", as_="chen")["updates"]


def states(net):
    return {h["transfer"]: h["state"] for h in net.nodes["insurer"].hufu("data", "list", as_="chen")["data"]}


def read(net, transfer, *more):
    out = os.path.join(net.dir, f"out-{len(os.listdir(net.dir))}.csv")
    net.nodes["insurer"].hufu("data", "read", transfer, "--purpose", "claims-assessment", *more, "--out", out, as_="chen")
    with open(out, encoding="utf-8", newline="") as f:
        return list(csv.reader(f))


def recorded(net, event):
    rows = net.nodes["insurer"].hufu("ledger", "tail", "--count", "60", as_="wu")["entries"]
    return [e["fields"] for e in rows if e["event"] == event]


def test_a_version_with_the_same_data_tells_nothing(net):
    """DS-96: what was delivered is as new as that version, then"""
    check(publish_again(net) == 2, "a second version")
    wait_until(lambda: at_insurer(net)["version"] == 2, "the insurer to have it")
    check(updates(net) == [] and states(net)[net.sealed] == "held", f"{updates(net)} {states(net)}")
    check(read(net, net.sealed)[1] == ["CA1", "5"], "it is read")


def test_a_version_with_other_data_is_told_and_what_is_older_is_not_used(net):
    """DS-9, DS-96: old and new version and digest, what is different, in the ledger too; a stale replica is read by nobody who does not say so"""
    i = net.nodes["insurer"]
    old = at_insurer(net)["digest"]
    write(net, ["flight", "gate", "delay"], [["CA1", "A1", 5], ["CA2", "A2", 7], ["CA3", "A3", 9]])
    publish_again(net)
    notice = wait_until(lambda: next(iter(updates(net)), None), "the notice")
    new = at_insurer(net)
    check((notice["entry"], notice["provider"], notice["old_version"], notice["version"]) == (net.entry, "transport", 2, 3), f"{notice}")
    check((notice["old_digest"], notice["digest"]) == (old, new["digest"]) and old != new["digest"], f"{notice}")
    check(notice["changes"] == ["+ gate string"] and (notice["old_rows"], notice["rows"], notice["copies"]) == (2, 3, 2) and notice["modified"], f"{notice}")
    entry = wait_until(lambda: next(iter(recorded(net, "update-notice")), None), "its entry")
    check(entry["resource"] == net.entry and old in entry["detail"] and new["digest"] in entry["detail"] and "rows 2 to 3" in entry["detail"], f"{entry}")
    check(states(net)[net.sealed] == "stale", f"{states(net)}")
    r = i.refused("data", "read", net.sealed, "--purpose", "claims-assessment", "--out", os.path.join(net.dir, "no.csv"), as_="chen")
    check(r.reason == "outdated" and "version 3" in r.text and "--stale" in r.text, r.text)
    check(read(net, net.sealed, "--stale")[1] == ["CA1", "5"], "whoever says that he knows reads it")
    wait_until(lambda: any("newer data" in f.get("asked", "") for f in recorded(net, "data-read")), "that to stand in the record")
    net.second = i.hufu("fetch", net.entry, *CLAIMS, "--sealed", as_="chen")["transfer"]
    rows = read(net, net.second)
    check(states(net)[net.second] == "held" and rows[3] == ["CA3", "9"], f"what is fetched anew is new: {states(net)} {rows}")


def test_a_consumer_that_was_away_is_told_when_it_is_back(net):
    """DS-96: an update that was missed is found; it was killed, not stopped, and its notice is one"""
    i = net.nodes["insurer"]
    i.kill()
    write(net, ["flight", "delay"], [["CA1", 5]])
    publish_again(net)
    write(net, ["flight", "delay"], [["CA9", "late"]])
    publish_again(net)
    i.start()
    for account in ("admin", "chen", "zhou", "wu"):
        i.login(account)
    wait_until(lambda: at_insurer(net)["version"] == 5, "the insurer to have the newest version")
    notice = updates(net)[0]
    check((notice["old_version"], notice["version"], notice["copies"]) == (3, 5, 3), f"{notice}")
    check(sorted(notice["changes"]) == ["- gate string", "~ delay integer string"], f"{notice}")
    check(len(updates(net)) == 2 and set(states(net).values()) == {"stale"}, f"{updates(net)} {states(net)}")
    i.kill()
    i.start()
    for account in ("chen", "wu"):
        i.login(account)
    check(len(updates(net)) == 2 and set(states(net).values()) == {"stale"}, f"once: {updates(net)}")

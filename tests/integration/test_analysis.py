"""Analysis of what comes and goes: the operator's scanner before data is taken in, and the alarm about abnormal traffic."""
import os

from common import *

SLOW_S = 2


def scanner(net, node):
    """A scanner of two words: it refuses files with the mark of its node, or does as the file `mode` beside it says."""
    path, mode = os.path.join(net.dir, f"scanner-{node}"), os.path.join(net.dir, f"mode-{node}")
    with open(path, "w", encoding="ascii") as f:
        f.write(f"#!/bin/sh\nset -u\n[ \"$#\" = 2 ] && [ \"$1\" = --quick ] || exit 9\n[ -z \"${{HUFU_NODE:-}}\" ] || exit 8\n"
                f"if ls -l /proc/$$/fd | grep -qE 'socket:|data.mdb|slots'; then exit 6; fi\n"
                f"case \"$(cat {mode})\" in\nbroken) exit 7 ;;\nslow) sleep 600 ;;\nesac\n"
                f"if grep -q HARMFUL-FOR-{node} \"$2\"; then exit 1; fi\n")
    os.chmod(path, 0o755)
    set_mode(net, node, "well")
    return path


def set_mode(net, node, mode):
    with open(os.path.join(net.dir, f"mode-{node}"), "w", encoding="ascii") as f:
        f.write(mode)


def network(net):
    def configure():
        for node in ("transport", "insurer"):
            net.nodes[node].configure(f'scanner:\n  command: ["{scanner(net, node)}", "--quick"]\n  seconds: {SLOW_S}\n'
                                      "traffic:\n  window_minutes: 60\n  factor: 3\n  floor_mib: 16\n  floor_requests: 100\n")

    trio(net, 42, overseas=True, before_start=configure)
    register(net, "flights", FLIGHTS)
    net.flights = publish(net, "flights")
    agreement(net, net.flights)


def table(net, name, word):
    path = os.path.join(net.dir, name)
    with open(path, "w", encoding="ascii") as f:
        f.write("a,b\n" + "".join(f"{n},{word if n == 500 else n}\n" for n in range(1000)))
    return path


def alarms(node, account, kind):
    rows = node.hufu("ledger", "tail", "--count", "200", as_=account)["entries"]
    return [r for r in rows if r["event"] == "alarm" and r["fields"]["alarm"] == kind]


def fetch(net, entry, name, *more):
    return net.nodes["insurer"].hufu("fetch", entry, "--system", "claims", "--output", os.path.join(net.dir, name), *more, as_="chen")["transfer"]


def test_data_passes_the_scanner_before_it_is_registered(net):
    """DS-100: at the provider"""
    t = net.nodes["transport"]
    before = len(alarms(t, "sun", "malicious-data"))
    r = t.refused("source", "add", "harmful", table(net, "harmful.csv", "HARMFUL-FOR-transport"), as_="wang")
    check(r.reason == "malicious" and "not taken in" in r.text, r.text)
    check("harmful" not in [s["name"] for s in t.hufu("source", "list", as_="wang")["sources"]], "it is no source")
    check(len(alarms(t, "sun", "malicious-data")) == before + 1, "one alarm")
    rows = t.hufu("ledger", "tail", "--count", "200", as_="sun")["entries"]
    check(any(e["event"] == "denied" and e["object"] == "source harmful" and e["reason"] == "malicious" for e in rows), "the refusal is on record")
    added = [e for e in rows if e["event"] == "source-change" and e["object"] == "source flights"]
    check(added and "examined by the scanner" in added[0]["detail"], f"and so is what passed: {added}")


def test_data_passes_the_scanner_before_it_is_accepted(net):
    """DS-100: at the consumer; what is refused gets no name, leaves nothing, and no receipt is signed"""
    t, i = net.nodes["transport"], net.nodes["insurer"]
    register(net, "trojan", table(net, "trojan.csv", "HARMFUL-FOR-insurer"))
    entry = publish(net, "trojan", title="含有恶意内容的数据")
    agreement(net, entry)
    r = i.refused("fetch", entry, "--system", "claims", "--output", os.path.join(net.dir, "trojan-here.csv"), as_="chen")
    check(r.reason == "malicious", r.text)
    ended = i.hufu("transfers", "list", as_="chen")["transfers"][0]
    check(ended["state"] == "TERMINATED" and not ended["receipt"], f"{ended}")
    wait_until(lambda: not [f for f in os.listdir(net.dir) if f.startswith("trojan-here")], "the partial file to be gone")
    workflow.wait_transfer(t, "li", ended["transfer"], "TERMINATED")
    wait_until(lambda: len(alarms(i, "wu", "malicious-data")) == 1, "one alarm", 10, 0.1)
    exceptions = [e for e in entries_of(i, "wu", ended["transfer"]) if e["fields"].get("exception")]
    check(any("malicious" in e["fields"]["exception"] or e["reason"] == "malicious" for e in exceptions), f"and the exception of the transfer: {exceptions}")
    good = fetch(net, net.flights, "clean.csv")
    got = [e for e in entries_of(i, "wu", good) if e["event"] == "transfer-received"]
    check("examined by the scanner" in got[0]["fields"]["reception-state"], f"what passes says so: {got}")


def test_a_scanner_that_does_not_work_lets_nothing_through(net):
    """DS-100"""
    t, i = net.nodes["transport"], net.nodes["insurer"]
    for mode, word in (("broken", "status 7"), ("slow", f"within {SLOW_S} seconds")):
        for node, account, args in ((t, "wang", ("source", "add", f"new-{mode}", AIRPORTS)),
                                    (i, "chen", ("fetch", net.flights, "--system", "claims", "--output", os.path.join(net.dir, f"{mode}.csv")))):
            set_mode(net, node.id, mode)
            r = node.refused(*args, as_=account)
            check(r.reason == "scanner" and word in r.text, f"{node.id} {mode}: {r.text}")
            set_mode(net, node.id, "well")
        check(not os.path.exists(os.path.join(net.dir, f"{mode}.csv")), "nothing was taken in")
    for node, account in ((i, "wu"), (t, "sun")):
        wait_until(lambda node=node, account=account: len(alarms(node, account, "scanner")) == 2, f"{node.id}: an alarm each", 10, 0.1)
    fetch(net, net.flights, "again.csv")
    register(net, "new-again", AIRPORTS)


def test_a_node_with_a_scanner_that_is_none_does_not_start(net):
    m = net.nodes["overseas"]
    m.stop()
    config = os.path.join(m.dir, "hufu.yaml")
    with open(config, encoding="utf-8") as f:
        text = f.read()
    try:
        for lines, word in (('scanner:\n  command: ["/nowhere/scan"]\n', "no program that this node may run"), ("scanner:\n  seconds: 5\n", "'command' is missing"),
                            ("traffic:\n  factor: 1\n", "traffic.factor is 1"), ("traffic:\n  pace: 1\n", "there is no setting 'pace'")):
            with open(config, "w", encoding="utf-8") as f:
                f.write(text + lines)
            r = hufunet.run([net.program("hufud"), "--node", m.dir], net.environment())
            check(r.returncode == 1 and word in r.stderr, f"{lines}: {r.stderr}")
    finally:
        with open(config, "w", encoding="utf-8") as f:
            f.write(text)
        m.start()


def test_traffic_far_above_the_usual_raises_one_alarm_and_one_exception(net):
    """DS-100, DS-63: the rule fires on a fixture, with thresholds of the configuration, at both ends; nothing is stopped by it"""
    t, i = net.nodes["transport"], net.nodes["insurer"]
    ends = ((t, "sun", "bytes sent to insurer"), (i, "wu", "bytes received from transport"))
    check(not any(alarms(node, account, "traffic-anomaly") for node, account, _ in ends), "the usual raises nothing")
    big = os.path.join(net.dir, "tolls.csv")
    workflow.tolls(net, big, 40 << 20, 7)
    register(net, "tolls", big)
    entry = publish(net, "tolls", title="通行记录", data_class="transport/toll", level=2)
    agreement(net, entry)
    for n in range(2):
        id = fetch(net, entry, f"tolls-{n}.csv")
        workflow.wait_transfer(t, "li", id, "COMPLETED")
    for node, account, words in ends:
        raised = wait_until(lambda node=node, account=account: alarms(node, account, "traffic-anomaly"), f"{node.id}: the alarm", 10, 0.1)
        check(len(raised) == 1 and words in raised[0]["detail"], f"{node.id}: one alarm in the window: {raised}")
        check(f"the limit is {16 << 20}" in raised[0]["detail"], f"{raised[0]['detail']}")
        rows = node.hufu("ledger", "tail", "--count", "200", as_=account)["entries"]
        found = [e for e in rows if e["event"] == "exception" and e["fields"].get("exception") == "traffic-anomaly"]
        check(len(found) == 1 and int(found[0]["fields"]["data-length"]) > 16 << 20, f"{node.id}: and one exception: {found}")
        check(found[0]["fields"]["endpoint"] == ("insurer" if node is t else "transport"), "which names the other end")


def test_a_node_that_stops_while_the_scanner_looks_starts_with_it_again(net):
    """DS-71, DS-100"""
    i = net.nodes["insurer"]
    set_mode(net, "insurer", "slow")
    id = fetch(net, net.flights, "resumed.csv", "--detach")

    def all_here():
        v = i.hufu("transfers", "show", id, as_="chen")
        check(v["state"] != "TERMINATED", f"{v}")
        return v["bytes_done"] and v["bytes_done"] == v["bytes_total"]

    wait_until(all_here, "the data to lie there", 2)
    i.stop()
    check(not os.path.exists(os.path.join(net.dir, "resumed.csv")), "not accepted yet")
    set_mode(net, "insurer", "well")
    i.start()
    i.login("chen")
    workflow.wait_transfer(i, "chen", id, "COMPLETED")
    check(same_file(os.path.join(net.dir, "resumed.csv"), FLIGHTS), "whole")

"""Limits on how much of its data, and by which ways, a node gives to its own people. Real nodes."""
import os

from common import *

PURPOSE = ["--purpose", "claims-assessment"]
SIZE = 8 << 20


def bulk(**limits):
    return "bulk:\n  - role: operator\n" + "".join(f"    {k}: {v}\n" for k, v in limits.items())


def limit(net, text):
    """The insurer's node starts anew with these settings in place of those before."""
    i = net.nodes["insurer"]
    if i.process and i.process.poll() is None:
        i.stop()
    with open(os.path.join(i.dir, "hufu.yaml"), "w", encoding="utf-8") as f:
        f.write(net.plain + text)
    i.start()
    for account in ("admin", "chen", "zhou", "wu", "lin"):
        i.login(account)


def network(net):
    trio(net, 57)
    i = net.nodes["insurer"]
    for node, accounts in (("transport", ["li"]), ("insurer", ["chen", "zhou"]), ("manager", ["zheng"])):
        for account in accounts:
            net.nodes[node].enrol(account)
    i.add_user("lin", "林晓 I-57", ["operator"])
    i.enrol("lin")
    with open(os.path.join(i.dir, "hufu.yaml"), encoding="utf-8") as f:
        net.plain = f.read()
    net.source = os.path.join(net.dir, "source", "tolls.csv")
    os.mkdir(os.path.dirname(net.source))
    workflow.tolls(net, net.source, SIZE, 57)
    register(net, "tolls", net.source)
    net.tolls = publish(net, "tolls", title="通行记录", data_class="transport/toll", level=2)
    agreement(net, net.tolls)
    net.size = os.path.getsize(net.source)
    net.held = i.hufu("fetch", net.tolls, "--system", "claims", "--sealed", as_="chen")["transfer"]


def read(net, name, as_="chen"):
    out = os.path.join(net.dir, name)
    return net.nodes["insurer"].hufu("data", "read", net.held, *PURPOSE, "--out", out, as_=as_)


def denied_read(net, as_="chen"):
    out = os.path.join(net.dir, "denied.csv")
    r = net.nodes["insurer"].refused("data", "read", net.held, *PURPOSE, "--out", out, as_=as_)
    check(not os.path.exists(out), "a denied read leaves no file")
    return r


def reads(net):
    return net.nodes["insurer"].hufu("data", "reads", net.held, as_="chen")["reads"]


def entries(net, event):
    rows = net.nodes["insurer"].hufu("ledger", "tail", "--count", "60", as_="wu")["entries"]
    return [r["fields"] for r in rows if r["event"] == event]


def test_a_read_beyond_the_bytes_of_a_role_is_stopped_while_it_runs_and_alarmed(net):
    """DS-117"""
    limit(net, bulk(bytes=net.size + net.size // 2))
    check(read(net, "first.csv")["bytes"] == net.size, "within the limit")
    r = denied_read(net)
    check(r.reason == "bulk-limit" and "operator" in r.text and "`bulk` in hufu.yaml" in r.text, r.text)
    last = max(reads(net), key=lambda x: x["begun"])
    check((last["outcome"], last["reason"]) == ("stopped", "bulk-limit"), f"{last}")
    check(0 < last["bytes"] <= net.size // 2, f"as much as was left, and no more: {last}")
    wait_until(lambda: [f for f in entries(net, "alarm") if f.get("alarm") == "bulk-limit"], "there is an alarm")
    wait_until(lambda: [f for f in entries(net, "data-read-end") if f.get("reason") == "bulk-limit"], "and the entry of the read that was stopped")


def test_what_was_taken_is_still_counted_after_a_kill(net):
    """DS-117"""
    i = net.nodes["insurer"]
    i.kill()
    limit(net, bulk(bytes=net.size + net.size // 2))
    r = denied_read(net)
    check(r.reason == "bulk-limit", r.text)
    last = max(reads(net), key=lambda x: x["begun"])
    check(last["bytes"] < net.size // 2, f"what was left before the kill, not a limit anew: {last}")


def test_another_account_of_the_role_has_its_own_window(net):
    """DS-117: per account"""
    check(read(net, "lin.csv", as_="lin")["bytes"] == net.size, "lin has taken nothing before")


def test_a_fetch_into_a_file_counts_too_and_leaves_none_when_it_is_stopped(net):
    """DS-117"""
    i = net.nodes["insurer"]
    out = os.path.join(net.dir, "tolls.csv")
    r = i.refused("fetch", net.tolls, "--system", "claims", "--output", out, as_="lin")
    check(r.reason == "bulk-limit", r.text)
    check(not os.path.exists(out), "no file")
    held = i.hufu("fetch", net.tolls, "--system", "claims", "--sealed", as_="lin")
    check(held["state"] == "COMPLETED", f"into the sealed store nothing is taken out: {held}")


def test_the_number_of_objects_and_of_rows_is_limited_as_well(net):
    """DS-117"""
    limit(net, bulk(objects=100, rows=10))
    r = denied_read(net)
    check(r.reason == "bulk-limit" and "10 rows" in r.text, r.text)
    limit(net, bulk(objects=1))
    r = denied_read(net)
    check(r.reason == "bulk-limit" and "1 objects" in r.text, r.text)
    wait_until(lambda: [f for f in entries(net, "denied") if f.get("reason") == "bulk-limit"], "a read that does not begin is a denied request")


def test_a_configuration_that_limits_nothing_or_nobody_is_refused(net):
    """DS-117"""
    i = net.nodes["insurer"]
    i.stop()
    for text, why in (("bulk:\n  - role: nobody\n    bytes: 1\n", "names the role 'nobody'"),
                      ("bulk:\n  - role: operator\n", "limits nothing for the role 'operator'"),
                      (bulk(bytes=1) + "  - role: operator\n    rows: 1\n", "names the role 'operator' twice"),
                      (bulk(bytes=1, window_minutes=600000), "bulk.window_minutes is 600000")):
        with open(os.path.join(i.dir, "hufu.yaml"), "w", encoding="utf-8") as f:
            f.write(net.plain + text)
        r = hufunet.run([net.program("hufud"), "--node", i.dir], net.environment())
        check(r.returncode == 1 and why in r.stderr, f"{why}: {r.stderr}")


def channels(*rows):
    return "channels:\n" + "".join(f"  - {{{r}}}\n" for r in rows)


def test_data_comes_by_licensed_ways_only_and_another_one_is_refused_and_recorded(net):
    """DS-119"""
    i = net.nodes["insurer"]
    limit(net, channels("class: transport/toll, level: 2, allow: [sealed]", "class: transport, allow: [file]"))
    out = os.path.join(net.dir, "unlicensed.csv")
    r = i.refused("fetch", net.tolls, "--system", "claims", "--output", out, as_="chen")
    check(r.reason == "channel" and "'file' is no licensed way" in r.text and "sealed" in r.text, r.text)
    check(not os.path.exists(out), "no file")
    entry = wait_until(lambda: [f for f in entries(net, "denied") if f.get("reason") == "channel"], "the refusal to be recorded")
    check(entry and entry[0]["actor"] == "insurer/chen", f"the refusal is an entry: {entry}")
    r = denied_read(net)
    check(r.reason == "channel" and "'read' is no licensed way" in r.text, f"what is here may not be read either: {r.text}")
    got = i.hufu("fetch", net.tolls, "--system", "claims", "--sealed", as_="chen")
    check(got["sealed"], f"the licensed way stands open: {got}")


def test_the_first_row_that_covers_the_data_decides(net):
    """DS-119"""
    i = net.nodes["insurer"]
    limit(net, channels("class: transport/tol, allow: []", "level: 3, allow: []", "class: transport, allow: [file, read]", "allow: []"))
    out = os.path.join(net.dir, "licensed.csv")
    i.hufu("fetch", net.tolls, "--system", "claims", "--output", out, as_="chen")
    check(same_file(out, net.source), "another class of a like name, and a higher level, are others")
    check(read(net, "licensed-read.csv")["bytes"] == net.size, "and it is read")
    r = i.refused("fetch", net.tolls, "--system", "claims", "--sealed", as_="chen")
    check(r.reason == "channel", r.text)


def test_a_way_that_is_none_is_refused_at_the_start_of_the_node(net):
    """DS-119"""
    i = net.nodes["insurer"]
    i.stop()
    for text, why in ((channels("class: transport, allow: [carrier-pigeon]"), "'carrier-pigeon', which is no way to data"),
                      (channels("level: 9, allow: []"), "channels.level is 9")):
        with open(os.path.join(i.dir, "hufu.yaml"), "w", encoding="utf-8") as f:
            f.write(net.plain + text)
        r = hufunet.run([net.program("hufud"), "--node", i.dir], net.environment())
        check(r.returncode == 1 and why in r.stderr, f"{why}: {r.stderr}")

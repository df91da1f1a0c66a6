"""What a log may hold at the level that says most."""
import glob
import json
import os

from common import *

MARKED_ROWS = 400


def mark(row, column):
    return f"Mark{row:04d}x{column}q{(row * 7919 + column * 104729) % 999983:06d}"


def network(net):
    net.source = os.path.join(net.dir, "marked.csv")
    net.header = ["zebrafield", "quaggafield", "okapifield"]
    with open(net.source, "w", encoding="ascii") as f:
        f.write(",".join(net.header) + "\n")
        for r in range(MARKED_ROWS):
            f.write(",".join(mark(r, c) for c in range(3)) + "\n")
    trio(net, 17, before_start=lambda: [n.configure("log_level: debug\n") for n in net.nodes.values()])
    register(net, "marked", net.source)
    net.entry = publish(net, "marked", title="带标记的数据")
    net.app = agreement(net, net.entry)


def logs(net):
    """Whatever the nodes wrote to standard output and error, and any other log they may have made in their folders."""
    paths = [n.log for n in net.nodes.values()] + glob.glob(net.dir + "/*/**/*log*", recursive=True)
    for path in paths:
        if os.path.isfile(path):
            with open(path, encoding="utf-8", errors="replace") as f:
                yield path, f.read()


def test_marker_values_of_a_delivered_table_stand_in_no_log_at_the_debug_level(net):
    """DS-94: marker values never appear in any log at any level"""
    t, i = net.nodes["transport"], net.nodes["insurer"]
    out = os.path.join(net.dir, "got.csv")
    got = i.hufu("fetch", net.entry, "--system", "claims", "--output", out, as_="chen")
    check(same_file(out, net.source), "the marks were delivered")
    workflow.wait_transfer(t, "li", got["transfer"], "COMPLETED")
    grant = workflow.grant_of(i, "chen", net.app)
    for more in (("--purpose", "marketing"), ("--field", mark(1, 1))):  # refusals speak of what was asked
        i.refused("fetch", "--grant", grant, *more, "--output", net.dir + "/x.csv", as_="chen")
    with open(net.source, "a", encoding="ascii") as f:  # a source that changed is an error that is logged
        f.write(",".join(mark(MARKED_ROWS, c) for c in range(3)) + "\n")
    i.refused("fetch", "--grant", grant, "--output", net.dir + "/y.csv", as_="chen")
    t.hufu("source", "scan", "marked", as_="wang")
    with open(net.source, "a", encoding="ascii") as f:  # and one that is no table any more
        f.write('"' + mark(MARKED_ROWS + 1, 0))
    t.refused("source", "scan", "marked", as_="wang")
    marks = {mark(r, c) for r in range(MARKED_ROWS + 2) for c in range(3)} | set(net.header)
    seen = 0
    for path, text in logs(net):
        seen += len(text.splitlines())
        for m in marks:
            check(m not in text, f"{m} stands in {path}")
        check("Mark0" not in text, f"no part of a value, either: {path}")
    check(seen > 4 * 3, f"the logs were written: {seen} lines")


def test_the_lines_at_the_debug_level_are_of_the_same_form(net):
    """DS-94: known fields only"""
    for n in net.nodes.values():
        with open(os.path.join(n.dir, "hufu.yaml"), encoding="utf-8") as f:
            check("log_level: debug" in f.read(), f"{n.id} was started at the debug level")
        with open(n.log, encoding="utf-8") as f:
            for line in f:
                check({"ts", "level", "node", "module", "event"} <= json.loads(line).keys(), line)

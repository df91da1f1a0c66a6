"""Sources that are no plain CSV, at real nodes: they are registered, looked at, masked by a task, and delivered with chosen fields, and masked by obligation."""
import csv
import json
import os

import passages
from common import *
from test_masked_delivery import CLAIMS, authorize, negotiate, table

MASKING = {"yang": ("杨帆 T-11", ["masking-operator"]), "ma": ("马超 T-12", ["masking-operator"]), "song": ("宋玉 T-13", ["security-administrator"]), "shen": ("沈清 T-14", ["audit-administrator"])}
ROWS = 3000
PLAIN = ("passage", "time", "gantry", "class", "fee")
BASIS = dict(data_class="transport/toll", level=2, topic="tolls")


def network(net):
    trio(net, 91)
    t = net.nodes["transport"]
    for account, (real_name, roles) in MASKING.items():
        t.add_user(account, real_name, roles)
    for node, accounts in ((t, ("li", "zhao")), (net.nodes["insurer"], ("chen", "zhou")), (net.nodes["manager"], ("zheng",))):
        for account in accounts:
            node.enrol(account)
    net.csv = os.path.join(net.dir, "passages.csv")
    net.people = passages.write(net.csv, ROWS, 5, people=500)
    net.rows = table(net.csv)
    for name, mode in (("passages", "dynamic"), ("passages-task", "static")):
        path = os.path.join(net.dir, name + ".yaml")
        with open(path, "w", encoding="utf-8") as f:
            f.write(passages.plan(name, 1, "ma", "song", "shen", lambda text: text.replace("dynamic", mode)))
        t.hufu("release", "plan", "put", path, as_="yang")
        t.hufu("release", "plan", "approve", name, as_="song")


def offered(net, name, title, masked):
    """An entry on the source, and the insurer's agreement about it."""
    extra = ["--legal-basis", "公路法第六十条"] + (["--duty", "mask:passages"] if masked else [])
    entry = publish(net, name, title=title, extra=extra, **BASIS)
    negotiate(net, entry, () if masked else PLAIN)
    return entry


def fetch(net, entry, name):
    i, out = net.nodes["insurer"], os.path.join(net.dir, name)
    got = i.hufu("fetch", entry, *CLAIMS, "--sealed", as_="chen")
    check(got["quality"] == "met", f"{got}")
    i.hufu("data", "read", got["transfer"], *CLAIMS[:2], "--out", out, as_="chen")
    return table(out)


def chosen_and_masked(net, source, title):
    """What is delivered of the source: chosen fields as they are, and all of them masked; each the same bytes a second time."""
    rows = fetch(net, offered(net, source, title, False), source + "-chosen.csv")
    check(rows == [{f: r[f] for f in PLAIN} for r in net.rows], f"the fields that were agreed, and all rows: {rows[:1]}")
    entry = offered(net, source, title + "，脱敏", True)
    rows = fetch(net, entry, source + "-masked.csv")
    check(len(rows) == ROWS and list(rows[0]) == list(net.rows[0]), "all rows and fields")
    for field in ("resident_id", "mobile", "plate", "card"):
        pairs = {(b[field], a[field]) for b, a in zip(net.rows, rows)}
        check(len(pairs) == len({b for b, _ in pairs}) and all(a != b for a, b in pairs), f"{field} is another one, and one to one")
    check(all(passages.luhn(r["card"][:-1]) == r["card"] for r in rows), "cards pass Luhn")
    fetch(net, entry, source + "-again.csv")
    check(same_file(os.path.join(net.dir, source + "-masked.csv"), os.path.join(net.dir, source + "-again.csv")), "the same bytes")


def masked_by_task(net, source):
    """A masking task over the source: its result is a table of its own."""
    result = os.path.join(net.dir, source + "-task.csv")
    done = net.nodes["transport"].hufu("release", "run", "passages-task", source, "--output", result, "--register", source + "-task", "--wait", as_="ma")
    rows = table(result)
    check(done["state"] == "released" and len(rows) == ROWS, f"{done['state']}, {len(rows)} rows")
    check(all(a["plate"] != b["plate"] and a["passage"] == b["passage"] for a, b in zip(rows, net.rows)), "row for row, every plate another one")


def found(net, source):
    """Kinds that the look at the source found, by field."""
    return {f["field"]: f["kind"] for f in net.nodes["transport"].hufu("source", "fields", source, as_="song")["fields"] if f["kind"]}


def write_lines(path, rows):
    with open(path, "w", encoding="utf-8") as f:
        for r in rows:
            f.write(json.dumps({k: int(v) if k in ("class", "fee") else v for k, v in r.items()}, ensure_ascii=False) + "\n")


def test_json_lines_are_looked_at_masked_and_delivered(net):
    """Message records, kept as JSON lines, are an input of masking, in a task and in a delivery."""
    t = net.nodes["transport"]
    path = os.path.join(net.dir, "passages.jsonl")
    write_lines(path, net.rows)
    shown = workflow.source(t, "wang", "lines", path, "--kind", "jsonl", by="song", kinds=passages.KINDS)
    check((shown["kind"], shown["rows"], [f["name"] for f in shown["fields"]]) == ("jsonl", ROWS, passages.HEADER), f"{shown}")
    check({f["name"]: f["type"] for f in shown["fields"]}["fee"] == "integer", f"types as of a table: {shown['fields']}")
    kinds = found(net, "lines")
    check(kinds["resident_id"] == "cn.resident-id" and kinds["plate"] == "cn.plate", f"what the fields hold: {kinds}")
    masked_by_task(net, "lines")
    chosen_and_masked(net, "lines", "通行记录")
    with open(path, "a", encoding="utf-8") as f:
        f.write('{"passage": 1}\n')
    r = t.refused("source", "test", "lines", as_="wang")
    check(r.reason == "source-changed", f"{r.text}")


def test_a_file_that_is_no_table_is_refused_with_the_line_that_is_wrong(net):
    """What is wrong is said where it is, whatever the form."""
    t = net.nodes["transport"]
    path = os.path.join(net.dir, "bad.jsonl")
    for text, words in (('{"a": 1}\n{"a": 2', "line 2"), ('{"a": 1}\n["a"]\n', "not an object"), ('{"a": "\\ud800"}\n', "surrogate")):
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        r = t.refused("source", "add", "bad", path, "--kind", "jsonl", as_="wang")
        check(r.reason == "format" and words in r.text, f"{r.text}")
    r = t.refused("source", "add", "bad", path, "--kind", "parquet", as_="wang")
    check(r.reason == "unsupported" and "jsonl" in r.text, f"{r.text}")

"""Where a delivery may go at the consumer besides a CSV file: other forms of a file. Real nodes."""
import json
import os
import subprocess

from common import *


def network(net):
    trio(net, 44)
    for node, account in (("insurer", "chen"), ("transport", "li")):
        net.nodes[node].enrol(account)
    register(net, "flights", FLIGHTS)
    net.entry = publish(net, "flights")
    net.sensitive = publish(net, "flights", title="敏感航班数据", extra=["--sensitive"])
    net.app = agreement(net, net.entry)


def cells():
    with open(FLIGHTS, encoding="utf-8") as f:
        header, *lines = f.read().splitlines()
    return header.split(","), [line.split(",") for line in lines]


def fetch(net, *where, entry=None):
    return net.nodes["insurer"].hufu("fetch", entry or net.entry, "--system", "claims", *where, as_="chen")


def left(net, out):
    """What a delivery left beside its file, and sealed in the node's folder."""
    folder, data = os.path.dirname(out), os.path.join(net.nodes["insurer"].dir, "data")
    return [n for n in os.listdir(folder) if n.startswith(os.path.basename(out) + ".")] + (os.listdir(data) if os.path.isdir(data) else [])


def test_a_delivery_into_json_lines_or_packed_is_the_table_whole_and_leaves_nothing_beside_it(net):
    """DS-53, DS-70"""
    i = net.nodes["insurer"]
    header, rows = cells()
    for form in ("jsonl", "jsonl.zst", "csv.zst"):
        out = os.path.join(net.dir, "flights-out." + form)
        got = fetch(net, "--output", out, "--format", form)
        check((got["quality"], got["rows"], got["format"]) == ("met", len(rows), form), f"{got}")
        text = subprocess.run(["zstd", "-dcq", out], check=True, capture_output=True).stdout if form.endswith(".zst") else open(out, "rb").read()
        if form == "csv.zst":
            with open(FLIGHTS, "rb") as f:
                check(text == f.read(), "the bytes as they were delivered")
        else:
            lines = [json.loads(line) for line in text.splitlines()]
            check(all(list(line) == header for line in lines), "a member for every column")
            check([[str(v) for v in line.values()] for line in lines] == rows and isinstance(lines[0]["delay_minutes"], int), f"every cell: {lines[0]}")
        wait_until(lambda: not left(net, out), "nothing to be left of what it was made from")
    r = i.refused("fetch", net.entry, "--system", "claims", "--output", os.path.join(net.dir, "x"), "--format", "parquet", as_="chen")
    check(r.reason == "unsupported" and "jsonl.zst" in r.text, r.text)
    out = os.path.join(net.dir, "sensitive.jsonl")
    r = i.refused("fetch", net.sensitive, "--system", "claims", "--purpose", "claims-assessment", "--output", out, "--format", "jsonl", as_="chen")
    check(r.reason == "must-be-sealed" and not os.path.exists(out), r.text)

"""One entry of a ledger as a proof that an outsider checks offline."""
import json
import os

from common import *


def network(net):
    trio(net, 17)


def refused_here(fn):
    """What `hufu` itself refuses, after the node has answered."""
    try:
        fn()
    except hufunet.Refused as r:
        return r
    return None


def proven(i, index, path, *more):
    """`hufu ledger proof`, as soon as the entry is witnessed."""
    def tried():
        try:
            return i.hufu("ledger", "proof", str(index), "-o", path, *more, as_="wu")
        except hufunet.Refused as r:
            check(r.reason == "state" and "not witnessed" in r.text, r.text)
            return None
    return wait_until(tried, "the entry is witnessed and proven")


def test_one_entry_is_proven_to_an_outsider_with_chosen_fields(net):
    """SB-59: one field can be shown without the others"""
    i = net.nodes["insurer"]
    i.hufu("system", "add", "proven", "--address", i.ip, "--business", "证明", as_="admin")
    rows = i.hufu("ledger", "tail", "--count", "20", as_="wu")["entries"]
    index = next(e["index"] for e in rows if e["fields"].get("object") == "proven")
    folder, root = os.path.join(net.dir, "proofs"), net.authority.root_key
    os.makedirs(folder)
    few, whole = os.path.join(folder, "few.tlog-proof"), os.path.join(folder, "whole.tlog-proof")
    proven(i, index, few, "--show", "event,outcome")
    proven(i, index, whole, "--show", "all")
    status, text = net.verify("proof", few, "--root-key", root, "--json")
    said = json.loads(text)
    check(status == 0 and said["ledger"] == "insurer" and said["index"] == index, text)
    check(set(said["fields"]) == {"event", "outcome"} and "proven" not in text, f"nothing else is shown: {said['fields']}")
    status, text = net.verify("proof", whole, "--root-key", root, "--json")
    check(status == 0 and json.loads(text)["fields"]["object"] == "proven", text)
    check(os.path.getsize(few) <= 4096 and os.path.getsize(whole) <= 4096, "proofs are small")
    r = refused_here(lambda: i.hufu("ledger", "proof", str(index), "-o", few, as_="wu"))
    check(r and "never replaced" in r.text, f"{r}")
    r = i.refused("ledger", "proof", "999999", "-o", os.path.join(folder, "none.tlog-proof"), as_="wu")
    check(r.reason == "unknown" and "there is no entry 999999 of the ledger of insurer here" in r.text, r.text)
    r = i.refused("ledger", "proof", "0", "-o", os.path.join(folder, "x.tlog-proof"), "--show", "colour", as_="wu")
    check(r.reason == "argument" and 'no private field "colour"' in r.text, r.text)
    r = i.refused("ledger", "proof", "0", "-o", os.path.join(folder, "x.tlog-proof"), as_="chen")
    check(r.reason == "permission", "only the auditor exports")

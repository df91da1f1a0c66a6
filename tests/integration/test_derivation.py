"""What a consumer makes of delivered data: traced back over its steps to the source items at the provider, and forward."""
import csv
import hashlib
import os

from common import *


def network(net):
    trio(net, 41, overseas=True)
    register(net, "flights", FLIGHTS)
    register(net, "airports", AIRPORTS)
    net.flights = publish(net, "flights")
    net.airports = publish(net, "airports", title="机场目录", data_class="transport/airport")
    i = net.nodes["insurer"]
    i.add_user("xu", "徐静 I-7", ["records-keeper"])
    net.got, net.files = {}, {}
    for name, entry in (("flights", net.flights), ("airports", net.airports)):
        agreement(net, entry)
        net.files[name] = os.path.join(net.dir, f"{name}.csv")
        net.got[name] = i.hufu("fetch", entry, "--system", "claims", "--output", net.files[name], as_="chen")["transfer"]
        workflow.wait_transfer(net.nodes["transport"], "li", net.got[name], "COMPLETED")
    net.one = made(net, "one.csv", [net.files["flights"]])
    net.first = derive(net, net.one, [net.got["flights"]], "按延误三小时以上筛选")
    net.two = made(net, "two.csv", [net.one, net.files["airports"]])
    net.second = derive(net, net.two, [net.first, net.got["airports"]], "joined on the airport, counted by month")


def made(net, name, files):
    """A file that is really made of the others: every other row of each."""
    path = os.path.join(net.dir, name)
    with open(path, "w", encoding="utf-8", newline="") as out:
        for f in files:
            with open(f, encoding="utf-8", newline="") as rows:
                csv.writer(out).writerows(r for n, r in enumerate(csv.reader(rows)) if n % 2 == 0)
    return path


def derive(net, path, inputs, processing, *more, as_="chen"):
    named = [a for i in inputs for a in ("--from", i)]
    return net.nodes["insurer"].hufu("derive", path, *named, "--system", "claims", "--processing", processing, *more, as_=as_)["derivation"]


def lineage(node, account, item, *more):
    return node.hufu("ledger", "lineage", item, *more, as_=account)


def whole(node, account, item, *more):
    """Once every ledger that it takes is here and witnessed."""
    def there():
        out = lineage(node, account, item, *more)
        return out if not out["coverage"] else None

    return wait_until(there, f"nothing to be left uncovered in the lineage of {item}", 60, 0.3)


def sha256(path):
    with open(path, "rb") as f:
        return hashlib.sha256(f.read()).hexdigest()


def test_a_derived_item_leads_back_to_its_source_items_through_two_steps(net):
    """DS-97, DS-103: backward, with person, system address, time and manner of each step"""
    i = net.nodes["insurer"]
    out = whole(i, "wu", net.second)
    seen = {(r["part"], r["item"]): r for r in out["items"]}
    check(len(seen) == len(out["items"]) == 6, f"two derivations, and both sides of two transfers: {sorted(seen)}")
    steps = {(("derived", net.second)): 0, ("derived", net.first): 1, ("received", net.got["airports"]): 1, ("provided", net.got["airports"]): 1,
             ("received", net.got["flights"]): 2, ("provided", net.got["flights"]): 2}
    check({k: r["steps"] for k, r in seen.items()} == steps, f"{ {k: r['steps'] for k, r in seen.items()} }")
    for (part, _), r in seen.items():
        check(r["actor"] and r["time"] and r["fields"]["manner"] and r["proof"].startswith("witnessed"), f"person, time, manner, proof: {r}")
        check(r["fields"]["ip-address"] in (i.ip, net.nodes["transport"].ip), f"address: {r['fields']}")
        check(r["ledger"] == ("transport" if part == "provided" else "insurer"), f"{part}: each side speaks for itself: {r['ledger']}")
    for item, path, manner in ((net.first, net.one, "按延误三小时以上筛选"), (net.second, net.two, "joined on the airport, counted by month")):
        f = seen[("derived", item)]["fields"]
        check(f["digest"] == sha256(path) and f["data-length"] == str(os.path.getsize(path)), "the very file")
        check((f["actor"], f["system"], f["ip-address"], f["processing"]) == ("insurer/chen", "claims", i.ip, manner), f"{f}")
    for name, entry in (("flights", net.flights), ("airports", net.airports)):
        for part in ("received", "provided"):
            check(seen[(part, net.got[name])]["fields"]["resource"] == entry, f"{name}: the source item at its provider")
        check(seen[("received", net.got[name])]["fields"]["content-root"] == seen[("provided", net.got[name])]["fields"]["content-root"], "the same bytes")
    check(seen[("received", net.got["flights"])]["towards"] == net.first and seen[("derived", net.first)]["towards"] == net.second, "step by step")


def test_a_source_leads_forward_to_everything_that_was_made_of_it(net):
    """DS-103: at the provider, which was told, and at the consumer"""
    t, i = net.nodes["transport"], net.nodes["insurer"]

    def forward(node, account, item):
        return [(r["item"], r["steps"], r["towards"]) for r in lineage(node, account, item, "--forward")["items"]]

    wait_until(lambda: len(forward(t, "sun", net.flights)) == 2, "the provider to know of both", 60, 0.3)
    for node, account in ((t, "sun"), (i, "wu")):
        flights, airports = net.got["flights"], net.got["airports"]
        check(forward(node, account, net.flights) == [(net.first, 1, net.flights), (net.second, 2, net.first)], f"{node.id}: of the entry")
        check(forward(node, account, flights) == [(net.first, 1, flights), (net.second, 2, net.first)], f"{node.id}: of the transfer")
        check(forward(node, account, airports) == [(net.second, 1, airports)], f"{node.id}: of the other transfer")
    check(forward(i, "wu", net.first) == [(net.second, 1, net.first)], "of the first step")
    uses = t.hufu("ledger", "trace", "--resource", net.flights, as_="sun")["entries"]
    told = [e for e in uses if e["event"] == "derived-from"]
    check([e["object"] for e in told] == [net.first, net.second], "and the trace of the dataset has it among its uses")
    for e in told:
        f = e["fields"]
        check(f["actor"] == "insurer/chen" and f["ip-address"] == i.ip and f["processing"], f"who, where, how: {f}")
        check(net.airports not in str(f) and net.got["airports"] not in str(f), f"and nothing of another source: {f}")
        check(f["sources"].split() == [net.flights, "transport"], f"{f['sources']}")


def test_who_is_no_party_learns_of_no_derivation(net):
    """DS-67, SB-57"""
    m, o = net.nodes["manager"], net.nodes["overseas"]
    o.add_user("ng", "Ng Hui Min S-3", ["auditor"])
    for node, account in ((m, "feng"), (o, "ng")):
        for item in (net.first, net.second):
            for more in ((), ("--forward",)):
                check(node.refused("ledger", "lineage", item, *more, as_=account).reason == "unknown", f"{node.id}: nothing of {item}")
    check(net.nodes["transport"].refused("ledger", "lineage", net.second, as_="sun").reason == "unknown", "nor does a publisher see all of its sources")


def test_what_is_recorded_is_one_record_of_its_subject_and_stays(net):
    """DS-98, DS-101"""
    i = net.nodes["insurer"]
    path = os.path.join(net.dir, "derivations.csv")
    i.hufu("audit", "report", "--format", "csv", "--event", "derivation", "--subject", "chen", "-o", path, as_="wu")
    with open(path, encoding="utf-8-sig", newline="") as f:
        rows = [r for r in csv.DictReader(f) if r["record"] != "report"]
    check([r["object"] for r in rows] == [net.first, net.second] and all(r["result"] == "ok" and r["time"] for r in rows), f"{rows}")
    r = i.refused("ledger", "erase", net.first, "--reason", "整理", as_="xu")
    check(r.reason == "state" and "retention period of six months" in r.text, r.text)


def test_what_cannot_be_an_input_is_refused_with_the_reason(net):
    """DS-97"""
    t, i = net.nodes["transport"], net.nodes["insurer"]
    before = len(lineage(i, "wu", net.flights, "--forward")["items"])

    def refused(reason, word, *args, as_="chen"):
        r = i.refused("derive", net.two, *args, as_=as_)
        check(r.reason == reason and word in r.text, f"{args}: {r.text}")

    usual = ("--system", "claims", "--processing", "x")
    refused("unknown", UNKNOWN_ID, "--from", UNKNOWN_ID, *usual)
    refused("exists", "twice", "--from", net.first, "--from", net.first, *usual)
    refused("unknown", "no registered system", "--from", net.first, "--system", "nowhere", "--processing", "x")
    refused("argument", "processing", "--from", net.first, "--system", "claims")
    refused("permission", "fetch", "--from", net.first, *usual, as_="zhou")
    r = i.refused("derive", net.two, "--from", net.flights, *usual, as_="chen")
    check(r.reason == "unknown", f"a catalog entry is not what was delivered: {r.text}")
    r = i.refused("derive", os.path.join(net.dir, "not-there"), "--from", net.first, *usual, as_="chen")
    check(r.status == 1 and "cannot be read" in r.text, r.text)
    empty = os.path.join(net.dir, "empty.csv")
    open(empty, "w", encoding="utf-8").close()
    for path, word in ((empty, "is empty"), ("/dev/zero", "no file with an end"), (net.dir, "no file with an end")):
        r = i.refused("derive", path, "--from", net.first, *usual, as_="chen")
        check(r.status == 1 and word in r.text and path in r.text, f"{path}: {r.text}")
    denied = i.refused("ledger", "lineage", net.second, as_="chen")
    check(denied.reason == "permission", "reading lineages is the auditor's")
    big = i.hufu("fetch", net.flights, "--system", "claims", "--output", os.path.join(net.dir, "never.csv"), "--detach", as_="chen")["transfer"]
    workflow.wait_transfer(i, "chen", big, "COMPLETED")
    r = i.refused("fetch", net.flights, "--system", "claims", "--purpose", "resale", "--output", os.path.join(net.dir, "denied.csv"), as_="chen")
    ended = [x["transfer"] for x in i.hufu("transfers", "list", as_="chen")["transfers"] if x["state"] == "TERMINATED"]
    refused("state", "delivered nothing", "--from", ended[0], *usual)
    check(len(lineage(i, "wu", net.flights, "--forward")["items"]) == before, "and none of it is on record as a derivation")


def test_a_large_file_is_recorded_by_the_digest_of_the_whole(net):
    """DS-97: read piece by piece; the digest is that of the whole file"""
    big = os.path.join(net.dir, "big.bin")
    with open(big, "wb") as f:
        f.truncate(256 << 20)
        f.seek((256 << 20) - 1)
        f.write(b"x")
    id = derive(net, big, [net.first], "padded")
    i = net.nodes["insurer"]
    item = next(x for x in lineage(i, "wu", net.first, "--forward")["items"] if x["item"] == id)
    check(sha256(big) in item["fields"].values() and str(256 << 20) in [str(v) for v in item["fields"].values()], f"{item}")
    os.unlink(big)

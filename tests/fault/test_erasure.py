"""An erasure as a whole between nodes that exchanged data: half a year later, all clocks moved from outside (Debian's libfaketime), one
keeper asks, another approves, and nothing opens what was recorded: not here, not at the party, not from a backup of before."""
import base64
import concurrent.futures
import json
import os

from common import *
from common import PEOPLE
from hufunet import Clock
from test_recover import kill_when_nothing_is_ahead

HALF_YEAR = 190  # days; the retention period has 184
SLOT, ERASED = 32, b"hufu slot erased".ljust(32, b"\0")
CREW = {n: dict(PEOPLE[n]) for n in ("transport", "insurer", "manager")}
CREW["transport"] |= {"xu": ("徐静 T-7", ["records-keeper"]), "he": ("何平 T-8", ["records-keeper"])}
AUDITOR = {"transport": "sun", "insurer": "wu", "manager": "feng"}


def network(net):
    """Three nodes; the provider's clock can be moved alone, those of the two others together."""
    own, others = (Clock(folder_of(net, n)) for n in ("own-clock", "clocks"))
    net.clocks = own, others
    trio_of_witnesses(net)
    for n in net.nodes.values():
        net.clock = own if n.id == "transport" else others
        n.start()
    with concurrent.futures.ThreadPoolExecutor() as pool:
        list(pool.map(lambda n: net.nodes[n].staff(CREW[n]), CREW))
    t, i = net.nodes["transport"], net.nodes["insurer"]
    for keeper in ("xu", "he"):
        t.enrol(keeper)
    i.hufu("system", "add", "claims", "--address", i.ip, "--business", "理赔核算", as_="admin")
    register(net, "flights", FLIGHTS)
    net.flights = publish(net, "flights")
    net.app = agreement(net, net.flights)
    net.out = os.path.join(net.dir, "flights.csv")
    net.transfer = i.hufu("fetch", net.flights, "--system", "claims", "--output", net.out, as_="chen")["transfer"]
    workflow.wait_transfer(t, "li", net.transfer, "COMPLETED")


def folder_of(net, name):
    path = os.path.join(net.dir, name)
    os.makedirs(path)
    return path


def trio_of_witnesses(net):
    for k, (id, roles) in enumerate({"transport": ["provider"], "insurer": ["consumer"], "manager": ["exchange-service"]}.items(), 1):
        net.node(id, id, f"{net.prefix}.65.{k}", organization=f"cn.{id}", roles=roles, mirrors=[n for n in CREW if n != id])
    net.found(list(CREW), 2)


def log_in(node, *accounts):
    """After half a year each of them needs a new password, and again where a backup knows the old one; who was away for so long may have
    been disabled, but never the administrator."""
    for a in accounts:
        new, key = node.net.password_file(node.id, a + ".new"), node.device_key(a)
        command = ["login", "--account", a, "--password-file", node.people[a], "--new-password-file", new, *(["--device-key", key] if os.path.exists(key) else [])]
        _, r = refused_here(lambda: node.hufu(*command))
        if r:
            check(r.reason == "state" and "disabled" in r.text and a != "admin", f"{a}: {r}")
            node.hufu("user", "enable", a, as_="admin")
            node.hufu(*command)


def rows(node, ledger):
    """The transaction's entries of one ledger, as that node shows them."""
    return [e for e in entries_of(node, AUDITOR[node.id], node.net.transfer) if e["ledger"] == ledger]


def opened(rows):
    return [e["index"] for e in rows if e.get("actor") or e.get("event")]


def slots(node, name):
    with open(os.path.join(node.dir, "ledger", name), "rb") as f:
        data = f.read()
    return [data[n:n + SLOT] for n in range(SLOT, len(data), SLOT)]


def parts(message):
    """The fields of a protobuf message: (number, value) of numbers and byte strings."""
    at = 0

    def number():
        nonlocal at
        value = shift = 0
        while True:
            at += 1
            value |= (message[at - 1] & 127) << shift
            shift += 7
            if message[at - 1] < 128:
                return value
    while at < len(message):
        tag = number()
        value = number()
        if tag & 7 == 2:
            at += value
            value = message[at - value:at]
        yield tag >> 3, value


def shown(proof):
    """The opening in a proof of one entry (docs/protocol.md, 12.3), in the form in which it lies in messages."""
    with open(proof, encoding="utf-8") as f:
        return base64.b64decode(next(line for line in f if line.startswith("extra "))[6:])


def salts(proof):
    """Of the private fields."""
    fields = [dict(parts(value)) for field, value in parts(shown(proof)) if field == 3]
    return [s[2] for s in fields]


def holding(net, secrets):
    """The files of any node, and of the backups, in which one of these byte strings stands."""
    found = []
    for top in [n.dir for n in net.nodes.values()] + list(net.backups.values()):
        for path in (os.path.join(folder, name) for folder, _, names in os.walk(top) for name in names):
            if os.path.isfile(path):
                with open(path, "rb") as f:
                    data = f.read()
                found += [os.path.relpath(path, net.dir)] if any(s in data for s in secrets) else []
    return sorted(found)


def refused_here(fn):
    try:
        return fn(), None
    except hufunet.Refused as r:
        return None, r


def proven(net, index):
    """A proof of that entry with all its fields."""
    path = os.path.join(net.proofs, f"{index}.tlog-proof")
    wait_until(lambda: refused_here(lambda: net.nodes["transport"].hufu("ledger", "proof", str(index), "-o", path, "--show", "all", as_="sun"))[1] is None,
               f"entry {index} to be witnessed and proven", 60, 0.2)
    return path


def test_what_is_there_before(net):
    """DS-99: backups of both sides without a byte of a key; proofs of every entry with all fields"""
    t, i = net.nodes["transport"], net.nodes["insurer"]
    net.proofs, net.evidence = folder_of(net, "proofs"), os.path.join(net.dir, "exchange.tally")
    for n, last in ((t, {"use-report", "transfer-closed"}), (i, {"use-report", "receipt"})):
        wait_until(lambda: last <= {e.get("event") for e in rows(n, n.id)}, f"the exchange to be closed in the ledger of {n.id}", 60, 0.2)
    net.entries = opened(rows(t, "transport"))
    check(len(net.entries) >= 3, f"the provider has recorded the exchange: {net.entries}")
    wait_until(lambda: opened(rows(i, "transport")) == net.entries, "the insurer to hold copies of what they say", 60, 0.2)
    net.insurers = opened(rows(i, "insurer"))
    wait_until(lambda: opened(rows(t, "insurer")) == net.insurers, "and the provider of what the insurer recorded", 60, 0.2)
    wait_until(lambda: workflow.provable(t, "sun", net.transfer, workflow.application(t, "li", net.app)["transaction"], net.evidence), "the tally", 60, 0.2)
    net.salts = [s for n in net.entries for s in salts(proven(net, n))]
    check(len(net.salts) > 10 * len(net.entries) and all(len(s) == SLOT for s in net.salts), f"{len(net.salts)} salts of {len(net.entries)} entries")
    net.backups = {n.id: os.path.join(net.dir, "backup-" + n.id) for n in (t, i)}
    for id, folder in net.backups.items():
        net.nodes[id].hufu("backup", folder, as_="admin")
    net.keys = [slots(t, "slots-own")[n] for n in net.entries]
    net.copies = slots(i, "slots-copies")
    check(holding(net, net.keys) == ["transport/ledger/slots-own"], "the search finds what is there, and it is in one place")


def ask(net, account="xu"):
    return net.nodes["transport"].hufu("ledger", "erase", net.transfer, "--reason", "保存期满", as_=account)["erasure"]


def test_the_period_is_over_for_nobody_alone(net):
    """DS-66, DS-98, DS-104, DS-130: refused inside the six months, also when the provider sets its own clock half a year on"""
    t = net.nodes["transport"]
    r = t.refused("ledger", "erase", net.transfer, "--reason", "保存期满", as_="xu")
    check(r.reason == "state" and "retention period of six months" in r.text, f"on the day: {r}")
    net.clocks[0].move(HALF_YEAR)
    log_in(t, "admin", "xu", "he", "sun", "li")
    r = t.refused("ledger", "erase", net.transfer, "--reason", "保存期满", as_="xu")
    check(r.reason == "state" and "by the witnesses' clocks" in r.text, f"with its own clock ahead: {r}")
    net.clocks[1].move(HALF_YEAR)
    for id in ("insurer", "manager"):
        log_in(net.nodes[id], "admin", AUDITOR[id])


def test_one_asks_another_approves_and_every_copy_goes(net):
    """DS-98, DS-104, DS-130: on record for everybody; slots overwritten at the writer and at the party; nothing else is touched"""
    t, i = net.nodes["transport"], net.nodes["insurer"]
    id = wait_until(lambda: refused_here(lambda: ask(net))[0], "the witnesses' clocks to say that the period is over", 120, 0.5)
    check(t.refused("ledger", "erase", "--approve", id, as_="xu").reason == "separation", "who asks does not approve")
    t.hufu("ledger", "erase", "--approve", id, as_="he")
    done = wait_until(lambda: [e for e in t.hufu("ledger", "erasures", as_="sun")["erasures"] if e["state"] == "done"], "it to be carried out")
    check([(e["erasure"], e["asked_by"], e["approved_by"]) for e in done] == [(id, "xu", "he")], f"{done}")
    wait_until(lambda: not opened(rows(i, "transport")), "the insurer to follow", 120, 0.5)
    own, copies = slots(t, "slots-own"), slots(i, "slots-copies")
    check(all(own[n] == ERASED for n in net.entries), "the provider's slots are overwritten")
    gone = [a for a, b in zip(net.copies, copies) if a != b]
    check(len(gone) == len(net.entries) and copies.count(ERASED) == len(gone), f"and the insurer's copies, no others: {len(gone)} of {len(net.entries)}")
    net.secrets = net.keys + gone + net.salts
    check(opened(rows(t, "insurer")) == net.insurers and not opened(rows(t, "transport")), "what the insurer recorded is the insurer's affair")
    public = [e for e in t.hufu("ledger", "tail", "--count", "100", as_="sun")["entries"] if e.get("event") == "erasure"]
    check([e["actor"] for e in public] == ["transport/xu, transport/he"], f"{public}")
    cleared = [e for e in i.hufu("ledger", "tail", "--count", "100", as_="wu")["entries"] if e.get("event") == "cache-cleared"]
    check(len(cleared) == 1 and cleared[0]["detail"].startswith(f"{len(gone)} erased, 0 kept"), f"what became of the copies is on record: {cleared}")
    net.public = public[0]["index"]


def test_no_byte_of_key_or_salt_is_left_in_any_file(net):
    """DS-67"""
    check(holding(net, net.secrets) == [], f"found in {holding(net, net.secrets)}")
    check(holding(net, slots(net.nodes["transport"], "slots-own")[:1]) == ["transport/ledger/slots-own"], "the search would find a key")
    control = os.path.join(net.nodes["transport"].dir, "control")
    with open(control, "wb") as f:
        f.write(shown(os.path.join(net.proofs, f"{net.entries[-1]}.tlog-proof")))
    check(holding(net, net.salts) == ["transport/control"], "the search would find a salt")
    os.remove(control)


def verified(net):
    """Proofs of before, and the ledgers as they are now."""
    root = net.authority.root_key
    for n in net.entries:
        status, text = net.verify("proof", os.path.join(net.proofs, f"{n}.tlog-proof"), "--root-key", root, "--json")
        check(status == 0 and json.loads(text)["index"] == n, text)
    status, text = net.verify("tally", net.evidence, "--root-key", root)
    check(status == 0, text)
    for id in ("transport", "insurer"):
        folder = os.path.join(net.dir, "exports", id)
        wait_until(lambda n=net.nodes[id], f=folder: workflow.export(n, AUDITOR[n.id], f), f"{id}'s ledger to be witnessed", 60, 0.3)
        status, text = net.verify("ledger", folder, "--root-key", root)
        check(status == 0, text)
        net.nodes[id].hufu("ledger", "verify", as_=AUDITOR[id])


def test_entries_and_proofs_stay_valid(net):
    """SB-58, SB-59: what was proven before is proven; the erasure itself is proven to anyone"""
    t = net.nodes["transport"]
    verified(net)
    status, text = net.verify("proof", proven(net, net.public), "--root-key", net.authority.root_key, "--json")
    check(status == 0 and json.loads(text)["fields"]["actor"] == "transport/xu, transport/he", text)
    path = os.path.join(net.proofs, "after.tlog-proof")
    r = refused_here(lambda: t.hufu("ledger", "proof", str(net.entries[0]), "-o", path, "--show", "all", as_="sun"))[1]
    check(r and r.reason == "erased", f"it cannot be shown any more: {r}")
    seen = t.hufu("ledger", "trace", net.transfer, as_="sun")
    check(any("was erased" in c for c in seen["coverage"]), f"and the trace says so: {seen['coverage']}")
    r = t.refused("ledger", "erase", net.transfer, "--reason", "保存期满", as_="xu")
    check(r.reason == "erased", f"once: {r}")


def come_back(net, node):
    """The node starts from its backup of half a year ago and gets the rest of its ledger from its mirrors."""
    net.hufu("restore", net.backups[node.id], "--node", node.dir, "--by", "何平 T-8", "--replace")
    net.clock = net.clocks[0 if node.id == "transport" else 1]
    node.start()
    log_in(node, "admin", AUDITOR[node.id])
    wait_until(lambda: node.hufu("ledger", "state", as_="admin")["read_only"], "it to notice that its ledger is older", 60)
    done = node.hufu("ledger", "recover", as_="admin")
    check(done["witnessed"] and done["entries"] > 0, f"{done}")


def test_a_backup_of_before_brings_nothing_back(net):
    """DS-99: at the writer and at the party, one after the other"""
    for id in ("transport", "insurer"):
        n = net.nodes[id]
        kill_when_nothing_is_ahead(net, n)
        come_back(net, n)
        check(not opened(rows(n, "transport")), f"{id}: it stays erased: {rows(n, 'transport')}")
        check(opened(rows(n, "insurer")) == net.insurers, f"{id}: and nothing else is lost")
        check(holding(net, net.secrets) == [], f"{id}: {holding(net, net.secrets)}")
    verified(net)

"""Backups: made while the node works, checked by anyone, restored onto an empty disk; each job is on record, and nothing newer is undone."""
import os
import shutil

from common import *
from test_recover import kill_when_nothing_is_ahead, read_only, until_everywhere, whole, work

SLOT = 32


def network(net):
    trio(net, 37)
    i = net.nodes["insurer"]
    net.backup, net.slots = os.path.join(net.dir, "backup"), os.path.join(net.dir, "slots")
    i.hufu("audit", "report", "--format", "csv", as_="wu")
    net.made = i.hufu("backup", net.backup, "--slots", net.slots, as_="admin")


def files(folder):
    return sorted(os.path.relpath(os.path.join(d, n), folder) for d, _, names in os.walk(folder) for n in names)


def verify(net, folder):
    return net.verify("backup", folder, "--root-key", net.authority.root_key)


def test_a_backup_is_whole_and_holds_neither_keys_nor_slots(net):
    """DS-99"""
    i = net.nodes["insurer"]
    status, text = verify(net, net.backup)
    check(status == 0 and "as the node signed them" in text, text)
    held = files(net.backup)
    for name in ("backup.dsse", "hufu.yaml", "ledger/last-signed", "space/descriptors.dsse", "space/root.key", "state/data.mdb"):
        check(name in held, f"{name}: {held}")
    check(any(f.startswith("reports/") for f in held), f"the audit reports, too: {held}")
    check(not any("key" in f and f != "space/root.key" or "slots" in f for f in held), f"{held}")
    with open(os.path.join(i.dir, "ledger", "slots-own"), "rb") as f:
        slots = f.read()
    secret = [s for s in (slots[n:n + SLOT] for n in range(SLOT, len(slots), SLOT)) if any(s)]
    check(len(secret) > 10, f"{len(secret)} slots")
    bytes = b"".join(open(os.path.join(net.backup, f), "rb").read() for f in held)
    check(not any(s in bytes for s in secret), "no byte of a slot is in it")
    with open(os.path.join(net.slots, "slots-own"), "rb") as f:
        check(f.read() == slots[:os.path.getsize(os.path.join(net.slots, "slots-own"))], "they are in their own copy")


def test_where_and_by_whom_a_backup_is_made(net):
    """DS-82, DS-127"""
    i = net.nodes["insurer"]
    for args, who, reason in (((net.backup,), "admin", "exists"), ((os.path.join(i.dir, "copy"),), "admin", "argument"),
                              ((os.path.join(net.dir, "nowhere", "copy"),), "admin", "io"), ((os.path.join(net.dir, "mine"),), "chen", "permission"),
                              ((os.path.join(net.dir, "mine"),), "wu", "permission")):
        r = i.refused("backup", *args, as_=who)
        check(r.reason == reason, f"{args} {who}: {r.reason} {r.text}")
    check(not os.path.exists(os.path.join(net.dir, "mine")), "nothing was written")
    made = [r for r in records(i, "backup") if r["outcome"] == "ok"]
    check(len(made) == 1 and made[0]["actor"] == "insurer/admin" and made[0]["time"] and net.backup in made[0]["detail"], f"the job is on record: {made}")
    check(made[0]["fields"]["digest"] == net.made["digest"] and int(made[0]["fields"]["data-length"]) == net.made["bytes"], f"{made}")
    denied = [r for r in records(i, "denied") if r["object"] == "backup of the node" or "/v1/backup" in r["fields"]["manner"]]
    failed = [r for r in records(i, "backup") if r["outcome"] == "failed" and r["reason"] == "io"]
    check(len(denied) == 4 and len(failed) == 1, f"and so is each that was refused or failed: {denied} {failed}")


def changed(path):
    with open(path, "r+b") as f:
        f.seek(os.path.getsize(path) // 2)
        byte = f.read(1)
        f.seek(-1, 1)
        f.write(bytes([byte[0] ^ 1]))


def test_a_backup_that_was_altered_is_refused_by_everybody(net):
    """DS-99: each of its files, and the list"""
    for name in files(net.backup):
        bad = os.path.join(net.dir, "altered")
        shutil.copytree(net.backup, bad)
        changed(os.path.join(bad, name))
        status, text = verify(net, bad)
        check(status == 1 and (name in text or name in ("backup.dsse", "space/descriptors.dsse")), f"{name}: {text}")
        os.unlink(os.path.join(bad, name))
        status, text = verify(net, bad)
        check(status == 1 and name in text, f"{name} gone: {text}")
        shutil.rmtree(bad)
    other = os.path.join(net.dir, "other.key")
    with open(other, "w", encoding="ascii") as f:
        f.write("00" * 31 + "01")
    check(net.verify("backup", net.backup, "--root-key", other)[0] == 1, "under another root")
    mixed = os.path.join(net.dir, "mixed")
    later = os.path.join(net.dir, "later")
    net.nodes["insurer"].hufu("backup", later, as_="admin")
    shutil.copytree(net.backup, mixed)
    shutil.copy(os.path.join(later, "state", "data.mdb"), os.path.join(mixed, "state", "data.mdb"))
    status, text = verify(net, mixed)
    check(status == 1 and "state/data.mdb is not as it was backed up" in text, f"of two backups: {text}")


def restore(net, node, *args, ok=True):
    command = ["restore", net.backup, "--node", node.dir, "--by", "何平 I-8", *args]
    return node.net.hufu(*command) if ok else refusal(net, command)


def refusal(net, command):
    try:
        net.hufu(*command)
    except hufunet.Refused as r:
        return r
    raise hufunet.Failed(f"{command} was not refused")


def records(node, kind):
    rows = node.hufu("ledger", "tail", "--count", "400", as_="wu")["entries"]
    return [r for r in rows if r.get("event") == kind]


def test_a_node_whose_disk_is_lost_comes_back_from_its_backup_and_its_mirrors(net):
    """DS-99, DS-127, SB-58: the restored store verifies, what came after the backup comes from the mirrors, both jobs are on record"""
    i = net.nodes["insurer"]
    work(i, "after", 4)
    before = until_everywhere(i)
    r = restore(net, i, ok=False)
    check(r.reason == "state" and "runs" in r.text, f"not under a running node: {r.text}")
    kill_when_nothing_is_ahead(net, i)
    r = restore(net, i, ok=False)
    check(r.reason == "exists" and "--replace" in r.text, r.text)
    for name in ("state", "ledger", "reports", "space", "run"):
        shutil.rmtree(os.path.join(i.dir, name))
    os.unlink(os.path.join(i.dir, "hufu.yaml"))
    r = restore(net, i, ok=False)
    check(r.reason == "argument" and "--root-key" in r.text, r.text)
    root = ("--root-key", net.authority.root_key)
    r = restore(net, i, *root, ok=False)
    check(r.reason == "state" and "--slots" in r.text, r.text)
    restore(net, i, *root, "--slots", net.slots)
    os.makedirs(os.path.join(i.dir, "run"), exist_ok=True)
    i.start()
    for a in ("admin", "wu", "chen"):
        i.login(a)
    read_only(i)
    done = i.hufu("ledger", "recover", as_="admin")
    check(done["witnessed"] and done["size"] >= before["witnessed"], f"{done}")
    whole(i, before["durable"])
    came = records(i, "restore")
    check(len(came) == 1 and came[0]["actor"] == "何平 I-8" and came[0]["outcome"] == "ok" and came[0]["time"], f"the restore, its person, result and time: {came}")
    check(came[0]["fields"]["digest"] == net.made["digest"] and "restored from their copy" in came[0]["detail"], f"and which backup it was: {came}")
    check(not os.path.exists(os.path.join(i.dir, "restored")), "once")
    own = [r for r in i.hufu("ledger", "tail", "--count", "400", as_="wu")["entries"] if r["index"] < net.made["entries"]]
    check(own and all(r.get("actor") for r in own), "the private fields of what was in the backup open")
    check(len(i.hufu("audit", "list", as_="wu")["reports"]) >= 1, "the reports are there")


def test_a_restore_takes_back_no_promise(net):
    """SB-58: what was signed after the backup stays promised, so that no second history is begun"""
    i = net.nodes["insurer"]
    work(i, "again", 3)
    before = until_everywhere(i)
    kill_when_nothing_is_ahead(net, i)
    promise = os.path.join(i.dir, "ledger", "last-signed")
    with open(promise, "rb") as f:
        kept = f.read()
    restore(net, i, "--replace")
    with open(promise, "rb") as f:
        check(f.read() == kept, "last-signed stays as it is")
    check([n for n in os.listdir(i.dir) if n.startswith("state.before-")], "the store that was there is put aside")
    i.start()
    for a in ("admin", "wu"):
        i.login(a)
    read_only(i)
    i.hufu("ledger", "recover", as_="admin")
    whole(i, before["durable"])
    came = records(i, "restore")
    check(len(came) == 1 and "those that were there" in came[0]["detail"], f"on record, with what became of the slots: {came}")

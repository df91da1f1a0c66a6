"""Keys of a log and of a witness change on running nodes: the peers go on, exchange works, what was proven before still is, and
what a key signed after it fell into wrong hands is not."""
import datetime
import json
import os
import shutil
import time

from common import *


def network(net):
    trio(net, 37)
    register(net, "flights", FLIGHTS)
    net.flights = publish(net, "flights")
    net.app = agreement(net, net.flights)
    net.count = 0


def give(net, node):
    """The authority's newest descriptor to one node; the others get it from there."""
    number = node.hufu("space", "update", net.authority.descriptors, as_="admin")["descriptor"]
    for n in net.nodes.values():
        wait_until(lambda: n.hufu("status", as_="admin")["space"]["descriptor"] >= number, f"descriptor {number} at {n.id}", 60)


def admit(net, node, lead):
    net.hufu("space", "add", net.authority.dir, "--member", os.path.join(node.dir, "rotate.request"), "--key-lead", str(lead))


def restart(node):
    node.stop()
    node.start()
    for a in node.people:
        node.login(a)


def rotate(node, use):
    """`hufu keys rotate` on the stopped node."""
    node.stop()
    out = node.hufu("keys", "rotate", use)
    check(out == {"key": use, "request": os.path.join(node.dir, "rotate.request")}, f"{out}")
    r = refused_here(node, "keys", "rotate", use)
    check("next" in r and "space authority" in r, f"a second one waits for the first: {r}")
    node.start()
    for a in node.people:
        node.login(a)


def refused_here(node, *args):
    try:
        node.hufu(*args)
    except hufunet.Refused as r:
        return r.text
    raise hufunet.Failed(f"{args} was not refused")


def exchange(net):
    """One more transfer, complete on both sides; its id."""
    net.count += 1
    out = os.path.join(net.dir, f"out{net.count}.csv")
    got = net.nodes["insurer"].hufu("fetch", net.flights, "--system", "claims", "--output", out, as_="chen")
    check(same_file(out, FLIGHTS), "the same bytes")
    workflow.wait_transfer(net.nodes["transport"], "li", got["transfer"], "COMPLETED")
    return got["transfer"]


def exported(net, node="transport", at="manager", as_="feng"):
    """The ledger as a member that mirrors it hands it out."""
    net.count += 1
    folder = os.path.join(net.dir, f"export{net.count}")
    net.nodes[at].hufu("ledger", "export", folder, "--ledger", node, as_=as_)
    return folder


def read(*path):
    with open(os.path.join(*path), encoding="utf-8") as f:
        return f.read()


def size_of(folder):
    return int(read(folder, "checkpoint").split("\n")[1])


def verified(net, kind, path):
    status, text = net.verify(kind, path, "--root-key", net.authority.root_key, "--json")
    said = json.loads(text)
    check(status == 0 and said["verified"], f"{kind} {path}: {text}")
    return said


def until_exported(net, ok, text):
    """A folder for which ok(folder) holds; what is signed are new entries."""
    def tried():
        exchange(net)
        try:
            folder = exported(net)
        except hufunet.Refused as r:  # what it holds was cosigned under a key that is revoked meanwhile
            check("no checkpoint of that ledger is witnessed" in r.text, r.text)
            return None
        return folder if ok(folder) else shutil.rmtree(folder)
    return wait_until(tried, text, 60, 0.2)


def tally_of(net, transfer):
    path = os.path.join(net.dir, f"{transfer}.tally")
    negotiation = net.nodes["insurer"].hufu("applications", "show", net.app, as_="chen")["transaction"]
    wait_until(lambda: workflow.provable(net.nodes["insurer"], "wu", transfer, negotiation, path), "all of the exchange to be witnessed", 60, 0.1)
    return path


def proof_of(net, node, index):
    folder = os.path.join(net.dir, f"proof{index}")
    os.makedirs(folder)
    path = os.path.join(folder, "entry.tlog-proof")

    def tried():
        try:
            return node.hufu("ledger", "proof", str(index), "-o", path, as_="sun")
        except hufunet.Refused as r:
            check("not witnessed" in r.text, r.text)
            return None
    wait_until(tried, "the entry is witnessed")
    return path


def changes(node, auditor):
    rows = node.hufu("ledger", "tail", "--count", "200", as_=auditor)["entries"]
    return [e["fields"] for e in rows if e["fields"].get("event") == "key-change"]


def test_a_log_key_is_followed_by_another_and_nobody_notices(net):
    """SB-58: announced in the ledger by the key before, named by the descriptor, good for all that comes after"""
    t = net.nodes["transport"]
    first = exchange(net)
    net.old = {"tally": tally_of(net, first), "ledger": exported(net), "proof": proof_of(net, t, 3)}
    old_key = read(net.old["ledger"], "log.vkey")
    rotate(t, "log")
    said = wait_until(lambda: changes(t, "sun"), "the entry that names the next key")
    check(len(said) == 1 and said[0]["mechanism"] == "old-key" and "is followed by" in said[0]["detail"], f"{said}")
    check(read(exported(net), "log.vkey") == old_key, "the former key goes on until the descriptor says otherwise")
    admit(net, t, 2)
    net.authority.issue()
    give(net, t)
    folder = until_exported(net, lambda f: read(f, "log.vkey") != old_key, "the next key to sign")
    report = verified(net, "ledger", folder)
    check(report["key_changes"] == 1 and report["unannounced_keys"] == 0, f"{report}")
    verified(net, "tally", tally_of(net, exchange(net)))
    for kind in net.old:
        verified(net, kind, net.old[kind])


def test_what_was_proven_before_is_proven_with_the_new_descriptors_too(net):
    """DS-57: a signature counts by the key of the time when it was cosigned"""
    for path in (os.path.dirname(net.old["proof"]), net.old["ledger"]):
        shutil.copy(net.authority.descriptors, os.path.join(path, "descriptors.dsse"))
    for kind in ("proof", "ledger"):
        check(verified(net, kind, net.old[kind])["descriptor"] == 2, kind)


def test_after_a_restart_another_key_can_follow(net):
    t = net.nodes["transport"]
    restart(t)
    exchange(net)
    state = wait_until(lambda: (s := t.hufu("ledger", "state", as_="admin"))["witnessed"] == s["durable"] and s, "all to be witnessed")
    check(state["halted"] == "", f"{state}")
    net.second_key = read(exported(net), "log.vkey")
    check(len(changes(t, "sun")) == 1, "one change is announced once")


def test_a_witness_key_is_followed_by_another(net):
    """the ledgers that it cosigns go on and verify"""
    i = net.nodes["insurer"]
    before = read(exported(net), "witness.vkeys")
    rotate(i, "witness")
    wait_until(lambda: changes(i, "wu"), "the entry that names the next key")
    admit(net, i, 1)
    net.authority.issue()
    give(net, i)

    def by_the_next_key(folder):
        return read(folder, "witness.vkeys") != before and "/witness/insurer " in read(folder, "checkpoint")
    verified(net, "ledger", until_exported(net, by_the_next_key, "the witness to cosign with its next key"))


def test_a_key_in_wrong_hands_counts_up_to_the_time_of_the_loss(net):
    """SB-58: cosigned before, good; after, named; and the log goes on with a key that was not stolen"""
    t = net.nodes["transport"]
    good = exported(net)
    check(read(good, "log.vkey") == net.second_key, "signed by the key that will be lost")
    since = int(time.time()) + 2
    wait_until(lambda: time.time() > since + 1, "the time of the loss to pass")
    late = until_exported(net, lambda f: size_of(f) > size_of(good), "entries of after the loss")
    rotate(t, "log")
    admit(net, t, 0)
    when = datetime.datetime.fromtimestamp(since, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    net.hufu("space", "revoke", net.authority.dir, "--member", "transport", "--key", "log", "--since", when, "--reason", "密钥泄露")
    give(net, t)
    for folder in (good, late):
        shutil.copy(net.authority.descriptors, os.path.join(folder, "descriptors.dsse"))
    verified(net, "ledger", good)
    status, text = net.verify("ledger", late, "--root-key", net.authority.root_key)
    check(status == 1 and f"the log key that signed the checkpoint of transport is revoked from {when[:-1]}" in text, text)
    folder = until_exported(net, lambda f: read(f, "log.vkey") != net.second_key, "the third key to sign")
    report = verified(net, "ledger", folder)
    check(report["key_changes"] == 2 and report["unannounced_keys"] == 0, f"{report}")


def test_a_request_from_before_a_change_is_refused(net):
    """it would end the key that the node signs with"""
    i, kept = net.nodes["insurer"], os.path.join(net.dir, "kept.request")
    shutil.copy(os.path.join(i.dir, "member.request"), kept)
    rotate(i, "log")
    admit(net, i, 1)
    net.authority.issue()
    try:
        net.hufu("space", "add", net.authority.dir, "--member", kept)
    except hufunet.Refused as r:
        check("a log key whose time is over" in r.text, r.text)
    else:
        raise hufunet.Failed("the old request was taken")


def test_a_rotation_that_cannot_write_its_request_changes_nothing_or_goes_on_when_it_is_given_again(net):
    folder = os.path.join(net.dir, "spare")
    net.hufu("init", "--node", folder, "--id", "spare", "--organization", "cn.example.spare", "--name", "spare", "--jurisdiction", "CN",
             "--plain-keys", "--listen", "tcp://127.0.0.1:7400")
    key, request = os.path.join(folder, "keys", "node.key"), os.path.join(folder, "rotate.request")
    with open(key, "rb") as f:
        before = f.read()
    with open(os.path.join(folder, "member.request"), "rb+") as f:
        whole = f.read()
        f.truncate(0)
    why = refusal(net, "keys", "rotate", "log", "--node", folder)
    check("is no request for membership" in why.text and why.status == 1, f"{why}")
    with open(key, "rb") as f:
        check(f.read() == before, "a refused rotation made a key")
    with open(os.path.join(folder, "member.request"), "wb") as f:
        f.write(whole)
    os.mkdir(request)  # nothing can be written there
    why = refusal(net, "keys", "rotate", "log", "--node", folder)
    check("the next log key is made, but" in why.text and "the same command again" in why.text and why.status == 1, f"{why}")
    os.rmdir(request)
    net.hufu("keys", "rotate", "log", "--node", folder)
    check(os.path.getsize(request) > 0, "the request of the key that was there")
    check(refusal(net, "keys", "rotate", "log", "--node", folder).reason == "exists", "and then it stands")


def refusal(net, *args):
    try:
        net.hufu(*args)
    except hufunet.Refused as r:
        return r
    raise hufunet.Failed(f"{args} was not refused")


def test_a_slip_in_a_revocation_signs_nothing(net):
    """A revocation is final: no other key by its name, none without a reason, none twice."""
    folder = os.path.join(net.dir, "authority-slips")
    shutil.copytree(net.authority.dir, folder)
    stream = os.path.join(folder, "descriptors.dsse")
    size = os.path.getsize(stream)
    for args, text in ((["--key", "envelope", "--reason", "lost"], "'envelope' is no key that is revoked by itself: log, witness or mirror"),
                       (["--key", "log", "--reason", ""], "--reason is empty"), (["--key", "log", "--reason", "x" * 4097], "4096 bytes"),
                       (["--key", "log", "--since", "2000-01-01", "--reason", "lost"], "had no log key at that time")):
        why = refusal(net, "space", "revoke", folder, "--member", "overseas", *args)
        check(text in why.text and os.path.getsize(stream) == size, f"{args}: {why}")
    net.hufu("space", "revoke", folder, "--member", "overseas", "--key", "log", "--reason", "lost")
    size = os.path.getsize(stream)
    why = refusal(net, "space", "revoke", folder, "--member", "overseas", "--key", "log", "--reason", "lost")
    check("is revoked already" in why.text and os.path.getsize(stream) == size, f"{why}")

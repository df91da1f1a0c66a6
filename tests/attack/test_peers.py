"""What strangers, revoked members and broken peers get from a node, and that the others are served meanwhile."""
import contextlib
import itertools
import os
import shutil
import socket
import struct

from common import *


def network(net):
    trio(net, 20)
    register(net, "flights", FLIGHTS)
    net.flights = publish(net, "flights")
    wait_until(lambda: sees(net.nodes["insurer"], "chen", net.flights), "the entry")
    # A second descriptor: a stranger with a first one of its own cannot see from the numbers that it is in another space.
    net.authority.issue(["insurer", "manager", "overseas", "transport"], 3)
    for n in net.nodes.values():
        n.hufu("space", "update", net.authority.descriptors, as_="admin")


numbers = itertools.count(1)
SP_REQ = b"\x00SP\x00\x00\x30\x00\x00"  # nng's greeting of a REQ socket


GARBAGE, FORGED, SILENT = "127.0.98.1", "127.0.98.2", "127.0.98.3"  # an address of its own for each attacker


def connect(node, source):
    return socket.create_connection((node.ip, node.port), timeout=5, source_address=(source, 0))


def frame(payload):
    return struct.pack(">Q", len(payload)) + payload


def serves(net):
    """The node answers its operators and its honest peer: both sides have a session, and a message crosses."""
    t, i = net.nodes["transport"], net.nodes["insurer"]
    check(t.api("GET", "/v1/status", None, as_="admin")[0] == 200, "operators are served")
    for node, peer in ((i, "transport"), (t, "insurer")):
        wait_until(lambda: [p["up"] for p in node.hufu("peers", as_="admin")["peers"] if p["id"] == peer] == [True], f"{peer} to be up for {node.id}")
    publish_and_see(net, f"攻击期间发布的条目 {next(numbers)}")


def newest(node):
    return node.hufu("ledger", "tail", "--count", "1", as_="sun")["entries"][0]["index"]


def refusals(node, index, counterparty, reason):
    """What the node recorded since that index about refusing this peer for this reason."""
    rows = node.hufu("ledger", "tail", "--count", "100", as_="sun")["entries"]
    return [e["fields"] for e in rows if e["index"] > index and e["event"] == "peer-refused"
            and e["fields"].get("counterparty") == counterparty and e["fields"].get("reason") == reason]


@contextlib.contextmanager
def foreign_space(net, ip):
    """A node of a space with the same id but another root; its descriptor names the victims with their true addresses and keys."""
    folder = os.path.join(net.dir, "foreign")
    other = hufunet.Net(net.bin, folder, space=net.space)
    stranger = other.node("stranger", "陌生节点", ip, organization="xx.stranger", roles=["provider", "consumer"])
    try:
        other.authority = hufunet.Authority(other, other.space, other.space_name)
        stranger.init()
        for n in (stranger, net.nodes["transport"], net.nodes["manager"], net.nodes["overseas"]):
            other.authority.add(n, mirrors=[])
        other.authority.issue(["transport", "manager", "overseas"], 2)
        stranger.join()
        stranger.start()
        stranger.first_user("admin", "stranger")
        stranger.login("admin")
        yield stranger
    finally:
        other.stop()
        shutil.rmtree(folder, ignore_errors=True)


def test_a_stranger_that_dials_is_refused_by_its_proven_name_and_gets_no_session(net):
    """DS-39, DS-43"""
    t, before = net.nodes["transport"], newest(net.nodes["transport"])
    with foreign_space(net, net.prefix + ".20.50") as stranger:
        found = wait_until(lambda: refusals(t, before, "stranger", "stranger"), "the refusal of the stranger to be an entry", 150, 0.3)
        check(found[0]["address"] == stranger.ip, f"with the address that it came from: {found[0]}")
        check(not [p for p in t.hufu("peers", as_="admin")["peers"] if p["id"] == "stranger"], "it is no peer of the node")
        check([p["up"] for p in stranger.hufu("peers", as_="admin")["peers"]] == [False] * 3, "nor does the stranger get a session with anybody")
        serves(net)


def test_a_stranger_at_a_members_address_is_refused_by_the_node_that_dials_it(net):
    """DS-39: who answers must prove to be the one that was dialled"""
    t, i, before = net.nodes["transport"], net.nodes["insurer"], newest(net.nodes["transport"])
    i.stop()
    try:
        with foreign_space(net, i.ip):
            found = wait_until(lambda: refusals(t, before, "insurer", "wrong-node"), "the refusal to be an entry", 150, 0.3)
            check(found[0]["address"] == f"tcp://{i.ip}:{i.port}", f"with the address that was dialled: {found[0]}")
            check([p["up"] for p in t.hufu("peers", as_="admin")["peers"] if p["id"] == "insurer"] == [False], "the member is not up")
    finally:
        i.start()
    for a in ("admin", "chen", "zhou", "wu"):
        i.login(a)
    serves(net)


def entries_about(node, address, event):
    tail = node.hufu("ledger", "tail", "--count", "200", as_="sun")["entries"]
    return [e for e in tail if e["event"] == event and e["fields"].get("address") == address]


def check_locked(node, address):
    """Refusals are entries, at the eleventh in a minute the address is locked, and that is one alarm."""
    wait_until(lambda: entries_about(node, address, "peer-locked"), f"{address} to be locked", 60, 0.3)
    refused = entries_about(node, address, "peer-refused")
    check(1 <= len(refused) <= 30, f"{len(refused)} refusals of {address} are recorded")
    check(len(entries_about(node, address, "peer-locked")) == 1, "it is locked once")
    alarms = [a for a in node.hufu("alarms", as_="admin")["alarms"] if a["kind"] == "peer-locked" and address + " " in a["text"]]
    check(len(alarms) == 1, f"one alarm: {alarms}")


def garbage(node):
    """Waits to be cut off, so that it still has an address when it is."""
    s = connect(node, GARBAGE)
    s.settimeout(10)
    try:
        s.sendall(SP_REQ + frame(os.urandom(200)))
        while s.recv(64):
            pass
    except ConnectionError:
        pass
    finally:
        s.close()


def test_garbage_is_answered_with_silence_and_costs_nothing(net):
    t = net.nodes["transport"]
    before = t.rss_mib()
    for n in range(200):
        s = connect(t, GARBAGE)
        try:
            s.sendall(os.urandom(64) if n % 2 else SP_REQ + frame(os.urandom(200)))
        except OSError:
            pass
        s.close()
    serves(net)
    wait_until(lambda: garbage(t) or entries_about(t, GARBAGE, "peer-locked"), "the address to be locked", 60, 0.05)
    check(t.rss_mib() < before + 16, f"memory stays bounded: {before:.1f} then {t.rss_mib():.1f} MiB")
    check_locked(t, GARBAGE)
    check(not entries_about(t, "unknown", "peer-refused"), "each refusal names an address")


def publish_and_see(net, title):
    entry = publish(net, "flights", title=title)
    wait_until(lambda: sees(net.nodes["insurer"], "chen", entry), "an entry published after the attack", 150)


def claim(node, length):
    """Whether the connection was closed; with nothing but a claimed length, nng's own, beyond what a request may have."""
    s = connect(node, FORGED)
    s.settimeout(10)
    try:
        s.sendall(SP_REQ + struct.pack(">Q", length) + b"x" * 64)
        while s.recv(64):
            pass
        return True
    except ConnectionError:
        return True
    except socket.timeout:
        return False
    finally:
        s.close()


def test_a_forged_length_takes_no_memory_and_many_of_them_lock_the_address(net):
    t = net.nodes["transport"]
    before = t.rss_mib()
    check(all(claim(t, 6 << 30) for n in range(150)), "each connection is closed")
    check(t.rss_mib() < before + 8, "nothing was allocated for it")
    check_locked(t, FORGED)
    serves(net)


def test_half_open_connections_are_limited_and_closed(net):
    """ten thousand with --full, a thousand otherwise"""
    t = net.nodes["transport"]
    before, total, kept = t.rss_mib(), 10000 if net.full else 1000, []
    for n in range(total):
        try:
            s = socket.socket()
            s.settimeout(2)
            s.bind((f"127.0.99.{1 + n % 200}", 0))
            s.connect((t.ip, t.port))
            kept.append(s)
        except OSError:
            pass
        if len(kept) >= 400:
            kept.pop(0).close()
    check(t.rss_mib() < before + 24, f"memory stays bounded: {before:.1f} then {t.rss_mib():.1f} MiB")
    serves(net)
    for s in kept:
        s.close()
    wait_until(lambda: open_sockets(t) < 40, "the half-open connections to be closed", 20, 0.2)
    serves(net)


def test_an_address_that_holds_silent_connections_is_locked(net):
    t = net.nodes["transport"]
    held = []
    try:
        def more():
            held.append(connect(t, SILENT))
            held[-1].sendall(SP_REQ)
            return entries_about(t, SILENT, "peer-locked")
        wait_until(more, "the address to be locked", 60, 0.3)
        check_locked(t, SILENT)
        serves(net)
    finally:
        for s in held:
            s.close()


def open_sockets(node):
    return sum(1 for fd in os.listdir(f"/proc/{node.pid}/fd") if link(node.pid, fd).startswith("socket:"))


def link(pid, fd):
    try:
        return os.readlink(f"/proc/{pid}/fd/{fd}")
    except OSError:
        return ""


def test_a_revoked_member_is_cut_off_everywhere(net):
    """DS-39, AZ-33"""
    o, t = net.nodes["overseas"], net.nodes["transport"]
    net.authority.revoke("overseas", "成员资格终止")
    for id in ("transport", "insurer", "manager"):
        net.nodes[id].hufu("space", "update", net.authority.descriptors, as_="admin")
    before = newest(t)
    entry = publish(net, "flights", title="撤销之后的条目")
    wait_until(lambda: sees(net.nodes["insurer"], "chen", entry), "the others to see it")
    o.stop()
    o.start()
    o.login("tan")
    o.login("admin")
    wait_until(lambda: refusals(t, before, "overseas", "member-revoked"), "the refusal to be recorded", 120, 0.3)
    check(not sees(o, "tan", entry), "nothing new reaches the revoked member")

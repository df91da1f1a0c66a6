"""All nodes at once, and one node twice: after a power failure everybody starts while nobody is there yet, and comes to sign again; a copy
of a node's folder, started beside it, never makes a second history that a quorum has cosigned."""
import concurrent.futures
import hashlib
import itertools
import os
import shutil

from common import *
from test_recover import until_everywhere, work

ROUNDS, ROUNDS_FULL = 3, 40
ADMINS = ("transport", "insurer", "manager")
AUDITOR = {"transport": "sun", "insurer": "wu", "manager": "feng"}
FORKED = ("witness-conflict", "mirror-conflict", "ledger-equivocation")


def network(net):
    trio(net, 38)
    net.seen = {id: {} for id in ADMINS}


def everywhere(net, fn):
    with concurrent.futures.ThreadPoolExecutor() as pool:
        return list(pool.map(fn, net.nodes.values()))


def signed(node):
    """What it has signed last: (size, root)."""
    s = node.hufu("ledger", "state", as_="admin")
    return s["signed"], s.get("root")


def remember(net, id):
    size, root = signed(net.nodes[id])
    check(net.seen[id].setdefault(size, root) == root, f"{id} signed two roots for size {size}")


def stop_all(net, how):
    for n in net.nodes.values():
        n.process.send_signal(how)
    for n in net.nodes.values():
        n.process.wait(timeout=60)
        n.process = None


def start_all(net):
    everywhere(net, lambda n: n.start())
    everywhere(net, lambda n: n.id in ADMINS and n.login("admin"))


def test_all_nodes_start_at_once_and_none_waits_for_another(net):
    """SB-58: killed in the middle of work or stopped, each answers the others before it signs itself"""
    for n in range(ROUNDS_FULL if net.full else ROUNDS):
        for id in ADMINS:
            work(net.nodes[id], f"r{n}-", 2)
            remember(net, id)
        stop_all(net, hufunet.signal.SIGTERM if n == 1 else hufunet.signal.SIGKILL)
        start_all(net)
        for id in ADMINS:
            work(net.nodes[id], f"r{n}-after", 1)
            until_everywhere(net.nodes[id])
            remember(net, id)


def leaves(folder):
    """The leaf hashes of an exported ledger."""
    top, data = os.path.join(folder, "tile", "0"), b""
    for name in sorted(os.listdir(top)):
        path = os.path.join(top, name)
        check(not name.startswith("x"), "no ledger of this test has more than a thousand tiles")
        for file in [path] if os.path.isfile(path) else [os.path.join(path, part) for part in os.listdir(path)]:
            with open(file, "rb") as f:
                data += f.read()
    return [data[n:n + 32] for n in range(0, len(data), 32)]


def root(hashes):
    """RFC 6962, 2.1, from leaf hashes on."""
    if len(hashes) == 1:
        return hashes[0]
    k = 1 << (len(hashes) - 1).bit_length() - 1
    return hashlib.sha256(b"\1" + root(hashes[:k]) + root(hashes[k:])).digest()


def exported(net, node, account, name):
    """An export that hufu-verify accepts: (folder, size)."""
    folder = os.path.join(net.dir, "exports", name)
    size = wait_until(lambda: workflow.export(node, account, folder), f"the ledger of {name} to be witnessed", 60, 0.3)["size"]
    status, text = net.verify("ledger", folder, "--root-key", net.authority.root_key)
    check(status == 0, text)
    return folder, size


def test_no_two_roots_were_signed_for_one_size(net):
    """SB-58: whatever was signed before and after the starts belongs to the one history that there is now, and no peer says otherwise"""
    for id in ADMINS:
        net.nodes[id].login(AUDITOR[id])
        folder, size = exported(net, net.nodes[id], AUDITOR[id], id)
        hashes = leaves(folder)
        check(len(net.seen[id]) >= 2 * ROUNDS - 1 and size >= max(net.seen[id]), f"{id}: {sorted(net.seen[id])}, {size}")
        for n, r in net.seen[id].items():
            check(root(hashes[:n]).hex() == r, f"{id}: the root signed for size {n} is of another history")
        bad = [a for a in net.nodes[id].hufu("alarms", as_="admin")["alarms"] if a["kind"] in FORKED]
        check(not bad and not net.nodes[id].hufu("ledger", "evidence", as_=AUDITOR[id])["logs"], f"{id}: {bad}")


def twin_of(net, node, ip):
    """A copy of the folder of a node that does not run, to be started beside it on an address of its own."""
    twin = hufunet.Node(net, node.id, node.name, ip)
    twin.dir, twin.log, twin.people = f"{node.dir}-{ip}", f"{node.log}-{ip}", node.people
    shutil.copytree(node.dir, twin.dir, ignore=shutil.ignore_patterns("*.sock"))
    config = os.path.join(twin.dir, "hufu.yaml")
    with open(config, encoding="utf-8") as f:
        text = f.read()
    check(node.ip in text, f"it listens on {node.ip}: {text}")
    with open(config, "w", encoding="utf-8") as f:
        f.write(text.replace(node.ip, ip))
    net.at_end.callback(lambda: twin.process and twin.kill())
    return twin


def start_with_auditor(node):
    node.start()
    for a in ("admin", "wu"):
        node.login(a)


def halted(node):
    return node.hufu("ledger", "state", as_="admin")["halted"]


def record(node, name):
    node.hufu("system", "add", name, "--address", node.ip, "--business", "副本", as_="admin")


def until_one_halts(twins):
    """Both go on recording, which nothing stops, until one learns that it may not sign: those that did."""
    numbers = itertools.count()

    def both():
        number = next(numbers)
        for n in twins:
            record(n, f"{os.path.basename(twins[1].dir)}-{number}-{n.ip}")
        return [n for n in twins if halted(n)]
    return wait_until(both, "one of two instances to stop", 120)


def alarms(node):
    return [a["kind"] for a in node.hufu("alarms", as_="admin")["alarms"]]


def stays_stopped(node):
    """It alarmed, and signs nothing of what is recorded there from now on."""
    check("ledger-halted" in alarms(node) and node.hufu("ledger", "state", as_="admin")["read_only"], f"it says so: {alarms(node)}")
    before = signed(node)
    record(node, "after")
    check(signed(node) == before, f"it signs nothing: {before} {signed(node)}")


def test_a_copy_that_starts_later_stops_and_alarms(net):
    """SB-58: its witnesses know more than it holds; the node that it was copied from goes on undisturbed"""
    i = net.nodes["insurer"]
    until_everywhere(i)
    i.stop()
    twin = twin_of(net, i, f"{net.prefix}.38.9")
    start_with_auditor(i)
    work(i, "ahead", 2)
    until_everywhere(i)
    twin.start()
    twin.login("admin")
    check(until_one_halts([i, twin]) == [twin], "the copy stops")
    stays_stopped(twin)
    until_everywhere(i)
    check(not set(FORKED) & {a for n in (i, *(net.nodes[id] for id in ADMINS)) for a in alarms(n)}, "nobody saw a second history")
    twin.kill()


def test_two_instances_that_start_at_once_never_get_two_histories_witnessed(net):
    """SB-58: whichever comes first at the quorum goes on, or none does; what a quorum has cosigned for each is one history"""
    i = net.nodes["insurer"]
    until_everywhere(i)
    i.stop()
    twin = twin_of(net, i, f"{net.prefix}.38.10")
    with concurrent.futures.ThreadPoolExecutor() as pool:
        list(pool.map(start_with_auditor, (i, twin)))
    for n in until_one_halts([i, twin]):
        stays_stopped(n)
    a, b = (leaves(exported(net, n, "wu", f"insurer-{n.ip}")[0]) for n in (i, twin))
    common = min(len(a), len(b))
    check(a[:common] == b[:common], f"two histories of {len(a)} and {len(b)} entries have a quorum")

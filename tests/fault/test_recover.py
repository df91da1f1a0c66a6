"""A node that lost entries of its ledger, on real nodes: an old copy of its folder, and no store at all. It says so, is read-only, and
comes back from its mirrors; a clone that signed by itself comes back only when two people want it."""
import os
import shutil
import time

from common import *


def network(net):
    trio(net, 36)


def parts(node, to):
    """The store and what belongs to it, copied."""
    for name in ("state", "ledger"):
        shutil.copytree(os.path.join(node.dir, name), os.path.join(to, name))


def give(node, kept):
    for name in ("state", "ledger"):
        shutil.rmtree(os.path.join(node.dir, name))
        if kept:
            shutil.move(os.path.join(kept, name), os.path.join(node.dir, name))


def state(node):
    return node.hufu("ledger", "state", as_="admin")


def until_everywhere(node):
    wait_until(lambda: (s := state(node))["witnessed"] == s["mirrored"] == s["durable"], "all to be witnessed and mirrored", 60, 0.2)
    return state(node)


def promised(node):
    """The size of the newest checkpoint that the node has signed, whoever knows of it."""
    with open(os.path.join(node.dir, "ledger", "last-signed"), "rb") as f:
        return max(int(slot.split(b"\n")[2]) for slot in (f.read(1024), f.read(1024)))


def kill_when_nothing_is_ahead(net, node):
    """The node ends when its mirrors hold all that it has signed and its witnesses have cosigned: what is on its way only then would be
    lost for good."""
    def tried():
        until_everywhere(node)
        with node.paused():
            end = time.monotonic() + 1
            while time.monotonic() < end:  # what had reached a node before it stood still comes through while it is asked
                seen = [r["ledger"] for other in net.nodes.values() if other is not node
                        for r in other.api("GET", "/v1/space", None, as_="admin")[1]["nodes"] if r["node"] == node.id]
                if max(s["held"] for s in seen) < max(promised(node), *(s["size"] for s in seen)):
                    return False
            node.process.kill()
            return True
    wait_until(tried, "the mirrors to hold what was cosigned", 60, 0.2)
    node.kill()


def work(node, prefix, count):
    for n in range(count):
        node.hufu("system", "add", f"{prefix}{n}", "--address", node.ip, "--business", "恢复", as_="admin")


def read_only(node):
    wait_until(lambda: state(node)["read_only"], "the node to notice", 60)
    s = state(node)
    check("recover" in s["halted"], f"it says what to do: {s}")
    report = node.api("GET", "/v1/doctor", None, as_="admin")[1]
    bad = [c for c in report["findings"] if c["check"] == "ledger"]
    check(bad and bad[0]["state"] == "bad" and "read-only" in bad[0]["text"], f"the doctor says it, too: {bad}")
    return s


def whole(node, least):
    until_everywhere(node)
    s = state(node)
    check(not s["read_only"] and s["halted"] == "" and s["durable"] > least, f"{s}")
    node.hufu("ledger", "verify", as_=AUDITOR[node.id])


AUDITOR = {"insurer": "wu", "manager": "feng"}


def test_an_old_copy_is_noticed_and_made_good(net):
    """SB-57, SB-58: nothing that was witnessed is lost, and no second history is signed"""
    i = net.nodes["insurer"]
    kept = os.path.join(net.dir, "kept")
    i.stop()
    parts(i, kept)
    i.start()
    for a in ("admin", "wu"):
        i.login(a)
    work(i, "old", 5)
    before = until_everywhere(i)
    kill_when_nothing_is_ahead(net, i)
    give(i, kept)
    i.start()
    for a in ("admin", "wu"):
        i.login(a)
    s = read_only(i)
    check(s["peers_hold"] >= before["witnessed"], f"{s} {before}")
    done = i.hufu("ledger", "recover", as_="admin")
    check(done["witnessed"] and done["size"] >= before["witnessed"] and done["entries"] > 0, f"{done}")
    work(i, "new", 2)
    whole(i, before["durable"])


def test_a_lost_store_comes_back(net):
    """SB-57: a new first account, then the entries of before"""
    m = net.nodes["manager"]
    before = until_everywhere(m)
    kill_when_nothing_is_ahead(net, m)
    give(m, None)
    shutil.rmtree(os.path.join(m.dir, "run", "sessions"))  # of accounts that are gone
    for a in ("admin", "feng", "zheng"):
        if os.path.exists(m.device_key(a)):
            os.unlink(m.device_key(a))
    m.start()
    m.staff({"feng": ("冯静 M-2", ["auditor"])})
    read_only(m)
    done = m.hufu("ledger", "recover", as_="admin")
    check(done["size"] >= before["witnessed"] and done["again"] > 0, f"{done}")
    whole(m, before["durable"])


def test_a_lost_promise_needs_two_people(net):
    """design: overriding needs two people and is recorded"""
    i = net.nodes["insurer"]
    i.stop()
    os.unlink(os.path.join(i.dir, "ledger", "last-signed"))
    i.start()
    for a in ("admin", "wu"):
        i.login(a)
    check("last-signed is gone" in state(i)["halted"], "it says so at once")
    wait_until(lambda: "state" == refusal(i), "a plain recovery to be refused", 60)
    for _ in range(2):
        check(i.hufu("ledger", "recover", "--override", as_="admin").get("waiting"), "one person alone waits for another")
    i.add_user("admin2", "HR-0099", ["admin"])
    i.login("admin2")
    i.enrol("admin2")
    done = i.hufu("ledger", "recover", "--override", as_="admin2")
    check("waiting" not in done, f"{done}")
    whole(i, done["size"])


def refusal(node):
    return node.refused("ledger", "recover", as_="admin").reason

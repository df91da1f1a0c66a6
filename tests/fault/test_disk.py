"""No room at the consumer: the transfer ends with that reason on both sides, nothing is left over, other work goes on."""
import contextlib
import os
import subprocess

from common import *


def network(net):
    trio(net, 32)
    register(net, "flights", FLIGHTS)
    net.flights = publish(net, "flights")
    agreement(net, net.flights)
    net.source = os.path.join(net.dir, "tolls.csv")
    workflow.tolls(net, net.source, 128 << 20, 5)
    register(net, "tolls", net.source)
    net.tolls = publish(net, "tolls", title="通行记录", data_class="transport/toll")
    agreement(net, net.tolls)


@contextlib.contextmanager
def small_disk(net, name, mib):
    """A file system of its own, of so many MiB; skips the test where this user may not mount one."""
    folder = os.path.join(net.dir, name)
    os.makedirs(folder)
    if subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={mib}m", "tmpfs", folder], capture_output=True).returncode != 0:
        os.rmdir(folder)
        raise hufunet.Skipped("this user may not mount a small file system; run it as root")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


def test_a_full_disk_ends_the_transfer_and_nothing_else(net):
    """DS-52 (nothing partial is left), DS-70"""
    t, i = net.nodes["transport"], net.nodes["insurer"]
    with small_disk(net, "small", 12) as folder:
        out = os.path.join(folder, "tolls.csv")
        id = i.hufu("fetch", net.tolls, "--system", "claims", "--output", out, "--detach", as_="chen")["transfer"]
        other = os.path.join(net.dir, "beside.csv")
        i.hufu("fetch", net.flights, "--system", "claims", "--output", other, as_="chen")
        check(same_file(other, FLIGHTS), "another transfer is not disturbed")
        mine = workflow.wait_transfer(i, "chen", id, "TERMINATED")
        check(mine["reason"] == "no-space" and "no room" in mine["text"], f"{mine}")
        theirs = workflow.wait_transfer(t, "li", id, "TERMINATED")
        check(theirs["reason"] == "no-space", f"the provider knows the same reason: {theirs}")
        wait_until(lambda: os.listdir(folder) == [], f"nothing to be left: {os.listdir(folder)}")
        st = os.statvfs(folder)
        wait_until(lambda: os.statvfs(folder).f_bfree == st.f_blocks, "its blocks to be free again")
        entries = entries_of(i, "wu", id)
        check({"transfer-terminated", "cache-cleared"} <= {e["event"] for e in entries}, f"both are on record: {[e['event'] for e in entries]}")
        subprocess.run(["mount", "-o", "remount,size=160m", folder], check=True)
        i.hufu("fetch", net.tolls, "--system", "claims", "--output", out, as_="chen", limit_s=200)
        check(same_file(out, net.source), "with room it is delivered")


def test_a_node_whose_own_disk_is_full_says_so_and_goes_on_when_there_is_room(net):
    """SB-58: nothing acknowledged is lost, nothing refused is half done"""
    m, folder = net.nodes["manager"], net.nodes["manager"].dir
    size = lambda: m.hufu("ledger", "state", as_="feng")["durable"]
    m.stop()
    kept = folder + ".kept"
    os.rename(folder, kept)
    with contextlib.ExitStack() as undo:
        try:
            undo.enter_context(small_disk(net, "manager", 64))
        except hufunet.Skipped:
            os.rename(kept, folder)
            m.start()
            raise
        subprocess.run(["cp", "-a", kept + "/.", folder], check=True)
        m.start()
        for a in ("admin", "zheng", "feng"):
            m.login(a)
        before, ballast, done, refusal = size(), os.path.join(folder, "ballast"), [], None
        fill(folder, ballast)
        for n in range(400):
            try:
                m.hufu("system", "add", f"s{n}", "--address", m.ip, "--business", "满盘", as_="admin")
                done.append(f"s{n}")
            except hufunet.Refused as r:
                refusal = r
                break
        check(refusal and refusal.reason == "no-space" and "space" in refusal.text, f"after {len(done)} commands: {refusal}")
        check(size() >= before + len(done), "what was done before is on record, and reading goes on")
        os.unlink(ballast)
        m.hufu("system", "add", "roomy", "--address", m.ip, "--business", "有空间", as_="admin")
        m.kill()
        m.start()
        for a in ("admin", "feng"):
            m.login(a)
        names = {s["system"] for s in m.hufu("system", "list", as_="admin")["systems"]}
        check(names == set(done) | {"roomy"}, f"all that was acknowledged and nothing that was refused: {names ^ set(done)}")
        m.stop()


def fill(folder, ballast):
    """Leaves no block free."""
    with open(ballast, "wb", buffering=0) as f, contextlib.suppress(OSError):  # nothing is left over that closing would write
        while True:
            f.write(bytes(1 << 16))


def test_a_disk_that_goes_away_ends_the_transfer_with_a_reason(net):
    """read-only from the middle of the transfer on, as a file system with errors is"""
    i = net.nodes["insurer"]
    with small_disk(net, "failing", 160) as folder:
        out = os.path.join(folder, "tolls.csv")
        id = i.hufu("fetch", net.tolls, "--system", "claims", "--output", out, "--detach", as_="chen")["transfer"]
        workflow.wait_durable(i, "chen", id)
        i.kill()
        subprocess.run(["mount", "-o", "remount,ro", folder], check=True)
        i.start()
        i.login("chen")
        ended = workflow.wait_transfer(i, "chen", id, "TERMINATED")
        check(ended["reason"] == "io" and "cannot be written" in ended["text"], f"{ended}")
        i.login("admin")
        alarms = [a["text"] for a in i.hufu("alarms", as_="admin")["alarms"]]
        check([a for a in alarms if "partial file" in a], f"what could not be cleared raises an alarm: {alarms}")

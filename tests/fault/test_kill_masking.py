"""SIGKILL while a masking task runs: it goes on by itself after the start, and the result is the same bytes."""
import contextlib
import glob
import os
import subprocess

from hufunet import check, wait_until
from masking import approved, begin, digest, one_node, source, task
from test_disk import fill, small_disk

ROWS = 400000


def network(net):
    one_node(net, 47)
    net.original = source(net, "day", ROWS)
    approved(net, "tolls")
    net.whole = begin(net, "tolls", "day", "day-whole", "--wait")


def written(net, result):
    """Bytes of the result so far; the file beside its final name."""
    return sum(os.path.getsize(p) for p in glob.glob(os.path.join(net.dir, result + ".csv*")))


def test_a_killed_node_goes_on_from_the_last_durable_point(net):
    """MK-46, MK-12: killed at four places, once more while it checks or releases; nothing is lost or written twice"""
    t = net.nodes["transport"]
    size = os.path.getsize(os.path.join(net.dir, "day-whole.csv"))
    id = begin(net, "tolls", "day", "day-killed")["task"]
    for share in (0.1, 0.4, 0.7, 0.999):
        wait_until(lambda: written(net, "day-killed") >= size * share, f"{share} of the result", pause_s=0.002)
        t.kill()
        check(share > 0.9 or not os.path.exists(os.path.join(net.dir, "day-killed.csv")), "it has no name before it is whole")
        t.start()
    t.login("ma")
    done = t.hufu("release", "wait", id, as_="ma")
    check(done["state"] == "released" and done["attempt"] == 1, str(done))
    check(done["result_digest"] == net.whole["result_digest"] == digest(os.path.join(net.dir, "day-killed.csv")), "byte for byte")
    check((done["rows_in"], done["rows_out"]) == (ROWS, ROWS), "every row, once")
    check([c["values"] for c in done["columns"]] == [c["values"] for c in net.whole["columns"]], "and counted once")
    check(glob.glob(os.path.join(net.dir, "day-killed.csv.*")) == [], "nothing else is left")


def test_a_paused_task_waits_through_a_kill(net):
    """MK-46"""
    t = net.nodes["transport"]
    id = begin(net, "tolls", "day", "day-paused")["task"]
    t.hufu("release", "pause", id, as_="ma")
    t.kill()
    t.start()
    t.login("ma")
    check(task(net, id)["state"] == "paused", "it waits for a person")
    t.hufu("release", "continue", id, as_="ma")
    done = t.hufu("release", "wait", id, as_="ma")
    check(done["result_digest"] == net.whole["result_digest"], "byte for byte")


def test_a_task_on_a_node_whose_disk_is_full_rests_and_goes_on_when_there_is_room(net):
    """MK-45, MK-46: what cannot be written is tried again after a while, not at once and always"""
    t, folder = net.nodes["transport"], net.nodes["transport"].dir
    with small_disk(net, "small", 96) as small, contextlib.ExitStack() as undo:
        t.stop()
        subprocess.run(["cp", "-a", folder + "/.", small], check=True)
        os.rename(folder, folder + ".kept")
        os.symlink(small, folder)
        undo.callback(os.rename, folder + ".kept", folder)
        undo.callback(os.unlink, folder)
        undo.callback(t.stop)
        t.start()
        t.login("ma")
        id, ballast = begin(net, "tolls", "day", "day-full")["task"], os.path.join(small, "ballast")
        fill(small, ballast)
        alarms = lambda: open(t.log, encoding="utf-8").read().count('"kind":"masking"')
        wait_until(lambda: alarms() or task(net, id)["state"] != "running", "the disk to be too full for the task's state", 30)
        for _ in range(100):  # turns of the node's loop, in each of which it could be tried again
            task(net, id)
        check(alarms() <= 2, f"it rests: {alarms()} alarms in a hundred turns")
        os.unlink(ballast)
        done = t.hufu("release", "wait", id, as_="ma", limit_s=120)
        check(done["state"] == "released" and done["result_digest"] == net.whole["result_digest"], f"byte for byte: {done}")

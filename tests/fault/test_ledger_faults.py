"""A fault at every system call by which ledger and store write: nothing acknowledged is lost, nothing is signed twice.

Each run of a fixed work lets one call fail (EIO, ENOSPC) or kills the process at it. The node then goes on, or refuses to start with a
sentence; the next start without a fault demands everything that was acknowledged to anybody, clean full checks of own and mirrored
ledgers and of an export, private fields that open, and for every checkpoint that ever left a process the root that the ledger has.
"""
import os

from common import *
from ledger_crash import *


def faults(counts):
    return [(name, call, kind, n) for (name, call), most in sorted(counts.items()) for kind in KINDS for n in range(1, most + 1)]


def options(place, name, call, kind, n):
    return ["-P", place.path(name), "-e", f"trace={call}", "-e", f"inject={call}:{kind}:when={n}"]


def judge(status, text, kind, what):
    """A node under a fault goes on, says why it does not start, or was killed by the test."""
    if status == 3:
        check(text.startswith("refused: ") and ";" in text, f"{what}: the refusal names no way out: {text}")
    elif kind == "signal=KILL":
        check(status in (0, -9, 137), f"{what}: status {status}, {text}")
    else:
        check(status == 0 and text == "whole", f"{what}: status {status}, {text}")


def sample(draw, all, count, full):
    if full or len(all) <= count:
        return all
    return draw.sample(all, count)


def campaign(net, name, base, measure, harm, count):
    """measure(place, log) runs undisturbed; harm(place, fault, log) with one fault."""
    seed, draw = seed_of(name)
    place, log = Place(net, "p" + name), os.path.join(net.dir, name + ".strace")
    place.copy(base)
    measure(place, log)
    all = faults(calls_of(log, place))
    check(len(all) > 20, f"the work makes calls: {len(all)}")
    chosen, hit, refused = sample(draw, all, count, net.full), 0, 0
    for fault in chosen:
        what = f"{name} (seed {seed}): {fault[2]} at {fault[1]} number {fault[3]} of {fault[0] or 'the folder'}"
        place.copy(base)
        status, text = harm(place, fault, log)
        judge(status, text, fault[2], what)
        hit += injected(log)
        refused += status == 3
        place.must_be_whole(what)
    print(f"     {name}: {len(chosen)} of {len(all)} faults tried, {hit} met their call, {refused} starts refused", flush=True)
    check(hit >= len(chosen) * 2 // 3, f"most faults meet their call: {hit} of {len(chosen)}")
    place.empty()


def opening(place, fault, log):
    """Only the main thread opens, so only it is traced."""
    return place.run("--rounds", "2", "--harmed", before=["strace", "-y", "-o", log, *options(place, *fault)])


def open_undisturbed(place, log):
    place.run("--rounds", "2", "--harmed", before=["strace", "-y", "-o", log, "-e", "trace=" + ",".join(CALLS), *place.traced()])
    with open(log, encoding="utf-8") as f:  # without -f no thread is named
        lines = ["0 " + line for line in f]
    with open(log, "w", encoding="utf-8") as f:
        f.writelines(lines)


def test_a_fault_at_every_call_that_makes_a_node(net):
    """SB-58"""
    need_strace()
    campaign(net, "making", Place(net, "nothing"), open_undisturbed, opening, 10)


def test_a_fault_at_every_call_that_opens_a_node(net):
    """SB-58"""
    need_strace()
    base = Place(net, "old")
    base.must_be_whole("a new place")
    campaign(net, "opening", base, open_undisturbed, opening, 8)


def test_a_fault_at_every_call_that_writes(net):
    """SB-58, SB-59"""
    need_strace()
    base = Place(net, "base")
    base.must_be_whole("a new place")
    campaign(net, "writing", base, lambda place, log: place.run_held([*place.traced(), "-e", "trace=" + ",".join(CALLS)], log),
             lambda place, fault, log: place.run_held(options(place, *fault), log), 24)

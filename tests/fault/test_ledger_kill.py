"""SIGKILL at random points of a writing, signing, witnessing and mirroring node, a thousand of them with --full."""
import os
import subprocess

from common import *
from ledger_crash import *

ROUNDS, ROUNDS_FULL, FRESH = 30, 1000, 25


def kill_while_writing(place, draw):
    """Kills after a drawn number of acknowledgements, at whatever instruction all threads are at."""
    goal = book_size(place) + draw.randrange(1, 20000)
    with subprocess.Popen(place.command(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as p:
        try:
            first = p.stdout.readline()
            check(first.startswith("checked "), f"after the kill before: {first.strip()}")
            wait_until(lambda: book_size(place) >= goal or p.poll() is not None, "the writer to write", 60, 0.0005)
        finally:
            p.kill()
        check(p.wait() == -9, f"the writer ended by itself: {p.stdout.read()}")
    return "writing"


def book_size(place):
    return os.path.getsize(place.book) if os.path.exists(place.book) else 0


def kill_while_starting(place, draw):
    """Kills at a drawn system call of the thread that opens and checks; None when it had fewer."""
    n = draw.randrange(1, 1500)
    status, text = place.run("--rounds", "1", before=["strace", "-o", "/dev/null", "-e", f"inject=all:signal=KILL:when={n}"])
    if status == 0:
        check(text == "whole", f"not killed before call {n}: {text}")
        return None
    check(status in (-9, 137), f"killed at call {n}: status {status}, {text}")
    return "starting"


def test_a_kill_at_random_points_loses_nothing_acknowledged(net):
    """SB-58, SB-59"""
    need_strace()
    seed, draw = seed_of("kill")
    place, wanted = Place(net, "killed"), ROUNDS_FULL if net.full else ROUNDS
    kills, tries = {"starting": 0, "writing": 0}, 0
    while sum(kills.values()) < wanted:
        done = sum(kills.values())
        check(tries < 3 * wanted, f"{done} kills in {tries} tries (seed {seed})")
        if tries % FRESH == 0:
            place.empty()
        how = (kill_while_starting if draw.random() < 0.25 else kill_while_writing)(place, draw)
        if how:
            kills[how] += 1
        tries += 1
        if tries % FRESH == 0 or sum(kills.values()) == wanted:
            place.must_be_whole(f"after {sum(kills.values())} kills (seed {seed})")
    print(f"     {kills['writing']} kills while writing, {kills['starting']} while starting, of {tries} tries (seed {seed})", flush=True)
    check(kills["starting"] > 0, "some kills are at the start")
    place.empty()

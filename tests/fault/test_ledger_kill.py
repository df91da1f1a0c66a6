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


def book_size(place):
    return os.path.getsize(place.book) if os.path.exists(place.book) else 0


def kill_while_starting(place, draw):
    """Kills at a drawn system call of the thread that opens and checks."""
    n = draw.randrange(1, 1500)
    status, text = place.run("--rounds", "1", before=["strace", "-o", "/dev/null", "-e", f"inject=all:signal=KILL:when={n}"])
    check(status in (-9, 137) or text == "whole", f"killed at call {n}: status {status}, {text}")


def test_a_kill_at_random_points_loses_nothing_acknowledged(net):
    """SB-58, SB-59"""
    need_strace()
    seed, draw = seed_of("kill")
    place, rounds = Place(net, "killed"), ROUNDS_FULL if net.full else ROUNDS
    for n in range(rounds):
        if n % FRESH == 0:
            place.empty()
        (kill_while_starting if draw.random() < 0.25 else kill_while_writing)(place, draw)
        if n % FRESH == FRESH - 1 or n == rounds - 1:
            place.must_be_whole(f"after kill {n} (seed {seed})")
    print(f"     {rounds} kills (seed {seed})", flush=True)
    place.empty()

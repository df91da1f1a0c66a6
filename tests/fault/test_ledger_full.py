"""A full disk under store and ledger: what was acknowledged stays, what finds no room is refused, with room the node goes on."""
import contextlib
import os
import subprocess

from common import *
from ledger_crash import *

ROUNDS, ROUNDS_FULL, MIB, PAGE = 3, 80, 4, 4096


@contextlib.contextmanager
def small_disk(folder, mib):
    """A file system of its own under the harmed node, of so many MiB."""
    os.makedirs(folder, exist_ok=True)
    if subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={mib}m", "tmpfs", folder], capture_output=True).returncode != 0:
        raise Skipped("this user may not mount a small file system; run it as root")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


def leave_pages(folder, pages):
    """Fills the disk up to so many free pages; returns the file to delete."""
    ballast = os.path.join(folder, "ballast")
    with open(ballast, "wb") as f:
        st = os.statvfs(folder)
        os.posix_fallocate(f.fileno(), 0, max(1, st.f_bavail * st.f_frsize // PAGE - pages) * PAGE)
    return ballast


def refused_or_whole(place, what):
    status, text = place.run("--rounds", "15", "--harmed")
    check((status == 0 and text == "whole") or (status == 3 and ";" in text), f"{what}: status {status}, {text}")
    return status == 3


def campaign(net, name, prepare):
    seed, draw = seed_of("full " + name)
    refusals, rounds = 0, ROUNDS_FULL if net.full else ROUNDS
    for n in range(rounds):
        place = Place(net, "full")
        os.makedirs(place.dir, exist_ok=True)
        with small_disk(place.path(""), MIB) as disk:
            prepare(place)
            pages = draw.randrange(40) if n else 0
            ballast = leave_pages(disk, pages)
            what = f"{name} (seed {seed}, round {n}): {pages} pages left"
            refusals += refused_or_whole(place, what)
            refusals += refused_or_whole(place, what + ", the second start")
            os.unlink(ballast)
            place.must_be_whole(what + ", with room again")
        place.empty()
    print(f"     {name}: {rounds} full disks, {refusals} starts refused (seed {seed})", flush=True)


def test_a_disk_that_fills_while_the_node_writes(net):
    """SB-58, SB-59"""
    campaign(net, "old", lambda place: place.must_be_whole("a new place"))


def test_a_disk_that_is_full_when_the_node_is_made(net):
    """SB-58"""
    campaign(net, "new", lambda place: None)

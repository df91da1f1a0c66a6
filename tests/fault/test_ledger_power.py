"""A power cut: of what was written and not yet synced any part may be missing or torn. Never may that refuse a start or lose a word.

The process is killed at a drawn call under strace, which has noted down each write. The files of the harmed node are then built anew: what
was synced stands, of everything later a drawn choice of 512-byte sectors. The other nodes, and the book, are as they were: what the node
told them must still be so.
"""
import os
import re
import subprocess

from common import *
from ledger_crash import *

ROUNDS, ROUNDS_FULL, SECTOR = 12, 500, 512
WRITES = ["pwrite64", "writev", "lseek", "fdatasync", "fsync"]
BEGIN = re.compile(r"^(\d+) +(\w+)\((\d+)<([^>]*)>(.*)$")
RESUMED = re.compile(r"^(\d+) +<\.\.\. (\w+) resumed>.* = (-?\d+)")
BYTES = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')


class Disk:
    """The files of the harmed node as a disk has them: what is synced, and what may or may not be there."""

    def __init__(self, place, dsync):
        self.place, self.dsync = place, dsync
        self.files, self.pending, self.at, self.open_calls = {}, {}, {}, {}
        for f in FILES:
            if os.path.isfile(place.path(f)) and f != "state/lock.mdb":
                with open(place.path(f), "rb") as file:
                    self.files[place.path(f)] = bytearray(file.read())
                self.pending[place.path(f)] = []

    def read(self, log):
        with open(log, encoding="ascii", errors="replace") as f:
            for line in f:
                begun, resumed = BEGIN.match(line), RESUMED.match(line)
                path = bytes_of(begun.group(4)).decode() if begun else None
                if path in self.files:
                    self.begin(begun.group(1), begun.group(2), begun.group(3), path, begun.group(5))
                elif resumed and resumed.group(1) in self.open_calls:
                    self.finish(*self.open_calls.pop(resumed.group(1)), int(resumed.group(3)))

    def begin(self, thread, call, fd, path, rest):
        data = b"".join(bytes_of(m.group(1)) for m in BYTES.finditer(rest))
        piece = None
        if call == "lseek":
            self.at[thread] = int(re.search(r"(\d+), SEEK_SET", rest).group(1))
        elif call == "writev":
            if thread not in self.at:
                return  # strace shows the call that kills a second time, as another thread's
            piece = (self.at[thread], data)
        elif call == "pwrite64":
            piece = (int(re.search(r"(\d+)(\)| <unfinished)", rest[rest.rindex('"'):].split(", ")[-1]).group(1)), data)
        if piece:
            self.pending[path].append(piece)
        mark = (call, fd, path, piece, len(self.pending[path]))
        result = re.search(r"\) += (-?\d+)", rest)
        if result:
            self.finish(*mark, int(result.group(1)))
        else:
            self.open_calls[thread] = mark

    def finish(self, call, fd, path, piece, count, result):
        """A sync makes durable what was written before it began; a write to a synchronous descriptor itself."""
        if result < 0:
            return
        if call in ("fdatasync", "fsync"):
            done, self.pending[path] = self.pending[path][:count], self.pending[path][count:]
        elif piece and fd in self.dsync:
            done = [piece]
            self.pending[path].remove(piece)
        else:
            return
        for at, data in done:
            put(self.files[path], at, data)

    def cut(self, draw):
        """What the disk has afterwards; returns the number of sectors in doubt."""
        doubt = 0
        for path, data in self.files.items():
            keep = draw.choice([0.0, 0.1, 0.5, 0.9, 1.0])
            for at, piece in self.pending[path]:
                for s in range(0, len(piece), SECTOR):
                    doubt += 1
                    if draw.random() < keep:
                        put(data, at + s, piece[s:s + SECTOR])
            with open(path, "wb") as f:
                f.write(data)
        return doubt


def bytes_of(text):
    """strace's -xx form."""
    return bytes.fromhex(text.replace("\\x", ""))


def put(data, at, piece):
    if len(data) < at + len(piece):
        data.extend(bytes(at + len(piece) - len(data)))
    data[at:at + len(piece)] = piece


def synchronous(pid, place):
    """The descriptors of which each write is durable by itself."""
    found = set()
    for fd in os.listdir(f"/proc/{pid}/fd"):
        if os.readlink(f"/proc/{pid}/fd/{fd}").startswith(place.path("")):
            with open(f"/proc/{pid}/fdinfo/{fd}", encoding="ascii") as f:
                flags = int(re.search(r"flags:\s+([0-7]+)", f.read()).group(1), 8)
            if flags & os.O_DSYNC:
                found.add(fd)
    return found


def test_a_power_cut_loses_nothing_acknowledged(net):
    """SB-58, SB-59"""
    need_strace()
    seed, draw = seed_of("power")
    base, place, log = Place(net, "power-base"), Place(net, "power"), os.path.join(net.dir, "power.strace")
    base.must_be_whole("a new place")
    rounds, doubt, cuts = ROUNDS_FULL if net.full else ROUNDS, 0, 0
    for n in range(rounds):
        place.copy(base)
        call, when = draw.choice([("pwrite64", 90), ("writev", 30), ("fdatasync", 30)])
        when = draw.randrange(1, when)
        disks = []
        status, text = place.run_held(["-xx", "-s", "1000000", *place.traced(), "-e", "trace=" + ",".join(WRITES),
                                       "-e", f"inject={call}:signal=KILL:when={when}"], log,
                                      lambda pid: disks.append(Disk(place, synchronous(pid, place))))
        check(status in (0, -9), f"seed {seed}, round {n}: status {status}, {text}")
        cuts += status == -9
        disks[0].read(log)
        doubt += disks[0].cut(draw)
        place.must_be_whole(f"seed {seed}, round {n}: power cut at {call} number {when}")
    print(f"     {cuts} power cuts in {rounds} rounds, {doubt} sectors in doubt (seed {seed})", flush=True)
    check(cuts >= rounds // 2 and doubt > rounds, "the cuts came in the middle of writing")
    base.empty()
    place.empty()

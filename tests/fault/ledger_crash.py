"""What the crash tests of ledger and store share: the program that is harmed (ledger_writer.c), strace before it, folders."""
import os
import random
import re
import shutil
import subprocess
import tempfile

from hufunet import Failed, Skipped, check

HARMED = "hub"
CALLS = ["write", "pwrite64", "writev", "pwritev", "pwritev2", "fdatasync", "fsync", "sync_file_range", "msync", "ftruncate",
         "fallocate", "openat", "mkdir", "rename", "renameat", "renameat2", "unlink", "unlinkat", "lseek"]
FILES = ["", "state", "state/data.mdb", "state/lock.mdb", "ledger", "ledger/last-signed", "ledger/slots-own", "ledger/slots-copies"]
KINDS = ["error=EIO", "error=ENOSPC", "signal=KILL"]
LIMIT_S = 60


def seed_of(name):
    seed = int(os.environ.get("HUFU_SEED") or random.SystemRandom().randrange(1 << 32))
    print(f"     {name}: seed {seed} (give it back with --seed {seed})", flush=True)
    return seed, random.Random(f"{name} {seed}")


def short(net):
    """The network's folder, or another one when its name is too long for the writer's kit."""
    if len(net.dir) <= 40:
        return net.dir
    folder = tempfile.mkdtemp(prefix="hufu-crash.", dir="/tmp")
    net.at_end.callback(shutil.rmtree, folder, True)
    return folder


class Place:
    """A folder with four ledgers and, beside it, the book of what was acknowledged."""

    def __init__(self, net, name):
        self.net = net
        self.program = os.environ.get("HUFU_LEDGER_WRITER",
                                      os.path.normpath(os.path.join(net.bin, "..", "..", "dev", "bin", "hufu-ledger-writer")))
        check(os.path.exists(self.program), f"{self.program} is there; build the preset dev")
        self.dir, self.book = os.path.join(short(net), name), os.path.join(net.dir, name + ".book")
        self.empty()

    def empty(self):
        shutil.rmtree(self.dir, ignore_errors=True)
        if os.path.exists(self.book):
            os.unlink(self.book)

    def copy(self, other):
        """Becomes what the other place is; holes stay holes."""
        self.empty()
        if os.path.exists(other.dir):
            subprocess.run(["cp", "-a", "--sparse=always", other.dir, self.dir], check=True)
            subprocess.run(["cp", "-a", other.book, self.book], check=True)

    def path(self, name):
        return os.path.join(self.dir, HARMED, name) if name else os.path.join(self.dir, HARMED)

    def command(self, *args):
        return [self.program, self.dir, self.book, *args]

    def environment(self):
        return {**os.environ, "UV_THREADPOOL_SIZE": "1"}

    def run(self, *args, before=()):
        """Runs to the end: (status, the last line)."""
        r = subprocess.run([*before, *self.command(*args)], capture_output=True, text=True, timeout=LIMIT_S, env=self.environment(),
                           errors="replace")
        lines = r.stdout.strip().splitlines()
        return r.returncode, (lines[-1] if lines else "") or r.stderr.strip()[-300:]

    def must_be_whole(self, what):
        """Everything acknowledged is there, the full checks are clean, and the node goes on."""
        status, text = self.run("--rounds", "2")
        check(status == 0 and text == "whole", f"{what}: status {status}, {text}")

    def traced(self):
        """strace's options for the files of the harmed node."""
        return [o for f in FILES for o in ("-P", self.path(f))]

    def held(self):
        """A writer that has opened and waits for the word to begin."""
        p = subprocess.Popen(self.command("--rounds", "6", "--harmed", "--hold"), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                             stderr=subprocess.DEVNULL, text=True, env=self.environment())
        for line in p.stdout:
            if line == "ready\n":
                return p
        p.wait()
        raise Failed(f"the writer ended with status {p.returncode} before it was harmed")

    def run_held(self, options, log, seen=None):
        """The second half of a run under strace, all threads from their first call on: (status, the last line). seen(pid) before
        it goes on."""
        p = self.held()
        tracer = subprocess.Popen(["strace", "-f", "-y", "-o", log, *options, "-p", str(p.pid)], stdin=subprocess.DEVNULL,
                                  stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        try:
            said = tracer.stderr.readline()
            while said and "attached" not in said:
                last, said = said, tracer.stderr.readline()
            if not said:
                raise Skipped("strace may not attach to a process here: " + last.strip())
            if seen:
                seen(p.pid)
            out, _ = p.communicate("go\n", timeout=LIMIT_S)
        finally:
            p.kill()
            tracer.stderr.read()
            tracer.wait(timeout=LIMIT_S)
            tracer.stderr.close()
        lines = out.strip().splitlines()
        return p.returncode, lines[-1] if lines else ""


def need_strace():
    if not shutil.which("strace"):
        raise Skipped("strace is not installed; tools/install-packages test")
    r = subprocess.run(["strace", "-o", "/dev/null", "true"], capture_output=True, text=True)
    if r.returncode != 0:
        raise Skipped("strace may not trace here: " + r.stderr.strip().splitlines()[-1])


CALL = re.compile(r"^(\d+) +([a-z0-9_]+)\(")


def calls_of(log, place):
    """The calls of a log: (file, call) -> the largest number that one thread made, since strace counts in each thread."""
    counts = {}
    with open(log, encoding="utf-8", errors="replace") as f:
        for line in f:
            m = CALL.match(line)
            name = file_of(line, place) if m and m.group(2) != "lseek" else None
            if name is not None:
                key = (m.group(1), name, m.group(2))
                counts[key] = counts.get(key, 0) + 1
    best = {}
    for (_, name, call), n in counts.items():
        best[name, call] = max(best.get((name, call), 0), n)
    return best


def file_of(line, place):
    """Which of FILES the call is about."""
    found = [f for f in FILES if re.search(re.escape(place.path(f)) + r'[">]', line.split(" = ")[0])]
    return max(found, key=len) if found else None


def injected(log):
    with open(log, encoding="utf-8", errors="replace") as f:
        text = f.read()
    return "(INJECTED)" in text or "killed by SIGKILL" in text

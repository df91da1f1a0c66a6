#!/usr/bin/env python3
"""Runs the tests of a folder against real nodes: every function test_* of every test_*.py, one line each: "ok NAME", "FAIL NAME" or
"skipped NAME (reason)" for what this machine or this user cannot show.

A test is a sentence. A module may have a function `network(net)` that builds what its tests share; it gets a fresh folder and is
called once per module. A test with the argument `net` gets that network; a test without gets nothing. Tests marked @long run only
with --full. However a run ends, its nodes are stopped.

With --jobs N, N modules run at a time, each in a process of its own; a module's lines are printed when it ends.

  run.py --bin DIR [--folder tests/integration] [--only WORD] [--full] [--seed N] [--jobs N]
"""
import argparse
import concurrent.futures
import importlib.util
import inspect
import os
import signal
import subprocess
import sys
import tempfile
import time
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [os.path.join(TOP, "testnet"), HERE]
sys.dont_write_bytecode = True

import hufunet  # noqa: E402


def load(path):
    spec = importlib.util.spec_from_file_location("t_" + os.path.basename(path)[:-3], path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def tests_of(module, only, full):
    for name, fn in vars(module).items():
        if not name.startswith("test_") or not callable(fn):
            continue
        if getattr(fn, "long", False) and not full:
            continue
        label = f"{module.__name__[2:]}.{name}"
        if only and only not in label and only not in (fn.__doc__ or ""):
            continue
        yield label, fn


def run_one(label, fn, net):
    begin = time.monotonic()
    try:
        fn(net) if inspect.signature(fn).parameters else fn()
    except hufunet.Skipped as why:
        print(f"skipped {label} ({why})", flush=True)
        return True
    except Exception:  # a test may fail in any way
        failed(f"{label} ({time.monotonic() - begin:.1f} s)")
        return False
    print(f"ok {label} ({time.monotonic() - begin:.1f} s)", flush=True)
    return True


def failed(label):
    print(f"FAIL {label}")
    print("     " + traceback.format_exc().replace("\n", "\n     "), flush=True)


def logs_of(net):
    for n in net.nodes.values():
        try:
            with open(n.log, encoding="utf-8", errors="replace") as f:
                lines = f.read().splitlines()[-6:]
        except OSError:
            continue
        for line in lines:
            print(f"     {n.id}: {line[:400]}")


def run_tests(module, tests, net):
    """All of a module's tests in its network; false when one failed."""
    try:
        if hasattr(module, "network"):
            module.network(net)
    except hufunet.Skipped as why:
        for label, _ in tests:
            print(f"skipped {label} ({why})", flush=True)
        return True
    except Exception:
        failed(f"{module.__name__[2:]}.network")
        logs_of(net)
        return False
    good = True
    for label, fn in tests:
        if not run_one(label, fn, net):
            good = False
            logs_of(net)
    return good


def run_module(path, args):
    module = load(path)
    tests = list(tests_of(module, args.only, args.full))
    if not tests:
        return True
    with tempfile.TemporaryDirectory(prefix="hufu-test.", ignore_cleanup_errors=True) as folder:
        net = hufunet.Net(args.bin, folder)
        net.full = args.full
        try:
            return run_tests(module, tests, net)
        finally:
            net.stop()


class Children:
    """Modules in processes of their own. A module sees that it is one of several by HUFU_NET, the number of its network."""

    def __init__(self, args):
        self.args, self.running, self.lanes = args, set(), [(os.getpid() + i) % 200 for i in range(args.jobs)]

    def run(self, path):
        lane = self.lanes.pop()
        command = [sys.executable, os.path.abspath(__file__), "--bin", self.args.bin, "--folder", os.path.dirname(path), "--module", os.path.basename(path)]
        command += ["--full"] if self.args.full else []
        command += ["--only", self.args.only] if self.args.only else []
        child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env={**os.environ, "HUFU_NET": str(lane)})
        self.running.add(child)
        out = child.communicate()[0].decode(errors="replace")
        self.running.discard(child)
        self.lanes.append(lane)
        if child.returncode and "FAIL " not in out:
            out += f"FAIL {os.path.basename(path)} ended with status {child.returncode}\n"
        print(out, end="", flush=True)
        return child.returncode == 0

    def run_all(self, paths):
        with concurrent.futures.ThreadPoolExecutor(self.args.jobs) as pool:
            jobs = [pool.submit(self.run, p) for p in paths]
            try:
                return all([j.result() for j in jobs])
            except KeyboardInterrupt:
                pool.shutdown(wait=False, cancel_futures=True)
                for child in list(self.running):
                    child.terminate()
                raise


def interrupted(number, _):
    raise KeyboardInterrupt(signal.Signals(number).name)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--bin", required=True)
    p.add_argument("--folder", default=HERE)
    p.add_argument("--only")
    p.add_argument("--full", action="store_true")
    p.add_argument("--seed", help="of the randomized tests; HUFU_SEED says the same")
    p.add_argument("--jobs", type=int, default=1, help="modules at a time")
    p.add_argument("--module", help="this file of the folder alone")
    args = p.parse_args()
    if args.seed:
        os.environ["HUFU_SEED"] = args.seed
    folder = os.path.abspath(args.folder)
    sys.path.insert(0, folder)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupted)
    names = sorted(n for n in os.listdir(folder) if n.startswith("test_") and n.endswith(".py") and n == (args.module or n))
    paths = [os.path.join(folder, n) for n in names]
    if args.jobs > 1 and not args.module:
        return 0 if Children(args).run_all(paths) else 1
    return 0 if all([run_module(p, args) for p in paths]) else 1


sys.exit(main())

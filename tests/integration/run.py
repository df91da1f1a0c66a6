#!/usr/bin/env python3
"""Runs the tests of a folder against real nodes: every function test_* of every test_*.py, one line each: "ok NAME", "FAIL NAME" or
"skipped NAME (reason)" for what this machine or this user cannot show.

A test is a sentence. A module may have a function `network(net)` that builds what its tests share; it gets a fresh folder and is
called once per module. A test with the argument `net` gets that network; a test without gets nothing. Tests marked @long run only
with --full. However a run ends, its nodes are stopped.

  run.py --bin DIR [--folder tests/integration] [--only WORD] [--full] [--seed N]
"""
import argparse
import importlib.util
import inspect
import os
import signal
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


def interrupted(number, _):
    raise KeyboardInterrupt(signal.Signals(number).name)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--bin", required=True)
    p.add_argument("--folder", default=HERE)
    p.add_argument("--only")
    p.add_argument("--full", action="store_true")
    p.add_argument("--seed", help="of the randomized tests; HUFU_SEED says the same")
    args = p.parse_args()
    if args.seed:
        os.environ["HUFU_SEED"] = args.seed
    folder = os.path.abspath(args.folder)
    sys.path.insert(0, folder)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupted)
    good = True
    for name in sorted(os.listdir(folder)):
        if name.startswith("test_") and name.endswith(".py"):
            good = run_module(os.path.join(folder, name), args) and good
    return 0 if good else 1


sys.exit(main())

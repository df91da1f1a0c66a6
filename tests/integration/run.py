#!/usr/bin/env python3
"""Runs the tests of a folder against real nodes: every function test_* of every test_*.py, one line "ok NAME" or "FAIL NAME" each.

A test is a sentence. A module may have a function `network(net)` that builds what its tests share; it gets a fresh folder and is
called once per module. A test with the argument `net` gets that network; a test without gets nothing.

  run.py --bin DIR [--folder tests/integration] [--only WORD] [--full] [--keep]
"""
import argparse
import importlib.util
import inspect
import os
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
    except Exception:  # a test may fail in any way
        print(f"FAIL {label} ({time.monotonic() - begin:.1f} s)")
        print("     " + traceback.format_exc().replace("\n", "\n     "), flush=True)
        return False
    print(f"ok {label} ({time.monotonic() - begin:.1f} s)", flush=True)
    return True


def logs_of(net):
    for n in net.nodes.values():
        try:
            with open(n.log, encoding="utf-8", errors="replace") as f:
                lines = f.read().splitlines()[-6:]
        except OSError:
            continue
        for line in lines:
            print(f"     {n.id}: {line[:400]}")


def run_module(path, args):
    module = load(path)
    tests = list(tests_of(module, args.only, args.full))
    if not tests:
        return 0, 0
    good = bad = 0
    with tempfile.TemporaryDirectory(prefix="hufu-test.", ignore_cleanup_errors=True) as folder:
        net = hufunet.Net(args.bin, folder)
        net.full = args.full
        try:
            if hasattr(module, "network"):
                module.network(net)
        except Exception:
            print(f"FAIL {module.__name__[2:]}.network")
            print("     " + traceback.format_exc().replace("\n", "\n     "), flush=True)
            logs_of(net)
            net.stop()
            return 0, 1
        try:
            for label, fn in tests:
                ok = run_one(label, fn, net)
                good, bad = good + ok, bad + (not ok)
                if not ok:
                    logs_of(net)
        finally:
            net.stop()
    return good, bad


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--bin", required=True)
    p.add_argument("--folder", default=HERE)
    p.add_argument("--only")
    p.add_argument("--full", action="store_true")
    args = p.parse_args()
    folder = os.path.abspath(args.folder)
    sys.path.insert(0, folder)
    good = bad = 0
    for name in sorted(os.listdir(folder)):
        if name.startswith("test_") and name.endswith(".py"):
            g, b = run_module(os.path.join(folder, name), args)
            good, bad = good + g, bad + b
    return 1 if bad else 0


sys.exit(main())

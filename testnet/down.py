"""Stops the nodes that testnet/run --keep left: by process id and start time, so that no other process is ever touched."""
import os
import shutil
import signal
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
sys.dont_write_bytecode = True
from hufunet import start_time  # noqa: E402

RUN = os.path.join(HERE, ".run")


def main():
    try:
        with open(os.path.join(RUN, "processes"), encoding="ascii") as f:
            rows = [line.split() for line in f]
    except FileNotFoundError:
        print("no testnet is running")
        return 0
    alive = [(name, int(pid), int(start)) for name, pid, start in rows if start_time(int(pid)) == int(start) != 0]
    for _, pid, _ in alive:
        os.kill(pid, signal.SIGTERM)
    end = time.monotonic() + 20
    while any(start_time(pid) == start for _, pid, start in alive) and time.monotonic() < end:
        time.sleep(0.05)
    for _, pid, start in alive:
        if start_time(pid) == start:
            os.kill(pid, signal.SIGKILL)
    shutil.rmtree(RUN, ignore_errors=True)
    print(f"stopped {len(alive)} nodes: {', '.join(name for name, _, _ in alive) or 'none was running'}")
    return 0


sys.exit(main())

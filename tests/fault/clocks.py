"""Clocks that are moved from outside (Debian's libfaketime): each node reads its own offset from a file, while it runs. The
programs are the released ones; hufud has no clock option. Intervals stay true: the monotonic clock is not moved, as `date -s` does
not move it."""
import glob
import os

from hufunet import Skipped

LIBRARY = "libfaketimeMT.so.1"


def library():
    found = glob.glob(f"/usr/lib/*/faketime/{LIBRARY}") + glob.glob(f"/usr/lib/faketime/{LIBRARY}")
    if not found:
        raise Skipped("Debian's package libfaketime is not installed")
    return found[0]


def movable(net):
    """Every node of net started from now on has a clock that move() sets."""
    path = library()
    net.clocks = {}
    for id, node in net.nodes.items():
        net.clocks[id] = os.path.join(net.dir, f"{id}.clock")
        move(net, 0, id)
        node.inside[:0] = ["env", f"LD_PRELOAD={path}", f"FAKETIME_TIMESTAMP_FILE={net.clocks[id]}", "FAKETIME_NO_CACHE=1",
                           "FAKETIME_DONT_FAKE_MONOTONIC=1", "NO_FAKE_STAT=1", "FAKETIME_DONT_RESET=1"]


def move(net, seconds, *ids):
    """The clocks of these nodes (none named: of all) are off by so many seconds from now on."""
    for id in ids or net.nodes:
        fresh = net.clocks[id] + ".new"
        with open(fresh, "w", encoding="ascii") as f:
            f.write(f"{seconds:+d}s\n" if seconds else "+0s\n")
        os.replace(fresh, net.clocks[id])  # never half a number

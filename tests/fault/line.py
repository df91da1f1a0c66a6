"""A line that can be cut: one node lives in a network namespace of its own, joined to the others by a pair of veth.

A cut takes the far end down, as pulling the cable does: nothing passes in either direction, nobody is told, and both kernels hold
their connections until they give up. Namespace, addresses and pair vanish with the process that holds them, however the test ends.
"""
import os
import subprocess

from hufunet import Skipped, run

INSIDE, SENDER = "line0", 200


class Line:
    """net's nodes get addresses 198.18.N.1 and up (a range kept for measurements, RFC 2544), the node at far_end beyond the line."""

    def __init__(self, net, far_end, count):
        self.holder = subprocess.Popen(["unshare", "--net", "--", "sh", "-c", "echo ready; exec cat"], stdin=subprocess.PIPE,
                                       stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True)
        net.at_end.callback(self.close)
        if self.holder.stdout.readline() != b"ready\n":
            raise Skipped("this user may not make a network namespace; run it as root")
        net.prefix, self.subnet = "198.18", os.getpid() % 250
        self.outside = f"hufu{os.getpid()}"
        self.join(net, far_end, count)

    def join(self, net, far_end, count):
        pid = str(self.holder.pid)
        made = run(["ip", "link", "add", self.outside, "type", "veth", "peer", "name", INSIDE, "netns", pid])
        if made.returncode != 0:
            raise Skipped(f"this kernel or user makes no veth pair: {made.stderr.strip()}")
        # The first address is where this side's connections come from; it is no member's, since a node may not pose as another.
        for n in (SENDER, *range(1, count + 1)):
            address = ["ip", "addr", "add", f"{net.prefix}.{self.subnet}.{n}/24", "dev"]
            self.must(*self.enter(), *address, INSIDE) if n == far_end else self.must(*address, self.outside)
        self.must("ip", "link", "set", self.outside, "up")
        self.must(*self.enter(), "ip", "link", "set", "lo", "up")
        self.mend()

    def enter(self):
        """The command that starts another one beyond the line; the process stays the same, so its id is the node's."""
        return ["nsenter", f"--net=/proc/{self.holder.pid}/ns/net", "--"]

    def must(self, *command):
        r = run(command)
        if r.returncode != 0:
            raise OSError(f"{' '.join(command)}: {r.stderr.strip()}")

    def cut(self):
        self.must(*self.enter(), "ip", "link", "set", INSIDE, "down")

    def mend(self):
        self.must(*self.enter(), "ip", "link", "set", INSIDE, "up")

    def close(self):
        self.holder.stdin.close()
        self.holder.wait(timeout=10)
        self.holder.stdout.close()

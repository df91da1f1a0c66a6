"""Streams of messages between two nodes: live, masked by the entry's obligation, labelled field by field, stopped by revocation, and exactly once
whatever dies."""
import json
import os
import signal
import subprocess
import time

import masking
from common import *

HALF = '{"plate": "粤B9'


def network(net):
    trio(net, 94)
    t = net.nodes["transport"]
    for account, (real_name, roles) in masking.PEOPLE.items():
        if account not in t.people:
            t.add_user(account, real_name, roles)
    put_plan(net, 1)
    net.written = 0
    net.path = os.path.join(net.dir, "gantry.jsonl")
    write(net, 20)
    workflow.source(t, "wang", "gantry", net.path, "--kind", "stream", kinds={"plate": "cn.plate"})
    net.entry = publish(net, "gantry", data_class="transport/toll", extra=["--duty", "mask:gantry", "--legal-basis", "公路法第六十条"])
    net.application = workflow.whole_negotiation(Parties(net), net.entry, "核对通行", privacy="zhao")
    net.folder = os.path.join(net.dir, "messages")
    os.mkdir(net.folder)


def put_plan(net, version, fee="{technique: round, step: 5}"):
    t = net.nodes["transport"]
    plan = masking.plan(net, "gantry", version, change=lambda text: text.replace("mode: static", "mode: dynamic").replace(
        "scope: {group: tolls, consumer: university, epoch: 1}", "scope: {group: tolls, epoch: 1}").replace("  passages:", "  gantry:").replace(
        "{technique: round, step: 5}", fee))
    t.hufu("release", "plan", "put", plan, as_="yang")
    t.hufu("release", "plan", "approve", "gantry", as_="song")


def message(n):
    return {"plate": f"粤B{n:05}", "time": "2026-03-01 08:41:17", "fee": 12, "lane": n}


def write(net, count, tail=""):
    """Appends messages as their source does: whole lines, each with one write."""
    with open(net.path, "a", encoding="utf-8") as f:
        for n in range(net.written, net.written + count):
            f.write(json.dumps(message(n), ensure_ascii=False) + "\n")
            f.flush()
        f.write(tail)
    net.written += count


class Follower:
    """`hufu subscribe`, running."""

    def __init__(self, net, *more):
        i = net.nodes["insurer"]
        self.out = open(os.path.join(net.dir, "follower.out"), "ab")
        self.process = subprocess.Popen([net.program("hufu"), "subscribe", net.entry, "--system", "claims", "--folder", net.folder, "--node", i.dir,
                                         "--as", "chen", *more], stdout=self.out, stderr=subprocess.PIPE, env=net.environment())

    def end(self, signal_=signal.SIGTERM):
        self.process.send_signal(signal_)
        return self.wait()

    def wait(self):
        error = self.process.communicate(timeout=60)[1].decode()
        self.out.close()
        return self.process.returncode, error


def got(net):
    """All messages of the folder, in order."""
    messages = []
    for name in sorted(os.listdir(net.folder)):
        if name.endswith(".jsonl"):
            with open(os.path.join(net.folder, name), encoding="utf-8") as f:
                messages += [json.loads(line) for line in f]
    return messages


def lanes(net):
    return [m["record"]["lane"] for m in got(net)]


def all_here(net, what):
    wait_until(lambda: len(got(net)) >= net.written, what, 60)
    check(lanes(net) == list(range(net.written)), f"{what}: each once, in order: {lanes(net)}")


def test_messages_arrive_within_about_a_second_masked_and_labelled_field_by_field(net):
    """MK-1, MK-24, DS-30, DS-31: a message stream is a masking input; each message carries labels at field level, as the provider signed them"""
    t, i = net.nodes["transport"], net.nodes["insurer"]
    r = i.refused("fetch", net.entry, "--system", "claims", "--output", os.path.join(net.dir, "whole.csv"), as_="chen")
    check(r.reason == "argument" and "hufu subscribe" in r.text, f"a stream is no table: {r.text}")
    shown = i.hufu("catalog", "show", net.entry, as_="chen")
    check([d["mode"] for d in shown["distributions"]] == ["stream"], f"the entry says what it is: {shown}")
    f = Follower(net)
    all_here(net, "what was there before")
    first = got(net)[0]
    check(first["record"] == {"plate": "粤B*****", "time": "2026-03-01 08:30:00", "fee": 10, "lane": 0}, f"masked: {first}")
    check(all(m["record"]["plate"] == "粤B*****" for m in got(net)), "each")
    labels = first["labels"]
    check({k: (v["kind"], v["class"], v["level"], v["treatment"]) for k, v in labels.items()} ==
          {"plate": ("cn.plate", "personal", 3, "mask"), "time": ("", "none", 1, "daterd"), "fee": ("", "none", 1, "round"), "lane": ("", "none", 1, "keep")},
          f"{labels}")
    check(all(m["labels"] == labels for m in got(net)), "each message has them")
    took = []
    for _ in range(7):
        begin = time.monotonic()
        write(net, 1, tail=HALF)  # and one that is not whole yet
        wait_until(lambda: len(got(net)) == net.written, "a message", 30, 0.02)
        took.append(time.monotonic() - begin)
        with open(net.path, "rb+") as w:
            w.truncate(os.path.getsize(net.path) - len(HALF.encode()))
    check(sorted(took)[3] < 2, f"live: the median of {[round(x, 2) for x in took]} s is about a second, on a machine that does other things too")
    all_here(net, "live ones")
    status, error = f.end()
    check(status == 0, error)
    done = [x for x in t.hufu("transfers", "list", as_="li")["transfers"] if x["state"] == "COMPLETED" and x["role"] == "provider"]
    check(1 <= len(done) <= 8 and all(x["receipt"] for x in done), f"a receipt for each delivery, not for each message: {len(done)}")


def test_kills_of_either_side_lose_and_double_nothing(net):
    """DS-70, DS-71: SIGKILL of provider, consumer and follower, each while messages are on their way"""
    t, i = net.nodes["transport"], net.nodes["insurer"]
    # the file whose coming is the moment; "": as soon as there is something to send
    for who, moments in ((t, ("", ".part")), (i, (".part", ".csv")), (None, (".csv",))):
        for suffix in moments:
            f = Follower(net)
            all_here(net, "what was there before")
            before = set(os.listdir(net.folder))
            write(net, 500)
            wait_until(lambda: any(n.endswith((suffix, ".jsonl")) for n in set(os.listdir(net.folder)) - before) or not suffix, "the moment", 30, 0.001)
            if who:
                who.kill()
            else:
                f.end(signal.SIGKILL)
            write(net, 30)
            if who:
                who.start()
                if who is i:
                    i.login("chen")
                if who is t and f.process.poll() is None:
                    all_here(net, "the follower goes on by itself")
                f.end()
            f = Follower(net)
            all_here(net, f"{who.id if who else 'the follower'} killed at {suffix or 'once'}")
            status, error = f.end()
            check(status in (0, -signal.SIGTERM) and not error, f"{status}: {error}")  # it may not have begun
    for account in ("li", "yang", "song"):
        t.login(account)
    rows = [x["rows"] for x in t.hufu("transfers", "list", as_="li")["transfers"] if x["role"] == "provider" and x["state"] == "COMPLETED"]
    check(sum(rows) == net.written, f"by the provider's receipts, too, each was delivered once: {sum(rows)} of {net.written}")


def test_a_stream_that_is_cut_or_holds_an_endless_line_stops_with_its_reason(net):
    """A file that became shorter is not gone on with as if it were the same; a line that is no message stops the stream, and says where"""
    t, i = net.nodes["transport"], net.nodes["insurer"]
    with open(net.path, "rb") as f:
        kept = f.read()
    with open(net.path, "ab") as f:
        f.write(b'{"plate": "' + b"x" * (10 << 20) + b'"}\n')
    status, error = Follower(net).wait()
    check(status == 1 and "longer than 1048576 bytes" in error and net.dir not in error, error)
    with open(net.path, "wb") as f:
        f.write(kept[:len(kept) // 2])
    status, error = Follower(net).wait()
    check(status == 1 and "became shorter" in error, error)
    with open(net.path, "wb") as f:
        f.write(kept + b'{"plate": "1", "owner": "somebody"}\n')
    status, error = Follower(net).wait()
    check(status == 1 and "the scan did not see" in error, f"a field that nobody has judged: {error}")
    with open(net.path, "wb") as f:
        f.write(kept)
    write(net, 3)
    f = Follower(net)
    all_here(net, "as soon as it is sound again")
    f.end()


def test_what_depends_on_the_number_of_the_row_does_not_mask_a_stream(net):
    """MK-1: rows are counted anew in each delivery, and the same noise twice would be none"""
    put_plan(net, 2, fee="{technique: noise, scale: 3}")
    write(net, 1)
    status, error = Follower(net).wait()
    check(status == 1 and "noise depends on the number of the row" in error, error)
    put_plan(net, 3)
    f = Follower(net)
    all_here(net, "with the former technique")
    f.end()


def test_revocation_stops_a_running_stream(net):
    """AZ-30, DS-30: the decision is asked again for each delivery"""
    t, i = net.nodes["transport"], net.nodes["insurer"]
    f = Follower(net)
    write(net, 3)
    all_here(net, "before")
    t.hufu("revoke", workflow.grant_of(t, "li", net.application), "--reason", "用途已结束", as_="li")
    before = net.written
    write(net, 5)
    status, error = f.wait()
    check(status == 1 and "stream ended" in error, error)
    check(lanes(net) == list(range(before)), "nothing more came")

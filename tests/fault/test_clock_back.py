"""Clocks that run back, on real nodes: what expired stays expired (AZ-31). The three other nodes of the provider's witnesses are its quorum."""
import clocks
from clock_story import *


def try_approve(t, recovery):
    try:
        return t.hufu("time", "recover", "--approve", recovery, as_="second")
    except hufunet.Refused as r:
        if r.reason == "busy":
            return None
        raise


def test_an_expired_grant_is_revived_by_no_clock_and_a_wrong_mark_is_taken_back_by_two_people(net):
    """AZ-31, DS-28: the time passes for everybody, then the provider's clock is set back, with and without a restart; when all clocks were
    wrong together, two people take the mark back, recorded"""
    t, i = net.nodes["transport"], net.nodes["insurer"]
    grant = granted(net)
    expect(net, grant, "COMPLETED")
    move(net, (PERIOD + 1) * DAY)
    wait_until(lambda: time_of(t)["mark"] > time_of(t)["local"][:10], "the witnesses to say that the days have passed")
    expect(net, grant, "TERMINATED", "grant-expired")
    check(finding(t, grant) in ("expired", "disabled"), "the review finds it over, and may have been made already: days have passed")
    wait_until(lambda: finding(t, grant, "--now") == "disabled", "the witnesses to confirm that, so that it is disabled", 60, 0.5)
    move(net, 0, "transport")
    check(time_of(t)["trusted"] > time_of(t)["local"], "the floor holds")
    expect(net, grant, "TERMINATED", "grant-expired")
    restart(net, "transport")
    expect(net, grant, "TERMINATED", "grant-expired")
    # All clocks were wrong, as it turns out.
    move(net, 0)
    wait_until(lambda: time_of(t)["mark_wrong"], "the witnesses to say otherwise", 120, 0.5)
    recovery = recover(t)
    shown = time_of(t)
    check(not shown["mark_wrong"] and shown["recoveries"][0]["approved_by"] == "second", f"it is recorded: {shown}")
    rows = [r for r in t.hufu("ledger", "tail", "--count", "60", as_="sun")["entries"] if r["event"] == "time-recovery"]
    check(len(rows) == 1, f"recovery {recovery} is one entry of the ledger")
    wait_until(lambda: time_of(i)["mark_wrong"], "the insurer's witnesses to say otherwise", 120, 0.5)
    recover(i)
    check(finding(t, grant) == "ending", "with the mark the grant is back")
    expect(net, grant, "COMPLETED")


def finding(node, grant, *more):
    return next((f["finding"] for f in node.hufu("grants", "review", *more, as_="li")["findings"] if f["grant"] == grant), None)


def recover(node):
    recovery = node.hufu("time", "recover", "--reason", "所有节点的时钟曾被误设", as_="admin")["recovery"]
    check(node.refused("time", "recover", "--approve", recovery, as_="admin").reason == "separation", "the one who asks does not approve")
    wait_until(lambda: try_approve(node, recovery), "a quorum of the witnesses to speak after it", 60, 0.5)
    return recovery

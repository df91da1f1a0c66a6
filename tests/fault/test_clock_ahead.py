"""A clock that jumps ahead, on real nodes: one jump harms nothing once it is over (AZ-31)."""
import clocks
from clock_story import *


def test_one_jump_of_the_providers_clock_is_over_when_it_is_over(net):
    """AZ-31: the mark is not moved by the local clock; neither while the node runs nor by a restart with a wrong clock"""
    t = net.nodes["transport"]
    grant = granted(net)
    expect(net, grant, "COMPLETED")
    move(net, 30 * DAY, "transport")
    wait_until(lambda: time_of(t)["local_off"], "the node to see that its clock is off")
    shown, mark = time_of(t), time_of(t)["mark"]
    check(shown["trusted"] >= shown["local"] > mark, f"while the clock is ahead, decisions use it and nothing is permitted: {shown}")
    move(net, 0, "transport")
    expect(net, grant, "COMPLETED")
    net.nodes["transport"].stop()
    clocks.move(net, 30 * DAY, "transport")
    t.start()
    move(net, 0, "transport")
    check(not time_of(t)["provisional"] and time_of(t)["trusted"][:10] == time_of(t)["local"][:10], "the start left no trace")
    check(time_of(t)["mark"] >= mark and time_of(t)["mark"][:10] <= time_of(t)["local"][:10], "the mark never followed the clock")
    expect(net, grant, "COMPLETED")

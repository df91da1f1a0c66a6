"""A member that lies in the transfer protocol: stopped with an alarm, and the node serves the others."""
from exchange_items import complete
from lying import *


def network(net):
    tolls_network(net, 22)


def test_a_request_beyond_the_end_stops_the_transfer_with_an_alarm(net):
    """DS-51; DS-60, DS-61, DS-62, DS-63, DS-64: its record is as whole as that of any other"""
    answer, id = lie(net, "a.csv", lambda id: (id, "5000", "4990"))
    check(answer == "limit", answer)
    stopped(net, id)
    r = complete(net, id, {("transport", "cache-cleared"), ("insurer", "cache-cleared")}, "a request beyond the end")
    check({"limit", "transfer-anomaly"} <= set(r["transport"]["exception"]), f"and why it ended: {r['transport']['exception']}")


def test_an_acknowledgement_of_what_was_never_sent_stops_the_transfer_at_once(net):
    """DS-51, DS-49: the session's abnormal pattern is cut"""
    answer, id = lie(net, "b.csv", lambda id: (id, "0", str(1 << 62)))
    check(answer == "limit", answer)
    stopped(net, id)
    wait_until(lambda: not [n for n in os.listdir(net.dir) if n.startswith("b.csv")], "nothing of it to be left at the consumer", 5)


def test_a_stranger_to_the_transfer_learns_nothing_of_it(net):
    i, o, t = net.nodes["insurer"], net.nodes["overseas"], net.nodes["transport"]
    out = os.path.join(net.dir, "c.csv")
    id = i.hufu("fetch", net.tolls, "--system", "claims", "--output", out, "--detach", as_="chen")["transfer"]
    o.stop()
    r = [speak(net, o, x, "0", "0") for x in (id, UNKNOWN_ID)]
    check(r[0] == r[1] == "unknown", f"another member's transfer is answered like one that does not exist: {r}")
    i.hufu("transfers", "wait", id, as_="chen")
    check(same_file(out, net.big_source), "and the transfer goes on")

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


def test_an_end_that_nobody_signed_is_open_until_the_node_signs_how_much_it_has(net):
    """a part was given out, and its consumer says "end" and signs nothing: an exception, an alarm, and nothing more goes out (the unit test
    settle_test.c asks for more meanwhile); an honest node that hears of it signs, which settles it, and may fetch again"""
    t, i = net.nodes["transport"], net.nodes["insurer"]
    seen = []

    def args(id):
        return ("unsigned", id, "state")

    def open_at_once(id):
        seen.extend(t.hufu("transfers", "open", as_="li")["unsettled"])

    answer, id = lie(net, "d.csv", args, open_at_once)
    check(answer == "ok", answer)
    check([(r["transfer"], r["peer"], r["what"]) for r in seen] == [(id, "insurer", "receipt-missing")], f"{seen}")
    wait_until(lambda: not t.hufu("transfers", "open", as_="li")["unsettled"], "the node's signed end to settle it")
    rows = t.hufu("ledger", "tail", "--count", "60", as_="sun")["entries"]
    events = {r["event"] for r in rows if id in r["fields"].values()}
    check({"exception", "transfer-terminated", "delivery-settled"} <= events, f"{events}")
    out = os.path.join(net.dir, "e.csv")
    i.hufu("fetch", net.tolls, "--system", "claims", "--output", out, as_="chen")
    check(same_file(out, net.big_source), "the next delivery goes out")


def test_a_stranger_to_the_transfer_learns_nothing_of_it(net):
    i, o, t = net.nodes["insurer"], net.nodes["overseas"], net.nodes["transport"]
    out = os.path.join(net.dir, "c.csv")
    id = i.hufu("fetch", net.tolls, "--system", "claims", "--output", out, "--detach", as_="chen")["transfer"]
    o.stop()
    r = [speak(net, o, x, "0", "0") for x in (id, UNKNOWN_ID)]
    check(r[0] == r[1] == "unknown", f"another member's transfer is answered like one that does not exist: {r}")
    i.hufu("transfers", "wait", id, as_="chen")
    check(same_file(out, net.big_source), "and the transfer goes on")

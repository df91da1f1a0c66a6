"""What somebody on the node's own machine gets who forges sessions, sends broken requests or asks for odd files."""
import http.client
import os
import random
import signal

from common import *


def network(net):
    trio(net, 21)
    register(net, "flights", FLIGHTS)
    net.flights = publish(net, "flights")
    wait_until(lambda: sees(net.nodes["insurer"], "chen", net.flights), "the entry")


def raw(node, method, path, body=None, headers=None):
    """One request with exactly these bytes: (status, answer as text)."""
    c = hufunet.UnixConnection(os.path.join(node.dir, "run", "api.sock"))
    try:
        c.request(method, path, body, headers or {})
        r = c.getresponse()
        return r.status, r.read().decode("utf-8", "replace")
    finally:
        c.close()


def bearer(token):
    return {"Authorization": "Bearer " + token, "Content-Type": "application/json"}


def accounts(node):
    return {u["account"] for u in node.hufu("user", "list", as_="admin")["accounts"]}


def test_forged_and_altered_session_tokens_open_nothing_and_raise_one_alarm(net):
    """DS-46, DS-79"""
    i, draw = net.nodes["insurer"], random.Random(1)
    good = i.session("admin")
    check(raw(i, "GET", "/v1/users", None, bearer(good))[0] == 200, "the real one opens")
    forged = [good[:-1], good + "0", good.upper() if good.upper() != good else good[::-1], good[::-1], "0" * 64, " " + good, good[:32], "a" * 5000]
    forged += ["%064x" % draw.getrandbits(256) for _ in range(40)]
    for token in forged:
        status, text = raw(i, "GET", "/v1/users", None, bearer(token))
        check(status == 401 and "not-logged-in" in text, f"{token[:80]!r}: {status} {text}")
    for header in ({}, {"Authorization": ""}, {"Authorization": good}, {"Authorization": "Basic " + good}, {"Cookie": "session=" + good}):
        check(raw(i, "GET", "/v1/users", None, header)[0] == 401, f"{header}")
    check(raw(i, "GET", "/v1/users?token=" + good)[0] == 401, "nor does a token in the address")
    alarms = [a for a in i.hufu("alarms", as_="admin")["alarms"] if "without a session" in a["text"]]
    check(len(alarms) == 1, f"one alarm, not one for each: {alarms}")


def test_a_session_of_another_node_opens_nothing_here(net):
    """DS-43"""
    t, i = net.nodes["transport"], net.nodes["insurer"]
    check(raw(t, "GET", "/v1/users", None, bearer(t.session("admin")))[0] == 200, "at home it is one")
    status, text = raw(i, "GET", "/v1/users", None, bearer(t.session("admin")))
    check(status == 401, f"the account of the same name at the other node is another: {status} {text}")


def test_a_session_ends_with_the_logout(net):
    i = net.nodes["insurer"]
    i.login("wu")
    old = i.session("wu")
    i.hufu("logout", as_="wu")
    check(raw(i, "GET", "/v1/session", None, bearer(old))[0] == 401, "the old token is dead")
    i.login("wu")
    check(raw(i, "GET", "/v1/session", None, bearer(old))[0] == 401, "and stays so after the next login")


MALFORMED = [b"{", b'{"account":"x"', b"[]", b"[1,2]", b'"text"', b"17", b"null", b"{}{}", b'{"account":"m\xff\xfe"}', b'{"account":"a\\u0000b"}', b"\x00" * 64,
             b'{"account":1e400}', b"[" * 100000, b'{"a":' * 5000 + b"1" + b"}" * 5000, b"account=mallory&role=admin", b"<account/>"]


def test_malformed_bodies_are_refused_with_a_reason_and_change_nothing(net):
    """DS-46"""
    i = net.nodes["insurer"]
    head, before = bearer(i.session("admin")), accounts(i)
    for body in MALFORMED:
        status, text = raw(i, "POST", "/v1/users/add", body, head)
        check(status == 400 and '"error"' in text, f"{body[:40]!r}: {status} {text[:200]}")
    check(accounts(i) == before, "no account came of it")


def test_a_key_that_stands_twice_is_refused_and_not_the_last_one_taken(net):
    i = net.nodes["insurer"]
    body = b'{"account":"twice","display_name":"x","password":"Tg7-0123456789abcdef","roles":["operator"],"roles":["admin"]}'
    status, text = raw(i, "POST", "/v1/users/add", body, bearer(i.session("admin")))
    check(status == 400 and "duplicate" in text, f"{status} {text}")
    check("twice" not in accounts(i), "no account came of it")
    status, text = raw(i, "GET", f"/v1/transfers/show?transfer={UNKNOWN_ID}&transfer={UNKNOWN_ID}", None, bearer(i.session("chen")))
    check(status == 400 and "twice" in text, f"in an address neither: {status} {text}")


def test_oversize_and_unfinished_requests_cost_a_bounded_amount(net):
    i = net.nodes["insurer"]
    before, head = i.rss_mib(), bearer(i.session("admin"))
    for n in range(8):
        status, text = raw(i, "POST", "/v1/users/add", b'{"account":"' + b"x" * (3 << 20) + b'"}', head)
        check(status == 413 and "limit" in text, f"{status} {text[:200]}")
    for n in range(60):
        c = hufunet.UnixConnection(os.path.join(i.dir, "run", "api.sock"))
        c.connect()
        c.sock.sendall(b"POST /v1/users/add HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n" + b"x" * 1000)
        c.close()
    try:
        status = raw(i, "GET", "/v1/status", None, {"X-Long": "y" * (1 << 20)})[0]
        check(status in (400, 413, 414, 431, 500), f"headers are bounded: {status}")
    except (OSError, http.client.HTTPException):
        pass  # closed, which is as good
    check(raw(i, "GET", "/v1/users", None, head)[0] == 200, "operators are served")
    check(i.rss_mib() < before + 16, f"memory stays bounded: {before:.1f} then {i.rss_mib():.1f} MiB")


def test_other_methods_and_paths_are_nothing(net):
    i = net.nodes["insurer"]
    head = bearer(i.session("admin"))
    for method, path in (("DELETE", "/v1/users"), ("PUT", "/v1/users/add"), ("GET", "/v1/users/"), ("GET", "/v1/../v1/users"), ("GET", "/v1//users"),
                         ("GET", "/keys/node.key"), ("GET", "/v1/users%2f"), ("GET", "/" + "a" * 4000)):
        status, text = raw(i, method, path, None, head)
        check(status in (404, 405), f"{method} {path[:40]}: {status} {text[:120]}")


def test_the_output_of_a_fetch_overwrites_nothing_and_stays_out_of_the_nodes_folder(net):
    """DS-82: keys, descriptors and state of the node are not reachable through a fetch"""
    i = net.nodes["insurer"]
    agreement(net, net.flights)
    fetch = lambda path: i.refused("fetch", net.flights, "--system", "claims", "--output", path, as_="chen")
    mine = os.path.join(net.dir, "mine.csv")
    with open(mine, "w", encoding="ascii") as f:
        f.write("mine\n")
    link, dangling, way_in = (os.path.join(net.dir, n) for n in ("link.csv", "dangling.csv", "way-in"))
    os.symlink(mine, link)
    os.symlink(os.path.join(net.dir, "nowhere"), dangling)
    os.symlink(os.path.join(i.dir, "space"), way_in)
    for path in (mine, link, dangling, net.dir, i.dir, os.path.join(net.dir, "x", ".."), i.dir + "/keys/node.key"):
        r = fetch(path)
        check(r.reason in ("exists", "io"), f"{path}: {r.reason}: {r.text}")
    for path in (i.dir + "/x.csv", i.dir + "/space/x.csv", way_in + "/x.csv", f"{net.dir}/transport/../insurer/state/x.csv"):
        r = fetch(path)
        check(r.reason == "argument" and "own folder" in r.text, f"{path}: {r.reason}: {r.text}")
    check(fetch(os.path.join(net.dir, "no-such-folder", "x.csv")).reason == "io", "a folder that is not there")
    check(fetch("/" + "d/" * 260 + "x.csv").reason == "argument", "a path that is too long")
    status, text = raw(i, "POST", "/v1/transfers/fetch", b'{"entry":"%s","system":"claims","output":"x.csv"}' % net.flights.encode(), bearer(i.session("chen")))
    check(status == 400 and "absolute" in text, f"the node takes no relative path: {status} {text}")
    with open(mine, encoding="ascii") as f:
        check(f.read() == "mine\n", "what was there is as it was")
    check(not os.path.lexists(os.path.join(net.dir, "nowhere")), "nothing was written through the link")
    check(not [n for d, _, names in os.walk(net.dir) for n in names if n.endswith(".part")], "and no partial file is left")


def test_an_output_that_appears_meanwhile_is_not_overwritten(net):
    t, i = net.nodes["transport"], net.nodes["insurer"]
    source, out = os.path.join(net.dir, "tolls.csv"), os.path.join(net.dir, "raced.csv")
    workflow.tolls(net, source, 8 << 20, 3)
    register(net, "tolls", source)
    entry = publish(net, "tolls", title="通行记录", data_class="transport/toll")
    agreement(net, entry)
    t.process.send_signal(signal.SIGSTOP)  # so that the other file is there first
    try:
        id = i.hufu("fetch", entry, "--system", "claims", "--output", out, "--detach", as_="chen")["transfer"]
        with open(out, "x", encoding="ascii") as f:
            f.write("somebody else's\n")
    finally:
        t.process.send_signal(signal.SIGCONT)
    p = workflow.wait_transfer(i, "chen", id, "TERMINATED")
    check(p["reason"] == "exists", f"{p}")
    with open(out, encoding="ascii") as f:
        check(f.read() == "somebody else's\n", "the other file is as it was")
    wait_until(lambda: not [n for n in os.listdir(net.dir) if n.endswith(".part")], "the partial file to be gone")
    check(workflow.wait_transfer(t, "li", id, "TERMINATED")["reason"] == "exists", "the provider knows the same reason")


def single(node, account):
    """A session with the password alone."""
    node.hufu("login", "--account", account, "--password-file", node.people[account])


def with_two(node, account, act):
    """The act is refused with one factor and done with two."""
    single(node, account)
    try:
        act()
    except hufunet.Refused as r:
        check(r.reason == "second-factor", f"{node.id}/{account}: {r.reason}: {r.text}")
    else:
        raise hufunet.Failed(f"{node.id}/{account} acted on a sensitive entry with one factor")
    if os.path.exists(node.device_key(account)):
        node.login(account)
    else:
        node.enrol(account)
    return act()


def test_a_sensitive_entry_asks_everybody_for_two_factors(net):
    """DS-41, DS-77"""
    t, i, m = net.nodes["transport"], net.nodes["insurer"], net.nodes["manager"]
    entry = publish(net, "flights", title="敏感条目", extra=["--sensitive"])
    wait_until(lambda: sees(i, "chen", entry), "the entry")
    app = with_two(i, "chen", lambda: workflow.apply(i, "chen", entry, system="claims", reason="核对航班延误理赔事宜", purpose="claims-assessment", days=90))
    with_two(i, "zhou", lambda: workflow.confirm(i, "zhou", app))
    with_two(m, "zheng", lambda: workflow.comply(m, "zheng", app))
    workflow.wait_state(t, "li", app, "RECEIVED")
    with_two(t, "li", lambda: t.hufu("decide", app, "T", as_="li"))
    workflow.wait_state(i, "chen", app, "FINALIZED")
    workflow.wait_state(t, "li", app, "FINALIZED")
    with_two(i, "zhou", lambda: i.hufu("sensitive", "authorize", entry, "--system", "claims", "--purpose", "claims-assessment", "--until",
                                       workflow.in_days(30), "--reason", "理赔", as_="zhou"))
    out = os.path.join(net.dir, "sensitive.csv")
    fetch = lambda: i.hufu("fetch", "--grant", workflow.grant_of(i, "chen", app), "--sealed", as_="chen")
    single(i, "chen")
    r = None
    try:
        fetch()
    except hufunet.Refused as e:
        r = e
    check(r and "second-factor" in r.reason + r.text, f"one factor: {r}")
    check(not i.hufu("data", "list", as_="chen")["data"], "nothing was delivered")
    rows = t.hufu("ledger", "tail", "--count", "50", as_="sun")["entries"]
    check([e for e in rows if e["event"] == "access-decision" and e["fields"].get("reason") == "second-factor"], "the provider denied it and recorded that")
    i.login("chen")
    transfer = fetch()["transfer"]
    single(i, "chen")
    read = ["data", "read", transfer, "--purpose", "claims-assessment", "--out", out]
    r = i.refused(*read, as_="chen")
    check(r.reason == "second-factor" and not os.path.exists(out), f"one factor does not read it either: {r.text}")
    i.login("chen")
    i.hufu(*read, as_="chen")
    check(same_file(out, FLIGHTS), "two factors: delivered, and read")

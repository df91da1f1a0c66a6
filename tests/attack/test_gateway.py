"""What somebody gets who reaches the gateways' interface and has no token, or a wrong one."""
import hashlib
import http.client
import json
import os
import select
import socket

from common import *

TOKEN = "token-of-the-gateway-at-the-front"
PORT = 7480
HEAD = "POST /access/v1/evaluation HTTP/1.1\r\nHost: gate\r\nContent-Type: application/json\r\n"


def network(net):
    def gateway():
        t = net.nodes["transport"]
        tokens = os.path.join(t.dir, "gateways")
        with open(tokens, "w", encoding="utf-8") as f:
            f.write("front " + hashlib.sha256(TOKEN.encode()).hexdigest() + "\n")
        os.chmod(tokens, 0o600)
        t.configure(f"gateway:\n  address: 127.0.0.1:{PORT}\n  tokens: {tokens}\n")

    trio(net, 34, overseas=False, before_start=gateway)


def ask(token=TOKEN, source="127.0.0.1"):
    c = http.client.HTTPConnection("127.0.0.1", PORT, timeout=30, source_address=(source, 0))
    body = json.dumps({"subject": {"type": "system", "id": "insurer/claims"}, "action": {"name": "read"},
                       "resource": {"type": "dataset", "id": "0198a7c2-5b1e-7d44-8a51-0c1f6d2e9b10"}})
    c.request("POST", "/access/v1/evaluation", body, {"Content-Type": "application/json"} | ({"Authorization": "Bearer " + token} if token else {}))
    r = c.getresponse()
    text = r.read().decode()
    c.close()
    return r.status, text


def knock(text, source="127.0.0.1"):
    s = socket.create_connection(("127.0.0.1", PORT), timeout=30, source_address=(source, 0))
    s.sendall(text if isinstance(text, bytes) else text.encode())
    return s


def denials(node):
    return [a for a in node.hufu("alarms", as_="admin")["alarms"] if "gateway.tokens" in a["text"]]


def test_wrong_tokens_open_nothing_and_raise_one_alarm_without_the_token(net):
    """DS-46, DS-79"""
    t = net.nodes["transport"]
    wrong = [TOKEN[:-1], TOKEN + "x", TOKEN.upper(), hashlib.sha256(TOKEN.encode()).hexdigest(), "0" * 64, "front"]
    for token in wrong:
        status, text = ask(token)
        check(status == 401 and "bearer token" in text and token not in text, f"{token}: {status} {text}")
    check(ask(None)[0] == 401 and ask()[0] == 200, "none, and the right one")
    alarms = denials(t)
    check(len(alarms) == 1 and "127.0.0.1" in alarms[0]["text"], f"one alarm, not one for each: {alarms}")
    check(not any(token in a["text"] for a in alarms for token in wrong + [TOKEN]), f"{alarms}")


def test_a_stranger_makes_the_node_keep_nothing(net):
    """DS-51"""
    t = net.nodes["transport"]
    ask()
    before = t.rss_mib()
    open_ones = [knock(HEAD.encode() + b"Authorization: Bearer nobody\r\nContent-Length: 262144\r\n\r\n" + b" " * 200000) for _ in range(100)]
    check(ask(source="127.0.0.2")[0] == 200, "a gateway is answered meanwhile")  # behind what was sent before
    grown = t.rss_mib() - before
    for s in open_ones:
        s.close()
    check(grown < 10, f"100 unanswered bodies of 200 kB made the node {grown:.1f} MiB larger")


def test_one_long_text_does_not_become_a_thousand_long_entries(net):
    """DS-51"""
    q = {"subject": {"type": "system", "id": "insurer/claims"}, "action": {"name": "read"}, "resource": {"type": "dataset", "id": "0" * 36}}
    for long in ({"context": {"purpose": "x" * 8000}}, {"subject": {"type": "system", "id": "insurer/" + "x" * 8000}},
                 {"subject": {"type": "organization", "id": "insurer", "properties": {"system": "x" * 8000}}}):
        c = http.client.HTTPConnection("127.0.0.1", PORT, timeout=30)
        c.request("POST", "/access/v1/evaluations", json.dumps(q | long | {"evaluations": [{}] * 1000}),
                  {"Content-Type": "application/json", "Authorization": "Bearer " + TOKEN})
        out = json.loads(c.getresponse().read())["evaluations"]
        check(len(out) == 1000 and all(e["decision"] is False and e["context"]["error"]["status"] == 400 for e in out), f"{out[0]}")


def test_one_address_cannot_keep_the_others_out(net):
    """DS-51"""
    held = []
    for _ in range(300):
        try:
            held.append(knock(HEAD))
        except OSError:
            break
    check(ask(source="127.0.0.2")[0] == 200, "another address is served")
    for s in held:
        s.close()


def test_bytes_that_trickle_do_not_keep_a_place(net):
    """DS-51"""
    s, got = knock(HEAD), []

    def ended():
        try:
            if select.select([s], [], [], 0)[0]:
                got.append(s.recv(100))
                return True
            s.sendall(b"X-Padding: 1\r\n")
        except OSError:
            return True
        return False

    wait_until(ended, "the end of a request that never ends", 40, 0.5)
    s.close()
    check(not got or not got[0].startswith(b"HTTP/1.1 200"), f"{got}")
    check(ask()[0] == 200, "a gateway is answered")

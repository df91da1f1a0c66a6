"""The decision point for the organization's own gateways: OpenID AuthZEN Authorization API 1.0 over HTTP, on a real node."""
import hashlib
import http.client
import json
import os

from common import *
from test_rulebook import POLICY, RULE

TOKEN = "token-of-the-gateway-at-the-front"
PORT = 7480


def open_gateway(net):
    t = net.nodes["transport"]
    tokens = os.path.join(t.dir, "gateways")
    with open(tokens, "w", encoding="utf-8") as f:
        f.write("# the only one\nfront " + hashlib.sha256(TOKEN.encode()).hexdigest() + "\n")
    os.chmod(tokens, 0o600)
    t.configure(f"gateway:\n  address: 127.0.0.1:{PORT}\n  tokens: {tokens}\n")


def network(net):
    trio(net, 33, overseas=False, before_start=lambda: open_gateway(net))
    register(net, "flights", FLIGHTS)
    net.flights = publish(net, "flights")
    net.other = publish(net, "flights", title="另一份")
    path = os.path.join(net.dir, "policy.yaml")
    with open(path, "w", encoding="utf-8") as f:
        f.write(POLICY.format(version=1, rules=RULE.format(entry=net.flights)))
    net.nodes["transport"].hufu("policy", "apply", path, as_="li")


def ask(path, body, token=TOKEN, method="POST", headers=None):
    c = http.client.HTTPConnection("127.0.0.1", PORT, timeout=30)
    h = {"Content-Type": "application/json"} | ({"Authorization": "Bearer " + token} if token else {}) | (headers or {})
    c.request(method, path, body if isinstance(body, (str, bytes)) or body is None else json.dumps(body), h)
    r = c.getresponse()
    data = r.read().decode()
    c.close()
    return r.status, (json.loads(data) if r.getheader("Content-Type", "").startswith("application/json") else data), r


def begin(body):
    """An evaluation that is asked and not waited for: the connection."""
    c = http.client.HTTPConnection("127.0.0.1", PORT, timeout=30)
    c.request("POST", "/access/v1/evaluation", json.dumps(body), {"Content-Type": "application/json", "Authorization": "Bearer " + TOKEN})
    return c


def question(net, **kw):
    q = {"subject": {"type": "system", "id": "insurer/claims", "properties": {"address": f"{net.prefix}.33.2", "business": "理赔核算"}},
         "action": {"name": "read"}, "resource": {"type": "dataset", "id": net.flights}, "context": {"purpose": "claims-assessment"}}
    return {k: v for k, v in (q | kw).items() if v is not None}


def decision(net, **kw):
    status, out, _ = ask("/access/v1/evaluation", question(net, **kw))
    check(status == 200, f"both answers are 200: {status} {out}")
    return out


def test_permit_and_deny_are_both_200_and_name_mechanism_reason_and_obligations(net):
    """AZ-68, AZ-73"""
    yes = decision(net)
    check(yes["decision"] is True and yes["context"]["mechanism"] == "attribute" and yes["context"]["rule"] == "claims", f"{yes}")
    check("no-onward-sharing" in yes["context"]["obligations"] and "origin" in yes["context"]["fields"], f"{yes}")
    no = decision(net, context={"purpose": "marketing"})
    check(no["decision"] is False and no["context"]["reason"] == "no-grant" and no["context"]["may_apply"] is True, f"{no}")


def test_a_question_wrong_in_one_of_the_five_is_denied(net):
    """AZ-1"""
    subject = question(net)["subject"]
    for what, kw in {"who": {"subject": subject | {"id": "manager/claims"}}, "operation": {"action": {"name": "delete"}},
                     "data": {"resource": {"type": "dataset", "id": net.other}}, "manner": {"context": {"purpose": "marketing"}},
                     "system": {"subject": subject | {"id": "insurer/archive"}},
                     "fields": {"context": {"purpose": "claims-assessment", "fields": ["no_such_field"]}}}.items():
        check(decision(net, **kw)["decision"] is False, f"wrong {what} was permitted")
    check(decision(net)["decision"] is True, "right in all")


def test_evaluations_answer_in_order_with_defaults_and_the_three_semantics(net):
    good, bad = {}, {"context": {"purpose": "marketing"}}
    want = {"execute_all": [True, False, True], "deny_on_first_deny": [True, False], "permit_on_first_permit": [True]}
    for semantic, answers in want.items():
        status, out, _ = ask("/access/v1/evaluations", question(net) | {"evaluations": [good, bad, good], "options": {"evaluations_semantic": semantic}})
        check(status == 200 and [e["decision"] for e in out["evaluations"]] == answers, f"{semantic}: {out}")
    status, out, _ = ask("/access/v1/evaluations", question(net) | {"evaluations": [good, {"resource": {"type": "dataset"}}, "odd"]})
    check([e["decision"] for e in out["evaluations"]] == [True, False, False], f"{out}")
    check(all(e["context"]["error"]["status"] == 400 and e["context"]["error"]["message"] for e in out["evaluations"][1:]), f"{out}")
    for empty in ({}, {"evaluations": []}):
        status, out, _ = ask("/access/v1/evaluations", question(net) | empty)
        check(status == 200 and out["decision"] is True, f"as a single evaluation: {out}")
    status, out, _ = ask("/access/v1/evaluations", question(net) | {"evaluations": [good], "options": {"evaluations_semantic": "luck"}})
    check(status == 400, f"{out}")


def test_searches_say_what_evaluations_would_and_page_with_a_bound_token(net):
    status, out, _ = ask("/access/v1/search/resource", question(net, resource={"type": "dataset"}))
    check(status == 200 and out["results"] == [{"type": "dataset", "id": net.flights}] and out["page"]["next_token"] == "", f"{out}")
    status, out, _ = ask("/access/v1/search/action", question(net, action=None))
    check(status == 200 and out["results"] == [{"name": "read"}], f"{out}")
    status, out, _ = ask("/access/v1/search/action", question(net))
    check(status == 400, f"an action in a search for actions: {out}")
    who = {"type": "organization", "id": "ignored", "properties": {"system": "claims", "business": "理赔核算"}}
    q = question(net, subject=who)
    status, all_of, _ = ask("/access/v1/search/subject", q)
    ids = [r["id"] for r in all_of["results"]]
    check(status == 200 and "insurer" in ids and ids == sorted(ids), f"{all_of}")
    got, token = [], ""
    for _ in range(10):
        status, out, _ = ask("/access/v1/search/subject", q | {"page": {"limit": 1} | ({"token": token} if token else {})})
        check(status == 200 and len(out["results"]) <= 1, f"{out}")
        got += [r["id"] for r in out["results"]]
        last, token = token, out["page"]["next_token"]
        if not token:
            break
    check(got == ids, f"page by page the same: {got}, {ids}")
    status, out, _ = ask("/access/v1/search/subject", question(net, subject=who, action={"name": "write"}) | {"page": {"limit": 1, "token": last}})
    check(status == 400 and "token" in out, f"a token of another question: {out}")
    hold = net.nodes["transport"].hufu("hold", "place", "organization", "manager", "--reason", "试验", as_="li")["hold"]
    status, out, _ = ask("/access/v1/search/subject", q | {"page": {"limit": 1, "token": last}})
    check(status == 400, f"a token of other rules: {out}")
    net.nodes["transport"].hufu("hold", "lift", hold, "--reason", "试验", as_="li")


def test_the_metadata_document_names_the_endpoints_without_a_token(net):
    status, out, _ = ask("/.well-known/authzen-configuration", None, token=None, method="GET")
    check(status == 200 and out["policy_decision_point"] == f"http://127.0.0.1:{PORT}", f"{out}")
    check(out["access_evaluation_endpoint"] == out["policy_decision_point"] + "/access/v1/evaluation", f"{out}")
    for name in ("access_evaluations_endpoint", "search_subject_endpoint", "search_resource_endpoint", "search_action_endpoint"):
        check(out[name].startswith(out["policy_decision_point"]), f"{name}")


def test_errors_and_headers_are_as_the_standard_says(net):
    status, out, r = ask("/access/v1/evaluation", question(net), token=None)
    check(status == 401 and r.getheader("WWW-Authenticate") == "Bearer", f"{status} {out}")
    check(ask("/access/v1/evaluation", question(net), token="wrong")[0] == 401, "a wrong token")
    body = json.dumps(question(net))
    for what, text in {"no JSON": "{", "an array": "[]", "a member twice": body[:-1] + ',"action":{"name":"read"}}', "nothing": ""}.items():
        status, out, _ = ask("/access/v1/evaluation", text)
        check(status == 400 and isinstance(out, str) and out, f"{what}: {status} {out}")
    for missing in ("subject", "action", "resource"):
        status, out, _ = ask("/access/v1/evaluation", question(net, **{missing: None}))
        check(status == 400 and missing in out, f"without {missing}: {out}")
    check(ask("/access/v1/evaluation", question(net, subject={"type": "system", "id": 7}))[0] == 400, "an id that is no string")
    check(ask("/access/v1/evaluation", body, headers={"Content-Type": "text/plain"})[0] == 400, "another content type")
    check(ask("/access/v1/evaluation", None, method="GET")[0] == 405, "another method")
    check(ask("/access/v1/nothing", body)[0] == 404, "another path")
    check(ask("/access/v1/evaluation", json.dumps(question(net) | {"pad": "x" * 300000}))[0] == 413, "too large")
    status, _, r = ask("/access/v1/evaluation", question(net), headers={"X-Request-ID": "req-42"})
    check(status == 200 and r.getheader("X-Request-ID") == "req-42", "the request's id comes back")
    check(decision(net, unknown={"a": 1})["decision"] is True, "unknown members are ignored")


def test_every_answer_is_an_entry_with_the_gateway_in_it(net):
    """AZ-24"""
    t = net.nodes["transport"]
    decision(net)
    rows = wait_until(lambda: [e["fields"] for e in t.hufu("ledger", "tail", "--count", "200", as_="sun")["entries"]
                               if e.get("fields", {}).get("manner") == "authzen"], "the entries", 30, 0.2)
    check(any(f["actor"] == "transport/gateway/front" and f["mechanism"] == "attribute" and f["rule"] == "claims" and f["organization"] == "insurer"
              and f["system"] == "claims" and f["resource"] == net.flights for f in rows), f"{rows[:2]}")


def test_a_gateway_in_the_open_without_tls_is_refused(net):
    i = net.nodes["insurer"]
    i.stop()
    path, empty = os.path.join(i.dir, "hufu.yaml"), os.path.join(net.dir, "empty.pem")
    tokens = os.path.join(net.nodes["transport"].dir, "gateways")
    os.close(os.open(empty, os.O_WRONLY | os.O_CREAT, 0o600))
    with open(path, encoding="utf-8") as f:
        before = f.read()
    try:
        for address, more, word in (("0.0.0.0:7481", "", "gateway.certificate"),
                                    ("0.0.0.0:7481", f"  certificate: {empty}\n  key: {empty}\n", "is empty; it must hold the certificate in PEM"),
                                    ("127.0.0.1:99999", "", "write ADDRESS:PORT"), ("localhost:7481", "", "write ADDRESS:PORT"),
                                    ("127.0.0.1", "", "write ADDRESS:PORT")):
            with open(path, "w", encoding="utf-8") as f:
                f.write(before + f'gateway:\n  address: "{address}"\n  tokens: {tokens}\n{more}')
            r = hufunet.run(["timeout", "20", net.program("hufud"), "--node", i.dir], net.environment(), 30)
            check(r.returncode == 1 and word in r.stderr, f"{address}, {more}: {r.returncode} {r.stderr}")
    finally:
        with open(path, "w", encoding="utf-8") as f:
            f.write(before)
        i.start()

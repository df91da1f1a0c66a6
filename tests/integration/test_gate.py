"""The gate in front of the data: what a right may be about, what is denied when one part of it is missing, and that there is no way around."""
import os
import re

from common import *
from test_rulebook import POLICY


def network(net):
    trio(net, 35)
    register(net, "flights", FLIGHTS)
    register(net, "airports", AIRPORTS)
    net.flights = publish(net, "flights")
    net.airports = publish(net, "airports")
    net.version = 0


def apply(net, *rules):
    """Each rule: what it is about beside the consumer, and its obligations."""
    net.version += 1
    text = ""
    for n, (when, oblige) in enumerate(rules):
        text += f"\n  - id: r{n}\n    mechanism: attribute\n    from: 2026-01-01\n    until: 2030-01-01\n    when:\n"
        text += "".join(f"      {k}: {v}\n" for k, v in when.items())
        text += "    obligations:\n" + "".join(f"      - {o}\n" for o in oblige) if oblige else ""
    path = os.path.join(net.dir, "policy.yaml")
    with open(path, "w", encoding="utf-8") as f:
        f.write(POLICY.format(version=net.version, rules=text or " []"))
    net.nodes["transport"].hufu("policy", "apply", path, as_="li")


def rule(net, **kw):
    when = {"resource.id": f'"{net.flights}"', "subject.organization": "insurer", "system.name": "claims", "context.action": "read",
            "context.purpose": "claims-assessment"}
    return {k: v for k, v in (when | {k.replace("__", "."): v for k, v in kw.items()}).items() if v is not None}


def fetch(net, entry, name, *more):
    out = os.path.join(net.dir, name)
    return out, ["fetch", entry, "--system", "claims", "--purpose", "claims-assessment", "--output", out, *more]


def denied(net, entry, *reasons, more=()):
    out, args = fetch(net, entry, "denied.csv", *more)
    r = net.nodes["insurer"].refused(*args, as_="chen")
    check(r.reason in reasons, f"{r.reason}: {r.text}")
    check(not os.path.exists(out), "nothing was delivered")


def delivered(net, entry, name, source, more=()):
    out, args = fetch(net, entry, name, *more)
    net.nodes["insurer"].hufu(*args, as_="chen")
    check(source is None or same_file(out, source), f"{name} is the provider's table")
    return out


def columns(path):
    with open(path, encoding="utf-8") as f:
        return f.readline().strip().split(",")


def test_each_of_the_three_dimensions_denies_alone(net):
    """DS-19: right of the user, of the operation, of the application; AZ-1: one question wrong at a time, over real transfers"""
    apply(net, (rule(net), []))
    delivered(net, net.flights, "whole.csv", FLIGHTS)
    wrong = {"user": dict(subject__organization="overseas"), "role": dict(subject__role="auditor"), "operation": dict(context__action="aggregate"),
             "application": dict(system__name="archive"), "address": dict(system__address="{within: [10.9.0.0/16]}"),
             "purpose": dict(context__purpose="route-planning"), "data": dict(resource__id=f'"{net.airports}"'), "level": dict(resource__level=4),
             "time": dict(context__time="{during: [2026-01-01, 2026-01-02]}")}
    for what, kw in wrong.items():
        apply(net, (rule(net, **kw), []))
        denied(net, net.flights, "no-grant")
        print(f"     only the {what} is missing: denied")
    apply(net, (rule(net), []))
    delivered(net, net.flights, "again.csv", FLIGHTS)


def test_a_right_may_be_to_a_file_or_to_columns_of_a_table_or_to_an_operation(net):
    """DS-22: file, table and column, interface operation; AZ-4: nothing leaks to the sibling"""
    apply(net, (rule(net), []))
    delivered(net, net.flights, "file.csv", FLIGHTS)
    denied(net, net.airports, "no-grant")
    names = columns(FLIGHTS)
    apply(net, (rule(net), [f"fields: [{names[0]}, {names[2]}]"]))
    part = delivered(net, net.flights, "columns.csv", None)
    check(columns(part) == [names[0], names[2]], f"{columns(part)}")
    with open(part, encoding="utf-8") as got, open(FLIGHTS, encoding="utf-8") as whole:
        check(sum(1 for _ in got) == sum(1 for _ in whole), "every row, of these columns")
    denied(net, net.flights, "wrong-fields", more=("--field", names[1]))
    apply(net, (rule(net, context__action="aggregate"), []))
    denied(net, net.flights, "no-grant")


def test_giving_and_taking_a_right_counts_with_the_very_next_request_of_an_open_session(net):
    """DS-17: the same session of the person and the same channel between the nodes"""
    apply(net)
    denied(net, net.airports, "no-grant")
    for turn in range(3):
        apply(net, (rule(net, resource__id=f'"{net.airports}"'), []))
        delivered(net, net.airports, f"given{turn}.csv", AIRPORTS)
        apply(net)
        denied(net, net.airports, "no-grant")


def test_an_obligation_that_the_gate_cannot_fulfil_denies(net):
    """AZ-73; the record says which point blocked it"""
    for duty, reason, said in (("sandbox", "obligation", "mark refused: obligation"), ("watermark: mark", "obligation", "mark refused: obligation"),
                               ("mask: plan-7", "masking", "authorization ok; settled ok; destination ok; mark ok; masking refused: masking")):
        apply(net, (rule(net), [duty]))
        denied(net, net.flights, reason)
        rows = net.nodes["transport"].hufu("ledger", "tail", "--count", "40", as_="sun")["entries"]
        found = [r["fields"]["export-check"] for r in rows if r["event"] == "access-decision" and r["fields"].get("outcome") == "refused"]
        check(found and found[0] == said, f"{found}")


API = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "node", "api")


def api_source():
    for name in sorted(os.listdir(API)):
        if name.endswith(".c"):
            with open(os.path.join(API, name), encoding="utf-8") as f:
                yield f.read()


def routes():
    """Every route of the operator's interface and the permission that it asks for, as the tables of its source name them."""
    found = []
    for text in api_source():
        short = dict(re.findall(r'#define (\w+) +(HF_MAY_\w+)', text))
        for method, path, may in re.findall(r'\{"(GET|POST)", "(/v1/[^"]+)",\s*(\w+)', text):
            found.append((method, path, short.get(may, may).removeprefix("HF_MAY_").lower().replace("_", "-")))
    return sorted(found)


def bodies(known):
    """What a route may read from its body, by the same source: each field with a known value or one of its form. A name that is read in
    two forms stands once in each; optional ones are there or not."""
    found = {}
    for text in api_source():
        for form, name, required in re.findall(r'hf_api_(text|id|int|time|bool|list|place|finding)\(\w[^,]*, "(\w+)",? ?(true)?', text):
            found.setdefault(name, {}).setdefault(form, []).append(required == "true" or form == "finding")
    usual = {"text": "x", "id": UNKNOWN_ID, "int": 1, "time": workflow.in_days(30), "bool": False, "list": [], "place": known["place"],
             "finding": {"ok": True, "text": "x"}}
    for turn in range(2):
        for whole in (False, True):
            body = {}
            for name, forms in found.items():
                form = sorted(forms, key=lambda f: (f in ("int", "finding"), f))[turn % len(forms)]
                if whole or any(forms[form]):
                    body[name] = known.get((form, name), known.get(name, usual[form]) if form in ("text", "id", "list") else usual[form])
            yield body


def rows_of(path):
    with open(path, encoding="utf-8") as f:
        return [line.strip().encode() for line in list(f)[1:120]]


def places_with(folder, marks, but=()):
    """Files below the folder that hold a row of the table."""
    found = []
    for top, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(top, name)
            if path in but or not os.path.isfile(path):
                continue
            with open(path, "rb") as f:
                data = f.read()
            if any(m in data for m in marks):
                found.append(path)
    return found


class Sweep:
    """Every route, asked by every account that may ask it, as far as the form of the question carries it."""

    PEOPLE = {"transport": ("wang", "li", "zhao", "sun", "admin"), "insurer": ("chen", "zhou", "wu", "admin")}

    def __init__(self, net, known, marks):
        self.known, self.marks, self.asked, self.beyond = known, marks, 0, {}
        self.people = [(net.nodes[n], who, set(net.nodes[n].api("GET", "/v1/session", None, as_=who)[1]["permissions"]) | {"nothing-needed", "any-session"})
                       for n in self.PEOPLE for who in self.PEOPLE[n]]

    def ask(self, node, account, method, path, body, query=""):
        status, data = node.api(method, path + query, body, as_=account, check_status=False)
        reason = data["error"]["reason"] if isinstance(data, dict) and "error" in data else ""
        if reason == "step-up":  # it has been told "permission" too often
            node.login(account)
            return self.ask(node, account, method, path, body, query)
        self.asked += 1
        check(not any(m in repr(data).encode() for m in self.marks), f"{method} {path} as {node.id}/{account} answers with rows of the table")
        check(reason not in ("not-logged-in", "locked"), f"{method} {path} was not asked by {node.id}/{account}: {reason}")
        if reason not in ("argument", "permission"):
            self.beyond.setdefault((method, path), reason or status)
        return reason

    def route(self, method, path, may):
        for node, account, rights in self.people:
            if may not in rights:
                continue
            if method == "GET":
                asking = ((None, "?" + "&".join(f"{k}={v}" for k, v in q.items())) for q in self.known["queries"])
            else:
                asking = ((body, "") for body in bodies(self.known))
            for body, query in asking:
                if self.ask(node, account, method, path, body, query) != "argument":
                    break


def test_no_route_and_no_file_gives_data_without_the_gate(net):
    """AZ-67: every route of the operator's interface, and the folders of both nodes after a delivery that was permitted; not the messages of peers"""
    t, i = net.nodes["transport"], net.nodes["insurer"]
    marks = rows_of(FLIGHTS)
    apply(net, (rule(net), []))
    out = delivered(net, net.flights, "seen.csv", FLIGHTS)
    done = i.hufu("transfers", "list", as_="chen")["transfers"]
    apply(net)
    denied(net, net.flights, "no-grant")
    id = done[0]["transfer"]
    check(marks and all(m in open(out, "rb").read() for m in marks), "the marks are rows of what was delivered")
    app = agreement(net, net.flights)
    grant = workflow.grant_of(t, "li", app)
    t.hufu("revoke", grant, "--reason", "不再共享", as_="li")
    wait_until(lambda: workflow.grant_state(i, "chen", app) == "revoked", "the consumer to hear of it")
    swept = os.path.join(net.dir, "swept")
    os.mkdir(swept)
    query = {"entry": net.flights, "resource": net.flights, "transfer": id, "transaction": id, "source": "flights", "name": "flights",
             "id": net.flights, "system": "claims", "organization": "insurer", "count": "500"}
    query |= {"grant": grant, "application": app, "account": "nobody"}
    query |= {k: UNKNOWN_ID for k in ("dispute", "event", "promotion", "report", "request", "scenario")}
    other = {k: v for k, v in query.items() if k != "resource"} | {"entry": 1, "item": net.flights}
    known = query | {"queries": (query, other), "agreement": app, "mechanism": "attribute", "mechanisms": ["attribute"], "level": "1",
                     "scope": "everyone", "sharing": "conditional", "about": "reasons", "purpose": "claims-assessment", "result": "T",
                     "reason": "核对航班延误理赔事宜", "output": os.path.join(swept, "out.csv"), "place": os.path.join(swept, "place"),
                     "consumer": "insurer", "address": "127.0.0.9", "path": FLIGHTS, "password": "a-long-password-1", "max_level": "general",
                     "digest": "0" * 64, "purposes": ["claims-assessment"], "resources": [net.flights], "grants": [grant],
                     "sources": ["flights"], "fields": columns(FLIGHTS)[:1]}
    sweep = Sweep(net, known, marks)
    ends = ("/v1/stop", "/v1/logout", "/v1/login", "/v1/users/password", "/v1/catalog/withdraw")  # the network, the session or the entry
    asked = [r for r in routes() if r[1] not in ends]
    for r in asked:
        sweep.route(*r)
    stopped = [r for r in asked if r[:2] not in sweep.beyond]
    beyond = {m: sum(r[0] == m for r in sweep.beyond) for m in ("GET", "POST")}
    print(f"     {len(asked)} routes, {sweep.asked} questions, no row of the table in any answer; routes that got beyond their arguments: {beyond}")
    check(beyond["GET"] >= 60 and beyond["POST"] >= 70, f"routes that got beyond their arguments: {beyond}; not: {stopped}")
    made = lambda: [x for x in i.hufu("transfers", "list", as_="chen")["transfers"] if x["transfer"] not in [d["transfer"] for d in done]]
    check(made(), "data was asked for, too")
    wait_until(lambda: all(x["state"] == "TERMINATED" for x in made()), "what was asked for to be denied")
    check(places_with(swept, marks) == [], f"a route wrote rows: {places_with(swept, marks)}")
    for node in (t, i):
        check(places_with(node.dir, marks) == [], f"{node.id} keeps a copy of rows: {places_with(node.dir, marks)}")

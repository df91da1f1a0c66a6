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
    """AZ-73"""
    for duty in ("mask: plan-7", "sandbox", "watermark: mark"):
        apply(net, (rule(net), [duty]))
        denied(net, net.flights, "obligation")


def routes():
    """Every route of the operator's interface, as the tables of its source name them."""
    folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "node", "api")
    found = set()
    for name in os.listdir(folder):
        if name.endswith(".c"):
            with open(os.path.join(folder, name), encoding="utf-8") as f:
                found |= set(re.findall(r'\{"(GET|POST)", "(/v1/[^"]+)"', f.read()))
    return sorted(found)


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


def test_no_route_and_no_file_gives_data_without_the_gate(net):
    """AZ-67: every route of the operator's interface, and the folders of both nodes after a delivery that was permitted; not the messages of peers"""
    t, i = net.nodes["transport"], net.nodes["insurer"]
    marks = rows_of(FLIGHTS)
    apply(net, (rule(net), []))
    out = delivered(net, net.flights, "seen.csv", FLIGHTS)
    done = i.hufu("transfers", "list", as_="chen")["transfers"]
    apply(net)
    denied(net, net.flights, "no-grant")
    ids = [r["transfer"] for r in done]
    check(marks and all(m in open(out, "rb").read() for m in marks), "the marks are rows of what was delivered")
    asked = 0
    skip = ("/v1/stop", "/v1/logout", "/v1/login", "/v1/catalog/withdraw")  # they would end the network, the session or the entry
    for method, path in routes():
        if path in skip:
            continue
        for node, accounts in ((t, ("wang", "li", "sun", "admin")), (i, ("chen", "wu", "admin"))):
            for account in accounts:
                what = {"entry": net.flights, "resource": net.flights, "transfer": ids[0], "transaction": ids[0], "source": "flights", "name": "flights",
                        "id": net.flights, "system": "claims", "organization": "insurer", "count": "500"}
                query = "&".join(f"{k}={v}" for k, v in what.items())
                answer = node.api(method, path + ("?" + query if method == "GET" else ""), None if method == "GET" else {"entry": net.flights},
                                  as_=account, check_status=False)
                text = repr(answer).encode()
                asked += 1
                check(not any(m in text for m in marks), f"{method} {path} as {node.id}/{account} answers with rows of the table")
    check(asked > 300, f"{asked} questions were asked")
    print(f"     {len(routes())} routes, {asked} questions, no row of the table in any answer")
    for node in (t, i):
        check(places_with(node.dir, marks) == [], f"{node.id} keeps a copy of rows: {places_with(node.dir, marks)}")

"""Delivery between real nodes: complete, resumable, denied where it must be, and recorded on both sides."""
import csv
import json
import os
import signal
import subprocess
import time

from common import *


def network(net):
    trio(net, 12)
    register(net, "flights", FLIGHTS)
    net.flights = publish(net, "flights")
    net.app = agreement(net, net.flights)
    net.big_source = os.path.join(net.dir, "tolls.csv")
    workflow.tolls(net, net.big_source, 256 << 20, 7)  # large enough for a command to come in the middle
    register(net, "tolls", net.big_source)
    net.tolls = publish(net, "tolls", title="通行记录", data_class="transport/toll", level=2)
    net.tolls_app = agreement(net, net.tolls)


def fetch(net, entry, name, *more, detach=False):
    out = os.path.join(net.dir, name)
    args = ["fetch", entry, "--system", "claims", "--output", out, *more]
    return out, net.nodes["insurer"].hufu(*args, *(["--detach"] if detach else []), as_="chen")


def test_the_delivered_bytes_equal_the_sources_and_both_hold_the_receipt(net):
    """DS-57, DS-58"""
    out, got = fetch(net, net.flights, "a.csv")
    check(same_file(out, FLIGHTS), "the same bytes")
    check(got["quality"] == "met" and got["receipt"] and got["rows"] == 20000, f"{got}")
    p = workflow.wait_transfer(net.nodes["transport"], "li", got["transfer"], "COMPLETED")
    check(p["receipt"] and p["root"] == got["root"], "the provider verified the receipt over the same digest")
    net.done = got["transfer"]


def test_one_trace_finds_the_exchange_in_the_logs_of_every_side(net):
    """DS-94: structured, one identifier for an exchange at every node, and never a value of the data"""
    want = {"transport": {"access-decision", "transfer-start", "transfer-sent", "transfer-closed"},
            "insurer": {"transfer-request", "transfer-start", "transfer-received", "receipt"}}
    for id, events in want.items():
        wait_until(lambda: events <= logged(net, id, net.done), f"{events} of {net.done} in the log of {id}")
    txn = net.nodes["insurer"].hufu("applications", "show", net.app, as_="chen")["transaction"]
    want = {"transport": {"decision", "agreement", "finalized"}, "manager": {"application-receive", "compliance-review"},
            "insurer": {"application-submit", "agreement", "agreement-verification", "finalized"}}
    for id, events in want.items():
        check(events <= logged(net, id, txn), f"{events - logged(net, id, txn)} of {txn} is not in the log of {id}")
    with open(FLIGHTS, encoding="utf-8") as f:
        values = {v for line in list(f)[1:200] for v in line.strip().split(",") if len(v) > 7}
    for id, n in net.nodes.items():
        if n.process:
            with open(n.log, encoding="utf-8") as f:
                log = f.read()
            check(not [v for v in values if v in log], f"a value of the data is in the log of {id}")


def logged(net, node, transaction):
    with open(net.nodes[node].log, encoding="utf-8") as f:
        lines = [json.loads(line) for line in f if line.endswith("\n")]
    return {o["event"] for o in lines if o.get("trace") == transaction and o["level"] == "info"}


def test_chosen_fields_only(net):
    """AZ-4"""
    out, got = fetch(net, net.flights, "fields.csv", "--field", "origin", "--field", "delay_minutes")
    with open(out, encoding="utf-8") as f:
        check(f.readline() == "origin,delay_minutes\n", "only the chosen columns")
        check(sum(1 for _ in f) == 20000, "of all rows")
    r = net.nodes["insurer"].refused("fetch", net.flights, "--system", "claims", "--output", net.dir + "/x.csv", "--field", "tail_number", as_="chen")
    check(r.reason == "wrong-fields" or "tail_number" in r.text, f"a field outside the agreement: {r.text}")


def test_a_delivery_is_held_against_the_rules_of_its_publisher_and_of_its_consumer(net):
    """DS-72: what is against a rule is counted, per rule, in the receipt that the consumer signs and the provider verifies"""
    t, i = net.nodes["transport"], net.nodes["insurer"]
    with open(FLIGHTS, encoding="utf-8") as f:
        late = [int(line.rsplit(",", 1)[1]) for line in f.read().splitlines()[1:]]
    rules = ["not-empty origin", "check delay_minutes <= 60"]
    r = t.refused("catalog", "publish", "--entry", net.flights, "--quality", "not-empty tail", "--purpose", "数据共享", as_="wang")
    check(r.reason == "wrong-fields" and "tail" in r.text, r.text)
    r = t.refused("catalog", "publish", "--entry", net.flights, "--quality", "never origin", "--purpose", "数据共享", as_="wang")
    check("not-empty FIELD" in r.text, r.text)
    made = t.hufu("catalog", "publish", "--entry", net.flights, "--quality", rules[0], "--quality", rules[1], "--purpose", "数据共享", as_="wang")
    check(shown(t, "wang", net.flights)["quality"] == rules, "the entry shows them")
    wait_until(lambda: shown(i, "chen", net.flights)["version"] == made["version"], "the consumer to see them")
    _, got = fetch(net, net.flights, "judged.csv", "--quality", "check distance_miles > 0", "--quality", "unique departure")
    check(got["quality"] == "not-met", f"{got}")
    p = workflow.wait_transfer(t, "li", got["transfer"], "COMPLETED")
    check(p["quality"] == "not-met" and p["receipt"], f"{p}")
    for node, account in ((t, "li"), (i, "chen")):
        said = {f["text"]: f["ok"] for f in node.hufu("transfers", "show", got["transfer"], as_=account)["findings"]}
        against = sum(x > 60 for x in late)
        check(said[f"published rule '{rules[1]}': {against} of {len(late)} rows are against it"] is False, f"{said}")
        check(said[f"published rule '{rules[0]}': 0 of {len(late)} rows are against it"] is True, f"{said}")
        check(said[f"own rule 'check distance_miles > 0': 0 of {len(late)} rows are against it"] is True, f"{said}")
    disputes(t, got["transfer"])
    t.hufu("catalog", "publish", "--entry", net.flights, "--json-file", no_rules(net), "--purpose", "数据共享", as_="wang")
    _, got = fetch(net, net.flights, "plain.csv")
    check(got["quality"] == "met", f"without the rules: {got}")


def disputes(t, transfer):
    """DS-58: the bad verdict is open at the provider, with both signatures, until an approver settles it (or a delivery is met)."""
    rows = t.hufu("transfers", "open", as_="li")["unsettled"]
    check([(r["transfer"], r["peer"], r["what"]) for r in rows] == [(transfer, "insurer", "quality")], f"{rows}")
    entry = [e for e in entries_of(t, "sun", transfer) if e["event"] == "delivery-dispute"]
    check(len(entry) == 1 and entry[0]["fields"]["quality"] == "not-met" and len(entry[0]["fields"]["digest"]) == 64, f"{entry}")
    t.hufu("transfers", "settle", transfer, "--reason", "双方同意按现状使用", as_="li")
    check(t.hufu("transfers", "open", as_="li")["unsettled"] == [], "nothing is open any more")
    r = t.refused("transfers", "settle", transfer, "--reason", "再次", as_="li")
    check(r.reason == "unknown", r.text)


def shown(node, account, entry):
    return node.hufu("catalog", "show", entry, as_=account)


def no_rules(net):
    path = os.path.join(net.dir, "no-rules.json")
    with open(path, "w", encoding="utf-8") as f:
        f.write('{"quality": []}')
    return path


def test_chosen_rows_only(net):
    """SB-60: the agreement is for some rows, the entry for others, the fetch for fewer still: a row arrives that meets all, and one column"""
    entry = publish(net, "flights", title="晚点航班", extra=["--duty", "rows:delay_minutes >= 60"])
    app = agreement(net, entry, rows="origin IN ('DTW', 'SFO', 'ORD')")
    grant = workflow.grant_of(net.nodes["insurer"], "chen", app)
    check(net.nodes["transport"].hufu("applications", "show", app, as_="li")["revisions"][0]["rows"].startswith("origin IN"), "who decides sees the rows")
    out = os.path.join(net.dir, "rows.csv")
    got = net.nodes["insurer"].hufu("fetch", "--grant", grant, "--output", out, "--field", "destination", "--rows", "distance_miles < 2000.5", as_="chen")
    with open(FLIGHTS, encoding="utf-8") as f:
        source = list(csv.DictReader(f))
    want = [r["destination"] for r in source if r["origin"] in ("DTW", "SFO", "ORD") and r["delay_minutes"] and int(r["delay_minutes"]) >= 60 and int(r["distance_miles"]) <= 2000]
    with open(out, encoding="utf-8") as f:
        check(f.read().splitlines() == ["destination", *want], "the rows that meet every condition, and one column")
    check(0 < got["rows"] == len(want) < len(source) and got["quality"] == "met", f"{got}")
    r = net.nodes["insurer"].refused("apply", entry, "--system", "claims", "--reason", "x", "--purpose", "claims-assessment", "--until", workflow.in_days(9), "--rows", "origin = 7", as_="chen")
    check(r.reason == "argument" and "single quotes" in r.text, f"{r.text}")


def test_one_identifier_finds_the_records_of_all_parties_with_the_four_parts(net):
    """DS-38, DS-60, DS-61, DS-62, DS-63, DS-64"""
    rows = wait_until(lambda: both_sides(net), "the openings of both sides to be exchanged", 30, 0.2)
    seen = {}
    for r in rows:
        seen.setdefault(r["ledger"], {}).update(r["fields"])
    provider, consumer = seen["transport"], seen["insurer"]
    for name in ("transaction", "start-time", "end-time", "data-format"):
        check(provider.get(name) and consumer.get(name), f"DS-61 {name}")
    for name in ("class-grade", "consumer-authentication", "permission-review", "packaging", "delivery", "cache-deletion"):
        check(provider.get(name), f"DS-62 {name}")
    for name in ("identity-check", "endpoint", "ip-address", "data-length"):
        check(provider.get(name), f"DS-63 {name}")
    for name in ("provider-authentication", "reception-state", "quality"):
        check(consumer.get(name), f"DS-64 {name}")


def both_sides(net):
    rows = entries_of(net.nodes["insurer"], "wu", net.done)
    events = {(r["ledger"], r["event"]) for r in rows}
    return rows if ("transport", "transfer-closed") in events and ("insurer", "receipt") in events else None


def test_another_system_of_the_same_organization_is_denied(net):
    """AZ-22, AZ-30, AZ-1"""
    i = net.nodes["insurer"]
    i.hufu("system", "add", "marketing", "--address", net.nodes["insurer"].ip, "--business", "市场", as_="admin")
    r = i.refused("fetch", net.flights, "--system", "marketing", "--output", net.dir + "/x.csv", as_="chen")
    check(r.reason in ("no-grant", "wrong-system"), r.text)


def test_each_of_the_five_questions_denies_alone(net):
    """AZ-1, AZ-30: user, time, manner (purpose), data, operation"""
    grant = workflow.grant_of(net.nodes["insurer"], "chen", net.app)
    i = net.nodes["insurer"]
    r = i.refused("fetch", "--grant", grant, "--purpose", "marketing", "--output", net.dir + "/x.csv", as_="chen")
    check(r.reason == "wrong-purpose", r.text)
    r = i.refused("fetch", "--grant", grant, "--output", net.dir + "/x.csv", as_="zhou")
    check(r.reason == "permission", "a person without the right to fetch")
    r = net.nodes["overseas"].refused("fetch", net.flights, "--system", "routes", "--output", net.dir + "/x.csv", as_="tan")
    check(r.reason == "no-grant", "another organization")
    r = i.refused("fetch", net.tolls, "--system", "marketing", "--output", net.dir + "/x.csv", as_="chen")
    check(r.reason in ("no-grant", "wrong-system"), "other data for that system")


def test_a_denied_access_is_recorded_and_raises_an_alarm_at_the_provider(net):
    """DS-48, DS-21, DS-81, AZ-32"""
    t = net.nodes["transport"]
    grant = workflow.grant_of(net.nodes["insurer"], "chen", net.app)
    before = len(t.hufu("alarms", as_="admin")["alarms"])
    net.nodes["insurer"].refused("fetch", "--grant", grant, "--purpose", "resale", "--output", net.dir + "/x.csv", as_="chen")
    wait_until(lambda: len(t.hufu("alarms", as_="admin")["alarms"]) > before, "the alarm")
    rows = t.hufu("ledger", "tail", "--count", "50", as_="sun")["entries"]
    denied = [r for r in rows if r["event"] == "access-decision" and r["fields"].get("reason") == "wrong-purpose"]
    check(denied, "the denied decision is an entry with its reason")


def test_a_killed_consumer_resumes_without_asking_twice_for_what_was_acknowledged(net):
    """DS-71"""
    i, t = net.nodes["insurer"], net.nodes["transport"]
    out, got = fetch(net, net.tolls, "b.csv", detach=True)
    id = got["transfer"]
    workflow.wait_durable(i, "chen", id)
    check(workflow.transfer(i, "chen", id)["state"] == "STARTED", "the kill is in the middle")
    i.kill()
    i.start()
    for account in ("chen", "zhou", "wu", "admin"):
        i.login(account)
    i.hufu("transfers", "wait", id, as_="chen")
    check(same_file(out, net.big_source), "the whole table")
    p = workflow.wait_transfer(t, "li", id, "COMPLETED")
    check(p["served_after_acknowledgement"] == 0, f"{p}")
    os.unlink(out)


def test_a_killed_provider_goes_on_where_the_consumer_is(net):
    i, t = net.nodes["insurer"], net.nodes["transport"]
    out, got = fetch(net, net.tolls, "c.csv", detach=True)
    id = got["transfer"]
    workflow.wait_durable(i, "chen", id)
    check(workflow.transfer(i, "chen", id)["state"] == "STARTED", "the kill is in the middle")
    t.kill()
    t.start()
    for account in ("wang", "li", "zhao", "sun", "admin"):
        t.login(account)
    i.hufu("transfers", "wait", id, as_="chen")
    check(same_file(out, net.big_source), "the whole table")
    p = workflow.wait_transfer(t, "li", id, "COMPLETED")
    check(p["served_after_acknowledgement"] == 0, f"{p}")
    os.unlink(out)


def test_a_cancelled_transfer_leaves_nothing_on_either_side(net):
    """DS-52"""
    i, t = net.nodes["insurer"], net.nodes["transport"]
    out, got = fetch(net, net.tolls, "d.csv", detach=True)
    id = got["transfer"]
    workflow.wait_durable(i, "chen", id)
    with t.paused():
        i.hufu("transfers", "cancel", id, "--reason", "不再需要", as_="chen")
    wait_until(lambda: not [n for n in os.listdir(net.dir) if n.startswith("d.csv")], "the partial file to be gone")
    p = workflow.wait_transfer(t, "li", id, "TERMINATED")
    check(p["reason"] == "cancelled" and "不再需要" in p["text"], f"the provider sees the reason: {p}")


def test_a_source_that_changes_under_way_ends_the_transfer(net):
    i = net.nodes["insurer"]
    source = os.path.join(net.dir, "moving.csv")
    workflow.tolls(net, source, 64 << 20, 9)
    register(net, "moving", source)
    entry = publish(net, "moving", title="会变化的表", data_class="transport/toll")
    agreement(net, entry)
    _, got = fetch(net, entry, "e.csv", detach=True)
    with open(source, "ab") as f:
        f.write(b"9999999999,2026-03-28 00:00:00,G1,91,X,1,1,00001\n")
    ended = wait_until(lambda: (lambda v: v if v["state"] in ("TERMINATED", "COMPLETED") else None)(i.hufu("transfers", "show", got["transfer"], as_="chen")),
                       "the end", 60)
    check(ended["state"] == "TERMINATED" and ended["reason"] == "source-changed", f"{ended}")


def test_a_source_that_grew_a_column_sends_none_of_it(net):
    """AZ-4, DS-3: what nobody classified is not delivered"""
    t, i = net.nodes["transport"], net.nodes["insurer"]
    path = os.path.join(net.dir, "people.csv")
    with open(path, "w", encoding="utf-8") as f:
        f.write("id,city\n1,Wuhan\n2,Xi'an\n")
    register(net, "people", path)
    entry = publish(net, "people", title="会增加列的表", data_class="transport/other")
    agreement(net, entry)
    with open(path, "w", encoding="utf-8") as f:
        f.write("id,city,secret_id_number\n1,Wuhan,110101199003070011\n")
    r = i.refused("fetch", entry, "--system", "claims", "--output", net.dir + "/people-1.csv", as_="chen")
    check(r.reason == "source-changed", f"a file that was not scanned: {r.text}")
    t.hufu("source", "scan", "people", as_="wang")
    out = os.path.join(net.dir, "people-2.csv")
    i.hufu("fetch", entry, "--system", "claims", "--output", out, as_="chen")
    with open(out, encoding="utf-8") as f:
        text = f.read()
    check(text == "id,city\n1,Wuhan\n", f"only the columns of the agreement: {text!r}")


def test_a_fetch_begun_while_the_provider_is_away_goes_on_when_it_is_back(net):
    """DS-71"""
    t, i = net.nodes["transport"], net.nodes["insurer"]
    t.kill()
    out, got = fetch(net, net.flights, "later.csv", detach=True)
    check(i.hufu("transfers", "show", got["transfer"], as_="chen")["state"] == "REQUESTED", "it waits")
    r = i.refused("transfers", "wait", got["transfer"], "--patience", "1", as_="chen")
    check((r.status, r.reason) == (3, "unreachable") and "transport cannot be reached" in r.text, f"and says for whom: {r}")
    waiter = subprocess.Popen([net.program("hufu"), "transfers", "wait", got["transfer"], "--node", i.dir, "--as", "chen"],
                              stderr=subprocess.PIPE, env=net.environment(), text=True)
    check("waiting for transport" in waiter.stderr.readline(), "what it waits for is shown")
    waiter.send_signal(signal.SIGINT)
    check(got["transfer"] + " goes on in the node" in waiter.communicate(timeout=10)[1] and waiter.returncode != 0, "and who stops waiting is told")
    t.start()
    for account in ("wang", "li", "zhao", "sun", "admin"):
        t.login(account)
    i.hufu("transfers", "wait", got["transfer"], as_="chen")
    check(same_file(out, FLIGHTS), "and arrives")


def test_a_revocation_stops_a_transfer_under_way_at_the_next_chunk(net):
    """AZ-33, DS-17"""
    t, i = net.nodes["transport"], net.nodes["insurer"]
    out, got = fetch(net, net.tolls, "stopped.csv", detach=True)
    id = got["transfer"]
    workflow.wait_durable(i, "chen", id)
    with i.paused():
        t.hufu("revoke", workflow.grant_of(t, "li", net.tolls_app), "--reason", "来源数据有误", as_="li")
        served = workflow.transfer(t, "li", id)["served"]  # the revocation stands when the command has returned
    here, there = workflow.wait_transfer(i, "chen", id, "TERMINATED"), workflow.wait_transfer(t, "li", id, "TERMINATED")
    check(here["reason"] == there["reason"] == "grant-revoked" and "来源数据有误" in here["text"], f"both know why: {here} {there}")
    check(0 < served < (os.path.getsize(net.big_source) >> 20), f"it was under way: {served} chunks")
    check(there["served"] == served, f"no chunk after the revocation: {served} then, {there['served']} in the end")
    wait_until(lambda: not [n for n in os.listdir(net.dir) if n.startswith("stopped.csv")], "nothing of it to be left", 5)
    r = i.refused("fetch", net.tolls, "--system", "claims", "--output", out, as_="chen")
    check("revoked" in r.reason + r.text, r.text)


def test_a_revocation_between_two_uses_makes_the_second_fail(net):
    """SB-2, AZ-33, DS-17"""
    t, i = net.nodes["transport"], net.nodes["insurer"]
    r = t.refused("revoke", workflow.grant_of(t, "li", net.app), as_="li")
    check("reason" in r.text, "a revocation needs a reason")
    t.hufu("revoke", workflow.grant_of(t, "li", net.app), "--reason", "合同终止", as_="li")
    r = i.refused("fetch", net.flights, "--system", "claims", "--output", net.dir + "/f.csv", as_="chen")
    check("revoked" in r.reason + r.text, r.text)
    wait_until(lambda: workflow.grant_state(i, "chen", net.app) == "revoked", "the consumer's own record")


def test_an_expired_grant_denies_from_the_first_moment_on(net):
    """AZ-31, AZ-30"""
    t, i, m = net.nodes["transport"], net.nodes["insurer"], net.nodes["manager"]
    app = workflow.apply(i, "chen", net.flights, system="claims", reason="核对航班延误理赔事宜", purpose="claims-assessment", days=10)
    workflow.confirm(i, "zhou", app)
    workflow.comply(m, "zheng", app)
    workflow.wait_state(t, "li", app, "RECEIVED")
    until = time.time() + 4
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(until)) + "Z"
    t.hufu("decide", app, "T", "--until", stamp, as_="li")
    workflow.wait_state(i, "chen", app, "FINALIZED")
    grant = workflow.grant_of(i, "chen", app)
    out = os.path.join(net.dir, "g.csv")
    i.hufu("fetch", "--grant", grant, "--output", out, as_="chen")
    wait_until(lambda: time.time() >= int(until), "the end of the period", 10)
    r = i.refused("fetch", "--grant", grant, "--output", net.dir + "/h.csv", as_="chen")
    check(r.reason == "grant-expired", r.text)


def test_data_stays_out_of_the_logs(net):
    """DS-94, DS-93"""
    with open(FLIGHTS, encoding="utf-8") as f:
        marks = [line.strip() for line in list(f)[1:200]]
    with open(net.big_source, encoding="utf-8") as f:
        marks += [f.readline().split(",")[5] for _ in range(50)][1:]
    for n in net.nodes.values():
        with open(n.log, encoding="utf-8", errors="replace") as f:
            log = f.read()
        for m in marks:
            check(m not in log, f"a data value stands in the log of {n.id}")

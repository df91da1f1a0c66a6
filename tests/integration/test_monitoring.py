"""What operators see of a running node: status, metrics per service, doctor, logs."""
import json
import os
import re
import shutil
import subprocess
import tempfile

from common import *


def network(net):
    trio(net, 14, overseas=False)
    register(net, "flights", FLIGHTS)


def metrics(node):
    _, text = node.api("GET", "/metrics", None)
    check(text.rstrip().endswith("# EOF"), "OpenMetrics ends in # EOF")
    return {m.group(1): float(m.group(2)) for m in re.finditer(r"^([a-z_]+(?:\{[^}]*\})?) ([0-9.e+-]+)$", text, re.M)}


def of_service(values, name, service):
    return sum(v for k, v in values.items() if k.startswith(name) and f'"{service}"' in k)


def test_machine_metrics_have_plausible_live_values(net):
    """SB-52"""
    text = "\n".join(metrics(net.nodes["transport"]))
    for word in ("cpu", "memory", "storage", "network", "disk"):
        check(word in text, f"a metric for {word}: {text}")


def test_service_indicators_match_a_scripted_load(net):
    """SB-53, SB-54"""
    i = net.nodes["insurer"]
    before = metrics(i)
    for _ in range(7):
        i.api("GET", "/v1/catalog/list", None, as_="chen")
    for _ in range(3):
        i.api("GET", f"/v1/catalog/show?entry={UNKNOWN_ID}", None, as_="chen", check_status=False)
    after = metrics(i)
    grown = {k: after[k] - before.get(k, 0) for k in after if after[k] != before.get(k, 0)}
    check(any("catalog/list" in k and v == 7 for k, v in grown.items()), f"seven calls of catalog/list: {grown}")
    check(any("catalog/show" in k and "fail" in k and v == 3 for k, v in grown.items()), f"three failures of catalog/show: {grown}")


def test_the_requests_of_peers_are_services_too(net):
    """SB-53, SB-54: each type of message by its name"""
    t, i = net.nodes["transport"], net.nodes["insurer"]
    seen = wait_until(lambda: (m := metrics(t)) and of_service(m, "hufu_service_calls_total", "peer.ledger-seen") and m, "a peer to ask what was seen of its ledger")
    check(of_service(seen, "hufu_service_success_ratio", "peer.ledger-seen") == 1, f"and to be told: {seen}")
    check(not any("peer.poll" in k for k in seen), "a poll that is held is no service")


def test_doctor_names_each_finding_with_its_remedy(net):
    """DS-54"""
    findings = net.nodes["transport"].hufu("doctor", as_="admin")["findings"]
    names = {f["check"] for f in findings}
    check({"keys", "clock", "peers", "disk", "descriptor"} <= names, f"{names}")
    check(all(f.get("text") for f in findings) and all(f.get("remedy") for f in findings if f["state"] != "ok"), f"{findings}")


def test_a_crash_leaves_no_memory_to_anybody(net):
    """Not on the disk, and not with the program that core_pattern pipes to: a process whose memory is nobody's has files of root's in /proc"""
    findings = {f["check"]: f for f in net.nodes["transport"].hufu("doctor", as_="admin")["findings"]}
    check(findings["core dumps"]["state"] == "ok" and "hands none to a program" in findings["core dumps"]["text"], str(findings["core dumps"]))
    with tempfile.TemporaryDirectory() as place:
        os.chmod(place, 0o755)
        program, fifo = shutil.copy(net.program("hufud"), place), os.path.join(place, "log")
        os.mkfifo(fifo)
        os.chown(fifo, 65534, 65534)
        p = subprocess.Popen([program, "--node", place, "--log", fifo], user=65534, group=65534, extra_groups=[], stderr=subprocess.DEVNULL)
        try:  # it waits for somebody to read its log
            wait_until(lambda: os.readlink(f"/proc/{p.pid}/exe") == program and os.stat(f"/proc/{p.pid}/status").st_uid == 0, "the process to close itself")
        finally:
            p.kill()
            p.wait()


def test_doctor_sees_a_peer_that_is_down(net):
    """SB-55 (own view), DS-54"""
    wait_until(lambda: not [f for f in net.nodes["transport"].hufu("doctor", as_="admin")["findings"]
                            if f["check"] == "peers" and "manager" in f["text"] and f["state"] != "ok"], "the manager to be seen up", 40)
    net.nodes["manager"].stop()
    wait_until(lambda: [f for f in net.nodes["transport"].hufu("doctor", as_="admin")["findings"]
                        if f["check"] == "peers" and "manager" in f["text"] and f["state"] != "ok"], "the finding", 60, 0.3)
    net.nodes["manager"].start()


def keys_of(value):
    if isinstance(value, dict):
        return set(value) | {k for v in value.values() for k in keys_of(v)}
    return {k for v in value for k in keys_of(v)} if isinstance(value, list) else set()


def view(net):
    return net.nodes["manager"].hufu("status", "--space", as_="admin")


def row(net, id):
    return next(n for n in view(net)["nodes"] if n["node"] == id)


def test_the_state_of_all_nodes_is_seen_without_business_data(net):
    """SB-55: aggregated view shows a stopped node as down and contains no record content"""
    m, t, i = (net.nodes[n] for n in ("manager", "transport", "insurer"))
    for account in ("admin", "zheng"):  # it was restarted
        m.login(account)
    entry = publish(net, "flights")
    wait_until(lambda: sees(m, "zheng", entry), "the intake node to know of the entry")
    app = agreement(net, entry)
    check(row(net, "overseas")["state"] == "down" and row(net, "overseas")["standing"] == "ok", "a member that never ran is down")
    net.nodes["overseas"].start()  # a quorum of witnesses needs it
    wait_until(lambda: all(row(net, n)["state"] == "up" and row(net, n)["ledger"]["size"] > 0 and row(net, n)["ledger"]["cosigned"] > 0
                           for n in ("transport", "insurer", "overseas")), "all to be up and to cosign", 60, 0.2)
    seen = view(net)
    check({n["node"] for n in seen["nodes"]} == {"manager", "transport", "insurer", "overseas"}, "every member has a row")
    own = row(net, "manager")
    check(own["self"] and own["version"] == m.hufu("status", as_="admin")["version"] and own["ledger"]["quorum"] == 3, f"{own}")
    for n in ("transport", "insurer"):
        r = row(net, n)
        check(r["descriptor"] == seen["space"]["descriptor"] == 1 and r["ledger"]["witness"] and not r["ledger"]["frozen"], f"{r}")
    i.stop()
    wait_until(lambda: row(net, "insurer")["state"] == "down", "the stopped node to be shown as down", 60, 0.3)
    check(row(net, "transport")["state"] == "up", "and only that one")
    text, keys = json.dumps(view(net), ensure_ascii=False), keys_of(view(net))
    i.start()
    wait_until(lambda: row(net, "insurer")["state"] == "up", "it to be up again", 60, 0.3)
    record = [e for e in t.hufu("ledger", "tail", "--count", "200", as_="sun")["entries"]]
    fields = {k for e in record for k in e["fields"]} - {"descriptor"}
    check(len(fields) > 15 and not keys & fields, f"no field of an entry: {keys & fields}")
    values = {v for e in record if e["event"] != "start" for k, v in e["fields"].items() if k in ("actor", "object", "purpose", "detail", "application", "resource", "grant", "system")
              and len(v) > 3 and v not in ("transport", "insurer", "manager", "overseas", "node")}
    check(len(values) > 20 and not [v for v in values if v in text], f"no content of one: {[v for v in values if v in text]}")
    for word in ("航班", entry, app, "chen", "zhou", "admin", "zheng", "wang", "claims", "王建国"):
        check(word not in text, f"neither catalog nor people: {word}")
    for refused in ("/v1/space",):
        check(m.api("GET", refused, None, check_status=False)[0] == 401, "and it needs a session")


def test_the_scheduled_self_check_leaves_a_report_and_an_entry(net):
    """DS-54: scheduled self-check report (suites, certificates, failures, latencies)"""
    t = net.nodes["transport"]
    reports = lambda: t.hufu("doctor", "--last", as_="admin")["reports"]
    first = wait_until(reports, "the first run after the start", 60, 0.5)[0]
    names = {f["check"] for f in first["findings"]}
    check({"suites", "keys", "descriptor", "failures", "latencies", "peers", "ledger"} <= names, f"{names}")
    check(first["time"] and first["state"] in ("ok", "warn", "bad") and f"{len(first['findings'])} checks" in first["text"], f"{first['text']}")
    entries = [e for e in t.hufu("ledger", "tail", "--count", "400", as_="sun")["entries"]
               if e["event"] == "self-check" and e["fields"].get("manner") == "scheduled"]
    check([e["fields"]["detail"] for e in entries] == [r["text"] for r in reports()], f"each run is one entry with its summary: {entries}")
    count = len(entries)
    t.stop()
    t.start()
    t.login("admin")
    again = wait_until(lambda: len(reports()) > count and reports(), "another run after the next start", 60, 0.5)
    check(again[1] == first or first in again, "and the earlier report is kept")


def test_logs_are_json_lines_with_module_and_event(net):
    for n in net.nodes.values():
        if not n.process:
            continue
        with open(n.log, encoding="utf-8") as f:
            for line in f:
                o = json.loads(line)
                check({"ts", "level", "node", "module", "event"} <= o.keys(), line)


def test_a_wrong_configuration_is_named_with_file_line_and_remedy(net):
    o = net.nodes["overseas"]
    path = o.dir + "/hufu.yaml"
    with open(path, encoding="utf-8") as f:
        good = f.read()
    try:
        with open(path, "w", encoding="utf-8") as f:
            f.write(good + "\nlisten_on_everything: yes\n")
        r = hufunet.run([net.program("hufud"), "--node", o.dir], net.environment())
        check(r.returncode == 1 and "hufu.yaml" in r.stderr and "listen_on_everything" in r.stderr, r.stderr)
        check(re.search(r"hufu\.yaml:\d+|line \d+", r.stderr), f"the line is named: {r.stderr}")
    finally:
        with open(path, "w", encoding="utf-8") as f:
            f.write(good)

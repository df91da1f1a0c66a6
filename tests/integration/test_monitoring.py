"""What operators see of a running node: status, metrics per service, doctor, logs."""
import json
import re

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


def test_doctor_names_each_finding_with_its_remedy(net):
    """DS-54"""
    findings = net.nodes["transport"].hufu("doctor", as_="admin")["findings"]
    names = {f["check"] for f in findings}
    check({"keys", "clock", "peers", "disk", "descriptor"} <= names, f"{names}")
    check(all(f.get("text") for f in findings) and all(f.get("remedy") for f in findings if f["state"] != "ok"), f"{findings}")


def test_doctor_sees_a_peer_that_is_down(net):
    """SB-55 (own view), DS-54"""
    wait_until(lambda: not [f for f in net.nodes["transport"].hufu("doctor", as_="admin")["findings"]
                            if f["check"] == "peers" and "manager" in f["text"] and f["state"] != "ok"], "the manager to be seen up", 40)
    net.nodes["manager"].stop()
    wait_until(lambda: [f for f in net.nodes["transport"].hufu("doctor", as_="admin")["findings"]
                        if f["check"] == "peers" and "manager" in f["text"] and f["state"] != "ok"], "the finding", 60, 0.3)
    net.nodes["manager"].start()


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

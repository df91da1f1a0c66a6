"""Why access was permitted or denied: what was logged is asked again, offline and in the node; requests that nobody made."""
import json
import os
import subprocess

from common import *
from test_rulebook import POLICY, RULE


def network(net):
    trio(net, 34)
    register(net, "flights", FLIGHTS)
    net.flights = publish(net, "flights")
    path = os.path.join(net.dir, "policy.yaml")
    with open(path, "w", encoding="utf-8") as f:
        f.write(POLICY.format(version=1, rules=RULE.format(entry=net.flights)))
    net.nodes["transport"].hufu("policy", "apply", path, as_="li")
    wait_until(lambda: sees(net.nodes["insurer"], "chen", net.flights), "the entry at the consumer")


def fetch(net, name, *more, purpose="claims-assessment"):
    args = ["fetch", net.flights, "--system", "claims", "--purpose", purpose, "--output", os.path.join(net.dir, name), *more]
    return net.nodes["insurer"], args


def explain(net, *args):
    return net.nodes["transport"].hufu("decision", "explain", *args, as_="sun")


def decisions(net):
    return [e for e in net.nodes["transport"].hufu("ledger", "tail", "--count", "300", as_="sun")["entries"] if e.get("event") == "access-decision"]


def offline(net, attributes):
    """What `hufu policy decide` says, of the rules that the node writes, without the node."""
    rules, asked = os.path.join(net.dir, "rules.jsonl"), os.path.join(net.dir, "asked.jsonl")
    net.nodes["transport"].hufu("decision", "rules", "--output", rules, as_="sun")
    with open(asked, "w", encoding="utf-8") as f:
        f.write(attributes + "\n")
    done = subprocess.run([os.path.join(net.bin, "hufu"), "policy", "decide", "--policy", rules, "--requests", asked], capture_output=True, text=True, timeout=60)
    check(done.returncode == 0, f"{done.stdout}{done.stderr}")
    return json.loads(done.stdout)


def test_what_was_logged_is_decided_again_the_same_way_without_the_node(net):
    """AZ-68, AZ-32, AZ-24: the full attribute input and the snapshot stand with the entry"""
    node, args = fetch(net, "yes.csv")
    done = node.hufu(*args, as_="chen")["transfer"]
    node, args = fetch(net, "no.csv", purpose="route-planning")
    check(node.refused(*args, as_="chen").reason == "no-grant", "another purpose")
    no, yes = decisions(net)[:2]
    for entry, permitted in ((yes, True), (no, False)):
        f = entry["fields"]
        check(len(f["snapshot"]) == 64 and f["asked"].startswith("resource " + net.flights), f"{f}")
        attributes = json.loads(f["attributes"])
        check(attributes["subject"]["organization"] == {"value": "insurer", "issuer": "space"}, f"{attributes}")
        again = offline(net, f["attributes"])
        check(again["decision"] is permitted and again.get("rule", "") == f.get("rule", ""), f"decided then {f}, now {again}")
        got = explain(net, "--entry", str(entry["index"]))
        check(got["decision"] is permitted and got["same_rules"] is True and got["snapshot"] == f["snapshot"], f"{got}")
        check(got["reason"] == (got["logged"].get("reason") or "ok"), f"the same reason: {got}")
    check(explain(net, "--transfer", done)["entry"] == yes["index"], "found by its transfer")


def test_a_denial_names_the_near_miss_with_expected_and_given_and_what_would_allow_it(net):
    """AZ-32"""
    got = explain(net, "--entry", str(next(e["index"] for e in decisions(net) if e["outcome"] != "ok")))
    miss = got["misses"][0]
    check(miss["rule"] == "claims" and miss["failed"] == 1 and len(miss["failures"]) == 1, f"{got}")
    check(miss["failures"][0].startswith("context.purpose") and "claims-assessment; given: route-planning" in miss["failures"][0], f"{miss}")
    check(any("'claims'" in w for w in got["would_allow"]) and any("hufu apply" in w for w in got["would_allow"]), f"{got}")


def hypothetical(net, **kw):
    values = dict(resource=net.flights, organization="insurer", system="claims", business="理赔核算", purpose="claims-assessment") | kw
    return explain(net, *[x for k, v in values.items() if v is not None for x in ("--" + k, v)])


def test_a_request_that_nobody_made_is_explained_and_leaves_no_decision(net):
    before = len(decisions(net))
    yes = hypothetical(net)
    check(yes["decision"] is True and yes["rule"] == "claims", f"{yes}")
    for wrong, name in ((dict(system="archive"), "system.name"), (dict(business=None), "system.business")):
        no = hypothetical(net, **wrong)
        check(no["decision"] is False and no["misses"][0]["failures"][0].startswith(name), f"{wrong}: {no}")
    over = hypothetical(net, at="2031-01-01")
    check(over["decision"] is False and over["misses"][0]["reason"] == "expired", f"after the rule's end: {over}")
    check(len(decisions(net)) == before, "nothing was decided")
    r = net.nodes["transport"].refused("decision", "explain", "--entry", "0", as_="sun")
    check(r.reason == "unknown" and "no decision" in r.text, r.text)
    r = net.nodes["transport"].refused("decision", "explain", "--entry", "0", as_="wang")
    check(r.reason == "permission", r.text)


def test_a_decision_whose_rules_have_changed_says_so(net):
    t = net.nodes["transport"]
    entry = next(e for e in decisions(net) if e["outcome"] == "ok")
    hold = t.hufu("hold", "place", "organization", "insurer", "--reason", "调查误用", as_="li")["hold"]
    got = explain(net, "--entry", str(entry["index"]))
    check(got["logged"]["outcome"] == "ok" and got["same_rules"] is False, f"{got}")
    check(got["decision"] is False and got["reason"] == "held" and "调查误用" in got["text"], f"by the rules of now: {got}")
    t.hufu("hold", "lift", hold, "--reason", "已查清", as_="li")

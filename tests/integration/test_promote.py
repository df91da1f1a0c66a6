"""Application grants become a rule between real nodes, while two readers fetch without a pause; wider only as confirmed."""
import os
import threading

from common import *


def network(net):
    trio(net, 73)
    i = net.nodes["insurer"]
    i.hufu("system", "add", "archive", "--address", f"{net.prefix}.73.9", "--business", "档案", as_="admin")
    register(net, "flights", FLIGHTS)
    net.entry = publish(net, "flights")
    net.applications = [grant(net, "claims", 300), grant(net, "archive", 200)]


def grant(net, system, days):
    t, i, m = (net.nodes[n] for n in ("transport", "insurer", "manager"))
    id = workflow.apply(i, "chen", net.entry, system=system, reason="核对航班延误理赔事宜", purpose="claims-assessment", days=days)
    workflow.confirm(i, "zhou", id)
    workflow.comply(m, "zheng", id)
    workflow.wait_state(t, "li", id, "RECEIVED")
    t.hufu("decide", id, "T", as_="li")
    workflow.wait_state(i, "chen", id, "FINALIZED")
    return id


class Reader(threading.Thread):
    """Fetches again and again; what was refused, and by what each was permitted."""

    def __init__(self, net, system):
        super().__init__()
        self.net, self.system, self.done, self.refused, self.stop = net, system, [], [], threading.Event()
        self.start()

    def run(self):
        while not self.stop.is_set():
            out = os.path.join(self.net.dir, f"{self.system}-{len(self.done)}.csv")
            try:
                got = self.net.nodes["insurer"].hufu("fetch", self.net.entry, "--system", self.system, "--output", out, as_="chen")
                self.done.append(got["transfer"])
                check(same_file(out, FLIGHTS), "delivered")
                os.remove(out)
            except Exception as e:  # any refusal at all is what the test is about
                self.refused.append(str(e))


def decision(net, transfer):
    return next(e for e in entries_of(net.nodes["transport"], "sun", transfer) if e.get("fields", {}).get("event") == "access-decision")["fields"]


def states(net, node, account):
    return sorted(g["state"] for g in net.nodes[node].hufu("grants", as_=account)["grants"])


def test_grants_become_a_rule_and_readers_are_never_denied(net):
    """AZ-63"""
    t = net.nodes["transport"]
    c = t.hufu("promote", "candidates", as_="li")["candidates"]
    check(len(c) == 1 and c[0]["resource"] == net.entry and c[0]["grants"] == 2, f"{c}")
    readers = [Reader(net, s) for s in ("claims", "archive")]
    try:
        wait_until(lambda: all(len(r.done) >= 2 or r.refused for r in readers), "the readers to begin")
        net.promotion = t.hufu("promote", "propose", net.entry, "--reason", "每日都需要", as_="wang")["promotion"]
        shown = t.hufu("promote", "show", net.promotion, as_="li")
        check(shown["state"] == "proposed" and shown["differences"] == [] and len(shown["members"]) == 2, f"{shown}")
        r = t.refused("promote", "approve", net.promotion, as_="wang")
        check(r.reason == "permission", r.text)
        t.hufu("promote", "approve", net.promotion, as_="li")
        wait_until(lambda: states(net, "insurer", "chen") == ["superseded", "superseded"] or any(r.refused for r in readers), "the consumer to hear of it")
        seen = [len(r.done) for r in readers]
        wait_until(lambda: all(len(r.done) >= n + 2 or r.refused for r, n in zip(readers, seen)), "the readers to go on")
    finally:
        for r in readers:
            r.stop.set()
        for r in readers:
            r.join()
    check([r.refused for r in readers] == [[], []], f"{[r.refused for r in readers]}")
    for r in readers:
        first, last = decision(net, r.done[0]), decision(net, r.done[-1])
        check(first["mechanism"] == "application", f"{first}")
        check(last["mechanism"] == "attribute" and last["rule"].startswith("promotion:" + net.promotion), f"{last}")
    check(states(net, "transport", "li") == ["superseded", "superseded"], "marked at the provider")
    check(all(g["superseded_by"] == net.promotion for g in t.hufu("grants", as_="li")["grants"]), "with the rule's id")
    wait_until(lambda: any(n["kind"] == "superseded" for n in net.nodes["insurer"].hufu("notices", as_="chen")["notices"]), "the notice")


def test_the_rule_outlives_a_restart_and_ends_as_the_provider_says(net):
    """AZ-63, AZ-33"""
    t, i = net.nodes["transport"], net.nodes["insurer"]
    t.stop()
    t.start()
    for who in ("li", "wang", "sun"):
        t.login(who)
    out = os.path.join(net.dir, "after.csv")
    got = i.hufu("fetch", net.entry, "--system", "claims", "--output", out, as_="chen")
    check(decision(net, got["transfer"])["mechanism"] == "attribute", "by the rule")
    t.hufu("promote", "end", net.promotion, "--restore", "--reason", "逐案审批", as_="li")
    wait_until(lambda: states(net, "insurer", "chen") == ["active", "active"], "the grants to count again")
    out = os.path.join(net.dir, "restored.csv")
    got = i.hufu("fetch", net.entry, "--system", "claims", "--output", out, as_="chen")
    check(decision(net, got["transfer"])["mechanism"] == "application", "by the grant")


def test_wider_needs_each_attribute_by_its_name(net):
    """AZ-64"""
    t, i = net.nodes["transport"], net.nodes["insurer"]
    id = t.hufu("promote", "propose", net.entry, "--any", "address", "--until", workflow.in_days(330), "--reason", "合并", as_="wang")["promotion"]
    shown = t.hufu("promote", "show", id, as_="li")
    check(shown["wider"] == ["address", "until"] and all(d["rule_is"] == "wider" for d in shown["differences"]), f"{shown}")
    for names in ([], ["--wider", "until"], ["--wider", "until", "--wider", "address", "--wider", "system"]):
        r = t.refused("promote", "approve", id, *names, as_="li")
        check(r.reason == "state" and "--wider address --wider until" in r.text, r.text)
    t.hufu("promote", "approve", id, "--wider", "until", "--wider", "address", as_="li")
    entry = next(e for e in t.hufu("ledger", "tail", "--count", "100", as_="sun")["entries"]
                 if e.get("event") == "promotion" and e["fields"].get("result") == "T" and e["fields"].get("promotion") == id)
    check(entry["fields"]["wider"] == "address,until", f"{entry}")
    wait_until(lambda: states(net, "insurer", "chen") == ["superseded", "superseded"], "the consumer to hear of it")
    t.hufu("promote", "end", id, "--reason", "不再需要", as_="li")
    wait_until(lambda: any(n["kind"] == "ended" for n in i.hufu("notices", as_="chen")["notices"]), "the end at the consumer")
    r = i.refused("fetch", net.entry, "--system", "claims", "--output", os.path.join(net.dir, "ended.csv"), as_="chen")
    check(r.reason == "no-grant", r.text)

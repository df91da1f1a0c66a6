"""The second scene of testnet/run: a flood. Three more nodes are the leading group; the emergency bureau gets the bridge and road table
within a minute; the provider watches; on day 15 it is over. The nodes' clocks are moved from outside, the programs are the released ones."""
import csv
import os
import random
import time

import organizations
import workflow
from hufunet import Clock, Refused, check, wait_until

SEED = 20260712
MINUTE_S = 60
DAY_S = 86400
VOTERS = {"government": "fang", "police": "tie", "water": "jiang"}


def generate(path, seed=SEED):
    """Bridges and roads along a river, the same for the same seed: the number of rows."""
    draw = random.Random(seed)
    rows = []
    for i in range(1200):
        rows.append(["bridge", f"BR{i:05}", draw.choice(["长江", "汉江", "清江", "富水"]), f"{draw.uniform(0, 410):.2f}", draw.choice([10, 15, 20, 30, 49, 55]),
                     draw.choice(["梁桥", "拱桥", "斜拉桥", "悬索桥"]), round(draw.uniform(2.5, 24), 1)])
    for i in range(3600):
        rows.append(["road", f"RD{i:05}", "", f"{draw.uniform(0, 410):.2f}", draw.choice([10, 20, 49]), draw.choice(["高速", "国道", "省道", "县道"]),
                     round(draw.uniform(-1.5, 40), 1)])
    with open(path, "w", newline="", encoding="utf-8") as f:
        w = csv.writer(f)
        w.writerow(["kind", "code", "river", "chainage_km", "load_limit_t", "structure", "height_above_flood_m"])
        w.writerows(rows)
    return len(rows)


class Flood:
    def __init__(self, story, say):
        self.story, self.net, self.say = story, story.net, say
        self.t, self.m, self.e = (self.net.nodes[n] for n in ("transport", "manager", "emergency"))
        self.facts = story.report["flood"] = {}

    def shown(self, node, account, request):
        status, answer = node.api("GET", "/v1/emergency/show?request=" + request, None, as_=account, check_status=False)
        return answer if status == 200 else None

    def wait_state(self, node, account, request, state):
        return wait_until(lambda: (r := self.shown(node, account, request)) and r["state"] == state and r, f"{node.id}: the request to be {state}")

    def notices(self, node, account, kind):
        return [n for n in node.hufu("notices", as_=account)["notices"] if n.get("emergency") == self.request and n["kind"] == kind]

    # 6

    def prepare(self):
        begin = time.monotonic()
        self.net.clock = Clock(self.net.dir)
        organizations.join_leading_group(self.net)
        self.source = os.path.join(self.net.dir, "bridges-and-roads.csv")
        rows = generate(self.source)
        workflow.source(self.t, "wang", "bridges", self.source, by="bai")
        self.entry = workflow.publish(
            self.t, "wang", "bridges", title="桥梁与道路承载表 (生成数据)", description="沿江桥梁与道路的限载与高程", topic="roads", data_class="transport/bridge", level=2,
            sharing="conditional", condition="仅用于申请中写明的用途", scope=["emergency"], intake="manager")
        wait_until(lambda: any(e["entry"] == self.entry for e in workflow.catalog(self.e, "qian")), "the bureau to see the table")
        self.pids = {n.id: n.pid for n in self.net.nodes.values()}
        self.facts["set_up_s"] = round(time.monotonic() - begin, 2)
        self.say(f"   leading group: {', '.join(VOTERS)}; {organizations.THRESHOLD} of three have to approve; the table has {rows} rows")

    # 7

    def grant(self):
        begin = time.monotonic()
        event = self.e.hufu("emergency", "declare", "--kind", "natural-disaster", "--title", "沿江特大洪水", "--region", "CN-42", "--until", workflow.in_days(60),
                            "--provider", "transport", as_="he")["event"]
        until = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 14 * DAY_S))
        ask = ["emergency", "raise", self.entry, "--event", event, "--system", "rescue", "--reason", "找出仍可通行重车的桥梁和道路", "--purpose", "flood-relief"]
        r = self.e.refused(*ask, "--until", workflow.in_days(16), as_="he")
        check("14 days" in r.text, f"more than 14 days are refused: {r.text}")
        self.request = self.e.hufu(*ask, "--until", until, as_="he")["request"]
        self.wait_state(self.t, "li", self.request, "OPEN")
        r = self.t.refused("emergency", "decide", self.request, "T", as_="li")
        check(r.reason == "permission", f"the provider does not decide: {r.text}")
        for node, account in list(VOTERS.items())[: organizations.THRESHOLD]:
            self.wait_state(self.net.nodes[node], account, self.request, "OPEN")
            self.net.nodes[node].hufu("emergency", "decide", self.request, "T", as_=account)
        self.wait_state(self.m, "du", self.request, "APPROVED")
        self.m.hufu("emergency", "execute", self.request, as_="du")
        self.wait_state(self.e, "qian", self.request, "ACTIVE")
        self.out = os.path.join(self.net.dir, "bridges-at-bureau.csv")
        got = self.e.hufu("fetch", self.entry, "--system", "rescue", "--output", self.out, as_="qian")
        seconds = time.monotonic() - begin
        check(open(self.out, "rb").read() == open(self.source, "rb").read(), "the table arrived whole")
        check(seconds < MINUTE_S, f"from the declaration to the data in {seconds:.1f} s, which is more than a minute")
        self.facts.update(event=event, request=self.request, rows=got["rows"], bytes=got["bytes_total"], declaration_to_data_s=round(seconds, 2))
        self.say(f"   declared, asked for, approved by {organizations.THRESHOLD} of 3, carried out, {got['rows']} rows delivered: {seconds:.1f} s")
        self.watch(got["transfer"])

    def watch(self, transfer):
        uses = wait_until(lambda: [u for u in self.t.hufu("emergency", "uses", self.request, as_="li")["uses"] if u["state"] == "completed"], "the use to be listed")
        check([u["transfer"] for u in uses] == [transfer], f"the provider sees the use: {uses}")
        for kind in ("emergency-requested", "emergency-granted", "emergency-use"):
            check(len(self.notices(self.t, "li", kind)) == 1, f"the provider has one notice '{kind}'")
        seen = self.shown(self.t, "li", self.request)
        grant = seen["grant"]
        r = self.t.refused("revoke", grant, "--reason", "不同意", as_="li")
        check(r.reason == "separation", f"the provider cannot end it: {r.text}")
        self.facts.update(voters=[v["node"] + "/" + v["account"] for v in seen["revisions"][-1]["votes"]], executor=seen["executor"], grant=grant)
        self.say(f"   the provider was told at once and sees the use; approved by {', '.join(self.facts['voters'])}, carried out by {seen['executor']}")

    # 8

    def day_15(self):
        self.net.clock.move(15)
        for id, account in {"transport": "li", "emergency": "qian", "water": "jiang", "manager": "du"}.items():
            self.net.nodes[id].login(account)
        r = self.e.refused("fetch", self.entry, "--system", "rescue", "--output", self.out + ".late", as_="qian")
        check(r.reason == "grant-expired", f"on day 15 nothing is delivered: {r.reason}: {r.text}")
        self.facts["refused_on_day_15"] = r.text
        for node, account in ((self.t, "li"), (self.net.nodes["water"], "jiang")):
            seen = self.wait_state(node, account, self.request, "ENDED")
            wait_until(lambda n=node, a=account: self.shown(n, a, self.request)["reported"], f"the use report at {node.id}")
            check(seen["cause"] == "expired", f"{node.id}: {seen['cause']}")
        uses = self.net.nodes["water"].hufu("emergency", "uses", self.request, as_="jiang")["uses"]
        check(len(uses) == 1 and uses[0]["bytes"] == self.facts["bytes"], f"the leading group has the report of the use: {uses}")
        self.second_grant()
        check({n.id: n.pid for n in self.net.nodes.values()} == self.pids, "no node was started anew: its clock alone has moved")
        self.say(f"   day 15: {r.text}")
        self.say("   the use is reported to provider and leading group; there is no second grant for the same event and table")

    def second_grant(self):
        self.e.login("he")
        later = time.strftime("%Y-%m-%d", time.gmtime(time.time() + 20 * DAY_S))
        r = self.e.refused("emergency", "raise", self.entry, "--event", self.facts["event"], "--system", "rescue", "--reason", "继续救援", "--purpose", "flood-relief",
                           "--until", later, as_="he")
        check(r.reason == "exists", f"no second grant: {r.reason}: {r.text}")
        self.facts["second_grant"] = r.text


__all__ = ["Flood", "Refused", "generate"]

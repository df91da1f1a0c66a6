"""testnet/run: the main job, step by step, with every step checked. Any difference from what should be ends the run with status 1."""
import argparse
import base64
import hashlib
import os
import random
import signal
import sys
import tempfile
import time
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
sys.dont_write_bytecode = True

import organizations  # noqa: E402
import passages  # noqa: E402
from flood import Flood  # noqa: E402
import workflow  # noqa: E402
from hufunet import Failed, Net, Refused, check, wait_until  # noqa: E402
from report import Report  # noqa: E402

FLIGHTS = os.path.join(HERE, "data", "flights.csv")
AIRPORTS = os.path.join(HERE, "data", "airports.csv")
TOLL_SEED = 20260331
PASSAGES = 20000
LEAST_BYTES = 128 << 20  # less is over before it can be interrupted
AUDITORS = {"transport": "sun", "insurer": "wu", "manager": "feng", "emergency": "shen", "overseas": "goh"}
SEES_APPLICATIONS = {"transport": "li", "insurer": "chen", "manager": "zheng", "overseas": "tan"}


def say(text=""):
    print(text, flush=True)


def sha256(path):
    h = hashlib.sha256()
    with open(path, "rb") as f:
        for block in iter(lambda: f.read(1 << 20), b""):
            h.update(block)
    return h.hexdigest()


def as_base64(mark):
    """What of a mark stands in any base64 text that contains it, for each of the three ways it can lie in there."""
    return [base64.b64encode(bytes(k) + mark)[4 if k else 0:][:-4] for k in range(3)]


def traces(folder, marks):
    """The files under folder that contain one of the marks, plain or in base64."""
    wanted = [form for mark in marks for form in [mark, *as_base64(mark)]]
    found = []
    for path in (os.path.join(d, name) for d, _, names in os.walk(folder) for name in names):
        if os.path.isfile(path):
            with open(path, "rb") as f:
                data = f.read()
            if any(form in data for form in wanted):
                found.append(os.path.relpath(path, folder))
    return found


class Story:
    def __init__(self, args, report):
        self.args, self.folder, self.report = args, report, report.data

    def step(self, number, title, fn):
        say(f"\n{number}. {title}")
        begin = time.monotonic()
        row = {"step": number, "title": title, "result": "NOT as it should be"}
        self.report["steps"].append(row)
        try:
            fn()
            row["result"] = "as it should be"
        finally:
            row["seconds"] = round(time.monotonic() - begin, 3)

    def run(self, net):
        self.net = net
        self.step(0, "Five organizations found a space", self.found)
        self.t, self.i, self.m, self.e, self.o = (net.nodes[n] for n in ("transport", "insurer", "manager", "emergency", "overseas"))
        self.step(1, "The transport department publishes; what is not meant for a peer does not exist for it", self.publish)
        self.step(2, "Applications: returned, corrected, approved; and two that are refused", self.negotiate)
        self.step(3, "Delivery: flights, then a large table with the consumer killed in the middle", self.deliver)
        self.step(4, "Revocation stops the next fetch, and one under way", self.revoke)
        self.step(5, "Ledgers: the transaction traced, proven, and the proof attacked", self.prove)
        flood = Flood(self, say)
        self.step(6, "Second scene: three more organizations are the leading group", flood.prepare)
        self.step(7, "A flood: the emergency bureau gets the table within a minute, the provider watches", flood.grant)
        self.step(8, "Day 15: refused, reported, and no second grant", flood.day_15)

    def record_application(self, name, id, **states):
        """The negotiation goes into the report, and its state at every party is what it should be; None: it never got there."""
        for n, state in states.items():
            if state:
                workflow.wait_state(self.net.nodes[n], SEES_APPLICATIONS[n], id, state)
        seen = {n: workflow.application(self.net.nodes[n], SEES_APPLICATIONS[n], id) for n in states}
        self.record(name, next(a for a in seen.values() if a)["transaction"], {n: a and a["state"] for n, a in seen.items()}, states)
        self.report["transactions"][name]["application"] = id

    def record_transfer(self, name, id, state):
        seen = {n: workflow.wait_transfer(self.net.nodes[n], SEES_APPLICATIONS[n], id, state)["state"] for n in ("transport", "insurer")}
        self.record(name, id, seen, {n: state for n in seen})

    def record(self, name, id, seen, wanted):
        self.report["transactions"][name] = {"id": id, "states": seen}
        check(seen == wanted, f"{name}: the states should be {wanted} and are {seen}")

    # 0

    def found(self):
        begin = time.monotonic()
        organizations.build(self.net)
        self.report["figures"]["set_up_s"] = round(time.monotonic() - begin, 2)
        for n in self.net.nodes.values():
            say(f"   {n.id:10} {n.ip}  pid {n.pid}  {n.name}")

    # 1

    def publish(self):
        t = self.t
        for name, path in (("flights", FLIGHTS), ("airports", AIRPORTS)):
            out = workflow.source(t, "wang", name, path, by="bai", kinds={"departure": None})  # airports stand where everybody sees them
            say(f"   source {name}: {out['rows']} rows, {len(out['fields'])} fields")
        self.flights = workflow.publish(
            t, "wang", "flights", title="2001年美国国内航班抽样", description="航班起飞时间、起讫机场、里程与延误分钟数", topic="aviation",
            data_class="transport/flight", level=1, sharing="conditional", condition="仅用于申请中写明的用途", scope=["everyone"],
            intake="manager", purposes=["claims-assessment", "route-planning"], jurisdictions=["CN", "SG"], max_days=400)
        self.airports = workflow.publish(
            t, "wang", "airports", title="机场名录", description="机场代码、名称、城市与坐标", topic="aviation", data_class="transport/airport",
            level=2, sharing="conditional", condition="仅用于申请中写明的用途", scope=["insurer", "manager"], intake="manager",
            purposes=["claims-assessment"], jurisdictions=["CN"], max_days=400)
        for node, account, sees in ((self.i, "chen", 2), (self.m, "zheng", 2), (self.e, "qian", 1), (self.o, "tan", 1)):
            wait_until(lambda n=node, a=account, s=sees: len(workflow.catalog(n, a)) == s, f"{node.id} to see {sees} entries")
        self.overseas_learns_nothing()
        say("   flights: seen by everybody; airports: by insurer and manager only")

    def overseas_learns_nothing(self):
        """SB-23: not by listing, search, direct id, error text, or anything stored at the peer."""
        unknown = "01990000-0000-7000-8000-000000000000"
        a = self.o.refused("catalog", "show", self.airports, as_="tan")
        b = self.o.refused("catalog", "show", unknown, as_="tan")
        check((a.status, a.reason, a.text.replace(self.airports, "ID")) == (b.status, b.reason, b.text.replace(unknown, "ID")),
              "a hidden entry is answered differently from one that does not exist")
        check(not workflow.search(self.o, "tan", "机场名录"), "the hidden entry is found by its title")
        raw = bytes.fromhex(self.airports.replace("-", ""))
        self.hidden_marks = [raw, self.airports.encode(), "机场名录".encode(), b"transport/airport"]
        check(traces(self.i.dir, self.hidden_marks), "the search for traces finds none at the insurer, who holds the entry: it shows nothing")
        self.look_for_hidden_marks(self.o.dir)

    def look_for_hidden_marks(self, folder):
        found = traces(folder, self.hidden_marks)
        check(not found, f"the cross-border peer holds a trace of the hidden entry in {', '.join(found)}")

    # 2

    def negotiate(self):
        found = workflow.search(self.i, "chen", "航班")
        check([e["entry"] for e in found] == [self.flights], "the insurer's search finds flights")
        self.bad = workflow.apply(self.o, "tan", self.flights, system="routes", reason="plan routes for a season of charter flights",
                                  purpose="marketing", days=300)
        workflow.confirm(self.o, "lim", self.bad)
        workflow.wait_state(self.m, "zheng", self.bad, "RECEIVED")
        r = self.m.refused("review", self.bad, "--compliance", "pass", as_="zheng")
        check("purpose" in r.text, f"the failed criterion is named: {r.text}")
        self.m.hufu("review", self.bad, "--compliance", "refuse", as_="zheng")
        seen = workflow.wait_state(self.o, "tan", self.bad, "COMPLIANCE_REFUSED")
        check("purpose" in seen["reason"], "the applicant is told the criterion")
        self.record_application("refused_at_intake", self.bad, overseas="COMPLIANCE_REFUSED", manager="COMPLIANCE_REFUSED", transport=None)
        say(f"   overseas, first application: refused at intake: {seen['reason']}")

        self.app = workflow.apply(self.i, "chen", self.flights, system="claims", reason="核对航班延误理赔", purpose="claims-assessment", days=365)
        workflow.confirm(self.i, "zhou", self.app)
        workflow.comply(self.m, "zheng", self.app)
        workflow.wait_state(self.t, "li", self.app, "RECEIVED")
        self.t.hufu("decide", self.app, "S", "--reason", "请写明涉及的理赔业务范围", as_="li")
        seen = workflow.wait_state(self.i, "chen", self.app, "RETURNED")
        say(f"   insurer, revision 1: returned for correction: {seen['reason']}")
        self.i.hufu("apply", "--resubmit", self.app, "--reason", "核对2001年国内航班延误险理赔, 仅限理赔核算部门", as_="chen")
        workflow.confirm(self.i, "zhou", self.app)
        workflow.comply(self.m, "zheng", self.app)
        workflow.wait_state(self.t, "li", self.app, "RECEIVED", revision=2)
        self.t.hufu("decide", self.app, "T", as_="li")
        for node, account in ((self.i, "chen"), (self.t, "li")):
            workflow.wait_state(node, account, self.app, "FINALIZED")
        self.record_application("flights_negotiation", self.app, insurer="FINALIZED", transport="FINALIZED", manager="AGREED")
        say("   insurer, revision 2: approved; agreement signed by both sides")

        self.refused_app = workflow.apply(self.o, "tan", self.flights, system="routes", reason="plan routes for a season of charter flights",
                                          purpose="route-planning", days=300)
        workflow.confirm(self.o, "lim", self.refused_app)
        workflow.comply(self.m, "zheng", self.refused_app)
        workflow.wait_state(self.t, "li", self.refused_app, "RECEIVED")
        r = self.t.refused("decide", self.refused_app, "F", as_="li")
        check("reason" in r.text, "a refusal without a reason is not possible")
        self.t.hufu("decide", self.refused_app, "F", "--reason", "出境数据需先完成安全评估", as_="li")
        here = workflow.wait_state(self.t, "li", self.refused_app, "REJECTED")
        there = workflow.wait_state(self.o, "tan", self.refused_app, "REJECTED")
        check((here["reason_code"], here["reason"]) == (there["reason_code"], there["reason"]), "both sides show the same reason")
        self.record_application("refused_by_provider", self.refused_app, overseas="REJECTED", transport="REJECTED")
        say(f"   overseas, second application: refused by the provider: {there['reason']}")

    # 3

    def deliver(self):
        out = os.path.join(self.net.dir, "flights-at-insurer.csv")
        begin = time.monotonic()
        got = self.i.hufu("fetch", self.flights, "--system", "claims", "--output", out, as_="chen")
        self.report["figures"]["flights_s"] = round(time.monotonic() - begin, 3)
        check(sha256(out) == sha256(FLIGHTS), "the delivered bytes equal the source's")
        self.flights_transfer = got["transfer"]
        p = workflow.wait_transfer(self.t, "li", got["transfer"], "COMPLETED")
        check(p["receipt"] and p["root"] == got["root"], "the provider holds the consumer's receipt for the same digest")
        self.record_transfer("flights_transfer", got["transfer"], "COMPLETED")
        self.report["flights"] = {"rows": got["rows"], "bytes": got["bytes_total"], "root": got["root"], "sha256": sha256(out), "quality": got["quality"]}
        say(f"   flights: {got['rows']} rows, {got['bytes_total']} bytes, receipt verified")
        self.masked()
        self.large()

    def masked(self):
        """Toll passages with the people in them: the entry's obligation masks them on the way, and the risk is measured before and after."""
        t, path, out = self.t, os.path.join(self.net.dir, "passages.csv"), os.path.join(self.net.dir, "passages-at-insurer.csv")
        people = passages.write(path, PASSAGES, TOLL_SEED)
        plan = os.path.join(self.net.dir, "passages.yaml")
        with open(plan, "w", encoding="utf-8") as f:
            f.write(passages.plan("passages", 1, "ma", "bai", "qin"))
        workflow.source(t, "wang", "passages", path, by="bai", kinds=passages.KINDS)
        entry = workflow.publish(
            t, "wang", "passages", title="收费站通行记录（脱敏）", description="通行时间、门架、车牌与车主, 按脱敏方案交付", topic="tolls",
            data_class="transport/toll", level=2, sharing="conditional", condition="仅用于申请中写明的用途", scope=["insurer", "manager"],
            intake="manager", purposes=["claims-assessment"], jurisdictions=["CN"], max_days=400,
            extra=["--duty", "mask:passages", "--legal-basis", "公路法第六十条"])
        for node, accounts in ((t, ["li", "zhao"]), (self.i, ["chen", "zhou"]), (self.m, ["zheng"])):
            for account in accounts:
                node.enrol(account)  # sensitive data: two factors, kept sealed, a second authorization
        app = workflow.whole_negotiation(self, entry, "核对高速公路事故理赔", privacy="zhao")
        self.i.hufu("sensitive", "authorize", entry, "--system", "claims", "--purpose", "claims-assessment", "--until", workflow.in_days(30),
                    "--reason", "核对高速公路事故理赔", as_="zhou")
        fetch = ["fetch", entry, "--system", "claims", "--sealed"]
        r = self.i.refused(*fetch, as_="chen")
        check(r.reason == "masking", f"without an approved plan nothing goes out: {r.text}")
        t.hufu("release", "plan", "put", plan, as_="yang")
        t.hufu("release", "plan", "approve", "passages", as_="bai")
        got = self.i.hufu(*fetch, as_="chen")
        self.record_transfer("passages_transfer", got["transfer"], "COMPLETED")
        self.i.hufu("data", "read", got["transfer"], "--purpose", "claims-assessment", "--out", out, as_="chen")
        marks = [v.encode() for p in people[::40] for v in p[1:]]
        check(traces(os.path.dirname(path), marks) == ["passages.csv"], "a plain number, plate or card is somewhere else than in the source's file")
        self.risk(path, out)
        self.effect(got["transfer"])
        self.report["passages"].update(application=app, rows=got["rows"], quality=got["quality"], sha256=sha256(out))

    def risk(self, before, after):
        """Who saw a car pass knows time and gantry: how surely does he find its row?"""
        r = self.t.hufu("mask", "evaluate", before, after, "--quasi", "time,gantry", "--sensitive", "fee")
        a, b = ({"grade": r[x]["grade"]["grade"], "k": r[x]["k"], "average_risk": round(r[x]["prosecutor"]["average"], 4),
                 "alone": r[x]["sample_uniques"]} for x in ("before", "after"))
        self.report["passages"] = {"risk_before": a, "risk_after": b}
        check(a["grade"] == 1 and b["grade"] > 1 and a["average_risk"] > 0.9 and b["average_risk"] < 0.1, f"the risk before {a} and after {b}")
        say(f"   passages: {PASSAGES} rows masked on the way; of who knows time and gantry, a row is found with the risk")
        for name, x in (("before", a), ("after", b)):
            say(f"      {name:6}  average {x['average_risk']:.4f}, smallest class {x['k']}, rows that are alone {x['alone']}, grade {x['grade']}")

    def effect(self, transfer):
        """What the provider's node measured on the way, and signed."""
        effect = self.i.hufu("transfers", "show", transfer, as_="chen")["effect"]
        worst = {by: max(effect["fields"], key=lambda f: f[by]) for by in ("by_dictionary", "by_frequency")}
        self.report["passages"]["effect"] = effect
        check(effect["risk"]["k"] >= 1 and len(effect["fields"]) == 7, f"each masked field is measured, and k: {effect}")
        say(f"      measured on the way, of {effect['rows']} rows: k {effect['risk']['k']} by {', '.join(effect['risk']['quasi'])}; comes back " +
            ", ".join(f"{by.replace('_', ' ')} {f[by]:.4f} ({f['field']})" for by, f in worst.items()))

    def large(self):
        source = os.path.join(self.net.dir, "tolls.csv")
        workflow.tolls(self.net, source, self.args.bytes, TOLL_SEED)
        workflow.source(self.t, "wang", "tolls", source, by="bai", limit_s=300)
        self.tolls = workflow.publish(
            self.t, "wang", "tolls", title="高速公路通行记录 (生成数据)", description="由固定种子生成的通行记录", topic="roads", data_class="transport/toll",
            level=2, sharing="conditional", condition="仅用于申请中写明的用途", scope=["insurer", "manager"], intake="manager",
            purposes=["claims-assessment"], jurisdictions=["CN"], max_days=400)
        self.tolls_app = workflow.whole_negotiation(self, self.tolls, "核对通行记录与理赔时间")
        self.record_application("tolls_negotiation", self.tolls_app, insurer="FINALIZED", transport="FINALIZED")
        out = os.path.join(self.net.dir, "tolls-at-insurer.csv")
        begin = time.monotonic()
        id = self.i.hufu("fetch", self.tolls, "--system", "claims", "--output", out, "--detach", as_="chen")["transfer"]
        wait_until(lambda: workflow.transfer(self.i, "chen", id)["bytes_done"] > self.args.bytes // 4, "a quarter to be durable", 120, 0)
        before = workflow.transfer(self.i, "chen", id)
        self.i.kill()
        check(before["state"] == "STARTED", "the kill was in the middle")
        killed = time.monotonic()
        self.i.start()
        for account in ("chen", "zhou", "wu", "admin"):
            self.i.login(account)
        got = self.i.hufu("transfers", "wait", id, as_="chen", limit_s=300)
        end = time.monotonic()
        p = workflow.wait_transfer(self.t, "li", id, "COMPLETED")
        digest = sha256(out)
        check(digest == sha256(source), "the large table arrived whole")
        check(p["served_after_acknowledgement"] == 0, "no chunk was served again after its durable acknowledgement")
        self.record_transfer("tolls_transfer", id, "COMPLETED")
        self.report["tolls"] = {"rows": got["rows"], "bytes": got["bytes_total"], "root": got["root"], "sha256": digest, "durable_when_killed": before["bytes_done"],
                                "chunks": p["chunks"], "chunks_served": p["served"], "served_after_acknowledgement": 0}
        self.report["figures"].update(tolls_s=round(end - begin, 2), tolls_after_restart_s=round(end - killed, 2),
                                      provider_rss_mib=round(self.t.rss_mib(), 1), consumer_rss_mib=round(self.i.rss_mib(), 1))
        say(f"   tolls: {got['rows']} rows, {got['bytes_total'] >> 20} MiB; killed after {before['bytes_done'] >> 20} MiB, resumed; "
            f"{p['served']} chunks served for {p['chunks']}, none after its acknowledgement")
        os.unlink(out)

    # 4

    def revoke(self):
        out = os.path.join(self.net.dir, "again.csv")
        big = self.i.hufu("fetch", self.tolls, "--system", "claims", "--output", out, "--detach", as_="chen")["transfer"]
        workflow.wait_durable(self.i, "chen", big)
        with self.i.paused():  # it asks for nothing while the command is on its way
            self.t.hufu("revoke", workflow.grant_of(self.t, "li", self.tolls_app), "--reason", "来源数据有误, 停止使用", as_="li")
            at = workflow.transfer(self.t, "li", big)["served"]
        ended = workflow.wait_transfer(self.i, "chen", big, "TERMINATED")
        check(ended["reason"] == "grant-revoked", f"the consumer sees why: {ended['reason']}")
        check(ended["bytes_done"] < self.args.bytes, "it was stopped in the middle")
        wait_until(lambda: not [n for n in os.listdir(self.net.dir) if n.startswith("again.csv")], "nothing of it to be left", 5)
        after = workflow.wait_transfer(self.t, "li", big, "TERMINATED")["served"]
        check(after == at, f"no chunk was served after the revocation: {at} then, {after} in the end")
        self.record_transfer("revoked_transfer", big, "TERMINATED")
        self.report["revocation"] = {"reason": ended["text"], "chunks_served_when_revoked": at, "chunks_served_in_the_end": after}
        self.t.hufu("revoke", workflow.grant_of(self.t, "li", self.app), "--reason", "试用期结束", as_="li")
        wait_until(lambda: workflow.grant_state(self.i, "chen", self.app) == "revoked", "the consumer to know of the revocation")
        r = self.i.refused("fetch", self.flights, "--system", "claims", "--output", out, as_="chen")
        check("revoked" in (r.reason + r.text), f"the next fetch is denied with the reason: {r.text}")
        self.report["revocation"]["next_fetch"] = r.text
        say(f"   under way: stopped after {after} chunks, none of them after the revocation ({ended['text']}); next fetch: {r.text}")

    # 5

    def prove(self):
        self.exports()
        tally, negotiation = self.folder.path("exchange.tally"), self.report["transactions"]["flights_negotiation"]["id"]
        wait_until(lambda: workflow.provable(self.i, "wu", self.flights_transfer, negotiation, tally), "the transaction to be witnessed and mirrored", 60, 0.2)
        rows = self.i.hufu("ledger", "trace", self.flights_transfer, as_="wu")
        ledgers = sorted({r["ledger"] for r in rows["entries"]})
        check({"insurer", "transport"} <= set(ledgers), f"the trace spans the organizations: {ledgers}")
        say(f"   trace: {len(rows['entries'])} entries of {', '.join(ledgers)}")
        status, text = self.net.verify("tally", tally, "--root-key", self.folder.path("root.key"))
        check(status == 0, f"the tally verifies with the root key alone: {text}")
        self.report["verification"] = {"tally": text.splitlines(), "tally_bytes": os.path.getsize(tally)}
        say(f"   tally: {os.path.getsize(tally)} bytes, verified offline")
        self.attack(tally)
        self.overseas_still_knows_nothing()

    def overseas_still_knows_nothing(self):
        """Nothing in the peer's folder, in the export of its own ledger, nor in any replica of another ledger that it can write out."""
        self.look_for_hidden_marks(self.o.dir)
        self.look_for_hidden_marks(self.folder.path("ledgers", "overseas"))
        held = []
        for id in self.net.nodes:
            folder = os.path.join(self.net.dir, "overseas-holds", id)
            try:
                self.o.hufu("ledger", "export", folder, "--ledger", id, as_="goh")
            except Refused as r:
                check(r.reason in ("unknown", "state"), f"overseas and the ledger of {id}: {r.text}")
                continue
            held.append(id)
            self.look_for_hidden_marks(folder)
        check("transport" in held, "the cross-border peer holds the provider's ledger, being a party of two of its transactions")
        self.report["verification"]["overseas_holds_ledgers_without_a_trace"] = held
        say(f"   overseas: no trace of airports in its folder, its export or the ledgers it holds ({', '.join(held)})")

    def exports(self):
        self.report["ledgers"] = {}
        for id, account in AUDITORS.items():
            node, folder = self.net.nodes[id], self.folder.path("ledgers", id)
            out = wait_until(lambda: workflow.export(node, account, folder), f"{id}'s ledger to be witnessed and exported", 60, 0.2)
            status, text = self.net.verify("ledger", folder, "--root-key", self.folder.path("root.key"))
            check(status == 0, f"the exported ledger of {id} verifies: {text}")
            self.report["ledgers"][id] = {"size": out["size"], "verified": True}
        say("   ledgers exported and verified: " + ", ".join(f"{k} {v['size']}" for k, v in self.report["ledgers"].items()))

    def attack(self, tally):
        with open(tally, "rb") as f:
            good = f.read()
        draw, refused = random.Random(self.args.seed), 0
        key = self.folder.path("root.key")
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "changed.tally")
            for _ in range(1000):
                changed = bytearray(good)
                changed[draw.randrange(len(good))] ^= draw.randrange(1, 256)
                with open(path, "wb") as f:
                    f.write(changed)
                status, text = self.net.verify("tally", path, "--root-key", key)
                check(status == 1, f"a changed byte was not refused: {text}")
                refused += 1
            insider = workflow.insider_tally(self.net, self.i, tally, path)
            status, text = self.net.verify("tally", path, "--root-key", key)
            check(status == 1, f"an insider's altered and re-signed tally was not refused: {text}")
        self.report["verification"].update(changed_bytes_refused=refused, seed=self.args.seed, insider=insider, insider_refused=text)
        say(f"   {refused} one-byte changes (seed {self.args.seed}) and an insider's re-signed tally: all refused ({text.splitlines()[0]})")


def account_of(story, seconds):
    r, f = story.report, story.report["figures"]
    say("\nWhat happened: all as it should be")
    say(f"  Transport delivered {r['flights']['rows']} flights and {r['tolls']['rows']} toll passages to the insurer, on the authority of two signed")
    say("  agreements; the cross-border peer was refused twice, with the same reasons on both sides, and never learned of what was not for it.")
    say(f"  Figures: set-up {f['set_up_s']} s; flights {f['flights_s']} s; large table {f['tolls_s']} s with a kill in the middle "
        f"({f['tolls_after_restart_s']} s after it);")
    say(f"  memory: provider {f['provider_rss_mib']} MiB, consumer {f['consumer_rss_mib']} MiB; the whole run {seconds:.0f} s.")
    say(f"  Flood: {r['flood']['rows']} bridges and roads at the emergency bureau {r['flood']['declaration_to_data_s']} s after the declaration; refused on day 15.")
    say(f"  Report: {story.folder.dir} (report.json, exchange.tally, ledgers/, root.key)")


def account_of_failure(story, net, e):
    steps = story.report["steps"]
    say("\nWhat happened: NOT as it should be")
    for s in steps:
        say(f"  step {s['step']}: {s['result']} ({s['seconds']} s)")
    if not isinstance(e, (Failed, Refused)):
        traceback.print_exception(e)
    say(f"  {story.report['result']}")
    story.folder.keep_logs(net)
    say(f"  Report, with the nodes' logs: {story.folder.dir}")


def tell(story, net):
    """The whole story and its account: the exit status."""
    begin, failure = time.monotonic(), None
    try:
        story.run(net)
        story.report["result"] = "as it should be"
    except KeyboardInterrupt as e:
        failure = e
        story.report["result"] = f"stopped by {e.args[0] if e.args else 'SIGINT'}"
    except Exception as e:  # whatever it was: it is not as it should be
        failure = e
        story.report["result"] = f"{type(e).__name__}: {e}"
    seconds = time.monotonic() - begin
    story.report["figures"]["whole_run_s"] = round(seconds, 1)
    story.folder.write()
    if isinstance(failure, KeyboardInterrupt):
        return 130
    if failure:
        account_of_failure(story, net, failure)
        return 1
    account_of(story, seconds)
    return 0


def interrupted(number, _):
    raise KeyboardInterrupt(signal.Signals(number).name)


def arguments():
    p = argparse.ArgumentParser(prog="testnet/run")
    p.add_argument("--bin", required=True)
    p.add_argument("--report", default=os.path.join(HERE, "report"))
    p.add_argument("--keep", action="store_true")
    p.add_argument("--bytes", type=int, default=512 << 20)
    p.add_argument("--seed", type=int, default=20260331)
    args = p.parse_args()
    if args.bytes < LEAST_BYTES:
        p.error(f"--bytes {args.bytes} is too little to be interrupted under way; give at least {LEAST_BYTES}")
    return args


def main():
    args = arguments()
    report, run_dir = Report(args.report), os.path.join(HERE, ".run")
    if os.path.exists(run_dir):
        say("testnet/run: another run is under way or was kept; stop it with testnet/down first")
        return 1
    try:
        report.open()
    except (Failed, OSError) as e:
        say(f"testnet/run: {e}")
        return 1
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupted)
    net, status = Net(args.bin, run_dir), 130
    try:
        status = tell(Story(args, report), net)
    finally:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)  # the nodes are stopped however often somebody asks
        if not args.keep or status == 130:
            net.remove()
    if status == 130:
        say(f"\ntestnet/run: {report.data['result']}; the nodes are stopped, what there is of the report is in {report.dir}")
    if args.keep and status != 130:
        say(f"\nThe nodes go on running. Talk to one, for example:\n  export HUFU_NODE={net.nodes['insurer'].dir if net.nodes else run_dir}\n"
            f"  {args.bin}/hufu catalog list --as chen\nStop them with testnet/down.")
    return status


sys.exit(main())

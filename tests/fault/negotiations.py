"""Negotiations at every state of their table, for the tests that kill nodes and cut lines there.

A story is what people do with one application, step by step. A case is a story that is held after some of its steps: there a node
dies or a line is cut, the next step is taken where that is possible, and when all are joined again the story goes on to its end. The
cases together hold every state of node/authz/states.c at every part; `held_everywhere` reads the table, so that a new state without
a case fails. What both sides must show in the end stands here as the steps' states, written down once more.
"""
import collections
import concurrent.futures
import os
import re
import time

from common import *
from crashes import get, people, quiet, say, show

PEOPLE = {
    "transport": {"wang": ("王建国 T-1", ["publisher", "data-authority"]), "li": ("李敏 T-2", ["approver"]), "zhao": ("赵强 T-3", ["privacy-expert"]),
                  "gao": ("高远 T-9", ["senior-approver"])},
    "insurer": {"chen": ("陈晨 I-1", ["operator"]), "zhou": ("周洁 I-2", ["data-authority"]), "lin": ("林涛 I-4", ["approver"])},
    "manager": {"zheng": ("郑华 M-1", ["intake"])},
}
PART, WHO = {"insurer": "consumer", "manager": "intake", "transport": "provider"}, {"insurer": "chen", "manager": "zheng", "transport": "li"}
NODES = tuple(PART)
OK, NO = {"ok": True}, {"ok": False, "text": "无必要"}
BRIEF_S = 5
KEPT = ""  # the part's state stays

Step = collections.namedtuple("Step", "node account path body states")
APPLICATION = "/v1/applications/"


def step(node, account, path, body, *states):
    """states: of consumer, intake and provider when all have heard of it."""
    return Step(node, account, path, body, dict(zip(NODES, states)))


AGREED = ("FINALIZED", "AGREED", "FINALIZED")
STEPS = {
    "need": step("insurer", "zhou", APPLICATION + "review-need", {"need": OK, "scope": OK, "period": OK}, "SUBMITTED", "RECEIVED", KEPT),
    "no-need": step("insurer", "zhou", APPLICATION + "review-need", {"need": NO, "scope": OK, "period": OK}, "NEED_REFUSED", KEPT, KEPT),
    "again": step("insurer", "chen", APPLICATION + "resubmit", {}, "DRAFT", KEPT, KEPT),
    "pass": step("manager", "zheng", APPLICATION + "review-compliance", {"result": "pass"}, "SUBMITTED", "FORWARDED", "RECEIVED"),
    "refuse": step("manager", "zheng", APPLICATION + "review-compliance", {"result": "refuse"}, "COMPLIANCE_REFUSED", "COMPLIANCE_REFUSED", KEPT),
    "return": step("manager", "zheng", APPLICATION + "review-compliance", {"result": "return"}, "RETURNED", "RETURNED", KEPT),
    "privacy": step("transport", "zhao", APPLICATION + "review-privacy", {"necessity": OK, "compliance": OK}, KEPT, KEPT, "PRIVACY_PASSED"),
    "no-privacy": step("transport", "zhao", APPLICATION + "review-privacy", {"necessity": OK, "compliance": NO}, KEPT, KEPT, "PRIVACY_FAILED"),
    "first": step("transport", "li", APPLICATION + "decide", {"result": "T"}, KEPT, KEPT, "SECOND_WAITING"),
    "T": step("transport", "li", APPLICATION + "decide", {"result": "T"}, *AGREED),
    "T-brief": step("transport", "li", APPLICATION + "decide", {"result": "T"}, *AGREED),  # for some seconds
    "T2": step("transport", "gao", APPLICATION + "decide-second", {"result": "T"}, *AGREED),
    "F": step("transport", "li", APPLICATION + "decide", {"result": "F"}, "REJECTED", "REJECTED", "REJECTED"),
    "F2": step("transport", "gao", APPLICATION + "decide-second", {"result": "F"}, "REJECTED", "REJECTED", "REJECTED"),
    "S": step("transport", "li", APPLICATION + "decide", {"result": "S"}, "RETURNED", "RETURNED", "RETURNED"),
    "withdraw": step("insurer", "chen", APPLICATION + "withdraw", {}, "WITHDRAWN", "WITHDRAWN", "WITHDRAWN"),
    "revoke": step("transport", "li", "/v1/grants/revoke", {}, KEPT, KEPT, KEPT),
    "give-back": step("insurer", "lin", "/v1/grants/revoke", {}, KEPT, KEPT, KEPT),
    "cancel": step("transport", "li", "/v1/grants/revoke", {}, "TERMINATED", "AGREED", "TERMINATED"),  # before it was countersigned
}
# kind of entry, steps after the draft
STORIES = [
    ("plain", "no-need again need pass T revoke"),
    ("plain", "need pass T give-back"),
    ("plain", "need pass T-brief"),
    ("plain", "need pass F"),
    ("plain", "need pass S again need pass T"),
    ("plain", "need pass S withdraw"),
    ("plain", "need pass withdraw"),
    ("plain", "need return again need pass F"),
    ("plain", "need return withdraw"),
    ("plain", "need refuse"),
    ("plain", "need withdraw"),
    ("plain", "no-need withdraw"),
    ("plain", "withdraw"),
    ("personal", "need pass privacy T"),
    ("personal", "need pass privacy withdraw"),
    ("personal", "need pass no-privacy F"),
    ("personal", "need pass no-privacy S"),
    ("personal", "need pass no-privacy withdraw"),
    ("personal", "need pass F"),
    ("personal", "need pass S"),
    ("personal", "need pass withdraw"),
    ("core", "need pass first T2"),
    ("core", "need pass first F2"),
    ("core", "need pass first withdraw"),
    ("agency", "need pass revoke"),  # the agent's review settles it
]
AFTER_PASS = {"personal": ("SUBMITTED", "FORWARDED", "PRIVACY_WAITING"), "agency": AGREED}


def network(net, subnet, before_start=None):
    level = {"level": "city"}
    net.node("transport", "交通运输厅", f"{net.prefix}.{subnet}.1", organization="cn.gov.transport", roles=["provider"])
    net.node("insurer", "安途保险公司", f"{net.prefix}.{subnet}.2", organization="cn.com.antu", roles=["consumer"], attributes=level)
    net.node("manager", "数据共享管理中心", f"{net.prefix}.{subnet}.3", organization="cn.gov.sharing", roles=["exchange-service"], attributes=level)
    net.found(["insurer", "manager", "transport"], 2)
    if before_start:
        before_start()
    net.start()
    with concurrent.futures.ThreadPoolExecutor() as pool:
        list(pool.map(lambda n: net.nodes[n].staff(PEOPLE[n]), NODES))
        list(pool.map(lambda n: [net.nodes[n].enrol(a) for a in PEOPLE[n]], NODES))  # core data asks for two factors
    people(net, WHO, PEOPLE)
    net.nodes["insurer"].hufu("system", "add", "claims", "--address", f"{net.prefix}.{subnet}.2", "--business", "理赔核算", as_="admin")
    register(net, "flights", FLIGHTS)
    net.entries = {"plain": publish(net, "flights"), "core": publish(net, "flights", title="核心数据", level=3),
                   "personal": publish(net, "flights", title="含个人信息的条目", extra=["--personal", "--legal-basis", "个人信息保护法 第十三条"]),
                   "agency": publish(net, "flights", title="委托审批的条目")}
    net.nodes["transport"].hufu("agent", "delegate", "manager", "--entry", net.entries["agency"], "--level", "city", "--until", workflow.in_days(200),
                                "--power", "decide", as_="li")
    for n in ("insurer", "manager"):
        wait_until(lambda n=n: net.nodes[n].hufu("agent", "list", as_=WHO[n])["delegations"], f"the delegation at {n}")
    for entry in net.entries.values():
        wait_until(lambda e=entry: sees(net.nodes["insurer"], "chen", e) and sees(net.nodes["manager"], "zheng", e), "the entries")


def shown(net, name, app):
    return show(net.nodes[name], APPLICATION + "show?application=" + app)


class Case:
    """One application: its steps, how many of them are taken before it is held, and what each part has to show after the taken ones."""

    def __init__(self, net, kind, steps, held, apart=1):
        self.net, self.kind, self.steps, self.held, self.apart, self.taken, self.decided = net, kind, steps, held, apart, 0, ""
        self.states = {"insurer": "DRAFT"}
        self.name = f"{kind}: {' '.join(steps[:held])} | {' '.join(steps[held:])}"
        draft = {"entry": net.entries[kind], "system": "claims", "reason": "核对航班延误理赔事宜", "purpose": "claims-assessment", "until": workflow.in_days(90)}
        self.app = say(net.nodes["insurer"], "chen", APPLICATION + "draft", draft)["application"]

    def next(self):
        return self.steps[self.taken] if self.taken < len(self.steps) else None

    def take(self, name=None):
        """The next step (or that one, outside the story) at its node, whoever hears of it."""
        name = name or self.next()
        s = STEPS[name]
        body = dict(s.body, application=self.app, reason=f"{self.app} {name}")
        if s.path.startswith("/v1/grants/"):
            body["grant"] = shown(self.net, s.node, self.app)["grant"]
        if name == "pass":
            del body["reason"]
        if name == "T-brief":
            body["until"] = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + BRIEF_S))
        say(self.net.nodes[s.node], s.account, s.path, body)
        self.expect(name)

    def expect(self, name):
        states = dict(zip(NODES, AFTER_PASS[self.kind])) if name == "pass" and self.kind in AFTER_PASS else STEPS[name].states
        if name == "withdraw":
            states = {n: s for n, s in states.items() if n in self.states}
        self.states.update({n: s for n, s in states.items() if s != KEPT})
        self.taken += 1
        self.decided = name if name != "again" else self.decided

    def drive(self, until):
        self.wait()
        while self.taken < until:
            self.take()
            self.wait()

    def seen(self, nodes=NODES):
        """{node: state of its part}, as the nodes tell it now."""
        rows = {n: shown(self.net, n, self.app) for n in nodes}
        return {n: r["parts"][PART[n]]["state"] for n, r in rows.items() if r}

    def wait(self):
        last = {}

        def there():
            last.update(now=self.seen())
            return last["now"] == self.states

        try:
            wait_until(there, "", 90, 0)
        except hufunet.Failed:
            raise hufunet.Failed(f"{self.name}: the parts are {last['now']}, not {self.states}") from None

    def reason(self):
        """What the end's reason must be: as the person who decided it wrote it."""
        words = {"pass": "", "no-need": NO["text"], "T2": f"{self.app} first"}  # of core data the first level gives it
        return words.get(self.decided, f"{self.app} {self.decided}")

    def check_end(self):
        """Both sides, and the intake node where the end is its affair too, show the same result with the same reason."""
        rows = {n: shown(self.net, n, self.app) for n in self.states}
        own = rows["insurer"]
        sides = [n for n in self.states if n != "manager" or self.states[n] == self.states["insurer"]]
        ends = {n: (rows[n]["result"], rows[n]["reason_code"], rows[n]["reason"]) for n in sides}
        check(len(set(ends.values())) == 1, f"{self.name}: {ends}")
        check(own["reason"] == self.reason(), f"{self.name}: {own['reason']}")
        if "transport" in self.states and self.decided != "withdraw":
            revisions = [{r["revision"]: (r["result"], r["reason_code"], r["reason"]) for r in rows[n]["revisions"] if r.get("result")}
                         for n in ("insurer", "transport")]
            check(revisions[1].items() <= revisions[0].items(), f"{self.name}: the revisions' results: {revisions}")


def check_grants(net, cases):
    """Both sides hold the same grants, ended by the same for the same reason."""
    def grants(name):
        listed = get(net.nodes[name], "/v1/grants?limit=1000")["grants"]
        return {(g["application"], g["grant"]): (g["state"], g.get("reason", ""), g.get("ended_by", "")) for g in listed}

    brief = [c.app for c in cases if "T-brief" in c.steps]
    wait_until(lambda: all(grants(s)[k][0] == "expired" for s in ("insurer", "transport") for k in grants(s) if k[0] in brief), "the brief grants to expire")
    ours, theirs = grants("insurer"), grants("transport")
    for c in cases:
        a, b = ({k: v for k, v in side.items() if k[0] == c.app} for side in (ours, theirs))
        check(a == b or not a and all(v[0] == "revoked" for v in b.values()), f"{c.name}: {a} and {b}")
        check(bool(a) == (c.states["insurer"] in ("FINALIZED", "TERMINATED")), f"{c.name}: {a}")


def all_cases(net):
    """Each way from one prefix of the stories to the next step, and each end, once."""
    made = {}
    for kind, text in STORIES:
        steps = text.split()
        for held in range(len(steps) + 1):
            made.setdefault((kind, tuple(steps[:held + 1]), held), (kind, steps, held))
    return [Case(net, *c) for c in made.values()]


def table():
    """{part: states} that node/authz/states.c gives steps out of or into."""
    here = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "node", "authz", "states.c")
    with open(here, encoding="utf-8") as f:
        cells = f.read().split("cells[HF_PART_COUNT]", 1)[1].split("negotiation_of", 1)[0]
    found, part = {}, None
    for word, name, to in re.findall(r"\[HF_(PART|REVIEW)_(\w+)\] =|CELL\(\w+, (\w+)\)", cells):
        if word == "PART":
            part = name.lower()
            found[part] = set()
        else:
            found[part].add(name or to)
    return {p: s - {"NONE"} for p, s in found.items()}


# One unit of work goes through them, so no part is ever at rest there (node/authz/agreement.c); and what only a provider that breaks the
# rules brings about: an agreement that does not fit the application (tests/unit/authz/refusal_test.c).
PASSING = {("consumer", "AGREED"), ("provider", "VERIFIED"), ("intake", "TERMINATED")}


def held_everywhere(seen):
    wanted = {(p, s) for p, states in table().items() for s in states}
    check(len(wanted) > 25, f"the table is read: {wanted}")
    check(PASSING <= wanted, f"{PASSING - wanted} is not in the table any more")
    check(seen - PASSING == wanted - PASSING, f"not held: {sorted(wanted - PASSING - seen)}; not in the table: {sorted(seen - wanted)}")
    check(not seen & PASSING, f"held after all, so it needs a case: {sorted(seen & PASSING)}")

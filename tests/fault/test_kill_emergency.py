"""SIGKILL of each node at each state of an emergency request, and of a dispute: the others go on meanwhile, and in the end all nodes show
one state with one reason. The cases stand side by side, so that one kill meets all of them (negotiations.py says the same of
applications); node/authz/emergency_states.h and dispute.h say which states there are."""
import os
import re

import test_emergency as em
from common import *
from crashes import back, crash, get, people, person, quiet, say, show

WHO = {"transport": "li", "bureau": "qian", "centre": "du", "lead-a": "an", "lead-b": "bo", "lead-c": "yan"}
VICTIMS = ("transport", "bureau", "centre", "lead-a")
NODES = tuple(WHO)
PASSING = {("transport", "EXECUTED")}  # the provider makes a grant usable, or refuses it, in the unit that takes it in
# After the request was raised. "x:T" is the vote of lead-x; "x:revoke" its withdrawal.
STORIES = [
    "a:T b:T execute over",
    "b:T c:T execute a:revoke c:revoke",
    "a:F c:F",
    "c:S b:S again a:T c:T execute",
    "a:T b:T unpublish execute",
]
STATES = {"T": ("OPEN", "APPROVED"), "F": ("OPEN", "REJECTED"), "S": ("OPEN", "RETURNED"), "revoke": ("ACTIVE", "ENDED")}  # after one, after two


def network(net):
    em.network(net)
    net.nodes["centre"].add_user("hui", "惠民 D-2", ["intake"])
    people(net, WHO, {**em.PEOPLE, "centre": ["du", "hui"]})
    workflow.source(net.nodes["transport"], "wang", "flights", FLIGHTS)
    net.seen, net.settled, net.entries = set(), set(), []


def entry(net, used):
    """One that these cases have not used yet: the provider gives one resource once in one event."""
    left = [e for e in net.entries if e not in used]
    if not left:
        left = [publish(net)]
        wait_until(lambda: sees(net.nodes["bureau"], person(net.nodes["bureau"], "jin"), left[0]), "the entry at the bureau")
        net.entries += left
    return left[0]


def publish(net):
    return workflow.publish(net.nodes["transport"], person(net.nodes["transport"], "wang"), "flights", title="航班", description="用于测试的目录条目", topic="aviation",
                            data_class="transport/flight", level=1, sharing="conditional", condition="仅用于申请中写明的用途", scope=["everyone"],
                            intake="centre", purposes=["flood-relief"])


class Case:
    def __init__(self, net, event, entry, story, held):
        self.net, self.event, self.entry, self.held, self.apart, self.taken = net, event, entry, held, 1, 0
        self.steps = story.split()
        self.name = f"{' '.join(self.steps[:held])} | {' '.join(self.steps[held:])}"
        self.request = em.raise_request(net, event, entry)

    def next(self):
        return self.steps[self.taken] if self.taken < len(self.steps) else None

    def node(self, step):
        return {"execute": "centre", "unpublish": "transport", "over": "bureau", "again": "bureau"}.get(step) or f"lead-{step[0]}"

    def take(self):
        step, net = self.next(), self.net
        reason, node = f"{self.request} {step}", net.nodes[self.node(step)]
        who = net.who[node.id]
        if step == "unpublish":
            say(node, "wang", "/v1/catalog/withdraw", {"entry": self.entry, "reason": reason})
            net.entries.remove(self.entry)
        elif step == "over":
            say(node, who, "/v1/emergency/over", {"event": self.event, "reason": reason})
        elif step == "again":
            say(node, who, "/v1/emergency/resubmit", {"request": self.request, "reason": reason})
        elif step == "execute":
            say(node, who, "/v1/emergency/execute", {"request": self.request})
        elif step.endswith(":revoke"):
            say(node, who, "/v1/emergency/withdraw", {"request": self.request, "reason": reason})
        else:
            say(node, who, "/v1/emergency/decide", {"request": self.request, "result": step[2:], "reason": reason})
        self.taken += 1

    def state(self):
        done = self.steps[:self.taken]
        if not done or done[-1] == "again":
            return "OPEN"
        if done[-1] in ("execute", "over"):
            return "ENDED" if done[-1] == "over" else "REFUSED" if "unpublish" in done else "ACTIVE"
        if done[-1] == "unpublish":
            return "APPROVED"
        kind = done[-1].split(":")[1]
        return STATES[kind][len(done) > 1 and done[-2].endswith(":" + kind)]

    def seen(self, nodes=NODES):
        rows = {n: show(self.net.nodes[n], "/v1/emergency/show?request=" + self.request) for n in nodes}
        return {n: r and r["state"] for n, r in rows.items()}

    def wait(self, *states):
        states = states or (self.state(),)
        wait_until(lambda: all(s in states for s in self.seen().values()), f"{self.name}: all to be {states}, not {self.seen()}", 90, 0)

    def drive(self, until):
        self.wait()
        while self.taken < until:
            self.take()
            self.wait()

    def end_at(self, node):
        """Everything that a node says of the end: state, result and reason of the request and of its revisions, the end of the grant."""
        r = get(self.net.nodes[node], "/v1/emergency/show?request=" + self.request)
        return [r.get(k, "") for k in ("state", "result", "reason", "cause", "end_reason", "ended", "executor", "grant")] + [
            (v["revision"], v.get("result", ""), v.get("reason", "")) for v in r["revisions"]]

    def check_end(self):
        wait_until(lambda: len({str(self.end_at(n)) for n in NODES}) == 1, f"{self.name}: {[self.end_at(n) for n in NODES]}", 90, 0)
        end, grants = self.end_at("bureau"), [{g["grant"]: g["state"] for g in get(self.net.nodes[n], "/v1/grants?limit=1000")["grants"]}
                                              for n in ("bureau", "transport")]
        if end[0] in ("ACTIVE", "ENDED"):
            check(grants[0][end[7]] == grants[1][end[7]] == {"ACTIVE": "active", "ENDED": "revoked"}[end[0]], f"{self.name}: {grants}")
        if end[0] in ("REJECTED", "RETURNED"):
            check(end[2] in [f"{self.request} {s}" for s in self.steps], f"{self.name}: the reason is a voter's: {end}")


def cases(net, victim):
    """Each way from one prefix of the stories to the next step, and each end, once. While the provider is dead, the grant that waits for
    it may be overtaken by the end of its event."""
    person(net.nodes["bureau"], "qian")
    wanted, all, shared = {}, [], em.declare(net)
    for story in STORIES:
        steps = story.split()
        for held in range(len(steps) + 1):
            wanted.setdefault((tuple(steps[:held + 1]), held), (story, held))
    for story, held in [*wanted.values(), *[(STORIES[0], 2)] * (victim == "transport")]:
        event = em.declare(net) if "over" in story else shared
        all.append(Case(net, event, entry(net, [c.entry for c in all if c.event == event]), story, held))
    if victim == "transport":
        all[-1].apart = 2
    return all


def note(net, cases, nodes):
    for c in cases:
        net.seen |= {(n, s) for n, s in c.seen(nodes).items() if s}


def dies(net, victim):
    mine = cases(net, victim)
    for c in mine:
        c.drive(c.held)
    note(net, mine, [victim])
    net.nodes[victim].kill()
    alive = [n for n in NODES if n != victim]
    for c in mine:
        for _ in range(c.apart):
            if c.next() and c.node(c.next()) != victim:
                c.take()
    quiet(net, alive)
    others = [n for n in VICTIMS if n != victim]
    note(net, mine, others)
    crash(net, *others)
    back(net, victim)
    for c in mine:
        if c.apart > 1:
            c.wait("REFUSED", "ENDED")  # as the grant or the end of the event comes first to the provider
        else:
            c.drive(len(c.steps))
    quiet(net, NODES)
    for c in mine:
        c.check_end()
    note(net, mine, VICTIMS)


def test_the_provider_dies_in_every_state_of_an_emergency(net):
    """AZ-54, AZ-55, AZ-59"""
    dies(net, "transport")


def test_the_authority_dies_in_every_state_of_an_emergency(net):
    dies(net, "bureau")


def test_who_carries_it_out_dies_in_every_state_of_an_emergency(net):
    dies(net, "centre")


def test_a_member_of_the_leading_group_dies_in_every_state_of_an_emergency(net):
    dies(net, "lead-a")
    crash(net, *VICTIMS)


def names(file, table):
    """The states that a table in a header names."""
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "node", "authz", file), encoding="utf-8") as f:
        text = f.read().split(f"#define {table}(X)", 1)[1].split("\n\n", 1)[0].split("enum ", 1)[0]
    return {n for n in re.findall(r'X\(\w+, "(\w+)"\)', text)}


def test_no_state_of_an_emergency_was_left_out(net):
    wanted = {(n, s) for n in VICTIMS for s in names("emergency_states.h", "HF_EM_STATES")}
    check(PASSING <= wanted and len(wanted) >= 4 * 8, f"the table is read: {wanted}")
    check(net.seen == wanted - PASSING, f"not held: {sorted(wanted - PASSING - net.seen)}; held after all: {sorted(net.seen - (wanted - PASSING))}")


# Disputes

def rejected(net, entry):
    b = net.nodes["bureau"]
    for node, account in (("bureau", "jin"), ("bureau", "zhen"), ("centre", "hui"), ("transport", "li")):
        person(net.nodes[node], account)
    app = workflow.apply(b, "jin", entry, system="rescue", reason="重建需要航班数据", purpose="flood-relief", days=30)
    workflow.confirm(b, "zhen", app)
    workflow.comply(net.nodes["centre"], "hui", app)
    workflow.wait_state(net.nodes["transport"], "li", app, "RECEIVED")
    net.nodes["transport"].hufu("decide", app, "F", "--reason", "已有公开统计", as_="li")
    workflow.wait_state(b, "jin", app, "REJECTED")
    return app


def dispute(net, node, id):
    return show(net.nodes[node], "/v1/disputes/show?dispute=" + id) or {"outcome": None}


def settle(net, node, id, result):
    say(net.nodes[node], WHO[node], "/v1/disputes/settle", {"dispute": id, "result": result, "reason": f"{id} {node}"})


def all_say(net, id, outcome, reason):
    def ends():
        return {n: (d["outcome"], d.get("outcome_reason", "")) for n in NODES for d in [dispute(net, n, id)]}

    wait_until(lambda: set(ends().values()) == {(outcome, reason)}, f"the dispute to be {outcome} everywhere: {ends()}", 90, 0)
    net.settled.add(outcome)


def test_a_dispute_ends_alike_whoever_dies(net):
    """AZ-20: each victim dies with it open, is dead while it is settled, and dies again"""
    e = entry(net, [])
    raised = []
    for k, victim in enumerate(VICTIMS):
        app = rejected(net, e)
        id = say(net.nodes["bureau"], "jin", "/v1/disputes/raise", {"application": app, "about": "result", "reason": "同类申请已获批准"})["dispute"]
        raised.append((victim, ("upheld", "dismissed")[k % 2], app, id))
    for victim, result, _, id in raised:
        all_say(net, id, "open", "")
        crash(net, victim)
        settle(net, "lead-c", id, result)
        net.nodes[victim].kill()
        settle(net, "lead-b", id, result)
        quiet(net, [n for n in NODES if n != victim])
        back(net, victim)
        all_say(net, id, result, f"{id} lead-c")
    crash(net, *VICTIMS)
    for _, result, app, id in raised:
        all_say(net, id, result, f"{id} lead-c")
        check(show(net.nodes["bureau"], "/v1/applications/show?application=" + app)["state"] == "REJECTED", "AZ-28: the old result stays")


def test_no_outcome_of_a_dispute_was_left_out(net):
    """Three organizations that all may settle always come to one opinion; "undecided" is shown by tests/unit/authz/dispute_test.c."""
    check(net.settled == names("dispute.h", "HF_DISPUTE_OUTCOMES") - {"undecided"}, f"{net.settled}")

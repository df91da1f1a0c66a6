"""Uses of a grant on real nodes: never more than agreed, whether they run in parallel or the provider dies in between; each is
counted on both sides and reported; a use for another purpose, after the revocation or by somebody else is denied."""
import concurrent.futures
import os

from common import *
from test_rulebook import POLICY, RULE

ENDED = ("COMPLETED", "TERMINATED")
MOST = 3


def network(net):
    trio(net, 47)
    register(net, "flights", FLIGHTS)
    net.limited = publish(net, "flights", extra=("--duty", f"uses:{MOST}", "--duty", "report-use"))
    net.big = os.path.join(net.dir, "tolls.csv")
    workflow.tolls(net, net.big, 24 << 20, 7)
    register(net, "tolls", net.big)
    net.tolls = publish(net, "tolls", extra=("--duty", f"uses:{MOST}"))
    net.count = net.policy_version = 0


def grant_for(net, entry):
    app = agreement(net, entry)
    return workflow.grant_of(net.nodes["insurer"], "chen", app)


def begin(net, grant, **more):
    net.count += 1
    out = os.path.join(net.dir, f"used-{net.count}.csv")
    body = {"grant": grant, "output": out, **more}
    return net.nodes["insurer"].api("POST", "/v1/transfers/fetch", body, as_="chen")[1]["transfer"]


def ended(net, id):
    i = net.nodes["insurer"]
    return wait_until(lambda: (lambda t: t if t["state"] in ENDED else None)(workflow.transfer(i, "chen", id)), f"transfer {id} to end", 120)


def count(node, who, grant):
    return node.api("GET", "/v1/uses?grant=" + grant, None, as_=who)[1]


def test_of_one_more_parallel_use_than_agreed_one_fails(net):
    """SB-26: use number N+1 of an N-times grant fails, also when requests run in parallel"""
    t, i = net.nodes["transport"], net.nodes["insurer"]
    grant = grant_for(net, net.limited)
    with concurrent.futures.ThreadPoolExecutor(MOST + 1) as pool:
        ids = list(pool.map(lambda _: begin(net, grant), range(MOST + 1)))
    ends = [ended(net, id) for id in ids]
    check(sum(e["state"] == "COMPLETED" for e in ends) == MOST, f"{MOST} of {MOST + 1} are delivered: {ends}")
    refused = [e for e in ends if e["state"] == "TERMINATED"]
    check(len(refused) == 1 and refused[0]["reason"] == "quota" and f"allows {MOST} uses" in refused[0]["text"], f"one is refused: {refused}")
    later = ended(net, begin(net, grant))
    check(later["state"] == "TERMINATED" and later["reason"] == "quota", f"and so is every later one: {later}")
    all_told = {"most": MOST, "under_way": 0, "used": MOST, "reported": MOST, "differing": 0}
    wait_until(lambda: count(t, "li", grant)["count"] == all_told, "the reports and receipts, by which both count the same")
    check(count(i, "chen", grant)["count"]["used"] == MOST, "the consumer's own count")


def test_each_use_is_reported_under_its_transaction(net):
    """AZ-19, AZ-76: the consumer's report and the provider's own count stand side by side, in both ledgers"""
    t, i = net.nodes["transport"], net.nodes["insurer"]
    grant = grant_for(net, net.limited)
    id = begin(net, grant)
    done = ended(net, id)
    check(done["state"] == "COMPLETED", f"it is delivered: {done}")
    row = wait_until(lambda: next((u for u in count(t, "li", grant)["uses"] if "reported" in u and u["state"] == "used"), None), "report and receipt")
    check(row["transaction"] == id and row["rows"] == done["rows"] and row["difference"] == "" and row["purpose"] == "claims-assessment",
          f"it agrees: {row}")
    for node, who in ((t, "sun"), (i, "wu")):
        rows = wait_until(lambda: [e for e in entries_of(node, who, id) if e["event"] == "use-report"], f"{node.id}'s entry of the report")
        check({r["ledger"] for r in rows} <= {"transport", "insurer"}, f"it is in the ledger: {rows}")


def test_a_use_for_another_purpose_is_denied_and_counts_nothing(net):
    """AZ-76: use outside the stated purpose code is denied"""
    t = net.nodes["transport"]
    grant = grant_for(net, net.limited)
    end = ended(net, begin(net, grant, purpose="marketing"))
    check(end["state"] == "TERMINATED" and end["reason"] == "wrong-purpose", f"denied: {end}")
    check(count(t, "li", grant)["count"]["used"] == 0, "a denied use is none")


def test_the_second_use_after_a_revocation_is_denied(net):
    """SB-2, AZ-33, AZ-72: revoking a grant between transfer and second use makes the second use fail"""
    t = net.nodes["transport"]
    grant = grant_for(net, net.limited)
    check(ended(net, begin(net, grant))["state"] == "COMPLETED", "the first use")
    t.hufu("revoke", grant, "--reason", "合同终止", as_="li")
    end = ended(net, begin(net, grant))
    check(end["state"] == "TERMINATED" and end["reason"] == "grant-revoked", f"the second use: {end}")
    check(count(t, "li", grant)["count"]["used"] == 1, "one use was made")


def test_an_obligation_that_cannot_be_fulfilled_is_not_published(net):
    """AZ-73"""
    t = net.nodes["transport"]
    for duty in ("uses:0", "uses:many", "watermark-on-paper"):
        try:
            publish(net, "flights", extra=("--duty", duty))
        except hufunet.Refused as r:
            check(r.reason == "obligation" and duty in r.text, f"the reason: {r}")
        else:
            check(False, f"{duty} was published by {t.id}")


def test_a_provider_that_dies_while_uses_are_under_way_gives_none_too_many(net):
    """SB-26: SIGKILL between reservation and commit; the transfers go on under their reservations, the next use fails"""
    t, i = net.nodes["transport"], net.nodes["insurer"]
    grant = grant_for(net, net.tolls)
    ids = [begin(net, grant) for _ in range(MOST)]
    wait_until(lambda: count(t, "li", grant)["count"]["under_way"] + count(t, "li", grant)["count"]["used"] == MOST, "all to be reserved", 60, 0)
    t.kill()
    t.start()
    for who in ("wang", "li", "sun"):
        t.login(who)

    def all_taken():  # what was not on disk yet is asked for again by the consumer
        after = count(t, "li", grant)["count"]
        return after["under_way"] + after["used"] == MOST

    wait_until(all_taken, "nothing to be forgotten")
    end = ended(net, begin(net, grant))
    check(end["state"] == "TERMINATED" and end["reason"] == "quota", f"one more is refused: {end}")
    check([ended(net, id)["state"] for id in ids] == ["COMPLETED"] * MOST, "what was reserved is delivered")
    wait_until(lambda: (lambda c: c["used"] == MOST and c["under_way"] == 0)(count(t, "li", grant)["count"]), "the commits, with no reservation left")


def rule(net, entry, most):
    """An attribute rule of that many uses is in force, in a new version of the policy."""
    net.policy_version += 1
    path = os.path.join(net.dir, "uses.yaml")
    with open(path, "w", encoding="utf-8") as f:
        f.write(POLICY.format(version=net.policy_version, rules=RULE.format(entry=entry) + f"    obligations:\n      - uses: {most}\n"))
    net.nodes["transport"].hufu("policy", "apply", path, "--reason", "理赔场景", as_="li")


def begin_by_rule(net, entry):
    net.count += 1
    out = os.path.join(net.dir, f"ruled-{net.count}.csv")
    return net.nodes["insurer"].hufu("fetch", entry, "--system", "claims", "--purpose", "claims-assessment", "--mechanism", "attribute", "--output", out, "--detach",
                                     as_="chen")["transfer"]


def test_a_rule_gives_each_organization_its_uses_and_no_more(net):
    """SB-26, AZ-73: number N+1 fails in parallel, also when the policy is put in force again meanwhile"""
    t = net.nodes["transport"]
    entry = publish(net, "tolls")
    wait_until(lambda: sees(net.nodes["insurer"], "chen", entry), "the entry at the insurer")
    rule(net, entry, 2)
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        ids = list(pool.map(lambda _: begin_by_rule(net, entry), range(3)))
    rule(net, entry, 2)
    ends = [ended(net, id) for id in ids]
    check(sorted(e["state"] for e in ends) == ["COMPLETED", "COMPLETED", "TERMINATED"], f"two of three: {ends}")
    refused = next(e for e in ends if e["state"] == "TERMINATED")
    check(refused["reason"] == "quota" and "the rule 'claims' allows 2 uses" in refused["text"], f"the reason: {refused}")
    mine = lambda: [u for u in t.api("GET", "/v1/uses", None, as_="li")[1]["uses"] if u["resource"] == entry]
    wait_until(lambda: len(mine()) == 2 and all(u["state"] == "used" and "reported" in u and u["difference"] == "" for u in mine()),
               "both uses to be committed and reported")
    check(ended(net, begin_by_rule(net, entry))["reason"] == "quota", "and so is every later one")


def test_a_withdrawn_entry_is_gone_and_its_grants_give_nothing(net):
    """SB-27: after withdrawal, catalogue and use fail on the peer, without the peer's help and although the grant's period runs on"""
    t, i = net.nodes["transport"], net.nodes["insurer"]
    entry = publish(net, "flights")
    grant = grant_for(net, entry)
    check(ended(net, begin(net, grant))["state"] == "COMPLETED" and sees(i, "chen", entry), "before")
    t.hufu("catalog", "withdraw", entry, "--reason", "数据停止共享", as_="wang")
    end = ended(net, begin(net, grant))
    check(end["state"] == "TERMINATED" and end["reason"] in ("no-grant", "not-shared"), f"the next use: {end}")
    wait_until(lambda: not sees(i, "chen", entry), "the peer's catalogue to follow", 30)


def entry_names(node, who, id, reason):
    return any(e["fields"].get("event") == "transfer-terminated" and e["fields"].get("reason") == reason for e in entries_of(node, who, id))


def test_a_consumer_that_vanishes_gives_its_reservation_free_and_both_ledgers_say_how_it_ended(net):
    """SB-26: the process of the consumer stands still in the middle of a delivery; when it comes back it ends with the provider's reason"""
    t, i = net.nodes["transport"], net.nodes["insurer"]
    t.stop()
    t.configure("transfers:\n  idle_seconds: 10\n")
    t.start()
    for who in ("wang", "li", "sun"):
        t.login(who)
    grant = grant_for(net, publish(net, "tolls"))

    def midway():  # between the start and the last chunk, also when what is on its way is served
        rows = [x for x in t.api("GET", "/v1/transfers", None, as_="li")[1]["transfers"] if x["transfer"] == id]
        return rows and rows[0]["state"] == "STARTED" and rows[0]["served"] + 9 < rows[0]["chunks"]

    for _ in range(20):
        id = begin(net, grant)
        with i.paused():
            if midway():
                check(count(t, "li", grant)["count"]["under_way"] == 1, "its use is reserved")
                wait_until(lambda: workflow.transfer(t, "li", id)["state"] == "TERMINATED", "the provider to end it", 60)
                break
        ended(net, id)
    end = workflow.transfer(t, "li", id)
    check(end["reason"] == "abandoned" and "insurer asked for nothing more within 10 s" in end["text"], f"{end}")
    check(count(t, "li", grant)["count"]["under_way"] == 0, "nothing is reserved any more")
    theirs = ended(net, id)
    check(theirs["state"] == "TERMINATED" and theirs["reason"] == "abandoned", f"the consumer: {theirs}")
    check(entry_names(t, "sun", id, "abandoned") and entry_names(i, "wu", id, "abandoned"), "both ledgers name the outcome")
    check(ended(net, begin(net, grant))["state"] == "COMPLETED", "and it may fetch again")

"""A recall: a provider takes back what three nodes have received. One is away for a while, one has made something of it and passed that on."""
import csv
import os

from common import *

PURPOSE = ["--purpose", "claims-assessment"]
MORE = {"insurer": {"pan": ("潘华 I-7", ["publisher", "data-authority"]), "hao": ("郝亮 I-8", ["approver"])},
        "manager": {"gao": ("高山 M-3", ["operator"]), "qin": ("秦风 M-4", ["data-authority"])},
        "hospital": {"tan": ("谭明 H-1", ["operator"]), "lim": ("林慧 H-2", ["data-authority"]), "wei": ("魏然 H-3", ["auditor"])}}
SYSTEMS = {"insurer": "claims", "manager": "desk", "hospital": "wards"}
POLICY = """policy:
  name: {name}
  version: 1
  attributes: standard
hierarchies:
  organizations: {{space: [], insurer: space, manager: space, hospital: space}}
  regions: {{CN: []}}
  topics: {{}}
rules:
  - id: all
    mechanism: attribute
    from: 2026-01-01
    until: 2036-01-01
    when:
      resource.id: "{entry}"
      subject.organization: [manager, hospital]
"""


def network(net):
    ids = ("transport", "insurer", "manager", "hospital")
    roles = {"transport": ["provider", "consumer"], "insurer": ["provider", "consumer"], "manager": ["exchange-service", "consumer"], "hospital": ["consumer"]}
    for n, id in enumerate(ids):
        net.node(id, id, f"{net.prefix}.67.{n + 1}", organization="cn.example." + id, roles=roles[id], mirrors=["transport", "manager"] if id == "insurer" else
                 ["insurer", "manager"] if id == "transport" else ["transport", "insurer"])
    net.found(sorted(ids), 3)
    for id in ids:
        net.nodes[id].start()
    staff(net, ids)
    for id, system in SYSTEMS.items():
        net.nodes[id].hufu("system", "add", system, "--address", net.nodes[id].ip, "--business", "理赔核算", as_="admin")
    register(net, "flights", FLIGHTS)
    net.entry = publish(net, "flights", extra=["--duty", "onward-derived"])
    agreement(net, net.entry)
    policy(net, "transport", "li", net.entry)
    fetched(net)


def staff(net, ids):
    import common
    people = {id: {**common.PEOPLE.get(id, {}), **MORE.get(id, {})} for id in ids}
    with common.concurrent.futures.ThreadPoolExecutor() as pool:
        list(pool.map(lambda id: net.nodes[id].staff(people[id]), ids))
    net.accounts = {id: list(p) for id, p in people.items()}


def policy(net, node, account, entry):
    path = os.path.join(net.dir, node + ".yaml")
    with open(path, "w", encoding="utf-8") as f:
        f.write(POLICY.format(name=node, entry=entry))
    net.nodes[node].hufu("policy", "apply", path, "--reason", "理赔场景", as_=account)


def fetch(net, node, account, entry, *how):
    n = net.nodes[node]
    wait_until(lambda: sees(n, account, entry), f"the entry to be at {node}")
    return n.hufu("fetch", entry, "--system", SYSTEMS[node], *PURPOSE, "--mechanism", "attribute", *how, as_=account)["transfer"]


def fetched(net):
    """The insurer has a file, made half of it into a table of its own and offers that; the manager and the hospital keep the data sealed, and the hospital
    has the insurer's table, too."""
    i = net.nodes["insurer"]
    net.file, net.half, net.onward = (os.path.join(net.dir, n) for n in ("flights.csv", "half.csv", "onward.csv"))
    net.at = {"insurer": i.hufu("fetch", net.entry, "--system", "claims", "--output", net.file, as_="chen")["transfer"]}
    with open(net.file, encoding="utf-8", newline="") as rows, open(net.half, "w", encoding="utf-8", newline="") as out:
        csv.writer(out).writerows(r for n, r in enumerate(csv.reader(rows)) if n % 2 == 0)
    net.later = os.path.join(net.dir, "later.csv")  # made of it before the recall, and registered by nobody
    with open(net.later, "w", encoding="utf-8") as out:
        out.write("flights\n500\n")
    net.unregistered = i.hufu("derive", net.later, "--from", net.at["insurer"], "--system", "claims", "--processing", "计数", as_="chen")["derivation"]
    derivation = i.hufu("derive", net.half, "--from", net.at["insurer"], "--system", "claims", "--processing", "隔行抽样", as_="chen")["derivation"]
    workflow.source(i, "pan", "half", net.half, "--derived", derivation)
    net.made = workflow.publish(i, "pan", "half", title="航班样本", description="由航班数据抽样而成", topic="aviation", data_class="transport/flight", level=1,
                                sharing="conditional", condition="仅用于申请中写明的用途", scope=["everyone"], intake="manager",
                                purposes=["claims-assessment"], jurisdictions=["CN"], max_days=400)
    policy(net, "insurer", "hao", net.made)
    net.at["manager"] = fetch(net, "manager", "gao", net.entry, "--sealed")
    net.at["hospital"] = fetch(net, "hospital", "tan", net.entry, "--sealed")
    net.at["onward"] = fetch(net, "hospital", "tan", net.made, "--output", net.onward)
    for transfer in (net.at["insurer"], net.at["manager"], net.at["hospital"]):
        workflow.wait_transfer(net.nodes["transport"], "li", transfer, "COMPLETED")


def parties(net, node, account, recall):
    shown = net.nodes[node].hufu("recall", "show", recall, as_=account)
    return shown["state"], {p["node"]: p["state"] for p in shown["parties"]}, shown


def newest(net, node, account, event):
    rows = net.nodes[node].hufu("ledger", "tail", "--count", "100", as_=account)["entries"]
    return next((e["fields"] for e in rows if e["event"] == event), None)


def test_a_recall_is_asked_for_by_one_and_approved_by_another(net):
    """DS-12: time, operator, reason and scope are on record."""
    t = net.nodes["transport"]
    r = t.refused("recall", "ask", net.entry, "--versions", "2", "--reason", "列有误", as_="wang")
    check("versions 1 to 1" in r.text, r.text)
    net.recall = t.hufu("recall", "ask", net.entry, "--versions", "1", "--reason", "延误列有误", "--hours", "1", as_="wang")["recall"]
    r = t.refused("recall", "approve", net.recall, as_="wang")
    check(r.reason == "permission", r.text)
    check(parties(net, "transport", "li", net.recall)[0] == "asked" and os.path.exists(net.file), "nothing happens before")
    entry = newest(net, "transport", "sun", "recall-asked")
    check(entry["actor"] == "transport/wang" and entry["detail"] == "延误列有误" and entry["asked"] == "versions 1 to 1", f"{entry}")


def test_every_recipient_is_told_and_nothing_of_it_goes_out_any_more(net):
    """DS-10, DS-11: one of them is away; one answers; one waits for whom it has passed on to."""
    t, m, i = (net.nodes[n] for n in ("transport", "manager", "insurer"))
    net.nodes["hospital"].stop()
    t.hufu("recall", "approve", net.recall, as_="li")
    entry = newest(net, "transport", "sun", "recall-approved")
    check(entry["actor"] == "transport/li" and "transport/wang" in entry["second-authorization"] and entry["asked"] == "versions 1 to 1", f"{entry}")
    wait_until(lambda: parties(net, "transport", "li", net.recall)[1] == {"insurer": "stopped", "manager": "done", "hospital": "told"},
               f"one done, one stopped, one away: {parties(net, 'transport', 'li', net.recall)}")
    check({p["transfer"] for p in parties(net, "transport", "li", net.recall)[2]["parties"]} == {net.at[n] for n in ("insurer", "manager", "hospital")},
          "every delivery of the version")
    r = m.refused("data", "read", net.at["manager"], *PURPOSE, "--out", os.path.join(net.dir, "no.csv"), as_="gao")
    check(r.reason in ("recalled", "erased"), f"use after the recall: {r.text}")
    r = m.refused("fetch", net.entry, "--system", "desk", *PURPOSE, "--mechanism", "attribute", "--sealed", as_="gao")
    check(r.reason == "recalled" and "延误列有误" in r.text, f"further exchange: {r.text}")
    check(m.hufu("recall", "received", as_="gao")["recalled"][0]["state"] == "done", "and there it is shown")


def test_what_was_made_of_it_is_destroyed_and_recalled_in_turn(net):
    """DS-11: the derived table that was registered, its entry, and whom it was given to."""
    i = net.nodes["insurer"]
    wait_until(lambda: not os.path.exists(net.file) and not os.path.exists(net.half), "the file and what was made of it to be gone")
    wait_until(lambda: all(s["name"] != "half" for s in i.hufu("source", "list", as_="pan")["sources"]), "the source to be gone")
    check(net.made not in [e["entry"] for e in i.hufu("catalog", "list", as_="pan")["entries"]], "its entry is withdrawn")
    net.follows = i.hufu("recall", "list", as_="hao")["recalls"][0]
    check((net.follows["entry"], net.follows["follows"], net.follows["state"]) == (net.made, net.recall, "running"), f"{net.follows}")
    kinds = {d["kind"]: d["outcome"] for d in i.hufu("data", "destructions", as_="chen")["destructions"] if d.get("recall") == net.recall}
    check(kinds == {"file": "destroyed", "source": "destroyed"}, f"{kinds}")
    check(os.path.exists(net.onward), "what lies at the node that is away is there still")


def test_the_one_that_was_away_follows_and_the_recall_is_done(net):
    """DS-11: signed answers and destruction records of everybody."""
    t, h = net.nodes["transport"], net.nodes["hospital"]
    h.start()
    for account in ["admin", *net.accounts["hospital"]]:
        h.login(account)
    wait_until(lambda: parties(net, "transport", "li", net.recall)[0] == "done", f"the recall to be done: {parties(net, 'transport', 'li', net.recall)}")
    check(not os.path.exists(net.onward), "also what was passed on")
    check(parties(net, "insurer", "hao", net.follows["recall"])[1] == {"hospital": "done"}, "to the node that passed it on")
    r = h.refused("data", "read", net.at["hospital"], *PURPOSE, "--out", os.path.join(net.dir, "no.csv"), as_="tan")
    check(r.reason in ("recalled", "erased"), r.text)
    shown = parties(net, "transport", "li", net.recall)[2]["parties"]
    check(all(len(p["answer"]) == 64 for p in shown) and {p["node"]: p["objects"] for p in shown} == {"insurer": 2, "manager": 1, "hospital": 1}, f"{shown}")
    records = wait_until(lambda: (lambda d: d if len(d) == 4 else None)(t.hufu("data", "destructions", as_="li")["destructions"]), "the records")
    check(all(d["recall"] == net.recall and "延误列有误" in d["policy"] and len(d["record"]) == 64 for d in records), f"{records}")
    check(newest(net, "transport", "sun", "recall-done")["asked"] == "versions 1 to 1", "and the end of it is an entry")


def test_what_was_made_of_it_and_is_registered_later_does_not_go_out_either(net):
    """DS-11: nor is anything more made of what was made of it"""
    i = net.nodes["insurer"]
    r = i.refused("source", "add", "later", net.later, "--derived", net.unregistered, as_="pan")
    check(r.reason == "recalled" and net.at["insurer"] in r.text, r.text)
    r = i.refused("source", "add", "later", net.later, as_="pan")
    check(r.reason == "recalled", f"without a word about where it comes from: its bytes are known: {r.text}")
    r = i.refused("derive", net.later, "--from", net.unregistered, "--system", "claims", "--processing", "再计数", as_="chen")
    check(r.reason == "recalled" and net.at["insurer"] in r.text, r.text)

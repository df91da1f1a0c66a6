"""Emergency authorization across seven real nodes: declared, raised, voted, carried out, watched, reported, and whatever dies meanwhile."""
import concurrent.futures
import csv
import random
import re
import time

import passages
from common import *

GROUP = (("lead-a", "an"), ("lead-b", "bo"), ("lead-c", "yan"))
AUTHORITY, EXECUTOR, PROVIDER = ("bureau", "qian"), ("centre", "du"), ("transport", "li")
PEOPLE = {
    "transport": {"wang": ("王建国 T-1", ["publisher", "data-authority"]), "li": ("李敏 T-2", ["approver", "masking-operator"]),
                  "zhao": ("赵强 T-3", ["privacy-expert", "masking-operator"]), "sun": ("孙丽 T-4", ["auditor"]), "song": ("宋玉 T-5", ["security-administrator"])},
    "bureau": {"qian": ("钱进 E-1", ["emergency-officer"]), "jin": ("金山 E-2", ["operator"]), "zhen": ("甄真 E-3", ["data-authority"])},
    "centre": {"du": ("杜衡 D-1", ["emergency-executor"]), "bai": ("白杨 D-2", ["business-officer"])},
    "lead-a": {"an": ("安平 L-1", ["leading-member"])},
    "lead-b": {"bo": ("薄云 L-2", ["leading-member"])},
    "lead-c": {"yan": ("严策 L-3", ["leading-member"])},
    "other": {"he": ("何必 O-1", ["emergency-officer"])},
}
ACCOUNTS = {n: [*p, "admin"] for n, p in PEOPLE.items()}


def network(net):
    roles = {"transport": ["provider"], "bureau": ["consumer", "emergency-authority"], "centre": ["data-management", "exchange-service", "business-authority"],
             "lead-a": ["leading-group"], "lead-b": ["leading-group"], "lead-c": ["leading-group"], "other": ["consumer", "emergency-authority"]}
    for k, (n, r) in enumerate(roles.items(), 1):
        net.node(n, n, f"{net.prefix}.61.{k}", organization=f"cn.gov.{n}", roles=r)
    net.found(["lead-a", "lead-b", "lead-c", "centre"], 3, leading=[n for n, _ in GROUP], threshold=2)
    net.start()
    with concurrent.futures.ThreadPoolExecutor() as pool:
        list(pool.map(lambda n: net.nodes[n].staff(PEOPLE[n]), PEOPLE))
    net.nodes["bureau"].hufu("system", "add", "rescue", "--address", f"{net.prefix}.61.2", "--business", "应急指挥", as_="admin")
    net.nodes["bureau"].hufu("system", "add", "archive", "--address", f"{net.prefix}.61.2", "--business", "档案", as_="admin")
    net.number = 0


def table(net):
    """A bridge table of its own for each test: one event, organization and resource come to one grant only."""
    net.number += 1
    path = f"{net.dir}/bridges{net.number}.csv"
    draw = random.Random(net.number)
    with open(path, "w", newline="", encoding="utf-8") as f:
        w = csv.writer(f)
        w.writerow(["bridge", "river", "load_t"])
        for i in range(500):
            w.writerow([f"B{net.number}-{i}", draw.choice(["长江", "汉江", "赣江"]), draw.randrange(10, 60)])
    t = net.nodes["transport"]
    workflow.source(t, "wang", f"bridges{net.number}", path)
    entry = workflow.publish(t, "wang", f"bridges{net.number}", title=f"桥梁 {net.number}", description="桥梁与限载", topic="roads",
                             data_class="transport/bridge", level=1, sharing="conditional", condition="仅用于申请中写明的用途", scope=["everyone"],
                             intake="centre")
    wait_until(lambda: sees(net.nodes["bureau"], "jin", entry), "the entry at the bureau")
    return entry, path


def declare(net, until=30):
    return net.nodes["bureau"].hufu("emergency", "declare", "--kind", "natural-disaster", "--title", "沿江洪水", "--until", workflow.in_days(until),
                                    "--provider", "transport", as_="qian")["event"]


def raise_request(net, event, entry, days=10, **kw):
    values = dict(system="rescue", reason="找出仍可通行重车的桥梁", purpose="flood-relief", until=workflow.in_days(days))
    values.update(kw)
    args = [x for k, v in values.items() for x in ("--" + k, v)]
    return net.nodes["bureau"].hufu("emergency", "raise", entry, "--event", event, *args, as_="qian")["request"]


def shown(node, account, request):
    status, answer = node.api("GET", "/v1/emergency/show?request=" + request, None, as_=account, check_status=False)
    return answer if status == 200 else None


def state(node, account, request):
    r = shown(node, account, request)
    return r and r["state"]


def wait_state(net, where, request, *states):
    node = net.nodes[where[0]]
    wait_until(lambda: state(node, where[1], request) in states, f"{where[0]}: emergency request {request} to be {states}")


def vote(net, who, request, result="T", reason=None):
    wait_state(net, who, request, "OPEN", "APPROVED")
    args = ["--reason", reason] if reason else []
    net.nodes[who[0]].hufu("emergency", "decide", request, result, *args, as_=who[1])


def execute(net, request):
    wait_state(net, EXECUTOR, request, "APPROVED")
    return net.nodes["centre"].hufu("emergency", "execute", request, as_="du")["grant"]


def everywhere(net, request, wanted):
    for who in (AUTHORITY, EXECUTOR, PROVIDER, *GROUP):
        wait_state(net, who, request, wanted)


def granted(net, event, entry):
    request = raise_request(net, event, entry)
    for who in GROUP[:2]:
        vote(net, who, request)
    execute(net, request)
    everywhere(net, request, "ACTIVE")
    return request


def notices(node, account, request, kind):
    return [n for n in node.hufu("notices", as_=account)["notices"] if n.get("emergency") == request and n["kind"] == kind]


def test_from_flood_to_data_in_one_session(net):
    """AZ-60: every step is online and waits for nobody's working day; AZ-59: the provider is told at once and sees each use; AZ-78"""
    entry, path = table(net)
    begin = time.monotonic()
    event = declare(net)
    request = granted(net, event, entry)
    out = f"{net.dir}/rescue.csv"
    got = net.nodes["bureau"].hufu("fetch", entry, "--system", "rescue", "--output", out, as_="jin")
    seconds = time.monotonic() - begin
    check(same_file(out, path), "the delivered table is the provider's")
    check(seconds < 60, f"from the flood to the data in {seconds:.1f} s")
    print(f"     from the declaration to the data: {seconds:.1f} s")
    t = net.nodes["transport"]
    check(len(notices(t, "li", request, "emergency-requested")) == 1 and len(notices(t, "li", request, "emergency-granted")) == 1, "the provider was told")
    uses = wait_until(lambda: [u for u in t.hufu("emergency", "uses", request, as_="li")["uses"] if u["state"] == "completed"], "the use to be listed")
    check([u["transfer"] for u in uses] == [got["transfer"]] and uses[0]["rows"] == 500, f"the provider sees the use: {uses}")
    check(len(notices(t, "li", request, "emergency-use")) == 1, "and has a notice of it")
    r = net.nodes["bureau"].refused("fetch", entry, "--system", "archive", "--output", out + ".2", as_="jin")
    check(r.reason in ("no-grant", "wrong-system"), f"another system gets nothing: {r.text}")


def mask(net, source):
    """Its bridges become pseudonyms, for the university."""
    t, path = net.nodes["transport"], f"{net.dir}/plan.yaml"
    fields = f"  {source}:\n    fields:\n      bridge: {{technique: hash}}\n      river: keep\n      load_t: keep\n"
    with open(path, "w", encoding="utf-8") as f:
        f.write(passages.plan("bridges", 1, "zhao", "song", "sun", lambda text: re.sub("  passages:\n    fields:\n(      .*\n)+", fields, text)
                              .replace("dynamic", "static").replace("group: passages", "group: bridges, consumer: university")))
    t.hufu("release", "plan", "put", path, as_="li")
    t.hufu("release", "plan", "approve", "bridges", as_="song")
    t.hufu("release", "run", "bridges", source, "--output", f"{net.dir}/masked.csv", "--register", "masked", "--wait", as_="zhao")


def test_an_emergency_is_not_held_up_by_what_others_have_masked(net):
    """MK-4, AZ-60: whose pseudonyms are whose can be seen then: that is on record, and people are told"""
    entry, path = table(net)
    t, source, out = net.nodes["transport"], f"bridges{net.number}", f"{net.dir}/beside.csv"
    mask(net, source)
    granted(net, declare(net), entry)
    net.nodes["bureau"].hufu("fetch", entry, "--system", "rescue", "--output", out, as_="jin")
    check(same_file(out, path), "the delivered table is the provider's")
    releases = t.hufu("release", "disclosures", source, as_="sun")["releases"]
    check([(r["recipient"], r.get("plain"), r.get("emergency")) for r in releases] == [("university", None, None), ("bureau", True, True)], f"{releases}")
    said = "field bridge: together with bridges 1 to university the release puts the value itself beside its masking"
    alarms = [a["text"] for a in t.hufu("alarms", as_="admin")["alarms"] if a["kind"] == "disclosure"]
    check(len(alarms) == 1 and said in alarms[0] and "to bureau in an emergency" in alarms[0], f"{alarms}")
    decided = [e["fields"] for e in t.hufu("ledger", "tail", "--count", "40", as_="sun")["entries"] if e["event"] == "access-decision"]
    check("show too much" in decided[0]["exception"] and decided[0]["outcome"] == "ok", f"the decision: {decided[0]}")
    check("university" not in str(decided[0]), "which its consumer has, too")


def test_the_record_names_who_approved_and_who_carried_out(net):
    """AZ-55, AZ-24"""
    entry, _ = table(net)
    request = granted(net, declare(net), entry)
    t = net.nodes["transport"]
    txn = shown(t, "li", request)["transaction"]
    rows = [r for r in entries_of(t, "sun", txn) if r["event"] == "emergency-execution" and r["ledger"] == "transport"]
    check(len(rows) == 1, f"one entry: {rows}")
    fields = rows[0]["fields"]
    check(fields["voters"] == "lead-a/an, lead-b/bo" and fields["executor"] == "centre/du", f"{fields}")
    for name in ("emergency-event", "organization", "system", "resource", "application", "period", "result", "grant"):
        check(fields.get(name), f"{name} is in the entry: {fields}")


def test_on_day_15_the_explanation_names_the_end_of_the_grant(net):
    """AZ-56, AZ-32"""
    entry, _ = table(net)
    granted(net, declare(net), entry)
    args = ["--resource", entry, "--organization", "bureau", "--system", "rescue", "--address", f"{net.prefix}.61.2", "--purpose", "flood-relief"]
    now = net.nodes["transport"].hufu("decision", "explain", *args, as_="sun")
    check(now["decision"] is True and now["mechanism"] == "emergency", f"{now}")
    then = net.nodes["transport"].hufu("decision", "explain", *args, "--at", workflow.in_days(15), as_="sun")
    check(then["decision"] is False and then["reason"] == "grant-expired" and "expired at" in then["text"], f"{then}")
    check(then["misses"][0]["mechanism"] == "emergency" and then["misses"][0]["reason"] == "expired", f"{then}")


def test_without_an_event_or_as_somebody_else_nothing_is_raised(net):
    """AZ-52, AZ-53"""
    entry, _ = table(net)
    event = declare(net)
    b, o = net.nodes["bureau"], net.nodes["other"]
    args = ["--system", "rescue", "--reason", "救援", "--purpose", "flood-relief", "--until", workflow.in_days(5)]
    check(b.refused("emergency", "raise", entry, "--event", UNKNOWN_ID, *args, as_="qian").reason == "unknown", "no event")
    check(o.refused("emergency", "raise", entry, "--event", event, *args, as_="he").reason in ("unknown", "standing"), "another authority")
    check(b.refused("emergency", "raise", entry, "--event", event, *args, as_="jin").reason == "permission", "an operator")
    r = b.refused("emergency", "declare", "--kind", "traffic-jam", "--title", "堵车", "--until", workflow.in_days(3), as_="qian")
    check("natural-disaster" in r.text, r.text)


def test_fourteen_days_and_the_three_statements(net):
    """AZ-56, AZ-78"""
    entry, _ = table(net)
    event, b = declare(net), net.nodes["bureau"]
    full = {"event": event, "entry": entry, "system": "rescue", "reason": "救援", "purpose": "flood-relief", "until": workflow.in_days(5)}
    for field in ("reason", "purpose", "until"):
        status, data = b.api("POST", "/v1/emergency/raise", {k: v for k, v in full.items() if k != field}, as_="qian", check_status=False)
        check(status == 400 and field in data["error"]["text"], f"{field}: {status} {data}")
    r = b.refused("emergency", "raise", entry, "--event", event, "--system", "rescue", "--reason", "救援", "--purpose", "flood-relief", "--until",
                  workflow.in_days(16), as_="qian")
    check("14 days" in r.text, r.text)


def test_only_the_leading_group_decides(net):
    """AZ-54: provider and platform have no say; F and S need a reason; S keeps the history"""
    entry, _ = table(net)
    request = raise_request(net, declare(net), entry)
    wait_state(net, PROVIDER, request, "OPEN")
    check(net.nodes["transport"].refused("emergency", "decide", request, "T", as_="li").reason == "permission", "the provider's approver")
    wait_state(net, EXECUTOR, request, "OPEN")
    check(net.nodes["centre"].refused("emergency", "decide", request, "T", as_="du").reason == "permission", "the platform")
    check(net.nodes["centre"].refused("emergency", "execute", request, as_="du").reason == "state", "nothing to carry out yet")
    a, b, c = GROUP
    wait_state(net, a, request, "OPEN")
    check("reason" in net.nodes[a[0]].refused("emergency", "decide", request, "S", as_=a[1]).text, "S without a reason")
    vote(net, a, request, "S", "请写明所需字段")
    vote(net, b, request, "S", "请写明所需字段")
    wait_state(net, AUTHORITY, request, "RETURNED")
    net.nodes["bureau"].hufu("emergency", "raise", "--resubmit", request, "--fields", "bridge,load_t", as_="qian")
    for who in (a, c):
        wait_until(lambda w=who: (shown(net.nodes[w[0]], w[1], request) or {}).get("revision") == 2, "the second revision")
        vote(net, who, request)
    execute(net, request)
    everywhere(net, request, "ACTIVE")
    seen = shown(net.nodes["transport"], "li", request)
    check([r["revision"] for r in seen["revisions"]] == [1, 2] and seen["revisions"][0]["result"] == "S", "both revisions stay readable")


def test_no_second_grant_and_the_end_of_the_event(net):
    """AZ-57, AZ-58, AZ-59, AZ-65"""
    entry, _ = table(net)
    event = declare(net)
    request = granted(net, event, entry)
    b, t = net.nodes["bureau"], net.nodes["transport"]
    args = ["--event", event, "--system", "archive", "--reason", "救援", "--purpose", "flood-relief", "--until", workflow.in_days(5)]
    check(b.refused("emergency", "raise", entry, *args, as_="qian").reason == "exists", "no second grant")
    grant = shown(t, "li", request)["grant"]
    r = t.refused("revoke", grant, "--reason", "不同意", as_="li")
    check(r.reason == "separation", f"the provider cannot end it: {r.text}")
    b.hufu("emergency", "end", event, "--reason", "水位已退", as_="qian")
    everywhere(net, request, "ENDED")
    r = b.refused("fetch", entry, "--system", "rescue", "--output", net.dir + "/late.csv", as_="jin")
    check(r.reason == "grant-revoked", r.text)
    for node, account in ((t, "li"), (net.nodes["lead-c"], "yan")):
        wait_until(lambda n=node, a=account: shown(n, a, request)["reported"], f"{node.id}: the use report")
    app = workflow.apply(b, "jin", entry, system="rescue", reason="灾后重建仍需桥梁数据", purpose="flood-relief", days=60)
    b.hufu("emergency", "follow", request, "--application", app, as_="jin")
    wait_until(lambda: [s["successor"] for s in shown(t, "li", request)["successors"]] == [app], "the successor at the provider")


def scenario_of(net, entry):
    """A scenario of the rescue system, not open to the entry yet."""
    b = net.nodes["centre"]
    id = b.hufu("scenario", "create", "--name", "灾后重建", "--purpose", "flood-relief", "--until", workflow.in_days(300), "--provider", "transport",
                as_="bai")["scenario"]
    b.hufu("scenario", "confirm", id, "bureau", "--system", "rescue", "--address", f"{net.prefix}.61.2", as_="bai")
    for n, who in (("transport", "li"), ("bureau", "jin")):
        wait_until(lambda n=n, who=who: any(s["scenario"] == id and s["version"] == 2 for s in net.nodes[n].hufu("scenario", "list", as_=who)["scenarios"]),
                   f"the scenario at {n}")
    return id


def test_a_scenario_follows_the_emergency_and_the_use_goes_on(net):
    """AZ-65, AZ-58: after the end nothing is given before the scenario is open; then the same system goes on, and all see what it rests on"""
    entry, path = table(net)
    event = declare(net)
    request = granted(net, event, entry)
    b, t = net.nodes["bureau"], net.nodes["transport"]
    b.hufu("emergency", "end", event, "--reason", "水位已退", as_="qian")
    everywhere(net, request, "ENDED")
    scenario, out = scenario_of(net, entry), f"{net.dir}/rebuilt.csv"
    fetch = ["fetch", entry, "--system", "rescue", "--purpose", "flood-relief", "--output", out]
    check(b.refused("emergency", "follow", request, "--scenario", UNKNOWN_ID, as_="jin").reason == "unknown", "no such scenario")
    r = b.refused("emergency", "follow", request, "--scenario", scenario, as_="jin")
    check(r.reason == "conflict" and "not open to that scenario" in r.text, f"it does not give the resource yet: {r.text}")
    check(b.refused(*fetch, as_="jin").reason == "grant-revoked", "nor does anything else")
    t.hufu("scenario", "open", scenario, entry, "--until", workflow.in_days(200), as_="li")
    wait_until(lambda: any(o["state"] == "OPEN" for o in b.hufu("scenario", "show", scenario, as_="jin").get("openings", [])), "the opening at the bureau")
    b.hufu("emergency", "follow", request, "--scenario", scenario, as_="jin")
    for node, account in ((b, "qian"), (t, "li"), (net.nodes["centre"], "du"), (net.nodes["lead-a"], "an")):
        wait_until(lambda n=node, a=account: [(s["kind"], s["successor"]) for s in shown(n, a, request)["successors"]] == [("scenario", scenario)],
                   f"{node.id}: the scenario as the successor")
    check(len(notices(t, "li", request, "emergency-successor")) == 1, "the provider is told")
    check(b.refused("emergency", "follow", request, "--scenario", scenario, as_="jin").reason == "exists", "once")
    b.hufu(*fetch, as_="jin")
    check(same_file(out, path), "the use goes on")


def crash(net, name):
    node = net.nodes[name]
    node.kill()
    node.start()
    for account in ACCOUNTS[name]:
        node.login(account)


def test_whatever_dies_at_whatever_step_all_end_alike(net):
    """SIGKILL of each node after each step: the request comes to the same end everywhere, once."""
    event = declare(net)
    t = net.nodes["transport"]
    victims = ["transport", "bureau", "centre", "lead-a", "lead-b"]
    for victim in victims if net.full else random.Random(7).sample(victims, 2):
        entry, path = table(net)
        request = raise_request(net, event, entry)
        crash(net, victim)
        for who in GROUP[:2]:
            vote(net, who, request)
            crash(net, victim)
        execute(net, request)
        crash(net, victim)
        everywhere(net, request, "ACTIVE")
        out = f"{net.dir}/{victim}.csv"
        wait_until(lambda: [g for g in workflow.grants(net.nodes["bureau"], "jin") if g["resource"] == entry and g["state"] == "active"], "the grant")
        net.nodes["bureau"].hufu("fetch", entry, "--system", "rescue", "--output", out, as_="jin")
        check(same_file(out, path), "the data came")
        check(len([g for g in workflow.grants(t, "li") if g["resource"] == entry]) == 1, "one grant")
        check(len(notices(t, "li", request, "emergency-granted")) == 1, "one notice")

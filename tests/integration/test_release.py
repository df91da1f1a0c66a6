"""Masking plans that a node keeps, and the tasks that run by them: one real node."""
import collections
import csv
import datetime
import hashlib
import json
import os
import random
import re
import shutil
import subprocess

import hufunet
import workflow
from hufunet import check, wait_until
from masking import FIELDS, approved, begin, digest, one_node, passages, plan, source, task, write


ID_NUMBERS = ("11010519491231002X", "440524188001010014")  # the examples of GB 11643, of nobody


def network(net):
    one_node(net, 46)


def test_a_plan_is_put_by_one_person_and_approved_by_another(net):
    """MK-37, MK-28: what was approved is the digest of the file's bytes, and each step is an entry of the ledger"""
    t = net.nodes["transport"]
    path = plan(net, "kept")
    shown = t.hufu("release", "plan", "put", path, as_="yang")
    with open(path, "rb") as f:
        check(shown["digest"] == hashlib.sha256(f.read()).hexdigest(), f"the digest of the file: {shown}")
    check((shown["state"], shown["mode"]) == ("proposed", "static"), str(shown))
    r = t.refused("release", "plan", "approve", "kept", as_="yang")
    check(r.reason == "permission", f"who puts plans does not approve them: {r.text}")
    r = t.refused("release", "plan", "put", path, as_="song")
    check(r.reason == "permission", f"and the other way round: {r.text}")
    t.hufu("release", "plan", "approve", "kept", as_="song")
    r = t.refused("release", "plan", "put", path, as_="yang")
    check(r.reason == "exists" and "above 1" in r.text, r.text)
    kept = t.hufu("release", "plan", "show", "kept", as_="shen")
    check((kept["state"], kept["put_by"], kept["decided_by"]) == ("approved", "yang", "song"), str(kept))
    with open(path, encoding="utf-8") as f:
        check(kept["plan"] == f.read(), "the text is the file's")
    entries = [e for e in t.hufu("ledger", "tail", "--count", "40", as_="shen")["entries"] if e.get("event") == "mask-plan"]
    check([e["fields"]["digest"] for e in entries if e["outcome"] == "ok"] == [kept["digest"]] * 2, f"put and approved: {entries}")


def test_a_task_goes_through_the_seven_steps_and_its_result_becomes_a_source(net):
    """MK-3, MK-10, MK-11, MK-14, MK-29, MK-39, MK-41, MK-48, MK-49"""
    t = net.nodes["transport"]
    original = source(net, "morning", 3000)
    before = digest(original)
    approved(net, "tolls")
    done = begin(net, "tolls", "morning", "morning-masked", "--wait")
    check(digest(original) == before, "the original is as it was")
    check([s["step"] for s in done["steps"][:5]] == ["identify", "need", "technique", "plan", "execute"], str(done["steps"]))
    check([s["person"] for s in done["steps"][:5]] == ["song", "yang", "yang", "song", "ma"], str(done["steps"]))
    check(all(s["time"] for s in done["steps"]) and "evaluate" in [s["step"] for s in done["steps"]], str(done["steps"]))
    result = os.path.join(net.dir, "morning-masked.csv")
    check(done["result_digest"] == digest(result), "the digest of what was released")
    with open(original, encoding="utf-8", newline="") as f, open(result, encoding="utf-8", newline="") as g:
        a, b = list(csv.DictReader(f)), list(csv.DictReader(g))
    check(len(a) == len(b) == 3000 and [r["id"] for r in a] == [r["id"] for r in b], "row for row")
    check(all(x["plate"] != y["plate"] and y["plate"][0] == "粤" for x, y in zip(a, b)), "every plate is another plate")
    shown = t.hufu("source", "show", "morning-masked", as_="wang")
    check((shown["masked"], shown["masked_of"], shown["rows"]) == (done["task"], "morning", 3000), f"a source with its origin: {shown}")
    report = done["evaluation"]
    check((report["rows_in"], report["fields_masked"], report["fields_kept"], report["as_planned"]) == (3000, 3, 2, True), str(report))
    reached = {f["field"]: f["state"] for f in report["coverage"]["fields"]}
    check(reached == {"plate": "masked", "time": "masked", "fee": "kept"}, f"a fifth of the fees is as it was when rounded to 5: {report['coverage']}")
    check((report["coverage"]["sensitive"], report["coverage"]["reached"]) == (3, 2) and any("fee" in c for c in report["changes"]), str(report))
    plate = next(f for f in report["fields"] if f["field"] == "plate")
    check(plate["same"] == 0 and plate["by_dictionary"] < 0.05 and len(plate["key"]) == 16 and not plate["residual"], str(plate))
    risk = report["risk"]
    sizes = collections.Counter(tuple(r[q] for q in risk["quasi"]) for r in b)
    check(risk["quasi"] == ["time", "fee"] and (risk["k"], risk["classes"], risk["rows"]) == (min(sizes.values()), len(sizes), 3000), f"though the plan demands nothing: {risk}")
    told = t.hufu("ledger", "trace", done["task"], as_="shen")["entries"]
    check([e["event"] for e in told].count("mask-step") == 6, f"five steps and the evaluation: {told}")
    check(any(f"of 3000 rows: k {risk['k']} of time, fee; comes back by dictionary " in e.get("detail", "") for e in told), f"both figures are on record: {told}")
    release = next(e for e in told if e["event"] == "mask-release")
    check(release["fields"]["digest"] == done["result_digest"], "from the file's digest")
    for word in ("tolls", "version 1", done["plan_digest"], "morning", plate["key"]):
        check(word in release["detail"], f"{word} is not in {release['detail']}")
    r = t.refused("release", "audit", done["task"], "--note", "looked at", as_="ma")
    check(r.reason == "permission", r.text)
    t.hufu("release", "audit", done["task"], "--note", "as planned", as_="shen")
    check(task(net, done["task"])["steps"][-1]["step"] == "audit" and task(net, done["task"])["steps"][-1]["person"] == "shen", "the last step")


def test_what_was_not_done_before_is_named_and_nothing_runs(net):
    """MK-14, MK-37: the missing step is named; only the operator runs the plan"""
    t = net.nodes["transport"]
    place = os.path.join(net.dir, "never.csv")
    t.hufu("source", "add", "unsaid", passages(net, "unsaid.csv", 20), as_="wang")
    args = ["unsaid", "--output", place, "--register", "never"]
    r = t.refused("release", "run", "unheard", *args, as_="ma")
    check(r.reason == "no-plan" and "there is no masking plan" in r.text, r.text)
    t.hufu("release", "plan", "put", plan(net, "early"), as_="yang")
    r = t.refused("release", "run", "early", *args, as_="ma")
    check(r.reason == "no-plan" and "is not approved" in r.text, r.text)
    t.hufu("release", "plan", "approve", "early", as_="song")
    r = t.refused("release", "run", "early", *args, as_="ma")
    check(r.reason == "state" and "the step identify is missing" in r.text and "plate" in r.text, r.text)
    r = t.refused("release", "run", "tolls", *args, as_="yang")
    check(r.reason == "separation" and "names 'ma'" in r.text, r.text)
    check(not os.path.exists(place) and not any(s["name"] == "never" for s in t.hufu("source", "list", as_="wang")["sources"]), "nothing came of it")


def test_what_is_kept_and_looks_sensitive_is_found_in_the_result(net):
    """MK-48, MK-14: what people said is sensitive is not kept, whatever the plan was put with; what they said is not, and looks so, the second look finds"""
    t = net.nodes["transport"]
    path = os.path.join(net.dir, "calls.csv")
    with open(path, "w", encoding="utf-8") as f:
        f.write("plate,time,fee,lane,id\n" + "".join(f"粤B{n:05},2026-03-01 08:00:00,5,138{n:08},{n}\n" for n in range(2000)))
    workflow.source(t, "wang", "calls", path, by="song", kinds={"plate": "cn.plate", "lane": "cn.mobile"})
    r = t.refused("release", "run", "tolls", "calls", "--output", os.path.join(net.dir, "calls-plain.csv"), "--register", "calls-plain", as_="ma")
    check(r.reason == "state" and "passages.lane is kept, and confirmed as cn.mobile" in r.text, r.text)
    check(not os.path.exists(os.path.join(net.dir, "calls-plain.csv")), "nothing came of it")
    t.hufu("source", "classify", "calls", "--field", "lane=none", as_="song")
    report = begin(net, "tolls", "calls", "calls-masked", "--wait")["evaluation"]
    check([f["field"] for f in report["fields"] if f["residual"]] == ["lane"], str(report["fields"]))
    check(any("lane is kept and looks sensitive" in c for c in report["changes"]), str(report["changes"]))
    check(("lane", "kept") in [(f["field"], f["state"]) for f in report["coverage"]["fields"]], str(report["coverage"]))


def calls(net, lane):
    """The table calls, with these in the place of lanes, as it is registered, or scanned anew, and said to hold nothing sensitive there."""
    t, path = net.nodes["transport"], os.path.join(net.dir, "calls.csv")
    with open(path, "w", encoding="utf-8") as f:
        f.write("plate,time,fee,lane,id\n" + "".join(f"粤B{n:05},2026-03-01 08:00:00,5,{lane(n)},{n}\n" for n in range(2000)))
    t.hufu("source", "scan", "calls", as_="wang")
    found = {f["field"]: f for f in t.hufu("source", "fields", "calls", as_="song")["fields"]}["lane"]
    if found["state"] != "confirmed":
        r = t.refused("release", "run", "tolls", "calls", "--output", os.path.join(net.dir, "never.csv"), "--register", "never", as_="ma")
        check(r.reason in ("state", "unclassified") and "lane" in r.text, f"until somebody says what it is: {r.text}")
        t.hufu("source", "classify", "calls", "--field", "lane=none", as_="song")
    return found


def test_what_masking_reaches_is_stored_and_trended_and_a_number_hidden_in_an_exported_text_is_found(net):
    """DS-89: each run's figures, which got worse and which better; DS-33: an ID number in a free text blocks the export, and is flagged in one all the same"""
    t = net.nodes["transport"]
    check(calls(net, lambda n: "clear" if n % 2 else "wet")["state"] == "confirmed", "nothing new there")
    begin(net, "tolls", "calls", "calls-clear", "--wait")
    found = calls(net, lambda n: f"驾驶员身份证{ID_NUMBERS[n % 2]}已核对" if n % 9 == 0 else "无")
    check((found["state"], found["found"]) == ("doubted", "text.embedded"), f"found in the text: {found}")
    report = begin(net, "tolls", "calls", "calls-hidden", "--wait")["evaluation"]
    check([(f["field"], f["looks_like"]) for f in report["fields"] if f["residual"]] == [("lane", "text.embedded")], f"flagged: {report}")
    check(any("lane is kept and looks sensitive" in c for c in report["changes"]), str(report["changes"]))
    with open(os.path.join(net.dir, "calls-twin.csv"), "wb") as f, open(os.path.join(net.dir, "calls.csv"), "rb") as g:
        f.write(g.read())
    t.hufu("source", "add", "calls-twin", os.path.join(net.dir, "calls-twin.csv"), as_="wang")
    trend = t.hufu("mask", "trend", "calls-twin", as_="shen")
    check((trend["dataset"], trend["more"]) == ("calls", False), f"whatever it is called here: {trend}")
    first, second, third = trend["runs"]
    check([r["source"] for r in trend["runs"]] == ["calls"] * 3 and first["time"] < second["time"] < third["time"], f"oldest first: {trend}")
    check(first["figures"]["residual"] == 1 and first["worse"] == first["better"] == [] and "than" not in first, f"{first}")
    check(second["than"] == first["task"] and (second["better"], second["worse"]) == (["reached", "residual"], []), f"{second}")
    check(third["than"] == second["task"] and "residual" in third["worse"] and third["figures"]["residual"] == 1, f"{third}")
    shown = report["coverage"]
    check(abs(third["figures"]["reached"] - shown["reached"] / shown["sensitive"]) < 1e-9, f"as the task shows it: {third} {shown}")


def test_releases_are_judged_with_the_earlier_ones_and_their_recipients_are_listed(net):
    """MK-4, MK-8: other columns and other cuts, to the same recipient and another one; allowed by one person, for one plan, with a reason"""
    t = net.nodes["transport"]
    original = source(net, "shared", 300)
    approved(net, "to-university", lambda text: text.replace("step: 5", "step: 10, mode: floor"))
    begin(net, "to-university", "shared", "shared-university", "--wait")

    def refused(name, word, of="shared"):
        place = os.path.join(net.dir, f"{name}.csv")
        r = t.refused("release", "run", name, of, "--output", place, "--register", name, "--wait", as_="ma")
        check(word in r.text and "to-university 1 to university" in r.text, r.text)
        failed = t.hufu("release", "list", as_="ma")["tasks"][0]
        check((failed["plan"], failed["state"], failed["reason"]) == (name, "failed", "disclosure"), str(failed))
        check(not os.path.exists(place), "it was released")
    # Times as they are, and nothing else: what the first release masked stands beside it.
    approved(net, "more", lambda text: text.replace("{technique: fpe, type: cn.plate}", "{technique: limc}").replace("{technique: daterd, unit: minute, every: 15}", "keep"))
    refused("more", "field time: ")
    approved(net, "to-insurer", lambda text: text.replace("step: 5", "step: 15, mode: floor").replace("university", "insurer"))
    refused("to-insurer", "cuts finer than any of them alone")
    approved(net, "renamed", lambda text: text.replace("step: 5", "step: 15, mode: floor").replace("university", "insurer").replace("  passages:\n", "  p2:\n"), more=[])
    refused("renamed", "cuts finer than any of them alone")
    # The same file, a copy of it, and what was made of it, under other names are the same dataset.
    copy = os.path.join(net.dir, "copied.csv")
    shutil.copyfile(original, copy)
    for name, path in (("twin", original), ("copy", copy), ("made", os.path.join(net.dir, "shared-university.csv"))):
        workflow.source(t, "wang", name, path, by="song", kinds=FIELDS)
        refused("to-insurer", "cuts finer than any of them alone", of=name)
    t.hufu("source", "classify", "shared-university", *[word for f, kind in FIELDS.items() for word in ("--field", f"{f}={kind or 'none'}")], as_="song")
    refused("to-insurer", "cuts finer than any of them alone", of="shared-university")
    t.hufu("source", "remove", "twin", as_="wang")
    allow = ["release", "allow", "copy", "--plan", "to-insurer", "--recipient", "insurer", "--reason", "both are bound by contract"]
    r = t.refused(*allow, as_="ma")
    check(r.reason == "permission", r.text)
    t.hufu(*allow, as_="song")
    begin(net, "to-insurer", "shared", "shared-insurer", "--wait")
    refused("more", "field time: ")
    shown = t.hufu("release", "disclosures", "shared", "--field", "fee", as_="shen")
    check(shown["fields"] == [{"field": "fee", "shows": ["steps of 10", "steps of 15"], "releases": 2, "draws": 0, "scopes": [], "recipients": ["university", "insurer"]}], str(shown))
    check([(r["recipient"], r.get("allowed_by"), r.get("reason")) for r in shown["releases"]] ==
          [("university", None, None), ("insurer", "song", "both are bound by contract")], str(shown["releases"]))
    entry = next(e for e in t.hufu("ledger", "tail", "--count", "60", as_="shen")["entries"] if e.get("event") == "disclosure-allowed" and e["outcome"] == "ok")
    check("plan to-insurer version 1, table passages, to insurer: both are bound by contract" in entry["detail"], str(entry))


def test_classes_of_rows_are_counted_over_all_releases(net):
    """MK-4: two plans, each of which its own result meets, on other columns, to two recipients"""
    t = net.nodes["transport"]
    source(net, "crowd", 2950)
    for name, fields, quasi in (("lanes", "time: {technique: limc}", "lane"), ("times", "lane: {technique: limc}", "time")):
        field = quasi if quasi == "lane" else "time"

        def change(text, fields=fields, field=field, name=name):
            out = re.sub(rf"      {fields.split(':')[0]}: .*\n", f"      {fields}\n", text).replace("      id: keep\n", "      id: {technique: limc}\n")
            out = re.sub(r"      (plate|fee): .*\n", r"      \1: {technique: limc}\n", out).replace("consumer: university", f"consumer: to-{name}")
            return out.replace("unreadable-most: 0}", "unreadable-most: 0, risk: {passages: {quasi: [" + field + "], k: 400}}}")
        approved(net, name, change)
    report = begin(net, "lanes", "crowd", "crowd-lanes", "--wait")["evaluation"]
    check(report["risk"]["k"] >= 400, str(report["risk"]))
    args = ["release", "run", "times", "crowd", "--output", os.path.join(net.dir, "crowd-times.csv"), "--register", "crowd-times", "--wait"]
    r = t.refused(*args, as_="ma")
    check(re.search(r"together with lanes 1 to to-lanes the least class of rows of crowd has \d+, and the plan demands 400", r.text), r.text)
    check(not os.path.exists(os.path.join(net.dir, "crowd-times.csv")), "nothing came of it")
    t.hufu("release", "allow", "crowd", "--plan", "times", "--recipient", "to-times", "--reason", "both are bound by contract", as_="song")
    done = t.hufu(*args, as_="ma")
    check(done["evaluation"]["risk"]["k"] >= 400, f"alone it is as the plan demands: {done['evaluation']['risk']}")


def test_a_plan_without_consumer_runs_each_time_for_the_same_recipient(net):
    """MK-8, MK-43: what one plan made twice is one release, whatever the results are called; of another plan, pseudonyms by its key are refused"""
    t = net.nodes["transport"]
    source(net, "tide", 310)
    for name in ("own", "other"):
        approved(net, name, lambda text: text.replace(", consumer: university", ""))
    runs = [begin(net, "own", "tide", f"tide-{n}", "--wait") for n in (1, 2)]
    check(runs[0]["result_digest"] == runs[1]["result_digest"], str(runs))
    releases = t.hufu("release", "disclosures", "tide", as_="shen")["releases"]
    check([(r["recipient"], r["times"]) for r in releases] == [("own", 2)], str(releases))
    r = t.refused("release", "run", "other", "tide", "--output", os.path.join(net.dir, "tide-3.csv"), "--register", "tide-3", "--wait", as_="ma")
    check("two recipients" in r.text, r.text)


def vehicles(net):
    """A register of vehicles, and trips of some of them; how often each town's vehicles were on each road."""
    r = random.Random(11)
    plates = [f"粤B{n:05}" for n in r.sample(range(100000), 200)]
    towns = {p: f"town{r.randrange(5)}" for p in plates}
    trips = [(r.choice(plates[:150]), f"G{r.randrange(4)}") for _ in range(900)]
    write(net, "fleet.csv", "plate,town\n" + "".join(f"{p},{t}\n" for p, t in towns.items()))
    write(net, "trips.csv", "car,road\n" + "".join(f"{p},{road}\n" for p, road in trips))
    for name, kinds in (("fleet", {"plate": "cn.plate"}), ("trips", {"car": "cn.plate"})):
        workflow.source(net.nodes["transport"], "wang", name, os.path.join(net.dir, name + ".csv"), by="song", kinds=kinds)


def joined(net, trips, fleet):
    """Rows of the join, by road and town."""
    towns, counts = {}, collections.Counter()
    with open(os.path.join(net.dir, fleet + ".csv"), encoding="utf-8", newline="") as f:
        for row in csv.DictReader(f):
            towns.setdefault(row["plate"], []).append(row["town"])
    with open(os.path.join(net.dir, trips + ".csv"), encoding="utf-8", newline="") as f:
        for row in csv.DictReader(f):
            counts.update((row["road"], town) for town in towns.get(row["car"], []))
    return counts


def of_table(table, fields):
    return lambda text: text[:text.index("tables:")] + f"tables:\n  {table}: {{fields: {{{fields}}}}}\n" + text[text.index("emergency:"):]


def test_two_sources_with_a_plan_each_still_join_after_masking(net):
    """MK-20, MK-21, MK-31, MK-32: relations across sources are found, confirmed, imported; they feed the planner; a foreign key that is
    masked otherwise than its key by another plan is refused; the join on the masked key has the rows of the original one"""
    t = net.nodes["transport"]
    vehicles(net)
    refers = "trips.car refers to fleet.plate"
    out = t.hufu("source", "relations", "find", "trips", "fleet", as_="song")
    check(out["proposed"] == 2, f"the key and what refers to it: {out}")
    shown = t.hufu("source", "relations", "list", as_="wang")
    check({(o["text"], o["state"]) for o in shown["relations"]} == {("fleet.plate is a key", "proposed"), (refers, "proposed")}, str(shown))
    check(t.refused("source", "relations", "confirm", refers, as_="ma").reason == "permission", "the masking operator does not say it")
    t.hufu("source", "relations", "confirm", refers, as_="song")
    table = write(net, "said.csv", "kind,from,to,remark\nsame-kind,trips.road,fleet.town,道路与城镇\nkey,fleet.plate,,\n")
    check(t.hufu("source", "relations", "import", table, as_="song")["count"] == 2, "imported")
    t.hufu("source", "relations", "drop", "trips.road is of the same kind as fleet.town", as_="song")
    check({(o["text"], o["state"], o["by"]) for o in t.hufu("source", "relations", "list", "fleet", as_="wang")["relations"]} ==
          {("fleet.plate is a key", "confirmed", "song"), (refers, "confirmed", "song"),
           ("trips.road is of the same kind as fleet.town", "dropped", "song")}, "what people said")

    found = write(net, "both.json", json.dumps(t.hufu("source", "inventory", "trips", "fleet", as_="song")))
    proposed = subprocess.run([os.path.join(net.bin, "hufu"), "mask", "plan", "--propose", found], capture_output=True, text=True, timeout=60,
                              check=True).stdout
    check(proposed.count("technique: fpe") == 2 and "[trips.car, fleet.plate]" in proposed, f"the planner masks both alike: {proposed}")

    def put(name, version, table, fields):
        path = plan(net, name, version, of_table(table, fields))
        t.hufu("release", "plan", "put", path, as_="yang")
        t.hufu("release", "plan", "approve", name, as_="song")

    put("cars", 1, "trips", "car: {technique: fpe, type: cn.plate}, road: keep")
    try:
        put("plates", 1, "fleet", "plate: {technique: hash}, town: keep")
        raise AssertionError("a plan that masks the key otherwise was put")
    except hufunet.Refused as r:
        check(r.reason == "conflict" and refers in r.text and "'cars'" in r.text, r.text)
    put("plates", 2, "fleet", "plate: {technique: fpe, type: cn.plate}, town: keep")
    for name, source_name in (("cars", "trips"), ("plates", "fleet")):
        check(begin(net, name, source_name, source_name + "-masked", "--wait")["state"] == "released", name)
    before, after = joined(net, "trips", "fleet"), joined(net, "trips-masked", "fleet-masked")
    check(sum(before.values()) == 900 and before == after, f"{sum(before.values())} rows before, {sum(after.values())} after")
    check(not joined(net, "trips", "fleet-masked"), "the masked plates are others")
    said = [e["fields"]["detail"] for e in t.hufu("ledger", "tail", "--count", "60", as_="shen")["entries"]
            if e.get("event") == "relation" and e["outcome"] == "ok"]
    check(f"confirmed: {refers}" in said and len(said) == 4, f"in the ledger: {said}")


def test_a_result_that_fails_its_check_is_not_released(net):
    """MK-41, MK-42, MK-45, MK-47: and the plan's scheme says what is to be done"""
    t = net.nodes["transport"]
    approved(net, "strict", lambda text: text.replace("rows-least: 1,", "rows-least: 5000,"))
    r = t.refused("release", "run", "strict", "morning", "--output", os.path.join(net.dir, "short.csv"), "--register", "short", "--wait", as_="ma")
    for word in ("3000 rows", "do not release", "song"):
        check(word in r.text, f"{word} is not in {r.text}")
    failed = t.hufu("release", "list", as_="ma")["tasks"][0]
    check((failed["state"], failed["kind"], failed["reason"]) == ("failed", "result", "quality"), str(failed))
    check([f for f in os.listdir(net.dir) if f.startswith("short")] == [], "nothing of the result is left")
    check(not any(s["name"] == "short" for s in t.hufu("source", "list", as_="wang")["sources"]), "and it is no source")
    alarms = t.hufu("alarms", as_="admin")["alarms"]
    check(any(a["kind"] == "masking" and "do not release" in a["text"] for a in alarms), f"people are told: {alarms}")


def test_a_source_that_changed_fails_by_its_scheme_and_is_retried(net):
    """MK-42, MK-45: the plan's action for errors of the source is to pause"""
    t = net.nodes["transport"]
    original = source(net, "noon", 2000)
    approved(net, "careful", lambda text: text.replace("solution: call the owner, who: ma", "solution: call the owner, who: ma, action: pause"))
    with open(original, "a", encoding="utf-8") as f:
        f.write("粤B00001,2026-03-01 09:00:00,1,1,2000\n")
    r = t.refused("release", "run", "careful", "noon", "--output", os.path.join(net.dir, "noon-masked.csv"), "--register", "noon-masked", as_="ma")
    check(r.reason == "source-changed", r.text)
    t.hufu("source", "scan", "noon", as_="wang")
    done = begin(net, "careful", "noon", "noon-masked", "--wait")
    check(done["rows_out"] == 2001, str(done["rows_out"]))


def test_begun_by_hand_and_by_a_timer_of_the_system(net):
    """MK-44: the same record but for how it was begun; the node's own schedule is in tests/unit/release/tasks_test.c"""
    hand = begin(net, "tolls", "morning", "by-hand", "--wait")
    timer = begin(net, "tolls", "morning", "by-timer", "--timer", "--wait")
    check((hand["manner"], timer["manner"]) == ("hand", "timer"), str(timer))
    check([(s["step"], s["person"], s["note"]) for s in hand["steps"]] == [(s["step"], s["person"], s["note"]) for s in timer["steps"]], str(timer["steps"]))
    check((hand["result_digest"], hand["columns"], hand["plan_digest"]) == (timer["result_digest"], timer["columns"], timer["plan_digest"]), str(timer))


def test_a_plan_runs_at_its_own_times(net):
    """MK-40, MK-43: source and folder are said once, all else is the plan's"""
    t = net.nodes["transport"]
    soon = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=4)
    approved(net, "timed", lambda text: text.replace("schedule: by hand", f"schedule: {{start: {soon:%Y-%m-%dT%H:%M:%SZ}}}"))
    t.hufu("release", "schedule", "timed", "morning", "--folder", net.dir, "--register", "auto", as_="ma")
    shown = t.hufu("release", "schedules", as_="shen")["schedules"][0]
    check(shown["next"].startswith(f"{soon:%Y-%m-%dT%H:%M:%S}") and shown["runs"] == 0, str(shown))
    name = f"auto-{soon:%Y%m%dt%H%M%Sz}"
    wait_until(lambda: any(s["name"] == name for s in t.hufu("source", "list", as_="wang")["sources"]), f"source {name}")
    shown = t.hufu("release", "schedules", as_="shen")["schedules"][0]
    done = task(net, shown["last_task"])
    check((shown["runs"], shown["missed"], done["manner"], done["operator"]) == (1, 0, "schedule", "ma"), f"{shown} {done}")
    t.hufu("release", "unschedule", "timed", "morning", as_="ma")
    check(t.hufu("release", "schedules", as_="shen")["schedules"] == [], "it is scheduled no more")


def test_paused_continued_modified_and_stopped(net):
    """MK-46, MK-12: the same bytes as without interruption; a plan that masks otherwise is refused"""
    t = net.nodes["transport"]
    source(net, "day", 250000)
    whole = begin(net, "tolls", "day", "day-whole", "--wait")
    id = begin(net, "tolls", "day", "day-parts")["task"]
    t.hufu("release", "pause", id, "--reason", "the disk is busy", as_="ma")
    check(task(net, id)["state"] == "paused", "it is paused")
    check(not os.path.exists(os.path.join(net.dir, "day-parts.csv")), "nothing has its name yet")
    approved(net, "tolls", lambda text: text.replace("every: 15", "every: 30"), 2)
    r = t.refused("release", "continue", id, "--version", "2", as_="ma")
    check(r.reason == "conflict" and "'time'" in r.text, r.text)
    approved(net, "tolls", lambda text: text.replace("rows-most: 1000000", "rows-most: 250001"), 3)
    t.hufu("release", "continue", id, "--version", "3", as_="ma")
    parts = t.hufu("release", "wait", id, as_="ma")
    check((parts["version"], parts["result_digest"]) == (3, whole["result_digest"]), f"other bytes: {parts} {whole}")
    check({c["field"]: (c["values"], c["key"]) for c in parts["columns"]} == {c["field"]: (c["values"], c["key"]) for c in whole["columns"]}, "and the same counts")
    id = begin(net, "tolls", "day", "day-stopped")["task"]
    t.hufu("release", "stop", id, as_="ma")
    wait_until(lambda: not [f for f in os.listdir(net.dir) if f.startswith("day-stopped")], "nothing of the result is left")
    check(task(net, id)["state"] == "stopped", "it says so")
    t.hufu("release", "retry", id, as_="ma")
    again = t.hufu("release", "wait", id, as_="ma")
    check((again["attempt"], again["result_digest"]) == (2, whole["result_digest"]), str(again))


def test_the_way_back_of_a_task_is_a_permission_of_its_own_and_on_record(net):
    """MK-67: tokens by key and vault, pseudonyms by the key; only for the reverser, with two factors; what was not released, or not so masked, is refused"""
    t = net.nodes["transport"]
    t.add_user("bao", "包正 T-6", ["mask-reverser"])
    t.enrol("bao")
    path = source(net, "dusk", 3000)
    approved(net, "vault", lambda text: text.replace("{technique: fpe, type: cn.plate}", "{technique: token, vault: dusk.vault}"))
    done = begin(net, "vault", "dusk", "dusk-tokens", "--wait")
    check(done["state"] == "released", str(done))
    with open(path, encoding="utf-8", newline="") as f, open(os.path.join(net.dir, "dusk-tokens.csv"), encoding="utf-8", newline="") as g:
        plain, tokens = ([r["plate"] for r in csv.DictReader(x)] for x in (f, g))
    kept = os.path.join(t.dir, "masking", "dusk.vault")
    check(os.stat(kept).st_mode & 0o777 == 0o600, "the vault is the node's alone")
    found = os.path.join(net.dir, "found.txt")
    with open(found, "w", encoding="utf-8") as f:
        f.write("\n".join(tokens[:40] + ["a" * 20]) + "\n")
    args = ["mask", "reverse", done["task"], "--field", "plate", "--values", found, "--reason", "court order 18/2026"]
    out = t.hufu(*args, as_="bao")["values"]
    check([(v["masked"], v["plain"]) for v in out] == list(zip(tokens, plain[:40])) + [("a" * 20, None)], f"{out[:3]}")
    for account in ("ma", "song", "shen"):
        check(t.refused(*args, as_=account).reason == "permission", f"{account} may not")
    args[4] = "fee"
    check(t.refused(*args, as_="bao").reason == "unsupported", "a rounded value has no way back")
    args[4] = "gate"
    check(t.refused(*args, as_="bao").reason == "wrong-fields", "a field that is not there")
    told = [e["fields"] for e in t.hufu("ledger", "tail", "--count", "60", as_="shen")["entries"] if e["event"] == "unmask" and e["outcome"] == "ok"]
    check(len(told) == 1 and (told[0]["actor"], told[0]["purpose"]) == ("transport/bao", "court order 18/2026"), f"{told}")
    check(done["task"] in told[0]["object"] and "plate: token key " in told[0]["masking"] and "41 values reversed" in told[0]["masking"], f"{told}")
    check(not any(p in str(told) for p in plain[:40]), "and no value")


def test_a_timer_of_the_system_begins_what_its_ticket_stands_for(net):
    """MK-44, MK-40: without anybody's session, an approved plan over one source and nothing else; the record says so, and a run that does not begin is missed"""
    t = net.nodes["transport"]
    source(net, "dawn", 3000)
    approved(net, "ticking")
    ticket, folder = os.path.join(net.dir, "tolls.ticket"), os.path.join(net.dir, "ticked")
    os.mkdir(folder)
    args = ["release", "schedule", "ticking", "dawn", "--folder", folder, "--register", "dawn-masked", "--ticket"]
    check(t.refused(*args, ticket, as_="yang").reason == "separation" and not os.path.exists(ticket), "only the plan's operator makes one")
    t.hufu(*args, ticket, as_="ma")
    check(os.stat(ticket).st_mode & 0o777 == 0o600, "the ticket is its owner's alone")
    with open(ticket, encoding="utf-8") as f:
        secret = f.read().strip()
    for where, _, names in os.walk(t.dir):
        for path in (os.path.join(where, n) for n in names if os.path.isfile(os.path.join(where, n))):
            with open(path, "rb") as f:
                content = f.read()
            check(secret.encode() not in content and bytes.fromhex(secret) not in content, f"the node keeps its digest alone: {path}")

    done = t.hufu("release", "begin", "--ticket", ticket, "--wait", as_=None)
    check((done["state"], done["manner"], done["operator"], done["plan"], done["source"]) == ("released", "timer", "ma", "ticking", "dawn"), str(done))
    check(os.path.dirname(done["output"]) == folder and os.path.exists(done["output"]) and done["registers"].startswith("dawn-masked-"), str(done))
    check([s["person"] for s in task(net, done["task"])["steps"][:5]] == ["song", "yang", "yang", "song", "ma"], "the same steps as by hand")
    told = [e["fields"] for e in t.hufu("ledger", "trace", done["task"], as_="shen")["entries"]]
    check(any("a timer of the system, by the ticket that ma made" in e.get("purpose", "") and e["actor"] == "transport/ma" for e in told), f"{told}")

    def row():
        return next(s for s in t.hufu("release", "schedules", as_="shen")["schedules"] if s["source"] == "dawn")
    check((row()["runs"], row()["missed"], row()["begun_by"], row().get("next")) == (1, 0, "ticket", None), f"{row()}")

    other = os.path.join(net.dir, "other.ticket")
    with open(other, "w", encoding="utf-8") as f:
        f.write("ab" * 32 + "\n")
    os.chmod(other, 0o600)
    check(t.refused("release", "begin", "--ticket", other, as_=None).reason == "permission", "a ticket of nothing")
    t.hufu("user", "roles", "ma", "--role", "publisher", as_="admin")
    r = t.refused("release", "begin", "--ticket", ticket, as_=None)
    check("'ma'" in r.text, f"the plan's operator is none any more: {r.reason}: {r.text}")
    t.hufu("user", "roles", "ma", "--role", "masking-operator", as_="admin")
    t.login("ma")
    t.hufu("release", "plan", "retire", "ticking", "--reason", "another one comes", as_="song")
    r = t.refused("release", "begin", "--ticket", ticket, as_=None)
    check(r.reason == "no-plan", r.text)
    check((row()["runs"], row()["missed"]) == (1, 2) and "ticking" in row()["missed_text"], f"{row()}")
    wait_until(lambda: [a for a in t.hufu("alarms", as_="admin")["alarms"] if a["kind"] == "masking-missed" and "dawn" in a["text"]], "the alarm")
    approved(net, "ticking", version=2)
    again = os.path.join(net.dir, "again.ticket")
    t.hufu(*args, again, as_="ma")
    check(t.refused("release", "begin", "--ticket", ticket, as_=None).reason == "permission", "set anew, the old ticket is void")
    t.hufu("release", "unschedule", "ticking", "dawn", as_="ma")
    check(t.refused("release", "begin", "--ticket", again, as_=None).reason == "permission", "and when it has ended")


def test_a_table_is_kept_with_the_plan_that_was_approved(net):
    """MK-37: a task reads what was there when the plan was put, whatever became of the file"""
    folder = os.path.join(net.nodes["transport"].dir, "masking")
    os.makedirs(folder, exist_ok=True)
    lanes = os.path.join(folder, "lanes.csv")
    with open(lanes, "w", encoding="utf-8") as f:
        f.write("0,left\n1,middle\n2,right\n3,shoulder\n")
    source(net, "daybreak", 317)
    approved(net, "tabled", lambda text: text.replace("lane: keep", "lane: {technique: map, table: lanes.csv}"))
    os.unlink(lanes)
    check(begin(net, "tabled", "daybreak", "daybreak-tabled", "--wait")["state"] == "released", "without the file")
    words = ["left", "middle", "right", "shoulder"]
    with open(os.path.join(net.dir, "daybreak.csv"), encoding="utf-8", newline="") as f, \
            open(os.path.join(net.dir, "daybreak-tabled.csv"), encoding="utf-8", newline="") as g:
        check([words[int(r["lane"])] for r in csv.DictReader(f)] == [r["lane"] for r in csv.DictReader(g)], "by the table that was approved")


METHODS = """methods:
  acme.lane:
    title: lane as a word
    principle: by a table
    cost: about 100 ns a value
    constraint: shows the lane
    record: {format: lost, repeats: value, reversible: by table, reference: one to one, meaning: lost, distribution: exact, key: no key}
    table: {"0": left, "1": middle, "2": right, "3": shoulder}
"""


def tried(node):
    """The node's files of methods, once a worker has tried them all."""
    files = lambda: node.hufu("release", "methods", as_="ma")["files"]
    wait_until(lambda: all(f["state"] != "trying" for f in files()), "the methods to be tried")
    return files()


def test_plans_use_the_nodes_own_methods_by_the_digest_of_their_file(net):
    """MK-35: added without rebuilding, reviewed by its digest; a file that is another one after the next start is not used, with a reason"""
    t = net.nodes["transport"]
    path = write(net, "methods.yaml", METHODS)
    t.stop()
    t.configure(f"masking:\n  methods:\n    - file: {path}\n      sha256: {digest(path)}\n")
    t.start()
    for who in ("ma", "yang", "song", "wang", "admin"):
        t.login(who)
    shown = tried(t)
    check([(f["state"], f["methods"]) for f in shown] == [("ready", ["acme.lane"])], str(shown))
    doctor = [c for c in t.hufu("doctor", as_="admin")["findings"] if c["check"] == "masking methods"]
    check([(c["state"], c["text"]) for c in doctor] == [("ok", "1 files of them were tried and are used")], str(doctor))
    source(net, "evening", 500)
    worded = lambda text: text.replace("lane: keep", "lane: {technique: acme.lane}") + f"methods: {{sha256: {digest(path)}}}\n"
    approved(net, "worded", worded)
    done = begin(net, "worded", "evening", "evening-worded", "--wait")
    check(done["state"] == "released", str(done))
    words = ["left", "middle", "right", "shoulder"]
    with open(os.path.join(net.dir, "evening.csv"), encoding="utf-8", newline="") as f, \
            open(os.path.join(net.dir, "evening-worded.csv"), encoding="utf-8", newline="") as g:
        check([words[int(r["lane"])] for r in csv.DictReader(f)] == [r["lane"] for r in csv.DictReader(g)], "by the table of the method")
    write(net, "methods.yaml", METHODS.replace("shoulder", "ramp"))
    t.stop()
    t.start()
    t.login("ma")
    shown = tried(t)
    check(shown[0]["state"] == "refused" and "not the one of the configuration" in shown[0]["why"], str(shown))
    r = t.refused("release", "run", "worded", "evening", "--output", os.path.join(net.dir, "w2.csv"), "--register", "w2", as_="ma")
    check(r.reason == "no-plan" and "are not used" in r.text, r.text)
    check("masking-methods" in [a["kind"] for a in t.hufu("alarms", as_="ma")["alarms"]], "an alarm says so")

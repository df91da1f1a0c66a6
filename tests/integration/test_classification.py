"""What the fields of a source hold: found at registration, said by people, asked for before publication, watched while data goes out."""
import csv
import hashlib
import json
import os
import random

import masking
import test_identify as made
import test_masked_delivery as masked_delivery
from common import *

ROWS = 30000
DRIFT_AT = 15000


def network(net):
    net.clock = hufunet.Clock(net.dir)
    trio(net, 75)
    t = net.nodes["transport"]
    t.add_user("bai", "白薇 T-8", ["security-administrator"])
    t.add_user("mo", "莫言 T-9", ["masking-operator"])
    t.add_user("fan", "樊明 T-7", ["publisher"])


def write(net, name, header, rows):
    path = os.path.join(net.dir, name + ".csv")
    with open(path, "w", newline="", encoding="utf-8") as f:
        w = csv.writer(f)
        w.writerow(header)
        w.writerows(rows)
    return path


def drivers(net, seed=1):
    """Who drove when, with an ID number in a few free texts."""
    r = random.Random(seed)
    return write(net, "drivers", ["姓名", "idCard", "lane", "remark"],
                 [[made.COLUMNS[0][2](r), made.resident(r), r.randrange(1, 5), f"驾驶员身份证{made.resident(r)}已核对" if i % 9 == 0 else "无"]
                  for i in range(400)])


def fields(node, source, account="bai"):
    return {f["field"]: f for f in node.hufu("source", "fields", source, as_=account)["fields"]}


def refused_publication(net, source, **kw):
    try:
        publish(net, source, **kw)
    except hufunet.Refused as r:
        return r
    raise hufunet.Failed(f"{source} was published")


def test_registration_looks_at_a_bounded_sample_and_publication_asks_people(net):
    """MK-15, MK-18, MK-23, DS-33: every field ends with a class or an explicit "not sensitive", from no more rows than said, before publication"""
    t = net.nodes["transport"]
    out = t.hufu("source", "add", "drivers", drivers(net), "--rows", "60", as_="fan")
    check(out["rows"] == 60 and not out["whole"] and out["rows_looked_at"] == 60 and out["unconfirmed"] == 4, f"the limit holds: {out}")
    r = refused_publication(net, "drivers", data_class="transport/driver")
    check(r.reason == "state" and "hufu source scan drivers" in r.text, f"what was only looked at is not published: {r.text}")
    out = t.hufu("source", "scan", "drivers", "--look", "60", as_="fan")
    check(out["rows"] == 400 and out["whole"] and out["rows_looked_at"] == 60 and out["unconfirmed"] == 4, f"the whole: {out}")
    found = fields(t, "drivers", "sun")
    check({n: f["found"] for n, f in found.items()} == {"姓名": "person.name", "idCard": "cn.resident-id", "lane": None, "remark": "text.embedded"},
          f"found: {found}")
    check(found["idCard"]["evidence"] == {"values": 60, "nulls": 0, "valid": 60, "shape": 0} and found["remark"]["mixed"], f"evidence: {found}")
    r = refused_publication(net, "drivers", data_class="transport/driver")
    check(r.reason == "unclassified" and "姓名, idCard, lane, remark" in r.text and "hufu source classify drivers" in r.text, r.text)

    for account in ("mo", "fan", "sun", "li"):
        check(t.refused("source", "classify", "drivers", "--all", as_=account).reason == "permission", f"{account} does not say it")
    r = t.refused("source", "classify", "drivers", "--field", "lane=cn.lane", as_="bai")
    check(r.reason == "unknown" and "hufu mask detectors" in r.text, r.text)
    check(t.refused("source", "classify", "drivers", "--field", "track=none", as_="bai").reason == "unknown", "a field that is not there")
    out = t.hufu("source", "classify", "drivers", "--field", "姓名", "--field", "idCard=cn.resident-id", as_="bai")
    check(out["unconfirmed"] == 2, f"two are left: {out}")
    r = refused_publication(net, "drivers", data_class="transport/driver")
    check(r.reason == "unclassified" and "lane, remark" in r.text and "idCard" not in r.text, r.text)
    t.hufu("source", "classify", "drivers", "--all", as_="bai")
    said = fields(t, "drivers")
    check({n: (f["kind"], f["class"], f["level"]) for n, f in said.items()} ==
          {"姓名": ("person.name", "personal", 3), "idCard": ("cn.resident-id", "personal", 4), "lane": (None, "none", 1),
           "remark": ("text.embedded", "personal", 3)}, f"said: {said}")
    check(all(f["state"] == "confirmed" and f["confirmed_by"] == "bai" for f in said.values()), f"by whom: {said}")
    log = [e for e in t.hufu("ledger", "tail", "--count", "40", as_="sun")["entries"] if e.get("event") == "classification"]
    check(len(log) == 2 and all(e["actor"] == "transport/bai" and "drivers" in e["object"] for e in log), f"in the ledger: {log}")


def test_a_data_dictionary_says_what_names_and_content_do_not(net):
    """MK-15: comments on fields and table are evidence, and stay with the source"""
    t = net.nodes["transport"]
    path = write(net, "crew", ["c1", "c7"], [[i, f"E{10000000 + 7919 * i}"] for i in range(40)])
    dictionary = os.path.join(net.dir, "dictionary.csv")
    with open(dictionary, "w", newline="", encoding="gb18030") as f:
        csv.writer(f).writerows([["表名", "字段名", "说明"], ["crew", "", "司机信息"], ["crew", "c7", "护照号码"], ["fleet", "c1", "手机号码"]])
    t.hufu("source", "add", "crew", path, as_="fan")
    check({n: f["found"] for n, f in fields(t, "crew").items()} == {"c1": None, "c7": None}, "nothing tells it")
    t.hufu("source", "scan", "crew", "--comments", dictionary, as_="fan")
    c7 = fields(t, "crew")["c7"]
    check((c7["found"], c7["comment"]) == ("cn.passport", "护照号码") and "comment" in c7["by"], f"{c7}")
    check(fields(t, "crew")["c1"]["comment"] == "", "what another table's row says is not taken")
    t.hufu("source", "scan", "crew", as_="fan")
    check(fields(t, "crew")["c7"]["found"] == "cn.passport", "it stays")
    with open(dictionary, "w", encoding="utf-8") as f:
        f.write("field,comment\nc7," + "x" * 300 + "\n")
    r = t.refused("source", "scan", "crew", "--comments", dictionary, as_="fan")
    check(r.reason == "limit" and "c7" in r.text, r.text)


def test_an_entry_is_marked_as_its_fields_say(net):
    """MK-15, MK-23: the marks of an entry are no lower than what its fields hold"""
    t = net.nodes["transport"]
    r = refused_publication(net, "drivers", data_class="transport/driver")
    check(r.reason == "argument" and "personal" in r.text and "--legal-basis" in r.text, r.text)
    entry = publish(net, "drivers", data_class="transport/driver", extra=["--legal-basis", "道路运输条例"])
    shown = t.hufu("catalog", "show", entry, as_="wang")
    check(shown["personal"] and shown["sensitive"], f"the entry: {shown}")
    marks = {f["name"]: (f["personal"], f["sensitive"]) for f in shown["fields"]}
    check(marks == {"姓名": (True, False), "idCard": (True, True), "lane": (False, False), "remark": (True, False)}, f"its fields: {marks}")


def test_what_was_said_outlives_another_scan_until_something_else_appears(net):
    """MK-15, MK-20: scanning again keeps what a person said, and says where the data differs now"""
    t = net.nodes["transport"]
    r = random.Random(5)
    path = write(net, "posts", ["post", "km", "note"], [[f"P{i}", i, "正常"] for i in range(300)])
    workflow.source(t, "wang", "posts", path)
    publish(net, "posts")
    out = t.hufu("source", "scan", "posts", as_="wang")
    check(out["unconfirmed"] == 0, f"kept: {out}")
    write(net, "posts", ["post", "km", "note"], [[f"P{i}", i, made.resident(r)] for i in range(300)])
    out = t.hufu("source", "scan", "posts", as_="wang")
    note = fields(t, "posts")["note"]
    check(out["unconfirmed"] == 1 and (note["state"], note["kind"], note["found"]) == ("doubted", None, "cn.resident-id"), f"{note}")
    r = refused_publication(net, "posts")
    check(r.reason == "unclassified" and "note" in r.text and "km" not in r.text, r.text)
    t.hufu("source", "classify", "posts", "--field", "note", as_="bai")
    check(fields(t, "posts")["note"]["kind"] == "cn.resident-id", "as it was found")


def test_a_delivery_stops_when_something_sensitive_appears_in_a_harmless_field(net):
    """MK-15, DS-33: beyond the sample; both ledgers say why, the provider's people are told field and kind, nobody the value"""
    t, i = net.nodes["transport"], net.nodes["insurer"]
    r = random.Random(7)
    values = [made.resident(r) for _ in range(ROWS - DRIFT_AT)]
    rows = [[k, f"收费站{k % 97}", "正常通行，无异常情况" if k < DRIFT_AT else values[k - DRIFT_AT]] for k in range(ROWS)]
    register(net, "passages", write(net, "passages", ["no", "station", "remark"], rows))
    check(fields(t, "passages")["remark"]["found"] is None, "the sample shows nothing")
    entry = publish(net, "passages")
    agreement(net, entry)
    out = os.path.join(net.dir, "passages-got.csv")
    r = i.refused("fetch", entry, "--system", "claims", "--output", out, as_="chen")
    check(r.reason == "sensitive-appeared" and not os.path.exists(out), f"{r.reason}: {r.text}")
    alarm = wait_until(lambda: [a for a in t.hufu("alarms", as_="admin")["alarms"] if a["kind"] == "sensitive-data"], "the alarm")[0]["text"]
    check("field remark of source passages" in alarm and "cn.resident-id" in alarm, alarm)
    check("cn.resident-id" not in r.text and "remark" not in r.text, f"the consumer learns of no field: {r.text}")
    drift = [e for e in t.hufu("ledger", "tail", "--count", "60", as_="sun")["entries"] if e.get("event") == "drift"]
    check(len(drift) == 1 and drift[0]["reason"] == "sensitive-appeared", f"{drift}")
    for node, account in ((t, "sun"), (i, "wu")):
        ended = [e for e in node.hufu("ledger", "tail", "--count", "60", as_=account)["entries"] if e.get("event") == "transfer-terminated"]
        check(any(e["reason"] == "sensitive-appeared" for e in ended), f"{node.id}: {ended}")
    with open(t.log, encoding="utf-8") as f:
        text = f.read() + alarm + str(drift)
    check(not any(v in text for v in values[:3000]), "no value is anywhere")

    remark = fields(t, "passages")["remark"]
    check((remark["state"], remark["found"]) == ("doubted", "cn.resident-id"), f"in doubt: {remark}")
    r = i.refused("fetch", entry, "--system", "claims", "--output", out, as_="chen")
    check(r.reason == "unclassified", f"nothing goes out meanwhile: {r.reason}: {r.text}")
    t.hufu("source", "classify", "passages", "--field", "remark=none", as_="bai")
    i.hufu("fetch", entry, "--system", "claims", "--output", out, as_="chen")
    check(same_file(out, os.path.join(net.dir, "passages.csv")), "somebody has looked, and said so")
    net.drifted = entry, values


def test_a_column_that_was_away_is_nobodys_word_any_more(net):
    """MK-15, MK-23, DS-30: scanned without it, then with it again and other content; the entry of before gives nothing until somebody has said what it holds"""
    t, i, r = net.nodes["transport"], net.nodes["insurer"], random.Random(7)
    header, values = ["no", "station", "remark"], [made.resident(r) for _ in range(500)]
    rows = lambda *more: [[k, f"s{k % 9}", *(m(k) for m in more)] for k in range(500)]
    register(net, "stops", write(net, "stops", header, rows(lambda k: "正常")))
    entry, out = publish(net, "stops"), os.path.join(net.dir, "stops-got.csv")
    agreement(net, entry)
    for columns, content in ((header[:2], rows()), (header, rows(lambda k: values[k]))):
        write(net, "stops", columns, content)
        t.hufu("source", "scan", "stops", as_="wang")
    check(fields(t, "stops")["remark"]["state"] == "proposed", "found, and confirmed by nobody")
    r = i.refused("fetch", entry, "--system", "claims", "--output", out, as_="chen")
    check(r.reason == "unclassified" and "has looked" in r.text and not os.path.exists(out), f"{r.reason}: {r.text}")
    check("cn.resident-id" not in r.text and "remark" not in r.text, f"the consumer learns of no field: {r.text}")
    alarm = wait_until(lambda: [a for a in t.hufu("alarms", as_="admin")["alarms"] if "by a scan alone" in a["text"]], "the alarm")[0]["text"]
    check("field 'remark' holds cn.resident-id" in alarm and "hufu source classify stops" in alarm, alarm)
    write(net, "stops", header, rows(lambda k: "正常"))
    t.hufu("source", "scan", "stops", as_="wang")
    t.hufu("source", "classify", "stops", "--field", "remark=none", as_="bai")
    i.hufu("fetch", entry, "--system", "claims", "--output", out, as_="chen")
    check(same_file(out, os.path.join(net.dir, "stops.csv")), "somebody has looked, and said so")


DYNAMIC = (("mode: static", "mode: dynamic"), ("operator: ma, security: song, audit: shen", "operator: mei, security: bai, audit: cai"))


def test_what_people_say_later_counts_for_an_entry_that_is_there(net):
    """MK-15, MK-23, MK-54, DS-30: what turns out to be sensitive does not go out in plain by the entry of before; its publisher publishes it anew, masked"""
    t, i = net.nodes["transport"], net.nodes["insurer"]
    (old, values), out = net.drifted, os.path.join(net.dir, "passages-anew.csv")
    t.hufu("source", "classify", "passages", "--field", "remark=cn.resident-id", as_="bai")
    r = i.refused("fetch", old, "--system", "claims", "--output", out, as_="chen")
    check(r.reason == "unclassified" and "publishes it anew" in r.text and not os.path.exists(out), f"{r.reason}: {r.text}")
    check("cn.resident-id" not in r.text and "remark" not in r.text, f"the consumer learns of no field: {r.text}")
    alarm = wait_until(lambda: [a for a in t.hufu("alarms", as_="admin")["alarms"] if "publish it anew" in a["text"]], "the alarm")[0]["text"]
    check("field 'remark' holds cn.resident-id" in alarm and old in alarm, alarm)

    t.add_user("mei", "梅雪 T-3", ["masking-operator"])
    t.add_user("cai", "蔡明 T-2", ["audit-administrator"])
    text = masking.PLAN.replace("NAME", "passages").replace("VERSION", "1")
    for was, now in DYNAMIC:
        text = text.replace(was, now)
    text = text[:text.index("    fields:")] + "    fields:\n      no: keep\n      station: keep\n      remark: {technique: mask, keep-first: 2}\n" + text[text.index("emergency:"):]
    plan = masking.write(net, "passages.yaml", text)
    t.hufu("release", "plan", "put", plan, as_="mo")
    t.hufu("release", "plan", "approve", "passages", as_="bai")
    for node, accounts in ((t, ("li", "zhao")), (i, ("chen", "zhou")), (net.nodes["manager"], ("zheng",))):
        for account in accounts:
            node.enrol(account)
    entry = publish(net, "passages", extra=["--legal-basis", "道路运输条例", "--duty", "mask:passages"])
    masked_delivery.negotiate(net, entry)
    got, _ = masked_delivery.fetch(net, "passages-masked.csv", entry)
    with open(got, encoding="utf-8") as f:
        rows = list(csv.reader(f))[1:]
    check([x[2][:2] for x in rows[DRIFT_AT:]] == [v[:2] for v in values] and not {x[2] for x in rows} & set(values), f"masked: {rows[-1]}")


def test_labels_of_fields_travel_with_the_data_and_stand_in_both_records(net):
    """MK-22, MK-24, MK-25: kind, class, level and treatment of each field, signed, at the recipient and in access and transfer records"""
    t, i, m = (net.nodes[n] for n in ("transport", "insurer", "manager"))
    r = random.Random(9)
    path = write(net, "plates", ["号牌", "lane", "remark"], [[made.COLUMNS[6][2](r), k % 4 + 1, "无"] for k in range(500)])
    register(net, "plates", path, kinds={"号牌": "cn.plate"})
    entry = publish(net, "plates", data_class="transport/toll", extra=["--legal-basis", "道路运输条例"])
    app = workflow.apply(i, "chen", entry, system="claims", reason="核对通行车辆的理赔", purpose="claims-assessment", days=90)
    workflow.confirm(i, "zhou", app)
    workflow.comply(m, "zheng", app)
    workflow.wait_state(t, "li", app, "PRIVACY_WAITING")
    t.hufu("review", app, "--privacy", "--necessity", "ok", "--compliance", "ok", as_="zhao")
    t.hufu("decide", app, "T", as_="li")
    workflow.wait_state(i, "chen", app, "FINALIZED")
    got = i.hufu("fetch", entry, "--system", "claims", "--output", os.path.join(net.dir, "plates-got.csv"), as_="chen")["transfer"]
    workflow.wait_transfer(t, "li", got, "COMPLETED")
    for node, account in ((t, "li"), (i, "chen")):
        labels = node.hufu("transfers", "show", got, as_=account)["labels"]
        check([(x["field"], x["kind"], x["class"], x["level"], x["treatment"]) for x in labels] ==
              [("号牌", "cn.plate", "personal", 3, "plain"), ("lane", "", "none", 1, "plain"), ("remark", "", "none", 1, "plain")], f"{node.id}: {labels}")
    wanted = {t: ("sun", {"access-decision", "transfer-start", "transfer-sent"}), i: ("wu", {"transfer-start", "transfer-received"})}
    for node, (account, events) in wanted.items():
        labelled = {e["event"] for e in entries_of(node, account, got)
                    if e["ledger"].startswith(node.id) and "号牌 cn.plate personal 3 plain" in e["fields"].get("label", "")}
        check(events <= labelled, f"{node.id}: {labelled}")


def write_bytes(net, name, content):
    path = os.path.join(net.dir, name)
    with open(path, "wb") as f:
        f.write(content)
    return path


def put(net, name, content):
    path = os.path.join(net.dir, name)
    with open(path, "w", encoding="utf-8") as f:
        json.dump(content, f, ensure_ascii=False)
    return path


def controls(personal="approve", review="2030-01-01", without=None):
    levels = [{"class": c, "level": n, "control": personal if (c, n) == ("personal", 3) else "publish" if c == "general" else "approve"}
              for c in ("general", "personal", "important", "core") for n in range(1, 5) if (c, n) != without]
    return {"controls": 1, "review": review, "levels": levels}


STEPS = ("identify", "need", "technique", "plan", "execute", "evaluate", "audit", "tool")


def operation(review="2030-01-01", of=STEPS):
    return {"operation": 1, "review": review, "rules": [{"of": step, "rule": f"{step}：两人在场，按手册办理"} for step in of]}


def test_the_roles_of_masking_are_three_accounts_and_only_one_sets_its_policy(net):
    """MK-60, MK-62, MK-63, MK-64: a second of the three roles fails; operator and auditors change nothing, and each attempt is denied on record"""
    t = net.nodes["transport"]
    three = ["masking-operator", "security-administrator", "audit-administrator"]
    for k in range(3):
        r = t.refused("user", "roles", "mo", "--role", three[k], "--role", three[(k + 1) % 3], as_="admin")
        check(r.reason == "separation" and three[k] in r.text, r.text)
    path, rules = put(net, "controls.json", controls()), put(net, "rules.json", {"detectors": [
        {"id": "acme.badge", "title": "works badge", "class": "important", "level": 2, "technique": "mask", "names": ["badge"], "pattern": "AC-\\d{5}"}]})
    t.add_user("shu", "舒心 T-6", ["audit-administrator"])
    attempts = [("release", "controls", "set", path), ("release", "rules", "set", rules), ("release", "needs", "--make"),
                ("release", "operation", "set", path),
                ("release", "need", "need-0", "--mode", "static")]
    for account in ("mo", "shu", "wang"):
        for a in attempts:
            check(t.refused(*a, as_=account).reason == "permission", f"{account}: {a}")
    denied = [e["actor"] for e in t.hufu("ledger", "tail", "--count", "60", as_="shu")["entries"] if e["event"] == "denied"]
    check(all(denied.count("transport/" + a) == len(attempts) for a in ("mo", "shu", "wang")), f"on record: {denied}")
    for id in ("two words", "k" * 64):
        bad = put(net, "bad.json", {"detectors": [{"id": id, "title": "x", "class": "personal", "level": 2, "technique": "mask", "names": ["x"]}]})
        check(t.refused("release", "rules", "set", bad, as_="bai").reason == "format", id)
    t.hufu("release", "rules", "set", rules, as_="bai")
    t.hufu("release", "rules", "set", rules, as_="bai")
    shown = t.hufu("release", "rules", "show", "--version", "1", as_="shu")
    check(shown["set_by"] == "bai" and shown["text"]["detectors"][0]["id"] == "acme.badge", f"{shown}")
    check(t.hufu("release", "rules", "show", as_="shu")["version"] == 2, "versions stay")


def test_every_class_and_level_has_a_control_which_publication_keeps(net):
    """MK-54, MK-58, DS-30, MK-17: a level without a control is an error; what is important is graded so"""
    t = net.nodes["transport"]
    r = t.refused("release", "controls", "set", put(net, "gap.json", controls(without=("core", 2))), as_="bai")
    check(r.reason == "format" and "core data of level 2 has no control" in r.text, r.text)
    r = t.refused("release", "controls", "set", put(net, "late.json", controls(review="2020-01-01")), as_="bai")
    check("review" in r.text, r.text)
    draw = random.Random(3)
    path = write(net, "badges", ["who", "post"], [[f"AC-{draw.randrange(10**5):05}", k] for k in range(100)])
    t.hufu("source", "add", "badges", path, as_="fan")
    check(fields(t, "badges")["who"]["found"] == "acme.badge", "the rule base is looked for")
    t.hufu("source", "classify", "badges", "--all", as_="bai")
    r = refused_publication(net, "badges", level=1)
    check(r.reason == "unclassified" and "--level 2" in r.text and "who" in r.text, r.text)
    r = refused_publication(net, "badges", level=2, sharing="unconditional", condition=None)
    check(r.reason == "unclassified" and "only by agreement" in r.text, r.text)

    legal = {"data_class": "transport/toll", "extra": ["--legal-basis", "道路运输条例"]}
    check(t.hufu("release", "controls", "set", put(net, "mask.json", controls("mask")), as_="bai")["version"] == 1, "the first")
    r = refused_publication(net, "plates", **legal)
    check(r.reason == "unclassified" and "only masked" in r.text and "--duty mask:PLAN" in r.text and "version 1" in r.text, r.text)
    needs = t.hufu("release", "needs", "--make", as_="bai")["needs"]
    mine = {(n["stage"], n["role"]): n for n in needs if n["source"] == "plates"}
    check(set(mine) == {("collect", "publisher"), ("classify", "data-authority"), ("classify", "security-administrator"),
                        ("mask", "masking-operator"), ("publish", "publisher"), ("deliver", "insurer/claims")}, f"MK-27: {set(mine)}")
    places = {p["kind"]: p["places"] for p in t.hufu("source", "places", as_="sun")["kinds"]}
    check(places["cn.plate"] == ["plates.号牌"] and places["cn.resident-id"] == ["drivers.idCard", "passages.remark", "posts.note"], f"MK-20: {places}")
    need = mine[("deliver", "insurer/claims")]
    check(need["masking"] and need["fields"] == "号牌 (cn.plate)" and need["permission"].startswith("read by grant") and not need["mode"], f"{need}")
    check(not mine[("mask", "masking-operator")]["masking"], "who masks sees what is to be masked")
    t.hufu("release", "need", need["need"], "--mode", "dynamic", as_="bai")
    again = {n["need"]: n for n in t.hufu("release", "needs", "--make", as_="bai")["needs"]}
    check(again == {n["need"]: n for n in t.hufu("release", "needs", as_="sun")["needs"]}, "as it is stored")
    check(again[need["need"]]["mode"] == "dynamic", "MK-28: what was decided stays")

    t.hufu("release", "controls", "set", put(net, "never.json", controls("never")), as_="bai")
    check("never offered" in refused_publication(net, "plates", **legal).text, "the newest counts")
    t.hufu("release", "controls", "set", put(net, "approve.json", controls()), as_="bai")
    publish(net, "plates", **legal)
    checks = {c["check"]: c for c in t.hufu("doctor", as_="admin")["findings"]}
    check(checks["masking controls"]["state"] == "ok" and "version 3" in checks["masking controls"]["text"], f"{checks['masking controls']}")


def test_what_masking_does_is_reported_to_the_administrators_and_by_system(net):
    """MK-49, MK-51, MK-52, MK-61: delivered to both roles; filters return exactly the entries; the file has the recorded digest"""
    t = net.nodes["transport"]
    check(t.refused("release", "report", as_="bai").reason == "permission", "the operator reports")
    made_of = t.hufu("release", "report", as_="mo")["report"]
    for account in ("bai", "shu"):
        wait_until(lambda a=account: [n for n in t.hufu("notices", as_=a)["notices"] if n["kind"] == "mask-report" and made_of in n["text"]],
                   f"the notice of {account}")
    taken, exported = os.path.join(net.dir, "taken.txt"), os.path.join(net.dir, "exported.txt")
    t.hufu("release", "report", "-o", taken, as_="bai")
    t.hufu("audit", "export", made_of, "-o", exported, as_="shu")
    check(same_file(taken, exported), "the same file")
    with open(taken, "rb") as f:
        text = f.read()
    delivered = [e for e in t.hufu("ledger", "tail", "--count", "30", as_="shu")["entries"] if e["event"] == "mask-report"]
    check(len(delivered) == 1 and delivered[0]["fields"]["digest"] == hashlib.sha256(text).hexdigest(), f"{delivered}")
    words = text.decode()
    check(all(w in words for w in ("classification", "mask-policy", "mask-need", "drift")), "what was done")
    check("transfer-start" not in words and "login" not in words, "and nothing else")
    for more, wanted in ((["--system", "claims"], lambda e: e["fields"].get("system") == "claims"),
                         (["--subject", "bai", "--masking"], lambda e: e["actor"] == "transport/bai" and e["event"] in ("classification", "mask-policy", "mask-need", "mask-plan")),
                         (["--system", "no-such"], lambda e: False)):
        everything = t.hufu("ledger", "tail", "--count", "1000", as_="shu")["entries"]
        view = t.hufu("audit", "report", *more, as_="shu")
        listed = [e for e in everything if wanted(e)]
        check(view["entries"] == len(listed), f"{more}: {view['entries']} of {len(listed)}")


def test_a_plan_meets_a_decided_need_and_what_people_said_of_the_source(net):
    """MK-28, MK-14, MK-15: a need without the decision static or dynamic enters no plan; the plan is held against the source's confirmed fields"""
    t = net.nodes["transport"]
    t.add_user("yan", "严冬 T-5", ["masking-operator"])
    need = next(n["need"] for n in t.hufu("release", "needs", as_="mo")["needs"] if n["source"] == "plates" and n["stage"] == "mask")

    def plan(name, plate):
        head, rest = masking.PLAN.replace("NAME", name).replace("VERSION", "1").split("tables:\n")
        tables = f"tables:\n  plates:\n    fields:\n      号牌: {plate}\n      lane: keep\n      remark: keep\n"
        path = os.path.join(net.dir, name + ".yaml")
        with open(path, "w", encoding="utf-8") as f:
            f.write(head.replace("research into congestion", need).replace("operator: ma, security: song, audit: shen", "operator: yan, security: bai, audit: shu")
                    + tables + rest[rest.index("emergency:"):])
        return path

    masked = plan("masked", "{technique: mask, keep-first: 2}")
    r = t.refused("release", "plan", "put", masked, as_="mo")
    check(r.reason == "state" and need in r.text and "--mode static|dynamic" in r.text, r.text)
    t.hufu("release", "need", need, "--mode", "dynamic", as_="bai")
    r = t.refused("release", "plan", "put", masked, as_="mo")
    check(r.reason == "conflict" and "dynamic" in r.text, r.text)
    t.hufu("release", "need", need, "--mode", "static", as_="bai")
    r = t.refused("release", "plan", "put", plan("kept", "keep"), as_="mo")
    check(r.reason == "conflict" and "plates.号牌" in r.text and "cn.plate" in r.text, r.text)
    r = t.refused("release", "plan", "put", plan("thin", "{technique: mask, keep-first: 6}"), as_="mo")
    check(r.reason == "conflict" and "plates.号牌 keeps 6 of 7 characters of a cn.plate" in r.text and "take fpe or hash" in r.text, f"a mask that hides next to nothing: {r.text}")
    check(t.hufu("release", "plan", "put", masked, as_="mo")["state"] == "proposed", "what was decided and confirmed is met")


def test_the_watch_reads_gb18030_and_asks_the_detectors_of_this_node(net):
    """MK-15, DS-33: what only an own detector knows, in a table that is not written in UTF-8"""
    t, i = net.nodes["transport"], net.nodes["insurer"]
    t.hufu("release", "rules", "set", put(net, "staff.json", {"detectors": [
        {"id": "acme.staff", "title": "staff number", "class": "personal", "level": 3, "technique": "mask", "pattern": "工号[0-9]{6}"}]}), as_="bai")
    path = write(net, "shifts", ["no", "remark"], [[k, "正常交接班" if k < DRIFT_AT else f"工号{100000 + k}"] for k in range(ROWS)])
    with open(path, encoding="utf-8", newline="") as f:
        text = f.read()
    with open(path, "w", encoding="gb18030", newline="") as f:
        f.write(text)
    register(net, "shifts", path)
    check(fields(t, "shifts")["remark"]["found"] is None, "the sample shows nothing")
    entry = publish(net, "shifts")
    agreement(net, entry)
    out = os.path.join(net.dir, "shifts-got.csv")
    r = i.refused("fetch", entry, "--system", "claims", "--output", out, as_="chen")
    check(r.reason == "sensitive-appeared" and not os.path.exists(out), f"{r.reason}: {r.text}")
    check((fields(t, "shifts")["remark"]["state"], fields(t, "shifts")["remark"]["found"]) == ("doubted", "acme.staff"), "and says which")
    t.hufu("source", "classify", "shifts", "--field", "remark=none", as_="bai")
    i.hufu("fetch", entry, "--system", "claims", "--output", out, as_="chen")
    check(same_file(out, path), "somebody has looked, and said so")


def test_a_detector_in_code_serves_the_scan_and_the_watch_and_fails_closed(net):
    """MK-15, MK-35, DS-33: a library that the configuration names; a scan finds by it, a delivery ends by it, and where it crashes"""
    t, i = net.nodes["transport"], net.nodes["insurer"]
    library, digest, rules = made.detector(net)
    r = t.refused("release", "rules", "set", put(net, "code.json", rules), as_="bai")
    check(r.reason == "unknown" and "masking.detectors" in r.text, f"no account alone brings code into a node: {r.text}")
    t.stop()
    t.configure(f"masking:\n  detectors:\n    - file: {library}\n      sha256: {digest}\n")
    t.start()
    for who in ("admin", "bai", "sun", "fan", "wang", "li", "shu"):
        t.login(who)
    t.hufu("release", "rules", "set", put(net, "code.json", rules), as_="bai")
    rows = [[k, "-" if k < DRIFT_AT else made.staff(7 * k)] for k in range(ROWS)]
    t.hufu("source", "add", "coded", write(net, "coded", ["no", "code"], rows[DRIFT_AT:]), as_="fan")
    check(fields(t, "coded")["code"]["found"] == "acme.staff-code", "the scan finds by it")
    register(net, "duty", write(net, "duty", ["no", "remark"], rows))
    entry = publish(net, "duty")
    agreement(net, entry)
    out = os.path.join(net.dir, "duty-got.csv")
    r = i.refused("fetch", entry, "--system", "claims", "--output", out, as_="chen")
    check(r.reason == "sensitive-appeared" and fields(t, "duty")["remark"]["found"] == "acme.staff-code", f"the watch, too: {r.text}")
    r = t.refused("source", "add", "evil", write(net, "evil", ["no", "code"], [[1, "!evil"]]), as_="fan")
    check(r.reason == "scanner" and "detector acme.staff-code failed: it crashed" in r.text, r.text)
    rows = [[k, "-" if k < DRIFT_AT else "!evil"] for k in range(ROWS)]
    register(net, "nights", write(net, "nights", ["no", "remark"], rows))
    entry = publish(net, "nights")
    agreement(net, entry)
    out = os.path.join(net.dir, "nights-got.csv")
    r = i.refused("fetch", entry, "--system", "claims", "--output", out, as_="chen")
    check(r.reason == "scanner" and "acme" not in r.text and not os.path.exists(out), f"what it would have found nobody knows: {r.text}")
    check(any("detector acme.staff-code failed" in a["text"] for a in t.hufu("alarms", as_="admin")["alarms"]), "the provider is told")


def test_the_execution_report_comes_by_itself_each_week(net):
    """MK-61: the node makes it and delivers it, and none before the week is over; MK-55: reviews that became overdue meanwhile are warned of"""
    t, due = net.nodes["transport"], workflow.in_days(5)

    def reviews():
        return {c["check"]: (c["state"], c["text"]) for c in t.hufu("doctor", as_="admin")["findings"] if c["check"].startswith("masking ")}

    state, text = reviews()["masking operation"]
    check(state == "warn" and "there are masking plans and no operation rules" in text, text)
    r = t.refused("release", "operation", "set", put(net, "gap.json", operation(due, STEPS[:5] + STEPS[6:])), as_="bai")
    check(r.reason == "format" and "no rule of 'evaluate'" in r.text, r.text)
    r = t.refused("release", "operation", "set", write_bytes(net, "empty.json", b""), as_="bai")
    check("empty.json is empty; the command's --help says" in r.text, r.text)
    t.hufu("release", "operation", "set", put(net, "operation.json", operation(due)), as_="bai")
    t.hufu("release", "controls", "set", put(net, "soon.json", controls(review=due)), as_="bai")
    shown = t.hufu("release", "operation", "show", as_="shu")
    check((shown["version"], shown["set_by"], shown["review"][:10], len(shown["text"]["rules"])) == (1, "bai", due, 8), f"stored: {shown}")
    check(all(state == "ok" and due in text for state, text in reviews().values()), f"{reviews()}")

    def told():
        return [n["notice"] for n in t.hufu("notices", as_="bai")["notices"] if n["kind"] == "mask-report"]

    before = told()
    check(len(before) == 1, f"the one that was asked for: {before}")
    net.clock.move(8)
    t.login("bai")
    wait_until(lambda: len(told()) == 2, "the next one", 30)
    t.login("admin")
    check(len(reviews()) == 2 and all(state == "warn" and f"was due on {due}" in text for state, text in reviews().values()), f"{reviews()}")
    again = os.path.join(net.dir, "week.txt")
    t.hufu("release", "report", "-o", again, as_="bai")
    with open(again, encoding="utf-8") as f:
        check("mask-need" in f.read(), "what was done since")

"""What the fields of a source hold: found at registration, said by people, asked for before publication, watched while data goes out."""
import csv
import os
import random

import test_identify as made
from common import *

ROWS = 30000
DRIFT_AT = 15000


def network(net):
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
    check(out["rows"] == 400 and out["rows_looked_at"] == 60 and out["unconfirmed"] == 4, f"the limit holds: {out}")
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

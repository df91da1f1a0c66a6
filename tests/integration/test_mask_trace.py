"""`hufu mask trace`, offline: leaked rows of real releases name whom they came from, and rows of nobody name nobody."""
import csv
import json
import os
import random
import subprocess

from hufunet import check

KEY = "00112233445566778899aabbccddeeff" * 2
CONSUMERS = ["university", "insurer", "broker"]
PLAN = """masking-plan: 1
name: tolls
version: 1
need: research
purpose: research
mode: static
people: {operator: li, security: wang, audit: zhao}
scope: {group: tolls, consumer: CONSUMER}
schedule: by hand
result: {rows-least: 1, unreadable-most: 0}
relations: []
tables:
  passages:
    fields:
      plate: {technique: fpe, type: cn.plate}
      time: {technique: daterd, unit: minute}
      weight: {technique: noise, scale: 30, fingerprint: on, step: 10}
      fee: {technique: noise, scale: 5, fingerprint: on, step: 1}
      lane: keep
emergency:
  source: {cause: no file, solution: call the owner, who: li}
  format: {cause: bad row, solution: mend it, who: li}
  key: {cause: no key, solution: ask for it, who: wang}
  result: {cause: check failed, solution: do not release, who: wang}
  space: {cause: disk full, solution: make room, who: li}
"""


def network(net):
    pass


def write(net, name, text, mode=0o600):
    path = os.path.join(net.dir, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8", newline="") as f:
        f.write(text)
    os.chmod(path, mode)
    return name


def table(net, name, header, rows):
    os.makedirs(os.path.dirname(os.path.join(net.dir, name)), exist_ok=True)
    with open(os.path.join(net.dir, name), "w", encoding="utf-8", newline="") as f:
        w = csv.writer(f)
        w.writerow(header)
        w.writerows(rows)


def mask(net, *args, status=0):
    done = subprocess.run([os.path.join(net.bin, "hufu"), "mask", *args], cwd=net.dir, capture_output=True, timeout=120)
    check(done.returncode == status, f"hufu mask {args} ended with {done.returncode}: {done.stdout[-800:]} {done.stderr[-800:]}")
    return done


HEADER = ["plate", "time", "weight", "fee", "lane"]


def release(net):
    """The table, masked for three recipients, and the lists of what was released."""
    r = random.Random(3)
    rows = [[f"粤B{r.randrange(3000):05}", f"2026-03-{1 + r.randrange(28):02} {r.randrange(24):02}:{r.randrange(60):02}:{r.randrange(60):02}",
             str(r.randrange(800, 40000)), f"{r.randrange(5, 200)}.{r.randrange(100):02}", str(r.randrange(6))] for _ in range(3000)]
    table(net, "work/passages.csv", HEADER, rows)
    write(net, "work/mask.key", KEY + "\n")
    masked = {}
    for c in CONSUMERS:
        write(net, f"work/{c}.yaml", PLAN.replace("CONSUMER", c))
        mask(net, "run", f"work/{c}.yaml", "work/passages.csv", "--table", "passages", "--output", f"{c}.csv", "--key", "work/mask.key")
        with open(os.path.join(net.dir, f"{c}.csv"), encoding="utf-8", newline="") as f:
            masked[c] = list(csv.reader(f))[1:]
    one = {"release": "tolls 1", "table": "passages", "original": "passages.csv", "key": "mask.key"}
    # One plan serves several recipients, when the list says whose keys they were.
    write(net, "work/first.json", json.dumps({"releases": [dict(one, recipient=c, plan="university.yaml", consumer=c) for c in CONSUMERS[:2]]}))
    write(net, "work/second.json", json.dumps({"releases": [dict(one, recipient="broker", plan="broker.yaml")]}))
    return rows, masked


def traced(net, *more):
    return json.loads(mask(net, "trace", "leak.csv", *(more or ("--releases", "work")), "--json").stdout)


def test_twenty_rows_name_whom_they_came_from(net):
    """Nine tenths and more of the rows deleted, columns dropped, digits rounded: the recipient is named, with the bound"""
    _, masked = release(net)
    for c in CONSUMERS:
        table(net, "leak.csv", HEADER, masked[c][7:2700:131])
        report = traced(net)
        check(report["named"] == [c] and report["rows"] == 21, json.dumps(report)[:800])
        check([r["bound"] <= 1e-9 for r in report["releases"]] == [r["recipient"] == c for r in report["releases"]], str(report))
    # Without the pseudonyms, in another order of columns: by the fingerprints alone.
    some = masked["insurer"][7:2700:131]
    table(net, "leak.csv", ["fee", "lane", "time", "weight"], [[r[3], r[4], r[1], r[2]] for r in some[:20]])
    report = traced(net)
    check(report["named"] == ["insurer"] and report["releases"][1]["found"] == 20, json.dumps(report)[:800])
    write(net, "leak.jsonl", "".join(json.dumps({"fee": r[3], "time": r[1], "weight": r[2]}) + "\n" for r in some[:20]))
    check(json.loads(mask(net, "trace", "leak.jsonl", "--releases", "work", "--json").stdout)["named"] == ["insurer"], "JSON lines are not read")
    # Rounded to a tenth of the step, and to a fifth.
    table(net, "leak.csv", ["time", "weight", "fee"], [[r[1], str(2 * round(int(r[2]) / 2)), f"{float(r[3]):.1f}"] for r in masked["broker"][::75]])
    check(traced(net)["named"] == ["broker"], "rounding hides the fingerprints")
    # The pseudonyms alone.
    table(net, "leak.csv", ["plate"], [[r[0]] for r in some[:20]])
    text = mask(net, "trace", "leak.csv", "--releases", "work/first.json", "--releases", "work/second.json").stdout.decode()
    check(text.startswith("the leak is from insurer\n") and "is named wrongly with a probability of 1e-09 at most" in text, text)
    check(KEY[:16] not in text and masked["insurer"][7][0] not in text, "a key or a value is printed")


def test_mixtures_are_told_apart_or_said_to_be_undecided(net):
    """Two recipients' rows, and rows of one who is not listed"""
    _, masked = release(net)
    mixed = [masked["university" if i % 2 else "broker"][i * 71] for i in range(20)]
    table(net, "leak.csv", HEADER, mixed)
    report = traced(net)
    check(sorted(report["named"]) == ["broker", "university"] and report["unexplained"] == 0, json.dumps(report)[:800])
    check([r["only_here"] for r in report["releases"]] == [10, 0, 10], str(report["releases"]))
    # The broker's releases are not in the list.
    report = traced(net, "--releases", "work/first.json")
    check(report["named"] == ["university"] and report["says"] == "the leak is from university; of 10 rows it is undecided", report["says"])
    # Coarse columns only: nothing of any recipient is in them.
    table(net, "leak.csv", ["time", "lane"], [[r[1], r[4]] for r in masked["broker"]])
    report = traced(net)
    check(report["verdict"] == "undecided" and report["named"] == [] and "nothing in it speaks for any release" in report["says"], report["says"])


def test_nobody_is_named_for_data_that_was_not_released(net):
    """The originals themselves, other people's data, and one row a thousand times"""
    rows, masked = release(net)
    table(net, "leak.csv", HEADER, rows)
    check(traced(net)["named"] == [], "the original names somebody")
    r = random.Random(9)
    table(net, "leak.csv", HEADER, [[f"粤B{r.randrange(100000):05}", x[1], str(10 * (int(x[2]) // 10) + r.randrange(10)), x[3], x[4]] for x in masked["broker"]])
    check(sorted(traced(net)["named"]) == ["broker"], "fees are the broker's still")
    table(net, "leak.csv", HEADER, [[f"粤B{r.randrange(100000):05}", x[1], str(10 * (int(x[2]) // 10) + r.randrange(10)), f"{x[3].split('.')[0]}.{r.randrange(100):02}", x[4]]
                                    for x in masked["broker"]])
    check(traced(net)["named"] == [], "made up digits name somebody")
    table(net, "leak.csv", HEADER[1:], [masked["insurer"][5][1:]] * 1000)
    check(traced(net)["named"] == [], "one row, however often, names somebody")


def test_lists_are_checked(net):
    """What is wrong with a list is said by its place"""
    _, masked = release(net)
    table(net, "leak.csv", HEADER, masked["broker"][:3])
    for text, says in (("", "is empty, and no JSON object; name the right file"), ('{"releases": []}', 'lists no releases; write {"releases": [{...}]}'),
                       ('{"releases": [{"release": "a", "recipient": "b", "plan": "broker.yaml", "table": "passages", "original": "passages.csv"}]}', 'a release has no "key"'),
                       ('{"releases": [{"release": "a", "keys": 1}]}', '"keys" of a release is not known'),
                       ('{"releases": [{"release": "a", "recipient": "b", "plan": "broker.yaml", "table": "x", "original": "passages.csv", "key": "mask.key"}]}',
                        "release a to b: the plan has no table x")):
        write(net, "work/bad.json", text)
        done = mask(net, "trace", "leak.csv", "--releases", "work/bad.json", status=1)
        check(says in done.stderr.decode(), done.stderr.decode())
    check("--releases FILE is missing" in mask(net, "trace", "leak.csv", status=2).stderr.decode(), "no list is no error")

"""`hufu mask plan` and `hufu mask run`, offline: a plan over real files, and what must not happen."""
import collections
import csv
import hashlib
import json
import os
import random
import re
import resource
import subprocess

from hufunet import check

HERE = os.path.dirname(os.path.abspath(__file__))
PLAN = """masking-plan: 1
name: tolls
version: 1
need: research
purpose: research
mode: static
people: {operator: li, security: wang, audit: zhao}
scope: {group: tolls, consumer: CONSUMER, epoch: 1}
schedule: by hand
result: {rows-least: 1, rows-most: 1000000, unreadable-most: 0}
relations:
- [passages.plate, owners.plate]
tables:
  passages:
    fields:
      plate: {technique: fpe, type: cn.plate}
      time: {technique: daterd, unit: minute, every: 15}
      fee: {technique: round, step: 5}
      lane: keep
  owners:
    fields:
      plate: {technique: fpe, type: cn.plate}
      name: {technique: mask, keep-first: 1}
      mobile: {technique: fpe, type: cn.mobile}
      income: {technique: avg, k: 3}
      note: {technique: limc}
emergency:
  source: {cause: no file, solution: call the owner, who: li}
  format: {cause: bad row, solution: mend it, who: li}
  key: {cause: no key, solution: ask for it, who: wang}
  result: {cause: check failed, solution: do not release, who: wang}
  space: {cause: disk full, solution: make room, who: li}
"""
KEY = "00112233445566778899aabbccddeeff" * 2


def network(net):
    pass


def write(net, name, text, mode=0o600):
    path = os.path.join(net.dir, name)
    with open(path, "w", encoding="utf-8", newline="") as f:
        f.write(text)
    os.chmod(path, mode)
    return name


def tables(net, rows=500):
    r = random.Random(5)
    plates = [f"粤B{i:05}" for i in range(100)]
    owners = [[p, "张伟", f"1381234{i:04}", str(r.randrange(1000, 90000)), 'said "no", twice'] for i, p in enumerate(plates)]
    passages = [[r.choice(plates), f"2026-03-01 08:{r.randrange(60):02}:{r.randrange(60):02}", str(r.randrange(100)), str(r.randrange(4))] for _ in range(rows)]
    for name, header, body in (("owners.csv", "plate,name,mobile,income,note", owners), ("passages.csv", "plate,time,fee,lane", passages)):
        with open(os.path.join(net.dir, name), "w", encoding="utf-8", newline="") as f:
            w = csv.writer(f)
            w.writerow(header.split(","))
            w.writerows(body)
    write(net, "plan.yaml", PLAN.replace("CONSUMER", "university"))
    write(net, "key", KEY + "\n")
    return owners, passages


def mask(net, *args, status=0, limit=None):
    def bound():
        resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    done = subprocess.run([os.path.join(net.bin, "hufu"), "mask", *args], cwd=net.dir, capture_output=True, timeout=120, preexec_fn=bound if limit else None)
    check(done.returncode == status, f"hufu mask {args} ended with {done.returncode}: {done.stdout[-500:]} {done.stderr[-500:]}")
    return done


def run(net, table, output, status=0, plan="plan.yaml", source=None, key="key", json=False, **more):
    return mask(net, "run", plan, source or table + ".csv", "--table", table, "--output", output, *(["--key", key] if key else []),
                *(["--json"] if json else []), status=status, **more)


def rows(net, name):
    with open(os.path.join(net.dir, name), encoding="utf-8", newline="") as f:
        return list(csv.reader(f))


def refused(done, says):
    check(says in done.stderr.decode(), done.stderr.decode())


def test_a_plan_runs_from_start_to_end_and_joins_stay(net):
    """MK-3, MK-11, MK-21, MK-29: two tables of one plan, complete, and a join on the masked key gives what the original gave; both figures of each run"""
    owners, passages = tables(net)
    report = run(net, "passages", "p.csv").stdout.decode()
    check("500 rows read, 500 written" in report, report)
    effect = json.loads(run(net, "owners", "o.csv", json=True).stdout)["effect"]
    classes = collections.Counter(tuple(r[1:3]) for r in rows(net, "p.csv")[1:])
    check(f"of 500 rows: k {min(classes.values())} of time, fee; comes back by dictionary " in report, f"{report}: {classes}")
    check(effect["rows"] == 100 and {f["field"]: f["by_dictionary"] for f in effect["fields"]}.keys() == {"plate", "name", "mobile", "income"}, f"{effect}")
    got, own = rows(net, "p.csv"), rows(net, "o.csv")
    check(got[0] == ["plate", "time", "fee", "lane"] and own[0] == ["plate", "name", "mobile", "income"], str((got[0], own[0])))
    known = {r[0] for r in own[1:]}
    check(len(known) == 100 and all(r[0] in known for r in got[1:]), "the join is lost")
    pairs = [sum(1 for a in left for b in right if a[0] == b[0]) for left, right in ((passages, owners), (got[1:], own[1:]))]
    check(pairs == [500, 500], f"the join had {pairs[0]} rows and has {pairs[1]}")
    check(all(re.fullmatch(r"粤B[0-9A-HJ-NP-Z]{5}", p) for p in known), str(sorted(known)[:3]))
    check(not known & {o[0] for o in owners} or len(known & {o[0] for o in owners}) < 5, "plates stayed as they were")
    check(all(re.fullmatch(r"2026-03-01 08:(00|15|30|45):00", r[1]) and int(r[2]) % 5 == 0 for r in got[1:]), str(got[1]))
    check([r[3] for r in got[1:]] == [p[3] for p in passages], "what is kept changed")
    check(sum(int(r[3]) for r in own[1:]) == sum(int(o[3]) for o in owners), "the total of incomes changed")
    check(all(r[1] == "张*" and re.fullmatch(r"138\d{8}", r[2]) for r in own[1:]), str(own[1]))


def test_the_same_again_and_another_consumer_otherwise(net):
    """MK-12: two runs give identical bytes, another key or consumer different ones; the report names key ids, never keys"""
    tables(net)
    first = mask(net, "run", "plan.yaml", "passages.csv", "--table", "passages", "--output", "a.csv", "--key", "key", "--json")
    report = json.loads(first.stdout)
    run(net, "passages", "b.csv")
    write(net, "other.yaml", PLAN.replace("CONSUMER", "insurer"))
    write(net, "key2", "ff" * 32 + "\n")
    run(net, "passages", "c.csv", plan="other.yaml")
    run(net, "passages", "d.csv", key="key2")
    a, b, c, d = (rows(net, n) for n in ("a.csv", "b.csv", "c.csv", "d.csv"))
    check(a == b and [r[0] for r in a] != [r[0] for r in c] and [r[0] for r in a] != [r[0] for r in d], "keys do not tell results apart")
    check([r[1:] for r in a] == [r[1:] for r in c], "what has no key differs between consumers")
    ids = {k["field"]: k["key"] for k in report["columns"]}
    check(re.fullmatch(r"[0-9a-f]{16}", ids["plate"]) and ids["fee"] == "" and KEY[:32] not in first.stdout.decode(), str(ids))
    check(re.fullmatch(r"[0-9a-f]{64}", report["digest"]) and report["rows_in"] == report["rows_out"] == 500, str(report))


def left(net, before):
    return sorted(set(os.listdir(net.dir)) - before)


def test_nothing_is_released_that_fails_a_check(net):
    """MK-45, MK-47: an unmet expectation, a bad row, a missing key or source: no result, no file beside it, the plan's own scheme"""
    tables(net)
    write(net, "few.yaml", PLAN.replace("CONSUMER", "u").replace("rows-least: 1,", "rows-least: 501,"))
    write(net, "bad.csv", "plate,time,fee,lane\n粤B12345,2026-03-01 08:00:00,5,1\nXX,2026-03-01 08:00:00,5,1\n")
    write(net, "torn.csv", 'plate,time,fee,lane\n粤B12345,"2026-03-01\n')
    write(net, "more.csv", "plate,time,fee,lane,phone\n粤B12345,2026-03-01 08:00:00,5,1,13812345678\n")
    write(net, "open", KEY + "\n", 0o644)
    before = set(os.listdir(net.dir))
    refused(run(net, "passages", "x.csv", plan="few.yaml", status=1), "the result has 500 rows; the plan expects 501 to 1000000. By the plan (result): do not release; wang")
    refused(run(net, "passages", "x.csv", source="bad.csv", status=1), "1 values are not of the type that the plan names and became null; it allows 0. By the plan (result)")
    refused(run(net, "passages", "x.csv", source="torn.csv", status=1), "line 2, byte 30: the table ends inside quotes; correct the file. By the plan (format): mend it; li")
    refused(run(net, "passages", "x.csv", source="more.csv", status=1), "the plan says nothing of the table's field phone; give it a technique, or keep. By the plan (format)")
    refused(run(net, "passages", "x.csv", source="none.csv", status=1), "none.csv cannot be opened: No such file or directory. By the plan (source): call the owner; li")
    refused(run(net, "passages", "x.csv", key=None, status=1), "field plate: fpe needs a key; give the key file. By the plan (key): ask for it; wang")
    refused(run(net, "passages", "x.csv", key="open", status=1), "can be read by others")
    check(left(net, before) == [], str(left(net, before)))


def test_a_large_table_streams_in_little_memory(net):
    """MK-7: masking needs no more memory for a larger table, and nothing is written but the result"""
    tables(net, 120000)
    before = set(os.listdir(net.dir))
    run(net, "passages", "large.csv", limit=32 << 20)
    check(len(rows(net, "large.csv")) == 120001 and left(net, before) == ["large.csv"], str(left(net, before)))


def test_a_run_that_is_killed_leaves_nothing(net):
    """MK-7: ended in the middle, of rows or of a whole table that was put away, neither a result nor anything of the original is on the disk"""
    tables(net)
    plan = PLAN.replace("CONSUMER", "u").replace("fee: {technique: round, step: 5}", "fee: {technique: shuf}")
    write(net, "shuf.yaml", plan)
    for name in ("plan.yaml", "shuf.yaml"):
        os.mkdir(os.path.join(net.dir, "killed"))
        done = subprocess.Popen([os.path.join(net.bin, "hufu"), "mask", "run", name, "/dev/stdin", "--format", "csv", "--table", "passages", "--output", "killed/x.csv", "--key", "key"],
                                cwd=net.dir, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        row = "粤B12345,2026-03-01 08:00:00,5,1\n"
        done.stdin.write(("plate,time,fee,lane\n" + row * 1000000).encode())
        done.stdin.flush()
        held = [os.stat(f"/proc/{done.pid}/fd/{fd}").st_size for fd in os.listdir(f"/proc/{done.pid}/fd") if "/killed/" in os.readlink(f"/proc/{done.pid}/fd/{fd}")]
        check(max(held) > 1000000, f"nothing was written yet: {held}")
        done.kill()
        done.wait()
        check(os.listdir(os.path.join(net.dir, "killed")) == [], str(os.listdir(os.path.join(net.dir, "killed"))))
        os.rmdir(os.path.join(net.dir, "killed"))


def lines(net, name, objects):
    return write(net, name, "".join(json.dumps(o, ensure_ascii=False) + "\n" for o in objects))


def objects(net, name):
    with open(os.path.join(net.dir, name), encoding="utf-8") as f:
        return [json.loads(line) for line in f]


def test_json_lines_are_masked_as_csv_is(net):
    """MK-1, MK-13: the same values in either form give the same result; numbers, true, false and null stay what they are"""
    _, passages = tables(net)
    lines(net, "p.jsonl", [{"lane": int(p[3]), "plate": p[0], "time": p[1], "fee": int(p[2])} for p in passages])
    run(net, "passages", "p.out.csv")
    run(net, "passages", "p.out.jsonl", source="p.jsonl")
    run(net, "passages", "p.cross.csv", source="p.jsonl")
    run(net, "passages", "p.cross.ndjson")
    flat, got = rows(net, "p.out.csv"), objects(net, "p.out.jsonl")
    check([[str(v) for v in o.values()] for o in got] == flat[1:] and list(got[0]) == flat[0], str((got[0], flat[1])))
    check(all(type(o["fee"]) is int and type(o["lane"]) is int and type(o["plate"]) is str for o in got), str(got[0]))
    check(rows(net, "p.cross.csv") == flat and [list(o.values()) for o in objects(net, "p.cross.ndjson")] == flat[1:], "the forms differ")
    odd = [{"plate": None, "fee": 12.5, "lane": True, "time": "2026-03-01 08:00:00"}, {}, {"fee": -7, "lane": 'a "b"\\\n\u0001\u0000é'}, {"fee": "7", "lane": ""}]
    lines(net, "odd.jsonl", odd)
    run(net, "passages", "odd.out.jsonl", source="odd.jsonl")
    check(objects(net, "odd.out.jsonl") == [{"plate": None, "time": "2026-03-01 08:00:00", "fee": 10, "lane": True}, {}, {"fee": -5, "lane": odd[2]["lane"]}, {"fee": "5", "lane": ""}],
          str(objects(net, "odd.out.jsonl")))


def test_what_json_lines_cannot_be_masked_is_refused_by_name(net):
    """MK-47: nested values, members that the plan does not know, lines that are no objects: the field and line are named, no file stays"""
    tables(net)
    good = {"plate": "粤B12345", "fee": 1}
    before = set(os.listdir(net.dir))
    for odd, says in (({"lane": {"a": 1}}, "line 2, field lane: it holds an object or an array, which cannot be masked; flatten it"), ({"lane": [1]}, "line 2, field lane: it holds"),
                      ({"phone": "13812345678"}, "line 2, field phone: the plan says nothing of it; give it a technique, or keep. By the plan (format)"), ([1], "line 2, byte 33: a line is not an object")):
        lines(net, "bad.jsonl", [good, odd])
        refused(run(net, "passages", "x.jsonl", source="bad.jsonl", status=1), says)
        check("13812345678" not in run(net, "passages", "x.jsonl", source="bad.jsonl", status=1).stderr.decode(), "a value is in the error")
    check(left(net, before) == ["bad.jsonl"], str(left(net, before)))


def test_a_plan_is_checked_line_by_line(net):
    """MK-32, MK-37, MK-38"""
    tables(net)
    check("plan tolls, version 1, is whole: 2 tables, digest " in mask(net, "plan", "plan.yaml").stdout.decode(), "")
    write(net, "one.yaml", PLAN.replace("audit: zhao", "audit: li"))
    refused(mask(net, "plan", "one.yaml", status=1), "hufu: one.yaml:7: one person has two of the roles operator, security and audit; name three persons")
    write(net, "two.yaml", PLAN.replace("      mobile:", "      phone:").replace("plate, owners.plate]", "plate, owners.phone]"))
    refused(mask(net, "plan", "two.yaml", status=1), "passages.plate and owners.phone belong together and are masked differently")


METHODS = """methods:
  acme.lane:
    title: lane letter
    principle: a table of letters
    cost: about 50 ns a value
    constraint: who has the table has the values
    record: {format: length, repeats: value, reversible: by table, reference: one to one, meaning: part, distribution: exact, key: no key}
    table: {"0": A, "1": B, "2": C, "3": D}
"""


def test_a_method_of_ones_own_needs_no_rebuilding_and_keeps_its_record(net):
    """MK-35, MK-36: a method from a file is listed with its record, tried, and used by a plan that names the file's digest; one that does not do what it says is refused"""
    _, passages = tables(net)
    write(net, "ours.yaml", METHODS)
    listed = {t["id"]: t for t in json.loads(mask(net, "techniques", "--methods", "ours.yaml", "--json").stdout)["techniques"]}
    check(listed["acme.lane"]["reversible"] == "by table" and listed["acme.lane"]["principle"] == "a table of letters", str(listed["acme.lane"]))
    check("acme.lane does what its record says on 2000 values" in mask(net, "techniques", "--methods", "ours.yaml", "--try", "acme.lane", "--rows", "2000").stdout.decode(), "")
    own = PLAN.replace("CONSUMER", "u").replace("lane: keep", "lane: {technique: acme.lane}")
    digest = hashlib.sha256(METHODS.encode()).hexdigest()
    write(net, "own.yaml", own + f"methods: {{sha256: {digest}}}\n")
    refused(run(net, "passages", "x.csv", plan="own.yaml", status=1), "the plan uses a file of methods, and none is given")
    mask(net, "run", "own.yaml", "passages.csv", "--table", "passages", "--output", "own.csv", "--key", "key", "--methods", "ours.yaml")
    check([r[3] for r in rows(net, "own.csv")[1:]] == ["ABCD"[int(p[3])] for p in passages], "the lanes are others")
    write(net, "ours.yaml", METHODS.replace('"3": D', '"3": E'))
    refused(mask(net, "plan", "own.yaml", "--methods", "ours.yaml", status=1), "not the one that the plan names")
    write(net, "lies.yaml", METHODS.replace("format: length", "format: kept"))
    check("NOT do what its record says" in mask(net, "techniques", "--methods", "lies.yaml", "--try", "acme.lane", "--rows", "2000", status=1).stdout.decode(), "")
    write(net, "inside.yaml", own + METHODS.replace("format: length", "format: kept"))
    refused(mask(net, "plan", "inside.yaml", status=1), "method acme.lane does not do what its record says (format: kept")
    missing = METHODS.replace(", key: no key", "")
    write(net, "half.yaml", missing)
    refused(mask(net, "techniques", "--methods", "half.yaml", status=1), "the record does not say key")


def technique_table(techniques):
    """docs/masking-techniques.md as the records say it"""
    words = ("format", "repeats", "reversible", "reference", "meaning", "distribution", "reach", "key")
    lines = ["# Masking techniques", "", "Made from the records of `hufu mask techniques --json`; a test compares them. What the words mean: [masking.md](masking.md).", "",
             "| id | technique | format | repeats by | reversible | reference | meaning | distribution | needs | key | cost |", "|" + "---|" * 11]
    lines += ["| " + " | ".join([f"`{t['id']}`", t["title"], *(t[w] for w in words), t["cost"]]) + " |" for t in techniques]
    lines += [""] + [f"* `{t['id']}`: {t['principle']}. {t['constraint'][0].upper() + t['constraint'][1:]}." for t in techniques]
    return "\n".join(lines) + "\n"


def test_the_table_of_techniques_is_that_of_their_records(net):
    """MK-34, MK-36, MK-71: the documentation's table has every technique and each property as the program has it"""
    path = os.path.join(os.path.dirname(os.path.dirname(HERE)), "docs", "masking-techniques.md")
    wanted = technique_table(json.loads(mask(net, "techniques", "--json").stdout)["techniques"])
    if os.environ.get("HUFU_WRITE_DOCS"):
        with open(path, "w", encoding="utf-8") as f:
            f.write(wanted)
    with open(path, encoding="utf-8") as f:
        check(f.read() == wanted, "docs/masking-techniques.md is not what the records say; run this test with HUFU_WRITE_DOCS=1 and look at what changes")


def test_tokens_fill_a_vault_that_tells_nothing(net):
    """MK-67: tokens are the same again and in both tables; the vault has a sealed line for each value, is its owner's alone, and there is none for a delivery"""
    owners, passages = tables(net, 5000)
    plan = PLAN.replace("CONSUMER", "u").replace("{technique: fpe, type: cn.plate}", "{technique: token, type: cn.plate, vault: vault}")
    write(net, "token.yaml", plan)
    run(net, "passages", "t1.csv", plan="token.yaml")
    run(net, "passages", "t2.csv", plan="token.yaml")
    run(net, "owners", "t3.csv", plan="token.yaml")
    first, known = rows(net, "t1.csv"), {r[0] for r in rows(net, "t3.csv")[1:]}
    check(first == rows(net, "t2.csv") and all(re.fullmatch(r"[a-z2-7]{20}", r[0]) and r[0] in known for r in first[1:]), str(first[1]))
    with open(os.path.join(net.dir, "vault"), encoding="utf-8") as f:
        vault = f.read()
    check({line.split(",")[0] for line in vault.splitlines()} == known and "粤" not in vault and "B000" not in vault, vault[:200])
    check(os.stat(os.path.join(net.dir, "vault")).st_mode & 0o777 == 0o600, "others can read the vault")
    write(net, "dynamic.yaml", plan.replace("mode: static", "mode: dynamic").replace("income: {technique: avg, k: 3}", "income: keep"))
    refused(mask(net, "plan", "dynamic.yaml", status=1), "field plate: token fills a vault, which a dynamic plan does not have; take fpe or denc")
    way_back(net, first, [p[0] for p in passages])
    os.unlink(os.path.join(net.dir, "vault"))


def way_back(net, masked, plain):
    """By plan, vault and key file, without a node."""
    tokens = [r[0] for r in masked[1:51]]
    write(net, "found.txt", "\n".join(tokens + ["a" * 20]) + "\n")
    args = ["reverse", "--plan", "token.yaml", "--table", "passages", "--field", "plate", "--values", "found.txt", "--json"]
    out = json.loads(mask(net, *args, "--key", "key").stdout)["values"]
    check([(v["masked"], v["plain"]) for v in out] == list(zip(tokens, plain)) + [("a" * 20, None)], f"{out[:3]}")
    write(net, "other", "ff" * 32 + "\n")
    check(all(v["plain"] is None for v in json.loads(mask(net, *args, "--key", "other").stdout)["values"]), "another key opens no line")
    with open(os.path.join(net.dir, "vault"), encoding="utf-8") as f:
        kept = [line for line in f if line.split(",")[0] != tokens[0]]
    write(net, "vault", "".join(kept))
    out = json.loads(mask(net, *args, "--key", "key").stdout)["values"]
    check(all((v["plain"] is None) == (v["masked"] in (tokens[0], "a" * 20)) for v in out), "whose line is taken out has no way back")
    refused(mask(net, "reverse", "--plan", "token.yaml", "--table", "passages", "--field", "fee", "--values", "found.txt", "--key", "key", status=1),
            "the field 'fee' went out by round, which cannot be reversed")
    refused(mask(net, "reverse", "--plan", "token.yaml", "--field", "plate", "--values", "found.txt", "--key", "key", status=1), "with --table")
    refused(mask(net, "reverse", "--plan", "token.yaml", "--field", "plate", "--values", "found.txt", status=2), "or, without a node, --plan, --key")


def test_a_plan_is_held_to_the_confirmed_inventory(net):
    """MK-15, MK-31, MK-32: what is sensitive and what belongs together comes from the inventory that people confirmed"""
    tables(net)
    if os.path.exists(os.path.join(net.dir, "map.json")):
        os.unlink(os.path.join(net.dir, "map.json"))
    mask(net, "identify", "owners.csv", "passages.csv", "--inventory", "map.json")
    done = mask(net, "plan", "plan.yaml", "--inventory", "map.json", status=1)
    check("owners.name is not confirmed in the inventory: confirm what it is" in done.stdout.decode(), done.stdout.decode())
    mask(net, "confirm", "map.json", "--by", "wang", "--all")
    done = mask(net, "plan", "plan.yaml", "--inventory", "map.json")
    check(done.stdout.decode().startswith("plan tolls, version 1, is whole"), done.stdout.decode())
    kept = PLAN.replace("mobile: {technique: fpe, type: cn.mobile}", "mobile: keep").replace("- [passages.plate, owners.plate]", "").replace("relations:\n", "relations: []\n")
    kept = kept.replace("      plate: {technique: fpe, type: cn.plate}", "      plate: {technique: hash}", 1)
    write(net, "kept.yaml", kept)
    findings = json.loads(mask(net, "plan", "kept.yaml", "--inventory", "map.json", "--json", status=1).stdout)["findings"]
    check(findings == ["owners.mobile is kept, and confirmed as cn.mobile", "passages.plate is masked otherwise than what it belongs to: owners.plate"], str(findings))

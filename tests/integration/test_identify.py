"""`hufu mask identify` and `hufu mask detectors`, offline: what they find in real tables, in seeded ones and in hostile input."""
import hashlib
import json
import os
import random
import subprocess
import time

from hufunet import check

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
DATA = os.path.join(TOP, "testnet", "data")
SET31 = "0123456789ABCDEFGHJKLMNPQRTUWXY"
SET33 = "0123456789ABCDEFGHJKLMNPRSTUVWXYZ"
VIN = {**{str(i): i for i in range(10)}, **dict(zip("ABCDEFGHJKLMNPRSTUVWXYZ", [1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 7, 9, 2, 3, 4, 5, 6, 7, 8, 9]))}


def network(net):
    pass


def run(net, *args, status=0):
    done = subprocess.run([os.path.join(net.bin, "hufu"), "mask", *args], cwd=net.dir, capture_output=True, timeout=120)
    check(done.returncode == status, f"hufu mask {args} ended with {done.returncode}: {done.stdout[-500:]} {done.stderr[-500:]}")
    return done


def identify(net, *args):
    return json.loads(run(net, "identify", *args, "--json").stdout)


def types(report):
    return {f["name"]: f["type"] for f in report["fields"]}


def write(net, name, data):
    with open(os.path.join(net.dir, name), "wb") as f:
        f.write(data if isinstance(data, bytes) else data.encode())
    return name


DETECTOR = """
#include <masking/method.h>
static int check(void *state, const uint8_t *v, size_t len)
{
	unsigned sum = 0;
	if (len == 5 && v[0] == '!')
		*(volatile char *)8 = 1;
	for (size_t i = 0; i < len; i++)
		sum += v[i] >= '0' && v[i] <= '9' ? v[i] - '0' : 1000;
	return len == 8 && sum % 7 == 0;
}
static const char *const names[] = {"staff", 0}, *const such[] = {"10000006", 0}, *const others[] = {"10000007", 0};
static const struct hufu_detector d = {HUFU_DETECTOR_VERSION, sizeof(d), "staff number", "digits whose sum is a multiple of 7", "content",
	"personal", "mask", 3, 0.5, names, 0, such, others, 0, 0, check};
const struct hufu_detector *hufu_detector(void) { return &d; }
"""


def detector(net):
    """A library of a few lines, as anybody would build it: its path, and the file of detectors that names it."""
    library = os.path.join(net.dir, "staff.so")
    subprocess.run(["cc", "-shared", "-fPIC", "-O2", "-I", os.path.join(TOP, "node"), "-x", "c", "-", "-o", library], input=DETECTOR.encode(), check=True)
    with open(library, "rb") as f:
        digest = hashlib.sha256(f.read()).hexdigest()
    return library, digest, {"detectors": [{"id": "acme.staff-code", "library": library, "sha256": digest}]}


def staff(k):
    """The k-th number that the detector finds."""
    head = f"{k:07}"
    return head + str(-sum(map(int, head)) % 7)


def test_a_detector_in_code_finds_fields_and_a_crash_of_it_is_an_error_that_names_it(net):
    """MK-35: detectors of one's own in a small shared library"""
    library, digest, rules = detector(net)
    write(net, "ours.json", json.dumps(rules))
    write(net, "staff.csv", "no,code\n" + "".join(f"{k},{staff(3 * k)}\n" for k in range(1000)))
    found = {f["name"]: f for f in identify(net, "staff.csv", "--detectors", "ours.json")["files"][0]["fields"]}
    check((found["code"]["type"], found["code"]["class"], found["code"]["level"]) == ("acme.staff-code", "personal", 3), str(found["code"]))
    check(found["no"]["type"] != "acme.staff-code", str(found["no"]))
    write(net, "evil.csv", "no,code\n1,!evil\n")
    text = run(net, "identify", "evil.csv", "--detectors", "ours.json", status=1).stderr.decode()
    check("detector acme.staff-code failed: it crashed (Segmentation fault)" in text, text)
    rules["detectors"][0]["sha256"] = digest[::-1]
    write(net, "ours.json", json.dumps(rules))
    text = run(net, "identify", "staff.csv", "--detectors", "ours.json", status=1).stderr.decode()
    check("not the one that was reviewed" in text, text)


def luhn(digits):
    total = sum(sum(divmod(2 * int(d), 10)) if i % 2 == 0 else int(d) for i, d in enumerate(reversed(digits)))
    return digits + str(-total % 10)


def resident(r):
    first = r.choice(["110101", "310115", "440305", "510107"]) + f"{r.randrange(1950, 2006)}{r.randrange(1, 13):02}{r.randrange(1, 29):02}{r.randrange(1000):03}"
    return first + "10X98765432"[sum(int(d) * pow(2, 17 - i, 11) for i, d in enumerate(first)) % 11]


def credit(r):
    org = "".join(r.choice(SET31) for _ in range(8))
    value = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    c = 11 - sum(value.index(a) * w for a, w in zip(org, [3, 7, 9, 10, 5, 8, 4, 2])) % 11
    first = "91440300" + org + ("X" if c == 10 else "0" if c == 11 else str(c))
    return first + SET31[-sum(SET31.index(a) * pow(3, i, 31) for i, a in enumerate(first)) % 31]


def vin(r):
    v = [r.choice(SET33) for _ in range(13)] + [str(r.randrange(10)) for _ in range(4)]
    v[0] = "L"
    v[8] = "0123456789X"[sum(VIN[a] * w for a, w in zip(v, [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2])) % 11]
    return "".join(v)


def iban(r):
    rest = "".join(str(r.randrange(10)) for _ in range(18))
    return f"DE{98 - int(rest + '131400') % 97:02}{rest}"


# name, kind, values by an implementation of the check digits that shares nothing with the one under test
COLUMNS = [
    ("姓名", "person.name", lambda r: r.choice("王李张刘陈杨黄赵") + "".join(r.choice("伟芳娜敏静丽强磊军") for _ in range(r.randrange(1, 3)))),
    ("idCard", "cn.resident-id", resident),
    ("手机号", "cn.mobile", lambda r: f"1{r.choice('35789')}{r.randrange(10**9):09}"),
    ("mail", "email", lambda r: f"user{r.randrange(10**6)}@example.org"),
    ("card", "cn.bank-card", lambda r: luhn("622202" + f"{r.randrange(10**9):09}")),
    ("visa", "payment-card", lambda r: luhn("4" + f"{r.randrange(10**14):014}")),
    ("号牌", "cn.plate", lambda r: r.choice("京沪粤苏浙") + r.choice("ABCDEF") + f"{r.randrange(10**5):05}"),
    ("frame", "vin", vin),
    ("company_code", "cn.credit-code", credit),
    ("account", "iban", iban),
    ("住址", "cn.address", lambda r: f"广东省深圳市南山区科技路{r.randrange(1, 999)}号"),
    ("client", "ip", lambda r: ".".join(str(r.randrange(1, 255)) for _ in range(4))),
    ("serial", None, lambda r: f"{r.randrange(10**18):018}"),
    ("number", None, lambda r: f"{r.randrange(10**11):011}"),
    ("code", None, lambda r: "".join(r.choice(SET33) for _ in range(17))),
    ("goods", None, lambda r: r.choice(["煤炭", "钢铁", "粮食", "水果", "木材"])),
    ("state", None, lambda r: r.choice(["open", "closed"])),
    ("share", None, lambda r: f"0.{r.randrange(10**6):06}"),
]


def table(seed, rows=300, columns=COLUMNS):
    r = random.Random(seed)
    return [[c[0] for c in columns]] + [[c[2](r) for c in columns] for _ in range(rows)]


def as_csv(rows, end="\n"):
    return "".join(",".join(row) + end for row in rows)


def test_no_field_of_the_real_tables_differs_from_its_label(net):
    """MK-15, MK-20: every field ends with a kind or as not sensitive; relations between the tables are found"""
    with open(os.path.join(TOP, "tests", "vectors", "labels", "data.json"), encoding="utf-8") as f:
        labels = json.load(f)
    found = identify(net, *[os.path.join(DATA, name + ".csv") for name in labels])
    for report in found["files"]:
        check(types(report) == labels[report["table"]], f"{report['table']}: {types(report)}")
        check(all(f["class"] in ("none", "general", "personal") and f["level"] >= 1 for f in report["fields"]), str(report))
    relations = [r["text"] for r in found["relations"]]
    check(relations == ["airports.iata is a key", "flights.origin refers to airports.iata", "flights.destination refers to airports.iata"], str(relations))


def test_seeded_tables_are_told_by_content_alone(net):
    """MK-16, MK-70: with names that say nothing, each kind is found and nothing else; in CSV, GB18030 and JSON lines alike"""
    want = {f"c{i}": c[1] for i, c in enumerate(COLUMNS)}
    for seed in range(4):
        rows = table(seed)
        named, rows[0] = rows[0], list(want)
        lines = "\n".join(json.dumps(dict(zip(rows[0], row)), ensure_ascii=seed % 2 == 0) for row in rows[1:])
        for name, data in (("a.csv", as_csv(rows)), ("crlf.csv", "\ufeff" + as_csv(rows, "\r\n")), ("gb.csv", as_csv(rows).encode("gb18030")), ("a.jsonl", lines)):
            report = identify(net, write(net, name, data))["files"][0]
            check(types(report) == want, f"seed {seed}, {name}: {[(n, t) for n, t in types(report).items() if want[n] != t]}")
            check(report["rows"] == 300, str(report["rows"]))
        rows[0] = named
        check(list(types(identify(net, write(net, "named.csv", as_csv(rows)))["files"][0]).values()) == list(want.values()), "with names")


def test_a_scan_reads_no_more_than_its_limit_and_only_reads(net):
    """MK-18"""
    path = write(net, "long.csv", as_csv(table(1, 20000)))
    os.chmod(os.path.join(net.dir, path), 0o444)
    before = os.stat(os.path.join(net.dir, path))
    report = identify(net, path, "--rows", "10")["files"][0]
    after = os.stat(os.path.join(net.dir, path))
    check(report["rows"] == 10 and report["fields"][0]["evidence"]["values"] == 10, str(report["fields"][0]))
    check(report["bytes"] <= 1 << 18 < before.st_size, f"{report['bytes']} bytes were read")
    check((before.st_mtime_ns, before.st_mode) == (after.st_mtime_ns, after.st_mode), "the file was touched")


def test_no_value_is_printed(net):
    """MK-7: neither the answers nor the errors show a value"""
    rows = table(7, 50)
    path = write(net, "quiet.csv", as_csv(rows))
    broken = write(net, "broken.csv", as_csv(rows) + f'"{rows[1][1]}"x,{rows[2][1]}\n')
    text = write(net, "log.txt", "\n".join(" ".join(row) for row in rows[1:]))
    out = b""
    for args, status in (((path,), 0), ((path, "--json"), 0), ((broken,), 1), ((broken, "--json"), 1), ((text,), 0), ((text, "--json"), 0)):
        done = run(net, "identify", *args, status=status)
        out += done.stdout + done.stderr
    shown = [cell for row in rows[1:] for cell in row if len(cell) > 5 and cell.encode() in out]
    check(not shown, f"printed: {shown[:3]}")


def test_a_text_that_is_no_table_shows_where_values_stand(net):
    """MK-16, MK-20: file content, with the byte of each value"""
    r = random.Random(3)
    value = resident(r)
    pad = "设备正常，".encode() * 60000
    data = pad + f"，证件{value}，电话13812345678。".encode() + pad + "粤B12345".encode()
    hits = identify(net, write(net, "report.txt", data))["files"][0]["hits"]
    check([(h["type"], h["byte"]) for h in hits] == [("cn.resident-id", data.index(value.encode())), ("cn.mobile", data.index(b"13812345678")), ("cn.plate", len(data) - 9)], str(hits))


def test_detectors_and_comments_come_from_files(net):
    """MK-17: a rule of the user finds its target; MK-16: a comment and a table's name are evidence"""
    path = write(net, "x.csv", "c1,c2,name\n" + "".join(f"AC-{i:05},E{i:08},Anna\n" for i in range(20)))
    ours = write(net, "ours.json", json.dumps({"detectors": [{"id": "acme.badge", "class": "important", "level": 3, "pattern": "AC-\\d{5}"}]}))
    about = write(net, "about.json", json.dumps({"table": "driver", "fields": {"c2": "护照号码"}}))
    check(types(identify(net, path)["files"][0]) == {"c1": None, "c2": None, "name": None}, "without anything")
    report = identify(net, path, "--detectors", ours, "--about", about)["files"][0]
    check(types(report) == {"c1": "acme.badge", "c2": "cn.passport", "name": "person.name"}, str(types(report)))
    check(report["fields"][0]["class"] == "important" and "rule" in report["fields"][0]["by"], str(report["fields"][0]))


def test_an_evil_pattern_does_not_hold_up_the_command(net):
    path = write(net, "a.csv", "c\n" + ("a" * 3000 + "\n") * 2000)
    evil = write(net, "evil.json", json.dumps({"detectors": [{"id": "evil", "class": "general", "level": 1, "pattern": "(a|a?)+(a+)+[bc]"}]}))
    begin = time.monotonic()
    done = run(net, "identify", path, "--detectors", evil)
    check(time.monotonic() - begin < 30, "it took long")
    check(done.stderr.decode() == "hufu: the pattern of evil takes too long and was switched off; simplify it\n", done.stderr.decode())


def test_hostile_files_are_refused_with_their_place(net):
    cases = [
        ("lone.csv", b'a,b\n1,"x\n2,y\n', "lone.csv, line 2, byte 6: the table ends inside quotes; correct the file, or say --format text when it is no table"),
        ("quote.csv", b'a,b\n1,x"y\n', "quote.csv, line 2, byte 7: a quote stands inside an unquoted field or before its end; correct the file, or say --format text when it is no table"),
        ("empty.csv", b"", "empty.csv is empty; a table has at least a header"),
        ("broken.csv", b"a,b\n\xff\xff,1\n", "broken.csv is neither UTF-8 nor GB18030; convert it to UTF-8"),
        ("odd.jsonl", b'{"a":1}\n[1]\n', "odd.jsonl, line 2, byte 8: a line is not an object; correct the file, or say --format text when it is none of JSON lines"),
        ("big.csv", b"a,b\n1," + b"z" * (20 << 20) + b"\n", "big.csv, line 2, byte 4: a record is longer than allowed (1 MiB unless more is asked for); correct the file, or say --format text when it is no table"),
    ]
    for name, data, says in cases:
        done = run(net, "identify", write(net, name, data), status=1)
        check(done.stderr.decode() == f"hufu: {says}\n", done.stderr.decode())
    for name, data in (("nul.csv", b"a,b\n\0\0,1\n\0,2\n"), ("wide.csv", b"a,b\n1,\"" + b"x,\n" * (3 << 20) + b"\"\n")):
        check(list(types(identify(net, write(net, name, data))["files"][0]).values()) == [None, None], name)


def test_the_document_shows_what_the_command_says(net):
    with open(os.path.join(TOP, "docs", "masking.md"), encoding="utf-8") as f:
        block = f.read().split("```console\n")[1].split("```")[0]
    command, shown = block.split("\n", 1)
    done = subprocess.run([os.path.join(net.bin, command[2:].split()[0]), *command.split()[2:]], cwd=TOP, capture_output=True, text=True, timeout=60)
    said = "\n".join(line.rstrip() for line in done.stdout.split("\n"))
    check(said == shown, f"{command} says\n{said}")


def test_people_confirm_where_what_is_and_a_new_scan_keeps_it(net):
    """MK-15, MK-20, MK-31: the map of locations and relations is confirmed by a person; relations can be said by hand or dropped"""
    columns = {"id": lambda r, i: f"K{i:05}", "c1": lambda r, i: resident(r), "c2": lambda r, i: f"E{i:08}"}
    owners = [list(columns)] + [[f(random.Random(i), i) for f in columns.values()] for i in range(200)]
    cars = [["owner", "state"]] + [[f"K{i % 150:05}", "open"] for i in range(400)]
    files = [write(net, "owners.csv", as_csv(owners)), write(net, "cars.csv", as_csv(cars))]
    if os.path.exists(os.path.join(net.dir, "map.json")):
        os.unlink(os.path.join(net.dir, "map.json"))
    report = identify(net, *files, "--inventory", "map.json")
    texts = [r["text"] for r in report["relations"]]
    check("cars.owner refers to owners.id" in texts and "owners.id is a key" in texts, str(texts))
    check(report["unconfirmed"] == 5 + len(texts), str(report["unconfirmed"]))
    said = run(net, "confirm", "map.json", "--by", "li", "--field", "owners.c2=cn.passport", "--field", "owners.c1", "--drop", "owners.c2 is a key",
               "--relation", "cars.owner refers to owners.id").stdout.decode()
    check(said == f"{1 + len(texts)} rows are not confirmed yet\n", said)
    for args, says in ((("--field", "owners.c9"), "the inventory has no field owners.c9; scan its table first, or correct the name"),
                       (("--field", "owners.id=cn.nothing"), "there is no kind cn.nothing; `hufu mask detectors` names them, none means not sensitive"),
                       (("--drop", "a refers to b"), 'the inventory has no relation "a refers to b"; give its text as it stands there')):
        done = run(net, "confirm", "map.json", "--by", "li", *args, status=1)
        check(done.stderr.decode() == f"hufu: {says}\n", done.stderr.decode())
    run(net, "confirm", "map.json", "--by", "wang", "--all")
    again = identify(net, *files, "--inventory", "map.json")
    check(again["unconfirmed"] == 0 and again["differs"] == [], str(again["differs"]))
    with open(os.path.join(net.dir, "map.json"), encoding="utf-8") as f:
        inventory = json.load(f)
    rows = {(o["table"], o["field"]): o for o in inventory["locations"]}
    check((rows["owners", "c2"]["type"], rows["owners", "c2"]["level"], rows["owners", "c2"]["by"]) == ("cn.passport", 4, "li"), str(rows))
    check((rows["cars", "state"]["type"], rows["cars", "state"]["state"], rows["cars", "state"]["by"]) == (None, "confirmed", "wang"), str(rows))
    check([o["state"] for o in inventory["relations"] if o["text"] == "owners.c2 is a key"] == ["dropped"], str(inventory["relations"]))
    for row in cars[1:]:
        row[1] = "13812345678"
    write(net, "cars.csv", as_csv(cars))
    done = run(net, "identify", *files, "--inventory", "map.json", status=1)
    check("hufu: cars.state is confirmed as not sensitive by wang, and looks like cn.mobile now; look at it and confirm it again\n" in done.stderr.decode(), done.stderr.decode())
    write(net, "map.json", "{}")
    done = run(net, "identify", *files, "--inventory", "map.json", status=1)
    check(done.stderr.decode().startswith("hufu: map.json: it is no inventory of this version"), done.stderr.decode())


def test_help_shows_an_example(net):
    out = run(net, "identify", "--help").stdout.decode()
    check("example:\n  hufu mask identify passages.csv drivers.csv" in out, out)
    rows = json.loads(run(net, "detectors", "--json").stdout)["detectors"]
    check(len(rows) >= 35 and all(d["title"] and d["basis"] and d["technique"] and d["class"] and d["level"] for d in rows), str(rows)[:200])


def test_every_technique_shows_its_record(net):
    """MK-34, MK-36, MK-71: the table of properties is made from the methods' own records, which the unit tests try on data"""
    rows = {t["id"]: t for t in json.loads(run(net, "techniques", "--json").stdout)["techniques"]}
    want = "null const mask trunc round daterd datesh bucket topbot hier combine agg sample lsup rsup limr limc hash denc fpe fpep prefix ope token dict map regen tag shuf reorder noise mult avg"
    check(list(rows) == want.split(), str(list(rows)))
    for t in rows.values():
        check(all(t[k] for k in ("title", "principle", "format", "repeats", "reversible", "reference", "meaning", "distribution", "reach", "key", "cost", "constraint")), str(t))
    check("cn.resident-id" in rows["fpe"]["types"] and rows["fpe"]["reversible"] == "by key" and rows["shuf"]["reach"] == "table", str(rows["fpe"]))
    default = {d["id"]: d["technique"] for d in json.loads(run(net, "detectors", "--json").stdout)["detectors"]}
    check(set(default.values()) <= set(rows), f"a detector's default is no technique: {set(default.values()) - set(rows)}")
    text = run(net, "techniques", "round").stdout.decode()
    check("step (decimal, needed): distance of the numbers that stay: 10, 0.05" in text and "referential integrity" in text, text)
    done = run(net, "techniques", "rot13", status=1)
    check(done.stderr.decode() == "hufu: there is no technique rot13; `hufu mask techniques` names them\n", done.stderr.decode())

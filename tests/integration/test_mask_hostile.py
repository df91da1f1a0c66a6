"""`hufu mask` on hostile input: it ends, with a result or a sentence, and no plain value is anywhere but where it belongs."""
import csv
import io
import json
import os
import resource
import shutil
import signal
import subprocess

from hufunet import check

MARKER = "MARKER7Qz"
KEY = "00112233445566778899aabbccddeeff" * 2
PLAN = """masking-plan: 1
name: hostile
version: 1
need: n
purpose: p
mode: static
people: {operator: li, security: wang, audit: zhao}
scope: {group: g, consumer: c, epoch: 1}
schedule: by hand
result: {rows-least: 0, unreadable-most: 1000000}
relations: []
tables:
  t:
    fields:
      id: {technique: hash}
      name: {technique: mask, keep-first: 1}
      mobile: {technique: fpe, type: cn.mobile}
      income: {technique: ROWS}
      note: {technique: denc}
emergency:
  source: {cause: c, solution: s, who: li}
  format: {cause: c, solution: s, who: li}
  key: {cause: c, solution: s, who: li}
  result: {cause: c, solution: s, who: li}
  space: {cause: c, solution: s, who: li}
"""
FIELDS = ["id", "name", "mobile", "income", "note"]
BIG = MARKER + "x,\n\"" * (10 << 18)  # 10 MiB


def network(net):
    for name, technique in (("rows.yaml", "round, step: 10"), ("whole.yaml", "shuf")):
        put(net, name, PLAN.replace("ROWS", technique).encode())
    put(net, "key", KEY.encode() + b"\n")
    os.mkdir(os.path.join(net.dir, "tmp"))


def put(net, name, data):
    with open(os.path.join(net.dir, name), "wb") as f:
        f.write(data)
    os.chmod(os.path.join(net.dir, name), 0o600)
    return name


def table(*notes):
    """a row for each note, of which the value to look for is in every field that is no number"""
    return [[f"{MARKER}-{i}", MARKER, "13812345678", str(1000 + i), note] for i, note in enumerate(notes)]


def as_csv(rows, encoding="utf-8"):
    text = io.StringIO(newline="")
    csv.writer(text).writerows([FIELDS, *rows])
    return text.getvalue().encode(encoding)


def as_lines(rows):
    return "".join(json.dumps(dict(zip(FIELDS, r)), ensure_ascii=False) + "\n" for r in rows).encode()


def hufu(net, *args, limit=60):
    """status and everything that was said; nothing of the marker in it, in the folder for temporary files, or in the arguments"""
    before = set(os.listdir(net.dir))
    done = subprocess.run([os.path.join(net.bin, "hufu"), "mask", *args], cwd=net.dir, capture_output=True, timeout=limit, env={**os.environ, "TMPDIR": os.path.join(net.dir, "tmp")})
    said = done.stdout + done.stderr
    check(done.returncode in (0, 1, 2), f"{args} ended with {done.returncode}: {said[-300:]}")
    check(MARKER.encode() not in said and b"13812345678" not in said, f"{args} says a value: {said[-300:]}")
    check(os.listdir(os.path.join(net.dir, "tmp")) == [], "something is left among the temporary files")
    check({f for f in set(os.listdir(net.dir)) - before if not f.startswith("out.")} == set(), f"{args} leaves {set(os.listdir(net.dir)) - before}")
    return done.returncode, said.decode()


def outputs(net):
    found = [f for f in os.listdir(net.dir) if f.startswith("out.")]
    for name in found:
        with open(os.path.join(net.dir, name), "rb") as f:
            check(MARKER.encode() not in f.read(), f"{name} holds a value as it was")
        os.unlink(os.path.join(net.dir, name))
    return found


def run_all(net, name, good, says=""):
    """through run by rows and by the whole table, identify and evaluate"""
    form = name.rsplit(".", 1)[1]
    for plan in ("rows.yaml", "whole.yaml"):
        status, said = hufu(net, "run", plan, name, "--table", "t", "--output", f"out.{form}", "--key", "key")
        check(status == (0 if good else 1) and says in said, f"{name} by {plan}: {status}, {said}")
        check(outputs(net) == ([f"out.{form}"] if good else []), f"{name}: what is left is not what it should be")
    hufu(net, "identify", name)
    hufu(net, "identify", name, "--format", "text")
    hufu(net, "evaluate", name, name, "--quasi", "name,mobile", "--sensitive", "note")


def test_large_cells_and_odd_bytes_are_masked(net):
    """MK-7: cells of 10 MiB, NUL, line ends and quotes inside, GB18030: the result is whole, and no plain value is in messages, temporary files or the result"""
    odd = table("", "a\0b", "\r\n", '"', "，\u2028\U0001F600", BIG, "\x7f\x1b[2J", "é" * 1000)
    run_all(net, put(net, "odd.csv", as_csv(odd)), True)
    run_all(net, put(net, "odd.jsonl", as_lines(odd)), True)
    run_all(net, put(net, "gb.csv", as_csv(table("广东省深圳市", "张三"), "gb18030")), True)
    run_all(net, put(net, "empty.jsonl", b""), True)


def test_what_cannot_be_read_is_refused_in_one_sentence(net):
    """MK-7, MK-47: broken encodings, records that are too long, rows of another width, broken JSON: no result, and the sentence has no value in it"""
    good = as_csv(table("fine", "too"))
    for name, data, says in (
            ("late.csv", good + good[len(",".join(FIELDS)) + 2:] * 9000 + MARKER.encode() + b"\xff,a,b,1,c\n", "not UTF-8"),
            ("cut.csv", good + "é".encode()[:1], ""),
            ("mixed.csv", good + "名".encode("gb18030") + b"," + "名".encode() + b",,,\n" + b"\xff\xff,,,,\n", ""),
            ("long.csv", good + b'"' + MARKER.encode() * (2 << 20) + b'",a,b,1,c\n', "a record is longer than allowed"),
            ("wide.csv", good + MARKER.encode() + b",a\n", "row 3 has 2 fields, the header 5"),
            ("quote.csv", good + b'a"' + MARKER.encode() + b',a,b,1,c\n', "a quote stands inside an unquoted field"),
            ("open.csv", good + b'"' + MARKER.encode(), "the table ends inside quotes"),
            ("half.jsonl", b'{"id": "' + MARKER.encode(), "line 1"),
            ("lone.jsonl", b'{"id": "\\ud800' + MARKER.encode() + b'"}\n', "half of a surrogate pair"),
            ("twice.jsonl", b'{"id": "' + MARKER.encode() + b'", "id": "b"}\n', "a name stands twice"),
            ("deep.jsonl", b'{"id": ' + b"[" * 100 + b"]" * 100 + b"}\n", "nested more than 64 levels deep"),
            ("long.jsonl", b'{"note": "' + MARKER.encode() * (2 << 20) + b'"}\n', "a line is longer than allowed"),
            ("nul.jsonl", b'{"id": "a"}\n{"id\\u0000": "' + MARKER.encode() + b'"}\n', "a name has the character NUL"),
            ("bytes.jsonl", b'{"id": "a\xfe"}\n', "neither UTF-8 nor GB18030"),
            ("strange.jsonl", json.dumps({"note": "a", MARKER[:4]: 1}).encode() + b"\n", "the plan says nothing of it")):
        run_all(net, put(net, name, data), False, says)
        os.unlink(os.path.join(net.dir, name))


def test_rows_of_another_width_are_refused_by_whatever_looks_at_tables(net):
    """MK-7: evaluate, suggest and trace, with rows wider and narrower than the header"""
    put(net, "fine.csv", as_csv(table("a", "b")))
    put(net, "list.json", json.dumps({"releases": [{"release": "r", "recipient": "c", "plan": "rows.yaml", "table": "t", "original": "fine.csv", "key": "key"}]}).encode())
    for fields in (900, 6, 4, 1):
        put(net, "other.csv", as_csv(table("a", "b")) + (",".join([MARKER] * fields) + "\n").encode() * 40)
        for args in (["evaluate", "fine.csv", "other.csv", "--quasi", "name"], ["suggest", "other.csv", "--quasi", "name", "--k", "2"],
                     ["trace", "other.csv", "--releases", "list.json"]):
            status, said = hufu(net, *args)
            check(status == 1 and f"row 3 has {fields} fields, the header 5" in said, f"{args}, {fields}: {status}, {said}")


def as_started_by_hand(number):
    """Cores are allowed, and the signal ends the process, even where whoever runs the tests ignores it."""
    resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    signal.signal(number, signal.SIG_DFL)


def test_no_core_is_left_of_a_run(net):
    """MK-7: a run that is broken off by a signal that makes cores elsewhere leaves none, whatever the limit it was started with, and holds nothing in its arguments"""
    os.mkdir(os.path.join(net.dir, "cores"))
    shutil.copy(os.path.join(net.dir, "whole.yaml"), os.path.join(net.dir, "cores"))
    shutil.copy(os.path.join(net.dir, "key"), os.path.join(net.dir, "cores"))
    for number in (signal.SIGSEGV, signal.SIGABRT, signal.SIGQUIT):
        p = subprocess.Popen([os.path.join(net.bin, "hufu"), "mask", "run", "whole.yaml", "/dev/stdin", "--format", "csv", "--table", "t", "--output", "x.csv", "--key", "key"], cwd=os.path.join(net.dir, "cores"),
                             stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, preexec_fn=lambda: as_started_by_hand(number))
        p.stdin.write(as_csv(table(*["n"] * 50000)))
        p.stdin.flush()
        with open(f"/proc/{p.pid}/cmdline", "rb") as f:
            check(KEY.encode() not in f.read(), "the key is among the arguments")
        with open(f"/proc/{p.pid}/limits") as f:
            check([line.split()[4:6] for line in f if line.startswith("Max core file size")] == [["0", "0"]], "cores are allowed")
        os.kill(p.pid, number)
        _, status = os.waitpid(p.pid, 0)
        p.returncode = -number
        p.stdin.close()
        check(os.WIFSIGNALED(status) and os.WTERMSIG(status) == number and not os.WCOREDUMP(status), f"it ended with {status}")
        check(sorted(os.listdir(os.path.join(net.dir, "cores"))) == ["key", "whole.yaml"], str(os.listdir(os.path.join(net.dir, "cores"))))


def test_evil_patterns_end(net):
    """MK-35: a user's pattern that takes exponential time costs a moment, in a method of one's own and in a detector"""
    evil = "(?:[A-Za-z0-9-]*)*[!?]"
    method = {"title": "t", "principle": "p", "cost": "c", "constraint": "n", "form": "@@@@-########", "replace": "x", "pattern": evil,
              "record": {"format": "lost", "repeats": "value", "reversible": "no", "reference": "lost", "meaning": "lost", "distribution": "lost", "key": "no key"}}
    put(net, "evil.yaml", json.dumps({"methods": {"acme.evil": method}}).encode())
    status, said = hufu(net, "techniques", "--methods", "evil.yaml", "--try", "acme.evil", limit=20)
    check(status == 1 and "its pattern takes too long" in said, said)
    put(net, "evil.json", json.dumps({"detectors": [{"id": "acme.evil", "class": "personal", "level": 3, "pattern": evil}]}).encode())
    put(net, "many.csv", as_csv(table(*["n" * 30] * 50000)))
    status, said = hufu(net, "identify", "many.csv", "--detectors", "evil.json", limit=30)
    check(status == 0 and "acme.evil" in said, said)

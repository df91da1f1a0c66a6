#!/usr/bin/env python3
"""The readers against Python's csv, json and gb18030 on generated hostile input. `test_readers.py CELLS`; HUFU_SEED repeats a run.

A table that Python's strict reader refuses is refused, one that is taken is read cell for cell alike. Where RFC 4180 and Python
differ (a quote inside an unquoted field, a lone carriage return outside quotes) the table must be refused, or the return kept."""
import csv
import io
import json
import os
import random
import re
import struct
import subprocess
import sys
import time
import unittest

CELLS = sys.argv.pop(1)
SEED = int(os.environ.get("HUFU_SEED", time.time_ns() % 10**9))
GOOD, QUOTE, UNCLOSED, LONG, MANY = 0, 1, 2, 3, 4
ROUNDS = 80
csv.field_size_limit(sys.maxsize)


def run(data, *args):
    env = dict(os.environ, ASAN_OPTIONS="quarantine_size_mb=1")  # freed memory does not count as used
    done = subprocess.run([CELLS, *map(str, args)], input=data, capture_output=True, check=True, timeout=120, env=env)
    out, at, records = done.stdout, 0, []
    while out[at:at + 1] == b"R":
        count, = struct.unpack_from("<I", out, at + 1)
        at += 5
        cells = []
        for _ in range(count):
            n, = struct.unpack_from("<I", out, at)
            cells.append(out[at + 4:at + 4 + n])
            at += 4 + n
        records.append(cells)
    assert out[at:at + 1] == b"E"
    defect, record, line, byte = map(int, out[at + 1:].split())
    return records, defect, (record, line, byte), int(done.stderr)


LEAST = run(b"a", "csv", 1, 1)[3]  # KiB of a program that does next to nothing


def python_csv(data):
    """Records, or None when the strict reader refuses. Latin-1 keeps every byte as one character."""
    if data.startswith(b"\xef\xbb\xbf"):
        data = data[3:]
    try:
        rows = list(csv.reader(io.StringIO(data.decode("latin-1"), newline=""), strict=True))
    except csv.Error:
        return None
    return [[c.encode("latin-1") for c in r] or [b""] for r in rows]


def outside_quotes(data):
    """The table without what stands in quoted fields: what is left shows quotes and carriage returns where they do not belong."""
    return re.sub(rb'(?:(?<=[,\n])|\A(?:\xef\xbb\xbf)?)"(?:[^"]|"")*"(?=,|\r?\n|\r?\Z)', b"q", data)


class Csv(unittest.TestCase):
    def setUp(self):
        self.r = random.Random(SEED)

    def cell(self):
        r = self.r
        return r.choice([
            lambda: b"", lambda: b"%d" % r.randrange(10**9), lambda: "张三，李四".encode(), lambda: "粤B12345".encode("gb18030"),
            lambda: b'say "yes", please', lambda: b"a\nb\r\nc", lambda: b"\0\0nul\0", lambda: bytes(r.randrange(256) for _ in range(r.randrange(40))),
            lambda: b'"' * r.randrange(5), lambda: b"x" * r.randrange(300), lambda: b"\xff\xfe\x80", lambda: b"a\rb", lambda: b","])()

    def table(self):
        r, out = self.r, io.StringIO(newline="")
        end = r.choice(["\n", "\r\n"])  # the writer quotes a carriage return only when its own line ends have one
        w = csv.writer(out, quoting=r.choice([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]) if "\r" in end else csv.QUOTE_ALL, lineterminator=end)
        width = r.randrange(1, 12)
        for _ in range(r.randrange(0, 60)):
            w.writerow([self.cell().decode("latin-1") for _ in range(width)])
        data = out.getvalue().encode("latin-1")
        return (b"\xef\xbb\xbf" if r.random() < 0.2 else b"") + (data.rstrip(b"\r\n") if r.random() < 0.3 else data)

    def test_what_a_writer_writes_is_read_alike(self):
        for _ in range(ROUNDS):
            data = self.table()
            records, defect, _, _ = run(data, "csv", self.r.choice([1, 7, 63, 64, 300, 1 << 20]), 1 << 20)
            self.assertEqual((defect, records), (GOOD, python_csv(data)), data)

    def test_damaged_tables(self):
        taken = refused = 0
        for _ in range(2 * ROUNDS):
            data = bytearray(self.table())
            for _ in range(self.r.randrange(1, 4)):
                at = self.r.randrange(len(data) + 1)
                data[at:at + self.r.randrange(3)] = self.r.choice([b'"', b'""', b"\n", b"\r", b",", b"\0", b"\xff", b"", b'"\n'])
            data = bytes(data)
            records, defect, place, _ = run(data, "csv", self.r.choice([1, 13, 64, 1 << 20]), 1 << 20)
            rest = outside_quotes(data)
            lone_return = re.search(rb"\r(?!\n|\Z)", rest) is not None
            if defect == GOOD:
                taken += 1
                self.assertNotIn(b'"', rest, data)
                if not lone_return:
                    self.assertEqual(records, python_csv(data), data)
            else:
                refused += 1
                self.assertIn(defect, (QUOTE, UNCLOSED))
                self.assertIn(b'"', rest, data)
                self.assertEqual(place[1], data[:place[2]].count(b"\n") + 1, data)
                self.assertEqual(data[place[2]:place[2] + 1], b'"', data)
        self.assertGreater(min(taken, refused), ROUNDS // 10)

    def test_cells_of_ten_mebibytes(self):
        big = b"x,\n\"\"y" * (10 * 1024 * 1024 // 6)
        data = b'a,b\n1,"' + big + b'"\n2,3\n'
        records, defect, _, _ = run(data, "csv", 1 << 16, 16 << 20)
        self.assertEqual((defect, records), (GOOD, python_csv(data)))
        for bad in (data, b"a,b\n1," + b"z" * len(big), b"a,b\n1,\"" + b"z" * len(big)):
            _, defect, place, kib = run(bad, "csv", 1 << 16, 1 << 20)
            self.assertEqual((defect, place), (LONG, (1, 2, 4)))
            self.assertLess(kib - LEAST, 20 << 10)

    def test_too_many_fields(self):
        _, defect, place, _ = run(b"a\n" + b"," * (1 << 20), "csv", 1 << 16, 1 << 20)
        self.assertEqual((defect, place), (MANY, (1, 2, 2 + 1023)))


class JsonLines(unittest.TestCase):
    def setUp(self):
        self.r = random.Random(SEED)

    def value(self, depth=0):
        r = self.r
        return r.choice([
            lambda: None, lambda: True, lambda: r.randrange(-10**12, 10**12), lambda: r.random() * 10**r.randrange(-300, 300),
            lambda: "粤B12345 \"x\" \\ \n \0 \u2028 😀", lambda: "".join(chr(r.choice([r.randrange(32, 127), r.randrange(0x4e00, 0x9fff)])) for _ in range(r.randrange(30))),
            lambda: [self.value(depth + 1) for _ in range(r.randrange(4))] if depth < 4 else 1,
            lambda: {"k%d" % i: self.value(depth + 1) for i in range(r.randrange(4))} if depth < 4 else 1])()

    def cells(self, o):
        out = []
        for k, v in o.items():
            kind = 1 if v is None else 2 if isinstance(v, bool) else 3 if isinstance(v, (int, float)) else 4 if isinstance(v, str) else 5
            out.append((kind, k, v))
        return out

    def read(self, records):
        rows = []
        for r in records:
            row = []
            for name, value in zip(r[::2], r[1::2]):
                kind, name = name.split(b":", 1)
                kind, text = int(kind), value.decode()
                row.append((kind, name.decode(), text if kind == 4 else None if kind == 1 else json.loads(text)))
            rows.append(row)
        return rows

    def test_what_is_written_is_read_alike(self):
        for _ in range(ROUNDS):
            objects = [{"n%d" % i: self.value() for i in range(self.r.randrange(8))} for _ in range(self.r.randrange(20))]
            lines = [json.dumps(o, ensure_ascii=self.r.random() < 0.5) for o in objects]
            data = self.r.choice(["\n", "\r\n", "\n\n"]).join(lines).encode()
            records, defect, _, _ = run(data, "jsonl", self.r.choice([1, 17, 1 << 20]))
            self.assertEqual((defect, self.read(records)), (0, [self.cells(o) for o in objects]))

    def test_damaged_lines(self):
        refused = 0

        def pairs(p):
            if len({k for k, _ in p}) < len(p):
                raise ValueError("duplicate")
            return dict(p)

        def constant(_):
            raise ValueError("no number")

        for _ in range(2 * ROUNDS):
            data = bytearray(json.dumps({"n%d" % i: self.value() for i in range(5)}, ensure_ascii=False).encode())
            for _ in range(self.r.randrange(1, 3)):
                at = self.r.randrange(len(data))
                data[at:at + self.r.randrange(2)] = self.r.choice([b'"', b"\\", b"{", b"]", b",", b"\0", b"\xff", b"", b"\\ud800", b"0", b"e", b"\t"])
            data = bytes(data)
            records, defect, _, _ = run(data, "jsonl", self.r.choice([1, 1 << 20]))
            try:
                want = json.loads(data.decode("utf-8", "strict"), object_pairs_hook=pairs, parse_constant=constant)
                json.dumps(want, ensure_ascii=False).encode()  # a lone surrogate cannot be
                assert isinstance(want, dict)
            except (ValueError, AssertionError):
                want = None
            if want is None and defect == 0:  # nested objects may name a member twice: only the cells' own names are compared
                want = json.loads(data)
                self.assertEqual(len(records[0]) // 2, len(want), data)
            refused += want is None
            self.assertEqual(defect == 0, want is not None, data)
            if want is not None:
                self.assertEqual(self.read(records), [self.cells(want)], data)
        self.assertGreater(refused, ROUNDS // 10)

    def test_places_and_bounds(self):
        for data, defect, line, byte in ((b'{"a":1}\n{"a":tru}\n', 1, 2, 13), (b'{"a":1}\n{"b":1, "a\\u0000b":2}\n', 9, 2, 26), (b'{"a":1}\n[1]\n', 3, 2, 8), (b'{"a":"\xff"}', 2, 1, 6),
                                         (b'{"a":1,"a":2}', 7, 1, 10), (b'{"a":' + b"[" * 65, 4, 1, 69), (b"\n" + b" " * (2 << 20), 5, 2, 1)):
            _, got, place, kib = run(data, "jsonl", 1 << 16)
            self.assertEqual((got, place[1:]), (defect, (line, byte)), data[:80])
            self.assertLess(kib - LEAST, 12 << 10)


class Gb18030(unittest.TestCase):
    def test_same_as_python(self):
        r = random.Random(SEED)
        pools = [range(32, 127), range(0x4e00, 0x9fa6), range(0x3400, 0x4db6), range(0x20000, 0x2a6d7), range(0xac00, 0xd7a4), [0xfeff]]
        for _ in range(ROUNDS):
            text = "".join("".join(chr(r.choice(p)) for _ in range(r.randrange(1, 40))) for p in r.choices(pools, k=r.randrange(1, 60)))
            records, defect, _, _ = run(text.encode("gb18030"), "gb18030", r.choice([1, 2, 3, 50, 1 << 16]))
            self.assertEqual((defect, records[0][0].decode()), (0, text))

    def test_broken(self):
        start = "姓名,".encode("gb18030") * 3000
        for bad, at in ((b"\xff\xff", 0), (b"\x81", 0), (b"\x81\x30\x81", 0), (b"ab\x81\x20x", 2)):
            for piece in (1, 1 << 16):
                _, defect, place, _ = run(start + bad, "gb18030", piece)
                self.assertEqual((defect, place[2]), (1, len(start) + at), bad)


if __name__ == "__main__":
    print(f"HUFU_SEED={SEED}", flush=True)
    unittest.main(argv=[sys.argv[0]])

"""Sources that are no plain CSV, at real nodes: they are registered, looked at, masked by a task, and delivered with chosen fields, and masked by obligation."""
import concurrent.futures
import contextlib
import json
import os
import socket
import sqlite3
import subprocess
import threading
import time

import passages
from common import *
from postgres import Postgres
from test_masked_delivery import CLAIMS, files_with, negotiate, table

MASKING = {"yang": ("杨帆 T-11", ["masking-operator"]), "ma": ("马超 T-12", ["masking-operator"]), "song": ("宋玉 T-13", ["security-administrator"]), "shen": ("沈清 T-14", ["audit-administrator"])}
ROWS = 3000
READING_S = 12  # for the whole reading of a database
RATE = 2 << 20
PLAIN = ("passage", "gantry", "class")  # what the plan keeps: beside its masking no other field goes out as it is
BASIS = dict(data_class="transport/toll", level=2, topic="tolls")


def scanner(net):
    """It refuses what holds a word."""
    path = os.path.join(net.dir, "scanner")
    with open(path, "w", encoding="ascii") as f:
        f.write('#!/bin/sh\nif grep -q HARMFUL "$1"; then exit 1; fi\n')
    os.chmod(path, 0o755)
    net.nodes["transport"].configure(f'scanner:\n  command: ["{path}"]\ndatabases:\n  seconds: {READING_S}\n  bytes_per_second: {RATE}\n')


def network(net):
    trio(net, 91, before_start=lambda: scanner(net))
    t = net.nodes["transport"]
    for account, (real_name, roles) in MASKING.items():
        t.add_user(account, real_name, roles)
    for node, accounts in ((t, ("li", "zhao")), (net.nodes["insurer"], ("chen", "zhou")), (net.nodes["manager"], ("zheng",))):
        for account in accounts:
            node.enrol(account)
    net.csv = os.path.join(net.dir, "passages.csv")
    net.people = passages.write(net.csv, ROWS, 5, people=500)
    net.rows = table(net.csv)
    for name, mode in (("passages", "dynamic"), ("passages-task", "static")):
        path = os.path.join(net.dir, name + ".yaml")
        with open(path, "w", encoding="utf-8") as f:
            f.write(passages.plan(name, 1, "ma", "song", "shen", lambda text: text.replace("dynamic", mode)))
        t.hufu("release", "plan", "put", path, as_="yang")
        t.hufu("release", "plan", "approve", name, as_="song")


def offered(net, name, title, masked):
    """An entry on the source, and the insurer's agreement about it."""
    extra = ["--legal-basis", "公路法第六十条"] + (["--duty", "mask:passages"] if masked else [])
    entry = publish(net, name, title=title, extra=extra, **BASIS)
    negotiate(net, entry, () if masked else PLAIN)
    return entry


def fetch(net, entry, name):
    i, out = net.nodes["insurer"], os.path.join(net.dir, name)
    got = i.hufu("fetch", entry, *CLAIMS, "--sealed", as_="chen")
    check(got["quality"] == "met", f"{got}")
    i.hufu("data", "read", got["transfer"], *CLAIMS[:2], "--out", out, as_="chen")
    return table(out)


def chosen_and_masked(net, source, title):
    """What is delivered of the source: chosen fields as they are, and all of them masked; each the same bytes a second time."""
    rows = fetch(net, offered(net, source, title, False), source + "-chosen.csv")
    check(rows == [{f: r[f] for f in PLAIN} for r in net.rows], f"the fields that were agreed, and all rows: {rows[:1]}")
    entry = offered(net, source, title + "，脱敏", True)
    rows = fetch(net, entry, source + "-masked.csv")
    check(len(rows) == ROWS and list(rows[0]) == list(net.rows[0]), "all rows and fields")
    for field in ("resident_id", "mobile", "plate", "card"):
        pairs = {(b[field], a[field]) for b, a in zip(net.rows, rows)}
        check(len(pairs) == len({b for b, _ in pairs}) and all(a != b for a, b in pairs), f"{field} is another one, and one to one")
    check(all(passages.luhn(r["card"][:-1]) == r["card"] for r in rows), "cards pass Luhn")
    fetch(net, entry, source + "-again.csv")
    check(same_file(os.path.join(net.dir, source + "-masked.csv"), os.path.join(net.dir, source + "-again.csv")), "the same bytes")


def masked_by_task(net, source):
    """A masking task over the source: its result is a table of its own."""
    result = os.path.join(net.dir, source + "-task.csv")
    done = net.nodes["transport"].hufu("release", "run", "passages-task", source, "--output", result, "--register", source + "-task", "--wait", as_="ma")
    rows = table(result)
    check(done["state"] == "released" and len(rows) == ROWS, f"{done['state']}, {len(rows)} rows")
    check(all(a["plate"] != b["plate"] and a["passage"] == b["passage"] for a, b in zip(rows, net.rows)), "row for row, every plate another one")


def found(net, source):
    """Kinds that the look at the source found, by field."""
    return {f["field"]: f["kind"] for f in net.nodes["transport"].hufu("source", "fields", source, as_="song")["fields"] if f["kind"]}


def write_lines(path, rows):
    with open(path, "w", encoding="utf-8") as f:
        for r in rows:
            f.write(json.dumps({k: int(v) if k in ("class", "fee") else v for k, v in r.items()}, ensure_ascii=False) + "\n")


def test_json_lines_are_looked_at_masked_and_delivered(net):
    """Message records, kept as JSON lines, are an input of masking, in a task and in a delivery. SB-15: disabled they feed no run."""
    t = net.nodes["transport"]
    path = os.path.join(net.dir, "passages.jsonl")
    write_lines(path, net.rows)
    shown = workflow.source(t, "wang", "lines", path, "--kind", "jsonl", by="song", kinds=passages.KINDS)
    check((shown["kind"], shown["rows"], [f["name"] for f in shown["fields"]]) == ("jsonl", ROWS, passages.HEADER), f"{shown}")
    check({f["name"]: f["type"] for f in shown["fields"]}["fee"] == "integer", f"types as of a table: {shown['fields']}")
    kinds = found(net, "lines")
    check(kinds["resident_id"] == "cn.resident-id" and kinds["plate"] == "cn.plate", f"what the fields hold: {kinds}")
    masked_by_task(net, "lines")
    chosen_and_masked(net, "lines", "通行记录")
    t.hufu("source", "disable", "lines", as_="wang")
    result = os.path.join(net.dir, "disabled.csv")
    r = t.refused("release", "run", "passages-task", "lines", "--output", result, "--register", "disabled-task", "--wait", as_="ma")
    check("disabled" in r.text and not os.path.exists(result), f"a disabled source feeds no run: {r.reason}: {r.text}")
    t.hufu("source", "enable", "lines", as_="wang")
    with open(path, "a", encoding="utf-8") as f:
        f.write('{"passage": 1}\n')
    r = t.refused("source", "test", "lines", as_="wang")
    check(r.reason == "source-changed", f"{r.text}")


def dataset(net, source):
    return net.nodes["transport"].hufu("release", "disclosures", source, as_="shen")["dataset"]


def test_a_table_of_an_sqlite_file_is_looked_at_masked_and_delivered(net):
    """MK-19: an SQL adapter over a file. MK-4: its rows in another form are the same dataset, another table beside them is not."""
    t = net.nodes["transport"]
    path = os.path.join(net.dir, "roads.db")
    with contextlib.closing(sqlite3.connect(path)) as db, db:
        db.execute(f"CREATE TABLE passages ({', '.join(passages.HEADER[:-2])}, class INT, fee INT)")
        db.executemany(f"INSERT INTO passages VALUES ({', '.join('?' * len(passages.HEADER))})", [tuple(r.values()) for r in net.rows])
        db.execute("CREATE TABLE cheaper AS SELECT * FROM passages WHERE fee < 500")
        db.execute("CREATE VIEW cheap AS SELECT * FROM passages WHERE fee < 500")
    shown = workflow.source(t, "wang", "roads", path, "--kind", "sqlite", "--table", "passages", by="song", kinds=passages.KINDS)
    check((shown["kind"], shown["table"], shown["rows"], [f["name"] for f in shown["fields"]]) == ("sqlite", "passages", ROWS, passages.HEADER), f"{shown}")
    check(found(net, "roads")["plate"] == "cn.plate", "what the fields hold")
    masked_by_task(net, "roads")
    rows = fetch(net, offered(net, "roads", "通行记录，SQLite", False), "roads-chosen.csv")
    check(rows == [{f: r[f] for f in PLAIN} for r in net.rows], f"the fields that were agreed, and all rows: {rows[:1]}")
    write_lines(path + ".jsonl", net.rows)
    t.hufu("source", "add", "roads-lines", path + ".jsonl", "--kind", "jsonl", as_="wang")
    t.hufu("source", "add", "cheaper", path, "--kind", "sqlite", "--table", "cheaper", as_="wang")
    check(dataset(net, "roads-lines") == dataset(net, "roads") != dataset(net, "cheaper") == "cheaper", "the table's rows, whatever they are kept in")
    r = t.refused("source", "add", "cheap", path, "--kind", "sqlite", "--table", "cheap", as_="wang")
    check(r.reason == "unknown" and "views" in r.text, r.text)


def test_a_file_that_is_no_table_is_refused_with_the_line_that_is_wrong(net):
    """What is wrong is said where it is, whatever the form."""
    t = net.nodes["transport"]
    path = os.path.join(net.dir, "bad.jsonl")
    for text, words in (('{"a": 1}\n{"a": 2', "line 2"), ('{"a": 1}\n["a"]\n', "not an object"), ('{"a": "\\ud800"}\n', "surrogate")):
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        r = t.refused("source", "add", "bad", path, "--kind", "jsonl", as_="wang")
        check(r.reason == "format" and words in r.text, f"{r.text}")
    r = t.refused("source", "add", "bad", path, "--kind", "parquet", as_="wang")
    check(r.reason == "unsupported" and "jsonl" in r.text, f"{r.text}")


PASSWORD = "Rd5-only-for-reading"
ROLES = {  # role: what it may do beyond logging in, and a word of the refusal
    "writer": ("GRANT INSERT ON passages TO writer", "may write to"),
    "clerk": ("GRANT UPDATE (fee) ON passages TO clerk", "may write to"),
    "maker": ("GRANT CREATE ON SCHEMA public TO maker", "create objects in the schema public"),
    "builder": ("GRANT CREATE ON DATABASE postgres TO builder", "may create schemas"),
    "chief": ("ALTER ROLE chief SUPERUSER", "superuser"),
    "heir": ("ALTER ROLE heir NOINHERIT; GRANT chief TO heir", "superuser"),
    "keeper": ("ALTER ROLE keeper CREATEROLE", "may make roles"),
    "batch": ("GRANT pg_write_all_data TO batch", "pg_write_all_data"),
}


def database(net):
    """The server, the passages in an order of their own with one more column, and a role that may read the others."""
    if hasattr(net, "db"):
        return net.db
    net.db = db = Postgres(net, f"{net.prefix}.91.9", ["host all trusted 127.0.0.0/8 trust"])
    columns = ", ".join(f'"{c}" {t}' for c, t in zip(passages.HEADER, ["text primary key", "timestamp"] + ["text"] * 6 + ["int", "int"]))
    db.sql(f"CREATE TABLE passages ({columns}, officer text DEFAULT 'somebody')")
    with open(net.csv, encoding="utf-8") as f:
        header, *lines = f
    db.sql(f"COPY passages ({', '.join(passages.HEADER)}) FROM STDIN (FORMAT csv)", stdin="".join(sorted(lines, key=hash)))
    for role in ("reader", "trusted", *ROLES):
        db.sql(f"CREATE ROLE {role} LOGIN PASSWORD '{PASSWORD}'; GRANT SELECT ({', '.join(passages.HEADER)}) ON passages TO {role}")
    for more, _ in ROLES.values():
        db.sql(more)
    return db


def secret(net, text=PASSWORD):
    path = os.path.join(net.dir, "reader.password")
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="ascii") as f:
        f.write(text + "\n")
    return path


def of_database(net, role="reader", more="", table_name="public.passages"):
    return [database(net).uri(role, more=more), "--kind", "postgresql", "--table", table_name, "--password-file", secret(net)]


def test_a_table_of_a_database_is_looked_at_masked_and_delivered(net):
    """MK-1, MK-19: files, tables and message records are all inputs of masking, in tasks and deliveries; an adapter for SQL stands beside those for files."""
    t = net.nodes["transport"]
    shown = workflow.source(t, "wang", "table", *of_database(net), by="song", kinds=passages.KINDS)
    check((shown["rows"], [f["name"] for f in shown["fields"]]) == (ROWS, passages.HEADER), f"the columns that the role may read: {shown}")
    types = {f["name"]: f["type"] for f in shown["fields"]}
    check((types["time"], types["fee"], types["passage"]) == ("datetime", "integer", "string"), f"{types}")
    check(shown["table"] == "public.passages" and PASSWORD not in json.dumps(t.hufu("source", "show", "table", as_="wang")), f"{shown}")
    kinds = found(net, "table")
    check(kinds["resident_id"] == "cn.resident-id" and kinds["plate"] == "cn.plate", f"what the fields hold: {kinds}")
    before = net.db.text_of_log().count("COPY (SELECT")
    masked_by_task(net, "table")
    chosen_and_masked(net, "table", "通行记录，数据库")
    check(net.db.text_of_log().count("COPY (SELECT") == before == 1, "the database was read once, for all of it")
    plain = {v.encode() for p in net.people[::20] for v in p[1:]}
    check(list(files_with(net.dir, plain)) and not list(files_with(t.dir, plain | {PASSWORD.encode()})), "neither value nor password is in any file of the node")
    check(PASSWORD not in json.dumps(t.hufu("ledger", "tail", "--count", "200", as_="sun")), "nor in its ledger")


def test_a_query_of_a_database_is_granted_with_its_parameters_and_no_consumer_sends_sql(net):
    """SB-60: a grant for one query: the agreement names the values of its parameter, the fetch one of them; of the others no row arrives."""
    t, i, db = net.nodes["transport"], net.nodes["insurer"], database(net)
    db.sql("CREATE TABLE tariffs (class text, euro int, secret text); INSERT INTO tariffs SELECT class, min(fee), 'hidden' FROM passages GROUP BY class; "
           "GRANT SELECT (class, euro) ON tariffs TO reader")
    sql = "SELECT p.class, p.gantry, count(*) AS passages, sum(p.fee) AS fees FROM public.passages p JOIN public.tariffs t ON t.class = p.class::text GROUP BY 1, 2 ORDER BY 1, 2"
    of_query = [a for a in of_database(net) if a not in ("--table", "public.passages")]
    for query, says in (("SELECT secret FROM public.tariffs", "42501"), ("DELETE FROM public.passages RETURNING gantry", "SQLSTATE"),
                        ("SELECT 1) q, (SELECT 2", "SQLSTATE"), ("SELECT 1; DROP TABLE public.passages", "semicolon")):
        r = t.refused("source", "add", "bad-query", *of_query, "--query", query, as_="wang")
        check(says in r.text, f"{query}: {r.text}")
    r = t.refused("source", "add", "bad-query", *of_query, "--query", sql, "--parameters", "region", as_="wang")
    check(r.reason == "wrong-fields" and "'region'" in r.text, r.text)
    shown = workflow.source(t, "wang", "fees-of-class", *of_query, "--query", sql, "--parameters", "class")
    check(shown["query"] == sql and [f["name"] for f in shown["fields"]] == ["class", "gantry", "passages", "fees"], f"{shown}")
    classes = sorted({r["class"] for r in net.rows})[:3]
    quoted = (lambda c: c) if {f["name"]: f["type"] for f in shown["fields"]}["class"] == "integer" else (lambda c: f"'{c}'")
    entry = publish(net, "fees-of-class", title="各车型通行费", **dict(BASIS, level=1))
    grant = workflow.grant_of(i, "chen", agreement(net, entry, rows=f"class IN ({quoted(classes[0])}, {quoted(classes[1])})"))
    asked = before = db.text_of_log().count(sql)

    def fetch_class(name, *rows):
        out = os.path.join(net.dir, name)
        i.hufu("fetch", "--grant", grant, "--output", out, *rows, as_="chen")
        return table(out)

    r = i.refused("fetch", "--grant", grant, "--output", net.dir + "/open.csv", as_="chen")
    check(r.reason == "obligation" and "the parameter 'class'" in r.text, f"all values at once: {r.text}")
    rows = fetch_class("class-0.csv", "--rows", f"class = {quoted(classes[0])}")
    want = {}
    for p in net.rows:
        if p["class"] == classes[0]:
            n, fees = want.get(p["gantry"], (0, 0))
            want[p["gantry"]] = n + 1, fees + int(p["fee"])
    check({r["gantry"]: (int(r["passages"]), int(r["fees"])) for r in rows} == want and {r["class"] for r in rows} == {classes[0]}, "its class and no other")
    check(fetch_class("class-2.csv", "--rows", f"class = {quoted(classes[2])}") == [], "of a value that the agreement does not name, no row")
    check(db.text_of_log().count(sql) == before == asked > 0, "nobody asked the database anew")


def test_a_role_that_may_do_more_than_read_is_refused_and_so_is_one_without_a_password(net):
    """The least privilege is checked at the database itself; an unauthenticated source is no source."""
    t = net.nodes["transport"]
    before = database(net).text_of_log().count("COPY (SELECT")
    for role, (_, words) in ROLES.items():
        r = t.refused("source", "add", "more", *of_database(net, role), as_="wang")
        check(r.reason == "state" and words in r.text, f"{role}: {r.text}")
    r = t.refused("source", "add", "more", *of_database(net, "trusted"), as_="wang")
    check(r.reason == "state" and "unauthenticated" in r.text, r.text)
    r = t.refused("source", "add", "more", *of_database(net)[:-2], "--password-file", secret(net, "wrong"), as_="wang")
    check(r.reason == "state" and "refuses user and password" in r.text, r.text)
    r = t.refused("source", "add", "more", *of_database(net, table_name="public.nothing"), as_="wang")
    check(r.reason == "unknown" and "public.nothing" in r.text, r.text)
    for uri, words in (("postgresql://reader@db.example/tolls", "must be TLS"), ("postgresql://reader:word@127.0.0.1/tolls", "password"),
                       ("postgresql://127.0.0.1/tolls", "one user"), ("postgresql://reader@127.0.0.1/tolls?options=-c", "options")):
        r = t.refused("source", "add", "more", uri, *of_database(net)[1:], as_="wang")
        check(r.reason == "argument" and words in r.text, f"{uri}: {r.text}")
    check(not any(s["name"] == "more" for s in t.hufu("source", "list", as_="wang")["sources"]), "nothing was registered")
    check(net.db.text_of_log().count("COPY (SELECT") == before, "and nothing was read")


def test_a_connection_with_a_certificate_is_tls_and_the_certificate_is_checked(net):
    """Over TLS the server's certificate and name must be those of the authority that was named."""
    t, db = net.nodes["transport"], database(net)
    db.sql("ALTER SYSTEM SET log_connections = on; ")
    db.sql("SELECT pg_reload_conf()")
    wait_until(lambda: db.sql("SHOW log_connections").strip() == "on", "the server to log connections")
    other = os.path.join(net.dir, "other.pem")
    with open(db.cert, encoding="ascii") as f, open(other, "w", encoding="ascii") as g:
        g.write(f.read())
    t.hufu("source", "add", "sealed", *of_database(net, more=f"?sslrootcert={other}"), as_="wang")
    check("user=reader database=postgres application_name=hufu SSL enabled (protocol=TLSv1.3" in db.text_of_log(), "the server saw TLS")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=db", "-keyout",
                    other + ".key", "-out", other], check=True, capture_output=True)
    r = t.refused("source", "test", "sealed", as_="wang")
    check(r.reason == "unreachable" and "certificate" in r.text, r.text)


class Impostor:
    """A server that is none: it reads what it is asked, says what it was given to say, and goes."""

    def __init__(self, address, answer, hold=None):
        self.socket = socket.create_server((address, 54321))
        self.answer, self.heard, self.hold, self.asked = answer, b"", hold, threading.Event()
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        c, _ = self.socket.accept()
        with c:
            while b"reader" not in self.heard:
                data = c.recv(4096)
                if not data:
                    return
                self.heard += data
                if len(data) == 8:
                    c.sendall(b"N")  # no TLS
            self.asked.set()
            if self.hold:
                self.hold.wait(60)
            c.sendall(self.answer)
            if self.answer:
                self.heard += c.recv(4096)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.thread.join(60)
        self.socket.close()


def test_a_server_that_is_none_is_refused_and_the_node_goes_on(net):
    """Whatever answers at the place of a database, it becomes no source, and gets no password for nothing."""
    t, address = net.nodes["transport"], f"{net.prefix}.91.8"
    ready = b"R\0\0\0\x08\0\0\0\0Z\0\0\0\x05I"
    for answer, reason in ((b"", "unreachable"), (b"HTTP/1.1 200 OK\r\n\r\n" * 9, "unreachable"), (b"\0\xff" * 2000, "unreachable"), (ready, "state"),
                           (b"E\0\0\0\x1fSFATAL\0C28000\0Mno\xff\xfe entry\0\0", "unreachable")):
        with Impostor(address, answer) as it:
            r = t.refused("source", "add", "false", f"postgresql://reader@{address}:54321/tolls", "--kind", "postgresql", "--table", "t", "--password-file",
                          secret(net), as_="wang")
            check(r.reason == reason, f"{answer[:30]}: {r.reason} {r.text}")
        check(PASSWORD.encode() not in it.heard, "the password was sent to nobody")
    r = t.refused("source", "add", "false", f"postgresql://reader@{address}:54321/tolls", "--kind", "postgresql", "--table", "t", "--password-file", secret(net),
                  as_="wang")
    check(r.reason == "unreachable" and "refused" in r.text, f"nobody is there: {r.text}")


def write_rows(net, name, count):
    path = os.path.join(net.dir, f"{name}.csv")
    with open(path, "w", encoding="ascii") as f:
        f.write("id,body\n" + "".join(f"{n},{'x' * (1000 if count > 1 else 3)}\n" for n in range(count)))
    return path


def running(node, account="wang"):
    return {r["source"]: r["state"] for r in node.hufu("source", "list", as_=account)["running"]}


def test_databases_that_do_not_answer_leave_workers_to_everybody_else(net):
    """Two at a time are waited for; the third waits for its turn, which can be seen, and is ended like those that are asked; what is no database is registered
    meanwhile."""
    t, done, password = net.nodes["transport"], threading.Event(), secret(net)

    def of(address):
        return [f"postgresql://reader@{address}:54321/tolls", "--kind", "postgresql", "--table", "t", "--password-file", password]
    places = [f"{net.prefix}.91.{n}" for n in (21, 22, 21)]
    with Impostor(places[0], b"", done) as a, Impostor(places[1], b"", done) as b, concurrent.futures.ThreadPoolExecutor() as pool:
        waiting = [pool.submit(t.refused, "source", "add", f"slow-{n}", *of(p), as_="wang") for n, p in enumerate(places[:2])]
        try:
            check(a.asked.wait(30) and b.asked.wait(30), "both are asked")
            third = pool.submit(t.refused, "source", "add", "slow-2", *of(places[2]), as_="wang")
            wait_until(lambda: running(t) == {"slow-0": "running", "slow-1": "running", "slow-2": "waiting"}, "the third to wait for its turn")
            t.hufu("source", "add", "meanwhile", net.csv, as_="wang")
            for name, was in (("slow-2", third), ("slow-0", waiting[0])):
                check(t.hufu("source", "cancel", name, as_="wang")["ended"] == 1, name)
                r = was.result(5)
                check(r.reason == "cancelled" and name in r.text, f"{r.reason}: {r.text}")
            check(t.refused("source", "cancel", "slow-0", as_="wang").reason == "unknown", "there is nothing to end any more")
        finally:
            done.set()
        check(waiting[1].result().reason == "unreachable", "and then it is gone")


def test_a_source_that_is_disabled_or_removed_is_read_no_further(net):
    """The scan of a database and that of a file end with it, within a second or so."""
    t, db, before = net.nodes["transport"], database(net), copies(net)
    db.sql("CREATE TABLE long (id int, body text); GRANT SELECT ON long TO reader; INSERT INTO long VALUES (1, 'one')")
    slow = ["--bytes-per-second", "1024"]
    path = write_rows(net, "long", 1)
    t.hufu("source", "add", "rows", *of_database(net, table_name="long"), *slow, as_="wang")
    t.hufu("source", "add", "file", path, *slow, as_="wang")
    db.sql("INSERT INTO long SELECT n, repeat('x', 1000) FROM generate_series(1, 3000) n")
    write_rows(net, "long", 3000)
    with concurrent.futures.ThreadPoolExecutor() as pool:
        for command in ("disable", "remove"):
            scans = {name: pool.submit(t.refused, "source", "scan", name, as_="wang") for name in ("rows", "file")}
            wait_until(lambda: running(t) == {"rows": "running", "file": "running"}, "both to be read")
            for name, scan in scans.items():
                begun = time.monotonic()
                t.hufu("source", command, name, as_="wang")
                check(scan.result(30).reason == "cancelled" and time.monotonic() - begun < 5, f"{name}: {scan.result().text}")
            if command == "disable":
                check(not t.hufu("source", "show", "rows", as_="wang")["enabled"], "it stays disabled")
    check(copies(net) == before, "nothing is left of it")


def message(kind, body=b""):
    return kind + (len(body) + 4).to_bytes(4, "big") + body


def row(*cells):
    return message(b"D", len(cells).to_bytes(2, "big") + b"".join(b"\xff" * 4 if c is None else len(c).to_bytes(4, "big") + c for c in cells))


def answer_of(cells):
    columns = b"".join(b"c\0" + bytes(6) + (25).to_bytes(4, "big") + b"\xff\xff" + b"\xff" * 4 + bytes(2) for _ in cells)
    return message(b"1") + message(b"2") + message(b"T", len(cells).to_bytes(2, "big") + columns) + row(*cells) + message(b"C", b"SELECT 1\0") + READY


READY = message(b"Z", b"I")


class Dripper(Impostor):
    """It speaks as a database does, and then gives its table drop by drop, or ends it and says nothing more."""

    def __init__(self, address, drop):
        self.drop, self.gone = drop, threading.Event()
        super().__init__(address, b"")

    def run(self):
        rows = [(None,), (b"public.t", b"t.c", b"")]
        with self.socket.accept()[0] as c, contextlib.suppress(OSError):
            c.recv(8)
            c.sendall(b"N")
            c.recv(4096)
            c.sendall(message(b"R", (3).to_bytes(4, "big")))  # the password in plain
            while data := c.recv(1 << 16):
                if data[:1] == b"p":
                    c.sendall(message(b"R", bytes(4)) + READY)
                elif data[:1] == b"P":
                    c.sendall(answer_of(rows.pop(0)))
                elif b"COPY (SELECT" in data:
                    break
                elif data[:1] == b"Q":
                    c.sendall(message(b"C", b"SET\0") + READY)
            c.sendall(message(b"H", bytes(3)) + message(b"d", b"c\n"))
            self.begin(c)
            self.asked.set()
            while not self.pause():
                c.sendall(self.drop)

    def begin(self, c):
        pass

    def pause(self):
        return self.gone.wait(0.05)


def test_a_database_that_drips_does_not_hold_its_place(net):
    """There is one end for the whole reading, however often a row comes; nothing that was read by then becomes a source."""
    t, address, before = net.nodes["transport"], f"{net.prefix}.91.23", copies(net)
    it = Dripper(address, message(b"d", b"1\n"))
    with concurrent.futures.ThreadPoolExecutor() as pool:
        waiting = pool.submit(t.refused, "source", "add", "drops", f"postgresql://reader@{address}:54321/tolls", "--kind", "postgresql", "--table", "t",
                              "--password-file", secret(net), as_="wang")
        try:
            check(it.asked.wait(30), "the table is asked for")
            r = waiting.result(READING_S + 30)
        finally:
            it.gone.set()
            it.__exit__()
    check(r.reason == "timeout" and f"within {READING_S} s" in r.text and "databases.seconds" in r.text, r.text)
    check(copies(net) == before, "nothing is left of it")


class Flood(Dripper):
    """A row of a gigabyte, as fast as it is taken."""

    def begin(self, c):
        c.sendall(b"d" + (1 << 30).to_bytes(4, "big"))

    def pause(self):
        return self.gone.is_set()


def memory(node):
    with open(f"/proc/{node.process.pid}/status", encoding="ascii") as f:
        return {k: int(v.split()[0]) for k, v in (line.split(":", 1) for line in f) if k in ("VmHWM", "VmRSS")}


def test_a_row_without_end_is_not_gathered(net):
    """What a database sends before a row is whole is bounded, whatever it says of the row's length."""
    t, address, before = net.nodes["transport"], f"{net.prefix}.91.24", copies(net)
    was = memory(t)
    it = Flood(address, bytes(1 << 20))
    try:
        r = t.refused("source", "add", "flood", f"postgresql://reader@{address}:54321/tolls", "--kind", "postgresql", "--table", "t", "--password-file",
                      secret(net), as_="wang")
    finally:
        it.gone.set()
        it.__exit__()
    check(r.reason == "limit" and "more than 4 MiB" in r.text, r.text)
    check(memory(t)["VmHWM"] <= max(was["VmHWM"], was["VmRSS"] + 48 * 1024), f"{was} before, {memory(t)} after")
    check(copies(net) == before, "nothing is left of it")


def test_a_database_is_read_no_faster_than_the_node_is_told(net):
    """MK-18, MK-26: what a registration costs the database in a second is bounded where the operator says so."""
    t, db = net.nodes["transport"], database(net)
    db.sql("CREATE TABLE wide (id int, body text); GRANT SELECT ON wide TO reader")
    db.sql("INSERT INTO wide SELECT n, repeat('x', 1000) FROM generate_series(1, 6000) n")
    begun = time.monotonic()
    shown = t.hufu("source", "add", "wide", *of_database(net, table_name="wide"), as_="wang")
    took = time.monotonic() - begun
    check(shown["bytes"] > 6_000_000 and took >= shown["bytes"] / RATE, f"{shown['bytes']} bytes in {took:.2f} s")
    t.hufu("source", "remove", "wide", as_="wang")


def test_a_first_look_at_a_database_reads_no_more_rows_than_are_said(net):
    """MK-18: the server's own count of the rows that it read; the whole is read when that is asked for."""
    t, db, before = net.nodes["transport"], database(net), copies(net)
    db.sql("CREATE TABLE many (id int PRIMARY KEY, mail text); GRANT SELECT ON many TO reader")
    db.sql("INSERT INTO many SELECT n, 'driver' || n || '@example.com' FROM generate_series(1, 5000) n; ANALYZE many")

    def rows_read():
        return int(db.sql("SELECT seq_tup_read + coalesce(idx_tup_fetch, 0) FROM pg_stat_user_tables WHERE relname = 'many'"))
    was = rows_read()
    out = t.hufu("source", "add", "many", *of_database(net, table_name="many"), "--rows", "40", as_="wang")
    check((out["rows"], out["whole"], out["rows_looked_at"]) == (40, False, 40), f"{out}")
    wait_until(lambda: rows_read() > was, "the server to count")
    check(rows_read() - was == 40, f"{rows_read() - was} rows were read")
    check("mail" in found(net, "many"), "what it holds is found in these")
    check(copies(net) == before, "and none of them is kept")
    t.hufu("source", "test", "many", as_="wang")
    r = t.refused("source", "relations", "find", "many", as_="song")
    check(r.reason == "state" and "hufu source scan many" in r.text, r.text)
    was = rows_read()
    out = t.hufu("source", "scan", "many", as_="wang")
    check((out["rows"], out["whole"]) == (5000, True), f"{out}")
    wait_until(lambda: rows_read() - was == 5000, "the whole to be read, once")
    statements = [line for line in db.text_of_log().splitlines() if "COPY" in line and "many" in line]
    check(len(statements) == 2 and "LIMIT 40" in statements[0] and "LIMIT" not in statements[1], f"{statements}")
    t.hufu("source", "remove", "many", as_="wang")


def copies(net):
    folder = os.path.join(net.nodes["transport"].dir, "copies")  # made with the first one
    return sorted(os.listdir(folder)) if os.path.isdir(folder) else []


def test_a_database_is_tested_updated_disabled_and_removed(net):
    """SB-15: a password that the database changed, a new version of the table, no password in the store, nothing left of a source that was removed."""
    t, db = net.nodes["transport"], database(net)
    db.sql("CREATE TABLE kept (flag bool, at timestamptz, day date, note text, part bytea, more json, span interval)")
    db.sql("INSERT INTO kept VALUES (true, '2026-03-01 08:00+08', '2026-03-01', 'a, \"b\"\n c', '\\x00ff', '[1]', '1 day'), (null, 'infinity', null, '', null, null, null)")
    db.sql("GRANT SELECT ON kept TO reader")
    before = copies(net)
    shown = t.hufu("source", "add", "kept", *of_database(net, table_name="kept"), as_="wang")
    check((shown["rows"], [f["type"] for f in shown["fields"]][:4]) == (2, ["boolean", "string", "date", "string"]), f"infinity is a text: {shown['fields']}")
    check({f["name"]: f["nulls"] for f in shown["fields"]} == {"flag": 1, "at": 0, "day": 1, "note": 0, "part": 1, "more": 1, "span": 1}, f"{shown['fields']}")
    db.sql("UPDATE kept SET at = '2026-03-02 08:00+08' WHERE at = 'infinity'; INSERT INTO kept (note) VALUES ('one more')")
    t.hufu("source", "test", "kept", as_="wang")
    first = set(copies(net)) - set(before)
    shown = t.hufu("source", "scan", "kept", as_="wang")
    check((shown["rows"], shown["fields"][1]["type"]) == (3, "datetime"), f"{shown}")
    check(len(copies(net)) == len(before) + 1 and not first & set(copies(net)), "the copy of the former version is gone")
    db.sql("ALTER ROLE reader PASSWORD 'another-word'")
    for command in ("test", "scan"):
        r = t.refused("source", command, "kept", as_="wang")
        check(r.reason == "state" and "refuses user and password" in r.text and "another-word" not in r.text, r.text)
    check(t.hufu("source", "show", "kept", as_="wang")["rows"] == 3, "what was scanned is still there")
    t.hufu("source", "update", "kept", "--password-file", secret(net, "another-word"), as_="wang")
    t.hufu("source", "test", "kept", as_="wang")
    r = t.refused("source", "update", "kept", "--path", db.uri("trusted"), as_="wang")
    check(r.reason == "state" and "another place" in r.text, f"a password does not go to another place: {r.text}")
    with open(os.path.join(t.dir, "copies", UNKNOWN_ID), "wb") as f:
        f.write(b"of a scan that a crash ended")
    t.stop()
    t.start()
    for account in ("wang", "sun"):
        t.login(account)
    t.hufu("source", "test", "kept", as_="wang")
    check(len(copies(net)) == len(before) + 1 and UNKNOWN_ID not in copies(net), "after a restart the copy is there, and nothing beside it")
    check(not list(files_with(t.dir, {PASSWORD.encode(), b"another-word"})), "no credential is in plain in any file of the node")
    t.hufu("source", "disable", "kept", as_="wang")
    db.sql("INSERT INTO kept (note) SELECT repeat('x', 10 << 20)")
    r = t.refused("source", "scan", "kept", as_="wang")
    check(r.reason == "limit" and "behind row 3" in r.text, f"a cell of 10 MiB: {r.text}")
    check(len(copies(net)) == len(before) + 1, "nothing is left of a scan that failed")
    db.sql("DROP TABLE kept")
    r = t.refused("source", "test", "kept", as_="wang")
    check(r.reason == "unknown", r.text)
    t.hufu("source", "remove", "kept", as_="wang")
    check(copies(net) == before, "its copy went with it")
    db.sql(f"ALTER ROLE reader PASSWORD '{PASSWORD}'")


def test_what_is_read_of_a_database_passes_the_scanner_before_it_is_registered(net):
    """DS-100: there is no file, so the scanner gets what was read; of what it refuses nothing is left."""
    t, db = net.nodes["transport"], database(net)
    db.sql("CREATE TABLE mails (id int, body text); GRANT SELECT ON mails TO reader")
    db.sql("INSERT INTO mails SELECT n, 'nothing' FROM generate_series(1, 200000) n")
    before = copies(net)
    t.hufu("source", "add", "mails", *of_database(net, table_name="mails"), as_="wang")
    rows = t.hufu("ledger", "tail", "--count", "20", as_="sun")["entries"]
    check(any(e["object"] == "source mails" and "examined by the scanner" in e.get("detail", "") for e in rows), f"{rows}")
    t.hufu("source", "remove", "mails", as_="wang")
    db.sql("UPDATE mails SET body = 'HARMFUL' WHERE id = 150000")
    r = t.refused("source", "add", "mails", *of_database(net, table_name="mails"), as_="wang")
    check(r.reason == "malicious" and copies(net) == before, f"{r.text}")
    check(not any(s["name"] == "mails" for s in t.hufu("source", "list", as_="wang")["sources"]), "it is no source")

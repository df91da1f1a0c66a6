"""Where a delivery may go at the consumer besides a CSV file: other forms of a file, tables of databases. Real nodes."""
import contextlib
import json
import os
import sqlite3
import subprocess

from common import *
from postgres import PORT, Postgres


def network(net):
    trio(net, 44)
    for node, account in (("insurer", "chen"), ("transport", "li")):
        net.nodes[node].enrol(account)
    register(net, "flights", FLIGHTS)
    net.entry = publish(net, "flights")
    net.sensitive = publish(net, "flights", title="敏感航班数据", extra=["--sensitive"])
    net.app = agreement(net, net.entry)
    net.file = os.path.join(net.dir, "warehouse.db")


def cells():
    with open(FLIGHTS, encoding="utf-8") as f:
        header, *lines = f.read().splitlines()
    return header.split(","), [line.split(",") for line in lines]


def fetch(net, *where, entry=None):
    return net.nodes["insurer"].hufu("fetch", entry or net.entry, "--system", "claims", *where, as_="chen")


def left(net, out):
    """What a delivery left beside its file, and sealed in the node's folder."""
    folder, data = os.path.dirname(out), os.path.join(net.nodes["insurer"].dir, "data")
    return [n for n in os.listdir(folder) if n.startswith(os.path.basename(out) + ".")] + (os.listdir(data) if os.path.isdir(data) else [])


def test_a_delivery_into_json_lines_or_packed_is_the_table_whole_and_leaves_nothing_beside_it(net):
    """DS-53"""
    i = net.nodes["insurer"]
    header, rows = cells()
    for form in ("jsonl", "jsonl.zst", "csv.zst"):
        out = os.path.join(net.dir, "flights-out." + form)
        got = fetch(net, "--output", out, "--format", form)
        check((got["quality"], got["rows"], got["format"]) == ("met", len(rows), form), f"{got}")
        text = subprocess.run(["zstd", "-dcq", out], check=True, capture_output=True).stdout if form.endswith(".zst") else open(out, "rb").read()
        if form == "csv.zst":
            with open(FLIGHTS, "rb") as f:
                check(text == f.read(), "the bytes as they were delivered")
        else:
            lines = [json.loads(line) for line in text.splitlines()]
            check(all(list(line) == header for line in lines), "a member for every column")
            check([[str(v) for v in line.values()] for line in lines] == rows and isinstance(lines[0]["delay_minutes"], int), f"every cell: {lines[0]}")
        wait_until(lambda: not left(net, out), "nothing to be left of what it was made from")
    r = i.refused("fetch", net.entry, "--system", "claims", "--output", os.path.join(net.dir, "x"), "--format", "parquet", as_="chen")
    check(r.reason == "unsupported" and "jsonl.zst" in r.text, r.text)
    out = os.path.join(net.dir, "sensitive.jsonl")
    r = i.refused("fetch", net.sensitive, "--system", "claims", "--purpose", "claims-assessment", "--output", out, "--format", "jsonl", as_="chen")
    check(r.reason == "must-be-sealed" and not os.path.exists(out), r.text)


def ask(net, sql):
    with contextlib.closing(sqlite3.connect(net.file)) as db:
        return db.execute(sql).fetchall()


TABLES = "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name"


def away(net):
    return sum(a["kind"] == "target-away" for a in net.nodes["insurer"].hufu("alarms", as_="admin")["alarms"])


def waiting(net, transfer, before):
    """A delivery that is here whole and cannot be loaded yet: people are told."""
    i = net.nodes["insurer"]
    wait_until(lambda: away(net) > before, "the alarm")
    check(i.hufu("transfers", "show", transfer, as_="chen")["state"] == "STARTED", "it is not delivered yet")


def test_a_delivery_into_a_table_of_an_sqlite_file_takes_the_place_of_the_one_before(net):
    """DS-71: a kill of the node while the file is in use loses nothing, and the delivery goes on by itself"""
    i = net.nodes["insurer"]
    i.hufu("target", "add", "warehouse", net.file, as_="admin")
    header, rows = cells()
    got = fetch(net, "--to", "warehouse/flights")
    check((got["quality"], got["output"]) == ("met", "warehouse/flights"), f"{got}")
    check([[str(v) for v in r] for r in ask(net, "SELECT * FROM flights")] == rows, "every cell, in order")
    check([r[1] for r in ask(net, "PRAGMA table_info(flights)")] == header, "the columns")
    with contextlib.closing(sqlite3.connect(net.file, isolation_level=None)) as db:
        db.execute("DELETE FROM flights")
        db.execute("CREATE TABLE mine (a)")
        db.execute("BEGIN IMMEDIATE")
        before = away(net)
        transfer = i.hufu("fetch", net.entry, "--system", "claims", "--to", "warehouse/flights", "--detach", as_="chen")["transfer"]
        waiting(net, transfer, before)
        r = i.refused("target", "remove", "warehouse", as_="admin")
        check(r.reason == "state" and "on its way" in r.text, r.text)
        i.kill()
        check(ask(net, "SELECT count(*) FROM flights") == [(0,)], "the version before")
        i.start()
        i.login("chen")
        i.login("admin")
        db.execute("COMMIT")
    i.hufu("transfers", "wait", transfer, as_="chen")
    check(len(ask(net, "SELECT * FROM flights")) == len(rows), "the new version")
    wait_until(lambda: ask(net, TABLES) == [("flights",), ("hufu_import",), ("mine",)], "the old version to be gone")
    r = i.refused("fetch", net.entry, "--system", "claims", "--to", "warehouse/mine", as_="chen")
    check(r.reason == "exists" and ask(net, "SELECT * FROM mine") == [], f"somebody else's table is not replaced: {r.text}")
    wait_until(lambda: not left(net, net.file), "nothing to be left of it")


def test_a_target_is_registered_by_who_runs_the_node_and_used_by_its_department(net):
    i = net.nodes["insurer"]
    r = i.refused("target", "add", "other", net.file, as_="chen")
    check(r.reason == "permission", r.text)
    for place, reason in ((os.path.join(i.dir, "x.db"), "argument"), ("/nowhere/at/all.db", "io")):
        r = i.refused("target", "add", "other", place, as_="admin")
        check(r.reason == reason, f"{r.reason}: {r.text}")
    i.hufu("target", "add", "pricing", os.path.join(net.dir, "pricing.db"), "--department", "pricing", as_="admin")
    for to, reason in (("pricing/t", None), ("nothing/t", "unknown"), ("warehouse", "argument"), ("warehouse/hufu_import", "argument"), ("warehouse/a\"b", "argument"), ("warehouse/a$b", "argument")):
        if reason:
            r = i.refused("fetch", net.entry, "--system", "claims", "--to", to, as_="chen")
            check(r.reason == reason, f"{to}: {r.reason}: {r.text}")
    i.hufu("target", "disable", "warehouse", as_="admin")
    r = i.refused("fetch", net.entry, "--system", "claims", "--to", "warehouse/flights", as_="chen")
    check(r.reason == "state" and "target enable" in r.text, r.text)
    i.hufu("target", "enable", "warehouse", as_="admin")
    r = i.refused("fetch", net.sensitive, "--system", "claims", "--purpose", "claims-assessment", "--to", "warehouse/x", as_="chen")
    check(r.reason == "must-be-sealed", r.text)
    i.hufu("target", "remove", "pricing", as_="admin")
    check([t["name"] for t in i.hufu("target", "list", as_="chen")["targets"]] == ["warehouse"], "the list")


PASSWORD = "Ld7-only-for-loading"
PG_TABLES = "SELECT string_agg(relname, ' ' ORDER BY relname) FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
WAITS = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'public.hufu_import'::regclass"


def secret(net, text=PASSWORD):
    path = os.path.join(net.dir, "loader.password")
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="ascii") as f:
        f.write(text + "\n")
    return path


def database(net):
    """A server with a role that may make tables in one schema of one database."""
    if not hasattr(net, "db"):
        net.db = Postgres(net, f"{net.prefix}.44.9")
        net.db.sql("CREATE DATABASE dw")
        net.db.sql(f"CREATE ROLE loader LOGIN PASSWORD '{PASSWORD}'; GRANT USAGE, CREATE ON SCHEMA public TO loader", "dw")
        net.nodes["insurer"].hufu("target", "add", "dw", net.db.uri("loader", "dw"), "--password-file", secret(net), as_="admin")
    return net.db


def tables(net):
    return net.db.sql(PG_TABLES, "dw").strip()


def rows_there(net):
    return int(net.db.sql("SELECT count(*) FROM flights", "dw"))


def copied_back(net):
    return net.db.sql("COPY flights TO STDOUT (FORMAT csv, HEADER)", "dw")


def source_text():
    with open(FLIGHTS, encoding="utf-8", newline="") as f:
        return f.read()


def files_with(folder, word):
    for where, _, names in os.walk(folder):
        for path in (os.path.join(where, n) for n in names):
            if os.path.isfile(path):
                with open(path, "rb") as f:
                    if word in f.read():
                        yield path


@contextlib.contextmanager
def locked(net, mode):
    """Somebody in the database holds what the load asks for."""
    db = net.db
    held = subprocess.Popen([*db.inside, "psql", "-X", "-q", "-h", db.dir, "-p", str(PORT), "-U", "owner", "-d", "dw"], cwd=db.dir, stdin=subprocess.PIPE,
                            stdout=subprocess.DEVNULL, text=True)
    held.stdin.write(f"BEGIN; LOCK TABLE hufu_import IN {mode} MODE;\n")
    held.stdin.flush()
    wait_until(lambda: int(db.sql("SELECT count(*) FROM pg_locks WHERE granted AND mode ~ 'Exclusive|ShareLock' AND relation = 'hufu_import'::regclass", "dw")),
               "the lock")
    try:
        yield
    finally:
        held.stdin.close()
        held.wait(20)


def begun(net):
    return net.nodes["insurer"].hufu("fetch", net.entry, "--system", "claims", "--to", "dw/flights", "--detach", as_="chen")["transfer"]


def killed(net):
    net.nodes["insurer"].kill()


def started(net):
    net.nodes["insurer"].start()
    for account in ("chen", "admin"):
        net.nodes["insurer"].login(account)


def ends_in_one(net, transfer):
    i = net.nodes["insurer"]
    i.hufu("transfers", "wait", transfer, as_="chen")
    check(copied_back(net) == source_text(), "the new version, whole")
    wait_until(lambda: tables(net) == "flights hufu_import", "one table to be left")
    check(net.nodes["transport"].hufu("transfers", "show", transfer, as_="li")["receipt"], "the provider has the receipt")


def test_a_delivery_into_a_table_of_postgresql_is_the_table_byte_by_byte(net):
    """And whoever made another table keeps it"""
    i, db = net.nodes["insurer"], database(net)
    got = fetch(net, "--to", "dw/flights")
    check(got["quality"] == "met" and copied_back(net) == source_text(), f"copied back it is the file that was delivered: {got}")
    types = db.sql("SELECT string_agg(data_type, ' ' ORDER BY ordinal_position) FROM information_schema.columns WHERE table_name = 'flights'", "dw")
    check("bigint" in types and "text" in types, f"types as the entry gives them: {types}")
    wait_until(lambda: tables(net) == "flights hufu_import" and not left(net, net.file), "nothing beside it")
    check(not list(files_with(i.dir, PASSWORD.encode())) and PASSWORD not in json.dumps(i.hufu("target", "list", as_="admin")), "the password is in no file of the node")
    db.sql("CREATE TABLE mine (a int); GRANT ALL ON mine TO loader", "dw")
    r = i.refused("fetch", net.entry, "--system", "claims", "--to", "dw/mine", as_="chen")
    check(r.reason == "exists", r.text)
    db.sql("DROP TABLE mine", "dw")
    r = i.refused("fetch", net.entry, "--system", "claims", "--to", "dw/nowhere.flights", as_="chen")
    check(r.reason == "unknown" and "no schema" in r.text, f"{r.reason}: {r.text}")
    db.sql("CREATE SCHEMA theirs; GRANT USAGE, CREATE ON SCHEMA theirs TO loader; CREATE TABLE theirs.ran (who text); GRANT ALL ON theirs.ran TO loader; "
           "CREATE FUNCTION theirs.run() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO theirs.ran VALUES (current_user); RETURN NEW; END'", "dw")
    made = "CREATE TABLE theirs.{0} (name text PRIMARY KEY, entry text NOT NULL, transfer text NOT NULL, before text); GRANT ALL ON theirs.{0} TO loader; "
    for first in (made.format("hufu_import"), made.format("hufu_import") + "ALTER TABLE theirs.hufu_import OWNER TO loader; CREATE TRIGGER t BEFORE INSERT ON theirs.hufu_import FOR EACH ROW EXECUTE FUNCTION theirs.run()",
                  made.format("kept") + "CREATE VIEW theirs.hufu_import AS SELECT * FROM theirs.kept; GRANT ALL ON theirs.hufu_import TO loader"):
        db.sql(first, "dw")
        r = i.refused("fetch", net.entry, "--system", "claims", "--to", "dw/theirs.flights", as_="chen")
        check(r.reason == "exists" and "hufu_import" in r.text, f"somebody else made it first: {r.reason}: {r.text}")
        db.sql("DROP VIEW theirs.hufu_import" if "VIEW" in first else "DROP TABLE theirs.hufu_import", "dw")
    check(int(db.sql("SELECT count(*) FROM theirs.ran", "dw")) == 0, "nothing of theirs ran as the role of the target")
    fetch(net, "--to", "dw/theirs.flights")
    db.sql("DROP SCHEMA theirs CASCADE", "dw")
    i.hufu("target", "update", "dw", "--password-file", secret(net, "wrong"), as_="admin")
    r = i.refused("fetch", net.entry, "--system", "claims", "--to", "dw/flights", as_="chen")
    check(r.reason == "state" and "hufu target update" in r.text, r.text)
    i.hufu("target", "update", "dw", "--password-file", secret(net), as_="admin")
    check(copied_back(net) == source_text(), "the version before stays through all of it")


def test_a_kill_at_any_step_of_the_load_leaves_one_table_the_old_version_until_the_swap(net):
    """DS-70, DS-71: kill -9 before anything is loaded, with all loaded and nothing swapped, and when the new version is seen"""
    db = database(net)
    if "flights" not in tables(net):
        fetch(net, "--to", "dw/flights")
    for mode in ("ACCESS EXCLUSIVE", "SHARE"):  # the load waits for it at its beginning; before the swap
        db.sql("DELETE FROM flights", "dw")
        with locked(net, mode):
            transfer = begun(net)
            wait_until(lambda: int(db.sql(WAITS, "dw")), f"the load to wait ({mode})")
            killed(net)
        wait_until(lambda: tables(net) == "flights hufu_import", "the server to undo what was loaded")
        check(rows_there(net) == 0, "the version before")
        started(net)
        ends_in_one(net, transfer)
    db.sql("DELETE FROM flights", "dw")
    transfer = begun(net)
    wait_until(lambda: rows_there(net) > 0, "the new version")
    killed(net)
    check(copied_back(net) == source_text(), "it is whole at once")
    started(net)
    ends_in_one(net, transfer)


def test_a_table_that_a_view_hangs_on_is_not_replaced_behind_it(net):
    """The view would go on to show the version before: the load is refused before anything is loaded, and at the swap when the view came meanwhile"""
    i, db = net.nodes["insurer"], database(net)
    if "flights" not in tables(net):
        fetch(net, "--to", "dw/flights")
    before = copied_back(net)
    db.sql("CREATE SCHEMA reports", "dw")
    for made, gone, named in (("VIEW reports.late AS SELECT count(*) AS n FROM public.flights", "VIEW reports.late", "view reports.late,"),
                              ("MATERIALIZED VIEW reports.copy AS SELECT * FROM public.flights", "MATERIALIZED VIEW reports.copy", "view reports.copy,"),
                              ("TABLE reports.rows (one public.flights)", "TABLE reports.rows", "column one of table reports.rows,")):
        db.sql(f"CREATE {made}", "dw")
        r = i.refused("fetch", net.entry, "--system", "claims", "--to", "dw/flights", as_="chen")
        check(r.reason == "state" and named in r.text and "make it anew" in r.text, f"{r.reason}: {r.text}")
        check(copied_back(net) == before and tables(net) == "flights hufu_import", f"nothing was replaced: {tables(net)}")
        db.sql(f"DROP {gone}", "dw")
    with locked(net, "SHARE"):  # all is loaded, and waits to take the place
        transfer = begun(net)
        wait_until(lambda: int(db.sql(WAITS, "dw")), "the load to wait")
        db.sql("CREATE VIEW reports.a AS SELECT 1 FROM public.flights; CREATE VIEW reports.b AS SELECT 1 FROM public.flights", "dw")
    r = i.refused("transfers", "wait", transfer, as_="chen")
    check("view reports.a and 1 more" in r.text, f"{r.reason}: {r.text}")
    wait_until(lambda: tables(net) == "flights hufu_import", "the load to be undone")
    check(copied_back(net) == before, "the version before")
    db.sql("DROP SCHEMA reports CASCADE; CREATE INDEX ON flights (delay_minutes); CREATE RULE quiet AS ON DELETE TO flights DO ALSO SELECT 1 FROM flights", "dw")
    fetch(net, "--to", "dw/flights")  # what is the table's own goes with it
    wait_until(lambda: tables(net) == "flights hufu_import", "one table to be left")


def test_a_database_that_is_away_is_waited_for_and_a_delivery_that_waits_can_be_cancelled(net):
    """DS-71: after recovery it loads by itself"""
    i, db = net.nodes["insurer"], database(net)
    if "flights" not in tables(net):
        fetch(net, "--to", "dw/flights")
    db.sql("DELETE FROM flights", "dw")
    db.sql("UPDATE pg_database SET datallowconn = false WHERE datname = 'dw'")
    before, transfer = away(net), begun(net)
    waiting(net, transfer, before)
    before, other = away(net), begun(net)
    waiting(net, other, before)

    def cancelled():
        try:
            i.hufu("transfers", "cancel", other, as_="chen")
        except hufunet.Refused:
            pass  # it is being tried
        return i.hufu("transfers", "show", other, as_="chen")["state"] == "TERMINATED"
    wait_until(cancelled, "it to be cancelled")
    db.sql("UPDATE pg_database SET datallowconn = true WHERE datname = 'dw'")
    ends_in_one(net, transfer)

"""The steps that operators take, as functions over nodes: used by testnet/run and by the integration tests."""
import os
import shutil
import subprocess
import time

from hufunet import Refused, check, run, wait_until


def scope_text(scope):
    """["everyone"] or a list of nodes, as the command takes it."""
    if scope == ["everyone"] or scope[0].startswith("organization:"):
        return scope[0]
    return "nodes:" + ",".join(scope)


def source(node, account, name, path, *more, by=None, kinds=None, **kw):
    """Registers a source, and says of each field what it holds: kinds (field -> kind, or None for what was found), else nothing sensitive."""
    out = node.hufu("source", "add", name, path, *more, as_=account, **kw)
    classify(node, by or account, out, kinds)
    return out


def classify(node, account, source, kinds=None):
    """source: as the node shows it. What somebody said before stays."""
    kinds, args = kinds or {}, []
    for f in source["fields"] if source["unconfirmed"] else []:
        kind = kinds.get(f["name"], "none")
        args += ["--field", f"{f['name']}={kind}" if kind else f["name"]]
    if args:
        node.hufu("source", "classify", source["name"], *args, as_=account)


def publish(node, account, source, *, title, description, topic, data_class, level, sharing, scope, intake, condition=None, purposes=(),
            jurisdictions=(), max_days=None, extra=()):
    args = ["catalog", "publish", "--source", source, "--title", title, "--description", description, "--topic", topic, "--class", data_class,
            "--level", str(level), "--sharing", sharing, "--scope", scope_text(scope), "--purpose", "数据共享", "--intake", intake,
            "--keyword", topic, "--update-cycle", "P1Y"]
    if condition:
        args += ["--condition", condition]
    for p in purposes:
        args += ["--accept-purpose", p]
    for j in jurisdictions:
        args += ["--accept-jurisdiction", j]
    if max_days:
        args += ["--max-days", str(max_days)]
    return node.hufu(*args, *extra, as_=account)["entry"]


def catalog(node, account):
    return node.hufu("catalog", "list", as_=account)["entries"]


def search(node, account, text):
    return node.hufu("catalog", "search", text, as_=account)["entries"]


def in_days(days):
    """The date so many days from now, as operators write it."""
    return time.strftime("%Y-%m-%d", time.gmtime(time.time() + days * 86400))


def apply(node, account, entry, *, system, reason, purpose, days, fields=(), rows=None):
    wait_until(lambda: any(e["entry"] == entry for e in catalog(node, account)), f"{node.id} to see {entry}")
    args = ["apply", entry, "--system", system, "--reason", reason, "--purpose", purpose, "--until", in_days(days)]
    if fields:
        args += ["--fields", ",".join(fields)]
    if rows:
        args += ["--rows", rows]
    return node.hufu(*args, as_=account)["application"]


def confirm(node, account, application):
    return node.hufu("review", application, "--need", "ok", "--scope", "ok", "--period", "ok", as_=account)


def comply(node, account, application, result="pass"):
    wait_state(node, account, application, "RECEIVED")
    return node.hufu("review", application, "--compliance", result, as_=account)


def application(node, account, id):
    try:
        return node.hufu("applications", "show", id, as_=account)
    except Refused as r:
        if r.reason == "unknown":
            return None
        raise


def wait_state(node, account, id, state, revision=None):
    def there():
        a = application(node, account, id)
        return a if a and a["state"] == state and (revision is None or a["revision"] == revision) else None

    return wait_until(there, f"{node.id}: application {id} to be {state}")


def whole_negotiation(s, entry, reason, days=365, privacy=None, rows=None):
    """From the insurer's application to the agreement signed by both. privacy: who reviews personal data at the provider."""
    app = apply(s.i, "chen", entry, system="claims", reason=reason, purpose="claims-assessment", days=days, rows=rows)
    confirm(s.i, "zhou", app)
    comply(s.m, "zheng", app)
    wait_state(s.t, "li", app, "PRIVACY_WAITING" if privacy else "RECEIVED")
    if privacy:
        s.t.hufu("review", app, "--privacy", "--necessity", "ok", "--compliance", "ok", as_=privacy)
    s.t.hufu("decide", app, "T", as_="li")
    wait_state(s.i, "chen", app, "FINALIZED")
    wait_state(s.t, "li", app, "FINALIZED")
    return app


def grants(node, account):
    return node.hufu("grants", as_=account)["grants"]


def grant_of(node, account, application):
    for g in grants(node, account):
        if g["application"] == application:
            return g["grant"]
    check(False, f"{node.id} holds no grant for application {application}")


def grant_state(node, account, application):
    return next((g["state"] for g in grants(node, account) if g["application"] == application), None)


def transfer(node, account, id):
    """What the node knows of a transfer; asked of the node itself, since a command takes longer than many transfers."""
    return node.api("GET", "/v1/transfers/show?transfer=" + id, None, as_=account)[1]


def wait_transfer(node, account, id, state):
    def there():
        try:
            t = transfer(node, account, id)
        except Refused as r:
            if r.reason == "unknown":
                return None
            raise
        check(t["state"] in (state, "REQUESTED", "STARTED", "SUSPENDED"), f"{node.id}: transfer {id} became {t['state']}, not {state}: {t}")
        return t if t["state"] == state else None

    return wait_until(there, f"{node.id}: transfer {id} to be {state}", 60)


def wait_durable(node, account, id):
    """Waits until some of a transfer is durable."""
    wait_until(lambda: transfer(node, account, id)["bytes_done"] > 0, f"{node.id}: some of transfer {id} to be durable", 60, 0)


def tolls(net, path, size, seed):
    r = run([net.program("hufu-bench"), "generate", "tolls", "--bytes", str(size), "--seed", str(seed), "--output", path])
    check(r.returncode == 0, f"the toll passages are made: {r.stderr}")


def export(node, account, folder):
    """Exports the ledger and the root key beside it; None while the newest checkpoint is not witnessed."""
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(os.path.dirname(folder), exist_ok=True)
    try:
        out = node.hufu("ledger", "export", folder, as_=account)
    except Refused as r:
        if r.reason == "state":
            return None
        raise
    root = os.path.join(os.path.dirname(os.path.dirname(folder)), "root.key")
    if not os.path.exists(root):
        shutil.copy(node.net.authority.root_key, root)
    return out


def provable(node, account, transaction, negotiation, path):
    """Writes the tally; None while proofs are missing."""
    if os.path.exists(path):
        os.unlink(path)
    try:
        return node.hufu("ledger", "prove", transaction, "--output", path, "--negotiation", negotiation, as_=account)
    except Refused as r:
        if r.reason == "state":
            return None
        raise


def insider_tally(net, node, tally, out):
    """An insider of `node` alters the exchange in the tally and signs everything he can again with the node's own keys."""
    r = subprocess.run([net.program("hufu-bench"), "insider", "--tally", tally, "--node", node.dir, "--output", out], capture_output=True, text=True)
    check(r.returncode == 0, f"the insider's tally is made: {r.stderr}")
    return r.stdout.strip()

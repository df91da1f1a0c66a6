"""Published ledgers over HTTP: an outsider without a key fetches every tile and finds the root of the checkpoint; nothing else is served, and
strangers cost the node little however many they are."""
import base64
import hashlib
import http.client
import os
import socket
import ssl
import subprocess
import time

from common import *

PORT = 8480
PER_ADDRESS = 8


def network(net):
    """transport publishes its ledger; manager publishes mirrored ones, by TLS; of the two it holds, only transport's owner agrees."""
    p = f"{net.prefix}.17"
    net.node("transport", "交通运输厅", f"{p}.1", roles=["provider", "consumer"], mirrors=["manager"], attributes={"publish-ledger": "yes"})
    net.node("insurer", "安途保险公司", f"{p}.2", roles=["consumer"], mirrors=["manager"])
    net.node("manager", "数据共享管理中心", f"{p}.3", roles=["exchange-service"], mirrors=["transport"])
    net.node("overseas", "Straits Aviation Data", f"{p}.4", jurisdiction="SG", roles=["consumer"])
    net.found(["transport", "insurer", "manager", "overseas"], 3)
    configure(net.nodes["transport"], f'publish:\n  address: "{p}.1:{PORT}"\n  ledger: true\n')
    make_certificate(net, f"{p}.3")
    configure(net.nodes["manager"], f'publish:\n  address: "{p}.3:{PORT}"\n  mirrors: true\n  certificate: "{net.cert}"\n  key: "{net.cert}.key"\n')
    net.start()
    for id in ("transport", "manager", "insurer", "overseas"):
        n = net.nodes[id]
        n.staff({"auditor": ("审计 A-1", ["auditor"])} if id in ("transport", "insurer") else {})
    fill(net.nodes["transport"], 600)  # more than two tiles, so that there is a level above the leaves
    wait_until(lambda: status_of(net.nodes["transport"].ip, "/transport/checkpoint") == 200, "the first witnessed checkpoint to be served")


def status_of(ip, path):
    c = Client(ip)
    try:
        return c.get(path)[0]
    finally:
        c.close()


def configure(node, text):
    with open(os.path.join(node.dir, "hufu.yaml"), "a", encoding="utf-8") as f:
        f.write(text)


def make_certificate(net, ip):
    net.cert = os.path.join(net.dir, "tls.pem")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=manager",
                    "-addext", f"subjectAltName=IP:{ip}", "-keyout", net.cert + ".key", "-out", net.cert], check=True, capture_output=True)
    os.chmod(net.cert + ".key", 0o600)


def fill(node, count):
    """Each refused command is an entry."""
    for _ in range(count):
        node.api("POST", "/v1/systems/disable", {"name": "nothing-of-that-name"}, as_="admin", check_status=False)
    size = state(node)["durable"]
    wait_until(lambda: state(node)["witnessed"] >= size, "the entries to be witnessed")


def state(node):
    return node.api("GET", "/v1/ledger/state", None, as_="admin")[1]


class Client:
    """An outsider: HTTP and nothing else."""

    def __init__(self, ip, tls=None, source=None):
        at = (source, 0) if source else None
        self.c = http.client.HTTPSConnection(ip, PORT, timeout=20, context=tls, source_address=at) if tls else \
            http.client.HTTPConnection(ip, PORT, timeout=20, source_address=at)

    def get(self, path, method="GET", body=None):
        self.c.request(method, path, body)
        r = self.c.getresponse()
        data = r.read()
        if r.getheader("Connection", "").lower() == "close":
            self.c.close()
        return r.status, dict(r.getheaders()), data

    def good(self, path):
        status, headers, data = self.get(path)
        check(status == 200, f"{path}: {status}")
        return headers, data

    def close(self):
        self.c.close()


def plain(net):
    return Client(net.nodes["transport"].ip)


def secure(net):
    return Client(net.nodes["manager"].ip, ssl.create_default_context(cafile=net.cert))


def origin_of(net, node):
    return f"{net.space}/ledger/{node}"


def hex_of(net, node):
    return hashlib.sha256(origin_of(net, node).encode()).hexdigest()


def tile_path(n):
    groups = [f"{n % 1000:03}"]
    while n >= 1000:
        n //= 1000
        groups.insert(0, f"x{n % 1000:03}")
    return "/".join(groups)


def tiles_of(size):
    """(level, tile, width) of everything that c2sp.org/tlog-tiles wants of a tree of that size; level -1: entries."""
    level, count = 0, size
    while count:
        for n in range(count // 256):
            yield level, n, 256
        if count % 256:
            yield level, count // 256, count % 256
        level, count = level + 1, count // 256


def path_of(base, level, n, width):
    return f"{base}/tile/{'entries' if level < 0 else level}/{tile_path(n)}" + (f".p/{width}" if width < 256 else "")


def node_hash(a, b):
    return hashlib.sha256(b"\1" + a + b).digest()


def tree_root(leaves):
    """RFC 6962 2.1, as it stands there."""
    if len(leaves) <= 1:
        return leaves[0] if leaves else hashlib.sha256(b"").digest()
    k = 1
    while 2 * k < len(leaves):
        k *= 2
    return node_hash(tree_root(leaves[:k]), tree_root(leaves[k:]))


def hashes(data):
    return [data[i:i + 32] for i in range(0, len(data), 32)]


def entries(data):
    out = []
    while data:
        n = int.from_bytes(data[:2], "big")
        check(len(data) >= 2 + n, "no entry is cut off")
        out.append(data[2:2 + n])
        data = data[2 + n:]
    return out


def fetch_ledger(client, base):
    """Everything of a ledger, checked as an outsider would: (checkpoint text, level 0 hashes)."""
    headers, note = client.good(f"{base}/checkpoint")
    check(headers["Content-Type"] == "text/plain; charset=utf-8" and headers["Cache-Control"] == "no-cache", f"{headers}")
    _, size, root = note.decode().split("\n")[:3]
    size, levels = int(size), {}
    for level, n, width in tiles_of(size):
        headers, data = client.good(path_of(base, level, n, width))
        check(len(data) == 32 * width and headers["Content-Type"] == "application/octet-stream", f"tile {level}/{n}: {len(data)}")
        check("immutable" in headers["Cache-Control"], f"{headers}")
        levels.setdefault(level, []).extend(hashes(data))
        if level == 0:
            _, bundle = client.good(path_of(base, -1, n, width))
            leaves = [hashlib.sha256(b"\0" + e).digest() for e in entries(bundle)]
            check(leaves == hashes(data), f"the entries of bundle {n} have the hashes of tile {n}")
    for level in range(1, len(levels)):
        below = levels[level - 1]
        check(levels[level] == [tree_root(below[i:i + 256]) for i in range(0, len(below) // 256 * 256, 256)], f"level {level} follows from the one below")

    check(tree_root(levels[0]) == base64.b64decode(root), "the tiles have the root of the checkpoint")
    return note, levels[0]


def test_an_outsider_fetches_every_tile_and_finds_the_root_of_the_checkpoint(net):
    c = plain(net)
    size = state(net.nodes["transport"])["witnessed"]
    wait_until(lambda: int(c.good("/transport/checkpoint")[1].split(b"\n")[1]) >= size, "the newest checkpoint to be served")
    note, leaves = fetch_ledger(c, "/transport")
    check(note.startswith(origin_of(net, "transport").encode() + b"\n") and len(leaves) > 512, f"{len(leaves)} entries")
    check(note.count(f"\n— {net.space}/witness/".encode()) >= 3, "with the quorum's cosignatures")
    check(c.good(f"/{hex_of(net, 'transport')}/log.vkey")[1] == c.good("/transport/log.vkey")[1], "the same under the hash of the origin")
    c.close()


def test_it_is_the_ledger_that_the_node_exports(net):
    t, folder = net.nodes["transport"], os.path.join(net.dir, "exported")
    t.hufu("ledger", "export", folder, as_="auditor")
    status, text = net.verify("ledger", folder, "--root-key", net.authority.root_key)
    check(status == 0, text)
    with open(os.path.join(folder, "checkpoint"), "rb") as f:
        size = int(f.read().split(b"\n")[1])
    c = plain(net)
    wait_until(lambda: int(c.good("/transport/checkpoint")[1].split(b"\n")[1]) >= size, "a checkpoint as new as the export")
    files = [os.path.relpath(os.path.join(d, n), folder) for d, _, names in os.walk(folder) for n in names]
    compared = 0
    for name in files:
        if name in ("checkpoint", "descriptors.dsse"):
            continue
        with open(os.path.join(folder, name), "rb") as f:
            check(c.good("/transport/" + name)[1] == f.read(), f"{name} is the same")
        compared += 1
    check(compared >= 9, f"{files}")
    c.close()


def test_what_lies_beyond_the_checkpoint_and_every_other_path_is_not_found(net):
    c = plain(net)
    note = c.good("/transport/checkpoint")[1]
    size = int(note.split(b"\n")[1])
    full, rest = size // 256, size % 256
    c.good(f"/transport/tile/0/{tile_path(full)}.p/{rest}")
    c.good(f"/transport/tile/0/{tile_path(full)}.p/1")
    c.good("/transport/tile/0/000.p/255")
    beyond = [f"/transport/tile/0/{tile_path(full)}", f"/transport/tile/0/{tile_path(full + 4)}.p/1", f"/transport/tile/entries/{tile_path(full)}",
              "/transport/tile/1/000", "/transport/tile/1/001.p/1", "/transport/tile/2/000.p/1", "/transport/tile/7/000.p/1",
              "/transport/tile/0/x999/x999/x999/x999/999", "/transport/tile/0/x018/x446/x744/x073/709.p/1"]
    other = ["/", "//", "/transport", "/transport/", "/checkpoint", "/transport/checkpoint/", "/transport//checkpoint", "/transport/checkpoint?x=1",
             "/transport/tile/0/000?x", "/insurer/checkpoint", "/manager/checkpoint", f"/{hex_of(net, 'insurer')}/checkpoint", "/transport/descriptors.dsse",
             "/transport/tile/0/0", "/transport/tile/0/0000", "/transport/tile/00/000", "/transport/tile/8/000.p/1", "/transport/tile/-1/000",
             "/transport/tile/0/x000/000", "/transport/tile/0/000.p/0", "/transport/tile/0/000.p/256", "/transport/tile/0/000.p/01", "/transport/tile/0/000.p/1x",
             "/transport/tile/0/000.p/4294967297", "/transport/tile/entries/000.p/", "/transport/tile/0/%00", "/transport/%2e%2e/hufu.yaml", "/transport/../state/data.mdb",
             "/transport/log.vkey%00", "/%74ransport/checkpoint", "/v1/status", "/v1/login", "/metrics", "/v1/ledger/tail", "/v1/audit/reports", "/transport/" + "a" * 3000]
    for path in beyond + other:
        status, headers, data = c.get(path)
        check(status in (404, 400), f"{path[:60]}: {status} {data[:80]}")
        check(status == 400 or headers.get("Cache-Control") == "no-store", f"{path[:60]}: nobody keeps that it is not there: {headers}")
    c.close()


def test_only_get_and_head_and_no_body(net):
    c = plain(net)
    for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND"):
        status, headers, _ = c.get("/transport/checkpoint", method)
        check(status == 405 and headers["Allow"] == "GET, HEAD", f"{method}: {status} {headers}")
    status, _, _ = c.get("/transport/checkpoint", "GET", b"x" * 100)
    check(status == 413, f"a body is refused: {status}")
    status, headers, data = c.get("/transport/tile/entries/000", "HEAD")
    check(status == 200 and data == b"", "HEAD has no body")
    check(int(headers["Content-Length"]) == len(c.good("/transport/tile/entries/000")[1]), "and the length of the answer to GET")
    c.close()


def test_a_request_that_is_too_large_is_refused(net):
    with socket.create_connection((net.nodes["transport"].ip, PORT), timeout=20) as s:
        try:
            s.sendall(b"GET /transport/checkpoint HTTP/1.1\r\nHost: x\r\n" + b"".join(b"X-%d: %s\r\n" % (i, b"y" * 200) for i in range(2000)) + b"\r\n")
            answer = s.recv(4096)
        except ConnectionError:
            answer = b""
    check(b" 200 " not in answer.split(b"\r\n")[0], f"{answer[:60]}")


def test_a_mirror_publishes_what_the_owner_agreed_to_and_nothing_else(net):
    """By TLS; consent is the owner's attribute in the descriptor, and ends with it."""
    c = secure(net)
    base = f"/{hex_of(net, 'transport')}"
    wait_until(lambda: c.get(f"{base}/checkpoint")[0] == 200, "the mirrored ledger to be served", 20)
    note, _ = fetch_ledger(c, base)
    check(note.startswith(origin_of(net, "transport").encode() + b"\n"), "it is transport's")
    for path in (f"/{hex_of(net, 'insurer')}/checkpoint", f"/{hex_of(net, 'manager')}/checkpoint", "/transport/checkpoint", "/manager/checkpoint", "/insurer/checkpoint"):
        check(c.get(path)[0] == 404, f"{path} is not served")
    net.nodes["transport"].attributes = {"publish-ledger": "no"}
    net.authority.add(net.nodes["transport"])
    net.authority.issue(["transport", "insurer", "manager", "overseas"], 3)
    net.nodes["manager"].hufu("space", "update", net.authority.descriptors, as_="admin")
    wait_until(lambda: c.get(f"{base}/checkpoint")[0] == 404, "the consent that was taken back to end it", 20)
    check(c.get(f"{base}/tile/0/000")[0] == 404, "its tiles too")
    c.close()


def test_without_tls_nobody_speaks_to_a_tls_listener(net):
    c = Client(net.nodes["manager"].ip)
    try:
        status = c.get(f"/{hex_of(net, 'transport')}/checkpoint")[0]
    except (http.client.HTTPException, OSError):
        status = None
    check(status in (None, 400), f"{status}")
    context = ssl.create_default_context(cafile=net.cert)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    old = Client(net.nodes["manager"].ip, context)
    check(old.get("/x/checkpoint")[0] == 404, "TLS 1.2 is the oldest that is spoken")
    old.close()


def test_a_flood_of_strangers_is_bounded_and_the_node_goes_on(net):
    t = net.nodes["transport"]
    before, held = t.rss_mib(), []
    try:
        for _ in range(200):
            s = socket.socket()
            s.settimeout(5)
            s.connect((t.ip, PORT))
            held.append(s)
        wait_until(lambda: open_to(t) <= PER_ADDRESS, "all but a few of them to be closed", 20)
        other = Client(t.ip, source=f"{net.prefix}.99.1")
        fetch_ledger(other, "/transport")  # it stood behind them all in the queue
        check(open_to(t) <= PER_ADDRESS + 1, f"{open_to(t)} connections are held")
        other.close()
        begin = time.monotonic()
        state(t)
        check(time.monotonic() - begin < 2, "its operators are served as ever")
        check(t.rss_mib() < before + 64, f"{before:.0f} MiB, then {t.rss_mib():.0f} MiB")
    finally:
        for s in held:
            s.close()


def open_to(node):
    """Connections that the node holds on the published port, from the kernel's table."""
    with open(f"/proc/{node.pid}/net/tcp", encoding="ascii") as f:
        rows = [line.split() for line in f.readlines()[1:]]
    inodes = set()
    for fd in os.listdir(f"/proc/{node.pid}/fd"):
        try:
            link = os.readlink(f"/proc/{node.pid}/fd/{fd}")
        except OSError:
            continue
        if link.startswith("socket:["):
            inodes.add(link[8:-1])
    return sum(r[1].endswith(f":{PORT:04X}") and r[3] != "0A" and r[9] in inodes for r in rows)


def test_who_sends_a_request_byte_by_byte_is_ended(net):
    t, end = net.nodes["transport"], time.monotonic() + 25
    s = socket.create_connection((t.ip, PORT), timeout=1)
    s.sendall(b"GET /transport/checkpoint HTTP/1.1\r\nX-Slow: ")
    closed = False
    while not closed and time.monotonic() < end:
        try:
            s.sendall(b"y")
            closed = s.recv(100) == b""
        except TimeoutError:  # a second without an answer
            continue
        except ConnectionError:
            closed = True
    s.close()
    check(closed, "the connection is closed although it was never silent")


def test_publication_is_on_record_and_known_to_the_doctor(net):
    t = net.nodes["transport"]
    rows = t.hufu("ledger", "tail", "--count", "1000", as_="auditor")["entries"]
    check(any(r["event"] == "config" and f"publication on {t.ip}:{PORT}" == r["fields"]["object"] for r in rows), "the entry")
    ports = [f for f in t.hufu("doctor", as_="admin")["findings"] if f["check"] == "ports"]
    check([f["state"] for f in ports] == ["ok"], f"{ports}")


def test_without_the_setting_nothing_listens(net):
    with socket.socket() as s:
        s.settimeout(5)
        check(s.connect_ex((net.nodes["insurer"].ip, PORT)) != 0, "no listener")


def test_settings_that_do_not_go_together_are_refused(net):
    o = net.nodes["overseas"]
    o.stop()
    wrong = os.path.join(net.dir, "wrong.key")
    with open(os.open(wrong, os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="ascii") as f:
        f.write("this is no key\n")
    empty = os.path.join(net.dir, "empty.pem")
    os.close(os.open(empty, os.O_WRONLY | os.O_CREAT, 0o600))
    path = os.path.join(o.dir, "hufu.yaml")
    with open(path, encoding="utf-8") as f:
        text = f.read()
    try:
        for more, word in ((f'publish:\n  address: "{o.ip}:{PORT}"\n', "nothing is to be published"), ("publish:\n  ledger: true\n", "no address"),
                           (f'publish:\n  address: "{o.ip}:{PORT}"\n  ledger: true\n  certificate: "{net.cert}"\n', "go together"),
                           ('publish:\n  address: "example.org:80"\n  ledger: true\n', "numeric address"),
                           (f'publish:\n  address: "{o.ip}:{PORT}"\n  ledger: true\n  certificate: "{empty}"\n  key: "{empty}"\n', "is empty"),
                           ('publish:\n  address: "127.0.0.1:99999"\n  ledger: true\n', "write ADDRESS:PORT"),
                           (f'publish:\n  address: "{o.ip}:{PORT}"\n  ledger: true\n  certificate: "{net.cert}"\n  key: "{wrong}"\n', "publish.certificate"),
                           (f'publish:\n  address: "{o.ip}:{PORT}"\n  ledger: true\n  certificate: "{net.cert}"\n  key: "{path}"\n', "can be read by others")):
            with open(path, "w", encoding="utf-8") as f:
                f.write(text + more)
            r = hufunet.run([net.program("hufud"), "--node", o.dir], net.environment(), 30)
            check(r.returncode == 1 and word in r.stderr, f"{more}: {r.returncode} {r.stderr}")
    finally:
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        o.start()

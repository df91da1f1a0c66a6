"""A small data space of real node processes on this machine: what testnet/run and the integration tests stand on.

Everything goes through the released programs: hufud as a process per node, hufu as the operators' command. Nodes listen on
loopback addresses of their own. Nothing here knows the inside of a node.
"""
import contextlib
import glob
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import time

READY_LIMIT_S = 30


# What people of the test networks may apply for.
APPLY_PURPOSES = ["claims-assessment", "route-planning", "rescue-planning", "flood-relief", "marketing", "advertising", "resale", "licence"]


class Refused(Exception):
    """A command that was refused: status, reason code and the sentence that an operator reads."""

    def __init__(self, command, status, reason, text):
        super().__init__(f"{' '.join(command)}: status {status}, {reason}: {text}")
        self.status, self.reason, self.text = status, reason, text


class Failed(Exception):
    """Something that should have been so is not."""


class Skipped(Exception):
    """A test that this machine or this user cannot show, and why."""


def check(condition, text):
    if not condition:
        raise Failed(text)


def wait_until(condition, text, limit_s=90.0, pause_s=0.02):
    """Waits for the event itself, with a limit; returns what the condition returned."""
    end = time.monotonic() + limit_s
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise Failed(f"waited {limit_s:.0f} s in vain: {text}")
        time.sleep(pause_s)


def run(command, env=None, limit_s=120, stdin=None):
    return subprocess.run(command, capture_output=True, text=True, env=env, timeout=limit_s, input=stdin)


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path, timeout=60):
        super().__init__("localhost", timeout=timeout)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Clock:
    """The wall clock of programs that are started with its environment, moved from outside by Debian's libfaketime: a file says by how
    much. Intervals go on as they are. The programs know nothing of it."""

    def __init__(self, folder):
        self.file = os.path.join(folder, "clock")
        found = glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")
        check(found, "libfaketime is not installed; tools/install-packages run brings it")
        self.preload = found[0]
        self.move(0)

    def move(self, days):
        with open(self.file + ".new", "w", encoding="ascii") as f:
            f.write(f"+{days}d\n")
        os.replace(self.file + ".new", self.file)

    def environment(self):
        return {"LD_PRELOAD": self.preload, "FAKETIME_TIMESTAMP_FILE": self.file, "FAKETIME_NO_CACHE": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1",
                "DONT_FAKE_MONOTONIC": "1"}


class Authority:
    """The space authority: an offline folder with the root key."""

    def __init__(self, net, space, name):
        self.net, self.dir, self.space = net, os.path.join(net.dir, "authority"), space
        net.hufu("space", "create", self.dir, "--id", space, "--name", name, "--plain-keys")

    @property
    def root_key(self):
        return os.path.join(self.dir, "root.key")

    @property
    def descriptors(self):
        return os.path.join(self.dir, "descriptors.dsse")

    def add(self, node, mirrors=None):
        args = ["space", "add", self.dir, "--member", os.path.join(node.dir, "member.request")]
        for role in node.roles:
            args += ["--role", role]
        for mirror in node.mirrors if mirrors is None else mirrors:
            args += ["--mirror", mirror]
        for key, value in node.attributes.items():
            args += ["--attribute", f"{key}={value}"]
        self.net.hufu(*args)

    def issue(self, witnesses=(), quorum=None, days=None, leading=(), threshold=None, holidays=()):
        args = ["space", "issue", self.dir]
        for n in leading:
            args += ["--leading-member", n]
        if threshold:
            args += ["--leading-threshold", str(threshold)]
        for day in holidays:
            args += ["--holiday", day]
        for w in witnesses:
            args += ["--witness", w]
        if quorum:
            args += ["--quorum", str(quorum)]
        if days:
            args += ["--valid-days", str(days)]
        self.net.hufu(*args)

    def revoke(self, node_id, reason):
        self.net.hufu("space", "revoke", self.dir, "--member", node_id, "--reason", reason)


class Node:
    """One organization's node: its folder, its process, its people."""

    def __init__(self, net, id, name, ip, port=7400, organization=None, jurisdiction="CN", roles=("provider", "consumer"),
                 departments=(), mirrors=(), attributes=None):
        self.net, self.id, self.name, self.ip, self.port = net, id, name, ip, port
        self.organization = organization or f"{jurisdiction.lower()}.example.{id}"
        self.jurisdiction, self.roles, self.departments = jurisdiction, list(roles), list(departments)
        self.mirrors, self.attributes = list(mirrors), dict(attributes or {})
        self.dir = os.path.join(net.dir, id)
        self.log = os.path.join(net.dir, f"{id}.log")
        self.process = None
        self.inside = []  # the command that starts the node where it belongs, when that is not here (tests/fault/line.py)
        self.people = {}

    def init(self):
        args = ["init", "--node", self.dir, "--id", self.id, "--organization", self.organization, "--name", self.name,
                "--jurisdiction", self.jurisdiction, "--plain-keys"]
        if self.ip:
            args += ["--listen", f"tcp://{self.ip}:{self.port}"]
        for d in self.departments:
            args += ["--department", d]
        self.net.hufu(*args)

    def join(self):
        self.net.hufu("space", "join", "--node", self.dir, "--root-key", self.net.authority.root_key,
                      "--descriptors", self.net.authority.descriptors)

    def configure(self, lines):
        """Adds lines to hufu.yaml; they act at the next start."""
        with open(os.path.join(self.dir, "hufu.yaml"), "a", encoding="utf-8") as f:
            f.write(lines)

    def start(self):
        check(self.process is None or self.process.poll() is not None, f"{self.id} runs already")
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen([*self.inside, self.net.program("hufud"), "--node", self.dir], stdout=log, stderr=log,
                                            stdin=subprocess.DEVNULL, env=self.net.node_environment(), start_new_session=True)
        self.net.remember(self)
        wait_until(self.ready, f"{self.id} to be ready (its log: {self.log})", READY_LIMIT_S, 0.01)

    def ready(self):
        if self.process.poll() is not None:
            with open(self.log, encoding="utf-8", errors="replace") as f:
                tail = f.read()[-1500:]
            raise Failed(f"{self.id} ended with status {self.process.returncode}:\n{tail}")
        try:
            return self.api("GET", "/v1/status", None, check_status=False)[0] in (200, 401, 403)
        except OSError:
            return False

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(timeout=30)
        status = self.process.returncode if self.process else 0
        self.process = None
        return status

    def kill(self):
        """SIGKILL: the process ends at whatever instruction it is at."""
        self.process.kill()
        self.process.wait(timeout=30)
        self.process = None

    @contextlib.contextmanager
    def paused(self):
        """The process does nothing meanwhile (SIGSTOP), so that a command elsewhere does not race with the end of a transfer."""
        self.process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.process.send_signal(signal.SIGCONT)

    @property
    def pid(self):
        return self.process.pid

    # People

    def first_user(self, account, real_name):
        self.people[account] = self.net.password_file(self.id, account)
        self.net.hufu("user", "first", "--node", self.dir, "--account", account, "--display-name", real_name.split()[0],
                      "--real-name", real_name, "--token-file", os.path.join(self.dir, "run", "first-user.token"),
                      "--password-file", self.people[account])

    def add_user(self, account, real_name, roles, admin="admin", department=None):
        """Makes the account with a one-time password and its own password at the first login."""
        once = self.net.password_file(self.id, account + ".once")
        args = ["user", "add", account, "--display-name", real_name.split()[0], "--real-name", real_name, "--password-file", once]
        for r in roles:
            args += ["--role", r]
        if department:
            args += ["--department", department]
        self.hufu(*args, as_=admin)
        self.people[account] = self.net.password_file(self.id, account)
        self.hufu("login", "--account", account, "--password-file", once, "--new-password-file", self.people[account])

    def login(self, account, totp=None):
        args = ["login", "--account", account, "--password-file", self.people[account]]
        if totp:
            args += ["--totp", totp]
        key = self.device_key(account)
        if os.path.exists(key):
            args += ["--device-key", key]
        self.hufu(*args)

    def device_key(self, account):
        return os.path.join(self.net.dir, "passwords", f"{self.id}.{account}.device")

    def enrol(self, account):
        """A device key as second factor; the session has two factors afterwards."""
        self.hufu("user", "device-key", "--key-file", self.device_key(account), as_=account)

    def staff(self, people):
        """people: account -> (real name, roles[, department]); the administrator is made first."""
        self.first_user("admin", "系统管理员")
        self.login("admin")
        self.enrol("admin")
        for account, (real_name, roles, *rest) in people.items():
            self.add_user(account, real_name, roles, department=rest[0] if rest else None)
        self.allow(people)

    def allow(self, people):
        """The mandates that the usual publications and applications need (DS-23 ... DS-25), by those who may give them."""
        def with_role(role):
            return [account for account, (_, roles, *_) in people.items() if role in roles]

        if with_role("publisher"):
            for account in with_role("approver")[:1]:
                self.mandate(account, "publish", ["数据共享"], "--max-level", "3")
        if with_role("operator"):
            for account in with_role("data-authority")[:1]:
                self.mandate(account, "apply", APPLY_PURPOSES, "--max-level", "3")

    def mandate(self, account, kind, purposes, *scope):
        """A recorded authorization to publish or to apply: its id."""
        args = ["mandate", kind, "--until", time.strftime("%Y-%m-%d", time.gmtime(time.time() + 900 * 86400))]
        for p in purposes:
            args += ["--purpose", p]
        return self.hufu(*args, *scope, as_=account)["mandate"]

    # Commands

    def hufu(self, *args, as_=None, limit_s=120):
        """Runs the operator's command against this node and returns its JSON answer, or raises Refused."""
        return self.net.hufu(*args, node=self.dir, as_=as_, limit_s=limit_s)

    def refused(self, *args, as_=None):
        """Runs a command that must be refused; returns the refusal."""
        try:
            out = self.hufu(*args, as_=as_)
        except Refused as r:
            return r
        raise Failed(f"{self.id}: {' '.join(args)} was not refused but answered {out}")

    def session(self, account):
        with open(os.path.join(self.dir, "run", "sessions", account), encoding="utf-8") as f:
            return f.read().strip()

    def api(self, method, path, body, as_=None, check_status=True):
        """One HTTP request on the node's socket: (status, JSON)."""
        c = UnixConnection(os.path.join(self.dir, "run", "api.sock"))
        headers = {"Content-Type": "application/json"}
        if as_:
            headers["Authorization"] = "Bearer " + self.session(as_)
        try:
            c.request(method, path, None if body is None else json.dumps(body), headers)
            r = c.getresponse()
            raw = r.read()
        finally:
            c.close()
        try:
            data = json.loads(raw) if raw else {}
        except ValueError:
            data = raw.decode("utf-8", "replace")
        if check_status and r.status != 200:
            error = data.get("error", {}) if isinstance(data, dict) else {}
            raise Refused([method, path], r.status, error.get("reason", "?"), error.get("text", str(data)))
        return r.status, data

    def rss_mib(self):
        total = 0
        with open(f"/proc/{self.pid}/status", encoding="ascii") as f:
            for line in f:
                if line.startswith(("RssAnon:", "RssShmem:")):
                    total += int(line.split()[1])
        return total / 1024


class Net:
    """All of it: a folder, the programs, the authority, the nodes."""

    def __init__(self, bin_dir, folder, space="roads.example", space_name="道路数据空间"):
        self.bin, self.dir, self.space, self.space_name = os.path.abspath(bin_dir), os.path.abspath(folder), space, space_name
        os.makedirs(self.dir, mode=0o700, exist_ok=True)
        self.authority, self.nodes = None, {}
        self.clock = None  # a Clock for the nodes that are started from then on
        self.at_end = contextlib.ExitStack()  # what is undone after the nodes have stopped
        self.prefix = f"127.{20 + int(os.environ.get('HUFU_NET') or os.getpid()) % 230}"  # runs side by side do not meet
        self.tally = {"commands": 0, "seconds": 0.0}

    def program(self, name):
        return os.path.join(self.bin, name)

    def environment(self):
        env = {k: v for k, v in os.environ.items() if not k.startswith("HUFU_")}
        env["PATH"] = self.bin + os.pathsep + env.get("PATH", "")
        return env

    def node_environment(self):
        return self.environment() | (self.clock.environment() if self.clock else {})

    def password_file(self, node, account):
        folder = os.path.join(self.dir, "passwords")
        os.makedirs(folder, mode=0o700, exist_ok=True)
        path = os.path.join(folder, f"{node}.{account}")
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="ascii") as f:
            f.write("Tg7-" + os.urandom(12).hex() + "\n")
        return path

    def hufu(self, *args, node=None, as_=None, limit_s=120):
        command = [self.program("hufu"), *args, "--json"]
        if node:
            command += ["--node", node]
        if as_:
            command += ["--as", as_]
        begin = time.monotonic()
        r = run(command, self.environment(), limit_s)
        self.tally["commands"] += 1
        self.tally["seconds"] += time.monotonic() - begin
        try:
            out = json.loads(r.stdout) if r.stdout.strip() else {}
        except ValueError:
            out = {"text": r.stdout}
        if r.returncode != 0:
            error = out.get("error", {}) if isinstance(out, dict) else {}
            raise Refused(["hufu", *args], r.returncode, error.get("reason", "?"), error.get("text") or r.stderr.strip())
        return out

    def verify(self, *args):
        """hufu-verify: (status, text)."""
        r = run([self.program("hufu-verify"), *args], self.environment())
        return r.returncode, (r.stdout + r.stderr).strip()

    def node(self, id, name, ip, **kw):
        self.nodes[id] = Node(self, id, name, ip, **kw)
        return self.nodes[id]

    def found(self, witnesses=None, quorum=None, leading=(), threshold=None, holidays=()):
        """Creates the space, all nodes' folders, and the first descriptor with everybody in it."""
        self.authority = Authority(self, self.space, self.space_name)
        for n in self.nodes.values():
            n.init()
            self.authority.add(n)
        ids = list(self.nodes)
        self.authority.issue(witnesses or ids[:3], quorum or 2, leading=leading, threshold=threshold, holidays=holidays)
        for n in self.nodes.values():
            n.join()

    def remember(self, node):
        """Process ids for testnet/down: id and start time, so that nothing else is ever stopped."""
        with open(os.path.join(self.dir, "processes"), "a", encoding="ascii") as f:
            f.write(f"{node.id} {node.pid} {start_time(node.pid)}\n")

    def start(self):
        for n in self.nodes.values():
            n.start()

    def stop(self):
        for n in self.nodes.values():
            if n.process:
                n.process.send_signal(signal.SIGTERM)
        for n in self.nodes.values():
            if n.process:
                try:
                    n.process.wait(timeout=20)
                except subprocess.TimeoutExpired:
                    n.process.kill()
                    n.process.wait()
                n.process = None
        self.at_end.close()

    def remove(self):
        self.stop()
        shutil.rmtree(self.dir, ignore_errors=True)


def start_time(pid):
    """The kernel's start time of a process, which a reused process id does not share; 0 when it is gone."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as f:
            return int(f.read().rsplit(")", 1)[1].split()[19])
    except (OSError, IndexError, ValueError):
        return 0

"""A real PostgreSQL server for one module of tests: in a folder of its own, on an address of its own, gone when the module ends."""
import os
import pwd
import shutil
import subprocess
import tempfile

from hufunet import Skipped, check, wait_until

BIN = "/usr/lib/postgresql/15/bin"
PORT = 54320


def as_user():
    """The server refuses to run as root; as root its Debian user runs it."""
    if os.getuid() != 0:
        return [], os.getuid(), os.getgid()
    p = pwd.getpwnam("postgres")
    return ["setpriv", f"--reuid={p.pw_uid}", f"--regid={p.pw_gid}", "--clear-groups", "--pdeathsig=TERM"], p.pw_uid, p.pw_gid


class Postgres:
    """Its superuser comes over a socket in its folder; everybody else by address, with a password, unless `hba` says otherwise."""

    def __init__(self, net, address, hba=()):
        if not os.path.exists(os.path.join(BIN, "postgres")):
            raise Skipped("postgresql-15 is not installed; tools/install-packages test brings it")
        self.address = address
        self.inside, uid, gid = as_user()
        self.dir = tempfile.mkdtemp(prefix="hufu-postgres.")
        net.at_end.callback(self.stop)
        os.chown(self.dir, uid, gid)
        self.data = os.path.join(self.dir, "data")
        self.command("initdb", "-D", self.data, "-U", "owner", "--auth=peer", "--encoding=UTF8", "--locale=C", "--no-sync", "--no-instructions")
        with open(os.path.join(self.data, "pg_hba.conf"), "w", encoding="ascii") as f:
            f.write("local all owner trust\n" + "".join(line + "\n" for line in hba) + f"host all all 127.0.0.0/8 scram-sha-256\n")
        self.certificate()
        self.log = open(os.path.join(self.dir, "log"), "wb")
        self.server = subprocess.Popen(
            [*self.inside, os.path.join(BIN, "postgres"), "-D", self.data, "-k", self.dir, "-p", str(PORT), "-c", f"listen_addresses={address}", "-c",
             "fsync=off", "-c", "shared_buffers=16MB", "-c", "ssl=on", "-c", f"ssl_cert_file={self.cert}", "-c", f"ssl_key_file={self.cert}.key",
             "-c", "log_statement=all"], cwd=self.dir, stdout=self.log, stderr=self.log)
        wait_until(lambda: self.server.poll() is not None or self.ready(), "PostgreSQL to be ready", 60)
        check(self.server.poll() is None, f"PostgreSQL ended: {self.text_of_log()}")

    def command(self, program, *args, **kw):
        r = subprocess.run([*self.inside, os.path.join(BIN, program), *args], cwd=self.dir, capture_output=True, text=True, timeout=120, **kw)
        check(r.returncode == 0, f"{program}: {r.stderr or r.stdout}")
        return r.stdout

    def certificate(self):
        """An authority of its own, which is the server's certificate, too."""
        self.cert = os.path.join(self.dir, "server.pem")
        subprocess.run([*self.inside, "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
                        "/CN=db", "-addext", f"subjectAltName=IP:{self.address}", "-keyout", self.cert + ".key", "-out", self.cert],
                       check=True, capture_output=True, cwd=self.dir)
        os.chmod(self.cert + ".key", 0o600)
        os.chmod(self.dir, 0o755)

    def ready(self):
        return subprocess.run([os.path.join(BIN, "pg_isready"), "-q", "-h", self.dir, "-p", str(PORT)], check=False).returncode == 0

    def sql(self, text, database="postgres", stdin=None):
        """As its superuser."""
        return self.command("psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", self.dir, "-p", str(PORT), "-U", "owner", "-d", database, "-c",
                            text, input=stdin)

    def uri(self, role, database="postgres", more=""):
        return f"postgresql://{role}@{self.address}:{PORT}/{database}{more}"

    def text_of_log(self):
        with open(os.path.join(self.dir, "log"), encoding="utf-8", errors="replace") as f:
            return f.read()

    def stop(self):
        server, self.server = getattr(self, "server", None), None
        if server:
            server.terminate()
            try:
                server.wait(20)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait(20)
        shutil.rmtree(self.dir, ignore_errors=True)

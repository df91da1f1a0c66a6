"""A raised risk score makes a peer, or an account, authenticate anew (DS-47); who goes on is locked with one alarm (DS-46)."""
import os

from common import *


def network(net):
    trio(net, 33)
    register(net, "flights", FLIGHTS)
    publish_and_see(net, "攻击之前的条目")


def publish_and_see(net, title):
    entry = publish(net, "flights", title=title)
    wait_until(lambda: sees(net.nodes["insurer"], "chen", entry), f"the entry {title}", 60)


def liar(net, count, until):
    """The stopped overseas node's keys, in wrong hands; the reasons it was answered with."""
    program = os.environ.get("HUFU_LIAR", os.path.normpath(os.path.join(os.path.dirname(net.bin), "..", "dev", "bin", "hufu-liar")))
    check(os.path.exists(program), f"{program} is built (tests/run builds it)")
    t, o = net.nodes["transport"], net.nodes["overseas"]
    r = hufunet.run([program, o.dir, "transport", f"tcp://{t.ip}:{t.port}", "malformed", str(count), until], net.environment(), 120)
    return r.stdout.split()


def overseas(net):
    return next(p for p in net.nodes["transport"].hufu("peers", as_="admin")["peers"] if p["id"] == "overseas")


def entries(net, event, account="sun"):
    rows = net.nodes["transport"].hufu("ledger", "tail", "--count", "400", as_=account)["entries"]
    return [e for e in rows if e["event"] == event]


def test_a_peer_that_sends_what_is_malformed_must_authenticate_anew(net):
    """DS-47: and is served again when it did, being sound again"""
    t, o = net.nodes["transport"], net.nodes["overseas"]
    o.stop()
    reasons = liar(net, 6, "busy")
    check(reasons.count("format") >= 4, f"{reasons}")
    mine = wait_until(lambda: [e for e in entries(net, "step-up") if e["fields"].get("counterparty") == "overseas"], "the entry")
    check(len(mine) == 1 and mine[0]["fields"]["reason"] == "step-up" and "malformed" in mine[0]["fields"]["detail"], f"{mine}")
    check(overseas(net)["risk"] >= 10, f"{overseas(net)}")
    finding = [f for f in t.hufu("doctor", as_="admin")["findings"] if f["check"] == "risk"][0]
    check(finding["state"] == "warn" and "overseas" in finding["text"], f"{finding}")
    o.start()
    o.login("admin")
    up = lambda: next(p for p in o.hufu("peers", as_="admin")["peers"] if p["id"] == "transport")["up"]
    wait_until(lambda: up() and overseas(net)["up"], "the sound node to be let in after its handshake", 60)
    check(not overseas(net)["locked"], "it is not locked")
    publish_and_see(net, "重新认证之后的条目")


def test_a_peer_that_goes_on_is_locked_with_one_alarm_and_costs_little(net):
    """DS-46: bounded memory, audited refusals, beyond a rate a lock and one alarm; the others are served meanwhile"""
    t, o = net.nodes["transport"], net.nodes["overseas"]
    o.stop()
    before, refused = t.rss_mib(), len(entries(net, "peer-refused"))
    reasons = liar(net, 100000, "locked")
    check(reasons[-1] == "locked", f"{reasons[-10:]}")
    check(overseas(net)["locked"], f"{overseas(net)}")
    check(len(entries(net, "peer-locked")) == 1, "one lock on record")
    alarms = [a for a in t.hufu("alarms", as_="admin")["alarms"] if a["kind"] == "peer-locked"]
    check(len(alarms) == 1 and "overseas" in alarms[0]["text"], f"{alarms}")
    check(0 < len(entries(net, "peer-refused")) - refused <= 60, "refusals are on record, at a bounded rate")
    check(liar(net, 5, "locked") == ["locked"], "nothing more is answered")
    check(t.rss_mib() < before + 16, f"memory stays bounded: {before:.1f} then {t.rss_mib():.1f} MiB")
    publish_and_see(net, "锁定期间的条目")


def denied(node, account, times):
    for _ in range(times):
        status, answer = node.api("GET", "/v1/users", None, as_=account, check_status=False)
        check(status == 403 and answer["error"]["reason"] == "permission", f"{status} {answer}")


def test_an_account_that_tries_too_much_must_show_its_second_factor(net):
    """DS-47: before the next command; a password alone is not enough"""
    i = net.nodes["insurer"]
    i.enrol("chen")
    denied(i, "chen", 10)
    r = i.refused("catalog", "list", as_="chen")
    check(r.reason == "step-up" and "log in again with your second factor: `hufu login" in r.text, f"{r.reason}: {r.text}")
    check(i.hufu("status", as_="admin")["sessions_to_step_up"] == 1, "the status counts it")
    finding = [f for f in i.hufu("doctor", as_="admin")["findings"] if f["check"] == "sessions"][0]
    check(finding["state"] == "warn" and "chen" in finding["text"], f"{finding}")
    i.hufu("login", "--account", "chen", "--password-file", i.people["chen"])
    check(i.refused("catalog", "list", as_="chen").reason == "step-up", "a password alone does not help")
    i.login("chen")
    i.hufu("catalog", "list", as_="chen")
    rows = [e for e in i.hufu("ledger", "tail", "--count", "100", as_="wu")["entries"] if e["event"] == "step-up"]
    check(len(rows) == 1 and rows[0]["fields"]["actor"] == "insurer/chen", f"{rows}")
    _, text = i.api("GET", "/metrics", None)
    check("hufu_account_step_ups_total 1" in text, "counted")

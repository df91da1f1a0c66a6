"""A mirror with a quota, on real nodes: what is over it is refused and shown on both sides, and a raised quota is enough to go on."""
import os

from common import *


def network(net):
    trio(net, 31)


def set_quota(node, text):
    path = os.path.join(node.dir, "hufu.yaml")
    with open(path, encoding="utf-8") as f:
        lines = f.read().split("mirrors:")[0]
    with open(path, "w", encoding="utf-8") as f:
        f.write(lines + text)


def restart(node, account="admin"):
    node.stop()
    node.start()
    node.login(account)


def finding(node, check_name):
    return [f for f in node.hufu("doctor", as_="admin")["findings"] if f["check"] == check_name and f["state"] != "ok"]


def peer(node, id):
    return next(p for p in node.hufu("peers", as_="admin")["peers"] if p["id"] == id)


def write_entries(node, count):
    """Each refused command is an entry."""
    for _ in range(count):
        node.api("POST", "/v1/systems/disable", {"name": "nothing-of-that-name"}, as_="admin", check_status=False)


def alarms(node, kind):
    return [a for a in node.hufu("alarms", as_="admin")["alarms"] if a["kind"] == kind]


def test_a_full_mirror_refuses_with_its_reason_and_goes_on_when_the_quota_is_raised(net):
    """SB-58 with a bound: neither a careless nor a hostile member fills the disk of its mirror."""
    i, m = net.nodes["insurer"], net.nodes["manager"]
    wait_until(lambda: peer(m, "insurer")["mirrored_bytes"] > 0, "the manager to hold the insurer's ledger")
    set_quota(m, "mirrors:\n  ledger_bytes: 65536\n")
    restart(m)
    for _ in range(100):  # some 300 entries are enough
        if peer(i, "manager")["mirror_refused"]:
            break
        write_entries(i, 20)
    check(peer(i, "manager")["mirror_refused"] == "ours: quota", f"{peer(i, 'manager')}")
    refused = i.hufu("status", as_="admin")["ledger"]["mirrors_refused"]
    check([r["mirror"] for r in refused] == ["manager"] and "mirrors.ledger_bytes in hufu.yaml" in refused[0]["text"], f"{refused}")
    check(finding(i, "own mirrors") and "manager" in finding(i, "own mirrors")[0]["text"], "the insurer's doctor names the mirror")
    check("insurer" in finding(m, "mirrors")[0]["text"] and "mirrors.ledger_bytes" in finding(m, "mirrors")[0]["remedy"], "the manager's the ledger")
    held = peer(m, "insurer")["mirrored_bytes"]
    check(0 < held <= 65536, f"{held} bytes")
    write_entries(i, 40)
    state = i.hufu("status", as_="admin")["ledger"]
    wait_until(lambda: i.hufu("status", as_="admin")["ledger"]["witnessed"] >= state["durable"], "the full mirror to go on as a witness")
    check(len(alarms(m, "mirror-quota")) == 1 and len(alarms(i, "mirror-refused")) == 1, "one alarm on each side, not one for each push")
    m.login("feng")
    rows = [r for r in m.hufu("ledger", "tail", "--count", "500", as_="feng")["entries"] if r["event"] == "mirror-refused"]
    check(len(rows) == 1 and rows[0]["fields"]["reason"] == "quota" and rows[0]["fields"]["object"].endswith("/ledger/insurer"), f"{rows}")
    check(peer(m, "insurer")["mirrored_bytes"] == held, "nothing was stored meanwhile")
    set_quota(m, "")
    restart(m)
    wait_until(lambda: not peer(i, "manager")["mirror_refused"], "the insurer to be served again")
    check(peer(m, "insurer")["mirrored_bytes"] > held, "its ledger grows there again")

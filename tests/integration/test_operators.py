"""People: accounts, roles, factors, sessions, and what happens to those who try more than they may."""
import os

from common import *


def network(net):
    trio(net, 13, overseas=False)


def private(path, line):
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="ascii") as f:
        f.write(line + "\n")


def users(net):
    return net.nodes["insurer"].hufu("user", "list", as_="admin")["accounts"]


def roles_of(net, account):
    return next(u["roles"] for u in users(net) if u["account"] == account)


def test_there_is_no_default_account_and_the_first_needs_the_one_time_token(net):
    """DS-78, DS-79"""
    o = net.nodes["overseas"]
    o.start()
    status, data = o.api("GET", "/v1/users", None, check_status=False)
    check(status == 401, f"nobody is let in without a session: {status} {data}")
    token = os.path.join(o.dir, "run", "first-user.token")
    check(os.path.exists(token) and os.stat(token).st_mode & 0o077 == 0, "the token is readable by its owner only")
    o.first_user("admin", "Administrator S-0")
    check(not os.path.exists(token), "the token dies with its use")
    r = net_refused(lambda: o.first_user("second", "Somebody S-9"))
    check(r, "a second first account is refused")


def net_refused(fn):
    try:
        fn()
    except hufunet.Refused as r:
        return r
    return None


def test_management_operation_and_audit_exclude_each_other(net):
    """DS-13"""
    i = net.nodes["insurer"]
    for roles in (["admin", "operator"], ["operator", "auditor"], ["admin", "auditor"]):
        r = net_refused(lambda roles=roles: i.add_user("both", "某人 I-9", roles))
        check(r and r.reason == "separation", f"{roles}: {r}")
    r = i.refused("user", "roles", "chen", "--role", "operator", "--role", "auditor", as_="admin")
    check(r.reason == "separation", r.text)


def test_an_account_without_a_person_cannot_be_activated(net):
    """DS-80"""
    i = net.nodes["insurer"]
    once = net.password_file("insurer", "ghost")
    i.hufu("user", "add", "ghost", "--display-name", "无名", "--role", "operator", "--password-file", once, as_="admin")
    check([u["state"] for u in users(net) if u["account"] == "ghost"] == ["inactive"], "it stays inactive")
    r = net_refused(lambda: i.hufu("login", "--account", "ghost", "--password-file", once, "--new-password-file", net.password_file("insurer", "g2")))
    check(r is not None, "nobody can log in with it")


def test_weak_passwords_are_refused(net):
    """DS-76"""
    i = net.nodes["insurer"]
    path = os.path.join(net.dir, "weak")
    for weak in ("short1!A", "aaaaaaaaaaaaaaa", "weakling-Weakling1"):
        private(path, weak)
        r = i.refused("user", "add", "weakling", "--display-name", "某人", "--real-name", "某人 I-8", "--role", "operator", "--password-file", path, as_="admin")
        check("password" in r.text, f"{weak}: {r.text}")


def test_wrong_passwords_lock_the_account_and_raise_one_alarm(net):
    """DS-46 (people), DS-81"""
    i = net.nodes["insurer"]
    i.add_user("clumsy", "粗心 I-7", ["operator"])
    good = i.people["clumsy"]
    wrong = os.path.join(net.dir, "wrong")
    private(wrong, "Wrong-Password-12345")
    reasons = []
    for _ in range(6):
        r = net_refused(lambda: i.hufu("login", "--account", "clumsy", "--password-file", wrong))
        reasons.append(r.reason)
    check(reasons[0] == "credential" and reasons[-1] == "locked", f"{reasons}")
    r = net_refused(lambda: i.hufu("login", "--account", "clumsy", "--password-file", good))
    check(r and r.reason == "locked", "the right password does not open a locked account")
    alarms = [a for a in i.hufu("alarms", as_="admin")["alarms"] if "clumsy" in a["text"]]
    check(len(alarms) == 1, f"one alarm: {alarms}")


def test_rights_are_taken_at_once_also_in_an_open_session(net):
    """DS-17, DS-15"""
    i = net.nodes["insurer"]
    i.add_user("temp", "临时 I-6", ["operator"])
    i.login("temp")
    i.hufu("catalog", "list", as_="temp")
    i.hufu("user", "disable", "temp", "--reason", "离岗", as_="admin")
    r = i.refused("catalog", "list", as_="temp")
    check(r.reason in ("not-logged-in", "locked", "permission"), r.text)


def test_members_of_a_group_get_and_lose_a_role_together(net):
    """DS-18"""
    i = net.nodes["insurer"]
    for a in ("g1", "g2"):
        i.add_user(a, f"组员 {a}", [])
    i.hufu("user", "group", "add", "claims-team", as_="admin")
    for a in ("g1", "g2"):
        i.hufu("user", "group", "enter", "claims-team", a, as_="admin")
    i.hufu("user", "group", "grant", "claims-team", "data-authority", as_="admin")
    for a in ("g1", "g2"):
        check("data-authority" in roles_of(net, a), f"{a} has got it")
    i.hufu("user", "group", "revoke", "claims-team", "data-authority", as_="admin")
    for a in ("g1", "g2"):
        check("data-authority" not in roles_of(net, a), f"{a} has lost it")


def test_the_administrator_reads_no_data_and_cannot_help_himself(net):
    """DS-78"""
    i = net.nodes["insurer"]
    r = i.refused("fetch", UNKNOWN_ID, "--system", "claims", "--output", net.dir + "/x.csv", as_="admin")
    check(r.reason == "permission", r.text)
    r = i.refused("user", "roles", "admin", "--role", "admin", "--role", "operator", as_="admin")
    check(r.reason == "separation", r.text)


def test_what_lies_outside_somebodys_post_is_blocked_alarmed_and_audited(net):
    """DS-81, DS-21, DS-16"""
    i = net.nodes["insurer"]
    r = i.refused("ledger", "tail", as_="chen")
    check(r.reason == "permission", "blocked")
    wait_until(lambda: any("chen" in a["text"] for a in i.hufu("alarms", as_="admin")["alarms"]), "alarmed within seconds", 5)
    rows = i.hufu("ledger", "tail", "--count", "30", as_="wu")["entries"]
    check(any(e["event"] == "denied" and "chen" in e["fields"].get("actor", "") for e in rows), "audited")


WATCHING = ("read", "audit-read")


def newest(node, auditor):
    return node.hufu("ledger", "tail", "--count", "1", as_=auditor)["entries"][0]["index"]


def done_by(node, auditor, account, after):
    """What that account did on its node since then, in order; looking at something left out."""
    rows = node.hufu("ledger", "tail", "--count", "100", as_=auditor)["entries"]
    return [e for e in reversed(rows) if e["index"] > after and e["actor"] == f"{node.id}/{account}" and e["event"] not in WATCHING]


def one_entry(node, auditor, account, event, *command, refused=None):
    before = newest(node, auditor)
    if refused:
        check(node.refused(*command, as_=account).reason == refused, f"{command} is refused with {refused}")
    else:
        out = node.hufu(*command, as_=account)
    rows = done_by(node, auditor, account, before)
    check([e["event"] for e in rows] == [event], f"{' '.join(command)} is exactly one entry '{event}': {[(e['event'], e['object']) for e in rows]}")
    check(rows[0]["outcome"] == ("refused" if refused else "ok") and rows[0]["object"] and rows[0]["time"], f"with outcome, object and time: {rows[0]}")
    return None if refused else out


def commands_of_the_administrator(net):
    i, once = net.nodes["insurer"], net.password_file("insurer", "counted.once")
    for event, *command in (
            ("system-change", "system", "add", "counted", "--address", i.ip, "--business", "计数"),
            ("system-change", "system", "disable", "counted"),
            ("system-change", "system", "enable", "counted"),
            ("user-change", "user", "add", "counted", "--display-name", "计数", "--real-name", "计数 I-20", "--role", "operator", "--password-file", once),
            ("user-change", "user", "edit", "counted", "--display-name", "计数员"),
            ("user-change", "user", "roles", "counted", "--role", "data-authority"),
            ("user-change", "user", "disable", "counted", "--reason", "暂停"),
            ("user-change", "user", "enable", "counted"),
            ("user-change", "user", "reset-password", "counted", "--password-file", once),
            ("user-change", "user", "group", "add", "counted-team"),
            ("user-change", "user", "group", "enter", "counted-team", "counted"),
            ("user-change", "user", "group", "grant", "counted-team", "data-authority"),
            ("user-change", "user", "group", "revoke", "counted-team", "data-authority"),
            ("user-change", "user", "group", "leave", "counted-team", "counted"),
            ("user-change", "user", "group", "remove", "counted-team"),
            ("user-change", "user", "remove", "counted", "--reason", "离职")):
        one_entry(i, "wu", "admin", event, *command)
    one_entry(i, "wu", "admin", "denied", "system", "disable", "never-registered", refused="unknown")
    one_entry(i, "wu", "admin", "denied", "user", "disable", "never-was", "--reason", "无", refused="unknown")


def commands_of_the_publisher(net):
    t = net.nodes["transport"]
    path = os.path.join(net.dir, "counted.csv")
    with open(AIRPORTS, "rb") as f, open(path, "wb") as g:
        g.write(f.read())
    for event, *command in (
            ("source-change", "source", "add", "counted", path),
            ("source-change", "source", "scan", "counted"),
            ("classification", "source", "classify", "counted", "--field", "latitude=none", "--field", "longitude=none", "--all"),
            ("command", "source", "test", "counted"),
            ("source-change", "source", "update", "counted", "--path", path),
            ("source-change", "source", "disable", "counted"),
            ("source-change", "source", "enable", "counted")):
        one_entry(t, "sun", "wang", event, *command)
    t.mandate("li", "publish", ["计数", "更名", "缩小范围"], "--source", "counted")
    entry = one_entry(t, "sun", "wang", "publish", "catalog", "publish", "--source", "counted", "--title", "计数目录", "--class", "transport/airport",
                      "--level", "1", "--sharing", "conditional", "--condition", "仅供测试", "--scope", "everyone", "--purpose", "数据共享",
                      "--intake", "manager", "--accept-purpose", "claims-assessment", "--max-days", "400")["entry"]
    one_entry(t, "sun", "wang", "publish", "catalog", "publish", "--entry", entry, "--title", "计数目录二", "--purpose", "更名")
    one_entry(t, "sun", "wang", "publish", "catalog", "scope", entry, "nodes:insurer,manager", "--purpose", "缩小范围")
    one_entry(t, "sun", "wang", "denied", "catalog", "publish", "--source", "never-added", "--title", "无", "--class", "a/b", "--level", "1",
              "--sharing", "unconditional", "--scope", "everyone", "--purpose", "无", refused="unknown")
    return entry


def commands_of_a_negotiation(net, entry):
    i, m, t = (net.nodes[n] for n in ("insurer", "manager", "transport"))
    wait_until(lambda: sees(i, "chen", entry) and sees(m, "zheng", entry), "the entry to be known")
    apply = ("apply", entry, "--system", "claims", "--reason", "核对理赔涉及的机场", "--purpose", "claims-assessment", "--until", workflow.in_days(90))
    given_up = one_entry(i, "wu", "chen", "application-draft", *apply)["application"]
    one_entry(i, "wu", "chen", "termination", "applications", "withdraw", given_up, "--reason", "重复")
    app = one_entry(i, "wu", "chen", "application-draft", *apply)["application"]
    one_entry(i, "wu", "zhou", "need-review", "review", app, "--need", "ok", "--scope", "ok", "--period", "ok")
    workflow.wait_state(m, "zheng", app, "RECEIVED")
    one_entry(m, "feng", "zheng", "compliance-review", "review", app, "--compliance", "pass")
    workflow.wait_state(t, "li", app, "RECEIVED")
    one_entry(t, "sun", "li", "decision", "decide", app, "T")
    workflow.wait_state(t, "li", app, "FINALIZED")
    workflow.wait_state(i, "chen", app, "FINALIZED")
    one_entry(t, "sun", "li", "denied", "decide", app, "F", "--reason", "晚了", refused="state")
    one_entry(t, "sun", "li", "revocation", "revoke", workflow.grant_of(t, "li", app), "--reason", "约定提前结束")


def test_every_command_that_changes_something_is_exactly_one_entry(net):
    """SB-56: every state-changing command yields exactly one audit record"""
    t, i = net.nodes["transport"], net.nodes["insurer"]
    commands_of_the_administrator(net)
    entry = commands_of_the_publisher(net)
    commands_of_a_negotiation(net, entry)
    one_entry(t, "sun", "wang", "withdraw", "catalog", "withdraw", entry, "--reason", "测试结束")
    one_entry(t, "sun", "wang", "source-change", "source", "remove", "counted")
    one_entry(i, "wu", "admin", "command", "space", "update", net.authority.descriptors)
    one_entry(i, "wu", "wu", "self-check", "ledger", "verify")
    before = newest(i, "wu")
    i.login("zhou")
    i.hufu("logout", as_="zhou")
    check([e["event"] for e in done_by(i, "wu", "zhou", before)] == ["login", "logout"], "login and logout are one each")
    i.login("zhou")


def test_reading_in_a_session_is_an_entry_and_watching_is_not_many(net):
    """SB-56: who looked at what"""
    i = net.nodes["insurer"]
    for _ in range(3):
        i.hufu("catalog", "search", "looked-for-once", as_="chen")
    entries = i.hufu("ledger", "tail", "--count", "50", as_="wu")["entries"]
    own = [e for e in entries if e["fields"].get("event") == "read" and "looked-for-once" in e["fields"]["object"]]
    check(len(own) == 1 and own[0]["actor"] == "insurer/chen", f"one entry for the same reading within a minute: {own}")


def test_the_operators_interface_is_a_unix_socket_only(net):
    """DS-82, DS-83"""
    for n in net.nodes.values():
        if n.process:
            ports = listening(n.pid)
            check(ports == {(n.ip, n.port)}, f"{n.id} listens only where it was told: {ports}")
            if n.id == "transport":
                findings = [f for f in n.hufu("doctor", as_="admin")["findings"] if f["check"] == "ports"]
                check(findings and findings[0]["state"] == "ok", f"the self-check agrees: {findings}")


def listening(pid):
    inodes = set()
    for fd in os.listdir(f"/proc/{pid}/fd"):
        try:
            target = os.readlink(f"/proc/{pid}/fd/{fd}")
        except OSError:
            continue
        if target.startswith("socket:["):
            inodes.add(target[8:-1])
    ports = set()
    with open(f"/proc/{pid}/net/tcp", encoding="ascii") as f:
        for line in list(f)[1:]:
            p = line.split()
            if p[3] == "0A" and p[9] in inodes:
                ip, port = p[1].split(":")
                ports.add((".".join(str(int(ip[k:k + 2], 16)) for k in (6, 4, 2, 0)), int(port, 16)))
    return ports

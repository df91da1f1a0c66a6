"""Changes of rights that a second administrator reviews. Real nodes."""
from common import *


def network(net):
    def configure():
        net.nodes["insurer"].configure("accounts:\n  review_rights: true\n")

    trio(net, 56, overseas=False, people=False, before_start=configure)
    i = net.nodes["insurer"]
    i.first_user("admin", "系统管理员")
    i.login("admin")
    i.enrol("admin")


def roles(net, account, as_="admin"):
    return next(u["roles"] for u in net.nodes["insurer"].hufu("user", "list", as_=as_)["accounts"] if u["account"] == account)


def waiting(net, as_="admin"):
    return net.nodes["insurer"].hufu("user", "changes", as_=as_)["changes"]


def test_while_there_is_one_administrator_another_one_is_all_that_he_can_make(net):
    """DS-115: nobody else could review it"""
    i = net.nodes["insurer"]
    once = net.password_file("insurer", "chen.once")
    new = ["--display-name", "陈", "--real-name", "陈 I-1", "--password-file", once]
    r = i.refused("user", "add", "chen", *new, "--role", "operator", as_="admin")
    check(r.reason == "separation" and "make one first" in r.text, r.text)
    i.add_user("guo", "郭 I-56", ["admin"])
    i.enrol("guo")
    check(roles(net, "guo") == ["admin"], "at once")


def test_rights_act_when_another_administrator_has_approved_them_and_nobody_approves_his_own_change(net):
    """DS-115"""
    i = net.nodes["insurer"]
    i.add_user("chen", "陈 I-1", ["operator"])
    check(roles(net, "chen") == [], "the account has no rights yet")
    change = waiting(net)[0]
    check((change["account"], change["roles"], change["by"]) == ("chen", ["operator"], "admin"), f"{change}")
    r = i.refused("user", "approve-roles", "chen", "--change", change["change"], as_="admin")
    check(r.reason == "separation" and "nobody reviews the change of rights that he asked for" in r.text, r.text)
    check(roles(net, "chen") == [], "still none")
    i.hufu("user", "approve-roles", "chen", "--change", change["change"], as_="guo")
    check(roles(net, "chen") == ["operator"] and waiting(net) == [], "now they act")


def test_nobody_approves_a_change_of_his_own_roles_that_another_asked_for(net):
    """DS-115"""
    i = net.nodes["insurer"]
    change = i.hufu("user", "roles", "guo", "--role", "admin", as_="admin")["change"]
    r = i.refused("user", "approve-roles", "guo", "--change", change, as_="guo")
    check(r.reason == "separation" and "nobody changes his own roles" in r.text, r.text)
    r = i.refused("user", "roles", "guo", "--role", "admin", as_="guo")
    check(r.reason == "separation", f"nor asks for one: {r.text}")
    r = i.refused("user", "approve-roles", "guo", "--change", change, as_="chen")
    check(r.reason == "permission", f"nor does anybody who is no administrator: {r.text}")


def test_who_asks_anew_asks_for_another_approval_and_a_rejected_change_is_gone(net):
    """DS-115: what was approved is what was looked at, also after a restart"""
    i = net.nodes["insurer"]
    first = i.hufu("user", "roles", "chen", "--role", "publisher", as_="admin")["change"]
    second = i.hufu("user", "roles", "chen", "--role", "approver", as_="admin")["change"]
    r = i.refused("user", "approve-roles", "chen", "--change", first, as_="guo")
    check(r.reason == "conflict" and "took the place" in r.text, r.text)
    i.kill()
    i.start()
    for account in ("admin", "guo"):
        i.login(account)
    check([c["change"] for c in waiting(net) if c["account"] == "chen"] == [second], "it waits over a crash")
    i.hufu("user", "reject-roles", "chen", "--change", second, as_="guo")
    r = i.refused("user", "approve-roles", "chen", "--change", second, as_="guo")
    check(r.reason == "unknown" and roles(net, "chen") == ["operator"], f"the roles are what they were: {r.text}")


def test_groups_give_no_rights_past_the_review(net):
    """DS-115"""
    i = net.nodes["insurer"]
    i.hufu("user", "group", "add", "desk", as_="admin")
    for words in (["grant", "desk", "operator"], ["enter", "desk", "chen"]):
        r = i.refused("user", "group", *words, as_="admin")
        check("accounts.review_rights" in r.text, r.text)


def test_asking_and_approving_are_entries_that_name_both_persons(net):
    """DS-115"""
    i = net.nodes["insurer"]
    i.add_user("wu", "吴 I-2", ["auditor"])
    change = next(c for c in waiting(net) if c["account"] == "wu")["change"]
    i.hufu("user", "approve-roles", "wu", "--change", change, as_="guo")
    i.login("wu")
    tail = lambda: [r["fields"] for r in i.hufu("ledger", "tail", "--count", "200", as_="wu")["entries"]]
    rows = wait_until(lambda: (lambda t: t if any(f.get("detail") == "approves what admin asked for" and f.get("object") == "wu" for f in t) else None)(tail()), "the entries")
    mine = [f for f in rows if f.get("object") == "wu" and f.get("detail")]
    check({f["actor"] for f in mine if "asked for; waits" in f["detail"]} == {"insurer/admin"}, f"{mine}")
    check({f["actor"] for f in mine if f["detail"] == "approves what admin asked for"} == {"insurer/guo"}, f"{mine}")
    refused = [f for f in rows if f.get("object") == "chen" and f.get("reason") == "separation"]
    check(refused, "and so is the approval that was refused")

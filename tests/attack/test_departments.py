"""What the people of one department get of another's agreements and transfers, and an auditor of the node's own folder."""
import os

from common import *


def network(net):
    trio(net, 23, overseas=True)
    t, i = net.nodes["transport"], net.nodes["insurer"]
    i.add_user("he", "何平 I-7", ["operator"], department="fleet")
    i.add_user("gu", "顾青 I-8", ["operator"], department="claims")
    i.hufu("system", "add", "fleet-desk", "--department", "fleet", "--address", i.ip, "--business", "车队", as_="admin")
    t.add_user("bai", "白路 T-7", ["operator"], department="roads")
    t.add_user("ou", "欧阳 T-8", ["operator"])
    net.source = os.path.join(net.dir, "tolls.csv")
    workflow.tolls(net, net.source, 256 << 20, 11)  # large enough for a command to come in the middle
    register(net, "tolls", net.source)
    net.tolls = publish(net, "tolls", title="通行记录", data_class="transport/toll")
    wait_until(lambda: sees(i, "he", net.tolls), "the entry")
    net.app = workflow.apply(i, "he", net.tolls, system="fleet-desk", reason="核对车队通行费用明细", purpose="claims-assessment", days=90)
    workflow.confirm(i, "zhou", net.app)
    workflow.comply(net.nodes["manager"], "zheng", net.app)
    workflow.wait_state(t, "li", net.app, "RECEIVED")
    t.hufu("decide", net.app, "T", as_="li")
    workflow.wait_state(i, "he", net.app, "FINALIZED")
    workflow.wait_state(t, "li", net.app, "FINALIZED")


def begin(net, name):
    out = os.path.join(net.dir, name)
    id = net.nodes["insurer"].hufu("fetch", net.tolls, "--system", "fleet-desk", "--output", out, "--detach", as_="he")["transfer"]
    wait_until(lambda: net.nodes["insurer"].hufu("transfers", "show", id, as_="he")["bytes_done"] > 0, "the transfer to be under way", 60, 0.002)
    return id


def like_nothing(node, account, id, *command):
    """Refused in the very words in which what does not exist is refused."""
    real, none = (node.refused(*command, x, as_=account) for x in (id, UNKNOWN_ID))
    check(real.reason == none.reason == "unknown", f"{real.reason}, {none.reason}")
    check(real.text.replace(id, UNKNOWN_ID) == none.text, f"{real.text} / {none.text}")


def test_agreements_and_transfers_of_another_department_do_not_exist(net):
    """SB-3, SB-23, DS-21"""
    t, i = net.nodes["transport"], net.nodes["insurer"]
    grant, id = workflow.grant_of(i, "he", net.app), begin(net, "a.csv")
    check(not workflow.grants(i, "gu"), "no grants")
    check(not i.hufu("transfers", "list", as_="gu")["transfers"], "no transfers")
    check([s["system"] for s in i.hufu("system", "list", as_="gu")["systems"]] == [], "no systems")
    like_nothing(i, "gu", id, "transfers", "show")
    like_nothing(i, "gu", id, "transfers", "cancel")
    like_nothing(i, "gu", net.app, "applications", "show")
    like_nothing(i, "gu", net.app, "applications", "withdraw")
    out = os.path.join(net.dir, "stolen.csv")
    real, none = (i.refused("fetch", "--grant", g, "--output", out, as_="gu") for g in (grant, UNKNOWN_ID))
    check(real.reason == none.reason == "no-grant" and real.text == none.text, f"{real.text} / {none.text}")
    check(i.refused("alarms", as_="gu").reason == "permission", "alarms tell of others, too")
    alarms = [a for a in i.hufu("alarms", as_="admin")["alarms"] if a["kind"] == "access-denied" and "gu" in a["text"] and id in a["text"]]
    check(len(alarms) == 2, f"each attempt on the transfer raised one: {alarms}")
    check(not workflow.grants(t, "bai") and not t.hufu("transfers", "list", as_="bai")["transfers"], "nor at the provider")
    like_nothing(t, "bai", id, "transfers", "show")
    like_nothing(t, "bai", id, "transfers", "cancel")
    i.hufu("transfers", "wait", id, as_="he")
    check(same_file(os.path.join(net.dir, "a.csv"), net.source), "and the transfer went on")


def test_a_transfer_is_ended_by_its_own_department_or_by_the_providers_approver(net):
    t, i = net.nodes["transport"], net.nodes["insurer"]
    id = begin(net, "b.csv")
    with i.paused():
        r = t.refused("transfers", "cancel", id, as_="ou")
        check(r.reason == "permission" and "approver" in r.text, f"an operator of the provider: {r.reason}: {r.text}")
        t.hufu("transfers", "cancel", id, "--provider", "--reason", "测试", as_="li")
    check(workflow.wait_transfer(i, "he", id, "TERMINATED")["reason"] == "cancelled", "stopped by the approver")
    id = begin(net, "c.csv")
    with t.paused():
        i.hufu("transfers", "cancel", id, "--reason", "不再需要", as_="he")
    check(workflow.wait_transfer(t, "li", id, "TERMINATED")["reason"] == "cancelled", "cancelled by its own department")


def test_what_an_auditor_exports_stays_out_of_the_nodes_folder(net):
    """DS-82"""
    t = net.nodes["transport"]
    link = os.path.join(net.dir, "way-in")
    os.symlink(os.path.join(t.dir, "space"), link)
    before = sorted(os.walk(t.dir + "/space"))
    for path in (t.dir, t.dir + "/x", t.dir + "/space/new/x", link, link + "/x", link + "/new/x", f"{net.dir}/insurer/../transport/x"):
        for command, field in (("export", "folder"), ("prove", "file")):
            body = {field: path, "transaction": UNKNOWN_ID}
            status, data = t.api("POST", "/v1/ledger/" + command, body, as_="sun", check_status=False)
            check(status == 400 and "own folder" in data["error"]["text"], f"{command} {path}: {status} {data}")
    for path in (f"{net.dir}/nowhere/../transport/x", f"{net.dir}/nowhere/..", "x/y"):
        status, data = t.api("POST", "/v1/ledger/export", {"folder": path}, as_="sun", check_status=False)
        check(status == 400 and "absolute" in data["error"]["text"], f"{path}: {status} {data}")
    check(sorted(os.walk(t.dir + "/space")) == before and not os.path.lexists(t.dir + "/x"), "nothing was made there")
    folder = os.path.join(net.dir, "exports", "one")
    workflow.export(t, "sun", folder)
    check(os.path.exists(os.path.join(folder, "checkpoint")), "elsewhere it is")


def test_who_is_deregistered_has_no_session_no_transfer_and_no_right_left(net):
    """DS-15: one deregistration ends the sessions and rights of a person at every service of the node at once"""
    t, i = net.nodes["transport"], net.nodes["insurer"]
    id = begin(net, "left.csv")
    with t.paused():
        i.hufu("user", "remove", "he", "--reason", "离职", as_="admin")
        r = i.refused("transfers", "show", id, as_="he")
        check(r.reason == "not-logged-in", f"the session has ended: {r.reason}: {r.text}")
    ended = workflow.wait_transfer(i, "chen", id, "TERMINATED")
    check(ended["reason"] == "cancelled" and "deregistered" in ended["text"], f"what was under way has ended: {ended}")
    check(workflow.wait_transfer(t, "li", id, "TERMINATED")["reason"] == "cancelled", "on both sides")
    check(not [f for f in os.listdir(net.dir) if f.startswith("left.csv")], "and left nothing")
    try:
        i.login("he")
        check(False, "a deregistered account logs in")
    except hufunet.Refused as refused:
        check(refused.reason == "credential", f"{refused.reason}: {refused.text}")

"""Keepers of records on real nodes: what may not be erased is refused with the reason, and to whom."""
import os

from common import *


def network(net):
    trio(net, 26)
    t = net.nodes["transport"]
    t.add_user("xu", "徐静 T-7", ["records-keeper"])
    t.add_user("he", "何平 T-8", ["records-keeper"])
    t.enrol("he")
    t.login("he")
    register(net, "flights", FLIGHTS)
    net.flights = publish(net, "flights")
    net.app = agreement(net, net.flights)
    out = os.path.join(net.dir, "f.csv")
    net.transfer = net.nodes["insurer"].hufu("fetch", net.flights, "--system", "claims", "--output", out, as_="chen")["transfer"]


def test_nothing_is_erased_inside_the_retention_period(net):
    """DS-66, DS-98, DS-104, DS-130: the records of an exchange, too"""
    t = net.nodes["transport"]
    r = t.refused("ledger", "erase", net.transfer, "--reason", "整理", as_="xu")
    check(r.reason == "state" and "retention period of six months" in r.text, f"refused with the date: {r}")
    r = t.refused("ledger", "erase", "--entry", "0", "--reason", "整理", as_="xu")
    check(r.reason == "unsupported" and "public" in r.text, f"the first entry is public: {r}")
    check(t.hufu("ledger", "erasures", as_="xu")["erasures"] == [], "nothing is asked for")


def test_only_keepers_of_records_erase_and_who_exports_does_not(net):
    """DS-129"""
    t = net.nodes["transport"]
    for account in ("sun", "li", "admin"):
        r = t.refused("ledger", "erase", net.transfer, "--reason", "x", as_=account)
        check(r.reason == "permission", f"{account} may not: {r}")
    r = t.refused("ledger", "export", os.path.join(net.dir, "export"), as_="xu")
    check(r.reason == "permission", f"a keeper exports nothing: {r}")
    r = t.refused("user", "roles", "xu", "--role", "auditor", "--role", "records-keeper", as_="admin")
    check("excludes" in r.text, f"no account holds both: {r}")


def test_a_legal_hold_is_set_shown_and_lifted_with_two_factors(net):
    t = net.nodes["transport"]
    t.hufu("ledger", "hold", net.transfer, "--reason", "法院通知 2026-12", as_="xu")
    held = t.hufu("ledger", "holds", as_="he")["holds"]
    check([(h["transaction"], h["by"], h["reason"]) for h in held] == [(net.transfer, "xu", "法院通知 2026-12")], f"it is shown: {held}")
    r = t.refused("ledger", "hold", net.transfer, "--reason", "again", as_="he")
    check(r.reason == "exists", f"once: {r}")
    r = t.refused("ledger", "hold", net.transfer, "--reason", "案件已结", "--lift", as_="xu")
    check(r.reason == "second-factor", f"one factor does not lift it: {r}")
    t.hufu("ledger", "hold", net.transfer, "--reason", "案件已结", "--lift", as_="he")
    check(t.hufu("ledger", "holds", as_="he")["holds"] == [], "it is lifted")

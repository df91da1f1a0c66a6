"""A consumer that passes delivered data on, and a third party that asks for it. Real nodes."""
import os
import shutil

from common import *


def network(net):
    trio(net, 44)
    i = net.nodes["insurer"]
    i.add_user("pan", "潘华 I-7", ["publisher"])
    register(net, "flights", FLIGHTS)
    net.entry = publish(net, "flights")
    net.app = agreement(net, net.entry)
    net.out = os.path.join(net.dir, "delivered.csv")
    net.transfer = i.hufu("fetch", net.entry, "--system", "claims", "--output", net.out, as_="chen")["transfer"]


def alarms(node):
    return [a for a in node.hufu("alarms", as_="admin")["alarms"] if a["kind"] == "onward-sharing"]


def test_delivered_data_is_no_source_of_its_consumer(net):
    """AZ-77: neither the file, nor another name of it, nor a copy; each attempt is an alarm"""
    i = net.nodes["insurer"]
    linked, copied = net.out + ".link", net.out + ".copy"
    os.link(net.out, linked)
    shutil.copy(net.out, copied)
    for name, path in (("own", net.out), ("linked", linked), ("copied", copied)):
        before = len(alarms(i))
        r = i.refused("source", "add", name, path, as_="pan")
        check(r.reason == "obligation" and net.transfer in r.text and "transport" in r.text, f"{name}: {r.text}")
        check(len(alarms(i)) == before + 1, f"{name}: an alarm")
    check(i.hufu("source", "list", as_="pan")["sources"] == [], "nothing is registered")


def test_a_third_party_without_a_grant_is_denied_whoever_it_asks_and_whatever_it_shows(net):
    """AZ-77: with no grant of its own, and with the grant that the consumer passed on to it"""
    i, o = net.nodes["insurer"], net.nodes["overseas"]
    wait_until(lambda: sees(o, "tan", net.entry), "the entry")
    out = os.path.join(net.dir, "third.csv")
    args = ["--system", "routes", "--output", out, "--purpose", "claims-assessment"]
    r = o.refused("fetch", net.entry, *args, as_="tan")
    check(r.reason == "no-grant", f"of its own: {r.text}")
    r = o.refused("fetch", "--grant", workflow.grant_of(i, "chen", net.app), *args, as_="tan")
    check(r.reason == "no-grant", f"with the consumer's grant: {r.text}")
    r = o.refused("fetch", net.entry, "--publisher", "insurer", *args, as_="tan")
    check(r.reason == "no-grant", f"of the consumer: {r.text}")
    check(not os.path.exists(out), "nothing was delivered")

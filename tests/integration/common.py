"""What the integration tests share: a small network with the people that the workflow needs, and a few short words."""
import concurrent.futures
import os

import hufunet
import workflow
from hufunet import check, wait_until

FLIGHTS = os.path.join(os.path.dirname(os.path.abspath(hufunet.__file__)), "data", "flights.csv")
AIRPORTS = os.path.join(os.path.dirname(os.path.abspath(hufunet.__file__)), "data", "airports.csv")
UNKNOWN_ID = "01990000-0000-7000-8000-000000000000"


PEOPLE = {
    "transport": {"wang": ("王建国 T-1", ["publisher", "data-authority"]), "li": ("李敏 T-2", ["approver"]), "zhao": ("赵强 T-3", ["privacy-expert"]),
                  "sun": ("孙丽 T-4", ["auditor"])},
    "insurer": {"chen": ("陈晨 I-1", ["operator"]), "zhou": ("周洁 I-2", ["data-authority"]), "wu": ("吴磊 I-3", ["auditor"])},
    "manager": {"zheng": ("郑华 M-1", ["intake"]), "feng": ("冯雪 M-2", ["auditor"])},
    "overseas": {"tan": ("Tan Wei Ming S-1", ["operator"]), "lim": ("Lim Hui Ling S-2", ["data-authority"])},
}


def long(fn):
    """Runs only with --full."""
    fn.long = True
    return fn


def trio(net, subnet=10, overseas=True, people=True, before_start=None, insurer=("consumer",)):
    """transport (provider), insurer (consumer), manager (intake) and, as the third witness, overseas (consumer abroad)."""
    net.node("transport", "交通运输厅", f"{net.prefix}.{subnet}.1", organization="cn.gov.transport", roles=["provider", "consumer"],
             departments=["roads", "aviation"], mirrors=["insurer", "manager"])
    net.node("insurer", "安途保险公司", f"{net.prefix}.{subnet}.2", organization="cn.com.antu", roles=list(insurer), mirrors=["transport", "manager"])
    net.node("manager", "数据共享管理中心", f"{net.prefix}.{subnet}.3", organization="cn.gov.sharing", roles=["exchange-service"],
             mirrors=["transport", "insurer"])
    net.node("overseas", "Straits Aviation Data", f"{net.prefix}.{subnet}.4", organization="sg.com.straits", jurisdiction="SG", roles=["consumer"],
             mirrors=["manager"])
    net.found(["insurer", "manager", "overseas", "transport"], 3)
    if before_start:
        before_start()
    for id in ("transport", "insurer", "manager") + (("overseas",) if overseas else ()):
        net.nodes[id].start()
    if not people:
        return
    wanted = [n for n in PEOPLE if n != "overseas" or overseas]
    with concurrent.futures.ThreadPoolExecutor() as pool:  # passwords are slow to hash, and each node hashes its own
        list(pool.map(lambda n: net.nodes[n].staff(PEOPLE[n]), wanted))
    net.nodes["insurer"].hufu("system", "add", "claims", "--address", f"{net.prefix}.{subnet}.2", "--business", "理赔核算", as_="admin")
    if overseas:
        net.nodes["overseas"].hufu("system", "add", "routes", "--address", f"{net.prefix}.{subnet}.4", "--business", "routes", as_="admin")


class Parties:
    """Short names, as workflow.whole_negotiation wants them."""

    def __init__(self, net):
        self.net = net
        self.t, self.i, self.m, self.o = (net.nodes.get(n) for n in ("transport", "insurer", "manager", "overseas"))


def register(net, name, path, department=None, kinds=None):
    more = ["--department", department] if department else []
    return workflow.source(net.nodes["transport"], "wang", name, path, *more, kinds=kinds)


def publish(net, source, scope=("everyone",), **kw):
    values = dict(title="航班 " + source, description="用于测试的目录条目", topic="aviation", data_class="transport/flight", level=1,
                  sharing="conditional", condition="仅用于申请中写明的用途", intake="manager", purposes=["claims-assessment", "route-planning"],
                  jurisdictions=["CN", "SG"], max_days=400)
    values.update(kw)
    return workflow.publish(net.nodes["transport"], "wang", source, scope=list(scope), **values)


def sees(node, account, entry):
    return any(e["entry"] == entry for e in workflow.catalog(node, account))


def agreement(net, entry, reason="核对航班延误理赔事宜", rows=None):
    """A finalized negotiation of the insurer for the entry: the application's id."""
    return workflow.whole_negotiation(Parties(net), entry, reason, rows=rows)


def same_file(a, b):
    with open(a, "rb") as f, open(b, "rb") as g:
        return f.read() == g.read()


def entries_of(node, account, transaction):
    return node.hufu("ledger", "trace", transaction, as_=account)["entries"]


__all__ = ["FLIGHTS", "AIRPORTS", "UNKNOWN_ID", "long", "trio", "Parties", "register", "publish", "sees", "agreement", "same_file", "entries_of",
           "check", "wait_until", "workflow", "hufunet"]

"""The five organizations of the testnet: who they are, where they listen, who works there. testnet/README.md has the drawing."""

WITNESSES = ["emergency", "manager", "overseas"]
QUORUM = 2

ORGANIZATIONS = {
    "transport": dict(
        name="交通运输厅", ip="127.0.1.1", organization="cn.gov.transport", roles=["provider"],
        departments=["roads", "aviation"], mirrors=["insurer", "manager"], attributes={"sector": "transport"},
        people={
            "wang": ("王建国 工号 T-1001", ["publisher"]),
            "li": ("李敏 工号 T-1002", ["approver"]),
            "zhao": ("赵强 工号 T-1003", ["privacy-expert"]),
            "sun": ("孙丽 工号 T-1004", ["auditor"]),
        }),
    "insurer": dict(
        name="安途保险公司", ip="127.0.1.2", organization="cn.com.antu-insurance", roles=["consumer", "data-authority"],
        departments=["claims"], mirrors=["transport", "manager"], attributes={"sector": "insurance"},
        people={
            "chen": ("陈晨 工号 I-2001", ["operator"]),
            "zhou": ("周洁 工号 I-2002", ["data-authority"]),
            "wu": ("吴磊 工号 I-2003", ["auditor"]),
        }),
    "manager": dict(
        name="数据共享管理中心", ip="127.0.1.3", organization="cn.gov.sharing-manager", roles=["exchange-service"],
        departments=[], mirrors=["transport", "insurer"], attributes={"sector": "government"},
        people={
            "zheng": ("郑华 工号 M-3001", ["intake"]),
            "feng": ("冯雪 工号 M-3002", ["auditor"]),
        }),
    "emergency": dict(
        name="应急管理局", ip="127.0.1.4", organization="cn.gov.emergency", roles=["consumer", "emergency-authority"],
        departments=[], mirrors=["manager"], attributes={"sector": "government"},
        people={
            "qian": ("钱进 工号 E-4001", ["operator"]),
            "shen": ("沈静 工号 E-4002", ["auditor"]),
        }),
    "overseas": dict(
        name="新加坡航空数据公司 (Straits Aviation Data)", ip="127.0.1.5", organization="sg.com.straits-aviation", jurisdiction="SG",
        roles=["consumer"], departments=[], mirrors=["manager"], attributes={"sector": "aviation"},
        people={
            "tan": ("Tan Wei Ming, staff S-5001", ["operator"]),
            "lim": ("Lim Hui Ling, staff S-5002", ["data-authority"]),
            "goh": ("Goh Kai Jun, staff S-5003", ["auditor"]),
        }),
}


def build(net):
    """Makes the organizations' nodes in net, founds the space, starts everybody and brings the people in."""
    for id, o in ORGANIZATIONS.items():
        net.node(id, o["name"], o["ip"], organization=o["organization"], jurisdiction=o.get("jurisdiction", "CN"), roles=o["roles"],
                 departments=o["departments"], mirrors=o["mirrors"], attributes=o["attributes"])
    net.found(WITNESSES, QUORUM)
    net.start()
    for id, o in ORGANIZATIONS.items():
        net.nodes[id].staff(o["people"])
    net.nodes["insurer"].hufu("system", "add", "claims", "--address", "127.0.1.2", "--business", "理赔核算", as_="admin")
    net.nodes["overseas"].hufu("system", "add", "routes", "--address", "127.0.1.5", "--business", "route planning", as_="admin")
    net.nodes["emergency"].hufu("system", "add", "rescue", "--address", "127.0.1.4", "--business", "应急指挥", as_="admin")

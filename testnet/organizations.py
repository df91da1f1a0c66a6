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
            "bai": ("白薇 工号 T-1005", ["security-administrator"]),
            "yang": ("杨帆 工号 T-1006", ["masking-operator"]),
            "ma": ("马超 工号 T-1007", ["masking-operator"]),
            "qin": ("秦岚 工号 T-1008", ["audit-administrator"]),
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
        name="数据共享管理中心", ip="127.0.1.3", organization="cn.gov.sharing-manager", roles=["exchange-service", "data-management"],
        departments=[], mirrors=["transport", "insurer"], attributes={"sector": "government"},
        people={
            "zheng": ("郑华 工号 M-3001", ["intake"]),
            "feng": ("冯雪 工号 M-3002", ["auditor"]),
            "du": ("杜衡 工号 M-3003", ["emergency-executor"]),
        }),
    "emergency": dict(
        name="应急管理局", ip="127.0.1.4", organization="cn.gov.emergency", roles=["consumer", "emergency-authority"],
        departments=[], mirrors=["manager"], attributes={"sector": "government"},
        people={
            "qian": ("钱进 工号 E-4001", ["operator"]),
            "shen": ("沈静 工号 E-4002", ["auditor"]),
            "he": ("何勇 工号 E-4003", ["emergency-officer"]),
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

# The second scene: the leading group, who join later.
LEADING = {
    "government": dict(name="省人民政府办公厅", ip="127.0.1.6", organization="cn.gov.general-office",
                       people={"fang": ("方正 工号 G-6001", ["leading-member"])}),
    "police": dict(name="公安厅", ip="127.0.1.7", organization="cn.gov.public-security", people={"tie": ("铁军 工号 P-7001", ["leading-member"])}),
    "water": dict(name="水利厅", ip="127.0.1.8", organization="cn.gov.water", people={"jiang": ("江流 工号 W-8001", ["leading-member"])}),
}
THRESHOLD = 2


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


def join_leading_group(net):
    """Three more nodes, and a descriptor that makes them the leading group; everybody is started, so that all have the same clock."""
    for id, o in LEADING.items():
        node = net.node(id, o["name"], o["ip"], organization=o["organization"], roles=["leading-group"], mirrors=["manager"])
        node.init()
        net.authority.add(node)
    net.authority.issue(leading=LEADING, threshold=THRESHOLD)
    for id in LEADING:
        net.nodes[id].join()
    for id in ORGANIZATIONS:
        net.nodes[id].stop()
    net.start()
    for id, o in ORGANIZATIONS.items():
        for account in ["admin", *o["people"]]:
            net.nodes[id].login(account)
        net.nodes[id].hufu("space", "update", net.authority.descriptors, as_="admin")
    for id, o in LEADING.items():
        net.nodes[id].staff(o["people"])

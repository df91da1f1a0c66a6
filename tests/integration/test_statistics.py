"""The sharing manager's reports on real nodes: statistics for each department and mechanism against a scripted history, and similar
applications that were decided differently."""
import concurrent.futures

from common import *

CREW = {
    "transport": {"wang": ("王建国 T-1", ["publisher", "data-authority"]), "li": ("李敏 T-2", ["approver"])},
    "insurer": {"chen": ("陈晨 I-1", ["operator"]), "zhou": ("周洁 I-2", ["data-authority"])},
    "harbour": {"hai": ("海生 H-1", ["operator"]), "gang": ("港明 H-2", ["data-authority"])},
    "manager": {"zheng": ("郑华 M-1", ["intake"]), "du": ("杜衡 M-2", ["emergency-executor"])},
    "bureau": {"qian": ("钱进 E-1", ["emergency-officer"]), "jin": ("金山 E-2", ["operator"])},
    "lead": {"an": ("安平 L-1", ["leading-member"])},
}
POLICY = """policy:
  name: transport
  version: 1
  attributes: standard
rules:
  - id: planning
    mechanism: attribute
    from: 2026-01-01
    until: 2035-01-01
    when:
      resource.id: "{entry}"
      subject.organization: harbour
      system.name: berths
      context.purpose: route-planning
"""


def network(net):
    roles = {"transport": ["provider"], "insurer": ["consumer"], "harbour": ["consumer"], "manager": ["exchange-service", "data-management"],
             "bureau": ["consumer", "emergency-authority"], "lead": ["leading-group"]}
    for k, (n, r) in enumerate(roles.items(), 1):
        net.node(n, n, f"{net.prefix}.64.{k}", organization=f"cn.{n}", roles=r)
    net.found(["manager", "insurer", "lead"], 2, leading=["lead"], threshold=1)
    net.start()
    with concurrent.futures.ThreadPoolExecutor() as pool:
        list(pool.map(lambda n: net.nodes[n].staff(CREW[n]), CREW))
    for k, (n, system) in enumerate({"insurer": "claims", "harbour": "berths", "bureau": "rescue"}.items(), 2):
        net.nodes[n].hufu("system", "add", system, "--address", f"{net.prefix}.64.{k}", "--business", system, as_="admin")
    register(net, "flights", FLIGHTS)
    net.flights = publish(net, "flights", max_days=400)
    net.open = publish(net, "flights", title="按规则开放的航班")
    with open(FLIGHTS, encoding="utf-8") as f:
        net.rows = sum(1 for _ in f) - 1


def applied(net, who, purpose="claims-assessment", days=200):
    """The application at the intake node, after the consumer's own review."""
    node, applicant, authority, system = {"insurer": ("insurer", "chen", "zhou", "claims"), "harbour": ("harbour", "hai", "gang", "berths")}[who]
    app = workflow.apply(net.nodes[node], applicant, net.flights, system=system, reason="核对航班延误理赔事宜", purpose=purpose, days=days)
    workflow.confirm(net.nodes[node], authority, app)
    workflow.wait_state(net.nodes["manager"], "zheng", app, "RECEIVED")
    return app


def decided(net, who, result, **kw):
    app = applied(net, who, **kw)
    workflow.comply(net.nodes["manager"], "zheng", app)
    workflow.wait_state(net.nodes["transport"], "li", app, "RECEIVED")
    net.nodes["transport"].hufu("decide", app, result, *(["--reason", "已有公开统计"] if result == "F" else []), as_="li")
    node, applicant = (net.nodes[who], {"insurer": "chen", "harbour": "hai"}[who])
    workflow.wait_state(node, applicant, app, {"T": "FINALIZED", "F": "REJECTED"}[result])
    wait_until(lambda: (a := workflow.application(net.nodes["manager"], "zheng", app)) and a["state"] in ("AGREED", "REJECTED"), "the result at the manager")
    return app


def fetch(net, node, account, entry, system, purpose, name):
    return net.nodes[node].hufu("fetch", entry, "--system", system, "--purpose", purpose, "--output", f"{net.dir}/{name}", as_=account)


def emergency(net):
    b, m = net.nodes["bureau"], net.nodes["manager"]
    event = b.hufu("emergency", "declare", "--kind", "natural-disaster", "--title", "沿江洪水", "--until", workflow.in_days(30), "--provider", "transport",
                   as_="qian")["event"]
    request = b.hufu("emergency", "raise", net.flights, "--event", event, "--system", "rescue", "--reason", "核对航班以安排救援", "--purpose", "flood-relief",
                     "--until", workflow.in_days(10), as_="qian")["request"]

    def state(node, account):
        status, r = net.nodes[node].api("GET", "/v1/emergency/show?request=" + request, None, as_=account, check_status=False)
        return r["state"] if status == 200 else None

    wait_until(lambda: state("lead", "an") == "OPEN", "the request at the leading group")
    net.nodes["lead"].hufu("emergency", "decide", request, "T", as_="an")
    wait_until(lambda: state("manager", "du") == "APPROVED", "the approval at the manager")
    m.hufu("emergency", "execute", request, as_="du")
    wait_until(lambda: state("bureau", "qian") == "ACTIVE" and state("manager", "du") == "ACTIVE", "the emergency grant to be usable")
    fetch(net, "bureau", "jin", net.flights, "rescue", "flood-relief", "rescue.csv")


def statistics(net, node="manager", account="zheng", *args):
    return net.nodes[node].hufu("statistics", *args, as_=account)


def by(rows, key):
    return {r[key]: r for r in rows}


def test_similar_applications_with_different_results_are_reported(net):
    """AZ-23: two equal applications of two organizations, one approved, one rejected; what differs in its purpose is none of them"""
    m = net.nodes["manager"]
    check(m.hufu("divergence", as_="zheng")["applications"] == [], "nothing was decided yet")
    net.granted = decided(net, "insurer", "T")
    check(m.hufu("divergence", as_="zheng")["groups"] == 0, "one alone diverges from nothing")
    decided(net, "insurer", "F", purpose="route-planning")
    check(m.hufu("divergence", as_="zheng")["groups"] == 0, "another purpose is no similar case")
    rejected = decided(net, "harbour", "F")
    report = m.hufu("divergence", as_="zheng")
    check(report["groups"] == 1, f"{report}")
    seen = {a["application"]: (a["organization"], a["result"]) for a in report["applications"]}
    check(seen == {net.granted: ("insurer", "T"), rejected: ("harbour", "F")}, f"both, and nothing else: {seen}")
    check(report["applications"][1]["reason"] == "已有公开统计", f"with the reason: {report['applications']}")
    check(m.hufu("divergence", "--until", "2026-01-01", as_="zheng")["groups"] == 0, "the period is kept to")


def test_the_numbers_match_the_scripted_history(net):
    """AZ-5, AZ-19: applications, grants and reported uses of each department; median time and manual steps of each mechanism"""
    t, m = net.nodes["transport"], net.nodes["manager"]
    refused = applied(net, "insurer", days=500)
    m.hufu("review", refused, "--compliance", "refuse", as_="zheng")
    applied(net, "harbour")
    for name in ("one.csv", "two.csv"):
        fetch(net, "insurer", "chen", net.flights, "claims", "claims-assessment", name)
    path = f"{net.dir}/policy.yaml"
    with open(path, "w", encoding="utf-8") as f:
        f.write(POLICY.format(entry=net.open))
    t.hufu("policy", "apply", path, "--reason", "规则开放", as_="li")
    wait_until(lambda: sees(net.nodes["harbour"], "hai", net.open), "the open entry")
    fetch(net, "harbour", "hai", net.open, "berths", "route-planning", "three.csv")
    emergency(net)
    wait_until(lambda: sum(d["uses"] for d in statistics(net)["departments"]) == 4, "the reports of four uses at the manager")
    s = statistics(net)
    found = {d["organization"]: tuple(d[k] for k in ("applications", "granted", "rejected", "refused", "pending", "overdue", "uses", "rows"))
             for d in s["departments"]}
    check(found == {"insurer": (3, 1, 1, 1, 0, 0, 2, 2 * net.rows), "harbour": (2, 0, 1, 0, 1, 0, 1, net.rows), "bureau": (0, 0, 0, 0, 0, 0, 1, net.rows)},
          f"what was done, and nothing else: {found}")
    mechanisms = by(s["mechanisms"], "mechanism")
    counted = {n: (x["decided"], x["uses"], x["manual_steps"], x.get("median_manual_steps")) for n, x in mechanisms.items()}
    # request, need, compliance and decision; the refused one has no decision. Request, vote and execution. A rule asks nobody.
    check(counted == {"application": (4, 2, 15, 4.0), "emergency": (1, 1, 3, 3.0), "attribute": (1, 1, 0, 0.0), "provider": (0, 0, 0, None)}, f"{counted}")
    for name in ("application", "emergency", "attribute"):
        check(0 <= mechanisms[name]["median_seconds"] < 120, f"{name}: {mechanisms[name]}")
    check(mechanisms["attribute"]["median_seconds"] <= mechanisms["application"]["median_seconds"], f"a rule waits for nobody: {mechanisms}")
    at_provider = {d["organization"]: (d["granted"], d["uses"]) for d in statistics(net, "transport", "li")["departments"]}
    check(at_provider == {"insurer": (1, 2), "harbour": (0, 1), "bureau": (0, 1)}, f"the provider counts the same uses: {at_provider}")
    own = [d["organization"] for d in statistics(net, "insurer", "chen")["departments"]]
    check(own == ["insurer"], f"a consumer sees its own: {own}")
    check(statistics(net, "manager", "zheng", "--until", "2026-01-01")["departments"] == [], "the period is kept to")

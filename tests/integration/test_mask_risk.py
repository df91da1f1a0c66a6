"""What a plan demands of its result's risk, offline: nothing that misses it is released; generalization that meets it is found."""
import csv
import json
import os
import subprocess

from hufunet import check

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SURVEY = os.path.join(TOP, "testnet", "data", "population-survey.csv")
PLAN = """masking-plan: 1
name: survey
version: 1
need: statistics
purpose: research
mode: static
people: {operator: li, security: wang, audit: zhao}
scope: {group: survey}
schedule: by hand
result: {rows-least: 1, risk: {people: DEMAND}}
relations: []
tables:
  people:
    fields:
      earnings: {technique: round, step: 10}
      gender: keep
      age: {technique: bucket, cuts: [20, 30, 40, 50, 60, 70]}
      region: keep
      education: {technique: bucket, cuts: [12, 16]}
emergency:
  source: {cause: c, solution: call the owner, who: li}
  format: {cause: c, solution: mend it, who: li}
  key: {cause: c, solution: ask for it, who: wang}
  result: {cause: c, solution: do not release, who: wang}
  space: {cause: c, solution: make room, who: li}
"""


def network(net):
    pass


def mask(net, *args, status=0):
    done = subprocess.run([os.path.join(net.bin, "hufu"), "mask", *args], cwd=net.dir, capture_output=True, timeout=120)
    check(done.returncode == status, f"hufu mask {args} ended with {done.returncode}: {done.stdout[-800:]} {done.stderr[-800:]}")
    return done


def write(net, name, text):
    with open(os.path.join(net.dir, name), "w", encoding="utf-8", newline="") as f:
        f.write(text)
    return name


def rows(net, name):
    with open(os.path.join(net.dir, name), encoding="utf-8", newline="") as f:
        return list(csv.DictReader(f))


def run(net, demand, output, source=SURVEY, status=0):
    write(net, "plan.yaml", PLAN.replace("DEMAND", demand))
    return mask(net, "run", "plan.yaml", source, "--table", "people", "--output", output, "--json", status=status)


def test_a_result_that_misses_the_demand_is_not_released(net):
    """MK-3, MK-47: k, l, t, recovered values and the grade each have a limit in the plan; beyond it there is no result, and the plan's scheme is said"""
    quasi = "quasi: [gender, age, region, education]"
    known = set(os.listdir(net.dir)) | {"plan.yaml"}
    for demand, says in (("k: 50", "k is 8, below the 50 asked for"), ("sensitive: [earnings], l: 9", "different values of earnings, below the 9 asked for"),
                         ("sensitive: [earnings], t: 0.2", "from the whole table in earnings, above the 0.200"), ("grade: 3", "the grade is 2, below the 3"),
                         ("recovery: 0.01", "of the values of earnings come back, above the 0.010 allowed"),
                         ("k: 200, suppress: 0.01", "rows are suppressed, above the share of 0.010 allowed")):
        said = run(net, f"{{{quasi}, {demand}}}", "out.csv", status=1).stdout.decode()
        check(says in said and "By the plan (result): do not release; wang" in said, said)
        check(set(os.listdir(net.dir)) <= known, str(os.listdir(net.dir)))


def test_rows_that_miss_k_lose_what_makes_them_known(net):
    """The rest is k-anonymous, what the run says is what an evaluation finds, and JSON lines give the same."""
    demand = "{quasi: [gender, age, region, education], sensitive: [earnings], k: 20, suppress: 0.01, grade: 3}"
    risk = json.loads(run(net, demand, "out.csv").stdout)["risk"]
    got = json.loads(mask(net, "evaluate", SURVEY, "out.csv", "--quasi", "gender,age,region,education", "--sensitive", "earnings", "--questions", "1",
                          "--json").stdout)["after"]
    check(risk["missed"] == [] and 0 < risk["suppressed_rows"] <= 0.01 * risk["rows"] and risk["k"] >= 20 and risk["grade"]["grade"] == 3, str(risk))
    check(all(risk[f] == got[f] for f in ("k", "classes", "rows", "suppressed_rows")), f"{risk} {got}")
    out = rows(net, "out.csv")
    lost = [r for r in out if r["age"] == ""]
    check(len(lost) == risk["suppressed_rows"] and all(r["gender"] == r["region"] == r["education"] == "" and r["earnings"] for r in lost), str(lost[:2]))
    with open(os.path.join(net.dir, "in.jsonl"), "w", encoding="utf-8") as f:
        for r in csv.DictReader(open(SURVEY, newline="", encoding="utf-8")):
            f.write(json.dumps(r) + "\n")
    again = json.loads(run(net, demand, "out.jsonl", source="in.jsonl").stdout)["risk"]
    check(again == risk, f"{again} {risk}")
    lines = json.loads(mask(net, "evaluate", "in.jsonl", "out.jsonl", "--quasi", "gender,age,region,education", "--sensitive", "earnings", "--questions", "1",
                            "--json").stdout)["after"]
    check({k: v for k, v in lines.items() if k != "file"} == {k: v for k, v in got.items() if k != "file"}, "JSON lines are evaluated otherwise")

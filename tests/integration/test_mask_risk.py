"""What a plan demands of its result's risk, offline: nothing that misses it is released; generalization that meets it is found."""
import csv
import json
import os
import random
import signal
import subprocess

from hufunet import check, wait_until

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


def suggest(net, *args, status=0, source=SURVEY):
    return json.loads(mask(net, "suggest", source, "--json", *args, status=status).stdout)


def test_what_is_suggested_is_what_the_run_gives(net):
    """The plan is whole, its run is released, and every figure is the one that was promised."""
    os.makedirs(os.path.join(net.dir, "trees"), exist_ok=True)
    write(net, "trees/region.csv", "Northeast,East\nSouth,East\nMidwest,West\nWest,West\n")
    wide = ["--quasi", "gender,age,region,education", "--sensitive", "earnings"]
    for i, args in enumerate((["--k", "10", "--suppress", "0.01"], ["--k", "25", "--hierarchies", "trees"], ["--k", "5", "--l", "4", "--t", "0.7", "--suppress", "0.05"])):
        got = suggest(net, *wide, *args, "--table", "people")
        write(net, "suggested.yaml", got["plan"])
        check("plan people, version 1, is whole" in mask(net, "plan", "suggested.yaml").stdout.decode(), got["plan"])
        risk = json.loads(mask(net, "run", "suggested.yaml", SURVEY, "--table", "people", "--output", f"{i}.csv", "--json").stdout)["risk"]
        check(got["exact"] and risk == got["figures"] and risk["missed"] == [], f"{args}: promised {got['figures']}, got {risk}")
        if "--hierarchies" in args:
            check("technique: hier" in got["plan"] or "region: keep" in got["plan"] or "const" in got["plan"], got["plan"])
        utility = json.loads(mask(net, "evaluate", SURVEY, f"{i}.csv", "--quasi", wide[1], "--sensitive", wide[3], "--questions", "1", "--json").stdout)["utility"]
        loss = {c["field"]: c["loss"] for c in utility["columns"]}
        check(abs(sum(loss[q] for q in wide[1].split(",")) / 4 - got["loss"]) < 1e-3, f"{loss} {got['loss']}")
        first = mask(net, "suggest", SURVEY, *wide, *args, "--table", "people").stdout.decode()
        check(first.endswith(got["plan"]) and first.startswith("# no choice of levels loses less: loss "), first[:200])


def test_what_cannot_be_met_or_found_in_time_is_said(net):
    said = mask(net, "suggest", SURVEY, "--quasi", "age,gender", "--k", "70000", status=1).stderr.decode()
    check("no choice of levels meets this; suppress more rows, ask for less" in said, said)
    said = mask(net, "suggest", SURVEY, "--quasi", "age", status=2).stderr.decode()
    check("--quasi NAMES and one of --k, --l and --t are needed" in said, said)
    write(net, "trees/gender.csv", "male,person\n")
    said = mask(net, "suggest", SURVEY, "--quasi", "age,gender", "--k", "5", "--hierarchies", "trees", status=1).stderr.decode()
    check("trees/gender.csv has no line for some of the column's values; add them" in said, said)


def test_an_interrupt_ends_the_search_with_the_best_so_far(net):
    """A lattice too large to be searched through: the best found so far is a plan whose promise the run keeps."""
    r = random.Random(3)
    fields = [f"q{i}" for i in range(9)]
    with open(os.path.join(net.dir, "wide.csv"), "w", encoding="utf-8", newline="") as f:
        w = csv.writer(f)
        w.writerow(fields + ["ill"])
        w.writerows([r.randrange(1000) for _ in fields] + [r.randrange(9)] for _ in range(5000))
    started = subprocess.Popen([os.path.join(net.bin, "hufu"), "mask", "suggest", "wide.csv", "--quasi", ",".join(fields), "--sensitive", "ill", "--k", "20",
                                "--suppress", "0.2", "--table", "wide", "--json"], cwd=net.dir, stdout=subprocess.PIPE)
    wait_for_interrupts_taken(started.pid)
    started.send_signal(signal.SIGINT)
    out, _ = started.communicate(timeout=60)
    check(started.returncode == 0, f"ended with {started.returncode}")
    got = json.loads(out)
    check(not got["exact"] and 0 < got["looked"] < got["nodes"], str({k: got[k] for k in ("exact", "looked", "nodes")}))
    write(net, "wide.yaml", got["plan"])
    risk = json.loads(mask(net, "run", "wide.yaml", "wide.csv", "--table", "wide", "--output", "wide-out.csv", "--json").stdout)["risk"]
    check(risk == got["figures"] and risk["k"] >= 20, f"{risk} {got['figures']}")
    timed = suggest(net, "--quasi", ",".join(fields), "--k", "20", "--suppress", "0.2", "--seconds", "1", source="wide.csv")
    check(not timed["exact"] and timed["figures"]["missed"] == [], str(timed["figures"]))


def wait_for_interrupts_taken(pid):
    """The search has begun once the process catches SIGINT; its processor time tells that it had time to find something."""
    def begun():
        with open(f"/proc/{pid}/status", encoding="ascii") as f:
            caught = next(int(line.split()[1], 16) for line in f if line.startswith("SigCgt"))
        with open(f"/proc/{pid}/stat", encoding="ascii") as f:
            ticks = int(f.read().rsplit(")", 1)[1].split()[11])
        return caught >> (signal.SIGINT - 1) & 1 and ticks > os.sysconf("SC_CLK_TCK") // 2
    wait_until(begun, "the search has run for half a second", 60)


def test_a_plan_is_proposed_from_what_was_found(net):
    """MK-5, MK-13: by what is usual for each kind; related plates keep their form and their joins, and look like plates again; the run passes"""
    r = random.Random(8)
    plates = [f"粤B{i:05}" for i in range(300)]
    for name, header, body in (("owners", "plate,owner_name,mobile", [[p, "张伟", f"138{i:08}"] for i, p in enumerate(plates)]),
                               ("passages", "plate,time,lane", [[r.choice(plates), f"2026-03-01 08:{r.randrange(60):02}:00", str(r.randrange(4))] for _ in range(900)])):
        with open(os.path.join(net.dir, name + ".csv"), "w", encoding="utf-8", newline="") as f:
            w = csv.writer(f)
            w.writerow(header.split(","))
            w.writerows(body)
    mask(net, "identify", "owners.csv", "passages.csv", "--inventory", "found.json")
    check("rows of the inventory are not confirmed" in mask(net, "plan", "--propose", "found.json").stdout.decode(), "what is open is said")
    mask(net, "confirm", "found.json", "--by", "wang", "--all")
    plan = mask(net, "plan", "--propose", "found.json").stdout.decode()
    write(net, "proposed.yaml", plan)
    check("is whole: 2 tables" in mask(net, "plan", "proposed.yaml", "--inventory", "found.json").stdout.decode(), plan)
    check(plan.count("plate: {technique: fpe, type: cn.plate}") == 2 and "mobile: {technique: mask, keep-first: 3, keep-last: 4}" in plan and "lane: keep" in plan, plan)
    write(net, "key", "0f" * 32 + "\n")
    os.chmod(os.path.join(net.dir, "key"), 0o600)
    for name in ("owners", "passages"):
        mask(net, "run", "proposed.yaml", name + ".csv", "--table", name, "--output", name + "-masked.csv", "--key", "key")
    own, went = {o["plate"] for o in rows(net, "owners-masked.csv")}, rows(net, "passages-masked.csv")
    check(len(own) == 300 and all(p["plate"] in own for p in went) and not own & set(plates), "joins are lost, or plates are as they were")
    found = json.loads(mask(net, "identify", "owners-masked.csv", "--json").stdout)["files"][0]["fields"]
    plate = next(f for f in found if f["name"] == "plate")
    check(plate["type"] == "cn.plate" and plate["evidence"]["valid"] == 300, f"masked plates are plates to a validator: {plate}")
    said = mask(net, "plan", "proposed.yaml", "--propose", "found.json", status=2).stderr.decode()
    check("give a PLAN to check, or --propose INVENTORY alone" in said, said)

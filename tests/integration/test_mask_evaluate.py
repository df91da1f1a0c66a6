"""`hufu mask evaluate`, offline: its figures are those that a straightforward computation gives on a real survey."""
import collections
import csv
import hashlib
import json
import math
import os
import subprocess

from hufunet import check

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SURVEY = os.path.join(TOP, "testnet", "data", "population-survey.csv")
QUASI = ["gender", "age", "region"]
SENSITIVE = ["earnings", "education"]
L = 3
THRESHOLD = 0.05


def network(net):
    pass


def run(net, *args, status=0):
    done = subprocess.run([os.path.join(net.bin, "hufu"), "mask", "evaluate", *args], cwd=net.dir, capture_output=True, timeout=120)
    check(done.returncode == status, f"hufu mask evaluate {args} ended with {done.returncode}: {done.stdout[-500:]} {done.stderr[-500:]}")
    return done


def read(path):
    with open(path, newline="", encoding="utf-8") as f:
        return list(csv.DictReader(f))


def write(net, name, rows, quoting=csv.QUOTE_MINIMAL):
    with open(os.path.join(net.dir, name), "w", newline="", encoding="utf-8") as f:
        w = csv.DictWriter(f, list(rows[0]), quoting=quoting)
        w.writeheader()
        w.writerows(rows)
    return name


def masked(rows):
    """Ages in tens; one row in a hundred suppressed; half of the South not told."""
    out = []
    for i, r in enumerate(rows):
        m = dict(r, age=f"{int(r['age']) // 10}*")
        if r["region"] == "South" and i % 2:
            m["region"] = ""
        out.append({c: "" if c in QUASI and i % 100 == 0 else v for c, v in m.items()})
    return out


def classes_of(rows):
    classes = collections.defaultdict(list)
    for r in rows:
        if any(r[q] for q in QUASI):
            classes[tuple(r[q] for q in QUASI)].append(r)
    return classes


def diversity(counts):
    most = sorted(counts.values(), reverse=True)
    n = sum(most)
    rest = sum(most[L - 1:])
    return len(most), math.exp(-sum(c / n * math.log(c / n) for c in most)), most[0] / rest if rest else math.inf


def distances(counts, whole):
    """Earth mover's distance for values equally far apart, and for values in the order of whole."""
    n, total, gone, ordered, equal = sum(counts.values()), sum(whole.values()), 0, 0, 0
    for value in whole:
        d = counts.get(value, 0) / n - whole[value] / total
        equal += abs(d) / 2
        gone += d
        ordered += abs(gone)
    return equal, ordered / (len(whole) - 1)


def figures(rows):
    classes = classes_of(rows)
    sizes = [len(c) for c in classes.values()]
    n = sum(sizes)
    out = {"rows": len(rows), "suppressed_rows": len(rows) - n, "classes": len(sizes), "k": min(sizes), "sample_uniques": sizes.count(1),
           "average_class": n / len(sizes), "discernibility": sum(s * s for s in sizes) + (len(rows) - n) * len(rows),
           "prosecutor": {"max": 1 / min(sizes), "average": len(sizes) / n, "above_threshold": sum(s for s in sizes if 1 / s > THRESHOLD) / n},
           "marketer": len(sizes) / n, "sensitive": []}
    for field in SENSITIVE:
        counts = [collections.Counter(r[field] for r in c) for c in classes.values()]
        whole = sum(counts, collections.Counter())
        whole = {v: whole[v] for v in sorted(whole, key=float)}
        l, t = [diversity(c) for c in counts], [distances(c, whole) for c in counts]
        c = max(x[2] for x in l)
        out["sensitive"].append({"field": field, "l_distinct": min(x[0] for x in l), "l_entropy": min(x[1] for x in l), "recursive_l": L,
                                 "recursive_c": None if math.isinf(c) else c, "t_equal": max(x[0] for x in t), "t_ordered": max(x[1] for x in t)})
    return out


def same(got, want, at=""):
    for key, value in want.items() if isinstance(want, dict) else enumerate(want):
        place = f"{at}.{key}"
        if isinstance(value, (dict, list)):
            same(got[key], value, place)
        elif isinstance(value, float):
            check(math.isclose(got[key], value, rel_tol=1e-9, abs_tol=1e-12), f"{place} is {got[key]}, not {value}")
        else:
            check(got[key] == value, f"{place} is {got[key]}, not {value}")


def test_the_figures_are_those_of_a_straightforward_computation(net):
    rows = [dict(r, earnings=f"{float(r['earnings']):.0f}") for r in read(SURVEY)]  # fewer values: the computation here takes long
    after = masked(rows)
    write(net, "before.csv", rows)
    write(net, "after.csv", after, csv.QUOTE_ALL)
    want = figures(after)
    poor = any(s["l_distinct"] < L for s in want["sensitive"])
    got = json.loads(run(net, "before.csv", "after.csv", "--quasi", ",".join(QUASI), "--sensitive", ",".join(SENSITIVE), "--l", str(L), "--json",
                         status=1 if poor else 0).stdout)
    same(got["before"], figures(rows))
    same(got["after"], want)
    check(got["after"]["suppressed_rows"] > 600 and got["before"]["k"] < got["after"]["k"], f"masking makes classes larger: {got['after']}")


def test_a_population_table_gives_the_risk_that_a_journalist_is(net):
    people = masked(read(SURVEY))
    sample = [r for i, r in enumerate(people) if i % 7 == 0]
    write(net, "people.csv", people)
    write(net, "sample.csv", sample)
    got = json.loads(run(net, "sample.csv", "sample.csv", "--quasi", ",".join(QUASI), "--population", "people.csv", "--json").stdout)["after"]["journalist"]
    large, small = classes_of(people), classes_of(sample)
    n, sizes = sum(len(c) for c in small.values()), [(len(c), len(large[key])) for key, c in small.items()]
    shares = [f / many for f, many in sizes]
    # rows of the population that tell nothing are people too, of whom none is known to be in the table
    outside = len(small) < len(large) or sum(len(c) for c in large.values()) < len(people)
    same(got, {"k_map": min(many for _, many in sizes), "strange_classes": 0, "max": 1 / min(many for _, many in sizes),
               "average": max(len(sizes) / len(people), sum(1 / many for _, many in sizes) / len(sizes)), "marketer": sum(shares) / n,
               "above_threshold": sum(f for f, many in sizes if 1 / many > THRESHOLD) / n, "delta_max": max(shares),
               "delta_min": 0.0 if outside else min(shares)})


def test_what_was_asked_for_and_is_not_there_ends_with_one(net):
    write(net, "small.csv", [{"sex": s, "born": b, "ill": i} for s, b, i in (("f", "1980", "flu"), ("f", "1980", "flu"), ("m", "1981", "cold"))])
    args = ["small.csv", "small.csv", "--quasi", "sex,born", "--sensitive", "ill"]
    run(net, *args, "--k", "1", "--l", "1", "--t", "1")
    said = run(net, *args, "--k", "2", "--l", "2", "--t", "0.5", status=1).stdout.decode()
    check("k is 1, below the 2 asked for" in said and "a class has 1 different values of ill, below the 2" in said and
          "a class is 0.667 from the whole table in ill, above the 0.500" in said, said)
    check("flu" not in said and "1980" not in said, f"no value is printed: {said}")
    said = run(net, *args[:2], "--quasi", "sex,age", status=1).stderr.decode()
    check("small.csv has no column age; its header names them" in said, said)
    said = run(net, *args[:2], status=2).stderr.decode()
    check("--quasi NAMES is needed" in said, said)


def test_values_that_come_back_are_counted_and_limited(net):
    """MK-3: recovery by dictionary and frequency attack beside k, and a failure above either limit."""
    rows = [{"town": t, "mobile": m, "lane": "1"} for t, m in (("Lhasa", "13800001111"), ("Lhasa", "13900002222"), ("Wuhan", "13700003333"))]
    after = [{"town": {"Lhasa": "p9", "Wuhan": "a4"}[r["town"]], "mobile": hashlib.sha256(r["mobile"].encode()).hexdigest()[:16], "lane": "1"} for r in rows]
    args = [write(net, "open.csv", rows), write(net, "hidden.csv", after), "--quasi", "lane"]
    got = {f["field"]: f for f in json.loads(run(net, *args, "--json").stdout)["recovery"]}
    check(got["mobile"]["dictionary"] == 1 and got["mobile"]["same"] == 0, f"an unkeyed digest: {got}")
    check(got["town"]["dictionary"] == 0 and got["town"]["frequency"] == 1, f"pseudonyms of a skewed column: {got}")
    said = run(net, *args, "--k", "3", "--recovery", "0.2", status=1).stdout.decode()
    check("1.000 of the values of mobile come back, above the 0.200 allowed" in said and "values of town" in said and "values of lane" not in said, said)
    said = run(net, *args, "--k", "4", "--recovery", "1", status=1).stdout.decode()
    check("k is 3, below the 4" in said and "come back" not in said, said)
    write(net, "hidden.csv", after[:2])
    said = run(net, *args, "--recovery", "1", status=1).stdout.decode()
    check("the tables have not equally many rows" in said, said)

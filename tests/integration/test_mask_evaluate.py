"""`hufu mask evaluate`, offline: its figures are those that a straightforward computation gives on a real survey."""
import bisect
import collections
import csv
import hashlib
import json
import math
import os
import re
import subprocess
import xml.etree.ElementTree

from hufunet import check

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SURVEY = os.path.join(TOP, "testnet", "data", "population-survey.csv")
QUASI = ["gender", "age", "region"]
SENSITIVE = ["earnings", "education"]
L = 3
THRESHOLD = 0.05
QUESTIONS = 10


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
    """Ages in bands of ten; one row in a hundred suppressed; half of the South not told."""
    out = []
    for i, r in enumerate(rows):
        a = int(r["age"]) // 10 * 10
        m = dict(r, age="<20" if a < 20 else ">=70" if a >= 70 else f"{a}..{a + 10}")
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


def tree_distance(counts, whole, paths):
    """Hierarchical earth mover's distance, node by node; every value has its path from its parent up to the root."""
    height, n, total, cost = len(next(iter(paths.values()))), sum(counts.values()), sum(whole.values()), 0
    extra = {(v,) + paths[v]: counts.get(v, 0) / n - whole[v] / total for v in whole}
    for level in range(1, height + 1):
        children = collections.defaultdict(list)
        for node, e in extra.items():
            children[node[1:]].append(e)
        cost += level / height * sum(min(sum(e for e in c if e > 0), -sum(e for e in c if e < 0)) for c in children.values())
        extra = {node: sum(c) for node, c in children.items()}
    return cost


def stage(education):
    """School years as a tree of two levels, without a root."""
    years = int(education)
    return (f"{(years - 1) // 4}", "school" if years <= 12 else "university")


def figures(rows):
    classes = classes_of(rows)
    sizes = [len(c) for c in classes.values()]
    n = sum(sizes)
    out = {"rows": len(rows), "suppressed_rows": len(rows) - n, "classes": len(sizes), "k": min(sizes), "sample_uniques": sizes.count(1),
           "average_class": n / len(sizes), "discernibility": sum(s * s for s in sizes) + (len(rows) - n) * len(rows),
           "prosecutor": {"max": 1 / min(sizes), "average": len(sizes) / n, "above_threshold": sum(s for s in sizes if 1 / s > THRESHOLD) / n},
           "marketer": len(sizes) / n, "sensitive": []}
    paths = {r["education"]: stage(r["education"]) + ("root",) for r in rows}
    for field in SENSITIVE:
        counts = [collections.Counter(r[field] for r in c) for c in classes.values()]
        whole = sum(counts, collections.Counter())
        whole = {v: whole[v] for v in sorted(whole, key=float)}
        l, t = [diversity(c) for c in counts], [distances(c, whole) for c in counts]
        c = max(x[2] for x in l)
        out["sensitive"].append({"field": field, "l_distinct": min(x[0] for x in l), "l_entropy": min(x[1] for x in l), "recursive_l": L,
                                 "recursive_c": None if math.isinf(c) else c, "t_equal": max(x[0] for x in t), "t_ordered": max(x[1] for x in t),
                                 "t_tree": max(tree_distance(x, whole, paths) for x in counts) if field == "education" else None})
    return out


def span(text, ends):
    """A number, or a band whose open end is that of the column: from where to where."""
    if text == "":
        return None
    parts = [float(p) for p in text.strip("<>=").split("..")]
    return ends[0] if text[0] == "<" else parts[0], ends[1] if text[0] == ">" else parts[-1]


def middles(spans):
    return [(s[0] + s[1]) / 2 for s in spans if s]


def moments(values):
    mean = sum(values) / len(values)
    return mean, sum((v - mean) ** 2 for v in values) / len(values)


def greatest_gap(a, b):
    a, b = sorted(a), sorted(b)
    return max(abs(bisect.bisect_right(a, x) / len(a) - bisect.bisect_right(b, x) / len(b)) for x in set(a) | set(b))


def entropy_loss(before, after, field):
    """Non-uniform entropy by Gionis and Tassa: what a row's masked value leaves open of its original."""
    among, had = collections.defaultdict(set), collections.Counter(r[field] for r in before)
    for b, a in zip(before, after):
        among[a[field]].add(b[field])
    among[""] = set(had)
    left = {a: sum(had[v] for v in values) for a, values in among.items()}
    lost = sum(math.log2(left[a[field]] / had[b[field]]) for b, a in zip(before, after))
    return lost / sum(math.log2(len(before) / had[b[field]]) for b in before)


def correlation(x, y):
    pairs = [((a[0] + a[1]) / 2, (b[0] + b[1]) / 2) for a, b in zip(x, y) if a and b]
    (mx, vx), (my, vy) = moments([p[0] for p in pairs]), moments([p[1] for p in pairs])
    return sum((a - mx) * (b - my) for a, b in pairs) / len(pairs) / math.sqrt(vx * vy)


def draw(question, number, below):
    digest = hashlib.sha256(b"hufu/mask-question/v1\0" + f"seed/{question}/{number}".encode()).digest()
    return int.from_bytes(digest[:8], "little") % below


def inside(s, low, high):
    if s is None or s[1] < low or s[0] > high:
        return 0
    return (min(s[1], high) - max(s[0], low)) / (s[1] - s[0]) if s[1] > s[0] else 1


def question_errors(before, after, spans):
    fields, errors = list(before[0]), []
    for q in range(QUESTIONS):
        first = draw(q, 0, len(fields))
        second = (first + 1 + draw(q, 1, len(fields) - 1)) % len(fields)
        counts = [1.0] * len(before), [1.0] * len(after)
        for field, drawn in ((fields[first], (2, 3)), (fields[second], (4, 5))):
            a, b = (before[draw(q, d, len(before))][field] for d in drawn)
            low, high = sorted((float(a), float(b))) if field in spans else (0, 0)
            for side, table in enumerate((before, after)):
                for i, r in enumerate(table):
                    counts[side][i] *= inside(spans[field][side][i], low, high) if field in spans else r[field] == a
        true, got = sum(counts[0]), sum(counts[1])
        errors.append(abs(got - true) / max(true, len(before) / 1000))
    return sorted(errors)


def utility(before, after):
    """What `utility` must say of two tables with the same rows."""
    spans, columns = {}, []
    for field in before[0]:
        had, has = collections.Counter(r[field] for r in before), collections.Counter(r[field] for r in after)
        c = {"field": field, "changed": sum(b[field] != a[field] for b, a in zip(before, after)),
             "emptied": sum(a[field] == "" for a in after), "loss": entropy_loss(before, after, field),
             "variation": sum(abs(had[v] - has[v]) for v in set(had) | set(has)) / len(before) / 2, "numbers": None}
        if field not in ("gender", "region"):
            ends = min(float(r[field]) for r in before), max(float(r[field]) for r in before)
            spans[field] = [[span(r[field], ends) for r in table] for table in (before, after)]
            x, y = (middles(s) for s in spans[field])
            (mx, vx), (my, vy) = moments(x), moments(y)
            c["numbers"] = {"ks": greatest_gap(x, y), "mean_before": mx, "mean_after": my, "mean_error": abs(my - mx) / mx, "variance_before": vx,
                            "variance_after": vy, "variance_error": abs(vy - vx) / vx}
        columns.append(c)
    drifts = [abs(correlation(spans[a][0], spans[b][0]) - correlation(spans[a][1], spans[b][1])) for i, a in enumerate(spans) for b in list(spans)[i + 1:]]
    errors = question_errors(before, after, spans)
    return {"cells": len(before) * len(before[0]), "cells_changed": sum(c["changed"] for c in columns), "cells_emptied": sum(c["emptied"] for c in columns),
            "rows_lost": 0, "loss": sum(c["loss"] for c in columns) / len(columns), "columns": columns,
            "correlation": {"mean_drift": sum(drifts) / len(drifts), "most_drift": max(drifts)},
            "questions": {"count": QUESTIONS, "mean_error": sum(errors) / QUESTIONS, "median_error": (errors[QUESTIONS // 2 - 1] + errors[QUESTIONS // 2]) / 2,
                          "most_error": errors[-1]}}


def pitman_slopes(sizes, theta, alpha):
    """Derivatives of the likelihood of Pitman's sampling formula, term by term."""
    u, n = sum(sizes.values()), sum(s * c for s, c in sizes.items())
    by_theta = sum(1 / (theta + i * alpha) for i in range(1, u)) - sum(1 / (theta + i) for i in range(1, n))
    by_alpha = sum(i / (theta + i * alpha) for i in range(1, u)) - sum(c * sum(1 / (i - alpha) for i in range(1, s)) for s, c in sizes.items())
    return by_theta, by_alpha


def newton_step(slopes, x, y):
    h = 1e-6
    (a, b), (ax, bx), (ay, by) = slopes(x, y), slopes(x + h * x, y), slopes(x, y + h * y)
    ax, bx, ay, by = (ax - a) / (h * x), (bx - b) / (h * x), (ay - a) / (h * y), (by - b) / (h * y)
    det = ax * by - ay * bx
    return x - (a * by - b * ay) / det, y - (b * ax - a * bx) / det


def one_of(size, n, people):
    """Hypergeometric: of a class of that size, one person is in the sample."""
    def choose(a, b):
        return math.lgamma(a + 1) - math.lgamma(b + 1) - math.lgamma(a - b + 1)
    return size * math.exp(choose(people - size, n - 1) - choose(people, n))


def snb_expects(alpha, beta, f, seen):
    """Share of the population's classes that have so many rows in the sample, summed over sizes of the class."""
    total = 0
    for people in range(seen, 3000):
        k = people - 1
        size = math.exp(math.lgamma(alpha + k) - math.lgamma(alpha) - math.lgamma(k + 1) + alpha * math.log(beta) + k * math.log(1 - beta))
        total += size * math.comb(people, seen) * f ** seen * (1 - f) ** (people - seen)
    return total


def all_classes(sizes, f):
    """Haas and Stokes 1998, third estimator."""
    up = sum(i * f * f * (1 - f * f) ** (i - 1) * c for i, c in sizes.items())
    down = sum((1 - f) ** i * ((1 + f) ** i - 1) * c for i, c in sizes.items())
    rest = sum((1 - f) ** i * c for i, c in sizes.items()) / sum(i * f * (1 - f) ** (i - 1) * c for i, c in sizes.items())
    return sum(sizes.values()) + sizes[1] * up / down * rest ** 2


def same(got, want, at="", tolerance=1e-9):
    for key, value in want.items() if isinstance(want, dict) else enumerate(want):
        place = f"{at}.{key}"
        if isinstance(value, (dict, list)):
            same(got[key], value, place, tolerance)
        elif isinstance(value, float):
            check(math.isclose(got[key], value, rel_tol=tolerance, abs_tol=1e-12), f"{place} is {got[key]}, not {value}")
        else:
            check(got[key] == value, f"{place} is {got[key]}, not {value}")


def survey():
    """Fewer values: the computation here takes long."""
    return [dict(r, earnings=f"{float(r['earnings']):.0f}") for r in read(SURVEY)]


def test_the_figures_are_those_of_a_straightforward_computation(net):
    rows = survey()
    after = masked(rows)
    os.makedirs(os.path.join(net.dir, "trees"), exist_ok=True)
    with open(os.path.join(net.dir, "trees", "education.csv"), "w", encoding="utf-8") as f:
        f.writelines(",".join((v,) + stage(v)) + "\n" for v in sorted({r["education"] for r in rows}))
    write(net, "before.csv", rows)
    write(net, "after.csv", after, csv.QUOTE_ALL)
    want = figures(after)
    poor = any(s["l_distinct"] < L for s in want["sensitive"])
    got = json.loads(run(net, "before.csv", "after.csv", "--quasi", ",".join(QUASI), "--sensitive", ",".join(SENSITIVE), "--l", str(L), "--json",
                         "--hierarchies", "trees", "--questions", str(QUESTIONS), "--seed", "seed",
                         status=1 if poor else 0).stdout)
    same(got["before"], figures(rows))
    same(got["after"], want)
    same(got["utility"], utility(rows, after))
    check(got["after"]["suppressed_rows"] > 600 and got["before"]["k"] < got["after"]["k"], f"masking makes classes larger: {got['after']}")


def uniques(net, people, *quasi):
    got = json.loads(run(net, "whole.csv", "whole.csv", "--quasi", ",".join(quasi), "--people", str(people), "--questions", "1", "--json").stdout)["after"]
    return got["population_uniques"], got["sample_uniques"]


def test_uniques_of_the_population_are_estimated_as_published(net):
    """Pitman, Zayatz and SNB, each against its own definition; which of them is taken, and which is not valid."""
    rows = survey()
    write(net, "whole.csv", rows)
    quasi = ("gender", "age", "region", "education", "earnings")
    sizes = collections.Counter(collections.Counter(tuple(r[q] for q in quasi) for r in rows).values())
    n, people = len(rows), 20 * len(rows)
    got, alone = uniques(net, people, *quasi)
    check(alone == sizes[1] and math.isclose(got["fraction"], 0.05) and got["chosen"] == "pitman" and got["pitman"]["valid"], str(got))
    theta, alpha = newton_step(lambda t, a: pitman_slopes(sizes, t, a), got["pitman"]["theta"], got["pitman"]["alpha"])
    same(got["pitman"], {"theta": theta, "alpha": alpha, "uniques": math.exp(math.lgamma(theta + 1) - math.lgamma(theta + alpha)) * people ** alpha}, tolerance=1e-6)
    any_one = sum(c * one_of(s, n, people) for s, c in sizes.items())
    same(got["zayatz"], {"uniques": sizes[1] * sizes[1] * one_of(1, n, people) / any_one * people / n}, tolerance=1e-6)
    got, _ = uniques(net, 4 * n, *quasi)
    classes, alpha, beta = all_classes(sizes, 0.25), got["snb"]["alpha"], got["snb"]["beta"]
    same({"one": classes * snb_expects(alpha, beta, 0.25, 1), "two": classes * snb_expects(alpha, beta, 0.25, 2), "uniques": got["snb"]["uniques"]},
         {"one": float(sizes[1]), "two": float(sizes[2]), "uniques": classes * beta ** alpha}, tolerance=1e-6)
    check(got["chosen"] == ("zayatz" if got["zayatz"]["uniques"] < got["snb"]["uniques"] else "snb"), str(got))
    got, _ = uniques(net, n - 1, *quasi)
    check(not any(got[m]["valid"] for m in ("pitman", "zayatz", "snb")) and got["pitman"]["why"] == "the population has fewer people than the table", str(got))
    write(net, "whole.csv", [{"a": str(i // 2)} for i in range(2000)] + [{"a": "x"}])
    got, alone = uniques(net, 100000, "a")
    check(alone == 1 and not got["pitman"]["valid"] and got["chosen"] == "zayatz" and got["uniques"] == got["zayatz"]["uniques"] > 0, str(got))


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


def test_the_page_needs_nothing_else_and_shows_no_value(net):
    """One file, well-formed drawings with titles, no script, nothing loaded, names escaped, and none of the table's values."""
    rows = [{"<town>": t, "mobile": f"1380000{i:04}", "age": str(20 + i)} for i, t in enumerate(["Lhasa", "Wuhan"] * 30)]
    write(net, "open.csv", rows)
    write(net, "hidden.csv", [dict(r, age="20..80", mobile=r["mobile"][:3] + "*" * 8) for r in rows])
    said = run(net, "open.csv", "hidden.csv", "--quasi", "age,<town>", "--sensitive", "mobile", "--k", "31", "--html", "page.html", status=1).stdout.decode()
    page = open(os.path.join(net.dir, "page.html"), encoding="utf-8").read()
    drawings = re.findall(r"<svg.*?</svg>", page, re.S)
    check(len(drawings) == 4, f"{len(drawings)} drawings")
    for d in drawings:
        top = xml.etree.ElementTree.fromstring(d)
        check(top.get("role") == "img" and [e.tag for e in top][:2] == ["title", "desc"] and len(top.findall("rect")) > 3, d[:200])
    check("default-src 'none'" in page and not re.search(r"<script|<link|<img|<iframe|src=|href=|@import|https?:", page), "the page loads something")
    check("&lt;town&gt;" in page and "<town>" not in page, "names are escaped")
    check(not re.search(r"Lhasa|Wuhan|1380000\d|138\*|20\.\.80", page), "a value is on the page")
    check("k is 30, below the 31 asked for" in page and "k is 30, below the 31 asked for" in said, said)
    check(page.count('<th scope="row">') > 15 and '<html lang="en">' in page and "@media print" in page, "it can be read aloud and printed")


def test_the_grade_is_given_with_its_reason_and_can_be_demanded(net):
    """GB/T 42460: 1 direct identifiers, 2 too risky, 3 records, 4 no more than counts."""
    rows = [{"mobile": f"1380000{i:04}", "age": str(20 + i % 3), "fee": str(i)} for i in range(120)]
    write(net, "open.csv", rows)
    hidden = [dict(r, mobile=hashlib.sha256(b"key" + r["mobile"].encode()).hexdigest()[:16]) for r in rows]
    tables = {1: rows, 2: [dict(r, age=r["age"] if i else "99") for i, r in enumerate(hidden)], 3: hidden, 4: [{"age": r["age"]} for r in rows]}
    unkeyed = [dict(r, mobile=hashlib.sha256(r["mobile"].encode()).hexdigest()) for r in rows]
    for grade, table in [*tables.items(), (1, unkeyed)]:
        write(net, "masked.csv", table)
        args = ["open.csv", "masked.csv", "--quasi", "age", "--json"]
        got = json.loads(run(net, *args, "--grade", str(grade)).stdout)
        check(got["before"]["grade"]["grade"] == 1 and got["after"]["grade"]["grade"] == grade and got["after"]["grade"]["reason"], str(got["after"]["grade"]))
        if grade < 4:
            missed = json.loads(run(net, *args, "--grade", str(grade + 1), status=1).stdout)["missed"]
            check(len(missed) == 1 and missed[0].startswith(f"the grade is {grade}, below the {grade + 1} asked for: "), str(missed))


def test_the_report_says_what_was_reached_and_what_to_change(net):
    """MK-48: coverage, what a new scan of the result finds, utility, risk, and proposed changes; with these, a second run has none left"""
    rows = [{"mobile": f"138{i:08}", "driver_name": "张伟" if i % 2 else "王小明", "age": str(20 + i % 50), "passport": f"E{i:08}"} for i in range(4000)]
    write(net, "open.csv", rows)
    write(net, "poor.csv", [{k: v for k, v in dict(r, driver_name=r["driver_name"][0] + "**").items() if k != "passport"} for r in rows])
    args = ["--quasi", "age", "--questions", "5", "--json"]
    got = json.loads(run(net, "open.csv", "poor.csv", *args).stdout)
    states = {f["field"]: (f["kind"], f["state"], f["kind_after"]) for f in got["coverage"]["fields"]}
    check(states["mobile"] == ("cn.mobile", "kept", "cn.mobile") and states["driver_name"][:2] == ("person.name", "masked") and
          states["passport"] == ("cn.passport", "left out", None), str(states))
    check(got["coverage"]["sensitive"] == len(states) == got["coverage"]["reached"] + sum(s[1] == "kept" for s in states.values()), str(got["coverage"]))
    says = " ".join(got["changes"])
    check("mobile holds cn.mobile, and 100 % of its rows are as they were; mask it, usually by mask" in says, says)
    check("of the values of driver_name come back by " in says, says)
    check(got["utility"]["columns"] and got["after"]["k"] == 80, "utility and risk are in the report")
    secret = {r["mobile"]: hashlib.sha256(b"key" + r["mobile"].encode()).hexdigest()[:12] for r in rows}
    write(net, "good.csv", [{"mobile": secret[r["mobile"]], "age": f"{int(r['age']) // 10 * 10}..{int(r['age']) // 10 * 10 + 10}"} for r in rows])
    got = json.loads(run(net, "open.csv", "good.csv", *args).stdout)
    check(got["changes"] == [] and got["coverage"]["reached"] == got["coverage"]["sensitive"], f"{got['changes']} {got['coverage']}")
    write(net, "thin.csv", [dict(r, age=r["age"] + str(i)) for i, r in enumerate(rows)])
    says = " ".join(json.loads(run(net, "open.csv", "thin.csv", *args).stdout)["changes"])
    check("`hufu mask suggest --k 20` finds levels of the quasi-identifiers that are coarse enough" in says, says)

"""`hufu policy` without a node: the examples of docs/policy.md as they stand there, and what must be refused."""
import json
import os
import random
import re
import subprocess

from hufunet import check

DOC = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "docs", "policy.md")


def blocks():
    with open(DOC, encoding="utf-8") as f:
        text = f.read()
    files = re.findall(r"<!-- (\S+) -->\n```\w+\n(.*?)\n```", text, re.S)
    consoles = re.findall(r"```console\n(.*?)\n```(?:\n\(exit status (\d)\))?", text, re.S)
    return files, consoles


def network(net):
    files, _ = blocks()
    check({name for name, _ in files} >= {"roads.yaml", "requests.jsonl", "odd.yaml", "who.json"}, f"docs/policy.md lost its files: {files}")
    for name, text in files:
        with open(os.path.join(net.dir, name), "w", encoding="utf-8") as f:
            f.write(text + "\n")
    with open(os.path.join(net.dir, "roads.yaml"), encoding="utf-8") as f:
        roads = f.read()
    write(net, "typo.yaml", roads.replace("context.action: read", "context.acton: read", 1))
    write(net, "roads-next.yaml", roads.replace("version: 3", "version: 4").replace("between: [1, 3]", "between: [1, 4]")
          .replace("      subject.role: [dispatcher, commander]\n", "      subject.role: commander\n"))


def write(net, name, text):
    with open(os.path.join(net.dir, name), "w", encoding="utf-8") as f:
        f.write(text)


def run(net, command):
    env = dict(os.environ, PATH=net.bin + os.pathsep + os.environ["PATH"])
    done = subprocess.run(["bash", "-c", "set -o pipefail; " + command], cwd=net.dir, env=env, capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout + done.stderr


def policy(net, *args, status=0):
    code, out = run(net, "hufu policy " + " ".join(args))
    check(code == status, f"hufu policy {args} ended with {code}, not {status}: {out}")
    return out


def masked(text):
    """The hash of a snapshot stands for its rules; it changes with the form of what is hashed, not with what is decided."""
    return re.sub(r'("snapshot":")[0-9a-f]{64}"', r'\1#"', text.strip())


def test_every_command_of_the_document_answers_what_stands_there(net):
    """AZ-68: the decision point is callable alone with a request document"""
    _, consoles = blocks()
    check(len(consoles) >= 7, "docs/policy.md shows fewer commands than it did")
    for block, status in consoles:
        command, shown = block.split("\n", 1)
        code, out = run(net, command[2:])
        check(code == int(status or 0), f"{command} ended with {code}: {out}")
        check(masked(out) == masked(shown), f"{command} says\n{out}\nand not, as docs/policy.md,\n{shown}")


def test_the_json_form_decides_as_the_yaml_form_with_the_same_snapshot(net):
    write(net, "roads.jsonl", policy(net, "convert --policy roads.yaml --form lines"))
    write(net, "again.yaml", policy(net, "convert --policy roads.jsonl"))
    answers = [policy(net, f"decide --policy {p} --requests requests.jsonl", status=1) for p in ("roads.yaml", "roads.jsonl", "again.yaml")]
    check(answers[0] == answers[1] == answers[2], f"the two forms differ: {answers}")


def test_requests_come_from_standard_input_too(net):
    code, out = run(net, "head -n 1 requests.jsonl | hufu policy decide --policy roads.yaml --requests -")
    check(code == 0 and json.loads(out)["decision"] is True, f"{code} {out}")


def test_json_output_of_lint_and_what_if_names_rules_and_lines(net):
    findings = json.loads(policy(net, "lint --policy odd.yaml --json", status=1))["findings"]
    kinds = {(f["kind"], f["rule"]): f for f in findings}
    check(kinds["shadowed", "bridges"]["line"] == 6 and kinds["shadowed", "bridges"]["others"] == [{"rule": "all-roads", "line": 5}],
          f"{findings}")
    change = json.loads(policy(net, "what-if --policy roads.yaml --new roads-next.yaml --json"))
    check((change["gained"], change["lost"], change["other_terms"], change["cut"]) == (2, 2, 0, False), f"{change}")
    same = json.loads(policy(net, "what-if --policy roads.yaml --new roads.yaml --refuse-gains --json"))
    check(same["changes"] == [], f"nothing changes, yet {same}")


def test_what_if_can_refuse_a_change_that_lets_anybody_in(net):
    out = policy(net, "what-if --policy roads.yaml --new roads-next.yaml --refuse-gains", status=1)
    check("\nregions: 2 gained, 2 lost, 0 on other terms\n" in out, out)


def test_what_if_tells_who_gets_data_on_other_terms(net):
    with open(os.path.join(net.dir, "roads.yaml"), encoding="utf-8") as f:
        write(net, "unmasked.yaml", f.read().replace("    obligations:\n      - mask: plan-7\n", ""))
    change = json.loads(policy(net, "what-if --policy roads.yaml --new unmasked.yaml --refuse-gains --json"))
    check((change["gained"], change["lost"]) == (0, 0) and change["other_terms"] >= 1, f"{change}")
    check(all((c["change"], c["rule"], c["before"]) == ("other terms", "planning-bridges", "planning-bridges") for c in change["changes"]),
          f"{change}")


def test_lint_tells_rules_that_are_over_when_it_knows_the_time(net):
    check("expired" not in policy(net, "lint --policy roads.yaml"), "lint read a clock")
    out = policy(net, "lint --policy roads.yaml --now 2026-12-31")
    check("roads.yaml:44: warning: expired: rule planning-bridges: its period ended at 2026-12-31T00:00:00.000Z" in out, out)


def test_pages_of_a_search_join_to_the_whole_and_are_bound_to_their_question(net):
    entities = "".join(json.dumps({"id": f"bridge-{n}", "resource": {
        "id": {"value": f"bridge-{n}", "issuer": "provider"}, "topic": {"value": ["bridges"], "issuer": "provider"},
        "level": {"value": n % 5, "issuer": "provider"}}}) + "\n" for n in range(40))
    write(net, "many.jsonl", entities)
    want = [f"bridge-{n}" for n in range(40) if 1 <= n % 5 <= 3 and n != 17]
    got, token, pages = [], "", 0
    while pages == 0 or token:
        page = json.loads(policy(net, f"search --policy roads.yaml --question question.json --entities many.jsonl --limit 7 --json --token '{token}'"))
        got += [r["id"] for r in page["results"]]
        stale, token, pages = token, page["token"], pages + 1
    check(got == want and pages > 3, f"{pages} pages found {got}, not {want}")
    write(net, "more.jsonl", entities + json.dumps({"id": "x"}) + "\n")
    for changed in ("--question question.json --entities more.jsonl --policy roads.yaml",
                    "--question question.json --entities many.jsonl --policy roads-next.yaml",
                    "--question who.json --entities many.jsonl --policy roads.yaml"):
        out = policy(net, f"search {changed} --limit 7 --token '{stale}'", status=1)
        check("the page token belongs to another question, or rules or entries have changed since; begin the search again" in out, out)


def test_a_search_for_those_who_may_read_a_resource_finds_them_all(net):
    with open(os.path.join(net.dir, "question.json"), encoding="utf-8") as f:
        question = {k: v for k, v in json.load(f).items() if k not in ("subject", "system")}
    with open(os.path.join(net.dir, "resources.jsonl"), encoding="utf-8") as f:
        resources = {r["id"]: r["resource"] for r in map(json.loads, f)}
    for resource, want in (("bridge-9", ["dispatcher Lin", "commander Gao"]), ("bridge-17", []), ("tunnel-2", [])):
        write(net, "asked.json", json.dumps(dict(question, resource=resources[resource])) + "\n")
        page = json.loads(policy(net, "search --policy roads.yaml --question asked.json --entities askers.jsonl --json"))
        check([r["id"] for r in page["results"]] == want, f"{resource}: {page}")


def test_what_is_wrong_with_the_files_is_said_with_its_place(net):
    write(net, "half.json", '{"time": "2026-11-22T08:00:00Z"}\n{"time": "2026-11-22T08:00:00Z"}\n')
    write(net, "broken.jsonl", '{"id": "a"}\n{"id": "a"}\n')
    for args, text in (
            ("decide --policy none.yaml --requests requests.jsonl", "none.yaml"),
            ("decide --policy roads.yaml --requests none.jsonl", "none.jsonl"),
            ("lint --policy requests.jsonl", "requests.jsonl:1: a line is not an object with exactly one section"),
            ("search --policy roads.yaml --question half.json --entities resources.jsonl", "half.json holds 2 requests; it must hold one"),
            ("search --policy roads.yaml --question question.json --entities broken.jsonl",
             "broken.jsonl:2: the id 'a' stands twice; give each entity its own"),
            ("what-if --policy roads.yaml --new odd.yaml", "the two policies declare the attribute")):
        out = policy(net, args, status=1)
        check(text in out, f"{args}: {out}")
    for args, text in (("decide --policy roads.yaml", "--requests FILE is missing"), ("lint", "--policy FILE is missing"),
                       ("lint --policy roads.yaml --now soon", "--now is 'soon'"), ("what-if --policy roads.yaml", "--new FILE is missing"),
                       ("convert --policy roads.yaml --form xml", "--form is 'xml'")):
        out = policy(net, args, status=2)
        check(text in out, f"{args}: {out}")


def test_a_file_that_is_damaged_anywhere_is_refused_with_the_place_or_is_another_policy(net):
    """One byte changed: refused with its place, or (a name, a number, a comment) another policy with another hash; never a crash."""
    with open(os.path.join(net.dir, "roads.yaml"), encoding="utf-8") as f:
        text = f.read()
    write(net, "sound.jsonl", policy(net, "convert --policy roads.yaml --form lines"))
    with open(os.path.join(net.dir, "sound.jsonl"), encoding="utf-8") as f:
        sound = f.read()
    seed = int(os.environ.get("HUFU_SEED", "1"))
    chance = random.Random(seed)
    refused = 0
    for _ in range(60):
        at = chance.randrange(len(text))
        write(net, "damaged.yaml", text[:at] + chance.choice("\x01{}[]:-,#&*!'\"x1 \n") + text[at + 1:])
        code, out = run(net, "hufu policy convert --policy damaged.yaml --form lines")
        check(code in (0, 1), f"seed {seed}, byte {at}: ended with {code}: {out}")
        if code == 1:
            refused += 1
            check(re.match(r"hufu: damaged\.yaml:\d+: ", out), f"seed {seed}, byte {at}: no place is named: {out}")
    check(refused > 10, f"seed {seed}: only {refused} of 60 were refused")
    check(policy(net, "convert --policy sound.jsonl --form lines") == sound, "the sound file changed")


def test_a_pipe_is_read_once_for_both_policies_and_for_one_file_only(net):
    """A pipe gives what it holds only once: what-if has to put the same requests to both policies all the same."""
    args = "what-if --policy roads.yaml --new roads-next.yaml --json --requests"
    write(net, "asked.jsonl", json.dumps({"time": "2026-11-22T08:00:00Z"}) + "\n")
    code, out = run(net, f"cat asked.jsonl | hufu policy {args} -")
    check(code == 0 and json.loads(out) == json.loads(policy(net, args, "asked.jsonl")) and json.loads(out)["asked"] == 1, f"{code} {out}")
    known = "--askers askers.jsonl --resources resources.jsonl"
    args = "what-if --policy roads.yaml --new roads-next.yaml --json " + known + " --question"
    code, out = run(net, f"cat question.json | hufu policy {args} -")
    check(code == 0 and json.loads(out) == json.loads(policy(net, args, "question.json")), f"{code} {out}")
    for twice in ("search --policy roads.yaml --question - --entities -",
                  "what-if --policy roads.yaml --new roads-next.yaml --requests - --question - " + known):
        out = policy(net, twice, status=2)
        check("standard input (-) is named for 2 files" in out, f"{twice}: {out}")


def test_a_line_with_a_long_chinese_name_is_answered_and_the_next_ones_too(net):
    """Messages name what is wrong by its first bytes; half a character must not swallow the answers behind it."""
    for pad in ("", "a", "aa"):
        name = pad + "桥" * 400
        lines = [{name: 1}, {"subject": {name: 1}}, {"id": name}, {"time": name}, {"mechanisms": [name]}, {"time": "2026-11-22T08:00:00Z"}]
        write(net, "names.jsonl", "".join(json.dumps(o, ensure_ascii=False) + "\n" for o in lines))
        answers = [json.loads(a) for a in policy(net, "decide --policy roads.yaml --requests names.jsonl", status=1).splitlines()]
        check(len(answers) == len(lines), f"{len(answers)} answers to {len(lines)} lines: {answers}")
        write(net, "names.yaml", f"policy:\n  name: x\n  version: 1\n{name[:100]}: 1\n")
        out = json.loads(policy(net, "lint --policy names.yaml --json", status=1))
        check("there is no section '" + pad + "桥" in out["error"]["text"], f"{out}")


def test_an_argument_that_is_no_text_is_refused_and_not_left_out(net):
    for args in ("lint --policy $'\\xff'", "search --policy roads.yaml --question question.json --entities resources.jsonl --token $'\\xff'"):
        code, out = run(net, f"hufu policy {args} --json")
        check(code == 2 and "is not UTF-8 text" in json.loads(out)["error"]["text"], f"{args}: {code} {out}")


def test_an_answer_that_cannot_be_written_is_not_called_done(net):
    for args in ("convert --policy roads.yaml", "schema --words", "what-if --policy roads.yaml --new roads.yaml",
                 "search --policy roads.yaml --question question.json --entities resources.jsonl", "lint --policy roads.yaml"):
        code, out = run(net, f"hufu policy {args} >/dev/full")
        check(code == 1 and "cannot be written" in out, f"{args}: {code} {out}")

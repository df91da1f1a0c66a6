"""Masking plans that a node keeps, and the tasks that run by them: one real node."""
import hashlib
import os

from hufunet import check

PLAN = """masking-plan: 1
name: NAME
version: VERSION
need: research into congestion
purpose: research
mode: static
people: {operator: ma, security: song, audit: shen}
scope: {group: tolls, consumer: university, epoch: 1}
schedule: by hand
result: {rows-least: 1, rows-most: 1000000, unreadable-most: 0}
relations: []
tables:
  passages:
    fields:
      plate: {technique: mask, keep-first: 2}
      time: {technique: daterd, unit: minute, every: 15}
      fee: {technique: round, step: 5}
      lane: keep
emergency:
  source: {cause: no file, solution: call the owner, who: ma}
  format: {cause: bad row, solution: mend it, who: ma}
  key: {cause: no key, solution: ask for it, who: song}
  result: {cause: check failed, solution: do not release, who: song}
  space: {cause: disk full, solution: make room, who: ma}
"""
PEOPLE = {"yang": ("杨帆 T-1", ["masking-operator"]), "ma": ("马超 T-2", ["masking-operator"]), "song": ("宋玉 T-3", ["security-administrator"]),
          "shen": ("沈清 T-4", ["audit-administrator"]), "wang": ("王建国 T-5", ["publisher"])}


def network(net):
    """The others are members that are away: masking is a matter of one node."""
    for n, id in enumerate(("transport", "insurer", "manager")):
        net.node(id, id, f"{net.prefix}.46.{n + 1}", organization=f"cn.{id}", roles=["provider"])
    net.found()
    net.nodes["transport"].start()
    net.nodes["transport"].staff(PEOPLE)


def write(net, name, text):
    path = os.path.join(net.dir, name)
    with open(path, "w", encoding="utf-8", newline="") as f:
        f.write(text)
    return path


def plan(net, name, version=1, change=lambda text: text):
    return write(net, f"{name}.yaml", change(PLAN.replace("NAME", name).replace("VERSION", str(version))))


def test_a_plan_is_put_by_one_person_and_approved_by_another(net):
    """MK-37, MK-28: what was approved is the digest of the file's bytes, and each step is an entry of the ledger"""
    t = net.nodes["transport"]
    path = plan(net, "kept")
    shown = t.hufu("release", "plan", "put", path, as_="yang")
    with open(path, "rb") as f:
        check(shown["digest"] == hashlib.sha256(f.read()).hexdigest(), f"the digest of the file: {shown}")
    check((shown["state"], shown["mode"]) == ("proposed", "static"), str(shown))
    r = t.refused("release", "plan", "approve", "kept", as_="yang")
    check(r.reason == "permission", f"who puts plans does not approve them: {r.text}")
    r = t.refused("release", "plan", "put", path, as_="song")
    check(r.reason == "permission", f"and the other way round: {r.text}")
    t.hufu("release", "plan", "approve", "kept", as_="song")
    r = t.refused("release", "plan", "put", path, as_="yang")
    check(r.reason == "exists" and "above 1" in r.text, r.text)
    kept = t.hufu("release", "plan", "show", "kept", as_="shen")
    check((kept["state"], kept["put_by"], kept["decided_by"]) == ("approved", "yang", "song"), str(kept))
    with open(path, encoding="utf-8") as f:
        check(kept["plan"] == f.read(), "the text is the file's")
    entries = [e for e in t.hufu("ledger", "tail", "--count", "40", as_="shen")["entries"] if e.get("event") == "mask-plan"]
    check([e["fields"]["digest"] for e in entries if e["outcome"] == "ok"] == [kept["digest"]] * 2, f"put and approved: {entries}")

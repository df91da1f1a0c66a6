"""What the tests of masking in the node share: one node with the people for it, a plan, tables of toll passages."""
import csv
import hashlib
import json
import os
import random

import workflow
from hufunet import check, wait_until

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


def one_node(net, subnet):
    """The others are members that are away: masking is a matter of one node."""
    for n, id in enumerate(("transport", "insurer", "manager")):
        net.node(id, id, f"{net.prefix}.{subnet}.{n + 1}", organization=f"cn.{id}", roles=["provider"])
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


FIELDS = {"plate": "cn.plate", "time": None, "fee": None, "lane": None, "id": None}


def confirmed(net):
    """What `hufu mask identify` and `hufu mask confirm` leave: here by hand, so that the plan's table is not the file's name."""
    places = [{"table": "passages", "field": f, "type": t, "class": "personal" if t else "none", "level": 3 if t else 1,
               "technique": "fpe" if t else None, "confidence": 1.0, "state": "confirmed", "by": "song"} for f, t in FIELDS.items()]
    return write(net, "map.json", json.dumps({"hufu-masking-inventory": 1, "locations": places, "relations": []}))


def passages(net, name, rows):
    r = random.Random(7)
    path = os.path.join(net.dir, name)
    with open(path, "w", encoding="utf-8", newline="") as f:
        w = csv.writer(f)
        w.writerow(FIELDS)
        for n in range(rows):
            w.writerow([f"粤B{r.randrange(100000):05}", f"2026-03-01 08:{r.randrange(60):02}:{r.randrange(60):02}", str(r.randrange(100)),
                        str(r.randrange(4)), str(n)])
    return path


def digest(path):
    with open(path, "rb") as f:
        return hashlib.sha256(f.read()).hexdigest()


def approved(net, name, change=lambda text: text, version=1, more=None):
    """more: instead of the inventory."""
    t = net.nodes["transport"]
    path = plan(net, name, version, lambda text: change(text.replace("      lane: keep\n", "      lane: keep\n      id: keep\n")
                                                        .replace("{technique: mask, keep-first: 2}", "{technique: fpe, type: cn.plate}")))
    t.hufu("release", "plan", "put", path, *(["--inventory", confirmed(net)] if more is None else more), as_="yang")
    t.hufu("release", "plan", "approve", name, as_="song")


def source(net, name, rows):
    path = passages(net, name + ".csv", rows)
    workflow.source(net.nodes["transport"], "wang", name, path, by="song", kinds=FIELDS)
    return path


def task(net, id):
    return net.nodes["transport"].hufu("release", "show", id, as_="ma")


def begin(net, plan_name, source_name, result, *more):
    return net.nodes["transport"].hufu("release", "run", plan_name, source_name, "--output", os.path.join(net.dir, result + ".csv"), "--register", result,
                                       *more, as_="ma")

"""A table of toll passages with the people in them, made from a seed: names, resident IDs, mobiles, plates and cards with valid check digits.

No real person, vehicle or account: each number is drawn, and its check digits are computed (GB 11643, Luhn, GA 36).
"""
import csv
import datetime
import random

HEADER = ["passage", "time", "gantry", "name", "resident_id", "mobile", "plate", "card", "class", "fee"]
KINDS = {"name": "person.name", "resident_id": "cn.resident-id", "mobile": "cn.mobile", "plate": "cn.plate", "card": "cn.bank-card"}
SURNAMES, GIVEN = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗", "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰"
REGIONS = ("110101", "310104", "320106", "330102", "370102", "410105", "440305", "510104")
PROVINCES, LETTERS = "京沪苏浙鲁豫粤川", "ABCDEFGHJKLMNPQRSTUVWXYZ"
BINS = ("622202", "621700", "622848", "623058")


def resident_id(r):
    born = datetime.date(1950, 1, 1) + datetime.timedelta(days=r.randrange(20000))
    body = r.choice(REGIONS) + born.strftime("%Y%m%d") + f"{r.randrange(1000):03}"
    return body + "10X98765432"[sum(int(d) * w for d, w in zip(body, (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2))) % 11]


def luhn(body):
    total = sum(d if i % 2 else d * 2 - 9 * (d > 4) for i, d in enumerate(int(c) for c in reversed(body)))
    return body + str(-total % 10)


def person(r):
    return (r.choice(SURNAMES) + "".join(r.choice(GIVEN) for _ in range(r.randrange(1, 3))), resident_id(r),
            f"1{r.choice('3456789')}{r.randrange(10 ** 9):09}", r.choice(PROVINCES) + r.choice(LETTERS) + f"{r.randrange(10 ** 5):05}",
            luhn(r.choice(BINS) + f"{r.randrange(10 ** 9):09}"))


def write(path, rows, seed, people=4000):
    """The people, so that whoever looks for them knows what to look for."""
    r = random.Random(seed)
    all_people = [person(r) for _ in range(people)]
    start = datetime.datetime(2026, 3, 1)
    with open(path, "w", encoding="utf-8", newline="") as f:
        out = csv.writer(f, lineterminator="\n")
        out.writerow(HEADER)
        for i in range(rows):
            time = start + datetime.timedelta(seconds=i * 2 + r.randrange(2))
            out.writerow([f"{i + 1:08}", time.strftime("%Y-%m-%d %H:%M:%S"), f"G{r.randrange(8):04}", *r.choice(all_people), r.randrange(1, 5),
                          r.randrange(100, 9900)])
    return all_people


def plan(name, version, operator, security, audit, change=lambda text: text):
    """The masking plan for a delivery of that table: pseudonyms that pass the same checks, times and fees on a grid."""
    return change(f"""masking-plan: 1
name: {name}
version: {version}
need: research into congestion
purpose: research
mode: dynamic
people: {{operator: {operator}, security: {security}, audit: {audit}}}
scope: {{group: passages, epoch: 1}}
schedule: by hand
result: {{rows-least: 1, rows-most: 100000000, unreadable-most: 0}}
relations: []
tables:
  passages:
    fields:
      passage: keep
      time: {{technique: daterd, unit: minute, every: 15}}
      gantry: keep
      name: {{technique: mask, keep-first: 1}}
      resident_id: {{technique: fpe, type: cn.resident-id}}
      mobile: {{technique: fpe, type: cn.mobile}}
      plate: {{technique: fpe, type: cn.plate}}
      card: {{technique: fpe, type: cn.bank-card}}
      class: keep
      fee: {{technique: round, step: 500}}
emergency:
  source: {{cause: no file, solution: call the owner, who: {operator}}}
  format: {{cause: bad row, solution: mend it, who: {operator}}}
  key: {{cause: no key, solution: ask for it, who: {security}}}
  result: {{cause: check failed, solution: do not release, who: {security}}}
  space: {{cause: disk full, solution: make room, who: {operator}}}
""")

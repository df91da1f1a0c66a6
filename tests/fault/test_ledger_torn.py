"""A torn, cut or altered tail of each file of a killed node: it goes on with everything, or refuses by name; never silently."""
import os
import subprocess

from common import *
from ledger_crash import *

PAGE = 4096
ROUNDS, ROUNDS_FULL = 40, 1000


def killed(net, draw):
    """A place whose processes were killed while they wrote."""
    place = Place(net, "torn-base")
    place.must_be_whole("a new place")
    with subprocess.Popen(place.command(), stdout=subprocess.DEVNULL) as p:
        goal = os.path.getsize(place.book) + 4000 + draw.randrange(20000)
        try:
            wait_until(lambda: os.path.getsize(place.book) >= goal or p.poll() is not None, "the writer to write", 60, 0.0005)
        finally:
            p.kill()
    return place


def harm(path, draw, unit):
    """Cuts, empties or garbles up to 32 units at the end of a file; returns what was done."""
    size = os.path.getsize(path)
    units = (size + unit - 1) // unit
    n = min(units, 1 << draw.randrange(6))
    at = (units - n) * unit
    how = draw.choice(["cut", "zeros", "garbage", "half"])
    with open(path, "r+b") as f:
        if how == "cut":
            f.truncate(at)
        elif how == "half":
            for p in range(at, size, unit):
                f.seek(min(size, p + unit // 2))
                f.write(bytes(max(0, min(size, p + unit) - f.tell())))
        else:
            f.seek(at)
            f.write(bytes(size - at) if how == "zeros" else draw.randbytes(size - at))
    return f"{how} of the last {n} of {units}"


def outcome(place, what, names):
    """Either everything is there, or the start is refused with a sentence about the file, or about what is missing."""
    status, text = place.run("--rounds", "2")
    if status == 0 and text == "whole":
        return "whole"
    check(status == 3 and text.startswith("refused: ") and ";" in text, f"{what}: status {status}, {text}")
    check(any(n in text for n in names), f"{what}: the refusal does not say what is damaged: {text}")
    return "refused"


def campaign(net, name, unit, names, head):
    """Each round from the same killed place; in the last one all behind so many bytes is gone."""
    seed, draw = seed_of("torn " + name)
    base, place = killed(net, draw), Place(net, "torn")
    count = {"whole": 0, "refused": 0}
    for n in range(ROUNDS_FULL // 4 if net.full else ROUNDS // 4):
        place.copy(base)
        done = harm(place.path(name), draw, unit)
        count[outcome(place, f"{name} (seed {seed}, round {n}): {done}", names)] += 1
    print(f"     {name}: {count['whole']} went on with everything, {count['refused']} refused (seed {seed})", flush=True)
    place.copy(base)
    with open(place.path(name), "r+b") as f:
        f.seek(head)
        f.write(bytes(os.path.getsize(place.path(name)) - head))
    check(outcome(place, f"{name} (seed {seed}): nothing left", names) == "refused", "what is lost as a whole is refused")
    base.must_be_whole("what was not harmed")
    base.empty()
    place.empty()


def test_a_torn_tail_of_the_store(net):
    """SB-58"""
    campaign(net, "state/data.mdb", PAGE, ["data.mdb is damaged", "the ledger", "ledger entry", "this ledger has signed"], 2 * PAGE)


def test_a_torn_last_signed(net):
    """SB-58: of two slots one is enough, of none it is not known what was signed"""
    campaign(net, "ledger/last-signed", 512, ["ledger/last-signed is damaged"], 0)


def test_a_torn_file_of_own_slots(net):
    """SB-58: private fields of acknowledged entries open"""
    campaign(net, "ledger/slots-own", 32, ["ledger/slots-own is"], 32)


def test_a_torn_file_of_received_slots(net):
    """SB-58"""
    campaign(net, "ledger/slots-copies", 32, ["ledger/slots-copies is"], 32)


def test_who_has_lost_slots_for_good_can_go_on(net):
    """the way out that the refusal names"""
    _, draw = seed_of("lost slots")
    place = killed(net, draw)
    with open(place.path("ledger/slots-copies"), "r+b") as f:
        f.truncate(32)
    status, text = place.run("--rounds", "1")
    check(status == 3 and "slots-copies" in text and "slots-lost" in text, f"{status} {text}")
    open(place.path("ledger/slots-lost"), "w", encoding="ascii").close()
    status, text = place.run("--rounds", "1")
    check(status == 1 and "was acknowledged and cannot be read" in text, f"it starts, and those openings are gone: {status} {text}")
    place.empty()

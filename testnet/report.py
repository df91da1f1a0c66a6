"""The report folder of testnet/run: what a run writes into it, and what the next run may remove from it again.

Nothing is ever removed that a run did not write: a folder with other things in it is refused.
"""
import json
import os
import shutil

from hufunet import Failed
from organizations import LEADING, ORGANIZATIONS

NAME = "report.json"
MADE_BY = "testnet/run"
FILES = [NAME, NAME + ".new", "root.key", "exchange.tally"] + [f"{id}.log" for id in [*ORGANIZATIONS, *LEADING]]


class Report:
    def __init__(self, folder):
        self.dir = os.path.abspath(folder)
        self.data = {"made_by": MADE_BY, "result": "not finished", "steps": [], "figures": {}, "transactions": {}}

    def path(self, *names):
        return os.path.join(self.dir, *names)

    def open(self):
        """Makes the folder, or takes the one that an earlier run left."""
        if os.path.lexists(self.dir) and not os.path.isdir(self.dir):
            raise Failed(f"{self.dir} is not a folder; choose another with --report DIR")
        if os.path.isdir(self.dir) and os.listdir(self.dir):
            self.clear()
        os.makedirs(self.dir, exist_ok=True)
        self.write()

    def clear(self):
        if not self.is_ours():
            raise Failed(f"the folder {self.dir} holds other things than a report of testnet/run; choose an empty or new one with --report DIR")
        for name in FILES:
            if os.path.lexists(self.path(name)):
                os.unlink(self.path(name))
        ledgers = self.path("ledgers")
        if os.path.isdir(ledgers) and not os.path.islink(ledgers):
            for id in ORGANIZATIONS:
                shutil.rmtree(os.path.join(ledgers, id), ignore_errors=True)

    def is_ours(self):
        try:
            with open(self.path(NAME), encoding="utf-8") as f:
                data = json.load(f)
        except (OSError, ValueError):
            return False
        return isinstance(data, dict) and data.get("made_by") == MADE_BY

    def write(self):
        """Whole or not at all, so that a run that is stopped meanwhile leaves a folder which the next one knows."""
        with open(self.path(NAME + ".new"), "w", encoding="utf-8") as f:
            json.dump(self.data, f, ensure_ascii=False, indent=2)
        os.replace(self.path(NAME + ".new"), self.path(NAME))

    def keep_logs(self, net):
        for n in net.nodes.values():
            if os.path.exists(n.log):
                shutil.copy(n.log, self.path(f"{n.id}.log"))

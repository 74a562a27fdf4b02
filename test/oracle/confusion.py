"""How the decisions stand against labels: base rate, confusion table, precision and recall, overall and per scenario."""

import csv
import gzip
from collections import defaultdict


class Confusion:
    """Labels by transaction id; a payment is *flagged* when its outcome is not approve."""

    def __init__(self, path):
        opener = gzip.open if path.endswith(".gz") else open
        with opener(path, "rt", encoding="utf-8", newline="") as file:
            self.labels = {
                row["transaction_id"]: (row["is_fraud"].strip().lower() in ("1", "true"), row.get("scenario") or "")
                for row in csv.DictReader(file)
            }
        self.decided = set()
        self.unlabelled = 0
        self.cells = defaultdict(lambda: [0, 0, 0, 0])  # scenario -> flagged fraud, flagged clean, passed fraud, passed clean

    def decision(self, transaction_id, outcome):
        label = self.labels.get(transaction_id)
        if label is None:
            self.unlabelled += 1
            return
        self.decided.add(transaction_id)
        fraud, scenario = label
        self.cells[scenario][(0 if outcome != "approve" else 2) + (0 if fraud else 1)] += 1

    def print(self):
        total = [sum(column) for column in zip(*self.cells.values(), strict=True)] if self.cells else [0, 0, 0, 0]
        print(f"labels: {len(self.labels)}, without a decision: {len(self.labels) - len(self.decided)}")
        print(f"decisions without a label: {self.unlabelled}")
        print(f"{'scenario':<24}{'payments':>10}{'base rate':>11}{'caught':>9}{'missed':>9}{'false':>9}{'clean':>9}{'precision':>11}{'recall':>9}")
        for scenario, cells in sorted(self.cells.items()):
            if scenario:
                self._line(scenario, cells)
        self._line("all", total)
        return sum(total)

    @staticmethod
    def _line(name, cells):
        caught, false, missed, clean = cells
        payments = sum(cells)
        print(
            f"{name:<24}{payments:>10}{_ratio(caught + missed, payments):>11}{caught:>9}{missed:>9}{false:>9}{clean:>9}"
            f"{_ratio(caught, caught + false):>11}{_ratio(caught, caught + missed):>9}"
        )


def _ratio(part, whole):
    return f"{100 * part / whole:.3f}%" if whole else "-"

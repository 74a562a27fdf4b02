"""Record by record: what the fold says must stand beside each input offset, against what the output topics hold."""

from collections import Counter
from operator import itemgetter

import cards
from dump import INPUT, OUTPUTS
from fold import Partition
from state import FOREVER

FIELD_CHECKS = {
    "payment fields": (
        "decision_id", "transaction_id", "idempotency_key", "event_time", "sender_account_id", "receiver_account_id",
        "amount_minor", "currency", "kind", "channel", "merchant_id", "merchant_category", "terminal_id", "region", "latitude",
        "longitude", "device_id", "memo",
    ),
    "masked forms": (
        "mask_key_id", "card_masked", "expiry_masked", "cvv_masked", "cardholder_name_masked", "email_masked", "ip_masked",
    ),
    "coordinates": (
        "input_topic", "input_partition", "input_offset", "append_time", "payment_schema_id", "semantics_version", "rule_version",
    ),
    "velocity": (
        "velocity_count", "velocity_5m_count", "is_velocity_fraud", "velocity_fraud_peers", "severity", "late", "saturated",
        "devices_1h", "regions_1h",
    ),
    "excused": ("excused",),
    "fraud_count": ("fraud_count",),
    "baseline": ("baseline_payments",),
    "score": ("fraud_score", "reasons", "not_evaluated"),
    "outcome": ("outcome", "decided_by", "actions"),
}  # fmt: skip
"""Check -> the fields of a decision that it compares; every decision counts once in each."""

TOKENS = ("card_token", "cardholder_name_token", "email_token", "ip_token")
OTHER_CHECKS = (
    "dispositions", "order", "decided", "tokens", "maskings", "redacted texts", "dead letters", "duplicates", "alerts", "actions",
    "resolutions", "shadow verdicts", "control records",
)  # fmt: skip
DECISION_CHECKS = ("decided", *FIELD_CHECKS)
ALWAYS_NEEDED = ("dispositions", "order", *DECISION_CHECKS)

_FIELDS = tuple(field for fields in FIELD_CHECKS.values() for field in fields) + TOKENS
_values = itemgetter(*_FIELDS)
_CHECK_OF = {field: check for check, fields in FIELD_CHECKS.items() for field in fields} | dict.fromkeys(TOKENS, "tokens")


class Report:
    """How many items each check compared, and its differences as (where, what, expected, got)."""

    def __init__(self):
        self.compared = Counter(dict.fromkeys((*OTHER_CHECKS, *FIELD_CHECKS), 0))
        self.differences = {}
        self.failed = Counter()
        self.dispositions, self.reasons, self.features = Counter(), Counter(), Counter()

    def differ(self, check, where, what, expected, got):
        self.failed[check] += 1
        self.differences.setdefault(check, [])
        if len(self.differences[check]) < 5:
            self.differences[check].append((where, what, expected, got))


class Outputs:
    """The outputs of one partition by input offset. `payments.decided` is read as it goes; the others are small enough to hold.

    An output record stands in the partition of its input and in the order of its inputs (X1).
    """

    def __init__(self, dump, number, report):
        self.number, self.report = number, report
        self.decided = dump.output("payments.decided", number)
        self.waiting = next(self.decided, None)
        self.rest, self.latest = {}, {}
        for topic in OUTPUTS:
            if topic != "payments.decided":
                for offset, _, record in dump.output(topic, number):
                    self._ordered(topic, offset, record)
                    self.rest.setdefault(record["input_offset"], {}).setdefault(topic, []).append(record)

    def _ordered(self, topic, offset, record):
        self.report.compared["order"] += 1
        where = f"{topic}-{self.number}@{offset}"
        if record["input_partition"] != self.number:
            self.report.differ("order", where, "input_partition", self.number, record["input_partition"])
        if record["input_offset"] < self.latest.get(topic, -1):
            self.report.differ("order", where, "input_offset", f"at least {self.latest[topic]}", record["input_offset"])
        self.latest[topic] = record["input_offset"]

    def of(self, input_offset):
        """Everything written for one input offset, as topic -> records; decisions and resolutions apart."""
        found = self.rest.pop(input_offset, {})
        while self.waiting is not None and self.waiting[2]["input_offset"] <= input_offset:
            offset, name, record = self.waiting
            self._ordered("payments.decided", offset, record)
            if record["input_offset"] < input_offset:
                self._invented(f"payments.decided-{self.number}@{offset}", record)
            else:
                found.setdefault(name, []).append(record)
            self.waiting = next(self.decided, None)
        return found

    def _invented(self, where, record):
        self.report.differ("dispositions", where, "output for no such input, or out of order", None, record["input_offset"])

    def close(self):
        """What no input asked for."""
        for input_offset, topics in self.rest.items():
            for topic, records in topics.items():
                self._invented(f"{topic} (partition {self.number})", {"input_offset": input_offset, "n": len(records)})
        while self.waiting is not None:
            self._invented(f"payments.decided-{self.number}@{self.waiting[0]}", self.waiting[2])
            self.waiting = next(self.decided, None)


def compare(dump, fold, report, on_decision, on_state=None):
    """Folds every partition and compares; `on_decision(transaction_id, outcome)` is told each decision that was read.

    `on_state(partition, offset)` is shown the state before the input record at each offset, and behind the last one with infinity.
    """
    for number in range(dump.partitions):
        partition, outputs, before = Partition(number, fold), Outputs(dump, number, report), -1
        for offset, append_time, key, value in dump.records(INPUT, number):
            where = f"{INPUT}-{number}@{offset}"
            if offset <= before:
                report.differ("order", where, "input offset", f"above {before}", offset)
            before = offset
            if on_state:
                on_state(partition, offset)
            expected = partition.record(offset, append_time, key, value)
            got = outputs.of(offset)
            _compare_offset(report, where, expected, got, value)
            for decision in got.get("decision", ()):
                on_decision(decision["transaction_id"], decision["outcome"])
        if on_state:
            on_state(partition, FOREVER)
        outputs.close()


def _compare_offset(report, where, expected, got, value):
    report.compared["dispositions"] += 1
    report.dispositions[expected.disposition] += 1
    wanted = (expected.decision is not None, expected.dead_letter is not None, expected.duplicate is not None)
    found = tuple(len(got.get(kind, ())) for kind in ("decision", "payments.dlq", "payments.duplicates"))
    if wanted != found:
        names = ("decisions", "dead letters", "duplicates")
        shown = expected.disposition if expected.dead_letter is None else f"{expected.disposition} {expected.dead_letter['reason']}"
        seen = {name: count for name, count in zip(names, found, strict=True) if count}
        if found[1]:
            seen["reasons"] = [letter["reason"] for letter in got["payments.dlq"]]
        report.differ("dispositions", where, "disposition", shown, seen or "nothing")
    elif wanted[0]:
        _compare_decision(report, where, expected, got["decision"][0], value)
    elif wanted[1]:
        report.reasons[expected.dead_letter["reason"]] += 1
        _compare_lists(report, "dead letters", where, [expected.dead_letter], got["payments.dlq"])
    elif wanted[2]:
        _compare_lists(report, "duplicates", where, [expected.duplicate], got["payments.duplicates"])
    if expected.disposition.startswith("control"):
        report.compared["control records"] += 1
    for check, topic, records in (
        ("alerts", "fraud.alerts", expected.alerts),
        ("actions", "fraud.actions", expected.actions),
        ("resolutions", "resolution", expected.resolutions),
        ("shadow verdicts", "shadow-verdict", expected.shadow_verdicts),
    ):
        if records or topic in got:
            _compare_lists(report, check, where, records, got.get(topic, ()))


def _compare_lists(report, check, where, expected, got):
    """Same number, same order, and every expected field equal."""
    report.compared[check] += len(expected)
    if len(expected) != len(got):
        report.differ(check, where, "number", len(expected), len(got))
        return
    for wanted, found in zip(expected, got, strict=True):
        for field, one in wanted.items():
            if found[field] != one:
                report.differ(check, where, field, one, found[field])


def _compare_decision(report, where, expected, got, value):
    want = expected.decision
    for check in DECISION_CHECKS:
        report.compared[check] += 1
    report.compared["tokens"] += expected.tokens
    for field in expected.redacted:
        report.compared["redacted texts"] += 1
        if cards.find(got[field]):
            report.differ("redacted texts", where, field, "no card number", "one (not shown)")
        want[field] = got[field]  # only counted: the text of a redaction is the product's own
    if want["maskings"] or got["maskings"]:
        _compare_maskings(report, where, want, expected.redacted, got["maskings"])
    if _values(want) != _values(got):
        for field in _FIELDS:
            if want[field] != got[field]:
                report.differ(_CHECK_OF[field], where, field, want[field], got[field])
    for feature in ("is_velocity_fraud", "late", "saturated", "excused"):
        if want[feature]:
            report.features[feature] += 1
    report.features[want["outcome"]] += 1


def _compare_maskings(report, where, want, redacted, maskings):
    """Those of personal data exactly, in order; those of free text where this plain scan found a number too."""
    report.compared["maskings"] += 1
    personal = [m for m in maskings if m["rule"] != "REDACTED"]
    if personal != want["maskings"]:
        report.differ("maskings", where, "maskings", want["maskings"], personal)
    texts = {m["field"] for m in maskings if m["rule"] == "REDACTED"}
    if not texts <= set(redacted):
        report.differ("maskings", where, "redacted", list(redacted), sorted(texts))

"""What the oracle's own tests need: a tiny Avro encoder, payments with defaults, a partition, and whole dumps."""

import json
import os
import struct

from dump import OUTPUTS
from fold import Fold, Partition

HERE = os.path.dirname(os.path.abspath(__file__))
SCHEMA_DIR = os.path.join(HERE, "..", "..", "schemas")
SCHEMAS = {
    1: "payment-submitted", 2: "control-record", 3: "decision", 4: "resolution", 5: "dead-letter", 7: "action",
    8: "duplicate", 12: "shadow-verdict", 15: "alert",
}  # fmt: skip
KEYS = [{"id": "k1", "hex": "00" * 31 + "01"}, {"id": "k2", "hex": "00" * 31 + "02"}]
SIGNERS = [{"id": "api", "kinds": ["CHALLENGE_*"]}, {"id": "board", "kinds": ["REVIEW_*", "ACCOUNT_*"]}, {"id": "admin", "kinds": ["*"]}]
T0 = 1_767_258_000_000
"""2026-01-01T09:00:00Z: not at night, so that NIGHT adds nothing."""


def rules():
    with open(os.path.join(HERE, "rules-default.json"), encoding="utf-8") as file:
        return json.load(file)


def in_shadow(*names):
    """The default rule set with these signals in shadow."""
    raw = rules()
    for name in names:
        raw["signals"][name]["shadow"] = True
    return raw


def _load(name):
    with open(os.path.join(SCHEMA_DIR, f"{name}.avsc"), encoding="utf-8") as file:
        return json.load(file)


_schemas = {}


def schema(name):
    if name not in _schemas:
        _schemas[name] = _load(name)
    return _schemas[name]


def varint(number):
    number = (number << 1) ^ (number >> 63)
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)


def encode(kind, value, named):
    """One datum; fields that a record's dict leaves out get their default, or what is nothing in their type."""
    if isinstance(kind, str) and kind in named:
        kind = named[kind]
    if isinstance(kind, list):
        return b"\0" if value is None else b"\2" + encode(kind[1], value, named)
    name = kind if isinstance(kind, str) else kind["type"]
    if name in ("record", "enum"):
        named[kind["name"]] = kind
    if name == "record":
        return b"".join(encode(f["type"], value.get(f["name"], _nothing(f, named)), named) for f in kind["fields"])
    if name == "enum":
        return varint(kind["symbols"].index(value))
    if name == "array":
        items = b"".join(encode(kind["items"], item, named) for item in value)
        if not value:
            _learn(kind["items"], named)
        return (varint(len(value)) + items if value else b"") + b"\0"
    if name in ("int", "long"):
        return varint(value)
    if name == "boolean":
        return b"\1" if value else b"\0"
    if name == "double":
        return struct.pack("<d", value)
    data = value.encode("utf-8", "surrogateescape") if isinstance(value, str) else value
    return varint(len(data)) + data


def _learn(kind, named):
    """Names the types within an array that has no item."""
    if isinstance(kind, dict):
        if "name" in kind:
            named[kind["name"]] = kind
        for field in kind.get("fields", ()):
            _learn(field["type"], named)


def _nothing(field, named):
    if "default" in field:
        return field["default"]
    kind = field["type"]
    kind = named.get(kind, kind) if isinstance(kind, str) else kind
    name = kind if isinstance(kind, str) else kind["type"]
    empty = {"string": "", "bytes": b"", "int": 0, "long": 0, "boolean": False, "double": 0.0, "array": []}
    return kind["symbols"][0] if name == "enum" else empty[name]


def framed(name, record):
    """A value in Confluent framing."""
    schema_id = next(i for i, n in SCHEMAS.items() if n == name)
    return b"\0" + schema_id.to_bytes(4, "big") + encode(schema(name), record, {})


def payment(transaction_id, time, **more):
    """A small card payment of 20.00 USD from ACC_100 to M_1; `time` counts in ms from T0."""
    return {
        "transaction_id": transaction_id,
        "event_time": T0 + time,
        "sender_account_id": "ACC_100",
        "receiver_account_id": "M_1",
        "amount_minor": 2000,
        "currency": "USD",
        "kind": "card",
        "channel": "ecommerce",
        **more,
    }


class Log:
    """One partition (number 0 of 1) that is fed record by record; offsets rise by one and append time follows event time."""

    def __init__(self, rule_set=None):
        from avro import compile_reader

        self.verdicts = {}
        readers = {n: compile_reader(os.path.join(SCHEMA_DIR, f"{n}.avsc")) for n in SCHEMAS.values()}
        self.fold = Fold(1, SCHEMAS, readers, KEYS, SIGNERS, rule_set or rules(), self.verdicts)
        self.partition = Partition(0, self.fold)
        self.inputs, self.outcomes = [], []
        self.append_time = T0

    def raw(self, key, value, append_time=None):
        """One record as bytes; its Outcome."""
        at = self.append_time if append_time is None else append_time
        offset = len(self.inputs)
        self.inputs.append((offset, at, key, value))
        outcome = self.partition.record(offset, at, key, value)
        self.outcomes.append(outcome)
        return outcome

    def pay(self, transaction_id, time, **more):
        """One payment, appended when it was made or at the latest append time so far; its Outcome."""
        p = payment(transaction_id, time, **more)
        self.append_time = max(self.append_time, p["event_time"])
        return self.raw(p["sender_account_id"].encode(), framed("payment-submitted", p))

    def decide(self, transaction_id, time, **more):
        """The decision on one payment that must get one."""
        outcome = self.pay(transaction_id, time, **more)
        assert outcome.disposition == "decided", (outcome.disposition, outcome.dead_letter)
        return outcome.decision

    def control(self, kind, time=0, key=b"ACC_100", valid=True, signer="admin", **more):
        """One control record; its Outcome."""
        record = {
            "kind": kind, "event_time": T0 + time, "account_id": None if key is None else key.decode(), "actor": "tester",
            "partition": 0, "serial": len(self.inputs) + 1, "signer_key_id": signer, "signature": b"s", **more,
        }  # fmt: skip
        self.verdicts[f"0-{len(self.inputs)}"] = valid
        return self.raw(key, framed("control-record", record))

    def write(self, directory, change=lambda topic, records: records):
        """The dump of this log with exactly the outputs that the fold expects; `change` may falsify a topic's records."""
        os.makedirs(directory, exist_ok=True)
        about = {
            "partitions": 1, "schemas": SCHEMAS, "schema_dir": os.path.abspath(SCHEMA_DIR), "mask_keys": KEYS, "signers": SIGNERS,
            "rules": self.fold.rules.raw, "control_verdicts": self.verdicts,
        }  # fmt: skip
        with open(os.path.join(directory, "dump.json"), "w", encoding="utf-8") as file:
            json.dump(about, file)
        write_records(os.path.join(directory, "payments.submitted-0.records"), self.inputs)
        for topic in OUTPUTS:
            records = change(topic, [pair for outcome in self.outcomes for pair in _outputs(topic, outcome)])
            values = [(n, T0, b"k", framed(name, record)) for n, (name, record) in enumerate(records)]
            write_records(os.path.join(directory, f"{topic}-0.records"), values)


def _outputs(topic, outcome):
    if topic == "payments.decided":
        decided = [] if outcome.decision is None else [("decision", outcome.decision)]
        decided += [("shadow-verdict", verdict) for verdict in outcome.shadow_verdicts]
        return decided + [("resolution", resolution) for resolution in outcome.resolutions]
    one = {"payments.dlq": ("dead-letter", outcome.dead_letter), "payments.duplicates": ("duplicate", outcome.duplicate)}
    if topic in one:
        return [] if one[topic][1] is None else [one[topic]]
    return [(OUTPUTS[topic][0], r) for r in (outcome.alerts if topic == "fraud.alerts" else outcome.actions)]


def write_records(path, records):
    with open(path, "wb") as file:
        for offset, append_time, key, value in records:
            file.write(struct.pack(">qq", offset, append_time))
            for part in (key, value):
                file.write(struct.pack(">i", -1 if part is None else len(part)) + (part or b""))

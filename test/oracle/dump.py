"""The dump directory: one `<topic>-<partition>.records` file per topic-partition, and `dump.json` beside them.

A record is big-endian i64 offset, i64 append time in ms, i32 key length (-1 null) and key, i32 value length (-1 null) and value.
"""

import json
import os
import struct

from avro import compile_reader

_HEAD = struct.Struct(">qqi")
_LENGTH = struct.Struct(">i")

INPUT = "payments.submitted"
OUTPUTS = {
    "payments.decided": ("decision", "resolution", "shadow-verdict"),
    "payments.dlq": ("dead-letter",),
    "payments.duplicates": ("duplicate",),
    "fraud.alerts": ("alert",),
    "fraud.actions": ("action",),
}
"""Output topic -> the schemas that stand in it."""


class DumpError(Exception):
    """A dump that is not one; nothing was compared."""


class Dump:
    """An opened dump; readers are compiled from the .avsc files that dump.json names."""

    def __init__(self, directory):
        self.directory = directory
        with open(os.path.join(directory, "dump.json"), encoding="utf-8") as file:
            self.about = json.load(file)
        self.partitions = self.about["partitions"]
        self.schemas = {int(schema_id): name for schema_id, name in self.about["schemas"].items()}
        folder = os.path.join(directory, self.about["schema_dir"])
        names = {"payment-submitted", "control-record", *(n for kinds in OUTPUTS.values() for n in kinds)}
        self.readers = {name: compile_reader(os.path.realpath(os.path.join(folder, f"{name}.avsc"))) for name in names}

    def records(self, topic, partition):
        """Each record as (offset, append time, key, value); a file that does not exist holds none."""
        path = os.path.join(self.directory, f"{topic}-{partition}.records")
        if not os.path.exists(path):
            return
        with open(path, "rb") as file:
            data = file.read()
        position, end = 0, len(data)
        while position < end:
            try:
                offset, append_time, size = _HEAD.unpack_from(data, position)
                key, position = _bytes(data, position + _HEAD.size, size)
                (size,) = _LENGTH.unpack_from(data, position)
                value, position = _bytes(data, position + _LENGTH.size, size)
            except struct.error:
                raise DumpError(f"{path}: ends within a record") from None
            yield offset, append_time, key, value

    def output(self, topic, partition):
        """Each output record as (output offset, schema name, decoded record)."""
        for offset, _, _, value in self.records(topic, partition):
            name = None if value is None or value[:1] != b"\0" else self.schemas.get(int.from_bytes(value[1:5], "big"))
            if name not in OUTPUTS[topic]:
                raise DumpError(f"{topic}-{partition}@{offset}: not one of {OUTPUTS[topic]}")
            yield offset, name, self.readers[name](value)


def _bytes(data, position, size):
    if size < 0:
        return None, position
    if position + size > len(data):
        raise struct.error
    return data[position : position + size], position + size

"""What the producers of a run tried, as they told it: `history-*.jsonl` of a dump.

A line is `{"type": "invoke", "n": ..., "partition": ..., "key": ..., "id": ..., "sha256": ...}` before a record is handed over, then
`ok` with its `offset` when it was acknowledged, or `fail` when it was refused or its transaction aborted. A record that has neither
may be in the log or not; one with `ok` must be, one with `fail` must not.
"""

import glob
import json
import os


class HistoryError(Exception):
    """A history that contradicts itself, or is none."""


class Sent:
    """One record that was handed over; `id` is None where it is no payment."""

    __slots__ = ("partition", "key", "digest", "id")

    def __init__(self, line):
        self.partition, self.key, self.digest, self.id = line["partition"], line["key"].encode(), line["sha256"], line["id"]


class History:
    """`sent` by number; `acknowledged`: number -> (partition, offset); `refused`: what must not be there."""

    def __init__(self, directory):
        self.sent, self.acknowledged, self.refused = {}, {}, {}
        for path in sorted(glob.glob(os.path.join(directory, "history-*.jsonl"))):
            source = os.path.basename(path)
            with open(path, encoding="utf-8") as file:
                for text in file:
                    if text.endswith("\n"):  # a killed producer may leave half a line
                        self._take(source, json.loads(text))
        for number in self.refused:
            del self.sent[number]
        if not self.sent:
            raise HistoryError("nothing was ever sent")

    def _take(self, source, line):
        # The numbers of one stream go on over the lives of its producer; another stream has a name of its own.
        number = (line.get("stream", ""), line["n"])
        if line["type"] == "invoke":
            self.sent[number] = Sent(line)
        elif number not in self.sent:
            raise HistoryError(f"{source}: {line['type']} of record {number}, which was not handed over")
        elif line["type"] == "ok":
            self.acknowledged[number] = (self.sent[number].partition, line["offset"])
        elif line["type"] == "fail":
            self.refused[number] = self.sent[number]
        else:
            raise HistoryError(f"{source}: {line['type']} is no type")

    @property
    def unknown(self):
        """How many records have an outcome that nobody was told."""
        return len(self.sent) - len(self.acknowledged)

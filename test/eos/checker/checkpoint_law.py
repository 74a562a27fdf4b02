"""Law C9: the state in every checkpoint is the fold of the input up to its offset."""

import os
import re

from checkpoint_file import Checkpoint
from siphash import siphash128
from state import FOREVER, NEVER, Standing

HOUR = 3_600_000
NAME = re.compile(r"payments\.submitted-(\d+)-(\d{16})\.checkpoint")


class CheckpointLaw:
    """Holds the checkpoints of a dump against the oracle's states as the fold passes by."""

    def __init__(self, directory, partitions, committed, verdict):
        self.verdict, self.hashes, self.waiting = verdict, {}, {number: [] for number in range(partitions)}
        with open(os.path.join(directory, "state-key.hex"), encoding="utf-8") as file:
            self.key = bytes.fromhex(file.read().strip())[:16]
        folder = os.path.join(directory, "checkpoints")
        for name in sorted(os.listdir(folder)):
            match = NAME.fullmatch(name)
            if match:
                number, offset = int(match[1]), int(match[2])
                checkpoint = Checkpoint(os.path.join(folder, name))
                self.expect(checkpoint.header["nextOffset"] == offset, f"{name}: its header says {checkpoint.header['nextOffset']}")
                self.expect(offset <= committed[number], f"{name} is past the committed offset, {committed[number]}")
                self.waiting[number].append((offset, name, checkpoint))

    def expect(self, holds, problem):
        self.verdict.expect(holds, problem)

    def on_state(self, partition, offset):
        """Told by the fold that `partition` stands before the record at `offset`."""
        waiting = self.waiting[partition.number]
        while waiting and waiting[0][0] <= offset:
            self._compare(partition, *waiting.pop(0))

    def _compare(self, partition, _offset, name, checkpoint):
        self._compare_ids(partition, name, checkpoint)
        self._compare_senders(partition, name, checkpoint)
        saved = checkpoint.partition
        for what, found, wanted in (
            ("stream time in the header", _time(checkpoint.header["streamTimeMs"]), partition.stream_time),
            ("stream time", _time(saved["streamTimeMs"]), partition.stream_time),
            ("serials", dict(saved["serials"]), partition.serials),
            ("lists", {entry: FOREVER if end is None else end for entry, end in saved["lists"]}, partition.lists),
            ("mask key in force", saved["activeKeyId"], partition.key_id),
            ("rule version", saved["rules"]["version"], partition.rules.version),
        ):
            self.expect(found == wanted, f"{name}: {what} is {found}, the fold has {wanted}")

    def _compare_ids(self, partition, name, checkpoint):
        live = partition.stream_time - HOUR
        wanted = {
            (self._hash(payment_id), time, offset)
            for payment_id, sights in partition.sights.items()
            for offset, time, _ in sights
            if time >= live
        }
        found = [row for row in checkpoint.dedup if row[1] >= live]
        self.expect(len(found) == len(set(found)), f"{name}: an id stands there twice")
        self._compare_sets(name, "id", wanted, set(found))

    def _compare_senders(self, partition, name, checkpoint):
        wanted = {}
        for account in partition.senders.keys() | partition.standings.keys():
            sender, standing = partition.senders.get(account), partition.standings.get(account, Standing())
            habits = (sender.payments, sender.lowest, sender.highest) if sender else (0, FOREVER, NEVER)
            wanted[self._hash(account), *habits, standing.hard, standing.allowed, standing.automatic] = None
        blank = (0, FOREVER, NEVER, NEVER, NEVER, NEVER)
        found = {(key, *habits, *(standings or (NEVER,) * 3)) for key, (*habits, standings) in checkpoint.senders.items()}
        self._compare_sets(name, "sender", {one for one in wanted if one[1:] != blank}, {one for one in found if one[1:] != blank})

    def _compare_sets(self, name, what, wanted, found):
        self.verdict.compared += len(wanted)
        for one in wanted - found:
            self.verdict.wrong(f"{name}: {what} {one[0].hex()} {one[1:]} of the fold is not in it")
        for one in found - wanted:
            self.verdict.wrong(f"{name}: {what} {one[0].hex()} {one[1:]} is not in the fold")

    def _hash(self, text):
        if text not in self.hashes:
            self.hashes[text] = siphash128(self.key, text.encode())
        return self.hashes[text]


def _time(value):
    """JSON knows no infinity: a partition that has decided nothing has null."""
    return NEVER if value is None else value

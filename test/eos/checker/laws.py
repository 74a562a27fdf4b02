"""The laws of exactly-once, held against a dump of a cluster on which nobody is at work.

    python3 laws.py DUMP [--json FILE]

Needs the standard library alone and shares no code with the product. DUMP holds what `read_cluster.py` wrote, `history-*.jsonl` (what
the producers tried, see `history.py`), `checkpoints/` and `state-key.hex`. Prints a line a law with how many items it compared, and
the first five differences of each; exit code 1 on a difference or on a law that compared nothing, 2 when the dump cannot be read.

C1 nothing acknowledged is lost. C2 nothing is decided twice. C3 nothing is invented. C4 each input offset has one disposition, in
order. C8 every output is what the oracle computes by brute force. C9 checkpoints are the fold of the input. C10 committed offsets,
stable offsets and ends agree, and no transaction is open.
"""

import argparse
import gc
import hashlib
import json
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "oracle"))

from avro import AvroError
from checkpoint_file import CheckpointError
from checkpoint_law import CheckpointLaw
from compare import Report, compare
from dump import INPUT, OUTPUTS, Dump, DumpError
from history import History, HistoryError
from oracle import fold_of

HOUR = 3_600_000
SHOWN = 5
LAWS = ("C1", "C2", "C3", "C4", "C8", "C9", "C10")
WHAT = {
    "C1": "acknowledged records",
    "C2": "decisions",
    "C3": "inputs and outputs",
    "C4": "input offsets",
    "C8": "decisions, field by field",
    "C9": "items of state in checkpoints",
    "C10": "offsets and transactions",
}
DISPOSING = ("payments.decided", "payments.dlq", "payments.duplicates")
OPEN_STATES = ("Ongoing", "PrepareCommit", "PrepareAbort", "PrepareEpochFence")


class Verdict:
    """What one law compared, and what is wrong."""

    def __init__(self):
        self.compared, self.failed, self.shown = 0, 0, []

    def expect(self, holds, problem):
        self.compared += 1
        if not holds:
            self.wrong(problem)

    def wrong(self, problem):
        self.failed += 1
        if len(self.shown) < SHOWN:
            self.shown.append(problem)


class Log:
    """The dump, indexed: inputs by place, and what disposes of each."""

    def __init__(self, dump):
        self.inputs = {}  # (partition, offset) -> (key, digest of the value)
        self.ends = {}  # partition -> one past its last record
        self.disposing = {}  # (partition, input offset) -> topics
        self.decisions = {}  # partition -> decisions in the order of the log
        self.outputs = []  # (where, partition, input partition, input offset)
        (self.control,) = (number for number, name in dump.schemas.items() if name == "control-record")
        self.silent = set()  # control records, which may leave nothing
        for partition in range(dump.partitions):
            for offset, _, key, value in dump.records(INPUT, partition):
                self.inputs[partition, offset] = (key, digest(value))
                self.ends[partition] = offset + 1
                if value is not None and value[:5] == b"\0" + self.control.to_bytes(4, "big"):
                    self.silent.add((partition, offset))
            self.decisions[partition] = []
            for topic in OUTPUTS:
                self._read(dump, topic, partition)

    def _read(self, dump, topic, partition):
        for offset, name, record in dump.output(topic, partition):
            place = (record["input_partition"], record["input_offset"])
            self.outputs.append((f"{topic}-{partition}@{offset}", partition, *place))
            if topic in DISPOSING and name not in ("resolution", "shadow-verdict"):
                self.disposing.setdefault(place, []).append(topic)
            if name == "decision":
                self.decisions[partition].append(record)


def digest(value):
    return None if value is None else hashlib.sha256(value).hexdigest()


def law_c1(verdict, log, history, _cluster):
    """Every acknowledged record stands where it was acknowledged, and something has become of it."""
    for number, (partition, offset) in history.acknowledged.items():
        sent, stored = history.sent[number], log.inputs.get((partition, offset))
        verdict.expect(stored == (sent.key, sent.digest), f"record {number}, acknowledged at {partition}@{offset}: {stored and 'another' or 'none'} is there")
        disposed = (partition, offset) in log.disposing or (partition, offset) in log.silent
        if not disposed:
            verdict.wrong(f"record {number} at {partition}@{offset} has no disposition")


def law_c2(verdict, log, _history, _cluster):
    """One disposition of a payment for each input offset, and one decision for each id within the horizon."""
    for place, topics in log.disposing.items():
        if len(topics) > 1:
            verdict.wrong(f"input {place[0]}@{place[1]} has {len(topics)} dispositions: {', '.join(topics)}")
    for partition, decisions in log.decisions.items():
        seen, stream_time = {}, float("-inf")
        for decision in decisions:
            whose = (decision["sender_account_id"], decision["transaction_id"])
            first = seen.get(whose)
            alive = first is not None and stream_time - first <= HOUR
            verdict.expect(not alive, f"{whose} is decided again at {partition}@{decision['input_offset']}")
            stream_time = max(stream_time, decision["event_time"])
            seen[whose] = stream_time


def law_c3(verdict, log, history, _cluster):
    """What is in the log was sent, and not refused or aborted; what was written is about an input."""
    known = {(record.key, record.digest) for record in history.sent.values()}
    for place, found in log.inputs.items():
        verdict.expect(found in known, f"input {place[0]}@{place[1]} was never sent")
    for number, record in history.refused.items():
        verdict.expect((record.key, record.digest) not in set_of(log), f"record {number} was refused or aborted, and is in the input")
    for where, partition, input_partition, input_offset in log.outputs:
        is_about = input_partition == partition and (input_partition, input_offset) in log.inputs
        verdict.expect(is_about, f"{where} is about {input_partition}@{input_offset}, which is no input of its partition")
    refused = {record.id for record in history.refused.values() if record.id is not None}
    for decision in (one for decisions in log.decisions.values() for one in decisions):
        if decision["transaction_id"] in refused:
            verdict.wrong(f"{decision['transaction_id']} was refused or aborted, and is decided")


def set_of(log):
    if not hasattr(log, "input_set"):
        log.input_set = set(log.inputs.values())
    return log.input_set


def law_c10(verdict, log, _history, cluster):
    """The committed offset is one past the last record, and nothing is open."""
    for number, end in log.ends.items():
        committed, last = cluster["committed"][str(number)], cluster["end"][f"{INPUT}-{number}"]
        # Between the last record and the end there may be the markers of a foreign producer's transactions.
        verdict.expect(end <= committed <= last, f"partition {number}: committed {committed}, last record {end - 1}, end {last}")
    for place, end in cluster["end"].items():
        stable = cluster["stable"][place]
        verdict.expect(stable == end, f"{place}: last stable offset {stable}, end {end}")
    for transaction in cluster["transactions"]:
        verdict.expect(transaction["state"] not in OPEN_STATES, f"transaction {transaction['id']} is {transaction['state']}")


def oracle_laws(verdicts, dump, checkpoints):
    """C4, C8 and C9: one walk over the input with the oracle's fold."""
    report = Report()
    compare(dump, fold_of(dump), report, lambda _id, _outcome: None, checkpoints.on_state)
    c4, c8 = verdicts["C4"], verdicts["C8"]
    c4.compared, c8.compared = report.compared["dispositions"], report.compared["velocity"]
    for check, count in report.failed.items():
        verdict = c4 if check in ("dispositions", "order") else c8
        verdict.failed += count
        for where, what, expected, got in report.differences[check]:
            verdict.shown.append(f"{check}: {where} {what}: expected {expected!r}, got {got!r}")
    return report


def main(arguments):
    parser = argparse.ArgumentParser(prog="laws.py", description="Holds the laws of exactly-once against a dump.")
    parser.add_argument("dump")
    parser.add_argument("--json", metavar="FILE", help="also write what was compared there")
    options = parser.parse_args(arguments)
    gc.disable()
    verdicts = {law: Verdict() for law in LAWS}
    try:
        dump = Dump(options.dump)
        with open(os.path.join(options.dump, "cluster.json"), encoding="utf-8") as file:
            cluster = json.load(file)
        log, history = Log(dump), History(options.dump)
        for name, law in (("C1", law_c1), ("C2", law_c2), ("C3", law_c3), ("C10", law_c10)):
            law(verdicts[name], log, history, cluster)
        committed = {int(number): offset for number, offset in cluster["committed"].items()}
        report = oracle_laws(verdicts, dump, CheckpointLaw(options.dump, dump.partitions, committed, verdicts["C9"]))
    except (OSError, KeyError, ValueError, DumpError, AvroError, CheckpointError, HistoryError) as error:
        print(f"laws: cannot read the dump: {type(error).__name__}: {error}", file=sys.stderr)
        return 2
    failed = print_verdicts(verdicts)
    print(f"       dispositions: {', '.join(f'{name} {count}' for name, count in report.dispositions.most_common())}")
    print(f"       unacknowledged {history.unknown}, refused or aborted {len(history.refused)}; hidden from readers: {cluster['aborted_records']}")
    if options.json:
        laws = {law: {"compared": one.compared, "failed": one.failed, "shown": one.shown} for law, one in verdicts.items()}
        facts = {"unknown": history.unknown, "refused": len(history.refused), "hidden": cluster["aborted_records"]}
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump({"laws": laws, **facts, "dispositions": report.dispositions}, file)
    return 1 if failed else 0


def print_verdicts(verdicts):
    failed = 0
    for law, verdict in verdicts.items():
        bad = verdict.failed > 0 or verdict.compared == 0
        failed += bad
        state = f"{verdict.failed} differ" if verdict.failed else "equal" if verdict.compared else "NOTHING COMPARED"
        print(f"{'FAILED' if bad else 'ok':<7}LAW-{law}: {verdict.compared} {WHAT[law]} compared, {state}")
        for problem in verdict.shown[:SHOWN]:
            print(f"         {problem}")
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""How long the inputs of partitions that moved waited for their output, from the append times of both in the log.

    python3 waits.py DUMP MOVES.json

MOVES.json: a list of {kind, fromMs, untilMs, partitions}. The wait of a moved partition is the longest of an input that was appended
within the stretch: it holds drain, checkpoint, restore and the ordinary latency. Prints a line a kind.
"""

import json
import os
import statistics
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "oracle"))

from dump import INPUT, Dump

DISPOSING = ("payments.decided", "payments.dlq", "payments.duplicates")


def main(directory, moves_path):
    dump = Dump(directory)
    with open(moves_path, encoding="utf-8") as file:
        moves = json.load(file)
    latencies = {number: latencies_of(dump, number) for number in range(dump.partitions)}
    ordinary = sorted(wait for found in latencies.values() for _, wait in found)
    if ordinary:
        print(f"input to output: median {ordinary[len(ordinary) // 2]} ms over {len(ordinary)} inputs, faults included")
    for kind in sorted({move["kind"] for move in moves}):
        waits = []
        for move in (one for one in moves if one["kind"] == kind):
            for partition in move["partitions"]:
                within = [wait for at, wait in latencies[partition] if move["fromMs"] <= at <= move["untilMs"]]
                if within:
                    waits.append(max(within))
        count = sum(move["kind"] == kind for move in moves)
        if waits:
            median, most = round(statistics.median(waits)), max(waits)
            print(f"{kind}: {count}, {len(waits)} partitions moved; an input waited at most {most} ms, in the median partition {median} ms")
        else:
            print(f"{kind}: {count}, and no input came meanwhile")


def latencies_of(dump, number):
    """(append time of the input, ms until its output was appended) of each input that has one."""
    appended = {offset: append_time for offset, append_time, _, _ in dump.records(INPUT, number)}
    found = []
    for topic in DISPOSING:
        times = {offset: append_time for offset, append_time, _, _ in dump.records(topic, number)}
        for offset, name, record in dump.output(topic, number):
            at = appended.get(record["input_offset"])
            if at is not None and name not in ("resolution", "shadow-verdict"):
                found.append((at, times[offset] - at))
    return found


if __name__ == "__main__":
    main(*sys.argv[1:])

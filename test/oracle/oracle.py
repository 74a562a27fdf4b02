"""The oracle: recomputes every decision from the input log by brute force and compares it with what the pipeline wrote.

    python3 oracle.py [DUMP] [--may-be-empty CHECK,CHECK | all] [--confusion labels.csv]

Python 3.11, standard library only, imports nothing of the product; written from SPEC.md and docs/semantics.md as a second
specification. A comment that begins with READING says how a sentence was read that could be read otherwise.

Prints a line per check with how many items it compared. A check that compared nothing fails unless --may-be-empty names it
(dispositions, order and the fields of decisions can never be empty). On a difference: its first five with coordinates,
expected and got. Exit codes: 0 all equal, 1 a difference or an empty check, 2 the dump cannot be read. Without DUMP, directories come on
standard input, a line each, and the code of each is printed behind its answer: PyPy has then compiled most of this once for all of them.

Files: avro (decoder), dump (files), iso and cards (tables), admission (sections 1 and 2), state (what a sender leaves behind),
score (section 5), control (sections 7 and 8), fold (sections 3 to 9), compare and confusion (what is printed).
"""

import argparse
import gc
import sys
import time

from avro import AvroError
from compare import ALWAYS_NEEDED, FIELD_CHECKS, OTHER_CHECKS, Report, compare
from confusion import Confusion
from dump import Dump, DumpError
from fold import Fold


def main(arguments):
    """Runs one comparison, or one for each line of standard input, and returns the exit code."""
    parser = argparse.ArgumentParser(prog="oracle.py", description="Recomputes every decision and compares.")
    parser.add_argument("dump", nargs="?", help="directory with dump.json and the .records files; else a line each on stdin")
    parser.add_argument("--may-be-empty", default="", metavar="CHECKS", help="checks that may compare nothing, or `all`")
    parser.add_argument("--confusion", metavar="CSV", help="labels: transaction_id,is_fraud[,scenario]")
    options = parser.parse_args(arguments)
    if sys.implementation.name == "cpython":
        # Nothing here is cyclic, and millions of small dicts make the collector cost more than the work. PyPy has no other way to
        # give memory back: without it six times as much is touched, for nothing.
        gc.disable()
    if options.dump is not None:
        return verdict(options.dump, options)
    for line in sys.stdin:
        code = verdict(line.rstrip("\n"), options)
        print(f"exit {code}", flush=True)
    return 0


def verdict(directory, options):
    """Compares one dump and returns its exit code."""
    started, report = time.monotonic(), Report()
    confusion = Confusion(options.confusion) if options.confusion else None
    try:
        dump = Dump(directory)
        fold = fold_of(dump)
    except (OSError, KeyError, ValueError) as error:
        print(f"oracle: cannot read the dump: {type(error).__name__}: {error}", file=sys.stderr, flush=True)
        return 2
    try:
        compare(dump, fold, report, confusion.decision if confusion else lambda _id, _outcome: None)
    except (OSError, DumpError, AvroError) as error:
        print(f"oracle: cannot read the dump: {type(error).__name__}: {error}", file=sys.stderr, flush=True)
        return 2
    failed = print_report(report, set(options.may_be_empty.split(",")))
    if confusion and confusion.print() == 0:
        print("confusion: FAILED, no decision has a label")
        failed += 1
    print(f"oracle: {'FAILED' if failed else 'equal'} in {time.monotonic() - started:.1f} s")
    return 1 if failed else 0


def fold_of(dump):
    """The shared part of the fold, as dump.json gives it."""
    about = dump.about
    return Fold(
        dump.partitions,
        dump.schemas,
        dump.readers,
        about["mask_keys"],
        about.get("signers", []),
        about["rules"],
        about.get("control_verdicts", {}),
    )


def print_report(report, may_be_empty):
    """Prints a line per check; how many failed."""
    failed = 0
    for check in (*OTHER_CHECKS[:3], *FIELD_CHECKS, *OTHER_CHECKS[3:]):
        count, differences = report.compared[check], report.failed[check]
        empty = count == 0 and not differences
        forgiven = empty and check not in ALWAYS_NEEDED and (check in may_be_empty or "all" in may_be_empty)
        bad = differences or (empty and not forgiven)
        failed += bool(bad)
        state = f"{differences} differ" if differences else "equal" if count else "none, allowed" if forgiven else "NOTHING COMPARED"
        print(f"{'FAILED' if bad else 'ok':<7}{check:<18}{count:>10} compared, {state}")
        for where, what, expected, got in report.differences.get(check, ()):
            print(f"         {where} {what}: expected {expected!r}, got {got!r}")
    for name, counts in (("dispositions", report.dispositions), ("reasons", report.reasons), ("decisions", report.features)):
        print(f"       {name}: " + (", ".join(f"{key} {count}" for key, count in counts.most_common()) or "none"))
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Control records and what waits for its end (semantics sections 7 and 8)."""

import heapq
import re
from fnmatch import fnmatchcase

import rules as rule_sets
from admission import partition_of
from state import FOREVER, NEVER

MAX_LIST = 10_000
MAX_PENDING = 65_536
MAX_EXPIRED_A_RECORD = 256
TOKEN = re.compile(r"v1:[A-Za-z0-9._-]{1,64}:[0-9a-f]{64}")
LIST_FIELDS = ("sender", "receiver", "device", "card", "email", "ip")
ENDS = {
    "CHALLENGE_PASSED": ("challenge", "passed"),
    "CHALLENGE_FAILED": ("challenge", "failed"),
    "CHALLENGE_EXPIRED": ("challenge", "expired"),
    "REVIEW_APPROVED": ("review", "approved"),
    "REVIEW_DECLINED": ("review", "declined"),
}


class Pending:
    """Challenges and reviews that wait for their end; each kind a dict of decision id -> (limit, id, sender)."""

    def __init__(self):
        self.tables = {"challenge": {}, "review": {}}
        # (limit, order of addition, decision id), also of what has ended otherwise since.
        self.by_limit = {"challenge": [], "review": []}
        self.added = 0

    def add(self, kind, decision_id, limit, transaction_id, sender):
        """What the bound pushes out, as (decision id, transaction id, sender) or None."""
        out = self._pop_lowest(kind, FOREVER) if len(self.tables[kind]) == MAX_PENDING else None
        self.tables[kind][decision_id] = (limit, transaction_id, sender)
        self.added += 1
        heapq.heappush(self.by_limit[kind], (limit, self.added, decision_id))
        return out

    def expire(self, stream_time):
        """Those past their limit: challenges first, lowest limit first (equal ones oldest first), at most 256 together."""
        ended = []
        for kind in self.tables:
            while len(ended) < MAX_EXPIRED_A_RECORD and (one := self._pop_lowest(kind, stream_time)):
                ended.append(one)
        return ended

    def _pop_lowest(self, kind, below):
        """Takes out the one with the lowest limit, the oldest of equal ones, if that limit is below the given one."""
        table, by_limit = self.tables[kind], self.by_limit[kind]
        while by_limit and by_limit[0][0] < below:
            decision_id = heapq.heappop(by_limit)[2]
            if decision_id in table:
                return (decision_id, *table.pop(decision_id)[1:])
        return None

    def end_all_of(self, account):
        """Ends all of one sender: challenges first, lowest limit first, equal ones in the order of their addition."""
        ended = []
        for kind, table in self.tables.items():
            order = {decision_id: at for at, (_, _, decision_id) in enumerate(sorted(self.by_limit[kind]))}
            for decision_id in sorted((d for d, (_, _, sender) in table.items() if sender == account), key=order.get):
                ended.append((decision_id, *table.pop(decision_id)[1:]))
        return ended

    def kind_of(self, decision_id):
        return next((kind for kind, table in self.tables.items() if decision_id in table), None)


def may_sign(signers, key_id, kind):
    """A signer's kinds are the schema's symbols, or patterns such as `CHALLENGE_*`."""
    return any(s["id"] == key_id and any(fnmatchcase(kind, k) for k in s["kinds"]) for s in signers)


def refused(c, key, partition, fold, valid_signature):
    """Whether section 8 refuses the record. All of its reasons are one dead letter, so their order has no effect."""
    kind, account = c["kind"], c["account_id"]
    if c["partition"] != partition.number or not may_sign(fold.signers, c["signer_key_id"], kind) or not valid_signature:
        return True
    if kind not in ENDS and c["serial"] <= partition.serials.get(c["signer_key_id"], 0):
        return True
    if account is not None:
        encoded = account.encode("utf-8")
        if key != encoded or partition_of(encoded, fold.partitions) != partition.number:
            return True
    if (kind.startswith("ACCOUNT_") or kind == "ERASURE") and account is None:
        return True
    if kind == "ACCOUNT_ALLOWED" and c["until"] is None:
        return True
    if kind == "RULES_SET":
        return c["rules"] is None or rule_sets.parse(c["rules"]) is None
    if kind == "MASK_KEY_ACTIVATED":
        return c["subject"] not in fold.key_ring
    if kind in ("LIST_ADDED", "LIST_REMOVED"):
        return _list_refused(c, partition)
    if kind in ENDS:
        pending = partition.pending.kind_of(c["decision_id"])
        return pending is not None and pending != ENDS[kind][0]
    return False


def _list_refused(c, partition):
    field, colon, value = (c["subject"] or "").partition(":")
    if field not in LIST_FIELDS or not colon or not value:
        return True
    if field in ("card", "email", "ip") and not TOKEN.fullmatch(value):
        return True
    # READING: the bound stands in the way of a new entry only, not of a removal or a new end for an old one.
    full = len(partition.lists) >= MAX_LIST and c["subject"] not in partition.lists
    return c["kind"] == "LIST_ADDED" and full


def apply(c, partition, fold):
    """Changes the partition's state; the ended (decision id, transaction id, sender) of a challenge or review, a list of them for an erasure, or None."""
    kind = c["kind"]
    end = FOREVER if c["until"] is None else c["until"]
    if kind in ENDS:
        return _end(c, partition)
    partition.serials[c["signer_key_id"]] = c["serial"]
    if kind == "RULES_SET":
        partition.rules = rule_sets.parse(c["rules"])
    elif kind == "LIST_ADDED":
        partition.lists[c["subject"]] = end
    elif kind == "LIST_REMOVED":
        partition.lists.pop(c["subject"], None)
    elif kind == "ACCOUNT_BLOCKED":
        partition.standing(c["account_id"]).hard = end
    elif kind == "ACCOUNT_ALLOWED":
        partition.standing(c["account_id"]).allowed = end
    elif kind == "ACCOUNT_LIFTED":
        standing = partition.standing(c["account_id"])
        standing.hard = standing.automatic = NEVER
        if c["account_id"] in partition.senders:
            partition.senders[c["account_id"]].episode = None
    elif kind == "MASK_KEY_ACTIVATED":
        partition.key_id = c["subject"]
    elif kind == "ERASURE":
        partition.senders.pop(c["account_id"], None)
        partition.standings.pop(c["account_id"], None)
        return partition.pending.end_all_of(c["account_id"])
    return None


def _end(c, partition):
    kind = ENDS[c["kind"]][0]
    # READING: a record without a decision id is for a decision that is not pending, so it is ignored.
    waiting = partition.pending.tables[kind].pop(c["decision_id"], None)
    if waiting is None:
        return None
    _, transaction_id, account = waiting
    if c["kind"] == "CHALLENGE_FAILED":
        # READING: the codes count for the sender of the decision that ends, whatever account the record names.
        sender = partition.sender(account)
        sender.failed_codes.append((c["event_time"], c["failed_codes"]))
        del sender.failed_codes[:-8]
    return c["decision_id"], transaction_id, account

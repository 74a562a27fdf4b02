"""The second specification: one partition as a fold of its input, by brute force (semantics sections 3 to 9).

`Partition.record` takes one input record and gives its disposition and every output record that it must have. Fields that
semantics.md leaves open are not in an expected record, and so are not compared: the value hash and the detail of a dead letter,
the rule hash, the event time of a resolution that stream time caused, and what an alert that is not VELOCITY says beyond whom
it concerns.
"""

import admission
import control
import score
from dump import DumpError
from rules import Rules
from state import DAY, HOUR, MINUTE, Entry, Episode, HELD, NEVER, Sender, Standing, seen_last_hour, use

TOPIC = "payments.submitted"
SEMANTICS_VERSION = 3
GRACE = 10_000
FIVE_MINUTES = 300_000
IDLE = 90 * DAY
FIRST_ALERT = 0
"""READING: the first alert of an input record is `<partition>-<offset>-0`."""

PASSED_ON = (
    "transaction_id", "idempotency_key", "event_time", "sender_account_id", "receiver_account_id", "amount_minor", "currency",
    "kind", "channel", "merchant_id", "merchant_category", "terminal_id", "region", "latitude", "longitude", "device_id",
    "mask_key_id", *admission.MASKED, "memo",
)  # fmt: skip


class Fold:
    """What all partitions share: the key ring, signers, the rule set at the start and the readers of the two input schemas."""

    def __init__(self, partitions, schemas, readers, mask_keys, signers, rules, control_verdicts):
        self.partitions, self.schemas, self.readers = partitions, schemas, readers
        self.key_ring = {key["id"]: bytes.fromhex(key["hex"]) for key in mask_keys}
        self.first_key = mask_keys[0]["id"] if mask_keys else None
        self.signers, self.rules, self.control_verdicts = signers, Rules(rules), control_verdicts


class Outcome:
    """What one input offset must give: its disposition and the output records by topic kind."""

    __slots__ = (
        "disposition", "decision", "resolutions", "shadow_verdicts", "dead_letter", "duplicate", "alerts", "actions", "redacted", "tokens",
    )  # fmt: skip

    def __init__(self, disposition):
        self.disposition = disposition
        self.decision = self.dead_letter = self.duplicate = None
        self.resolutions, self.alerts, self.actions, self.redacted, self.tokens = [], [], [], (), 0
        self.shadow_verdicts = []


class Partition:
    """One task's state."""

    def __init__(self, number, fold):
        self.number, self.fold = number, fold
        self.stream_time = NEVER
        self.senders, self.standings, self.sights, self.lists, self.serials = {}, {}, {}, {}, {}
        self.pending = control.Pending()
        self.rules, self.key_id = fold.rules, fold.first_key

    def sender(self, account):
        return self.senders.get(account) or self._new_sender(account)

    def _new_sender(self, account):
        sender = self.senders[account] = Sender()
        return sender

    def standing(self, account):
        if account not in self.standings:
            self.standings[account] = Standing()
        return self.standings[account]

    def record(self, offset, append_time, key, value):
        """The Outcome of one input record."""
        at = {"input_topic": TOPIC, "input_partition": self.number, "input_offset": offset, "semantics_version": SEMANTICS_VERSION}
        try:
            schema_id = admission.schema_of(value, self.fold.schemas)
            name = self.fold.schemas[schema_id]
            datum = admission.decode(self.fold.readers[name], value)
            if name == "control-record":
                return self._control(datum, offset, append_time, key, value, at)
            fold = self.fold
            admission.check(datum, key, self.number, fold.partitions, append_time, fold.key_ring)
        except admission.Refused as refusal:
            return _dead_letter("dead letter", refusal.reason, append_time, value, at)
        last_four = _last_four(datum)
        tokens = admission.mask(datum, self.key_id, fold.key_ring.get(self.key_id))
        outcome = self._payment(datum, last_four, offset, append_time, schema_id, value, at)
        outcome.redacted, outcome.tokens = datum["redacted"], tokens
        return outcome

    # --- control records

    def _control(self, c, offset, append_time, key, value, at):
        if any(isinstance(text, str) and admission.not_utf8(text) for text in c.values()):
            raise admission.Refused("BAD_TEXT")  # READING: section 1's check holds for control records too.
        valid = self.fold.control_verdicts.get(f"{self.number}-{offset}")
        if valid is None:
            raise DumpError(f"dump.json: control_verdicts has no {self.number}-{offset}")
        if control.refused(c, key, self, self.fold, valid):
            outcome = _dead_letter("control refused", "CONTROL_REFUSED", append_time, value, at)
            alert = {"kind": "CONTROL_REFUSED", "revised": False, **at}
            outcome.alerts = self._numbered([alert], offset)
            return outcome
        ended = control.apply(c, self, self.fold)
        if c["kind"] == "ERASURE":
            return self._erasure(c, ended, offset, at)
        if c["kind"] not in control.ENDS:
            return Outcome("control applied")
        outcome = Outcome("control applied" if ended else "control ignored")
        if ended:
            resolution = _resolution(ended, control.ENDS[c["kind"]][1], c["actor"], at)
            outcome.resolutions.append({**resolution, "event_time": c["event_time"]})
        return outcome

    def _erasure(self, c, ended, offset, at):
        outcome = Outcome("control applied")
        for one in ended:
            outcome.resolutions.append({**_resolution(one, "expired", c["actor"], at), "event_time": c["event_time"]})
        alert = {"kind": "ERASURE", "revised": False, "sender_account_id": c["account_id"], "event_time": c["event_time"], **at}
        outcome.alerts = self._numbered([alert], offset)
        return outcome

    # --- payments

    def _payment(self, p, last_four, offset, append_time, schema_id, value, at):
        time, payment_id = p["event_time"], p["transaction_id"]
        content = (
            p["sender_account_id"], p["receiver_account_id"], p["amount_minor"], p["currency"], p["kind"], p["merchant_id"],
            last_four,
        )  # fmt: skip
        sights = self.sights.setdefault(payment_id, [])
        for first_offset, first_stream_time, first_content in sights:
            if self.stream_time - first_stream_time <= HOUR:
                if content == first_content:
                    return self._duplicate(p, first_offset, first_stream_time, append_time, at)
                return self._conflict(p, offset, append_time, value, at)
        after = max(self.stream_time, time)
        overdue = self.pending.expire(after)
        outcome = self._first_sight(p, after, offset, append_time, schema_id, at)
        self.stream_time = after
        sights.append((offset, after, content))
        outcome.resolutions[:0] = [_resolution(ended, "expired", "stream-time", at) for ended in overdue]
        return outcome

    def _duplicate(self, p, first_offset, first_stream_time, append_time, at):
        outcome = Outcome("duplicate")
        outcome.duplicate = {
            "transaction_id": p["transaction_id"],
            "sender_account_id": p["sender_account_id"],
            "event_time": p["event_time"],
            "append_time": append_time,
            "first_offset": first_offset,
            "first_stream_time": first_stream_time,
            **at,
        }
        return outcome

    def _conflict(self, p, offset, append_time, value, at):
        outcome = _dead_letter("conflict", "ID_CONFLICT", append_time, value, at)
        about = {f: p[f] for f in ("transaction_id", "sender_account_id", "event_time")}
        outcome.alerts = self._numbered([{"kind": "ID_CONFLICT", "revised": False, **about, **at}], offset)
        return outcome

    def _first_sight(self, p, after, offset, append_time, schema_id, at):
        rules, account, time = self.rules, p["sender_account_id"], p["event_time"]
        sender = self.sender(account)
        if sender.highest < after - IDLE:
            sender = self._new_sender(account)
            self.standing(account).forget(after - IDLE)
        sender.entries = [e for e in sender.entries if e.time >= after - HELD]
        seen = self._velocity(p, sender, after, rules)
        seen["listed"] = self._listed(p)
        seen["tiny"] = p["currency"] in rules.tiny and score.tiny_equal(p, seen["window"], seen["velocity_count"], rules)
        tiny_counts = seen["tiny"] and "TINY_EQUAL" not in rules.shadow
        can_excuse = score.excusable(p, sender, rules, tiny_counts, seen["saturated"])
        excused = seen["is_velocity_fraud"] and can_excuse
        flagged = seen["is_velocity_fraud"] and not excused
        revised = self._add(p, sender, seen, flagged, can_excuse)
        fraud_count = sum(time - HOUR <= counted <= time for counted in sender.counted)
        judged = score.signals(p, sender, rules, seen)
        fraud_score, reasons, not_evaluated = score.add_up(judged, rules, excused, rules.shadow)
        actions = _actions(rules, fraud_count, fraud_score)
        standing = self.standing(account)
        result, decided_by = _decide(standing, time, seen["listed"] and "LISTED" not in rules.shadow, actions)
        if "BLOCK_CARD" in actions:
            standing.automatic = max(standing.automatic, time + rules.raw["actions"]["BLOCK_CARD"]["block_ms"])

        decision_id = f"{self.number}-{offset}"
        outcome = Outcome("decided")
        outcome.decision = {
            **{field: p[field] for field in PASSED_ON},
            **at,
            "decision_id": decision_id,
            "append_time": append_time,
            "payment_schema_id": schema_id,
            "velocity_count": seen["velocity_count"],
            "velocity_5m_count": seen["velocity_5m_count"],
            "is_velocity_fraud": seen["is_velocity_fraud"],
            "velocity_fraud_peers": seen["peers"],
            "severity": seen["severity"],
            "late": seen["late"],
            "saturated": seen["saturated"],
            "excused": excused,
            "devices_1h": seen["devices_1h"],
            "regions_1h": seen["regions_1h"],
            "fraud_count": fraud_count,
            "baseline_payments": sender.payments,
            "fraud_score": fraud_score,
            "reasons": reasons,
            "not_evaluated": not_evaluated,
            "outcome": result,
            "decided_by": decided_by,
            "actions": actions,
            "rule_version": rules.version,
            "maskings": [{"field": f, "rule": p["mask_rules"][f]} for f in p["masked_fields"]],
        }
        outcome.shadow_verdicts = _shadow_verdicts(judged, rules, outcome.decision, at)
        outcome.actions = self._act(p, sender, standing, outcome.decision, flagged, at)
        outcome.alerts = self._alerts(p, outcome.decision, flagged, revised, offset, at)
        if result in ("challenge", "review"):
            limit = after + rules.raw[f"{result}_ms"]
            pushed_out = self.pending.add(result, decision_id, limit, p["transaction_id"], account)
            if pushed_out:
                outcome.resolutions.append(_resolution(pushed_out, "expired", "stream-time", at))
        self._learn(p, sender, rules)
        return outcome

    def _velocity(self, p, sender, after, rules):
        """Section 3, before the payment is added."""
        time = p["event_time"]
        late = time < after - GRACE
        window = sender.between(time - MINUTE, time)
        count = len(window) + 1
        # The payment that finds 512 held adds none and is saturated itself.
        saturated = after <= sender.saturated_until or (not late and len(sender.entries) >= 512)
        fraud = count > rules.signals["VELOCITY"]["threshold"] or saturated
        severity = "NONE" if not fraud else "CRITICAL" if count >= 5 or saturated else "HIGH"
        window.sort(key=lambda e: e.time)  # stable, so equals stay in order of arrival
        return {
            "late": late,
            "window": window,
            "velocity_count": count,
            "velocity_5m_count": len(sender.between(time - FIVE_MINUTES, time)) + 1,
            "saturated": saturated,
            "is_velocity_fraud": fraud,
            "severity": severity,
            "peers": [e.id for e in window[:50]] if fraud else [],
            "devices_1h": seen_last_hour(sender.devices, p["device_id"], time, late),
            "regions_1h": seen_last_hour(sender.regions, p["region"], time, late),
        }

    def _add(self, p, sender, seen, flagged, can_excuse):
        """Adds a first sight to the window, raises revised alerts (V4) and counts (S3); the revised ones as (entry, count).

        READING: V4 comes before fraud_count is taken, since SPEC S3 counts what stands in a flagged payment's window, and the
        payment that lifts a later window stands in it.
        """
        time, threshold = p["event_time"], self.rules.signals["VELOCITY"]["threshold"]
        entry = Entry(time, p["transaction_id"], p["amount_minor"], p["currency"])
        entry.flagged, entry.excusable = flagged, can_excuse
        if seen["late"] or not sender.hold(entry):
            if flagged:
                sender.count(time)
                sender.count_entries(seen["window"])
            return []
        revised = []
        for later in sorted(sender.between(time + 1, time + MINUTE), key=lambda e: e.time):
            window = sender.between(later.time - MINUTE, later.time)
            if not later.flagged and not later.excusable and len(window) > threshold:
                later.flagged = True
                revised.append((later, len(window)))
                sender.count_entries(window)
        if flagged:
            sender.count_entries([entry, *sender.between(time - MINUTE, time)])
        elif any(e.flagged for e in sender.between(time, time + MINUTE)):
            sender.count_entries([entry])
        return revised

    def _listed(self, p):
        if not self.lists:
            return False
        values = (
            ("sender", p["sender_account_id"]), ("receiver", p["receiver_account_id"]), ("device", p["device_id"]),
            ("card", p["card_token"]), ("email", p["email_token"]), ("ip", p["ip_token"]),
        )  # fmt: skip
        return any(v is not None and p["event_time"] < self.lists.get(f"{f}:{v}", NEVER) for f, v in values)

    def _act(self, p, sender, standing, decision, flagged, at):
        """Section 6, episodes: the records of fraud.actions."""
        time, actions, decision_id = p["event_time"], decision["actions"], decision["decision_id"]
        if sender.episode and time - sender.episode.last > HOUR:
            sender.episode = None
        if actions and not sender.episode:
            sender.episode = Episode(decision_id, time)
        if not sender.episode:
            return []
        if flagged:
            sender.episode.last = max(sender.episode.last, time)
        fired = [action for action in actions if action not in sender.episode.fired]
        sender.episode.fired.update(fired)
        copied = ("sender_account_id", "transaction_id", "event_time", "fraud_count", "fraud_score", "rule_version")
        return [
            {
                **{field: decision[field] for field in copied},
                **at,
                "action_id": f"{decision_id}-{action}",
                "action": action,
                "decision_id": decision_id,
                "episode_id": sender.episode.id,
                "until": standing.automatic if action == "BLOCK_CARD" else None,
            }
            for action in fired
        ]

    def _alerts(self, p, decision, flagged, revised, offset, at):
        alerts = []
        if flagged:
            copied = (
                "transaction_id", "sender_account_id", "event_time", "velocity_count", "severity", "amount_minor", "currency",
                "region", "fraud_count", "fraud_score", "reasons",
            )  # fmt: skip
            alerts.append({"kind": "VELOCITY", "revised": False, **{f: decision[f] for f in copied}, **at})
        for entry, count in revised:
            # READING: a revised alert's severity follows its count; its region, fraud count, score and reasons are left open.
            alerts.append(
                {
                    "kind": "VELOCITY",
                    "revised": True,
                    "transaction_id": entry.id,
                    "sender_account_id": p["sender_account_id"],
                    "event_time": entry.time,
                    "velocity_count": count,
                    "severity": "CRITICAL" if count >= 5 else "HIGH",
                    "amount_minor": entry.amount,
                    "currency": entry.currency,
                    **at,
                }
            )
        return self._numbered(alerts, offset)

    def _numbered(self, alerts, offset):
        for number, alert in enumerate(alerts, FIRST_ALERT):
            alert["alert_id"] = f"{self.number}-{offset}-{number}"
        return alerts

    def _learn(self, p, sender, rules):
        """Section 5: the baseline after the decision, late payments too."""
        time = p["event_time"]
        sender.payments += 1
        sender.lowest, sender.highest = min(sender.lowest, time), max(sender.highest, time)
        use(sender.known_regions, p["region"], 4)
        use(sender.known_devices, p["device_id"], 8)
        use(sender.known_categories, p["merchant_category"], 8)
        use(sender.known_receivers, p["receiver_account_id"], 16)
        if p["currency"] in rules.factor:
            sender.buckets[score.bucket_of(p["amount_minor"], rules.factor[p["currency"]])] += 1
        if p["latitude"] is not None and (sender.position is None or time >= sender.position[0]):
            sender.position = (time, p["latitude"], p["longitude"])
        if p["region"] is not None and (sender.region is None or time >= sender.region[0]):
            sender.region = (time, p["region"])


def _last_four(p):
    if p["pan"] is not None:
        return admission.cards.pan_digits(p["pan"])[-4:]
    return None if p["card_masked"] is None else p["card_masked"][-4:]


def _dead_letter(disposition, reason, append_time, value, at):
    outcome = Outcome(disposition)
    size = -1 if value is None else len(value)
    outcome.dead_letter = {"reason": reason, "append_time": append_time, "value_bytes": size, **at}
    return outcome


def _resolution(ended, result, actor, at):
    decision_id, transaction_id, sender = ended
    whom = {"decision_id": decision_id, "transaction_id": transaction_id, "sender_account_id": sender}
    return {**whom, "outcome": result, "actor": actor, **at}


def _shadow_verdicts(judged, rules, decision, at):
    """What the signals in shadow would have done, where one of them hit: none or one."""
    hit = {name for name, evaluated, hits in judged if evaluated and hits and name in rules.shadow}
    if not hit:
        return []
    fraud_score, reasons, _ = score.add_up(judged, rules, decision["excused"])
    passed_on = ("decision_id", "transaction_id", "sender_account_id", "event_time", "rule_version")
    return [
        {
            **{field: decision[field] for field in passed_on},
            **at,
            "reasons": [reason for reason in reasons if reason["signal"] in hit],
            "fraud_score": fraud_score,
            "actions": _actions(rules, decision["fraud_count"], fraud_score),
        }
    ]


def _actions(rules, fraud_count, fraud_score):
    limits = rules.raw["actions"]
    step_up = limits["REQUIRE_3DS"]
    hit = (
        ("BLOCK_CARD", fraud_count >= limits["BLOCK_CARD"]["fraud_count_at_least"]),
        ("REQUIRE_3DS", fraud_count >= step_up["fraud_count_at_least"] or fraud_score >= step_up["score_at_least"]),
        ("MANUAL_REVIEW", fraud_score > limits["MANUAL_REVIEW"]["score_over"]),
    )
    return [action for action, hits in hit if hits]


def _decide(standing, time, listed, actions):
    """(outcome, decided_by) by the precedence of SPEC S3."""
    if time < standing.hard or listed:
        return "block", "HARD_BLOCK"
    if time < standing.allowed:
        return "approve", "ALLOW_OVERRIDE"
    if time < standing.automatic or "BLOCK_CARD" in actions:
        return "block", "AUTOMATIC_BLOCK"
    if "MANUAL_REVIEW" in actions:
        return "review", "REVIEW"
    if "REQUIRE_3DS" in actions:
        return "challenge", "STEP_UP"
    return "approve", "DEFAULT"

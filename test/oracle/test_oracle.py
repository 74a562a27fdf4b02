"""Cases worked out by hand from SPEC.md; run with `python3 -m unittest` in this folder, or by oracle.test.ts."""

import contextlib
import io
import json
import os
import tempfile
import unittest

import admission
import cards
import oracle
from avro import AvroError, compile_reader
from iso import EXPONENT, REGIONS
from support import SCHEMA_DIR, T0, Log, framed, in_shadow, payment, rules

SECOND, HOUR, DAY = 1000, 3_600_000, 86_400_000
HOME = {"device_id": "phone", "region": "US", "merchant_category": "5411"}


def month_of_history(log):
    """Thirty payments in thirty days, 4.50 to 45.00 USD, from one device in one region and category; ends a day before T0."""
    for day in range(30):
        log.decide(f"old{day}", (day - 30) * DAY, amount_minor=450 + day * 140, **HOME)
    return log


class CardTesting(unittest.TestCase):
    """The seed's example 1, with SPEC V2, S1, S3, S4, S9."""

    def setUp(self):
        self.log = Log()
        self.got = [self.log.pay(f"c{n}", 5000 + n * 10_000, amount_minor=100) for n in range(5)]

    def test_v2_fourth_payment_flags(self):
        self.assertEqual([g.decision["velocity_count"] for g in self.got], [1, 2, 3, 4, 5])
        self.assertEqual([g.decision["is_velocity_fraud"] for g in self.got], [False, False, False, True, True])
        self.assertEqual([g.decision["severity"] for g in self.got], ["NONE", "NONE", "NONE", "HIGH", "CRITICAL"])
        self.assertEqual(self.got[3].decision["velocity_fraud_peers"], ["c0", "c1", "c2"])

    def test_s3_fraud_count_4_steps_up_and_5_blocks(self):
        self.assertEqual([g.decision["fraud_count"] for g in self.got], [0, 0, 0, 4, 5])
        self.assertEqual([g.decision["outcome"] for g in self.got], ["approve"] * 3 + ["challenge", "block"])
        self.assertEqual(self.got[3].decision["decided_by"], "STEP_UP")
        self.assertEqual(self.got[4].decision["decided_by"], "AUTOMATIC_BLOCK")

    def test_s1_reasons_sum_to_the_score(self):
        self.assertEqual(self.got[0].decision["reasons"], [{"signal": "FIRST_RECEIVER", "points": 15}])
        tiny = [{"signal": "VELOCITY", "points": 40}, {"signal": "TINY_EQUAL", "points": 25}]
        self.assertEqual(self.got[3].decision["reasons"], tiny)
        self.assertEqual(self.got[3].decision["fraud_score"], 65)

    def test_s4_the_5000_attempt_is_declined(self):
        last = self.log.decide("big", 55_000, amount_minor=500_000)
        self.assertEqual((last["outcome"], last["velocity_count"]), ("block", 6))

    def test_s4_the_block_ends_after_24_h_of_event_time(self):
        end = 45_000 + DAY
        self.assertEqual(self.log.decide("d1", end - 1)["outcome"], "block")
        self.assertEqual(self.log.decide("d2", end)["outcome"], "approve")

    def test_s9_each_action_fires_once_in_an_episode(self):
        self.log.pay("c5", 46_000, amount_minor=100)
        fired = [(a["action"], a["transaction_id"], a["episode_id"]) for o in self.log.outcomes for a in o.actions]
        self.assertEqual(fired, [("REQUIRE_3DS", "c3", "0-3"), ("BLOCK_CARD", "c4", "0-3")])
        self.assertEqual(self.got[4].actions[0]["until"], T0 + 45_000 + DAY)

    def test_a1_alerts_at_the_fourth_and_fifth(self):
        alerts = [(a["alert_id"], a["velocity_count"], a["fraud_count"]) for o in self.log.outcomes for a in o.alerts]
        self.assertEqual(alerts, [("0-3-0", 4, 4), ("0-4-0", 5, 5)])


class Windows(unittest.TestCase):
    """SPEC V1, V3, V4, V6."""

    def test_v1_60_000_ms_is_inside_and_60_001_outside(self):
        for gap, count in ((60_000, 2), (60_001, 1)):
            log = Log()
            log.decide("a", 0)
            self.assertEqual(log.decide("b", gap)["velocity_count"], count, gap)

    def test_v6_300_000_ms_is_inside_the_five_minutes(self):
        for gap, count in ((300_000, 2), (300_001, 1)):
            log = Log()
            log.decide("a", 0)
            self.assertEqual(log.decide("b", gap)["velocity_5m_count"], count, gap)

    def test_v3_grace_of_10_s(self):
        for behind, late in ((10_000, False), (10_001, True)):
            log = Log()
            log.decide("a", 20_000)
            self.assertEqual(log.decide("b", 20_000 - behind)["late"], late, behind)
            # a late one is not added to the window, so the next does not see it
            self.assertEqual(log.decide("c", 20_000)["velocity_count"], 2 if late else 3)

    def test_v3_a_late_payment_is_scored_over_what_is_held_and_updates_baselines(self):
        log = Log()
        for n in range(3):
            log.decide(f"a{n}", n)
        log.decide("z", 50_000, sender_account_id="ACC_2")  # another sender moves stream time
        late = log.decide("late", 10)
        self.assertEqual((late["velocity_count"], late["late"], late["is_velocity_fraud"]), (4, True, True))
        self.assertEqual(late["fraud_count"], 4)
        self.assertEqual(log.decide("next", 50_000)["baseline_payments"], 4)

    def test_v4_out_of_order_payment_lifts_a_later_window(self):
        log = Log()
        for n in (0, 1, 2):
            log.decide(f"a{n}", 10_000 + n)
        outcome = log.pay("early", 5_000)
        self.assertEqual(outcome.decision["velocity_count"], 1)
        self.assertEqual(len(outcome.alerts), 1)
        alert = outcome.alerts[0]
        self.assertEqual((alert["revised"], alert["transaction_id"], alert["velocity_count"]), (True, "a2", 4))
        # nobody is told twice: the next lifts a0 and a1 only where they pass the threshold
        again = log.pay("early2", 5_001)
        self.assertEqual([(a["transaction_id"], a["velocity_count"]) for a in again.alerts], [("a1", 4)])

    def test_v4_the_revised_window_counts_for_fraud_count(self):
        log = Log()
        for n in (0, 1, 2):
            log.decide(f"a{n}", 10_000 + n)
        # early stands in a2's flagged window; of that window's four only early is not later than early
        self.assertEqual(log.decide("early", 5_000)["fraud_count"], 1)
        self.assertEqual(log.decide("later", 400_000)["fraud_count"], 4)

    def test_v6_saturation_at_512_held(self):
        for after, saturated in ((310_000, True), (310_001, False)):
            log = Log()
            for n in range(512):
                decision = log.decide(f"s{n}", 0)
            self.assertFalse(decision["saturated"])
            full = log.decide("s512", 0)
            self.assertEqual((full["saturated"], full["severity"], full["velocity_count"]), (True, "CRITICAL", 513))
            self.assertEqual(full["velocity_fraud_peers"], [f"s{n}" for n in range(50)])
            log.decide("z", after, sender_account_id="ACC_2")  # another sender moves stream time: what follows is late
            late = log.decide("late", after - 10_001)
            self.assertEqual((late["saturated"], late["is_velocity_fraud"], late["velocity_count"]), (saturated, saturated, 1))

    def test_v6_saturation_when_the_payment_itself_is_the_lowest(self):
        log = Log()
        for n in range(512):
            log.decide(f"s{n}", 1000)
        self.assertTrue(log.decide("low", 0)["saturated"])
        self.assertEqual(len(log.partition.senders["ACC_100"].entries), 512)
        self.assertNotIn("low", [e.id for e in log.partition.senders["ACC_100"].entries])

    def test_v6_devices_of_the_last_hour(self):
        log = Log()
        counts = [log.decide(f"d{n}", n * 70_000, device_id=f"dev{n}")["devices_1h"] for n in range(4)]
        self.assertEqual(counts, [1, 2, 3, 4])
        self.assertEqual(log.decide("same", HOUR, device_id="dev3")["devices_1h"], 4)
        self.assertEqual(log.decide("past", HOUR + 1, device_id="dev3")["devices_1h"], 3)


class Dedup(unittest.TestCase):
    """SPEC D1, D2."""

    def test_d1_horizon_of_exactly_one_hour(self):
        for gap, disposition in ((HOUR, "duplicate"), (HOUR + 1, "decided")):
            log = Log()
            log.decide("a", 0)
            log.decide("b", gap, sender_account_id="ACC_2")
            self.assertEqual(log.pay("a", 0).disposition, disposition, gap)

    def test_d1_the_repeat_itself_does_not_move_stream_time(self):
        log = Log()
        log.decide("a", 0)
        self.assertEqual(log.pay("a", 2 * HOUR).disposition, "duplicate")
        self.assertEqual(log.decide("b", 1)["late"], False)

    def test_d2_restamped_is_a_duplicate_and_other_content_a_conflict(self):
        log = Log()
        log.decide("a", 0, device_id="x", currency="usd")
        self.assertEqual(log.pay("a", 9000, device_id="y", currency="USD").duplicate["first_offset"], 0)
        conflict = log.pay("a", 0, amount_minor=2001)
        self.assertEqual((conflict.disposition, conflict.dead_letter["reason"]), ("conflict", "ID_CONFLICT"))
        self.assertEqual(conflict.alerts[0]["kind"], "ID_CONFLICT")
        self.assertEqual(log.decide("b", 0)["velocity_count"], 2)


class Excuse(unittest.TestCase):
    """SPEC S2, the seed's example 2."""

    def test_s2_a_mall_burst_after_a_month_is_not_blocked(self):
        log = month_of_history(Log())
        got = [log.pay(f"m{n}", n * 10_000, amount_minor=a, **HOME) for n, a in enumerate((450, 1200, 4500, 3500, 2000, 900))]
        self.assertEqual([g.decision["excused"] for g in got], [False] * 3 + [True] * 3)
        self.assertTrue(got[5].decision["is_velocity_fraud"])
        self.assertEqual({g.decision["outcome"] for g in got}, {"approve"})
        self.assertEqual([a for g in got for a in g.alerts + g.actions], [])
        self.assertIn({"signal": "VELOCITY", "points": 0}, got[3].decision["reasons"])
        self.assertEqual(got[5].decision["fraud_count"], 0)

    def test_s2_the_same_burst_without_history_is_blocked(self):
        log = Log()
        got = [log.decide(f"m{n}", n * 10_000, amount_minor=1000 + n, **HOME) for n in range(6)]
        self.assertEqual([g["outcome"] for g in got], ["approve"] * 3 + ["challenge", "block", "block"])

    def test_s2_tiny_equal_takes_the_excuse_away(self):
        log = month_of_history(Log())
        got = [log.decide(f"t{n}", n * 1000, amount_minor=200, **HOME) for n in range(4)]
        self.assertEqual((got[3]["excused"], got[3]["is_velocity_fraud"]), (False, True))


class Score(unittest.TestCase):
    """SPEC S1, S3 and the seed's one payment over 5,000 to a new payee."""

    def test_s3_over_5000_to_a_new_payee_is_40(self):
        d = Log().decide("big", 0, amount_minor=520_000)
        self.assertEqual((d["fraud_score"], d["outcome"]), (40, "challenge"))
        self.assertEqual(Log().decide("at", 0, amount_minor=500_000)["fraud_score"], 15)

    def test_s1_a_signal_in_shadow_does_nothing_and_is_told_of(self):
        outcome = Log(in_shadow("FIRST_RECEIVER", "LISTED")).pay("big", 0, amount_minor=520_000)
        d, (verdict,) = outcome.decision, outcome.shadow_verdicts
        self.assertEqual((d["fraud_score"], d["outcome"], d["actions"]), (25, "approve", []))
        self.assertEqual(d["reasons"], [{"signal": "HIGH_AMOUNT", "points": 25}])
        self.assertEqual((verdict["fraud_score"], verdict["actions"]), (40, ["REQUIRE_3DS"]))
        self.assertEqual(verdict["reasons"], [{"signal": "FIRST_RECEIVER", "points": 15}])
        unevaluated = Log(in_shadow("MANY_DEVICES")).pay("x", 0)
        self.assertEqual(unevaluated.decision["not_evaluated"], ["IMPOSSIBLE_TRAVEL", "NEW_DEVICE", "RISKY_CATEGORY"])
        self.assertEqual(unevaluated.shadow_verdicts, [])

    def test_s1_a_missing_field_says_so(self):
        d = Log().decide("x", 0, currency="XAF")
        missing = ["TINY_EQUAL", "HIGH_AMOUNT", "IMPOSSIBLE_TRAVEL", "NEW_DEVICE", "MANY_DEVICES", "RISKY_CATEGORY"]
        self.assertEqual(d["not_evaluated"], missing)

    def test_s1_impossible_travel_by_coordinates_and_by_region(self):
        log = Log()
        log.decide("london", 0, latitude=51.5, longitude=-0.12)
        d = log.decide("paris", 600_000, latitude=48.85, longitude=2.35)  # 343 km in 10 minutes
        self.assertIn("IMPOSSIBLE_TRAVEL", [r["signal"] for r in d["reasons"]])
        for gap, hits in ((7_200_000, True), (7_200_001, False)):
            log = Log()
            log.decide("de", 0, region="DE")
            d = log.decide("fr", gap, region="FR")
            self.assertEqual("IMPOSSIBLE_TRAVEL" in [r["signal"] for r in d["reasons"]], hits, gap)

    def test_s1_night_ends_at_five(self):
        for hour_ms, hits in ((-4 * HOUR - 1, True), (-4 * HOUR, False)):
            d = Log().decide("n", hour_ms)
            self.assertEqual("NIGHT" in [r["signal"] for r in d["reasons"]], hits)

    def test_s1_points_are_cut_at_100(self):
        log = Log()
        for n in range(11):
            log.decide(f"v{n}", n, amount_minor=100, device_id=f"d{n}", region="DE")
        d = log.decide("v", 20, amount_minor=100, device_id="d", region="FR", receiver_account_id="M_2")
        self.assertEqual(d["fraud_score"], 100)
        self.assertEqual(sum(r["points"] for r in d["reasons"]), 100)


class Control(unittest.TestCase):
    """SPEC S6, S7, S8."""

    def test_s7_refused_changes_nothing(self):
        log = Log()
        bad = (
            {"valid": False}, {"partition": 1}, {"signer": "api"}, {"signer": "nobody"}, {"key": b"ACC_9", "account_id": "ACC_1"},
        )  # fmt: skip
        for changes in bad:
            outcome = log.control("ACCOUNT_BLOCKED", **changes)
            self.assertEqual(outcome.disposition, "control refused", changes)
            self.assertEqual(outcome.alerts[0]["kind"], "CONTROL_REFUSED")
        self.assertEqual(log.decide("a", 0)["outcome"], "approve")
        self.assertEqual(log.control("ACCOUNT_BLOCKED", serial=7).disposition, "control applied")
        self.assertEqual(log.control("ACCOUNT_LIFTED", serial=7).disposition, "control refused")
        self.assertEqual(log.decide("b", 1)["decided_by"], "HARD_BLOCK")
        self.assertEqual(log.control("ACCOUNT_LIFTED", serial=8).disposition, "control applied")
        self.assertEqual(log.decide("c", 2)["outcome"], "approve")

    def test_s6_a_rule_set_takes_effect_after_its_record(self):
        raw = rules()
        raw["version"], raw["signals"]["HIGH_AMOUNT"]["over_major"] = "2", 10
        log = Log()
        self.assertEqual(log.control("RULES_SET", key=None, rules=json.dumps(raw)).disposition, "control applied")
        d = log.decide("a", 0)
        self.assertEqual((d["rule_version"], d["fraud_score"]), ("2", 40))
        for broken in ({"extra": 1}, {"challenge_ms": -1}, {"rates": {"USD": 0}}, {"version": ""}):
            outcome = log.control("RULES_SET", key=None, rules=json.dumps({**raw, **broken}))
            self.assertEqual(outcome.disposition, "control refused", broken)

    def test_s3_hard_block_over_allowance_over_block(self):
        log = Log()
        for n in range(5):
            log.decide(f"c{n}", n)
        log.control("ACCOUNT_ALLOWED", until=T0 + 100)
        self.assertEqual(log.decide("a", 99)["decided_by"], "ALLOW_OVERRIDE")
        self.assertEqual(log.decide("b", 100)["decided_by"], "AUTOMATIC_BLOCK")
        log.control("LIST_ADDED", key=None, subject="receiver:M_1", until=T0 + 200)
        self.assertEqual(log.decide("c", 199)["decided_by"], "HARD_BLOCK")

    def test_s8_first_end_wins_and_expiry_by_stream_time(self):
        log = Log()
        log.decide("a", 0, amount_minor=520_000)
        log.decide("b", 1, amount_minor=520_000, receiver_account_id="M_2")
        end = {"decision_id": "0-0", "signer": "api", "serial": 0}
        self.assertEqual(log.control("REVIEW_APPROVED", **{**end, "signer": "board"}).disposition, "control refused")
        first = log.control("CHALLENGE_FAILED", failed_codes=3, **end)
        self.assertEqual(first.resolutions[0]["outcome"], "failed")
        self.assertEqual(log.control("CHALLENGE_PASSED", **end).disposition, "control ignored")
        self.assertEqual(log.pay("c", 300_001).resolutions, [])
        expired = log.pay("d", 300_002)
        self.assertEqual([(r["decision_id"], r["actor"]) for r in expired.resolutions], [("0-1", "stream-time")])
        self.assertIn({"signal": "OTP_FAILED", "points": 20}, expired.decision["reasons"])


class Admission(unittest.TestCase):
    """SPEC R1, M4, V5, X5: the reason of each dead letter."""

    def test_fields(self):
        cases = (
            ("BAD_ID", {"transaction_id": "a b"}),
            ("BAD_PARTIES", {"receiver_account_id": "ACC_100"}),
            ("BAD_AMOUNT", {"amount_minor": 0, "kind": "transfer"}),
            ("BAD_AMOUNT", {"amount_minor": 2**53}),
            ("BAD_CURRENCY", {"currency": "XXX"}),
            ("BAD_TIME", {"event_time": 946_684_799_999}),
            ("BAD_REGION", {"region": "us"}),
            ("BAD_POSITION", {"latitude": 1.0}),
            ("TOO_LARGE", {"device_id": "x" * 257}),
            ("BAD_TEXT", {"memo": "\udcff"}),
            ("BAD_MASK", {"mask_key_id": "k1", "pan": "4111111111111111"}),
            ("BAD_MASK", {"mask_key_id": "k9"}),
            ("BAD_MASK", {"card_masked": "XXXX-XXXX-XXXX-1111"}),
            ("BAD_PAN", {"pan": "4111111111111112"}),
            ("PAN_IN_ID", {"transaction_id": "4111-1111-1111-1111"}),
        )
        for reason, changes in cases:
            outcome = Log().raw(b"ACC_100", framed("payment-submitted", {**payment("a", 0), **changes}))
            self.assertEqual(outcome.dead_letter and outcome.dead_letter["reason"], reason, changes)

    def test_bytes(self):
        good = framed("payment-submitted", payment("a", 0))
        branch = good.replace(b"\x02a\0", b"\x02a\x04", 1)  # idempotency_key's union branch
        cases = (
            ("NULL_VALUE", None), ("TOO_LARGE", b"\0" * 262_145), ("BAD_MAGIC", b"\1" + good[1:]), ("DECODE_TRUNCATED", b"\0\0"),
            ("UNKNOWN_SCHEMA", b"\0\0\0\0\x09" + good[5:]), ("DECODE_TRUNCATED", good[:-1]), ("DECODE_TRAILING", good + b"\0"),
            ("DECODE_TYPE", branch),
        )  # fmt: skip
        for reason, value in cases:
            self.assertEqual(Log().raw(b"ACC_100", value).dead_letter["reason"], reason)

    def test_keys_and_future(self):
        good = framed("payment-submitted", payment("a", 60_000))
        self.assertEqual(Log().raw(b"ACC_1", good).dead_letter["reason"], "WRONG_PARTITION")
        self.assertEqual(Log().raw(b"ACC_100", good, T0).disposition, "decided")
        self.assertEqual(Log().raw(b"ACC_100", good, T0 - 1).dead_letter["reason"], "FUTURE_EVENT")

    def test_murmur2_as_kafka(self):
        # from Kafka's own UtilsTest
        for text, expected in (("21", -973932308), ("foobar", -790332482), ("a-little-bit-long-string", -985981536)):
            self.assertEqual(admission.murmur2(text.encode()), expected & 0xFFFFFFFF)

    def test_varints_beyond_64_bits(self):
        read = compile_reader(os.path.join(SCHEMA_DIR, "payment-submitted.avsc"))
        with self.assertRaises(AvroError) as raised:
            read(b"\0\0\0\0\1" + b"\xff" * 10 + b"\1")
        self.assertEqual(raised.exception.reason, "DECODE_TYPE")


class Mask(unittest.TestCase):
    """SPEC M2, M4."""

    def test_m2_masked_forms_and_token(self):
        d = Log().decide(
            "a", 0, pan="4111 1111-1111.1111", expiry="09/29", cvv="123", cardholder_name="Jane Roe", email="jane@example.com", ip="203.0.113.9"
        )
        self.assertEqual(d["card_masked"], "XXXX-XXXX-XXXX-1111")
        self.assertEqual((d["expiry_masked"], d["cvv_masked"], d["cardholder_name_masked"]), ("09/XX", "XXX", "J*** R***"))
        self.assertEqual((d["email_masked"], d["ip_masked"], d["mask_key_id"]), ("j***@example.com", "203.0.x.x", "k1"))
        # openssl dgst -sha256 -mac HMAC -macopt hexkey:00..01
        self.assertEqual(d["card_token"], "v1:k1:" + HMAC_OF_4111)

    def test_m2_addresses(self):
        for ip, shown in (("2001:db8::1", "2001:db8::x"), ("::1", "::x"), ("1::", "1::x"), ("host", "X"), ("1.2.3", "X"), ("1.2.3.400", "X")):
            self.assertEqual(admission.masked_ip(ip), shown)

    def test_m4_card_numbers_in_text(self):
        self.assertEqual(cards.redact("pay 4111-1111-1111-1111 now"), "pay XXXX-XXXX-XXXX-1111 now")
        self.assertEqual(cards.redact("4111 1111-1111.1111"), "XXXX XXXX-XXXX.1111")
        self.assertEqual(cards.redact("0004111111111111111123"), "XXXXXXXXXXXXXXX1111123")
        self.assertEqual(cards.redact("4111111111111111123"), "XXXXXXXXXXXX1111123")
        for clean in ("4111111111111112", "1234567890123", "order 20260101-123456-0001", "1111111111111111", "ab4111c1-1111-4111-1111-111111111111"):
            self.assertEqual(cards.redact(clean), clean)

    def test_tables(self):
        self.assertEqual(len(REGIONS), 249)
        self.assertEqual([EXPONENT[c] for c in ("USD", "JPY", "KWD", "CLF")], [2, 0, 3, 4])


class WholeRun(unittest.TestCase):
    """The command: equal outputs pass, one altered, missing or doubled record fails, and so does an empty check."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.log = log = Log(in_shadow("TINY_EQUAL"))
        for n in range(5):
            log.pay(f"c{n}", n * 1000, amount_minor=100, pan="4111111111111111", memo="4111 1111 1111 1111")
        log.pay("c0", 0, amount_minor=100, pan="4111111111111111")
        log.pay("c0", 0, amount_minor=101)
        log.raw(b"x", None)
        log.control("CHALLENGE_FAILED", decision_id="0-3", serial=0, signer="api")

    def run_oracle(self, change=lambda _topic, records: records, *more):
        self.log.write(self.folder, change)
        with contextlib.redirect_stdout(io.StringIO()) as out:
            code = oracle.main([self.folder, *more])
        return code, out.getvalue()

    def test_equal(self):
        def hide(topic, records):
            redacted = [(n, {**r, "memo": "****"} if n == "decision" else r) for n, r in records]
            return redacted if topic == "payments.decided" else records

        code, text = self.run_oracle(hide)
        self.assertEqual(code, 0, text)
        self.assertIn("redacted texts             5 compared", text)

    def test_one_altered_field_fails_wherever_it_is(self):
        altered = (
            ("payments.decided", {"fraud_count": 7}), ("payments.decided", {"velocity_fraud_peers": ["c9"]}),
            ("payments.decided", {"card_token": "v1:k1:0"}), ("fraud.alerts", {"velocity_count": 9}),
            ("fraud.actions", {"until": 1}), ("payments.dlq", {"reason": "BAD_ID"}), ("payments.duplicates", {"first_offset": 1}),
        )  # fmt: skip
        for where, fields in altered:
            def change(topic, records, where=where, fields=fields):
                return [(records[0][0], {**records[0][1], **fields}), *records[1:]] if topic == where else records

            code, text = self.run_oracle(change)
            self.assertEqual(code, 1, (where, fields))
            self.assertIn(f"{next(iter(fields))}: expected", text)

    def test_missing_doubled_swapped_and_invented_fail(self):
        changes = (lambda r: r[1:], lambda r: [r[0], *r], lambda r: [r[1], r[0], *r[2:]], lambda r: r[:-1])
        for topic in ("payments.decided", "payments.dlq", "fraud.alerts", "fraud.actions"):
            for edit in changes:
                code, text = self.run_oracle(lambda t, r, topic=topic, edit=edit: edit(r) if t == topic else r)
                self.assertEqual(code, 1, text)

    def test_an_empty_check_fails_unless_allowed(self):
        self.log = Log()
        self.assertEqual(self.run_oracle(lambda _t, r: r, "--may-be-empty", "all")[0], 1)
        self.log.pay("a", 0)
        self.assertEqual(self.run_oracle()[0], 1)
        self.assertEqual(self.run_oracle(lambda _t, r: r, "--may-be-empty", "all")[0], 0)

    def test_confusion(self):
        path = os.path.join(self.folder, "labels.csv")
        with open(path, "w", encoding="utf-8") as file:
            file.write("transaction_id,is_fraud,scenario\n" + "".join(f"c{n},{int(n > 1)},testing\n" for n in range(5)))
        code, text = self.run_oracle(lambda _t, r: r, "--may-be-empty", "all", "--confusion", path)
        row = next(line.split() for line in text.splitlines() if line.startswith("testing"))
        self.assertEqual(row[1:], ["5", "60.000%", "2", "1", "0", "2", "100.000%", "66.667%"])


HMAC_OF_4111 = "c451c3ffba9ada2e191584d7c0dabaf6820fd1a6cc49efe2e196972690a25831"
"""HMAC-SHA-256 of 4111111111111111 under 31 zero bytes and a 1, from OpenSSL's command line."""

if __name__ == "__main__":
    unittest.main()

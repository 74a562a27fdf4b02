"""The rule set (SPEC S1 to S4): shape, thresholds of amounts, and the validation that RULES_SET must pass."""

import json
import math

from iso import EXPONENT

POWER = {places: float(f"1e{places}") for places in range(-4, 5)}

_SIGNALS = {
    "VELOCITY": {"threshold"},
    "TINY_EQUAL": {"min_payments", "max_major"},
    "HIGH_AMOUNT": {"over_major"},
    "FIRST_RECEIVER": set(),
    "VELOCITY_5M": {"over"},
    "IMPOSSIBLE_TRAVEL": {"max_kmh", "min_km", "region_window_ms"},
    "NEW_DEVICE": set(),
    "MANY_DEVICES": {"over"},
    "OTP_FAILED": {"at_least"},
    "RISKY_CATEGORY": {"categories"},
    "NIGHT": {"until_hour_utc"},
    "LISTED": set(),
}
_ACTIONS = {
    "BLOCK_CARD": {"fraud_count_at_least", "block_ms"},
    "REQUIRE_3DS": {"fraud_count_at_least", "score_at_least"},
    "MANUAL_REVIEW": {"score_over"},
}
_EXCUSE = {"min_payments", "min_span_days", "low_percentile", "high_percentile"}
_TOP = {"version", "currency", "rates", "signals", "excuse", "actions", "challenge_ms", "review_ms"}


class Rules:
    """A rule set with what follows from it for each currency."""

    def __init__(self, raw):
        self.raw = raw
        self.version = raw["version"]
        self.signals = raw["signals"]
        self.points = {name: signal["points"] for name, signal in raw["signals"].items()}
        self.factor, self.tiny, self.high = {}, {}, {}
        for currency, rate in raw["rates"].items():
            places = EXPONENT[currency]
            self.factor[currency] = rate * POWER[EXPONENT[raw["currency"]] - places]
            self.tiny[currency] = self._minor(raw["signals"]["TINY_EQUAL"]["max_major"], places, rate)
            self.high[currency] = self._minor(raw["signals"]["HIGH_AMOUNT"]["over_major"], places, rate)

    @staticmethod
    def _minor(major, places, rate):
        """Major units of the rule file's currency in minor units of another, cut to a whole number."""
        return math.floor(major * POWER[places] / rate)


def parse(text):
    """A RULES_SET's text as Rules, or None when it does not validate.

    READING: exactly the keys of rules-default.json; numbers are finite and not negative; points are whole and at most 100.
    """
    try:
        raw = json.loads(text)
        return Rules(raw) if _valid(raw) else None
    except (TypeError, ValueError, KeyError, AttributeError):
        return None


def _number(value):
    return type(value) in (int, float) and math.isfinite(value) and value >= 0


def _valid(raw):
    if set(raw) != _TOP or not isinstance(raw["version"], str) or not raw["version"]:
        return False
    rates = raw["rates"]
    if raw["currency"] not in rates or not all(c in EXPONENT and _number(r) and r > 0 for c, r in rates.items()):
        return False
    if set(raw["signals"]) != set(_SIGNALS) or set(raw["actions"]) != set(_ACTIONS) or set(raw["excuse"]) != _EXCUSE:
        return False
    for name, keys in _SIGNALS.items():
        signal = raw["signals"][name]
        points = signal["points"]
        if set(signal) != keys | {"points"} or type(points) is not int or not 0 <= points <= 100:
            return False
        if not all(_number(signal[key]) for key in keys - {"categories"}):
            return False
    categories = raw["signals"]["RISKY_CATEGORY"]["categories"]
    if not isinstance(categories, list) or not all(isinstance(c, str) for c in categories):
        return False
    for name, keys in _ACTIONS.items():
        if set(raw["actions"][name]) != keys or not all(_number(raw["actions"][name][key]) for key in keys):
            return False
    return all(_number(v) for v in raw["excuse"].values()) and _number(raw["challenge_ms"]) and _number(raw["review_ms"])

"""The rule set (SPEC S1 to S4): shape, thresholds of amounts, and the validation that RULES_SET must pass."""

import json
import math
import re

from iso import EXPONENT

POWER = {places: float(f"1e{places}") for places in range(-4, 5)}

_CATEGORY = re.compile("[0-9]{4}")
WHOLE, ANY = True, False
_ENDLESS = float("inf")
_LEAST = 5e-324  # the smallest number above 0

# Section of the rule set -> name -> (whole numbers only, lowest, highest).
_POINTS = (WHOLE, 0, 100)
_SIGNALS = {
    "VELOCITY": {"points": _POINTS, "threshold": (WHOLE, 1, 500)},
    "TINY_EQUAL": {"points": _POINTS, "min_payments": (WHOLE, 2, _ENDLESS), "max_major": (ANY, _LEAST, _ENDLESS)},
    "HIGH_AMOUNT": {"points": _POINTS, "over_major": (ANY, _LEAST, _ENDLESS)},
    "FIRST_RECEIVER": {"points": _POINTS},
    "VELOCITY_5M": {"points": _POINTS, "over": (WHOLE, 1, 500)},
    "IMPOSSIBLE_TRAVEL": {
        "points": _POINTS, "max_kmh": (ANY, _LEAST, _ENDLESS), "min_km": (ANY, 0, _ENDLESS), "region_window_ms": (WHOLE, 0, _ENDLESS),
    },
    "NEW_DEVICE": {"points": _POINTS},
    "MANY_DEVICES": {"points": _POINTS, "over": (WHOLE, 1, 7)},
    "OTP_FAILED": {"points": _POINTS, "at_least": (WHOLE, 1, 100)},
    "RISKY_CATEGORY": {"points": _POINTS},
    "NIGHT": {"points": _POINTS, "until_hour_utc": (WHOLE, 0, 24)},
    "LISTED": {"points": _POINTS},
}  # fmt: skip
_ACTIONS = {
    "BLOCK_CARD": {"fraud_count_at_least": (WHOLE, 1, 32), "block_ms": (WHOLE, 1, _ENDLESS)},
    "REQUIRE_3DS": {"fraud_count_at_least": (WHOLE, 1, 32), "score_at_least": (WHOLE, 0, 101)},
    "MANUAL_REVIEW": {"score_over": (WHOLE, 0, 100)},
}
_EXCUSE = {
    "min_payments": (WHOLE, 1, _ENDLESS), "min_span_days": (ANY, 0, _ENDLESS), "low_percentile": (WHOLE, 0, 100),
    "high_percentile": (WHOLE, 0, 100),
}  # fmt: skip
_TOP = {"version", "currency", "rates", "signals", "excuse", "actions", "challenge_ms", "review_ms"}


class Rules:
    """A rule set with what follows from it for each currency."""

    def __init__(self, raw):
        self.raw = raw
        self.version = raw["version"]
        self.signals = raw["signals"]
        self.shadow = {name for name, signal in raw["signals"].items() if signal.get("shadow")}
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

    The bounds are those of schemas/rule-set.ts.
    """
    try:
        raw = json.loads(text)
        return Rules(raw) if _valid(raw) else None
    except (TypeError, ValueError, KeyError, AttributeError):
        return None


def _number(value, bounds):
    whole, low, high = bounds
    if type(value) not in (int, float) or not math.isfinite(value) or not low <= value <= high:
        return False
    return not whole or value == int(value) and abs(value) < 2**53


def _signal(values, shape, more=()):
    """A signal may say whether it is in shadow."""
    if type(values.get("shadow", False)) is not bool:
        return False
    return _section({key: value for key, value in values.items() if key != "shadow"}, shape, more)


def _section(values, shape, more=()):
    return set(values) == set(shape) | set(more) and all(_number(values[key], bounds) for key, bounds in shape.items())


def _valid(raw):
    if set(raw) != _TOP or type(raw["version"]) is not str or not 1 <= len(raw["version"]) <= 32:
        return False
    rates = raw["rates"]
    if rates.get(raw["currency"]) != 1 or not all(c in EXPONENT and _number(r, (ANY, _LEAST, _ENDLESS)) for c, r in rates.items()):
        return False
    if set(raw["signals"]) != set(_SIGNALS) or set(raw["actions"]) != set(_ACTIONS):
        return False
    categories = raw["signals"]["RISKY_CATEGORY"]["categories"]
    if type(categories) is not list or len(categories) > 256 or not all(_CATEGORY.fullmatch(c) for c in categories):
        return False
    more = {"RISKY_CATEGORY": ("categories",)}
    return (
        all(_signal(raw["signals"][name], shape, more.get(name, ())) for name, shape in _SIGNALS.items())
        and all(_section(raw["actions"][name], shape) for name, shape in _ACTIONS.items())
        and _section(raw["excuse"], _EXCUSE)
        and all(_number(raw[name], (WHOLE, 1, _ENDLESS)) for name in ("challenge_ms", "review_ms"))
    )

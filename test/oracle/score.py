"""Signals, points and the excuse (semantics section 5)."""

import math

from state import DAY, HOUR

EARTH_KM = 6_371.0088


def bucket_of(amount_minor, factor):
    return min(31, math.floor(amount_minor * factor).bit_length())


def haversine_km(latitude1, longitude1, latitude2, longitude2):
    """Great-circle distance; the formula of R. W. Sinnott, 1984."""
    phi1, phi2 = math.radians(latitude1), math.radians(latitude2)
    half_phi, half_lambda = (phi2 - phi1) / 2, math.radians(longitude2 - longitude1) / 2
    a = math.sin(half_phi) ** 2 + math.cos(phi1) * math.cos(phi2) * math.sin(half_lambda) ** 2
    return 2 * EARTH_KM * math.asin(min(1.0, math.sqrt(a)))


def impossible_travel(p, sender, rule):
    time = p["event_time"]
    if p["latitude"] is not None and sender.position is not None:
        then, latitude, longitude = sender.position
        distance = haversine_km(latitude, longitude, p["latitude"], p["longitude"])
        return distance > rule["min_km"] and distance > rule["max_kmh"] * abs(time - then) / HOUR
    if p["region"] is not None and sender.region is not None:
        then, region = sender.region
        return region != p["region"] and abs(time - then) <= rule["region_window_ms"]
    return False


def tiny_equal(p, peers, velocity_count, rules):
    if velocity_count < rules.signals["TINY_EQUAL"]["min_payments"] or p["amount_minor"] > rules.tiny[p["currency"]]:
        return False
    return all(e.amount == p["amount_minor"] and e.currency == p["currency"] for e in peers)


def excusable(p, sender, rules, tiny, saturated):
    """SPEC S2, on the baseline before the payment."""
    need = rules.raw["excuse"]
    if sender.payments < need["min_payments"] or sender.highest - sender.lowest < need["min_span_days"] * DAY:
        return False
    if p["region"] is None or p["device_id"] is None or p["merchant_category"] is None:
        return False
    if p["region"] not in sender.known_regions or p["device_id"] not in sender.known_devices:
        return False
    if p["merchant_category"] not in sender.known_categories or p["currency"] not in rules.factor or tiny or saturated:
        return False
    total = sum(sender.buckets)
    if total == 0:
        return False
    low = percentile(sender.buckets, total, need["low_percentile"])
    high = percentile(sender.buckets, total, need["high_percentile"])
    return low <= bucket_of(p["amount_minor"], rules.factor[p["currency"]]) <= high


def percentile(buckets, total, percent):
    """The lowest bucket whose cumulative count reaches that percentage."""
    cumulative = 0
    for bucket, count in enumerate(buckets):
        cumulative += count
        if cumulative * 100 >= percent * total:
            return bucket
    raise AssertionError("the cumulative count ends at the total")


def signals(p, sender, rules, seen):
    """Each signal in order as (name, can it be judged, does it hit); `seen` is what velocity found."""
    s, time = rules.signals, p["event_time"]
    rated, device, category = p["currency"] in rules.factor, p["device_id"], p["merchant_category"]
    placed = p["latitude"] is not None or p["region"] is not None
    failed = sum(codes for at, codes in sender.failed_codes if time - HOUR <= at <= time)
    return (
        ("VELOCITY", True, seen["is_velocity_fraud"]),
        ("TINY_EQUAL", rated, rated and seen["tiny"]),
        ("HIGH_AMOUNT", rated, rated and p["amount_minor"] > rules.high[p["currency"]]),
        ("FIRST_RECEIVER", True, p["receiver_account_id"] not in sender.known_receivers),
        ("VELOCITY_5M", True, seen["velocity_5m_count"] > s["VELOCITY_5M"]["over"]),
        ("IMPOSSIBLE_TRAVEL", placed, placed and impossible_travel(p, sender, s["IMPOSSIBLE_TRAVEL"])),
        ("NEW_DEVICE", device is not None, bool(sender.known_devices) and device not in sender.known_devices),
        ("MANY_DEVICES", device is not None, seen["devices_1h"] > s["MANY_DEVICES"]["over"]),
        ("OTP_FAILED", True, failed >= s["OTP_FAILED"]["at_least"]),
        ("RISKY_CATEGORY", category is not None, category in s["RISKY_CATEGORY"]["categories"]),
        ("NIGHT", True, time % DAY < s["NIGHT"]["until_hour_utc"] * HOUR),
        ("LISTED", True, seen["listed"]),
    )


def add_up(judged, rules, excused, apart=frozenset()):
    """(fraud_score, reasons, not_evaluated) without the signals in `apart`: points are cut so that the sum never passes 100."""
    total, reasons, not_evaluated = 0, [], []
    for name, evaluated, hit in judged:
        if name in apart:
            continue
        if not evaluated:
            not_evaluated.append(name)
        elif hit:
            points = 0 if name == "VELOCITY" and excused else min(rules.points[name], 100 - total)
            total += points
            reasons.append({"signal": name, "points": points})
    return total, reasons, not_evaluated

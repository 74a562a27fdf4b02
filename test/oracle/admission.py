"""Admission and masking (semantics sections 1 and 2): a raw record becomes a clean payment or the reason of a dead letter."""

import hmac
import math
import re
from functools import lru_cache

import cards
from avro import AvroError
from iso import EXPONENT, REGIONS

MAX_BYTES = 262_144
MAX_AMOUNT = 2**53 - 1
YEAR_2000 = 946_684_800_000

_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_ACCOUNT = re.compile(r"[A-Za-z0-9._:-]{1,64}")
_IDEMPOTENCY = re.compile(r"[\x21-\x7e]{1,255}")
_CARD_MASKED = re.compile(r"XXXX-XXXX-XXXX-[0-9]{4}")
_EXPIRY_MASKED = re.compile(r"(0[1-9]|1[0-2])/XX|XX/XX")
_EXPIRY_RAW = re.compile(r"(0[1-9]|1[0-2])/[0-9]{2}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_IPV4 = re.compile(r"(0|[1-9][0-9]{0,2})\.(0|[1-9][0-9]{0,2})\.(0|[1-9][0-9]{0,2})\.(0|[1-9][0-9]{0,2})")
_IPV6 = re.compile(r"([0-9A-Fa-f]{0,4}):([0-9A-Fa-f]{0,4}):[0-9A-Fa-f:.]*")

RAW = ("pan", "expiry", "cvv", "cardholder_name", "email", "ip")
MASKED = (
    "card_masked", "card_token", "expiry_masked", "cvv_masked", "cardholder_name_masked", "cardholder_name_token",
    "email_masked", "email_token", "ip_masked", "ip_token",
)  # fmt: skip
OWN_RULES = {
    "pan": "TOKENISED", "expiry": "TRUNCATED", "cvv": "REMOVED", "cardholder_name": "TOKENISED", "email": "TOKENISED", "ip": "TOKENISED",
}  # fmt: skip
AT_PRODUCER = dict.fromkeys(RAW, "AT_PRODUCER")
OPTIONAL_TEXT = (
    "idempotency_key", "merchant_id", "merchant_category", "terminal_id", "region", "device_id", *RAW, "mask_key_id", *MASKED, "memo",
)  # fmt: skip
REWRITTEN = ("merchant_id", "merchant_category", "terminal_id", "device_id", "memo")
"""Free text that stands in a decision and is redacted in place when a card number is found (SPEC M4)."""


class Refused(Exception):
    """A dead letter; `reason` is one of the schema's."""

    def __init__(self, reason):
        super().__init__(reason)
        self.reason = reason


def murmur2(data):
    """Kafka's default partitioner's hash, as an unsigned 32-bit number."""
    m, mask = 0x5BD1E995, 0xFFFFFFFF
    h = 0x9747B28C ^ len(data)
    whole = len(data) & ~3
    for i in range(0, whole, 4):
        k = int.from_bytes(data[i : i + 4], "little") * m & mask
        k = (k ^ (k >> 24)) * m & mask
        h = (h * m & mask) ^ k
    if whole < len(data):
        h = (h ^ int.from_bytes(data[whole:], "little")) * m & mask
    h = (h ^ (h >> 13)) * m & mask
    return h ^ (h >> 15)


_partitions = {}


def partition_of(key, partitions):
    """The partition of a record key; remembered, since a sender sends many."""
    found = _partitions.get((key, partitions))
    if found is None:
        found = _partitions[key, partitions] = (murmur2(key) & 0x7FFFFFFF) % partitions
    return found


def schema_of(value, schemas):
    """The schema id of a framed value, or Refused: the first five checks of section 1."""
    if value is None:
        raise Refused("NULL_VALUE")
    if len(value) > MAX_BYTES:
        raise Refused("TOO_LARGE")
    if value[:1] != b"\0" and value:
        raise Refused("BAD_MAGIC")
    if len(value) < 5:
        # READING: an empty value has no first byte, so it is too short, not of bad magic.
        raise Refused("DECODE_TRUNCATED")
    schema_id = int.from_bytes(value[1:5], "big", signed=True)
    if schemas.get(schema_id) not in ("payment-submitted", "control-record"):
        raise Refused("UNKNOWN_SCHEMA")
    return schema_id


def decode(reader, value):
    """One decoded record, or Refused with the decoder's reason."""
    try:
        return reader(value)
    except AvroError as error:
        raise Refused(error.reason) from None


def not_utf8(text):
    """Whether bytes that are no UTF-8 stood here (see avro.py)."""
    return not text.isascii() and any("\ud800" <= c <= "\udfff" for c in text)


def byte_length(text):
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogateescape"))


def check(p, key, partition, partitions, append_time, key_ring):
    """The checks of section 1 on a decoded payment, in the order of its table; raises Refused."""
    if not _ID.fullmatch(p["transaction_id"]):
        raise Refused("BAD_ID")
    if p["idempotency_key"] is not None and not _IDEMPOTENCY.fullmatch(p["idempotency_key"]):
        raise Refused("BAD_ID")
    sender, receiver = p["sender_account_id"], p["receiver_account_id"]
    if not _ACCOUNT.fullmatch(sender) or not _ACCOUNT.fullmatch(receiver) or sender == receiver:
        raise Refused("BAD_PARTIES")
    if key != sender.encode() or partition_of(key, partitions) != partition:
        raise Refused("WRONG_PARTITION")
    if not 0 <= p["amount_minor"] <= MAX_AMOUNT or (p["amount_minor"] == 0 and p["kind"] != "card"):
        raise Refused("BAD_AMOUNT")
    # READING: only ASCII letters are folded; in Unicode U+017F would upper-case to S and let "U\u017fD" through.
    if not p["currency"].isascii() or p["currency"].upper() not in EXPONENT:
        raise Refused("BAD_CURRENCY")
    if p["event_time"] < YEAR_2000:
        raise Refused("BAD_TIME")
    if p["event_time"] > append_time + 60_000:
        raise Refused("FUTURE_EVENT")
    if p["region"] is not None and p["region"] not in REGIONS:
        raise Refused("BAD_REGION")
    _check_position(p["latitude"], p["longitude"])
    # At most 64 ASCII characters can neither be too large nor bad text: most records have nothing else.
    odd = [f for f in OPTIONAL_TEXT if (text := p[f]) is not None and (len(text) > 64 or not text.isascii())]
    if any(byte_length(p[f]) > (4096 if f == "memo" else 256) for f in odd):
        raise Refused("TOO_LARGE")
    if any(not_utf8(p[f]) for f in odd):
        raise Refused("BAD_TEXT")
    _check_mask(p, key_ring)
    if p["pan"] is not None and not is_pan(p["pan"]):
        raise Refused("BAD_PAN")
    for text in (p["transaction_id"], p["idempotency_key"], sender, receiver):
        if text is not None and len(text) >= 12 and cards.find(text):
            raise Refused("PAN_IN_ID")


def is_pan(text):
    digits = cards.pan_digits(text)
    return digits is not None and cards.is_card_number(digits)


def _check_position(latitude, longitude):
    if latitude is None and longitude is None:
        return
    if latitude is None or longitude is None or not math.isfinite(latitude) or not math.isfinite(longitude):
        raise Refused("BAD_POSITION")
    if not -90 <= latitude <= 90 or not -180 <= longitude <= 180:
        raise Refused("BAD_POSITION")


def _check_mask(p, key_ring):
    key_id = p["mask_key_id"]
    if key_id is None:
        if any(p[f] is not None for f in MASKED):
            raise Refused("BAD_MASK")
        return
    if key_id not in key_ring or any(p[f] is not None for f in RAW) or not _well_masked(p, key_id):
        raise Refused("BAD_MASK")


def _well_masked(p, key_id):
    for name in ("card", "cardholder_name", "email", "ip"):
        masked, token = p[f"{name}_masked"], p[f"{name}_token"]
        if (masked is None) != (token is None):
            return False
        prefix = f"v1:{key_id}:"
        if token is not None and not (token.startswith(prefix) and _DIGEST.fullmatch(token[len(prefix) :])):
            return False
    shown = (p["cardholder_name_masked"], p["email_masked"], p["ip_masked"])
    if any(text is not None and len(text) >= 12 and cards.find(text) for text in shown):
        return False
    ip = p["ip_masked"]
    return (
        (p["card_masked"] is None or bool(_CARD_MASKED.fullmatch(p["card_masked"])))
        and (p["expiry_masked"] is None or bool(_EXPIRY_MASKED.fullmatch(p["expiry_masked"])))
        and p["cvv_masked"] in (None, "XXX")
        and (p["cardholder_name_masked"] is None or "***" in p["cardholder_name_masked"])
        and (p["email_masked"] is None or "***@" in p["email_masked"])
        and (ip is None or ip == "X" or ip.endswith(".x.x") or ip.endswith("::x"))
    )


def mask(p, key_id, key):
    """Raw personal data of a payment as masked forms and tokens under the key in force; changes `p`.

    Returns how many tokens were computed. Free text is redacted too, and `p["redacted"]` names the fields where that happened.
    """
    p["currency"] = p["currency"].upper()
    p["redacted"], p["mask_rules"] = [], OWN_RULES
    for field in REWRITTEN:
        text = p[field]
        if text is not None and len(text) >= 12:
            p[field] = cards.redact(text)
            if p[field] != text or not cards.has_plain_digits_only(text):
                p["redacted"].append(field)
    if p["mask_key_id"] is not None:
        p["masked_fields"] = [f for f in RAW if p["card_masked" if f == "pan" else f"{f}_masked"] is not None]
        p["mask_rules"] = AT_PRODUCER
        return 0
    p["masked_fields"] = [f for f in RAW if p[f] is not None]
    if not p["masked_fields"]:
        return 0
    p["mask_key_id"] = key_id
    tokens = 0
    if p["pan"] is not None:
        digits = cards.pan_digits(p["pan"])
        p["card_masked"] = "XXXX-XXXX-XXXX-" + digits[-4:]
        p["card_token"] = token(key_id, key, digits)
        tokens += 1
    if p["expiry"] is not None:
        p["expiry_masked"] = p["expiry"][:2] + "/XX" if _EXPIRY_RAW.fullmatch(p["expiry"]) else "XX/XX"
    if p["cvv"] is not None:
        p["cvv_masked"] = "XXX"
    for field, shown in (("cardholder_name", masked_name), ("email", masked_email), ("ip", masked_ip)):
        if p[field] is not None:
            p[f"{field}_masked"] = shown(p[field])
            p[f"{field}_token"] = token(key_id, key, p[field])
            tokens += 1
    return tokens


@lru_cache(262_144)
def token(key_id, key, text):
    """`v1:<key id>:<HMAC-SHA-256 in hex>`; remembered, since a payer pays more than once."""
    return f"v1:{key_id}:{hmac.digest(key, text.encode(), 'sha256').hex()}"


def masked_name(name):
    words = [word for word in name.split(" ") if word != ""]
    return " ".join(f"{word[0]}***" for word in words[:4]) or "***"


def masked_email(email):
    local, at, domain = email.rpartition("@")
    return f"{local[:1]}***@{cards.redact(domain)}" if at else "***@"


def masked_ip(ip):
    v4 = _IPV4.fullmatch(ip)
    if v4 and all(int(part) <= 255 for part in v4.groups()):
        return f"{v4[1]}.{v4[2]}.x.x"
    v6 = _IPV6.fullmatch(ip) if byte_length(ip) <= 45 else None
    if v6 is None:
        return "X"
    return f"{v6[1]}:{v6[2]}::x" if v6[2] else f"{v6[1]}::x"

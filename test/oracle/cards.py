"""Card numbers (SPEC M4): issuer range, a length that the range issues, and the Luhn digit decide together.

Plain level: digits with one space, dash or dot between two of them. Other disguises (several separators in a row, zero-width
characters) are the product's own property tests' business; `pan` itself is folded further, since it holds nothing else.

READING: semantics.md gives no table of ranges and no rule for where a number may begin in a longer run. Here a number begins
where a group of digits begins and ends where a group ends (`1-4111111111111111` holds one, `94111111111111111` none).
"""

import re
import unicodedata
from functools import lru_cache

RANGES = (
    # first prefix, last prefix, lengths
    ("4", "4", (13, 16, 19)),  # Visa
    ("51", "55", (16,)),  # Mastercard
    ("2221", "2720", (16,)),  # Mastercard
    ("34", "34", (15,)),  # American Express
    ("37", "37", (15,)),
    ("300", "305", range(14, 20)),  # Diners Club
    ("3095", "3095", range(14, 20)),
    ("36", "36", range(14, 20)),
    ("38", "39", range(14, 20)),
    ("6011", "6011", range(16, 20)),  # Discover
    ("644", "649", range(16, 20)),
    ("65", "65", range(16, 20)),
    ("3528", "3589", range(16, 20)),  # JCB
    ("62", "62", range(16, 20)),  # UnionPay
    ("81", "81", range(16, 20)),
    ("2200", "2204", range(16, 20)),  # Mir
    ("50", "50", range(12, 20)),  # Maestro
    ("56", "58", range(12, 20)),
    ("63", "63", range(12, 20)),
    ("67", "67", range(12, 20)),
)

_RUN = re.compile(r"[0-9](?:[ .\-]?[0-9]){11,}")
_GROUP = re.compile(r"[0-9]+")


def luhn(digits):
    """Whether the last digit is the Luhn check digit of those before it."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


@lru_cache(65_536)
def is_card_number(digits):
    """Whether the ASCII digits are a card number."""
    if not 12 <= len(digits) <= 19:
        return False
    issued = any(
        first <= digits[: len(first)] <= last and len(digits) in lengths for first, last, lengths in RANGES
    )
    return issued and luhn(digits)


def find(text):
    """The card numbers in a text as (start, end, digits), left to right and not overlapping."""
    found = []
    for run in _RUN.finditer(text):
        groups = [(run.start() + g.start(), run.start() + g.end(), g.group()) for g in _GROUP.finditer(run.group())]
        first = 0
        while first < len(groups):
            for last in range(len(groups), first, -1):
                digits = "".join(g[2] for g in groups[first:last])
                if is_card_number(digits):
                    found.append((groups[first][0], groups[last - 1][1], digits))
                    first = last
                    break
            else:
                first += 1
    return found


def redact(text):
    """The text with each card number shown as its last four digits; the very same text when there is none."""
    for start, end, digits in reversed(find(text)):
        text = f"{text[:start]}XXXX-XXXX-XXXX-{digits[-4:]}{text[end:]}"
    return text


def has_plain_digits_only(text):
    """Whether no digit but ASCII's stands in the text, so that `find` is the last word on it."""
    return text.isascii() or not any(c.isdecimal() and not c.isascii() or unicodedata.category(c) == "Cf" for c in text)


def pan_digits(text):
    """The digits of a `pan` after folding and removal of separators, or None when something else stands in it.

    READING: separators are every space (Zs), dash (Pd), format character (Cf), and the dot.
    """
    if text.isascii():
        plain = text.replace(" ", "").replace("-", "").replace(".", "")
        return plain if plain == "" or plain.isdigit() else None
    digits = []
    for c in text:
        if c.isdecimal():
            digits.append(str(unicodedata.decimal(c)))
        elif c != "." and unicodedata.category(c) not in ("Zs", "Pd", "Cf"):
            return None
    return "".join(digits)

"""Card numbers in text (SPEC M4, semantics section 2): issuer range, a length that the range issues, and Luhn decide together.

Plain level: ASCII digits and ASCII separators, as the text stands. Escapes, percent signs, base64 and digits of other scripts are
the product's own property tests' business. `pan` itself is folded further, since it holds nothing else.
"""

import re
import unicodedata
from functools import lru_cache

RANGES = (
    # first prefix, last prefix, lengths: semantics section 2
    ("4", "4", (13, 16, 19)),  # Visa
    ("51", "55", (16,)),  # Mastercard
    ("2221", "2720", (16,)),  # Mastercard
    ("34", "34", (15,)),  # American Express
    ("37", "37", (15,)),
    ("6011", "6011", range(16, 20)),  # Discover
    ("644", "659", range(16, 20)),
    ("300", "305", (14, 16, 17, 18, 19)),  # Diners Club
    ("3095", "3095", (14, 16, 17, 18, 19)),
    ("36", "36", (14, 16, 17, 18, 19)),
    ("38", "39", (14, 16, 17, 18, 19)),
    ("3528", "3589", range(16, 20)),  # JCB
    ("62", "62", range(16, 20)),  # UnionPay
    ("81", "81", range(16, 20)),
    ("50", "50", range(16, 20)),  # Maestro
    ("56", "58", range(16, 20)),
    ("63", "63", range(16, 20)),
    ("67", "67", range(16, 20)),
    *((bin_, bin_, range(12, 16)) for bin_ in "5018 5020 5038 5893 6304 6759 6761 6762 6763".split()),
    ("2200", "2204", range(16, 20)),  # Mir
    *((prefix, prefix, (16,)) for prefix in "60 82 8600 9792 9860".split()),  # RuPay, Troy, Uzcard, Humo
)

_SEPARATORS = " \t\n\r\-.,/\\_+"
_RUN = re.compile(rf"[0-9](?:[{_SEPARATORS}]{{0,4}}[0-9]){{11,}}")
_GROUP = re.compile(r"[0-9]+")
_WORD = r"(?<![0-9A-Za-z]){}(?![0-9A-Za-z])"
_UUID = re.compile(_WORD.format(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"))
_VERSIONED = re.compile(_WORD.format(r"[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[1-8][0-9A-Fa-f]{3}-[89ABab][0-9A-Fa-f]{3}-[0-9A-Fa-f]{12}"))
_HEX = re.compile(_WORD.format(r"[0-9A-Fa-f]{24,}"))
_IBAN = re.compile(_WORD.format(r"[A-Za-z]{2}[0-9]{2}(?:[ -]?[0-9A-Za-z]){11,30}"))


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


def _exempt(text):
    """The text with IBANs, UUIDs and long hexadecimal words blanked out by letters."""
    blank = lambda match: "x" * len(match.group())  # noqa: E731
    text = _VERSIONED.sub(blank, text)
    for pattern in (_UUID, _HEX):
        text = pattern.sub(lambda m: blank(m) if sum(c.isalpha() for c in m.group()) >= 3 else m.group(), text)
    # READING: an IBAN's length by country is left out here; mod 97 alone decides.
    return _IBAN.sub(lambda m: blank(m) if _mod_97(m.group()) == 1 else m.group(), text)


def _mod_97(iban):
    plain = iban.replace(" ", "").replace("-", "")
    return int("".join(str(int(c, 36)) for c in plain[4:] + plain[:4])) % 97


def _glued(group):
    """Rule (b): the length, zeros included, of a number at a group's start that a code, an expiry or both follow; or 0."""
    digits = group.lstrip("0")
    zeros = len(group) - len(digits)
    for length in (16, 15):
        rest = digits[length:]
        dated = len(rest) in (4, 7) and any("01" <= rest[i : i + 2] <= "12" for i in (0, 2))
        if (len(rest) == 3 or dated) and is_card_number(digits[:length]):
            return zeros + length
    return 0


def find(text):
    """The card numbers in a text as (start, end, digits), left to right and not overlapping."""
    if not _RUN.search(text):
        return []
    found = []
    for run in _RUN.finditer(_exempt(text)):
        groups = [(run.start() + g.start(), run.start() + g.end(), g.group()) for g in _GROUP.finditer(run.group())]
        first = 0
        while first < len(groups):
            for last in range(len(groups), first, -1):
                digits = "".join(g[2] for g in groups[first:last]).lstrip("0")
                if is_card_number(digits):
                    found.append((groups[first][0], groups[last - 1][1], digits))
                    first = last
                    break
            else:
                start, _, group = groups[first]
                if length := _glued(group):
                    found.append((start, start + length, group[:length].lstrip("0")))
                first += 1
    return found


def redact(text):
    """The text with every digit of its card numbers but the last four as `X`; the very same text when there is none."""
    while found := find(text):
        for start, end, _ in found:
            keep, shown = 4, []
            for c in reversed(text[start:end]):
                shown.append(c if not c.isdigit() or keep > 0 else "X")
                keep -= c.isdigit()
            text = text[:start] + "".join(reversed(shown)) + text[end:]
    return text


def has_plain_digits_only(text):
    """Whether `find` is the last word on a text: nothing but ASCII's digits, nothing escaped and nothing ignored in it."""
    if "\\" in text or "%" in text:
        return False
    return text.isascii() or not any(
        (unicodedata.digit(c, None) is not None and not c.isascii()) or unicodedata.category(c) in ("Cf", "Mn", "Zs", "Pd")
        for c in text
        if c not in " -"
    )


def pan_digits(text):
    """The digits of a `pan` after folding and removal of separators, or None when something else stands in it."""
    if text.isascii():
        plain = re.sub(f"[{_SEPARATORS}]", "", text)
        return plain if plain == "" or plain.isdigit() else None
    digits = []
    for c in text:
        digit = unicodedata.digit(c, None)
        if digit is not None:
            digits.append(str(digit))
        elif c not in ".,/\\_+\u2212\u200b" and unicodedata.category(c) not in ("Zs", "Zl", "Zp", "Pd", "Cf", "Mn"):
            return None
    return "".join(digits)

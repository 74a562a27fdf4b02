"""What a partition remembers of one sender (semantics sections 3, 5 and 6), as plain lists that are scanned."""

FOREVER = float("inf")
NEVER = float("-inf")
DAY = 86_400_000
HOUR = 3_600_000
MINUTE = 60_000
HELD = 310_000
MAX_ENTRIES = 512
MAX_COUNTED = 32


class Entry:
    """One first sight that was not late: what velocity looks at."""

    __slots__ = ("time", "id", "amount", "currency", "flagged", "excusable", "counted")

    def __init__(self, time, payment_id, amount, currency):
        self.time, self.id, self.amount, self.currency = time, payment_id, amount, currency
        self.flagged = self.excusable = self.counted = False


class Standing:
    """Ends of a sender's blocks and allowance in event time; each is in force while t < end. Outlives a forgotten sender."""

    __slots__ = ("hard", "allowed", "automatic")

    def __init__(self):
        self.hard = self.allowed = self.automatic = NEVER

    def forget(self, before):
        """Lets go of what ended before that time."""
        self.hard, self.allowed, self.automatic = (
            NEVER if end < before else end for end in (self.hard, self.allowed, self.automatic)
        )


class Episode:
    """SPEC S9."""

    __slots__ = ("id", "last", "fired")

    def __init__(self, episode_id, last):
        self.id, self.last, self.fired = episode_id, last, set()


class Sender:
    """Everything about a sender that 90 idle days forget."""

    __slots__ = (
        "entries", "saturated_until", "devices", "regions", "payments", "lowest", "highest", "known_regions", "known_devices",
        "known_categories", "known_receivers", "buckets", "position", "region", "failed_codes", "counted", "episode",
    )  # fmt: skip

    def __init__(self):
        self.entries = []  # in order of arrival
        self.saturated_until = NEVER
        self.devices, self.regions = [], []  # [value, latest event time], in order of addition
        self.payments, self.lowest, self.highest = 0, FOREVER, NEVER
        self.known_regions, self.known_devices, self.known_categories, self.known_receivers = [], [], [], []
        self.buckets = [0] * 32
        self.position = self.region = None  # (time, latitude, longitude) and (time, region) of the highest event time
        self.failed_codes = []  # (event time, how many), the last 8
        self.counted = []  # event times that fraud_count looks at
        self.episode = None

    def hold(self, entry):
        """Adds an entry and says so; at the bound it adds none."""
        if len(self.entries) >= MAX_ENTRIES:
            self.saturated_until = max(self.saturated_until, entry.time + HELD)
            return False
        self.entries.append(entry)
        return True

    def between(self, low, high):
        """Held entries with event time in [low, high], in order of arrival."""
        return [e for e in self.entries if low <= e.time <= high]

    def count(self, time):
        """One payment enters the counted ones; past the bound the lowest goes."""
        self.counted.append(time)
        if len(self.counted) > MAX_COUNTED:
            self.counted.remove(min(self.counted))

    def count_entries(self, entries):
        for entry in entries:
            if not entry.counted:
                entry.counted = True
                self.count(entry.time)


def seen_last_hour(pairs, value, time, late):
    """Distinct values of the last hour with this one (semantics section 3); changes the pairs unless late."""
    if late:
        recent = [v for v, latest in pairs if latest >= time - HOUR]
        return len(recent) + (value is not None and value not in recent)
    if value is not None:
        known = next((pair for pair in pairs if pair[0] == value), None)
        if known:
            known[1] = max(known[1], time)
        else:
            if len(pairs) == 8:
                pairs.remove(min(pairs, key=lambda pair: pair[1]))
            pairs.append([value, time])
    return sum(latest >= time - HOUR for _, latest in pairs)


def use(values, value, bound):
    """Most recently used first; a new value pushes the last out."""
    if value is not None:
        if value in values:
            values.remove(value)
        values.insert(0, value)
        del values[bound:]

"""When to try again: a mail that was deferred, and a site that is unwell."""

import random
import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from appliance.model.delivery import Outcome

MINUTE = 60.0
HOUR = 3600.0
OF_A_MAIL = (5 * MINUTE, 10 * MINUTE, 20 * MINUTE, 40 * MINUTE, HOUR, 2 * HOUR, 3 * HOUR)  # and so on every 3 hours
OF_A_SITE = (MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 20 * MINUTE, 30 * MINUTE)
JITTER = 0.15  # so that what failed together does not come back together
LONGEST_WISH = 4 * HOUR

# Greylisting tells how long: "try again in 300 seconds", "please retry after 5 minutes", "delayed for 4 mins".
_WISH = re.compile(
    r"\b(?:again|retry|back|delayed|wait)\b[^\d]{0,30}\b(\d{1,6})\s*(s|secs?|seconds?|m|mins?|minutes?|h|hours?)\b",
    re.IGNORECASE,
)
_UNIT = {"s": 1.0, "m": MINUTE, "h": HOUR}


class Schedule:
    """`seconds` replaces both schedules, without jitter or wishes: for tests."""

    def __init__(self, seconds: Sequence[float] = ()) -> None:
        self._seconds = tuple(seconds)

    def again(self, attempts: int, outcome: Outcome, now: datetime) -> datetime:
        """For a mail that had so many attempts before this one."""
        if self._seconds:
            return now + timedelta(seconds=_at(self._seconds, attempts))
        wish = wished(outcome.reply)
        if wish:
            return now + timedelta(seconds=wish + 1)
        return now + timedelta(seconds=_jittered(_at(OF_A_MAIL, attempts)))

    def pause(self, streak: int) -> timedelta:
        """For a site that was unwell so many times in a row, 1 at least."""
        if self._seconds:
            return timedelta(seconds=_at(self._seconds, streak - 1))
        return timedelta(seconds=_jittered(_at(OF_A_SITE, streak - 1)))


def wished(reply: str) -> float:
    """The seconds the other side asks us to wait, 4 hours at most; 0 when it does not say."""
    found = _WISH.search(reply)
    return min(int(found[1]) * _UNIT[found[2][0].lower()], LONGEST_WISH) if found else 0


def _at(schedule: Sequence[float], index: int) -> float:
    return schedule[min(index, len(schedule) - 1)]


def _jittered(seconds: float) -> float:
    return seconds * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 - nobody gains by guessing it

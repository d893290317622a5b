"""Time: always UTC inside, as text that sorts when it is stored."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def now() -> datetime:
    """This moment, to the millisecond: what a stored stamp can hold."""
    moment = datetime.now(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def stamp(moment: datetime) -> str:
    """`2026-01-05T09:00:00.000+00:00`: fixed width, so that text order is time order."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")


def moment(stamp: str) -> datetime:
    return datetime.fromisoformat(stamp)


def maybe_moment(stamp: str | None) -> datetime | None:
    """None for what has not happened yet."""
    return moment(stamp) if stamp else None

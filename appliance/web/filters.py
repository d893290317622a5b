"""How templates show times, sizes, names and icons. Import macros that use them `with context`."""

from datetime import datetime
from functools import cache

from babel import dates
from babel.numbers import format_decimal
from jinja2 import pass_context
from jinja2.runtime import Context
from lucide.jinja import lucide
from markupsafe import Markup

from appliance.web import remarks
from appliance.web.languages import N_, catalogue, locale

UNITS = ("B", "kB", "MB", "GB")


@pass_context
def age(context: Context, since: datetime) -> str:
    """`3 min`, `2 hr`, `5 days`: how long ago, in the largest unit that fits."""
    seconds = int((context["now"] - since).total_seconds())
    if seconds < 60:
        return str(context.call(context.resolve("gettext"), N_("now")))
    return dates.format_timedelta(seconds, threshold=1, format="short", locale=context["language"])


@pass_context
def moment(context: Context, at: datetime, length: str = "medium") -> str:
    """Date and time in the person's zone and language; `length` is one of Babel's: short, medium, long, full."""
    return dates.format_datetime(at, length, tzinfo=context["zone"], locale=locale(context["language"]))


@pass_context
def day(context: Context, at: datetime, length: str = "medium") -> str:
    return dates.format_date(at.astimezone(context["zone"]), length, locale=locale(context["language"]))


@pass_context
def hour(context: Context, at: datetime) -> str:
    return dates.format_time(at, "short", tzinfo=context["zone"], locale=locale(context["language"]))


@pass_context
def filesize(context: Context, size: int) -> str:
    """`980 kB`, `1.2 MB`: powers of a thousand, as mail programs count."""
    amount, unit = float(size), 0
    while amount >= 999.5 and unit < len(UNITS) - 1:
        amount, unit = amount / 1000, unit + 1
    pattern = "#,##0.#" if unit and amount < 10 else "#,##0"
    return f"{format_decimal(amount, format=pattern, locale=locale(context['language']))} {UNITS[unit]}"


def iso(at: datetime) -> str:
    """For <time datetime=...>."""
    return at.isoformat(timespec="seconds")


def initials(name: str) -> str:
    """`JW` of Joanna Wiśniewska."""
    letters = [word[0] for word in name.split() if word[0].isalnum()]
    return "".join(letters[:1] + letters[1:][-1:]).upper() or "?"


def tint(name: str) -> str:
    """One of the look's three colours for a person's round mark, always the same for the same name."""
    return ("", "a", "b")[sum(name.encode()) % 3]


@cache
def icon(name: str, **attributes: str) -> Markup:
    """A Lucide icon in our line. What it means must stand beside it in words: screen readers do not see it."""
    return Markup(lucide(name, size=18, **{"class": "i", "aria_hidden": "true", **attributes}))  # noqa: S704


@pass_context
def remark(context: Context, sentence: str) -> str:
    """What a room below remarked, in the language of the page."""
    return remarks.translated(sentence, catalogue(context["language"]).gettext)


@pass_context
def csrf_field(context: Context) -> Markup:
    return Markup('<input type="hidden" name="csrf" value="{}">').format(context["csrf"])


FILTERS = {
    "age": age,
    "datetime": moment,
    "date": day,
    "time": hour,
    "filesize": filesize,
    "iso": iso,
    "remark": remark,
    "initials": initials,
    "tint": tint,
}

"""The languages that pages speak: which one a stranger wants, and the catalogue of its words."""

from functools import cache
from pathlib import Path

from babel import Locale
from babel.support import NullTranslations, Translations

import appliance
from appliance.model.user import LANGUAGES

LOCALE = Path(appliance.__file__).parent / "locale"
OURS = "en"  # what the sources speak
REGIONS = {"en": "en_GB"}  # whose dates and numbers are written: 24 hours, the day before the month


def N_(text: str) -> str:
    """Marks a text for the catalogues that is translated where it is shown."""
    return text


def negotiated(accepted: str) -> str:
    """The first of our languages in order of the browser's preference (RFC 9110, 12.5.4)."""
    wishes = [_wish(part) for part in accepted.split(",")[:20]]
    for language, weight in sorted(wishes, key=lambda wish: -wish[1]):
        if weight > 0 and language in LANGUAGES:
            return language
    return OURS


def locale(language: str) -> str:
    """Babel's name of how a language's dates, times and numbers are written."""
    return REGIONS.get(language, language)


def names() -> dict[str, str]:
    """Each language in its own words."""
    return {language: str(Locale.parse(language).get_display_name()).capitalize() for language in LANGUAGES}


@cache
def catalogue(language: str) -> NullTranslations:
    return NullTranslations() if language == OURS else Translations.load(str(LOCALE), [language])


def _wish(part: str) -> tuple[str, float]:
    name, _, parameter = part.partition(";")
    try:
        weight = float(parameter.partition("=")[2]) if parameter else 1.0
    except ValueError:
        weight = 0.0
    return name.strip().lower().partition("-")[0], weight

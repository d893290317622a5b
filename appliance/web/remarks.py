"""What the rooms below remark about a mail, for the catalogues: pages translate it where they show it.

A remark that is not here is shown in English. A test knows when a module of mail makes one that is not.
"""

import re
from collections.abc import Callable

from appliance.web.languages import N_

# The first that fits wins. What stands at %(why)s is a remark itself.
FORMS = (
    # that a mail of ours did not arrive
    N_("not delivered: %(recipient)s, given up, it is too old: %(reply)s"),
    N_("not delivered: %(why)s"),
    N_("given up, it is too old: %(reply)s"),
    N_("%(recipient)s: given up, it is too old: %(reply)s"),
    # that a mail that came is strange
    N_("not understood: %(why)s"),
    N_("the header is longer than %(number)s bytes"),
    N_("its parts are nested more than %(number)s deep"),
    N_("it takes longer than %(seconds)s s to parse"),
    N_("the parser answered nonsense: %(reason)s"),
    N_("the parser died of it (exit code %(code)s)"),
    N_("%(field)s is longer than %(number)s bytes, only its beginning is read"),
    N_("only %(number)s encoded words of the subject are decoded"),
    N_("more than %(number)s parts: the last one holds the rest"),
    N_("text of more than %(number)s characters, the whole is attached"),
    N_("unknown transfer encoding %(encoding)s"),
    N_("%(type)s without parts, read as text"),
    N_("%(why)s, shown as text"),
    N_("HTML of more than %(number)s characters"),
    N_("HTML nested more than %(number)s deep"),
    N_("HTML with more than %(number)s links"),
    N_("HTML made to be slow"),
    # in which charset it was read
    N_("%(why)s, read as %(charset)s"),
    N_("labelled %(label)s"),
    N_("unknown charset %(label)s"),
    N_("no charset"),
    N_("some characters are not %(label)s"),
)
_PLACEHOLDER = re.compile(r"%\\\((\w+)\\\)s")


def translated(sentence: str, gettext: Callable[[str], str]) -> str:
    """The remark in the words of `gettext`; as it is when we do not know its form."""
    for form, pattern in _PATTERNS:
        if found := pattern.fullmatch(sentence):
            values = found.groupdict()
            if "why" in values:
                values["why"] = translated(values["why"], gettext)
            return gettext(form) % values
    return sentence


def is_known(sentence: str) -> bool:
    return any(pattern.fullmatch(sentence) for _, pattern in _PATTERNS)


def _pattern(form: str) -> re.Pattern[str]:
    """The form as it is said: people and types are one word, everything else may be more."""
    return re.compile(_PLACEHOLDER.sub(_group, re.escape(form)), re.DOTALL)


def _group(placeholder: re.Match[str]) -> str:
    name = placeholder[1]
    values = {"number": "[0-9]+", "recipient": r"\S+?", "type": r"\S+"}
    return f"(?P<{name}>{values.get(name, '.+')})"


_PATTERNS = [(form, _pattern(form)) for form in FORMS]

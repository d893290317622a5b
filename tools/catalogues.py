"""The message catalogues: extract the strings of code and templates, check every translation, compile.

English is the language of the sources; each other language is one appliance/locale/<language>/LC_MESSAGES/messages.po.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
LANGUAGES = ("it", "es", "pl")
SOURCES = [("**.py", "python"), ("web/templates/**.html", "jinja2"), ("**/templates/**.txt", "jinja2")]
# As web/render.py sets up Jinja, or the white space of a text that spans lines would differ.
JINJA = {"silent": "false", "trim_blocks": "true", "lstrip_blocks": "true"}
OPTIONS = {"web/templates/**.html": JINJA, "**/templates/**.txt": JINJA}
KEYWORDS = {"_": None, "N_": None, "gettext": None, "ngettext": (1, 2), "pgettext": ((1, "c"), 2)}
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w*\}")


def main() -> int:
    commands = {"extract": extract, "check": check, "compile": compile_stale}
    if len(sys.argv) != 2 or sys.argv[1] not in commands:
        sys.stderr.write("usage: catalogues extract | check | compile\n")
        return 2
    return commands[sys.argv[1]](ROOT)


def extract(root: Path) -> int:
    """Bring every catalogue up to date: new strings empty, translations kept, what nobody says any more removed."""
    used = strings(root)
    for language in LANGUAGES:
        catalogue = load(root, language)
        catalogue.update(used, no_fuzzy_matching=True)
        path = po(root, language)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            file.write(header(catalogue).encode())
            write_po(
                file,
                catalogue,
                width=120,
                omit_header=True,
                ignore_obsolete=True,
                include_lineno=False,
                sort_output=True,
            )
        sys.stdout.write(f"{path.relative_to(root)}: {len(list(untranslated(catalogue)))} to translate\n")
    return 0


def check(root: Path) -> int:
    """Say what is missing, doubtful or left over in a catalogue; 1 when anything is."""
    used = strings(root)
    faults = [fault for language in LANGUAGES for fault in faults_of(load(root, language), used)]
    for fault in faults:
        sys.stdout.write(fault + "\n")
    sys.stdout.write(f"catalogues: {len(used)} strings in {len(LANGUAGES)} languages, {len(faults)} faults\n")
    return 1 if faults else 0


def compile_stale(root: Path) -> int:
    """Write the .mo of every .po that has changed since."""
    for source in sorted(root.glob("appliance/locale/*/LC_MESSAGES/*.po")):
        target = source.with_suffix(".mo")
        if not target.exists() or target.stat().st_mtime_ns < source.stat().st_mtime_ns:
            with source.open("rb") as text, target.open("wb") as compiled:
                write_mo(compiled, read_po(text))
    return 0


def strings(root: Path) -> Catalog:
    """Every string that the code and the templates say to a person."""
    catalogue = Catalog()
    found = extract_from_dir(root / "appliance", SOURCES, OPTIONS, KEYWORDS)
    for path, _, message, _, context in found:
        catalogue.add(message, None, [(f"appliance/{path}", 1)], context=context)
    return catalogue


def load(root: Path, language: str) -> Catalog:
    if not po(root, language).exists():
        return Catalog(locale=language, fuzzy=False)
    with po(root, language).open("rb") as file:
        return read_po(file, locale=language)


def header(catalogue: Catalog) -> str:
    """What gettext needs to know, without the dates that would make two branches differ."""
    facts = (f"Language: {catalogue.locale}", f"Plural-Forms: {catalogue.plural_forms}", "MIME-Version: 1.0")
    lines = [*facts, "Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: 8bit"]
    return 'msgid ""\nmsgstr ""\n' + "".join(f'"{line}\\n"\n' for line in lines) + "\n"


def po(root: Path, language: str) -> Path:
    return root / "appliance/locale" / language / "LC_MESSAGES/messages.po"


def faults_of(catalogue: Catalog, used: Catalog) -> Iterator[str]:
    """What is wrong with one catalogue, a line each."""
    for message in messages(used):
        translated = catalogue.get(message.id, message.context)
        if translated is None or not is_translated(translated):
            yield f"{catalogue.locale}: not translated: {message.id!r} ({message.locations[0][0]})"
        elif translated.fuzzy:
            yield f"{catalogue.locale}: fuzzy: {message.id!r}"
        elif len(forms(translated)) not in (1, catalogue.num_plurals):
            yield f"{catalogue.locale}: wants {catalogue.num_plurals} forms: {message.id!r}"
        elif strange := placeholders(translated):
            yield f"{catalogue.locale}: placeholder {strange} is not in {message.id!r}"
    for message in messages(catalogue):
        if used.get(message.id, message.context) is None:
            yield f"{catalogue.locale}: nobody says it any more: {message.id!r}"


def untranslated(catalogue: Catalog) -> Iterator[Message]:
    return (message for message in messages(catalogue) if not is_translated(message))


def messages(catalogue: Catalog) -> Iterator[Message]:
    """Without the header, which gettext keeps under the empty string."""
    return (message for message in catalogue if message.id)


def is_translated(message: Message) -> bool:
    return bool(forms(message)) and all(forms(message))


def forms(message: Message) -> tuple[str, ...]:
    """The translation, in as many forms as it has."""
    return (message.string,) if isinstance(message.string, str) else tuple(message.string or ())


def placeholders(message: Message) -> str:
    """The placeholders of a translation that its source does not fill, and those that no form of it shows."""
    said = message.id if isinstance(message.id, str) else " ".join(message.id)
    known, shown = set(PLACEHOLDER.findall(said)), set(PLACEHOLDER.findall(" ".join(forms(message))))
    return " ".join(sorted(known ^ shown))


if __name__ == "__main__":
    sys.exit(main())

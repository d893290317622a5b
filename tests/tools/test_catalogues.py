"""The check of the translations notices what a translator overlooks."""

from pathlib import Path

import pytest

from tools import catalogues

HEADER = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n"Language: it\\n"\n\n'
GOOD = 'msgid "Hello {name}"\nmsgstr "Ciao {name}"\n\nmsgid "one mail"\nmsgid_plural "%(num)s mails"\n'
FORMS = 'msgstr[0] "una mail"\nmsgstr[1] "%(num)s mail"\n'


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository with one string in the code and one in a template."""
    pages = tmp_path / "appliance/web/templates/agent"
    pages.mkdir(parents=True)
    (tmp_path / "appliance/desk.py").write_text('say(_("Hello {name}"))\n')
    (pages / "inbox.html").write_text("{{ ngettext('one mail', '%(num)s mails', count) }}")
    return tmp_path


def italian(root: Path, text: str) -> Path:
    path = catalogues.po(root, "it")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(HEADER + text)
    return path


def faults(root: Path) -> list[str]:
    return list(catalogues.faults_of(catalogues.load(root, "it"), catalogues.strings(root)))


def test_a_complete_catalogue_has_no_faults(root: Path) -> None:
    italian(root, GOOD + FORMS)
    assert faults(root) == []


def test_strings_without_a_translation_are_named(root: Path) -> None:
    assert faults(root) == [
        "it: not translated: 'Hello {name}' (appliance/desk.py)",
        "it: not translated: ('one mail', '%(num)s mails') (appliance/web/templates/agent/inbox.html)",
    ]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (GOOD.replace("Ciao {name}", "") + FORMS, "it: not translated: 'Hello {name}'"),
        (GOOD.replace("Ciao {name}", "Ciao {nome}") + FORMS, "it: placeholder {name} {nome} is not in 'Hello {name}'"),
        ("#, fuzzy\n" + GOOD + FORMS, "it: fuzzy: 'Hello {name}'"),
        (GOOD + FORMS + '\nmsgid "Gone"\nmsgstr "Sparito"\n', "it: nobody says it any more: 'Gone'"),
        (GOOD + 'msgstr[0] "una mail"\nmsgstr[1] ""\n', "it: not translated: ('one mail', '%(num)s mails')"),
    ],
    ids=["empty", "placeholder", "fuzzy", "left over", "plural"],
)
def test_a_fault_is_named(root: Path, text: str, complaint: str) -> None:
    italian(root, text)
    assert [fault.partition(" (appliance")[0] for fault in faults(root)] == [complaint]


def test_extracting_keeps_translations_and_drops_what_is_gone(root: Path) -> None:
    path = italian(root, GOOD + FORMS + '\nmsgid "Gone"\nmsgstr "Sparito"\n')
    (root / "appliance/desk.py").write_text('say(_("Hello {name}"), _("New"))\n')
    catalogues.extract(root)
    text = path.read_text()
    assert 'msgstr "Ciao {name}"' in text
    assert 'msgid "New"\nmsgstr ""' in text
    assert "Gone" not in text
    assert "fuzzy" not in text


def test_a_catalogue_is_compiled_when_it_has_changed(root: Path) -> None:
    path = italian(root, GOOD + FORMS)
    catalogues.compile_stale(root)
    assert b"Ciao {name}" in path.with_suffix(".mo").read_bytes()

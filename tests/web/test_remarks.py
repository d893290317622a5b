"""The remarks that pages translate: every one that the code makes is known, and none is kept that nobody makes."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import appliance
from appliance.mail import parse
from appliance.web import remarks
from appliance.web.languages import catalogue

FOLDER = Path(appliance.__file__).parent
MAKERS = ("mail/charset.py", "mail/mime.py", "mail/body.py", "mail/weight.py", "mail/parse.py", "worker/__init__.py")
SENTENCE = re.compile(r"[A-Za-z0-9]+[ ,:][\w ,:.()-]+")
NO_REMARKS = {"the head is too long", "delivery report", "feedback report"}  # said inside another, or of a kind


@pytest.mark.parametrize("module", MAKERS)
def test_every_remark_that_a_module_makes_is_known(module: str) -> None:
    said = sorted(set(sentences(ast.parse((FOLDER / module).read_text()))) - NO_REMARKS)

    assert said, "this module makes no remarks any more"
    assert [sentence for sentence in said if not remarks.is_known(sentence)] == []


def test_every_remark_is_still_made() -> None:
    rooms = [FOLDER / room for room in ("mail", "desk", "store", "worker")]
    made = "".join(path.read_text() for room in rooms for path in room.rglob("*.py"))
    pieces = {form: re.split(r"%\(\w+\)s|, |: ", form) for form in remarks.FORMS}

    assert [form for form, words in pieces.items() if any(each not in made for each in words)] == []


@pytest.mark.parametrize(
    ("said", "polish"),
    [
        ("labelled us-ascii, read as iso8859_2", "oznaczono jako us-ascii, odczytano jako iso8859_2"),
        ("not delivered: ada@example.org, 550 5.1.1 no", "nie doręczono: ada@example.org, 550 5.1.1 no"),
        ("HTML made to be slow, shown as text", "HTML zrobiony po to, by spowalniać, pokazano jako tekst"),
        ("somebody else's 100% own words", "somebody else's 100% own words"),
    ],
)
def test_a_remark_is_in_the_language_of_the_page_and_what_is_none_stays(said: str, polish: str) -> None:
    assert remarks.translated(said, catalogue("pl").gettext) == polish
    assert remarks.translated(said, catalogue("en").gettext) == said


def test_what_a_real_mail_makes_strange_is_told_in_spanish() -> None:
    mail = parse.parse(b"From: a@b.example\nContent-Type: text/plain; charset=x-martian\n\nhello\n")

    told = [remarks.translated(trouble, catalogue("es").gettext) for trouble in mail.trouble]

    assert told == ["juego de caracteres desconocido x-martian"]


def sentences(module: ast.AST) -> Iterator[str]:
    """What reads like a sentence, with a number for what is filled in; no documentation."""
    inside = {id(part) for node in ast.walk(module) if isinstance(node, ast.JoinedStr) for part in ast.walk(node)}
    alone = {id(node.value) for node in ast.walk(module) if isinstance(node, ast.Expr)}
    for node in ast.walk(module):
        text = ""
        if isinstance(node, ast.JoinedStr):
            text = "".join(str(part.value) if isinstance(part, ast.Constant) else "7" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in inside | alone:
            text = node.value
        if SENTENCE.fullmatch(text):
            yield text

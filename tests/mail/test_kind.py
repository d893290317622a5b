"""Who speaks: persons, newsletters, and machines of every sort, by the headers they really send."""

import pytest

from appliance.mail import headers, kind
from appliance.model.mail import Kind


def kind_of(block: str) -> tuple[Kind, str]:
    raw = block.encode() + b"\n\n"
    return kind.kind_of(headers.split(raw, 0, len(raw))[0])


@pytest.mark.parametrize(
    ("block", "told"),
    [
        ("Auto-Submitted: auto-replied", "Auto-Submitted: auto-replied"),
        ("Auto-Submitted: auto-generated; owner-email=x", "Auto-Submitted: auto-generated; owner-email=x"),
        ("X-Autoreply: yes", "X-Autoreply: yes"),
        ("X-Autorespond: vacation", "X-Autorespond: vacation"),
        ("X-Auto-Response-Suppress: All", "X-Auto-Response-Suppress: All"),
        ("X-Auto-Response-Suppress: DR, OOF, AutoReply", "X-Auto-Response-Suppress: DR, OOF, AutoReply"),
        ("Precedence: auto_reply", "Precedence: auto_reply"),
        ("Precedence: bulk\nAuto-Submitted: auto-replied", "Auto-Submitted: auto-replied"),
        ("Return-Path: <>", "Return-Path: <>"),
        ("Subject: Automatic reply: hello", "Subject: Automatic reply: hello"),
        ("Subject: Risposta automatica: ciao", "Subject: Risposta automatica: ciao"),
        ("Subject: =?utf-8?Q?Respuesta_autom=C3=A1tica:_hola?=", "Subject: Respuesta automática: hola"),
        ("Subject: Odpowiedź automatyczna: hej", "Subject: Odpowiedź automatyczna: hej"),
        ("Content-Type: multipart/report; report-type=disposition-notification", "Content-Type: multipart/report"),
    ],
)
def test_an_answer_that_nobody_wrote_is_recognised(block: str, told: str) -> None:
    assert kind_of(block) == (Kind.AUTO_REPLY, told)


@pytest.mark.parametrize(
    "block",
    [
        "List-Id: <news.acme.example>",
        "List-Unsubscribe: <mailto:u@acme.example>",
        "Precedence: bulk",
        "Precedence: List",
        "Precedence: junk",
        "Mailing-List: x",
        "List-Unsubscribe: <https://x>\nAuto-Submitted: auto-generated",
    ],
)
def test_newsletters_and_lists_are_bulk(block: str) -> None:
    assert kind_of(block)[0] is Kind.BULK


@pytest.mark.parametrize(
    "block",
    [
        "From: ada@acme.example",
        "Auto-Submitted: no",
        "Auto-Submitted: No",
        "X-Auto-Response-Suppress: DR, RN",
        "Precedence: first-class",
        "Return-Path: <ada@acme.example>",
        "Subject: about your out of office reply",
        "",
    ],
)
def test_a_person_is_a_person(block: str) -> None:
    assert kind_of(block) == (Kind.PERSON, "")


def test_reports_are_bounces_and_complaints() -> None:
    assert kind_of('Content-Type: multipart/report; report-type="delivery-status"; boundary=b')[0] is Kind.BOUNCE
    assert kind_of("Content-Type: multipart/report; boundary=b; report-type=feedback-report")[0] is Kind.COMPLAINT
    assert kind_of("X-Failed-Recipients: a@b.example")[0] is Kind.BOUNCE

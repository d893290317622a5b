"""History is folded away, never cut."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.mail import quote
from appliance.mail.html import sanitise

ENGLISH = "On Mon, 5 Jan 2026 at 09:00, Ada <ada@acme.example> wrote:"
ITALIAN = "Il giorno lun 5 gen 2026 alle ore 09:00 Ada <ada@acme.example> ha scritto:"
SPANISH = "El lun, 5 ene 2026 a las 9:00, Ada (<ada@acme.example>) escribió:"
POLISH = "W dniu 5.01.2026 o 09:00, Ada pisze:"
WRAPPED = "On Mon, 5 Jan 2026 at 09:00, Ada Lovelace of the Analytical Engines\n<ada@acme.example> wrote:"
OUTLOOK = {
    "english": "From: Ada <ada@acme.example>\nSent: Monday, 5 January 2026 09:00\nTo: Help\nSubject: Hi\n\nOld",
    "italian": "Da: Ada <ada@acme.example>\nInviato: lunedì 5 gennaio 2026 09:00\nA: Help\nOggetto: Ciao\n\nOld",
    "spanish": "De: Ada <ada@acme.example>\nEnviado el: lunes, 5 de enero 9:00\nPara: Help\nAsunto: Hola\n\nOld",
    "polish": "Od: Ada <ada@acme.example>\nWysłano: poniedziałek, 5 stycznia 2026 09:00\nDo: Help\nTemat: Hej\n\nOld",
    "starred": "*From:* Ada\n*Sent:* Monday\n*To:* Help\n\nOld",
    "separator": "-----Original Message-----\nFrom: Ada\n\nOld",
    "messaggio": "-----Messaggio originale-----\nDa: Ada\n\nOld",
    "mensaje": "-----Mensaje original-----\nDe: Ada\n\nOld",
    "wiadomosc": "-----Oryginalna wiadomość-----\nOd: Ada\n\nOld",
}


def own(text: str) -> str:
    return "".join(piece for quoted, piece in quote.fold(text) if not quoted).strip()


@pytest.mark.parametrize(
    "attribution",
    [
        ENGLISH,
        ITALIAN,
        SPANISH,
        POLISH,
        WRAPPED,
        "Il 05/01/2026 09:00, Ada ha scritto:",
        "Dnia 5 stycznia 2026 Ada <a@b.c> napisał(a):",
    ],
)
def test_an_attribution_belongs_to_the_quotation(attribution: str) -> None:
    assert own(f"My answer.\n\n{attribution}\n> old\n>> older\n") == "My answer."
    assert own(f"My answer.\n\n{attribution}\n\nold, unmarked\n\nmore") == "My answer."


@pytest.mark.parametrize("history", OUTLOOK.values(), ids=OUTLOOK)
def test_history_as_outlook_copies_it_is_folded(history: str) -> None:
    assert own(f"My answer.\n\n{history}") == "My answer."


def test_answers_between_the_lines_stay_visible() -> None:
    text = f"{ENGLISH}\n> First question?\n\nFirst answer.\n\n> Second question?\nSecond answer.\n-- \nAda"
    assert own(text).split() == ["First", "answer.", "Second", "answer."]
    assert [quoted for quoted, _ in quote.fold(text)] == [True, False, True, False, True]


def test_a_signature_is_folded_and_words_below_a_quotation_are_not() -> None:
    assert own("Hello\n-- \nAda\nAcme") == "Hello"
    assert "below" in own("Hello\n-- \nAda\n> quoted\nbelow")


@pytest.mark.parametrize("text", ["> only\n> quoted", "-- \nAda", OUTLOOK["english"], f"{ENGLISH}\n> old", "\n\n> x\n"])
def test_when_nothing_would_be_left_nothing_is_folded(text: str) -> None:
    assert quote.fold(text) == [(False, text)]


@pytest.mark.parametrize(
    "marker",
    [
        "---------- Forwarded message ---------",
        "---------- Messaggio inoltrato ---------",
        "Begin forwarded message:",
        "-------- Przekazana wiadomość --------",
    ],
)
def test_what_is_forwarded_to_us_is_not_history(marker: str) -> None:
    text = f"Please see below.\n\n{marker}\nFrom: Ada\nSent: Monday\nTo: Help\n\nThe words that matter"
    assert own(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "On Monday I wrote:\nplease call me",
        "From: the bottom of my heart\nthank you",
        "The price wrote: nothing",
        "a > b\nb < c",
    ],
)
def test_ordinary_sentences_are_not_taken_for_history(text: str) -> None:
    assert own(text) == text


@settings(derandomize=True, max_examples=200, deadline=None)
@given(
    st.lists(st.sampled_from(["", " ", "> q", "own", "-- ", "--", ENGLISH, POLISH, WRAPPED, *OUTLOOK.values(), "\r"]))
)
def test_nothing_is_ever_cut(lines: list[str]) -> None:
    text = "\n".join(lines)
    assert "".join(piece for _, piece in quote.fold(text)) == text


def test_a_snippet_is_what_was_written_now() -> None:
    assert quote.snippet(f"Hello,\n\n  where is it?\n\n{ITALIAN}\n> old") == "Hello, where is it?"
    assert quote.snippet("> only history") == "> only history"
    assert len(quote.snippet("word " * 1000)) <= 200
    assert quote.snippet("") == ""


OLD = '<div class="quote">On Monday Ada wrote:<blockquote class="quote" style="margin:0">old</blockquote></div>'
OUTLOOK_HTML = (
    '<div><p>Mine</p><div style="border-top:solid"><p><b>From:</b> Ada<br><b>Sent:</b> Monday<br><b>To:</b> Help<br>'
    "<b>Subject:</b> Hi</p></div><p>old</p></div><p>after</p>"
)


def test_history_in_html_is_folded_not_cut() -> None:
    folded = quote.fold_html(f"<p>Mine</p>{OLD}<p>after</p>", "<History>")
    opening = '<details class="quote"><summary>&lt;History&gt;</summary>'
    assert folded == f"<p>Mine</p>{opening}{OLD}</details><p>after</p>"


def test_outlooks_history_is_folded_to_the_end_of_its_parent() -> None:
    folded = quote.fold_html(OUTLOOK_HTML, "History")
    assert folded.startswith('<div><p>Mine</p><details class="quote"><summary>History</summary><div style')
    assert folded.endswith("<p>old</p></details></div><p>after</p>")


@pytest.mark.parametrize(
    "html",
    [
        OLD,
        f"<div><br></div>{OLD}&nbsp;",
        "<p>no history</p>",
        '<p>see</p><div class="quote">---------- Forwarded message ---------<br>From: x</div>',
        "<p>From: the bottom of my heart</p>",
        "",
    ],
)
def test_html_without_history_or_without_anything_else_is_left_alone(html: str) -> None:
    assert quote.fold_html(html, "History") == html


@pytest.mark.parametrize(
    "sent",
    [
        "x<blockquote>a</div></p>b",
        "<p>x<blockquote><div>y",
        f"x</div>{OLD}</div></div>y",
        "<table><td><blockquote>q</table>z",
    ],
)
def test_html_is_balanced_after_folding_whatever_it_was_before(sent: str) -> None:
    folded = quote.fold_html(sanitise(sent)[0], "History")
    assert "<details" in folded
    assert sanitise(folded)[0] == folded

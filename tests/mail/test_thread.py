"""Tokens that only we can make, and subjects as people mangle them."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.mail.thread import bare_subject, interaction_at, interaction_in, issue, number_in, tag, tagged

SECRET = b"k" * 32


@given(number=st.integers(0, 2**40 - 1), random=st.binary(min_size=8, max_size=20))
def test_a_message_id_of_ours_names_its_interaction(number: int, random: bytes) -> None:
    message_id = issue(SECRET, number, random, "acme.test")
    assert interaction_in(SECRET, message_id) == number
    assert interaction_in(SECRET, f" <{message_id.upper()}> ") == number
    assert interaction_in(b"other" * 8, message_id) is None
    assert len(message_id) < 60


@given(number=st.integers(0, 2**40 - 1))
def test_a_plus_address_names_its_interaction(number: int) -> None:
    address = tagged("help+old@acme.test", tag(SECRET, number))
    assert address.startswith("help+t")
    assert interaction_at(SECRET, address) == number
    assert interaction_at(SECRET, address.swapcase()) == number
    assert interaction_at(b"other" * 8, address) is None
    assert len(tag(SECRET, number)) <= 25


def test_every_changed_letter_breaks_the_token() -> None:
    local, _, domain = issue(SECRET, 7, os.urandom(8), "acme.test").partition("@")
    for at, letter in enumerate(local[:-1]):  # the last letter has spare bits
        changed = local[:at] + ("a" if letter != "a" else "b") + local[at + 1 :]
        assert interaction_in(SECRET, f"{changed}@{domain}") is None


def test_a_tag_is_no_message_id_and_a_message_id_no_tag() -> None:
    assert interaction_in(SECRET, f"{tag(SECRET, 7)[1:]}@acme.test") is None
    assert interaction_at(SECRET, f"help+t{issue(SECRET, 7, bytes(8), 'acme.test')}") is None


@given(st.text(max_size=100))
def test_what_others_write_is_not_ours_and_breaks_nothing(text: str) -> None:
    assert interaction_in(SECRET, text) is None
    assert interaction_in(SECRET, text + "@x") is None
    assert interaction_at(SECRET, "help+t" + text + "@x") is None


def test_too_little_chance_is_refused() -> None:
    with pytest.raises(ValueError, match="random"):
        issue(SECRET, 7, b"1234567", "acme.test")


@pytest.mark.parametrize(
    "subject",
    [
        "Where is my parcel?",
        "Re: Where is my parcel?",
        "RE: FW: re: Where is my parcel?",
        "Re[2]: Where is my parcel?",
        "R: Where is my parcel?",
        "RIF: I: Where is my parcel?",
        "Rv: RV: Where is my parcel?",
        "Odp: PD: Where is my parcel?",
        "Odpowiedź: Where is my parcel?",
        "AW: WG: SV: TR: Fwd: Where is my parcel?",
        "Re : Re^3: Re (4): Where is my parcel?",
        "Re：Where is my parcel?",  # noqa: RUF001
        " \t Re:Where is my parcel?  ",
        "Re:" * 10_000 + "Where is my parcel?",
    ],
)
def test_prefixes_fall_off(subject: str) -> None:
    assert bare_subject(subject) == "Where is my parcel?"


@pytest.mark.parametrize(
    "subject", ["Reise: Fragen", "I want: this", "Trip: July", "12: 30", "", "Reply", "Info: x", "Price: 3"]
)
def test_other_words_stay(subject: str) -> None:
    assert bare_subject(subject) == subject


@pytest.mark.parametrize(
    ("subject", "number"),
    [
        ("Re: parcel [#123]", 123),
        ("[#7] x [#8]", 7),
        ("parcel #123", None),
        ("[#]", None),
        ("[#" + "9" * 5000 + "]", None),
    ],
)
def test_the_number_in_a_subject_is_found(subject: str, number: int | None) -> None:
    assert number_in(subject) == number

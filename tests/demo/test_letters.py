"""Every letter of the demo's customers goes over the wire and means what it was meant to."""

from datetime import UTC, datetime
from email import message_from_bytes, policy

import pytest

from appliance.demo.letter import Letter, written
from appliance.demo.letters.everyday import EVERYDAY
from appliance.demo.letters.opening import OPENING
from appliance.demo.letters.people import CUSTOMERS
from appliance.demo.team import PEOPLE, QUEUES
from appliance.mail.parse import parse

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
LETTERS = (*OPENING, *EVERYDAY)


def subject(letter: Letter) -> str:
    return letter.subject


def by_subject(words: str) -> Letter:
    return next(letter for letter in LETTERS if letter.subject.startswith(words))


@pytest.mark.parametrize("letter", LETTERS, ids=subject)
def test_a_letter_goes_over_the_wire_and_is_read_as_it_was_meant(letter: Letter) -> None:
    raw = written(letter, "acme.test", "1@x.example", NOW)
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    mail = parse(raw)
    assert mail.subject == letter.subject
    assert mail.sender.address == letter.writer.address
    assert mail.text.split()[:12] == letter.text.split()[:12]


@pytest.mark.parametrize("letter", LETTERS, ids=subject)
def test_a_letter_is_written_by_a_customer_to_a_queue_and_handled_by_its_members(letter: Letter) -> None:
    queue = next((name for name, local, *_ in QUEUES if local == letter.to), "Inbox")
    assert queue != "Inbox" or letter.to == "inbox"
    members = {username for username, *_, queues in PEOPLE if queue in queues}
    assert {deed.by for deed in letter.deeds} <= members
    assert {deed.words for deed in letter.deeds if deed.what == "assign"} <= members


def test_nobody_has_two_addresses_and_no_address_two_people() -> None:
    assert len({customer.address for customer in CUSTOMERS}) == len(CUSTOMERS)
    assert {letter.writer.address.rpartition(".")[2] for letter in LETTERS} == {"example"}  # RFC 2606: nobody's


def test_the_files_are_what_they_say() -> None:
    mail = parse(written(by_subject("La vajilla"), "acme.test", "1@x.example", NOW))
    assert [part.content[:8] for part in mail.parts] == [b"\x89PNG\r\n\x1a\n"] * 2
    mail = parse(written(by_subject("Invoice"), "acme.test", "1@x.example", NOW))
    assert mail.parts[0].content.startswith(b"%PDF-1.4")
    mail = parse(written(by_subject("Measurements"), "acme.test", "1@x.example", NOW))
    assert mail.parts[0].content.startswith(bytes.fromhex("789f3e22"))  # MS-OXTNEF 2.1.3.1


def test_the_mail_inside_a_mail_has_a_mail_inside() -> None:
    raw = written(by_subject("RV:"), "acme.test", "1@x.example", NOW)
    types = [part.get_content_type() for part in message_from_bytes(raw, policy=policy.default).walk()]
    assert types.count("message/rfc822") == 2


def test_the_script_does_not_survive_and_the_tracker_waits() -> None:
    won = parse(written(by_subject("You have won"), "acme.test", "1@x.example", NOW))
    assert not any(bad in won.html for bad in ("<script", "onerror", "onclick", "javascript:", "<form", "<iframe"))
    assert parse(written(by_subject("Spring offers"), "acme.test", "1@x.example", NOW)).remote_images == 2


def test_the_long_thread_is_quoted_in_four_levels() -> None:
    assert b"\r\n>>>> " in written(by_subject("Re: Re:"), "acme.test", "1@x.example", NOW)

"""The MX door as clients see it: what it offers, takes, refuses."""

import asyncio
import smtplib
import ssl
from datetime import timedelta

import pytest

from appliance.store import arrivals, domains, mailboxes
from tests.smtp.conftest import House, Opener


def unverified() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


async def test_ehlo_offers_what_we_do_and_no_sign_in(house: House) -> None:
    client = await house.connect()
    assert (await client.reply()).startswith("220 mail.ours.test ESMTP")
    offers = (await client.ask("EHLO client.example")).splitlines()
    assert offers[0] == "250-mail.ours.test"
    assert {line[4:] for line in offers[1:]} == {
        "PIPELINING",
        "SIZE 52428800",
        "8BITMIME",
        "SMTPUTF8",
        "ENHANCEDSTATUSCODES",
        "STARTTLS",
    }


async def test_a_mail_is_kept_byte_for_byte_below_our_received_header(house: House) -> None:
    def send() -> None:
        with smtplib.SMTP(house.host, house.port, local_hostname="client.example") as smtp:
            smtp.sendmail("ada@example.org", ["Help@Ours.test"], b"Subject: hi\r\n\r\n.dot\r\n..two\r\n\xc3\xa9\r\n")

    await asyncio.to_thread(send)
    [arrival] = await house.kept()
    assert arrival.raw == (
        b"Received: from client.example ([127.0.0.1])\r\n\tby mail.ours.test with ESMTP\r\n"
        b"\tfor <Help@ours.test>; Mon, 05 Jan 2026 09:00:00 +0000\r\n"
        b"Subject: hi\r\n\r\n.dot\r\n..two\r\n\xc3\xa9\r\n"
    )
    assert arrival.envelope.mail_from == "ada@example.org"
    assert arrival.envelope.recipients == ("Help@ours.test",)
    assert (arrival.envelope.client_ip, arrival.envelope.helo, arrival.envelope.tls) == (
        "127.0.0.1",
        "client.example",
        "",
    )


async def test_a_mail_by_starttls_says_so_and_needs_a_new_ehlo(house: House) -> None:
    def send() -> tuple[int, bytes]:
        with smtplib.SMTP(house.host, house.port, local_hostname="client.example") as smtp:
            smtp.starttls(context=unverified())
            before_ehlo = smtp.docmd("MAIL FROM:<ada@example.org>")
            smtp.sendmail("ada@example.org", ["help@ours.test"], "Subject: safe\r\n\r\nhello\r\n")
            assert not smtp.has_extn("starttls")
            return before_ehlo

    assert (await asyncio.to_thread(send))[0] == 503
    [arrival] = await house.kept()
    assert arrival.envelope.tls.startswith("TLSv1.3 ")
    assert b" with ESMTPS\r\n" in arrival.raw
    assert arrival.raw.endswith(b"Subject: safe\r\n\r\nhello\r\n")


async def test_plaintext_pushed_in_behind_starttls_is_not_obeyed(house: House) -> None:
    client = await house.connect()
    await client.hello()
    client.say(b"STARTTLS\r\nMAIL FROM:<mallory@example.org>\r\nRCPT TO:<help@ours.test>\r\n")
    assert (await client.reply()).startswith("554 5.5.0")
    assert await client.reply() == ""


async def test_without_a_certificate_starttls_is_not_offered(open_house: Opener) -> None:
    client = await (await open_house()).connect()
    await client.reply()
    assert "STARTTLS" not in await client.ask("EHLO client.example")
    assert (await client.ask("STARTTLS")).startswith("503 5.5.1")


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("<help@ours.test>", "250 2.1.5"),
        ("<HELP@OURS.TEST>", "250 2.1.5"),
        ("<info@ours.test>", "250 2.1.5"),
        ("<help+anything@ours.test>", "250 2.1.5"),
        ('<"help"@ours.test>', "250 2.1.5"),
        ("<@hop.example:help@ours.test>", "250 2.1.5"),
        ("<postmaster>", "250 2.1.5"),
        ("<Postmaster@ours.test>", "250 2.1.5"),
        ("<abuse@ours.test>", "250 2.1.5"),
        ("<nobody@ours.test>", "550 5.1.1"),
        ("<help@elsewhere.test>", "554 5.7.1"),
        ("<postmaster@elsewhere.test>", "554 5.7.1"),
        ("<help%elsewhere.test@ours.test>", "550 5.7.1"),
        ("<elsewhere.test!help@ours.test>", "550 5.7.1"),
        ('<"help@elsewhere.test"@ours.test>', "550 5.7.1"),
        ("<@ours.test:help@elsewhere.test>", "554 5.7.1"),
        ("<help@ours.test@elsewhere.test>", "501 5.1.3"),
        ("<help@[127.0.0.1]>", "554 5.7.1"),
        ("<help>", "550 5.1.3"),
        ("<>", "550 5.1.3"),
        ("<help@ours.test", "501 5.1.3"),
        ("<help@ours.test> NOTIFY=NEVER", "555 5.5.4"),
        ("<he\x00lp@ours.test>", "501 5.1.3"),
    ],
)
async def test_who_may_be_written_to(house: House, path: str, code: str) -> None:
    client = await house.connect()
    await client.hello()
    await client.ask("MAIL FROM:<ada@example.org>")
    assert (await client.ask(f"RCPT TO:{path}")).startswith(code)


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("<ada@example.org>", "250 2.1.0"),
        ("<>", "250 2.1.0"),
        (" <ada@example.org>", "250 2.1.0"),
        ("<ada@example.org> SIZE=100 BODY=8BITMIME SMTPUTF8", "250 2.1.0"),
        ("<adà@example.org> SMTPUTF8", "250 2.1.0"),
        ("<adà@example.org>", "553 5.6.7"),
        ("<ada@example.org> SIZE=52428801", "552 5.3.4"),
        ("<ada@example.org> SIZE=-1", "501 5.5.4"),
        ("<ada@example.org> SIZE=" + "9" * 300, "501 5.5.4"),
        ("<ada@example.org> BODY=BINARYMIME", "501 5.5.4"),
        ("<ada@example.org> AUTH=<>", "555 5.5.4"),
        ("<ada@@example.org>", "501 5.1.7"),
        ("<" + "a" * 65 + "@example.org>", "501 5.1.7"),
        ("ada", "250 2.1.0"),
        ("", "501 5.1.7"),
    ],
)
async def test_who_may_be_the_sender(house: House, path: str, code: str) -> None:
    client = await house.connect()
    await client.hello()
    assert (await client.ask(f"MAIL FROM:{path}")).startswith(code)


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("HELO client.example", "250 mail.ours.test"),
        ("NOOP", "250 2.0.0"),
        ("RSET", "250 2.0.0"),
        ("VRFY help", "252 2.1.5"),
        ("EXPN all", "502 5.5.1"),
        ("HELP", "214 2.0.0"),
        ("AUTH PLAIN AGEAYg==", "503 5.5.1"),
        ("RCPT TO:<help@ours.test>", "503 5.5.1"),
        ("DATA", "503 5.5.1"),
        ("BDAT 10", "500 5.5.2"),
        ("", "500 5.5.2"),
        ("EHLO", "501 5.5.4"),
        ("quit", "221 2.0.0"),
        ("GET / HTTP/1.1", "554 5.5.1"),
    ],
)
async def test_every_command_has_an_answer(house: House, line: str, code: str) -> None:
    client = await house.connect()
    await client.hello()
    assert (await client.ask(line)).startswith(code)


async def test_mail_before_ehlo_and_twice_is_out_of_order(house: House) -> None:
    client = await house.connect()
    await client.reply()
    assert (await client.ask("MAIL FROM:<ada@example.org>")).startswith("503 5.5.1")
    await client.ask("EHLO x")
    await client.ask("MAIL FROM:<ada@example.org>")
    assert (await client.ask("MAIL FROM:<ada@example.org>")).startswith("503 5.5.1")


async def test_a_pipelining_client_gets_every_reply_in_order(house: House) -> None:
    client = await house.connect()
    await client.hello()
    client.say(b"MAIL FROM:<>\r\nRCPT TO:<nobody@ours.test>\r\nRCPT TO:<help@ours.test>\r\nDATA\r\n")
    assert [(await client.reply())[:9] for _ in range(3)] == ["250 2.1.0", "550 5.1.1", "250 2.1.5"]
    assert (await client.reply()).startswith("354 ")
    client.say(b"Subject: one\r\n\r\n1\r\n.\r\nMAIL FROM:<>\r\nRCPT TO:<info@ours.test>\r\nDATA\r\n")
    assert [(await client.reply())[:3] for _ in range(4)] == ["250", "250", "250", "354"]
    client.say(b".\r\nQUIT\r\n")
    assert [(await client.reply())[:9] for _ in range(2)] == ["250 2.0.0", "221 2.0.0"]
    first, empty = await house.kept()
    assert first.envelope.recipients == ("help@ours.test",)
    assert first.raw.endswith(b"\r\nSubject: one\r\n\r\n1\r\n")
    assert empty.raw.endswith(b"+0000\r\n")


@pytest.mark.parametrize("early", [b"EHLO x\r\nMAIL FROM:<>\r\n", b"HELO x\r\nMAIL FROM:<>\r\n"])
async def test_who_does_not_wait_for_the_reply_to_ehlo_is_sent_away(house: House, early: bytes) -> None:
    client = await house.connect()
    await client.reply()
    client.say(early)
    assert (await client.reply()).startswith("554 5.5.0")
    assert await client.reply() == ""


async def test_who_sends_the_mail_before_354_is_sent_away(house: House) -> None:
    client = await house.connect()
    await client.hello()
    client.say(b"MAIL FROM:<>\r\nRCPT TO:<help@ours.test>\r\nDATA\r\nSubject: x\r\n\r\n.\r\n")
    assert [(await client.reply())[:9] for _ in range(3)] == ["250 2.1.0", "250 2.1.5", "554 5.5.0"]
    assert await house.kept() == []


async def test_a_hundred_recipients_and_the_next_one_another_time(open_house: Opener) -> None:
    house = await open_house()
    client = await house.connect()
    await client.hello()
    await client.ask("MAIL FROM:<ada@example.org>")
    for number in range(100):
        assert (await client.ask(f"RCPT TO:<help+{number}@ours.test>")).startswith("250 ")
    assert (await client.ask("RCPT TO:<help@ours.test>")).startswith("452 4.5.3")
    await client.ask("DATA")
    assert (await client.ask("Subject: many\r\n\r\n.")).startswith("250 ")
    [arrival] = await house.kept()
    assert len(arrival.envelope.recipients) == 100


async def test_twenty_bad_commands_are_enough(house: House) -> None:
    client = await house.connect()
    await client.hello()
    for _ in range(19):
        assert (await client.ask("WHAT")).startswith("500 5.5.2")
    assert (await client.ask("WHAT")).startswith("421 4.7.0")
    assert await client.reply() == ""


async def test_who_guesses_addresses_is_sent_away_after_a_hundred(house: House) -> None:
    client = await house.connect()
    await client.hello()
    await client.ask("MAIL FROM:<>")
    for number in range(100):
        assert (await client.ask(f"RCPT TO:<guess{number}@ours.test>")).startswith("550 5.1.1")
    assert (await client.ask("RCPT TO:<guess@ours.test>")).startswith("421 4.7.0")


async def test_a_command_without_end_is_cut_off(house: House) -> None:
    client = await house.connect()
    await client.hello()
    client.say(b"X" * 5_000)
    assert (await client.reply()).startswith("500 5.5.2")
    assert await client.reply() == ""


async def test_a_helo_cannot_write_into_our_header(house: House) -> None:
    client = await house.connect()
    await client.reply()
    await client.ask("HELO evil)(\tby good")
    await client.ask("MAIL FROM:<>")
    await client.ask("RCPT TO:<help@ours.test>")
    await client.ask("DATA")
    await client.ask(".")
    [arrival] = await house.kept()
    assert arrival.raw.startswith(b"Received: from evil?? ([127.0.0.1])\r\n\tby mail.ours.test with SMTP\r\n")


async def test_addresses_are_known_as_soon_as_they_are_made(house: House) -> None:
    client = await house.connect()
    await client.hello()
    await client.ask("MAIL FROM:<>")
    assert (await client.ask("RCPT TO:<new@ours.test>")).startswith("550 5.1.1")
    mailbox = await house.store.write(mailboxes.add, "new@ours.test")
    assert (await client.ask("RCPT TO:<new@ours.test>")).startswith("250 ")
    await house.store.write(mailboxes.update, mailbox, receive=False)
    assert (await client.ask("RCPT TO:<new@ours.test>")).startswith("550 5.2.1")
    assert (await client.ask("RCPT TO:<abuse@second.test>")).startswith("554 5.7.1")
    await house.store.write(domains.add, "second.test")
    assert (await client.ask("RCPT TO:<abuse@second.test>")).startswith("250 ")


async def test_the_first_clients_of_all_come_together_and_are_all_answered(house: House) -> None:
    clients = [await house.connect() for _ in range(20)]
    for client in clients:
        await client.hello()
        client.say(b"MAIL FROM:<>\r\nRCPT TO:<help@ours.test>\r\n")
    for client in clients:
        assert (await client.reply()).startswith("250 2.1.0")
        assert (await client.reply()).startswith("250 2.1.5")


async def test_an_external_mailbox_does_not_make_its_domain_ours(house: House) -> None:
    await house.store.write(mailboxes.add, "team@provider.test", kind="external")
    client = await house.connect()
    await client.hello()
    await client.ask("MAIL FROM:<>")
    assert (await client.ask("RCPT TO:<team@provider.test>")).startswith("554 5.7.1")


async def test_an_address_in_letters_of_the_world(house: House) -> None:
    await house.store.write(mailboxes.add, "büro@münchen.test")
    client = await house.connect()
    await client.hello()
    await client.ask("MAIL FROM:<ada@example.org> SMTPUTF8")
    assert (await client.ask("RCPT TO:<Büro@MÜNCHEN.test>")).startswith("250 ")
    await client.ask("DATA")
    assert (await client.ask(".")).startswith("250 ")
    [arrival] = await house.kept()
    assert arrival.envelope.recipients == ("Büro@xn--mnchen-3ya.test",)
    assert b"with UTF8SMTP\r\n" in arrival.raw


async def test_what_is_taken_is_counted(house: House) -> None:
    client = await house.connect()
    await client.begin()
    await client.ask(".")
    await client.ask("MAIL FROM:<>")
    await client.ask("RCPT TO:<nobody@ours.test>")
    assert house.receiver.counts == {"connections": 1, "accepted": 1, "unknown": 1}
    assert (await house.store.read(arrivals.waiting, 10, 1))[0].arrived_at.utcoffset() == timedelta(0)

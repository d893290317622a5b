"""Between 354 and the final dot: smuggling, sizes, lines, loops; and the gatherer against a slow twin."""

import asyncio
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.smtp import content as contents
from appliance.smtp.content import Content, Unacceptable
from tests.smtp.conftest import Client, House, Opener

SMUGGLED = b"MAIL FROM:<mallory@example.org>\r\nRCPT TO:<help@ours.test>\r\nDATA\r\nSubject: smuggled\r\n\r\n"
FALSE_ENDS = {
    "LF dot LF": b"\n.\n",
    "LF dot CRLF": b"\n.\r\n",
    "CRLF dot LF": b"\r\n.\n",
    "CR dot CR": b"\r.\r",
    "CR dot CRLF": b"\r.\r\n",
    "CRLF dot CR": b"\r\n.\r",
    "LF dot CR": b"\n.\r",
    "CR dot LF": b"\r.\n",
    "CRLF NUL dot CRLF": b"\r\n\0.\r\n",
    "CRLF dot NUL CRLF": b"\r\n.\0\r\n",
    "CR CRLF dot CR CRLF": b"\r\r\n.\r\r\n",
}


@pytest.mark.parametrize("end", FALSE_ENDS.values(), ids=FALSE_ENDS.keys())
@pytest.mark.parametrize("torn", [False, True], ids=["whole", "byte by byte"])
async def test_what_only_looks_like_the_end_smuggles_nothing_in(house: House, end: bytes, torn: bool) -> None:
    client = await house.connect()
    await client.begin()
    client.say(b"Subject: outer\r\n\r\nbody")
    for piece in [end[at : at + 1] for at in range(len(end))] if torn else [end]:
        client.say(piece)
        await client.writer.drain()
        await asyncio.sleep(0)
    client.say(SMUGGLED + b"\r\n.\r\n")
    assert (await client.reply()).startswith("550 5.5.2")
    assert (await client.ask("NOOP")).startswith("250 ")
    assert await house.kept() == []


async def test_dots_are_unstuffed_and_the_end_may_come_in_pieces(house: House) -> None:
    client = await house.connect()
    await client.begin()
    for piece in (b"..\r\n...x\r\n\r", b"\n..", b"y\r\n\r\n.", b"\r", b"\n"):
        client.say(piece)
        await client.writer.drain()
        await asyncio.sleep(0.01)
    assert (await client.reply()).startswith("250 ")
    [arrival] = await house.kept()
    assert arrival.raw.endswith(b"+0000\r\n.\r\n..x\r\n\r\n.y\r\n\r\n")


async def finish(client: Client, raw: bytes) -> str:
    client.say(raw + b"\r\n.\r\n")
    return await client.reply()


async def test_a_line_of_65536_is_taken_and_a_longer_one_refused(house: House) -> None:
    client = await house.connect()
    await client.begin()
    assert (await finish(client, b"Subject: x\r\n\r\n" + b"y" * 65536)).startswith("250 ")
    await client.ask("MAIL FROM:<>")
    await client.ask("RCPT TO:<help@ours.test>")
    await client.ask("DATA")
    assert (await finish(client, b"Subject: x\r\n\r\n" + b"y" * 65537 + b"\r\n")).startswith("554 5.6.0")


async def test_a_line_longer_than_we_check_at_once_is_refused(house: House) -> None:
    client = await house.connect()
    await client.begin()
    assert (await finish(client, b"Subject: x\r\n\r\n" + b"y" * (3 << 20))).startswith("554 5.6.0")


async def test_a_mail_of_the_declared_limit_is_taken_and_a_larger_one_refused(open_house: Opener) -> None:
    house = await open_house(smtp={"max_message_bytes": 100_000})
    client = await house.connect()
    await client.hello()
    assert (await client.ask("MAIL FROM:<> SIZE=100001")).startswith("552 5.3.4")
    line = b"x" * 98 + b"\r\n"
    for lines, code in ((1000, "250 "), (1001, "552 5.3.4"), (60_000, "552 5.3.4"), (1000, "250 ")):
        await client.ask("MAIL FROM:<>")
        await client.ask("RCPT TO:<help@ours.test>")
        await client.ask("DATA")
        client.say(line * lines + b".\r\n")
        assert (await client.reply()).startswith(code)
    assert house.receiver.counts["accepted"] == 2


async def test_a_mail_that_goes_round_in_circles_is_stopped(house: House) -> None:
    client = await house.connect()
    await client.begin()
    hop = b"received: from a by b; Mon, 05 Jan 2026 09:00:00 +0000\r\n"
    assert (await finish(client, hop * 50 + b"\r\n" + hop * 100)).startswith("250 ")
    await client.ask("MAIL FROM:<>")
    await client.ask("RCPT TO:<help@ours.test>")
    await client.ask("DATA")
    assert (await finish(client, hop * 51 + b"\r\nhello")).startswith("554 5.4.6")


async def test_a_large_mail_comes_through_whole(house: House) -> None:
    client = await house.connect()
    await client.begin()
    body = b"".join(b"%07d %s\r\n" % (number, b".x" * 30) for number in range(80_000)) + b".y\r\n" * 1000
    stuffed = body.replace(b"\r\n.", b"\r\n..")
    client.say(stuffed + b".\r\n")
    assert (await client.reply()).startswith("250 ")
    [arrival] = await house.kept()
    assert arrival.raw.endswith(b"+0000\r\n" + body)


async def test_swaks_sends_by_starttls(house: House) -> None:
    said = await asyncio.to_thread(
        subprocess.run,
        ["swaks", "--server", house.host, "--port", str(house.port), "--to", "help@ours.test", "--tls"],
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert said.returncode == 0, said.stdout
    [arrival] = await house.kept()
    assert arrival.envelope.tls


def slowly(wire: bytes) -> tuple[str, bytes, bytes] | None:
    """The reference: (refusal or "", content, rest), line by line as RFC 5321 tells it; None without an end."""
    end = (b"\r\n" + wire).find(b"\r\n.\r\n")
    if end < 0:
        return None
    content, rest = wire[:end], wire[end + 3 :]
    lines = content.split(b"\r\n")
    if any(b"\r" in line or b"\n" in line for line in lines):
        return contents.BARE, b"", rest
    if b"\0" in content:
        return contents.NUL, b"", rest
    return "", b"\r\n".join(line[1:] if line.startswith(b".") else line for line in lines), rest


@given(
    st.lists(st.sampled_from([b"\r\n", b"\r", b"\n", b".", b"x", b"\0", b"\r\n.\r\n", b"\r\n..", b"yy\r\n"])).map(
        b"".join
    ),
    st.lists(st.integers(1, 7), min_size=1),
)
def test_however_it_is_cut_the_content_is_what_the_rfc_says(wire: bytes, cuts: list[int]) -> None:
    gathered, at, turn = Content(1000), 0, 0
    rest: bytes | None = None
    while at < len(wire) and rest is None:
        step = cuts[turn % len(cuts)]
        rest = gathered.feed(wire[at : at + step])
        at, turn = at + step, turn + 1
    expected = slowly(wire)
    assert (rest is None) == (expected is None)
    if expected is not None and rest is not None:
        refusal, content, remainder = expected
        assert rest + wire[at:] == remainder
        if refusal:
            with pytest.raises(Unacceptable, match=refusal):
                gathered.checked()
        else:
            assert b"".join(gathered.checked()) == content

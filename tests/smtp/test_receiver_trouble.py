"""The MX door when things go wrong: full disks, locked stores, slow, greedy and vanishing clients, and the end."""

import asyncio
import contextlib
import os
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.settings import BadSettings
from appliance.smtp.door import Deadlines
from bench.peers.postfix import Postfix
from bench.peers.program import run
from tests.smtp.conftest import House, Opener

LARGE = b"Subject: large\r\n\r\n" + (b"x" * 998 + b"\r\n") * 2000
END = b"\r\n.\r\n"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "small"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m", "none", folder], check=True)
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


async def test_a_disk_that_is_low_stops_data_and_lets_it_in_again_when_there_is_space(
    open_house: Opener, small_disk: Path
) -> None:
    house = await open_house(small_disk, limits={"min_free_bytes": 4 << 20})
    ballast = small_disk / "ballast"
    ballast.write_bytes(b"x" * (12 << 20))
    client = await house.connect()
    assert (await client.begin()).startswith("452 4.3.1")
    ballast.unlink()
    await client.ask("MAIL FROM:<>")
    await client.ask("RCPT TO:<help@ours.test>")
    assert (await client.ask("DATA")).startswith("354 ")
    assert (await client.ask(".")).startswith("250 ")


async def test_a_disk_that_fills_while_mail_comes_keeps_what_was_acknowledged(
    open_house: Opener, small_disk: Path
) -> None:
    house = await open_house(small_disk, limits={"min_free_bytes": 0})
    client = await house.connect()
    await client.hello()
    replies = []
    for number in range(12):
        await client.ask("MAIL FROM:<>")
        await client.ask("RCPT TO:<help@ours.test>")
        assert (await client.ask("DATA")).startswith(("354", "452"))
        client.say(b"X-Number: %d\r\n" % number + LARGE + END)
        replies.append(await client.reply())
        if not replies[-1].startswith("250 "):
            break
    assert replies[-1].startswith("452 4.3.1")
    assert len(await house.kept()) == len(replies) - 1 > 0
    subprocess.run(["mount", "-o", "remount,size=64m", small_disk], check=True)
    await client.ask("MAIL FROM:<>")
    await client.ask("RCPT TO:<help@ours.test>")
    await client.ask("DATA")
    assert (await client.ask(".")).startswith("250 ")


async def test_a_locked_store_is_no_reason_to_refuse_for_good(
    open_house: Opener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = await open_house()
    client = await house.connect()
    await client.begin()
    with contextlib.closing(sqlite3.connect(tmp_path / "t.db", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        client.say(LARGE + END)
        assert (await client.reply()).startswith("451 4.3.0")
        other.execute("ROLLBACK")
    await client.ask("MAIL FROM:<>")
    await client.ask("RCPT TO:<help@ours.test>")
    await client.ask("DATA")
    assert (await client.ask(".")).startswith("250 ")
    assert len(await house.kept()) == 1


async def test_a_client_that_vanishes_in_data_leaves_nothing_behind(house: House) -> None:
    client = await house.connect()
    await client.begin()
    client.say(LARGE)
    await client.writer.drain()
    client.writer.transport.abort()
    while house.receiver.connections:
        await asyncio.sleep(0.01)
    assert await house.kept() == []
    assert house.receiver.bytes_in_flight == 0
    assert (await (await house.connect()).begin()).startswith("354 ")


async def test_a_client_that_says_no_more_still_hears_the_answer(house: House) -> None:
    client = await house.connect()
    await client.begin()
    client.say(b"Subject: last words\r\n\r\n.\r\n")
    client.writer.write_eof()
    assert (await client.reply()).startswith("250 ")
    assert await client.reply() == ""
    assert len(await house.kept()) == 1


async def test_who_is_silent_is_sent_away(open_house: Opener) -> None:
    house = await open_house(deadlines=Deadlines(command=0.2))
    client = await house.connect()
    assert (await client.reply()).startswith("220 ")
    assert (await client.reply()).startswith("421 4.4.2")
    assert await client.reply() == ""


async def test_a_command_by_drops_does_not_buy_time(open_house: Opener) -> None:
    house = await open_house(deadlines=Deadlines(command=0.5))
    client = await house.connect()
    await client.reply()
    reply = asyncio.create_task(client.reply())
    while not reply.done():
        client.say(b"N")
        await asyncio.sleep(0.05)
    assert (await reply).startswith("421 4.4.2")


async def test_a_mail_by_drops_ends_at_the_deadline(open_house: Opener) -> None:
    house = await open_house(deadlines=Deadlines(data=0.5))
    client = await house.connect()
    await client.begin()
    reply = asyncio.create_task(client.reply())
    while not reply.done():
        client.say(b"x")
        await asyncio.sleep(0.05)
    assert (await reply).startswith("421 4.4.2")
    assert await house.kept() == []


async def test_a_client_that_never_listens_is_cut_off(open_house: Opener) -> None:
    house = await open_house(deadlines=Deadlines(command=0.5))
    client = await house.connect()
    client.writer.transport.pause_reading()
    with contextlib.suppress(ConnectionError):
        for _ in range(40):
            client.say(b"HELP\r\n" * 5000)
            await client.writer.drain()
    while house.receiver.connections:
        await asyncio.sleep(0.01)


async def test_one_client_has_fifty_connections_and_no_more(open_house: Opener) -> None:
    house = await open_house()
    clients = [await house.connect() for _ in range(60)]
    greetings = [await client.reply() for client in clients]
    assert [greeting[:3] for greeting in greetings] == ["220"] * 50 + ["421"] * 10
    assert greetings[-1].startswith("421 4.7.0")
    assert (await clients[0].ask("QUIT")).startswith("221")
    assert await clients[0].reply() == ""
    while house.receiver.connections > 49:
        await asyncio.sleep(0.01)
    assert (await (await house.connect()).reply()).startswith("220")


async def test_mails_in_flight_have_a_limit_together(open_house: Opener) -> None:
    house = await open_house(smtp={"max_bytes_in_flight": 3_000_000})
    first, second, third = [await house.connect() for _ in range(3)]
    await first.begin()
    first.say(LARGE)
    await second.begin()
    second.say(LARGE)  # together they are too much: it is the one that makes it so that has to come back
    await second.writer.drain()
    second.say(END)
    assert (await second.reply()).startswith("452 4.3.1")
    await third.hello()
    await third.ask("MAIL FROM:<> SIZE=2000000")
    await third.ask("RCPT TO:<help@ours.test>")
    assert (await third.ask("DATA")).startswith("452 4.3.1")
    first.say(END)
    assert (await first.reply()).startswith("250 ")
    await third.ask("MAIL FROM:<> SIZE=2000000")
    await third.ask("RCPT TO:<help@ours.test>")
    assert (await third.ask("DATA")).startswith("354 ")
    assert (await third.ask(".")).startswith("250 ")
    assert house.receiver.bytes_in_flight == 0


async def test_a_fault_of_ours_is_never_permanent(house: House, caplog: pytest.LogCaptureFixture) -> None:
    client = await house.connect()
    await client.begin()
    await house.store.write(lambda tx: tx.run("DROP TABLE arrivals"))
    assert (await client.ask(".")).startswith("451 4.3.0")
    assert "a mail could not be taken" in caplog.text


async def test_a_port_in_use_is_named(open_house: Opener, house: House, tmp_path: Path) -> None:
    folder = tmp_path / "second"
    folder.mkdir()
    with pytest.raises(BadSettings, match=rf"127\.0\.0\.1:{house.port} is in use by another program"):
        await open_house(folder, smtp={"listen": (f"127.0.0.1:{house.port}",)})


async def test_stopping_lets_data_finish_and_tells_the_idle(open_house: Opener) -> None:
    house = await open_house()
    idle, sending = await house.connect(), await house.connect()
    await idle.hello()
    await sending.begin()
    house.task.cancel()
    assert (await idle.reply()).startswith("421 4.3.2")
    with pytest.raises(ConnectionRefusedError):
        await house.connect()
    assert not house.task.done()
    sending.say(b"Subject: just in time\r\n\r\n.\r\n")
    assert (await sending.reply()).startswith("250 ")
    assert (await sending.reply()).startswith("421 4.3.2")
    await asyncio.wait([house.task])
    assert len(await house.kept()) == 1


async def test_stopping_does_not_wait_for_ever(open_house: Opener) -> None:
    house = await open_house(deadlines=Deadlines(finish=0.2))
    client = await house.connect()
    await client.begin()
    house.task.cancel()
    assert (await client.reply()).startswith("421 4.3.2")
    await asyncio.wait([house.task])
    assert house.receiver.connections == 0


@pytest.mark.parametrize("security", ["none", "encrypt"])
async def test_postfix_delivers_to_us(house: House, security: str) -> None:
    settings = {
        "relayhost": f"[{house.host}]:{house.port}",
        "smtp_tls_security_level": security,
        "mynetworks": "127.0.0.0/8",
        "smtpd_recipient_restrictions": "permit_mynetworks, reject",
        "smtpd_relay_restrictions": "permit_mynetworks, reject",
    }
    async with Postfix(settings=settings) as postfix:
        await run(
            "swaks",
            "--server",
            postfix.host,
            "--port",
            str(postfix.port),
            "--to",
            "help@ours.test",
            "--from",
            "a@b.test",
        )
        async with asyncio.timeout(30):
            while not (kept := await house.kept()):
                await asyncio.sleep(0.05)
    assert bool(kept[0].envelope.tls) == (security == "encrypt")
    assert kept[0].envelope.helo == "mx.example.net"
    assert b"(Postfix)" in kept[0].raw


def test_these_tests_run_as_root() -> None:
    assert os.geteuid() == 0, "mounting a small disk and starting Postfix need root"

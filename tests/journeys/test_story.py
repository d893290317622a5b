"""The story that Posthouse is for, told by real programs: mail comes in, is answered in the browser, leaves signed."""

import asyncio
import json
import os
import re
import sqlite3
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default as modern
from pathlib import Path

import dkim as dkimpy
import pytest
from playwright.async_api import Browser, Page, expect

from bench.peers.nameserver import Record
from bench.peers.opendkim import verify
from bench.peers.postfix import Postfix
from bench.peers.program import run
from tests.journeys.conftest import PASSWORD, House

CUSTOMER = "bob@example.net"
INBOX = "inbox@acme.test"


@dataclass(frozen=True)
class World:
    """A house that serves, and Debian's Postfix: the customer's mail host, and a relay that delivers to the house."""

    house: House
    postfix: Postfix

    async def write(self, subject: str, *options: str, through_postfix: bool = False) -> None:
        """The customer sends a mail by swaks, with these options of it; return when it was accepted."""
        door = f"127.0.0.1:{self.house.smtp_port}"
        server = f"{self.postfix.host}:{self.postfix.port}" if through_postfix else door
        people = ["--from", CUSTOMER, "--to", INBOX, "--header", f"From: Bob <{CUSTOMER}>"]
        await run(
            "swaks", "--server", server, "--ehlo", "client.test", *people, "--header", f"Subject: {subject}", *options
        )


@pytest.fixture
async def world(house: Callable[..., House]) -> AsyncIterator[World]:
    if os.geteuid() != 0:
        pytest.skip("Postfix starts as root")
    postfix = Postfix([CUSTOMER])
    posthouse = house(
        relay={"routes": {"example.net": f"{postfix.host}:{postfix.port}"}},
        desk={"undo_seconds": 1},
    )
    anybody = "permit_mynetworks, reject_unauth_destination"
    postfix.set(
        mynetworks="127.0.0.0/8",
        smtpd_relay_restrictions=anybody,
        smtpd_recipient_restrictions=anybody,
        transport_maps=f"inline:{{ acme.test=smtp:[127.0.0.1]:{posthouse.smtp_port} }}",
        smtp_tls_security_level="encrypt",
    )
    posthouse.command("user", "add", "emma", "--name", "Emma", "--campaign", "Inbox")
    async with postfix:
        posthouse.start()
        yield World(posthouse, postfix)


@pytest.fixture
async def page(chromium: Browser, world: World) -> AsyncIterator[Page]:
    """Emma at her desk, looking at what is nobody's; what the browser complains of fails the test."""
    page = await chromium.new_page(base_url=world.house.web, locale="en-GB", reduced_motion="reduce")
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(error.message))
    await page.goto("/sign-in")
    await page.get_by_label("Username").fill("emma")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await page.get_by_role("navigation", name="Views").get_by_role("link", name="Unassigned").click()
    await expect(page.get_by_role("region", name="Unassigned")).to_be_visible()
    async with asyncio.timeout(10):
        while "posthouse_live_streams 1.0" not in await asyncio.to_thread(world.house.read, "/metrics"):
            await asyncio.sleep(0.02)
    await page.evaluate("window.untouched = true")
    yield page
    assert await page.evaluate("window.untouched"), "the page was loaded again"
    await page.close()
    assert [text for text in complaints if "net::ERR" not in text] == []  # a house that stops is not the page's fault


async def test_mail_of_every_kind_appears_without_reload_within_a_second(
    page: Page, world: World, tmp_path: Path
) -> None:
    big, small = tmp_path / "Rechnung März.pdf", tmp_path / "notes.txt"
    big.write_bytes(b"%PDF-1.4\n" + os.urandom(35_000))
    small.write_text("one line\n" * 100)

    async def seconds_until_seen(subject: str, *options: str, through_postfix: bool = False) -> float:
        await world.write(subject, *options, through_postfix=through_postfix)
        accepted = time.monotonic()
        await expect(page.get_by_role("option").filter(has_text=subject)).to_be_visible()
        return time.monotonic() - accepted

    took = [
        await seconds_until_seen("Plain words"),
        await seconds_until_seen("By STARTTLS", "--tls"),
        await seconds_until_seen("With files, 50 KiB", "--attach", f"@{big}", "--attach", f"@{small}"),
        await seconds_until_seen("Zażółć gęślą jaźń, perché è così"),
        await seconds_until_seen("From a Postfix", through_postfix=True),
    ]

    print(f"from 250 to the page: median {sorted(took)[2]:.2f} s, the slowest {max(took):.2f} s")
    assert sorted(took)[2] < 1
    assert re.search(r"status=sent \(250 ", world.postfix.log())
    await page.get_by_role("option").filter(has_text="With files").click()
    files = page.get_by_role("list", name="Attachments", exact=True)
    await expect(files.get_by_role("listitem")).to_have_count(2)
    async with page.expect_download() as download:
        await files.get_by_role("link", name=re.compile("Rechnung")).click()
    assert (await (await download.value).path()).read_bytes() == big.read_bytes()


async def test_the_answer_leaves_signed_and_the_customers_answer_joins_the_conversation(
    page: Page, world: World, tmp_path: Path
) -> None:
    await world.write("Where is my parcel?", "--header", "Message-Id: <question@example.net>", "--body", "It is late.")
    await expect(page.get_by_role("option").filter(has_text="Where is my parcel?")).to_be_visible()
    await page.keyboard.press("j")
    await page.keyboard.press("Enter")
    letters = page.get_by_role("article")
    await expect(letters.filter(has_text="It is late.")).to_be_visible()

    slip = tmp_path / "slip.txt"
    slip.write_text("Shipped on Monday.\n")
    await page.keyboard.press("r")
    await expect(page.get_by_role("textbox", name="Your answer")).to_be_focused()
    await page.keyboard.type("Good news: it arrives tomorrow.")
    async with page.expect_file_chooser() as chooser:
        await page.get_by_role("button", name="Attach files").click()
    await (await chooser.value).set_files(slip)
    attached = page.get_by_role("list", name="Attachments of your answer")
    await expect(attached.get_by_role("button", name="Remove slip.txt")).to_be_visible()
    await page.keyboard.press("Control+Enter")

    (raw,) = await world.postfix.delivered(CUSTOMER)
    answer = message_from_bytes(raw, EmailMessage, policy=modern)
    assert answer["In-Reply-To"] == "<question@example.net>"
    assert answer["References"].split() == ["<question@example.net>"]
    assert answer["Subject"] == "Re: Where is my parcel?"
    body = answer.get_body(("plain",))
    assert body is not None
    assert "Good news: it arrives tomorrow." in body.get_content()
    (sent,) = answer.iter_attachments()
    assert (sent.get_filename(), sent.get_content()) == ("slip.txt", "Shipped on Monday.\n")
    await expect(letters.filter(has_text="Good news").get_by_text("Sent", exact=True)).to_be_visible()

    await everybody_verifies(world.house, raw.replace(b"\n", b"\r\n"), tmp_path)

    threaded = ("--header", f"In-Reply-To: {answer['Message-ID']}", "--header", f"References: {answer['Message-ID']}")
    await world.write("Re: Where is my parcel?", *threaded, "--body", "Thank you!")
    await expect(letters.filter(has_text="Thank you!")).to_be_visible()
    await expect(letters).to_have_count(3)
    with sqlite3.connect(f"file:{world.house.database}?mode=ro", uri=True) as db:
        assert db.execute("SELECT count(*) FROM interactions").fetchone() == (1,)
    assert await asyncio.to_thread(world.house.stop) == 0


async def everybody_verifies(house: House, raw: bytes, folder: Path) -> None:
    """dkimpy and Debian's opendkim find every signature good, with the records that `posthouse dns` says to publish."""
    published = [entry for entry in json.loads(house.command("dns", "--json")) if entry["type"] == "TXT"]
    texts = {entry["name"]: entry["value"] for entry in published}
    signatures = raw.count(b"DKIM-Signature:")
    assert signatures == sum("_domainkey" in name for name in texts) >= 1
    mail = dkimpy.DKIM(raw)
    for index in range(signatures):
        assert mail.verify(index, dnsfunc=lambda name, timeout=5: texts[name.decode().rstrip(".")].encode())
    records = [Record(name, "TXT", value) for name, value in texts.items()]
    said = await verify(folder, raw, records)
    assert said.count("dkim=pass") == signatures, said
    assert "dkim=fail" in await verify(folder, raw.replace(b"tomorrow", b"whenever"), records)

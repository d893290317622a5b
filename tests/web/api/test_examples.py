"""docs/api.md: its examples work as they are written, in their order."""

import re
import shlex
from pathlib import Path

import pytest

from tests.conftest import Receive
from tests.web.api.conftest import Program

PAGE = (Path(__file__).parents[3] / "docs" / "api.md").read_text(encoding="utf-8")
MAIL = (
    "From: Ada <ada@example.org>\nTo: help@acme.test\nSubject: My parcel\nMessage-ID: <1@example.org>\n\nWhere is it?\n"
)


def examples() -> list[tuple[str, str, bytes | None]]:
    """Method, path and what is sent, of each curl in the page."""
    blocks = re.findall(r"^```\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    commands = [command for block in blocks for command in re.split(r"^(?=curl )", block, flags=re.MULTILINE)]
    return [_example(shlex.split(command)) for command in commands if command.startswith("curl ")]


def _example(words: list[str]) -> tuple[str, str, bytes | None]:
    (url,) = [word for word in words if word.startswith("$POSTHOUSE/api/v1/")]
    sent = words[words.index("--json") + 1].encode() if "--json" in words else None
    method = words[words.index("-X") + 1] if "-X" in words else "POST" if sent else "GET"
    return method, url.removeprefix("$POSTHOUSE/api/v1/"), sent


async def test_the_examples_of_the_page_work(admin: Program, receive: Receive) -> None:
    await receive(MAIL)
    found = examples()
    assert len(found) > 9
    for method, path, sent in found:
        answer = await admin.response(method, path, sent)
        assert answer.status in (200, 201), f"{method} {path}: {answer.status} {await answer.text()}"
    (row,) = (await admin.ask("GET", "outbox?state=ready"))["items"]
    assert row["recipient"] == "ada@example.org"


@pytest.mark.parametrize("word", ["thresholds", "schedules", "confirmation", "rating"])
async def test_what_the_page_calls_unknown_is_refused(admin: Program, receive: Receive, word: str) -> None:
    assert f"`{word}`" in PAGE
    assert set(await admin.faults("PATCH", "campaigns/1", {word: {}})) == {word}

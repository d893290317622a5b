"""Drafts: kept as one types, never overwritten from another window, and their files."""

import hashlib
from io import BytesIO
from typing import Any

import pytest
from aiohttp import FormData

from appliance.model.ids import InteractionId
from appliance.settings import Settings
from appliance.store import Store, drafts, messages
from tests.conftest import Team
from tests.web.conftest import Browser, SignIn


@pytest.fixture
def settings() -> Settings:
    return Settings.model_validate({"desk": {"max_upload_bytes": 2 * 1024 * 1024}})


async def test_a_draft_is_kept_with_its_version_and_an_older_one_does_not_overwrite_it(
    store: Store, parcel: InteractionId, as_user: SignIn, team: Team
) -> None:
    emma = await as_user("emma")
    first = await save(emma, parcel, "<p>one</p>")
    second = await save(emma, parcel, "<p>two</p>", version=first["version"])

    stale = await emma.put(draft(parcel), json={"html": "<p>stale</p>", "version": first["version"]})

    kept = await store.read(drafts.of, team.emma, parcel)
    assert second["version"] == first["version"] + 1
    assert stale.status == 409
    assert kept is not None
    assert kept.html == "<p>two</p>"


async def test_a_draft_is_its_writers_alone_and_goes_when_thrown_away(
    store: Store, parcel: InteractionId, as_user: SignIn, team: Team
) -> None:
    emma, boss = await as_user("emma"), await as_user("boss")
    await save(emma, parcel, "<p>secret words</p>")

    seen = await (await boss.get(f"/agent/interactions/{parcel}")).text()
    await emma.delete(draft(parcel))

    assert "secret words" not in seen
    assert await store.read(drafts.of, team.emma, parcel) is None


async def test_files_are_kept_at_once_and_can_be_removed(
    store: Store, parcel: InteractionId, as_user: SignIn, team: Team
) -> None:
    emma = await as_user("emma")
    answer = await upload(emma, parcel, "ę raport.pdf", b"%PDF")
    (file,) = (await answer.json())["files"]

    (kept,) = await store.read(drafts.files, team.emma, parcel)
    removed = await emma.delete(f"{draft(parcel)}/files/{file['id']}")

    assert (kept.name, kept.size) == ("ę raport.pdf", 4)
    assert removed.status == 200
    assert await store.read(drafts.files, team.emma, parcel) == ()


async def test_files_that_are_too_large_together_are_refused_and_the_first_stay(
    store: Store, parcel: InteractionId, as_user: SignIn, team: Team, settings: Settings
) -> None:
    emma = await as_user("emma")
    most = settings.desk.max_upload_bytes  # 2 MB here
    fine = await upload(emma, parcel, "half.bin", bytes(most // 2))

    refused = await upload(emma, parcel, "more.bin", bytes(most // 2 + 1))

    assert fine.status == 200
    assert refused.status == 422
    assert "2 MB" in (await refused.json())["errors"][0]["message"]
    assert len(await store.read(drafts.files, team.emma, parcel)) == 1


async def test_a_forward_takes_the_files_along_unchanged(
    store: Store, parcel: InteractionId, as_user: SignIn, team: Team
) -> None:
    emma = await as_user("emma")
    (letter,) = await store.read(messages.of, team.emma, parcel)
    plan = next(each for each in letter.attachments if not each.inline)
    _, before = await store.read(messages.attachment, team.emma, plan.id)

    taken = await (await emma.post(f"{draft(parcel)}/files/of/{letter.id}")).json()
    words = {"mode": "forward", "to": [{"address": "expert@example.net"}], "html": "<p>Please look</p>"}
    sent = await (await emma.post(f"/agent/interactions/{parcel}/forwards", json=words)).json()

    forwarded = await store.read(messages.get, team.emma, sent["message"])
    (file,) = [each for each in forwarded.attachments if each.name == plan.name]
    _, after = await store.read(messages.attachment, team.emma, file.id)
    assert [each["name"] for each in taken["files"]] == [plan.name]
    assert hashlib.sha256(after).digest() == hashlib.sha256(before).digest()
    assert await store.read(drafts.of, team.emma, parcel) is None


async def test_a_comment_leaves_the_answer_that_is_being_written(
    store: Store, parcel: InteractionId, as_user: SignIn, team: Team
) -> None:
    emma = await as_user("emma")
    await save(emma, parcel, "<p>half an answer</p>")

    await emma.post(f"/agent/interactions/{parcel}/comments", json={"mode": "comment", "text": "wait for me"})

    kept = await store.read(drafts.of, team.emma, parcel)
    assert kept is not None
    assert kept.html == "<p>half an answer</p>"


def draft(number: InteractionId) -> str:
    return f"/agent/interactions/{number}/draft"


async def save(browser: Browser, number: InteractionId, html: str, **more: object) -> dict[str, Any]:
    answer = await browser.put(draft(number), json={"html": html, **more})
    assert answer.status == 200, await answer.text()
    saved: dict[str, Any] = await answer.json()
    return saved


async def upload(browser: Browser, number: InteractionId, name: str, content: bytes) -> Any:
    form = FormData(quote_fields=False)
    form.add_field("file", BytesIO(content), filename=name, content_type="application/octet-stream")
    return await browser.post(f"{draft(number)}/files", data=form)

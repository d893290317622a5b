"""What strangers sent us, given out so that it cannot act: bodies, files, raw mails."""

from appliance.model.ids import InteractionId
from appliance.model.interaction import Message
from appliance.store import Store, messages
from tests.conftest import Receive, Team
from tests.web.agent.conftest import PARCEL
from tests.web.conftest import SignIn


async def test_a_body_runs_nothing_and_fetches_nothing_from_elsewhere(
    store: Store, parcel: InteractionId, as_user: SignIn, team: Team
) -> None:
    emma, letter = await as_user("emma"), await the_letter(store, team, parcel)

    answer = await emma.get(f"/agent/messages/{letter.id}/body")
    text = await answer.text()

    photo = next(each for each in letter.attachments if each.content_id)
    policy = answer.headers["Content-Security-Policy"]
    assert policy == "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'self'"
    assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert "<b>late</b>" in text
    assert "<script" not in text
    assert f'src="/agent/attachments/{photo.id}?inline=1"' in text
    assert ' src="https://spy.example' not in text


async def test_history_is_folded_and_still_there(store: Store, receive: Receive, as_user: SignIn, team: Team) -> None:
    html = "<p>Still late.</p><blockquote><p>We sent it on Monday.</p></blockquote>"
    (number,) = await receive(
        f"From: a@x.test\nTo: help@acme.test\nSubject: Late\nMIME-Version: 1.0\nContent-Type: text/html\n\n{html}\n"
    )
    (letter,) = await store.read(messages.of, team.boss, number)

    text = await (await (await as_user("emma")).get(f"/agent/messages/{letter.id}/body")).text()

    own, _, folded = text.partition('<details class="quote"><summary>··· show the quoted text</summary>')
    assert "Still late." in own
    assert "We sent it on Monday." in folded


async def test_remote_images_come_when_the_agent_asks(
    store: Store, parcel: InteractionId, as_user: SignIn, team: Team
) -> None:
    emma, letter = await as_user("emma"), await the_letter(store, team, parcel)

    answer = await emma.get(f"/agent/messages/{letter.id}/body?images=1")

    assert ' src="https://spy.example/pixel.gif"' in await answer.text()
    assert "img-src 'self' data: https: http:;" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Referrer-Policy"] == "no-referrer"


async def test_a_file_is_saved_never_shown_unless_it_is_a_harmless_image(
    store: Store, parcel: InteractionId, as_user: SignIn, team: Team
) -> None:
    emma, letter = await as_user("emma"), await the_letter(store, team, parcel)
    photo, plan = letter.attachments

    shown = await emma.get(f"/agent/attachments/{photo.id}?inline=1")
    saved = await emma.get(f"/agent/attachments/{plan.id}?inline=1")

    assert shown.headers["Content-Disposition"].startswith("inline")
    assert shown.content_type == "image/png"
    assert saved.headers["Content-Disposition"].startswith("attachment")
    assert saved.content_type == "application/octet-stream"
    for answer in (shown, saved):
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in answer.headers["Content-Security-Policy"]


async def test_the_raw_mail_and_its_headers_are_what_came(
    store: Store, parcel: InteractionId, as_user: SignIn, team: Team
) -> None:
    emma, letter = await as_user("emma"), await the_letter(store, team, parcel)

    raw = await (await emma.get(f"/agent/messages/{letter.id}/raw")).read()
    head = await emma.get(f"/agent/messages/{letter.id}/headers")

    assert raw == PARCEL.replace("\n", "\r\n").encode()
    assert head.content_type == "text/plain"
    assert "Message-ID: <parcel@example.org>" in await head.text()
    assert "It is" not in await head.text()


async def the_letter(store: Store, team: Team, number: InteractionId) -> Message:
    (letter,) = await store.read(messages.of, team.emma, number)
    return letter

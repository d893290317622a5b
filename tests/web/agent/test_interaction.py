"""A conversation: what its page shows, and what can be done to it."""

import json
from html import unescape
from io import BytesIO
from typing import Any

from appliance.desk.answer import comment
from appliance.model.ids import InteractionId
from appliance.store import Store, interactions, messages, moves, outbox
from tests.conftest import Receive, Team
from tests.web.conftest import Browser, SignIn

HTMX = {"HX-Request": "true"}
ANSWER = """\
From: Ada Lovelace <ada@example.org>
To: help@acme.test
Subject: Re: Where is my parcel?
In-Reply-To: <parcel@example.org>

Any news?

On Monday Support <help@acme.test> wrote:
> It will come.
> Soon.
"""


async def test_the_page_shows_campaign_customer_letters_files_and_why_they_are_here(
    receive: Receive, parcel: InteractionId, as_user: SignIn
) -> None:
    await receive(ANSWER)
    emma = await as_user("emma")

    page = await (await emma.get(f"/agent/interactions/{parcel}")).text()

    assert page.count('<article class="letter in"') == 2
    assert "Support" in page
    assert "ada@example.org" in page
    assert "joined by References" in page
    assert "1 remote image was not loaded" in page
    assert "plan;" in page
    assert "show the quoted text (3 lines)" in page


async def test_a_comment_is_yellow_and_marked_as_for_the_team(
    store: Store, parcel: InteractionId, as_user: SignIn, team: Team
) -> None:
    await store.write(comment, team.emma, parcel, "He is <i>angry</i>")
    emma = await as_user("emma")

    piece = await (await emma.get(f"/agent/interactions/{parcel}", headers=HTMX)).text()

    assert 'class="letter comment"' in piece
    assert "only the team sees this" in piece
    assert "He is &lt;i&gt;angry&lt;/i&gt;" in piece


async def test_a_mail_on_its_way_can_be_taken_back_until_its_time_has_come(
    store: Store, parcel: InteractionId, as_user: SignIn, team: Team, hands: Any
) -> None:
    emma = await as_user("emma")
    await reply(emma, parcel, "<p>Tomorrow</p>")
    waiting = await (await emma.get(f"/agent/interactions/{parcel}")).text()
    hands.move_on(seconds=11)
    leaving = await (await emma.get(f"/agent/interactions/{parcel}")).text()

    assert "Waiting to leave" in waiting
    assert 'data-do="undo"' in waiting
    assert "Waiting to leave" not in leaving
    assert "On its way" in leaving
    assert 'data-do="undo"' not in leaving


async def test_what_could_not_be_delivered_says_why(store: Store, parcel: InteractionId, as_user: SignIn) -> None:
    await store.write(moves.need_attention, parcel, "not delivered: 550 5.1.1 no such <mailbox>")
    emma = await as_user("emma")

    page = await (await emma.get(f"/agent/interactions/{parcel}?view=attention")).text()

    assert "550 5.1.1 no such &lt;mailbox&gt;" in page
    assert "Needs attention" in page


async def test_reading_assignment_status_and_priority_are_kept(
    store: Store, parcel: InteractionId, as_user: SignIn, team: Team
) -> None:
    emma = await as_user("emma")
    for noun, form in [
        ("reading", {}),
        ("assignment", {"user": "me"}),
        ("status", {"status": "waiting"}),
        ("priority", {"priority": "urgent"}),
    ]:
        answer = await emma.post(f"/agent/interactions/{parcel}/{noun}", data=form, headers=HTMX)
        assert answer.status == 204

    shown = await store.read(interactions.get, team.emma, parcel)
    assert (shown.unread, shown.agent, shown.status, shown.priority) == (False, team.emma.user, "waiting", "urgent")


async def test_a_plain_form_comes_back_to_the_conversation(parcel: InteractionId, as_user: SignIn) -> None:
    emma = await as_user("emma")

    answer = await emma.post(f"/agent/interactions/{parcel}/closure", allow_redirects=False)

    assert (answer.status, answer.headers["Location"]) == (303, f"/agent/interactions/{parcel}")


async def test_a_reply_all_leaves_ourselves_out(parcel: InteractionId, as_user: SignIn) -> None:
    emma = await as_user("emma")

    begun = await composer(emma, parcel)

    assert [each["address"] for each in begun["suggested"]["reply"]["to"]] == ["ada@example.org"]
    assert begun["suggested"]["reply"]["cc"] == []
    assert [each["address"] for each in begun["suggested"]["reply_all"]["cc"]] == ["grace@example.org"]
    assert begun["suggested"]["forward"] == {"to": [], "cc": []}


async def test_a_reply_goes_into_the_outbox_and_a_later_one_that_has_not_seen_it_is_a_conflict(
    store: Store, receive: Receive, parcel: InteractionId, as_user: SignIn, team: Team
) -> None:
    emma = await as_user("emma")
    seen = (await composer(emma, parcel))["seen"]
    await receive(ANSWER)

    refused = await emma.post(f"/agent/interactions/{parcel}/replies", json=letter("<p>Old</p>", seen=seen))
    problem = await refused.json()
    sent = await emma.post(f"/agent/interactions/{parcel}/replies", json=letter("<p>New</p>", seen=problem["seen"]))

    assert refused.status == 409
    assert problem["newer"][0]["author"] == "Ada Lovelace"
    assert "Any news?" in problem["newer"][0]["text"]
    assert sent.status == 200
    assert (await sent.json())["undo_seconds"] == 10
    assert (await store.read(outbox.totals))["ready"] == 1


async def test_undo_brings_the_text_back_as_a_draft_and_too_late_is_a_conflict(
    parcel: InteractionId, as_user: SignIn, hands: Any
) -> None:
    emma = await as_user("emma")
    message = await reply(emma, parcel, "<p>Too <b>quick</b></p>")

    undone = await emma.post(f"/agent/messages/{message}/undo")
    draft = (await composer(emma, parcel))["draft"]

    assert (await undone.json())["number"] == parcel
    assert "<b>quick</b>" in draft["html"]
    assert (await emma.post(f"/agent/messages/{message}/undo")).status == 404


async def test_a_bad_recipient_is_named_and_nothing_is_sent(
    store: Store, parcel: InteractionId, as_user: SignIn, team: Team
) -> None:
    emma = await as_user("emma")

    answer = await emma.post(
        f"/agent/interactions/{parcel}/replies", json={"to": [{"address": "no\r\nBcc: x@y"}], "html": "<p>x</p>"}
    )

    assert answer.status == 422
    assert (await answer.json())["errors"]
    assert len(await store.read(messages.of, team.emma, parcel)) == 1


async def test_nonsense_instead_of_json_is_refused_in_words(parcel: InteractionId, as_user: SignIn) -> None:
    emma = await as_user("emma")

    for nonsense in (b"{", b'{"mode": "shout"}', b'{"unknown": 1}', b'{"html": "' + b"x" * 5_000_000 + b'"}'):
        answer = await emma.put(f"/agent/interactions/{parcel}/draft", data=BytesIO(nonsense))
        assert answer.status == 422


def letter(html: str, **more: object) -> dict[str, object]:
    return {"to": [{"name": "Ada", "address": "ada@example.org"}], "html": html, **more}


async def reply(browser: Browser, number: InteractionId, html: str) -> int:
    answer = await browser.post(f"/agent/interactions/{number}/replies", json=letter(html))
    assert answer.status == 200, await answer.text()
    return int((await answer.json())["message"])


async def composer(browser: Browser, number: InteractionId) -> dict[str, Any]:
    """What the composer's script starts from."""
    page = await (await browser.get(f"/agent/interactions/{number}", headers=HTMX)).text()
    begun: dict[str, Any] = json.loads(unescape(page.partition('data-begun="')[2].partition('"')[0]))
    return begun

"""/api/v1/interactions: found, read, answered, assigned and closed"""

import base64
from email import message_from_bytes, policy

import pytest

from appliance.model.ids import InteractionId
from appliance.settings import DeskSection, Settings
from appliance.store import Store
from tests.conftest import Receive, Team
from tests.web.api.conftest import Bearing, Program

MAIL = """\
From: Ada Lovelace <ada@example.org>
To: help@acme.test
Subject: {subject}
Message-ID: <{id}@example.org>
Date: Mon, 05 Jan 2026 08:59:00 +0000

{text}
"""


@pytest.fixture
async def number(receive: Receive) -> InteractionId:
    """A question of Ada's to Support."""
    (number,) = await receive(MAIL.format(subject="My parcel", id="1", text="Where is it?"))
    return number


@pytest.fixture
async def emma(bearing: Bearing, team: Team) -> Program:
    return await bearing("agent", team.emma.user)


async def test_a_mail_is_an_interaction_with_a_message(emma: Program, team: Team, number: InteractionId) -> None:
    found = await emma.ask("GET", f"interactions/{number}")
    assert found["number"] == number
    assert found["campaign"] == team.support
    assert found["contact"] == {"name": "Ada Lovelace", "email": "ada@example.org"}
    assert (found["subject"], found["status"], found["priority"]) == ("My parcel", "new", "normal")
    assert (found["agent"], found["category"], found["alarms"]) == (None, None, [])
    assert found["created_at"] == "2026-01-05T09:00:00.000Z"
    (message,) = (await emma.ask("GET", f"interactions/{number}/messages"))["items"]
    assert (message["direction"], message["from"], message["to"]) == ("in", "ada@example.org", ["help@acme.test"])
    assert message["text"].strip() == "Where is it?"
    assert (message["attachments"], message["delivery"]) == ([], None)
    assert await emma.ask("GET", f"messages/{message['id']}") == message


async def test_what_belongs_to_others_does_not_exist(bearing: Bearing, team: Team, number: InteractionId) -> None:
    emma, paolo = await bearing("agent", team.emma.user), await bearing("agent", team.paolo.user)
    (message,) = (await emma.ask("GET", f"interactions/{number}/messages"))["items"]
    assert (await paolo.ask("GET", "interactions"))["items"] == []
    for path in (f"interactions/{number}", f"interactions/{number}/messages", f"messages/{message['id']}/raw"):
        await paolo.ask("GET", path, status=404)
    await paolo.ask("POST", f"interactions/{number}/replies", {"text": "x"}, status=404)
    await paolo.ask("POST", f"interactions/{number}/comments", {"text": "x"}, status=404)
    await paolo.ask("POST", f"interactions/{number}/assignment", {"user": team.paolo.user}, status=404)
    await paolo.ask("POST", f"interactions/{number}/closure", status=404)
    await paolo.ask("PATCH", f"interactions/{number}", {"status": "waiting"}, status=404)


async def test_interactions_are_found_by_what_is_asked(emma: Program, team: Team, receive: Receive) -> None:
    (first,) = await receive(MAIL.format(subject="Żółw", id="1", text="a turtle"))
    (second,) = await receive(MAIL.format(subject="Parcel", id="2", text="another"))
    (third,) = await receive(MAIL.format(subject="Bill", id="3", text="more"))
    await emma.ask("POST", f"interactions/{second}/assignment", {"user": team.emma.user})
    await emma.ask("POST", f"interactions/{third}/closure")

    async def numbers(query: str) -> list[int]:
        return [found["number"] for found in (await emma.ask("GET", f"interactions?{query}"))["items"]]

    assert await numbers("") == [third, second, first]
    assert await numbers("status=closed") == [third]
    assert await numbers(f"agent={team.emma.user}") == [second]
    assert await numbers("agent=none") == [third, first]
    assert await numbers(f"number={first}") == [first]
    assert await numbers("q=zolw") == [first]
    assert await numbers("q=zolw&status=closed") == []
    assert await numbers("q=%22%27*") == []
    assert await numbers(f"campaign={team.support}&priority=normal&limit=2") == [third, second]
    assert await numbers(f"campaign={team.billing}") == []


async def test_pages_stay_whole_while_interactions_move(emma: Program, receive: Receive) -> None:
    numbers = [(await receive(MAIL.format(subject=f"S{n}", id=n, text="x")))[0] for n in range(5)]
    page = await emma.ask("GET", "interactions?limit=2")
    await emma.ask("POST", f"interactions/{numbers[0]}/comments", {"text": "moved"}, status=201)
    rest = await emma.ask("GET", f"interactions?limit=200&after={page['next']}")
    assert [each["number"] for each in page["items"] + rest["items"]] == numbers[::-1]
    assert rest["next"] is None


async def test_a_reply_goes_to_the_customer_and_waits_in_the_outbox(
    emma: Program, admin: Program, team: Team, number: InteractionId
) -> None:
    sent = await emma.ask("POST", f"interactions/{number}/replies", {"text": "Tomorrow."}, status=201)
    assert (sent["direction"], sent["to"], sent["subject"]) == ("out", ["ada@example.org"], "Re: My parcel")
    assert (sent["from"], sent["text"]) == ("help@acme.test", "Tomorrow.")
    assert (sent["delivery"]["state"], sent["delivery"]["reply"]) == ("ready", "")
    found = await emma.ask("GET", f"interactions/{number}")
    assert (found["status"], found["agent"]) == ("waiting", {"id": team.emma.user, "name": "Emma"})
    (row,) = (await admin.ask("GET", "outbox?state=ready"))["items"]
    assert (row["recipient"], row["source"], row["attempts"]) == ("ada@example.org", "reply", 0)
    assert row["next_at"] == "2026-01-05T09:00:10.000Z"
    assert await admin.ask("GET", f"outbox/{row['id']}") == row
    assert (await admin.ask("GET", "outbox?state=delivered"))["items"] == []
    assert set(await admin.faults("GET", "outbox?state=lost", None)) == {"state"}


async def test_files_go_out_as_they_were_sent_to_us(emma: Program, number: InteractionId) -> None:
    content = bytes(range(256)) * 3_600 + b"the end"  # of more than one slice of base64
    file = {"name": "Fattura nº 1.pdf", "type": "application/pdf", "content": base64.encodebytes(content).decode()}
    reply = {"html": "<p>Here</p>", "attachments": [file]}
    sent = await emma.ask("POST", f"interactions/{number}/replies", reply, status=201)
    (kept,) = sent["attachments"]
    assert kept == {"id": kept["id"], "name": "Fattura nº 1.pdf", "size": len(content), "type": "application/pdf"}
    download = await emma.response("GET", f"attachments/{kept['id']}")
    assert await download.read() == content
    assert download.headers["Content-Disposition"].startswith("attachment")
    raw = await emma.response("GET", f"messages/{sent['id']}/raw")
    assert raw.content_type == "message/rfc822"
    mail = message_from_bytes(await raw.read(), policy=policy.default)
    (part,) = mail.iter_attachments()
    assert (part.get_filename(), part.get_content()) == ("Fattura nº 1.pdf", content)


async def test_a_reply_names_its_own_recipients(emma: Program, admin: Program, number: InteractionId) -> None:
    sent = await emma.ask(
        "POST",
        f"interactions/{number}/replies",
        {"text": "x", "to": ["Żaneta <zaneta@example.net>"], "cc": ["c@EXAMPLE.net"], "bcc": ["b@example.net"]},
        status=201,
    )
    assert (sent["to"], sent["cc"], sent["bcc"]) == (["zaneta@example.net"], ["c@example.net"], ["b@example.net"])
    recipients = {row["recipient"] for row in (await admin.ask("GET", "outbox"))["items"]}
    assert recipients == {"zaneta@example.net", "c@example.net", "b@example.net"}


async def test_a_reply_to_what_has_moved_on_is_a_conflict(
    emma: Program, receive: Receive, number: InteractionId
) -> None:
    (seen,) = (await emma.ask("GET", f"interactions/{number}/messages"))["items"]
    again = MAIL.replace("Date:", "In-Reply-To: <1@example.org>\nDate:")
    assert await receive(again.format(subject="Re: My parcel", id="2", text="Found it!")) == [number]
    reply = {"text": "Still looking", "seen": seen["id"]}
    await emma.ask("POST", f"interactions/{number}/replies", reply, status=409)
    newest = (await emma.ask("GET", f"interactions/{number}/messages"))["items"][0]
    assert newest["direction"] == "in"
    await emma.ask("POST", f"interactions/{number}/replies", reply | {"seen": newest["id"]}, status=201)
    await emma.ask("POST", f"interactions/{number}/replies", {"text": "without looking"}, status=201)


async def test_a_reply_quotes_the_history_when_asked(emma: Program, number: InteractionId) -> None:
    sent = await emma.ask("POST", f"interactions/{number}/replies", {"text": "Here", "history": True}, status=201)
    raw = await (await emma.response("GET", f"messages/{sent['id']}/raw")).read()
    assert b"> Where is it?" in raw


async def test_a_forward_needs_somebody_to_go_to(emma: Program, number: InteractionId) -> None:
    assert set(await emma.faults("POST", f"interactions/{number}/forwards", {"text": "look"})) == {"to"}
    assert set(await emma.faults("POST", f"interactions/{number}/forwards", {"to": []})) == {"to"}
    sent = await emma.ask("POST", f"interactions/{number}/forwards", {"to": ["boss@acme.test"]}, status=201)
    assert (sent["to"], sent["subject"]) == (["boss@acme.test"], "Fwd: My parcel")


@pytest.mark.parametrize(
    ("field", "sent"),
    [
        ("body", {}),
        ("body", {"text": " ", "html": ""}),
        ("to.0", {"text": "x", "to": ["nobody"]}),
        ("to.0", {"text": "x", "to": ["a@example.org, b@example.org"]}),
        ("to.0", {"text": "x", "to": ["a@example.org\r\nBcc: b@example.org"]}),
        ("cc.0", {"text": "x", "cc": [7]}),
        ("attachments.0.content", {"text": "x", "attachments": [{"name": "a", "content": "not base64!"}]}),
        ("attachments.0.content", {"text": "x", "attachments": [{"name": "a", "content": "QQ==QUJD"}]}),
        ("attachments.0.content", {"text": "x", "attachments": [{"name": "a", "content": "QQ=é"}]}),
        ("attachments.0.content", {"text": "x", "attachments": [{"name": "a", "content": None}]}),
        ("attachments.0.name", {"text": "x", "attachments": [{"name": "..", "content": ""}]}),
        ("attachments.0.type", {"text": "x", "attachments": [{"name": "a", "type": "a/b\r\nX: y", "content": ""}]}),
        ("seen", {"text": "x", "seen": "1"}),
        ("cc", {"text": "x", "cc": [f"a{n}@example.org" for n in range(40)]}),
        ("colour", {"text": "x", "colour": "red"}),
    ],
)
async def test_a_reply_that_cannot_be_sent_says_why(
    emma: Program, admin: Program, number: InteractionId, field: str, sent: object
) -> None:
    assert set(await emma.faults("POST", f"interactions/{number}/replies", sent)) == {field}
    assert (await admin.ask("GET", "outbox"))["items"] == []


class TestSmallFiles:
    @pytest.fixture
    def settings(self) -> Settings:
        return Settings(desk=DeskSection(max_upload_bytes=300_000))

    async def test_what_is_too_large_is_refused_before_it_is_read(self, emma: Program, number: InteractionId) -> None:
        file = {"name": "a", "content": "A" * 4_000_000}
        problem = await emma.ask(
            "POST", f"interactions/{number}/replies", {"text": "x", "attachments": [file]}, status=413
        )
        assert problem["status"] == 413


async def test_a_comment_stays_in_the_house_and_is_signed(
    bearing: Bearing, admin: Program, emma: Program, number: InteractionId
) -> None:
    mine = await emma.ask("POST", f"interactions/{number}/comments", {"text": "She called."}, status=201)
    assert (mine["direction"], mine["from_name"], mine["text"]) == ("comment", "Emma", "She called.")
    theirs = await (await bearing("agent")).ask("POST", f"interactions/{number}/comments", {"text": "Yes."}, status=201)
    assert theirs["from_name"] == "the agent program"
    await emma.ask("GET", f"messages/{mine['id']}/raw", status=404)
    assert set(await emma.faults("POST", f"interactions/{number}/comments", {"text": " "})) == {"text"}
    assert (await admin.ask("GET", "outbox"))["items"] == []


async def test_it_is_assigned_to_a_member_and_to_nobody(emma: Program, team: Team, number: InteractionId) -> None:
    url = f"interactions/{number}/assignment"
    assigned = await emma.ask("POST", url, {"user": team.emma.user})
    assert (assigned["agent"], assigned["status"]) == ({"id": team.emma.user, "name": "Emma"}, "in_progress")
    assert (await emma.ask("POST", url, {"user": None}))["agent"] is None
    await emma.ask("POST", url, {"user": team.paolo.user}, status=409)
    await emma.ask("POST", url, {"user": 999}, status=409)
    assert set(await emma.faults("POST", url, {})) == {"user"}


async def test_it_is_closed_and_opened_again(emma: Program, number: InteractionId) -> None:
    closed = await emma.ask("POST", f"interactions/{number}/closure", {})
    assert (closed["status"], closed["open"], closed["closed_at"]) == ("closed", False, "2026-01-05T09:00:00.000Z")
    assert await emma.ask("POST", f"interactions/{number}/closure") == closed
    opened = await emma.ask("PATCH", f"interactions/{number}", {"status": "in_progress", "priority": "high"})
    assert (opened["status"], opened["priority"], opened["closed_at"]) == ("in_progress", "high", None)
    for no_choice in ("lost", "merged"):
        assert set(await emma.faults("PATCH", f"interactions/{number}", {"status": no_choice})) == {"status"}
    assert set(await emma.faults("POST", f"interactions/{number}/closure", {"disposition": "x"})) == {"disposition"}


async def test_the_history_is_signed_with_the_name_of_the_token(
    bearing: Bearing, store: Store, number: InteractionId
) -> None:
    await (await bearing("supervisor")).ask("POST", f"interactions/{number}/closure")
    history = await store.read(lambda view: view.all("SELECT actor FROM history WHERE what = 'status'"))
    assert [line["actor"] for line in history] == ["the supervisor program"]


async def test_a_member_who_leaves_does_not_see_it_any_more(
    admin: Program, emma: Program, team: Team, number: InteractionId
) -> None:
    await emma.ask("GET", f"interactions/{number}")
    await admin.ask("DELETE", f"campaigns/{team.support}/members/{team.emma.user}", status=204)
    await emma.ask("GET", f"interactions/{number}", status=404)

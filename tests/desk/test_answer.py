"""What we write: it leaves once, to the right people, with the right words, and can be taken back while it waits."""

from collections.abc import Awaitable, Callable
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest

from appliance.desk import answer, conversation
from appliance.desk.answer import Correspondence, Writing
from appliance.errors import Conflict, Denied, Invalid, NotFound
from appliance.model.ids import InteractionId, MessageId
from appliance.model.mail import Address, Part
from appliance.store import Store, campaigns, drafts, leases, messages, outbox, search
from tests.desk.conftest import BOUNCE

Receive = Callable[..., Awaitable[list[InteractionId]]]

ASKS = """\
From: Ada <ada@example.org>
To: help@acme.test
Cc: Bob <bob@example.org>
Subject: Where is my parcel?
Message-ID: <first@example.org>
References: <zeroth@example.org>

It is late.
"""


@pytest.fixture
async def number(receive: Receive) -> InteractionId:
    return (await receive(ASKS))[0]


@pytest.fixture
def sent(store: Store, team: Any) -> Callable[[MessageId], Awaitable[EmailMessage]]:
    async def sent(message: MessageId) -> EmailMessage:
        raw = await store.read(messages.raw, team.boss, message)
        return message_from_bytes(raw, policy=policy.default)  # type: ignore[return-value]

    return sent


def body(mail: EmailMessage) -> str:
    part = mail.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


async def test_a_reply_goes_to_the_customer_and_threads(
    correspondence: Correspondence, team: Any, number: InteractionId, sent: Any, store: Store
) -> None:
    mail = await sent(await correspondence.reply(team.emma, number, Writing(html="<p>On its <b>way</b>.</p>")))

    assert (mail["To"], mail["From"]) == ("Ada <ada@example.org>", "Support <help@acme.test>")
    assert (mail["Subject"], mail["In-Reply-To"]) == ("Re: Where is my parcel?", "<first@example.org>")
    assert mail["References"].split() == ["<zeroth@example.org>", "<first@example.org>"]
    assert body(mail).strip() == "On its way."
    (row,) = await store.read(outbox.listed)
    assert (row.recipient, row.state, row.mail_from) == ("ada@example.org", "ready", "help@acme.test")


async def test_whoever_answers_what_nobody_has_has_it_and_waits_for_the_client(
    correspondence: Correspondence, team: Any, number: InteractionId, store: Store
) -> None:
    await correspondence.reply(team.emma, number, Writing(text="On its way."))

    talk = await store.read(conversation.open, team.emma, number)
    assert (talk.interaction.agent, talk.interaction.status) == (team.emma.user, "waiting")
    assert talk.interaction.waiting_since is None
    assert [delivery.state for delivery in talk.messages[-1].deliveries] == ["ready"]


async def test_reply_to_is_respected_and_everybody_gets_a_row_of_his_own(
    receive: Receive, correspondence: Correspondence, team: Any, sent: Any, store: Store
) -> None:
    (number,) = await receive(ASKS.replace("To: help", "Reply-To: desk@example.org\nTo: help"))
    writing = Writing(text="Hello", cc=(Address("Bob", "bob@example.org"),), bcc=(Address("", "secret@example.org"),))
    message = await correspondence.reply(team.emma, number, writing)

    mail = await sent(message)
    assert (mail["To"], mail["Cc"], mail["Bcc"]) == ("desk@example.org", "Bob <bob@example.org>", None)
    assert b"secret" not in await store.read(messages.raw, team.boss, message)
    rows = await store.read(outbox.listed)
    assert {row.recipient for row in rows} == {"desk@example.org", "bob@example.org", "secret@example.org"}


async def test_a_reply_with_history_quotes_the_conversation_and_never_a_comment(
    correspondence: Correspondence, team: Any, number: InteractionId, sent: Any, store: Store
) -> None:
    await store.write(answer.comment, team.emma, number, "He is a difficult one.")
    mail = await sent(await correspondence.reply(team.emma, number, Writing(text="On its way.", history=True)))

    assert "> It is late." in body(mail)
    assert "difficult" not in mail.as_string()


async def test_a_reply_is_stopped_when_the_conversation_moved_on(
    correspondence: Correspondence, team: Any, number: InteractionId, receive: Receive, store: Store
) -> None:
    talk = await store.read(conversation.open, team.emma, number)
    await receive(ASKS.replace("<first@", "<second@").replace("late.", "here!"))

    with pytest.raises(Conflict):
        await correspondence.reply(team.emma, number, Writing(text="Sorry", seen=talk.interaction.last_message))
    assert await store.read(outbox.listed) == []


async def test_a_forward_takes_the_files_along(
    receive: Receive, correspondence: Correspondence, team: Any, sent: Any
) -> None:
    (number,) = await receive(WITH_FILE)
    writing = Writing(text="Please look.", to=(Address("", "lab@example.net"), Address("", "shop@example.net")))
    mail = await sent(await correspondence.forward(team.emma, number, writing))

    assert mail["Subject"] == "Fwd: Broken cup"
    (file,) = mail.iter_attachments()
    assert (file.get_filename(), file.get_content()) == ("zdjęcie.bin", b"\x00\x01\x02")
    assert "> The cup is broken." in body(mail)


async def test_a_forward_needs_somebody_to_go_to(
    correspondence: Correspondence, team: Any, number: InteractionId
) -> None:
    with pytest.raises(Invalid, match="to:"):
        await correspondence.forward(team.emma, number, Writing(text="Look."))


async def test_after_our_answer_it_is_still_the_customers_mail_that_is_forwarded(
    receive: Receive, correspondence: Correspondence, team: Any, sent: Any
) -> None:
    (number,) = await receive(WITH_FILE)
    await correspondence.reply(team.emma, number, Writing(text="We ask the lab."))
    mail = await sent(await correspondence.forward(team.emma, number, Writing(to=(Address("", "lab@example.net"),))))

    assert [file.get_filename() for file in mail.iter_attachments()] == ["zdjęcie.bin"]
    assert "> The cup is broken." in body(mail)


async def test_nobody_answers_the_mail_server_that_reported_a_bounce(
    receive: Receive, correspondence: Correspondence, team: Any, number: InteractionId, sent: Any
) -> None:
    first = await sent(await correspondence.reply(team.emma, number, Writing(text="On its way.")))
    report = BOUNCE.format(message_id=first["Message-ID"].strip("<>"))
    assert await receive(report, mail_from="") == [number]

    again = await sent(await correspondence.reply(team.emma, number, Writing(text="Once more.", history=True)))
    assert again["To"] == "Ada <ada@example.org>"
    assert again["In-Reply-To"] == first["Message-ID"]
    assert "no such user" not in again.as_string()


async def test_an_undone_forward_is_a_forward_again(
    correspondence: Correspondence, team: Any, number: InteractionId, store: Store
) -> None:
    message = await correspondence.forward(team.emma, number, Writing(text="Look", to=(Address("", "x@y.test"),)))
    await correspondence.undo(team.emma, message)

    draft = await store.read(drafts.of, team.emma, number)
    assert draft is not None
    assert (draft.mode, [each.address for each in draft.to]) == ("forward", ["x@y.test"])


async def test_undo_puts_the_mail_back_into_its_draft_and_nothing_leaves(
    correspondence: Correspondence, team: Any, number: InteractionId, store: Store
) -> None:
    await store.write(drafts.add_file, team.emma, number, "a.txt", "text/plain", b"file")
    message = await correspondence.reply(team.emma, number, Writing(html="<p>Too early</p>", draft=True))
    assert await store.read(drafts.of, team.emma, number) is None

    await correspondence.undo(team.emma, message)

    draft = await store.read(drafts.of, team.emma, number)
    assert draft is not None
    assert ("Too early" in draft.html, [file.name for file in draft.files]) == (True, ["a.txt"])
    assert [row.state for row in await store.read(outbox.listed)] == ["cancelled"]
    talk = await store.read(conversation.open, team.emma, number)
    assert ([each.direction for each in talk.messages], talk.interaction.status) == (["in"], "in_progress")
    assert talk.interaction.waiting_since is not None


async def test_an_undone_mail_lends_its_words_to_no_other(
    correspondence: Correspondence, team: Any, number: InteractionId, receive: Receive, store: Store
) -> None:
    undone = await correspondence.reply(team.emma, number, Writing(text="The zebra is on its way."))
    await correspondence.undo(team.emma, undone)
    await receive("From: Eve <eve@example.org>\nSubject: A bill\n\nPlease.\n", "billing@acme.test")

    assert (await store.read(search.found, team.paolo, "zebra")).items == ()


async def test_who_last_saw_an_undone_mail_is_still_told_of_the_next(
    correspondence: Correspondence, team: Any, number: InteractionId, receive: Receive
) -> None:
    undone = await correspondence.reply(team.emma, number, Writing(text="On its way."))
    await correspondence.undo(team.emma, undone)
    await receive("From: ada@example.org\nSubject: Re: Where is my parcel?\n\nIt came!\n")

    with pytest.raises(Conflict):
        await correspondence.reply(team.emma, number, Writing(text="It leaves today.", seen=undone))


async def test_what_has_left_cannot_be_undone(
    correspondence: Correspondence, team: Any, number: InteractionId, store: Store, hands: Any
) -> None:
    message = await correspondence.reply(team.emma, number, Writing(text="Gone"))
    hands.move_on(seconds=11)
    (row,) = await store.read(outbox.listed)
    boot = await store.write(leases.begin_boot)
    await store.write(leases.lease, boot, [row.id])

    with pytest.raises(Conflict):
        await correspondence.undo(team.emma, message)


async def test_too_many_people_and_too_large_files_are_refused_before_anything_is_kept(
    correspondence: Correspondence, team: Any, number: InteractionId, store: Store
) -> None:
    crowd = tuple(Address("", f"c{n}@example.org") for n in range(31))
    with pytest.raises(Invalid, match="cc:"):
        await correspondence.reply(team.emma, number, Writing(text="Hi", cc=crowd))
    large = Part("big.bin", "application/octet-stream", "", inline=False, content=bytes(1_000_001))
    with pytest.raises(Invalid, match="attachments:"):
        await correspondence.reply(team.emma, number, Writing(text="Hi", parts=(large,)))
    assert await store.read(outbox.listed) == []


async def test_a_stranger_to_the_campaign_can_neither_read_nor_write(
    correspondence: Correspondence, team: Any, number: InteractionId, store: Store
) -> None:
    for attempt in (
        correspondence.reply(team.paolo, number, Writing(text="Hi")),
        correspondence.forward(team.paolo, number, Writing(text="Hi", to=(Address("", "x@y.test"),))),
        store.write(answer.comment, team.paolo, number, "Hi"),
        store.read(conversation.open, team.paolo, number),
    ):
        with pytest.raises(NotFound):
            await attempt


async def test_what_an_agent_writes_is_as_harmless_as_what_comes_in(
    correspondence: Correspondence, team: Any, number: InteractionId, sent: Any
) -> None:
    mail = await sent(await correspondence.reply(team.emma, number, Writing(html="<p>Hi</p><script>alert(1)</script>")))
    assert "script" not in mail.as_string()


async def test_the_campaign_signs_with_its_own_name_and_reply_to(
    correspondence: Correspondence, team: Any, number: InteractionId, sent: Any, store: Store
) -> None:
    await store.write(campaigns.update, team.support, from_name="Zażółć S.A.", reply_to=("a@acme.test", "b@acme.test"))
    mail = await sent(await correspondence.reply(team.emma, number, Writing(text="Hi")))

    assert mail["From"] == '"Zażółć S.A." <help@acme.test>'
    assert mail["Reply-To"] == "a@acme.test, b@acme.test"


WITH_FILE = """\
From: Ada <ada@example.org>
To: help@acme.test
Subject: Broken cup
Message-ID: <cup@example.org>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="b"

--b
Content-Type: text/plain

The cup is broken.
--b
Content-Type: application/octet-stream
Content-Disposition: attachment; filename*=utf-8''zdj%C4%99cie.bin
Content-Transfer-Encoding: base64

AAEC
--b--
"""


@pytest.mark.parametrize(
    "writing", [Writing(), Writing(text=" \n"), Writing(html="<p><br></p>"), Writing(html="<script>1</script>")]
)
async def test_an_empty_reply_is_not_sent(
    correspondence: Correspondence, team: Any, number: InteractionId, store: Store, writing: Writing
) -> None:
    with pytest.raises(Invalid, match="text: must not be empty"):
        await correspondence.reply(team.emma, number, writing)
    assert await store.read(outbox.listed) == []


async def test_a_file_says_enough(correspondence: Correspondence, team: Any, number: InteractionId) -> None:
    part = Part("bill.pdf", "application/pdf", "", inline=False, content=b"%PDF")
    assert await correspondence.reply(team.emma, number, Writing(parts=(part,)))


@pytest.mark.parametrize("address", ["x@y.test\r\nRCPT TO:<z@z.test>", "a b@c.test", "a@b@c.test", "\u202ea@b.test"])
async def test_a_blind_copy_goes_to_an_address_or_nothing_goes(
    correspondence: Correspondence, team: Any, number: InteractionId, store: Store, address: str
) -> None:
    with pytest.raises(Invalid, match="address:"):
        await correspondence.reply(team.emma, number, Writing(text="Hi", bcc=(Address("", address),)))
    assert await store.read(outbox.listed) == []


async def test_nobody_takes_back_what_a_colleague_wrote(
    correspondence: Correspondence, team: Any, number: InteractionId, store: Store
) -> None:
    await store.write(drafts.save, team.boss, number, "reply", (), (), (), "<p>my own words</p>")
    message = await correspondence.reply(team.emma, number, Writing(text="Hi"))

    with pytest.raises(Denied):
        await correspondence.undo(team.boss, message)

    kept = await store.read(drafts.of, team.boss, number)
    assert kept is not None
    assert kept.html == "<p>my own words</p>"


async def test_undo_keeps_what_was_begun_meanwhile(
    correspondence: Correspondence, team: Any, number: InteractionId, store: Store
) -> None:
    message = await correspondence.reply(team.emma, number, Writing(html="<p>first</p>"))
    await store.write(drafts.save, team.emma, number, "reply", (), (), (), "<p>second</p>")

    await correspondence.undo(team.emma, message)

    kept = await store.read(drafts.of, team.emma, number)
    assert kept is not None
    assert kept.html == "<p>first</p><p>second</p>"

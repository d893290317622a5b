"""Where a mail finds its place: which conversation it joins, by which sign, and what never happens to it."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from appliance.desk import conversation, handling
from appliance.desk.answer import Correspondence, Writing
from appliance.desk.intake import Intake
from appliance.desk.threading import Signs
from appliance.doorbell import Doorbell
from appliance.mail.parse import parse
from appliance.model.arrival import Envelope
from appliance.model.ids import InteractionId
from appliance.model.interaction import Conversation
from appliance.model.mail import Mail
from appliance.store import Store, arrivals, interactions, messages
from appliance.worker import Failure
from tests.desk.conftest import BOUNCE

Receive = Callable[..., Awaitable[list[InteractionId]]]

ASKS = """\
From: Ada <ada@example.org>
To: help@acme.test
Subject: Where is my parcel?
Message-ID: <first@example.org>

It is late.
"""


def mail(subject: str = "Hello", *, sender: str = "ada@example.org", **headers: str) -> str:
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\n".join([f"From: {sender}", "To: help@acme.test", f"Subject: {subject}", *lines, "", "Words.", ""])


@pytest.fixture
def opened(store: Store, team: Any) -> Callable[[InteractionId], Awaitable[Conversation]]:
    async def opened(number: InteractionId) -> Conversation:
        return await store.read(conversation.open, team.boss, number)

    return opened


async def test_a_first_mail_starts_an_interaction_in_the_campaign_it_was_sent_to(receive: Receive, opened: Any) -> None:
    (number,) = await receive(ASKS)

    talk = await opened(number)
    assert (talk.interaction.campaign_name, talk.interaction.subject) == ("Support", "Where is my parcel?")
    assert (talk.interaction.status, talk.interaction.priority, talk.interaction.unread) == ("new", "normal", True)
    assert (talk.contact.name, talk.contact.emails) == ("Ada", ("ada@example.org",))
    assert [message.joined_because for message in talk.messages] == ["new"]


async def test_a_mail_to_two_campaigns_stands_in_both(receive: Receive, opened: Any) -> None:
    numbers = await receive(ASKS, "help@acme.test", "billing@acme.test")

    assert {(await opened(number)).interaction.campaign_name for number in numbers} == {"Support", "Billing"}


@pytest.mark.parametrize("address", ["aiuto@acme.test", "help+anything@acme.test", "HELP@ACME.TEST"])
async def test_aliases_and_plus_addresses_lead_to_the_same_campaign(
    receive: Receive, opened: Any, address: str
) -> None:
    (number,) = await receive(ASKS, address)
    assert (await opened(number)).interaction.campaign_name == "Support"


@pytest.mark.parametrize("address", ["postmaster", "postmaster@acme.test", "abuse@acme.test"])
async def test_what_has_no_other_home_comes_to_inbox(receive: Receive, opened: Any, address: str) -> None:
    (number,) = await receive(ASKS, address)
    assert (await opened(number)).interaction.campaign_name == "Inbox"


async def test_a_reply_joins_by_an_id_that_was_only_named_before(receive: Receive, opened: Any) -> None:
    (first,) = await receive(mail(Message_ID="<b@x>", References="<a@never.came> <b0@never.came>"))
    (second,) = await receive(mail("Something else", sender="bob@example.org", In_Reply_To="<a@never.came>"))

    assert second == first
    assert (await opened(first)).messages[-1].joined_because == "references"


async def test_the_answer_to_our_mail_joins_by_the_token_in_its_message_id(
    receive: Receive, opened: Any, correspondence: Correspondence, team: Any, store: Store
) -> None:
    (number,) = await receive(ASKS)
    sent = await correspondence.reply(team.emma, number, Writing(text="On its way."))
    ours = (await store.read(messages.get, team.emma, sent)).message_id

    (answered,) = await receive(mail("unrelated words", In_Reply_To=f"<{ours}>", sender="friend@example.org"))

    assert answered == number
    assert (await opened(number)).messages[-1].joined_because == "message-id"


async def test_a_forged_token_joins_nothing(
    receive: Receive, correspondence: Correspondence, team: Any, store: Store
) -> None:
    (number,) = await receive(ASKS)
    sent = await correspondence.reply(team.emma, number, Writing(text="On its way."))
    ours = (await store.read(messages.get, team.emma, sent)).message_id
    forged = ours[:3] + ("a" if ours[3] != "a" else "b") + ours[4:]

    (other,) = await receive(mail("unrelated", In_Reply_To=f"<{forged}>", sender="eve@example.org"))
    assert other != number


async def test_a_number_in_the_subject_counts_only_from_somebody_who_takes_part(receive: Receive, opened: Any) -> None:
    (number,) = await receive(ASKS)

    (joined,) = await receive(mail(f"About [#{number}]"))
    (stranger,) = await receive(mail(f"About [#{number}] too", sender="eve@example.org"))

    assert joined == number
    assert stranger != number
    assert (await opened(number)).messages[-1].joined_because == "number"


@pytest.mark.parametrize("subject", ["Where is my parcel?", "About [#{number}]"])
async def test_nobody_joins_by_what_he_types_to_have_the_answers_sent_to_himself(
    receive: Receive, subject: str
) -> None:
    (number,) = await receive(ASKS)

    (honest,) = await receive(mail(subject.format(number=number), Reply_To="ada@example.org", Message_ID="<1@x>"))
    (forged,) = await receive(mail(subject.format(number=number), Reply_To="eve@example.net", Message_ID="<2@x>"))

    assert honest == number
    assert forged != number


async def test_the_same_subject_joins_within_seven_days_and_from_the_same_person(receive: Receive, hands: Any) -> None:
    (number,) = await receive(mail("Termin odbioru", Message_ID="<1@x>"))
    hands.move_on(days=6)
    (joined,) = await receive(mail("Odp: TERMIN odbioru", Message_ID="<2@x>"))
    (stranger,) = await receive(mail("Re: Termin odbioru", Message_ID="<3@x>", sender="eve@example.org"))
    hands.move_on(days=8)
    (late,) = await receive(mail("Re: Termin odbioru", Message_ID="<4@x>"))

    assert joined == number
    assert len({number, stranger, late}) == 3


async def test_a_customer_who_writes_again_reopens_what_was_closed(
    receive: Receive, opened: Any, team: Any, store: Store
) -> None:
    (number,) = await receive(ASKS)
    await store.write(handling.assign, team.emma, number, team.emma.user)
    await store.write(handling.close, team.emma, number)

    await receive(mail("Re: Where is my parcel?", In_Reply_To="<first@example.org>"))

    talk = await opened(number)
    assert (talk.interaction.status, talk.interaction.open, talk.interaction.agent) == ("new", True, team.emma.user)
    assert "reopened" in [change.what for change in talk.history]


async def test_an_out_of_office_is_kept_and_reopens_nothing(
    receive: Receive, opened: Any, team: Any, store: Store
) -> None:
    (number,) = await receive(ASKS)
    await store.write(handling.close, team.boss, number)

    await receive(mail("Fuori ufficio", In_Reply_To="<first@example.org>", Auto_Submitted="auto-replied"))

    talk = await opened(number)
    assert not talk.interaction.open
    assert [message.kind for message in talk.messages] == ["person", "auto_reply"]


async def test_the_same_mail_twice_is_one_message(receive: Receive, opened: Any) -> None:
    (number,) = await receive(ASKS)
    await receive(ASKS)

    talk = await opened(number)
    assert len(talk.messages) == 1
    assert talk.history[-1].what == "copy"


async def test_the_same_message_id_with_other_words_is_another_message(receive: Receive, opened: Any) -> None:
    (number,) = await receive(ASKS)
    await receive(ASKS.replace("It is late.", "It is very late."))

    assert len((await opened(number)).messages) == 2


async def test_programs_that_give_every_mail_the_same_id_do_not_bring_strangers_together(receive: Receive) -> None:
    (ada,) = await receive(mail("Invoice 1", Message_ID="<1@localhost>"))
    (bob,) = await receive(mail("Invoice 2", Message_ID="<1@localhost>", sender="bob@example.net"))

    assert bob != ada


async def test_an_answer_that_overtook_its_mail_is_joined_by_it(receive: Receive) -> None:
    (answer,) = await receive(
        mail("Re: Plan", In_Reply_To="<plan@x>", Message_ID="<answer@x>", sender="bob@example.net")
    )
    (plan,) = await receive(mail("Plan", Message_ID="<plan@x>"))

    assert plan == answer


@pytest.mark.parametrize("to", [("help@acme.test", "billing@acme.test"), ("billing@acme.test", "help@acme.test")])
async def test_an_answer_to_two_campaigns_is_one_message_where_it_belongs(
    receive: Receive, opened: Any, correspondence: Correspondence, team: Any, store: Store, to: tuple[str, str]
) -> None:
    (number,) = await receive(ASKS)
    sent = await correspondence.reply(team.emma, number, Writing(text="On its way."))
    ours = (await store.read(messages.get, team.emma, sent)).message_id
    answer = mail("Re: Where is my parcel?", In_Reply_To=f"<{ours}>", Message_ID="<answer@x>")

    assert await receive(answer, *to) == [number]
    assert len((await opened(number)).messages) == 3
    await receive(answer, "billing@acme.test")

    talk = await opened(number)
    assert len(talk.messages) == 3
    assert [line.what for line in talk.history].count("copy") == 1


async def test_a_mail_without_message_id_is_known_by_its_content(receive: Receive, opened: Any) -> None:
    bare = ASKS.replace("Message-ID: <first@example.org>\n", "")
    (number,) = await receive(bare)
    await receive(bare)

    assert len((await opened(number)).messages) == 1


async def test_a_bounce_comes_home_to_the_interaction_whose_mail_it_is_about(
    receive: Receive, opened: Any, correspondence: Correspondence, team: Any, store: Store
) -> None:
    (number,) = await receive(ASKS)
    sent = await correspondence.reply(team.emma, number, Writing(text="On its way."))
    ours = (await store.read(messages.get, team.emma, sent)).message_id

    await receive(BOUNCE.format(message_id=ours), mail_from="")

    talk = await opened(number)
    assert talk.interaction.attention.startswith("not delivered: ada@example.org 550 5.1.1")
    assert talk.messages[-1].kind == "bounce"
    assert talk.interaction.status == "waiting"


async def test_a_bounce_of_what_we_never_sent_is_not_lost(receive: Receive, opened: Any) -> None:
    (number,) = await receive(BOUNCE.format(message_id="stranger@elsewhere.test"), mail_from="")

    assert (await opened(number)).messages[0].kind == "bounce"


class Parser:
    """Parses in this process, and fails where the worker would."""

    async def parse(self, raws: list[bytes]) -> list[Mail | Failure]:
        return [Failure("it took too long") if b"bomb" in raw else parse(raw) for raw in raws]


async def test_a_mail_that_cannot_be_read_is_an_interaction_that_shows_its_raw_text(
    store: Store, team: Any, signs: Signs, opened: Any
) -> None:
    intake = Intake(store, Parser(), Doorbell(), signs)
    for raw in (b"Subject: bomb\r\n\r\ntick tock", ASKS.encode()):
        await store.write(arrivals.keep, raw, Envelope("eve@example.org", ("help@acme.test",)))

    assert await intake.step()
    assert not await intake.step()

    page = await store.read(interactions.listed, team.emma, "open")
    assert {item.subject for item in page.items} == {"bomb", "Where is my parcel?"}
    (bomb,) = (item.id for item in page.items if item.subject == "bomb")
    (message,) = (await opened(bomb)).messages
    assert "tick tock" in message.text
    assert message.trouble == ("not understood: it took too long",)


async def test_a_mail_that_cannot_be_sorted_waits_in_quarantine_and_stops_nobody(
    store: Store, team: Any, signs: Signs
) -> None:
    await store.write(
        lambda tx: tx.run(
            "CREATE TRIGGER fault BEFORE INSERT ON messages WHEN new.subject = 'Fault' "
            "BEGIN SELECT RAISE(ABORT, 'broken'); END"
        )
    )
    intake = Intake(store, Parser(), Doorbell(), signs)
    for raw in (mail("Fault").encode(), ASKS.encode()):
        await store.write(arrivals.keep, raw, Envelope("ada@example.org", ("help@acme.test",)))

    assert await intake.step()
    assert not await intake.step()

    (waiting,) = await store.read(arrivals.quarantined)
    assert "broken" in waiting.reason
    assert len((await store.read(interactions.listed, team.emma, "open")).items) == 1

    await store.write(lambda tx: tx.run("DROP TRIGGER fault"))
    await store.write(arrivals.release, waiting.id)
    assert await intake.step()
    assert await store.read(arrivals.quarantined) == []


async def test_what_comes_with_the_null_reverse_path_was_written_by_a_machine(receive: Receive, opened: Any) -> None:
    (number,) = await receive(ASKS, mail_from="")

    assert (await opened(number)).messages[0].kind == "auto_reply"


async def test_a_backlog_is_sorted_whole_and_in_order(store: Store, team: Any, signs: Signs) -> None:
    await asyncio.gather(
        *(
            store.write(arrivals.keep, mail(f"Matter {n}").encode(), Envelope("a@b.test", ("help@acme.test",)))
            for n in range(120)
        )
    )
    intake = Intake(store, Parser(), Doorbell(), signs)
    while await intake.step():
        pass

    page = await store.read(interactions.listed, team.emma, "open", limit=200)
    assert [item.subject for item in reversed(page.items)] == [f"Matter {n}" for n in range(120)]

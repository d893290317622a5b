"""The outbox: what moves a row, what a crash leaves of it, and that nothing ever gets lost in the counting."""

import contextlib
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from appliance.errors import Conflict, Invalid, NotFound
from appliance.model.delivery import Deferred, Delivered, Outcome, Refused, Unsure
from appliance.model.ids import InteractionId, OutboxId
from appliance.model.news import InteractionChanged, News, OutboxChanged
from appliance.model.outbox import STATES, Letter
from appliance.store import Store, Tx, View, history, interactions, leases, outbox

LATER = timedelta(minutes=5)


async def post(store: Store, *recipients: str, **more: Any) -> list[OutboxId]:
    facts = {"source": "reply", "mail_from": "help@acme.test", "raw": b"Hi\r\n", "message_id": "1@acme.test"} | more
    return await store.write(lambda tx: outbox.put(tx, recipients=recipients, **facts))


async def leased(store: Store, *rows: OutboxId) -> list[Letter]:
    return await store.write(leases.lease, 1, rows)


async def settled(store: Store, letter: Letter, outcome: Outcome, again: timedelta = LATER) -> str:
    await store.write(lambda tx: leases.settle(tx, [(letter, outcome, tx.now + again)]))
    return (await store.read(outbox.get, letter.id)).state


async def states(store: Store) -> dict[str, int]:
    return {state: n for state, n in (await store.read(outbox.totals)).items() if n}


@pytest.fixture
async def interaction(receive: Callable[..., Awaitable[list[InteractionId]]]) -> InteractionId:
    (interaction,) = await receive("From: ada@example.org\nSubject: Help\n\nPlease.\n")
    return interaction


async def test_each_recipient_has_one_row_and_they_share_the_bytes(store: Store, news: list[News]) -> None:
    rows = await post(store, "Ada@Example.ORG", "bob@example.org", "Ada@example.org")
    letters = await leased(store, *rows)
    assert [letter.recipient for letter in letters] == ["Ada@example.org", "bob@example.org"]
    assert len({letter.blob for letter in letters}) == 1
    assert OutboxChanged() in news


@pytest.mark.parametrize("recipient", ["", "nobody", "@example.org", "ada@"])
async def test_what_is_no_address_is_not_posted_at_all(store: Store, recipient: str) -> None:
    with pytest.raises(Invalid):
        await post(store, "bob@example.org", recipient)
    assert await states(store) == {}


async def test_what_a_person_waits_for_goes_first_and_what_is_not_due_stays(store: Store, hands: Any) -> None:
    bulk, *_ = await post(store, "bulk@x.test", rank=9)
    hands.move_on(seconds=1)
    answer, *_ = await post(store, "answer@x.test")
    await post(store, "later@x.test", not_before=hands.now + LATER)
    everything = range(10)
    assert await store.read(leases.due, 10, everything) == [answer, bulk]
    assert await store.read(leases.due, 1, everything) == [answer]
    assert await store.read(leases.due, 10, leases.BULK) == [bulk]
    assert await store.read(leases.due, 10, everything, ["x.test"]) == []
    assert await store.read(leases.next_due) == hands.now + LATER


async def test_a_row_is_leased_once(store: Store) -> None:
    rows = await post(store, "ada@x.test", "bob@x.test")
    assert [letter.id for letter in await leased(store, *rows)] == rows
    assert await leased(store, *rows) == []


async def test_a_lease_that_is_gone_cannot_be_intended_or_settled(store: Store) -> None:
    (row,) = await post(store, "ada@x.test")
    (letter,) = await leased(store, row)
    await store.write(leases.give_back, [row])
    with pytest.raises(Conflict):
        await store.write(leases.intend, row)
    assert await settled(store, letter, Delivered("250 ok")) == "ready"
    assert await store.read(outbox.attempts, row) == ()


@pytest.mark.parametrize(
    ("source", "outcome", "again", "state", "attempts"),
    [
        ("reply", Delivered("250 ok"), LATER, "delivered", 1),
        ("reply", Refused("550 no"), LATER, "failed", 1),
        ("reply", Deferred("451 later"), LATER, "deferred", 1),
        ("reply", Deferred("421 tired", host_trouble=True), LATER, "deferred", 0),
        ("reply", Deferred("451 later"), timedelta(days=5), "failed", 1),
        ("reply", Unsure("451 no answer"), LATER, "deferred", 1),
        ("dialer", Unsure("451 no answer"), LATER, "unsure", 1),
    ],
)
async def test_an_outcome_moves_the_row(
    store: Store, source: str, outcome: Outcome, again: timedelta, state: str, attempts: int
) -> None:
    (row,) = await post(store, "ada@x.test", source=source)
    (letter,) = await leased(store, row)
    await store.write(leases.intend, row)
    assert await settled(store, letter, outcome, again) == state
    assert (await store.read(outbox.get, row)).attempts == attempts
    (attempt,) = await store.read(outbox.attempts, row)
    assert attempt.reply == outcome.reply


async def test_what_is_put_off_costs_no_attempt_unless_it_becomes_too_old(store: Store, hands: Any) -> None:
    old = await post(store, "old@x.test")
    hands.move_on(days=4, hours=23)
    rows = old + await post(store, "new@x.test")
    letters = await leased(store, *rows)
    await store.write(leases.put_off, letters, hands.now + timedelta(hours=2), "451 down")
    posted = [await store.read(outbox.get, row) for row in rows]
    assert [(row.state, row.attempts) for row in posted] == [("failed", 0), ("deferred", 0)]
    assert posted[0].reply == "given up, it is too old: 451 down"


async def test_a_failure_asks_for_attention_in_its_interaction_and_tells_the_page(
    store: Store, team: Any, interaction: InteractionId, news: list[News]
) -> None:
    (row,) = await post(store, "ada@example.org", interaction=interaction)
    (letter,) = await leased(store, row)
    news.clear()
    await settled(store, letter, Refused("550 5.1.1 unknown"))
    found = await store.read(interactions.get, team.boss, interaction)
    assert found.attention == "not delivered: ada@example.org, 550 5.1.1 unknown"
    last = (await store.read(history.of, interaction))[-1]
    assert (last.actor, last.what, last.detail) == ("", "failed", "ada@example.org: 550 5.1.1 unknown")
    assert news == [InteractionChanged(interaction, team.support, None, "delivery")]


async def test_a_success_only_tells_the_page(
    store: Store, team: Any, interaction: InteractionId, news: list[News]
) -> None:
    (row,) = await post(store, "ada@example.org", interaction=interaction)
    (letter,) = await leased(store, row)
    before = await store.read(history.of, interaction)
    news.clear()
    await settled(store, letter, Delivered("250 ok"))
    assert news == [InteractionChanged(interaction, team.support, None, "delivery")]
    assert await store.read(history.of, interaction) == before
    assert (await store.read(interactions.get, team.boss, interaction)).attention == ""


async def test_a_new_start_gives_leases_back_and_sends_an_answer_in_doubt_again(
    store: Store, interaction: InteractionId
) -> None:
    first = await store.write(leases.begin_boot)
    untouched, doubtful = await post(store, "ada@x.test", "bob@x.test", interaction=interaction)
    (mailing,) = await post(store, "eve@x.test", source="dialer")
    await leased(store, untouched, doubtful, mailing)
    await store.write(leases.intend, doubtful)
    await store.write(leases.intend, mailing)

    assert await store.write(leases.begin_boot) == first + 1

    assert [(await store.read(outbox.get, row)).state for row in (untouched, doubtful, mailing)] == [
        "ready", "ready", "unsure",
    ]  # fmt: skip
    assert [line.state for line in await store.read(outbox.attempts, doubtful)] == ["unsure"]
    assert (await store.read(outbox.get, untouched)).attempts == 0
    assert (await store.read(history.of, interaction))[-1].what == "unsure"
    letters = await leased(store, doubtful)
    assert [letter.attempts for letter in letters] == [1]


async def test_undo_takes_back_what_has_not_been_tried(store: Store, interaction: InteractionId, hands: Any) -> None:
    message = await store.read(lambda view: view.all("SELECT id FROM messages")[0]["id"])
    later = hands.now + timedelta(seconds=10)
    await post(store, "ada@x.test", "bob@x.test", message=message, not_before=later)
    assert await store.write(outbox.cancel_of, message) == 2
    assert await store.write(outbox.cancel_of, message) == 0
    assert await states(store) == {"cancelled": 2}
    assert [copy.state for copy in await store.read(outbox.of_message, message)] == ["cancelled"] * 2


async def test_undo_is_too_late_when_one_copy_may_have_left(store: Store, interaction: InteractionId) -> None:
    message = await store.read(lambda view: view.all("SELECT id FROM messages")[0]["id"])
    row, _ = await post(store, "ada@x.test", "bob@x.test", message=message)
    (letter,) = await leased(store, row)
    with pytest.raises(Conflict):
        await store.write(outbox.cancel_of, message)
    await settled(store, letter, Deferred("451 later"))
    with pytest.raises(Conflict):
        await store.write(outbox.cancel_of, message)
    assert await states(store) == {"ready": 1, "deferred": 1}


async def test_a_person_holds_releases_cancels_and_tries_again(store: Store) -> None:
    (row,) = await post(store, "ada@x.test")
    await store.write(outbox.hold, row)
    assert await store.read(leases.due, 10, leases.URGENT) == []
    with pytest.raises(Conflict):
        await store.write(outbox.hold, row)
    await store.write(outbox.release, row)
    await store.write(outbox.cancel, row)
    assert await states(store) == {"cancelled": 1}
    await store.write(outbox.retry, row)
    assert await store.read(leases.due, 10, leases.URGENT) == [row]
    await leased(store, row)
    for change in (outbox.hold, outbox.release, outbox.cancel, outbox.retry):
        with pytest.raises(Conflict):
            await store.write(change, row)
    with pytest.raises(NotFound):
        await store.write(outbox.retry, OutboxId(99))


async def test_the_list_is_paged_by_key_newest_first(store: Store) -> None:
    rows = await post(store, *[f"u{n}@x.test" for n in range(5)])
    await store.write(outbox.hold, rows[1])
    page = await store.read(outbox.listed, limit=2)
    assert [posted.id for posted in page] == [rows[4], rows[3]]
    page = await store.read(outbox.listed, "ready", after=rows[3], limit=2)
    assert [posted.id for posted in page] == [rows[2], rows[0]]
    with pytest.raises(Invalid):
        await store.read(outbox.listed, "lost")


@pytest.mark.parametrize("seed", range(8))
async def test_the_states_always_add_up_to_the_rows(store: Store, hands: Any, seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(40):
        await store.write(_anything, chance)
        hands.move_on(seconds=chance.choice([0, 1, 400]))
        await store.read(_count)


def _anything(tx: Tx, chance: random.Random) -> None:
    """One thing that may happen, to whichever rows it may happen to."""
    rows = [OutboxId(row["id"]) for row in tx.all("SELECT id FROM outbox")]
    some = chance.sample(rows, min(len(rows), chance.randrange(4)))
    act = chance.randrange(6)
    if act == 0:
        names = [f"u{chance.random()}@x.test" for _ in range(chance.randrange(4))]
        source, rank = chance.choice([("reply", 0), ("dialer", 9)])
        outbox.put(tx, source=source, mail_from="", recipients=names, raw=b"x", message_id="m", rank=rank)
    elif act == 1:
        leases.begin_boot(tx)
    elif act in (2, 3):
        for letter in leases.lease(tx, 1, some):
            leases.intend(tx, letter.id)
            outcome = chance.choice([Delivered("250"), Refused("550"), Deferred("451"), Unsure("451"), None])
            if outcome:
                leases.settle(tx, [(letter, outcome, tx.now + LATER * chance.choice([1, 9999]))])
    else:
        for row in some:
            _decide(tx, row, chance)


def _decide(tx: Tx, row: OutboxId, chance: random.Random) -> None:
    change = chance.choice([outbox.hold, outbox.release, outbox.cancel, outbox.retry])
    with contextlib.suppress(Conflict):
        change(tx, row)


def _count(view: View) -> None:
    rows = view.all("SELECT source, state, count(*) AS n FROM outbox GROUP BY source, state")
    for source in ("reply", "dialer"):
        counted = Counter({row["state"]: row["n"] for row in rows if row["source"] == source})
        assert outbox.totals(view, source) == {state: counted[state] for state in STATES}
    assert sum(outbox.totals(view).values()) == view.all("SELECT count(*) AS n FROM outbox")[0]["n"]

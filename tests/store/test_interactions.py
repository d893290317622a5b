"""Lists, counts and search: each sees what he may see, and a long list costs no more than a short one."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from appliance.desk import answer, handling
from appliance.errors import NotFound
from appliance.model.ids import InteractionId
from appliance.store import Store, Tx, View, interactions, moves, search

Receive = Callable[..., Awaitable[list[InteractionId]]]


async def test_a_view_is_paged_by_key_without_gap_or_repetition(receive: Receive, store: Store, team: Any) -> None:
    for n in range(7):
        await receive(f"From: c{n}@x.test\nSubject: Matter {n}\n\nWords.\n")

    seen: list[str] = []
    after: str | None = None
    while True:
        page = await store.read(interactions.listed, team.emma, "open", after=after, limit=3)
        seen += [item.subject for item in page.items]
        after = page.next
        if after is None:
            break

    assert seen == [f"Matter {n}" for n in reversed(range(7))]


async def test_everybody_sees_his_campaigns_and_nothing_else(receive: Receive, store: Store, team: Any) -> None:
    (support,) = await receive("From: a@x.test\nSubject: One\n\nWords.\n", "help@acme.test")
    (billing,) = await receive("From: b@x.test\nSubject: Two\n\nWords.\n", "billing@acme.test")

    seen = {
        name: [item.id for item in (await store.read(interactions.listed, actor, "open")).items]
        for name, actor in (("emma", team.emma), ("paolo", team.paolo), ("boss", team.boss))
    }
    assert seen == {"emma": [support], "paolo": [billing], "boss": [billing, support]}
    with pytest.raises(NotFound):
        await store.read(interactions.get, team.emma, billing)
    assert (await store.read(interactions.counts, team.paolo)).campaigns == ((team.billing, "Billing", 1),)


async def test_the_counts_are_those_of_the_lists_whatever_happened(receive: Receive, store: Store, team: Any) -> None:
    numbers = [(await receive(f"From: c{n}@x.test\nSubject: Matter {n}\n\nWords.\n"))[0] for n in range(9)]
    await store.write(handling.assign, team.emma, numbers[0], team.emma.user)
    await store.write(handling.assign, team.emma, numbers[1], team.emma.user)
    await store.write(handling.set_status, team.emma, numbers[1], "postponed")
    await store.write(handling.close, team.emma, numbers[2])
    await store.write(moves.need_attention, numbers[3], "not delivered")
    await store.write(handling.close, team.emma, numbers[4])
    await store.write(handling.reopen, team.emma, numbers[4])

    counts = await store.read(interactions.counts, team.emma)
    listed = {view: len((await store.read(interactions.listed, team.emma, view)).items) for view in counts.views}
    assert counts.views == listed
    assert (counts.views["mine"], counts.views["closed"], counts.views["attention"]) == (2, 1, 1)


@pytest.mark.parametrize("words", ["garcia", "GARCÍA", "lodz", "Łódź", "faktura zaległa", "zaleg", "x@firma.test", "1"])
async def test_search_folds_accents_and_finds_what_is_begun(
    receive: Receive, store: Store, team: Any, words: str
) -> None:
    await receive("From: Jose =?utf-8?q?Garc=C3=ADa?= <x@firma.test>\nSubject: Faktura\n\nZaległa, Łódź.\n")

    assert len((await store.read(search.found, team.emma, words)).items) == 1
    assert (await store.read(search.found, team.paolo, words)).items == ()


@pytest.mark.parametrize("words", ["", '"', "* OR", "found:x NEAR(", "'; DROP TABLE found; --", "\x00", "^a"])
async def test_search_survives_whatever_is_typed(receive: Receive, store: Store, team: Any, words: str) -> None:
    await receive("From: a@x.test\nSubject: One\n\nWords.\n")
    await store.read(search.found, team.emma, words)


async def test_comments_are_found_by_the_team(receive: Receive, store: Store, team: Any) -> None:
    (number,) = await receive("From: a@x.test\nSubject: One\n\nWords.\n")
    await store.write(answer.comment, team.emma, number, "Courier confirmed the damage.")

    assert [item.id for item in (await store.read(search.found, team.emma, "courier")).items] == [number]


async def test_every_view_of_a_long_list_walks_an_index_and_sorts_nothing(
    receive: Receive, store: Store, team: Any
) -> None:
    (number,) = await receive("From: a@x.test\nSubject: One\n\nWords.\n")
    await asyncio.gather(*(store.write(multiply, number) for _ in range(10)))

    for actor in (team.emma, team.boss):
        for view in ("mine", "unassigned", "open", "closed", "attention"):
            plan = await store.read(_plan, actor, view)
            assert not [step for step in plan if "TEMP B-TREE" in step or step == "SCAN i"], (view, plan)


def multiply(tx: Tx, number: InteractionId) -> None:
    tx.run(
        """
        INSERT INTO interactions (campaign, contact, subject, bare_subject, status, priority, created_at, changed_at)
        SELECT campaign, contact, subject, bare_subject, status, priority, created_at, changed_at
        FROM interactions WHERE id = :number
        """,
        number=number,
    )


def _plan(view: View, actor: Any, which: str) -> list[str]:
    steps: list[str] = []

    class Explaining(View):
        def all(self, sql: str, **values: Any) -> Any:
            steps.extend(row["detail"] for row in super().all(f"EXPLAIN QUERY PLAN {sql}", **values))
            return []

    interactions.listed(Explaining(view._db, view.now), actor, which)
    return steps

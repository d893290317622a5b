"""Sessions, set-up links and failures in the store."""

from datetime import timedelta

import pytest

from appliance.errors import NotFound
from appliance.model.ids import UserId
from appliance.model.news import News, SignedOut
from appliance.store import Store, sessions, users
from tests.conftest import Hands


@pytest.fixture
async def emma(store: Store) -> UserId:
    return await store.write(users.add, "emma", "Emma", ("agent",))


async def start(store: Store, user: UserId, token: str) -> bytes:
    await store.write(sessions.start, user, token, "csrf", client_ip="192.0.2.1", client="Browser")
    return sessions.hash_of(token)


async def test_the_cookie_itself_is_not_in_the_file(store: Store, emma: UserId) -> None:
    await start(store, emma, "a-secret-cookie")
    rows = await store.read(lambda view: view.all("SELECT * FROM sessions"))
    assert b"a-secret-cookie" not in rows[0]["token_hash"]
    assert "a-secret-cookie" not in {row[key] for row in rows for key in row.keys()}  # noqa: SIM118 - a Row is no dict


async def test_a_session_ends_after_a_day_without_use_and_after_a_week_in_any_case(
    store: Store, emma: UserId, hands: Hands
) -> None:
    token = await start(store, emma, "cookie")
    hands.move_on(hours=11)
    found = await store.read(sessions.of, token)
    assert found is not None
    assert found[1], "it is time to note that it is used"
    for _ in range(15):
        await store.write(sessions.seen, token)
        hands.move_on(hours=11)
    assert await store.read(sessions.of, token) is None

    idle = await start(store, emma, "another")
    hands.move_on(hours=13)
    assert await store.read(sessions.of, idle) is None


async def test_the_session_of_a_disabled_person_is_dead(store: Store, emma: UserId, news: list[News]) -> None:
    token = await start(store, emma, "cookie")
    await store.write(users.disable, emma)
    assert await store.read(sessions.of, token) is None
    assert news == [SignedOut(emma)]
    await store.write(users.update, emma, enabled=True)
    assert await store.read(sessions.of, token) is None, "coming back is signing in again"


async def test_ending_one_session_leaves_the_others_and_is_told(store: Store, emma: UserId, news: list[News]) -> None:
    here, there = await start(store, emma, "here"), await start(store, emma, "there")
    await store.write(sessions.end, here)
    assert await store.read(sessions.of, here) is None
    assert await store.read(sessions.of, there) is not None
    assert news == [SignedOut(emma)]
    await store.write(sessions.end, here)
    assert news == [SignedOut(emma)], "what has ended does not end again"


async def test_all_other_sessions_can_be_ended(store: Store, emma: UserId) -> None:
    here, there = await start(store, emma, "here"), await start(store, emma, "there")
    await store.write(sessions.end_all, emma, but=here)
    assert await store.read(sessions.of, here) is not None
    assert await store.read(sessions.of, there) is None


async def test_a_link_is_good_until_its_time_is_over_and_the_next_one_replaces_it(
    store: Store, emma: UserId, hands: Hands
) -> None:
    await store.write(sessions.offer, emma, "first", lasting=timedelta(minutes=30))
    assert await store.read(sessions.offered, "first") == emma
    await store.write(sessions.offer, emma, "second", lasting=timedelta(minutes=30))
    with pytest.raises(NotFound):
        await store.read(sessions.offered, "first")
    hands.move_on(minutes=31)
    with pytest.raises(NotFound):
        await store.read(sessions.offered, "second")


async def test_choosing_a_password_uses_the_link_up(store: Store, emma: UserId) -> None:
    await store.write(sessions.offer, emma, "link", lasting=timedelta(minutes=30))
    await store.write(users.set_password, emma, "hash")
    with pytest.raises(NotFound):
        await store.read(sessions.offered, "link")


async def test_failures_add_up_and_are_forgotten(store: Store, hands: Hands) -> None:
    for _ in range(3):
        await store.write(sessions.failed, "emma 192.0.2.1")
    failures = await store.read(sessions.failures, "emma 192.0.2.1")
    assert failures is not None
    assert failures.count == 3
    assert await store.read(sessions.failures, "emma 192.0.2.2") is None
    hands.move_on(minutes=31)
    assert await store.read(sessions.failures, "emma 192.0.2.1") is None
    await store.write(sessions.failed, "paolo 192.0.2.1")
    rows = await store.read(lambda view: view.all("SELECT who FROM sign_in_failures"))
    assert [row["who"] for row in rows] == ["paolo 192.0.2.1"], "old failures are swept away"

"""Bearer tokens in the store."""

import pytest

from appliance.errors import Invalid, NotFound
from appliance.model.user import Actor
from appliance.store import Store, tokens, users


async def test_a_token_acts_under_its_own_name(store: Store) -> None:
    token = await store.write(tokens.create, "shop", "agent")
    assert token.startswith("ph_")
    assert len(token) == 46
    actor = await store.read(tokens.actor, token)
    assert actor == Actor(None, "shop", ("agent",))
    assert actor.everywhere


async def test_a_persons_token_acts_as_the_person(store: Store) -> None:
    emma = await store.write(users.add, "emma", "Emma", ("agent",))
    token = await store.write(tokens.create, "phone", "agent", emma)
    assert await store.read(tokens.actor, token) == Actor(emma, "Emma", ("agent",))
    await store.write(users.disable, emma)
    assert await store.read(tokens.actor, token) is None


async def test_only_the_hash_is_kept(store: Store) -> None:
    token = await store.write(tokens.create, "shop", "admin")
    (row,) = await store.read(lambda view: view.all("SELECT * FROM tokens"))
    assert token.encode() not in row["token_hash"]
    assert len(row["token_hash"]) == 32


async def test_a_removed_token_opens_nothing(store: Store) -> None:
    token = await store.write(tokens.create, "shop", "admin")
    (listed,) = await store.read(tokens.listed)
    await store.write(tokens.remove, listed.id)
    assert await store.read(tokens.actor, token) is None
    with pytest.raises(NotFound):
        await store.write(tokens.remove, listed.id)


async def test_strange_tokens_are_refused(store: Store) -> None:
    assert await store.read(tokens.actor, "ph_nothing") is None
    with pytest.raises(Invalid):
        await store.write(tokens.create, "shop", "king")
    with pytest.raises(Invalid):
        await store.write(tokens.create, " ", "admin")

"""People in the store."""

import pytest

from appliance.errors import Conflict, Invalid, NotFound
from appliance.model.news import News, SignedOut
from appliance.store import Store, users


async def test_a_person_is_found_by_id_and_by_name_in_any_case(store: Store) -> None:
    emma = await store.write(users.add, "emma", "Emma", ("agent", "admin"), email="emma@acme.test", language="it")
    person = await store.read(users.get, emma)
    assert await store.read(users.named, "EMMA") == person
    assert person.roles == ("admin", "agent")
    assert (person.name, person.email, person.language, person.theme) == ("Emma", "emma@acme.test", "it", "auto")
    assert person.enabled
    assert not person.has_password


async def test_a_name_is_taken_once_whatever_its_case(store: Store) -> None:
    emma = await store.write(users.add, "emma", "Emma", ("agent",))
    paolo = await store.write(users.add, "paolo", "Paolo", ("agent",))
    with pytest.raises(Conflict):
        await store.write(users.add, "Emma", "Another Emma", ("agent",))
    with pytest.raises(Conflict):
        await store.write(users.update, paolo, username="EMMA")
    await store.write(users.update, emma, username="Emma")
    assert (await store.read(users.get, emma)).username == "Emma"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("username", "two words"),
        ("username", ""),
        ("name", " "),
        ("email", "nobody"),
        ("roles", ()),
        ("roles", ("king",)),
        ("language", "de"),
        ("time_zone", "Europe/Nowhere"),
        ("theme", "pink"),
        ("password_hash", "x"),
    ],
)
async def test_a_field_that_cannot_be_used_is_named(store: Store, field: str, value: object) -> None:
    emma = await store.write(users.add, "emma", "Emma", ("agent",))
    with pytest.raises(Invalid) as refusal:
        await store.write(users.update, emma, **{field: value})
    assert list(refusal.value.fields) == [field]


async def test_who_is_disabled_or_has_no_password_has_no_credentials(store: Store) -> None:
    emma = await store.write(users.add, "emma", "Emma", ("agent",))
    assert await store.read(users.credentials, "emma") is None
    await store.write(users.set_password, emma, "hash")
    found = await store.read(users.credentials, "Emma")
    assert found is not None
    assert (found[0].id, found[1]) == (emma, "hash")
    await store.write(users.disable, emma)
    assert await store.read(users.credentials, "emma") is None


async def test_what_a_person_may_do_changes_at_once_for_his_streams(store: Store, news: list[News]) -> None:
    emma = await store.write(users.add, "emma", "Emma", ("agent",))
    await store.write(users.update, emma, theme="dark", time_zone="Europe/Rome")
    assert news == []
    await store.write(users.update, emma, roles=("supervisor",))
    assert news == [SignedOut(emma)]


async def test_nobody_is_told_apart_from_somebody_else(store: Store) -> None:
    with pytest.raises(NotFound):
        await store.read(users.named, "nobody")

"""A domain's keys: sealed in the store, opened for signing, published as they verify."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import dkim
import pytest

from appliance.bus import Bus
from appliance.domains import keys, records
from appliance.errors import Conflict, NotFound
from appliance.mail.dkim import sign
from appliance.settings import Settings
from appliance.store import Store, domains
from appliance.vault import Vault

MONDAY = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
MAIL = b"From: ada@ours.test\r\nSubject: hello\r\n\r\nworld\r\n"


@pytest.fixture
def bus() -> Bus:
    return Bus()


@pytest.fixture
async def store(tmp_path: Path, bus: Bus) -> AsyncIterator[Store]:
    async with Store(tmp_path / "t.db", clock=lambda: MONDAY, tell=bus.tell) as store:
        await store.write(domains.add, "ours.test")
        yield store


async def test_what_we_sign_verifies_with_what_we_publish(store: Store) -> None:
    vault = Vault(b"k" * 32)
    await store.write(keys.make, vault, "ours.test")
    signed = sign(MAIL, await keys.Keyring(store, vault)("ours.test"), MONDAY)
    stored = await store.read(domains.keys, "ours.test")
    published = {record.name: record.value for record in records.of("ours.test", stored, Settings())}

    def ask(name: bytes, timeout: int = 5) -> bytes:
        return published[name.decode().rstrip(".")].encode()

    assert all(dkim.DKIM(signed).verify(number, dnsfunc=ask) for number in range(2))


async def test_private_keys_lie_sealed_in_the_file(store: Store, tmp_path: Path) -> None:
    await store.write(keys.make, Vault(b"k" * 32), "ours.test")
    assert all(b"PRIVATE KEY" not in file.read_bytes() for file in tmp_path.glob("t.db*"))
    with pytest.raises(ValueError, match="another secret"):
        await keys.Keyring(store, Vault(b"x" * 32))("ours.test")


async def test_a_new_domain_s_keys_are_used_as_soon_as_they_are_made(store: Store, bus: Bus) -> None:
    vault = Vault(b"k" * 32)
    keyring = keys.Keyring(store, vault)
    with bus.heard_by(keyring.hear):
        assert await keyring("second.test") == []
        await store.write(domains.add, "second.test")
        await store.write(keys.make, vault, "second.test")
        assert [key.selector for key in await keyring("second.test")] == ["ph1", "ph1e"]
        assert await keyring("ours.test") == []


async def test_keys_are_made_once_and_only_for_our_domains(store: Store) -> None:
    vault = Vault(b"k" * 32)
    await store.write(keys.make, vault, "ours.test")
    with pytest.raises(Conflict):
        await store.write(keys.make, vault, "ours.test")
    with pytest.raises(NotFound):
        await store.write(keys.make, vault, "elsewhere.test")

"""What is sealed opens with its own key alone."""

import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from appliance.vault import Vault


def test_what_was_sealed_opens_again_and_shows_nothing_meanwhile() -> None:
    vault = Vault(bytes(32))
    sealed = vault.seal(b"canary password")

    assert vault.open(sealed) == b"canary password"
    assert b"canary" not in sealed
    assert vault.seal(b"canary password") != sealed


@pytest.mark.parametrize("spoil", [lambda sealed: sealed[:-1], lambda sealed: b"", lambda sealed: bytes(40)])
def test_another_key_or_changed_bytes_open_nothing(spoil: Callable[[bytes], bytes]) -> None:
    sealed = Vault(bytes(32)).seal(b"secret")
    with pytest.raises(ValueError, match=r"another secret\.key"):
        Vault(b"1" * 32).open(sealed)
    with pytest.raises(ValueError, match=r"."):
        Vault(bytes(32)).open(spoil(sealed))


def test_a_new_key_belongs_to_its_owner_alone_and_replaces_none(tmp_path: Path) -> None:
    Vault.make(tmp_path / "secret.key")

    assert stat.S_IMODE((tmp_path / "secret.key").stat().st_mode) == 0o600
    Vault.at(tmp_path / "secret.key")
    with pytest.raises(FileExistsError):
        Vault.make(tmp_path / "secret.key")


def test_keys_for_different_purposes_differ() -> None:
    vault = Vault(bytes(32))
    assert vault.derive("message-id") != vault.derive("tracking")
    assert vault.derive("message-id") == Vault(bytes(32)).derive("message-id")

"""A new installation: a folder with settings, a key, a database, and a first person who may sign in."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from appliance import clock
from appliance.desk import accounts
from appliance.domains import certificate, keys
from appliance.model.ids import UserId
from appliance.settings import BadSettings, Settings, load, overrides, to_toml
from appliance.store import Store, Tx, campaigns, domains, mailboxes, users
from appliance.vault import Vault

SETUP_LASTS = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Wanted:
    domain: str
    hostname: str = ""
    admin: str = "admin"
    language: str = "en"
    time_zone: str = "UTC"


@dataclass(frozen=True, slots=True)
class Founded:
    settings: Settings
    new: bool  # False: it stood already, and nothing was changed
    setup_link: str  # where the admin chooses a password; "" when he has one


async def found(directory: Path, wanted: Wanted, environ: Mapping[str, str] = os.environ) -> Founded:
    """Make what is missing in the folder; what stands there stays. Raises BadSettings, OSError."""
    password = environ.get("POSTHOUSE_ADMIN_PASSWORD", "")
    if password:
        accounts.check_password(password)
    settings, vault, new = _lay_out(directory, wanted, environ)
    async with Store(settings.data / "posthouse.db", clock=clock.now, tell=lambda news: None) as store:
        link = await store.write(furnish, vault, settings, wanted, accounts.hashed(password) if password else None)
    return Founded(settings, new, f"{web_address(settings)}/setup/{link}" if link else "")


def _lay_out(directory: Path, wanted: Wanted, environ: Mapping[str, str]) -> tuple[Settings, Vault, bool]:
    """The files beside the database, readable by their owner alone."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = directory / "posthouse.toml"
    new = not file.exists()
    if new:
        _write_settings(file, wanted, environ)
    settings = load(file, environ)
    settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not (settings.data / "secret.key").exists():
        Vault.make(settings.data / "secret.key")
    (settings.data / "posthouse.db").touch(mode=0o600)
    certificate.make(settings)
    return settings, Vault.at(settings.data / "secret.key"), new


def furnish(tx: Tx, vault: Vault, settings: Settings, wanted: Wanted, password_hash: str | None) -> str:
    """What every installation starts with: a domain that signs, the queue Inbox, an admin. The admin's setup token."""
    domain = settings.appliance.domain
    if domain not in domains.listed(tx):
        domains.add(tx, domain)
        keys.make(tx, vault, domain)
    if not campaigns.listed(tx):
        campaigns.add(tx, campaigns.INBOX, mailboxes.add(tx, f"inbox@{domain}"), time_zone=wanted.time_zone)
    everybody = users.listed(tx)
    if everybody:
        return next((_setup_token(tx, user.id) for user in everybody[:1] if not user.has_password), "")
    admin = users.add(
        tx,
        wanted.admin,
        wanted.admin.capitalize(),
        ("admin", "supervisor", "agent"),
        password_hash=password_hash,
        language=wanted.language,
        time_zone=wanted.time_zone,
    )
    campaigns.join(tx, campaigns.inbox(tx).id, admin)
    return "" if password_hash else _setup_token(tx, admin)


def web_address(settings: Settings) -> str:
    """Where people open the pages."""
    return (settings.web.public_url or f"http://{settings.web.listen[0]}").rstrip("/")


def _setup_token(tx: Tx, user: UserId) -> str:
    return accounts.setup_link(tx, user, lasting=SETUP_LASTS)


def _write_settings(file: Path, wanted: Wanted, environ: Mapping[str, str]) -> None:
    appliance = {
        "hostname": wanted.hostname or f"mail.{wanted.domain}",
        "domain": wanted.domain,
        "time_zone": wanted.time_zone,
        "language": wanted.language,
    }
    values = {"appliance": appliance}
    for section, chosen in overrides(environ).items():
        values.setdefault(section, {}).update(chosen)
    text = "# Every key with its default stands in config/posthouse.toml of the documentation.\n\n" + to_toml(values)
    if wanted.domain.strip(".") != wanted.domain or "." not in wanted.domain:
        raise BadSettings(f"--domain: {wanted.domain!r} is not a domain; an example is example.org")
    file.write_text(text)
    file.chmod(0o600)

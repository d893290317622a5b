"""The mail domains that are ours, and their DKIM keys as they lie in the store: sealed."""

from dataclasses import dataclass

from email_validator import EmailNotValidError, validate_email

from appliance.errors import Conflict, Invalid, NotFound
from appliance.model.news import AddressesChanged
from appliance.store import Tx, View


@dataclass(frozen=True, slots=True)
class StoredKey:
    domain: str
    selector: str
    sealed: bytes  # PEM, sealed with the vault
    public: str  # the TXT record, `v=DKIM1; ...`


def add(tx: Tx, name: str) -> str:
    """The name as it is kept (lower case, A-labels). Adding one that is there changes nothing. Raises Invalid."""
    name = normal(name)
    tx.run("INSERT INTO domains (name, created_at) VALUES (:name, :now) ON CONFLICT DO NOTHING", name=name, now=tx.now)
    tx.tell(AddressesChanged())
    return name


def listed(view: View) -> list[str]:
    """By name."""
    return [row["name"] for row in view.all("SELECT name FROM domains ORDER BY name")]


def remove(tx: Tx, name: str) -> None:
    """Its keys go too. Raises NotFound, and Conflict while a local mailbox has an address there."""
    used = tx.one(
        """
        SELECT address FROM mailboxes WHERE kind = 'local' AND address LIKE '%@' || :name
        UNION ALL SELECT address FROM mailbox_aliases WHERE address LIKE '%@' || :name
        """,
        name=name,
    )
    if used:
        raise Conflict(f"{used['address']} is an address of {name}")
    if not tx.run("DELETE FROM domains WHERE name = :name", name=name):
        raise NotFound(f"{name} is not one of our domains")
    tx.tell(AddressesChanged())


def add_key(tx: Tx, key: StoredKey) -> None:
    """Raises NotFound when the domain is not ours, Conflict when it has a key of this selector."""
    if not tx.one("SELECT 1 FROM domains WHERE name = :name", name=key.domain):
        raise NotFound(f"{key.domain} is not one of our domains")
    added = tx.run(
        """
        INSERT INTO dkim_keys (domain, selector, private, public, created_at)
        VALUES (:domain, :selector, :private, :public, :now) ON CONFLICT DO NOTHING
        """,
        domain=key.domain,
        selector=key.selector,
        private=key.sealed,
        public=key.public,
        now=tx.now,
    )
    if not added:
        raise Conflict(f"{key.domain} has a key {key.selector}")


def keys(view: View, domain: str = "") -> list[StoredKey]:
    """Of one domain, or of all: the oldest first."""
    rows = view.all(
        """
        SELECT * FROM dkim_keys WHERE domain = :domain OR :domain = '' ORDER BY domain, created_at, selector
        """,
        domain=domain,
    )
    return [StoredKey(row["domain"], row["selector"], row["private"], row["public"]) for row in rows]


def normal(name: str) -> str:
    """A domain as we store it. Raises Invalid."""
    try:
        valid = validate_email(
            f"postmaster@{name.strip().rstrip('.')}", check_deliverability=False, test_environment=True
        )
    except EmailNotValidError as error:
        raise Invalid(name=f"{name} cannot be a mail domain") from error
    return valid.ascii_domain.lower()

"""The DKIM keys of our domains: made once, sealed in the store, opened once for the relay."""

from appliance.mail import dkim
from appliance.mail.dkim import Key, KeyType
from appliance.model.news import AddressesChanged, News, SomebodyElseWrote
from appliance.store import Store, Tx, domains
from appliance.store.domains import StoredKey
from appliance.vault import Vault

# An RSA key that every verifier knows, and an Ed25519 one (RFC 8463) for those that do.
SELECTORS: dict[KeyType, str] = {"rsa": "ph1", "ed25519": "ph1e"}


def make(tx: Tx, vault: Vault, domain: str) -> None:
    """Give the domain its first keys. Raises NotFound when it is not ours, Conflict when it has them."""
    for kind, selector in SELECTORS.items():
        pem, public = dkim.generate(kind)
        domains.add_key(tx, StoredKey(domain, selector, vault.seal(pem), public))


class Keyring:
    """The opened keys by From domain: asked for every mail, read from the store once. Hears of new ones."""

    def __init__(self, store: Store, vault: Vault) -> None:
        self._store = store
        self._vault = vault
        self._keys: dict[str, list[Key]] | None = None
        self._changes = 0

    def hear(self, news: News) -> None:
        if isinstance(news, AddressesChanged | SomebodyElseWrote):
            self._keys = None
            self._changes += 1

    async def __call__(self, domain: str) -> list[Key]:
        """The keys to sign mail From this domain with; none when it is not ours."""
        keys = self._keys
        if keys is None:
            keys, changes = {}, self._changes
            for stored in await self._store.read(domains.keys):
                key = dkim.read_key(stored.domain, stored.selector, self._vault.open(stored.sealed))
                keys.setdefault(stored.domain, []).append(key)
            if changes == self._changes:  # else what we read may be old already
                self._keys = keys  # only now that it is whole: others ask meanwhile
        return keys.get(domain, [])

"""Who comes in: passwords checked, guessers slowed down, sessions made and ended, first passwords chosen."""

import asyncio
import secrets
from dataclasses import dataclass
from datetime import timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from appliance.errors import Invalid
from appliance.model.ids import UserId
from appliance.model.user import User
from appliance.model.visitor import visitor_at
from appliance.store import Store, Tx, View, sessions, users

# Argon2id as OWASP's password storage cheat sheet has it: 19 MiB, 2 rounds, 1 lane.
HASHER = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)
# What is checked when nobody has this name, so that the answer takes as long. Nobody knows its password.
NOBODY = HASHER.hash(secrets.token_hex())
AT_ONCE = 2  # passwords that are checked at the same time: a flood waits here instead of eating memory

FREE = 4  # failures that cost no waiting: people mistype
LOCKED_AT = 10
LOCK = timedelta(minutes=15)
PER_ADDRESS = 100  # failures of one address, whatever the names, until it waits

MIN_PASSWORD = 10
MAX_PASSWORD = 1000


@dataclass(frozen=True, slots=True)
class SignedIn:
    """`cookie` is the secret that the browser keeps; we keep its hash."""

    user: User
    cookie: str


@dataclass(frozen=True, slots=True)
class Refused:
    """Not let in. `wait` says how long the next try must wait, None when this one was looked at and was wrong."""

    wait: timedelta | None = None


class Accounts:
    def __init__(self, store: Store) -> None:
        self._store = store
        self._checking = asyncio.Semaphore(AT_ONCE)

    async def sign_in(self, username: str, password: str, *, client_ip: str, client: str) -> SignedIn | Refused:
        """A new session for who knows the password. Unknown, wrong and disabled look alike, and take as long."""
        username = username.strip()[:64]
        wait = await self._store.write(_attempt, username, client_ip)
        if wait:
            return Refused(wait)
        found = await self._store.read(users.credentials, username)
        hash_ = found[1] if found else NOBODY
        if not await self._opens(hash_, password) or found is None:
            return Refused()
        if HASHER.check_needs_rehash(hash_):
            await self._store.write(users.set_password, found[0].id, await self.hash(password))
        return await self._store.write(_welcome, found[0].id, client_ip, client)

    async def sign_out(self, token_hash: bytes) -> None:
        await self._store.write(sessions.end, token_hash)

    async def choose(self, token: str, password: str, *, client_ip: str, client: str) -> SignedIn:
        """The first password, by a set-up link, which is used up by this. Raises NotFound, Invalid."""
        check_password(password)
        await self._store.read(sessions.offered, token)  # a stranger's guess is not worth a hash
        return await self._store.write(_chosen, token, await self.hash(password), client_ip, client)

    async def change(self, user: User, token_hash: bytes, old: str, new: str, *, client_ip: str) -> None:
        """Another password; every other browser of this person is signed out. Raises Invalid."""
        check_password(new)
        wait = await self._store.write(_attempt, user.username, client_ip)
        found = await self._store.read(users.credentials, user.username)
        if wait or found is None or not await self._opens(found[1], old):
            raise Invalid(old="is not your password")
        await self._store.write(_changed, user, await self.hash(new), token_hash, client_ip)

    async def hash(self, password: str) -> str:
        async with self._checking:
            return await asyncio.to_thread(hashed, password)

    async def _opens(self, hash_: str, password: str) -> bool:
        async with self._checking:
            return await asyncio.to_thread(_verifies, hash_, password[:MAX_PASSWORD])


def hashed(password: str) -> str:
    """The Argon2id hash; takes tens of milliseconds of a core."""
    return HASHER.hash(password)


def check_password(password: str) -> None:
    """Long enough to be worth guessing at. Raises Invalid."""
    if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
        raise Invalid(password="must have 10 characters or more")  # noqa: S106 - words about one


def setup_link(tx: Tx, user: UserId, *, lasting: timedelta = timedelta(minutes=30)) -> str:
    """The token of a new /setup/<token>, good once; earlier links of this person are void."""
    token = secrets.token_urlsafe(32)
    sessions.offer(tx, user, token, lasting=lasting)
    return token


def delay(failures: int) -> timedelta:
    """How long after so many failures the next try must wait: 2, 4, 8 ... seconds, then a lock."""
    if failures <= FREE:
        return timedelta()
    return LOCK if failures >= LOCKED_AT else timedelta(seconds=2 ** (failures - FREE))


def _attempt(tx: Tx, username: str, client_ip: str) -> timedelta | None:
    """Count the try as a failure before it is made, so that many at once are counted too; how long to wait instead."""
    pair, address = _pair(username, client_ip), visitor_at(client_ip)
    waits = [_left(tx, pair, 1), _left(tx, address, PER_ADDRESS // LOCKED_AT)]
    if longest := max(waits):
        return longest
    sessions.failed(tx, pair)
    sessions.failed(tx, address)
    return None


def _left(view: View, who: str, worth: int) -> timedelta:
    """How long this one must still wait; `worth` failures count as one."""
    failures = sessions.failures(view, who)
    if failures is None:
        return timedelta()
    return max(timedelta(), failures.last_at + delay(failures.count // worth) - view.now)


def _pair(username: str, client_ip: str) -> str:
    return f"{username.casefold()} {visitor_at(client_ip)}"


def _welcome(tx: Tx, user: UserId, client_ip: str, client: str) -> SignedIn:
    person = users.get(tx, user)
    sessions.forgive(tx, _pair(person.username, client_ip))
    sessions.forgive(tx, visitor_at(client_ip))
    cookie = secrets.token_urlsafe(32)
    sessions.start(tx, user, cookie, secrets.token_urlsafe(32), client_ip=client_ip, client=client)
    return SignedIn(person, cookie)


def _chosen(tx: Tx, token: str, password_hash: str, client_ip: str, client: str) -> SignedIn:
    user = sessions.offered(tx, token)
    users.set_password(tx, user, password_hash)
    sessions.end_all(tx, user)
    return _welcome(tx, user, client_ip, client)


def _changed(tx: Tx, user: User, password_hash: str, token_hash: bytes, client_ip: str) -> None:
    users.set_password(tx, user.id, password_hash)
    sessions.end_all(tx, user.id, but=token_hash)
    sessions.forgive(tx, _pair(user.username, client_ip))


def _verifies(hash_: str, password: str) -> bool:
    try:
        return HASHER.verify(hash_, password)
    except (VerificationError, InvalidHashError):
        return False

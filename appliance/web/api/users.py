"""/api/v1/users: the people who work here."""

from typing import Any

from aiohttp import web

from appliance.desk.accounts import check_password
from appliance.model.ids import UserId
from appliance.store import Tx, sessions
from appliance.store import users as people
from appliance.web.api.endpoint import Created, endpoint
from appliance.web.api.paging import stretch
from appliance.web.api.schemas import Listed, NewUser, Paging, User, UserChange
from appliance.web.keys import ACCOUNTS, STORE


@endpoint
async def index(request: web.Request, query: Paging) -> Listed[User]:
    """Everybody, also those who are disabled."""
    found = await request.app[STORE].read(people.listed)
    return stretch(found, query, lambda user: user.id, User.model_validate)


@endpoint
async def create(request: web.Request, body: NewUser) -> Created[User]:
    """A new user. 409 when the username is taken."""
    user = await request.app[STORE].write(_add, body, await _hash(request, body))
    return await _user(request, user)


@endpoint
async def show(request: web.Request, user: UserId) -> User:
    """One user."""
    return await _user(request, user)


@endpoint
async def update(request: web.Request, user: UserId, body: UserChange) -> User:
    """Change the fields that are sent. Who gets another password is signed out everywhere."""
    await request.app[STORE].write(_change, user, _set(body), await _hash(request, body))
    return await _user(request, user)


@endpoint
async def remove(request: web.Request, user: UserId) -> None:
    """Disable a user, who is signed out at once and stays in the history."""
    await request.app[STORE].write(people.disable, user)


async def _user(request: web.Request, user: UserId) -> User:
    return User.model_validate(await request.app[STORE].read(people.get, user))


async def _hash(request: web.Request, body: UserChange) -> str | None:
    if "password" not in body.model_fields_set:
        return None
    check_password(body.password)
    return await request.app[ACCOUNTS].hash(body.password)


def _add(tx: Tx, body: NewUser, password_hash: str | None) -> UserId:
    user = people.add(tx, body.username, body.name, tuple(body.roles), password_hash=password_hash)
    people.update(tx, user, **_set(body))
    return user


def _change(tx: Tx, user: UserId, fields: dict[str, Any], password_hash: str | None) -> None:
    people.update(tx, user, **fields)
    if password_hash is not None:
        people.set_password(tx, user, password_hash)
        sessions.end_all(tx, user)
    if fields.get("enabled") is False:
        people.disable(tx, user)


def _set(body: UserChange) -> dict[str, Any]:
    fields = body.model_dump(exclude_unset=True, exclude={"password"})
    return fields | {"roles": tuple(fields["roles"])} if "roles" in fields else fields

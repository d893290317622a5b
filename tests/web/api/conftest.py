"""Programs that come with a token."""

import io
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from aiohttp import ClientResponse
from aiohttp.test_utils import TestClient, TestServer

from appliance.model.ids import UserId
from appliance.store import Store, tokens


class Program:
    """Somebody else's program, which uses the API with its token."""

    def __init__(self, server: TestServer, token: str) -> None:
        self._client = TestClient(server)
        self._headers = {"Authorization": f"Bearer {token}"}

    async def ask(self, method: str, path: str, sent: object = None, *, status: int = 200) -> Any:
        """What the API says, which must be of this status; None when it says nothing."""
        answer = await self.response(method, path, sent)
        text = await answer.text()
        assert answer.status == status, f"{method} {path}: {answer.status} {text}"
        expected = "application/json" if status < 400 else "application/problem+json"
        assert not text or answer.content_type == expected
        return await answer.json(content_type=None) if text else None

    async def response(self, method: str, path: str, sent: object = None) -> ClientResponse:
        """`sent` is bytes as they are, or something to be said in JSON."""
        octets = b"" if sent is None else sent if isinstance(sent, bytes) else json.dumps(sent).encode()
        return await self._client.request(method, f"/api/v1/{path}", headers=self._headers, data=io.BytesIO(octets))

    async def faults(self, method: str, path: str, sent: object) -> dict[str, str]:
        """What is wrong with what was sent, by field."""
        problem = await self.ask(method, path, sent, status=422)
        assert problem["status"] == 422
        return {fault["field"]: fault["message"] for fault in problem["errors"]}

    async def close(self) -> None:
        await self._client.close()


Bearing = Callable[..., Awaitable[Program]]


@pytest.fixture
async def bearing(server: TestServer, store: Store) -> AsyncIterator[Bearing]:
    """`await bearing("agent", emma)` has a token of this role, and of this person if one is named."""
    opened: list[Program] = []

    async def bearing(role: str, user: UserId | None = None) -> Program:
        program = Program(server, await store.write(tokens.create, f"the {role} program", role, user))
        opened.append(program)
        return program

    yield bearing
    for program in opened:
        await program.close()


@pytest.fixture
async def admin(bearing: Bearing) -> Program:
    return await bearing("admin")

"""Who is no member of a conversation's campaign does not learn that it exists, whatever URL he tries."""

from io import BytesIO

import pytest

from appliance.model.ids import InteractionId
from appliance.store import Store, messages
from tests.conftest import Team
from tests.web.conftest import Browser, SignIn

URLS = [
    ("GET", "/agent/interactions/{number}"),
    ("POST", "/agent/interactions/{number}/reading"),
    ("POST", "/agent/interactions/{number}/closure"),
    ("POST", "/agent/interactions/{number}/reopening"),
    ("POST", "/agent/interactions/{number}/assignment"),
    ("POST", "/agent/interactions/{number}/status"),
    ("POST", "/agent/interactions/{number}/priority"),
    ("POST", "/agent/interactions/{number}/replies"),
    ("POST", "/agent/interactions/{number}/forwards"),
    ("POST", "/agent/interactions/{number}/comments"),
    ("PUT", "/agent/interactions/{number}/draft"),
    ("DELETE", "/agent/interactions/{number}/draft"),
    ("POST", "/agent/interactions/{number}/draft/files"),
    ("POST", "/agent/interactions/{number}/draft/files/of/{message}"),
    ("DELETE", "/agent/interactions/{number}/draft/files/1"),
    ("POST", "/agent/messages/{message}/undo"),
    ("GET", "/agent/messages/{message}/body"),
    ("GET", "/agent/messages/{message}/raw"),
    ("GET", "/agent/messages/{message}/headers"),
    ("GET", "/agent/attachments/{attachment}"),
    ("GET", "/agent/inbox?view=open&campaign={campaign}"),
]
WORDS = {"to": [{"address": "eve@example.net"}], "text": "x", "html": "<p>x</p>"}


@pytest.mark.parametrize(("method", "path"), URLS)
async def test_a_stranger_finds_nothing(
    method: str, path: str, store: Store, parcel: InteractionId, as_user: SignIn, team: Team
) -> None:
    paolo = await as_user("paolo")
    (letter,) = await store.read(messages.of, team.emma, parcel)
    ids = {"number": parcel, "message": letter.id, "attachment": letter.attachments[0].id, "campaign": team.support}

    answer = await send(paolo, method, path.format(**ids))

    assert answer == 404
    assert len(await store.read(messages.of, team.emma, parcel)) == 1


@pytest.mark.parametrize("path", ["/agent/inbox?view=nonsense", "/agent/inbox?campaign=x", "/agent/interactions/99999"])
async def test_what_does_not_exist_is_not_found(path: str, as_user: SignIn) -> None:
    emma = await as_user("emma")

    assert (await emma.get(path)).status == 404


async def send(browser: Browser, method: str, path: str) -> int:
    content = {"data": {"user": "me", "status": "closed", "priority": "low"}} if is_form(path) else {"json": WORDS}
    if path.endswith("/files"):
        content = {"data": {"file": BytesIO(b"x")}}
    return (await browser.request(method, path, allow_redirects=False, **content)).status


def is_form(path: str) -> bool:
    return path.endswith(("assignment", "status", "priority"))

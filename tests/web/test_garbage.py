"""What no browser sends: it is refused as nonsense, and nobody looks for a fault of ours in the log."""

import asyncio
import logging

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from appliance.model.ids import InteractionId
from tests.conftest import Receive
from tests.web.conftest import SignIn

HUGE = ("9223372036854775808", "9" * 5000)
FILES = {
    "no boundary": ("multipart/form-data", b"abc"),
    "no form": ("text/plain", b"abc"),
    "no parts": ("multipart/form-data; boundary=x", b""),
    "a broken head": ("multipart/form-data; boundary=x", b"--x\r\nwithout a colon\r\n\r\nabc\r\n--x--\r\n"),
    "too many heads": ("multipart/form-data; boundary=x", b"--x\r\n" + b"A: b\r\n" * 20_000 + b"\r\n"),
}


@pytest.fixture
async def parcel(receive: Receive) -> InteractionId:
    (number,) = await receive("From: ada@example.org\nSubject: Parcel\n\nWhere is it?\n")
    return number


@pytest.mark.parametrize(
    "header",
    [
        b"Cookie: posthouse=\xff\xfe",
        b"Cookie: posthouse-form=\xff",
        b"X-CSRF-Token: \xff",
        b"Authorization: Bearer \xff",
        b"Content-Type: application/x-www-form-urlencoded; charset=nope",
        b"Content-Type: multipart/form-data",
    ],
)
@pytest.mark.parametrize("line", [b"POST /sign-in", b"POST /setup/token", b"GET /api/v1/users", b"GET /metrics"])
async def test_headers_of_a_stranger_never_break_us(
    server: TestServer, caplog: pytest.LogCaptureFixture, line: bytes, header: bytes
) -> None:
    status = await _said(server, line + b" HTTP/1.1\r\nHost: x\r\n" + header + b"\r\n")
    assert 200 <= status < 500
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


@pytest.mark.parametrize("header", ["Origin", "Referer"])
async def test_an_origin_that_is_no_url_is_another_site(as_user: SignIn, header: str) -> None:
    emma = await as_user("emma")
    assert (await emma.post("/account/theme", data={"theme": "dark"}, headers={header: "http://[::1"})).status == 403


@pytest.mark.parametrize("number", HUGE)
async def test_a_number_that_nothing_can_have_is_not_found(as_user: SignIn, parcel: InteractionId, number: str) -> None:
    emma = await as_user("emma")
    for path in ("/agent/interactions/{}", "/agent/messages/{}/body", "/agent/attachments/{}"):
        assert (await emma.get(path.format(number))).status == 404
    assert (await emma.get(f"/agent/inbox?campaign={number}")).status == 404
    for query in ("limit={}", "open={}", "after=2026|{}", "q=parcel&after=x|{}"):
        answer = await emma.get(f"/agent/inbox?{query.format(number)}", headers={"HX-Request": "true"})
        assert answer.status == 200, query
    assert (await emma.post(f"/agent/interactions/{parcel}/assignment", data={"user": number})).status < 500


@pytest.mark.parametrize("kind", FILES)
async def test_an_upload_that_is_none_is_refused_in_words(as_user: SignIn, parcel: InteractionId, kind: str) -> None:
    emma = await as_user("emma")
    type_, body = FILES[kind]
    answer = await emma.post(f"/agent/interactions/{parcel}/draft/files", data=body, headers={"Content-Type": type_})
    assert answer.status == 422, await answer.text()
    assert (await answer.json())["errors"][0]["message"] == "did not arrive whole"


async def test_a_browser_that_leaves_half_way_is_no_fault_of_ours(
    app: web.Application, caplog: pytest.LogCaptureFixture
) -> None:
    runner = web.AppRunner(app)  # as `serve` does: a request whose browser leaves is not cancelled
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    reader, writer = await asyncio.open_connection(*runner.addresses[0])
    head = "POST /sign-in HTTP/1.1\r\nHost: x\r\nCookie: posthouse-form=a\r\nContent-Length: 50000\r\n"
    kind = "Content-Type: application/x-www-form-urlencoded\r\nExpect: 100-continue\r\n\r\n"
    writer.write(f"{head}{kind}csrf=a&name=".encode())
    assert b"100 Continue" in await reader.readline()  # from here on the form is read
    writer.close()
    await writer.wait_closed()
    await runner.cleanup()
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


async def test_an_uploaded_file_has_a_safe_name_and_an_honest_type(as_user: SignIn, parcel: InteractionId) -> None:
    emma = await as_user("emma")
    body = (
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="..\\..\\etc/pass\xe2\x80\xaewd"\r\n'
        b"Content-Type: text/\xff\r\n\r\nabc\r\n--x--\r\n"
    )
    answer = await emma.post(
        f"/agent/interactions/{parcel}/draft/files",
        data=body,
        headers={"Content-Type": "multipart/form-data; boundary=x"},
    )
    (file,) = (await answer.json())["files"]
    assert (file["name"], file["type"]) == ("passwd", "application/octet-stream")


async def _said(server: TestServer, head: bytes) -> int:
    """The status that the bytes are answered with."""
    reader, writer = await asyncio.open_connection(server.host, server.port)
    body = b"csrf=%ff&username=a&password=b"
    writer.write(head + b"Content-Length: %d\r\nConnection: close\r\n\r\n" % len(body) + body)
    line = await reader.readline()
    writer.close()
    await writer.wait_closed()
    return int(line.split()[1])

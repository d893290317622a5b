"""The certificate that we sign ourselves, until the operator has one."""

import asyncio
import ssl
from pathlib import Path

import pytest

from appliance.domains import certificate
from appliance.settings import BadSettings, Settings


def settings(folder: Path, **tls: str) -> Settings:
    appliance = {"hostname": "mail.ours.test", "data": str(folder)}
    return Settings.model_validate({"appliance": appliance, "tls": tls})


async def test_a_client_that_trusts_it_finds_our_host_name_in_it(tmp_path: Path) -> None:
    certificate.make(settings(tmp_path))
    server = await asyncio.start_server(
        lambda reader, writer: writer.close(), "127.0.0.1", 0, ssl=certificate.context(settings(tmp_path))
    )
    trust = ssl.create_default_context(cafile=tmp_path / "tls.crt")
    async with server:
        host, port = server.sockets[0].getsockname()
        _, writer = await asyncio.open_connection(host, port, ssl=trust, server_hostname="mail.ours.test")
        writer.close()
        await writer.wait_closed()


def test_the_key_is_its_owner_s_alone_and_nothing_is_made_twice(tmp_path: Path) -> None:
    certificate.make(settings(tmp_path))
    before = (tmp_path / "tls.crt").read_bytes()
    certificate.make(settings(tmp_path))
    assert (tmp_path / "tls.crt").read_bytes() == before
    assert (tmp_path / "tls.key").stat().st_mode & 0o777 == 0o600


def test_without_one_there_is_no_tls_and_a_broken_one_is_named(tmp_path: Path) -> None:
    assert certificate.context(settings(tmp_path)) is None
    (tmp_path / "broken").write_text("not a certificate")
    broken = str(tmp_path / "broken")
    with pytest.raises(BadSettings, match=r"tls\.certificate: .*broken cannot be used"):
        certificate.context(settings(tmp_path, certificate=broken, key=broken))

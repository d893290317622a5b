"""The resolver against Debian's knot, and against silence."""

import contextlib
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from appliance.dns import DnsTrouble, Found, MailHosts, Resolver
from appliance.model.domain import ascii_name
from bench.peers.nameserver import Nameserver, Record, silent_server

ZONE = [
    Record("acme.test", "MX", "20 mx2.acme.test."),
    Record("acme.test", "MX", "10 MX1.acme.test."),
    Record("acme.test", "TXT", "v=spf1 ip4:192.0.2.1 -all"),
    Record("acme.test", "TXT", "x" * 600),
    Record("mx1.acme.test", "AAAA", "2001:db8::1"),
    Record("mx1.acme.test", "A", "192.0.2.1"),
    Record("null.test", "MX", "0 ."),
    Record("bare.test", "A", "192.0.2.2"),
    Record("empty.test", "TXT", "nothing else"),
    Record("1.2.0.192.in-addr.arpa", "PTR", "Mail.acme.test."),
    Record("xn--w-uga1v8h.test", "MX", "5 mx1.acme.test."),
]


@pytest.fixture
async def nameserver(tmp_path: Path) -> AsyncIterator[Nameserver]:
    async with Nameserver(tmp_path / "dns", ZONE, zones=["test"]) as nameserver:
        yield nameserver


async def test_mail_hosts_are_told_apart_from_every_way_to_have_none(nameserver: Nameserver) -> None:
    resolver = Resolver([nameserver.server])
    assert await resolver.mx("ACME.test") == MailHosts(Found.MX, ((10, "mx1.acme.test"), (20, "mx2.acme.test")))
    assert await resolver.mx("żółw.test") == MailHosts(Found.MX, ((5, "mx1.acme.test"),))
    assert await resolver.mx("bare.test") == MailHosts(Found.IMPLICIT, ((0, "bare.test"),))
    assert await resolver.mx("null.test") == MailHosts(Found.NULL)
    assert await resolver.mx("empty.test") == MailHosts(Found.NO_ADDRESS)
    assert await resolver.mx("nowhere.test") == MailHosts(Found.NO_DOMAIN)


@pytest.mark.parametrize(
    "name", ["", "a..test", "x" * 64 + ".test", ".".join(["x" * 60] * 5), "\udcff.test", "[", "a\x00b.."]
)
async def test_a_name_that_cannot_exist_does_not_exist(nameserver: Nameserver, name: str) -> None:
    resolver = Resolver([nameserver.server])
    with contextlib.suppress(DnsTrouble):  # knot refuses the root and what is not its own
        assert (await resolver.mx(name)).found is Found.NO_DOMAIN


async def test_addresses_texts_and_names_are_found(nameserver: Nameserver) -> None:
    resolver = Resolver([nameserver.server])
    assert await resolver.addresses("mx1.acme.test") == ("192.0.2.1", "2001:db8::1")
    assert await resolver.addresses("nowhere.test") == ()
    assert sorted(await resolver.txt("acme.test")) == ["v=spf1 ip4:192.0.2.1 -all", "x" * 600]
    assert await resolver.txt("nowhere.test") == ()
    assert await resolver.ptr("192.0.2.1") == ("mail.acme.test",)
    assert await resolver.exists("acme.test")
    assert not await resolver.exists("nowhere.test")


async def test_what_was_answered_is_kept_for_its_time_to_live(tmp_path: Path) -> None:
    async with Nameserver(tmp_path / "dns", ZONE) as nameserver:
        resolver = Resolver([nameserver.server], seconds=0.5)
        await resolver.mx("acme.test")
    assert (await resolver.mx("acme.test")).found is Found.MX
    with pytest.raises(DnsTrouble):
        await resolver.txt("acme.test")


async def test_a_refused_or_failed_question_is_trouble_and_not_an_answer(nameserver: Nameserver) -> None:
    resolver = Resolver([nameserver.server], seconds=0.5)
    for ask in (resolver.mx, resolver.addresses, resolver.txt, resolver.exists):
        with pytest.raises(DnsTrouble, match=r"not\.ours"):
            await ask("not.ours.example")


async def test_silence_ends_in_time() -> None:
    silence, server = silent_server()
    began = time.monotonic()
    with pytest.raises(DnsTrouble):
        await Resolver([server], seconds=0.3).mx("acme.test")
    assert time.monotonic() - began < 3
    silence.close()


async def test_a_second_server_answers_when_the_first_is_silent(nameserver: Nameserver) -> None:
    silence, server = silent_server()
    assert (await Resolver([server, nameserver.server], seconds=4).mx("acme.test")).found is Found.MX
    silence.close()


def test_names_are_spelled_in_ascii() -> None:
    assert ascii_name("Żółw.TEST.") == "xn--w-uga1v8h.test"
    with pytest.raises(ValueError, match="domain name"):
        ascii_name("a..b")


def test_the_systems_own_servers_are_the_default() -> None:
    assert Resolver()

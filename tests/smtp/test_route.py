"""Where mail goes next, asked of real DNS."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from appliance.dns import Resolver
from appliance.errors import Invalid
from appliance.model.delivery import Deferred, Refused
from appliance.smtp.hop import Hop, Tls
from appliance.smtp.route import Route, Router, read_hop
from bench.peers.nameserver import Nameserver, Record, silent_server

ZONE = [
    Record("acme.test", "MX", "10 mx1.acme.test."),
    Record("acme.test", "MX", "20 mx2.acme.test."),
    Record("acme.test", "MX", "20 mx3.acme.test."),
    Record("mx1.acme.test", "A", "192.0.2.1"),
    Record("mx1.acme.test", "AAAA", "2001:db8::1"),
    Record("mx2.acme.test", "A", "192.0.2.2"),
    Record("mx3.acme.test", "A", "192.0.2.3"),
    Record("bare.test", "A", "192.0.2.4"),
    Record("null.test", "MX", "0 ."),
    Record("dead.test", "MX", "10 nowhere.test."),
    Record("odd.test", "MX", "10 mx.not.ours.example."),
]


@pytest.fixture
async def resolver(tmp_path: Path) -> AsyncIterator[Resolver]:
    async with Nameserver(tmp_path / "dns", ZONE, zones=["test"]) as nameserver:
        yield Resolver([nameserver.server], seconds=1)


async def found(router: Router, domain: str) -> Route:
    route = await router.route(domain)
    assert isinstance(route, Route), route
    return route


async def test_mail_hosts_are_tried_by_preference_ipv4_first(resolver: Resolver) -> None:
    route = await found(Router(resolver), "acme.test")
    assert route.hops[0] == Hop("mx1.acme.test", 25, addresses=("192.0.2.1", "2001:db8::1"))
    assert {hop.host for hop in route.hops[1:]} == {"mx2.acme.test", "mx3.acme.test"}
    assert route.site == "mx1.acme.test,mx2.acme.test,mx3.acme.test"
    assert route.direct


async def test_hosts_of_equal_preference_share_the_load(resolver: Resolver) -> None:
    router = Router(resolver)
    assert {(await found(router, "acme.test")).hops[1].host for _ in range(50)} == {"mx2.acme.test", "mx3.acme.test"}


@pytest.mark.parametrize(
    ("domain", "reply"),
    [("null.test", "556 5.1.10"), ("nowhere.test", "550 5.1.2"), ("a..b", "550 5.1.2"), ("[x]", "550 5.1.2")],
)
async def test_a_domain_that_takes_no_mail_is_a_refusal(resolver: Resolver, domain: str, reply: str) -> None:
    outcome = await Router(resolver).route(domain)
    assert isinstance(outcome, Refused)
    assert outcome.reply.startswith(reply)


@pytest.mark.parametrize(
    ("domain", "reply"), [("dead.test", "451 4.4.4"), ("odd.test", "451 4.4.3"), ("x.example", "451 4.4.3")]
)
async def test_trouble_with_names_passes(resolver: Resolver, domain: str, reply: str) -> None:
    outcome = await Router(resolver).route(domain)
    assert isinstance(outcome, Deferred)
    assert outcome.reply.startswith(reply)
    assert not outcome.host_trouble


async def test_a_silent_name_server_delays_mail() -> None:
    silence, server = silent_server()
    assert isinstance(await Router(Resolver([server], seconds=0.2)).route("acme.test"), Deferred)
    silence.close()


@pytest.mark.parametrize("own", ["mx2.acme.test", "192.0.2.2"])
async def test_where_we_are_a_mail_host_only_more_wanted_ones_are_tried(resolver: Resolver, own: str) -> None:
    route = await found(Router(resolver, own=[own]), "acme.test")
    assert [hop.host for hop in route.hops] == ["mx1.acme.test"]


@pytest.mark.parametrize("domain", ["acme.test", "[192.0.2.1]", "[IPv6:2001:db8::1]"])
async def test_mail_never_goes_round_in_circles(resolver: Resolver, domain: str) -> None:
    outcome = await Router(resolver, own=["192.0.2.1", "2001:DB8::1"]).route(domain)
    assert isinstance(outcome, Refused)
    assert outcome.reply.startswith("554 5.4.6")


async def test_an_address_literal_is_called_directly(resolver: Resolver) -> None:
    assert (await found(Router(resolver), "[192.0.2.9]")).hops == (Hop("192.0.2.9", 25, addresses=("192.0.2.9",)),)
    assert (await found(Router(resolver), "[IPv6:2001:db8::9]")).site == "2001:db8::9"


async def test_routes_win_over_smarthosts_and_a_mailboxs_own_over_both(resolver: Resolver) -> None:
    router = Router(
        resolver, routes={"Żółw.test": "127.0.0.1:2526"}, smarthosts=["smtp://127.0.0.2:2527", "smtp://127.0.0.3"]
    )
    assert await router.route("xn--w-uga1v8h.test") == Route("127.0.0.1:2526", (Hop("127.0.0.1", 2526),), direct=False)
    smart = await found(router, "acme.test")
    assert smart.site == "127.0.0.2:2527,127.0.0.3:25"
    assert len(smart.hops) == 2
    own = await router.route("żółw.test", [Hop("127.0.0.4", 587)])
    assert own == Route("127.0.0.4:587", (Hop("127.0.0.4", 587),), direct=False)
    everything = Router(resolver, routes={"*": "127.0.0.5:25"}, smarthosts=["smtp://127.0.0.2"])
    assert (await found(everything, "acme.test")).site == "127.0.0.5:25"


def test_a_url_names_a_hop() -> None:
    assert read_hop("127.0.0.1:2526") == Hop("127.0.0.1", 2526)
    assert read_hop("[::1]:2526") == Hop("::1", 2526)
    assert read_hop("mx.example.net") == Hop("mx.example.net", 25)
    assert read_hop("smtp://ada%40acme.test:p%3Aw@mx.example.net") == Hop(
        "mx.example.net", 587, Tls.REQUIRED, verify=True, username="ada@acme.test", password="p:w"
    )
    assert read_hop("smtps://mx.example.net") == Hop("mx.example.net", 465, Tls.IMPLICIT, verify=True)
    assert read_hop("smtp://u:p@127.0.0.1:587?tls=required") == Hop(
        "127.0.0.1", 587, Tls.REQUIRED, username="u", password="p"
    )
    assert read_hop("smtp://u:p@mx.example.net?tls=none").tls is Tls.NONE


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://x",
        "smtp://",
        "smtp://x:99999",
        "smtp://x:y",
        "smtp://x?tls=maybe",
        "smtp://x?other=1",
        "smtp://x/path",
    ],
)
def test_a_bad_url_is_refused(url: str) -> None:
    with pytest.raises(Invalid, match="smtp"):
        read_hop(url)


def test_a_bad_url_is_refused_without_telling_its_password() -> None:
    with pytest.raises(Invalid) as caught:
        read_hop("smtp://user:secret@host:25?tls=maybe")
    assert "secret" not in str(caught.value)

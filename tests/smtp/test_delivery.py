"""Our SMTP client against a scripted server (every way to fail at every stage), smtp-sink and Debian's Postfix."""

import asyncio
import os
import re
import ssl
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import trustme
from hypothesis import given
from hypothesis import strategies as st

from appliance.model.delivery import Deferred, Delivered, Outcome, Refused, Unsure
from appliance.smtp.delivery import Connection, connect
from appliance.smtp.hop import Hop, Limits, Tls
from bench.peers.postfix import Postfix
from bench.peers.scripted import ACTS, STAGES, ScriptedMx
from bench.peers.sink import Sink
from bench.peers.smarthost import Smarthost

RAW = b"From: a@acme.test\r\nSubject: x\r\n\r\nHello\r\n"
BIG = RAW + b"0123456789012345678901234567890123456789012345678901234567890123456\r\n" * 150_000
PATIENT = Limits(*[10.0] * 11)
HURRIED = {
    "banner": replace(PATIENT, banner=0.25),
    "EHLO": replace(PATIENT, hello=0.25),
    "STARTTLS": replace(PATIENT, starttls=0.25),
    "MAIL": replace(PATIENT, mail=0.25),
    "RCPT": replace(PATIENT, rcpt=0.25),
    "DATA": replace(PATIENT, data=0.25),
    "body": replace(PATIENT, block=0.25),
    "dot": replace(PATIENT, dot=0.25),
    "QUIT": replace(PATIENT, quit=0.25),
}


async def nothing() -> None:
    pass


def hop(mx: ScriptedMx, tls: Tls = Tls.OPPORTUNISTIC, **more: str | bool) -> Hop:
    return replace(Hop("mx.test", mx.port, tls, addresses=(mx.host,)), **more)


async def opened(
    mx: ScriptedMx, tls: Tls = Tls.OPPORTUNISTIC, limits: Limits = PATIENT, **more: str | bool
) -> Connection:
    connection = await connect([hop(mx, tls, **more)], "acme.test", limits=limits)
    assert isinstance(connection, Connection), connection
    return connection


async def deliver(mx: ScriptedMx, raw: bytes = RAW, tls: Tls = Tls.OPPORTUNISTIC, limits: Limits = PATIENT) -> Outcome:
    connection = await connect([hop(mx, tls)], "acme.test", limits=limits)
    if isinstance(connection, Deferred):
        return connection
    outcome = await connection.send("a@acme.test", "b@example.net", raw, nothing)
    await connection.quit()
    return outcome


def expected(stage: str, act: str) -> tuple[type[Outcome], bool]:
    """The outcome of a cell of the table, and whether the whole host is to blame."""
    if stage in ("STARTTLS", "QUIT"):
        return Delivered, False
    if stage in ("banner", "EHLO"):
        return Deferred, True
    if act in ("4xx", "5xx"):
        return (Deferred if act == "4xx" else Refused), False
    return (Unsure, False) if stage == "dot" else (Deferred, True)


@pytest.mark.parametrize("offers", [("PIPELINING", "STARTTLS"), ("STARTTLS",)], ids=["pipelined", "step by step"])
@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("stage", STAGES)
async def test_every_failure_at_every_stage_has_its_outcome(stage: str, act: str, offers: Sequence[str]) -> None:
    script = {stage: act} if stage == "STARTTLS" else {stage: act, "STARTTLS": "5xx"}
    async with ScriptedMx(script, offers=offers) as mx:
        outcome = await deliver(mx, BIG if stage == "body" else RAW, limits=HURRIED[stage])
    kind, host_trouble = expected(stage, act)
    assert type(outcome) is kind, outcome
    assert getattr(outcome, "host_trouble", False) is host_trouble
    assert outcome.remote == f"mx.test [127.0.0.1]:{mx.port}"
    assert outcome.reply[:3].isdecimal()
    assert outcome.reply.isprintable()


@pytest.mark.parametrize("act", ACTS)
async def test_required_tls_that_fails_never_falls_back_to_plain_text(act: str) -> None:
    async with ScriptedMx({"STARTTLS": act}, offers=("STARTTLS",)) as mx:
        outcome = await deliver(mx, tls=Tls.REQUIRED, limits=HURRIED["STARTTLS"])
    assert isinstance(outcome, Deferred)
    assert outcome.host_trouble
    assert mx.mails == []


@pytest.mark.parametrize("act", ACTS)
async def test_opportunistic_tls_that_fails_is_tried_once_more_in_plain_and_told(act: str) -> None:
    async with ScriptedMx({"STARTTLS": act}, offers=("STARTTLS",)) as mx:
        connection = await opened(mx, limits=HURRIED["STARTTLS"])
        assert connection.tls == ""
        assert connection.tls_trouble
        assert mx.connections == 2
        connection.abort()


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def server_tls(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("mx.test").configure_cert(context)
    return context


@pytest.fixture(scope="module")
def checking(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


async def test_starttls_carries_the_mail_and_the_outcome_names_it(server_tls: ssl.SSLContext) -> None:
    async with ScriptedMx(offers=("STARTTLS", "PIPELINING"), tls=server_tls) as mx:
        outcome = await deliver(mx)
    assert isinstance(outcome, Delivered)
    assert outcome.tls.startswith("TLSv1.3 ")
    assert [command[:4] for command in mx.commands[:4]] == [b"EHLO", b"STAR", b"EHLO", b"MAIL"]


async def test_a_certificate_is_checked_when_asked_for(server_tls: ssl.SSLContext, checking: ssl.SSLContext) -> None:
    async with ScriptedMx(offers=("STARTTLS",), tls=server_tls) as mx:
        good = await connect([hop(mx, Tls.REQUIRED, verify=True)], "acme.test", limits=PATIENT, context=checking)
        assert isinstance(good, Connection)
        good.abort()
        named_otherwise = replace(hop(mx, Tls.REQUIRED, verify=True), host="other.test")
        bad = await connect([named_otherwise], "acme.test", limits=PATIENT, context=checking)
        assert isinstance(bad, Deferred)
        assert "certificate" in bad.reply


async def test_plain_text_behind_the_starttls_reply_is_not_believed(server_tls: ssl.SSLContext) -> None:
    injected = {"STARTTLS": b"220 ready\r\n250-evil\r\n250 AUTH PLAIN\r\n"}
    async with ScriptedMx(injected, offers=("STARTTLS",), tls=server_tls) as mx:
        outcome = await connect([hop(mx, Tls.REQUIRED)], "acme.test", limits=PATIENT)
    assert isinstance(outcome, Deferred)
    assert "STARTTLS" in outcome.reply


async def test_a_password_is_never_said_in_plain_text_unless_told_to() -> None:
    async with ScriptedMx({"STARTTLS": "5xx"}, offers=("STARTTLS", "AUTH PLAIN LOGIN")) as mx:
        outcome = await connect([hop(mx, username="u", password="p")], "acme.test", limits=PATIENT)
        assert isinstance(outcome, Deferred)
        mx.offers = ("AUTH PLAIN",)
        outcome = await connect([hop(mx, username="u", password="p")], "acme.test", limits=PATIENT)
        assert isinstance(outcome, Deferred)
        assert not [command for command in mx.commands if command.startswith(b"AUTH")]
        (await opened(mx, Tls.NONE, username="u", password="p")).abort()
    assert b"AUTH PLAIN AHUAcA==\r\n" in mx.commands
    assert "'p'" not in repr(hop(mx, username="u", password="p"))


async def test_a_wrong_password_delays_mail_and_bounces_none() -> None:
    async with ScriptedMx({"AUTH": b"535 5.7.8 wrong\r\n"}, offers=("AUTH LOGIN PLAIN",)) as mx:
        outcome = await connect([hop(mx, Tls.NONE, username="u", password="p")], "acme.test", limits=PATIENT)
    assert outcome == Deferred("535 5.7.8 wrong", f"mx.test [127.0.0.1]:{mx.port}", host_trouble=True)


async def test_helo_is_enough_for_an_old_server() -> None:
    async with ScriptedMx({"EHLO": b"502 what\r\n", "HELO": b"250 old.test\r\n"}) as mx:
        assert isinstance(await deliver(mx), Delivered)
    assert mx.commands[2].startswith(b"MAIL FROM:<a@acme.test>\r\n")


async def test_a_connection_carries_many_mails_and_survives_a_refusal() -> None:
    async with ScriptedMx() as mx:
        connection = await opened(mx)
        mx.script["RCPT"] = b"550 5.1.1 no such user\r\n"
        mx.script["DATA"] = b"554 5.5.1 no valid recipients\r\n"
        refused = await connection.send("a@acme.test", "nobody@example.net", RAW, nothing)
        assert refused == Refused("550 5.1.1 no such user", connection.remote)
        mx.script.clear()
        assert isinstance(await connection.send("a@acme.test", "b@example.net", RAW, nothing), Delivered)
        assert isinstance(await connection.send("", "b@example.net", RAW, nothing), Delivered)
        await connection.quit()
    assert mx.connections == 1
    assert mx.commands.count(b"RSET\r\n") == 1
    assert mx.mails == [RAW, RAW]


async def test_before_the_dot_everything_else_is_written_and_without_it_nothing_counts() -> None:
    async with ScriptedMx() as mx:
        connection = await opened(mx)

        async def full_disk() -> None:
            assert mx.mails == []
            raise OSError("disk full")

        with pytest.raises(OSError, match="disk full"):
            await connection.send("a@acme.test", "b@example.net", RAW, full_disk)
        assert not connection.alive
    assert mx.mails == []


async def test_a_loss_while_the_intent_is_committed_is_not_in_doubt() -> None:
    async with ScriptedMx() as mx:
        connection = await opened(mx)

        async def cut() -> None:
            mx.hang_up()
            while connection.alive:
                await asyncio.sleep(0)

        outcome = await connection.send("a@acme.test", "b@example.net", RAW, cut)
    assert isinstance(outcome, Deferred)
    assert outcome.host_trouble


async def test_a_reused_connection_that_was_closed_meanwhile_says_so() -> None:
    async with ScriptedMx() as mx:
        connection = await opened(mx)
        await connection.send("a@acme.test", "b@example.net", RAW, nothing)
        mx.say(b"421 4.4.2 idle too long\r\n")
        while connection.alive:
            await asyncio.sleep(0)
        outcome = await connection.send("a@acme.test", "b@example.net", RAW, nothing)
        assert outcome == Deferred("421 4.4.2 idle too long", connection.remote, host_trouble=True)
        assert connection.stale


@pytest.mark.parametrize(
    ("stage", "words", "host_trouble"),
    [
        ("MAIL", b"421 4.3.2 closing\r\n", True),
        ("RCPT", b"421 4.3.2 closing\r\n", True),
        ("dot", b"421 4.3.2 closing\r\n", True),
        ("MAIL", b"451 4.7.1 too many connections from you\r\n", True),
        ("MAIL", b"452 4.3.1 disk full\r\n", True),
        ("RCPT", b"451 4.7.1 greylisted, too many words\r\n", False),
        ("MAIL", b"450 4.1.8 sender unknown\r\n", False),
    ],
)
async def test_a_tired_host_is_told_from_an_unwanted_mail(stage: str, words: bytes, host_trouble: bool) -> None:
    async with ScriptedMx({stage: words}) as mx:
        outcome = await deliver(mx)
    assert outcome == Deferred(words.decode().strip(), f"mx.test [127.0.0.1]:{mx.port}", host_trouble=host_trouble)


@pytest.mark.parametrize(
    ("words", "outcome"),
    [
        (
            b"550-5.1.1 no such\r\n550-5.1.1 user here\r\n550 5.1.1 sorry\r\n",
            Refused("550 5.1.1 no such user here sorry"),
        ),
        (b"550\r\n", Refused("550")),
        (b"550 bare line feed\n", Refused("550 bare line feed")),
        (b"550 \x1b[31mred\x07\xff\r\n", Refused("550  [31mred \N{REPLACEMENT CHARACTER}")),
    ],
)
async def test_a_reply_of_many_lines_becomes_one(words: bytes, outcome: Refused) -> None:
    async with ScriptedMx({"RCPT": words}, offers=()) as mx:
        assert await deliver(mx) == replace(outcome, remote=f"mx.test [127.0.0.1]:{mx.port}")


@pytest.mark.parametrize(
    "words",
    [
        b"250-x\r\n" * 10_000,
        b"250 " + b"x" * 100_000,
        b"250-a\r\n251 b\r\n",
        b"999 x\r\n",
        b"\r\n",
        b"2500 x\r\n",
        b"354 go\r\n",
    ],
    ids=["endless", "long", "two codes", "no such code", "empty", "four digits", "out of place"],
)
async def test_a_reply_that_is_none_ends_the_conversation(words: bytes) -> None:
    async with ScriptedMx({"MAIL": words}, offers=()) as mx:
        outcome = await deliver(mx)
    assert isinstance(outcome, Deferred)
    assert outcome.host_trouble
    assert len(outcome.reply) < 300


async def test_the_size_limit_of_the_server_is_respected_before_sending() -> None:
    async with ScriptedMx(offers=("SIZE 100",)) as mx:
        outcome = await deliver(mx, RAW + b"x" * 200)
        assert isinstance(outcome, Refused)
        assert outcome.reply.startswith("552 5.3.4")
        assert isinstance(await deliver(mx, RAW), Delivered)
    assert f"MAIL FROM:<a@acme.test> SIZE={len(RAW)}\r\n".encode() in mx.commands


async def test_addresses_beyond_ascii_are_said_only_to_who_understands() -> None:
    async with ScriptedMx(offers=("8BITMIME",)) as mx:
        connection = await opened(mx)
        refused = await connection.send("a@acme.test", "żółw@example.net", RAW, nothing)
        assert isinstance(refused, Refused)
        assert isinstance(await connection.send("a@acme.test", "b@żółw.test", "ł".encode() + RAW, nothing), Delivered)
        connection.abort()
    assert b"RCPT TO:<b@xn--w-uga1v8h.test>\r\n" in mx.commands
    assert b"MAIL FROM:<a@acme.test> BODY=8BITMIME\r\n" in mx.commands


@pytest.mark.parametrize(
    "address", ["b@x.test>\r\nRCPT TO:<c@y.test", "b\n@x.test", "b c@x.test", "b@x.test\x00", "b@x\u2028y"]
)
async def test_no_command_can_be_smuggled_in_an_address(address: str) -> None:
    async with ScriptedMx() as mx:
        connection = await opened(mx)
        assert isinstance(await connection.send("a@acme.test", address, RAW, nothing), Refused)
        assert isinstance(await connection.send(address, "b@example.net", RAW, nothing), Refused)
        connection.abort()
    assert len(mx.commands) == 1


@given(body=st.lists(st.sampled_from([b".", b"\r\n", b"\n", b"\r", b"a", b"..", b"\r\n.\r\n", b"\n.\n"])).map(b"".join))
async def test_one_mail_stays_one_mail_whatever_its_lines(body: bytes) -> None:
    async with ScriptedMx() as mx:
        assert isinstance(await deliver(mx, RAW + body), Delivered)
    assert len(mx.mails) == 1
    lines = mx.mails[0].split(b"\r\n")
    assert b"\n" not in b"".join(lines)
    assert b"\r" not in b"".join(lines)
    assert not [line for line in lines if line.startswith(b".") and not line.startswith(b"..")]


@pytest.mark.parametrize("size", [65_535, 65_536, 65_537, 300_000])
async def test_a_mail_of_many_blocks_arrives_as_it_was(size: int) -> None:
    dots = (RAW + b"\r\n".join(b".%d" % at for at in range(100_000)))[: size - 20]
    dots = dots[: dots.rindex(b"\r\n") + 2]
    raw = dots + b"x" * (size - len(dots) - 2) + b"\r\n"
    async with ScriptedMx() as mx:
        assert isinstance(await deliver(mx, raw), Delivered)
    assert re.sub(rb"(?m)^\.", b"", mx.mails[0]) == raw


async def test_the_next_server_is_tried_when_one_is_down() -> None:
    async with ScriptedMx({"banner": "5xx"}) as sick, ScriptedMx() as well:
        connection = await connect([Hop("127.0.0.1", 1), hop(sick), hop(well)], "acme.test", limits=PATIENT)
        assert isinstance(connection, Connection)
        assert connection.hop.port == well.port
        connection.abort()
    nobody = await connect([Hop("127.0.0.1", 1)], "acme.test", limits=PATIENT)
    assert nobody == Deferred(
        "451 4.4.1 no connection: Connection refused", "127.0.0.1 [127.0.0.1]:1", host_trouble=True
    )


async def test_we_call_from_the_address_we_are_told() -> None:
    async with ScriptedMx() as mx:
        connection = await connect([hop(mx)], "acme.test", limits=PATIENT, source="127.0.0.9")
        assert isinstance(connection, Connection)
        assert mx._writers.copy().pop().get_extra_info("peername")[0] == "127.0.0.9"
        connection.abort()


async def test_postfix_gets_what_we_sent_and_says_who_is_unknown(postfix: Postfix) -> None:
    connection = await connect([Hop("mx.example.net", postfix.port, addresses=(postfix.host,))], "acme.test")
    assert isinstance(connection, Connection)
    body = RAW + b".\r\n..dots\r\n" + b"x" * 2000 + b"\r\n"
    unknown = await connection.send("a@acme.test", "nobody@example.net", body, nothing)
    assert isinstance(unknown, Refused)
    assert unknown.reply.startswith("550 5.1.1 ")
    foreign = await connection.send("a@acme.test", "bob@elsewhere.example", body, nothing)
    assert isinstance(foreign, Refused)
    for _ in range(3):
        assert isinstance(await connection.send("a@acme.test", "bob@example.net", body, nothing), Delivered)
    await connection.quit()
    mails = await postfix.delivered("bob@example.net", 3)
    assert all(mail.endswith(body.partition(b"\r\n\r\n")[2].replace(b"\r\n", b"\n")) for mail in mails)


async def test_a_big_mail_reaches_postfix(postfix: Postfix) -> None:
    connection = await connect([Hop("mx.example.net", postfix.port, addresses=(postfix.host,))], "acme.test")
    assert isinstance(connection, Connection)
    outcome = await connection.send("a@acme.test", "bob@example.net", BIG[:9_000_000], nothing)
    assert isinstance(outcome, Delivered)
    too_big = await connection.send("a@acme.test", "bob@example.net", BIG[:11_000_000] + BIG[:1_000], nothing)
    assert too_big == Refused(too_big.reply, connection.remote)
    assert "5.3.4" in too_big.reply
    await connection.quit()


@pytest.mark.skipif(os.geteuid() != 0, reason="Postfix starts as root")
async def test_a_smarthost_takes_our_password_over_tls(
    tmp_path: Path, authority: trustme.CA, checking: ssl.SSLContext
) -> None:
    chain, key = tmp_path / "chain.pem", tmp_path / "key.pem"
    certificate = authority.issue_cert("smarthost.example.net")
    certificate.cert_chain_pems[0].write_to_path(chain)
    certificate.private_key_pem.write_to_path(key)
    async with Smarthost({"ada": "secret"}, (chain, key)) as smarthost:
        with_password = Hop(
            "smarthost.example.net", smarthost.port, Tls.REQUIRED, True, "ada", "secret", (smarthost.host,)
        )
        connection = await connect([with_password], "acme.test", context=checking)
        assert isinstance(connection, Connection), connection
        outcome = await connection.send("a@acme.test", "bob@elsewhere.example", RAW, nothing)
        assert isinstance(outcome, Delivered)
        assert outcome.tls.startswith("TLSv1.3")
        await connection.quit()
        wrong = await connect([replace(with_password, password="wrong")], "acme.test", context=checking)
        assert isinstance(wrong, Deferred)
        assert wrong.reply.startswith("535 5.7.8")


async def test_smtp_sink_swallows_a_thousand_mails_on_one_connection(sink: Sink) -> None:
    connection = await connect([Hop(sink.host, sink.port)], "acme.test")
    assert isinstance(connection, Connection)
    for _ in range(1000):
        assert isinstance(await connection.send("a@acme.test", "b@example.net", RAW, nothing), Delivered)
    assert connection.sent == 1000
    await connection.quit()

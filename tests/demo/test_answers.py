"""What comes back from the outside world reads as real mail does."""

from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import Message

from appliance.demo import answers
from appliance.demo.letters.people import SOFIA
from appliance.mail.parse import parse
from appliance.model.mail import Kind

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
OURS = (
    "From: Acme Support <support@acme.test>\r\nTo: sofia.marchetti@posta.example\r\nSubject: Re: Pacco\r\n"
    "Message-ID: <ours@acme.test>\r\nIn-Reply-To: <hers@posta.example>\r\nReferences: {references}\r\n{more}"
    "Content-Type: text/plain; charset=utf-8\r\n\r\nBuongiorno,\r\n> lo sblocchiamo noi.\r\n"
)


def ours(references: str = "<hers@posta.example>", more: str = "") -> Message:
    return message_from_bytes(OURS.format(references=references, more=more).encode(), policy=policy.default)


def test_a_customer_answers_on_top_of_what_we_wrote_and_names_the_whole_thread() -> None:
    back = answers.answered(SOFIA, ours(), NOW)
    assert back
    assert (back.mail_from, back.to) == ("sofia.marchetti@posta.example", "support@acme.test")
    mail = parse(back.raw)
    assert mail.kind is Kind.PERSON
    assert mail.in_reply_to == ("ours@acme.test",)
    assert mail.references == ("hers@posta.example", "ours@acme.test")
    assert mail.subject == "Re: Pacco"
    assert mail.text.startswith(SOFIA.answers[0])
    assert "Acme Support ha scritto:\n> Buongiorno,\n>> lo sblocchiamo noi." in mail.text
    assert mail.snippet.startswith("Grazie per la risposta")


def test_a_customer_goes_on_where_he_was_and_falls_silent_when_he_is_content() -> None:
    references = "<hers@posta.example>"
    for expected in SOFIA.answers:
        back = answers.answered(SOFIA, ours(references), NOW)
        assert back
        mail = parse(back.raw)
        assert mail.text.startswith(expected)
        references += f" <ours@acme.test> <{mail.message_id}>"
    assert answers.answered(SOFIA, ours(references), NOW) is None


def test_the_answer_goes_where_reply_to_asks() -> None:
    back = answers.answered(SOFIA, ours(more="Reply-To: desk@acme.test\r\n"), NOW)
    assert back
    assert back.to == "desk@acme.test"


def test_nobody_answers_a_machine() -> None:
    assert answers.answered(SOFIA, ours(more="Auto-Submitted: auto-generated\r\n"), NOW) is None


def test_a_stranger_speaks_what_his_domain_suggests() -> None:
    assert answers.customer_at("ada.lovelace@post.it").language == "it"
    assert answers.customer_at("you@example.net").language == "en"
    assert answers.customer_at("Sofia.Marchetti@posta.example") is SOFIA


def test_an_absence_is_known_as_a_machines_answer() -> None:
    back = answers.absent(SOFIA, ours(), NOW)
    assert back.mail_from == ""
    assert parse(back.raw).kind is Kind.AUTO_REPLY


def test_a_bounce_names_the_mail_it_is_about() -> None:
    raw = ours().as_bytes(policy=policy.SMTP)
    back = answers.bounce("sofia.marchetti@posta.example", "support@acme.test", raw, NOW)
    mail = parse(back.raw)
    assert mail.kind is Kind.BOUNCE
    (report,) = mail.reports
    assert (report.message_id, report.recipient, report.action, report.status) == (
        "ours@acme.test",
        "sofia.marchetti@posta.example",
        "failed",
        "5.2.1",
    )

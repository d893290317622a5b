"""Bounces and complaints in the forms in which the world sends them."""

import pytest

from appliance.mail.parse import parse
from appliance.model.mail import Kind, Report

POSTFIX = """\
Return-Path: <>
From: MAILER-DAEMON@mx.acme.example (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
\tboundary="4Dxyz.1700000000/mx.acme.example"

This is a MIME-encapsulated message.

--4Dxyz.1700000000/mx.acme.example
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

This is the mail system at host mx.acme.example.

<zofia@Shop.example>: host mx.shop.example[192.0.2.1] said: 550 5.1.1
    <zofia@shop.example>: Recipient address rejected (in reply to RCPT TO command)

--4Dxyz.1700000000/mx.acme.example
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.acme.example
X-Postfix-Queue-ID: 4Dxyz
Arrival-Date: Mon,  5 Jan 2026 09:00:00 +0100 (CET)

Final-Recipient: rfc822; zofia@Shop.example
Original-Recipient: rfc822;zofia@shop.example
Action: failed
Status: 5.1.1
Remote-MTA: dns; mx.shop.example
Diagnostic-Code: smtp; 550 5.1.1 <zofia@shop.example>: Recipient address
    rejected

--4Dxyz.1700000000/mx.acme.example
Content-Description: Undelivered Message
Content-Type: message/rfc822

Return-Path: <b+1@acme.example>
Message-ID: <original-1@acme.example>
From: help@acme.example
Subject: Re: 5.7.1 in a subject decides nothing

body
--4Dxyz.1700000000/mx.acme.example--
"""

EXCHANGE = """\
From: <postmaster@corp.example>
Subject: Undeliverable: Hello
MIME-Version: 1.0
X-MS-Exchange-Message-Is-Ndr:
Content-Type: multipart/report; report-type=delivery-status; boundary="x1"

--x1
Content-Type: multipart/alternative; boundary="x2"

--x2
Content-Type: text/plain

Your message to mario@corp.example couldn't be delivered.
--x2
Content-Type: text/html

<p>Your message to mario@corp.example couldn't be delivered.</p>
--x2--
--x1
Content-Type: message/delivery-status

Reporting-MTA: dns;EX1.corp.example

Final-Recipient: rfc822;mario@corp.example
Action: failed
Status: 5.2.2
Diagnostic-Code: smtp;554 5.2.2 mailbox full;STOREDRV.Deliver

Final-Recipient: rfc822;anna@corp.example
Action: delayed
Status: 4.4.7

--x1
Content-Type: text/rfc822-headers

Message-ID:
 <original-2@acme.example>
Subject: Hello
--x1--
"""

QMAIL = """\
Return-Path: <>
From: MAILER-DAEMON@old.example
To: help@acme.example
Subject: failure notice

Hi. This is the qmail-send program at old.example.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<juan@Old.example>:
Sorry, no mailbox here by that name. (#5.1.1)

<ana@old.example>:
192.0.2.7 does not like recipient.
Remote host said: 552 5.2.2 Over quota
Giving up on 192.0.2.7.

--- Below this line is a copy of the message.

Return-Path: <help@acme.example>
Message-ID: <original-3@acme.example>
Subject: Hola

<not@a.recipient>:
"""

EXIM = """\
Return-path: <>
X-Failed-Recipients: jan@poczta.example
Auto-Submitted: auto-replied
From: Mail Delivery System <Mailer-Daemon@exim.example>
Subject: Mail delivery failed: returning message to sender

This message was created automatically by mail delivery software.

  jan@poczta.example
    host mx.poczta.example [192.0.2.9]
    SMTP error from remote mail server after RCPT TO:<jan@poczta.example>:
    550 5.7.1 Refused by policy

------ This is a copy of the message, including all the headers. ------

Return-path: <help@acme.example>
Message-Id: <original-4@acme.example>

body with 4.2.2 in it
"""

COMPLAINT = """\
From: <abuse@provider.example>
Subject: FW: News
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="part"

--part
Content-Type: text/plain

This is an email abuse report.
--part
Content-Type: message/feedback-report

Feedback-Type: abuse
User-Agent: SomeGenerator/1.0
Version: 1
Original-Mail-From: <b+5@acme.example>
Original-Rcpt-To: <complain@provider.example>

--part
Content-Type: message/rfc822

From: news@acme.example
Message-ID: <original-5@acme.example>
Subject: News

body
--part--
"""


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_a_bounce_of_postfix_tells_recipient_status_and_mail(line_end: str) -> None:
    mail = parse(POSTFIX.replace("\n", line_end).encode())
    assert mail.kind is Kind.BOUNCE
    assert mail.reports == (
        Report(
            "original-1@acme.example",
            "zofia@shop.example",
            "failed",
            "5.1.1",
            "550 5.1.1 <zofia@shop.example>: Recipient address rejected",
        ),
    )
    assert mail.text.startswith("This is the mail system")
    assert [part.name for part in mail.parts][1:] == ["Re 5.7.1 in a subject decides nothing.eml"]


def test_a_bounce_of_exchange_reports_each_recipient() -> None:
    mail = parse(EXCHANGE.encode())
    assert mail.kind is Kind.BOUNCE
    assert [(report.recipient, report.action, report.status) for report in mail.reports] == [
        ("mario@corp.example", "failed", "5.2.2"),
        ("anna@corp.example", "delayed", "4.4.7"),
    ]
    assert {report.message_id for report in mail.reports} == {"original-2@acme.example"}


def test_a_bounce_of_qmail_is_read_though_it_has_no_structure() -> None:
    mail = parse(QMAIL.encode())
    assert mail.kind is Kind.BOUNCE
    assert [(report.message_id, report.recipient, report.status) for report in mail.reports] == [
        ("original-3@acme.example", "juan@old.example", "5.1.1"),
        ("original-3@acme.example", "ana@old.example", "5.2.2"),
    ]


def test_a_bounce_of_exim_is_read_by_its_header() -> None:
    mail = parse(EXIM.encode())
    assert mail.kind is Kind.BOUNCE
    report = mail.reports[0]
    assert (report.message_id, report.recipient, report.status) == (
        "original-4@acme.example",
        "jan@poczta.example",
        "5.7.1",
    )


def test_a_complaint_names_the_mail_it_is_about() -> None:
    mail = parse(COMPLAINT.encode())
    assert mail.kind is Kind.COMPLAINT
    assert mail.reports == (
        Report("original-5@acme.example", "complain@provider.example", "abuse", "", "SomeGenerator/1.0"),
    )


def test_not_spam_is_no_complaint_about_us() -> None:
    assert parse(COMPLAINT.replace("Type: abuse", "Type: not-spam").encode()).reports == ()


def test_a_status_in_somebodys_words_is_no_report() -> None:
    mail = parse(
        b"From: ada@acme.example\n\nI got 550 5.1.1 when writing to you. Hi. This is the qmail-send program\n<a@b.c>:\n"
    )
    assert mail.kind is Kind.PERSON
    assert mail.reports == ()


@pytest.mark.parametrize("cut", range(0, len(POSTFIX), 97))
def test_half_a_bounce_is_still_read(cut: int) -> None:
    for report in parse(POSTFIX[:cut].encode()).reports:
        assert report.action == "failed"

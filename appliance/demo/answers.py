"""What comes back from the outside world: a customer's answer, a note of absence, a bounce."""

import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage, Message
from email.utils import format_datetime, getaddresses, parseaddr

from appliance.demo.letter import POLICY, Customer, quoted
from appliance.demo.letters.people import CUSTOMERS, STRANGERS

_KNOWN = {customer.address: customer for customer in CUSTOMERS}
_MARK = "answer-"  # begins the Message-IDs of answers, so that References tell how many there were

_ATTRIBUTIONS = {
    "en": "On {when:%d %b %Y at %H:%M}, {who} wrote:",
    "it": "Il giorno {when:%d/%m/%Y} alle ore {when:%H:%M} {who} ha scritto:",
    "es": "El {when:%d/%m/%Y} a las {when:%H:%M}, {who} escribió:",
    "pl": "W dniu {when:%d.%m.%Y} o {when:%H:%M}, {who} pisze:",
}
_ABSENCES = {
    "en": ("Out of office", "I am away until Monday and read no mail. In urgent cases please call my colleagues."),
    "it": ("Fuori ufficio", "Sono assente fino a lunedì e non leggo la posta."),
    "es": ("Fuera de la oficina", "Estoy fuera hasta el lunes y no leo el correo."),
    "pl": ("Poza biurem", "Jestem poza biurem do poniedziałku i nie czytam poczty."),
}


@dataclass(frozen=True, slots=True)
class Back:
    """A mail on its way back to us."""

    mail_from: str  # "" for the null reverse-path
    to: str
    raw: bytes


def customer_at(address: str) -> Customer:
    """The one we know, or somebody who speaks what his top-level domain suggests."""
    local, _, domain = address.rpartition("@")
    tld = domain.rpartition(".")[2]
    language = tld if tld in STRANGERS else "en"
    name = local.replace(".", " ").title()
    return _KNOWN.get(address.lower()) or Customer(name, address, language, STRANGERS[language])


def answered(customer: Customer, mail: Message, now: datetime) -> Back | None:
    """What the customer says to this mail of ours; None when he is content, or when no person wrote it."""
    if mail.get("Auto-Submitted", "no").strip().lower() != "no":
        return None
    before = _ids(mail.get("References", ""))
    turn = sum(each.startswith(_MARK) and each.endswith(f"@{customer.domain}") for each in before)
    if turn >= len(customer.answers):
        return None
    answer = _reply(customer, mail, now, f"{_MARK}{secrets.token_hex(8)}@{customer.domain}")
    answer["Subject"] = _re(_subject(mail))
    who = parseaddr(str(mail.get("From", "")))[0] or "Acme"
    attribution = _ATTRIBUTIONS[customer.language].format(when=now, who=who)
    answer.set_content(f"{customer.answers[turn]}\n\n{attribution}\n{quoted(_text(mail))}\n")
    return _back(customer.address, answer)


def absent(customer: Customer, mail: Message, now: datetime) -> Back:
    """A note that nobody wrote (RFC 3834)."""
    title, words = _ABSENCES[customer.language]
    note = _reply(customer, mail, now, f"away-{secrets.token_hex(8)}@{customer.domain}")
    note["Subject"] = f"{title}: {_subject(mail)}"
    note["Auto-Submitted"] = "auto-replied"
    note.set_content(f"{words}\n\n{customer.name}\n")
    return Back("", str(note["To"]), note.as_bytes(policy=POLICY))


def bounce(recipient: str, mail_from: str, raw: bytes, now: datetime) -> Back:
    """A delivery status notification (RFC 3464) for a mail that was accepted and then could not be delivered."""
    domain = recipient.rpartition("@")[2]
    head = raw.partition(b"\r\n\r\n")[0] + b"\r\n"
    boundary = f"dsn-{secrets.token_hex(8)}"
    lines = (
        f"From: Mail Delivery System <MAILER-DAEMON@{domain}>",
        f"To: <{mail_from}>",
        "Subject: Undelivered Mail Returned to Sender",
        f"Date: {format_datetime(now)}",
        f"Message-ID: <{secrets.token_hex(8)}@{domain}>",
        "Auto-Submitted: auto-replied",
        "MIME-Version: 1.0",
        f'Content-Type: multipart/report; report-type=delivery-status; boundary="{boundary}"',
        "",
        f"--{boundary}",
        "Content-Type: text/plain; charset=us-ascii",
        "",
        f"Your message to <{recipient}> was accepted, but the mailbox has been closed since.",
        "",
        f"--{boundary}",
        "Content-Type: message/delivery-status",
        "",
        f"Reporting-MTA: dns; mx.{domain}",
        "",
        f"Final-Recipient: rfc822; {recipient}",
        "Action: failed",
        "Status: 5.2.1",
        "Diagnostic-Code: smtp; 550 5.2.1 The mailbox was closed last month",
        "",
        f"--{boundary}",
        "Content-Type: text/rfc822-headers",
        "",
        "",
    )
    return Back("", mail_from, "\r\n".join(lines).encode("ascii") + head + f"\r\n--{boundary}--\r\n".encode("ascii"))


def _reply(customer: Customer, mail: Message, now: datetime, message_id: str) -> EmailMessage:
    """All of the header but the subject: it goes where Reply-To asks, and names the thread (RFC 5322, 3.6.4)."""
    ours = _ids(mail.get("Message-ID", ""))
    answer = EmailMessage(policy=POLICY)
    answer["Date"] = format_datetime(now)
    answer["From"] = customer.header
    answer["To"] = getaddresses([str(mail.get("Reply-To") or mail.get("From", ""))])[0][1]
    answer["Message-ID"] = f"<{message_id}>"
    answer["In-Reply-To"] = " ".join(f"<{each}>" for each in ours)
    answer["References"] = " ".join(f"<{each}>" for each in (*_ids(mail.get("References", "")), *ours))
    return answer


def _back(sender: str, mail: EmailMessage) -> Back:
    return Back(sender, str(mail["To"]), mail.as_bytes(policy=POLICY))


def _ids(value: object) -> list[str]:
    return re.findall(r"<([^<>\s]+)>", str(value))


def _subject(mail: Message) -> str:
    return str(mail.get("Subject", ""))


def _re(subject: str) -> str:
    return subject if subject.lower().startswith("re:") else f"Re: {subject}"


def _text(mail: Message) -> str:
    body = mail.get_body(("plain", "html")) if isinstance(mail, EmailMessage) else None
    return str(body.get_content()).strip() if body else ""

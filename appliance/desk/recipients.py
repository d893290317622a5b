"""Who an answer goes to, before anybody changes it: reply to the customer, reply to all, forward to nobody yet."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from appliance.model.interaction import Conversation, Message
from appliance.model.mail import Address, Kind


@dataclass(frozen=True, slots=True)
class Recipients:
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()


def suggested(conversation: Conversation) -> dict[str, Recipients]:
    """By mode of the composer: reply, reply_all, forward."""
    letter = answered(conversation.messages)
    customer = (Address(conversation.contact.name, conversation.interaction.address),)
    to = authors(letter) if letter else ()
    others = (*letter.to, *letter.cc) if letter else ()
    ours = {conversation.from_address.lower(), *(each.address.lower() for each in to)}
    everybody = to or customer
    return {
        "reply": Recipients(to or customer),
        "reply_all": Recipients(everybody, _without(others, ours)),
        "forward": Recipients(),
    }


def answered(messages: Sequence[Message]) -> Message | None:
    """The newest mail a person wrote to us, or else our own newest: nobody means to answer a bounce."""
    mails = [each for each in reversed(messages) if each.direction != "comment"]
    people = (each for each in mails if each.direction == "in" and each.kind in (Kind.PERSON, Kind.BULK))
    return next(people, None) or next((each for each in mails if each.direction == "out"), None)


def authors(letter: Message) -> tuple[Address, ...]:
    """Where its author wants the answer (RFC 5322 3.6.2); for a mail of ours, who it went to."""
    if letter.direction == "out":
        return letter.to
    return letter.reply_to or ((letter.sender,) if letter.sender.address else ())


def _without(addresses: Iterable[Address], known: set[str]) -> tuple[Address, ...]:
    """Each address once, and none of the known."""
    left: dict[str, Address] = {}
    for each in addresses:
        if each.address.lower() not in known:
            left.setdefault(each.address.lower(), each)
    return tuple(left.values())

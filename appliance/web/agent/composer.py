"""What the composer starts from: the draft that was kept, or an empty letter to the right people."""

from dataclasses import asdict

from appliance.desk.recipients import suggested
from appliance.model.interaction import Conversation, Draft
from appliance.model.mail import Address


def begun(conversation: Conversation) -> dict[str, object]:
    """JSON for the page's script."""
    newest = max((each.id for each in conversation.messages), default=None)
    mails = [each for each in conversation.messages if each.direction != "comment"]
    return {
        "number": conversation.interaction.id,
        "seen": newest,
        "forwards": mails[-1].id if mails else None,
        "suggested": {
            mode: {"to": _people(each.to), "cc": _people(each.cc)} for mode, each in suggested(conversation).items()
        },
        "signature": conversation.signature,
        "draft": _draft(conversation.draft) if conversation.draft else None,
    }


def _draft(draft: Draft) -> dict[str, object]:
    return {
        "mode": draft.mode,
        "to": _people(draft.to),
        "cc": _people(draft.cc),
        "bcc": _people(draft.bcc),
        "html": draft.html,
        "files": [asdict(file) for file in draft.files],
        "version": draft.version,
        "saved": draft.saved_at.isoformat(),
    }


def _people(addresses: tuple[Address, ...]) -> list[dict[str, str]]:
    return [asdict(each) for each in addresses]

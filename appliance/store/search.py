"""Search: folded words of every message, and who may find them."""

import re
import unicodedata
from dataclasses import dataclass

from appliance.model.ids import CampaignId, InteractionId, MessageId, UserId
from appliance.model.interaction import Interaction, Page
from appliance.model.user import Actor
from appliance.store import Tx, View, interactions

# Letters that Unicode does not take apart: fold the index and the question with the same table.
_LETTERS = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ß": "ss", "æ": "ae", "œ": "oe", "\u0131": "i"})
_WORD = re.compile(r"\w+")
_BODY_CHARACTERS = 100_000


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked of interactions; None asks nothing."""

    campaign: CampaignId | None = None
    status: str | None = None  # code
    priority: str | None = None  # code
    agent: UserId | None = None  # 0: nobody's
    number: InteractionId | None = None
    words: str | None = None


def fold(text: str) -> str:
    """The text as search sees it: lower case, without accents, `ł` as `l`."""
    apart = unicodedata.normalize("NFKD", text.lower().translate(_LETTERS))
    return "".join(letter for letter in apart if not unicodedata.combining(letter))


def add(tx: Tx, message: MessageId, campaign: CampaignId, subject: str, people: str, body: str, files: str) -> None:
    """Make a message findable by its subject, people, body and file names."""
    tx.run(
        """
        INSERT INTO found (rowid, subject, people, body, files, campaign)
        VALUES (:message, :subject, :people, :body, :files, :campaign)
        """,
        message=message,
        subject=fold(subject),
        people=fold(people),
        body=fold(body[:_BODY_CHARACTERS]),
        files=fold(files),
        campaign=f"campaign{campaign}",
    )


def found(view: View, actor: Actor, words: str, *, after: str | None = None, limit: int = 50) -> Page:
    """The interactions with a message that has all the words (the last may be begun only), the newest first."""
    asked = _WORD.findall(fold(words))
    if not asked:
        return Page((), None)
    return interactions.page_of(
        view, actor, [interactions.MAY_SEE, _having(asked)], after=after, limit=limit, question=_question(asked)
    )


def matching(
    view: View, actor: Actor, wanted: Wanted, *, after: InteractionId | None = None, limit: int = 50
) -> tuple[Interaction, ...]:
    """The interactions that are as wanted, open and closed, the newest number first."""
    asked = _WORD.findall(fold(wanted.words or ""))
    if wanted.words is not None and not asked:
        return ()
    conditions = [
        condition
        for value, condition in (
            (wanted.campaign, "i.campaign = :campaign"),
            (wanted.status, "statuses.code = :status"),
            (wanted.priority, "priorities.code = :priority"),
            (wanted.agent, "i.agent IS nullif(:agent, 0)"),
            (wanted.number, "i.id = :number"),
        )
        if value is not None
    ]
    return interactions.numbered(
        view,
        actor,
        [*conditions, *([_having(asked)] if asked else [])],
        after=after,
        limit=limit,
        campaign=wanted.campaign,
        status=wanted.status,
        priority=wanted.priority,
        agent=wanted.agent,
        number=wanted.number,
        question=_question(asked),
    )


def _having(asked: list[str]) -> str:
    """The condition that a message has the words, or that the one word is the interaction's number."""
    number = f"OR i.id = {int(asked[0])}" if len(asked) == 1 and asked[0].isdecimal() and len(asked[0]) < 18 else ""
    return f"""(i.id IN (SELECT interaction FROM messages WHERE id IN (
        SELECT rowid FROM found WHERE found MATCH :question ORDER BY rowid DESC LIMIT 1000)) {number})"""


def _question(asked: list[str]) -> str:
    return " ".join(f'"{word}"' for word in asked) + "*"

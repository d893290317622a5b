"""What the API takes and gives of interactions and their messages."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from appliance.desk.answer import Writing
from appliance.model import interaction as model
from appliance.model.ids import CampaignId, InteractionId, MessageId, UserId
from appliance.model.mail import Part
from appliance.store.search import Wanted
from appliance.web.api.fields import Content, FileName, Id, MimeType, Moment, Recipient, State, Text, to_address, unset
from appliance.web.api.schemas import Answer, Body, Paging

# The outcome of a mail to several people is that of the copy that fared worst.
_WORST_FIRST = ("failed", "suppressed", "unsure", "held", "cancelled", "deferred", "ready", "leased", "sending")


class InteractionFilter(Paging):
    campaign: Id | None = None
    status: str | None = Field(default=None, description="code of a status")
    priority: str | None = Field(default=None, description="code of a priority")
    agent: Id | Literal["none"] | None = Field(default=None, description="id of a user, or `none`")
    number: Id | None = None
    q: str | None = Field(default=None, min_length=1, max_length=500, description="words that a message has")

    def wanted(self) -> Wanted:
        return Wanted(
            campaign=None if self.campaign is None else CampaignId(self.campaign),
            status=self.status,
            priority=self.priority,
            agent=None if self.agent is None else UserId(0 if self.agent == "none" else self.agent),
            number=None if self.number is None else InteractionId(self.number),
            words=self.q,
        )


class InteractionChange(Body):
    status: str = unset()
    priority: str = unset()


class Contact(Answer):
    name: str
    email: str


class Agent(Answer):
    id: Id
    name: str


class Interaction(Answer):
    number: Id
    campaign: Id
    contact: Contact
    subject: str
    status: str
    category: str | None = Field(default=None, description="always null: categories come with a later release")
    priority: str
    agent: Agent | None
    open: bool
    unread: bool
    attention: str = Field(description="why a person must look, mostly empty")
    waiting_since: Moment | None
    created_at: Moment
    changed_at: Moment
    closed_at: Moment | None
    alarms: list[str] = Field(default=[], description="always empty: alarms come with a later release")

    @classmethod
    def of(cls, found: model.Interaction) -> Self:
        return cls(
            number=found.id,
            campaign=found.campaign,
            contact=Contact(name=found.name, email=found.address),
            subject=found.subject,
            status=found.status,
            priority=found.priority,
            agent=Agent(id=found.agent, name=found.agent_name) if found.agent is not None else None,
            open=found.open,
            unread=found.unread,
            attention=found.attention,
            waiting_since=found.waiting_since,
            created_at=found.created_at,
            changed_at=found.changed_at,
            closed_at=found.closed_at,
        )


class Assignment(Body):
    user: Id | None = Field(description="null: nobody")


class Closure(Body):
    """Nothing need be said."""


class File(Body):
    name: FileName
    type: MimeType = "application/octet-stream"
    content: Content

    def part(self) -> Part:
        return Part(self.name, self.type.lower(), "", False, self.content)


class Forward(Body):
    """A mail sent on; of `text` and `html` one is enough, the other is made from it."""

    text: Text = ""
    html: Text = ""
    to: list[Recipient]
    cc: list[Recipient] = Field(default=[])
    bcc: list[Recipient] = Field(default=[])
    attachments: list[File] = Field(default=[], max_length=100)
    history: bool = Field(default=False, description="quote the conversation below")
    seen: Id | None = Field(
        default=None, description="the newest message you know of: 409 when something newer has come; null: no check"
    )

    def writing(self) -> Writing:
        return Writing(
            to=tuple(map(to_address, self.to)),
            cc=tuple(map(to_address, self.cc)),
            bcc=tuple(map(to_address, self.bcc)),
            html=self.html,
            text=self.text,
            parts=tuple(file.part() for file in self.attachments),
            history=self.history,
            seen=None if self.seen is None else MessageId(self.seen),
        )


class Reply(Forward):
    """An answer; of `text` and `html` one is enough. Without `to` it goes to the customer."""

    to: list[Recipient] = Field(default=[])

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not (self.text.strip() or self.html.strip()):
            raise ValueError("needs a text or html")
        return self


class Comment(Body):
    text: Annotated[Text, Field(min_length=1)]


class Attachment(Answer):
    id: Id
    name: str
    size: int
    type: str


class Delivery(Answer):
    recipient: str
    state: State
    reply: str = Field(description="the last words of the other side")
    next_at: Moment
    done_at: Moment | None


class Message(Answer):
    id: Id
    interaction: Id
    direction: model.Direction
    sender: str = Field(serialization_alias="from", description="an address; empty for a comment")
    from_name: str
    to: list[str]
    cc: list[str]
    bcc: list[str]
    subject: str
    date: Moment
    text: str
    html: str = Field(description="made safe; empty when there is none")
    attachments: list[Attachment]
    delivery: Delivery | None = Field(description="of the copy that fared worst; null unless we sent it")
    deliveries: list[Delivery] = Field(description="one for each recipient")

    @classmethod
    def of(cls, found: model.Message) -> Self:
        worst = min(found.deliveries, key=lambda each: _rank(each.state), default=None)
        return cls(
            id=found.id,
            interaction=found.interaction,
            direction=found.direction,
            sender=found.sender.address,
            from_name=found.sender.name,
            to=[each.address for each in found.to],
            cc=[each.address for each in found.cc],
            bcc=[each.address for each in found.bcc],
            subject=found.subject,
            date=found.written_at,
            text=found.text,
            html=found.html,
            attachments=[Attachment.model_validate(each) for each in found.attachments],
            delivery=Delivery.model_validate(worst) if worst else None,
            deliveries=[Delivery.model_validate(each) for each in found.deliveries],
        )


def _rank(state: str) -> int:
    return _WORST_FIRST.index(state) if state in _WORST_FIRST else len(_WORST_FIRST)

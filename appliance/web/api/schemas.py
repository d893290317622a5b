"""What the API takes and gives, the one source of its checks and of its description: lists, and what is set up."""

from typing import Annotated, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from appliance.web.api.fields import (
    Count,
    Cursor,
    Eligibility,
    Id,
    Language,
    Line,
    MaybeLine,
    Moment,
    Order,
    PlainAddress,
    Role,
    State,
    Text,
    Zone,
    unset,
)

T = TypeVar("T")


class Body(BaseModel):
    """What is sent to us: a field that we do not know is refused, and no type is guessed."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Query(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Answer(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class Paging(Query):
    after: Cursor | None = None
    limit: int = Field(default=50, ge=1, le=200)


class Listed(Answer, Generic[T]):
    """A page of a list, the newest first; `next` is the cursor of the page after it, null on the last."""

    items: list[T]
    next: str | None


# Users -------------------------------------------------------------------------------------------------------------


class UserChange(Body):
    username: str = unset()
    name: Line = unset()
    email: str = unset()
    roles: list[Role] = unset()
    password: str = unset()
    enabled: bool = unset()
    language: Language = unset()
    time_zone: Zone = unset()
    screen_monitoring: bool = unset()


class NewUser(UserChange):
    """Without a password nobody can sign in as this user yet."""

    username: str
    name: Line
    roles: list[Role]


class User(Answer):
    id: Id
    username: str
    name: str
    email: str
    roles: list[Role]
    enabled: bool
    language: Language
    time_zone: str
    screen_monitoring: bool


# Mailboxes and campaigns -------------------------------------------------------------------------------------------


class MailboxChange(Body):
    address: str = unset()
    aliases: list[str] = unset()
    receive: bool = unset()


class NewMailbox(MailboxChange):
    address: str
    kind: Literal["local", "external"] = "local"


class Mailbox(Answer):
    id: Id
    address: str
    aliases: list[str]
    kind: Literal["local", "external"]
    receive: bool


class CampaignChange(Body):
    name: Line = unset()
    mailbox: Id = unset()
    from_name: MaybeLine = unset()
    reply_to: Annotated[list[PlainAddress], Field(max_length=10)] = unset()
    enabled: bool = unset()
    receive: bool = unset()
    eligibility: Eligibility = unset()
    order: Order = unset()
    max_interactions: Count | None = unset()
    max_in_queue: Count | None = unset()
    service_level_seconds: Annotated[int, Field(ge=1, le=31_536_000)] = unset()
    time_zone: Zone = unset()
    signature: Annotated[Text, Field(description="HTML; made safe when it is kept")] = unset()


class NewCampaign(CampaignChange):
    name: Line
    mailbox: Id


class Campaign(Answer):
    id: Id
    name: str
    mailbox: Id
    from_name: str
    reply_to: list[str]
    enabled: bool
    receive: bool
    eligibility: Eligibility
    order: Order
    max_interactions: int | None
    max_in_queue: int | None
    service_level_seconds: int
    time_zone: str
    signature: str


class Membership(Body):
    penalty: int = Field(default=0, ge=0, le=100, description="lower gets more")
    position: int = Field(default=0, ge=0, le=1_000_000)
    receive: bool = True
    start: bool = True


class Member(Answer):
    user: Id
    penalty: int
    position: int
    receive: bool
    start: bool


# The outbox, and what is chosen from -------------------------------------------------------------------------------


class OutboxFilter(Paging):
    state: State | None = None


class Posted(Answer):
    id: Id
    recipient: str
    source: str
    state: State
    attempts: int
    next_at: Moment
    reply: str = Field(description="the last words of the other side")
    interaction: Id | None
    message: Id | None
    message_id: str
    created_at: Moment
    done_at: Moment | None


class Status(Answer):
    id: Id
    code: str
    name: str
    standard: bool
    open: bool


class Priority(Answer):
    id: Id
    code: str
    name: str
    standard: bool
    usual: bool
    reaction_minutes: int
    alarm_minutes: int
    execution_minutes: int


class Break(Answer):
    id: Id
    code: str
    name: str
    standard: bool
    icon: str
    max_minutes: int | None


class Fault(Answer):
    field: str
    message: str


class Problem(Answer):
    """Why not (RFC 9457)."""

    status: int
    title: str
    errors: list[Fault]

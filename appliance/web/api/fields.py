"""The kinds of value that fields of the API have: what each admits, and how it is described."""

import binascii
from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from zoneinfo import available_timezones

from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, WithJsonSchema

from appliance.mail import address as addresses
from appliance.mail import filename
from appliance.model.mail import Address
from appliance.model.outbox import STATES

LARGEST = 2**63 - 1
SLICE = 1 << 20  # of base64, decoded at a time: between two of them others get their turn


def unset() -> Any:  # noqa: ANN401 - stands for a value of any type
    """The default of a field that need not be sent: it is not among those that are set, and is never looked at."""
    return Field(default=None, json_schema_extra=_without_default)


def _without_default(schema: dict[str, Any]) -> None:
    del schema["default"]


def _one_line(text: str) -> str:
    if not text.isprintable():
        raise ValueError("must be one line without control characters")
    return text.strip()


def _sensible(text: str) -> str:
    if "\0" in text:
        raise ValueError("must not have NUL characters")
    return text


def _known_zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError("is not a time zone; an example is Europe/Rome")
    return name


def to_address(text: str) -> Address:
    """`ada@example.org` or `Ada <ada@example.org>`. Raises ValueError."""
    people = addresses.parse(_one_line(text))
    if len(people) != 1:
        raise ValueError("must be one address, such as ada@example.org or Ada <ada@example.org>")
    try:
        valid = validate_email(
            people[0].address, check_deliverability=False, globally_deliverable=False, test_environment=True
        )
    except EmailNotValidError as error:
        raise ValueError(f"is not an address: {error}") from error
    return Address(people[0].name, f"{valid.local_part}@{valid.ascii_domain}")


def _checked_address(text: str) -> str:
    to_address(text)
    return text


def _plain_address(text: str) -> str:
    return to_address(text).address


def _decoded(value: object) -> bytes:
    if isinstance(value, bytes):
        return value
    if not isinstance(value, str):
        raise ValueError("must be base64")
    text = "".join(value.split())
    try:
        if text.find("=", 0, -2) != -1:
            raise ValueError("must be base64")
        return b"".join(
            binascii.a2b_base64(text[start : start + SLICE], strict_mode=True) for start in range(0, len(text), SLICE)
        )
    except ValueError as error:
        raise ValueError("must be base64") from error


def _safe_name(name: str) -> str:
    if not (safe := filename.safe(name)):
        raise ValueError("is not a name for a file")
    return safe


Id = Annotated[int, Field(ge=1, le=LARGEST)]
Cursor = Annotated[int, Field(ge=1, le=LARGEST, description="`next` of the page before")]
Count = Annotated[int, Field(ge=1, le=1_000_000)]
Line = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_one_line)]
MaybeLine = Annotated[str, Field(max_length=200), AfterValidator(_one_line)]
Text = Annotated[str, Field(max_length=1_000_000), AfterValidator(_sensible)]
Zone = Annotated[str, AfterValidator(_known_zone), Field(examples=["Europe/Rome"])]
PlainAddress = Annotated[
    str, Field(max_length=254), AfterValidator(_plain_address), WithJsonSchema({"type": "string", "format": "email"})
]
Recipient = Annotated[
    str,
    Field(max_length=500, examples=["ada@example.org", "Ada <ada@example.org>"]),
    AfterValidator(_checked_address),
]
FileName = Annotated[str, Field(min_length=1, max_length=1000), AfterValidator(_safe_name)]
MimeType = Annotated[str, Field(pattern=r"^[A-Za-z0-9!#$&^_.+-]{1,64}/[A-Za-z0-9!#$&^_.+-]{1,64}$")]
Content = Annotated[bytes, BeforeValidator(_decoded), WithJsonSchema({"type": "string", "contentEncoding": "base64"})]
Moment = Annotated[
    datetime,
    PlainSerializer(
        lambda moment: moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"), str, "json"
    ),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
Role = Literal["admin", "supervisor", "agent"]
Language = Literal["en", "it", "es", "pl"]
Eligibility = Literal["incall", "nocall", "interaction", "ringall", "ringallmultiple", "omni", "nopause"]
State = Annotated[str, Field(json_schema_extra={"enum": list(STATES)})]
Order = Literal["leastrecent", "fewestcalls", "random", "rrmemory", "linear", "wrandom"]

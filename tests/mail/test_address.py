"""Addresses as people and programs write them into headers."""

import pytest

from appliance.mail import address
from appliance.model.mail import Address

ADA = Address("Ada", "ada@acme.example")


@pytest.mark.parametrize(
    ("value", "people"),
    [
        ("Ada <ada@acme.example>", [ADA]),
        ("ada@ACME.example", [Address("", "ada@acme.example")]),
        ("<ada@acme.example>", [Address("", "ada@acme.example")]),
        ("ada@acme.example (Ada)", [ADA]),
        ('"Ada" <ada@acme.example>', [ADA]),
        ("'Ada' <ada@acme.example>", [ADA]),
        ('"Lovelace, Ada" <ada@acme.example>', [Address("Lovelace, Ada", "ada@acme.example")]),
        ('"Ada \\"the first\\"" <ada@acme.example>', [Address('Ada "the first"', "ada@acme.example")]),
        ("=?utf-8?Q?Zofia_=C5=81=C4=99cka?= <z@a.example>", [Address("Zofia Łęcka", "z@a.example")]),
        ('"=?utf-8?Q?Zofia_=C5=81=C4=99cka?=" <z@a.example>', [Address("Zofia Łęcka", "z@a.example")]),
        ("=?utf-8?Q?Rossi=2C_Mario?= <m@a.example>", [Address("Rossi, Mario", "m@a.example")]),
        ("=?utf-8?B?QWRhIDxhZGFAYWNtZS5leGFtcGxlPg==?=", [ADA]),
        ("Ada <ada@acme.example>, b@c.example", [ADA, Address("", "b@c.example")]),
        ("Ada <ada@acme.example>; b@c.example", [ADA, Address("", "b@c.example")]),
        ("Team: Ada <ada@acme.example>, b@c.example;", [ADA, Address("", "b@c.example")]),
        ("undisclosed-recipients:;", []),
        ("<@relay.example,@other.example:ada@acme.example>", [Address("", "ada@acme.example")]),
        ("ada@acme.example <ada@acme.example>", [Address("", "ada@acme.example")]),
        ("Ada <ada@acme.example, b@c.example", [ADA, Address("", "b@c.example")]),
        ('"unclosed <ada@acme.example>', [Address("", "ada@acme.example")]),
        ('"a b"@acme.example', [Address("", '"a b"@acme.example')]),
        ("MAILER-DAEMON", []),
        ("(" * 5000, []),
        ("<" * 5000, []),
        ("", []),
    ],
)
def test_people_are_found(value: str, people: list[Address]) -> None:
    assert list(address.parse(value)) == people


def test_a_crowd_is_cut() -> None:
    assert len(address.parse(", ".join(f"a{number}@b.example" for number in range(5000)))) == 2000

"""Why we say no.

ApplianceError
├── NotFound     there is no such thing, or you may not know that there is
├── Denied       you are not allowed
├── Invalid      what you typed cannot be used; names the fields
├── Conflict     somebody else was quicker, or it is that way already
└── Busy         the store cannot take work now (locked, failing): try again later
    └── Full     ... because the disk is full

The rooms raise these. Each door turns them into its own language once: web/errors.py into 404/403/422/409/503,
smtp/door.py into 4xx. What the world does to a mail of ours is not an error but an outcome:
see model/delivery.py.
"""


class ApplianceError(Exception):
    """Base of everything we raise on purpose. Its text is an English sentence that may be shown to a person."""


class NotFound(ApplianceError):
    pass


class Denied(ApplianceError):
    pass


class Invalid(ApplianceError):
    """Field names to what is wrong with each."""

    def __init__(self, /, **fields: str) -> None:
        super().__init__("; ".join(f"{field}: {message}" for field, message in fields.items()))
        self.fields = fields


class Conflict(ApplianceError):
    pass


class Busy(ApplianceError):
    pass


class Full(Busy):
    pass

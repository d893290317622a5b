"""What a team chooses from: statuses, priorities and types of break. The codes of the standard ones never change."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Status:
    id: int
    code: str
    name: str  # English for the standard ones: pages translate by code
    standard: bool
    open: bool  # the team still has something to do or to wait for


@dataclass(frozen=True, slots=True)
class Priority:
    id: int
    code: str
    name: str
    standard: bool
    usual: bool  # what a new interaction gets
    reaction_minutes: int
    alarm_minutes: int
    execution_minutes: int


@dataclass(frozen=True, slots=True)
class Break:
    id: int
    code: str
    name: str
    standard: bool
    icon: str
    max_minutes: int | None  # None: as long as it takes

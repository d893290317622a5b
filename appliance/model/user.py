"""People: who they are, and on whose behalf something is done."""

from dataclasses import dataclass

from appliance.model.ids import UserId

ROLES = ("admin", "supervisor", "agent")
LANGUAGES = ("en", "it", "es", "pl")


@dataclass(frozen=True, slots=True)
class User:
    id: UserId
    username: str
    name: str
    email: str
    roles: tuple[str, ...]
    enabled: bool
    language: str
    time_zone: str
    theme: str  # auto, light, dark
    screen_monitoring: bool
    has_password: bool


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a person signed in, or a program with a token. Rights and the history's signature come from here."""

    user: UserId | None  # None: a token that is nobody's
    name: str
    roles: tuple[str, ...]

    @property
    def everywhere(self) -> bool:
        """Sees every campaign; others see those they are members of."""
        return self.user is None or "supervisor" in self.roles or "admin" in self.roles

    @staticmethod
    def of(user: User) -> "Actor":
        return Actor(user.id, user.name, user.roles)


@dataclass(frozen=True, slots=True)
class Session:
    """A browser that is signed in."""

    user: User
    csrf: str
    token_hash: bytes

"""What the operator decided: posthouse.toml, and POSTHOUSE_SECTION_KEY for a container or a test."""

import errno
import json
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

PREFIX = "POSTHOUSE_"
NOT_SETTINGS = {"POSTHOUSE_CONFIG", "POSTHOUSE_ADMIN_PASSWORD"}
PLACES = (Path("posthouse.toml"), Path("/etc/posthouse/posthouse.toml"))


class BadSettings(Exception):
    """One clear line that names the file and the key."""


def _listener(text: str) -> str:
    host_and_port(text)
    return text


def _zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError(f"{name!r} is not a time zone; an example is Europe/Rome")
    return name


Listener = Annotated[str, AfterValidator(_listener)]
Zone = Annotated[str, AfterValidator(_zone)]
Language = Literal["en", "it", "es", "pl"]
Bytes = Annotated[int, Field(ge=1024)]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ApplianceSection(_Section):
    hostname: str = "localhost"
    domain: str = "localhost"
    data: str = "."
    time_zone: Zone = "UTC"
    language: Language = "en"


class SmtpSection(_Section):
    listen: tuple[Listener, ...] = ("0.0.0.0:25", "[::]:25")
    max_message_bytes: Bytes = 52_428_800
    max_bytes_in_flight: Bytes = 268_435_456
    connections_per_client: int = Field(default=50, ge=1)
    xclient_hosts: tuple[str, ...] = ()


class SubmissionSection(_Section):
    listen: tuple[Listener, ...] = ("0.0.0.0:587",)
    implicit_tls_listen: tuple[Listener, ...] = ()


class WebSection(_Section):
    listen: tuple[Listener, ...] = ("127.0.0.1:8080",)
    tls_listen: tuple[Listener, ...] = ()
    public_url: str = ""
    tracking_url: str = ""
    trusted_proxies: tuple[str, ...] = ()
    ice_servers: tuple[str, ...] = ()


class RelaySection(_Section):
    smarthosts: tuple[str, ...] = ()
    routes: dict[str, str] = {}
    connections: int = Field(default=20, ge=1, le=500)
    helo: str = ""
    retry_seconds: tuple[float, ...] = ()


class DnsSection(_Section):
    resolvers: tuple[str, ...] = ()


class TlsSection(_Section):
    certificate: str = ""
    key: str = ""
    acme: dict[str, Any] = {}


class DeskSection(_Section):
    undo_seconds: int = Field(default=10, ge=0, le=60)
    subject_days: int = Field(default=7, ge=0)
    max_upload_bytes: Bytes = 26_214_400
    max_cc: int = Field(default=30, ge=1)


class LimitsSection(_Section):
    private_hosts: tuple[str, ...] = ()
    intake_seconds: float = Field(default=3.0, gt=0, le=60)
    min_free_bytes: int = Field(default=104_857_600, ge=0)


class DialerSection(_Section):
    pass


class ImapSection(_Section):
    pass


class Settings(_Section):
    """All of posthouse.toml, checked. `file` is where it stood, None when nothing did."""

    appliance: ApplianceSection = ApplianceSection()
    smtp: SmtpSection = SmtpSection()
    submission: SubmissionSection = SubmissionSection()
    web: WebSection = WebSection()
    relay: RelaySection = RelaySection()
    dns: DnsSection = DnsSection()
    tls: TlsSection = TlsSection()
    desk: DeskSection = DeskSection()
    limits: LimitsSection = LimitsSection()
    dialer: DialerSection = DialerSection()
    imap: ImapSection = ImapSection()
    file: Path | None = Field(default=None, exclude=True)

    @model_validator(mode="after")
    def _tls_is_whole(self) -> Self:
        if bool(self.tls.certificate) != bool(self.tls.key):
            raise ValueError("tls.certificate and tls.key belong together: set both or neither")
        return self

    @property
    def data(self) -> Path:
        """The folder of the database and the keys; relative to the file that names it."""
        base = self.file.parent if self.file else Path()
        return (base / self.appliance.data).resolve()

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.appliance.time_zone)


def find(path: Path | None, environ: Mapping[str, str] = os.environ) -> Path | None:
    """The file to read: the one named, else $POSTHOUSE_CONFIG, else the first usual place that has one."""
    named = path or (Path(environ["POSTHOUSE_CONFIG"]) if environ.get("POSTHOUSE_CONFIG") else None)
    return named or next((place for place in PLACES if place.is_file()), None)


def load(path: Path | None, environ: Mapping[str, str] = os.environ) -> Settings:
    """The settings of this file with the overrides of the environment. Raises BadSettings with one clear line."""
    where = str(path) if path else "the environment"
    values = _read(path) if path else {}
    for section, keys in overrides(environ).items():
        values.setdefault(section, {}).update(keys)
    try:
        return Settings.model_validate({**values, "file": path.resolve() if path else None})
    except ValidationError as error:
        raise BadSettings(f"{where}: {_first_line(error)}") from error


def overrides(environ: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """POSTHOUSE_SECTION_KEY as {section: {key: value}}; the value in TOML syntax, a plain string unquoted.

    Raises BadSettings for a name that is no setting: a typing mistake there must not pass in silence.
    """
    found: dict[str, dict[str, Any]] = {}
    for name, text in environ.items():
        if not name.startswith(PREFIX) or name in NOT_SETTINGS:
            continue
        section, _, key = name.removeprefix(PREFIX).lower().partition("_")
        model = Settings.model_fields.get(section)
        known = getattr(model.annotation, "model_fields", {}) if model else {}
        if key not in known:
            raise BadSettings(f"the environment: {name} is not a setting")
        found.setdefault(section, {})[key] = _value(text, known[key].annotation)
    return found


def to_toml(values: Mapping[str, Mapping[str, Any]]) -> str:
    """Sections and keys as a file that `load` reads back."""
    blocks = [
        "\n".join([f"[{section}]", *(f"{key} = {_toml(value)}" for key, value in keys.items())])
        for section, keys in values.items()
    ]
    return "\n\n".join(blocks) + "\n"


def host_and_port(text: str) -> tuple[str, int]:
    """`127.0.0.1:25` or `[::1]:25` in its two parts. Raises ValueError."""
    host, colon, port = text.rpartition(":")
    if not colon or not host or not port.isdecimal() or not 0 <= int(port) <= 65535:
        raise ValueError(f"{text!r} is not host:port")
    return host.removeprefix("[").removesuffix("]"), int(port)


def cannot_listen(setting: str, listener: str, error: OSError) -> BadSettings:
    """What a door raises that cannot open: the key, the address and why."""
    reasons = {
        errno.EADDRINUSE: "is in use by another program",
        errno.EACCES: "may not be listened on: ports below 1024 need CAP_NET_BIND_SERVICE",
        errno.EADDRNOTAVAIL: "is no address of this machine",
    }
    why = reasons.get(error.errno or 0, f"cannot be listened on: {error.strerror or error}")
    return BadSettings(f"{setting}: {listener} {why}")


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text())
    except OSError as error:
        raise BadSettings(f"{path}: cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadSettings(f"{path}: is not TOML: {error}") from error


def _first_line(error: ValidationError) -> str:
    first = error.errors()[0]
    key = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        return f"{key} is not a setting"
    message = first["msg"].removeprefix("Value error, ")
    return f"{key}: {message}" if key else message


def _value(text: str, kind: object) -> Any:  # noqa: ANN401 - TOML's values are of any kind
    if kind is str:
        return text.strip('"')
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _toml(value: object) -> str:
    """JSON's strings, numbers, booleans and arrays are TOML's too; tables are written inline."""
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_toml(key)} = {_toml(item)}" for key, item in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_toml(item) for item in value) + "]"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")  # TOML wants DEL escaped, JSON does not

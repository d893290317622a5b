"""What the demo says on the terminal: where to go and what to try, and then a line for whatever happens."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from rich.console import Console, Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from appliance.demo import team

_LANGUAGES = {"en": "English", "it": "Italiano", "es": "Español", "pl": "Polski"}
_DUTIES = {
    "emma": "agent and supervisor: every queue, every view",
    "marco": "agent in Inbox, Support and Billing",
    "lucia": "agent in Inbox, Billing and Complaints",
    "piotr": "agent in every queue, with a draft begun",
}
_COLOURS = {
    "mail in": "cyan",
    "answered": "bold cyan",
    "delivered": "green",
    "deferred": "yellow",
    "refused": "red",
    "bounced": "red",
    "auto-reply": "dim",
    "quiet": "dim",
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where the world is."""

    directory: Path
    web: str  # URL
    wanted_port: int  # of the web; another one is used when it was taken
    smtp: str  # host:port
    domain: str
    undo_seconds: int
    new: bool


def welcome(console: Console, place: Place) -> None:
    console.print(
        Padding(
            Group(
                _title(place),
                _heading("Sign in", f"everybody's password is [bold]{team.PASSWORD}[/]"),
                _people(),
                _heading("Where to look first"),
                _tour(place),
                _heading("Write to Acme yourself"),
                _commands(place),
                _heading("Ctrl+C stops", _ending(place)),
            ),
            (1, 2),
        )
    )


def event(console: Console, now: datetime, sort: str, words: str) -> None:
    line = Text.assemble(
        (f"  {now.astimezone():%H:%M:%S}  ", "dim"), (f"{sort:<11}", _COLOURS.get(sort, "")), " ".join(words.split())
    )
    line.truncate(max(console.width, 40), overflow="ellipsis")
    console.print(line, highlight=False, soft_wrap=True)


def farewell(console: Console, directory: Path) -> None:
    console.print(f"\n  Stopped. The world waits in {directory} until you start it again.", highlight=False)


def _title(place: Place) -> Text:
    begun = "a little world on this machine" if place.new else "the little world goes on where it was"
    moved = "" if place.web.endswith(f":{place.wanted_port}") else f"  (port {place.wanted_port} is in use)"
    return Text.assemble(
        ("Posthouse", "bold"),
        f"  {begun}\nCustomers write, you answer, they write back.\n\nOpen  ",
        (place.web, "bold underline cyan"),
        (moved, "yellow"),
    )


def _heading(title: str, rest: str = "") -> Text:
    return Text.from_markup(f"\n[bold]{title}[/]" + (f"  {rest}" if rest else ""))


def _people() -> Table:
    rows = [(username, _LANGUAGES[language], _DUTIES[username]) for username, _, _, language, _, _ in team.PEOPLE]
    return _table("bold", *rows, ("admin", "English", "administrator"))


def _tour(place: Place) -> Table:
    undo = f"{place.undo_seconds} s to change your mind; a little later the customer answers."
    return _table(
        "cyan",
        ("1", f"Be emma. Unassigned, any mail, r to reply, Ctrl+Enter to send.\n{undo}"),
        ("2", "Needs attention: two answers of ours did not arrive. It says why."),
        ("3", "Tulips at half the price: pictures and a tracker that wait until asked."),
        ("4", "You have won!!!: a script that never runs."),
        ("5", "Be marco in a private window: all in Italian, and the lists move alone."),
    )


def _commands(place: Place) -> Table:
    return _table(
        "",
        (f"[bold]swaks --server {place.smtp} --to support@{place.domain}[/]",),
        (
            "What you send to [bold]bounce@ later@ defer@ away@[/] anywhere is refused,\n"
            "comes back, is asked to wait, or meets an absence.",
        ),
    )


def _ending(place: Place) -> str:
    return f"and keeps {place.directory} (--reset begins anew).\nNothing leaves this machine."


def _table(first: str, *rows: tuple[str, ...]) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(width=0)
    for column in range(len(rows[0])):
        table.add_column(style=first if column == 0 else "", overflow="fold")
    for row in rows:
        table.add_row("", *row)
    return table

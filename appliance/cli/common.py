"""What the commands share: which installation, its store, and tables that are also JSON."""

import asyncio
import json
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

import click
from rich.console import Console
from rich.table import Table

from appliance import clock
from appliance.settings import BadSettings, Settings, find, load
from appliance.store import Store, Tx

P = ParamSpec("P")
R = TypeVar("R")

config_option = click.option(
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    help="posthouse.toml; else $POSTHOUSE_CONFIG, ./posthouse.toml, /etc/posthouse/posthouse.toml.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="JSON instead of a table.")


def installation(config: Path | None) -> Settings:
    """The settings of the installation meant. Raises BadSettings when there is none."""
    file = find(config)
    if file is None:
        raise BadSettings("no posthouse.toml: name one with --config, or make one with `posthouse init`")
    return load(file)


def done(work: Coroutine[Any, Any, R]) -> R:
    return asyncio.run(work)


def change(config: Path | None, work: Callable[Concatenate[Tx, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Run one transaction on the installation's store; a server that is running notices within a second."""
    settings = installation(config)
    path = settings.data / "posthouse.db"
    if not path.exists():
        raise BadSettings(f"{path}: does not exist; was this folder made by `posthouse init`?")

    async def changed() -> R:
        async with Store(path, clock=clock.now, tell=lambda news: None) as store:
            return await store.write(work, *args, **kwargs)

    return done(changed())


def show(rows: Iterable[Mapping[str, object]], columns: Sequence[str], *, as_json: bool, empty: str) -> None:
    """Print rows as a table of the columns, or all of each as JSON."""
    listed = [dict(row) for row in rows]
    if as_json:
        click.echo(json.dumps(listed, indent=2, ensure_ascii=False, default=str))
        return
    if not listed:
        click.echo(empty)
        return
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in columns:
        table.add_column(column.replace("_", " "), overflow="fold")
    for row in listed:
        table.add_row(*(_cell(row[column]) for column in columns))
    Console().print(table)


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)

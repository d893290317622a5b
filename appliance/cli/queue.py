"""posthouse queue: what waits to leave, what left, and what could not."""

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import click

from appliance.cli.common import change, config_option, json_option, show
from appliance.model.ids import OutboxId
from appliance.model.outbox import STATES
from appliance.store import Tx, outbox


@click.group()
def queue() -> None:
    """The outbox."""


@queue.command("list")
@click.option("--state", type=click.Choice(STATES), help="Only those in this state.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 100_000))
@json_option
@config_option
def list_(state: str | None, limit: int, as_json: bool, config: Path | None) -> None:
    """The newest first, with the other side's last words."""
    rows = [asdict(each) for each in change(config, outbox.listed, state, limit=limit)]
    columns = ["id", "recipient", "source", "state", "attempts", "next_at", "reply"]
    show(rows, columns, as_json=as_json, empty="The outbox is empty.")
    if not as_json:
        totals = change(config, outbox.totals)
        click.echo(" · ".join(f"{n} {name}" for name, n in totals.items() if n))


@queue.command("show")
@click.argument("number", type=int)
@json_option
@config_option
def show_(number: int, as_json: bool, config: Path | None) -> None:
    """One mail to one recipient, and every attempt to deliver it."""
    posted = change(config, outbox.get, OutboxId(number))
    attempts = [asdict(each) for each in change(config, outbox.attempts, OutboxId(number))]
    if as_json:
        show([{**asdict(posted), "attempts_made": attempts}], [], as_json=True, empty="")
        return
    for field, value in asdict(posted).items():
        click.echo(f"{field.replace('_', ' '):12} {value if value is not None else ''}")
    show(attempts, ["at", "state", "remote", "tls", "reply"], as_json=False, empty="Not attempted yet.")


def _action(name: str, work: Callable[[Tx, OutboxId], None], says: str) -> None:
    @queue.command(name, help=f"{says} Names numbers of `queue list`.")
    @click.argument("numbers", type=int, nargs=-1, required=True)
    @config_option
    def act(numbers: tuple[int, ...], config: Path | None) -> None:
        for number in numbers:
            change(config, work, OutboxId(number))
            click.echo(f"{number}: {name}")


_action("retry", outbox.retry, "Try again now what was put off, failed or is unsure.")
_action("hold", outbox.hold, "Let it wait until it is released.")
_action("release", outbox.release, "Let go what was held.")
_action("cancel", outbox.cancel, "Give up what has not left.")

"""posthouse token: how other programs come in."""

from pathlib import Path

import click

from appliance.cli.common import change, config_option
from appliance.store import Tx, tokens, users


@click.group()
def token() -> None:
    """Bearer tokens of the REST API."""


@token.command()
@click.argument("name")
@click.option("--role", required=True, type=click.Choice(["admin", "supervisor", "agent"]))
@click.option("--user", "username", help="Whose rights it has; nobody's means its role in every campaign.")
@config_option
def create(name: str, role: str, username: str | None, config: Path | None) -> None:
    """Make a token called NAME and print it, alone, this once."""
    click.echo(change(config, _create, name, role, username))


def _create(tx: Tx, name: str, role: str, username: str | None) -> str:
    return tokens.create(tx, name, role, users.named(tx, username).id if username else None)

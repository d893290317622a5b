"""posthouse user: people from the command line, also when nobody can sign in any more."""

import os
from dataclasses import asdict
from pathlib import Path

import click

from appliance.cli.common import change, config_option, installation, json_option, show
from appliance.desk import accounts
from appliance.installation import SETUP_LASTS, web_address
from appliance.model.user import User
from appliance.store import Tx, campaigns, users


@click.group()
def user() -> None:
    """Who may sign in."""


@user.command()
@click.argument("username")
@click.option("--name", default="", help="As colleagues see it; the username when not given.")
@click.option("--email", default="")
@click.option("--role", "roles", multiple=True, type=click.Choice(["admin", "supervisor", "agent"]), default=["agent"])
@click.option("--language", default="en", type=click.Choice(["en", "it", "es", "pl"]))
@click.option("--campaign", "joins", multiple=True, help="A campaign to be a member of, by name; several are possible.")
@config_option
def add(
    username: str,
    name: str,
    email: str,
    roles: tuple[str, ...],
    language: str,
    joins: tuple[str, ...],
    config: Path | None,
) -> None:
    """Add USERNAME; his password is $POSTHOUSE_ADMIN_PASSWORD, else a one-time link to choose one is printed."""
    new = change(config, _add, username, name or username, email, roles, language, joins)
    _offer_password(config, new)


@user.command("list")
@json_option
@config_option
def list_(as_json: bool, config: Path | None) -> None:
    """Everybody."""
    rows = [asdict(each) for each in change(config, users.listed)]
    columns = ["username", "name", "roles", "enabled", "language", "has_password"]
    show(rows, columns, as_json=as_json, empty="Nobody.")


@user.command()
@click.argument("username")
@config_option
def password(username: str, config: Path | None) -> None:
    """Print a one-time link by which USERNAME chooses a new password."""
    _offer_password(config, change(config, users.named, username))


@user.command()
@click.argument("username")
@config_option
def disable(username: str, config: Path | None) -> None:
    """Sign USERNAME out for good; what he wrote stays."""
    change(config, _disable, username)
    click.echo(f"{username} cannot sign in any more.")


def _add(
    tx: Tx, username: str, name: str, email: str, roles: tuple[str, ...], language: str, joins: tuple[str, ...]
) -> User:
    new = users.add(tx, username, name, roles, email=email, language=language)
    by_name = {each.name.casefold(): each.id for each in campaigns.listed(tx)}
    for name_ in joins:
        if name_.casefold() not in by_name:
            raise click.BadParameter(f"there is no campaign named {name_}", param_hint="--campaign")
        campaigns.join(tx, by_name[name_.casefold()], new)
    return users.get(tx, new)


def _disable(tx: Tx, username: str) -> None:
    users.disable(tx, users.named(tx, username).id)


def _offer_password(config: Path | None, user: User) -> None:
    chosen = os.environ.get("POSTHOUSE_ADMIN_PASSWORD", "")
    if chosen:
        accounts.check_password(chosen)
        change(config, users.set_password, user.id, accounts.hashed(chosen))
        return
    link = change(config, lambda tx: accounts.setup_link(tx, user.id, lasting=SETUP_LASTS))
    click.echo(f"{user.username} chooses a password within a day: {web_address(installation(config))}/setup/{link}")

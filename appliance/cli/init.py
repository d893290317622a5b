"""posthouse init: a folder becomes an installation."""

from pathlib import Path

import click

from appliance.cli.common import done
from appliance.installation import Wanted, found


@click.command()
@click.argument("directory", type=click.Path(path_type=Path, file_okay=False))
@click.option("--domain", required=True, help="The domain that mail is received for, such as example.org.")
@click.option("--hostname", default="", help="This machine's public name; mail.DOMAIN when not given.")
@click.option("--admin", default="admin", show_default=True, help="The first person's sign-in name.")
@click.option("--language", default="en", type=click.Choice(["en", "it", "es", "pl"]), show_default=True)
@click.option("--time-zone", default="UTC", show_default=True, help="Such as Europe/Rome.")
def init(directory: Path, domain: str, hostname: str, admin: str, language: str, time_zone: str) -> None:
    """Make DIRECTORY an installation: settings, key, database, DKIM keys, the queue Inbox and an admin.

    Asks nothing, and changes nothing that is there already. The admin's password is $POSTHOUSE_ADMIN_PASSWORD;
    without it a one-time link is printed by which he chooses one.
    """
    founded = done(found(directory, Wanted(domain, hostname, admin, language, time_zone)))
    file = founded.settings.file
    click.echo(f"{'Made' if founded.new else 'Already there:'} {file}")
    if founded.setup_link:
        click.echo(f"Choose the password of {admin} within a day: {founded.setup_link}")
    click.echo(f"Records to publish:  posthouse dns --config {file}")
    click.echo(f"Is all well?         posthouse check --config {file}")
    click.echo(f"Start:               posthouse serve --config {file}")

"""The command line: one module for each command, and how they all speak and fail."""

import sys

import click

from appliance import __version__
from appliance.cli.check import check
from appliance.cli.demo import demo
from appliance.cli.dns import dns
from appliance.cli.init import init
from appliance.cli.queue import queue
from appliance.cli.serve import serve
from appliance.cli.token import token
from appliance.cli.user import user
from appliance.errors import ApplianceError
from appliance.settings import BadSettings

FAILED, WRONG_USAGE = 1, 2


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="posthouse")
def posthouse() -> None:
    """Posthouse: a contact-centre mail appliance in one process.

    To look around:  posthouse demo
    To begin:        posthouse init DIR --domain example.org, then posthouse serve --config DIR/posthouse.toml
    """


for command in (init, serve, demo, token, user, dns, check, queue):
    posthouse.add_command(command)


def main() -> None:
    """Run the command: 0 fine, 1 the check or action failed, 2 wrong usage or configuration."""
    try:
        sys.exit(posthouse.main(standalone_mode=False))
    except click.exceptions.Abort:
        sys.exit(FAILED)
    except click.ClickException as error:
        error.show()
        sys.exit(WRONG_USAGE)
    except BadSettings as error:
        _say(error)
        sys.exit(WRONG_USAGE)
    except (ApplianceError, OSError) as error:
        _say(error)
        sys.exit(FAILED)
    except BaseExceptionGroup as group:
        _fail_as_group(group)


def _fail_as_group(group: BaseExceptionGroup[BaseException]) -> None:
    """A service that could not start, in one line; a fault of ours with all its tracks."""
    wrong, rest = group.split((BadSettings, OSError))
    if rest is not None or wrong is None:
        raise group
    first: BaseException = wrong
    while isinstance(first, BaseExceptionGroup):
        first = first.exceptions[0]
    _say(first)
    sys.exit(WRONG_USAGE if isinstance(first, BadSettings) else FAILED)


def _say(error: BaseException) -> None:
    click.echo(f"posthouse: {error}", err=True)

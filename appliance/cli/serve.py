"""posthouse serve: the appliance, until it is told to stop."""

import logging
from pathlib import Path

import click
import uvloop

from appliance.cli.common import config_option, installation


@click.command()
@config_option
def serve(config: Path | None) -> None:
    """Receive, route, answer and deliver mail until SIGTERM."""
    from appliance import app  # the doors take a while to import, and no other command needs them

    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    uvloop.run(app.run(installation(config)))

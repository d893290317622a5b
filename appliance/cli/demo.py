"""posthouse demo: a little world on loopback, to look around in."""

from pathlib import Path

import click
import uvloop


@click.command()
@click.option("--dir", "directory", type=click.Path(path_type=Path, file_okay=False), default=Path("demo-data"))
@click.option("--port", default=8080, show_default=True, type=click.IntRange(1, 65535), help="Of the web pages.")
@click.option("--reset", is_flag=True, help="Begin anew: throw the world of an earlier demo away.")
def demo(directory: Path, port: int, reset: bool) -> None:
    """A contact centre with customers who write and answer; nothing leaves this machine or the folder."""
    from appliance.demo import world  # brings the whole appliance along, which no other command needs

    uvloop.run(world.run(directory, port, reset=reset))

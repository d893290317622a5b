"""posthouse dns: the records to publish."""

from dataclasses import asdict
from pathlib import Path

import click

from appliance.cli.common import change, config_option, installation, json_option, show
from appliance.domains import records
from appliance.errors import NotFound
from appliance.store import Tx, domains


@click.command()
@click.argument("domain", required=False)
@click.option("--zone", is_flag=True, help="As lines of a zone file.")
@json_option
@config_option
def dns(domain: str | None, zone: bool, as_json: bool, config: Path | None) -> None:
    """The DNS records to publish for DOMAIN, or for all domains, with a line of why for each."""
    settings = installation(config)
    listed = [
        record
        for name in change(config, _wanted, domain)
        for record in records.of(name, change(config, domains.keys, name), settings)
    ]
    if zone:
        click.echo(records.zone_file(listed), nl=False)
        return
    rows = [asdict(record) for record in listed]
    show(rows, ["name", "type", "value", "why", "required"], as_json=as_json, empty="No domain.")


def _wanted(tx: Tx, domain: str | None) -> list[str]:
    known = domains.listed(tx)
    if domain is not None and domain not in known:
        raise NotFound(f"{domain} is not a domain of this installation")
    return [domain] if domain else known

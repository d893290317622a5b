"""Who may be written to here: asked by the door before it takes a mail, by the relay before it sends one away."""

from appliance.model.directory import Directory
from appliance.smtp.path import Path, Unreadable, read

ALWAYS = {"postmaster", "abuse"}  # RFC 5321, 4.5.1 and RFC 2142
ROUTING = set("%!@")  # in a local part: a hop to somewhere else, as they were written once (RFC 1123, 5.2.16)


def refusal(path: Path, directory: Directory, domain: str) -> str | None:
    """None: his domain is not ours; "": he lives here; else the reply that refuses his mail.

    `domain` is the appliance's own, which is ours even when the directory does not name it.
    """
    if path.domain not in directory.domains and path.domain != domain.lower():
        return None
    local = path.local.lower()
    plain = local.partition("+")[0]
    addresses = {f"{local}@{path.domain}", f"{plain}@{path.domain}"}
    if plain in ALWAYS or not addresses.isdisjoint(directory.open):
        return ""
    if not addresses.isdisjoint(directory.closed):
        return "550 5.2.1 this mailbox takes no mail"
    if not ROUTING.isdisjoint(local):
        return "550 5.7.1 we do not relay"
    return "550 5.1.1 nobody has this address here"


def refusal_of(recipient: str, directory: Directory, domain: str) -> str | None:
    """The same for an address of the outbox; what nobody could read is not ours."""
    try:
        return refusal(read(f"TO:<{recipient}>", "TO:"), directory, domain)
    except Unreadable:
        return None

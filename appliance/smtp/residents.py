"""Who of our own recipients lives here: their mail never leaves the house."""

from appliance.model.directory import Directory
from appliance.smtp.path import Unreadable, read

ALWAYS = {"postmaster", "abuse"}  # RFC 5321, 4.5.1 and RFC 2142


def refusal(recipient: str, directory: Directory, domain: str) -> str | None:
    """None: his domain is not ours, send it; "": he lives here; else the reply that refuses his mail.

    `domain` is the appliance's own, which is ours even when the directory does not name it.
    """
    try:
        path = read(f"TO:<{recipient}>", "TO:")
    except Unreadable:
        return None
    if path.domain not in directory.domains and path.domain != domain.lower():
        return None
    local = path.local.lower()
    plain = local.partition("+")[0]
    addresses = {f"{local}@{path.domain}", f"{plain}@{path.domain}"}
    if plain in ALWAYS or not addresses.isdisjoint(directory.open):
        return ""
    if not addresses.isdisjoint(directory.closed):
        return "550 5.2.1 this mailbox takes no mail"
    return "550 5.1.1 nobody has this address here"

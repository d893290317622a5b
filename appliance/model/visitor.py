"""Who stands behind an IP address, as far as one can count visitors."""

from ipaddress import ip_network


def visitor_at(client_ip: str) -> str:
    """The address itself, or its IPv6 network of 64 bits: one machine has all of those."""
    if ":" not in client_ip:
        return client_ip
    return str(ip_network((client_ip, 64), strict=False).network_address)

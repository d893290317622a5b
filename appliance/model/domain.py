"""Domain names as DNS and SMTP spell them."""

import dns.exception
import dns.name


def ascii_name(domain: str) -> str:
    """In IDNA A-labels (RFC 5891), lower case, without the final dot; ValueError when no such name can exist."""
    try:
        name = dns.name.from_text(domain, idna_codec=dns.name.IDNA_2008_Practical)
    except (dns.exception.DNSException, UnicodeError) as error:
        raise ValueError(f"{domain!r} cannot be a domain name") from error
    if name == dns.name.root:
        raise ValueError("the root is no domain of anybody")
    return name.to_text(omit_final_dot=True).lower()

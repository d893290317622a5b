"""The DNS records to publish for a domain, each with a line of why."""

from dataclasses import dataclass

from appliance.settings import Settings
from appliance.store.domains import StoredKey

TTL = 3600
CHUNK = 255  # bytes in one character-string of a TXT record (RFC 1035, 3.3)


@dataclass(frozen=True, slots=True)
class Record:
    name: str  # absolute, without the final dot
    type: str
    value: str  # a TXT unsplit
    why: str
    required: bool


def of(domain: str, keys: list[StoredKey], settings: Settings) -> list[Record]:
    """MX, SPF (RFC 7208), DKIM (RFC 6376) and DMARC (RFC 9989) of one of our domains."""
    host = settings.appliance.hostname
    return [
        Record(domain, "MX", f"10 {host}", "where the world delivers mail for this domain", required=True),
        Record(domain, "TXT", "v=spf1 mx -all", "only this machine may send with this domain's name", required=True),
        *(_dkim(key) for key in keys),
        Record(
            f"_dmarc.{domain}",
            "TXT",
            f"v=DMARC1; p=quarantine; rua=mailto:postmaster@{domain}",
            "what others shall do with forgeries, and where they report what they saw",
            required=True,
        ),
    ]


def zone_file(records: list[Record]) -> str:
    """Lines for a zone file (RFC 1035, 5): absolute names, TXT in strings of 255 bytes at most."""
    return "".join(f"{record.name}. {TTL} IN {record.type} {_zone_value(record)}\n" for record in records)


def _dkim(key: StoredKey) -> Record:
    plain = "k=ed25519" not in key.public
    why = "receivers check our signature with this key" if plain else "the same with a modern, short key (RFC 8463)"
    return Record(f"{key.selector}._domainkey.{key.domain}", "TXT", key.public, why, required=plain)


def _zone_value(record: Record) -> str:
    if record.type != "TXT":
        return f"{record.value}."
    pieces = [record.value[start : start + CHUNK] for start in range(0, len(record.value), CHUNK)]
    return " ".join(f'"{piece}"' for piece in pieces)

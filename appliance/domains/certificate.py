"""The certificate of our doors: the operator's, or one we signed ourselves so that STARTTLS works at once."""

import ipaddress
import os
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from appliance.settings import BadSettings, Settings

LASTS = timedelta(days=3650)


def files(settings: Settings) -> tuple[Path, Path]:
    """Where certificate and key lie: as the settings say, else tls.crt and tls.key in the data folder."""
    base = settings.file.parent if settings.file else Path()
    if settings.tls.certificate:
        return base / settings.tls.certificate, base / settings.tls.key
    return settings.data / "tls.crt", settings.data / "tls.key"


def make(settings: Settings) -> None:
    """Sign one for our host name, unless there is one: mail servers encrypt to it without asking who we are."""
    certificate, key = files(settings)
    if certificate.exists() or settings.tls.certificate:
        return
    private = ec.generate_private_key(ec.SECP256R1())
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    with os.fdopen(os.open(key, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(pem)
    certificate.write_bytes(_signed(private, settings.appliance.hostname).public_bytes(serialization.Encoding.PEM))


def context(settings: Settings) -> ssl.SSLContext | None:
    """What the doors offer; None where no certificate lies. Raises BadSettings for one that cannot be used."""
    certificate, key = files(settings)
    if not certificate.exists() and not settings.tls.certificate:
        return None
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        tls.load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as error:
        raise BadSettings(f"tls.certificate: {certificate} cannot be used: {error}") from error
    return tls


def _signed(private: ec.EllipticCurvePrivateKey, hostname: str) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, hostname[:64])])
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + LASTS)
        .add_extension(x509.SubjectAlternativeName([_named(hostname)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(private, hashes.SHA256())
    )


def _named(hostname: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(hostname))
    except ValueError:
        return x509.DNSName(hostname)

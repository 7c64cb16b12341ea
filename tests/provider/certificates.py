"""A certificate authority made for one run, and the certificates it issues."""

import datetime
import ipaddress
import ssl
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

DAY = datetime.timedelta(days=1)


class Authority:
    """Keeps its own certificate in `directory`/NAME.pem: what clients are to trust."""

    def __init__(self, directory: Path, name: str = "ca"):
        self._directory = directory
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"loopback {name}")])
        certificate = (
            self._builder(self._name, self._key)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .sign(self._key, hashes.SHA256())
        )
        self.file = directory / f"{name}.pem"
        self.file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))

    def issue(self, *names: str, expired: bool = False) -> Path:
        """A file with key and certificate for host names and address literals."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
        certificate = (
            self._builder(subject, key, expired)
            .add_extension(x509.SubjectAlternativeName([_name(n) for n in names]), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        file = self._directory / f"{self.file.stem}-{certificate.serial_number:x}.pem"
        file.touch(mode=0o600)
        file.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
            + certificate.public_bytes(serialization.Encoding.PEM)
        )
        return file

    def issue_for(self, key) -> x509.Certificate:
        """A certificate for a key that somebody else has."""
        return self._builder(self._name, key).sign(self._key, hashes.SHA256())

    def _builder(self, subject, key, expired: bool = False):
        now = datetime.datetime.utcnow()
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - 2 * DAY)
            .not_valid_after(now - DAY if expired else now + DAY)
        )


def _name(name: str):
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def server_context(file: Path) -> ssl.SSLContext:
    """TLS 1.2 or later, with the key and certificate of `file`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(file)
    return context

"""Assertions of RFC 7523, checked as a strict server would; signatures by cryptography."""

import base64
import binascii
import json
import time
from dataclasses import dataclass

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

BEARER_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
CLIENT_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
CLOCK_SKEW = 10


class BadAssertion(Exception):
    """What is wrong with it, in words."""


def decode(text: str) -> bytes:
    """base64url as RFC 7515 has it: no padding, no other alphabet."""
    if not text.replace("-", "").replace("_", "").isalnum():
        raise BadAssertion("not base64url")
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error as error:
        raise BadAssertion("not base64url") from error


def encode(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def thumbprint(certificate: x509.Certificate) -> str:
    return encode(certificate.fingerprint(hashes.SHA256()))


class Assertion:
    def __init__(self, text: str):
        parts = text.split(".")
        if len(parts) != 3:
            raise BadAssertion("not three parts")
        self.header, self.claims = (json.loads(decode(part)) for part in parts[:2])
        self._signed = f"{parts[0]}.{parts[1]}".encode()
        self._signature = decode(parts[2])

    def verify(self, key: rsa.RSAPublicKey):
        algorithm = self.header.get("alg")
        if self.header.get("typ") != "JWT":
            raise BadAssertion(f"typ {self.header.get('typ')}")
        if algorithm == "RS256":
            scheme = padding.PKCS1v15()
        elif algorithm == "PS256":
            scheme = padding.PSS(padding.MGF1(hashes.SHA256()), hashes.SHA256().digest_size)
        else:
            raise BadAssertion(f"alg {algorithm}")
        try:
            key.verify(self._signature, self._signed, scheme, hashes.SHA256())
        except InvalidSignature as error:
            raise BadAssertion("wrong signature") from error

    def check_signature(self, client):
        """With the client's key, named as it was registered."""
        self.verify(client.key)
        if self.header.get("kid") != client.key_id:
            raise BadAssertion(f"kid {self.header.get('kid')}")
        expected = thumbprint(client.certificate) if client.certificate else None
        if self.header.get("x5t#S256") != expected:
            raise BadAssertion(f"x5t#S256 {self.header.get('x5t#S256')}")
        if client.certificate and self.header["alg"] != "PS256":
            raise BadAssertion("a certificate wants PS256")

    def check_client(self, identifier: str):
        if not self.claims.get("iss") == self.claims.get("sub") == identifier:
            raise BadAssertion("not by the client for itself")

    def check(self, audience: str, life: float, seen: set):
        """RFC 7523 section 3, and that it was not used before."""
        now = time.time()
        claims = self.claims
        for name in ("iss", "sub", "aud", "jti"):
            if not isinstance(claims.get(name), str) or not claims[name]:
                raise BadAssertion(f"no {name}")
        for name in ("iat", "nbf", "exp"):
            if not isinstance(claims.get(name), int):
                raise BadAssertion(f"no {name}")
        if claims["aud"] != audience:
            raise BadAssertion(f"aud {claims['aud']}, not {audience}")
        if not claims["nbf"] <= now + CLOCK_SKEW or claims["iat"] > now + CLOCK_SKEW:
            raise BadAssertion("not good yet")
        if claims["exp"] <= now - CLOCK_SKEW:
            raise BadAssertion("expired")
        if claims["exp"] - claims["iat"] > life:
            raise BadAssertion(f"lives {claims['exp'] - claims['iat']} s")
        if len(decode(claims["jti"])) < 16:
            raise BadAssertion("jti is too short")
        if claims["jti"] in seen:
            raise BadAssertion("used before")
        seen.add(claims["jti"])


@dataclass
class Federation:
    """Another identity provider, whose assertions stand for a client."""

    issuer: str
    subject: str
    audience: str
    key: rsa.RSAPrivateKey

    def issue(self, life: float = 60) -> str:
        claims = {"iss": self.issuer, "sub": self.subject, "aud": self.audience}
        return sign({**claims, "exp": int(time.time() + life)}, self.key)

    def check(self, assertion: Assertion):
        assertion.verify(self.key.public_key())
        expected = {"iss": self.issuer, "sub": self.subject, "aud": self.audience}
        for name, value in expected.items():
            if assertion.claims.get(name) != value:
                raise BadAssertion(f"{name} {assertion.claims.get(name)}")
        if assertion.claims["exp"] < time.time():
            raise BadAssertion("expired")


def sign(claims: dict, key: rsa.RSAPrivateKey) -> str:
    parts = [encode(json.dumps(p).encode()) for p in ({"alg": "RS256", "typ": "JWT"}, claims)]
    signature = key.sign(".".join(parts).encode(), padding.PKCS1v15(), hashes.SHA256())
    return ".".join([*parts, encode(signature)])


def make_key(bits: int = 2048) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


def pem(key: rsa.RSAPrivateKey, passphrase: bytes | None = None) -> str:
    encryption = (
        serialization.BestAvailableEncryption(passphrase)
        if passphrase
        else serialization.NoEncryption()
    )
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption
    ).decode()

"""The SASL mechanisms of the submission server.

Each is a generator: it yields challenges (octets), is sent the client's responses
(octets), and returns a Login. `refuse` says how a refused token is told.
"""

import base64
import binascii
import json
import re
from dataclasses import dataclass


class BadExchange(Exception):
    """The client broke the mechanism's grammar."""


@dataclass(frozen=True)
class Login:
    user: str
    token: str | None = None
    password: str | None = None


def decode(text: bytes) -> bytes:
    """A base64 response; "=" alone is the empty initial response (RFC 4954 4)."""
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise BadExchange(f"not base64: {error}") from error


def plain():
    response = yield b""
    try:
        identity, user, password = response.decode().split("\0")
    except ValueError as error:
        raise BadExchange("PLAIN: not three strings") from error
    if identity not in ("", user):
        raise BadExchange("PLAIN: another authorization identity")
    return Login(user, password=password)


def login():
    user = yield b"Username:"
    password = yield b"Password:"
    return Login(user.decode(), password=password.decode())


def xoauth2():
    response = yield b""
    match = re.fullmatch(rb"user=([^\x01]*)\x01auth=Bearer ([\x21-\x7e]+)\x01\x01", response)
    if not match:
        raise BadExchange("XOAUTH2: malformed initial response")
    return Login(match[1].decode(), token=match[2].decode())


def oauthbearer(hosts, port):
    """RFC 7628: a GS2 header, then key=value pairs; host and port must be ours."""

    def mechanism():
        response = yield b""
        match = re.fullmatch(
            rb"n,a=([^,\x01]*),\x01((?:[A-Za-z]+=[^\x00\x01]*\x01)*)\x01", response
        )
        if not match:
            raise BadExchange("OAUTHBEARER: malformed initial response")
        pairs = dict(p.split(b"=", 1) for p in match[2].split(b"\x01") if p)
        token = re.fullmatch(rb"Bearer ([\x21-\x7e]+)", pairs.get(b"auth", b""))
        if not token:
            raise BadExchange("OAUTHBEARER: no bearer token")
        if b"host" in pairs and pairs[b"host"].decode() not in hosts:
            raise BadExchange(f"OAUTHBEARER: host={pairs[b'host'].decode()} is not this server")
        if b"port" in pairs and pairs[b"port"].decode() != str(port):
            raise BadExchange(f"OAUTHBEARER: port={pairs[b'port'].decode()} is not this server")
        user = match[1].decode().replace("=2C", ",").replace("=3D", "=")
        return Login(user, token=token[1].decode())

    return mechanism


# What the client says to the error challenge before it may read the 535.
CHALLENGE_ANSWERS = {"XOAUTH2": b"", "OAUTHBEARER": b"\x01"}


def error_challenge(mechanism: str) -> bytes:
    if mechanism == "XOAUTH2":
        error = {"status": "401", "schemes": "bearer", "scope": "https://mail.example.com/"}
    else:
        error = {"status": "invalid_token", "scope": "https://mail.example.com/"}
    return json.dumps(error).encode()

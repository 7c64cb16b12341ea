"""What a person does at the authorization server: the authorization endpoint (RFC 6749
4.1, RFC 7636, RFC 9207) and the device authorization endpoint (RFC 8628); strict.

Nobody has to click: a request that is good is consented to, unless a test says otherwise.
"""

import base64
import hashlib
import json
import re
import secrets
import time
import urllib.parse
from dataclasses import dataclass

from aiohttp import web

DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
LOOPBACK = re.compile(r"http://(127\.0\.0\.1|\[::1\]|localhost)(:\d+)?(/[^?#]*)?")


class Refused(Exception):
    def __init__(self, error: str, description: str = ""):
        super().__init__(f"{error}: {description}")
        self.error, self.description = error, description


@dataclass
class Code:
    client: object
    scope: str
    redirect_uri: str
    challenge: str
    family: str
    expires: float
    used: bool = False


@dataclass
class Device:
    client: object
    scope: str
    user_code: str
    expires: float
    family: str
    state: str = "authorization_pending"  # or "granted", or another error
    polled: float = 0.0


class Consents:
    """Settings may be changed at any time; `authorizations` only grows."""

    def __init__(self, server):
        self._server = server
        self._codes: dict[str, Code] = {}
        self.devices: dict[str, Device] = {}
        self.authorizations: list[dict] = []  # parameters of requests

        self.refuses: dict | None = None  # parameters of a response in place of a code
        self.issuer: str | None = "own"  # what `iss` says; None: nothing
        self.refresh_tokens = True
        self.granted_scope: str | None = None  # None: what was asked for
        self.identity: str | None = None  # the mail address in an ID token
        self.code_octets = 32
        self.redirect_uris: set[str] = set()  # besides those of loopback
        self.interval: int | None = 1
        self.device_life = 600.0
        self.complete_uri = True
        self.device_answers: list[str] = []  # errors that the next polls are answered with

    # The authorization endpoint.

    async def authorize(self, http: web.Request) -> web.Response:
        pairs = urllib.parse.parse_qsl(http.query_string, keep_blank_values=True)
        parameters = dict(pairs)
        self.authorizations.append(parameters)
        client = self._server.clients.get(parameters.get("client_id"))
        redirect_uri = parameters.get("redirect_uri", "")
        known = LOOPBACK.fullmatch(redirect_uri) or redirect_uri in self.redirect_uris
        if len(parameters) != len(pairs):
            self._server.violate("authorization request: a parameter given twice")
        if client is None or not known:
            # Not to be redirected: RFC 6749 4.1.2.1.
            return web.Response(status=400, text="unknown client or redirect_uri")
        try:
            answer = {"code": self._new_code(client, parameters)}
        except Refused as refused:
            answer = {"error": refused.error, "error_description": refused.description}
        answer = self.refuses or answer
        if "state" in parameters:
            answer["state"] = parameters["state"]
        issuer = f"{http.scheme}://{http.host}" if self.issuer == "own" else self.issuer
        if issuer:
            answer["iss"] = issuer
        separator = "&" if "?" in redirect_uri else "?"
        location = f"{redirect_uri}{separator}{urllib.parse.urlencode(answer)}"
        return web.Response(status=302, headers={"Location": location})

    def _new_code(self, client, parameters: dict) -> str:
        challenge = parameters.get("code_challenge", "")
        if parameters.get("response_type") != "code":
            raise Refused("unsupported_response_type")
        if parameters.get("code_challenge_method") != "S256" or len(challenge) != 43:
            raise Refused("invalid_request", "PKCE with S256 is required")
        if len(parameters.get("state", "")) < 22:  # 128 bits
            raise Refused("invalid_request", "state is too short")
        scope = parameters.get("scope", " ".join(client.scopes))
        if not set(scope.split()) <= {*client.scopes, "offline_access", "openid"}:
            raise Refused("invalid_scope", scope)
        value = secrets.token_urlsafe(self.code_octets)
        self._codes[value] = Code(
            client,
            scope,
            parameters["redirect_uri"],
            challenge,
            secrets.token_hex(8),
            time.monotonic() + 60,
        )
        self._server.issued.append(value)
        return value

    def redeem(self, client, parameters: dict) -> dict:
        """The answer of the token endpoint to a code."""
        code = self._codes.get(parameters.get("code"))
        verifier = parameters.get("code_verifier", "")
        if code is None or code.client is not client or code.expires < time.monotonic():
            raise Refused("invalid_grant", "unknown code")
        if code.used:
            self._server.counts["codes reused"] += 1
            self._server.revoke_family(code.family)
            raise Refused("invalid_grant", "the code was used before")
        if parameters.get("redirect_uri") != code.redirect_uri:
            raise Refused("invalid_grant", "another redirect_uri")
        digest = hashlib.sha256(verifier.encode()).digest()
        if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != code.challenge:
            raise Refused("invalid_grant", "the code_verifier does not fit")
        if not re.fullmatch(r"[A-Za-z0-9._~-]{43,128}", verifier):
            self._server.violate("code_verifier is not what RFC 7636 4.1 says")
        self._server.issued.append(verifier)
        code.used = True
        return self._tokens(client, code.scope, code.family)

    def _tokens(self, client, scope: str, family: str) -> dict:
        granted = self.granted_scope or scope
        answer = self._server.new_tokens(client, granted, family, self.refresh_tokens)
        if self.identity:
            claims = json.dumps({"email": self.identity}).encode()
            payload = base64.urlsafe_b64encode(claims).rstrip(b"=").decode()
            answer["id_token"] = f"eyJhbGciOiJSUzI1NiJ9.{payload}.c2lnbmF0dXJl"
        return answer

    # The device endpoint.

    def new_device(self, client, parameters: dict, base: str) -> dict:
        scope = parameters.get("scope", " ".join(client.scopes))
        if not set(scope.split()) <= {*client.scopes, "offline_access", "openid"}:
            raise Refused("invalid_scope", scope)
        code = secrets.token_urlsafe(32)
        letters = "".join(secrets.choice("BCDFGHJKLMNPQRSTVWXZ") for _ in range(8))
        user_code = f"{letters[:4]}-{letters[4:]}"
        self._server.issued.append(code)
        self.devices[code] = Device(
            client, scope, user_code, time.monotonic() + self.device_life, secrets.token_hex(8)
        )
        answer = {
            "device_code": code,
            "user_code": user_code,
            "verification_uri": f"{base}/device",
            "expires_in": int(self.device_life),
        }
        if self.interval:
            answer["interval"] = self.interval
        if self.complete_uri:
            answer["verification_uri_complete"] = f"{base}/device?user_code={user_code}"
        return answer

    def decide(self, user_code: str, state: str = "granted"):
        """The person enters the code, and what becomes of it."""
        (device,) = [d for d in self.devices.values() if d.user_code == user_code]
        device.state = state

    def poll(self, client, parameters: dict) -> dict:
        device = self.devices.get(parameters.get("device_code"))
        if device is None or device.client is not client:
            raise Refused("invalid_grant", "unknown device code")
        if self.device_answers:
            raise Refused(self.device_answers.pop(0))
        now = time.monotonic()
        fast = now - device.polled < (self.interval or 5) - 0.1
        device.polled = now
        if fast:
            self._server.violate("polled faster than the interval")
            raise Refused("slow_down")
        if now > device.expires:
            raise Refused("expired_token")
        if device.state != "granted":
            raise Refused(device.state)
        device.state = "invalid_grant"
        return self._tokens(client, device.scope, device.family)

"""An OAuth 2.0 authorization server on loopback (RFC 6749); strict.

Grants: client_credentials and refresh_token. Refresh tokens are rotated at every
use; one that is used twice revokes the whole family (RFC 9700 4.14.2). The
submission server asks `problem_with` whether a token is good.
"""

import asyncio
import base64
import binascii
import collections
import json
import secrets
import threading
import time
import urllib.parse
from dataclasses import dataclass, field

from aiohttp import web

from scenario import Delay, Drop, Hang, HttpReply, Script

FORM = "application/x-www-form-urlencoded"
# As long as those of real providers: too long for one AUTH command line (RFC 4954 4).
TOKEN_OCTETS = 1350


@dataclass
class Client:
    identifier: str
    secret: str
    authentication: str = "client_secret_post"
    users: tuple = ()  # the mailboxes its tokens are good for
    scopes: tuple = ("https://mail.example.com/smtp",)
    refused: str | None = None  # an `error` code every request is answered with


@dataclass
class Token:
    value: str
    client: Client
    scope: str
    family: str | None = None  # the grant it descends from; None: client credentials
    expires: float = 0.0
    revoked: bool = False
    used: bool = False


@dataclass
class TokenRequest:
    """A request as it came, and the answer: what tests look at."""

    grant: str | None
    client: str | None
    authentication: str | None
    parameters: dict
    status: int = 0
    error: str | None = None
    received: float = field(default_factory=time.time)


class Refusal(Exception):
    def __init__(self, status: int, error: str, description: str = ""):
        super().__init__(f"{error}: {description}")
        self.status, self.error, self.description = status, error, description


class AuthorizationServer:
    """Settings may be changed at any time; `requests` and `issued` only grow."""

    def __init__(self, certificate_context=None):
        self._tls = certificate_context
        self.script = Script()
        self.clients: dict[str, Client] = {}
        self.token_lifetime = 3600.0
        self.announced_lifetime = "number"  # number | string | none: how expires_in is told
        self.rotate = True
        self.token_octets = TOKEN_OCTETS

        self.requests: list[TokenRequest] = []
        self.issued: list[str] = []  # every token ever handed out
        self.violations: list[str] = []
        self.counts = collections.Counter()

        self._lock = threading.Lock()
        self._access: dict[str, Token] = {}
        self._refresh: dict[str, Token] = {}
        self.port = self.tls_port = 0
        self.extra_routes: list[web.RouteDef] = []

    @property
    def token_endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}/token"

    @property
    def tls_token_endpoint(self) -> str:
        return f"https://localhost:{self.tls_port}/token"

    # What the other side and the tests do.

    def add_client(self, client: Client) -> Client:
        self.clients[client.identifier] = client
        return client

    def grant_refresh_token(self, client: Client) -> str:
        """As if a person had consented: the first refresh token of a family."""
        with self._lock:
            return self._new_refresh_token(client, " ".join(client.scopes), secrets.token_hex(8))

    def grant_access_token(self, client: Client) -> str:
        with self._lock:
            return self._answer(client, " ".join(client.scopes), None)["access_token"]

    def revoke_access_tokens(self):
        with self._lock:
            for token in self._access.values():
                token.revoked = True

    def revoke_refresh_tokens(self):
        with self._lock:
            for token in self._refresh.values():
                token.revoked = True

    def problem_with(self, value: str, user: str) -> str | None:
        with self._lock:
            token = self._access.get(value)
            if token is None:
                return "unknown token"
            if token.revoked:
                return "revoked token"
            if token.expires <= time.monotonic():
                return "expired token"
            if token.client.users and user not in token.client.users:
                return f"token is not good for {user}"
            return None

    # Life.

    def start(self, port: int = 0):
        """Serve in a thread of its own; after stop() it may be started again at the same ports."""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._call(self._open(port or self.port))

    def stop(self):
        self._call(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _call(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(10)

    async def _open(self, port: int):
        application = web.Application(client_max_size=1 << 20)
        application.add_routes([web.route("*", "/token", self._token), *self.extra_routes])
        self._stopping = asyncio.Event()
        self._runner = web.AppRunner(application)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", port, reuse_address=True)
        await site.start()
        self.port = site._server.sockets[0].getsockname()[1]
        if self._tls:
            site = web.TCPSite(
                self._runner, "127.0.0.1", self.tls_port, ssl_context=self._tls, reuse_address=True
            )
            await site.start()
            self.tls_port = site._server.sockets[0].getsockname()[1]

    async def _close(self):
        self._stopping.set()
        await self._runner.cleanup()

    # The token endpoint.

    async def _token(self, http: web.Request) -> web.StreamResponse:
        self.counts["token requests"] += 1
        body = (await http.read()).decode("utf-8", "replace")
        record = TokenRequest(None, None, None, {})
        self.requests.append(record)
        action = self.script.find("token", _first(body, "grant_type"))
        if isinstance(action, Delay):
            await asyncio.sleep(action.seconds)
            action = None
        if action is None or (isinstance(action, Drop) and action.accept):
            reply = self._decide(http, body, record)
        if isinstance(action, HttpReply):
            record.status = action.status
            return await _send(http, action)
        if isinstance(action, Hang):
            await self._stopping.wait()
        if action is not None:
            http.transport.abort()
            return web.Response()
        record.status = reply.status
        return reply

    def _decide(self, http: web.Request, body: str, record: TokenRequest) -> web.Response:
        try:
            self._check_form(http)
            parameters = self._parameters(body)
            record.grant = parameters.get("grant_type")
            record.parameters = {
                k: v for k, v in parameters.items() if k not in ("client_secret", "refresh_token")
            }
            client = self._authenticate(http, parameters, record)
            with self._lock:
                answer = self._issue(client, parameters)
        except Refusal as refusal:
            record.error = refusal.error
            answer = {"error": refusal.error, "error_description": refusal.description}
            return _json(refusal.status, answer)
        return _json(200, answer)

    def _check_form(self, http: web.Request):
        if http.method != "POST":
            self._violation(f"{http.method} at the token endpoint")
            raise Refusal(405, "invalid_request", "POST only")
        if http.content_type != FORM:
            self._violation(f"content type {http.content_type}")
            raise Refusal(400, "invalid_request", "not a form")
        if http.query_string:
            self._violation("parameters in the URL of the token endpoint")

    def _parameters(self, body: str) -> dict:
        try:
            pairs = urllib.parse.parse_qsl(
                body, keep_blank_values=True, strict_parsing=True, errors="strict"
            )
        except ValueError as error:
            self._violation(f"malformed form: {error}")
            raise Refusal(400, "invalid_request", "malformed form") from error
        names = [name for name, _ in pairs]
        for name in set(names):
            if names.count(name) > 1:
                self._violation(f"{name} given twice")
                raise Refusal(400, "invalid_request", f"{name} given twice")
        return dict(pairs)

    def _authenticate(self, http, parameters: dict, record: TokenRequest) -> Client:
        """RFC 6749 2.3.1; the client must use the way it is registered for, and one only."""
        identifier, secret = parameters.get("client_id"), parameters.get("client_secret")
        record.authentication = "client_secret_post" if secret is not None else "none"
        header = http.headers.get("Authorization", "")
        if header:
            if secret is not None:
                self._violation("two ways of client authentication in one request")
                raise Refusal(400, "invalid_request", "two ways of client authentication")
            record.authentication = "client_secret_basic"
            identifier, secret = self._basic(header)
        record.client = identifier
        client = self.clients.get(identifier)
        if client is None:
            raise Refusal(401, "invalid_client", "unknown client")
        if client.refused:
            status = 401 if client.refused == "invalid_client" else 400
            raise Refusal(status, client.refused, "refused by the scenario")
        if record.authentication != client.authentication:
            raise Refusal(401, "invalid_client", f"registered for {client.authentication}")
        if client.authentication != "none" and secret != client.secret:
            raise Refusal(401, "invalid_client", "wrong secret")
        return client

    def _basic(self, header: str):
        """Name and secret were form-encoded before they were joined and base64-encoded."""
        scheme, _, credentials = header.partition(" ")
        try:
            if scheme.lower() != "basic":
                raise ValueError(scheme)
            name, secret = base64.b64decode(credentials, validate=True).decode().split(":")
        except (ValueError, binascii.Error) as error:
            self._violation("malformed Authorization field")
            raise Refusal(400, "invalid_request", "malformed Authorization field") from error
        return urllib.parse.unquote_plus(name), urllib.parse.unquote_plus(secret)

    def _issue(self, client: Client, parameters: dict) -> dict:
        grant = parameters.get("grant_type")
        scope = parameters.get("scope", " ".join(client.scopes))
        if grant == "client_credentials":
            if not set(scope.split()) <= set(client.scopes):
                raise Refusal(400, "invalid_scope", scope)
            return self._answer(client, scope, None)
        if grant == "refresh_token":
            return self._refresh_grant(client, parameters)
        raise Refusal(400, "unsupported_grant_type", str(grant))

    def _refresh_grant(self, client: Client, parameters: dict) -> dict:
        token = self._refresh.get(parameters.get("refresh_token"))
        if token is None or token.client is not client:
            raise Refusal(400, "invalid_grant", "unknown refresh token")
        if token.used and self.rotate:
            self.counts["refresh tokens reused"] += 1
            for other in [*self._refresh.values(), *self._access.values()]:
                other.revoked = other.revoked or other.family == token.family
        if token.revoked:
            raise Refusal(400, "invalid_grant", "revoked refresh token")
        scope = parameters.get("scope", token.scope)
        if not set(scope.split()) <= set(token.scope.split()):
            raise Refusal(400, "invalid_scope", scope)
        token.used = True
        answer = self._answer(client, scope, token.family)
        if self.rotate:
            answer["refresh_token"] = self._new_refresh_token(client, token.scope, token.family)
        return answer

    def _answer(self, client: Client, scope: str, family: str | None) -> dict:
        value = secrets.token_urlsafe(self.token_octets)
        expires = time.monotonic() + self.token_lifetime
        self._access[value] = Token(value, client, scope, family, expires)
        self.issued.append(value)
        answer = {"token_type": "Bearer", "access_token": value, "scope": scope}
        if self.announced_lifetime == "number":
            answer["expires_in"] = int(self.token_lifetime)
        elif self.announced_lifetime == "string":
            answer["expires_in"] = str(int(self.token_lifetime))
        return answer

    def _new_refresh_token(self, client: Client, scope: str, family: str) -> str:
        value = secrets.token_urlsafe(48)
        self._refresh[value] = Token(value, client, scope, family)
        self.issued.append(value)
        return value

    def _violation(self, text: str):
        self.violations.append(f"token request {len(self.requests)}: {text}")


def _first(body: str, name: str) -> str | None:
    return dict(urllib.parse.parse_qsl(body)).get(name)


def _json(status: int, answer: dict) -> web.Response:
    headers = {"Content-Type": "application/json", "Cache-Control": "no-store"}
    if status == 401:
        headers["WWW-Authenticate"] = 'Basic realm="loopback"'
    return web.Response(status=status, body=json.dumps(answer).encode(), headers=headers)


async def _send(http: web.Request, reply: HttpReply) -> web.StreamResponse:
    """A scripted reply; one that claims more than it has ends in the middle."""
    headers = {"Content-Type": "application/json", **reply.headers}
    response = web.StreamResponse(status=reply.status, headers=headers)
    response.content_length = max(reply.claim_octets, len(reply.body))
    await response.prepare(http)
    await response.write(reply.body)
    if reply.claim_octets > len(reply.body):
        http.transport.close()
        return response
    await response.write_eof()
    return response

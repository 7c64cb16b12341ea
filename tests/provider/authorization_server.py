"""An OAuth 2.0 authorization server on loopback (RFC 6749); strict.

Grants: client_credentials, jwt-bearer (RFC 7523 2.1), refresh_token, and those that a person
takes part in (consents.py). Refresh
tokens are rotated at every use; one that is used twice revokes the whole family
(RFC 9700 4.14.2). Clients authenticate with a secret or an assertion (RFC 7523 2.2).
Metadata is published as RFC 8414 and OpenID Connect Discovery have it. The submission
server asks `problem_with` whether a token is good.
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

from assertions import (
    BEARER_GRANT,
    CLIENT_ASSERTION,
    Assertion,
    BadAssertion,
    Federation,
    encode,
)
from consents import DEVICE_GRANT, Consents, Refused
from scenario import Delay, Drop, Hang, HttpReply, Script

FORM = "application/x-www-form-urlencoded"
# As long as those of real providers: too long for one AUTH command line (RFC 4954 4).
TOKEN_OCTETS = 1350
SECRET_PARAMETERS = (
    *("client_secret", "refresh_token", "client_assertion", "assertion"),
    *("code", "code_verifier", "device_code"),
)


@dataclass
class Client:
    identifier: str
    secret: str
    authentication: str = "client_secret_post"
    users: tuple = ()  # the mailboxes its tokens are good for
    scopes: tuple = ("https://mail.example.com/smtp",)
    refused: str | None = None  # an `error` code every request is answered with
    key: object = None  # public: its assertions are signed with the other half
    key_id: str | None = None  # "kid" its assertions must have
    certificate: object = None  # they must name it (x5t#S256), and be signed with PS256
    federation: Federation | None = None
    email: str | None = None  # a service account: the issuer of its bearer assertions


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
        self.claims: dict | None = None  # access tokens are JWTs that say this, unsigned

        self.requests: list[TokenRequest] = []
        self.issued: list[str] = []  # every token ever handed out
        self.assertions: list[str] = []  # every assertion ever received
        self.violations: list[str] = []
        self.metadata_places = {"oauth-authorization-server", "openid-configuration"}
        self.metadata: dict = {}  # what the document says otherwise than it should
        self.issuer_path = ""
        self.repeats = False  # refuse every request, and repeat what it said
        self.metadata_requests: list[str] = []  # paths
        self.counts = collections.Counter()
        self.consents = Consents(self)

        self._lock = threading.Lock()
        self._seen: set[str] = set()  # the identifiers of assertions
        self._access: dict[str, Token] = {}
        self._refresh: dict[str, Token] = {}
        self.port = self.tls_port = 0
        self.extra_routes: list[web.RouteDef] = []
        self.revoked: list[tuple] = []  # (hint, whether it was known), as they came

    @property
    def token_endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}/token"

    @property
    def authorization_endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}/authorize"

    @property
    def device_endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}/device_authorization"

    @property
    def tls_token_endpoint(self) -> str:
        return f"https://localhost:{self.tls_port}/token"

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.port}{self.issuer_path}"

    @property
    def tls_issuer(self) -> str:
        return f"https://localhost:{self.tls_port}{self.issuer_path}"

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
        application.add_routes(
            [
                web.route("*", "/token", self._token),
                web.route("*", "/revoke", self._revoke),
                web.get("/authorize", self.consents.authorize),
                web.post("/device_authorization", self._device),
                web.get("/.well-known/{place}{path:.*}", self._metadata),
                web.get("/{path:.*}/.well-known/{place}", self._metadata),
                *self.extra_routes,
            ]
        )
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

    # Metadata.

    async def _metadata(self, http: web.Request) -> web.StreamResponse:
        place, path = http.match_info["place"], http.match_info["path"]
        self.metadata_requests.append(http.path)
        action = self.script.find("metadata", place)
        if isinstance(action, HttpReply):
            return await _send(http, action)
        if isinstance(action, Drop):
            http.transport.abort()
            return web.Response()
        if place not in self.metadata_places or path.strip("/") != self.issuer_path.strip("/"):
            raise web.HTTPNotFound
        base = f"{http.scheme}://{http.host}"
        document = {
            "issuer": base + self.issuer_path,
            "token_endpoint": f"{base}/token",
            "authorization_endpoint": f"{base}/authorize",
            "device_authorization_endpoint": f"{base}/device_authorization",
            "response_types_supported": ["code"],
            **self.metadata,
        }
        return _json(200, document)

    # The device authorization endpoint; its clients prove who they are as at the other.

    async def _device(self, http: web.Request) -> web.StreamResponse:
        record = TokenRequest(None, None, None, {})
        action = self.script.find("device", None)
        body = await http.text()
        if isinstance(action, HttpReply):
            return await _send(http, action)
        return self._decide(http, body, record)

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

    async def _revoke(self, http: web.Request) -> web.StreamResponse:
        """RFC 7009: 200 for every token, known or not; a refresh token takes its family along."""
        body = (await http.read()).decode("utf-8", "replace")
        action = self.script.find("revoke", _first(body, "token_type_hint"))
        if isinstance(action, HttpReply):
            return await _send(http, action)
        try:
            self._check_form(http)
            parameters = self._parameters(body)
            client = self._authenticate(http, parameters, TokenRequest(None, None, None, {}))
        except Refusal as refusal:
            return _json(refusal.status, {"error": refusal.error})
        with self._lock:
            value = parameters.get("token")
            token = self._refresh.get(value) or self._access.get(value)
            if token is not None and token.client is client:
                token.revoked = True
                for other in self._access.values():
                    if value in self._refresh and other.family == token.family:
                        other.revoked = True
            self.revoked.append((parameters.get("token_type_hint"), token is not None))
        return _json(200, {})

    def _decide(self, http: web.Request, body: str, record: TokenRequest) -> web.Response:
        try:
            return self._answer_form(http, body, record)
        except Refused as refused:
            record.error = refused.error
            answer = {"error": refused.error, "error_description": refused.description}
            return _json(400, answer)
        except Refusal as refusal:
            record.error = refusal.error
            answer = {"error": refusal.error, "error_description": refusal.description}
            return _json(refusal.status, answer)

    def _answer_form(self, http: web.Request, body: str, record: TokenRequest) -> web.Response:
        self._check_form(http)
        parameters = self._parameters(body)
        record.grant = parameters.get("grant_type")
        record.parameters = {
            k: v for k, v in parameters.items() if k not in SECRET_PARAMETERS
        }
        if self.repeats:
            names = ("client_assertion", "assertion")
            self.assertions += [parameters[n] for n in names if n in parameters]
            raise Refusal(401, "invalid_client", f"bad request: {parameters}")
        client = self._authenticate(http, parameters, record)
        with self._lock:
            if http.path == "/token":
                answer = self._issue(client, parameters, http)
            else:
                base = f"{http.scheme}://{http.host}"
                answer = self.consents.new_device(client, parameters, base)
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
        if "client_assertion" in parameters:
            if record.authentication != "none":
                self._violation("two ways of client authentication in one request")
            record.authentication = "private_key_jwt"
        if identifier is None and parameters.get("grant_type") == BEARER_GRANT:
            identifier = self._bearer(parameters).identifier
        record.client = identifier
        client = self.clients.get(identifier)
        if client is None:
            raise Refusal(401, "invalid_client", "unknown client")
        if client.refused:
            status = 401 if client.refused == "invalid_client" else 400
            raise Refusal(status, client.refused, "refused by the scenario")
        if record.authentication != client.authentication:
            raise Refusal(401, "invalid_client", f"registered for {client.authentication}")
        if record.authentication == "private_key_jwt":
            self._check_client_assertion(http, client, parameters)
        elif client.authentication != "none" and secret != client.secret:
            raise Refusal(401, "invalid_client", "wrong secret")
        return client

    def _read_assertion(self, parameters: dict, name: str) -> Assertion:
        try:
            self.assertions.append(parameters[name])
            return Assertion(parameters[name])
        except (BadAssertion, KeyError, ValueError) as error:
            self._violation(f"malformed {name}: {error}")
            raise Refusal(400, "invalid_request", f"malformed {name}") from error

    def _check_client_assertion(self, http, client: Client, parameters: dict):
        if parameters.get("client_assertion_type") != CLIENT_ASSERTION:
            self._violation("client_assertion without its type")
        assertion = self._read_assertion(parameters, "client_assertion")
        try:
            if client.federation:
                client.federation.check(assertion)
            else:
                assertion.check_signature(client)
                assertion.check_client(client.identifier)
                assertion.check(_audience(http), 300, self._seen)
        except BadAssertion as error:
            self._violation(f"client_assertion: {error}")
            raise Refusal(401, "invalid_client", f"client_assertion: {error}") from error

    def _bearer(self, parameters: dict) -> Client:
        """The client whose assertion asks for a token for somebody."""
        issuer = self._read_assertion(parameters, "assertion").claims.get("iss")
        for client in self.clients.values():
            if issuer is not None and issuer in (client.email, client.identifier):
                return client
        raise Refusal(400, "invalid_grant", f"unknown issuer {issuer}")

    def _bearer_grant(self, client: Client, parameters: dict, http) -> dict:
        assertion = self._read_assertion(parameters, "assertion")
        if self._bearer(parameters) is not client:
            raise Refusal(400, "invalid_grant", "an assertion of another client")
        try:
            assertion.check_signature(client)
            assertion.check(_audience(http), 3600, self._seen)
        except BadAssertion as error:
            self._violation(f"assertion: {error}")
            raise Refusal(400, "invalid_grant", f"assertion: {error}") from error
        if assertion.claims["sub"] not in client.users:
            raise Refusal(400, "unauthorized_client", f"not for {assertion.claims['sub']}")
        # Google looks for it in the assertion, others in the request (RFC 7521 4.1).
        scope = assertion.claims.get("scope") if client.email else parameters.get("scope")
        if not scope or not set(scope.split()) <= set(client.scopes):
            raise Refusal(400, "invalid_scope", str(scope))
        return self._answer(client, scope, None)

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

    def _issue(self, client: Client, parameters: dict, http) -> dict:
        grant = parameters.get("grant_type")
        scope = parameters.get("scope", " ".join(client.scopes))
        if grant == "client_credentials":
            if not set(scope.split()) <= set(client.scopes):
                raise Refusal(400, "invalid_scope", scope)
            return self._answer(client, scope, None)
        if grant == BEARER_GRANT:
            return self._bearer_grant(client, parameters, http)
        if grant == "refresh_token":
            return self._refresh_grant(client, parameters)
        if grant == "authorization_code":
            return self.consents.redeem(client, parameters)
        if grant == DEVICE_GRANT:
            return self.consents.poll(client, parameters)
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
        value = self._new_access_token()
        expires = time.monotonic() + self.token_lifetime
        self._access[value] = Token(value, client, scope, family, expires)
        self.issued.append(value)
        answer = {"token_type": "Bearer", "access_token": value, "scope": scope}
        if self.announced_lifetime == "number":
            answer["expires_in"] = int(self.token_lifetime)
        elif self.announced_lifetime == "string":
            answer["expires_in"] = str(int(self.token_lifetime))
        return answer

    def _new_access_token(self) -> str:
        value = secrets.token_urlsafe(self.token_octets)
        if self.claims is None:
            return value
        parts = ({"alg": "RS256", "typ": "JWT"}, self.claims)
        return ".".join([*(encode(json.dumps(part).encode()) for part in parts), value])

    def new_tokens(self, client: Client, scope: str, family: str, refresh: bool) -> dict:
        """What a consent leads to; the caller has the lock."""
        answer = self._answer(client, scope, family)
        if refresh:
            answer["refresh_token"] = self._new_refresh_token(client, scope, family)
        return answer

    def revoke_family(self, family: str):
        for token in [*self._refresh.values(), *self._access.values()]:
            token.revoked = token.revoked or token.family == family

    def violate(self, text: str):
        self.violations.append(text)

    def _new_refresh_token(self, client: Client, scope: str, family: str) -> str:
        value = secrets.token_urlsafe(48)
        self._refresh[value] = Token(value, client, scope, family)
        self.issued.append(value)
        return value

    def _violation(self, text: str):
        self.violations.append(f"token request {len(self.requests)}: {text}")


def _audience(http: web.Request) -> str:
    """The endpoint as the client called it."""
    return f"{http.scheme}://{http.host}{http.path}"


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

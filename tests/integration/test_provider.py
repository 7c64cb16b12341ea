"""The test equipment itself: what it must catch, it catches."""

import base64
import json
import socket
import ssl
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

import pytest
from assertions import CLIENT_ASSERTION, make_key, sign
from provider import USER, Provider
from scenario import Drop, Reply


@pytest.fixture
def loopback(directory):
    """A provider whose violations are what the test is about."""
    provider = Provider(Path(directory))
    provider.start()
    yield provider
    provider.stop()


class Client:
    """Sends exactly what it is told to."""

    def __init__(self, provider):
        plain = socket.create_connection(("127.0.0.1", provider.smtp.implicit_port), timeout=10)
        context = ssl.create_default_context(cafile=provider.authority.file)
        self.socket = context.wrap_socket(plain, server_hostname="127.0.0.1")
        self.file = self.socket.makefile("rb")
        self.reply()

    def reply(self) -> int:
        while (line := self.file.readline())[3:4] == b"-":
            pass
        return int(line[:3] or 0)

    def say(self, octets: bytes) -> int:
        self.socket.sendall(octets)
        return self.reply()

    def login(self, provider):
        token = provider.oauth.grant_access_token(provider.client)
        blob = base64.b64encode(f"user={USER}\1auth=Bearer {token}\1\1".encode())
        assert self.say(b"EHLO client.example.com\r\n") == 250
        assert self.say(b"AUTH XOAUTH2\r\n") == 334
        assert self.say(blob + b"\r\n") == 235

    def data(self):
        assert self.say(b"MAIL FROM:<a@example.com>\r\n") == 250
        assert self.say(b"RCPT TO:<b@example.org>\r\n") == 250
        assert self.say(b"DATA\r\n") == 354


@pytest.fixture
def client(loopback):
    client = Client(loopback)
    client.login(loopback)
    yield client
    client.file.close()
    client.socket.close()


def test_a_proper_client_violates_nothing(client, loopback):
    client.data()
    assert client.say(b"Subject: x\r\n\r\n..\r\nbody\r\n.\r\n") == 250
    assert client.say(b"QUIT\r\n") == 221
    assert loopback.violations == []
    assert loopback.smtp.messages[0].content == b"Subject: x\r\n\r\n.\r\nbody\r\n"


COMMANDS = [
    b"NOOP\n",
    b"NOOP \r\n",
    b"MAIL FROM: <a@example.com>\r\n",
    b"MAIL FROM:a@example.com\r\n",
    b"MAIL FROM:<a@example.com> SIZE\r\n",
    b"MAIL FROM:<a@example.com> AUTH=<>\r\n",
    b"MAIL FROM:<a b@example.com>\r\n",
    "MAIL FROM:<grüße@example.com>\r\n".encode(),
    b"RCPT TO:<a@example.com>\r\n",
    b"DATA\r\n",
    b"BDAT x\r\n",
    b"AUTH XOAUTH2\r\n",
    b"STARTTLS\r\n",
    b"EHLO under_score\r\n",
    b"NOOP" + b" x" * 300 + b"\r\n",
    b"NOOP\r\nNOOP\r\n",
]


@pytest.mark.parametrize("octets", COMMANDS, ids=lambda o: o[:30].decode(errors="replace").strip())
def test_wrong_commands_are_noticed(client, loopback, octets):
    client.say(octets)
    assert len(loopback.violations) == 1


CONTENTS = [
    b"bare\nLF\r\n.\r\n",
    b"bare\rCR\r\n.\r\n",
    b".not stuffed\r\n.\r\n",
    b"x" * 999 + b"\r\n.\r\n",
    b"\xc3\xa9\r\n.\r\n",
    b"NUL\0\r\n.\r\n",
]


@pytest.mark.parametrize("octets", CONTENTS, ids=lambda o: repr(o[:15]))
def test_wrong_contents_are_noticed(client, loopback, octets):
    client.data()
    assert client.say(octets) == 250
    assert len(loopback.violations) == 1


def test_pipelining_must_be_offered(client, loopback):
    del loopback.smtp.keywords["PIPELINING"]
    client.say(b"EHLO client.example.com\r\n")
    client.say(b"MAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.org>\r\n")
    assert client.reply() == 250
    assert len(loopback.violations) == 1


def test_rules_count_and_match(client, loopback):
    loopback.smtp.script.add("rcpt", Reply(550, "5.1.1 No"), address="b@*", after=1, count=1)
    assert client.say(b"MAIL FROM:<a@example.com>\r\n") == 250
    replies = [client.say(b"RCPT TO:<%c@example.org>\r\n" % c) for c in b"babb"]
    assert replies == [250, 250, 550, 250]
    loopback.smtp.script.add("rset", Drop())
    assert client.say(b"RSET\r\n") == 0
    assert loopback.smtp.messages == [] and loopback.violations == []


def ask_for_token(provider, **parameters):
    body = urllib.parse.urlencode(parameters).encode()
    with urllib.request.urlopen(provider.oauth.token_endpoint, data=body, timeout=10) as answer:
        return json.load(answer)


def test_refresh_token_used_twice_kills_the_family(loopback):
    client = loopback.client
    first = loopback.oauth.grant_refresh_token(client)
    request = {
        "grant_type": "refresh_token",
        "client_id": client.identifier,
        "client_secret": client.secret,
    }
    answer = ask_for_token(loopback, refresh_token=first, **request)
    assert loopback.oauth.problem_with(answer["access_token"], USER) is None
    for spent in (first, answer["refresh_token"]):
        with pytest.raises(urllib.error.HTTPError) as error:
            ask_for_token(loopback, refresh_token=spent, **request)
        assert json.load(error.value)["error"] == "invalid_grant"
    assert loopback.oauth.problem_with(answer["access_token"], USER) == "revoked token"


def test_tokens_end(loopback):
    loopback.oauth.token_lifetime = 0.0
    token = loopback.oauth.grant_access_token(loopback.client)
    assert loopback.oauth.problem_with(token, USER) == "expired token"
    assert loopback.oauth.problem_with("invented", USER) == "unknown token"
    loopback.oauth.token_lifetime = 60.0
    token = loopback.oauth.grant_access_token(loopback.client)
    assert loopback.oauth.problem_with(token, "other@example.com") is not None


KEY = make_key()
GOOD = {"iss": "11111111-loopback", "sub": "11111111-loopback", "jti": "A" * 22}
ASSERTIONS = {
    "another signature": ({}, make_key(), "wrong signature"),
    "another audience": ({"aud": "https://elsewhere.example/token"}, KEY, "aud "),
    "somebody else": ({"sub": "somebody"}, KEY, "not by the client for itself"),
    "long life": ({"exp": 3600}, KEY, "lives 3600 s"),
    "expired": ({"iat": -400, "nbf": -400, "exp": -200}, KEY, "expired"),
    "from the future": ({"iat": 100, "nbf": 100, "exp": 200}, KEY, "not good yet"),
    "short jti": ({"jti": "AAAA"}, KEY, "jti is too short"),
    "no jti": ({"jti": None}, KEY, "no jti"),
}


def ask_with_assertion(loopback, claims: dict, key) -> dict:
    now = int(time.time())
    claims = {"aud": loopback.oauth.token_endpoint, "iat": 0, "nbf": 0, "exp": 300, **claims}
    claims |= {name: now + claims[name] for name in ("iat", "nbf", "exp")}
    form = {
        "grant_type": "client_credentials",
        "client_id": loopback.client.identifier,
        "client_assertion_type": CLIENT_ASSERTION,
        "client_assertion": sign(claims, key),
    }
    try:
        return ask_for_token(loopback, **form)
    except urllib.error.HTTPError as error:
        return json.load(error)


@pytest.mark.parametrize("kind", ASSERTIONS)
def test_bad_assertions_are_caught(loopback, kind):
    change, key, reason = ASSERTIONS[kind]
    loopback.client.authentication = "private_key_jwt"
    loopback.client.key = KEY.public_key()
    assert ask_with_assertion(loopback, GOOD | change, key)["error"] == "invalid_client"
    assert reason in loopback.violations[-1]


def test_an_assertion_is_good_once(loopback):
    loopback.client.authentication = "private_key_jwt"
    loopback.client.key = KEY.public_key()
    assert "access_token" in ask_with_assertion(loopback, GOOD, KEY)
    assert loopback.violations == []
    assert ask_with_assertion(loopback, GOOD, KEY)["error"] == "invalid_client"
    assert "used before" in loopback.violations[-1]

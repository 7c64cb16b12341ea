"""Grants that a person takes part in: by a browser, by pasting, on another device."""

import json
import os
import re
import shutil
import signal
import socket
import termios
import time
import urllib.parse

import pytest
from harness import EX_CONFIG, EX_NOPERM, EX_TEMPFAIL, EX_UNAVAILABLE, EX_USAGE, wait_until
from interaction import Command, browse, consent, get, query_of
from scenario import HttpReply


@pytest.fixture
def grants(idle_host, provider):
    """A host whose profile waits for a person; its daemon runs. Commands are ended with it."""
    idle_host.client.update(
        authorization_endpoint=provider.oauth.authorization_endpoint,
        device_authorization_endpoint=provider.oauth.device_endpoint,
        issuer=provider.oauth.issuer,
    )
    idle_host.profile["grant"] = "authorization_code"
    idle_host.write_configuration()
    idle_host.commands = []
    yield idle_host
    for command in idle_host.commands:
        command.kill()


def grant(host, *arguments, **options) -> Command:
    command = Command(host, "oauth", "grant", "relay", *arguments, **options)
    host.commands.append(command)
    return command


def delivered(host, count: int = 1):
    host.wait_for_messages(count)
    host.wait_until_empty()


def tokens(host) -> dict:
    (status,) = json.loads(host.postoak("oauth", "status", "--json"))
    return status


# The browser.


def test_waiting_mail_goes_out_after_the_grant(grants, provider):
    grants.start()
    grants.submit("a@example.org")
    state = grants.wait_for_state("suspended")
    assert "postoak oauth grant relay" in f"{state['reason']} {state['advice']}"
    command = grant(grants, "--browser")
    page = browse(command.url())
    assert page.status == 200
    text = command.finish()
    assert "Access granted for relay" in text
    assert "Refresh token: yes" in text
    delivered(grants)
    status = tokens(grants)
    assert (status["state"], status["refresh_token"]) == ("valid", True)
    (request,) = [r for r in provider.oauth.requests if r.grant == "authorization_code"]
    assert request.status == 200


def test_request_is_what_the_rfcs_want(grants, provider):
    grants.profile["authorization_parameters"] = {"access_type": "offline", "prompt": "consent"}
    grants.write_configuration()
    grants.start()
    command = grant(grants, "--browser")
    sent = query_of(command.url())
    assert sent["response_type"] == "code"
    assert sent["client_id"] == provider.client.identifier
    assert sent["scope"] == " ".join(provider.client.scopes)
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/", sent["redirect_uri"])
    assert len(sent["state"]) == len(sent["code_challenge"]) == 43
    assert sent["code_challenge_method"] == "S256"
    assert (sent["access_type"], sent["prompt"]) == ("offline", "consent")
    browse(command.url())
    command.finish()
    second = grant(grants, "--browser")
    again = query_of(second.url())
    assert again["state"] != sent["state"]
    assert again["code_challenge"] != sent["code_challenge"]
    second.process.send_signal(signal.SIGTERM)
    second.finish(EX_TEMPFAIL)


def test_last_page_is_plain_and_accessible(grants):
    grants.start()
    command = grant(grants, "--browser")
    page = browse(command.url())
    command.finish()
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert page.headers["Content-Security-Policy"].startswith("default-src 'none';")
    assert '<html lang="en">' in page.text
    assert "<title>Access granted - Postoak</title>" in page.text
    assert "<h1>Access granted</h1>" in page.text
    assert 'name="viewport"' in page.text
    assert 'role="status"' in page.text
    assert "You can close this window." in page.text
    for word in ("<script", "src=", "href=", "style", "url("):
        assert word not in page.text


def test_rotated_refresh_tokens_go_on(grants, provider):
    grants.start()
    command = grant(grants, "--browser")
    browse(command.url())
    command.finish()
    for _ in range(3):
        grants.postoak("oauth", "refresh", "relay")
    grants.restart()
    grants.postoak("oauth", "refresh", "relay")
    assert provider.oauth.counts["refresh tokens reused"] == 0
    grants.submit("a@example.org")
    delivered(grants)


def test_second_grant_replaces_the_first(grants, provider):
    grants.start()
    for _ in range(2):
        command = grant(grants, "--browser")
        browse(command.url())
        command.finish()
    generation = provider.oauth.requests[-1]
    assert generation.grant == "authorization_code"
    grants.postoak("oauth", "refresh", "relay")
    assert provider.oauth.requests[-1].status == 200
    assert provider.oauth.counts["refresh tokens reused"] == 0


@pytest.mark.parametrize("host_name", ["127.0.0.1", "localhost", "[::1]"])
def test_configured_redirect_uri(grants, provider, host_name):
    if host_name == "[::1]" and not has_ipv6():
        pytest.skip("no IPv6 loopback here")
    port = free_port()
    uri = f"http://{host_name}:{port}/back/here"
    grants.client["redirect_uri"] = uri
    grants.write_configuration()
    grants.start()
    command = grant(grants, "--browser")
    assert command.redirect_uri() == uri
    location = consent(command.url())
    assert get(location.replace("/back/here", "/back")).status == 404
    assert get(location).status == 200
    command.finish()


def test_configured_redirect_uri_without_port(grants):
    grants.client["redirect_uri"] = "http://localhost"
    grants.write_configuration()
    grants.start()
    command = grant(grants, "--browser")
    assert re.fullmatch(r"http://localhost:\d+", command.redirect_uri())
    location = consent(command.url())
    page = get(location, host="::1" if has_ipv6() else "127.0.0.1")
    assert page.status == 200
    command.finish()


def has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
        return True
    except OSError:
        return False


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_taken_port(grants):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        grants.client["redirect_uri"] = f"http://127.0.0.1:{port}/"
        grants.write_configuration()
        grants.start()
        text = grant(grants, "--browser").finish(EX_CONFIG)
    assert f"cannot listen at 127.0.0.1:{port}" in text


def test_redirect_uri_elsewhere_can_only_be_pasted(grants, provider):
    provider.oauth.consents.redirect_uris.add("https://example.com/cb")
    grants.client["redirect_uri"] = "https://example.com/cb"
    grants.write_configuration()
    grants.start()
    assert "--paste" in grant(grants, "--browser").finish(EX_CONFIG)
    command = grant(grants)
    assert command.redirect_uri() == "https://example.com/cb"
    command.type(consent(command.url()) + "\n")
    assert "Access granted" in command.finish()


def test_endpoints_found_out_by_issuer(grants, provider):
    for key in ("token_endpoint", "authorization_endpoint", "device_authorization_endpoint"):
        grants.client.pop(key)
    provider.oauth.metadata["authorization_response_iss_parameter_supported"] = True
    grants.write_configuration()
    grants.start()
    command = grant(grants, "--browser")
    assert browse(command.url()).status == 200
    command.finish()
    # RFC 9207: what the server says that it does, it must do.
    provider.oauth.consents.issuer = None
    command = grant(grants, "--browser")
    page = browse(command.url())
    assert "does not name its issuer" in page.text
    assert "does not name its issuer" in command.finish(EX_CONFIG)


def test_opens_the_browser(grants):
    """A program in place of one, which notes what it is to show."""
    note = grants.directory / "shown"
    browser = grants.directory / "browser"
    browser.write_text(f'#!/bin/sh\nprintf %s "$1" > {note}.new\nmv {note}.new {note}\n')
    browser.chmod(0o755)
    grants.start()
    environment = {"DISPLAY": ":99", "BROWSER": str(browser)}
    command = grant(grants, environment=environment)
    url = command.url()
    assert wait_until(lambda: note.exists() and note.read_text(), "the browser") == url
    assert "Or paste" not in command.output.decode()
    browse(url)
    command.finish()


# What else comes to the listener.


def hostile(name: str):
    """Requests that are not the response; `{path}` and `{query}` are those of the right one."""
    return {
        "favicon": (b"GET /favicon.ico HTTP/1.1\r\nHost: %h\r\n\r\n", 404),
        "root": (b"GET / HTTP/1.1\r\nHost: %h\r\n\r\n", 400),
        "other state": (b"GET /?code=x&state=" + b"A" * 43 + b" HTTP/1.1\r\nHost: %h\r\n\r\n", 400),
        "no state": (b"GET /?code=x HTTP/1.1\r\nHost: %h\r\n\r\n", 400),
        "state twice": (b"GET %t&state=x HTTP/1.1\r\nHost: %h\r\n\r\n", 400),
        "head": (b"HEAD %t HTTP/1.1\r\nHost: %h\r\n\r\n", 405),
        "post": (b"POST %t HTTP/1.1\r\nHost: %h\r\nContent-Length: 0\r\n\r\n", 405),
        "other host": (b"GET %t HTTP/1.1\r\nHost: evil.example\r\n\r\n", 400),
        "no host": (b"GET %t HTTP/1.1\r\n\r\n", 400),
        "two hosts": (b"GET %t HTTP/1.1\r\nHost: %h\r\nHost: evil.example\r\n\r\n", 400),
        "other port": (b"GET %t HTTP/1.1\r\nHost: 127.0.0.1:1\r\n\r\n", 400),
        "absolute": (b"GET http://%h%t HTTP/1.1\r\nHost: %h\r\n\r\n", 400),
        "other path": (b"GET /x%t HTTP/1.1\r\nHost: %h\r\n\r\n", 404),
        "garbage": (b"\x16\x03\x01\x02\x00\x01\x00\n\n", 400),
        "NUL": (b"GET %t\0 HTTP/1.1\r\nHost: %h\r\n\r\n", 400),
        "HTTP/0.9": (b"GET %t\r\n\r\n", 400),
        "huge": (b"GET /?" + b"a" * 40000, 431),
        "many fields": (b"GET %t HTTP/1.1\r\n" + b"X: y\r\n" * 10000, 431),
    }[name]


HOSTILE = [
    *("favicon", "root", "other state", "no state", "state twice", "head", "post"),
    *("other host", "no host", "two hosts", "other port", "absolute", "other path"),
    *("garbage", "NUL", "HTTP/0.9", "huge", "many fields"),
]


def send(redirect_uri: str, octets: bytes) -> bytes:
    parts = urllib.parse.urlsplit(redirect_uri)
    with socket.create_connection((parts.hostname, parts.port), timeout=30) as client:
        client.sendall(octets)
        answer = b""
        while chunk := client.recv(65536):
            answer += chunk
    return answer


def test_nothing_else_confuses_the_listener(grants, provider):
    grants.start()
    command = grant(grants, "--browser")
    location = consent(command.url())
    parts = urllib.parse.urlsplit(location)
    target = f"{parts.path}?{parts.query}".encode()
    for name in HOSTILE:
        octets, status = hostile(name)
        octets = octets.replace(b"%t", target).replace(b"%h", parts.netloc.encode())
        answer = send(command.redirect_uri(), octets)
        assert answer.startswith(b"HTTP/1.1 %d " % status), (name, answer[:100])
        assert query_of(location)["code"].encode() not in answer
    assert command.process.poll() is None
    assert not [r for r in provider.oauth.requests if r.grant == "authorization_code"]
    assert get(location).status == 200
    command.finish()


def test_slow_requests_lock_nobody_out(grants):
    grants.start()
    command = grant(grants, "--browser")
    parts = urllib.parse.urlsplit(command.redirect_uri())
    slow = []
    for _ in range(40):
        client = socket.create_connection((parts.hostname, parts.port), timeout=30)
        client.sendall(b"GET /?code=")
        slow.append(client)
    assert browse(command.url()).status == 200
    command.finish()
    for client in slow:
        client.close()


def test_second_redirect(grants, provider):
    """A browser that loads the page again, once more and at the same time."""
    grants.start()
    command = grant(grants, "--browser")
    location = consent(command.url())
    parts = urllib.parse.urlsplit(location)
    early = socket.create_connection((parts.hostname, parts.port), timeout=30)
    assert get(location).status == 200
    try:
        early.sendall(f"GET {parts.path}?{parts.query} HTTP/1.1\r\n\r\n".encode())
        assert early.recv(1) == b""
    except ConnectionError:
        pass
    early.close()
    command.finish()
    with pytest.raises(ConnectionRefusedError):
        get(location)
    assert provider.oauth.counts["codes reused"] == 0


def test_request_in_small_pieces(grants):
    grants.start()
    command = grant(grants, "--browser")
    location = consent(command.url())
    parts = urllib.parse.urlsplit(location)
    request = f"GET {parts.path}?{parts.query} HTTP/1.1\r\nHost: {parts.netloc}\r\n\r\n"
    with socket.create_connection((parts.hostname, parts.port), timeout=30) as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for octet in request.encode():
            client.send(bytes([octet]))
        assert client.recv(4096).startswith(b"HTTP/1.1 200 ")
    command.finish()


def test_long_code(grants, provider):
    provider.oauth.consents.code_octets = 5000
    grants.start()
    command = grant(grants, "--browser")
    assert browse(command.url()).status == 200
    command.finish()


# What the server says in place of a code, or to one.


REFUSALS = {
    "access_denied": (EX_NOPERM, "access_denied"),
    "temporarily_unavailable": (EX_TEMPFAIL, "temporarily_unavailable"),
    "invalid_scope": (EX_CONFIG, "invalid_scope"),
}


@pytest.mark.parametrize("error", REFUSALS)
def test_refusals(grants, provider, error):
    status, reason = REFUSALS[error]
    provider.oauth.consents.refuses = {
        "error": error,
        "error_description": "<b>no</b> \x1b[2J & no",
    }
    grants.start()
    command = grant(grants, "--browser")
    page = get(consent(command.url()).replace("%1B", ""))
    assert "<h1>Access was not granted</h1>" in page.text
    assert "&lt;b&gt;no&lt;/b&gt;" in page.text and "<b>" not in page.text
    text = command.finish(status)
    assert reason in text and "\x1b" not in text
    assert tokens(grants)["state"] == "none"


def test_wrong_issuer(grants, provider):
    provider.oauth.consents.issuer = "https://evil.example"
    grants.start()
    command = grant(grants, "--browser")
    assert "https://evil.example" in browse(command.url()).text
    assert "https://evil.example" in command.finish(EX_CONFIG)
    assert not provider.oauth.requests


def test_failing_exchange_leaves_what_was_there(grants, provider):
    grants.start()
    command = grant(grants, "--browser")
    browse(command.url())
    command.finish()
    answer = {"error": "invalid_grant", "error_description": "code expired"}
    provider.oauth.script.add("token", HttpReply(400, json.dumps(answer).encode()))
    command = grant(grants, "--browser")
    assert "code expired" in browse(command.url()).text
    assert "invalid_grant: code expired" in command.finish(EX_NOPERM)
    assert tokens(grants)["state"] == "valid"
    grants.submit("a@example.org")
    delivered(grants)


def test_exchange_while_the_server_has_trouble(grants, provider):
    provider.oauth.script.add("token", HttpReply(503, b"busy"))
    grants.start()
    command = grant(grants, "--browser")
    browse(command.url())
    assert "503" in command.finish(EX_TEMPFAIL)


def test_missing_scope_and_other_user_are_told(grants, provider):
    provider.client.scopes = ("https://mail.example.com/smtp", "User.Read")
    grants.client["scopes"] = list(provider.client.scopes)
    provider.oauth.consents.granted_scope = "User.Read"
    provider.oauth.consents.identity = "somebody@example.com"
    grants.write_configuration()
    grants.start()
    command = grant(grants, "--browser")
    browse(command.url())
    text = command.finish()
    assert "did not grant the scope https://mail.example.com/smtp" in text
    assert "Granted by: somebody@example.com" in text
    assert "logs in as alerts@example.com" in text


def test_no_refresh_token(grants, provider):
    provider.oauth.consents.refresh_tokens = False
    grants.start()
    command = grant(grants, "--browser")
    browse(command.url())
    text = command.finish()
    assert "Refresh token: no" in text
    assert "Warning: access ends in 60 min" in text
    status = tokens(grants)
    assert (status["state"], status["refresh_token"]) == ("valid", False)
    grants.submit("a@example.org")
    delivered(grants)


def test_end_without_refresh_token_is_announced(grants, provider):
    """An hour before; here there is less of it from the beginning."""
    provider.oauth.consents.refresh_tokens = False
    provider.oauth.token_lifetime = 3000.0
    alerts = grants.directory / "alerts"
    command = grants.directory / "alert"
    command.write_text(f'#!/bin/sh\necho "$1 $2 $3" >> {alerts}\n')
    command.chmod(0o755)
    grants.configuration["alert_command"] = [str(command)]
    grants.write_configuration()
    grants.start()
    first = grant(grants, "--browser")
    browse(first.url())
    first.finish()
    reason = "because the server gave no refresh token; run: postoak oauth grant relay"
    grants.wait_for_log(f"profile relay: access ends at .*{reason}")
    wait_until(lambda: alerts.exists() and reason in alerts.read_text(), "the alert")
    assert alerts.read_text().startswith("relay ready access ends at ")
    status = grants.status()
    assert (status["health"], grants.profile_status()["state"]) == ("degraded", "ready")
    assert reason in grants.profile_status()["advice"]
    assert reason in tokens(grants)["advice"]
    assert "access ends soon" in grants.postoak("status", status=1)
    # It is kept over a restart, and a better grant ends it.
    grants.restart()
    wait_until(lambda: reason in grants.profile_status()["advice"], "the advice again")
    provider.oauth.consents.refresh_tokens = True
    second = grant(grants, "--browser")
    browse(second.url())
    second.finish()
    wait_until(lambda: grants.status()["health"] == "healthy", "a healthy host")
    assert tokens(grants)["advice"] is None


# Pasting.


def test_paste(grants):
    grants.start()
    command = grant(grants, "--paste")
    assert command.redirect_uri() == "http://127.0.0.1/"
    command.type(consent(command.url()) + "\n")
    assert "Access granted" in command.finish()


def test_paste_only_the_query(grants):
    grants.start()
    command = grant(grants, "--paste")
    command.type("  " + consent(command.url()).partition("?")[2] + "  \r\n")
    command.finish()


def test_paste_something_else_first(grants, provider):
    grants.start()
    command = grant(grants, "--paste")
    location = consent(command.url())
    code = query_of(location)["code"]
    for wrong in (code, command.url(), location.replace("state=", "state=x"), "a" * 20000):
        command.type(wrong + "\n")
    command.read_until(r"(?s)(Paste the whole address.*){4}")
    command.type(location + "\n")
    command.finish()
    assert provider.oauth.counts["codes reused"] == 0


def test_nothing_pasted(grants):
    grants.start()
    command = grant(grants, "--paste")
    command.url()
    command.end_input()
    assert "nothing was pasted" in command.finish(EX_NOPERM)


def test_paste_from_a_file(grants):
    """Standard input need not be something that can be waited for."""
    grants.start()
    empty = grants.directory / "empty"
    empty.write_text("not it\n")
    with empty.open() as stdin:
        command = grant(grants, "--paste", stdin=stdin)
        assert "not the response" in command.finish(EX_NOPERM)


def test_paste_into_a_terminal(grants, provider):
    """A line longer than a terminal takes at once, and it is not shown."""
    provider.oauth.consents.code_octets = 6000
    grants.start()
    command = grant(grants, "--paste", terminal=True)
    location = consent(command.url())
    command.read_until("press\r?\nReturn|Return:")
    wait_until(lambda: not echoes(command), "the terminal to be quiet")
    assert len(location) > 8000
    command.type("rubbish\x15" + location + "x\x7f\r")
    text = command.finish()
    assert "Access granted" in text
    assert "rubbish" not in text


def echoes(command) -> bool:
    return bool(termios.tcgetattr(command.slave)[3] & termios.ECHO)


@pytest.mark.parametrize("way", ["--paste", "--browser", "--device", None])
def test_interrupt_restores_the_terminal(grants, provider, way):
    grants.start()
    command = grant(grants, *([way] if way else []), terminal=True)
    if way == "--device":
        command.read_until("left")
    else:
        url = command.url()
    if way in ("--paste", None):
        wait_until(lambda: not echoes(command), "the terminal to be quiet")
    before = command.settings[3]
    command.read_until("Waiting|Return:|waits for")
    os.write(command.terminal, b"\x03")
    command.read_until("interrupted; nothing was changed")
    after = termios.tcgetattr(command.slave)[3]
    assert after == before
    command.finish(EX_TEMPFAIL)
    if way == "--paste":
        # The request is forgotten, the same response is of no use to another one.
        second = grant(grants, "--paste")
        second.type(consent(url) + "\n")
        second.read_until("not the response")
        second.end_input()
        second.finish(EX_NOPERM)


def test_without_option_it_listens_and_reads(grants):
    grants.start()
    for way in ("listener", "paste"):
        command = grant(grants, terminal=True)
        url = command.url()
        text = command.read_until("(?s).*Return:")[0]
        assert "ssh -L" in text and "Or paste" in text
        if way == "listener":
            assert browse(url).status == 200
        else:
            wait_until(lambda: not echoes(command), "the terminal to be quiet")  # noqa: B023
            command.type(consent(url) + "\r")
        command.finish()


def test_code_for_another_profile(grants):
    grants.configuration["profiles"]["other"] = dict(grants.profile)
    grants.configuration["default_profile"] = "relay"
    grants.write_configuration()
    grants.start()
    first = grant(grants, "--paste")
    other = Command(grants, "oauth", "grant", "other", "--paste")
    grants.commands.append(other)
    location = consent(first.url())
    other.url()
    other.type(location + "\n")
    other.read_until("not the response to a request for other")
    first.type(location + "\n")
    first.finish()
    other.type(consent(other.url()) + "\n")
    other.finish()


# Devices.


@pytest.fixture
def devices(grants):
    grants.profile["grant"] = "device_code"
    grants.write_configuration()
    return grants


def user_code(command) -> str:
    return command.read_until(r"enter the code\s+([A-Z]{4}-[A-Z]{4})\s")[1]


def test_device(devices, provider):
    devices.start()
    devices.submit("a@example.org")
    devices.wait_for_state("suspended")
    command = grant(devices)
    code = user_code(command)
    text = command.read_until(r"(?s)open\s+(\S+).*this address, and compare the code:\s+(\S+)\s")
    assert text[1] == f"http://127.0.0.1:{provider.oauth.port}/device"
    assert text[2].endswith(f"?user_code={code}")
    wait_until(lambda: polls(provider) >= 2, "two polls")
    provider.oauth.consents.decide(code)
    assert "Access granted for relay" in command.finish()
    delivered(devices)
    devices.postoak("oauth", "refresh", "relay")


def polls(provider) -> int:
    return len([r for r in provider.oauth.requests if r.grant and "device_code" in r.grant])


def test_device_without_extras(devices, provider):
    """As Microsoft has it: no complete address; and no interval, which means five seconds."""
    provider.oauth.consents.complete_uri = False
    devices.start()
    command = grant(devices)
    provider.oauth.consents.decide(user_code(command))
    assert "compare the code" not in command.finish()


DENIALS = {
    "access_denied": (EX_NOPERM, "access was refused"),
    "authorization_declined": (EX_NOPERM, "access was refused"),
    "expired_token": (EX_TEMPFAIL, "expired"),
    "bad_verification_code": (EX_CONFIG, "bad_verification_code"),
    "invalid_grant": (EX_NOPERM, "invalid_grant"),
}


@pytest.mark.parametrize("error", DENIALS)
def test_device_denied(devices, provider, error):
    status, reason = DENIALS[error]
    devices.start()
    command = grant(devices)
    provider.oauth.consents.decide(user_code(command), error)
    assert reason in command.finish(status)
    assert tokens(devices)["state"] == "none"


def test_device_slow_down(devices, provider):
    provider.oauth.consents.device_answers = ["slow_down", "authorization_pending"]
    devices.start()
    command = grant(devices)
    provider.oauth.consents.decide(user_code(command))
    command.finish()
    times = [r.received for r in provider.oauth.requests if r.grant and "device" in r.grant]
    # One second as the server said, and five more for good.
    assert [round(b - a) >= 6 for a, b in zip(times, times[1:])] == [True, True]


def test_device_while_the_server_has_trouble(devices, provider):
    devices.start()
    command = grant(devices)
    provider.oauth.script.add("token", HttpReply(502, b"<html>bad gateway</html>"))
    provider.oauth.consents.decide(user_code(command))
    command.finish()


def test_device_code_runs_out(devices, provider):
    provider.oauth.consents.device_life = 2.0
    devices.start()
    command = grant(devices)
    assert "expired" in command.finish(EX_TEMPFAIL)


def test_device_refused_at_once(devices, provider):
    answer = {"error": "invalid_scope", "error_description": "not for devices"}
    provider.oauth.script.add("device", HttpReply(400, json.dumps(answer).encode()))
    devices.start()
    assert "invalid_scope: not for devices" in grant(devices).finish(EX_CONFIG)


def test_device_countdown_on_a_terminal(devices, provider):
    devices.start()
    command = grant(devices, terminal=True)
    command.read_until(r"\rWaiting for that, 9:5\d left")
    provider.oauth.consents.decide(user_code(command))
    assert "Access granted" in command.finish()


def test_device_for_a_browser_profile(grants, provider):
    grants.start()
    command = grant(grants, "--device")
    provider.oauth.consents.decide(user_code(command))
    command.finish()


# Who may, and for what.


def test_without_daemon(grants, provider):
    command = grant(grants, "--browser")
    assert browse(command.url()).status == 200
    command.finish()
    grants.start()
    grants.submit("a@example.org")
    delivered(grants)
    assert [r.grant for r in provider.oauth.requests].count("authorization_code") == 1


def test_reload_meanwhile(grants):
    grants.start()
    command = grant(grants, "--paste")
    location = consent(command.url())
    grants.reload()
    command.type(location + "\n")
    command.finish()
    command = grant(grants, "--paste")
    location = consent(command.url())
    grants.client["scopes"] = ["https://mail.example.com/other"]
    grants.write_configuration()
    grants.reload()
    grants.wait_for_log("configuration reloaded", 2)
    command.type(location + "\n")
    command.finish(EX_TEMPFAIL)


def test_profiles_that_need_nobody(grants, provider):
    profiles = grants.configuration["profiles"]
    token = provider.oauth.grant_refresh_token(provider.client)
    secret = {"file": str(grants.secret_file("refresh", token))}
    server = grants.server_settings()
    profiles["app"] = {**grants.profile, "grant": "client_credentials"}
    profiles["refresh"] = {**grants.profile, "grant": "refresh_token", "refresh_token": secret}
    profiles["classic"] = {**server, "username": "u@example.com", "password": secret}
    profiles["command"] = {
        **server,
        "username": "u@example.com",
        "grant": "command",
        "token_command": ["/bin/true"],
    }
    grants.configuration["default_profile"] = "relay"
    grants.write_configuration()
    grants.start()
    reasons = {
        "app": "run: postoak oauth refresh app",
        "refresh": "run: postoak oauth refresh refresh",
        "classic": "does not use OAuth",
        "command": "token_command",
        "nobody": 'there is no profile "nobody"',
    }
    for name, reason in reasons.items():
        result = grants.command("postoak", "oauth", "grant", name, "--paste")
        assert (result.returncode, result.stdout) == (EX_USAGE, b"")
        assert reason in result.stderr.decode()


@pytest.mark.parametrize(
    "arguments",
    [
        ("grant",),
        ("grant", "relay", "--json"),
        ("grant", "relay", "--redeem"),
        ("grant", "relay", "--paste", "--browser"),
        ("test-authorization",),
        ("test-authorization", "relay", "--client", "app"),
        ("test-authorization", "--client"),
        ("test-authorization", "--client", "nobody"),
    ],
)
def test_usage(grants, arguments):
    grants.start()
    assert grants.command("postoak", "oauth", *arguments).returncode == EX_USAGE


# Trying it out.


def test_authorization_explained(grants, provider):
    grants.start()
    command = Command(grants, "oauth", "test-authorization", "relay", "--paste")
    grants.commands.append(command)
    command.type(consent(command.url()) + "\n")
    text = command.finish()
    for word in ("client_id", "redirect_uri", "code_challenge_method: S256", "iss: http://127"):
        assert word in text
    assert "grants: it has a code of 43 characters" in text
    assert not provider.oauth.requests
    assert tokens(grants)["state"] == "none"


def test_authorization_redeemed(grants):
    grants.start()
    command = Command(grants, "oauth", "test-authorization", "relay", "--browser", "--redeem")
    grants.commands.append(command)
    assert browse(command.url()).status == 200
    assert "Access granted for relay" in command.finish()
    assert tokens(grants)["state"] == "valid"


def test_authorization_of_a_client(grants, provider):
    grants.start()
    arguments = ("--client", "app", "--paste", "--redeem")
    command = Command(grants, "oauth", "test-authorization", *arguments)
    grants.commands.append(command)
    command.type(consent(command.url()) + "\n")
    assert "Access granted for app" in command.finish()
    assert [r.status for r in provider.oauth.requests] == [200]
    assert tokens(grants)["state"] == "none"

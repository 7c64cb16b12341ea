"""Ways to log in, and TLS: nothing is said to a server that did not prove its name."""

import json
import socket

import pytest
from certificates import Authority, server_context
from harness import wait_until


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN"])
@pytest.mark.parametrize("configured", [True, False], ids=["configured", "best offered"])
def test_password(idle_host, provider, mechanism, configured):
    provider.smtp.mechanisms = ["XOAUTH2", mechanism]
    idle_host.use_password(mechanism.lower() if configured else None)
    idle_host.start()
    idle_host.submit("a@example.org")
    (message,) = idle_host.wait_for_messages()
    assert message.connection.mechanism == mechanism
    assert provider.oauth.counts["token requests"] == 0


def test_wrong_password_suspends(idle_host, provider):
    provider.smtp.mechanisms = ["PLAIN"]
    idle_host.use_password()
    idle_host.secret_file("password", "wrong")
    idle_host.start()
    idle_host.submit("a@example.org")
    idle_host.wait_for_state("suspended")
    assert len(idle_host.spooled()) == 1
    (password,) = provider.smtp.passwords.values()
    idle_host.secret_file("password", password)
    idle_host.postoak("resume", "relay")
    idle_host.wait_for_messages()


@pytest.mark.parametrize("challenge", [True, False], ids=["334 with JSON", "535 at once"])
def test_oauthbearer(idle_host, provider, challenge):
    provider.smtp.mechanisms = ["OAUTHBEARER"]
    provider.smtp.error_challenge = challenge
    idle_host.profile["mechanism"] = "oauthbearer"
    idle_host.write_configuration()
    idle_host.start()
    idle_host.submit("a@example.org")
    idle_host.wait_for_messages()
    provider.oauth.revoke_access_tokens()
    provider.smtp.disconnect()
    idle_host.submit("a@example.org")
    first, second = idle_host.wait_for_messages(2)
    assert first.connection.mechanism == second.connection.mechanism == "OAUTHBEARER"


def test_best_mechanism_offered_to_a_token(host, provider):
    provider.smtp.mechanisms = ["PLAIN", "LOGIN", "XOAUTH2"]
    host.submit("a@example.org")
    (message,) = host.wait_for_messages()
    assert message.connection.mechanism == "XOAUTH2"


def test_token_is_never_given_to_plain(host, provider):
    provider.smtp.mechanisms = ["PLAIN", "LOGIN"]
    host.submit("a@example.org")
    wait_until(lambda: host.profile_status()["state"] != "ready", "the missing mechanism to show")
    assert provider.smtp.counts["logins tried"] == 0
    assert len(host.spooled()) == 1


def test_short_token_goes_with_the_auth_command(idle_host, provider):
    provider.oauth.token_octets = 60
    idle_host.start()
    idle_host.submit("a@example.org")
    (message,) = idle_host.wait_for_messages()
    assert "C: AUTH XOAUTH2 <credential>" in message.connection.transcript


def test_implicit_tls(idle_host, provider):
    idle_host.profile.update(tls="implicit", port=provider.smtp.implicit_port)
    idle_host.write_configuration()
    idle_host.start()
    idle_host.submit("a@example.org")
    (message,) = idle_host.wait_for_messages()
    assert message.connection.implicit_tls
    assert message.connection.tls_version in ("TLSv1.2", "TLSv1.3")


def knows_localhost():
    try:
        return bool(socket.getaddrinfo("localhost", 587))
    except socket.gaierror:
        return False


@pytest.mark.skipif(not knows_localhost(), reason="this system has no name for loopback")
def test_relay_by_name(idle_host, provider):
    idle_host.profile["host"] = "localhost"
    idle_host.write_configuration()
    idle_host.start()
    idle_host.submit("a@example.org")
    idle_host.wait_for_messages()


def wrong_name(provider, _directory):
    return provider.authority.issue("elsewhere.example.net")


def expired(provider, _directory):
    return provider.authority.issue("127.0.0.1", expired=True)


def unknown_authority(_provider, directory):
    return Authority(directory / "provider", "stranger").issue("127.0.0.1")


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
@pytest.mark.parametrize("fault", [wrong_name, expired, unknown_authority])
def test_server_that_does_not_prove_its_name(idle_host, provider, directory, fault, tls):
    good = provider.smtp.tls
    provider.smtp.tls = server_context(fault(provider, directory))
    if tls == "implicit":
        idle_host.profile.update(tls=tls, port=provider.smtp.implicit_port)
        idle_host.write_configuration()
    idle_host.start()
    idle_host.submit("a@example.org")
    state = idle_host.wait_for_state("backing_off")
    assert "certificate" in f"{state['reason']} {state['advice']}".lower()
    assert provider.smtp.counts["logins tried"] == provider.smtp.counts["command MAIL"] == 0
    assert len(idle_host.spooled()) == 1
    provider.smtp.tls = good
    idle_host.wait_for_messages()
    idle_host.wait_until_empty()


def test_no_login_and_no_tls_on_loopback(idle_host, provider):
    provider.smtp.require_login = provider.smtp.require_tls = False
    idle_host.configuration.pop("oauth_clients")
    settings = idle_host.server_settings() | {"tls": "none", "rewrite_from": "never"}
    settings.pop("tls_ca_file")
    idle_host.configuration["profiles"] = {"relay": settings}
    idle_host.write_configuration()
    idle_host.start()
    idle_host.submit("a@example.org")
    (message,) = idle_host.wait_for_messages()
    assert message.user is None and message.connection.tls_version is None


def test_two_profiles_and_routes(idle_host, provider):
    provider.smtp.mechanisms = ["XOAUTH2", "PLAIN"]
    oauth = dict(idle_host.profile)
    clients = idle_host.configuration["oauth_clients"]
    idle_host.use_password()
    idle_host.configuration["oauth_clients"] = clients
    idle_host.configuration["profiles"] = {"office": oauth, "relay": idle_host.profile}
    idle_host.configuration["routes"] = [{"recipient": "*@partner.org", "profile": "relay"}]
    idle_host.configuration["default_profile"] = "office"
    idle_host.write_configuration()
    idle_host.start()
    idle_host.submit("x@partner.org", "y@example.org")
    messages = idle_host.wait_for_messages(2)
    ways = {m.addresses[0]: m.connection.mechanism for m in messages}
    assert ways == {"x@partner.org": "PLAIN", "y@example.org": "XOAUTH2"}
    names = {p["profile"] for p in json.loads(idle_host.postoak("oauth", "status", "--json"))}
    assert "office" in names


@pytest.mark.parametrize("policy", ["local", "always"])
def test_identity_is_rewritten(idle_host, provider, policy):
    idle_host.profile["rewrite_from"] = policy
    idle_host.write_configuration()
    idle_host.start()
    text = b"From: Root <root@host.example.com>\nTo: a@example.org\nSubject: x\n\nHello\n"
    idle_host.submit("a@example.org", sender="root@host.example.com", message=text)
    (message,) = idle_host.wait_for_messages()
    assert message.sender == "alerts@example.com"
    assert b"From: Root <alerts@example.com>\r\n" in message.content
    assert b"X-Original-From: Root <root@host.example.com>\r\n" in message.content

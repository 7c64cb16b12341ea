"""Tokens: fetched once, refreshed in time, renewed when refused; trouble never bounces mail."""

import json

import pytest
from harness import wait_until
from scenario import Drop, Hang, HttpReply, Reply


def requests(provider, grant="client_credentials"):
    return [r for r in provider.oauth.requests if r.grant == grant]


def assert_waits(host, provider, reason: str):
    """The profile is suspended for `reason`, mailq tells, the mail neither went nor bounced."""
    state = host.wait_for_state("suspended")
    assert reason in f"{state['reason']} {state['advice']}"
    listing = wait_until(
        lambda: "suspended" in (q := host.mailq()) and q, "mailq to tell of the suspension"
    )
    assert "(profile relay suspended: " in listing
    assert len(host.spooled()) == 1 and provider.smtp.messages == []


def test_one_token_for_a_hundred_messages(host, provider):
    for i in range(100):
        host.submit(f"user{i}@example.org")
    host.wait_for_messages(100, timeout=60)
    host.wait_until_empty()
    assert len(provider.smtp.messages) == 100
    assert provider.oauth.counts["token requests"] == 1
    assert provider.smtp.counts["logins tried"] == provider.smtp.counts["connections"]
    (request,) = provider.oauth.requests
    assert request.authentication == "client_secret_post"
    assert request.parameters["scope"] == provider.client.scopes[0]


def test_token_survives_a_restart(host, provider):
    host.submit("a@example.org")
    host.wait_for_messages(1)
    host.wait_until_empty()
    host.restart()
    host.submit("a@example.org")
    host.wait_for_messages(2)
    assert provider.oauth.counts["token requests"] == 1


def test_refreshed_before_it_expires(idle_host, provider):
    provider.oauth.token_lifetime = 4.0
    idle_host.profile["refresh_ahead"] = "2s"
    idle_host.write_configuration()
    idle_host.start()
    idle_host.submit("a@example.org")
    idle_host.wait_for_messages(1)
    wait_until(lambda: len(requests(provider)) >= 3, "two refreshes without mail")
    times = [r.received for r in requests(provider)]
    assert all(later - earlier < 4.0 for earlier, later in zip(times, times[1:]))
    idle_host.submit("a@example.org")
    idle_host.wait_for_messages(2)
    assert provider.smtp.counts["logins refused"] == 0


@pytest.mark.parametrize("told", ["string", "none"])
def test_expires_in_as_a_string_or_absent(host, provider, told):
    provider.oauth.announced_lifetime = told
    host.submit("a@example.org")
    host.wait_for_messages(1)
    (status,) = json.loads(host.postoak("oauth", "status", "--json"))
    assert status["state"] == "valid" and status["expires_at"] > 0


@pytest.mark.parametrize("challenge", [True, False], ids=["334 with JSON", "535 at once"])
def test_revoked_token_is_replaced_once(host, provider, challenge):
    provider.smtp.error_challenge = challenge
    host.submit("a@example.org")
    host.wait_for_messages(1)
    host.wait_until_empty()
    provider.oauth.revoke_access_tokens()
    provider.smtp.disconnect()
    host.submit("b@example.org")
    host.wait_for_messages(2)
    assert provider.oauth.counts["token requests"] == 2
    assert provider.smtp.counts["logins refused"] == 1
    assert host.profile_status()["state"] == "ready"


def test_login_refused_with_a_fresh_token_suspends(host, provider):
    provider.client.users = ("someone.else@example.com",)
    host.submit("a@example.org")
    assert_waits(host, provider, "535")
    assert provider.oauth.counts["token requests"] <= 2
    assert "5.7.8" in host.log()
    provider.client.users = ()
    host.postoak("resume", "relay")
    (message,) = host.wait_for_messages()
    assert message.addresses == ["a@example.org"]
    host.wait_for_state("ready")


@pytest.mark.parametrize("command", [("oauth", "refresh", "relay"), ("resume", "relay")])
def test_invalid_client_suspends_until_repaired(host, provider, command):
    provider.client.refused = "invalid_client"
    host.submit("a@example.org")
    assert_waits(host, provider, "invalid_client")
    (status,) = json.loads(host.postoak("oauth", "status", "--json"))
    assert status["state"] in ("error", "needs_person")
    assert "invalid_client" in f"{status['last_error']} {status['advice']}"
    provider.client.refused = None
    host.postoak(*command)
    host.wait_for_messages()
    host.wait_until_empty()
    host.wait_for_state("ready")


def test_backlog_is_no_storm_of_token_requests(host, provider):
    provider.client.refused = "invalid_client"
    for i in range(30):
        host.submit(f"user{i}@example.org")
    host.wait_for_state("suspended")
    wait_until(lambda: len(host.queue()) == 30, "30 messages in the queue")
    assert provider.oauth.counts["token requests"] <= 4
    assert provider.smtp.counts["logins tried"] == 0


TROUBLE = {
    "500": HttpReply(500, b"Internal error", {"Content-Type": "text/html"}),
    "429": HttpReply(429, b'{"error":"slow_down"}', {"Retry-After": "1"}),
    "503": HttpReply(503, b"", {"Retry-After": "1"}),
    "temporarily_unavailable": HttpReply(400, b'{"error":"temporarily_unavailable"}'),
    "not JSON": HttpReply(200, b"<html>Welcome to our hotel</html>"),
    "no token": HttpReply(200, b'{"token_type":"Bearer"}'),
    "truncated": HttpReply(200, b'{"access_token":"abc', claim_octets=5000),
    "huge": HttpReply(200, b'{"access_token":"' + b"A" * 4_000_000 + b'"}'),
    "redirect": HttpReply(302, b"", {"Location": "/elsewhere"}),
    "lost": Drop(),
    "silent": Hang(),
    "line end": HttpReply(200, b'{"access_token":"a\\r\\nRSET","token_type":"Bearer"}'),
    "DPoP": HttpReply(200, b'{"access_token":"abc","token_type":"DPoP"}'),
}


@pytest.mark.parametrize("kind", TROUBLE)
def test_trouble_at_the_token_endpoint_delays_mail(idle_host, provider, kind):
    idle_host.client["timeout"] = "1s"
    idle_host.write_configuration()
    provider.oauth.script.add("token", TROUBLE[kind])
    idle_host.start()
    idle_host.submit("a@example.org")
    wait_until(lambda: idle_host.profile_status()["state"] != "ready", "trouble to show")
    assert provider.smtp.counts["logins tried"] == 0
    idle_host.postoak("resume", "relay")
    (message,) = idle_host.wait_for_messages()
    assert message.addresses == ["a@example.org"]
    idle_host.wait_until_empty()


def test_authorization_server_down_and_up_again(idle_host, provider):
    provider.oauth.stop()
    try:
        idle_host.start()
        idle_host.submit("a@example.org")
        idle_host.wait_for_state("backing_off")
    finally:
        provider.oauth.start()
    idle_host.wait_for_messages()
    idle_host.wait_until_empty()


def test_client_secret_basic(idle_host, provider):
    provider.client.authentication = "client_secret_basic"
    provider.client.secret = "with:colon %+ and späce"
    idle_host.secret_file("client", provider.client.secret)
    idle_host.client["client_authentication"] = "client_secret_basic"
    idle_host.write_configuration()
    idle_host.start()
    idle_host.submit("a@example.org")
    idle_host.wait_for_messages()
    (request,) = provider.oauth.requests
    assert request.authentication == "client_secret_basic" and request.status == 200


def test_token_endpoint_over_https(idle_host, provider):
    idle_host.client["token_endpoint"] = provider.oauth.tls_token_endpoint
    idle_host.client["ca_file"] = str(provider.authority.file)
    idle_host.write_configuration()
    idle_host.start()
    idle_host.submit("a@example.org")
    idle_host.wait_for_messages()


def test_untrusted_token_endpoint_gets_no_secret(idle_host, provider):
    idle_host.client["token_endpoint"] = provider.oauth.tls_token_endpoint
    idle_host.write_configuration()
    idle_host.start()
    idle_host.submit("a@example.org")
    wait_until(lambda: idle_host.profile_status()["state"] != "ready", "the distrust to show")
    assert provider.oauth.counts["token requests"] == 0


def use_refresh_token(host, provider):
    token = provider.oauth.grant_refresh_token(provider.client)
    host.profile["grant"] = "refresh_token"
    host.profile["refresh_token"] = {"file": str(host.secret_file("refresh", token))}
    host.write_configuration()


def test_rotated_refresh_token_is_kept(idle_host, provider):
    use_refresh_token(idle_host, provider)
    idle_host.start()
    for i in range(3):
        idle_host.submit("a@example.org")
        idle_host.wait_for_messages(i + 1)
        idle_host.wait_until_empty()
        idle_host.postoak("oauth", "refresh", "relay")
        # The stored token supersedes the configured one, which is spent by now.
        idle_host.restart()
    assert len(requests(provider, "refresh_token")) >= 4
    assert provider.oauth.counts["refresh tokens reused"] == 0
    assert {r.status for r in provider.oauth.requests} == {200}


def test_dead_refresh_token_needs_a_person(idle_host, provider):
    use_refresh_token(idle_host, provider)
    provider.oauth.revoke_refresh_tokens()
    idle_host.start()
    idle_host.submit("a@example.org")
    assert_waits(idle_host, provider, "invalid_grant")
    (status,) = json.loads(idle_host.postoak("oauth", "status", "relay", "--json"))
    assert status["state"] == "needs_person"
    # A new initial token supersedes the dead one.
    use_refresh_token(idle_host, provider)
    idle_host.reload()
    idle_host.wait_for_messages()
    idle_host.wait_until_empty()


def test_lost_answer_with_a_rotated_token(idle_host, provider):
    """The old token may be spent: tried once more, then a person is asked; no mail is lost."""
    use_refresh_token(idle_host, provider)
    provider.oauth.script.add("token", Drop(accept=True))
    idle_host.start()
    idle_host.submit("a@example.org")
    assert_waits(idle_host, provider, "invalid_grant")
    use_refresh_token(idle_host, provider)
    idle_host.reload()
    idle_host.wait_for_messages()


def test_login_switched_off_by_the_tenant(host, provider):
    disabled = Reply(535, "5.7.139 SmtpClientAuthentication is disabled for the Tenant")
    provider.smtp.script.add("auth", disabled, count=None)
    host.submit("a@example.org")
    assert_waits(host, provider, "5.7.139")

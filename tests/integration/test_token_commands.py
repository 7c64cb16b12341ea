"""postoak oauth token, revoke and test-token, with the daemon and without."""

import json
import subprocess
from base64 import urlsafe_b64encode
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256

import pytest
from harness import BUILD, EX_CONFIG, EX_NOPERM, EX_TEMPFAIL, EX_USAGE
from scenario import HttpReply


@pytest.fixture(params=["daemon up", "daemon down"])
def either(request, idle_host):
    """A host whose commands reach the daemon's agent, or do its work themselves."""
    if request.param == "daemon up":
        idle_host.start()
    return idle_host


def token(host, *arguments) -> str:
    """What `oauth token` prints, which is the only output that may hold a token."""
    result = host.command("postoak", "oauth", "token", *arguments)
    host.outputs.remove(result.stdout)
    assert (result.returncode, result.stderr) == (0, b""), result
    assert result.stdout.endswith(b"\n") and result.stdout.count(b"\n") == 1
    return result.stdout.decode().rstrip("\n")


def fails(host, status: int, *arguments) -> str:
    """Run what must fail with one line; that line."""
    result = host.command("postoak", *arguments)
    assert result.returncode == status, result
    assert result.stdout == b"" and result.stderr.count(b"\n") == 1
    return result.stderr.decode()


def state_of(host) -> dict:
    (state,) = json.loads(host.postoak("oauth", "status", "--json"))
    return state


def use_refresh_token(host, provider) -> str:
    value = provider.oauth.grant_refresh_token(provider.client)
    file = host.secret_file("refresh", value)
    host.profile.update(grant="refresh_token", refresh_token={"file": str(file)})
    host.write_configuration()
    if host.daemon:
        host.restart()
    return value


# oauth token


def test_token_of_a_profile(either, provider):
    first = token(either, "relay")
    assert first == provider.oauth.issued[-1]
    assert token(either, "relay") == first
    # It is the one that mail is sent with.
    if not either.daemon:
        either.start()
    either.submit("a@example.org")
    either.wait_for_messages()
    assert provider.oauth.counts["token requests"] == 1


def test_token_of_a_client_is_kept(host, provider):
    first = token(host, "--client", "app")
    assert first == provider.oauth.issued[-1]
    assert token(host, "--client", "app", "--grant", "client_credentials") == first
    provider.client.scopes = [*provider.client.scopes, "other"]
    other = token(host, "--scope", "other", "--client", "app")
    assert other != first
    assert provider.oauth.requests[-1].parameters["scope"] == "other"
    more = token(host, "--client", "app", "--parameter", "audience=a b", "--parameter", "x=")
    assert provider.oauth.requests[-1].parameters["audience"] == "a b"
    assert more not in (first, other)
    assert token(host, "--client", "app", "--scope", "other") == other
    assert provider.oauth.counts["token requests"] == 3
    # Another configuration, and nothing is taken for known.
    host.client["scopes"] = ["other"]
    host.write_configuration()
    host.restart()
    assert token(host, "--client", "app") != first
    assert provider.oauth.requests[-1].parameters["scope"] == "other"


def test_token_of_a_client_without_daemon(idle_host, provider):
    assert token(idle_host, "--client", "app") == provider.oauth.issued[-1]
    assert not list((idle_host.state / "tokens").iterdir())


def test_short_lived_token_of_a_client_is_replaced(host, provider):
    """Half its life before it ends, where it has less than ten minutes."""
    provider.oauth.token_lifetime = 2
    first = token(host, "--client", "app")
    values = {first}
    for _ in range(200):
        values.add(token(host, "--client", "app"))
        if len(values) > 1:
            break
    assert len(values) == 2


@pytest.mark.parametrize("arguments", [["relay"], ["--client", "app"]])
def test_many_ask_at_once(host, provider, arguments):
    command = [BUILD / "postoak", "-C", host.file, "oauth", "token", *arguments]

    def ask(_):
        return subprocess.run(command, capture_output=True, check=False).stdout

    with ThreadPoolExecutor(8) as executor:
        answers = set(executor.map(ask, range(16)))
    # Root has eight connections at least; whoever is one too many is told so.
    answers.discard(b"")
    assert answers == {provider.oauth.issued[-1].encode() + b"\n"}
    assert provider.oauth.counts["token requests"] == 1


@pytest.mark.parametrize("arguments", [["relay"], ["--client", "app"]])
def test_failures_have_a_status_of_their_own(either, provider, arguments):
    ask = ("oauth", "token", *arguments)
    provider.client.refused = "invalid_client"
    assert "invalid_client" in fails(either, EX_CONFIG, *ask)
    if either.daemon:
        count = provider.oauth.counts["token requests"]
        assert "invalid_client" in fails(either, EX_CONFIG, *ask)
        assert provider.oauth.counts["token requests"] == count
        either.restart()
    provider.client.refused = "invalid_grant"
    assert "invalid_grant" in fails(either, EX_NOPERM, *ask)
    if either.daemon:
        either.restart()
    provider.client.refused = None
    provider.oauth.script.add("token", HttpReply(503, b"{}"), count=None)
    assert "503" in fails(either, EX_TEMPFAIL, *ask)
    if either.daemon:
        either.restart()
    either.client["client_secret"] = {"sealed": "missing"}
    either.write_configuration()
    if either.daemon:
        either.restart()
    assert "postoak secret set missing" in fails(either, EX_CONFIG, *ask)


@pytest.mark.parametrize(
    "arguments",
    [
        ["nobody"],
        ["--client", "nobody"],
        ["--client"],
        ["--client", "app", "--scope"],
        ["--client", "app", "--color", "red"],
        ["--client", "app", "--grant", "magic"],
        ["--client", "app", "--grant", "device_code"],
        ["--client", "app", "--scope", "two words"],
        ["--client", "app", "--parameter", "client_secret=x"],
        ["--client", "app", "--parameter", "noequals"],
        ["relay", "--scope", "x"],
        ["--scope", "x"],
        ["a b"],
    ],
)
def test_what_is_no_question(idle_host, provider, arguments):
    fails(idle_host, EX_USAGE, "oauth", "token", *arguments)
    assert provider.oauth.requests == []


def test_token_needs_a_profile_with_oauth(idle_host):
    idle_host.configuration["profiles"]["plain"] = {"host": "127.0.0.1", "tls": "none"}
    idle_host.configuration["default_profile"] = "relay"
    idle_host.write_configuration()
    assert "does not use OAuth" in fails(idle_host, EX_USAGE, "oauth", "token", "plain")


# oauth test-token


def look(host, *arguments, status: int = 0) -> str:
    return host.postoak("oauth", "test-token", *arguments, status=status)


def fingerprint(value: str) -> str:
    return f"[redacted, {len(value)} characters, fingerprint {sha256(value.encode()).hexdigest()[:8]}]"


def test_token_request_is_shown(either, provider):
    text = look(either, "relay")
    (issued,) = provider.oauth.issued
    for line in (
        f"POST {provider.oauth.token_endpoint}",
        "grant_type=client_credentials",
        f"scope={provider.client.scopes[0]}",
        f"client_id={provider.client.identifier}",
        f"client_secret=[redacted, {len(provider.client.secret)} characters]",
        "HTTP status 200",
        f"access_token: {fingerprint(issued)}",
        "lifetime: 3600 s",
        f"scopes granted: {provider.client.scopes[0]}",
        "Verdict: the server gives a token",
    ):
        assert line in text, line
    assert text.count("\nVerdict: ") == 1 and text.splitlines()[-1].startswith("Verdict: ")
    # What came is kept and used.
    assert token(either, "relay") == issued
    assert provider.oauth.counts["token requests"] == 1


def test_token_request_of_a_client_is_shown(either, provider):
    provider.client.authentication = "client_secret_basic"
    either.client["client_authentication"] = "client_secret_basic"
    either.write_configuration()
    if either.daemon:
        either.restart()
    text = look(either, "--client", "app", "--parameter", "audience=some where")
    assert "audience=some where" in text
    assert "Authorization: Basic [redacted, " in text
    assert f"access_token: {fingerprint(provider.oauth.issued[-1])}" in text
    # A person asks, so it is asked, whatever is known.
    look(either, "--client", "app", "--parameter", "audience=some where")
    assert provider.oauth.counts["token requests"] == 2


def test_rotated_token_of_a_test_is_kept(either, provider):
    use_refresh_token(either, provider)
    for _ in range(3):
        text = look(either, "relay")
        assert "refresh_token=[redacted, " in text
        assert f"refresh_token: {fingerprint(provider.oauth.issued[-1])}" in text
    assert provider.oauth.counts["refresh tokens reused"] == 0


@pytest.mark.parametrize("arguments", [["relay"], ["--client", "app"]])
def test_what_the_server_refuses_is_explained(host, provider, arguments):
    secret = provider.client.secret
    body = {"error": "invalid_client", "error_description": f"AADSTS7000215: {secret} is wrong"}
    reply = HttpReply(401, json.dumps({**body, "trace_id": "1-2-3"}).encode())
    provider.oauth.script.add("token", reply)
    text = look(host, *arguments, status=EX_CONFIG)
    assert "HTTP status 401" in text and "error: invalid_client" in text
    assert "error_description: AADSTS7000215: [redacted] is wrong" in text
    assert "trace_id: 1-2-3" in text
    assert "Verdict: the configuration is wrong: " in text
    if arguments == ["relay"]:
        assert "\nAdvice\n" in text
    provider.oauth.script.add("token", HttpReply(400, b'{"error": "invalid_grant"}'))
    assert "Verdict: a person is needed: " in look(host, *arguments, status=EX_NOPERM)
    provider.oauth.script.add("token", HttpReply(503, b"busy", {"Retry-After": "7"}))
    text = look(host, *arguments, status=EX_TEMPFAIL)
    assert "4 octets that are no JSON object" in text and "Retry-After: 7 s" in text
    assert "Verdict: try again later: " in text
    # None of it stays once the server gives a token.
    look(host, *arguments)
    token(host, *arguments)


def test_nothing_is_sent_without_what_it_takes(idle_host, provider):
    idle_host.client["client_secret"] = {"sealed": "missing"}
    idle_host.write_configuration()
    text = look(idle_host, "relay", status=EX_CONFIG)
    assert "Request" not in text and "postoak secret set missing" in text


def test_jwt_is_read(idle_host, provider):
    claims = {
        "aud": "https://outlook.office365.com",
        "tid": "a-tenant",
        "appid": "an-application",
        "roles": ["SMTP.SendAsApp"],
        "exp": 1900000000,
    }
    parts = [{"alg": "none"}, claims, {}]
    jwt = ".".join(
        urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts
    )
    provider.other_secrets.append(jwt)
    answer = {"access_token": jwt, "token_type": "Bearer", "id_token": "a.b.c", "expires_in": "99"}
    provider.oauth.script.add("token", HttpReply(200, json.dumps(answer).encode()))
    text = look(idle_host, "--client", "app")
    for line in (
        "aud: https://outlook.office365.com",
        "tid: a-tenant",
        "appid: an-application",
        "roles: SMTP.SendAsApp",
        "exp: 1900000000 (2030-03-17T17:46:40Z)",
        "lifetime: 99 s",
    ):
        assert f"\n  {line}\n" in text, line
    assert f"id_token: {fingerprint('a.b.c')}" in text
    assert f"access_token: {fingerprint(jwt)}" in text


def test_missing_scope_is_shown(idle_host, provider):
    answer = {"access_token": "abc", "token_type": "Bearer", "scope": "something"}
    provider.oauth.script.add("token", HttpReply(200, json.dumps(answer).encode()))
    text = look(idle_host, "relay")
    assert f"scope missing: {provider.client.scopes[0]}" in text
    assert "lifetime: not said" in text


# oauth revoke


def use_revocation(host, provider):
    endpoint = provider.oauth.token_endpoint.replace("/token", "/revoke")
    host.client["revocation_endpoint"] = endpoint
    host.write_configuration()


def stored(host) -> list:
    return [file.name for file in (host.state / "tokens").iterdir()]


def test_revoke(either, provider):
    use_revocation(either, provider)
    use_refresh_token(either, provider)
    assert provider.oauth.problem_with(token(either, "relay"), "alerts@example.com") is None
    assert stored(either) == ["relay"]
    text = either.postoak("oauth", "revoke", "relay")
    assert "refresh token: revoked by the server\naccess token: revoked by the server\n" in text
    assert provider.oauth.revoked == [("refresh_token", True), ("access_token", True)]
    assert stored(either) == []
    assert provider.oauth.problem_with(provider.oauth.issued[-2], "alerts@example.com")
    # The configured one began the same grant: a person is needed.
    assert "invalid_grant" in fails(either, EX_NOPERM, "oauth", "token", "relay")
    assert "no tokens" in either.postoak("oauth", "revoke", "relay")


def test_revoked_consent_needs_a_person_at_once(host, provider):
    """And its mail waits for that person."""
    use_revocation(host, provider)
    use_refresh_token(host, provider)
    token(host, "relay")
    # What a person's consent gave is bound to the same registration.
    host.profile["grant"] = "authorization_code"
    host.client["authorization_endpoint"] = "http://127.0.0.1:1/authorize"
    del host.profile["refresh_token"]
    host.write_configuration()
    host.restart()
    assert state_of(host)["state"] == "valid"
    host.postoak("oauth", "revoke", "relay")
    assert state_of(host)["state"] == "needs_person"
    state = host.wait_for_state("suspended")
    assert "postoak oauth grant relay" in state["reason"] + state["advice"]
    assert "oauth grant relay" in fails(host, EX_NOPERM, "oauth", "token", "relay")


def test_revoke_of_an_application_token(host, provider):
    use_revocation(host, provider)
    host.restart()
    first = token(host, "relay")
    text = host.postoak("oauth", "revoke", "relay")
    assert "refresh token: there was none\naccess token: revoked" in text
    # The application may have another whenever it likes.
    assert token(host, "relay") != first


@pytest.mark.parametrize(
    "reply, status, told",
    [
        (HttpReply(503, b"busy"), EX_NOPERM, "HTTP status 503): withdraw access"),
        (HttpReply(401, b'{"error": "invalid_client"}'), EX_NOPERM, "401, invalid_client"),
        (HttpReply(400, b'{"error": "invalid_token"}'), 0, "revoked by the server"),
        (HttpReply(400, b'{"error": "unsupported_token_type"}'), 0, "does not revoke such"),
    ],
)
def test_tokens_are_deleted_whatever_the_server_says(idle_host, provider, reply, status, told):
    use_revocation(idle_host, provider)
    token(idle_host, "relay")
    provider.oauth.script.add("revoke", reply)
    result = idle_host.command("postoak", "oauth", "revoke", "relay")
    assert result.returncode == status, result
    assert told in (result.stdout + result.stderr).decode()
    assert stored(idle_host) == []


def test_revoke_where_there_is_no_place_for_it(idle_host, provider):
    token(idle_host, "relay")
    assert "withdraw access at the provider" in idle_host.postoak("oauth", "revoke", "relay")
    assert stored(idle_host) == []
    assert "no profile" in fails(idle_host, EX_USAGE, "oauth", "revoke", "nobody")


def test_place_to_revoke_is_found_out(idle_host, provider):
    base = provider.oauth.token_endpoint.removesuffix("/token")
    provider.oauth.metadata["revocation_endpoint"] = f"{base}/revoke"
    del idle_host.client["token_endpoint"]
    idle_host.client["issuer"] = provider.oauth.issuer
    idle_host.write_configuration()
    token(idle_host, "relay")
    assert "access token: revoked by the server" in idle_host.postoak("oauth", "revoke", "relay")
    assert provider.oauth.revoked == [("access_token", True)]

"""postoak oauth token, revoke and test-token, with the daemon and without."""

import json
import subprocess
from concurrent.futures import ThreadPoolExecutor

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

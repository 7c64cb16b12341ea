"""No secret and no token anywhere but where it belongs (every test checks its files, too)."""

from pathlib import Path

from conftest import leaks
from harness import wait_until
from scenario import HttpReply, Reply


def all_secrets(provider) -> list:
    return [s.encode() for s in provider.secrets]


def exposed(host, provider) -> list:
    """Our processes whose command line or environment shows a secret."""
    found = []
    for pid in host.processes():
        for name in ("cmdline", "environ"):
            try:
                octets = Path(f"/proc/{pid}/{name}").read_bytes()
            except OSError:
                continue
            if any(s in octets for s in all_secrets(provider)):
                found.append(f"/proc/{pid}/{name}")
    return found


def echo(provider):
    """A server that repeats what it was told: its errors contain secret and token."""
    secret, token = provider.client.secret, provider.oauth.issued[-1]
    body = f'{{"error":"invalid_client","error_description":"no {secret}, no {token}"}}'
    provider.oauth.script.add("token", HttpReply(401, body.encode()), count=None)
    provider.smtp.script.add("auth", Reply(535, f"5.7.8 Bad token {token}"), count=None)


def test_secrets_repeated_by_the_servers_go_nowhere(host, provider):
    host.submit("a@example.org")
    host.wait_for_messages()
    host.wait_until_empty()
    assert exposed(host, provider) == []
    echo(provider)
    provider.smtp.disconnect()
    host.submit("b@example.org")
    host.wait_for_state("suspended")
    wait_until(lambda: "suspended" in host.mailq(), "mailq to tell")
    host.postoak("oauth", "refresh", "relay", status=None)
    host.postoak("oauth", "status", "relay")
    host.postoak("oauth", "status", "--json")
    host.postoak("status", status=None)
    host.postoak("queue", "list", "--json")
    host.postoak("config", "show")
    assert exposed(host, provider) == []
    assert leaks(host, provider) == []


def test_password_repeated_by_the_relay_goes_nowhere(idle_host, provider):
    provider.smtp.mechanisms = ["PLAIN", "LOGIN"]
    (password,) = provider.smtp.passwords.values()
    idle_host.use_password()
    idle_host.start()
    provider.smtp.script.add("auth", Reply(535, f"5.7.8 {password} is wrong"), count=None)
    idle_host.submit("a@example.org")
    idle_host.wait_for_state("suspended")
    idle_host.mailq()
    idle_host.postoak("status", status=None)
    assert exposed(idle_host, provider) == []


def test_tokens_at_rest_are_sealed(host, provider):
    host.submit("a@example.org")
    host.wait_for_messages()
    (token,) = (host.state / "tokens").iterdir()
    assert token.name == "relay" and token.stat().st_mode & 0o077 == 0
    assert host.state.stat().st_mode & 0o077 == 0
    assert provider.oauth.issued[-1].encode() not in token.read_bytes()

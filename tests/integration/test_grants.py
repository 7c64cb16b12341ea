"""Every grant that needs no person, every way a client proves who it is, to the delivered mail."""

import json
import os
import re
import shlex
from pathlib import Path

import pytest
from assertions import Federation, make_key, pem
from certificates import Authority
from cryptography.hazmat.primitives import serialization
from harness import EX_CONFIG, wait_until
from scenario import HttpReply, Reply

KEY = make_key()


def deliver(host, count: int = 1):
    """One message more, of `count` in all."""
    host.submit("a@example.org")
    host.wait_for_messages(count)
    host.wait_until_empty()


def configure(host, client: dict | None = None, drop=(), **profile):
    """Change keys of client and profile; what is in `drop` goes."""
    host.client.update(client or {})
    for key in drop:
        host.client.pop(key, None)
    host.profile.update(profile)
    host.write_configuration()
    assert host.postoak("config", "check") == f"{host.file}: ok\n"


def key_file(host, provider, key=KEY) -> dict:
    """A secret file with the key; no line of it may be found elsewhere."""
    provider.other_secrets.append(pem(key).splitlines()[5])
    return {"file": str(host.secret_file("key", pem(key)))}


def script(host, text: str, name: str = "command") -> list:
    """A command for the configuration."""
    file = host.directory / name
    file.write_text(f"#!/bin/sh\n{text}\n")
    file.chmod(0o755)
    return [str(file)]


def runs(host) -> int:
    """How often a script that notes its runs was run."""
    file = host.directory / "runs"
    return len(file.read_text()) if file.exists() else 0


def printing(host, secret: str, name: str = "command") -> list:
    """A command that notes its run and prints a secret, which is in a file of its own."""
    file = host.secret_file(name, secret)
    note = shlex.quote(str(host.directory / "runs"))
    return script(host, f"printf x >> {note}; cat {shlex.quote(str(file))}", name)


def use_command(host, command: list):
    """For the client's secret."""
    configure(host, {"client_secret": {"command": command}})


def needs_person(host, reason: str):
    """The profile waits for a person, for that reason; the mail is still there."""
    state = host.wait_for_state("suspended")
    assert reason in f"{state['reason']} {state['advice']}"
    assert len(host.spooled()) == 1


def tries_again(host, reason: str):
    state = host.wait_for_state("backing_off")
    assert reason in f"{state['reason']} {state['advice']}"
    assert len(host.spooled()) == 1


# Secrets from commands.


def test_client_secret_from_a_command(idle_host, provider):
    command = printing(idle_host, provider.client.secret)
    use_command(idle_host, command)
    idle_host.start()
    deliver(idle_host)
    assert runs(idle_host) == 1
    # It is not kept: the next request runs it again.
    idle_host.postoak("oauth", "refresh", "relay")
    assert runs(idle_host) == 2
    assert {r.status for r in provider.oauth.requests} == {200}


def test_refresh_token_from_a_command(idle_host, provider):
    token = provider.oauth.grant_refresh_token(provider.client)
    command = printing(idle_host, token)
    configure(idle_host, grant="refresh_token", refresh_token={"command": command})
    idle_host.start()
    deliver(idle_host)
    # The rotated one supersedes it, also where the command fails later.
    Path(command[0]).write_text("#!/bin/sh\nexit 1\n")
    idle_host.postoak("oauth", "refresh", "relay")
    assert provider.oauth.counts["refresh tokens reused"] == 0
    assert {r.status for r in provider.oauth.requests} == {200}


def test_password_from_a_command(idle_host, provider):
    provider.smtp.mechanisms = ["PLAIN"]
    (password,) = provider.smtp.passwords.values()
    idle_host.use_password()
    idle_host.profile["password"] = {"command": printing(idle_host, password)}
    idle_host.write_configuration()
    idle_host.start()
    deliver(idle_host)
    assert runs(idle_host) >= 1
    before = runs(idle_host)
    provider.smtp.disconnect()
    deliver(idle_host, 2)
    assert runs(idle_host) > before
    # The relay may repeat it.
    provider.smtp.script.add("auth", Reply(535, f"5.7.8 {password} is wrong"), count=None)
    provider.smtp.disconnect()
    idle_host.submit("b@example.org")
    idle_host.wait_for_state("suspended")
    assert "[redacted] is wrong" in idle_host.log()


FAILURES = {
    "status": ("echo 'vault is sealed' >&2; exit 3", "ended with status 3: vault is sealed"),
    "signal": ("kill -KILL $$", "ended with signal 9"),
    "silence": ("exit 0", "printed nothing"),
    "flood": ("exec yes", "printed more than 64 KiB"),
    "NUL": (r"printf 'a\0b'", "printed a NUL"),
}


@pytest.mark.parametrize("kind", FAILURES)
def test_failing_command_delays_mail(idle_host, provider, kind):
    text, reason = FAILURES[kind]
    use_command(idle_host, script(idle_host, text))
    idle_host.start()
    idle_host.submit("a@example.org")
    tries_again(idle_host, f"client_secret of app: {idle_host.directory}/command {reason}")
    assert provider.oauth.requests == []
    printing(idle_host, provider.client.secret)
    idle_host.postoak("resume", "relay")
    idle_host.wait_for_messages()


def test_slow_command_is_ended(idle_host, provider):
    """It has ten seconds, which nobody else has to wait."""
    text = f"echo $$ > {idle_host.directory}/pid; exec sleep 1000"
    slow = script(idle_host, text, "slow")
    idle_host.configuration["oauth_clients"]["other"] = {
        **idle_host.client,
        "client_secret": {"command": slow},
    }
    idle_host.configuration["profiles"]["other"] = {**idle_host.profile, "oauth_client": "other"}
    idle_host.configuration["routes"] = [{"recipient": "slow@*", "profile": "other"}]
    idle_host.configuration["default_profile"] = "relay"
    idle_host.write_configuration()
    idle_host.start()
    idle_host.submit("slow@example.org")
    file = idle_host.directory / "pid"
    pid = int(wait_until(lambda: file.exists() and file.read_text(), "the command to run"))
    idle_host.submit("a@example.org")
    idle_host.wait_for_messages()
    state = idle_host.wait_for_state("backing_off", profile="other")
    assert "took longer than 10 s" in f"{state['reason']} {state['advice']}"
    wait_until(lambda: not running(pid), "the command to end")


def running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_command_ends_with_the_daemon(idle_host, provider):
    text = f"echo $$ > {idle_host.directory}/pid; exec sleep 1000"
    use_command(idle_host, script(idle_host, text))
    idle_host.start()
    idle_host.submit("a@example.org")
    file = idle_host.directory / "pid"
    pid = int(wait_until(lambda: file.exists() and file.read_text(), "the command to run"))
    assert idle_host.stop() == 0
    wait_until(lambda: not running(pid), "the command to end")


def test_missing_command_needs_a_person(idle_host, provider):
    use_command(idle_host, ["/nonexistent/vault", "read"])
    idle_host.start()
    idle_host.submit("a@example.org")
    needs_person(idle_host, "cannot run /nonexistent/vault: No such file")
    use_command(idle_host, printing(idle_host, provider.client.secret))
    idle_host.reload()
    idle_host.wait_for_messages()


def test_reload_takes_the_place_of_a_running_command(idle_host, provider):
    text = f"touch {idle_host.directory}/started; exec sleep 1000"
    use_command(idle_host, script(idle_host, text, "slow"))
    idle_host.start()
    idle_host.submit("a@example.org")
    wait_until((idle_host.directory / "started").exists, "the command to run")
    use_command(idle_host, printing(idle_host, provider.client.secret))
    idle_host.reload()
    idle_host.wait_for_messages()


# Grant command.


def use_token_command(host, command: list):
    """A profile with nothing but a command."""
    del host.configuration["oauth_clients"]
    for key in ("oauth_client", "scopes"):
        host.profile.pop(key, None)
    host.profile.update(grant="command", token_command=command)
    host.write_configuration()
    assert host.postoak("config", "check") == f"{host.file}: ok\n"


def test_grant_command(idle_host, provider):
    token = provider.oauth.grant_access_token(provider.client)
    use_token_command(idle_host, printing(idle_host, f"{token}\n3000"))
    idle_host.start()
    for i in range(3):
        deliver(idle_host, i + 1)
    assert runs(idle_host) == 1
    assert provider.oauth.requests == []
    (status,) = json.loads(idle_host.postoak("oauth", "status", "--json"))
    assert (status["state"], status["grant"], status["client"]) == ("valid", "command", None)
    # It survives a restart, as any token does.
    idle_host.restart()
    deliver(idle_host, 4)
    assert runs(idle_host) == 1


def test_rejected_token_has_the_command_run_once_more(idle_host, provider):
    token = provider.oauth.grant_access_token(provider.client)
    command = printing(idle_host, token)
    use_token_command(idle_host, command)
    idle_host.start()
    deliver(idle_host)
    provider.oauth.revoke_access_tokens()
    provider.smtp.disconnect()
    printing(idle_host, provider.oauth.grant_access_token(provider.client))
    deliver(idle_host, 2)
    assert runs(idle_host) == 2
    # One that came a moment ago and is refused as well is a matter for a person.
    provider.oauth.revoke_access_tokens()
    provider.smtp.disconnect()
    idle_host.submit("b@example.org")
    needs_person(idle_host, "535")
    assert runs(idle_host) == 2


@pytest.mark.parametrize(
    "text, reason",
    [
        ("echo a b", "its first line is empty, too long or no token"),
        ("head -c 20000 /dev/zero | tr '\\0' a", "too long"),
        ("echo abc; echo soon", "its second line is not the life"),
        ("echo 'not logged in' >&2; exit 1", "ended with status 1: not logged in"),
    ],
)
def test_token_command_that_gives_no_token_delays_mail(idle_host, provider, text, reason):
    use_token_command(idle_host, script(idle_host, text))
    idle_host.start()
    idle_host.submit("a@example.org")
    tries_again(idle_host, "token_command: ")
    tries_again(idle_host, reason)
    printing(idle_host, provider.oauth.grant_access_token(provider.client))
    idle_host.postoak("resume", "relay")
    idle_host.wait_for_messages()


# Client authentication by assertions.


def use_private_key(host, provider, **client):
    provider.client.authentication = "private_key_jwt"
    provider.client.key = KEY.public_key()
    configure(host, {"private_key": key_file(host, provider), **client}, drop=["client_secret"])


def test_private_key_jwt(idle_host, provider):
    use_private_key(idle_host, provider)
    idle_host.start()
    deliver(idle_host)
    # A new assertion each time: the provider refuses one that was used before.
    for _ in range(2):
        idle_host.postoak("oauth", "refresh", "relay")
    assert [r.authentication for r in provider.oauth.requests] == ["private_key_jwt"] * 3
    assert {r.status for r in provider.oauth.requests} == {200}
    assert len(set(provider.oauth.assertions)) == 3


def test_private_key_jwt_with_a_certificate(idle_host, provider):
    """As Microsoft wants it: PS256, and the certificate's thumbprint."""
    issued = Authority(idle_host.directory, "entra").issue_for(KEY)
    provider.client.certificate = issued
    file = idle_host.directory / "certificate.pem"
    file.write_bytes(issued.public_bytes(serialization.Encoding.PEM))
    use_private_key(idle_host, provider, certificate=str(file))
    idle_host.start()
    deliver(idle_host)


def test_private_key_jwt_over_https_with_a_refresh_token(idle_host, provider):
    token = provider.oauth.grant_refresh_token(provider.client)
    idle_host.profile["grant"] = "refresh_token"
    idle_host.profile["refresh_token"] = {"file": str(idle_host.secret_file("refresh", token))}
    use_private_key(
        idle_host,
        provider,
        token_endpoint=provider.oauth.tls_token_endpoint,
        ca_file=str(provider.authority.file),
    )
    idle_host.start()
    deliver(idle_host)


BAD_KEYS = {
    "encrypted": (pem(KEY, b"hunter2"), "encrypted with a passphrase"),
    "weak": (pem(make_key(1024)), "1024 bits is too weak"),
    "none": ("hunter2", "no private key in PEM form"),
}


@pytest.mark.parametrize("kind", BAD_KEYS)
def test_unusable_private_key_needs_a_person(idle_host, provider, kind):
    text, reason = BAD_KEYS[kind]
    use_private_key(idle_host, provider)
    idle_host.secret_file("key", text)
    idle_host.start()
    idle_host.submit("a@example.org")
    needs_person(idle_host, f"private_key of app: {'an RSA key of ' if kind == 'weak' else ''}")
    needs_person(idle_host, reason)
    idle_host.secret_file("key", pem(KEY))
    idle_host.postoak("oauth", "refresh", "relay")
    idle_host.wait_for_messages()


def test_federated_assertion_is_read_afresh(idle_host, provider):
    federation = Federation("https://idp.example", "system:sa:mail", "api://exchange", make_key())
    provider.client.authentication = "private_key_jwt"
    provider.client.federation = federation
    file = idle_host.secret_file("assertion", federation.issue())
    configure(idle_host, {"client_assertion": {"file": str(file)}}, drop=["client_secret"])
    idle_host.start()
    deliver(idle_host)
    idle_host.secret_file("assertion", federation.issue(life=120))
    idle_host.postoak("oauth", "refresh", "relay")
    assert len(set(provider.oauth.assertions)) == 2
    assert {r.status for r in provider.oauth.requests} == {200}


def test_federated_assertion_from_a_command(idle_host, provider):
    federation = Federation("https://idp.example", "system:sa:mail", "api://exchange", make_key())
    provider.client.authentication = "private_key_jwt"
    provider.client.federation = federation
    command = printing(idle_host, federation.issue())
    configure(idle_host, {"client_assertion": {"command": command}}, drop=["client_secret"])
    idle_host.start()
    deliver(idle_host)


# Grant jwt_bearer.


def service_account(host, provider, **members) -> dict:
    provider.client.email = "mail@project.iam.gserviceaccount.com"
    provider.client.key = KEY.public_key()
    provider.client.key_id = "key-1"
    provider.client.authentication = "none"
    provider.other_secrets.append(pem(KEY).splitlines()[5])
    text = json.dumps(
        {
            "type": "service_account",
            "private_key_id": "key-1",
            "private_key": pem(KEY),
            "client_email": provider.client.email,
            "token_uri": "https://elsewhere.example/token",
            **members,
        }
    )
    return {"file": str(host.secret_file("account", text))}


def test_service_account(idle_host, provider):
    """As Google wants it: nothing but the assertion, with the scope in it."""
    account = service_account(idle_host, provider)
    configure(
        idle_host,
        {"service_account": account},
        drop=["client_secret", "client_id"],
        grant="jwt_bearer",
    )
    idle_host.start()
    deliver(idle_host)
    idle_host.postoak("oauth", "refresh", "relay")
    for request in provider.oauth.requests:
        assert request.status == 200 and request.authentication == "none"
        assert set(request.parameters) == {"grant_type"}


def test_service_account_from_a_command(idle_host, provider):
    account = Path(service_account(idle_host, provider)["file"])
    command = script(idle_host, f"exec cat {account}")
    configure(
        idle_host,
        {"service_account": {"command": command}},
        drop=["client_secret", "client_id"],
        grant="jwt_bearer",
    )
    idle_host.start()
    deliver(idle_host)


def test_service_account_of_another_kind(idle_host, provider):
    account = service_account(idle_host, provider, type="authorized_user")
    configure(
        idle_host,
        {"service_account": account},
        drop=["client_secret", "client_id"],
        grant="jwt_bearer",
    )
    idle_host.start()
    idle_host.submit("a@example.org")
    needs_person(idle_host, "service_account of app: its type is authorized_user")


def test_account_that_may_not_speak_for_the_user(idle_host, provider):
    account = service_account(idle_host, provider)
    provider.client.users = ("someone.else@example.com",)
    configure(
        idle_host,
        {"service_account": account},
        drop=["client_secret", "client_id"],
        grant="jwt_bearer",
    )
    idle_host.start()
    idle_host.submit("a@example.org")
    needs_person(idle_host, "unauthorized_client")


@pytest.mark.parametrize("authentication", ["none", "client_secret_post", "private_key_jwt"])
def test_jwt_bearer_with_a_key_of_the_client(idle_host, provider, authentication):
    provider.client.key = KEY.public_key()
    provider.client.authentication = authentication
    settings = {"private_key": key_file(idle_host, provider)}
    if authentication == "private_key_jwt":
        # The same key twice only where that is asked for.
        settings["client_authentication"] = authentication
    drop = [] if authentication == "client_secret_post" else ["client_secret"]
    configure(idle_host, settings, drop=drop, grant="jwt_bearer")
    idle_host.start()
    deliver(idle_host)
    (request,) = provider.oauth.requests
    assert request.authentication == authentication
    assert request.parameters["scope"] == provider.client.scopes[0]


# Discovery.


def use_issuer(host, issuer: str, **client):
    configure(host, {"issuer": issuer, **client}, drop=["token_endpoint"])


def test_discovery(idle_host, provider):
    use_issuer(idle_host, provider.oauth.issuer)
    idle_host.start()
    deliver(idle_host)
    for _ in range(2):
        idle_host.postoak("oauth", "refresh", "relay")
    assert provider.oauth.metadata_requests == ["/.well-known/oauth-authorization-server"]
    assert len(provider.oauth.requests) == 3


def test_discovery_by_openid_under_a_path_over_https(idle_host, provider):
    provider.oauth.issuer_path = "/realms/mail"
    provider.oauth.metadata_places = {"openid-configuration"}
    use_issuer(idle_host, provider.oauth.tls_issuer, ca_file=str(provider.authority.file))
    idle_host.start()
    deliver(idle_host)
    assert provider.oauth.metadata_requests == [
        "/.well-known/oauth-authorization-server/realms/mail",
        "/realms/mail/.well-known/openid-configuration",
    ]


def test_discovery_is_shared_and_asked_for_once(idle_host, provider):
    use_issuer(idle_host, provider.oauth.issuer)
    idle_host.configuration["profiles"]["other"] = dict(idle_host.profile)
    idle_host.configuration["routes"] = [{"recipient": "b@*", "profile": "other"}]
    idle_host.configuration["default_profile"] = "relay"
    idle_host.write_configuration()
    idle_host.start()
    idle_host.submit("a@example.org")
    idle_host.submit("b@example.org")
    idle_host.wait_for_messages(2)
    assert len(provider.oauth.metadata_requests) == 1


def test_explicit_endpoint_wins_over_discovery(idle_host, provider):
    configure(idle_host, {"issuer": provider.oauth.issuer})
    idle_host.start()
    deliver(idle_host)
    assert provider.oauth.metadata_requests == []


def test_discovery_picks_the_way_the_server_offers(idle_host, provider):
    provider.client.authentication = "client_secret_basic"
    provider.oauth.metadata = {"token_endpoint_auth_methods_supported": ["client_secret_basic"]}
    use_issuer(idle_host, provider.oauth.issuer)
    idle_host.start()
    deliver(idle_host)


def test_metadata_is_asked_for_again_where_it_leads_nowhere(idle_host, provider):
    elsewhere = f"http://127.0.0.1:{provider.oauth.port}/elsewhere"
    provider.oauth.metadata = {"token_endpoint": elsewhere}
    use_issuer(idle_host, provider.oauth.issuer)
    idle_host.start()
    idle_host.submit("a@example.org")
    needs_person(idle_host, "404")
    provider.oauth.metadata = {}
    idle_host.postoak("oauth", "refresh", "relay")
    idle_host.wait_for_messages()
    assert len(provider.oauth.metadata_requests) == 2


WRONG = {
    "issuer": ({"issuer": "https://evil.example"}, 'issuer "https://evil.example"'),
    "slash": ("slash", "which is not the configured one"),
    "no endpoint": ({"token_endpoint": None}, "names no token_endpoint"),
    "in clear": ({"token_endpoint": "http://198.51.100.1/t"}, "cannot be asked"),
    "nothing": ("nothing", "HTTP status 404"),
}


@pytest.mark.parametrize("kind", WRONG)
def test_wrong_metadata_needs_a_person(idle_host, provider, kind):
    change, reason = WRONG[kind]
    if change == "slash":
        provider.oauth.metadata = {"issuer": provider.oauth.issuer + "/"}
    elif change == "nothing":
        provider.oauth.metadata_places = set()
    else:
        provider.oauth.metadata = change
    use_issuer(idle_host, provider.oauth.issuer)
    idle_host.start()
    idle_host.submit("a@example.org")
    needs_person(idle_host, f"metadata of issuer {provider.oauth.issuer}: ")
    needs_person(idle_host, reason)
    assert provider.oauth.requests == []
    provider.oauth.metadata = {}
    provider.oauth.metadata_places = {"openid-configuration"}
    idle_host.postoak("oauth", "refresh", "relay")
    idle_host.wait_for_messages()


TROUBLE = {
    "503": HttpReply(503),
    "huge": HttpReply(200, b'{"issuer":"' + b"A" * 2_000_000 + b'"}'),
    "truncated": HttpReply(200, b'{"issuer":"', claim_octets=5000),
}


@pytest.mark.parametrize("kind", TROUBLE)
def test_trouble_with_metadata_delays_mail(idle_host, provider, kind):
    provider.oauth.script.add("metadata", TROUBLE[kind], count=None)
    use_issuer(idle_host, provider.oauth.issuer)
    idle_host.start()
    idle_host.submit("a@example.org")
    tries_again(idle_host, f"metadata of issuer {provider.oauth.issuer}: ")
    provider.oauth.script.clear()
    idle_host.postoak("resume", "relay")
    idle_host.wait_for_messages()


# What is wrong is said when the configuration is read.


@pytest.mark.parametrize(
    "client, profile, message",
    [
        ({"token_endpoint": None}, {}, 'missing key "token_endpoint"'),
        ({"client_secret": None}, {}, 'missing key "client_secret"'),
        ({"client_authentication": "private_key_jwt"}, {}, 'missing key "private_key"'),
        ({"certificate": "/c.pem"}, {}, 'missing key "private_key"'),
        (
            {"private_key": {"file": "/k"}, "client_assertion": {"file": "/a"}},
            {},
            '"client_assertion" and "private_key" exclude each other',
        ),
        ({}, {"grant": "jwt_bearer"}, 'missing key "service_account"'),
        ({}, {"grant": "command"}, 'missing key "token_command"'),
        ({}, {"token_command": ["x"]}, '"token_command" is only for grant command'),
    ],
)
def test_faults_are_told_with_their_place(idle_host, provider, client, profile, message):
    for mapping, changes in ((idle_host.client, client), (idle_host.profile, profile)):
        mapping.update(changes)
        for key in [k for k, v in changes.items() if v is None]:
            del mapping[key]
    idle_host.write_configuration()
    result = idle_host.command("postoak", "config", "check")
    assert result.returncode == EX_CONFIG
    place = re.escape(str(idle_host.file)) + r":\d+:\d+: "
    assert re.search(place + re.escape(message), result.stderr.decode())


# Nothing of it leaks.


def visible_to_all(secrets: list) -> list:
    """Processes of the whole host that show a secret in their arguments or environment."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        for name in ("cmdline", "environ"):
            try:
                octets = (entry / name).read_bytes()
            except OSError:
                continue
            if any(s.encode() in octets for s in secrets):
                found.append(f"{entry}/{name}")
    return found


def test_a_running_command_shows_no_secret(idle_host, provider):
    """It prints the secret, complains of it, and fails: nobody else learns it."""
    pipe = idle_host.directory / "pipe"
    os.mkfifo(pipe)
    secret = idle_host.secret_file("client", provider.client.secret)
    command = script(idle_host, f"read line < {pipe}; cat {secret}; cat {secret} >&2; exit 1")
    use_command(idle_host, command)
    idle_host.start()
    idle_host.submit("a@example.org")
    with pipe.open("w") as writer:  # opens once it runs
        assert visible_to_all(provider.secrets) == []
        writer.write("\n")
    tries_again(idle_host, "ended with status 1: [redacted]")


@pytest.mark.parametrize("kind", ["own", "federated", "bearer"])
def test_assertions_repeated_by_the_server_go_nowhere(idle_host, provider, kind):
    provider.oauth.repeats = True
    if kind == "own":
        use_private_key(idle_host, provider)
    elif kind == "federated":
        provider.client.authentication = "private_key_jwt"
        assertion = idle_host.secret_file("assertion", "short.opaque.a55ert10n")
        configure(idle_host, {"client_assertion": {"file": str(assertion)}}, ["client_secret"])
    else:
        account = service_account(idle_host, provider)
        configure(
            idle_host,
            {"service_account": account},
            drop=["client_secret", "client_id"],
            grant="jwt_bearer",
        )
    idle_host.start()
    idle_host.submit("a@example.org")
    needs_person(idle_host, "invalid_client")
    assert visible_to_all(provider.secrets) == []
    idle_host.postoak("oauth", "status", "--json")
    idle_host.postoak("oauth", "refresh", "relay", status=None)
    idle_host.mailq()
    (assertion, *_) = provider.oauth.assertions
    signature = assertion.rpartition(".")[2]
    assert signature not in idle_host.log() and assertion not in idle_host.log()

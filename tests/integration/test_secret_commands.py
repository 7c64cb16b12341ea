"""postoak secret: set, list, delete, rekey, with the daemon and without."""

import contextlib
import json
import os
import pty
import random
import re
import subprocess
import time

import pytest
from harness import (
    BUILD,
    EX_CONFIG,
    EX_DATAERR,
    EX_TEMPFAIL,
    EX_USAGE,
    wait_until,
)

NAME = "app-secret"


@pytest.fixture(params=["daemon up", "daemon down"])
def either(request, idle_host):
    """A host whose commands reach the daemon's agent, or do its work themselves."""
    if request.param == "daemon up":
        idle_host.start()
    return idle_host


def use_sealed(host, name: str = NAME):
    """The client's secret is a sealed one from now on, not yet set."""
    host.client["client_secret"] = {"sealed": name}
    host.write_configuration()


def set_secret(host, secret: str, name: str = NAME) -> str:
    return host.postoak("secret", "set", name, input=secret.encode() + b"\n")


def listed(host) -> dict:
    secrets = json.loads(host.postoak("secret", "list", "--json"))
    return {secret["name"]: secret for secret in secrets}


def fails(host, status: int, *arguments, **options) -> str:
    """Run what must fail with one line; that line."""
    result = host.command("postoak", *arguments, **options)
    assert result.returncode == status, result
    assert result.stdout == b"" and result.stderr.count(b"\n") == 1
    return result.stderr.decode()


def contents(host) -> dict:
    """All that is in the state directory."""
    files = (f for f in host.state.rglob("*") if f.is_file())
    return {str(f.relative_to(host.state)): f.read_bytes() for f in files}


def test_a_sealed_secret_is_used(either, provider):
    use_sealed(either)
    if either.daemon:
        either.reload()
    assert "client app (client_secret)" in set_secret(either, provider.client.secret)
    either.postoak("oauth", "refresh", "relay")
    assert {r.status for r in provider.oauth.requests} == {200}
    (secret,) = (either.state / "secrets").iterdir()
    assert secret.name == NAME and secret.stat().st_mode & 0o777 == 0o600


def test_list_tells_names_times_and_users(either, provider):
    use_sealed(either, "missing")
    either.client["private_key"] = {"sealed": "key"}
    either.write_configuration()
    if either.daemon:
        either.restart()
    begun = int(time.time())
    set_secret(either, "a key", "key")
    set_secret(either, "nobody's", "spare")
    secrets = listed(either)
    assert list(secrets) == ["key", "missing", "spare"]
    assert secrets["key"]["used_by"] == [{"client": "app", "key": "private_key"}]
    assert begun <= secrets["key"]["set"] <= time.time()
    assert secrets["missing"]["set"] is None and not secrets["missing"]["stored"]
    assert secrets["spare"]["used_by"] == []
    table = either.postoak("secret", "list")
    assert re.search(r"^missing +not set +client app \(client_secret\)$", table, re.M)
    assert re.search(r"^spare +\d{4}-\d\d-\d\d \d\d:\d\d:\d\d +-$", table, re.M)


def test_delete_names_who_is_left_without(either, provider):
    use_sealed(either)
    if either.daemon:
        either.restart()
    set_secret(either, provider.client.secret)
    set_secret(either, "x", "spare")
    assert either.postoak("secret", "delete", "spare") == "secret spare is deleted\n"
    assert "still referred to by client app (client_secret)" in either.postoak(
        "secret", "delete", NAME
    )
    assert list((either.state / "secrets").iterdir()) == []
    assert "no sealed secret" in fails(either, EX_USAGE, "secret", "delete", NAME)


def test_waiting_mail_goes_once_the_secret_is_set(idle_host, provider):
    use_sealed(idle_host)
    idle_host.start()
    idle_host.submit("a@example.org")
    state = idle_host.wait_for_state("suspended")
    assert f"postoak secret set {NAME}" in state["reason"] + state["advice"]
    set_secret(idle_host, "the wrong one")
    wait_until(lambda: provider.oauth.requests, "a request with it")
    idle_host.wait_for_state("suspended")
    set_secret(idle_host, provider.client.secret)
    idle_host.wait_for_messages()
    idle_host.wait_for_state("ready")


def test_waiting_mail_goes_once_the_password_is_set(idle_host, provider):
    provider.smtp.mechanisms = ["PLAIN"]
    (password,) = provider.smtp.passwords.values()
    idle_host.use_password()
    idle_host.profile["password"] = {"sealed": "relay"}
    idle_host.write_configuration(queue={"retry_minimum": "10m", "retry_maximum": "10m"})
    idle_host.start()
    idle_host.submit("a@example.org")
    idle_host.wait_for_state("suspended")
    set_secret(idle_host, "the wrong one", "relay")
    wait_until(lambda: "535" in str(idle_host.profile_status()), "the relay to refuse it")
    set_secret(idle_host, password, "relay")
    idle_host.wait_for_messages()


# What may be a secret.


@pytest.mark.parametrize(
    "octets, stored",
    [
        (b"one newline\n", b"one newline"),
        (b"two newlines\n\n", b"two newlines\n"),
        (b"no newline", b"no newline"),
        (b" blanks and an umlaut \xc3\xa4 \r\n", b" blanks and an umlaut \xc3\xa4 \r"),
        (b"x" * 65536 + b"\n", b"x" * 65536),
    ],
)
def test_what_is_used_is_what_was_given(idle_host, provider, octets, stored):
    use_sealed(idle_host)
    provider.client.secret = stored.decode()
    for generation in (1, 2):
        idle_host.postoak("secret", "set", NAME, input=octets)
        file = json.loads((idle_host.state / "secrets" / NAME).read_bytes())
        assert file["generation"] == generation
    idle_host.postoak("oauth", "refresh", "relay")
    assert {r.status for r in provider.oauth.requests} == {200}


@pytest.mark.parametrize(
    "octets, reason",
    [
        (b"", "empty"),
        (b"\n", "empty"),
        (b"a\0b", "NUL"),
        (b"x" * 65537, "longer than 65536"),
        (b"x" * 1000000, "longer than 65536"),
    ],
)
def test_what_cannot_be_a_secret(either, octets, reason):
    assert reason in fails(either, EX_DATAERR, "secret", "set", "s", input=octets)
    assert listed(either) == {}


@pytest.mark.parametrize("name", ["", "../machine.key", "a b", ".hidden", "x" * 65, "a\nb"])
def test_what_cannot_be_a_name(idle_host, name):
    assert "the name of a secret" in fails(idle_host, EX_USAGE, "secret", "set", name, input=b"x")
    assert "the name of a secret" in fails(idle_host, EX_USAGE, "secret", "delete", name)


def test_a_secret_given_as_argument_is_not_repeated(idle_host):
    line = fails(idle_host, EX_USAGE, "secret", "set", "s", "open-sesame")
    assert "open-sesame" not in line


def type_at_terminal(host, lines: list) -> tuple:
    """Run `secret set` at a terminal, typing a line at each prompt; status and what was shown."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ.clear()
        os.environ.update(host.environment())
        os.execv(BUILD / "postoak", ["postoak", "-C", str(host.file), "secret", "set", NAME])
    shown = b""
    with contextlib.suppress(OSError):  # a terminal that nobody has open any more
        while octets := os.read(terminal, 4096):
            shown += octets
            if shown.endswith(b": ") and lines:
                os.write(terminal, lines.pop(0).encode() + b"\n")
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), shown.decode()


def test_at_a_terminal_it_is_typed_twice_and_not_shown(idle_host, provider):
    secret = provider.client.secret
    use_sealed(idle_host)
    status, shown = type_at_terminal(idle_host, [secret, secret])
    assert status == 0 and f"secret {NAME} is set" in shown
    assert secret not in shown
    idle_host.postoak("oauth", "refresh", "relay")
    status, shown = type_at_terminal(idle_host, [secret, secret + "x"])
    assert status == EX_DATAERR and "not the same" in shown and secret not in shown


# Another key.


def test_rekey(either, provider):
    use_sealed(either)
    if either.daemon:
        either.restart()
    set_secret(either, provider.client.secret)
    either.postoak("oauth", "refresh", "relay")
    before = contents(either)
    assert "(2) are sealed with a new machine.key" in either.postoak("secret", "rekey")
    after = contents(either)
    assert set(before) == set(after)
    assert [name for name in before if name != "lock" and before[name] == after[name]] == []
    either.postoak("oauth", "refresh", "relay")
    if either.daemon:
        either.restart()
    else:
        either.start()
    either.submit("a@example.org")
    either.wait_for_messages()
    assert {r.status for r in provider.oauth.requests} == {200}
    assert len(provider.oauth.requests) == 2


def test_rekey_keeps_a_rotated_refresh_token(idle_host, provider):
    """And does not take the configured one, long spent, for a new one."""
    token = provider.oauth.grant_refresh_token(provider.client)
    file = idle_host.secret_file("refresh", token)
    idle_host.profile.update(grant="refresh_token", refresh_token={"file": str(file)})
    idle_host.write_configuration()
    idle_host.postoak("oauth", "refresh", "relay")
    idle_host.postoak("secret", "rekey")
    idle_host.postoak("oauth", "refresh", "relay")
    assert provider.oauth.counts["refresh tokens reused"] == 0
    assert {r.status for r in provider.oauth.requests} == {200}


def test_another_key_touches_nothing(idle_host, provider):
    use_sealed(idle_host)
    set_secret(idle_host, provider.client.secret)
    key = idle_host.state / "machine.key"
    right = key.read_bytes()
    key.unlink()
    before = contents(idle_host)
    assert "master key is missing" in fails(idle_host, EX_CONFIG, "secret", "rekey")
    set_again = ("secret", "set", "other")
    assert "master key is missing" in fails(idle_host, EX_CONFIG, *set_again, input=b"x")
    assert contents(idle_host) == before
    key.write_bytes(b"w" * 32)
    key.chmod(0o400)
    before = contents(idle_host)
    assert "another master key" in fails(idle_host, EX_CONFIG, "secret", "rekey")
    assert "another master key" in fails(idle_host, EX_CONFIG, *set_again, input=b"x")
    assert contents(idle_host) == before
    key.unlink()
    key.write_bytes(right)
    key.chmod(0o640)
    assert "open to others" in fails(idle_host, EX_CONFIG, "secret", "rekey")
    key.chmod(0o400)
    idle_host.postoak("secret", "rekey")
    idle_host.postoak("oauth", "refresh", "relay")


def test_rekey_while_another_has_the_state(idle_host):
    set_secret(idle_host, "x")
    command = [BUILD / "postoak", "-C", idle_host.file, "secret", "rekey"]
    processes = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(4)
    ]
    results = [(p.communicate(), p.returncode) for p in processes]
    assert {status for _, status in results} <= {0, EX_TEMPFAIL}
    assert 0 in {status for _, status in results}
    for (out, error), status in results:
        assert (out + error).count(b"\n") == 1, (out, error, status)
    idle_host.postoak("secret", "rekey")


def test_credential_takes_the_place_of_the_file(idle_host, provider):
    """A service that is given a key later, and another one still later."""
    use_sealed(idle_host)
    set_secret(idle_host, provider.client.secret)
    directory = idle_host.directory / "credentials"
    directory.mkdir(mode=0o700)

    def give(name: str, key: bytes):
        (directory / name).unlink(missing_ok=True)
        (directory / name).write_bytes(key)
        (directory / name).chmod(0o400)

    environment = {"CREDENTIALS_DIRECTORY": str(directory)}
    give("postoak-key", b"1" * 32)
    idle_host.start(environment=environment)
    idle_host.postoak("oauth", "refresh", "relay")
    assert "credential postoak-key" in idle_host.postoak("secret", "rekey")
    assert not (idle_host.state / "machine.key").exists()
    assert "postoak-key-old" in fails(idle_host, EX_CONFIG, "secret", "rekey")
    idle_host.stop()
    # Without the service's credential there is no key, and none is made.
    assert "master key is missing" in fails(idle_host, EX_CONFIG, "oauth", "status")
    assert not (idle_host.state / "machine.key").exists()
    give("postoak-key-old", b"1" * 32)
    give("postoak-key", b"2" * 32)
    idle_host.start(environment=environment)
    idle_host.postoak("secret", "rekey")
    idle_host.stop()
    (directory / "postoak-key-old").unlink()
    idle_host.start(environment=environment)
    idle_host.postoak("oauth", "refresh", "relay")
    assert {r.status for r in provider.oauth.requests} == {200}


SEED = int(os.environ.get("POSTOAK_SEED", "1"))


def test_rekey_can_be_killed_at_any_moment(idle_host, provider):
    """Whatever the moment, all that was sealed opens, and the next run ends what this began."""
    use_sealed(idle_host)
    set_secret(idle_host, provider.client.secret)
    for number in range(20):
        set_secret(idle_host, "x", f"more-{number}")
    idle_host.postoak("oauth", "refresh", "relay")
    begun = time.monotonic()
    idle_host.postoak("secret", "rekey")
    usual = time.monotonic() - begun
    chance = random.Random(SEED)
    interrupted = 0
    for _ in range(30):
        command = subprocess.Popen(
            [BUILD / "postoak", "-C", idle_host.file, "secret", "rekey"],
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )
        with contextlib.suppress(subprocess.TimeoutExpired):
            command.wait(chance.uniform(0, usual))
        # Nothing is left of it a moment later: the command and its agent at once.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(command.pid, 9)
        command.wait()
        wait_until(lambda pid=command.pid: not idle_host.session(pid), "the agent to end")
        interrupted += (idle_host.state / "machine.key.old").exists()
        idle_host.postoak("oauth", "refresh", "relay")
    assert interrupted, "no run was killed in the middle"
    idle_host.postoak("secret", "rekey")
    assert not (idle_host.state / "machine.key.old").exists()
    idle_host.postoak("oauth", "refresh", "relay")
    assert {r.status for r in provider.oauth.requests} == {200}
    assert all(secret["set"] for secret in listed(idle_host).values())

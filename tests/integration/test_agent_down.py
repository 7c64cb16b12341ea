"""postoak oauth while there is no daemon: the same work by an agent of the command's own."""

import fcntl
import json
import os
import pwd
import shutil
import signal
import socket
import subprocess

import pytest
from harness import (
    BUILD,
    EX_CONFIG,
    EX_NOPERM,
    EX_TEMPFAIL,
    EX_UNAVAILABLE,
    EX_USAGE,
    SOURCE,
    wait_until,
)
from private_system import PASSWD, PrivateSystem
from privileges import needs_mounts
from scenario import Delay, Hang


def token_state(host) -> dict:
    (state,) = json.loads(host.postoak("oauth", "status", "--json"))
    return state


def fails(host, status: int, *arguments) -> str:
    """Run what must fail with one line; that line."""
    result = host.command("postoak", *arguments)
    assert result.returncode == status, result
    assert result.stdout == b"" and result.stderr.count(b"\n") == 1
    return result.stderr.decode()


def test_status_and_refresh_without_daemon(idle_host, provider):
    assert token_state(idle_host)["state"] == "none"
    assert "new access token" in idle_host.postoak("oauth", "refresh", "relay")
    assert token_state(idle_host)["state"] == "valid"
    # It is the daemon's token from here on.
    idle_host.start()
    idle_host.submit("a@example.org")
    idle_host.wait_for_messages()
    assert provider.oauth.counts["token requests"] == 1
    assert idle_host.stop() == 0
    # What the daemon left behind is no daemon.
    assert token_state(idle_host)["state"] == "valid"


def test_nothing_is_renewed_that_nobody_asked_for(idle_host, provider):
    provider.oauth.token_lifetime = 1
    idle_host.postoak("oauth", "refresh", "relay")
    wait_until(lambda: token_state(idle_host)["state"] == "expired", "the token to end")
    assert provider.oauth.counts["token requests"] == 1


def test_failures_are_one_line(idle_host, provider):
    assert "no profile" in fails(idle_host, EX_USAGE, "oauth", "refresh", "nobody")
    provider.client.refused = "invalid_client"
    assert "invalid_client" in fails(idle_host, EX_NOPERM, "oauth", "refresh", "relay")
    idle_host.write_configuration(sandbox="perhaps")
    assert "sandbox" in fails(idle_host, EX_CONFIG, "oauth", "status")
    idle_host.write_configuration()
    idle_host.state.chmod(0o755)
    assert "open to others" in fails(idle_host, EX_CONFIG, "oauth", "status")


def test_only_one_at_a_time_has_the_state(idle_host):
    idle_host.postoak("oauth", "status")
    with (idle_host.state / "lock").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert "in use" in fails(idle_host, EX_TEMPFAIL, "oauth", "status")
        # A daemon that starts meanwhile waits for its turn.
        idle_host.start()
        idle_host.submit("a@example.org")
        idle_host.wait_for_state("backing_off")
    idle_host.wait_for_messages()


def test_agent_ends_with_its_command(idle_host, provider):
    provider.oauth.script.add("token", Hang())
    command = subprocess.Popen(
        [BUILD / "postoak", "-C", idle_host.file, "oauth", "refresh", "relay"],
        env=idle_host.environment(),
        start_new_session=True,
    )
    wait_until(lambda: provider.oauth.requests, "the request")
    assert len(idle_host.session(command.pid)) == 2
    # It waits for the server as long as the client's timeout says, and no longer.
    command.send_signal(signal.SIGKILL)
    command.wait()
    wait_until(lambda: not idle_host.session(command.pid), "the agent to end")
    assert token_state(idle_host)["state"] == "none"


def test_a_refresh_token_survives_its_command(idle_host, provider):
    """Interrupted between the request and the answer that replaces the refresh token."""
    value = provider.oauth.grant_refresh_token(provider.client)
    file = idle_host.secret_file("refresh", value)
    idle_host.profile.update(grant="refresh_token", refresh_token={"file": str(file)})
    idle_host.write_configuration()
    provider.oauth.script.add("token", Delay(1))
    command = subprocess.Popen(
        [BUILD / "postoak", "-C", idle_host.file, "oauth", "refresh", "relay"],
        env=idle_host.environment(),
        start_new_session=True,
    )
    wait_until(lambda: provider.oauth.requests, "the request")
    os.killpg(command.pid, signal.SIGINT)
    assert command.wait() == -signal.SIGINT
    wait_until(lambda: not idle_host.session(command.pid), "the agent to end")
    assert token_state(idle_host)["state"] == "valid"
    idle_host.postoak("oauth", "refresh", "relay")
    assert provider.oauth.counts["refresh tokens reused"] == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_others_cannot_stand_in(idle_host):
    idle_host.postoak("oauth", "status")
    idle_host.directory.chmod(0o755)
    nobody = pwd.getpwnam("nobody")
    program = shutil.copy(BUILD / "postoak", idle_host.directory / "postoak")
    os.chmod(program, 0o755)
    result = subprocess.run(
        [program, "-C", idle_host.file, "oauth", "status"],
        capture_output=True,
        text=True,
        user=nobody.pw_uid,
        group=nobody.pw_gid,
        extra_groups=[],
        check=False,
    )
    assert result.returncode == EX_UNAVAILABLE, result
    assert result.stdout == "" and result.stderr.count("\n") == 1
    assert "only root and the owner of" in result.stderr


USERS = {
    "passwd": PASSWD + "postoak:x:950:950::/:/bin/sh\npostoak-oauth:x:951:951::/:/bin/sh\n",
    "group": "root:x:0:\npostoak:x:950:\npostoak-oauth:x:951:\n",
}


@needs_mounts
def test_root_becomes_the_agents_user(idle_host, provider):
    """As installed: state/ belongs to a user of its own, who is all that reads it."""
    idle_host.directory.chmod(0o755)
    place = idle_host.directory / "system"
    place.mkdir(mode=0o755)
    system = PrivateSystem(place, USERS)
    shutil.copytree(SOURCE / "config" / "providers", idle_host.directory / "templates")
    idle_host.configuration["directories"]["providers"] = str(idle_host.directory / "templates")
    idle_host.configuration["user"] = "postoak"
    idle_host.client["client_secret"] = {"sealed": "client"}
    idle_host.write_configuration()

    def postoak(*arguments, **options):
        program = BUILD / "postoak"
        return subprocess.run(
            [*system.wrapper, program, "-C", idle_host.file, *arguments],
            capture_output=True,
            env=idle_host.environment(),
            check=False,
            **options,
        )

    secret = provider.client.secret.encode()
    for arguments, given in [
        (("secret", "set", "client"), secret),
        (("oauth", "refresh", "relay"), b""),
        (("secret", "rekey"), b""),
    ]:
        result = postoak(*arguments, input=given)
        assert result.returncode == 0, result
    for path in (idle_host.state, *idle_host.state.rglob("*")):
        assert (path.stat().st_uid, path.stat().st_mode & 0o077) == (951, 0), path
    # What another user left there is not touched.
    os.chown(idle_host.state / "secrets" / "client", 0, 0)
    before = (idle_host.state / "secrets" / "client").read_bytes()
    result = postoak("secret", "rekey")
    assert result.returncode != 0 and b"secrets/client" in result.stderr
    assert (idle_host.state / "secrets" / "client").read_bytes() == before
    assert secret not in system.log().encode()
    system.close()


def ask(host, name: str, line: bytes) -> bytes:
    """What a socket answers to a line."""
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(host.run / name))
        try:
            client.sendall(line)
        except (BrokenPipeError, ConnectionResetError):
            pass
        return client.recv(4096)


@pytest.mark.parametrize("name, limit", [("control", 4096), ("agent", 131072)])
def test_long_requests(host, name, limit):
    longest = b"x" * (limit - 1) + b"\n"
    assert b"know that request" in ask(host, name, longest) or name == "control"
    assert b"too long" not in ask(host, name, longest)
    assert ask(host, name, b"x" + longest).startswith(b"64 the request is too long")

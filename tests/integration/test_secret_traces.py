"""Secrets and tokens leave no trace but where they belong: the commands around them, watched.

Every test looks through outputs, logs and files at its end (conftest.py); this one looks at the
processes while they run, too, and at who may ask.
"""

import os
import pwd
import shutil
import subprocess
import threading
import time
from pathlib import Path

import pytest
from harness import BUILD, EX_NOPERM, EX_UNAVAILABLE, SOURCE

root_only = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")


class Watch:
    """Looks at the command lines and environments of all our processes, all the time."""

    def __init__(self, host, provider):
        self.found = []
        self.looks = 0
        self._host, self._provider = str(host.file).encode(), provider
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()

    def _run(self):
        while not self._stop.is_set():
            for process in Path("/proc").iterdir():
                if process.name.isdigit():
                    self._look(process)
            time.sleep(0.002)

    def _look(self, process: Path):
        try:
            line = (process / "cmdline").read_bytes()
            if self._host not in line:
                return
            octets = line + (process / "environ").read_bytes()
        except OSError:
            return
        self.looks += 1
        if any(secret.encode() in octets for secret in self._provider.secrets):
            self.found.append(octets)


@pytest.mark.parametrize("daemon", ["up", "down"])
def test_no_command_betrays_a_secret(idle_host, provider, daemon):
    refresh_token = provider.oauth.grant_refresh_token(provider.client)
    idle_host.client["client_secret"] = {"sealed": "client"}
    idle_host.profile.update(grant="refresh_token", refresh_token={"sealed": "refresh"})
    idle_host.write_configuration()
    if daemon == "up":
        idle_host.start()
    commands = [
        ("secret", "list"),
        ("oauth", "test-token", "relay"),
        ("oauth", "status"),
        ("oauth", "refresh", "relay"),
        ("secret", "rekey"),
        ("oauth", "test-token", "--client", "app"),
        ("oauth", "status", "--json"),
        ("config", "show"),
        ("oauth", "revoke", "relay"),
        ("secret", "list", "--json"),
        ("secret", "delete", "client"),
        ("oauth", "test-token", "relay"),
        ("oauth", "refresh", "relay"),
    ]
    with Watch(idle_host, provider) as watch:
        for name, secret in (("client", provider.client.secret), ("refresh", refresh_token)):
            idle_host.postoak("secret", "set", name, input=secret.encode())
        for command in commands:
            idle_host.command("postoak", *command)
        printed = idle_host.command("postoak", "oauth", "token", "--client", "app")
        idle_host.outputs.remove(printed.stdout)
    assert watch.looks and watch.found == []
    # What was looked for has been there: outputs and files are looked through at the end.
    assert len(provider.oauth.issued) >= 4


# Who may ask.


@pytest.fixture
def open_host(idle_host):
    """A host whose programs and configuration any user can run and read."""
    idle_host.directory.chmod(0o755)
    shutil.copytree(SOURCE / "config" / "providers", idle_host.directory / "templates")
    idle_host.configuration["directories"]["providers"] = str(idle_host.directory / "templates")
    idle_host.write_configuration()
    shutil.copy(BUILD / "postoak", idle_host.directory / "postoak")
    return idle_host


def run_as(host, user: int, *arguments, groups=()) -> subprocess.CompletedProcess:
    return subprocess.run(
        [host.directory / "postoak", "-C", host.file, *arguments],
        input=b"x",
        capture_output=True,
        user=user,
        group=65534,
        extra_groups=list(groups),
        env=host.environment(),
        cwd="/",
        check=False,
    )


ASKING = [
    ("secret", "set", "s"),
    ("secret", "list"),
    ("secret", "delete", "s"),
    ("secret", "rekey"),
    ("oauth", "token", "relay"),
    ("oauth", "token", "--client", "app"),
    ("oauth", "test-token", "relay"),
    ("oauth", "refresh", "relay"),
    ("oauth", "revoke", "relay"),
]


@root_only
@pytest.mark.parametrize("command", ASKING, ids=" ".join)
def test_others_may_not_ask(open_host, provider, command):
    nobody = pwd.getpwnam("nobody").pw_uid
    open_host.start()
    result = run_as(open_host, nobody, *command)
    assert result.returncode == EX_NOPERM, result
    open_host.stop()
    result = run_as(open_host, nobody, *command)
    assert result.returncode == EX_UNAVAILABLE, result
    assert result.stdout == b"" and result.stderr.count(b"\n") == 1
    assert provider.oauth.requests == []


@root_only
def test_an_ordinary_user_runs_it_in_place(idle_host, provider):
    """Everything belongs to that user, and no other user is needed."""
    user = pwd.getpwnam("nobody").pw_uid
    for name in ("templates", "bin"):
        (idle_host.directory / name).mkdir()
    shutil.copytree(
        SOURCE / "config" / "providers", idle_host.directory / "templates", dirs_exist_ok=True
    )
    idle_host.configuration["directories"]["providers"] = str(idle_host.directory / "templates")
    del idle_host.configuration["user"]
    idle_host.client["client_secret"] = {"sealed": "client"}
    idle_host.write_configuration()
    shutil.copy(BUILD / "postoak", idle_host.directory / "postoak")
    for path in (idle_host.directory, *idle_host.directory.rglob("*")):
        os.chown(path, user, 65534)
    shown = run_as(idle_host, user, "secret", "list")
    assert shown.returncode == 0 and b"not set" in shown.stdout, shown
    provider.client.secret = "x"
    assert run_as(idle_host, user, "secret", "set", "client").returncode == 0
    assert run_as(idle_host, user, "secret", "rekey").returncode == 0
    given = run_as(idle_host, user, "oauth", "token", "relay")
    assert given.stdout.decode().strip() == provider.oauth.issued[-1]
    for path in (idle_host.state, *idle_host.state.rglob("*")):
        assert path.stat().st_uid == user and path.stat().st_mode & 0o077 == 0
    # It is too short to be looked for.
    provider.client.secret = "a secret of another name"


@root_only
def test_members_of_the_group_may_ask_the_daemon(open_host, provider):
    """`user: root` makes that group root's; as installed it is postoak."""
    nobody = pwd.getpwnam("nobody").pw_uid
    open_host.start()
    given = run_as(open_host, nobody, "oauth", "token", "relay", groups=[0])
    assert given.stdout.decode().strip() == provider.oauth.issued[-1]
    open_host.stop()
    result = run_as(open_host, nobody, "oauth", "token", "relay", groups=[0])
    assert result.returncode == EX_UNAVAILABLE and result.stdout == b"", result

"""A host of its own for a test: configuration, directories, daemon, programs.

Everything lives in one temporary directory with a short name (socket paths are
bounded). Nothing here knows how the programs work inside: only their commands,
files and outputs as documented.
"""

import copy
import json
import os
import re
import resource
import signal
import socket
import subprocess
import time
from pathlib import Path

import yaml

SOURCE = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("POSTOAK_BUILD", SOURCE / "build"))
SENDER = "app@example.com"
PATIENCE = 30.0
QUEUE_ID = r"[0-9A-F]{12}"

# sysexits(3)
EX_OK, EX_USAGE, EX_DATAERR, EX_NOINPUT, EX_UNAVAILABLE = 0, 64, 65, 66, 69
EX_IOERR, EX_TEMPFAIL, EX_PROTOCOL, EX_NOPERM, EX_CONFIG = 74, 75, 76, 77, 78


def wait_until(condition, what: str, timeout: float = PATIENCE):
    """The first true value of `condition()`; fails with `what` when none comes."""
    deadline = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {timeout:.0f} s in vain for {what}")
        time.sleep(0.02)


def process_status(pid: int) -> dict:
    with open(f"/proc/{pid}/status", encoding="utf-8") as file:
        return {k: v.strip() for k, _, v in (line.partition(":") for line in file)}


class Host:
    def __init__(self, directory: Path, provider=None):
        self.directory = directory
        self.provider = provider
        self.spool, self.state, self.run = (directory / d for d in ("spool", "state", "run"))
        self.file = directory / "postoak.yaml"
        self.aliases = directory / "aliases"
        self.aliases.write_text("")
        self.programs = BUILD  # where they are
        self.daemon: subprocess.Popen | None = None
        self.outputs: list[bytes] = []  # all that our programs printed
        self._logs = 0
        self.configuration = self._configuration()
        self.write_configuration()

    # Configuration.

    def _configuration(self) -> dict:
        configuration = {
            "hostname": "host.example.com",
            "mail_name": "example.com",
            "aliases": str(self.aliases),
            "minimum_free_space": "1M",
            "directories": {
                "spool": str(self.spool),
                "state": str(self.state),
                "runtime": str(self.run),
                "providers": str(SOURCE / "config" / "providers"),
            },
            "queue": {"retry_minimum": "1s", "retry_maximum": "2s"},
            "profiles": {"relay": {"host": "127.0.0.1", "tls": "none"}},
        }
        if os.geteuid() == 0:
            configuration["user"] = "root"
        if self.provider:
            configuration["oauth_clients"] = {"app": self.client_settings()}
            configuration["profiles"] = {"relay": self.profile_settings()}
        return configuration

    def client_settings(self) -> dict:
        """A client of the provider, with its secret in a file."""
        client = self.provider.client
        return {
            "provider": "custom",
            "token_endpoint": self.provider.oauth.token_endpoint,
            "client_id": client.identifier,
            "client_secret": {"file": str(self.secret_file("client", client.secret))},
            "scopes": list(client.scopes),
            "timeout": "5s",
        }

    def profile_settings(self) -> dict:
        return {
            "oauth_client": "app",
            "grant": "client_credentials",
            "username": "alerts@example.com",
            "rewrite_from": "never",
            **self.server_settings(),
        }

    def server_settings(self) -> dict:
        return {
            "host": "127.0.0.1",
            "port": self.provider.smtp.port,
            "tls": "starttls",
            "tls_ca_file": str(self.provider.authority.file),
            "timeouts": {"connect": "5s", "command": "5s", "data": "20s"},
        }

    def use_password(self, mechanism: str | None = None):
        """Make the profile a classic one: user name and password."""
        (user, password), *_ = self.provider.smtp.passwords.items()
        self.configuration.pop("oauth_clients", None)
        profile = {
            "username": user,
            "password": {"file": str(self.secret_file("password", password))},
            "rewrite_from": "never",
            **self.server_settings(),
        }
        if mechanism:
            profile["mechanism"] = mechanism
        self.configuration["profiles"] = {"relay": profile}
        self.write_configuration()

    @property
    def profile(self) -> dict:
        return self.configuration["profiles"]["relay"]

    @property
    def client(self) -> dict:
        return self.configuration["oauth_clients"]["app"]

    def secret_file(self, name: str, secret: str) -> Path:
        directory = self.directory / "secrets"
        directory.mkdir(mode=0o700, exist_ok=True)
        file = directory / name
        file.touch(mode=0o600)
        file.write_text(secret + "\n")
        return file

    def write_configuration(self, **changes):
        """Write the file; `changes` replace top-level keys, for this time only (None: none)."""
        configuration = copy.deepcopy(self.configuration) | changes
        configuration = {k: v for k, v in configuration.items() if v is not None}
        self.file.write_text(yaml.safe_dump(configuration, sort_keys=False))

    # The daemon.

    def start(self, *arguments, ready: bool = True, environment=None, **popen):
        assert self.daemon is None
        self._logs += 1
        with self._log_file().open("wb") as log:
            self.daemon = subprocess.Popen(
                [self.programs / "postoakd", "-f", "-e", "-C", self.file, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self.environment(environment),
                start_new_session=True,
                **popen,
            )
        if ready:
            wait_until(self._answers, "the runner to answer")
        return self.daemon

    def _answers(self) -> bool:
        assert self.daemon.poll() is None, f"postoakd ended: {self.log()}"
        client = socket.socket(socket.AF_UNIX)
        try:
            client.connect(str(self.run / "control"))
        except OSError:
            return False
        finally:
            client.close()
        return self.status().get("runner") == "up"

    def stop(self, timeout: float = PATIENCE) -> int:
        """End the daemon as a service manager would; its exit status."""
        daemon, self.daemon = self.daemon, None
        daemon.send_signal(signal.SIGTERM)
        try:
            return daemon.wait(timeout)
        finally:
            self.end_session(daemon)

    def kill(self):
        """The whole daemon at once, as a power cut would."""
        daemon, self.daemon = self.daemon, None
        for pid in self.session(daemon.pid):
            _signal(pid, signal.SIGKILL)
        daemon.wait()
        self.end_session(daemon)

    def kill_monitor(self):
        """Only the first process; the others must see it and end by themselves."""
        daemon, self.daemon = self.daemon, None
        daemon.kill()
        daemon.wait()
        self.end_session(daemon)

    def restart(self):
        self.stop()
        self.start()

    def reload(self):
        self.daemon.send_signal(signal.SIGHUP)

    def end_session(self, daemon):
        """Wait for every process the daemon started; kill what stays, and say so."""
        try:
            wait_until(lambda: not self.session(daemon.pid), "the daemon's processes to end", 10)
        finally:
            for pid in self.session(daemon.pid):
                _signal(pid, signal.SIGKILL)
            if daemon.poll() is None:
                daemon.kill()
                daemon.wait()

    @staticmethod
    def session(leader: int) -> dict:
        """{pid: name} of the living processes of a session; names as ps(1) and top(1) show them."""
        processes = {}
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                stat = (entry / "stat").read_text()
            except OSError:
                continue
            before, _, after = stat.rpartition(")")
            state, _parent, _group, session = after.split()[:4]
            if int(session) == leader and state != "Z":
                processes[int(entry.name)] = before.partition("(")[2]
        return processes

    def processes(self) -> dict:
        return self.session(self.daemon.pid) if self.daemon else {}

    # The programs.

    def sendmail(self, *arguments, message: bytes = b"", program="sendmail", **options):
        return self.command(program, *arguments, input=message, **options)

    def submit(self, *recipients, message: bytes = b"Subject: test\n\nHello\n", sender=SENDER):
        """One message that must be accepted without a word; its queue id is not told."""
        result = self.sendmail("-i", "-f", sender, "--", *recipients, message=message)
        assert (result.returncode, result.stdout, result.stderr) == (0, b"", b"")

    def mailq(self, *arguments, **options) -> str:
        result = self.command("mailq", *arguments, **options)
        assert result.returncode == 0 and result.stderr == b"", result
        return result.stdout.decode()

    def queue(self) -> list:
        """What mailq -j lists."""
        return [json.loads(line) for line in self.mailq("-j").splitlines()]

    def postoak(self, *arguments, status: int | None = 0, **options) -> str:
        result = self.command("postoak", *arguments, **options)
        if status is not None:
            assert result.returncode == status, result
        return result.stdout.decode()

    def status(self) -> dict:
        return json.loads(self.postoak("status", "--json", status=None) or "{}")

    def profile_status(self, name: str = "relay") -> dict:
        return next(p for p in self.status()["profiles"] if p["name"] == name)

    def command(
        self, program: str, *arguments, input: bytes = b"", environment=None, limits=(), **options
    ):
        """Run one of our programs with -C; `limits` are (resource, value) for setrlimit(2)."""

        def limit():
            for name, value in limits:
                resource.setrlimit(name, (value, value))

        result = subprocess.run(
            [self.programs / program, "-C", self.file, *arguments],
            input=input,
            capture_output=True,
            timeout=options.pop("timeout", 60),
            env=self.environment(environment),
            preexec_fn=limit if limits else None,
            check=False,
            **options,
        )
        self.outputs += [result.stdout, result.stderr]
        return result

    @staticmethod
    def environment(extra=None) -> dict:
        kept = ("PATH", "HOME", "ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS")
        return {k: os.environ[k] for k in kept if k in os.environ} | {"LC_ALL": "C"} | (extra or {})

    # What can be seen.

    def _log_file(self) -> Path:
        return self.directory / f"log.{self._logs}"

    def log(self) -> str:
        """Everything all runs of the daemon logged."""
        logs = (self.directory / f"log.{n + 1}" for n in range(self._logs))
        return "".join(log.read_text(errors="replace") for log in logs)

    def wait_for_log(self, pattern: str, count: int = 1, timeout: float = PATIENCE):
        """The matches of a regular expression, one a line at most, once there are `count`."""

        def found():
            matches = re.findall(rf"^.*?{pattern}.*$", self.log(), re.M)
            return matches if len(matches) >= count else None

        return wait_until(found, f"{count} x {pattern!r} in the log", timeout)

    def wait_for_messages(self, count: int = 1, timeout: float = PATIENCE) -> list:
        messages = self.provider.smtp.messages
        wait_until(lambda: len(messages) >= count, f"{count} messages at the relay", timeout)
        return messages

    def wait_until_empty(self, timeout: float = PATIENCE):
        """No message file is left anywhere but in corrupt/ and undeliverable/."""
        wait_until(lambda: not self.spooled(), "an empty queue", timeout)

    def wait_for_state(self, state: str, timeout: float = PATIENCE, profile: str = "relay") -> dict:
        def reached():
            status = self.profile_status(profile)
            return status if status["state"] == state else None

        return wait_until(reached, f"profile {profile} to be {state}", timeout)

    def spooled(self) -> list:
        return [f for d in ("incoming", "queue", "hold") for f in self.files(d)]

    def files(self, directory: str) -> list:
        folder = self.spool / directory
        return sorted(folder.iterdir()) if folder.is_dir() else []


def _signal(pid: int, number: int):
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass

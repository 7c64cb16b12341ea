"""Fixtures: a provider and a host for every test, and what must hold after each."""

import re
import shutil
import sys
import tempfile
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "provider")]
sys.dont_write_bytecode = True

pytest.register_assert_rewrite("installation", "message_file", "submission_case")

from harness import Host  # noqa: E402
from installation import Installation  # noqa: E402
from provider import Provider  # noqa: E402
from submission_case import QuietHost  # noqa: E402


def pytest_configure(config):
    config.addinivalue_line("markers", "crash: kill loops and large messages (minutes)")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    if call.when == "call":
        item.failed = outcome.get_result().failed


@pytest.fixture
def directory():
    path = Path(tempfile.mkdtemp(prefix="postoak-"))
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def provider(directory):
    """A running provider; at the end the client must have kept to the protocols."""
    folder = directory / "provider"
    folder.mkdir()
    provider = Provider(folder)
    provider.start()
    yield provider
    provider.stop()
    assert provider.violations == []


@pytest.fixture
def idle_host(request, directory, provider):
    """A host whose daemon is not started yet; at the end no secret may have leaked."""
    host = Host(directory, provider)
    yield host
    try:
        if host.daemon:
            assert host.stop() == 0
    finally:
        if getattr(request.node, "failed", False):
            _explain(host, provider)
    assert leaks(host, provider) == []
    # A process that a sanitizer ended was started again, and the mail went all the same.
    assert "Sanitizer" not in host.log() and "runtime error" not in host.log()


@pytest.fixture
def installation(idle_host):
    """Installed by root, not started yet; the configuration in /etc is the host's."""
    directory = idle_host.directory
    directory.chmod(0o755)
    installed = Installation(directory)
    installed.make("install-users", "install")
    idle_host.programs = installed.make_wrappers(directory / "wrappers")
    (directory / "provider").chmod(0o755)
    idle_host.provider.authority.file.chmod(0o644)
    secrets = directory / "secrets"
    for path in (secrets, *secrets.iterdir()):
        shutil.chown(path, installed.uid("postoak-oauth"))
    idle_host.configuration["user"] = "postoak"
    idle_host.file = installed.etc / "postoak" / "postoak.yaml"
    idle_host.write_configuration()
    return installed


@pytest.fixture(scope="module")
def quiet_host():
    """A host without daemon and provider, for hundreds of calls of sendmail."""
    directory = Path(tempfile.mkdtemp(prefix="postoak-"))
    host = QuietHost(directory)
    yield host
    host.close()
    shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture
def host(idle_host):
    """A host with a running daemon."""
    idle_host.start()
    return idle_host


def leaks(host, provider) -> list:
    """Where a secret or token is found outside the file it was configured in."""
    secrets = [s.encode() for s in provider.secrets]
    found = [f"printed: {o!r}" for o in host.outputs if _holds(o, secrets)]
    for file in host.directory.rglob("*"):
        kept_there = {"provider", "secrets"} & set(file.relative_to(host.directory).parts)
        if file.is_file() and not kept_there and _holds(file.read_bytes(), secrets):
            found.append(str(file))
    return found


def _holds(octets: bytes, secrets: list) -> bool:
    return any(secret in octets for secret in secrets)


def _explain(host, provider):
    """For a failed test: what the daemon and the provider saw."""
    log = host.log()
    troubles = [line for line in log.splitlines() if re.search(r": (warning|error|fatal): ", line)]
    print("---- troubles of the daemon", *troubles[:40], sep="\n")
    print(f"---- log of the daemon\n{log[-8000:]}")
    for request in provider.oauth.requests[-10:]:
        print(f"---- {request}")
    for connection in provider.smtp.connections[-5:]:
        lines = "\n".join(connection.transcript[-60:])
        print(f"---- connection {connection.number} ({connection.ended})\n{lines}")

"""Fixtures: one machine for all tests, and what must hold after each."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "integration"), str(HERE.parent / "provider")]
sys.dont_write_bytecode = True

from machine import Machine  # noqa: E402
from provider import Provider  # noqa: E402


def pytest_sessionstart():
    probe = ["unshare", "--mount", "--pid", "--uts", "--fork", "mount", "--bind", "/tmp", "/tmp"]
    if os.geteuid() != 0 or subprocess.run(probe, capture_output=True).returncode != 0:
        pytest.exit("check-callers needs root, namespaces and mounts", returncode=77)


@pytest.fixture(scope="session")
def booted():
    """The machine whose root tests/callers/root.sh made."""
    with tempfile.TemporaryDirectory(prefix="postoak-") as directory:
        provider = Provider(Path(directory))
        provider.start()
        machine = Machine(Path(os.environ["POSTOAK_CALLERS_ROOT"]), provider)
        machine.install()
        machine.configure()
        try:
            machine.boot()
            yield machine
            machine.shut_down()
        finally:
            machine.power_off()
            provider.stop()


@pytest.fixture
def machine(booted):
    """At the end everything that arrived was looked at, and nobody complained."""
    before = len(booted.log())
    yield booted
    print(booted.log()[before:])  # pytest shows it where a test failed
    assert booted.take() == []
    assert booted.provider.violations == []
    assert booted.troubles() == []
    assert [s for s in booted.provider.secrets if s in booted.log()] == []

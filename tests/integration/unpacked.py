"""Programs of Debian that nothing installs: packaging/unpack.sh puts them into build/."""

import os
from pathlib import Path

import pytest
from harness import SOURCE

ROOT = SOURCE / "build" / "unpacked"


def unpacked(path: str) -> Path:
    """The file; elsewhere than in CI the test is skipped where it could not be had."""
    file = ROOT / path
    if not file.exists():
        missing = pytest.fail if os.environ.get("POSTOAK_REQUIRE_UNPACKED") else pytest.skip
        missing(f"{path} could not be downloaded")
    return file

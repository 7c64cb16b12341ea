"""What some tests need of system and build, as marks, and a user who may do nothing."""

import functools
import os
import pwd
import subprocess

import pytest
from harness import BUILD

_nobody = pwd.getpwnam("nobody")
NOBODY = _nobody.pw_uid
AS_NOBODY = {"user": NOBODY, "group": _nobody.pw_gid, "extra_groups": []}


def _can_unshare(script: str) -> bool:
    command = ["unshare", "--mount", "--uts", "sh", "-c", script]
    return os.geteuid() == 0 and subprocess.run(command, capture_output=True).returncode == 0


@functools.cache
def can_mount() -> bool:
    return _can_unshare("mount --bind /etc /etc")


@functools.cache
def can_name_host() -> bool:
    name = "/proc/sys/kernel/hostname"
    return can_mount() and _can_unshare(f"read -r name <{name} && printf %s $name >{name}")


def _others_can_enter() -> bool:
    """A checkout below /root, say, is closed to them."""
    return all(p.stat().st_mode & 0o001 for p in (BUILD, *BUILD.parents) if p.exists())


def _is_sanitized() -> bool:
    program = BUILD / "sendmail"
    return program.exists() and b"__asan_init" in program.read_bytes()


needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
needs_mounts = pytest.mark.skipif(not can_mount(), reason="needs root, and to mount")
needs_other_users = pytest.mark.skipif(
    os.geteuid() != 0 or not _others_can_enter(),
    reason="needs root, and a build directory that others can enter",
)
needs_set_gid = pytest.mark.skipif(
    _is_sanitized(), reason="the kernel lets no leak checker look into a set-gid program"
)
needs_few_resources = pytest.mark.skipif(
    _is_sanitized(), reason="sanitizers need memory and descriptors"
)

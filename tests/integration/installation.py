"""make install, and what it installed, as it is on a host with users of its own.

It changes nothing on this host: the users exist only in a copy of /etc, which is mounted
over the real one for the commands of a test. Needs root.
"""

import os
import shlex
import stat
import subprocess

from harness import BUILD, SOURCE


def make(*arguments, wrapper=()) -> str:
    """Run make with what is built already: installing must not need a compiler."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "MFLAGS"))}
    command = [*wrapper, "make", "-C", SOURCE, "-o", "all", f"BUILD={BUILD}", *arguments]
    result = subprocess.run(
        command, env=environment, umask=0o077, capture_output=True, text=True, timeout=120
    )
    assert result.returncode == 0, result
    return result.stdout


class Installation:
    """Postoak under `directory`, for commands that see the copy of /etc in it."""

    def __init__(self, directory):
        self.prefix = directory / "usr"
        self.etc = directory / "etc"
        subprocess.run(["cp", "-a", "/etc", self.etc], check=True)
        # A set-gid bit counts only where the file system is not mounted nosuid.
        mounts = (
            'mount --bind "$0" "$0" && mount -o remount,bind,suid "$0" && '
            'mount --bind "$0/etc" /etc && exec "$@"'
        )
        unshare = ("unshare", "--mount", "--propagation", "private", "sh", "-c", mounts)
        self.wrapper = (*unshare, str(directory))

    def make(self, *targets):
        make(f"prefix={self.prefix}", "sysconfdir=/etc", *targets, wrapper=self.wrapper)

    def make_wrappers(self, directory):
        """Programs as the harness expects them, which run the installed ones."""
        directory.mkdir()
        for program in ("postoakd", "postoak", "mailq", "sendmail"):
            folder = "bin" if program == "mailq" else "sbin"
            command = shlex.join((*self.wrapper, str(self.prefix / folder / program)))
            (directory / program).write_text(f'#!/bin/sh\nexec {command} "$@"\n')
            (directory / program).chmod(0o755)
        return directory

    def run(self, user: str, *command, group=None, message: bytes = b""):
        """As an ordinary user, with its own groups or with `group` in their place."""
        groups = ["--groups", str(self.entry("group", group)[2])] if group else ["--clear-groups"]
        _, _, uid, gid, *_ = self.entry("passwd", user)
        drop = ["setpriv", "--reuid", uid, "--regid", gid, *groups]
        return subprocess.run(
            [*self.wrapper, *drop, *command], input=message, capture_output=True, timeout=60
        )

    def program(self, user: str, program: str, *arguments, **options):
        return self.run(user, self.prefix / "sbin" / program, *arguments, **options)

    def entries(self, database: str) -> list:
        lines = (self.etc / database).read_text().splitlines()
        return [line.split(":") for line in lines if line]

    def entry(self, database: str, name: str) -> list:
        return next(fields for fields in self.entries(database) if fields[0] == name)

    def uid(self, name: str) -> int:
        return int(self.entry("passwd", name)[2])

    def names(self, path) -> str:
        """Owner, group and mode of a file, by the names of the copied /etc."""

        def name(database: str, number: int) -> str:
            return next(f[0] for f in self.entries(database) if int(f[2]) == number)

        status = path.lstat()
        owner, group = name("passwd", status.st_uid), name("group", status.st_gid)
        return f"{owner}:{group} {stat.S_IMODE(status.st_mode):o}"

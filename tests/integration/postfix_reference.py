"""Postfix's own sendmail(1) and postdrop(1), unpacked into the build folder and never
installed, as the measure of what a message and its arguments mean.
"""

import grp
import os
import pwd
import subprocess
from pathlib import Path

from unpacked import ROOT

SENDMAIL = "usr/sbin/sendmail"

# Postfix insists that owner and group exist and differ from each other; nothing here
# becomes them.
CONFIGURATION = """\
compatibility_level = 3.6
queue_directory = {queue}
data_directory = {queue}
command_directory = {root}/usr/sbin
daemon_directory = {root}/usr/lib/postfix/sbin
mail_owner = {owner}
setgid_group = {group}
default_privs = nobody
myhostname = host.example.com
myorigin = example.com
inet_interfaces = loopback-only
inet_protocols = ipv4
import_environment = MAIL_CONFIG LD_LIBRARY_PATH
export_environment = MAIL_CONFIG LD_LIBRARY_PATH
"""


class QueueFile:
    """The records that postdrop wrote: a type, a length in groups of seven bits, data."""

    def __init__(self, content: bytes):
        self.sender = None
        self.recipients: list[bytes] = []
        self.attributes: dict[bytes, bytes] = {}
        self.lines: list[bytes] = []
        continued = False
        for kind, data in self.records(content):
            if kind == "S":
                self.sender = data
            elif kind == "R":
                self.recipients.append(data)
            elif kind == "A":
                name, _, value = data.partition(b"=")
                self.attributes[name] = value
            elif kind in "NL":  # a line's end, or a piece of one that goes on
                if continued:
                    self.lines[-1] += data
                else:
                    self.lines.append(data)
                continued = kind == "L"

    @staticmethod
    def records(content: bytes):
        position = 0
        while position < len(content):
            kind = chr(content[position])
            length = shift = 0
            while True:
                position += 1
                length |= (content[position] & 0x7F) << shift
                shift += 7
                if content[position] < 0x80:
                    break
            position += 1
            yield kind, content[position : position + length]
            position += length


class Postfix:
    """A queue of its own; one call at a time."""

    def __init__(self, directory: Path):
        self.directory = directory
        self.maildrop = directory / "maildrop"
        self.maildrop.mkdir(parents=True)
        (directory / "public").mkdir()
        os.mkfifo(directory / "public" / "pickup")  # where a real one listens for news
        owner, group = self.identities()
        (directory / "main.cf").write_text(
            CONFIGURATION.format(queue=directory, root=ROOT, owner=owner, group=group)
        )
        (directory / "master.cf").touch()
        folders = ("usr/lib/postfix", "usr/lib/*-linux-*", "lib/*-linux-*")
        libraries = [path for folder in folders for path in ROOT.glob(folder)]
        self.environment = {
            "PATH": os.environ["PATH"],
            "MAIL_CONFIG": str(directory),
            "LD_LIBRARY_PATH": ":".join(map(str, libraries)),
        }

    @staticmethod
    def identities() -> tuple:
        """A user and a group that differ from each other, from root and from nobody."""
        nobody = pwd.getpwnam("nobody")
        owner = next(u for u in pwd.getpwall() if u.pw_uid not in (0, nobody.pw_uid))
        taken = (0, nobody.pw_gid, owner.pw_gid)
        return owner.pw_name, next(g.gr_name for g in grp.getgrall() if g.gr_gid not in taken)

    def sendmail(self, arguments: list, message: bytes):
        """(exit status, standard error, QueueFile or None)"""
        result = subprocess.run(
            [ROOT / SENDMAIL, *arguments],
            input=message,
            capture_output=True,
            env=self.environment,
            timeout=60,
            check=False,
        )
        files = list(self.maildrop.iterdir())
        queued = QueueFile(files[0].read_bytes()) if files else None
        assert len(files) == (result.returncode == 0), result
        for file in files:
            file.unlink()
        return result.returncode, result.stderr, queued

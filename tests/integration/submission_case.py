"""Rows of the tables that say what a caller of sendmail sees: what goes in, what comes out.

A row is one call of the program on a host without a runner, so that what was accepted stays
in spool/incoming as it is. There are three outcomes: `Accepted`, `Refused` and `Answered`.

Messages are written with LF and compared as what they must become on disk, octet for octet;
what is made up at submission is written as a place holder:

    %DATE%   the time of submission       %USER%   the envelope sender by default
    %UNIQUE% a Message-ID's left side     %FROM%   the user's mailbox, with full name if any
"""

import fcntl
import os
import pwd
import re
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import KW_ONLY, dataclass, field
from pathlib import Path

import pytest
from harness import BUILD, EX_OK, Host
from message_file import read_message_file
from private_system import PrivateSystem
from privileges import can_mount, can_name_host


def login() -> str:
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"uid{os.getuid()}"


USER = f"{login()}@example.com"
TO = "a@example.org"

# A message to which nothing need be added.
LETTER = b"""\
Date: Thu, 1 Jan 2026 12:00:00 +0000
From: Sender <app@example.net>
To: someone@example.net
Subject: letter
Message-ID: <letter@example.net>

Hello
"""

DATE = b"Date: %DATE%\n"
FROM = b"From: %FROM%\n"
ID = b"Message-ID: <%UNIQUE%@host.example.com>\n"
UNDISCLOSED = b"To: undisclosed-recipients:;\n"
ADDED = DATE + FROM + ID

PLACE_HOLDERS = {
    b"%DATE%": rb"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d?\d "
    rb"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) 20\d\d \d\d:\d\d:\d\d [+-]\d{4}",
    b"%UNIQUE%": rb"\d{14}\.[0-9A-F]{16}(?:\.resent)?",
    b"%USER%": re.escape(USER.encode()),
    b"%FROM%": rb"(?:[^<>\r\n]+ <%(user)s>|%(user)s)" % {b"user": re.escape(USER.encode())},
}


def wire(text: bytes) -> bytes:
    """`text`, which may have place holders, as a regular expression for its wire form."""
    parts = re.split(rb"(%[A-Z]+%)", text.replace(b"\n", b"\r\n"))
    return b"".join(PLACE_HOLDERS.get(part) or re.escape(part) for part in parts)


class QuietHost(Host):
    """A host without a runner, which notes what the runner would be told."""

    def __init__(self, directory: Path):
        super().__init__(directory)
        self.run.mkdir()
        self._notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self._notify.bind(str(self.run / "notify"))

    def told(self) -> list:
        """The queue ids sent to the runner since the last call."""
        names = []
        try:
            while True:
                names.append(self._notify.recv(64).decode())
        except BlockingIOError:
            return names

    def close(self):
        self._notify.close()


@dataclass
class Case:
    name: str
    argv: Sequence
    _: KW_ONLY
    stdin: bytes = LETTER
    stdin_is_file: bool = False
    stdin_left: bool = False  # nothing of it is read
    program: str = "sendmail"  # argv[0]
    environment: dict = field(default_factory=dict)  # beside what the harness gives
    no_environment: bool = False
    configuration: dict = field(default_factory=dict)
    aliases: str = ""
    popen: dict = field(default_factory=dict)
    etc: dict | None = None  # a private /etc; needs root
    hostname: str = ""  # a private name of the host; needs root
    log: str | None = None  # what is logged, all of it; needs root

    @property
    def is_private(self) -> bool:
        return self.etc is not None or bool(self.hostname) or self.log is not None

    def run(self, host):
        """Call the program on `host` and check everything that can be seen."""
        host.aliases.write_text(self.aliases)
        host.write_configuration(**self.configuration)
        try:
            with self._system() as system, self._stdin() as stdin:
                result = self._call(host, system, stdin)
                left = stdin.read()
                log = system.log() if system else None
            files = [read_message_file(file) for file in host.files("incoming")]
        finally:
            told = host.told()
            for file in host.files("incoming"):
                file.unlink()
        stderr = result.stderr.decode(errors="replace")
        self.check(result.returncode, result.stdout, stderr)
        self.check_files(files, told)
        if self.stdin_left:
            assert left == self.stdin, "standard input was read"
        elif not self.stdin_is_file:
            assert left == b"", "a writer would have been killed by SIGPIPE"
        if self.log is not None:
            assert re.fullmatch(self.log, log), log

    @contextmanager
    def _system(self):
        if not self.is_private:
            yield None
            return
        if not (can_name_host() if self.hostname else can_mount()):
            pytest.skip("needs root, and to mount")
        directory = Path(tempfile.mkdtemp(prefix="postoak-"))
        system = PrivateSystem(directory, self.etc or {}, self.hostname)
        try:
            yield system
        finally:
            system.close()
            shutil.rmtree(directory)

    def _stdin(self):
        """With everything in it: an ordinary user's pipe may hold 1 MiB."""
        if self.stdin_is_file:
            file = tempfile.TemporaryFile(buffering=0)
            file.write(self.stdin)
            file.seek(0)
            return file
        read, write = os.pipe()
        fcntl.fcntl(write, fcntl.F_SETPIPE_SZ, max(len(self.stdin), 4096))
        os.write(write, self.stdin)
        os.close(write)
        return os.fdopen(read, "rb", buffering=0)

    def _call(self, host, system, stdin):
        command = [self.program, "-C", str(host.file), *self.argv]
        if system:
            command = [*system.wrapper, BUILD / "sendmail", *command[1:]]
        return subprocess.run(
            command,
            executable=None if system else BUILD / "sendmail",
            stdin=stdin,
            capture_output=True,
            timeout=60,
            env={} if self.no_environment else host.environment(self.environment),
            check=False,
            **self.popen,
        )

    def check(self, status: int, stdout: bytes, stderr: str):
        raise NotImplementedError

    def check_files(self, files: list, told: list):
        assert files == [] and told == []


@dataclass
class Accepted(Case):
    """Without a word, and durably: what is in the spool is exactly this."""

    to: Sequence = (TO,)  # "ADDRESS [notify=...] [orcpt=...]", in order
    sender: str = USER
    message: bytes | None = None  # null: what is on standard input
    body: str = ""  # by default: what the message needs
    smtputf8: str = "no"
    ret: str | None = None
    envid: str | None = None
    told: bool = True  # the runner is woken
    dialogue: bytes = b""  # a pattern for standard output (-bs)

    def check(self, status, stdout, stderr):
        assert (status, stderr) == (EX_OK, "")
        assert re.fullmatch(self.dialogue, stdout, re.S), stdout

    def check_files(self, files, told):
        assert len(files) == 1
        (file,) = files
        assert file.sender == self.sender
        assert file.recipients == list(self.to)
        message = self.stdin if self.message is None else self.message
        assert re.fullmatch(wire(message), file.message), file.message.decode(errors="replace")
        body = self.body or ("7bit" if message.isascii() else "8bit")
        expected = (body, self.smtputf8, self.ret, self.envid, os.getuid())
        assert (file.body, file.smtputf8, file.ret, file.envid, file.uid) == expected
        assert told == ([file.name] if self.told else [])


@dataclass
class Refused(Case):
    """One line on standard error, and nothing is left behind."""

    status: int
    complaint: str | None  # a pattern; null: not even that line

    def __init__(self, name, argv, status, complaint, **more):
        super().__init__(name, argv, **more)
        self.status, self.complaint = status, complaint

    def check(self, status, stdout, stderr):
        assert (status, stdout) == (self.status, b""), stderr
        expected = "" if self.complaint is None else rf"sendmail: [^\n]*{self.complaint}[^\n]*\n"
        assert re.fullmatch(expected, stderr), stderr


@dataclass
class Answered(Case):
    """Something else than taking a message: standard input is none of its business."""

    stdout: bytes = b""  # a pattern
    stderr: str = ""  # a pattern
    status: int = EX_OK
    stdin_left: bool = True

    def check(self, status, stdout, stderr):
        assert status == self.status, stderr
        assert re.fullmatch(self.stderr, stderr), stderr
        assert re.fullmatch(self.stdout, stdout, re.S), stdout


def rows(*cases):
    """Parametrize a test with `case`."""
    names = [case.name for case in cases]
    doubles = {name for name in names if names.count(name) > 1}
    assert not doubles, f"more than one row is called {doubles}"

    return pytest.mark.parametrize("case", cases, ids=names)

"""A small Debian of its own, in which Postoak is the installed mail server.

Everything below `root` is what a machine has: users, a syslog, daemons. Postoak is
installed in it as an administrator would, set-gid and with its users, and its daemon is
process 1 there. Only the network is this host's: the provider listens on loopback.
"""

import email
import os
import re
import shutil
import socket
import subprocess
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from email.header import decode_header
from pathlib import Path

import yaml
from harness import wait_until
from installation import make

# What may be in the log of a machine where all is well.
TROUBLE = re.compile(r"postoak/\S+: (?:warning|error|fatal|panic): ")


# A body with what programs on its way could take for something else, or break.
TEXT = "one\n.\n..\nFrom here\n\n ö €\n" + 90 * "0123456789" + "\nlast\n"


@dataclass(frozen=True)
class Mail:
    """A message as the provider received it: envelope, and content split at the blank line."""

    sender: str
    recipients: list
    header: list  # of (name, value), values with their folds, as octets
    body: bytes

    def field(self, name: str) -> bytes:
        """The value of a field that must be there exactly once."""
        (value,) = self.fields(name)
        return value

    def fields(self, name: str) -> list:
        return [value for n, value in self.header if n.lower() == name.lower()]

    @property
    def uid(self) -> int:
        """Who ran sendmail."""
        return int(re.search(rb"from userid (\d+)", self.field("Received"))[1])

    @property
    def subject(self) -> str:
        """As a reader shows it, whether it came encoded or as UTF-8."""
        parts = decode_header(self.field("Subject").replace(b"\r\n", b"").decode())
        decoded = (t if isinstance(t, str) else t.decode(c or "utf-8") for t, c in parts)
        return "".join(decoded)

    @property
    def text(self) -> str:
        """The body with its transfer encoding and character set undone."""
        names = ("Content-Type", "Content-Transfer-Encoding")
        lines = [f"{n}: {v.decode()}\n".encode() for n in names for v in self.fields(n)]
        part = email.message_from_bytes(b"".join(lines) + b"\n" + self.body)
        octets = part.get_payload(decode=True)
        return octets.decode(part.get_content_charset("utf-8")).replace("\r\n", "\n")

    def check(self):
        """What every message must and must not have, whoever sent it."""
        for name in ("From", "Date", "Message-ID", "Received"):
            assert self.field(name).strip(), name
        for name in ("Bcc", "Resent-Bcc", "Return-Path"):
            assert self.fields(name) == [], name


def read_mail(message) -> Mail:
    header, blank, body = message.content.partition(b"\r\n\r\n")
    assert blank
    fields = [line.split(b":", 1) for line in re.split(rb"\r\n(?![ \t])", header)]
    return Mail(
        message.sender,
        message.addresses,
        [(name.decode("ascii"), value.removeprefix(b" ")) for name, value in fields],
        body,
    )


class Machine:
    def __init__(self, root: Path, provider):
        self.root = root
        self.provider = provider
        self._init: subprocess.Popen | None = None
        self._taken = 0
        self._log: list[str] = []

    # From installation to the end.

    def install(self):
        """What `make install-users install` does, for a system that has no make."""
        script = make("-s", "-n", "prefix=/usr", "install-users")
        subprocess.run(["chroot", self.root, "sh", "-e"], input=script, text=True, check=True)
        make("prefix=/usr", "install", f"DESTDIR={self.root}")
        sendmail = self.root / "usr/sbin/sendmail"
        shutil.chown(sendmail, 0, self.id("group", "postoak-drop"))
        sendmail.chmod(0o2755)
        # What an earlier run left.
        for directory in ("var/spool/postoak", "var/lib/postoak"):
            shutil.rmtree(self.root / directory, ignore_errors=True)
        for file in (self.root / "var/spool/cron").glob("*/[!.]*"):
            file.unlink()

    def configure(self):
        folder = self.root / "etc/postoak"
        shutil.copy(self.provider.authority.file, folder / "ca.pem")
        secret = folder / "client.secret"
        secret.unlink(missing_ok=True)
        secret.touch(mode=0o400)
        secret.write_text(self.provider.client.secret)
        shutil.chown(secret, self.id("passwd", "postoak-oauth"))
        (self.root / "etc/aliases").write_text("root: operator@example.org\n")
        configuration = {
            "hostname": "host.example.com",
            "mail_name": "example.com",
            "local_mail": "local@example.org",
            "minimum_free_space": "1M",
            "oauth_clients": {
                "app": {
                    "provider": "custom",
                    "token_endpoint": self.provider.oauth.token_endpoint,
                    "client_id": self.provider.client.identifier,
                    "client_secret": {"file": "/etc/postoak/client.secret"},
                    "scopes": list(self.provider.client.scopes),
                }
            },
            "profiles": {
                "relay": {
                    "oauth_client": "app",
                    "grant": "client_credentials",
                    "username": "alerts@example.com",
                    "rewrite_from": "never",
                    "host": "127.0.0.1",
                    "port": self.provider.smtp.port,
                    "tls_ca_file": "/etc/postoak/ca.pem",
                }
            },
        }
        file = folder / "postoak.yaml"
        file.write_text(yaml.safe_dump(configuration, sort_keys=False))
        file.chmod(0o644)

    def boot(self):
        """Start the daemon as process 1 of the machine: no process outlives it."""
        self._listen_to_syslog()
        mounts = (
            # Set-gid bits and devices count, wherever the directory lies.
            'mount --bind "$0" "$0" && mount -o remount,bind,suid,dev,exec "$0" && '
            'mount -t proc proc "$0/proc" && mount -t tmpfs tmpfs "$0/run" && '
            'hostname host && cd "$0" && exec chroot . /usr/sbin/postoakd -f'
        )
        namespaces = ("unshare", "--mount", "--propagation", "private", "--uts", "--pid", "--fork")
        end_with_us = ("setpriv", "--pdeathsig", "KILL")
        self._init = subprocess.Popen(
            [*end_with_us, *namespaces, "--kill-child", "sh", "-c", mounts, self.root],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        wait_until(self._answers, "the runner to answer")

    def _answers(self) -> bool:
        assert self._init.poll() is None, f"process 1 ended: {self.log()}"
        try:
            status = self.run("postoak", "status", user="root")
        except subprocess.SubprocessError:
            return False
        return b"healthy" in status.stdout

    def shut_down(self):
        self.run("sh", "-c", "kill -TERM 1", user="root")
        assert self._init.wait(60) == 0

    def power_off(self):
        self._init.kill()
        self._init.wait()
        self._syslog.close()

    # Programs.

    def run(self, *command, user="alice", input=b"", **options) -> subprocess.CompletedProcess:
        """Run a command on the machine; see `arguments`."""
        arguments = self.arguments(user, *command, **options)
        return subprocess.run(arguments, input=input, capture_output=True, timeout=60)

    def send(self, *command, user="alice", **options) -> Mail:
        """The one message of a command that must succeed without a word."""
        result = self.run(*command, user=user, **options)
        assert (result.returncode, result.stdout, result.stderr) == (0, b"", b""), result
        mail = self.mail()
        assert mail.uid == (self.id("passwd", user) if isinstance(user, str) else user)
        return mail

    @contextmanager
    def daemon(self, *command):
        """A daemon of root that stays in the foreground, for the time of a with block."""
        script = 'echo $$ >/run/daemon && exec "$@"'
        process = subprocess.Popen(
            self.arguments("root", "sh", "-c", script, "sh", *command), stdin=subprocess.DEVNULL
        )
        try:
            yield
        finally:
            self.run("sh", "-c", "kill $(cat /run/daemon)", user="root")
            process.wait(30)

    def arguments(self, user, *command, directory="/", environment=None) -> list:
        """argv that runs `command` on the machine, as `user`: a name, or a number that no name has.

        The environment is that of a login, and `environment` on top of it.
        """
        parent = f"/proc/{self._init.pid}"  # unshare, whose child process 1 is
        namespaces = {"mount": "mnt", "uts": "uts", "pid": "pid_for_children"}
        enter = [f"--{option}={parent}/ns/{name}" for option, name in namespaces.items()]
        values = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
        values |= {"LC_ALL": "C.UTF-8", "TZ": "UTC"}
        groups = ["--clear-groups"]
        if isinstance(user, str):
            _, _, uid, gid, _, home, shell = self.entry("passwd", user)
            values |= {"USER": user, "LOGNAME": user, "HOME": home, "SHELL": shell}
            groups = ["--init-groups"]
        else:
            uid = gid = str(user)
        values |= environment or {}
        return [
            *("nsenter", *enter, f"--root={parent}/root", "chroot", str(self.root)),
            *("setpriv", "--reuid", uid, "--regid", gid, *groups),
            *("env", "-i", f"--chdir={directory}"),
            *(f"{name}={value}" for name, value in values.items()),
            *command,
        ]

    def entry(self, database: str, name: str) -> list:
        lines = (self.root / "etc" / database).read_text().splitlines()
        return next(f for f in (line.split(":") for line in lines) if f[0] == name)

    def id(self, database: str, name: str) -> int:
        return int(self.entry(database, name)[2])

    def write(self, path: str, content, owner: str = "root", mode: int = 0o644) -> str:
        """A file of the machine; its path there."""
        file = self.root / path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        shutil.chown(file, self.id("passwd", owner), int(self.entry("passwd", owner)[3]))
        file.chmod(mode)
        return path

    # What can be seen.

    def mails(self, count: int = 1) -> list:
        """What arrived since the last call: `count` messages, and none is on its way."""
        messages = self.provider.smtp.messages
        wait_until(lambda: len(messages) >= self._taken + count, f"{count} messages to arrive")
        wait_until(lambda: not self.spooled(), "an empty queue")
        mails = [read_mail(message) for message in self.take()]
        assert len(mails) == count
        for mail in mails:
            mail.check()
        return mails

    def mail(self) -> Mail:
        """The one message that arrived since the last call."""
        (mail,) = self.mails(1)
        return mail

    def spooled(self) -> list:
        places = ("incoming", "queue", "hold", "corrupt", "undeliverable")
        return [f for p in places for f in (self.root / "var/spool/postoak" / p).glob("*")]

    def take(self) -> list:
        """The provider's records of what arrived since the last call."""
        messages = self.provider.smtp.messages
        new, self._taken = messages[self._taken :], len(messages)
        return new

    def log(self) -> str:
        return "\n".join(self._log)

    def wait_for_log(self, pattern: str) -> str:
        found = wait_until(lambda: re.findall(pattern, self.log()), f"{pattern!r} in the log")
        return found[-1]

    def troubles(self) -> list:
        return [line for line in self._log if TROUBLE.search(line)]

    def _listen_to_syslog(self):
        """Take the place of a syslog daemon: what programs log is in `log`."""
        self._syslog = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        path = self.root / "dev/log"
        path.unlink(missing_ok=True)
        # Socket paths are bounded, those of directories are not.
        folder = os.open(path.parent, os.O_PATH)
        self._syslog.bind(f"/proc/self/fd/{folder}/log")
        os.close(folder)
        path.chmod(0o666)

        def listen():
            while True:
                try:
                    datagram = self._syslog.recv(65536)
                except OSError:
                    return
                text = datagram.decode(errors="replace").rstrip("\n\0")
                self._log.append(re.sub(r"^<\d+>\w{3} [ \d]\d \d\d:\d\d:\d\d ", "", text))

        threading.Thread(target=listen, daemon=True).start()

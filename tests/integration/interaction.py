"""Driving `postoak oauth grant` as a person does: by its terminal or its pipes, and a browser."""

import http.client
import os
import pty
import re
import select
import subprocess
import termios
import threading
import time
import urllib.parse

from harness import BUILD, PATIENCE


class Command:
    """A command that runs while the test acts; its output is kept on the host for leaks()."""

    def __init__(self, host, *arguments, terminal: bool = False, environment=None, stdin=None):
        self.host = host
        self.output = b""
        self.terminal = None
        line = [BUILD / "postoak", "-C", host.file, *arguments]
        options = {"env": host.environment(environment), "start_new_session": True}
        if terminal:
            self.terminal, slave = pty.openpty()
            self.settings = termios.tcgetattr(slave)
            self.slave = slave
            # As if it were the shell's: ^C reaches the group in the foreground.
            options["preexec_fn"] = lambda: os.login_tty(os.dup(slave))
            options.pop("start_new_session")
            self.process = subprocess.Popen(line, **options)
            self._out = self.terminal
        else:
            self.process = subprocess.Popen(
                line,
                stdin=subprocess.PIPE if stdin is None else stdin,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                **options,
            )
            self._out = self.process.stdout.fileno()

    def read_until(self, pattern: str, timeout: float = PATIENCE) -> re.Match:
        deadline = time.monotonic() + timeout
        while True:
            match = re.search(pattern, self.output.decode(errors="replace"))
            if match:
                return match
            left = deadline - time.monotonic()
            assert left > 0, f"no {pattern!r} in {self.output!r}"
            ready, _, _ = select.select([self._out], [], [], left)
            if ready and not self._read():
                match = re.search(pattern, self.output.decode(errors="replace"))
                assert match, f"no {pattern!r} in all of {self.output!r}"
                return match

    def _read(self) -> bool:
        try:
            octets = os.read(self._out, 65536)
        except OSError:  # a terminal nobody has open any more
            octets = b""
        self.output += octets
        return octets != b""

    def type(self, text: str):
        octets = text.encode()
        if self.terminal is None:
            self.process.stdin.write(octets)
            self.process.stdin.flush()
            return
        while octets:
            octets = octets[os.write(self.terminal, octets[:1024]) :]

    def end_input(self):
        self.process.stdin.close()

    def url(self) -> str:
        """The address that the person is to open."""
        return self.read_until(r"(?m)^(http\S+response_type=code\S+)\r?\n")[1]

    def redirect_uri(self) -> str:
        return query_of(self.url())["redirect_uri"]

    def finish(self, status: int | None = 0) -> str:
        """Its whole output, once it ended with `status`."""
        deadline = time.monotonic() + PATIENCE
        ended = False
        while not ended:
            assert time.monotonic() < deadline, f"it does not end: {self.output!r}"
            ended = self.process.poll() is not None
            if select.select([self._out], [], [], 0 if ended else 0.05)[0]:
                ended = not self._read()
        self.process.wait(PATIENCE)
        if self.terminal is not None:
            os.close(self.terminal)
            os.close(self.slave)
        self.host.outputs.append(self.output)
        text = self.output.decode()
        if status is not None:
            assert self.process.returncode == status, (self.process.returncode, text)
        return text

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()


def query_of(url: str) -> dict:
    return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(url).query))


class Page:
    def __init__(self, response):
        self.status = response.status
        self.headers = response.headers
        self.text = response.read().decode()


def get(url: str, headers=None, host: str | None = None) -> Page:
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(host or parts.hostname, parts.port, timeout=PATIENCE)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    connection.request("GET", target, headers=headers or {"Host": parts.netloc})
    page = Page(connection.getresponse())
    connection.close()
    return page


def consent(url: str) -> str:
    """What a browser does at the server: the address that it is sent back to."""
    page = get(url)
    assert page.status == 302, page.text
    return page.headers["Location"]


def browse(url: str) -> Page:
    """The whole way: consent, and the last page."""
    return get(consent(url))


def in_background(function, *arguments) -> threading.Thread:
    thread = threading.Thread(target=function, args=arguments, daemon=True)
    thread.start()
    return thread

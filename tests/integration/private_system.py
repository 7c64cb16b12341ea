"""/etc, /dev/log and the host's name for one command, which sees them in place of the real ones.

Needs root; changes nothing outside the command's own namespaces.
"""

import socket
from pathlib import Path

PASSWD = "root:x:0:0:root:/root:/bin/sh\n"

# $0: the directory of the replacements; $1: the host's name, or nothing.
ENTER = """
mount --bind /dev/null "$0/dev/null" && mount --bind "$0/etc" /etc && mount --rbind "$0/dev" /dev &&
{ [ -z "$1" ] || printf %s "$1" >/proc/sys/kernel/hostname; } && shift && exec "$@"
"""


class PrivateSystem:
    def __init__(self, directory: Path, files: dict, hostname: str = ""):
        """`files`: the contents of /etc, where passwd has a default."""
        etc, dev = directory / "etc", directory / "dev"
        etc.mkdir()
        dev.mkdir()
        for name, content in ({"passwd": PASSWD} | files).items():
            (etc / name).write_text(content)
        (dev / "null").touch()
        self._log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self._log.bind(str(dev / "log"))
        unshare = ("unshare", "--mount", "--uts", "--propagation", "private")
        self.wrapper = (*unshare, "sh", "-c", ENTER, str(directory), hostname)

    def log(self) -> str:
        """What was logged, one entry a line: <priority>time tag[pid]: text."""
        lines = []
        try:
            while True:
                lines.append(self._log.recv(4096).decode(errors="replace").rstrip("\n\0"))
        except BlockingIOError:
            return "\n".join(lines)

    def close(self):
        self._log.close()

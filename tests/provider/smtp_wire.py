"""The octets of one SMTP connection: lines and blocks in, replies out, flights counted.

A flight is what the client sends between two answers of ours; their number is
the number of round trips the dialogue took. Replies are gathered until there is
nothing left to read, as RFC 2920 3.2 asks of a server that speaks PIPELINING.
"""

import socket
import ssl
import struct

LINE_MAX = 65536


class Closed(Exception):
    """The connection has ended: by the client, by a rule, or because the server stops."""

    def __init__(self, reason: str, reset: bool = False):
        super().__init__(reason)
        self.reset = reset


class Wire:
    def __init__(self, sock: socket.socket):
        self._socket = sock
        # A second handle on the connection: TLS or not, it can be used from any thread.
        self._handle = sock.dup()
        self._buffer = bytearray()
        self._replies = bytearray()
        self._answered = False
        self.flights = 0

    @property
    def buffered(self) -> int:
        """Octets that came together with what was read last."""
        return len(self._buffer)

    def read_line(self) -> bytes:
        """One line with its end, whatever the end is."""
        searched = 0
        while (end := self._buffer.find(b"\n", searched)) < 0:
            if len(self._buffer) > LINE_MAX:
                raise Closed("endless line")
            searched = len(self._buffer)
            if not self._buffer:
                self.flush()
            self._receive()
        return self._cut(end + 1)

    def read_block(self, length: int) -> bytes:
        while len(self._buffer) < length:
            self._receive()
        return self._cut(length)

    def read_content(self, stop_after: int = 0) -> bytes | None:
        """What follows DATA, still dot-stuffed, up to the line that is a lone dot.

        None once more than `stop_after` octets (0: no limit) are there.
        """
        self.flush()
        # The CRLF that ended the DATA command belongs to the first end-of-data
        # sequence (RFC 5321 4.1.1.4).
        self._buffer[:0] = b"\r\n"
        searched = 0
        while (end := self._buffer.find(b"\r\n.\r\n", searched)) < 0:
            if stop_after and len(self._buffer) > stop_after:
                return None
            searched = max(0, len(self._buffer) - 4)
            self._receive()
        content = self._cut(end + 5)
        return content[2:-3]

    def write(self, octets: bytes):
        self._replies += octets

    def flush(self):
        if not self._replies:
            return
        try:
            self._socket.sendall(self._replies)
        except (OSError, ValueError) as error:
            raise Closed(f"sending: {error}") from error
        self._replies.clear()
        self._answered = True

    def start_tls(self, context: ssl.SSLContext) -> int:
        """Begin TLS; returns how many octets the client had sent in clear before it."""
        self.flush()
        early = len(self._buffer)
        self._buffer.clear()
        try:
            self._socket = context.wrap_socket(self._socket, server_side=True)
        except (OSError, ValueError) as error:
            raise Closed(f"TLS: {error}") from error
        return early

    @property
    def tls_version(self) -> str | None:
        return self._socket.version() if isinstance(self._socket, ssl.SSLSocket) else None

    def read_until_closed(self):
        self.flush()
        while True:
            self._buffer.clear()
            self._receive()

    def abort(self):
        """End the connection from any thread; whoever reads gets Closed."""
        try:
            self._handle.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    def close(self, reset: bool = False):
        if reset:
            self._handle.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        else:
            self._drain()
        self._socket.close()
        self._handle.close()

    def _drain(self):
        """Unread octets at close would make it a reset, which can overtake our last replies."""
        self._handle.settimeout(2)
        try:
            self._handle.shutdown(socket.SHUT_WR)
            while self._handle.recv(65536):
                pass
        except OSError:
            pass

    def _receive(self):
        try:
            octets = self._socket.recv(65536)
        except (OSError, ValueError) as error:
            raise Closed(f"receiving: {error}") from error
        if not octets:
            raise Closed("end of file")
        if self._answered:
            self.flights += 1
            self._answered = False
        self._buffer += octets

    def _cut(self, length: int) -> bytes:
        octets = bytes(self._buffer[:length])
        del self._buffer[:length]
        return octets

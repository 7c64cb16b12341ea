"""An SMTP submission server on loopback: STARTTLS or implicit TLS, SASL with tokens.

Blocking sockets and a thread for each connection: every rule of a scenario can
then act at any octet, and a message is kept exactly as it came. No SMTP library
has that: aiosmtpd decodes, joins and un-stuffs by line, takes bare LF for an end
of line and knows neither CHUNKING nor what was pipelined.
"""

import collections
import socket
import ssl
import threading

import sasl
from certificates import server_context
from scenario import Script
from smtp_session import Connection, Message, Session

# What Microsoft 365 announces, without BINARYMIME.
KEYWORDS = {
    "SIZE": "157286400",
    "PIPELINING": None,
    "DSN": None,
    "ENHANCEDSTATUSCODES": None,
    "8BITMIME": None,
    "CHUNKING": None,
    "SMTPUTF8": None,
}


class SubmissionServer:
    """Settings may be changed between connections; `messages` and the rest only grow.

    tokens: has `problem_with(token, user)`, None where the token is good.
    """

    name = "relay.example.net"

    def __init__(self, tokens, certificate):
        self._tokens = tokens
        self.script = Script()
        self.tls: ssl.SSLContext = server_context(certificate)

        self.keywords = dict(KEYWORDS)
        self.mechanisms = ["XOAUTH2"]
        self.passwords = {}
        self.error_challenge = True  # 334 with JSON before the 535, as Google does
        self.require_tls = True
        self.require_login = True
        self.recipients_limit = 0

        self.messages: list[Message] = []
        self.connections: list[Connection] = []
        self.violations: list[str] = []
        self.counts = collections.Counter()

        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._listeners = {}
        self._threads = []
        self._open = set()
        self.port = self.implicit_port = 0

    def start(self, port: int = 0, implicit_port: int = 0):
        """Listen on 127.0.0.1; after stop() it may be started again at the same ports."""
        self._stopping.clear()
        self.port = self._listen(port or self.port, implicit_tls=False)
        self.implicit_port = self._listen(implicit_port or self.implicit_port, implicit_tls=True)

    def stop(self):
        self._stopping.set()
        for listener in self._listeners.values():
            # shutdown wakes the thread that waits in accept, close alone does not.
            listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        self._listeners.clear()
        with self._lock:
            sessions = list(self._open)
        for session in sessions:
            session.abort()
        with self._lock:
            threads, self._threads = self._threads, []
        for thread in threads:
            thread.join()

    def disconnect(self):
        """Cut every open connection."""
        with self._lock:
            sessions = list(self._open)
        for session in sessions:
            session.abort()

    # What sessions ask.

    def announced(self, tls: bool) -> dict:
        keywords = dict(self.keywords)
        if not tls:
            keywords["STARTTLS"] = None
        if self.mechanisms and (tls or not self.require_tls):
            keywords["AUTH"] = " ".join(self.mechanisms)
        return keywords

    def mechanism(self, name: str):
        if name not in self.mechanisms:
            return None
        return {
            "PLAIN": sasl.plain,
            "LOGIN": sasl.login,
            "XOAUTH2": sasl.xoauth2,
            "OAUTHBEARER": sasl.oauthbearer(("127.0.0.1", "localhost"), self.port),
        }[name]

    def check_login(self, login: sasl.Login) -> str | None:
        if login.token is not None:
            return self._tokens.problem_with(login.token, login.user)
        if self.passwords.get(login.user) != login.password:
            return "wrong password"
        return None

    def accept(self, message: Message) -> int:
        with self._lock:
            self.messages.append(message)
            return len(self.messages)

    def wait(self, seconds: float):
        self._stopping.wait(seconds)

    # Connections.

    def _listen(self, port: int, implicit_tls: bool) -> int:
        listener = socket.create_server(("127.0.0.1", port), backlog=128)
        self._listeners[implicit_tls] = listener
        self._begin(self._accept_loop, listener, implicit_tls)
        return listener.getsockname()[1]

    def _accept_loop(self, listener, implicit_tls):
        while not self._stopping.is_set():
            try:
                sock, _ = listener.accept()
            except OSError:
                return
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                connection = Connection(len(self.connections) + 1, implicit_tls)
                self.connections.append(connection)
                self.counts["connections"] += 1
            self._begin(self._serve, sock, connection)

    def _serve(self, sock, connection):
        session = Session(self, sock, connection)
        with self._lock:
            self._open.add(session)
        if self._stopping.is_set():
            session.abort()
        try:
            session.run()
        except Exception as error:  # a fault of ours must fail the test, too
            self.violations.append(f"connection {connection.number}: provider: {error!r}")
            raise
        finally:
            with self._lock:
                self._open.discard(session)

    def _begin(self, function, *arguments):
        thread = threading.Thread(target=function, args=arguments, daemon=True)
        thread.start()
        with self._lock:
            self._threads = [t for t in self._threads if t.is_alive()] + [thread]

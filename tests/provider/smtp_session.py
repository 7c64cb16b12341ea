"""One connection to the submission server, from greeting to QUIT; strict.

Whatever a client must not do is answered as a strict server would and recorded
as a violation beside it. What a rule of the scenario provoked is none.
"""

import base64
import re
import time
from dataclasses import dataclass, field

import sasl
import smtp_syntax
from scenario import Delay, Drop, Garbage, Hang, Inject, Reply
from smtp_syntax import Malformed
from smtp_wire import Closed, Wire

TRANSCRIPT_MAX = 400
# RFC 2920 3.1, RFC 3207 4, RFC 4954 4: nothing may follow these in one group.
LAST_IN_GROUP = {"EHLO", "HELO", "STARTTLS", "AUTH", "DATA", "VRFY", "QUIT", "NOOP"}


@dataclass
class Connection:
    """What is known about a connection; lives on after it."""

    number: int
    implicit_tls: bool
    tls_version: str | None = None
    hello: str | None = None
    user: str | None = None
    mechanism: str | None = None
    messages: int = 0
    flights: int = 0
    ended: str | None = None
    transcript: list = field(default_factory=list)

    def note(self, who: str, text: str):
        if len(self.transcript) < TRANSCRIPT_MAX:
            self.transcript.append(f"{who}: {text}")


@dataclass
class Recipient:
    address: str
    parameters: dict


@dataclass
class Message:
    """A message as received: `content` is every octet between DATA and the dot, un-stuffed."""

    sender: str
    parameters: dict
    recipients: list
    content: bytes
    connection: Connection
    user: str | None
    chunks: int  # BDAT commands; 0: came by DATA
    received: float

    @property
    def addresses(self):
        return [r.address for r in self.recipients]


class Session:
    def __init__(self, server, sock, connection: Connection):
        self._server = server
        self._wire = Wire(sock)
        self.connection = connection
        self._reset_greeting()

    def abort(self):
        self._wire.abort()

    def run(self):
        reset = False
        try:
            self._serve()
        except Closed as closed:
            self.connection.ended = self.connection.ended or str(closed)
            reset = closed.reset
        finally:
            self.connection.flights = self._wire.flights
            self._wire.close(reset)

    # The dialogue.

    def _serve(self):
        self._follow("connect")
        if self.connection.implicit_tls:
            self._start_tls()
        self._answer(self._follow("greeting") or Reply(220, f"{self._server.name} ESMTP"))
        while True:
            line = self._read_command()
            verb, _, argument = line.partition(" ")
            verb = verb.upper()
            self._server.counts[f"command {verb}"] += 1
            self._check_group(verb)
            handler = self._HANDLERS.get(verb)
            if handler is None:
                self._violation(f"unknown command {verb!r}")
                self._reply(500, "5.5.2 Unknown command")
                continue
            try:
                handler(self, argument)
            except Malformed as malformed:
                self._violation(f"{verb}: {malformed}")
                self._reply(501, f"5.5.4 {malformed}")

    def _read_command(self) -> str:
        octets = self._wire.read_line()
        text = octets[:-1].removesuffix(b"\r")
        verb = text.split(b" ", 1)[0].upper()
        limit = {b"MAIL": smtp_syntax.MAIL_MAX, b"RCPT": smtp_syntax.RCPT_MAX}.get(
            verb, smtp_syntax.COMMAND_MAX
        )
        if not octets.endswith(b"\r\n"):
            self._violation("command line ends in a bare LF")
        if b"\r" in text or b"\0" in text:
            self._violation("bare CR or NUL in a command")
        if len(octets) > limit:
            self._violation(f"{verb.decode('ascii', 'replace')} line of {len(octets)} octets")
        if text.endswith(b" "):
            self._violation(f"trailing space: {text!r}")
        line = text.decode("utf-8", "replace")
        shown = re.sub(r"^(AUTH \S+ ).+", r"\1<credential>", line, flags=re.I)
        self.connection.note("C", shown)
        return line

    def _check_group(self, verb: str):
        if not self._wire.buffered or verb == "BDAT":
            return
        if "PIPELINING" not in self._keywords:
            self._violation(f"{verb}: pipelined although PIPELINING was not announced")
        elif verb in LAST_IN_GROUP:
            self._violation(f"{verb} was not the last command of its group")

    def _hello(self, argument: str, extended: bool = True):
        smtp_syntax.check_hello(argument)
        self.connection.hello = argument
        reply = self._follow("ehlo")
        self._transaction = None
        if reply:
            return self._answer(reply)
        self._keywords = {}
        self._greeted = True
        if not extended:
            return self._reply(250, self._server.name)
        self._keywords = self._server.announced(tls=bool(self.connection.tls_version))
        lines = [self._server.name]
        lines += [f"{k} {v}" if v else k for k, v in self._keywords.items()]
        return self._reply(250, "\n".join(lines))

    def _helo(self, argument: str):
        self._hello(argument, extended=False)

    def _starttls(self, argument: str):
        if argument:
            raise Malformed("STARTTLS takes no argument")
        if "STARTTLS" not in self._keywords:
            return self._wrong(503, "5.5.1 STARTTLS is not offered", "STARTTLS not announced")
        reply = self._follow("starttls")
        if reply and reply.code != 220:
            return self._answer(reply)
        self._answer(reply or Reply(220, "2.0.0 Ready to start TLS"))
        self._wire.flush()
        self._start_tls()
        return self._reset_greeting()

    def _start_tls(self):
        self._follow("tls")
        try:
            early = self._wire.start_tls(self._server.tls)
        except Closed:
            self._server.counts["tls failures"] += 1
            raise
        if early:
            self._violation(f"{early} octets in clear after STARTTLS")
        self.connection.tls_version = self._wire.tls_version
        self._server.counts["tls"] += 1

    def _auth(self, argument: str):
        name, _, initial = argument.partition(" ")
        name = name.upper()
        if self._user is not None or self._transaction is not None:
            return self._wrong(503, "5.5.1 AUTH not now", "AUTH again or within a transaction")
        if not self.connection.tls_version and self._server.require_tls:
            return self._wrong(538, "5.7.11 Encryption required", "AUTH without TLS")
        mechanism = self._server.mechanism(name)
        if mechanism is None:
            return self._wrong(504, "5.5.4 Unknown mechanism", f"AUTH {name} was not offered")
        self._server.counts["logins tried"] += 1
        reply = self._follow("auth")
        if reply and reply.code != 334:
            self._drain_exchange(initial, name)
            return self._answer(reply)
        try:
            login = self._exchange(mechanism(), initial.encode() if initial else None)
        except (sasl.BadExchange, UnicodeDecodeError) as error:
            return self._wrong(501, "5.5.2 Bad exchange", f"AUTH {name}: {error}")
        if login is None:
            return self._reply(501, "5.7.0 Cancelled")
        problem = self._server.check_login(login)
        self.connection.mechanism = name
        if problem is None:
            self._user = self.connection.user = login.user
            self._server.counts["logins"] += 1
            return self._reply(235, "2.7.0 Accepted")
        self._server.counts["logins refused"] += 1
        self.connection.note("-", f"login of {login.user!r} refused: {problem}")
        if login.token is not None and self._server.error_challenge:
            answer = self._challenge(sasl.error_challenge(name))
            if answer != sasl.CHALLENGE_ANSWERS[name]:
                self._violation(f"AUTH {name}: wrong answer to the error challenge")
        return self._reply(535, "5.7.8 Username and credential not accepted")

    def _exchange(self, mechanism, initial: bytes | None):
        """Run a mechanism to its Login; None where the client cancelled."""
        challenge = next(mechanism)
        response = None
        if initial is not None:
            response = b"" if initial == b"=" else sasl.decode(initial)
        while True:
            if response is None:
                response = self._challenge(challenge)
                if response is None:
                    return None
            try:
                challenge = mechanism.send(response)
            except StopIteration as result:
                return result.value
            response = None

    def _challenge(self, octets: bytes) -> bytes | None:
        self._reply(334, base64.b64encode(octets).decode())
        line = self._wire.read_line()
        if not line.endswith(b"\r\n"):
            self._violation("AUTH response ends in a bare LF")
        if len(line) > smtp_syntax.AUTH_LINE_MAX:
            self._violation(f"AUTH response of {len(line)} octets")
        if self._wire.buffered:
            self._violation("something was pipelined after an AUTH response")
        text = line.rstrip(b"\r\n")
        self.connection.note("C", "<credential>" if text else "")
        return None if text == b"*" else sasl.decode(text)

    def _drain_exchange(self, initial: str, name: str):
        """Take the credential in before a scripted refusal, as a real server does."""
        if not initial:
            self._challenge(b"Username:" if name == "LOGIN" else b"")

    # A transaction.

    def _mail(self, argument: str):
        if not self._greeted:
            return self._wrong(503, "5.5.1 EHLO first", "MAIL before EHLO")
        if self._server.require_tls and not self.connection.tls_version:
            return self._wrong(530, "5.7.0 STARTTLS first", "MAIL before STARTTLS")
        if self._server.require_login and self._user is None:
            return self._wrong(530, "5.7.57 Client not authenticated", "MAIL before AUTH")
        if self._transaction is not None:
            return self._wrong(503, "5.5.1 Nested MAIL", "MAIL within a transaction")
        address, parameters = smtp_syntax.parse_path(argument, "FROM:")
        if not self._parameters_fine("MAIL", address, parameters):
            return None
        self._mail_tried = True
        self._chunks = []
        limit = int(self._keywords.get("SIZE") or 0)
        if limit and int(parameters.get("SIZE") or 0) > limit:
            return self._reply(552, "5.3.4 Message too big")
        reply = self._follow("mail", address)
        if reply is None or reply.code < 300:
            self._transaction = Message(
                address, parameters, [], b"", self.connection, self._user, 0, 0.0
            )
        return self._answer(reply or Reply(250, "2.1.0 Ok"))

    def _rcpt(self, argument: str):
        if self._transaction is None:
            return self._out_of_order("RCPT")
        address, parameters = smtp_syntax.parse_path(argument, "TO:")
        if not self._parameters_fine("RCPT", address, parameters):
            return None
        reply = self._follow("rcpt", address)
        limit = self._server.recipients_limit
        if reply is None and limit and len(self._transaction.recipients) >= limit:
            reply = Reply(452, "4.5.3 Too many recipients")
        if reply is None or reply.code < 300:
            self._transaction.recipients.append(Recipient(address, parameters))
        return self._answer(reply or Reply(250, "2.1.5 Ok"))

    def _parameters_fine(self, command: str, address: str, parameters: dict) -> bool:
        for keyword, value in parameters.items():
            problem = smtp_syntax.check_parameter(command, keyword, value, self._keywords)
            if problem:
                self._wrong(555, f"5.5.4 {problem}", problem)
                return False
        utf8 = command == "MAIL" and "SMTPUTF8" in parameters
        utf8 = utf8 or (self._transaction and "SMTPUTF8" in self._transaction.parameters)
        if not address.isascii() and not utf8:
            self._wrong(553, "5.6.7 SMTPUTF8 required", "UTF-8 address without SMTPUTF8")
            return False
        return True

    def _out_of_order(self, verb: str):
        """After a refused MAIL this is what pipelining brings about, else a fault."""
        if self._mail_tried:
            return self._reply(503, "5.5.1 No transaction")
        return self._wrong(503, "5.5.1 MAIL first", f"{verb} without MAIL")

    def _data(self, argument: str):
        if argument:
            raise Malformed("DATA takes no argument")
        if self._transaction is None:
            return self._out_of_order("DATA")
        message = self._transaction
        if message.chunks:
            return self._wrong(503, "5.5.1 BDAT in progress", "DATA after BDAT")
        reply = self._follow("data", message.sender, *message.addresses)
        if reply is None and not message.recipients:
            reply = Reply(554, "5.5.1 No valid recipients")
        if reply and reply.code != 354:
            return self._answer(reply)
        self._answer(reply or Reply(354, "Go ahead"))
        rule = self._server.script.find("content", message.sender, *message.addresses)
        if rule and not isinstance(rule, Drop):
            self._obey(rule)
        octets = self._wire.read_content(rule.octets or 1 if isinstance(rule, Drop) else 0)
        if isinstance(rule, Drop):
            self._obey(rule)
        message.content, faults = smtp_syntax.unstuff(octets)
        return self._finish(faults)

    def _bdat(self, argument: str):
        match = re.fullmatch(r"([0-9]{1,15})( LAST)?", argument, re.I)
        if "CHUNKING" not in self._keywords or not match:
            # What follows cannot be told from commands any more.
            self._wrong(501, "5.5.4 Bad BDAT", f"BDAT {argument!r}, or not announced")
            raise Closed("bad BDAT")
        octets = self._wire.read_block(int(match[1]))
        message = self._transaction
        if message is None:
            return self._out_of_order("BDAT")
        if not message.recipients:
            if match[2]:
                self._transaction = None
            return self._reply(554, "5.5.1 No valid recipients")
        message.chunks += 1
        self._chunks.append(octets)
        if not match[2]:
            reply = self._follow("data", message.sender, *message.addresses)
            return self._answer(reply or Reply(250, f"2.0.0 {match[1]} octets received"))
        message.content = b"".join(self._chunks)
        return self._finish([])

    def _finish(self, faults):
        message, self._transaction = self._transaction, None
        if not message.recipients:
            # A lone dot is what a client sends whose recipients were all refused.
            if message.content:
                self._violation("a message although every recipient was refused")
            return self._reply(554, "5.5.1 No valid recipients")
        eight_bit = "8BITMIME" not in self._keywords or message.parameters.get("BODY") == "8BITMIME"
        for fault in faults + smtp_syntax.message_faults(message.content, eight_bit):
            self._violation(fault)
        rule = self._server.script.find("dot", message.sender, *message.addresses)
        if isinstance(rule, Drop) and rule.accept:
            self._accept(message)
        reply = self._obey(rule)
        if reply is None or reply.code < 300:
            number = self._accept(message)
            reply = reply or Reply(250, f"2.0.0 Ok: queued as {number:08d}")
        return self._answer(reply)

    def _accept(self, message: Message) -> int:
        message.received = time.time()
        self.connection.messages += 1
        self.connection.flights = self._wire.flights
        return self._server.accept(message)

    def _rset(self, argument: str):
        if argument:
            raise Malformed("RSET takes no argument")
        self._transaction = None
        self._answer(self._follow("rset") or Reply(250, "2.0.0 Ok"))

    def _noop(self, _argument: str):
        self._answer(self._follow("noop") or Reply(250, "2.0.0 Ok"))

    def _quit(self, argument: str):
        if argument:
            raise Malformed("QUIT takes no argument")
        self._answer(self._follow("quit") or Reply(221, "2.0.0 Bye"))
        self._wire.flush()
        raise Closed("quit")

    # Replies, rules, violations.

    def _follow(self, stage: str, *addresses) -> Reply | None:
        return self._obey(self._server.script.find(stage, *addresses))

    def _obey(self, action) -> Reply | None:
        """Do what a rule says; a Reply is left to the caller."""
        match action:
            case None:
                return None
            case Reply():
                return action
            case Delay():
                self._server.wait(action.seconds)
                return None
            case Drop():
                self._wire.flush()
                self.connection.note("-", "dropped by a rule")
                raise Closed("dropped by a rule", action.reset)
            case Hang():
                self.connection.note("-", "silent by a rule")
                self._wire.read_until_closed()
            case Garbage():
                self.connection.note("-", f"{len(action.octets)} octets of garbage by a rule")
                self._wire.write(action.octets)
                self._wire.flush()
                if action.close:
                    raise Closed("closed after garbage")
                self._wire.read_until_closed()
            case Inject():
                self._wire.write(action.octets)
            case _:
                raise TypeError(f"no action for this server: {action!r}")
        return None

    def _answer(self, reply: Reply):
        self._reply(reply.code, reply.text)
        if reply.code == 421:
            self._wire.flush()
            raise Closed("closed with 421")

    def _reply(self, code: int, text: str):
        lines = text.split("\n")
        for i, line in enumerate(lines):
            separator = "-" if i + 1 < len(lines) else " "
            self.connection.note("S", f"{code}{separator}{line}")
            self._wire.write(f"{code}{separator}{line}\r\n".encode())

    def _wrong(self, code: int, text: str, violation: str):
        self._violation(violation)
        self._reply(code, text)

    def _violation(self, text: str):
        self.connection.note("!", text)
        self._server.violations.append(f"connection {self.connection.number}: {text}")

    def _reset_greeting(self):
        """Forget everything the client said, as after STARTTLS (RFC 3207 4.2)."""
        self._keywords = {}
        self._greeted = False
        self._user = None
        self._transaction = None
        self._mail_tried = False
        self._chunks = []

    _HANDLERS = {
        "EHLO": _hello,
        "HELO": _helo,
        "STARTTLS": _starttls,
        "AUTH": _auth,
        "MAIL": _mail,
        "RCPT": _rcpt,
        "DATA": _data,
        "BDAT": _bdat,
        "RSET": _rset,
        "NOOP": _noop,
        "QUIT": _quit,
    }

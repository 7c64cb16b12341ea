"""The message files of the spool, by the letter of their format: postoak-spool(5)."""

import re
from dataclasses import dataclass
from pathlib import Path

ENVELOPE = re.compile(
    rb"postoak-message 1\n"
    rb"key: [0-9a-f]{16}\n"
    rb"received: \d+\.\d{6}\n"
    rb"uid: (?P<uid>\d+)\n"
    rb"sender:(?: (?P<sender>[^\n]+)| ?)\n"
    rb"body: (?P<body>7bit|8bit)\n"
    rb"smtputf8: (?P<smtputf8>yes|no)\n"
    rb"(?:ret: (?P<ret>full|hdrs)\n)?"
    rb"(?:envid: (?P<envid>[!-~]+)\n)?"
    rb"(?P<recipients>(?:recipient: [^\n]+\n)+)"
    rb"size: (?P<size>\d{12})\n"
    rb"crc32c: (?P<crc32c>[0-9a-f]{8})\n"
    rb"\n"
)
MAILBOX = r'(?:"(?:[^"\\]|\\.)*"|[^" ]+?)(?:@[^ ]+)?'
RECIPIENT = re.compile(rf"(?P<address>{MAILBOX})(?: notify=(?P<notify>[a-z,]+))?(?: orcpt=\S+)?")
FIELD = re.compile(rb"[!-9;-~]+[ \t]*:.*(?:\r\n[ \t].*)*\r\n")


@dataclass
class MessageFile:
    name: str
    uid: int
    sender: str  # "": the null sender
    body: str
    smtputf8: str
    ret: str | None
    envid: str | None
    recipients: list  # "ADDRESS [notify=...] [orcpt=...]"
    message: bytes  # in canonical wire form

    @property
    def addresses(self) -> list:
        return [RECIPIENT.fullmatch(recipient)["address"] for recipient in self.recipients]

    @property
    def notify(self) -> set:
        """What is asked for, of all recipients; None: nothing."""
        return {RECIPIENT.fullmatch(recipient)["notify"] for recipient in self.recipients}

    def split(self) -> tuple:
        """The header's fields, whole with their line ends, and the body."""
        fields, position = [], 0
        while not self.message.startswith(b"\r\n", position):
            field = FIELD.match(self.message, position)
            assert field, self.message[position : position + 200]
            fields.append(field[0])
            position = field.end()
        return fields, self.message[position + 2 :]


def read_message_file(path: Path) -> MessageFile:
    """The file at `path`, which must be exactly what the format says."""
    octets = path.read_bytes()
    envelope = ENVELOPE.match(octets)
    assert envelope, f"not a message file: {octets[:2000]!r}"
    message = octets[envelope.end() :]
    assert len(message) == int(envelope["size"])
    begin, end = envelope.span("crc32c")
    assert crc32c(octets[:begin] + octets[end:]) == int(envelope["crc32c"], 16)
    # Canonical: lines that end with CRLF, and neither of the two alone, and no NUL.
    assert b"\0" not in message and message.endswith(b"\r\n")
    assert message.count(b"\r\n") == message.count(b"\r") == message.count(b"\n")
    assert (envelope["body"] == b"7bit") == message.isascii()

    def text(name):
        return None if envelope[name] is None else envelope[name].decode()

    recipients = [line.removeprefix("recipient: ") for line in text("recipients").splitlines()]
    assert all(RECIPIENT.fullmatch(recipient) for recipient in recipients), recipients
    return MessageFile(
        name=path.name,
        uid=int(envelope["uid"]),
        sender=text("sender") or "",
        body=text("body"),
        smtputf8=text("smtputf8"),
        ret=text("ret"),
        envid=text("envid"),
        recipients=recipients,
        message=message,
    )


def message_file(message=b"Subject: raw\r\n\r\nHello\r\n", recipients=(b"a@example.org",), **fields):
    """The octets of one; `fields` replace values, as octets that may be any."""
    values = {
        "key": b"0123456789abcdef",
        "received": b"1795328000.000042",
        "uid": b"0",
        "sender": b"app@example.com",
        "body": b"7bit",
        "smtputf8": b"no",
        "size": b"%012d" % len(message),
    }
    unknown = set(fields) - set(values) - {"crc32c"}
    assert not unknown, unknown
    values |= {name: value for name, value in fields.items() if name != "crc32c"}
    size = values.pop("size")
    lines = [b"postoak-message 1"]
    lines += [b"%s: %s" % (name.encode(), value) for name, value in values.items()]
    lines += [b"recipient: " + recipient for recipient in recipients]
    before = b"\n".join([*lines, b"size: " + size, b"crc32c: "])
    after = b"\n\n" + message
    crc = fields.get("crc32c", b"%08x" % crc32c(before + after))
    return before + crc + after


def _crc_table():
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
        yield value


_TABLE = tuple(_crc_table())


def crc32c(octets: bytes) -> int:
    """Castagnoli's CRC, RFC 3720 appendix B.4."""
    crc = 0xFFFFFFFF
    for octet in octets:
        crc = crc >> 8 ^ _TABLE[(crc ^ octet) & 0xFF]
    return crc ^ 0xFFFFFFFF

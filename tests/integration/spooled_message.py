"""A message file in the spool, read by the letter of its format: postoak-spool(5)."""

import re
from dataclasses import dataclass
from pathlib import Path

FIELDS = re.compile(
    rb"postoak-message 1\n"
    rb"key: (?P<key>[0-9a-f]{16})\n"
    rb"received: (?P<received>\d+\.\d{6})\n"
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


@dataclass
class SpooledMessage:
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
        return [recipient.partition(" ")[0] for recipient in self.recipients]


def read_spooled(path: Path) -> SpooledMessage:
    """The file at `path`, which must be exactly what the format says."""
    octets = path.read_bytes()
    fields = FIELDS.match(octets)
    assert fields, f"not a message file: {octets[:2000]!r}"
    message = octets[fields.end() :]
    assert len(message) == int(fields["size"])
    begin, end = fields.span("crc32c")
    assert crc32c(octets[:begin] + octets[end:]) == int(fields["crc32c"], 16)
    # Canonical: lines that end with CRLF, and neither of the two alone, and no NUL.
    assert b"\0" not in message and message.endswith(b"\r\n")
    assert message.count(b"\r\n") == message.count(b"\r") == message.count(b"\n")

    def text(name):
        return None if fields[name] is None else fields[name].decode()

    lines = fields["recipients"].decode().splitlines()
    return SpooledMessage(
        name=path.name,
        uid=int(fields["uid"]),
        sender=text("sender") or "",
        body=text("body"),
        smtputf8=text("smtputf8"),
        ret=text("ret"),
        envid=text("envid"),
        recipients=[line.removeprefix("recipient: ") for line in lines],
        message=message,
    )


def _crc_table():
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
        yield value


_TABLE = list(_crc_table())


def crc32c(octets: bytes) -> int:
    """Castagnoli's CRC, RFC 3720 appendix B.4."""
    crc = 0xFFFFFFFF
    for octet in octets:
        crc = crc >> 8 ^ _TABLE[(crc ^ octet) & 0xFF]
    return crc ^ 0xFFFFFFFF

"""A message file of the spool, read as strictly as postoak-spool(5) describes it."""

import re

ENVELOPE = re.compile(
    rb"postoak-message 1\n"
    rb"key: [0-9a-f]{16}\n"
    rb"received: \d+\.\d{6}\n"
    rb"uid: \d+\n"
    rb"sender: (?P<sender>[^\n]*)\n"
    rb"body: (?P<body>7bit|8bit)\n"
    rb"smtputf8: (?P<smtputf8>yes|no)\n"
    rb"(?:ret: (?P<ret>full|hdrs)\n)?"
    rb"(?:envid: (?P<envid>[!-~]{1,})\n)?"
    rb"(?P<recipients>(?:recipient: [^\n]+\n)+)"
    rb"size: (?P<size>\d{12})\n"
    rb"crc32c: [0-9a-f]{8}\n"
    rb"\n"
)
MAILBOX = rb'((?:"(?:[^"\\]|\\.)*"|[^" ]+?)(?:@[^ ]+)?)'
RECIPIENT = re.compile(rb"recipient: " + MAILBOX + rb"(?: notify=([a-z,]+))?(?: orcpt=(\S+))?")
FIELD = re.compile(rb"[!-9;-~]+[ \t]*:.*(?:\r\n[ \t].*)*\r\n")


class MessageFile:
    """`fields` are whole header fields with their line ends; all are octets."""

    def __init__(self, octets: bytes):
        envelope = ENVELOPE.match(octets)
        assert envelope, octets[:2000]
        self.sender = envelope["sender"]
        self.eight_bit = envelope["body"] == b"8bit"
        self.ret, self.envid = envelope["ret"], envelope["envid"]
        lines = envelope["recipients"].splitlines()
        matches = [RECIPIENT.fullmatch(line) for line in lines]
        assert all(matches), lines
        self.recipients = [match[1] for match in matches]
        self.notify = {match[2] for match in matches}
        content = octets[envelope.end() :]
        assert len(content) == int(envelope["size"])
        self.check_form(content)
        self.fields, self.body = self.split(content)

    def check_form(self, content: bytes):
        """The canonical wire form."""
        assert b"\0" not in content
        assert content.count(b"\r") == content.count(b"\n") == content.count(b"\r\n")
        assert content.endswith(b"\r\n")
        assert self.eight_bit == (not content.isascii())

    @staticmethod
    def split(content: bytes):
        fields, position = [], 0
        while not content.startswith(b"\r\n", position):
            field = FIELD.match(content, position)
            assert field, content[position : position + 200]
            fields.append(field[0])
            position = field.end()
        return fields, content[position + 2 :]

"""Messages and argument lists as callers of sendmail write them, and worse.

Case N of a seed is always the same, whatever else was asked for before.
"""

import os
import random
from dataclasses import dataclass

# Completes bare names on both sides; no generated address may be in it.
MAIL_NAME = "example.com"

LOCAL_PARTS = (
    "joe", "Joe", "jack", "jill", "joe.smith", "joe+tag", "o'brien", "root", "user%relay",
    "host!user", "a_b-c=d", '"joe smith"', '"at@sign"', r'"a\"b"', '"x, y"', '"joe"', '"a.b"',
    "jörg", "2024", "{x}", "a..b", "|cat", "/var/mail/x", "-joe", r"\joe",
)
DOMAINS = (
    "example.org", "EXAMPLE.org", "sub.example.net", "host", "[192.0.2.1]", "[IPv6:2001:db8::1]",
    "bücher.example", "xn--bcher-kva.example", "example.org.", "a-b.example",
    "under_score.example",
)
NAMES = (
    "Joe", "Joe Smith", "Joe Q. Public", '"Smith, Joe"', r'"Joe \"the\" Smith"',
    "=?utf-8?Q?J=C3=B6rg?=", "Jörg Müller", "joe@example.net", '"joe@example.net"', "O'Neil",
    "Joe (the man) Smith", '""', "Dr. J. Smith, Jr.", "'Smith'", "Joe [ACME]", r"Joe \(x\)",
    '"a:b;c"', "=?iso-8859-1?Q?a,b?=",
)
COMMENTS = (
    "(home)", "(a (nested (deeply)) one)", r"(an escaped \) one)", "(b@example.net, c)", "()",
    "(jörg)", '(")',
)
# No word of a group's name is a mailbox.
GROUPS = (
    "friends", '"The Team"', "undisclosed-recipients", "Undisclosed recipients", "all.of.us",
    "guests (x)",
)
# What is no address. It comes last in a list, because some of it takes in all that follows.
GARBAGE = (
    '"garbage', "(garbage", "<garbage@example.org", "garbage@example.org>", "garbage@",
    "garbage@b@c", "@garbage", '""@garbage', ":garbage:include:/etc/passwd", "garbage@[192.0.2.1",
    "garbage@b]", "garbage@b..c", "<<garbage@b>>", "garbage\x01@example.org",
    "garbage@exam\x7fple.org", "garbage::user", "garbage:b:c", "garbage" * 60 + "@example.org",
    "garbage@" + "d." * 150, "<a garbage@example.org>", "garbage\\", "garbage)", "garbage@b:c",
    "garbage\udcff@example.org", "garbage@example.org\x85",
)
SEPARATORS = (",", ", ", ", ", ", ", ",\n ", ",\r\n\t", ",,", " , ", "\n ,")
OTHER_FIELDS = (
    b"Subject: test\n",
    b"Subject: gr\xc3\xbc\xc3\x9fe\n  folded\n",
    b"From: Joe <joe@example.org>\n",
    b"From: root (Cron Daemon)\n",
    b"From:\n",
    b"Date: Mon, 1 Jan 2024 00:00:00 +0000\n",
    b"Message-ID: <1@example.org>\n",
    b"Content-Type: multipart/mixed;\n\tboundary=boundary\n",
    b"Return-Path: <x@example.org>\n",
    b"Content-Length: 12\n",
    b"Reply-To: joe\n",
    b"X-Long: " + b"y" * 1500 + b"\n",
    b"X-Empty:\n",
)
MAILBOX_LINES = ([b"From joe Mon Jan  1\n"], [b"From a\n", b">From b\n"], [b">>From c\n"])
JUNK_LINES = (
    b"no field at all", b" begins with a space", b"\tand a tab", b"--boundary", b"--boundary: x",
    b": no name", b"two words: x", b"J\xc3\xb6rg: x", b"http://example.org/", b"X" * 1200,
)
BODY_LINES = (
    b"text", b"", b".", b"..", b". ", b" .", b".\r", b"..\r", b"From somebody", b">From somebody",
    b"To: nobody@example.net", b"gr\xc3\xbc\xc3\x9fe", b"\xff\xfe latin", b"x" * 2500,
    b"nul\0inside", b"cr\rinside", b"--boundary", b"two\r\r",
)


# Options with the probability of one of its spellings.
OPTIONS = (
    (0.7, (["-i"], ["-oi"], ["-oitrue"], ["-o", "i"])),
    (0.1, (["-FJoe Smith"], ["-F", "Joe"], ["-F", ""])),
    (0.1, (["-odb"], ["-odq"], ["-odi"], ["-o", "db"])),
    (0.1, (["-oem"], ["-em"], ["-oep"], ["-oo"], ["-om"], ["-m"], ["-om", "-m"])),
    (0.1, (["-B8BITMIME"], ["-B", "7BIT"], ["-U"], ["-G"])),
    (0.1, (["-N", "never"], ["-Nsuccess,failure"], ["-N", "DELAY"], ["-N", "nonsense"])),
    (0.1, (["-R", "hdrs"], ["-Rfull"], ["-R", "nonsense"])),
    (0.1, (["-V", "envelope-id"], ["-V00000123"])),
    (0.05, (["-L", "tag"], ["-h", "3"], ["-p", "TEST"], ["-OTimeout=1"], ["-x"], ["-bm"], ["-Ac"])),
)


@dataclass
class Case:
    """What one call of sendmail is given; -C aside."""

    name: str
    arguments: list
    message: bytes

    def __str__(self):
        message = self.message if len(self.message) < 3000 else self.message[:3000] + b"..."
        return f"{self.name}\n  arguments {self.arguments}\n  message {message!r}"


def default_seed() -> int:
    return int(os.environ.get("POSTOAK_SEED", "20261122"))


class Generator:
    def __init__(self, seed: int, number: int, garbage: float = 0.1):
        self.random = random.Random(f"{seed} {number}")
        self.name = f"case {number} of seed {seed}"
        self.garbage = garbage if self.chance(0.5) else 0

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def pick(self, *values):
        return self.random.choice(values)

    # Addresses.

    def mailbox(self) -> str:
        local = self.pick(*LOCAL_PARTS[:4]) if self.chance(0.5) else self.pick(*LOCAL_PARTS)
        domain = self.pick(*DOMAINS[:2]) if self.chance(0.5) else self.pick(*DOMAINS)
        if self.chance(0.15):
            return local
        if self.chance(0.05):
            return f"{local} @ {domain}"
        if self.chance(0.05):
            return f"{local}{self.pick(*COMMENTS)}@{self.pick(*COMMENTS)}{domain}"
        return f"{local}@{domain}"

    def named(self) -> str:
        """A mailbox with whatever people put around it."""
        mailbox = self.mailbox()
        route = self.pick("@relay.example:", "@a.example,@b.example:") if self.chance(0.1) else ""
        gap = self.pick("", " ", " ", " ", "\n ", "\r\n\t")
        return self.pick(
            mailbox,
            mailbox,
            f"<{route}{mailbox}>",
            f"< {mailbox} >",
            f"{self.pick(*NAMES)}{gap}<{route}{mailbox}>",
            f"{self.pick(*NAMES)} <{mailbox}> {self.pick(*COMMENTS)}",
            f"{self.pick(*NAMES)} {self.pick(*COMMENTS)} <{mailbox}>",
            f"{mailbox} {self.pick(*COMMENTS)}",
            f"{self.pick(*COMMENTS)}{gap}{mailbox}",
        )

    def item(self) -> str:
        if self.chance(0.1):
            return self.group()
        if self.chance(0.04):
            return self.words()
        return self.named()

    def words(self) -> str:
        """Sendmail's old style: white space separates. Nothing in an address may have any."""
        words = self.pick([], ["joe"])
        for _ in range(self.random.randint(2, 3)):
            words.insert(0, self.pick(*LOCAL_PARTS) + "@" + self.pick(*DOMAINS).rstrip("."))
        return " ".join(words)

    def group(self) -> str:
        members = ", ".join(self.named() for _ in range(self.random.choice((0, 0, 1, 2, 3))))
        end = self.pick(";", ";", ";", " ;", "")
        return f"{self.pick(*GROUPS)}:{self.pick('', ' ')}{members}{end}"

    def addresses(self, most: int, empty: float = 0) -> str:
        if self.chance(empty):
            return ""
        text = self.pick("", "", "", "", "", " ", ",")
        for _ in range(self.random.randint(1, most)):
            text += self.item() + self.pick(*SEPARATORS)
        if self.chance(self.garbage):
            return text + self.pick(*GARBAGE)
        if not self.chance(0.1):
            text = text.rstrip(", \t\r\n")
        return text + self.pick("", "", "", "", "", " ", ";", "\n ")

    # Messages.

    def field(self, name: str, body: str) -> bytes:
        name = self.pick(name, name, name, name.upper(), name.lower(), name + " ", name + "\t")
        text = name + ":" + self.pick(" ", " ", "", "\n ", "\t") + body + "\n"
        return text.encode(errors="surrogateescape")

    def recipient_fields(self) -> list:
        names = self.pick("To", "To Cc", "To Cc Bcc", "To To", "Bcc", "Cc Bcc Bcc", "").split()
        fields = [self.field(name, self.addresses(4, empty=0.06)) for name in names]
        if self.chance(0.12):
            names = self.pick("To", "To Bcc", "Cc", "From", "To To").split()
            fields += [self.field("Resent-" + name, self.addresses(2, empty=0.1)) for name in names]
            fields.append(b"Resent-Date: Mon, 1 Jan 2024 00:00:00 +0000\n")
        if self.chance(0.05):
            fields.append(self.field("Apparently-To", self.addresses(2)))
        return fields

    def header(self) -> bytes:
        fields = self.recipient_fields() + [field for field in OTHER_FIELDS if self.chance(0.2)]
        self.random.shuffle(fields)
        if self.chance(0.1):
            fields[:0] = self.pick(*MAILBOX_LINES)
        if self.chance(0.06):
            fields.insert(self.random.randint(0, len(fields)), self.pick(*JUNK_LINES) + b"\n")
        return b"".join(fields)

    def body(self) -> bytes:
        odd = self.random.choice((0, 0, 0.1, 0.5))
        count = self.random.randint(0, 6)
        lines = (self.pick(*BODY_LINES) if self.chance(odd) else b"text" for _ in range(count))
        return b"\n".join(lines) + self.pick(b"\n", b"\n", b"\n", b"", b"\r\n")

    def message(self) -> bytes:
        if self.chance(0.04):
            return self.body()
        blank = self.pick(b"\n", b"\n", b"\n", b"\n", b"\n", b"\n", b"\n", b"\r\n", b"", b" \n")
        return self.line_ends(self.header() + blank + self.body())

    def line_ends(self, message: bytes) -> bytes:
        style = self.pick("as is", "as is", "lf", "lf", "crlf", "php", "mixed")
        if style == "as is":
            return message
        lines = [line.removesuffix(b"\r") for line in message.split(b"\n")]
        if style == "lf":
            return b"\n".join(lines)
        if style == "crlf":
            return b"\r\n".join(lines)
        if style == "mixed":
            ends = (b"\n", b"\r\n", b"\r\r\n")
            return b"".join(line + self.pick(*ends) for line in lines[:-1]) + lines[-1]
        header, separator, body = b"\n".join(lines).partition(b"\n\n")
        return header.replace(b"\n", b"\r\n") + separator.replace(b"\n", b"\r\n") + body + b"\r\n"

    # Arguments.

    def options(self) -> list:
        """Words in clusters, attached and separate, in any order."""
        given = [self.pick(*words) for probability, words in OPTIONS if self.chance(probability)]
        if self.chance(0.3):
            given.append(self.sender())
        self.random.shuffle(given)
        return [word for words in given for word in words]

    def sender(self) -> list:
        mailbox = self.mailbox()
        return self.pick(
            ["-f", ""],
            ["-f", "<>"],
            ["-f<>"],
            ["-f", "bob"],
            ["-fbob@example.net"],
            ["-r", "bob@example.net"],
            ["-f", mailbox],
            ["-f" + mailbox],
            ["-f", f"Bob <{mailbox}>"],
            ["-fa@b.example", "-f", mailbox],
        )

    def recipients(self) -> list:
        count = self.random.randint(1, 3)
        return [self.addresses(2) if self.chance(0.3) else self.mailbox() for _ in range(count)]

    def arguments(self) -> list:
        words = self.options()
        extract = self.chance(0.6)
        if extract and self.chance(0.3):
            words.insert(0, "-ti")
        elif extract:
            words.append("-t")
        if not extract or self.chance(0.25):
            recipients = self.recipients()
            if self.chance(0.5) or any(recipient.startswith("-") for recipient in recipients):
                words.append("--")
            words += recipients
            if self.chance(0.03):
                words.append(self.pick("-i", "-Z", "-t"))
        return [word.encode(errors="surrogateescape") for word in words]

    def case(self) -> Case:
        return Case(self.name, self.arguments(), self.message())

"""sendmail given damaged messages and recipients: it never crashes, exits with a code of
sysexits(3), and with 0 exactly where one whole message is in the spool.

Under a sanitizer build its exit status is no such code. POSTOAK_SEED=N takes other cases,
POSTOAK_CASES=N more.
"""

import os
import random
from dataclasses import replace

from generated_mail import Case, Generator, default_seed
from harness import EX_DATAERR, EX_USAGE, Host
from message_file import read_message_file
from pool import pool

CASES = int(os.environ.get("POSTOAK_CASES", "250"))
WORKERS = 4
ODD = (
    b"\0", b"\r", b"\n", b"\r\n", b".", b"\n.\n", b"\n.\r\n", b"\n\n", b"\n ", b":", b",", b";",
    b"<", b">", b"(", b")", b'"', b"\\", b"@", b"\x80", b"\xff", b"\xe2\x80", b"=?utf-8?Q?", b"[", b"]",
)


class Damage:
    """Mutations of octets, from one seed."""

    def __init__(self, seed: int, number: int):
        self.random = random.Random(f"damage {seed} {number}")

    def flip(self, text: bytes) -> bytes:
        octets = bytearray(text)
        for _ in range(self.random.randint(1, 8)):
            octets[self.random.randrange(len(octets))] ^= 1 << self.random.randrange(8)
        return bytes(octets)

    def cut(self, text: bytes) -> bytes:
        return text[: self.random.randrange(len(text))]

    def cut_out(self, text: bytes) -> bytes:
        start = self.random.randrange(len(text))
        return text[:start] + text[start + self.random.randint(1, 40) :]

    def insert(self, text: bytes) -> bytes:
        for _ in range(self.random.randint(1, 6)):
            at = self.random.randint(0, len(text))
            odd = self.random.choice(ODD) * self.random.choice((1, 1, 2, 50))
            text = text[:at] + odd + text[at:]
        return text

    def repeat(self, text: bytes) -> bytes:
        """Long lines, deep nesting, many fields."""
        start = self.random.randrange(len(text))
        piece = text[start : start + self.random.randint(1, 60)]
        return text[:start] + piece * self.random.choice((10, 1000, 20000)) + text[start:]

    def splice(self, text: bytes) -> bytes:
        return text[self.random.randrange(len(text)) :] + self.cut(text)

    def apply(self, text: bytes) -> bytes:
        kinds = [self.flip, self.cut, self.cut_out, self.insert, self.repeat, self.splice]
        for _ in range(self.random.randint(1, 3)):
            if text:
                text = self.random.choice(kinds)(text)
        return text

    def case(self, case: Case) -> Case:
        """Options stay as they are: one that names a file or starts a daemon is no input."""
        if self.random.random() < 0.8:
            case = replace(case, message=self.apply(case.message))
        if b"--" in case.arguments:
            end = case.arguments.index(b"--") + 1
            words = [self.word(word) for word in case.arguments[end:]]
            case = replace(case, arguments=case.arguments[:end] + words)
        if self.random.random() < 0.1:
            case = replace(case, arguments=[b"-f" + self.word(b"Joe <joe@x>"), *case.arguments])
        return case

    def word(self, word: bytes) -> bytes:
        return self.apply(word).replace(b"\0", b"")[:100_000] or b"x"


def ends_at_dot(case: Case) -> bool:
    options = case.arguments[: [*case.arguments, b"--"].index(b"--")]
    return {b"-i", b"-oi", b"-oitrue", b"-ti", b"i"}.isdisjoint(options)  # "i" of "-o i"


def canonical_text(case: Case) -> bytes:
    """All lines of the message as they must be on the wire."""
    lines = case.message.replace(b"\0", b"").split(b"\n")
    lines = [line.rstrip(b"\r").replace(b"\r", b" ") for line in lines]
    if lines[-1] == b"":
        lines.pop()
    if ends_at_dot(case) and b"." in lines:
        lines = lines[: lines.index(b".")]
    return b"".join(line + b"\r\n" for line in lines)


def check(host: Host, case: Case):
    result = host.sendmail(*case.arguments, message=case.message)
    files = host.files("incoming")
    told = (case, result)
    assert result.returncode in (0, EX_USAGE, EX_DATAERR), told
    assert len(files) == (result.returncode == 0), told
    assert result.stdout == b"" and result.stderr.count(b"\n") == (result.returncode != 0), told
    for file in files:
        _, body = read_message_file(file).split()
        assert canonical_text(case).endswith(body), (case, body)
        file.unlink()
    host.outputs.clear()


def test_damaged_input():
    seed = default_seed()
    cases = (Damage(seed, i).case(Generator(seed, i).case()) for i in range(CASES))
    with pool(Host, WORKERS) as run:
        run(check, cases)

"""Postfix's sendmail and ours, given the same arguments and messages, must mean the same:
recipients, sender, DSN parameters, and what is header and what is body.

sendmail(1) is compared, not what cleanup(8) does later in Postfix: so bare addresses are
completed with the same domain here, duplicates collapsed, source routes and the dot at a
domain's end cut, and quotes around local parts undone. Where Postoak is meant to differ, a
function of this file says how and why; any other difference fails.

POSTOAK_SEED=N takes other cases.
"""

import re
from dataclasses import dataclass, replace
from pathlib import Path

import postfix_reference
import pytest
from generated_mail import GROUPS, MAIL_NAME, Case, Generator, default_seed
from harness import EX_DATAERR, EX_USAGE, Host
from message_file import MessageFile, read_message_file
from pool import pool
from unpacked import unpacked

CASES = 300
# Failing, Postfix sleeps for a second or two; that costs no processor time.
WORKERS = 12


@dataclass(frozen=True)
class Outcome:
    """What became of a call; of a refused one only that it was."""

    refused: bool = False
    sender: bytes = b""
    recipients: frozenset = frozenset()
    dsn: tuple = ()  # NOTIFY, RET, ENVID
    fields: tuple = ()
    body: bytes = b""


REFUSED = Outcome(refused=True)


# How a case is put to Postfix.


def options_first(case: Case) -> Case:
    """Postfix takes every word after the first recipient for one, so that "-i" there is mail
    to nobody. Sendmail and most others take options anywhere, and so "--" too."""
    first, *rest = case.arguments
    if b"--" in rest and not first.startswith(b"-"):
        rest.remove(b"--")
        return replace(case, arguments=[b"--", first, *rest])
    *words, last = case.arguments
    if b"--" in words or last not in (b"-i", b"-t", b"-Z"):
        return case
    return replace(case, arguments=[last, *words])


def without_nul(case: Case) -> Case:
    """Postfix leaves a NUL in a line. SMTP cannot carry one (RFC 5321 4.5.2), so we drop it."""
    return replace(case, message=case.message.replace(b"\0", b""))


def without_bare_carriage_return(case: Case) -> Case:
    """Postfix leaves a CR in a line, and before the end of the input. Some relays would see a
    line end there, and a message could speak SMTP to them; so it is a space. Both drop the
    CRs at a line's end."""
    message = re.sub(rb"\r+\Z", b"", case.message)
    return replace(case, message=re.sub(rb"\r(?=\r*[^\r\n])", b" ", message))


def body_type_ignored(case: Case) -> Case:
    """Postfix refuses a -B that it does not know. We look at the body itself."""
    if case.arguments[:2] != [b"-B", b"BINARYMIME"]:
        return case
    return replace(case, arguments=case.arguments[2:])


def body_begins(case: Case) -> Case:
    """Postfix takes "--boundary: x" for a header field. Where a caller forgot the empty line it
    is the beginning of a MIME part; Sendmail has that, and so do we. Nor is a field what has
    no colon in more octets than a line may have."""
    header, blank, body = re.match(rb"(.*?)(\n\r*\n|\Z)(.*)", case.message, re.S).groups()
    no_field = rb"^(--[!-9;-~]*[ \t]*:|[!-9;-~]{1000,}:)"
    header = re.sub(no_field, rb"\n\1", header, count=1, flags=re.M)
    return replace(case, message=header + blank + body)


PUT_OTHERWISE = (
    options_first,
    body_type_ignored,
    without_nul,
    without_bare_carriage_return,
    body_begins,
)


# What is meant to differ: from the case, Postfix's outcome and ours to what must be ours.


def garbage_is_refused(_case: Case, postfix: Outcome, ours) -> Outcome:
    """Postfix makes an address of anything, and bounces it later. Where the message goes to a
    relay, a bounce may reach nobody; so what cannot be understood is EX_DATAERR at once, the
    text names it, and nothing is sent in part."""
    named = re.search(r"bad address: (.*)", ours.error)
    return REFUSED if ours.status == EX_DATAERR and named and "garbage" in named[1] else postfix


def null_recipient(_case: Case, postfix: Outcome, ours) -> Outcome:
    """Postfix takes <> for its postmaster. A caller that says so has made a mistake: EX_DATAERR."""
    asked = b"@" + MAIL_NAME.encode() in postfix.recipients and "null address" in ours.error
    return REFUSED if ours.status == EX_DATAERR and asked else postfix


def group_without_semicolon(_case: Case, postfix: Outcome, _ours) -> Outcome:
    """Postfix tells a group by its ";". Where that is missing it takes words of the group's
    name, the colon too, for recipients or for part of one. In RFC 5322 a phrase before a
    colon is nothing but a group's name."""
    names = {re.sub(r'"|\(.*\)', "", name).strip() for name in GROUPS}
    words = {word.encode() for name in names for word in (name, *name.split())}
    words |= {word + b":" for word in words}
    recipients = set()
    for recipient in postfix.recipients:
        local, _, domain = recipient.rpartition(b"@")
        if local in words and domain == MAIL_NAME.encode():
            continue
        prefix, colon, rest = recipient.partition(b":")
        recipients.add(rest if colon and prefix + colon in words else recipient)
    return replace(postfix, recipients=frozenset(recipients)) if recipients else REFUSED


def empty_argument(_case: Case, postfix: Outcome, _ours) -> Outcome:
    """An argument without any address ("friends:;") is a recipient without name for Postfix."""
    recipients = postfix.recipients - {b"@" + MAIL_NAME.encode()}
    return replace(postfix, recipients=recipients) if recipients else REFUSED


def quoted_at_sign(case: Case, postfix: Outcome, _ours) -> Outcome:
    """Postfix notes addresses without their quotes; so "a@b", a local part, becomes the
    address a@b. A quoted string has no domain in it."""
    text = b" ".join(case.arguments) + case.message
    if not re.search(rb'"at@sign"(?!\s*@)', text):
        return postfix

    def complete(address: bytes) -> bytes:
        return address + b"@" + MAIL_NAME.encode() if address == b"at@sign" else address

    recipients = frozenset(map(complete, postfix.recipients))
    return replace(postfix, sender=complete(postfix.sender), recipients=recipients)


def pipe_begins_word(_case: Case, postfix: Outcome, _ours) -> Outcome:
    """For Postfix "|" is no part of a word, so "joe@host |cat@host" is one address to it. In
    RFC 5322 it is a character of an atom, and white space separates addresses in old mail."""
    recipients = set()
    for recipient in postfix.recipients:
        words = re.findall(rb"\|?[^|]+", recipient)
        recipients |= set(map(canonical_address, words)) if b"@" in words[0] else {recipient}
    return replace(postfix, recipients=frozenset(recipients))


MEANT = (
    garbage_is_refused,
    null_recipient,
    pipe_begins_word,
    group_without_semicolon,
    empty_argument,
    quoted_at_sign,
)


# Both outcomes in the same terms.


def canonical_address(address: bytes) -> bytes:
    """Without quotes, completed, the domain in lower case."""
    quoted = re.fullmatch(rb'"((?:[^"\\]|\\.)*)"(.*)', address, re.S)
    if quoted:
        address = re.sub(rb"\\(.)", rb"\1", quoted[1]) + quoted[2]
        if not quoted[2]:
            return address + b"@" + MAIL_NAME.encode()
    local, at, domain = address.rpartition(b"@")
    if not at:
        local, domain = address, MAIL_NAME.encode()
    return local + b"@" + domain.lower().removesuffix(b".")


def without_route(address: bytes) -> bytes:
    return re.sub(rb"^@[^:]*:", b"", address)


def decode_xtext(text: str | None) -> bytes | None:
    def octet(match) -> bytes:
        return bytes([int(match[1], 16)])

    return text and re.sub(rb"\+([0-9A-F]{2})", octet, text.encode())


NOTIFY_BITS = {"never": 1, "success": 2, "failure": 4, "delay": 8}
RET_BITS = {"full": 1, "hdrs": 2}
STRIPPED = re.compile(rb"(?:Bcc|Resent-Bcc|Return-Path|Content-Length)[ \t]*:", re.I)
STRIPPED_EMPTY = re.compile(rb"(?:Date|From|Message-ID)[ \t]*:\s*$", re.I)
ADDED = re.compile(
    rb"(?:Resent-)?(?:Date|From|Message-ID): [^\r]*\r\n|To: undisclosed-recipients:;\r\n"
)


def split_lines(lines: list, gateway: bool):
    """Header fields and body as our own message file has them."""
    end = lines.index(b"") if b"" in lines else len(lines)
    header = b"".join(line + b"\r\n" for line in lines[:end])
    fields = re.findall(rb"[^\r]+\r\n(?:[ \t][^\r]*\r\n)*", header)
    kept = [field for field in fields if not STRIPPED.match(field)]
    if not gateway:
        kept = [field for field in kept if not STRIPPED_EMPTY.match(field)]
    return tuple(kept), b"".join(line + b"\r\n" for line in lines[end + 1 :])


def postfix_outcome(case: Case, status: int, queued) -> Outcome:
    if status != 0:
        return REFUSED
    attributes = queued.attributes
    if extracts(case):
        fields, body = split_lines(queued.lines, gateway=b"-G" in case.arguments)
    else:  # where the header ends is found by cleanup(8)
        fields, body = (), b"".join(line + b"\r\n" for line in queued.lines)
    return Outcome(
        sender=canonical_address(without_route(queued.sender)) if queued.sender else b"",
        recipients=frozenset(canonical_address(without_route(r)) for r in queued.recipients),
        dsn=(
            int(attributes.get(b"notify_flags", 0)),
            int(attributes.get(b"ret_flags", 0)),
            attributes.get(b"envelope_id"),
        ),
        fields=fields,
        body=body,
    )


def extracts(case: Case) -> bool:
    end = [*case.arguments, b"--"].index(b"--")
    return not {b"-t", b"-ti"}.isdisjoint(case.arguments[:end])


def fields_as_given(fields: list, given: tuple) -> tuple:
    """Our fields without what completion did: addresses completed, fields added."""
    fields = [field.replace(b"@" + MAIL_NAME.encode(), b"") for field in fields]
    missing = list(given)
    kept = []
    for field in fields:
        if missing and field == missing[0]:
            missing.pop(0)
        elif ADDED.fullmatch(field):
            continue
        kept.append(field)
    return tuple(kept)


@dataclass
class Ours:
    status: int
    error: str
    message: MessageFile | None

    def outcome(self, given: tuple) -> Outcome:
        if self.message is None:
            return REFUSED
        (notify,) = self.message.notify
        sender = self.message.sender.encode()
        recipients = [canonical_address(a.encode()) for a in self.message.addresses]
        fields, body = self.message.split()
        assert len(recipients) == len(set(recipients)), recipients
        return Outcome(
            sender=canonical_address(sender) if sender else b"",
            recipients=frozenset(recipients),
            dsn=(
                sum(NOTIFY_BITS[word] for word in notify.split(",")) if notify else 0,
                RET_BITS.get(self.message.ret, 0),
                decode_xtext(self.message.envid),
            ),
            fields=fields_as_given(fields, given),
            body=body,
        )


# The test.


class Bench:
    """A Postfix and a host of ours, for one call at a time."""

    applied = set()  # rules that made a difference

    def __init__(self, directory: Path):
        self.postfix = postfix_reference.Postfix(directory / "postfix")
        self.host = Host(directory)

    def ask_postfix(self, case: Case) -> Outcome:
        for put in PUT_OTHERWISE:
            given, case = case, put(case)
            if case != given:
                self.applied.add(put)
        status, _, queued = self.postfix.sendmail(case.arguments, case.message)
        return postfix_outcome(case, status, queued)

    def ask_ours(self, case: Case) -> Ours:
        result = self.host.sendmail(*case.arguments, message=case.message)
        files = self.host.files("incoming")
        assert len(files) == (result.returncode == 0), (case, result)
        assert result.returncode in (0, EX_USAGE, EX_DATAERR), (case, result)
        assert result.stdout == b"", (case, result)
        assert (result.returncode == 0) == (result.stderr == b""), (case, result)
        message = read_message_file(files[0]) if files else None
        for file in files:
            file.unlink()
        return Ours(result.returncode, result.stderr.decode(errors="replace"), message)

    def difference(self, case: Case) -> str | None:
        expected = self.ask_postfix(case)
        ours = self.ask_ours(case)
        for rule in MEANT:
            if not expected.refused:
                before, expected = expected, rule(case, expected, ours)
                if expected != before:
                    self.applied.add(rule)
        got = ours.outcome(expected.fields)
        if not extracts(case) and expected.body.endswith(got.body):
            got = replace(got, fields=(), body=expected.body)
        if got == expected:
            return None
        return f"{case}\n  expected {expected}\n  got      {got} {ours.status} {ours.error}"


@pytest.fixture(scope="module")
def run():
    unpacked(postfix_reference.SENDMAIL)
    with pool(Bench, WORKERS) as run:
        yield run


# What once was, or might become, a difference.
CURATED = (
    ([b"joe@example.org", b"-i"], b"Subject: x\n\na\n.\nb\n"),
    ([b"joe@example.org", b"--", b"-i"], b"\n"),
    ([b"-joe@example.org"], b"\n"),
    ([b"-f", b"", b"joe"], b""),
    ([b"-f<>", b"joe"], b"\n"),
    ([b"-r", b"Bob <bob@example.org>", b"joe"], b"\n"),
    ([b"-t"], b"To: joe@example.org\n"),
    ([b"-t"], b"Subject: nobody\n\nTo: joe@example.org\n"),
    ([b"-t"], b""),
    ([b"-t", b"joe"], b""),
    ([b"-t"], b"To: a@example.org\nResent-To: b@example.org\nResent-Cc: c@example.org\nTo: d\n\n"),
    ([b"-t"], b"To: a@example.org\nResent-From: b@example.org\nResent-Date: x\n\n"),
    ([b"-t"], b"To: a@example.org\nResent-To:\n\n"),
    ([b"-t"], b"To: a@example.org\nResent-Bcc: b@example.org, friends: c@example.org\n\n"),
    ([b"-t"], b"From a\n b\nTo: joe\n\n"),
    ([b"-t"], b"From a\r\nFrom b\nTo: joe\n\nFrom c\n"),
    ([b"-t", b"joe"], b" To: jack\n\n"),
    ([b"-t", b"joe"], b"\nTo: jack\n"),
    ([b"-t", b"joe"], b"To: jack\n\tjill, \n\t,joe smith <a@example.org>\n\n"),
    ([b"-t"], b"To: a@example.org (b) c@example.org\n\n"),
    ([b"-t"], b"To: a@example.org |b@example.org\n\n"),
    ([b"-t"], b"To: a@example.org; b@example.org;\n\n"),
    ([b"-t"], b'To: "a" "b" <c@example.org>, d . e @ example . org\nCc: f@host <g@host>\n\n'),
    ([b"-t"], b'To: "at@sign", "at\\@sign"@example.org\n\n'),
    ([b"-t"], b"To: undisclosed-recipients:;\nBcc: joe\n\n"),
    ([b"-t"], b"To: undisclosed-recipients:\nBcc: joe\n\n"),
    ([b"friends:;"], b"\n"),
    ([b"friends:;", b"joe"], b"\n"),
    ([b"'garbage@example.org'"], b"\n"),
    ([b"-t"], b"To: joe\n--boundary: x\nCc: jack\n\n"),
    ([b"-t"], b"To: joe\n" + b"X" * 1200 + b": x\nCc: jack\n\n"),
    ([b"-t"], b"To: joe\nX-Long: " + b"x" * 90000 + b"\nCc: jack\n\n"),
    ([b"-t"], b"To: " + b",\n ".join(b"u%d@example.org" % i for i in range(3000)) + b"\n\n"),
    ([b"-t"], b"To: " + b", ".join(b"u%d" % i for i in range(3000)) + b"\n\n"),
    ([b"-t"], b"To: (" + b"(" * 500 + b"x" + b")" * 500 + b") joe\n\n"),
    ([b"joe"], b".\nTo: x\n"),
    ([b"joe"], b"a\n\n.\r\nb\n"),
    ([b"joe"], b"a\n\n..\nb\n."),
    ([b"-i", b"joe"], b"a\n\n.\nb\n."),
    ([b"-i", b"joe"], b"a\n\nnul\0\0x\rcr\r\r\ny\r"),
    ([b"-i", b"joe"], b"x" * 100000),
    ([b"-N", b"never,success", b"joe"], b"\n"),
    ([b"-N", b"success,delay", b"-R", b"FULL", b"-V", b"a+b=c", b"joe"], b"\n"),
    ([b"-B", b"BINARYMIME", b"joe"], b"\n"),
    ([b"-Z", b"joe"], b"\n"),
    ([b"-f"], b"\n"),
    ([b"<>", b"joe"], b"\n"),
    ([b"-t"], b"To: <>\n\n"),
    ([b"-t"], b'To: Joe <>, jack, "" <>\nCc: <>\n\n'),
    ([b"", b"joe"], b"\n"),
    ([b"joe,,jack,", b" ", b",", b"\"joe smith\" <jill>"], b"\n"),
)


def test_same_meaning(run):
    seed = default_seed()
    cases = [Case(f"curated {i}", *given) for i, given in enumerate(CURATED)]
    cases += [Generator(seed, i).case() for i in range(CASES)]
    found = [difference for difference in run(Bench.difference, cases) if difference]
    assert not found, "\n".join([f"{len(found)} differences", *found[:10]])
    stale = {*PUT_OTHERWISE, *MEANT} - Bench.applied
    assert not stale, f"rules that nothing needs: {[rule.__name__ for rule in stale]}"

"""Who gets a message: every form of address, as argument and in the header, one row each."""

import re

import pytest
from harness import EX_DATAERR, EX_USAGE
from submission_case import ADDED, LETTER, TO, Accepted, Refused, rows

SOMEONE = "someone@example.net"

# Addresses as they may be written, and whom they mean.
FORMS = {
    "plain": ("a@example.org", ["a@example.org"]),
    "list": ("a@example.org,b@example.org", ["a@example.org", "b@example.org"]),
    "list with blanks": (" a@example.org ,\tb@example.org ", ["a@example.org", "b@example.org"]),
    "list with gaps": (",a@example.org,, ,b@example.org,", ["a@example.org", "b@example.org"]),
    "semicolons": ("a@example.org; b@example.org;", ["a@example.org", "b@example.org"]),
    "separated by blanks": ("a@example.org b@example.org", ["a@example.org", "b@example.org"]),
    "bare, separated by blanks": ("joe al", ["joe@example.com", "al@example.com"]),
    "angle brackets": ("<a@example.org>", ["a@example.org"]),
    "name": ("Joe Doe <a@example.org>", ["a@example.org"]),
    "name without blank": ("Joe<a@example.org>", ["a@example.org"]),
    "quoted name": ('"Doe, Joe" <a@example.org>', ["a@example.org"]),
    "quoted name with all": (r'"J \"x\" <b@c>, (d; e:" <a@example.org>', ["a@example.org"]),
    "name with dots": ("J. R. Doe <a@example.org>", ["a@example.org"]),
    "encoded name": ("=?UTF-8?Q?J=2C?= <a@example.org>", ["a@example.org"]),
    "name and list": ('a@example.org, "B, C" <b@example.org>', ["a@example.org", "b@example.org"]),
    "raw 8-bit name": ("Jürgen <a@example.org>", ["a@example.org"]),
    "comment after": ("a@example.org (Joe, the (nested) one)", ["a@example.org"]),
    "comment before": ("(Joe) a@example.org", ["a@example.org"]),
    "comment within": ("a(x)@(y)example(z).org", ["a@example.org"]),
    "comment with quoted parenthesis": (r"a@example.org (\) b@example.net)", ["a@example.org"]),
    "only comments": ("(a@example.org), b@example.org", ["b@example.org"]),
    "blanks within": ("a @ example . org", ["a@example.org"]),
    "group": ("friends: a@example.org, B <b@example.org>;", ["a@example.org", "b@example.org"]),
    "group and more": ("x: a@example.org;, b@example.org", ["a@example.org", "b@example.org"]),
    "group without end": ("x: a@example.org, b@example.org", ["a@example.org", "b@example.org"]),
    "quoted group": ('"x: y": a@example.org;', ["a@example.org"]),
    "empty group and more": ("undisclosed-recipients:;, a@example.org", ["a@example.org"]),
    "source route": ("<@r.example:a@example.org>", ["a@example.org"]),
    "long source route": ("R <@r.example,@s.example:a@example.org>", ["a@example.org"]),
    "quoted local part": ('"joe doe"@example.org', ['"joe doe"@example.org']),
    "needlessly quoted": ('"joe"@example.org', ["joe@example.org"]),
    "dots that need quotes": (
        "a..b@example.org, .a@example.org, a.@example.org",
        ['"a..b"@example.org', '".a"@example.org', '"a."@example.org'],
    ),
    "quoted at sign": ('"joe@home"@example.org', ['"joe@home"@example.org']),
    "domain literal": ("a@[192.0.2.1]", ["a@[192.0.2.1]"]),
    "IPv6 literal": ("<a@[IPv6:2001:db8::1]>", ["a@[IPv6:2001:db8::1]"]),
    "dot at the end": ("a@example.org.", ["a@example.org"]),
    "bare": ("joe", ["joe@example.com"]),
    "bare with name": ("Joe <joe>", ["joe@example.com"]),
    "bare, quoted": ('"joe doe"', ['"joe doe"@example.com']),
    "backslash": (r"\joe", ["joe@example.com"]),
    "host without domain": ("root@vm", ["root@vm"]),
    "localhost": ("root@localhost", ["root@example.com orcpt=rfc822;root@localhost"]),
    "tag": ("a+b=c.d_e-f@example.org", ["a+b=c.d_e-f@example.org"]),
    "all signs": ("!#$%&'*+-/=?^_`{|}~@example.org", ["!#$%&'*+-/=?^_`{|}~@example.org"]),
    "per cent": ("a%b@example.org", ["a%b@example.org"]),
    "UUCP": ("host!joe", ["host!joe@example.com"]),
    "X.400": ("/G=Joe/S=Doe/@gateway.example", ["/G=Joe/S=Doe/@gateway.example"]),
    "twice": ("a@example.org, A <a@example.org>, a@EXAMPLE.ORG", ["a@example.org"]),
    "two users": ("joe@example.org, Joe@example.org", ["joe@example.org", "Joe@example.org"]),
    "everything at once": (
        '"Doe, J" <a@example.org>, grp: b@example.org, c@example.org;, (comm) d@example.org (x), '
        "<@route.example:e@example.org>",
        [f"{x}@example.org" for x in "abcde"],
    ),
}

# The same, with the address that the error names.
BAD = {
    "two at signs": ("a@@example.org", "a@@example.org"),
    "two domains": ("a@b@example.org", "a@b@example.org"),
    "no domain": ("a@", "a@"),
    "no local part": ("@example.org", "@example.org"),
    "empty local part": ('""@example.org', '""@example.org'),
    "two dots in the domain": ("a@example..org", "a@example..org"),
    "signs in the domain": ("a@ex$ample.org", "a@ex"),
    "quote not closed": ('"a@example.org', '"a@example.org'),
    "comment not closed": ("a@example.org (x", "a@example.org"),
    "angle not closed": ("<a@example.org", "<a@example.org"),
    "angle closed twice": ("<a@example.org>>", ">"),
    "angle in angle": ("<<a@example.org>>", "<<"),
    "literal not closed": ("a@[192.0.2.1", "192"),
    "control character": ("a\x01b@example.org", "a"),
    "not UTF-8": ("a\udcff@example.org", "a"),
    "too long": ("a" * 2000 + "@example.org", "aaaa"),
    "good ones around it": ("b@example.org, a@@example.org, c@example.org", "a@@example.org"),
}

NOBODY = {"empty group": "undisclosed-recipients:;", "comment": "(nobody)", "blank": "  ",
          "commas": ",,"}


def bcc(text: str) -> bytes:
    return b"Bcc: " + text.encode(errors="surrogateescape") + b"\n" + LETTER


AS_ARGUMENTS = [
    *(Accepted(name, ["--", text], to=addresses) for name, (text, addresses) in FORMS.items()),
    *(Refused(f"nobody: {name}", [text], EX_USAGE, "no recipients")
      for name, text in NOBODY.items()),
    Refused("the null address", ["<>"], EX_DATAERR, "null address"),
    Accepted("several words", [TO, "Bob <b@example.org>, c@example.org", "joe"],
             to=[TO, "b@example.org", "c@example.org", "joe@example.com"]),
    Accepted("twice in two words", [TO, "b@example.org", "A <a@Example.Org>"],
             to=[TO, "b@example.org"]),
    Accepted("nobody and somebody", ["x:;", TO]),
    Accepted("UTF-8 local part", ["jürgen@example.org"], to=["jürgen@example.org"], smtputf8="yes"),
    Accepted("one of two in UTF-8", [TO, "jürgen@example.org"], to=[TO, "jürgen@example.org"],
             smtputf8="yes"),
]

IN_THE_HEADER = [
    *(Accepted(name, ["-t"], stdin=bcc(text), message=LETTER,
               to=[*addresses, SOMEONE]) for name, (text, addresses) in FORMS.items()),
    *(Accepted(f"nobody: {name}", ["-t"], stdin=bcc(text), message=LETTER, to=[SOMEONE])
      for name, text in NOBODY.items()),
    Accepted("UTF-8 local part", ["-t"], stdin=bcc("jürgen@example.org"), message=LETTER,
             to=["jürgen@example.org", SOMEONE], smtputf8="yes"),
    Accepted("folded everywhere", ["-t"], to=["a@example.org", "b@example.org", SOMEONE],
             stdin=b'Bcc:\n "Doe,\n J"\n <a\n @example.org>\n ,\n (x\n y) b@example.org\n' + LETTER,
             message=LETTER),
    Accepted("fields in any case, with blanks", ["-t"], to=["a@example.org", "b@example.org"],
             stdin=b"TO: a@example.org\ncc : b@example.org\n\n",
             message=b"TO: a@example.org\ncc: b@example.org\n" + ADDED + b"\n"),
    Accepted("several fields", ["-t"],
             to=["a@example.org", "b@example.org", "c@example.org", SOMEONE],
             stdin=b"Bcc: a@example.org\nBcc: b@example.org\nBcc: c@example.org, a@example.org\n" + LETTER,
             message=LETTER),
    Accepted("no other field", ["-t"], to=[SOMEONE],
             stdin=b"X-To: a@example.org\nReply-To: b@example.org\nFor: c@example.org\n" + LETTER),
    Refused("the field is named", ["-t", TO], EX_DATAERR, r"Cc\b.*a@@example\.org",
            stdin=b"Cc: a@@example.org\n" + LETTER),
    Refused("only nobody", ["-t"], EX_USAGE, "no recipients",
            stdin=b"To: undisclosed-recipients:;\nCc: (nobody)\n\nhi\n"),
    Refused("fields in the body", ["-t"], EX_USAGE, "no recipients",
            stdin=b"Subject: x\n\nTo: a@example.org\n"),
    Refused("fields after the header's end", ["-t"], EX_USAGE, "no recipients",
            stdin=b"Subject: x\nno field\nTo: a@example.org\n"),
    Refused("a bad one in a Resent field", ["-t"], EX_DATAERR, r"Resent-To\b.*a@@b",
            stdin=b"Resent-To: a@@b\n" + LETTER),
    Accepted("a bad one where Resent fields count", ["-t"], to=["r@example.org"],
             stdin=b"Resent-Date: x\nResent-From: y@example.org\nResent-Message-ID: z\n"
             b"Resent-To: r@example.org\nCc: a@@b\n" + LETTER),
    Accepted("a bad one without -t", [TO], stdin=b"Cc: a@@b\n" + LETTER),
]


@rows(*AS_ARGUMENTS)
def test_arguments(quiet_host, case):
    case.run(quiet_host)


@rows(*IN_THE_HEADER)
def test_header(quiet_host, case):
    case.run(quiet_host)


@pytest.mark.parametrize(("text", "named"), BAD.values(), ids=BAD.keys())
def test_bad_addresses(quiet_host, text, named):
    """Named in the error, as argument and in the header, and nobody gets the message."""
    complaint = re.escape(named)
    Refused("argument", ["--", TO, text], EX_DATAERR, complaint).run(quiet_host)
    Refused("header", ["-t"], EX_DATAERR, complaint, stdin=bcc(text)).run(quiet_host)


MANY = [f"r{i}@example.org" for i in range(50001)]


def list_field(addresses: list) -> bytes:
    return b"Bcc: " + ",\n ".join(addresses).encode() + b"\n" + LETTER


MOST = [
    Accepted("50,000 arguments", MANY[:50000], to=MANY[:50000]),
    Accepted("50,000 in the header, some of them twice", ["-t", *MANY[:10]], message=LETTER,
             stdin=list_field(MANY[:49999]), to=[*MANY[:49999], SOMEONE], stdin_is_file=True),
    Refused("50,001 arguments", MANY, EX_DATAERR, "50000"),
    Refused("50,001 in the header", ["-t"], EX_DATAERR, "50000", stdin=list_field(MANY[:50000]),
            stdin_is_file=True),
    Refused("50,001 in both", ["-t", MANY[50000]], EX_DATAERR, "50000",
            stdin=list_field(MANY[:49999]), stdin_is_file=True),
]


@rows(*MOST)
def test_most_recipients(quiet_host, case):
    case.run(quiet_host)

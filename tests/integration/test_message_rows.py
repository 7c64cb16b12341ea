"""What becomes of a message on its way into the spool, one row each: line ends, the header's
end, fields added, completed and taken out, and what other small mailers get wrong."""

from harness import EX_DATAERR
from submission_case import (
    ADDED,
    DATE,
    FROM,
    ID,
    LETTER,
    TO,
    UNDISCLOSED,
    Accepted,
    Refused,
    rows,
)

COMPLETE = ADDED + UNDISCLOSED
RESENT = (
    b"Resent-Date: %DATE%\nResent-From: %FROM%\n"
    b"Resent-Message-ID: <%UNIQUE%@host.example.com>\n"
)


def message(name, stdin: bytes, sent: bytes | None = None, *options, **more):
    return Accepted(name, ["-i", *options, TO], stdin=stdin, message=sent, **more)


def body(name, stdin: bytes, sent: bytes, **more):
    return message(name, LETTER + stdin, LETTER + sent, **more)


LINE_ENDS = [
    message("CRLF", LETTER.replace(b"\n", b"\r\n"), LETTER),
    message("CRLF in the header only", LETTER.replace(b"\n", b"\r\n", 6), LETTER),
    message("CRLF in the body only", LETTER.replace(b"\n\nHello\n", b"\n\nHello\r\n"), LETTER),
    message("CRLF in every second line", LETTER.replace(b"\nFrom", b"\r\nFrom").replace(
        b"\nSub", b"\r\nSub"), LETTER),
    message("several CRs before LF", LETTER.replace(b"\n", b"\r\r\r\n"), LETTER),
    body("bare CR in a line", b"one\rtwo\r\rthree\n", b"one two  three\n"),
    message("bare CR in a field", LETTER.replace(b"letter\n", b"let\rter\r\n", 1),
            LETTER.replace(b"letter\n", b"let ter\n", 1)),
    body("a dot between CRs smuggles nothing", b"x\r.\rMAIL FROM:<y>\r\n\r.\r\n",
         b"x . MAIL FROM:<y>\n .\n"),
    body("no line end at the end", b"last", b"last\n"),
    body("CR at the end", b"last\r", b"last\n"),
    body("blank lines at the end", b"\n\r\n\n", b"\n\n\n"),
    message("no line end after a header alone", LETTER[:-8], LETTER[:-7] + b"\n"),
    Accepted("a dot and several CRs end too", [TO], stdin=LETTER + b".\r\r\nmore\n",
             message=LETTER),
    Accepted("a dot without line end", [TO], stdin=LETTER + b".", message=LETTER),
    Accepted("a dot and a bare CR", [TO], stdin=LETTER + b".\rx\nmore\n",
             message=LETTER + b". x\nmore\n"),
]

FROM_LINE = b"From joe@example.net Sun Nov 22 09:00:00 2026\n"
MAILBOX = [
    message("From line", FROM_LINE + LETTER, LETTER),
    message("From line, CRLF", FROM_LINE.replace(b"\n", b"\r\n") + LETTER, LETTER),
    message(">From line", b">" + FROM_LINE + LETTER, LETTER),
    message("From lines", FROM_LINE + b">" + FROM_LINE + b">>>" + FROM_LINE + LETTER, LETTER),
    message("only a From line", FROM_LINE, COMPLETE + b"\n"),
    body("From line in the body", FROM_LINE + b">" + FROM_LINE, FROM_LINE + b">" + FROM_LINE),
    message("From line after a field ends the header", b"Subject: x\n" + FROM_LINE + b"To: y\n",
            b"Subject: x\n" + COMPLETE + b"\n" + FROM_LINE + b"To: y\n"),
    message("from line in lower case", b"from here\n", COMPLETE + b"\nfrom here\n"),
]

HEADER_END = [
    message("nothing at all", b"", COMPLETE + b"\n"),
    message("an empty line", b"\n", COMPLETE + b"\n"),
    message("no header", b"hi\nthere\n", COMPLETE + b"\nhi\nthere\n"),
    message("no header, one word", b"hi", COMPLETE + b"\nhi\n"),
    message("an empty line and a text", b"\nhi\n", COMPLETE + b"\nhi\n"),
    message("no empty line", b"Subject: x\nhi there\n", b"Subject: x\n" + COMPLETE
            + b"\nhi there\n"),
    message("no body", b"Subject: x\n", b"Subject: x\n" + COMPLETE + b"\n"),
    message("a text with colons later", b"hi there\nSubject: no\n", COMPLETE
            + b"\nhi there\nSubject: no\n"),
    message("blanks first", b"  Subject: x\n\nhi\n", COMPLETE + b"\n  Subject: x\n\nhi\n"),
    message("blanks before the colon", b"Subject \t: x\n\nhi\n", b"Subject: x\n" + COMPLETE
            + b"\nhi\n"),
    message("a boundary is no field", b"Subject: x\n--next:1\nText: y\n",
            b"Subject: x\n" + COMPLETE + b"\n--next:1\nText: y\n"),
    message("a colon is no field", b"Subject: x\n: y\n",
            b"Subject: x\n" + COMPLETE + b"\n: y\n"),
    message("8-bit is no field's name", "Größe: 5\n".encode(), COMPLETE + "\nGröße: 5\n".encode()),
    message("a line of blanks continues", b"Subject: x\n \n y\n\nhi\n",
            b"Subject: x\n \n y\n" + COMPLETE + b"\nhi\n"),
    message("continuation", b"Subject: x\n\ty\n z\n\nhi\n", b"Subject: x\n\ty\n z\n" + COMPLETE
            + b"\nhi\n"),
    message("a field without content", b"Subject:\nX-A: \n\nhi\n",
            b"Subject:\nX-A: \n" + COMPLETE + b"\nhi\n"),
]


def without(field: bytes) -> bytes:
    return b"".join(line for line in LETTER.splitlines(True) if not line.startswith(field))


def with_added(field: bytes, added: bytes) -> bytes:
    return without(field).replace(b"\n\n", b"\n" + added + b"\n")


COMPLETION = [
    *(message(f"no {field.decode()}", without(field), with_added(field, added)) for field,
      added in (
        (b"Date", DATE), (b"From", FROM), (b"Message-ID", ID), (b"To", UNDISCLOSED),
    )),
    *(message(f"empty {field.decode()}", field + b":  \n \n" + without(field),
              with_added(field, added)) for field, added in (
        (b"Date", DATE), (b"From", FROM), (b"Message-ID", ID),
    )),
    message("names in any case",
            b"DATE: x\nfrom: y@example.net\nmessage-id: z\nTO: w@example.net\n\n"),
    message("fields twice stay", b"From: y@example.net\n" + LETTER),
    message("Cc is enough", b"Cc: x@example.net\n\n", b"Cc: x@example.net\n" + ADDED + b"\n"),
    message("To: undisclosed-recipients:;", b"To: undisclosed-recipients:;\n\n",
            b"To: undisclosed-recipients:;\n" + ADDED + b"\n"),
    message("order of fields",
            b"Subject: x\nReceived: by y; z\nDKIM-Signature: a\nReceived: by b\n\n",
            b"Subject: x\nReceived: by y; z\nDKIM-Signature: a\nReceived: by b\n" + COMPLETE
            + b"\n"),
    message("null sender", b"Subject: x\n\n", b"Subject: x\n" + DATE
            + b"From: Mail Delivery System <MAILER-DAEMON@example.com>\n" + ID + UNDISCLOSED
            + b"\n",
            "-f", "<>", sender=""),
]

REMOVAL = [
    *(message(f"{name} goes", LETTER.replace(b"Subject", text + b"Subject"), LETTER)
      for name, text in (
          ("Bcc", b"Bcc: b@example.net\n"), ("BCC", b"BCC: b@example.net\n"),
          ("bcc with blanks", b"bcc \t: b@example.net\n"),
          ("folded Bcc", b"Bcc: b@example.net,\n\tc@example.net,\n d@example.net\n"),
          ("empty Bcc", b"Bcc:\n"), ("bad Bcc", b"Bcc: <<<\n"),
          ("Bcc twice", b"Bcc: b@example.net\nBcc: c@example.net\n"),
          ("Return-Path", b"Return-Path: <b@example.net>\n"),
          ("return-path", b"return-path:<b@example.net>\n"),
          ("Content-Length", b"Content-Length: 4711\n"),
      )),
    message("first field goes", b"Bcc: b@example.net\n" + LETTER, LETTER),
    message("last field goes", LETTER.replace(b"\n\n", b"\nBcc: b@example.net\n\n"), LETTER),
    message("only Bcc", b"Bcc: b@example.net\n\nhi\n", COMPLETE + b"\nhi\n"),
    body("Bcc in the body stays", b"Bcc: b@example.net\n", b"Bcc: b@example.net\n"),
    message("X-Bcc stays", b"X-Bcc: b@example.net\nBccs: c\n" + LETTER),
    Accepted("Bcc with -t", ["-t"], to=["b@example.net", "c@example.net", "someone@example.net"],
             stdin=b"Bcc: b@example.net,\n c@example.net\n" + LETTER, message=LETTER),
]

RESENT_FIELDS = [
    message("Resent-To", b"Resent-To: r@example.net\n" + LETTER,
            RESENT + b"Resent-To: r@example.net\n" + LETTER),
    message("complete resent block", b"Resent-Date: x\nResent-From: y@example.net\n"
            b"Resent-Message-ID: z\nResent-To: r@example.net\n" + LETTER),
    message("Resent-From alone", b"Resent-From: y@example.net\n" + LETTER,
            b"Resent-Date: %DATE%\nResent-Message-ID: <%UNIQUE%@host.example.com>\n"
            b"Resent-From: y@example.net\n" + LETTER),
    message("Resent-Bcc goes", b"Resent-To: r@example.net\nResent-Bcc: s@example.net\n" + LETTER,
            RESENT + b"Resent-To: r@example.net\n" + LETTER),
    message("folded Resent-Bcc alone", b"resent-bcc: s@example.net,\n t@example.net\n" + LETTER,
            RESENT + LETTER),
    Accepted("-t and a resent block", ["-t"],
             to=["r@example.net", "s@example.net", "u@example.net"],
             stdin=b"Resent-To: r@example.net\nResent-Bcc: s@example.net\nResent-Cc: u@example.net\n"
             b"Bcc: never@example.net\n" + LETTER,
             message=RESENT + b"Resent-To: r@example.net\nResent-Cc: u@example.net\n" + LETTER),
    Accepted("-t and two resent blocks", ["-t"], to=["r@example.net", "q@example.net"],
             stdin=b"Resent-To: r@example.net\nResent-From: s@example.net\n"
             b"Resent-To: q@example.net\n" + LETTER,
             message=b"Resent-Date: %DATE%\nResent-Message-ID: <%UNIQUE%@host.example.com>\n"
             b"Resent-To: r@example.net\nResent-From: s@example.net\nResent-To: q@example.net\n"
             + LETTER),
    Accepted("-t and Resent-From without Resent-To", ["-t"], to=["someone@example.net"],
             stdin=b"Resent-From: s@example.net\n" + LETTER,
             message=b"Resent-Date: %DATE%\nResent-Message-ID: <%UNIQUE%@host.example.com>\n"
             b"Resent-From: s@example.net\n" + LETTER),
]

# A field's body as given, and with bare addresses completed.
QUALIFICATION = {
    "bare": (b"root", b"root@example.com"),
    "name and bare": (b"Cron Daemon <root>", b"Cron Daemon <root@example.com>"),
    "bare and comment": (b"root (Cron Daemon)", b"root@example.com (Cron Daemon)"),
    "comment and bare": (b"(Cron Daemon) root", b"(Cron Daemon) root@example.com"),
    "words and bare": (b"mdadm monitoring <root>", b"mdadm monitoring <root@example.com>"),
    "quoted name": (b'"(Cron Daemon)" <root>', b'"(Cron Daemon)" <root@example.com>'),
    "one word": (b"Logwatch", b"Logwatch@example.com"),
    "list": (b"root, b@example.net, joe", b"root@example.com, b@example.net, joe@example.com"),
    "list with names": (b"R <root>, \"J, D\" <joe>, x@example.net",
                        b"R <root@example.com>, \"J, D\" <joe@example.com>, x@example.net"),
    "folded": (b"root,\n\tjoe", b"root@example.com,\n\tjoe@example.com"),
    "group": (b"friends: joe, al@example.net;", b"friends: joe@example.com, al@example.net;"),
    "empty group": (b"undisclosed-recipients:;", b"undisclosed-recipients:;"),
    "qualified": (b"Joe <joe@example.net>", b"Joe <joe@example.net>"),
    "host without domain": (b"root@vm", b"root@vm"),
    "quoted local part": (b'"joe doe"', b'"joe doe"@example.com'),
    "dots": (b"joe.doe", b"joe.doe@example.com"),
    "angle brackets": (b"<joe>", b"<joe@example.com>"),
    "encoded name": (b"=?UTF-8?Q?J=C3=BC?= <joe>", b"=?UTF-8?Q?J=C3=BC?= <joe@example.com>"),
    "raw 8-bit name": ("Jürgen <joe>".encode(), "Jürgen <joe@example.com>".encode()),
    "comment with address": (b"joe (was al@example.net, sorry)",
                             b"joe@example.com (was al@example.net, sorry)"),
    "route": (b"<@a.example:joe@example.net>", b"<@a.example:joe@example.net>"),
    "nonsense": (b"<<joe", b"<<joe"),
}
FIELDS = [b"From", b"To", b"Cc", b"Reply-To", b"Sender"]
RESENT_NAMES = [b"Resent-From", b"Resent-To", b"Resent-Cc", b"Resent-Sender"]


def with_field(name: bytes, content: bytes) -> bytes:
    return b"%s: %s\n" % (name, content) + without(name + b":")


QUALIFIED = [
    *(message(f"From {name}", with_field(b"From", given), with_field(b"From", sent))
      for name, (given, sent) in QUALIFICATION.items()),
    *(message(f"bare in {field.decode()}", with_field(field, b"Joe <joe>, root"),
              with_field(field, b"Joe <joe@example.com>, root@example.com")) for field in FIELDS),
    *(message(f"bare in {field.decode()}", b"Resent-Date: x\nResent-From: y@example.net\n"
              b"Resent-Message-ID: z\n" + field + b": root\n" + LETTER,
              b"Resent-Date: x\nResent-From: y@example.net\n"
              b"Resent-Message-ID: z\n" + field + b": root@example.com\n" + LETTER)
      for field in RESENT_NAMES),
    message("other fields stay", b"Errors-To: root\nX-To: root\nSubject: root\n" + LETTER),
]

CONTENT = [
    message("NUL in the header", LETTER.replace(b"letter", b"let\0ter", 1), LETTER),
    message("NUL in the body", LETTER.replace(b"Hello", b"\0He\0\0llo\0"), LETTER),
    message("only NULs", b"\0" * 1000, COMPLETE + b"\n"),
    message("a field's name with NUL", LETTER.replace(b"Subject", b"Sub\0ject"), LETTER),
    message("8-bit header", b"Subject: \xc3\xa9t\xc3\xa9\n" + LETTER),
    message("8-bit header, not UTF-8", b"Subject: \xe9t\xe9\n" + LETTER),
    message("8-bit body, not UTF-8", LETTER + bytes(range(128, 256)) + b"\n"),
    message("control characters", LETTER + b"\x01\x1b[2J\x7f\t\x0b\x0c\n"),
    *(message(f"line of {length}", LETTER + b"x" * length + b"\nshort\n")
      for length in (998, 999, 1000, 5000, 100000)),
    *(message(f"field of {length}", b"X-Long: " + b"x" * length + b"\n" + LETTER)
      for length in (990, 991, 5000, 100000)),
    message("long line without line end", b"x" * 200000, COMPLETE + b"\n" + b"x" * 200000 + b"\n"),
    message("long UTF-8 line", LETTER + "é".encode() * 5000 + b"\n"),
    message("10,000 short lines", LETTER + b"x\n" * 10000),
    message("10,000 fields", b"".join(b"X-%d: y\n" % i for i in range(10000)) + LETTER),
    message("many hops", b"Received: by x; y\n" * 100 + LETTER),
    message("at the size limit", LETTER + b"x" * (1024 - len(LETTER) - LETTER.count(b"\n") - 2)
            + b"\n",
            configuration={"message_size_limit": "1K"}),
    Refused("over the size limit", ["-i", TO], EX_DATAERR, "message_size_limit",
            stdin=LETTER + b"x" * (1025 - len(LETTER) - LETTER.count(b"\n") - 2) + b"\n",
            configuration={"message_size_limit": "1K"}),
    Refused("far over the size limit", ["-i", TO], EX_DATAERR, "message_size_limit",
            stdin=LETTER + b"x\n" * 200000, configuration={"message_size_limit": "1K"}),
    Refused("header over the size limit", ["-i", TO], EX_DATAERR, "message_size_limit",
            stdin=b"X-Long: " + b"x" * 2000 + b"\n" + LETTER,
            configuration={"message_size_limit": "1K"}),
]


def passwd(line: str) -> dict:
    return {"passwd": line}


def user_row(name, line, mailbox: bytes, sender="root@example.com", **more):
    return Accepted(name, [TO], etc=passwd(line), stdin=b"Subject: x\n\n", sender=sender,
                    message=b"Subject: x\n" + DATE + b"From: " + mailbox + b"\n" + ID + UNDISCLOSED
                    + b"\n", **more)


USERS = [
    user_row("full name", "root:x:0:0:The Root,Room 1,555:/:\n", b"The Root <root@example.com>"),
    user_row("full name with &", "root:x:0:0:Charlie &:/:\n", b"Charlie Root <root@example.com>"),
    user_row("full name with specials", "root:x:0:0:J. Doe (Ops):/:\n",
             b'"J. Doe (Ops)" <root@example.com>'),
    user_row("full name in UTF-8", "root:x:0:0:Jürgen:/:\n",
             b"=?UTF-8?Q?J=C3=BCrgen?= <root@example.com>"),
    user_row("no full name", "root:x:0:0:,Room 1:/:\n", b"root@example.com"),
    user_row("$NAME before the password file", "root:x:0:0:The Root:/:\n",
             b"Me <root@example.com>", environment={"NAME": "Me"}),
    user_row("no password entry", "joe:x:1:1:Joe:/:\n", b"uid0@example.com", "uid0@example.com"),
    user_row("no password entry, no environment", "", b"uid0@example.com", "uid0@example.com",
             no_environment=True),
    user_row("a name with a backslash", "EX\\joe:x:0:0::/:\n", b'"EX\\\\joe"@example.com',
             '"EX\\\\joe"@example.com'),
]


def host_row(name, etc, gethostname, domain, full_name, **configuration):
    nothing = {"hostname": None, "mail_name": None}
    return Accepted(
        name, [TO], etc=etc, hostname=gethostname, configuration=nothing | configuration,
        stdin=b"From: joe\nDate: x\nTo: al\n\n", sender=f"root@{domain}",
        message=f"From: joe@{domain}\nDate: x\nTo: al@{domain}\n"
        f"Message-ID: <%UNIQUE%@{full_name}>\n\n".encode())


HOST_NAMES = [
    host_row("host name and mailname", {"mailname": "example.org\n"}, "web1",
             "example.org", "web1.example.org"),
    host_row("mailname is the host's", {"mailname": "web1.example.org\n"}, "web1",
             "web1.example.org", "web1.example.org"),
    host_row("full host name, no mailname", {}, "web1.example.net",
             "web1.example.net", "web1.example.net"),
    host_row("bare host name, no mailname", {}, "web1", "web1", "web1"),
    host_row("full host name and mailname", {"mailname": "example.org\n"}, "web1.example.net",
             "example.org", "web1.example.net"),
    host_row("mailname with blanks", {"mailname": "  example.org \r\n# more\n"}, "web1",
             "example.org", "web1.example.org"),
    host_row("mailname with nonsense", {"mailname": "<example>\n"}, "web1.example.net",
             "web1.example.net", "web1.example.net"),
    host_row("mail_name before mailname", {"mailname": "example.org\n"}, "web1",
             "example.info", "web1.example.org", mail_name="example.info"),
    host_row("hostname before the host's", {"mailname": "example.org\n"}, "web1",
             "example.org", "w.example.info", hostname="w.example.info"),
]


@rows(*LINE_ENDS, *MAILBOX, *HEADER_END)
def test_lines(quiet_host, case):
    case.run(quiet_host)


@rows(*COMPLETION, *REMOVAL, *RESENT_FIELDS, *QUALIFIED)
def test_fields(quiet_host, case):
    case.run(quiet_host)


@rows(*CONTENT)
def test_content(quiet_host, case):
    case.run(quiet_host)


@rows(*USERS, *HOST_NAMES)
def test_system(quiet_host, case):
    case.run(quiet_host)

"""From sendmail's standard input to the relay: who gets it, and every octet of it."""

import email
import email.utils
import re

import pytest
from harness import EX_DATAERR, EX_USAGE, SENDER

HEADER = b"From: app@example.com\nTo: someone@example.org\nSubject: test\n"


def body_of(message) -> bytes:
    return message.content.partition(b"\r\n\r\n")[2]


def header_of(message):
    return email.message_from_bytes(message.content)


def test_recipients_of_the_command_line(host, provider):
    host.submit("one@example.org", "two@example.net, Three <three@example.org>")
    (message,) = host.wait_for_messages()
    assert message.addresses == ["one@example.org", "two@example.net", "three@example.org"]
    assert message.sender == SENDER
    assert message.user == "alerts@example.com"
    host.wait_until_empty()
    assert len(provider.smtp.messages) == 1


def test_recipients_of_the_header_and_the_command_line(host):
    text = (
        b"To: one@example.org,\n Group: two@example.org, =?utf-8?q?Dr=2C?= <three@example.org>;\n"
        b"Cc: ONE@example.org, four@EXAMPLE.org (a comment)\nbcc : five@example.org\n\nHello\n"
    )
    result = host.sendmail("-t", "-i", "six@example.org", "four@example.org", message=text)
    assert result.returncode == 0
    (message,) = host.wait_for_messages()
    addresses = [a.lower() for a in message.addresses]
    assert set(addresses) == {f"{n}@example.org" for n in "one two three four five six".split()}
    assert addresses.count("four@example.org") == 1
    assert b"five" not in message.content


def test_resent_fields_replace_the_others(host):
    text = b"Resent-To: new@example.org\nTo: old@example.org\nSubject: x\n\nHello\n"
    assert host.sendmail("-ti", message=text).returncode == 0
    (message,) = host.wait_for_messages()
    assert message.addresses == ["new@example.org"]


def test_bcc_is_never_sent(host):
    text = HEADER + b"BCC: hidden@example.org,\n\tfolded@example.org\nX-After: yes\n\nHello\n"
    host.submit("someone@example.org", message=text)
    (message,) = host.wait_for_messages()
    assert message.addresses == ["someone@example.org"]
    assert b"hidden" not in message.content and b"folded" not in message.content
    assert header_of(message)["X-After"] == "yes"


def test_missing_fields_are_added(host):
    host.submit("someone@example.org", message=b"Subject: bare\n\nHello\n")
    (message,) = host.wait_for_messages()
    header = header_of(message)
    assert email.utils.parsedate_to_datetime(header["Date"])
    assert re.fullmatch(r"<[^<>@\s]+@host\.example\.com>", header["Message-ID"])
    assert email.utils.parseaddr(header["From"])[1].endswith("@example.com")
    assert re.search(r"by host\.example\.com .*id [0-9A-F]{12}; ", header["Received"], re.S)


def test_given_fields_are_kept_octet_for_octet(host):
    fields = (
        b"From: =?utf-8?q?Caf=C3=A9?= <app@example.com>\r\n"
        b"Date: Thu, 01 Jan 1970 00:00:00 +0000\r\nMessage-ID: <1@elsewhere>\r\n"
        b"Subject: raw \xc3\xa9\r\nX-Odd:   spaces \t kept\r\nX-Folded: a\r\n\tb\r\n  c\r\n"
        b"To: someone@example.org\r\n"
    )
    host.submit("someone@example.org", message=fields + b"\r\nHello\r\n")
    (message,) = host.wait_for_messages()
    for field in re.split(rb"(?<=\r\n)(?=\S)", fields):
        assert field in message.content
    for name in (b"\r\nFrom:", b"\r\nDate:", b"\r\nMessage-ID:"):
        assert message.content.count(name) == 1


BODIES = {
    "plain": (b"Hello\n", b"Hello\r\n"),
    "eight bit": (bytes(range(0x80, 0x100)) + b"\n", bytes(range(0x80, 0x100)) + b"\r\n"),
    "dots": (b".\n..\n.a\n...\n", b".\r\n..\r\n.a\r\n...\r\n"),
    "no newline at the end": (b"one\ntwo", b"one\r\ntwo\r\n"),
    "dot at the end": (b"one\n.", b"one\r\n.\r\n"),
    "CRLF": (b"one\r\ntwo\r\n", b"one\r\ntwo\r\n"),
    "mixed line ends": (b"one\r\ntwo\nthree\r\r\n", b"one\r\ntwo\r\nthree\r\n"),
    "bare CR": (b"a\rb\n", b"a b\r\n"),
    "NUL": (b"a\0b\n", b"ab\r\n"),
    "blank lines": (b"\n\n\nx\n\n", b"\r\n\r\n\r\nx\r\n\r\n"),
    "spaces": (b" a \n\t\n \n", b" a \r\n\t\r\n \r\n"),
    "998 octets": (b"x" * 998 + b"\n", b"x" * 998 + b"\r\n"),
    "998 octets after a dot": (b"." * 998 + b"\n", b"." * 998 + b"\r\n"),
    "From_ in the body": (b"From me to you\n", b"From me to you\r\n"),
    "empty": (b"", b""),
}


def test_bodies_arrive_octet_for_octet(host, provider):
    for name, (given, _) in BODIES.items():
        subject = f"X-Case: {name}\n".encode()
        host.submit("someone@example.org", message=HEADER + subject + b"\n" + given)
    messages = host.wait_for_messages(len(BODIES))
    arrived = {header_of(m)["X-Case"]: body_of(m) for m in messages}
    assert arrived == {name: expected for name, (_, expected) in BODIES.items()}


def test_eight_bit_is_declared(host):
    host.submit("someone@example.org", message=HEADER + b"\n\xc3\xa9\n")
    (message,) = host.wait_for_messages()
    assert message.parameters["BODY"].upper() == "8BITMIME"


def test_longer_lines_are_folded(host):
    ascii_line = bytes(33 + i % 90 for i in range(5000))
    utf8_line = "é".encode() * 2000
    subject = b"Subject: " + b"word " * 500
    header = HEADER.replace(b"Subject: test", subject)
    host.submit("someone@example.org", message=b"\n".join([header, ascii_line, utf8_line, b""]))
    (message,) = host.wait_for_messages()
    for line in message.content.split(b"\r\n"):
        assert len(line) <= 998
        line.decode()  # no UTF-8 sequence was torn
    unfolded = body_of(message).replace(b"\r\n ", b"")
    assert unfolded == ascii_line + b"\r\n" + utf8_line + b"\r\n"


def test_header_without_empty_line_and_text_without_header(host):
    host.submit("someone@example.org", message=b"Subject: only a header\n")
    host.submit("someone@example.org", message=b"no header at all\nsecond line\n")
    host.submit("someone@example.org", message=b"")
    messages = host.wait_for_messages(3)
    bodies = sorted(body_of(m) for m in messages)
    assert bodies == [b"", b"", b"no header at all\r\nsecond line\r\n"]


def test_a_lone_dot_ends_the_message_without_i(host):
    text = b"Subject: x\n\nbefore\n..\n.\nafter\n"
    assert host.sendmail("-f", SENDER, "a@example.org", message=text).returncode == 0
    (message,) = host.wait_for_messages()
    assert body_of(message) == b"before\r\n..\r\n"


def test_from_lines_before_the_header_are_dropped(host):
    text = b"From app Thu Jan  1 00:00:00 1970\n>From x\n" + HEADER + b"\nHello\n"
    host.submit("someone@example.org", message=text)
    (message,) = host.wait_for_messages()
    assert b"1970" not in message.content and header_of(message)["Subject"] == "test"


@pytest.mark.parametrize("sender", ["", "<>"])
def test_null_sender(host, sender):
    host.submit("someone@example.org", sender=sender)
    (message,) = host.wait_for_messages()
    assert message.sender == ""


def test_bare_senders_and_recipients_are_completed(host):
    host.aliases.write_text("root: admin@example.org, \\second\n")
    text = b"From: cron (Cron Daemon)\nTo: root\nSubject: x\n\nHello\n"
    host.submit("root", sender="cron", message=text)
    (message,) = host.wait_for_messages()
    assert message.sender == "cron@example.com"
    assert sorted(message.addresses) == ["admin@example.org", "second@example.com"]
    assert "cron@example.com" in header_of(message)["From"]


def test_local_mail_takes_what_aliases_leave(idle_host):
    idle_host.configuration["local_mail"] = "admin@example.org"
    idle_host.write_configuration()
    idle_host.start()
    idle_host.submit("www-data", "someone@localhost", "x@host.example.com", "y@example.net")
    (message,) = idle_host.wait_for_messages()
    assert sorted(message.addresses) == ["admin@example.org", "y@example.net"]


def test_dsn_options_are_passed_on(host):
    arguments = ("-i", "-f", SENDER, "-N", "success,failure", "-R", "hdrs", "-V", "id+1")
    assert host.sendmail(*arguments, "a@example.org", message=HEADER + b"\n").returncode == 0
    (message,) = host.wait_for_messages()
    assert message.parameters["RET"].upper() == "HDRS"
    assert message.parameters["ENVID"] == "id+2B1"
    notify = message.recipients[0].parameters["NOTIFY"].upper()
    assert set(notify.split(",")) == {"SUCCESS", "FAILURE"}


def test_the_longest_header(host, provider):
    """16 MiB with what is added to it: what is accepted arrives, and one octet more is refused."""
    line = b"X-Filler: " + 900 * b"x" + b"\n"
    given = line * (((16 << 20) - 1000) // (len(line) + 1))
    host.submit("a@example.org", message=given + b"\nbody\n")
    (message,) = host.wait_for_messages()
    header, _, _ = message.content.partition(b"\r\n\r\n")
    received = re.match(rb"Received: .*(?:\r\n[ \t].*)*\r\n", header)
    left = (16 << 20) - (len(header) + 2 - received.end())
    arguments = ("-i", "-f", SENDER, "a@example.org")
    for more, status in ((left, 0), (left + 1, EX_DATAERR)):
        rest = b"X-Rest: " + (more - len(b"X-Rest: \r\n")) * b"x" + b"\n"
        result = host.sendmail(*arguments, message=given + rest + b"\nbody\n")
        assert result.returncode == status, result
    host.wait_for_messages(2)
    host.wait_until_empty()
    assert host.files("corrupt") == []


def test_size_is_announced(host):
    host.submit("a@example.org", message=HEADER + b"\n" + b"0123456789abcde\n" * 5000)
    (message,) = host.wait_for_messages()
    assert abs(int(message.parameters["SIZE"]) - len(message.content)) < 1000


def test_utf8_addresses(host):
    host.submit("jürgen@example.org", sender="grüße@example.com")
    (message,) = host.wait_for_messages()
    assert "SMTPUTF8" in message.parameters
    assert (message.sender, message.addresses) == ("grüße@example.com", ["jürgen@example.org"])


def test_without_smtputf8_a_domain_goes_as_a_labels(host, provider):
    """RFC 5890: another spelling of the same domain. A local part has none."""
    del provider.smtp.keywords["SMTPUTF8"]
    host.submit("someone@bücher.example", "jürgen@example.org", sender="app@grüße.example.com")
    message = host.wait_for_messages()[0]
    assert (message.sender, message.addresses) == (
        "app@xn--gre-6ka8l.example.com",
        ["someone@xn--bcher-kva.example"],
    )
    host.wait_for_log(r"to=<jürgen@example.org>, .*dsn=5.6.7, status=bounced")


def test_many_recipients(host, provider):
    recipients = [f"user{i}@example.org" for i in range(1200)]
    host.submit(*recipients)
    wanted = set(recipients)
    host.wait_until_empty()
    arrived = [a for m in provider.smtp.messages for a in m.addresses]
    assert set(arrived) == wanted and len(arrived) == len(wanted)


EXTENSIONS = [
    {},
    {"PIPELINING": None},
    {"CHUNKING": None},
    {"SIZE": "1000000", "8BITMIME": None},
    {"PIPELINING": None, "8BITMIME": None, "DSN": None, "SIZE": None},
]


@pytest.mark.parametrize("keywords", EXTENSIONS, ids=lambda k: "+".join(k) or "none")
def test_only_what_was_announced_is_used(host, provider, keywords):
    provider.smtp.keywords = dict(keywords)
    host.postoak("suspend", "relay")
    for i in range(5):
        text = HEADER + b"\nNumber %d \xc3\xa9\n.\n" % i
        arguments = ("-i", "-f", SENDER, "-N", "failure", "a@example.org", "b@example.org")
        assert host.sendmail(*arguments, message=text).returncode == 0
    host.postoak("resume", "relay")
    messages = host.wait_for_messages(5)
    assert len({body_of(m) for m in messages}) == 5


def test_commands_of_a_message_share_a_round_trip(idle_host, provider):
    """MAIL, all RCPT and DATA in one group, then the message: RFC 2920 3.1."""
    idle_host.profile["limits"] = {"connections": 1}
    idle_host.write_configuration()
    idle_host.start()
    count = 40
    for i in range(count):
        idle_host.submit("a@example.org", "b@example.org", f"user{i}@example.org")
    idle_host.wait_for_messages(count)
    idle_host.wait_until_empty()
    assert provider.smtp.counts["logins"] == 1
    (connection,) = provider.smtp.connections
    # EHLO, STARTTLS, EHLO, AUTH and its response come beside.
    assert connection.flights <= 8 + 2.25 * count


def test_bad_calls_are_refused_and_queue_nothing(host, provider):
    cases = [
        (("-i",), b"Subject: x\n\n", EX_USAGE),
        (("-t", "-i"), b"Subject: no recipients\n\n", EX_USAGE),
        (("-i", "--no-such-option"), b"", EX_USAGE),
        (("-i", "a@example.org", "-Z"), b"", EX_USAGE),
        (("-t", "-i"), b"To: a@example.org, <broken@@\n\nx\n", EX_DATAERR),
    ]
    for arguments, text, status in cases:
        result = host.sendmail(*arguments, message=text)
        assert result.returncode == status, (arguments, result)
        assert result.stdout == b"" and result.stderr.startswith(b"sendmail: ")
    assert host.spooled() == [] and provider.smtp.messages == []

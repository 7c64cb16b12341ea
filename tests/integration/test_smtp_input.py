"""sendmail -bs: SMTP on standard input and output. 250 means durable, anything else that
nothing is left; nothing is ever said on standard error."""

import os
import random
import re
import resource
import signal
import smtplib
import socket
import subprocess
import threading
from email.message import EmailMessage

import pytest
from harness import BUILD, EX_CONFIG, EX_USAGE, PATIENCE, QUEUE_ID
from privileges import needs_root

# What Symfony's mailer and SwiftMailer look for in the answer to the final dot.
SYMFONY = re.compile(r"250 Ok:? queued as (?P<id>[A-Z0-9]+)\r?$", re.M | re.I | re.S)
TRANSACTION = b"MAIL FROM:<app@example.com>\r\nRCPT TO:<a@example.org>\r\nDATA\r\n"
MESSAGE = b"Subject: test\r\n\r\nHello\r\n.\r\n"


def talk(host, dialogue: bytes, *arguments, **options) -> list:
    """The replies, greeting first, to all of a dialogue at once."""
    result = host.sendmail("-bs", *arguments, message=dialogue, **options)
    assert (result.returncode, result.stderr) == (0, b""), result
    assert result.stdout.endswith(b"\r\n") or not result.stdout
    return result.stdout.decode("ascii").split("\r\n")[:-1]


def codes(replies: list) -> str:
    return " ".join(r[:3] for r in replies if r[3] == " ")


def ids(replies: list) -> list:
    return re.findall(rf"^250 Ok: queued as ({QUEUE_ID})$", "\n".join(replies), re.M)


def spooled(host) -> list:
    """(envelope lines, message) of each file in incoming/, in order."""
    files = [f.read_bytes().partition(b"\n\n") for f in host.files("incoming")]
    return [(head.decode().split("\n"), message) for head, _, message in files]


class Session:
    """A dialogue, step by step, as programs with two pipes have it."""

    def __init__(self, host, *arguments):
        self.process = subprocess.Popen(
            [BUILD / "sendmail", "-C", host.file, "-bs", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
        )
        self.input, self.replies = self.process.stdin, self.process.stdout
        self.buffer = b""
        # A deadlock is a failure, not a test without end.
        self.watchdog = threading.Timer(PATIENCE, self.process.kill)
        self.watchdog.start()

    def __enter__(self):
        return self

    def __exit__(self, kind, _value, _trace):
        if kind:
            self.process.kill()
        self.input.close()
        said = self.process.stderr.read()
        status = self.process.wait(30)
        self.watchdog.cancel()
        self.replies.close()
        self.process.stderr.close()
        assert kind or (status, said) in ((0, b""), (-signal.SIGKILL, b""))

    def reply(self) -> str:
        """One whole reply, as Symfony reads: lines until one without a dash."""
        reply = ""
        while True:
            while b"\n" not in self.buffer:
                more = self.replies.read(65536)
                assert more, "the session ended"
                self.buffer += more
            line, _, self.buffer = self.buffer.partition(b"\n")
            reply += line.decode() + "\n"
            if line[3:4] != b"-":
                return reply

    def ask(self, command: bytes, code: str) -> str:
        self.input.write(command)
        reply = self.reply()
        assert reply.startswith(code), (command, reply)
        return reply


# Callers.


def test_smtp_on_standard_input(host):
    dialogue = (
        b"EHLO [127.0.0.1]\r\nMAIL FROM:<app@example.com>\r\nRCPT TO:<a@example.org>\r\nDATA\r\n"
        b"Subject: by -bs\r\n\r\n..dot\r\n.\r\n"
        b"MAIL FROM:<app@example.com>\nRCPT TO:<b@example.org>\nDATA\nSubject: two\n\nx\n.\nQUIT\n"
    )
    replies = talk(host, dialogue, "-i")
    assert replies[0].startswith("220 ") and replies[-1].startswith("221 ")
    assert len(ids(replies)) == 2
    by_recipient = {m.addresses[0]: m.content for m in host.wait_for_messages(2)}
    assert by_recipient["a@example.org"].endswith(b"\r\n\r\n.dot\r\n")
    assert by_recipient["b@example.org"].endswith(b"\r\n\r\nx\r\n")


@pytest.mark.parametrize(
    "arguments", [["-i"], [], ["-t", "-i"], ["-odb", "-oem"], ["-ti", "-f", "x@y"]]
)
def test_symfony(host, arguments):
    """Its dialogue to the letter: no EHLO, NOOP as ping, RSET after an error, kept open."""
    with Session(host, *arguments) as session:
        assert session.reply().startswith("220 ")
        session.ask(b"HELO [127.0.0.1]\r\n", "250")
        queued = []
        for recipient in (b"a@example.org", b"b@example.org"):
            session.ask(b"MAIL FROM:<app@example.com>\r\n", "250")
            session.ask(b"RCPT TO:<%s>\r\n" % recipient, "250")
            session.ask(b"DATA\r\n", "354")
            session.input.write(b"Subject: hello\r\nFrom: app@example.com\r\n\r\nHello\r\n..\r\n")
            queued.append(SYMFONY.search(session.ask(b"\r\n.\r\n", "250"))["id"])
            session.ask(b"NOOP\r\n", "250")
            session.ask(b"MAIL FROM:<app@example.com>\r\n", "250")
            session.ask(b"RCPT TO:<no one@example.org>\r\n", "553")
            session.ask(b"RSET\r\n", "250")
        session.ask(b"QUIT\r\n", "221")
    messages = host.wait_for_messages(2)
    assert sorted(m.addresses[0] for m in messages) == ["a@example.org", "b@example.org"]
    assert len(set(queued)) == 2
    for name in queued:
        host.wait_for_log(rf"{name}: from=<app@example.com>")
    assert all(m.content.endswith(b"\r\n\r\nHello\r\n.\r\n\r\n") for m in messages)


def test_smtplib_over_a_socket(idle_host):
    """An independent client, with EHLO and parameters."""

    class Client(smtplib.SMTP):
        def _get_socket(self, *_):
            return ours

    ours, theirs = socket.socketpair()
    command = [BUILD / "sendmail", "-C", idle_host.file, "-bs"]
    process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=subprocess.PIPE)
    theirs.close()
    message = EmailMessage()
    message["Subject"], message["From"] = "Grüße", "app@example.com"
    message.set_content("Héllo\n.\n..\n", cte="8bit")
    with Client("localhost", local_hostname="client.example.com") as client:
        client.ehlo()
        offered = {"pipelining", "8bitmime", "smtputf8", "dsn", "help", "size"}
        assert set(client.esmtp_features) == offered
        assert client.esmtp_features["size"] == str(35 * 1024 * 1024)
        refused = client.send_message(
            message,
            to_addrs=["jürgen@example.org", "a b@example.org", "c@example.org"],
            mail_options=["SMTPUTF8", "RET=HDRS", "ENVID=x+2By"],
            rcpt_options=["NOTIFY=SUCCESS,FAILURE"],
        )
        assert list(refused) == ["a b@example.org"] and refused["a b@example.org"][0] == 553
        assert client.verify("root")[0] == 252
        with pytest.raises(smtplib.SMTPNotSupportedError):
            client.login("user", "password")
    said = process.communicate()[1]
    assert (process.returncode, said) == (0, b"")
    ((envelope, content),) = spooled(idle_host)
    assert envelope[4:11] == [
        "sender: app@example.com",
        "body: 8bit",
        "smtputf8: yes",
        "ret: hdrs",
        "envid: x+2By",
        "recipient: jürgen@example.org notify=success,failure",
        "recipient: c@example.org notify=success,failure",
    ]
    assert content.endswith("Héllo\r\n.\r\n..\r\n".encode())


def test_arguments(idle_host):
    result = idle_host.sendmail("-bs", "a@example.org", message=b"NOOP\r\n")
    assert (result.returncode, result.stdout) == (EX_USAGE, b"")
    assert len(result.stderr.splitlines()) == 1
    idle_host.write_configuration(message_size_limit="many")
    result = idle_host.sendmail("-bs", message=b"NOOP\r\n")
    assert (result.returncode, result.stdout) == (EX_CONFIG, b"")
    assert len(result.stderr.splitlines()) == 1


def test_closed_descriptors(idle_host):
    def close():
        for fd in (0, 1, 2):
            os.close(fd)

    command = [BUILD / "sendmail", "-C", idle_host.file, "-bs"]
    assert subprocess.run(command, preexec_fn=close, timeout=30).returncode == 0


# Envelope and message.


def test_envelope(idle_host):
    """Unqualified and local recipients, duplicates, DSN, the null sender, -f without effect."""
    idle_host.aliases.write_text("root: admin@example.net, b@example.org\nwww: root\n")
    replies = talk(
        idle_host,
        b"MAIL FROM:<> RET=FULL\r\n"
        b"RCPT TO:<b@example.org> NOTIFY=NEVER\r\n"
        b"RCPT TO: root NOTIFY=delay,failure\r\n"
        b"RCPT TO:<b@EXAMPLE.org> NOTIFY=SUCCESS\r\n"
        b"RCPT TO:<www> ORCPT=rfc822;first@example.net\r\n"
        b"RCPT TO:<postmaster>\r\n"
        b'RCPT TO:<@relay.example.net:"a b"@[192.0.2.1]>\r\n'
        b"RCPT TO:<\\root>\r\n"
        b"DATA\r\nSubject: x\r\nFrom: root\r\nBcc: secret@example.net\r\n\r\nx\r\n.\r\n",
        "-f",
        "other@example.com",
    )
    assert codes(replies) == "220 250 250 250 250 250 250 250 250 354 250"
    ((envelope, content),) = spooled(idle_host)
    assert envelope[4] == "sender: " and "ret: full" in envelope
    assert [line for line in envelope if line.startswith("recipient: ")] == [
        "recipient: b@example.org notify=never",
        "recipient: admin@example.net notify=failure,delay orcpt=rfc822;root@example.com",
        "recipient: postmaster@example.com",
        'recipient: "a b"@[192.0.2.1]',
        "recipient: root@example.com",
    ]
    # The header is completed as on the command line.
    assert b"From: root@example.com\r\n" in content and b"secret" not in content
    assert b"\r\nDate: " in content and b"\r\nMessage-ID: <" in content


def test_options_that_no_command_replaces(idle_host):
    """-n: no aliases; -G: the header is complete."""
    idle_host.aliases.write_text("root: admin@example.net\n")
    dialogue = b"MAIL FROM:<a@b>\r\nRCPT TO:<root>\r\nDATA\r\nSubject: x\r\n\r\n.\r\n"
    talk(idle_host, dialogue, "-n", "-G")
    ((envelope, content),) = spooled(idle_host)
    assert "recipient: root@example.com" in envelope
    assert content == b"Subject: x\r\n\r\n"


def test_orcpt_of_the_client_wins_over_the_alias(idle_host):
    idle_host.aliases.write_text("root: admin@example.net\n")
    talk(
        idle_host,
        b"MAIL FROM:<a@b>\r\nRCPT TO:<root> ORCPT=rfc822;first@example.net\r\nDATA\r\n.\r\n",
    )
    ((envelope, _),) = spooled(idle_host)
    assert "recipient: admin@example.net orcpt=rfc822;first@example.net" in envelope


SMUGGLED = b"MAIL FROM:<evil@example.com>%bRCPT TO:<victim@example.org>%bDATA%bevil%b.%b"


@pytest.mark.parametrize(
    "end",
    [
        b"\n.\n",
        b"\n.\r\n",
        b"\n.\r",
        b"\r\n.\n",
        b"\r\n.\r",
        b"\r\n.\r\r\n",
        b"\r.\r",
        b"\r.\r\n",
    ],
)
def test_no_smuggling_after_crlf(idle_host, end):
    smuggled = SMUGGLED % ((b"\r\n",) * 5)
    replies = talk(idle_host, TRANSACTION + b"\r\nfirst" + end + smuggled + b"QUIT\r\n")
    # What is smuggled ends as the client ends: the message is one, and holds it all.
    assert codes(replies) == "220 250 250 354 250 221"
    ((envelope, content),) = spooled(idle_host)
    assert "recipient: a@example.org" in envelope and not any("victim" in e for e in envelope)
    assert b"RCPT TO:<victim@example.org>" in content and content.endswith(b"evil\r\n")


@pytest.mark.parametrize("end", [b"\r\n.\r\n", b"\n.\r\n", b"\r.\r", b"\r.\n", b"\r\n.\r"])
def test_no_smuggling_after_lf(idle_host, end):
    lines = TRANSACTION.replace(b"\r\n", b"\n")
    smuggled = SMUGGLED % ((b"\n",) * 5)
    replies = talk(idle_host, lines + b"\nfirst" + end + smuggled + b"QUIT\n")
    assert codes(replies) == "220 250 250 354 250 221"
    ((envelope, content),) = spooled(idle_host)
    assert "recipient: a@example.org" in envelope and not any("victim" in e for e in envelope)
    assert b"RCPT TO:<victim@example.org>" in content and content.endswith(b"evil\r\n")


def test_each_message_ends_as_its_own_data_began(idle_host):
    lf = TRANSACTION.replace(b"\r\n", b"\n") + b"\none\n.\n"
    crlf = TRANSACTION + b"\r\ntwo\n.\nthree\r\n.\r\n"
    replies = talk(idle_host, lf + crlf + lf)
    assert codes(replies) == "220" + " 250 250 354 250" * 3
    endings = [content.split(b"\r\n\r\n")[1] for _, content in spooled(idle_host)]
    assert endings == [b"one\r\n", b"two\r\n.\r\nthree\r\n", b"one\r\n"]


# What cannot be taken.


@pytest.mark.parametrize(
    "last",
    [b"", b".", b".\r", b"Subject: half", b"Subject: x\r\n\r\n.", b"\r\n" + b"x" * 200_000],
    ids=range(6),
)
def test_end_of_input_in_data(idle_host, last):
    assert codes(talk(idle_host, TRANSACTION + last)) == "220 250 250 354"
    assert idle_host.files("incoming") == []


def test_end_of_input_in_a_command(idle_host):
    replies = talk(idle_host, TRANSACTION + MESSAGE + TRANSACTION[:-2])
    assert codes(replies) == "220 250 250 354 250 250 250"
    assert len(idle_host.files("incoming")) == 1


def test_message_size_limit(idle_host):
    idle_host.configuration["message_size_limit"] = "64K"
    idle_host.write_configuration()
    large = b"\r\n" + b"0123456789abcde\r\n" * 8192 + b".\r\n"
    replies = talk(
        idle_host,
        b"MAIL FROM:<a@b> SIZE=65537\r\n" + TRANSACTION + large + TRANSACTION + MESSAGE,
    )
    assert codes(replies) == "220 552 250 250 354 552 250 250 354 250"
    assert [f.name for f in idle_host.files("incoming")] == ids(replies)


def test_header_without_end(idle_host):
    """Bounded, with no word of an endless header in memory for long."""
    endless = b"X-Long: x\r\n" * 1600000 + b".\r\n"
    replies = talk(idle_host, TRANSACTION + endless + TRANSACTION + MESSAGE)
    assert codes(replies) == "220 250 250 354 552 250 250 354 250"
    assert len(idle_host.files("incoming")) == 1


def test_too_little_free_space(idle_host):
    idle_host.write_configuration(minimum_free_space="1000000G")
    replies = talk(idle_host, (TRANSACTION + MESSAGE) * 2 + b"QUIT\r\n")
    assert codes(replies) == "220" + " 250 250 354 452" * 2 + " 221"
    assert idle_host.files("incoming") == []


@needs_root
def test_full_file_system(idle_host):
    idle_host.spool.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=12m,mode=755", "tmpfs", str(idle_host.spool)]
    subprocess.run(mount, check=True)
    try:
        idle_host.write_configuration(minimum_free_space="64K")
        large = b"\r\n" + b"0123456789abcde\r\n" * 1048576 + b".\r\n"
        replies = talk(idle_host, TRANSACTION + large + TRANSACTION + MESSAGE)
        assert codes(replies) == "220 250 250 354 452 250 250 354 250"
        assert [f.name for f in idle_host.files("incoming")] == ids(replies)
    finally:
        subprocess.run(["umount", "-l", str(idle_host.spool)], check=True)


def test_file_size_limit(idle_host):
    large = b"\r\n" + b"0123456789abcde\r\n" * 65536 + b".\r\n"
    replies = talk(
        idle_host,
        TRANSACTION + large + TRANSACTION + MESSAGE,
        limits=[(resource.RLIMIT_FSIZE, 100_000)],
    )
    assert codes(replies) == "220 250 250 354 451 250 250 354 250"
    assert len(idle_host.files("incoming")) == 1


def test_aliases_that_cannot_be_read(idle_host):
    idle_host.aliases.unlink()
    idle_host.aliases.mkdir()
    local = TRANSACTION.replace(b"a@example.org", b"root")
    replies = talk(idle_host, local + MESSAGE + TRANSACTION + MESSAGE)
    assert codes(replies) == "220 250 250 354 451 250 250 354 250"
    assert len(idle_host.files("incoming")) == 1


# Clients that do not listen, and ends that come early.


def test_a_client_that_writes_everything_before_it_reads(idle_host):
    """Fifty thousand recipients, one too many, and a second message in the same breath."""
    recipients = b"".join(b"RCPT TO:<user%d@example.org>\r\n" % i for i in range(50_001))
    dialogue = b"MAIL FROM:<a@b>\r\n" + recipients + b"DATA\r\n" + MESSAGE
    with Session(idle_host) as session:
        for part in (dialogue, TRANSACTION + MESSAGE, b"NOOP\r\n" * 10_000, b"QUIT\r\n"):
            while part:
                part = part[session.input.write(part) :]
        expected = ["220", "250"] + ["250"] * 50_000 + ["452", "354", "250"]
        expected += ["250", "250", "354", "250"] + ["250"] * 10_000 + ["221"]
        assert [session.reply()[:3] for _ in expected] == expected
        assert session.replies.read() == b""
    (many, _), (one, _) = spooled(idle_host)
    assert sum(line.startswith("recipient: ") for line in many) == 50_000
    assert sum(line.startswith("recipient: ") for line in one) == 1


def test_a_client_that_never_reads(idle_host):
    """It ends as soon as nobody can hear it, without a word."""
    with Session(idle_host) as session:
        session.replies.close()
        try:
            for _ in range(100):
                session.input.write(TRANSACTION + MESSAGE)
            session.input.close()
        except BrokenPipeError:
            pass
        assert session.process.wait(30) == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_the_session(idle_host, number):
    with Session(idle_host) as session:
        assert session.reply().startswith("220 ")
        session.ask(b"HELO x\r\n", "250")
        session.ask(b"MAIL FROM:<a@b>\r\n", "250")
        session.ask(b"RCPT TO:<a@example.org>\r\n", "250")
        session.ask(b"DATA\r\n", "354")
        session.input.write(b"Subject: half\r\n\r\n" + b"0123456789abcde\r\n" * 5000)
        session.process.send_signal(number)
        assert session.reply().startswith("421 ")
        assert session.process.wait(30) == 0
    assert idle_host.files("incoming") == []


def test_a_killed_session_leaves_what_it_promised(idle_host):
    with Session(idle_host) as session:
        assert session.reply().startswith("220 ")
        session.input.write(TRANSACTION + MESSAGE + TRANSACTION)
        queued = ids("".join(session.reply() for _ in range(7)).splitlines())
        session.input.write(b"Subject: half\r\n\r\n" + b"0123456789abcde\r\n" * 5000)
        session.process.kill()
        session.process.wait(30)
    assert [f.name for f in idle_host.files("incoming")] == queued and len(queued) == 1


# Anything at all.

WORDS = [
    b"HELO x", b"EHLO x", b"MAIL FROM:", b"RCPT TO:", b"DATA", b"RSET", b"QUI", b"VRFY x", b"NOOP",
    b"<a@example.org>", b"<>", b"root", b'<"a b"@[::1]>', b"<@a,@b:c@d>", b" SIZE=3", b" BODY=8BITMIME",
    b" NOTIFY=NEVER", b" ORCPT=rfc822;x", b" ENVID=+2B", b" RET=HDRS", b" SMTPUTF8", b"Subject: x",
    b"x" * 3000, b"\0", b"\xff", "é".encode(), b"\\", b'"', b"(", b"<", b">", b" ", b".", b"..",
    b"\r\n", b"\r\n", b"\r\n", b"\n", b"\r", b"\r\n.\r\n", b"\n.\n", b"\n.\r\n", b"\r\n.\n",
    TRANSACTION, TRANSACTION, TRANSACTION.replace(b"\r\n", b"\n"), MESSAGE, MESSAGE.replace(b"\r\n", b"\n"),
]  # fmt: skip


def test_random_dialogues(idle_host):
    """Never a crash, never a word on standard error, and in the queue what 250 promised."""
    chance = random.Random(5321)
    promised = []
    for _ in range(150):
        dialogue = b"".join(chance.choices(WORDS, k=chance.randrange(1, 80)))
        promised += ids(talk(idle_host, dialogue))
        assert [f.name for f in idle_host.files("incoming")] == promised, dialogue
    assert len(promised) > 20
    # The reader of the spool understands them all.
    assert len(idle_host.queue()) == len(promised)

"""Programs by which a person, or a script in a person's name, sends mail."""

import pytest
from machine import TEXT

RECIPIENTS = ["bcc@example.org", "cc@example.org", "to@example.org"]
AGENTS = {
    "bsd-mailx": ["bsd-mailx"],
    "s-nail": ["s-nail"],
    "s-nail, waiting": ["s-nail", "-S", "sendwait"],
    # It ends at a lone dot, as on a terminal, unless told otherwise.
    "mailutils": ["mail.mailutils", "-E", "set nodot"],
    "mutt": ["mutt"],
}
COPIES = ("-c", "cc@example.org", "-b", "bcc@example.org")
FIELDS = ("-a", "Cc: cc@example.org", "-a", "Bcc: bcc@example.org")
ASCII = TEXT.encode("ascii", "ignore").decode()


@pytest.mark.parametrize(
    "locale, subject, text", [("C", "Hello", ASCII), ("C.UTF-8", "Grüße", TEXT)], ids=["C", "UTF-8"]
)
@pytest.mark.parametrize("agent", AGENTS)
def test_a_letter_with_copies(machine, agent, locale, subject, text):
    copies = FIELDS if agent == "mailutils" else COPIES
    mail = machine.send(
        *(*AGENTS[agent], "-s", subject, *copies, "to@example.org"),
        input=text.encode(),
        directory="/home/alice",
        environment={"LC_ALL": locale},
    )
    assert sorted(mail.recipients) == RECIPIENTS
    # mailutils completes the name of its user itself, by that of the host.
    assert mail.sender == f"alice@{'host.' if agent == 'mailutils' else ''}example.com"
    assert mail.field("From") == f"Alice Example <{mail.sender}>".encode()
    assert mail.field("To").strip(b"<>") == b"to@example.org"
    assert mail.field("Cc").strip(b"<>") == b"cc@example.org"
    assert mail.subject == subject
    assert mail.text == text


def test_octets_that_their_label_denies(machine):
    """What a script prints in the C locale is called US-ASCII, and arrives as it is."""
    command = ("bsd-mailx", "-s", "Grüße", "to@example.org")
    octets = "ö €\n".encode() + b"\xff\n"
    mail = machine.send(*command, input=octets, environment={"LC_ALL": "C"})
    assert mail.field("Subject") == "Grüße".encode()
    assert mail.body == octets.replace(b"\n", b"\r\n")


SENDERS = {
    "bsd-mailx": ["bsd-mailx", "-r", "boss@example.com"],
    "s-nail": ["s-nail", "-r", "boss@example.com"],
    "mailutils": ["mail.mailutils", "-r", "boss@example.com"],
    "mutt": ["mutt", "-e", "set from=boss@example.com use_envelope_from"],
}


@pytest.mark.parametrize("command", SENDERS.values(), ids=SENDERS.keys())
def test_in_the_name_of_another(machine, command):
    command = (*command, "-s", "Hello", "to@example.org")
    mail = machine.send(*command, input=b"Hello\n", directory="/home/alice")
    assert mail.sender == "boss@example.com"
    assert b"boss@example.com" in mail.field("From")
    assert mail.recipients == ["to@example.org"]
    assert mail.body == b"Hello\r\n"


def test_mail_that_a_script_runs(machine):
    """The one of several programs that Debian's alternatives call mail."""
    mail = machine.send("mail", "-s", "Backup failed", "root", user="root", input=b"Help!\n")
    assert mail.sender == "root@example.com"
    assert mail.recipients == ["operator@example.org"]
    assert mail.field("To") == b"root@example.com"
    assert mail.field("Subject") == b"Backup failed"
    assert mail.body == b"Help!\r\n"


def test_mutt_with_an_attachment_and_notification(machine):
    settings = "set use_envelope_from use_8bitmime dsn_notify=failure,delay dsn_return=hdrs"
    command = ("mutt", "-e", settings, "-s", "Files", "-a", "/etc/mailname", "--")
    mail = machine.send(*command, "to@example.org", input=b"Look.\n", directory="/home/alice")
    assert mail.recipients == ["to@example.org"]
    assert mail.field("Content-Type").startswith(b"multipart/mixed")
    assert b"\r\nLook.\r\n" in mail.body and b"\r\nexample.com\r\n" in mail.body
    message = machine.provider.smtp.messages[-1]
    assert message.parameters["RET"] == "HDRS"
    assert message.recipients[0].parameters["NOTIFY"] == "FAILURE,DELAY"


PATCH = """\
From 0123456789012345678901234567890123456789 Mon Sep 17 00:00:00 2001
From: Alice Example <alice@example.com>
Date: Mon, 2 Jan 2023 10:00:00 +0000
Subject: [PATCH] Grüße

From the start.
.
---
 a | 1 +
"""


@pytest.mark.parametrize("how", [[], ["--sendmail-cmd=/usr/sbin/sendmail"]])
def test_git_send_email(machine, how):
    """One message a patch; recipients are arguments, after -i."""
    files = [machine.write(f"/home/alice/000{n}.patch", PATCH, "alice") for n in (1, 2)]
    result = machine.run(
        *("git", "send-email", "--quiet", "--confirm=never", "--8bit-encoding=UTF-8", *how),
        *("--from=Alice Example <alice@example.com>", "--envelope-sender=bounces@example.com"),
        *("--to=List <list@example.org>", "--cc=cc@example.org", "--bcc=bcc@example.org"),
        *("--suppress-cc=all", *files),
        directory="/home/alice",
    )
    assert (result.returncode, result.stderr) == (0, b""), result
    assert [line.split()[0] for line in result.stdout.splitlines()] == [b"Sent", b"Sent"]
    first, second = sorted(machine.mails(2), key=lambda mail: mail.fields("In-Reply-To"))
    assert second.field("In-Reply-To") == first.field("Message-ID")
    for mail in (first, second):
        assert mail.sender == "bounces@example.com"
        assert sorted(mail.recipients) == ["bcc@example.org", "cc@example.org", "list@example.org"]
        assert mail.field("From") == b"Alice Example <alice@example.com>"
        assert mail.field("To") == b"List <list@example.org>"
        assert mail.subject == "[PATCH] Grüße"
        assert mail.body == b"From the start.\r\n.\r\n---\r\n a | 1 +\r\n"

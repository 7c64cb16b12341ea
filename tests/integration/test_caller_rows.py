"""The programs and libraries that call sendmail, one row each: their exact arguments and what
they write, line ends and all. Where a table of callers leaves the message open, it is one as
that program writes it."""

import os
import re
import signal
import subprocess

import pytest
from harness import BUILD, EX_DATAERR, EX_USAGE, wait_until
from submission_case import (
    ADDED,
    DATE,
    ID,
    LETTER,
    TO,
    Accepted,
    Answered,
    Refused,
    rows,
    wire,
)

ROOT = "root@example.com"
NO_OUTPUTS = {"preexec_fn": lambda: [os.close(fd) for fd in (1, 2)]}


def crlf(text: bytes) -> bytes:
    return text.replace(b"\n", b"\r\n")


CRON = b"""\
From: root (Cron Daemon)
To: root
Subject: Cron <root@web1> run-parts /etc/cron.daily
MIME-Version: 1.0
Content-Type: text/plain; charset=UTF-8
Content-Transfer-Encoding: 8bit
X-Cron-Env: <SHELL=/bin/sh>
X-Cron-Env: <HOME=/root>
X-Cron-Env: <PATH=/usr/bin:/bin>
X-Cron-Env: <LOGNAME=root>

"""
CRON_OUTPUT = b"From the script: done\n.\n..\nline with \xff and \xc3\xa9\n"
CRON_SENT = (
    CRON.replace(b"From: root (", b"From: root@example.com (")
    .replace(b"To: root\n", b"To: root@example.com\n")
    .replace(b"\n\n", b"\n" + DATE + ID + b"\n")
)
CRONIE = b"""\
From: "(Cron Daemon)" <root>
To: root
Subject: Cron <root@web1> job
MIME-Version: 1.0
Content-Type: text/plain; charset=ANSI_X3.4-1968
Content-Transfer-Encoding: 8bit
Auto-Submitted: auto-generated
Precedence: bulk
X-Cron-Env: <LANG=C>

output
"""
AT = b"Subject: Output from your job        3\nTo: root\n\noutput of the job\n"
MDADM = b"""\
From: mdadm monitoring <root>
To: root
Subject: Fail event on /dev/md0:web1

This is an automatically generated mail message.

P.S. The /proc/mdstat file currently contains the following:

Personalities : [raid1]
md0 : active raid1 sdb1[2](F) sda1[0]
"""
SUDO = b"""\
To: root
From: joe
Auto-Submitted: auto-generated
Subject: *** SECURITY information for web1 ***
Content-Type: text/plain; charset="UTF-8"
Content-Transfer-Encoding: 8bit

web1 : Nov 22 09:00:00 : joe : user NOT in sudoers ; COMMAND=/usr/bin/caf\xc3\xa9

"""
LOGWATCH = b"""\
To: root
To: b@example.org
From: Logwatch
Subject: Logwatch for web1 (Linux)
MIME-Version: 1.0
Content-Transfer-Encoding: 7bit
Content-Type: text/plain; charset="iso-8859-1"
Precedence: bulk
Auto-Submitted: auto-generated

 ################### Logwatch 7.5.6 ####################
"""
SUBJECT_TO = b"Subject: [rkhunter] Warnings found\nTo: root\n\nPlease inspect this machine.\n"


def qualified(text: bytes, *, added: bytes = ADDED) -> bytes:
    """`text` with bare To and From completed and `added` at the end of the header."""
    header, _, rest = text.partition(b"\n\n")
    lines = [
        line + b"@example.com" if line in (b"To: root", b"From: joe", b"From: Logwatch") else
        line.replace(b"<root>", b"<root@example.com>") if line.startswith(b"From:") else line
        for line in header.split(b"\n")
    ]
    return b"\n".join(lines) + b"\n" + added + b"\n" + rest


DAEMONS = [
    Accepted("Debian cron", ["-FCronDaemon", "-i", "-B8BITMIME", "-oem", "root"],
             stdin=CRON + CRON_OUTPUT, message=CRON_SENT + CRON_OUTPUT, to=[ROOT],
             environment={"SHELL": "/bin/sh", "LOGNAME": "root"}, popen={"cwd": "/"}),
    Accepted("Debian cron, MAILTO=a,b", ["-FCronDaemon", "-i", "-B8BITMIME", "-oem",
                                         "a@example.org,b@example.org"],
             stdin=CRON + CRON_OUTPUT, message=CRON_SENT + CRON_OUTPUT,
             to=[TO, "b@example.org"]),
    Accepted("Debian cron, no output", ["-FCronDaemon", "-i", "-B8BITMIME", "-oem", "root"],
             stdin=CRON, message=CRON_SENT, to=[ROOT]),
    Accepted("cronie", ["-FCronDaemon", "-i", "-odi", "-oem", "-oi", "-t", "-f", "root"],
             stdin=CRONIE, message=qualified(CRONIE, added=DATE + ID), sender=ROOT, to=[ROOT]),
    Accepted("bcron", ["-FCronDaemon", "-i", "-odi", "-oem", "root"],
             stdin=b"To: <root@example.com>\nFrom: Cron Daemon <root@web1.example.com>\n"
                   b"Subject: CRON: job\n\nout\n",
             message=b"To: <root@example.com>\nFrom: Cron Daemon <root@web1.example.com>\n"
                     b"Subject: CRON: job\n" + DATE + ID + b"\nout\n", to=[ROOT]),
    Accepted("anacron", ["-FAnacron", "-odi", "root"], stdin_is_file=True, to=[ROOT],
             stdin=b"Subject: Anacron job 'cron.daily' on web1\n\nout\n",
             message=b"Subject: Anacron job 'cron.daily' on web1\n" + DATE
             + b"From: Anacron <%USER%>\n" + ID + b"To: undisclosed-recipients:;\n\nout\n"),
    Accepted("systemd-cron", ["-i", "-B8BITMIME", "root"], to=[ROOT],
             stdin=b"From: root (systemd-cron)\nTo: root\nSubject: failed\n\nstatus\n",
             message=b"From: root@example.com (systemd-cron)\nTo: root@example.com\n"
                     b"Subject: failed\n" + DATE + ID + b"\nstatus\n"),
    Accepted("at", ["-i", "root"], stdin=AT, message=qualified(AT), stdin_is_file=True, to=[ROOT],
             no_environment=True, popen={"cwd": "/", **NO_OUTPUTS}),
    Accepted("mdadm", ["-t"], stdin=MDADM, message=qualified(MDADM, added=DATE + ID), to=[ROOT]),
    Accepted("sudo", ["-t"], stdin=SUDO, message=qualified(SUDO, added=DATE + ID), to=[ROOT],
             no_environment=True),
    Accepted("logwatch", ["-t"], stdin=LOGWATCH, message=qualified(LOGWATCH, added=DATE + ID),
             to=[ROOT, "b@example.org"]),
    Accepted("unattended-upgrades", ["-oi", "-t"],
             stdin=b"Subject: unattended-upgrades result\nTo: root\n"
                   b"Auto-Submitted: auto-generated\n\nPackages\n.\n",
             message=b"Subject: unattended-upgrades result\nTo: root@example.com\n"
                     b"Auto-Submitted: auto-generated\n" + ADDED + b"\nPackages\n.\n", to=[ROOT]),
    Accepted("apt-listchanges", ["-oi", "-t"],
             stdin="Auto-Submitted: auto-generated\nTo: root\nSubject: é\n\n— News —\n".encode(),
             message="Auto-Submitted: auto-generated\nTo: root@example.com\nSubject: é\n".encode()
             + ADDED + "\n— News —\n".encode(), to=[ROOT]),
    Accepted("cron-apt", ["-t", "-oi"], stdin=SUBJECT_TO, message=qualified(SUBJECT_TO), to=[ROOT],
             stdin_is_file=True),
    Accepted("popularity-contest", ["-oi", "-f", "popcon@example.org", "survey@popcon.example"],
             stdin=LETTER, sender="popcon@example.org", to=["survey@popcon.example"]),
    Accepted("rkhunter", ["root", "b@example.org"], stdin=SUBJECT_TO,
             message=qualified(SUBJECT_TO), to=[ROOT, "b@example.org"]),
    Accepted("fail2ban", ["-f", "fail2ban@host.example.com", "a@example.org, b@example.org"],
             stdin=b"Subject: [Fail2Ban] sshd: banned 192.0.2.1 from web1\n"
                   b"Date: Sun, 22 Nov 2026 09:00:00 +0000\n"
                   b"From: Fail2Ban <fail2ban@host.example.com>\nTo: a@example.org\n\nHi,\n",
             message=b"Subject: [Fail2Ban] sshd: banned 192.0.2.1 from web1\n"
                     b"Date: Sun, 22 Nov 2026 09:00:00 +0000\n"
                     b"From: Fail2Ban <fail2ban@host.example.com>\nTo: a@example.org\n"
                     + ID + b"\nHi,\n",
             sender="fail2ban@host.example.com", to=[TO, "b@example.org"]),
    Accepted("arpwatch", ["-odi", "root"], program="/usr/lib/sendmail", to=[ROOT],
             stdin=b"From: arpwatch (Arpwatch web1)\nTo: root\nSubject: new station\n\n  hostname: x\n",
             message=b"From: arpwatch@example.com (Arpwatch web1)\nTo: root@example.com\n"
                     b"Subject: new station\n" + DATE + ID + b"\n  hostname: x\n"),
    Accepted("auditd", ["-t"], to=[ROOT],
             stdin=b"To: root\nFrom: root\nSubject: Audit Disk Space Alert: web1\n\nlow\n",
             message=b"To: root@example.com\nFrom: root@example.com\n"
                     b"Subject: Audit Disk Space Alert: web1\n" + DATE + ID + b"\nlow\n"),
    Accepted("warnquota", ["-t"], program="/usr/lib/sendmail", stdin=LETTER,
             to=["someone@example.net"]),
    Refused("netdata's probe", ["-F"], EX_USAGE, "requires an argument", stdin_left=True),
    Accepted("netdata", ["-t", "-f", "netdata@example.net", "-F", "netdata on web1"],
             stdin=b"To: a@example.org\nSubject: web1 critical\nMIME-Version: 1.0\n\nalarm\n",
             message=b"To: a@example.org\nSubject: web1 critical\nMIME-Version: 1.0\n" + DATE
             + b"From: netdata on web1 <netdata@example.net>\n" + ID + b"\nalarm\n",
             sender="netdata@example.net"),
    Accepted("smokeping", ["-f", "smokeping@example.net", TO], program="/usr/lib/sendmail",
             sender="smokeping@example.net"),
    Accepted("busybox crond", ["-ti"], stdin=CRONIE, message=qualified(CRONIE, added=DATE + ID),
             to=[ROOT]),
    Accepted("post-receive-email", ["-t", "-f", "git@example.net"], sender="git@example.net",
             to=["someone@example.net"]),
    Accepted("closed descriptors", [TO], popen={"preexec_fn": lambda: os.closerange(0, 100)},
             stdin=b"", message=ADDED + b"To: undisclosed-recipients:;\n\n", no_environment=True),
]

WITH_BCC = LETTER.replace(b"Subject", b"Bcc: hidden@example.org\nSubject")

MUAS = [
    Accepted("bsd-mailx", ["-i", "-t"], to=[TO, "hidden@example.org"],
             stdin=b"To: a@example.org\nSubject: x\nBcc: hidden@example.org\n"
                   b"MIME-Version: 1.0\nContent-Type: text/plain\n\ntext\n",
             message=b"To: a@example.org\nSubject: x\nMIME-Version: 1.0\n"
                     b"Content-Type: text/plain\n" + ADDED + b"\ntext\n"),
    Accepted("bsd-mailx -r", ["-i", "-t", "-f", "me@example.net"], sender="me@example.net",
             to=["someone@example.net"]),
    Accepted("s-nail", ["-i", "-m", "-v", "-f", "me@example.net", "--", TO, "hidden@example.org"],
             sender="me@example.net", to=[TO, "hidden@example.org"]),
    Accepted("mailutils", ["-oi", "-f", "root@vm", "-t"], sender="root@vm", stdin=WITH_BCC,
             message=LETTER, to=["someone@example.net", "hidden@example.org"]),
    Accepted("mutt", ["-oem", "-oi", "-f", "me@example.net", "-B8BITMIME", "-N", "failure,delay",
                      "-R", "hdrs", "--", TO, "b@example.org"],
             sender="me@example.net", stdin=LETTER + "é\n".encode(), ret="hdrs",
             to=[f"{TO} notify=failure,delay", "b@example.org notify=failure,delay"]),
    Answered("alpine", ["-bs", "-odb", "-oem"], stdin_left=False,
             stdin=b"EHLO host\r\nQUIT\r\n",
             stdout=rb"220 [^\n]+\r\n(250-[^\n]+\r\n)+250 [^\n]+\r\n"
                                                    rb"221 [^\n]+\r\n"),
    Accepted("message.el", ["-oi", "-f", "me@example.net", "-oem", "-odb", "-t"],
             sender="me@example.net", to=["someone@example.net"]),
    Accepted("message.el, resent", ["-oi", "-f", "me@example.net", "-oem", "-odb",
                                    "Al <a@example.org>, b@example.org"],
             sender="me@example.net", to=[TO, "b@example.org"],
             stdin=b"Resent-To: Al <a@example.org>, b@example.org\nResent-From: me@example.net\n"
                   b"Resent-Date: Thu, 1 Jan 2026 12:00:00 +0000\n"
                   b"Resent-Message-ID: <r@example.net>\n" + LETTER),
    Accepted("sendmail.el", ["-oi", "-f", "me@example.net", "-oep", "-N", "success,failure", "-t"],
             sender="me@example.net", to=["someone@example.net notify=success,failure"]),
    Accepted("git send-email", ["-f", "me@example.net", "-i", TO, "b@example.org"],
             sender="me@example.net", to=[TO, "b@example.org"]),
    Accepted("reportbug", ["-oi", "-oem", "-f", "me@example.net",
                           "submit@bugs.example, a@example.org"],
             sender="me@example.net", to=["submit@bugs.example", TO]),
    Accepted("reportbug, separated by blanks", ["-oi", "-oem", "submit@bugs.example a@example.org"],
             to=["submit@bugs.example", TO]),
    Accepted("bts", ["-t"], to=["someone@example.net"]),
    Accepted("claws-mail", ["-t", "-i"], to=["someone@example.net"]),
    Accepted("evolution", ["-i", "-f", "me@example.net", "--", TO], sender="me@example.net"),
]

PHP = (
    b"To: a@example.org\r\nSubject: \xc3\xa9t\xc3\xa9\r\nX-PHP-Originating-Script: 33:mail.php\r\n"
    b"From: shop@example.net\r\nBcc: b@example.org\r\n\r\nfirst\nsecond\n.\nlast\r\n"
)
PHP_SENT = (
    b"To: a@example.org\nSubject: \xc3\xa9t\xc3\xa9\nX-PHP-Originating-Script: 33:mail.php\n"
    b"From: shop@example.net\n" + DATE + ID + b"\nfirst\nsecond\n.\nlast\n"
)
MIXED_AND_TORN = b"To: a@example.org\r\nSubject: x\n\r\nbody\rwith\r\r\nends\n\r"

LIBRARIES = [
    Accepted("PHP mail()", ["-t", "-i"], stdin=PHP, message=PHP_SENT, to=[TO, "b@example.org"],
             program="/usr/sbin/sendmail"),
    Accepted("PHP mail(), -f in the parameters", ["-t", "-i", "-fbounce@example.net"], stdin=PHP,
             message=PHP_SENT, to=[TO, "b@example.org"], sender="bounce@example.net"),
    Accepted("PHP mail(), mixed_lf_and_crlf", ["-t", "-i"], stdin=PHP.replace(b"\r", b""),
             message=PHP_SENT, to=[TO, "b@example.org"]),
    Accepted("PHPMailer", ["-fbounce@example.net", "-i", "-t"], stdin=crlf(LETTER), message=LETTER,
             sender="bounce@example.net", to=["someone@example.net"]),
    Accepted("Symfony -t", ["-i", "-f", "me@example.net", TO, "b@example.org"],
             sender="me@example.net", to=[TO, "b@example.org"]),
    Accepted("Symfony -t without -i stuffs dots", ["-fme@example.net", TO],
             stdin=LETTER + b"..\n", sender="me@example.net"),
    Accepted("Laminas", ["-t", "-i", "-fme@example.net"], sender="me@example.net",
             to=["someone@example.net"]),
    Accepted("PEAR Mail", ["-i", "-fme@example.net", "--", TO, "b@example.org"],
             sender="me@example.net", to=[TO, "b@example.org"]),
    Accepted("Email::Sender", ["-i", "-f", "me@example.net", "--", TO], sender="me@example.net"),
    Accepted("Email::Sender, null sender", ["-i", "-f", "", "--", TO], sender=""),
    Accepted("MIME::Lite", ["-t", "-oi", "-oem"], program="/usr/lib/sendmail",
             to=["someone@example.net"]),
    Accepted("Mail::Mailer", ["-t"], to=["someone@example.net"]),
    Accepted("Ruby's mail", ["-i", "-f", "me@example.net", "--", TO, "b@example.org"],
             sender="me@example.net", to=[TO, "b@example.org"], stdin=LETTER + b"\n"),
    Accepted("nodemailer", ["-i", "-f", "me@example.net", TO, "hidden@example.org"],
             stdin=crlf(WITH_BCC), message=LETTER, sender="me@example.net",
             to=[TO, "hidden@example.org"]),
    Accepted("nodemailer without sender", ["-i", TO], stdin=crlf(LETTER), message=LETTER),
    Accepted("gomail", ["-f", "me@example.net", "-i", TO], stdin=crlf(LETTER), message=LETTER,
             sender="me@example.net"),
    Accepted("go-mail", ["-oi", "-t"], stdin=crlf(LETTER), message=LETTER,
             to=["someone@example.net"]),
    Accepted("lettre", ["-i", "-f", "me@example.net", "--", TO], stdin=crlf(LETTER),
             message=LETTER, sender="me@example.net"),
    Accepted("Python", ["-t", "-i"], to=["someone@example.net"]),
    Accepted("Python, -oi", ["-t", "-oi"], to=["someone@example.net"]),
    Refused("Bugzilla does not take a bad address for an unknown user",
            ["-i", "-f", "b@example.net",
                                                                         "--", "joe@@example.org"],
            EX_DATAERR, "joe@@example.org"),
    Accepted("RT", ["-oi", "-f", "rt@example.net", "-t"], sender="rt@example.net",
             to=["someone@example.net"]),
    Accepted("RT, bounce", ["-oi", "-f", "<>", "-t"], sender="", to=["someone@example.net"]),
    Accepted("RT, a second -f", ["-oi", "-f", "rt@example.net", "-t", "-f", "rt-joe=x@example.net"],
             sender="rt-joe=x@example.net", to=["someone@example.net"]),
    Accepted("RT, delivery and error mode", ["-oi", "-ODeliveryMode=b", "-OErrorMode=m", "-t"],
             to=["someone@example.net"]),
    Accepted("Sympa", ["-oi", "-odi", "-oem", "-N", "success,delay,failure", "-V00000123", "-f",
                       "list-owner@example.net", "--", TO, "b@example.org"],
             sender="list-owner@example.net", envid="00000123",
             to=[f"{TO} notify=success,failure,delay",
                 "b@example.org notify=success,failure,delay"]),
    Accepted("Sympa, 12,000 recipients", ["-oi", "-odi", "-oem", "-f", "", "--",
                                          *(f"r{i}@example.org" for i in range(12000))],
             sender="", to=[f"r{i}@example.org" for i in range(12000)]),
    Accepted("Majordomo", ["-oi", "-oee", "-flist-owner@example.net", TO],
             program="/usr/lib/sendmail", sender="list-owner@example.net"),
    Accepted("all line ends at once", ["-t"], stdin=MIXED_AND_TORN,
             message=b"To: a@example.org\nSubject: x\n" + ADDED + b"\nbody with\nends\n"),
]

AGENTS = [
    Accepted("procmail", ["-oi", TO], environment={"LOGNAME": "joe"}),
    Accepted("maildrop", ["-oi", "-f", "", TO], sender=""),
    Accepted("vacation", ["-oi", "-f", "joe", "--", TO], sender="joe@example.com"),
    Accepted("Dovecot", ["-i", "-f", "me@example.net", "--", TO], sender="me@example.net"),
    Accepted("Dovecot, null sender", ["-i", "-f", "<>", "--", TO], sender="",
             stdin=crlf(LETTER), message=LETTER),
    Accepted("INN", ["-oi", "-oem", TO]),
    Accepted("rmail's sendmail", ["-oee", "-odq", "-oi", "-fjoe@uucp.example", TO],
             sender="joe@uucp.example", told=False),
]

# SwiftMailer and Symfony open no EHLO.
SWIFT = (
    b"HELO [127.0.0.1]\r\nMAIL FROM:<me@example.net>\r\nRCPT TO:<a@example.org>\r\n"
    b"RCPT TO:<root>\r\nDATA\r\n" + crlf(LETTER + b"..\n") + b".\r\nQUIT\r\n"
)
SWIFT_ANSWERS = (
    rb"220 [^\n]+\r\n250 [^\n]+\r\n250 [^\n]+\r\n25[012] [^\n]+\r\n25[012] [^\n]+\r\n354 [^\n]+\r\n"
    rb"250 Ok: queued as [0-9A-F]{12}\r\n221 [^\n]+\r\n"
)
DIALOGUES = [
    Accepted(name, argv, stdin=SWIFT, message=LETTER + b".\n", sender="me@example.net",
             to=[TO, ROOT], dialogue=SWIFT_ANSWERS)
    for name, argv in (
        ("Symfony", ["-bs"]), ("Laravel", ["-bs", "-i"]), ("Alpine", ["-bs", "-odb", "-oem"]),
    )
]


@rows(*DAEMONS)
def test_daemon(quiet_host, case):
    case.run(quiet_host)


@rows(*MUAS)
def test_mua(quiet_host, case):
    case.run(quiet_host)


@rows(*LIBRARIES, *AGENTS)
def test_library(quiet_host, case):
    case.run(quiet_host)


@rows(*DIALOGUES)
def test_dialogue(quiet_host, case):
    case.run(quiet_host)


LYING = {"USER": "liar", "LOGNAME": "liar", "MAILUSER": "liar", "NULLMAILER_USER": "liar",
         "SUDO_USER": "liar", "EMAIL": "liar@example.org", "HOME": "/nonexistent"}


def test_environment_is_not_believed(quiet_host):
    Accepted("lying", [TO], environment=LYING).run(quiet_host)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_killed_before_the_end(quiet_host, number):
    """cronie kills its mailer, nodemailer interrupts it: half a message is none."""
    process = subprocess.Popen(
        [BUILD / "sendmail", "-C", quiet_host.file, "-i", TO],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=quiet_host.environment(),
    )
    process.stdin.write(LETTER * 1000)
    process.stdin.flush()
    wait_until(lambda: spool_is_open(process.pid), "sendmail to have begun")
    process.send_signal(number)
    stderr = process.communicate(timeout=30)[1]
    if number == signal.SIGKILL:
        assert (process.returncode, stderr) == (-signal.SIGKILL, b"")
    else:
        assert (process.returncode, len(stderr.splitlines())) == (75, 1)
    assert quiet_host.files("incoming") == [] and quiet_host.told() == []


def spool_is_open(pid: int) -> bool:
    """The message file has no name yet, but a descriptor."""
    descriptors = f"/proc/{pid}/fd"
    links = (os.readlink(f"{descriptors}/{fd}") for fd in os.listdir(descriptors))
    return any("/incoming/" in link for link in links)


END_TO_END = [DAEMONS[0], MUAS[0], LIBRARIES[0], AGENTS[0]]


def test_end_to_end(host, provider):
    """What is on disk after the same calls is what the relay gets."""
    for case in END_TO_END:
        result = host.sendmail(*case.argv, message=case.stdin)
        assert (result.returncode, result.stdout, result.stderr) == (0, b"", b""), case.name
    messages = host.wait_for_messages(len(END_TO_END))
    arrived = {tuple(message.addresses): message.content for message in messages}
    for case in END_TO_END:
        content = arrived[tuple(case.to)]
        assert content.startswith(b"Received: ")
        assert re.search(wire(case.message or case.stdin) + b"$", content), case.name

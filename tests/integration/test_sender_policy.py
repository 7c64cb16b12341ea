"""untrusted_sender: what becomes of mail that says it is from somebody else."""

import os
import pwd
import re

from harness import EX_NOPERM, SENDER

ME = pwd.getpwuid(os.geteuid()).pw_name
FORGED = b"X-Authentication-Warning: host.example.com: root set sender to me using -f\n"


def configure(host, untrusted_sender, *trusted):
    """Without `trusted` nobody is: the tests' own user is often root."""
    host.configuration["untrusted_sender"] = untrusted_sender
    host.configuration["trusted_users"] = list(trusted)
    host.write_configuration()


def header_lines(message) -> list:
    """Without our Received field, which is always first."""
    header, _, _ = message.content.partition(b"\r\n\r\n")
    unfolded = re.sub(rb"\r\n[ \t]", b" ", header).decode()
    received, *fields = unfolded.split("\r\n")
    assert received.startswith("Received: ")
    return fields


def assert_refused(host, result):
    assert (result.returncode, result.stdout) == (EX_NOPERM, b""), result
    (line,) = result.stderr.splitlines()
    assert line.startswith(b"sendmail: ") and SENDER.encode() in line
    assert host.files("incoming") == []


def test_reject(idle_host, provider):
    configure(idle_host, "reject")
    assert_refused(idle_host, idle_host.sendmail("-f", SENDER, "a@example.org", message=b"\nx\n"))
    own = (f"{ME}@example.com", f"{ME.upper()}@HOST.example.com", ME, "", "<>")
    for arguments in (*(("-f", address) for address in own), ()):
        result = idle_host.sendmail("-i", *arguments, "a@example.org", message=b"\nx\n")
        assert (result.returncode, result.stderr) == (0, b""), arguments
    assert len(idle_host.files("incoming")) == 6
    configure(idle_host, "reject", ME)
    idle_host.submit("a@example.org")


def test_warn(host, provider):
    configure(host, "warn")
    host.submit("a@example.org", message=FORGED + b"Subject: x\n" + FORGED + b"\nbody\n")
    (message,) = host.wait_for_messages()
    first, *others = header_lines(message)
    assert first == (
        f"X-Authentication-Warning: host.example.com: {ME} set sender to {SENDER} using -f"
    )
    assert not [line for line in others if "Authentication" in line]


def test_accept_and_trust_change_nothing(host, provider):
    configure(host, "accept")
    host.submit("a@example.org", message=FORGED + b"Subject: x\n\nbody\n")
    configure(host, "warn", str(os.geteuid()))
    host.submit("a@example.org", message=FORGED + b"Subject: x\n\nbody\n")
    for message in host.wait_for_messages(2):
        lines = [line for line in header_lines(message) if "Authentication" in line]
        assert lines == [FORGED.decode().strip()]

"""Programs that a mail server runs for a user, and that send on what they were given."""

from machine import TEXT

MESSAGE = (
    "Return-Path: <sender@example.net>\nFrom: Sender <sender@example.net>\n"
    "To: bob@example.com\nSubject: Question\nMessage-ID: <1@example.net>\n"
    f"Date: Mon, 2 Jan 2023 10:00:00 +0000\nContent-Type: text/plain; charset=UTF-8\n\n{TEXT}"
).encode()
BODY = TEXT.replace("\n", "\r\n").encode()


PROCMAILRC = ":0 w\n! fwd@example.org two@example.org\n"


def test_procmail(machine):
    """Told to wait for the programs it runs, it says when one fails."""
    rules = machine.write("/home/bob/.procmailrc", PROCMAILRC, "bob")
    separator = b"From sender@example.net Mon Jan  2 10:00:00 2023\n"
    mail = machine.send("procmail", rules, user="bob", input=separator + MESSAGE)
    assert mail.sender == "bob@example.com"
    assert mail.recipients == ["fwd@example.org", "two@example.org"]
    assert mail.field("From") == b"Sender <sender@example.net>"
    assert mail.field("Message-ID") == b"<1@example.net>"
    assert mail.field("To") == b"bob@example.com"
    # A mailbox ends every message by an empty line.
    assert mail.body == BODY + b"\r\n"


DOVECOT = """
mail_location = maildir:~/Maildir
log_path = /dev/stderr
postmaster_address = postmaster@example.com
protocol lda {
  mail_plugins = sieve
}
plugin {
  sieve = file:~/sieve;active=~/.dovecot.sieve
}
"""


def sieve(machine, script: str):
    configuration = machine.write("/etc/dovecot/lda.conf", DOVECOT)
    machine.write("/home/bob/.dovecot.sieve", script, "bob")
    # It remembers what it answered and sent on.
    machine.run("rm", "-f", "/home/bob/.dovecot.lda-dupes", user="bob")
    lda = ("/usr/lib/dovecot/dovecot-lda", "-c", configuration)
    lda += ("-f", "sender@example.net", "-a", "bob@example.com")
    result = machine.run(*lda, user="bob", input=MESSAGE, directory="/home/bob")
    assert result.returncode == 0 and b": Info: " in result.stderr, result
    assert b"Error" not in result.stderr and b"Warning" not in result.stderr, result
    return machine.mail()


def test_sieve_redirect(machine):
    mail = sieve(machine, 'redirect "fwd@example.org";\n')
    assert mail.sender == "sender@example.net"
    assert mail.recipients == ["fwd@example.org"]
    assert mail.field("From") == b"Sender <sender@example.net>"
    assert mail.body == BODY


def test_sieve_vacation(machine):
    """Answers have the null sender, as the argument <> of -f."""
    mail = sieve(machine, 'require "vacation";\nvacation "Away.";\n')
    assert mail.sender == ""
    assert mail.recipients == ["sender@example.net"]
    assert mail.field("Auto-Submitted").startswith(b"auto-replied")

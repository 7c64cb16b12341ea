"""Perl: Email::Sender, which gives recipients as arguments, and MIME::Lite, which does not."""

from machine import TEXT

EMAIL_SENDER = """
use strict; use warnings;
use Email::Sender::Simple qw(sendmail);
use Email::Simple;
local $/; my $body = <STDIN>;
my $email = Email::Simple->create(
    header => [From => 'app@example.com', To => 'to@example.org', Subject => 'Hello'],
    body => $body);
my @to = qw(to@example.org other@example.net);
exit !sendmail($email, { from => $ARGV[0], to => \\@to });
"""


def test_email_sender(machine):
    command = ("perl", "-e", EMAIL_SENDER, "bounces@example.com")
    mail = machine.send(*command, user="www-data", input=TEXT.encode())
    assert mail.sender == "bounces@example.com"
    assert mail.recipients == ["to@example.org", "other@example.net"]
    assert mail.field("From") == b"app@example.com"
    assert mail.field("To") == b"to@example.org"
    assert mail.body == TEXT.replace("\n", "\r\n").encode()


def test_email_sender_without_return_path(machine):
    """The null sender is an empty argument after -f."""
    mail = machine.send("perl", "-e", EMAIL_SENDER, "", input=b"Hello\n")
    assert mail.sender == ""
    assert mail.field("From") == b"app@example.com"


MIME_LITE = """
use strict; use warnings;
use MIME::Lite;
local $/; my $body = <STDIN>;
my $message = MIME::Lite->new(
    From => 'App <app@example.com>', To => 'to@example.org, two@example.org',
    Cc => 'cc@example.org', Bcc => 'bcc@example.org', Subject => 'Hello',
    Type => 'multipart/mixed');
$message->attach(Type => 'text/plain; charset=UTF-8', Encoding => '8bit', Data => $body);
$message->attach(Type => 'application/octet-stream', Encoding => 'base64', Data => "\\0\\1\\r\\n");
exit !$message->send(@ARGV);
"""


def test_mime_lite(machine):
    """It runs /usr/lib/sendmail."""
    mail = machine.send("perl", "-e", MIME_LITE, user="www-data", input=TEXT.encode())
    assert mail.sender == "app@example.com"
    assert sorted(mail.recipients) == [
        *("bcc@example.org", "cc@example.org", "to@example.org", "two@example.org"),
    ]
    assert mail.field("Cc") == b"cc@example.org"
    assert mail.field("X-Mailer").startswith(b"MIME::Lite")
    assert TEXT.replace("\n", "\r\n").encode() in mail.body
    assert b"\r\n\r\nAAENCg==\r\n" in mail.body

"""PHP: mail(), PHPMailer, and Symfony Mailer, which Laravel builds on."""

import pytest
from machine import TEXT

MAIL = r"""
$text = file_get_contents("php://stdin");
$headers = "From: Björn <app@example.com>\r\nBcc: bcc@example.org\r\nX-Field: ä";
$to = "to@example.org, Two <two@example.org>";
exit(mail($to, "Grüße", $text, $headers, ...array_slice($argv, 1)) ? 0 : 1);
"""


def php(machine, program: str, *arguments, text: str = TEXT, settings=()):
    options = [word for setting in settings for word in ("-d", setting)]
    command = ("php", *options, "-r", program, "--", *arguments)
    return machine.send(*command, user="www-data", input=text.encode())


@pytest.mark.parametrize("settings", [[], ["mail.mixed_lf_and_crlf=1"]])
def test_mail(machine, settings):
    """PHP 8 ends the lines of the header by CRLF, and leaves those of the body alone."""
    mail = php(machine, MAIL, "-fbounces@example.com", settings=settings)
    assert mail.sender == "bounces@example.com"
    assert mail.recipients == ["to@example.org", "two@example.org", "bcc@example.org"]
    assert mail.field("Subject") == "Grüße".encode()
    assert mail.field("From") == "Björn <app@example.com>".encode()
    assert mail.field("X-Field") == "ä".encode()
    # PHP ends the body by a line end of its own.
    assert mail.body == (TEXT + "\n").replace("\n", "\r\n").encode()


def test_mail_without_a_sender(machine):
    assert php(machine, MAIL).sender == "www-data@example.com"


def test_mail_with_a_long_line(machine):
    """What no relay takes in one line arrives in several, and nothing of it is lost."""
    long = "<html>" + 300 * "<p>Grüße</p>" + "</html>"
    mail = php(machine, MAIL, text=long)
    lines = mail.body.split(b"\r\n")
    assert all(len(line) <= 998 for line in lines)
    assert mail.body.replace(b"\r\n ", b"").decode() == long + "\r\n"


PHPMAILER = r"""
require "libphp-phpmailer/autoload.php";
$mailer = new PHPMailer\PHPMailer\PHPMailer(true);
$mailer->isSendmail();
$mailer->CharSet = "UTF-8";
$mailer->Encoding = "8bit";
$mailer->setFrom("app@example.com", "Björn");
$mailer->addAddress("to@example.org", "Doe, J");
$mailer->addCC("cc@example.org");
$mailer->addBCC("bcc@example.org");
$mailer->addReplyTo("reply@example.com");
$mailer->Subject = "Grüße";
$mailer->Body = file_get_contents("php://stdin");
exit($mailer->send() ? 0 : 1);
"""


def test_phpmailer(machine):
    mail = php(machine, PHPMAILER)
    assert mail.sender == "app@example.com"
    assert mail.recipients == ["to@example.org", "cc@example.org", "bcc@example.org"]
    assert mail.field("To") == b'"Doe, J" <to@example.org>'
    assert mail.field("Reply-To") == b"reply@example.com"
    assert mail.subject == "Grüße"
    assert mail.text == TEXT


SYMFONY = r"""
require "Symfony/Component/Mailer/autoload.php";
use Symfony\Component\Mime;
$transport = Symfony\Component\Mailer\Transport::fromDsn($argv[1]);
$text = file_get_contents("php://stdin");
for ($n = 1; $n <= $argv[2]; $n++) {
    $email = (new Mime\Email())->from(new Mime\Address("app@example.com", "Björn"))
        ->to("to@example.org")->cc("cc@example.org")->bcc("bcc@example.org")
        ->returnPath("bounces@example.com")->subject("Grüße $n")->text($text);
    $dialogue = $transport->send($email)->getDebug();
    if (preg_match('/ 250 Ok: queued as (\w+)\r?$/m', $dialogue, $found)) echo "$found[1]\n";
}
"""
SYMFONY_RECIPIENTS = ["to@example.org", "cc@example.org", "bcc@example.org"]


@pytest.mark.parametrize("flags, dots", [("-t -i", "."), ("-t", "..")])
def test_symfony_mailer(machine, flags, dots):
    """With -t it gives recipients as arguments.

    Without -i it doubles leading dots, which stay, as with Postfix.
    """
    url = f"sendmail://default?command=/usr/sbin/sendmail {flags}".replace(" ", "%20")
    mail = php(machine, SYMFONY, url, "1", text="one\n.two\nthree\n")
    assert mail.sender == "bounces@example.com"
    assert mail.recipients == SYMFONY_RECIPIENTS
    assert mail.subject == "Grüße 1"
    assert mail.text == f"one\n{dots}two\nthree\n"


@pytest.mark.parametrize("url", ["sendmail://default", "native://default"])
def test_symfony_mailer_speaks_smtp(machine, url):
    """Its default is sendmail -bs: one process for several messages.

    Later versions look for the queue id in the reply to each.
    """
    settings = ["sendmail_path=/usr/sbin/sendmail -bs"] if "native" in url else []
    command = [word for setting in settings for word in ("-d", setting)]
    command = ["php", *command, "-r", SYMFONY, "--", url, "3"]
    result = machine.run(*command, user="www-data", input=TEXT.encode())
    assert (result.returncode, result.stderr) == (0, b""), result
    identifiers = result.stdout.split()
    mails = sorted(machine.mails(3), key=lambda mail: mail.subject)
    for number, mail, identifier in zip((1, 2, 3), mails, identifiers, strict=True):
        assert b"id " + identifier + b";" in mail.field("Received")
        assert mail.sender == "bounces@example.com"
        assert mail.recipients == SYMFONY_RECIPIENTS
        assert mail.subject == f"Grüße {number}"
        # One line end more than the text had: Symfony sends it before the dot.
        assert mail.text == TEXT + "\n"

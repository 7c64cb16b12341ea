"""Python: the two recipes that programs use, with both line ends of the standard library."""

import pytest
from machine import TEXT

PROGRAM = """
import email.message, email.policy, subprocess, sys

message = email.message.EmailMessage()
message["From"] = "Bjørn Ås <app@example.com>"
message["To"] = "to@example.org, \\"Doe, J\\" <doe@example.org>"
message["Bcc"] = "bcc@example.org"
message["Subject"] = "Grüße"
message["Message-ID"] = "<1@app.example.com>"
message.set_content(sys.stdin.read(), cte="8bit")
policy = getattr(email.policy, sys.argv[1])
octets = message.as_bytes(policy=policy.clone(max_line_length=200))
done = subprocess.run(sys.argv[2:], input=octets, check=True, capture_output=True)
sys.exit(done.stdout + done.stderr != b"")
"""
RECIPES = {
    "-t": ["-t", "-i"],
    "-f": ["-i", "-f", "bounces@example.com", "--", "to@example.org", "doe@example.org"],
}


@pytest.mark.parametrize("policy", ["SMTP", "default", "SMTPUTF8"])
@pytest.mark.parametrize("recipe", RECIPES)
@pytest.mark.parametrize("user", ["www-data", 4242])
def test_email_message(machine, policy, recipe, user):
    command = ("python3", "-c", PROGRAM, policy, "/usr/sbin/sendmail", *RECIPES[recipe])
    mail = machine.send(*command, user=user, input=TEXT.encode())
    recipients = ["to@example.org", "doe@example.org"]
    if recipe == "-t":
        name = "www-data" if user == "www-data" else "uid4242"
        assert mail.sender == f"{name}@example.com"
        assert mail.recipients == [*recipients, "bcc@example.org"]
    else:
        assert mail.sender == "bounces@example.com"
        assert mail.recipients == recipients
    assert mail.field("Message-ID") == b"<1@app.example.com>"
    assert mail.field("To") == b'to@example.org, "Doe, J" <doe@example.org>'
    assert mail.subject == "Grüße"
    assert b"<app@example.com>" in mail.field("From")
    assert mail.body == TEXT.replace("\n", "\r\n").encode()

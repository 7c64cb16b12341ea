"""Node.js: nodemailer's sendmail transport."""

import pytest
from machine import TEXT

PROGRAM = """
const transport = require("nodemailer").createTransport(JSON.parse(process.argv[1]));
const text = require("fs").readFileSync(0, "utf8");
const message = {
  from: "Björn <app@example.com>", to: ["to@example.org", "Two <two@example.org>"],
  bcc: "bcc@example.org", subject: "Grüße", text, messageId: "<1@app.example.com>",
};
transport.sendMail(message, (error) => { if (error) throw error; });
"""


@pytest.mark.parametrize(
    "options",
    [
        '{"sendmail": true}',
        '{"sendmail": true, "newline": "windows", "path": "/usr/sbin/sendmail"}',
        '{"sendmail": true, "args": ["-t", "-f", "app@example.com"]}',
    ],
)
def test_nodemailer(machine, options):
    """Bcc stays in the header, to be removed, while recipients are arguments."""
    mail = machine.send("node", "-e", PROGRAM, options, user="www-data", input=TEXT.encode())
    assert mail.sender == "app@example.com"
    assert mail.recipients == ["to@example.org", "two@example.org", "bcc@example.org"]
    assert mail.field("To") == b"to@example.org, Two <two@example.org>"
    assert mail.field("Message-ID") == b"<1@app.example.com>"
    assert mail.subject == "Grüße"
    assert mail.text == TEXT

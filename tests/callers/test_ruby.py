"""Ruby: the mail gem, which Rails' ActionMailer uses, too."""

import pytest
from machine import TEXT

PROGRAM = """
require "mail"
Mail.defaults { delivery_method :sendmail, *(ARGV[0] ? [{arguments: ARGV[0]}] : []) }
text = STDIN.read
Mail.deliver do
  self.charset = "UTF-8"
  from "Björn <app@example.com>"
  to ["to@example.org", "o'neil+tag@example.org"]
  bcc "bcc@example.org"
  subject "Grüße"
  body text
  self.transport_encoding = "8bit"
end
"""


@pytest.mark.parametrize("arguments", [[], ["-i -t"]])
def test_mail_gem(machine, arguments):
    mail = machine.send("ruby", "-e", PROGRAM, *arguments, user="www-data", input=TEXT.encode())
    assert mail.sender == "app@example.com"
    recipients = ["bcc@example.org", "o'neil+tag@example.org", "to@example.org"]
    assert sorted(mail.recipients) == recipients
    assert mail.subject == "Grüße"
    assert mail.text == TEXT

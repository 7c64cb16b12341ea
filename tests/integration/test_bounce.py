"""What cannot be delivered goes back to its sender, RFC 3464; never in silence, never twice."""

import email
import email.policy

import pytest
from harness import SENDER
from scenario import Reply

UNKNOWN = Reply(550, "5.1.1 Mailbox does not exist")
TEXT = b"From: app@example.com\nTo: x@example.org\nSubject: original\n\nOriginal body\n"


def report_of(message):
    """(whole report, its per-message fields, the fields of each recipient)."""
    report = email.message_from_bytes(message.content, policy=email.policy.default)
    assert report.get_content_type() == "multipart/report"
    assert report.get_param("report-type") == "delivery-status"
    text, status, original = report.get_payload()
    assert text.get_content_type() == "text/plain"
    assert status.get_content_type() == "message/delivery-status"
    about_message, *about_recipients = [
        block for block in status.get_payload() if block.items()
    ]
    return report, about_message, about_recipients, original


def test_one_of_three_recipients_refused(host, provider):
    provider.smtp.script.add("rcpt", UNKNOWN, address="bad@*")
    host.submit("one@example.org", "bad@example.org", "two@example.org", message=TEXT)
    first, bounce = host.wait_for_messages(2)
    assert first.addresses == ["one@example.org", "two@example.org"]
    assert (bounce.sender, bounce.addresses) == ("", [SENDER])

    report, about_message, (recipient,), original = report_of(bounce)
    assert "alerts@example.com" in report["From"]
    assert SENDER in report["To"]
    assert report["Auto-Submitted"] and report["Auto-Submitted"] != "no"
    assert report["Message-ID"] and report["Date"] and report["Subject"]
    assert about_message["Reporting-MTA"] == "dns; host.example.com"
    assert recipient["Final-Recipient"].replace(" ", "") == "rfc822;bad@example.org"
    assert recipient["Action"] == "failed"
    assert recipient["Status"] == "5.1.1"
    assert recipient["Diagnostic-Code"].startswith("smtp; 550 5.1.1 Mailbox does not exist")
    assert b"Subject: original" in original.as_bytes()

    host.wait_until_empty()
    host.wait_for_log(r"to=<bad@example\.org>, .*dsn=5\.1\.1, status=bounced \(.*550 ")
    host.wait_for_log(r"postoak/bounce\[\d+\]: [0-9A-F]{12}: sender non-delivery notification: ")
    assert len(provider.smtp.messages) == 2


@pytest.mark.parametrize("stage", ["mail", "data", "dot"])
def test_message_refused(host, provider, stage):
    provider.smtp.script.add(stage, Reply(554, "5.6.0 Content refused"))
    host.submit("one@example.org", "two@example.org", message=TEXT)
    (bounce,) = host.wait_for_messages()
    _, _, recipients, original = report_of(bounce)
    assert {r["Status"] for r in recipients} == {"5.6.0"}
    assert len(recipients) == 2
    assert original.get_content_type() == "message/rfc822"
    assert "Original body" in original.as_string()
    host.wait_until_empty()


def test_headers_only_where_asked(host, provider):
    provider.smtp.script.add("rcpt", UNKNOWN)
    arguments = ("-i", "-f", SENDER, "-R", "hdrs", "bad@example.org")
    assert host.sendmail(*arguments, message=TEXT).returncode == 0
    (bounce,) = host.wait_for_messages()
    *_, original = report_of(bounce)
    assert original.get_content_type() == "text/rfc822-headers"
    assert b"Subject: original" in bounce.content and b"Original body" not in bounce.content


def test_notify_never_is_honoured(host, provider):
    provider.smtp.script.add("rcpt", UNKNOWN)
    arguments = ("-i", "-f", SENDER, "-N", "never", "bad@example.org")
    assert host.sendmail(*arguments, message=TEXT).returncode == 0
    host.wait_for_log("status=bounced")
    host.wait_until_empty()
    assert provider.smtp.messages == []


@pytest.mark.parametrize("relay_reports", [False, True], ids=["without DSN", "with DSN"])
def test_notify_success(host, provider, relay_reports):
    """RFC 3461 5.2.2: the relay is asked to report; else that it has the message is reported."""
    if not relay_reports:
        del provider.smtp.keywords["DSN"]
    provider.smtp.script.add("rcpt", UNKNOWN, address="bad@*")
    for notify, *recipients in (
        ("success", "asked@example.org", "bad@example.org"),
        ("failure", "silent@example.org"),
    ):
        arguments = ("-i", "-f", SENDER, "-N", notify, "-R", "full", "-V", "id", *recipients)
        assert host.sendmail(*arguments, message=TEXT).returncode == 0
    assert host.sendmail("-f", "", "-N", "success", "x@example.org", message=TEXT).returncode == 0
    host.wait_for_log("status=(sent|bounced)", 4)
    host.wait_until_empty()
    reports = [m for m in provider.smtp.messages if m.addresses == [SENDER]]
    assert len(provider.smtp.messages) == 3 + len(reports)
    if relay_reports:
        assert reports == []
        return
    ((_, about_message, (recipient,), original),) = map(report_of, reports)
    assert reports[0].sender == ""
    assert about_message["Original-Envelope-Id"] == "id"
    assert recipient["Final-Recipient"].replace(" ", "") == "rfc822;asked@example.org"
    assert (recipient["Action"], recipient["Status"]) == ("relayed", "2.0.0")
    assert original.get_content_type() == "text/rfc822-headers"
    host.wait_for_log(r"postoak/bounce\[\d+\]: [0-9A-F]{12}: sender delivery status notification: ")


def test_end_of_lifetime(idle_host, provider):
    idle_host.configuration["queue"]["lifetime"] = "3s"
    idle_host.write_configuration()
    idle_host.start()
    provider.smtp.script.add("rcpt", Reply(451, "4.2.2 Over quota"), address="full@*", count=None)
    idle_host.submit("full@example.org", "fine@example.org", message=TEXT)
    first, bounce = idle_host.wait_for_messages(2)
    assert first.addresses == ["fine@example.org"]
    assert bounce.addresses == [SENDER]
    _, _, (recipient,), _ = report_of(bounce)
    assert recipient["Action"] == "failed"
    assert recipient["Diagnostic-Code"].startswith("smtp; 451 4.2.2 Over quota")
    idle_host.wait_until_empty()


def test_warning_about_a_delay(idle_host, provider):
    idle_host.configuration["queue"]["delay_warning"] = "1s"
    idle_host.write_configuration()
    idle_host.start()
    later = provider.smtp.script.add(
        "rcpt", Reply(451, "4.2.2 Over quota"), address="slow@*", count=None
    )
    idle_host.submit("slow@example.org", message=TEXT)
    (warning,) = idle_host.wait_for_messages()
    report, _, (recipient,), _ = report_of(warning)
    assert (warning.sender, warning.addresses) == ("", [SENDER])
    assert recipient["Action"] == "delayed"
    assert recipient["Status"].startswith("4.")
    later.count = 0
    _, message = idle_host.wait_for_messages(2)
    assert message.addresses == ["slow@example.org"]
    idle_host.wait_until_empty()
    assert len(provider.smtp.messages) == 2


def test_bounce_that_bounces_goes_to_postmaster(idle_host, provider):
    idle_host.aliases.write_text("postmaster: boss@example.net\n")
    idle_host.start()
    provider.smtp.script.add("rcpt", UNKNOWN, address="bad@*", count=None)
    provider.smtp.script.add("rcpt", UNKNOWN, address=SENDER, count=None)
    idle_host.submit("bad@example.org", message=TEXT)
    (message,) = idle_host.wait_for_messages()
    assert message.addresses == ["boss@example.net"]
    assert message.sender == ""
    idle_host.wait_until_empty()


def test_what_nobody_takes_is_kept(host, provider):
    provider.smtp.script.add("rcpt", UNKNOWN, count=None)
    host.submit("bad@example.org", message=TEXT)
    host.wait_until_empty()
    kept = host.files("undeliverable")
    assert len(kept) == 1
    assert b"bad@example.org" in kept[0].read_bytes()
    assert host.status()["queue"]["undeliverable"] == 1
    assert provider.smtp.messages == []


def test_null_sender_rewritten_where_the_provider_wants_it(idle_host, provider):
    idle_host.profile["null_sender"] = "rewrite"
    idle_host.write_configuration()
    idle_host.start()
    provider.smtp.script.add("rcpt", UNKNOWN, address="bad@*")
    idle_host.submit("bad@example.org", message=TEXT)
    (bounce,) = idle_host.wait_for_messages()
    assert bounce.sender == "alerts@example.com"
    report_of(bounce)


def test_mail_loop_is_ended(host, provider):
    received = b"Received: by x.example.org; Thu, 01 Jan 1970 00:00:00 +0000\n"
    host.submit("a@example.org", message=received * 51 + TEXT)
    (bounce,) = host.wait_for_messages()
    assert bounce.addresses == [SENDER]
    _, _, (recipient,), _ = report_of(bounce)
    assert recipient["Status"].startswith("5.4.")
    # Our own words are not put into the relay's mouth.
    assert recipient["Diagnostic-Code"] == "x-postoak; mail loop: 51 Received fields"
    assert "Remote-MTA" not in recipient

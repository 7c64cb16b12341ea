"""Refusals for now, lost connections, outages: retried, charged to nobody, sent once."""

import re

import pytest
from harness import EX_TEMPFAIL, wait_until
from scenario import Drop, Garbage, Hang, Inject, Reply

LATER = Reply(451, "4.3.0 Try again later")


def test_recipient_refused_for_now_is_retried_alone(host, provider):
    provider.smtp.script.add("rcpt", LATER, address="slow@*", count=2)
    host.submit("slow@example.org", "fast@example.org")
    first, second = host.wait_for_messages(2)
    assert first.addresses == ["fast@example.org"]
    assert second.addresses == ["slow@example.org"]
    host.wait_until_empty()
    host.wait_for_log(r"to=<slow@example\.org>, .*dsn=4\.3\.0, status=deferred \(.*451 .*later", 2)
    host.wait_for_log(r"to=<slow@example\.org>, .*dsn=2\.\d+\.\d+, status=sent \(250 ")


@pytest.mark.parametrize("stage", ["mail", "data", "dot"])
def test_message_refused_for_now_is_retried(host, provider, stage):
    provider.smtp.script.add(stage, LATER)
    host.submit("a@example.org", "b@example.org")
    (message,) = host.wait_for_messages()
    assert message.addresses == ["a@example.org", "b@example.org"]
    host.wait_until_empty()
    assert len(provider.smtp.messages) == 1


def test_reason_of_a_deferral_is_listed(host, provider):
    provider.smtp.script.add("rcpt", Reply(450, "4.2.1 Mailbox is on holiday"), count=None)
    host.submit("a@example.org")
    listing = wait_until(lambda: "holiday" in (q := host.mailq()) and q, "the reason in mailq")
    assert re.search(r"\(.*450 .*holiday.*next attempt \d{4}-\d\d-\d\d \d\d:\d\d:\d\d\)", listing)


def test_recipients_over_the_relays_limit_follow(host, provider):
    provider.smtp.recipients_limit = 10
    recipients = {f"user{i}@example.org" for i in range(25)}
    host.submit(*recipients)
    host.wait_until_empty()
    arrived = [a for m in provider.smtp.messages for a in m.addresses]
    assert sorted(arrived) == sorted(recipients)


CUTS = {
    "connect": Drop(),
    "greeting": Reply(421, "4.3.2 Server busy"),
    "ehlo": Drop(),
    "starttls": Reply(454, "4.7.0 TLS not available"),
    "tls": Drop(reset=True),
    "auth": Reply(454, "4.7.0 Temporary authentication failure"),
    "mail": Reply(421, "4.3.2 Shutting down"),
    "rcpt": Drop(),
    "data": Drop(reset=True),
    "content": Drop(octets=20000),
    "dot": Drop(),
}


@pytest.mark.parametrize("stage", CUTS)
def test_connection_lost_at_any_stage_costs_no_mail(host, provider, stage):
    provider.smtp.script.add(stage, CUTS[stage])
    host.submit("a@example.org", message=b"Subject: x\n\n" + b"0123456789\n" * 10000)
    (message,) = host.wait_for_messages()
    assert len(message.content) > 100000
    host.wait_until_empty()
    assert len(provider.smtp.messages) == 1


def test_lost_answer_to_the_dot_repeats_that_message_only(host, provider):
    provider.smtp.script.add("dot", Drop(accept=True), after=2)
    for i in range(5):
        host.submit("a@example.org", message=b"Subject: number %d\n\n" % i)
    host.wait_until_empty()
    assert 5 < len(provider.smtp.messages) <= 6


@pytest.mark.parametrize("action", [Hang(), Garbage(b"\xff\x00garbage " * 9999, close=False)])
@pytest.mark.parametrize("stage", ["greeting", "ehlo", "mail"])
def test_silent_and_babbling_servers_cost_one_timeout(idle_host, provider, stage, action):
    idle_host.profile["timeouts"] = {"connect": "1s", "command": "1s", "data": "2s"}
    idle_host.write_configuration()
    provider.smtp.script.add(stage, action)
    idle_host.start()
    idle_host.submit("a@example.org")
    idle_host.wait_for_messages()
    idle_host.wait_until_empty()
    assert provider.smtp.counts["connections"] == 2


def test_plain_text_slipped_in_before_tls_is_not_believed(host, provider):
    """A man in the middle appends an answer to 220 (RFC 3207 6, CVE-2011-0411)."""
    provider.smtp.script.add("tls", Inject(b"250-evil.example\r\n250 AUTH PLAIN\r\n"))
    host.submit("a@example.org")
    (message,) = host.wait_for_messages()
    assert message.connection.mechanism == "XOAUTH2"


def test_no_starttls_offered_means_nothing_is_sent(host, provider):
    provider.smtp.announced = lambda tls: {"AUTH": "XOAUTH2", "PIPELINING": None}
    host.submit("a@example.org")
    host.wait_for_state("backing_off")
    assert provider.smtp.counts["command AUTH"] == provider.smtp.counts["command MAIL"] == 0
    del provider.smtp.announced
    host.wait_for_messages()


def test_relay_down_and_up_again(host, provider):
    provider.smtp.stop()
    host.submit("a@example.org")
    state = host.wait_for_state("backing_off")
    assert state["reason"]
    assert "a@example.org" in host.mailq()
    provider.smtp.start()
    host.wait_for_messages()
    host.wait_until_empty()
    host.wait_for_state("ready")


def test_mail_waiting_for_the_relay_neither_expires_nor_bounces(idle_host, provider):
    idle_host.configuration["queue"]["lifetime"] = "1s"
    idle_host.write_configuration()
    provider.smtp.stop()
    idle_host.start()
    idle_host.submit("a@example.org")
    # Several probes fail while the message is long past its lifetime.
    idle_host.wait_for_state("backing_off")
    first = idle_host.profile_status()["next_probe"]
    wait_until(
        lambda: (idle_host.profile_status()["next_probe"] or 0) > first + 2, "two more probes"
    )
    assert len(idle_host.spooled()) == 1
    provider.smtp.start()
    (message,) = idle_host.wait_for_messages()
    assert message.addresses == ["a@example.org"]
    idle_host.wait_until_empty()


def test_too_many_connections_is_the_profiles_trouble(host, provider):
    provider.smtp.script.add("mail", Reply(432, "4.3.2 Concurrent connections limit exceeded"))
    for _ in range(5):
        host.submit("a@example.org")
    host.wait_for_messages(5)
    host.wait_until_empty()
    assert len(provider.smtp.messages) == 5


def test_quota_reply_holds_the_profile_and_bounces_nothing(host, provider):
    quota = Reply(550, "5.4.5 Daily user sending limit exceeded")
    provider.smtp.script.add("mail", quota, count=None)
    host.submit("a@example.org")
    state = host.wait_for_state("backing_off")
    assert "5.4.5" in state["reason"] or "limit" in state["reason"]
    assert len(host.spooled()) == 1
    provider.smtp.script.clear()
    host.postoak("resume", "relay")
    (message,) = host.wait_for_messages()
    assert message.addresses == ["a@example.org"]


def test_retry_times_survive_a_restart(host, provider):
    provider.smtp.script.add("rcpt", LATER, count=2)
    host.submit("a@example.org")
    host.wait_for_log("status=deferred")
    host.restart()
    host.wait_for_messages()
    host.wait_until_empty()
    assert len(provider.smtp.messages) == 1


def test_one_pass_over_the_queue(idle_host, provider):
    for i in range(3):
        idle_host.submit(f"user{i}@example.org")
    provider.smtp.script.add("rcpt", LATER, address="user1@*", count=None)
    result = idle_host.command("postoakd", "-q", "-f", "-e")
    assert result.returncode == 0, result
    assert sorted(m.addresses[0] for m in provider.smtp.messages) == [
        "user0@example.org",
        "user2@example.org",
    ]
    assert len(idle_host.spooled()) == 1


def test_second_runner_is_refused(host):
    result = host.command("postoakd", "-f", "-e")
    assert result.returncode == EX_TEMPFAIL
    assert b"another runner has the spool" in result.stderr
    host.submit("a@example.org")
    host.wait_for_messages()

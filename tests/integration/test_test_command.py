"""postoak test: one message now, the dialogue shown, one verdict at the end."""

import base64
import os
import re
import signal
import subprocess

import pytest
from harness import (
    BUILD,
    EX_CONFIG,
    EX_NOPERM,
    EX_TEMPFAIL,
    EX_UNAVAILABLE,
    EX_USAGE,
    wait_until,
)
from scenario import Drop, Hang, HttpReply, Reply

RECIPIENT = "someone@example.org"


def run(host, *, status: int = 0, recipient: str = RECIPIENT) -> str:
    """What the command printed; its last lines are the verdict."""
    result = host.command("postoak", "test", "relay", recipient)
    assert result.returncode == status, result
    assert result.stderr == b""
    return result.stdout.decode()


def verdict(text: str) -> str:
    """From the verdict on, as one line."""
    (found,) = re.findall(r"^(?:OK|FAILED|REFUSED|LATER): (?:.|\n)*\Z", text, re.M)
    return " ".join(found.split())


def assert_untouched(host):
    """It left nothing behind and nobody waits for anything."""
    assert host.spooled() == [] and host.queue() == [] and host.files("history") == []


def test_success(host, provider):
    text = run(host)
    (message,) = provider.smtp.messages
    assert message.addresses == [RECIPIENT]
    assert b"\r\nSubject: Postoak test of profile relay on host.example.com\r\n" in message.content
    assert b"\r\nAuto-Submitted: auto-generated\r\n" in message.content
    dialogue = [
        r"-- connected to 127\.0\.0\.1\[127\.0\.0\.1\]:\d+",
        r"<- 220 .*",
        r"-> EHLO host\.example\.com",
        r"<- 250 STARTTLS",
        r"-> STARTTLS",
        r"-- TLSv1\.3, TLS_\w+, certificate CN = \S+, issued by .+, valid until .+",
        r"<- 250.AUTH XOAUTH2",
        r"-- logging in as alerts@example\.com with an access token",
        r"-> AUTH XOAUTH2",
        r"<- 334 ",
        r"-> \[credential\]",
        r"<- 235 .*",
        r"-> MAIL FROM:<alerts@example\.com>.*",
        rf"-> RCPT TO:<{RECIPIENT}>.*",
        r"-> DATA",
        r"<- 354 .*",
        r"-- the message, \d+ octets",
        r"-> \.",
        r"<- 250 2\.0\.0 .*",
        r"-> QUIT",
        r"<- 221 .*",
        r"OK: the relay has taken the message: 250 .*",
    ]
    assert re.search(r"\n(?:.*\n)*?".join(dialogue) + r"\n\Z", text), text
    assert_untouched(host)
    host.wait_for_log(rf"to=<{RECIPIENT}>, relay=.* status=sent")


REFUSED = {
    "recipient": ("rcpt", Reply(550, "5.1.1 Nobody here"), "5.1.1 Nobody here"),
    "sender": ("mail", Reply(550, "5.7.60 Client does not have permissions"), "Add-RecipientPermi"),
    "message": ("dot", Reply(554, "5.6.0 Spam"), "5.6.0 Spam"),
}


@pytest.mark.parametrize("row", REFUSED.values(), ids=REFUSED)
def test_refused_for_good(host, provider, row):
    stage, reply, part = row
    provider.smtp.script.add(stage, reply)
    text = verdict(run(host, status=EX_NOPERM))
    assert text.startswith("REFUSED: ") and part in text
    assert_untouched(host)
    assert provider.smtp.messages == []  # no bounce either
    assert host.profile_status()["state"] == "ready"


LATER = {
    "recipient": ("rcpt", Reply(451, "4.3.0 Greylisted")),
    "quota": ("dot", Reply(550, "5.4.5 Daily user sending limit exceeded")),
    "busy": ("greeting", Reply(421, "4.3.2 Busy")),
    "lost": ("greeting", Drop()),
    "passing": ("auth", Reply(454, "4.7.0 Temporary authentication failure")),
}


@pytest.mark.parametrize("row", LATER.values(), ids=LATER)
def test_put_off(host, provider, row):
    """What would make mail wait: one attempt, no second one, and the profile stays as it is."""
    stage, action = row
    provider.smtp.script.add(stage, action)
    text = verdict(run(host, status=EX_TEMPFAIL))
    assert text.startswith("LATER: ")
    if isinstance(action, Reply):
        assert action.text in text
    assert_untouched(host)
    assert host.profile_status()["state"] == "ready"
    assert provider.smtp.counts["connections"] == 1 and provider.smtp.messages == []


def test_a_token_is_tried_again_with_a_fresh_one(host, provider):
    run(host)
    provider.oauth.revoke_access_tokens()
    text = run(host)
    assert "once more with a fresh token" in text and "<- 535 " in text
    assert verdict(text).startswith("OK: ")
    assert len(provider.smtp.messages) == 2


def test_a_login_that_is_refused(host, provider):
    provider.smtp.script.add("auth", Reply(535, "5.7.8 No"), count=None)
    text = verdict(run(host, status=EX_NOPERM))
    assert text.startswith("FAILED: a person is needed: ")
    assert "535 5.7.8 No" in text and "postoak resume relay" in text
    assert_untouched(host)


def test_a_token_that_is_not_given(host, provider):
    provider.client.refused = "invalid_client"
    text = verdict(run(host, status=EX_NOPERM))
    assert "invalid_client" in text and "client_secret" in text
    provider.client.refused = None
    assert verdict(run(host)).startswith("OK: ")


def test_an_authorization_server_in_trouble(host, provider):
    provider.oauth.script.add("token", HttpReply(503), count=None)
    assert "503" in verdict(run(host, status=EX_TEMPFAIL))


def test_what_only_the_configuration_can_change(idle_host, provider):
    provider.smtp.mechanisms = ["PLAIN"]
    idle_host.start()
    text = verdict(run(idle_host, status=EX_CONFIG))
    assert text.startswith("FAILED: the configuration has to be changed: ") and "mechanism" in text
    idle_host.file.write_text("profiles: {relay: {hots: x}}\n")
    result = idle_host.command("postoak", "test", "relay", RECIPIENT)
    assert result.returncode == EX_CONFIG and b"hots" in result.stderr


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN"])
def test_passwords(idle_host, provider, mechanism):
    provider.smtp.mechanisms = [mechanism]
    idle_host.use_password()
    idle_host.start()
    text = run(idle_host)
    assert f"-> AUTH {mechanism}" in text and "[credential]" in text
    password = next(iter(provider.smtp.passwords.values()))
    assert base64.b64encode(password.encode()).decode() not in text
    provider.smtp.passwords["alerts@example.com"] = "another"
    assert "535" in verdict(run(idle_host, status=EX_NOPERM))


def test_without_login(idle_host, provider):
    provider.smtp.require_login = False
    idle_host.configuration.pop("oauth_clients")
    idle_host.configuration["profiles"]["relay"] = {
        "rewrite_from": "never",
        **idle_host.server_settings(),
    }
    idle_host.write_configuration()
    idle_host.start()
    text = run(idle_host)
    assert "AUTH X" not in re.sub("<- .*", "", text)
    assert "MAIL FROM:<postmaster@example.com>" in text


# States.


def suspend_by_trouble(host, provider):
    provider.smtp.script.add("auth", Reply(535, "5.7.8 No"), count=None)
    host.submit("a@example.org")
    host.wait_for_state("suspended")
    provider.smtp.script.clear()


def test_success_resumes_a_suspended_profile(idle_host, provider):
    idle_host.configuration["queue"] = {"retry_minimum": "1h", "retry_maximum": "1h"}
    idle_host.write_configuration()
    idle_host.start()
    suspend_by_trouble(idle_host, provider)
    text = run(idle_host)
    assert "-- profile relay suspended: " in text
    idle_host.wait_for_state("ready")
    idle_host.wait_for_messages(2)
    idle_host.wait_until_empty()


def lasting(host) -> dict:
    """The profile's state; its next probe is told in seconds that may round otherwise."""
    return {k: v for k, v in host.profile_status().items() if k != "next_probe"}


def test_failure_leaves_a_suspended_profile_alone(idle_host, provider):
    idle_host.configuration["queue"] = {"retry_minimum": "1h", "retry_maximum": "1h"}
    idle_host.write_configuration()
    idle_host.start()
    suspend_by_trouble(idle_host, provider)
    before = lasting(idle_host)
    provider.smtp.script.add("greeting", Reply(421, "4.3.2 Busy"))
    run(idle_host, status=EX_TEMPFAIL)
    assert lasting(idle_host) == before
    assert len(idle_host.queue()) == 1


def test_a_held_profile_stays_held(host, provider):
    host.postoak("suspend", "relay")
    host.submit("a@example.org")
    text = run(host)
    assert "-- profile relay suspended: " in text and verdict(text).startswith("OK: ")
    assert host.profile_status()["state"] == "held"
    assert [m.addresses for m in provider.smtp.messages] == [[RECIPIENT]]


# Who asks.


def start_command(host) -> subprocess.Popen:
    return subprocess.Popen(
        [BUILD / "postoak", "-C", host.file, "test", "relay", RECIPIENT],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=host.environment(),
    )


def wait_for_recipients(provider, count: int = 1):
    wait_until(lambda: provider.smtp.counts["command RCPT"] >= count, f"{count} x RCPT")


def test_a_client_that_goes_away_ends_it(host, provider):
    provider.smtp.script.add("rcpt", Hang())
    client = start_command(host)
    wait_for_recipients(provider)
    client.send_signal(signal.SIGKILL)
    client.wait()
    host.wait_for_log(r"status=deferred \(broken off\)")
    wait_until(lambda: "postoak-worker" not in host.processes().values(), "the worker to end")
    assert_untouched(host)
    assert provider.smtp.messages == []
    client.stdout.close()


def test_a_daemon_that_stops_says_so(host, provider):
    provider.smtp.script.add("rcpt", Hang())
    client = start_command(host)
    wait_for_recipients(provider)
    assert host.stop() == 0
    output, _ = client.communicate(timeout=30)
    host.outputs.append(output)
    assert client.returncode == EX_TEMPFAIL
    assert b"the daemon is stopping" in output


def test_too_many_at_a_time(host, provider):
    provider.smtp.script.add("rcpt", Hang(), count=None)
    clients = [start_command(host) for _ in range(4)]
    wait_for_recipients(provider, len(clients))
    result = host.command("postoak", "test", "relay", RECIPIENT)
    assert result.returncode == EX_TEMPFAIL and b"too many" in result.stderr
    for client in clients:
        client.kill()
        client.wait()
        client.stdout.close()


WRONG = {
    "unknown profile": (("nobody", RECIPIENT), EX_USAGE, b"unknown profile nobody"),
    "no domain": (("relay", "someone"), EX_USAGE, b"not an address"),
    "no address": (("relay", "a@b@c"), EX_USAGE, b"not an address"),
    "two words": (("relay", "a@example.org b@example.org"), EX_USAGE, b"not a profile"),
    "a line": (("relay", "a@example.org\nsuspend relay"), EX_USAGE, b"not a profile"),
    "no recipient": (("relay",), EX_USAGE, b"missing argument"),
}


@pytest.mark.parametrize("row", WRONG.values(), ids=WRONG)
def test_wrong_words(host, provider, row):
    words, status, text = row
    result = host.command("postoak", "test", *words)
    assert result.returncode == status and text in result.stderr and result.stdout == b""
    assert provider.smtp.counts["connections"] == 0


def test_without_a_daemon(idle_host):
    result = idle_host.command("postoak", "test", "relay", RECIPIENT)
    assert result.returncode == EX_UNAVAILABLE


@pytest.mark.skipif(os.geteuid() != 0, reason="becomes another user")
def test_others_may_not(host, provider):
    for folder in (host.directory, host.run):
        folder.chmod(0o755)
    result = host.command("postoak", "test", "relay", RECIPIENT, user=65534, group=65534)
    assert result.returncode == EX_NOPERM and b"not permitted" in result.stderr
    assert provider.smtp.counts["connections"] == 0


# Secrets. That none is printed at all is checked after every test.


@pytest.mark.parametrize("stage", ["mail", "rcpt", "dot"])
def test_a_relay_that_repeats_the_token(host, provider, stage):
    """Also after the login, and also the encoded response."""
    run(host)
    token = provider.oauth.issued[-1]
    blob = base64.b64encode(f"user=alerts@example.com\1auth=Bearer {token}\1\1".encode()).decode()
    provider.other_secrets += [blob[:60], blob[400:460], token[100:160]]
    provider.smtp.script.add(stage, Reply(550, f"5.7.1 {token[:300]} and {blob[:600]}"))
    text = run(host, status=EX_NOPERM)
    assert "[redacted]" in text

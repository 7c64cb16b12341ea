"""The daemon as a service: notification, reload, broken configurations, log, status, alerts."""

import os
import re
import signal
import socket

import pytest
from harness import EX_CONFIG, EX_UNAVAILABLE, QUEUE_ID, wait_until
from scenario import Reply


@pytest.fixture
def notifications(directory):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as server:
        server.bind(str(directory / "notify"))
        server.settimeout(20)
        yield server


def wait_for_notification(server, word: str) -> str:
    while True:
        text = server.recv(4096).decode()
        if word in text.splitlines():
            return text


def test_service_manager_is_told(idle_host, directory, notifications):
    idle_host.start(environment={"NOTIFY_SOCKET": str(directory / "notify")}, ready=False)
    wait_for_notification(notifications, "READY=1")
    assert idle_host.status()["runner"] == "up"
    idle_host.reload()
    text = wait_for_notification(notifications, "RELOADING=1")
    assert re.search(r"^MONOTONIC_USEC=\d+$", text, re.M)
    wait_for_notification(notifications, "READY=1")
    idle_host.daemon.terminate()
    wait_for_notification(notifications, "STOPPING=1")


def test_broken_configuration_at_start(idle_host):
    idle_host.file.write_text(idle_host.file.read_text() + "profile: {}\n")
    result = idle_host.command("postoakd", "-f", "-e")
    assert result.returncode == EX_CONFIG
    text = result.stderr.decode()
    assert re.search(rf"{re.escape(str(idle_host.file))}:\d+:\d+: .*profile", text)
    assert "profiles" in text  # the nearest known key
    result = idle_host.command("postoak", "config", "check")
    assert result.returncode == EX_CONFIG and b"postoak.yaml:" in result.stderr


def test_broken_configuration_at_reload(host, provider):
    sound = host.file.read_text()
    host.file.write_text(sound + "nonsense: 1\n")
    host.reload()
    wait_until(lambda: host.status()["configuration"] == "invalid", "status to tell")
    host.postoak("status", status=1)
    host.wait_for_log(r"postoak\.yaml:\d+:\d+: .*nonsense")
    host.submit("a@example.org")
    host.wait_for_messages()
    host.file.write_text(sound)
    host.reload()
    wait_until(lambda: host.status()["configuration"] == "ok", "status to tell")
    host.postoak("status")


def test_reload_changes_the_relay(host, provider, directory):
    host.submit("a@example.org")
    (first,) = host.wait_for_messages()
    host.wait_until_empty()
    host.profile.update(tls="implicit", port=provider.smtp.implicit_port)
    host.write_configuration()
    host.reload()
    wait_until(lambda: provider.smtp.connections[0].ended, "the old connection to be closed")
    host.submit("b@example.org")
    _, second = host.wait_for_messages(2)
    assert not first.connection.implicit_tls and second.connection.implicit_tls
    assert provider.smtp.connections[0].ended == "quit"


def test_no_profile_means_mail_waits(host):
    host.configuration["profiles"] = {"one": dict(host.profile), "two": dict(host.profile)}
    host.write_configuration()
    host.reload()
    wait_until(lambda: len(host.status()["profiles"]) == 2, "the reload")
    host.submit("a@example.org")
    wait_until(lambda: "no profile" in host.mailq().lower(), "mailq to tell why")
    host.configuration["default_profile"] = "two"
    host.write_configuration()
    host.reload()
    host.wait_for_messages()


def test_status(host, provider):
    status = host.status()
    assert (status["runner"], status["configuration"]) == ("up", "ok")
    assert status["separation"] in ("full", "none")
    assert {"incoming", "active", "deferred", "hold", "unread", "undeliverable", "corrupt"} <= set(
        status["queue"]
    )
    host.postoak("status")
    provider.client.refused = "invalid_client"
    host.submit("a@example.org")
    host.wait_for_state("suspended")
    text = host.postoak("status", status=1)
    assert "relay" in text and "suspended" in text and len(text.splitlines()) <= 24
    host.stop()
    host.postoak("status", status=2)
    host.postoak("suspend", "relay", status=EX_UNAVAILABLE)


def test_log_has_postfixs_shape(host, provider):
    provider.smtp.script.add("rcpt", Reply(451, "4.3.0 Later\r\n250 forged"), address="slow@*")
    text = b"From: app@example.com\nMessage-ID: <1@example.com>\nSubject: x\n\nHello\n"
    host.submit("fast@example.org", "slow@example.org", message=text)
    host.wait_until_empty()
    host.wait_for_log(f"qmgr.*: {QUEUE_ID}: removed")
    relay = rf"127\.0\.0\.1\[127\.0\.0\.1\]:{provider.smtp.port}"
    seconds = r"delay=[\d.]+, delays=[\d.]+/[\d.]+/[\d.]+/[\d.]+"
    lines = [
        ("pickup", r"uid=\d+ from=<app@example\.com>"),
        ("cleanup", r"message-id=<1@example\.com>"),
        ("qmgr", r"from=<app@example\.com>, size=\d+, nrcpt=2 \(queue active\)"),
        ("smtp", rf"to=<fast@example\.org>, relay={relay}, {seconds}, .*status=sent \(250 .*"),
        ("smtp", rf"to=<slow@example\.org>, relay={relay}, {seconds}, .*status=deferred \(.*"),
        ("qmgr", "removed"),
    ]
    ids = set()
    for service, text in lines:
        match = re.search(rf"postoak/{service}\[\d+\]: ({QUEUE_ID}): {text}$", host.log(), re.M)
        assert match, (service, text)
        ids.add(match[1])
    assert len(ids) == 1


def test_alert_command(idle_host, provider, directory):
    seen = directory / "alerts"
    script = directory / "alert"
    script.write_text(f'#!/bin/sh\nprintf "%s|%s|%s\\n" "$1" "$2" "$3" >> {seen}\n')
    script.chmod(0o755)
    idle_host.configuration["alert_command"] = [str(script)]
    idle_host.write_configuration()
    idle_host.start()
    provider.client.refused = "invalid_client"
    idle_host.submit("a@example.org")
    wait_until(lambda: seen.exists() and "|suspended|" in seen.read_text(), "the alert")
    provider.client.refused = None
    idle_host.postoak("oauth", "refresh", "relay")
    wait_until(lambda: "relay|ready|" in seen.read_text(), "the all-clear")


def test_killed_children_are_replaced(host, provider):
    host.submit("a@example.org")
    host.wait_for_messages()
    children = [pid for pid in host.processes() if pid != host.daemon.pid]
    assert len(children) >= 3
    for pid in children:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    wait_until(lambda: host.status().get("runner") == "up", "another runner")
    host.submit("b@example.org")
    host.wait_for_messages(2)
    host.wait_until_empty()


def test_children_end_with_the_monitor(host):
    host.kill_monitor()
    host.start()
    host.submit("a@example.org")
    host.wait_for_messages()

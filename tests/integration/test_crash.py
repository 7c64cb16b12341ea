"""Kill loops: every kind of process dies again and again; no mail is lost, little is repeated."""

import os
import random
import re
import signal
import threading
import time

import pytest
from harness import wait_until
from scenario import Drop

pytestmark = pytest.mark.crash

MESSAGES = 500
KILLS = 12
CONNECTIONS = 3


def kinds(host) -> dict:
    """{kind: [pids]} of the daemon's processes, by their titles."""
    found = {"monitor": [host.daemon.pid]}
    for pid, title in host.processes().items():
        match = re.search(r"\b(runner|agent|launcher|worker|syncer|receiver)\b", title)
        if match and pid != host.daemon.pid:
            found.setdefault(match[1], []).append(pid)
    return found


def submit_all(host, failures: list):
    for i in range(MESSAGES):
        text = b"X-Number: %d\nSubject: crash\n\n%s" % (i, b"0123456789abcde\n" * (i % 50))
        try:
            host.submit("a@example.org", message=text)
        except AssertionError as error:
            failures.append(error)


def numbers(provider) -> list:
    return [
        int(re.search(rb"^X-Number: (\d+)", m.content, re.M)[1]) for m in provider.smtp.messages
    ]


def kill_one(host, kind: str) -> int:
    """Kill one process of a kind with SIGKILL; how many transactions that may repeat."""
    if kind == "monitor":
        host.kill_monitor()
        host.start()
        return 1
    pids = wait_until(lambda: kinds(host).get(kind), f"a {kind} to kill", 60)
    try:
        os.kill(random.choice(pids), signal.SIGKILL)
    except ProcessLookupError:
        return 0
    return 1


@pytest.mark.parametrize("kind", ["runner", "agent", "launcher", "worker", "syncer", "monitor"])
def test_nothing_is_lost(idle_host, provider, kind):
    host = idle_host
    host.profile["limits"] = {"connections": CONNECTIONS}
    host.write_configuration()
    host.start()
    failures, kills = [], 0
    submitter = threading.Thread(target=submit_all, args=(host, failures))
    submitter.start()
    try:
        for _ in range(KILLS):
            time.sleep(random.uniform(0.05, 0.5))
            if len(provider.smtp.messages) >= MESSAGES - 50:
                break
            kills += kill_one(host, kind)
    finally:
        submitter.join()
    assert failures == []
    wait_until(lambda: len(set(numbers(provider))) == MESSAGES, "every message", 180)
    host.wait_until_empty(120)
    arrived = numbers(provider)
    assert kills > 0
    assert sorted(set(arrived)) == list(range(MESSAGES))
    # Two transactions a connection can be under way: the one ended and the one riding behind.
    assert len(arrived) - MESSAGES <= kills * CONNECTIONS * 2
    assert host.files("corrupt") == [] and host.files("undeliverable") == []


def test_nothing_is_lost_when_everything_dies(idle_host, provider):
    host = idle_host
    host.profile["limits"] = {"connections": CONNECTIONS}
    host.write_configuration()
    host.start()
    failures, kills = [], 0
    submitter = threading.Thread(target=submit_all, args=(host, failures))
    submitter.start()
    try:
        while kills < KILLS:
            time.sleep(random.uniform(0.1, 0.6))
            host.kill()
            kills += 1
            host.start()
    finally:
        submitter.join()
    assert failures == []
    wait_until(lambda: len(set(numbers(provider))) == MESSAGES, "every message", 180)
    host.wait_until_empty(120)
    assert len(numbers(provider)) - MESSAGES <= kills * CONNECTIONS * 2


def test_relay_that_drops_at_random(host, provider):
    for stage in ("mail", "rcpt", "data", "content", "dot"):
        for _ in range(3):
            provider.smtp.script.add(stage, Drop(), after=random.randint(1, 60))
    failures = []
    submit_all(host, failures)
    assert failures == []
    wait_until(lambda: len(set(numbers(provider))) == MESSAGES, "every message", 180)
    host.wait_until_empty(120)
    # The relay took nothing it did not acknowledge, so nothing may come twice.
    assert len(provider.smtp.messages) == MESSAGES


def test_twenty_mebibytes(host, provider):
    line = bytes(33 + i % 90 for i in range(76)) + b"\n"
    body = line * (20 * 1024 * 1024 // len(line))
    host.submit("a@example.org", message=b"Subject: large\n\n" + body)
    (message,) = host.wait_for_messages(timeout=120)
    received = message.content.partition(b"\r\n\r\n")[2]
    assert received == body.replace(b"\n", b"\r\n")
    host.wait_until_empty()


def test_five_megabyte_line_is_folded(host):
    line = bytes(33 + i % 90 for i in range(5_000_000))
    host.submit("a@example.org", message=b"Subject: one line\n\n" + line + b"\n")
    (message,) = host.wait_for_messages(timeout=120)
    received = message.content.partition(b"\r\n\r\n")[2]
    assert received.replace(b"\r\n ", b"") == line + b"\r\n"
    assert max(map(len, received.split(b"\r\n"))) <= 998

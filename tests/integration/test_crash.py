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
KILLS = 10
CONNECTIONS = 3


def kinds(host) -> dict:
    """{kind: [pids]} of the daemon's processes."""
    found = {}
    for pid, name in host.processes().items():
        found.setdefault(name.removeprefix("postoak-"), []).append(pid)
    return found


class Submitter(threading.Thread):
    """Submits numbered messages until told to stop, MESSAGES at least."""

    def __init__(self, host):
        super().__init__()
        self._host = host
        self._finished = threading.Event()
        self.count = 0
        self.failures = []

    def run(self):
        while self.count < MESSAGES or not self._finished.wait(0.02):
            body = b"0123456789abcde\n" * (self.count % 50)
            text = b"X-Number: %d\nSubject: crash\n\n%s" % (self.count, body)
            try:
                self._host.submit("a@example.org", message=text)
            except AssertionError as error:
                self.failures.append(error)
            self.count += 1

    def finish(self):
        self._finished.set()
        self.join()


def numbers(provider) -> list:
    return [
        int(re.search(rb"^X-Number: (\d+)", m.content, re.M)[1]) for m in provider.smtp.messages
    ]


def kill_one(host, kind: str):
    """Kill one process of a kind with SIGKILL, waiting for one where there is none."""
    if kind == "everything":
        host.kill()
        host.start()
        return
    if kind == "monitor":
        host.kill_monitor()
        host.start()
        return
    pids = wait_until(lambda: kinds(host).get(kind), f"a {kind} to kill", 120)
    try:
        os.kill(random.choice(pids), signal.SIGKILL)
    except ProcessLookupError:
        pass


KINDS = ["runner", "agent", "launch", "worker", "sync", "monitor", "everything"]


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_lost(idle_host, provider, kind):
    host = idle_host
    host.profile["limits"] = {"connections": CONNECTIONS}
    host.write_configuration()
    host.start()
    submitter = Submitter(host)
    submitter.start()
    try:
        for _ in range(KILLS):
            time.sleep(random.uniform(0.05, 0.5))
            kill_one(host, kind)
    finally:
        submitter.finish()
    assert submitter.failures == []
    wait_until(lambda: len(set(numbers(provider))) == submitter.count, "every message", 300)
    host.wait_until_empty(120)
    arrived = numbers(provider)
    assert set(arrived) == set(range(submitter.count))
    # Two transactions a connection can be under way: the one ended and the one riding behind.
    assert len(arrived) - submitter.count <= KILLS * CONNECTIONS * 2
    assert host.files("corrupt") == [] and host.files("undeliverable") == []


def test_relay_that_drops_at_random(host, provider):
    for stage in ("mail", "rcpt", "data", "content", "dot"):
        for _ in range(3):
            provider.smtp.script.add(stage, Drop(), after=random.randint(1, 60))
    submitter = Submitter(host)
    submitter.start()
    submitter.finish()
    assert submitter.failures == []
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

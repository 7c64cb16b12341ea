"""mailq: the format monitoring has parsed for thirty years, and JSON beside it."""

import re
import subprocess

import pytest
from harness import BUILD, QUEUE_ID, wait_until

ENTRY = re.compile(
    rf"^({QUEUE_ID})([*!]?) +(\d+) (\w{{3}} \w{{3}} [ \d]\d \d\d:\d\d:\d\d) +(\S+)$", re.M
)


@pytest.fixture
def waiting(host):
    """A host with three messages that wait, one of them of a null sender."""
    host.postoak("suspend", "relay")
    host.submit("one@example.org", "two@example.org")
    host.submit("three@example.org", sender="")
    host.submit("four@example.org", message=b"Subject: large\n\n" + b"0123456789abcde\n" * 640)
    wait_until(lambda: len(host.queue()) == 3, "three messages in the queue")
    return host


def check_listing(text: str):
    lines = text.splitlines()
    assert lines[0].startswith("-Queue ID-") and lines[0].endswith("-Sender/Recipient-------")
    entries = ENTRY.findall(text)
    assert len(entries) == 3
    assert [flag for _, flag, *_ in entries] == ["", "", ""]
    assert sorted(sender for *_, sender in entries) == [
        "MAILER-DAEMON",
        "app@example.com",
        "app@example.com",
    ]
    for name in ("one", "two", "three", "four"):
        assert re.search(rf"^ +{name}@example\.org$", text, re.M)
    # check_mailq -M postfix reads the last line, -M sendmail (its default) the total.
    assert re.fullmatch(r"-- \d+ Kbytes in 3 Requests\.", lines[-1])
    assert re.search(r"Kbytes in (\d+)", lines[-1])[1] == "3"
    assert lines[-2] == ""
    assert re.match(r"^\s+Total\sRequests:\s(\d+)$", lines[-3], re.I)[1] == "3"


def test_listing(waiting):
    check_listing(waiting.mailq())
    assert waiting.sendmail("-bp").stdout.decode() == waiting.mailq()
    assert waiting.postoak("queue", "list") == waiting.mailq()


def test_listing_without_a_runner(waiting):
    assert waiting.stop() == 0
    check_listing(waiting.mailq())
    assert len(waiting.queue()) == 3


def test_reason_is_in_parentheses(waiting):
    assert re.search(r"^ *\(.*relay.*\)$", waiting.mailq(), re.M)


def test_empty(host):
    assert host.mailq() == "Mail queue is empty\n"
    assert host.mailq("-j") == ""
    assert host.mailq("-v", "-Ac") == "Mail queue is empty\n"


def test_one_message_is_singular(host):
    host.postoak("suspend", "relay")
    host.submit("one@example.org")
    text = wait_until(lambda: "one@" in (q := host.mailq()) and q, "the message in the queue")
    assert re.fullmatch(r"-- \d+ Kbytes in 1 Request\.", text.splitlines()[-1])


def test_suspended_by_hand(host):
    host.postoak("suspend", "relay")
    host.submit("one@example.org")
    text = wait_until(lambda: "one@" in (q := host.mailq()) and q, "the message in the queue")
    assert re.search(r"^ *\(profile relay suspended: .*postoak resume.*\)$", text, re.M)


def test_json(waiting):
    entries = waiting.queue()
    for entry in entries:
        assert re.fullmatch(QUEUE_ID, entry["queue_id"])
        assert entry["queue_name"] in ("incoming", "active", "deferred", "hold")
        assert isinstance(entry["arrival_time"], int) and entry["message_size"] > 0
        assert entry["forced_expire"] is False
        assert all(r["address"] for r in entry["recipients"])
    assert {len(e["recipients"]) for e in entries} == {1, 2}


def test_directory_after_C(host):
    """check_mailq -d DIR runs mailq -C DIR."""
    result = subprocess.run(
        [BUILD / "mailq", "-C", host.directory], capture_output=True, check=False, timeout=30
    )
    assert (result.returncode, result.stdout) == (0, b"Mail queue is empty\n")

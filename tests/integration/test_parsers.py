"""What monitoring makes of the listing and of the log: the real programs, and the
patterns of those that are not Debian packages."""

import json
import os
import re
import subprocess

import pytest
from harness import BUILD, QUEUE_ID, wait_until
from scenario import Hang, Reply
from unpacked import unpacked

LATER = Reply(451, "4.3.0 Try again later")
SENDERS = ["app@example.com", "", "shop@mail.example.net"]


@pytest.fixture
def queued(host):
    """A function that makes so many messages wait."""

    def queue(count: int):
        host.postoak("suspend", "relay")
        for i in range(count):
            text = b"Subject: test\n\n" + b"0123456789abcde\n" * 320
            host.submit(f"user{i}@example.org", message=text, sender=SENDERS[i % len(SENDERS)])
        wait_until(lambda: len(host.queue()) == count, f"{count} messages in the queue")
        return host

    return queue


def program_for(host, name: str) -> str:
    """A command without arguments, as monitoring calls it."""
    file = host.directory / name
    file.write_text(f'#!/bin/sh\nexec {BUILD / name} -C {host.file} "$@"\n')
    file.chmod(0o755)
    return str(file)


# check_mailq of the monitoring plugins.


@pytest.fixture
def check_mailq(host):
    """Run it with our mailq in its table of programs, where Debian's has /usr/bin/mailq."""
    script = unpacked("usr/lib/nagios/plugins/check_mailq")
    table = unpacked("usr/lib/nagios/plugins/utils.pm").read_text()
    plugins = host.directory / "plugins"
    plugins.mkdir()
    copy = plugins / "check_mailq"
    copy.write_bytes(script.read_bytes())

    def run(*arguments, mailq=None):
        mailq = mailq or program_for(host, "mailq")
        changed = re.sub(
            r"^\$PATH_TO_MAILQ.*$", lambda _: f'$PATH_TO_MAILQ = "{mailq}";', table, flags=re.M
        )
        assert str(mailq) in changed
        (plugins / "utils.pm").write_text(changed)
        result = subprocess.run(
            ["perl", copy, *arguments],
            capture_output=True,
            check=False,
            timeout=60,
            text=True,
            env={k: os.environ[k] for k in os.environ if not k.startswith("PERL")},
        )
        assert result.stderr == ""
        return result.returncode, result.stdout.partition("|")[0].strip()

    return run


LEVELS = [
    (1, 0, "OK: {} mailq (1) is below threshold (3/5)"),
    (2, 0, "OK: {} mailq (2) is below threshold (3/5)"),
    (3, 1, "WARNING: {} mailq is 3 (threshold w = 3)"),
    (5, 2, "CRITICAL: {} mailq is 5 (threshold c = 5)"),
]


def test_check_mailq_of_an_empty_queue(check_mailq, host):
    thresholds = ("-w", "3", "-c", "5")
    assert check_mailq("-M", "sendmail", *thresholds) == (0, "OK: sendmail mailq is empty")
    expected = (0, "OK: postfix mailq reports queue is empty")
    assert check_mailq("-M", "postfix", *thresholds) == expected
    directory = ("-d", str(host.directory))
    assert check_mailq("-M", "postfix", *directory, *thresholds, mailq=BUILD / "mailq") == expected


@pytest.mark.parametrize("count, status, text", LEVELS)
def test_check_mailq(queued, check_mailq, count, status, text):
    host = queued(count)
    thresholds = ("-w", "3", "-c", "5")
    for kind in ("sendmail", "postfix"):
        assert check_mailq("-M", kind, *thresholds) == (status, text.format(kind))
    # As Nagios calls it for a Postfix of several instances.
    directory = ("-d", str(host.directory))
    found = check_mailq("-M", "postfix", *directory, *thresholds, mailq=BUILD / "mailq")
    assert found == (status, text.format("postfix"))


def test_check_mailq_without_runner(queued, check_mailq):
    host = queued(3)
    host.stop()
    for kind in ("sendmail", "postfix"):
        assert check_mailq("-M", kind, "-w", "3", "-c", "5")[0] == 1


# Patterns of others, by what they are documented to do. Each gives a number of messages.


def last_line(text: str) -> str:
    return [line for line in text.splitlines() if line.strip()][-1]


def netdata(text: str) -> int:
    line = last_line(text)
    return 0 if line == "Mail queue is empty" else int(line.split()[4])


def checkmk(text: str) -> int:
    line = last_line(text)
    if line == "Mail queue is empty":
        return 0
    words = line.split()
    assert words[0] == "--" and words[2:4] == ["Kbytes", "in"]
    assert words[5] in ("Request.", "Requests.")
    assert int(words[1]) // int(words[4]) == 5
    return int(words[4])


def count_of(pattern: str):
    return lambda text: len(re.findall(pattern, text, re.M))


PATTERNS = {
    "netdata": netdata,
    "checkmk": checkmk,
    "exporter": count_of(
        r"^[0-9A-F]+([\*!]?) +(\d+) (\w{3} \w{3} +\d+ +\d+:\d{2}:\d{2}) +"
    ),
    "generic": count_of(
        r"^([0-9A-Za-z]+)([*!]?)\s+(\d+)\s+(\w{3} \w{3}\s+\d+ [\d:]+)\s+(\S+)?"
    ),
    "senders": count_of(
        r"^[0-9A-F]{10,} +\d+ .{19} +(app@example\.com|MAILER-DAEMON|shop@mail\.example\.net)$"
    ),
    "recipients": count_of(r"^ {20,}\S+@\S+$"),
    "requests": lambda text: int((re.findall(r"(\d+)\s+Requests?\.", text) or [0])[0]),
}

PIPES = {
    "mailq | grep -c '^[A-F0-9]'": str,
    "mailq | grep -v 'Mail queue is empty' | grep -c '^[0-9A-Z]'": str,
    "mailq | tail -n1 | awk '{print $5}'": lambda count: str(count) if count else "",
    "mailq | tail -n1 | grep -oE '[0-9]+ Request' | cut -d' ' -f1": (
        lambda count: str(count) if count else ""
    ),
    "mailq -j | wc -l": str,
    "sendmail -bP": str,
}


@pytest.mark.parametrize("count", [0, 1, 3])
def test_patterns(queued, count):
    host = queued(count)
    found = {name: parser(host.mailq()) for name, parser in PATTERNS.items()}
    assert found == dict.fromkeys(PATTERNS, count)
    for name in ("mailq", "sendmail"):
        program_for(host, name)
    for pipe, expected in PIPES.items():
        result = subprocess.run(
            ["/bin/sh", "-c", pipe],
            env={"PATH": f"{host.directory}:/usr/bin:/bin"},
            capture_output=True,
            check=False,
            timeout=60,
            text=True,
        )
        assert (result.stdout.strip(), result.stderr) == (expected(count), ""), pipe


def test_marks(queued, provider):
    """`*` while on the wire, `!` while held; Postfix's exporter reads them."""
    pattern = re.compile(rf"^({QUEUE_ID})([*!]?) +\d+ \w{{3}} \w{{3}} +\d+ [\d:]+ +", re.M)
    host = queued(1)
    ((name, mark),) = pattern.findall(host.mailq())
    assert mark == ""
    provider.smtp.script.add("dot", Hang())
    host.postoak("resume", "relay")
    wait_until(lambda: pattern.findall(host.mailq()) == [(name, "*")], "an active message")
    assert [entry["queue_name"] for entry in host.queue()] == ["active"]
    host.kill()
    (host.spool / "queue" / name).rename(host.spool / "hold" / name)
    assert pattern.findall(host.mailq()) == [(name, "!")]
    assert [entry["queue_name"] for entry in host.queue()] == ["hold"]


def test_postqueue_json(idle_host, provider):
    """What reads postqueue -j finds every member, of the type it has there."""
    host = idle_host
    provider.smtp.script.add("rcpt", Reply(450, '4.2.1 "On holiday" (\\o/)'), count=None)
    host.start()
    host.submit("a@example.org", "b@example.org")
    reasons = wait_until(
        lambda: [r for e in host.queue() for r in e["recipients"] if "delay_reason" in r],
        "the reasons",
    )
    assert all('450 4.2.1 "On holiday" (\\o/)' in reason["delay_reason"] for reason in reasons)
    (line,) = host.mailq("-j").splitlines()
    entry = json.loads(line)
    assert list(entry)[:6] == [
        "queue_name",
        "queue_id",
        "arrival_time",
        "message_size",
        "forced_expire",
        "sender",
    ]
    assert {k: type(v) for k, v in entry.items()} == {
        "queue_name": str,
        "queue_id": str,
        "arrival_time": int,
        "message_size": int,
        "forced_expire": bool,
        "sender": str,
        "recipients": list,
    }
    assert [r["address"] for r in entry["recipients"]] == ["a@example.org", "b@example.org"]


# The log.


@pytest.fixture
def maillog(idle_host, provider):
    """A file as syslogd writes it, of a daemon that logs as `postfix`: what it was given,
    and the host's name behind the time."""
    host = idle_host
    host.configuration["syslog_name"] = "postfix"
    host.write_configuration()
    script = provider.smtp.script
    script.add("rcpt", LATER, address="slow@*", count=2)
    script.add("rcpt", Reply(550, "5.1.1 No such user (here)"), address="gone@*", count=None)
    host.start()
    host.submit("a@example.org", "b@example.net")
    host.submit("slow@example.org", sender="shop@example.net")
    host.submit("gone@example.org", "c@example.org")
    host.submit("d@example.org", sender="")
    host.wait_until_empty()
    host.wait_for_log("removed", 5)
    file = host.directory / "mail.log"
    lines = [line for line in host.log().splitlines() if re.match(r"\w{3} [ \d]\d ", line)]
    file.write_text("".join(f"{line[:15]} host{line[15:]}\n" for line in lines))
    return file


def test_pflogsumm(maillog):
    script = unpacked("usr/sbin/pflogsumm")
    result = subprocess.run(
        ["perl", script, maillog], capture_output=True, check=False, timeout=60, text=True
    )
    assert (result.returncode, result.stderr) == (0, "")
    text = result.stdout
    grand = text.partition("Per-Hour")[0]
    totals = {name: int(n) for n, name in re.findall(r"^ +(\d+) +(\w+(?: \w+)?)", grand, re.M)}
    assert totals == {
        "received": 4,
        "delivered": 6,
        "forwarded": 0,
        "deferred": 1,
        "bounced": 1,
        "rejected": 0,
        "reject warnings": 0,
        "held": 0,
        "discarded": 0,
        "bytes received": totals["bytes received"],
        "bytes delivered": totals["bytes delivered"],
        "senders": 3,
        "sending hosts": 3,
        "recipients": 6,
        "recipient hosts": 3,
    }
    assert re.search(r"^ +1 +deferred +\(2 +deferrals\)$", text, re.M)
    assert section(text, "Senders by message count") == {
        "app@example.com": 2,
        "from=<>": 1,
        "shop@example.net": 1,
    }
    # The bounce is delivered, too, and is not one of unknown size.
    recipients = section(text, "Recipients by message count")
    assert recipients == dict.fromkeys(
        ["a@example.org", "b@example.net", "slow@example.org", "c@example.org"]
        + ["d@example.org", "app@example.com"],
        1,
    )
    sizes = section(text, "Recipients by message size")
    assert set(sizes) == set(recipients) and min(sizes.values()) > 0
    assert sum(sizes.values()) == totals["bytes delivered"]
    assert "no size data" not in text
    assert re.search(r"^ +2 +4\.3\.0 Try again later$", text, re.M)
    assert re.search(r"^ +1 +5\.1\.1 No such user \(here\)$", text, re.M)


def test_pflogsumm_reads_our_own_name(maillog):
    """And the times that rsyslog writes today."""
    script = unpacked("usr/sbin/pflogsumm")
    lines = maillog.read_text().replace(" host postfix/", " host postoak/").splitlines()
    text = "".join(f"2026-11-22T{line[7:15]}.123456+00:00{line[15:]}\n" for line in lines)
    result = subprocess.run(
        ["perl", script, "--syslog_name=postoak"],
        input=text,
        capture_output=True,
        check=False,
        timeout=60,
        text=True,
    )
    assert (result.returncode, result.stderr) == (0, "")
    assert re.search(r"^ +4 +received$", result.stdout, re.M)
    assert re.search(r"^ +6 +delivered$", result.stdout, re.M)


def section(text: str, title: str) -> dict:
    block = re.search(rf"^{re.escape(title)}\n-+\n((?: +\d+ +\S+\n)+)", text, re.M)
    return {name: int(number) for number, name in re.findall(r" +(\d+) +(\S+)\n", block[1])}


def test_logwatch(maillog):
    script = unpacked("usr/share/logwatch/scripts/services/postfix")
    with maillog.open() as log:
        result = subprocess.run(
            ["perl", script],
            stdin=log,
            capture_output=True,
            check=False,
            timeout=60,
            text=True,
            env={"PATH": "/usr/bin:/bin", "LOGWATCH_DETAIL_LEVEL": "10"},
        )
    assert (result.returncode, result.stderr) == (0, "")
    summary = result.stdout.partition("Detail (")[0]
    counts = re.findall(r"^ +(\d+) +(\w[\w ()]*?)(?:  |$)", summary, re.M)
    found = {name: int(number) for number, name in counts}
    expected = {
        "Accepted": 4,
        "Removed from queue": 5,
        "Sent via SMTP": 6,
        "Deferred": 1,
        "Deferrals": 2,
        "Bounced (local)": 1,
        "Notifications sent": 1,
    }
    assert {name: found.get(name) for name in expected} == expected
    # Of what concerns messages nothing is left over.
    rest = result.stdout.partition("**Unmatched Entries**")[2]
    assert not re.search(QUEUE_ID, rest)


def test_patterns_for_the_log(maillog):
    """Those of the Postfix exporter: the program's name, and the times of each delivery."""
    name = re.compile(r" ?(postfix|opendkim)(/(\w+))?\[\d+\]: (.*)")
    times = re.compile(
        r", relay=(\S+), .*, delays=([0-9\.]+)/([0-9\.]+)/([0-9\.]+)/([0-9\.]+), "
    )
    statuses = []
    for line in maillog.read_text().splitlines():
        service, text = name.search(line).group(3, 4)
        if service == "smtp":
            assert all(float(part) >= 0 for part in times.search(text).groups()[1:])
            statuses += re.findall(r"status=(\w+) ", text)
    assert sorted(statuses) == ["bounced"] + ["deferred"] * 2 + ["sent"] * 6

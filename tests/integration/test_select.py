"""Parts of the queue: sendmail -qI, -qR and -qS, and mailq with them."""

import re

import pytest
from harness import EX_NOPERM, EX_UNAVAILABLE, EX_USAGE, SENDER, wait_until
from privileges import AS_NOBODY, needs_other_users
from scenario import Reply

LATER = Reply(451, "4.3.0 Try again later")


@pytest.fixture
def deferred(idle_host, provider):
    """Three messages that the relay refused once, and that are due again in an hour."""
    host = idle_host
    host.configuration["queue"] = {"retry_minimum": "1h", "retry_maximum": "1h"}
    host.write_configuration()
    provider.smtp.script.add("rcpt", LATER, count=None)
    host.start()
    host.submit("one@example.org", "two@example.net", sender="app@example.com")
    host.submit("three@example.org", sender="Shop@example.com")
    host.submit("four@example.net", sender="")
    host.wait_for_log("status=deferred", 4)
    wait_until(lambda: all("delay_reason" in r for r in recipients(host)), "reasons")
    # The relay would take them now.
    provider.smtp.script.clear()
    return host


def recipients(host) -> list:
    return [r for entry in host.queue() for r in entry["recipients"]]


def ids(host) -> dict:
    """Queue id by the first recipient's local part."""
    return {e["recipients"][0]["address"].split("@")[0]: e["queue_id"] for e in host.queue()}


def arrived(provider) -> list:
    return sorted(a for m in provider.smtp.messages for a in m.addresses)


def listed(host, *arguments) -> list:
    text = host.mailq(*arguments)
    return sorted(re.findall(r"^ {20,}(\w+)@\S+$", text, re.M))


SELECTIONS = [
    (["-qRexample.org"], ["one", "three", "two"]),
    (["-qREXAMPLE.ORG"], ["one", "three", "two"]),
    (["-q!Rexample.org"], ["four"]),
    (["-qRone@", "-qRfour@"], ["four", "one", "two"]),
    (["-qSshop@"], ["three"]),
    (["-q!SSHOP@"], ["four", "one", "two"]),
    (["-qS<>"], ["four"]),
    (["-qSapp@", "-qRexample.org"], ["one", "two"]),
    (["-qSapp@", "-q!Rexample.net"], []),
    (["-qSapp@", "-qSshop@", "-q!Rtwo@"], ["three"]),
    (["-qfSshop@"], ["three"]),
    (["-qp", "-qSshop@"], ["three"]),
    (["-qSnobody"], []),
]


def test_listing_what_is_selected(deferred):
    for arguments, expected in SELECTIONS:
        assert listed(deferred, *arguments) == expected, arguments
    three = ids(deferred)["three"]
    assert listed(deferred, f"-qI{three}") == ["three"]
    assert listed(deferred, f"-qI{three[2:].lower()}") == ["three"]
    assert listed(deferred, f"-q!I{three}") == ["four", "one", "two"]
    assert deferred.mailq("-qSnobody") == "Mail queue is empty\n"
    assert deferred.mailq("-qSshop@").endswith(" in 1 Request.\n")
    assert deferred.sendmail("-bP", "-qRexample.org").stdout == b"2\n"
    assert '"queue_id": "' + three in deferred.mailq("-j", "-qRthree@")
    # The same without the runner.
    deferred.stop()
    for arguments, expected in SELECTIONS:
        assert listed(deferred, *arguments) == expected, arguments
    assert deferred.sendmail("-bP", "-q!Rexample.org").stdout == b"1\n"


def flush(host, *arguments):
    result = host.sendmail(*arguments)
    assert (result.returncode, result.stdout, result.stderr) == (0, b"", b"")


def test_trying_what_is_selected(deferred, provider):
    flush(deferred, "-qSshop@")
    deferred.wait_for_messages(1)
    assert arrived(provider) == ["three@example.org"]
    flush(deferred, "-q!Rexample.org")
    deferred.wait_for_messages(2)
    assert arrived(provider) == ["four@example.net", "three@example.org"]
    flush(deferred, "-qI" + ids(deferred)["one"])
    deferred.wait_until_empty()
    assert len(provider.smtp.messages) == 3


def test_more_than_the_runner_hears_of_at_once(idle_host, provider):
    host = idle_host
    host.configuration["queue"] = {"retry_minimum": "1h", "retry_maximum": "1h"}
    host.write_configuration()
    provider.smtp.script.add("rcpt", LATER, count=None)
    host.start()
    for i in range(240):
        host.submit(f"user{i}@{'odd' if i % 2 else 'even'}.example")
    host.wait_for_log("status=deferred", 240)
    provider.smtp.script.clear()
    flush(host, "-qR@odd.example")
    host.wait_for_messages(120)
    wait_until(lambda: len(host.spooled()) == 120, "the others to be left")
    assert sorted(arrived(provider)) == sorted(f"user{i}@odd.example" for i in range(1, 240, 2))
    # Each had its first attempt, and only these a second one.
    assert len(re.findall("status=deferred", host.log())) == 240


def test_after_a_restart_nothing_was_read_yet(deferred, provider):
    deferred.restart()
    flush(deferred, "-qRthree@")
    deferred.wait_for_messages(1)
    flush(deferred, "-qRtwo@")
    deferred.wait_for_messages(2)
    assert arrived(provider) == ["one@example.org", "three@example.org", "two@example.net"]


def test_who_was_served_selects_no_more(idle_host, provider):
    host = idle_host
    host.configuration["queue"] = {"retry_minimum": "1h", "retry_maximum": "1h"}
    host.write_configuration()
    provider.smtp.script.add("rcpt", LATER, address="slow@*")
    host.start()
    host.submit("fast@example.org", "slow@example.net")
    host.wait_for_log("to=<fast@.*status=sent")
    wait_until(lambda: listed(host) == ["slow"], "one open recipient")
    assert listed(host, "-qRfast@") == []
    flush(host, "-qRslow@")
    host.wait_until_empty()


def test_a_selection_probes_the_profile_it_waits_for(idle_host, provider):
    host = idle_host
    host.configuration["queue"] = {"retry_minimum": "1h", "retry_maximum": "1h"}
    host.write_configuration()
    provider.smtp.script.add("greeting", Reply(421, "4.3.2 Closed"), count=None)
    host.start()
    host.submit("one@example.org")
    host.wait_for_state("backing_off")
    provider.smtp.script.clear()
    flush(host, "-qRnobody@")
    flush(host, "-qRone@")
    host.wait_until_empty()


def test_one_pass_without_a_runner(deferred, provider):
    deferred.stop()
    flush(deferred, "-qRthree@", "-qS<>")
    assert arrived(provider) == []
    assert len(deferred.spooled()) == 3
    flush(deferred, "-qRexample.org", "-q!Sshop@")
    assert arrived(provider) == ["one@example.org", "two@example.net"]
    assert len(deferred.spooled()) == 2
    flush(deferred, "-q")
    assert len(provider.smtp.messages) == 3
    assert deferred.spooled() == []


@needs_other_users
def test_others_may_list_but_not_steer(deferred, provider):
    deferred.directory.chmod(0o755)
    result = deferred.command("mailq", "-qSshop@", **AS_NOBODY)
    assert result.returncode == 0 and b"three@example.org" in result.stdout
    result = deferred.command("sendmail", "-qSshop@", **AS_NOBODY)
    assert (result.returncode, result.stdout) == (EX_NOPERM, b"")
    assert result.stderr == b"sendmail: not permitted\n"
    deferred.stop()
    for program in ("sendmail", "mailq"):
        result = deferred.command(program, "-qSshop@", **AS_NOBODY)
        assert (result.returncode, result.stdout) == (EX_UNAVAILABLE, b"")
        assert len(result.stderr.splitlines()) == 1
    assert provider.smtp.messages == []


@pytest.mark.parametrize(
    "arguments",
    [
        ["-qGlow"],
        ["-qL"],
        ["-qQ"],
        ["-q!Qreason"],
        ["-q!"],
        ["-qR"],
        ["-q!I"],
        ["-qR", "example.org"],
        ["-qRa b"],
        ["-qRa\nflush"],
        ["-qf30m"],
        ["-bd", "-qRx"],
        ["-q30m", "-qRx"],
        ["-bi", "-qRx"],
        ["-qR" + "x" * 4095],
        ["-qRx"] * 65,
    ],
)
def test_refused(host, arguments):
    result = host.sendmail(*arguments)
    assert (result.returncode, result.stdout) == (EX_USAGE, b"")
    assert len(result.stderr.splitlines()) == 1


def test_postoakd_takes_a_selection_for_one_pass_only(idle_host):
    for arguments in (["-s", "Rx"], ["-q", "-s", "Gx"], ["-q", "-s", ""]):
        result = idle_host.command("postoakd", "-f", *arguments)
        assert result.returncode == EX_USAGE


def test_a_queue_run_finds_mail_that_the_runner_was_not_told_of(host):
    """By itself it would look half a minute later."""
    result = host.sendmail("-odq", "-i", "-f", SENDER, "a@example.org", message=b"\nx\n")
    assert result.returncode == 0
    assert host.sendmail("-q").returncode == 0
    host.wait_for_messages(timeout=20)

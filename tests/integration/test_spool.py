"""What is on disk: damaged files are set aside, held mail stays held, nothing is sent twice."""

import socket

import pytest
from harness import EX_CONFIG, wait_until
from scenario import Delay, Reply

LATER = Reply(451, "4.3.0 Later")


def notify(host, name: str):
    """What sendmail does after it accepted a message."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as client:
        client.sendto(name.encode(), str(host.run / "notify"))


def one_message_file(host) -> bytes:
    """A message file as sendmail writes it, taken out of the spool again."""
    host.submit("a@example.org", message=b"Subject: sample\n\n" + b"Hello world\n" * 100)
    (file,) = host.files("incoming")
    octets = file.read_bytes()
    file.unlink()
    return octets


def damage(octets: bytes) -> dict:
    middle = octets.index(b"Hello world") + 500
    return {
        "empty": b"",
        "garbage": bytes(range(256)) * 10,
        "torn": octets[:-100],
        "longer": octets + b"more\r\n",
        "no header": octets[octets.index(b"\n\n") + 2 :],
        "bad recipient": octets.replace(b"recipient: a@example.org", b"recipient: a@exam\tle.org"),
        "one letter": octets[:middle] + b"J" + octets[middle + 1 :],
    }


@pytest.mark.parametrize("folder", ["incoming", "queue"])
def test_damaged_files_go_to_corrupt(idle_host, provider, folder):
    octets = one_message_file(idle_host)
    if folder == "incoming":
        idle_host.start()
    damaged = damage(octets)
    for i, content in enumerate(damaged.values()):
        file = idle_host.spool / folder / f"00000000000{i:X}"
        if folder == "queue":
            file.parent.mkdir(mode=0o700, exist_ok=True)
        file.write_bytes(content)
        file.chmod(0o440)
        if folder == "incoming":
            notify(idle_host, file.name)
    if folder == "queue":
        idle_host.start()
    idle_host.submit("sound@example.org")
    wait_until(lambda: len(idle_host.files("corrupt")) == len(damaged), "all to be set aside")
    (message,) = idle_host.wait_for_messages()
    assert message.addresses == ["sound@example.org"]
    assert idle_host.status()["queue"]["corrupt"] == len(damaged)
    idle_host.wait_for_log("corrupt")
    assert len(provider.smtp.messages) == 1
    # The relay saw the damaged body coming, and its end never.
    provider.smtp.violations.clear()


def test_links_and_odd_files_are_not_followed(host, provider):
    target = host.directory / "target"
    target.write_text("not mail\n")
    (host.spool / "incoming" / "000000000001").symlink_to(target)
    (host.spool / "incoming" / "000000000002").mkdir()
    (host.spool / "incoming" / "not-an-id").write_text("x")
    for name in ("000000000001", "000000000002", "not-an-id"):
        notify(host, name)
    host.submit("a@example.org")
    host.wait_for_messages()
    assert target.read_text() == "not mail\n"
    assert host.status()["runner"] == "up"


def test_spool_of_a_later_version_is_left_alone(idle_host):
    idle_host.submit("a@example.org")
    (idle_host.spool / "version").write_text("2\n")
    for program, *arguments in (("postoakd", "-f", "-e"), ("sendmail", "a@example.org"), ("mailq",)):
        result = idle_host.command(program, *arguments)
        assert (result.returncode, result.stdout) == (EX_CONFIG, b"")
        assert b"has version 2" in result.stderr
    assert len(idle_host.files("incoming")) == 1


def test_message_of_a_later_version_stays(idle_host, provider):
    octets = one_message_file(idle_host).replace(b"postoak-message 1\n", b"postoak-message 9\n")
    idle_host.start()
    file = idle_host.spool / "incoming" / "000000000001"
    file.write_bytes(octets)
    file.chmod(0o440)
    notify(idle_host, file.name)
    idle_host.wait_for_log("000000000001")
    idle_host.submit("a@example.org")
    idle_host.wait_for_messages()
    assert file.exists() and idle_host.files("corrupt") == []


def test_suspended_by_hand_survives_a_restart(host, provider):
    host.postoak("suspend", "relay")
    host.restart()
    host.submit("a@example.org")
    assert host.profile_status()["state"] == "held"
    wait_until(lambda: "a@example.org" in host.mailq(), "the message in the queue")
    assert provider.smtp.counts["connections"] == 0
    host.postoak("resume", "relay")
    host.wait_for_messages()


def test_recipients_already_served_are_not_served_again(host, provider):
    provider.smtp.script.add("rcpt", LATER, address="b@*", count=None)
    host.submit("a@example.org", "b@example.org")
    host.wait_for_log(r"to=<b@example\.org>.*status=deferred")
    host.restart()
    provider.smtp.script.clear()
    host.wait_until_empty()
    assert [m.addresses for m in provider.smtp.messages] == [["a@example.org"], ["b@example.org"]]


def test_power_cut_while_idle_repeats_nothing(host, provider):
    for i in range(10):
        host.submit(f"user{i}@example.org")
    host.wait_until_empty()
    host.kill()
    host.start()
    host.submit("last@example.org")
    host.wait_for_messages(11)
    assert len(provider.smtp.messages) == 11


def test_termination_waits_for_the_reply(host, provider):
    provider.smtp.script.add("dot", Delay(2))
    host.submit("a@example.org")
    wait_until(lambda: provider.smtp.script.rules[0].used, "the message to be on the wire")
    host.submit("b@example.org")
    assert host.stop() == 0
    assert [m.addresses for m in provider.smtp.messages] == [["a@example.org"]]
    assert len(host.spooled()) == 1
    host.start()
    host.wait_for_messages(2)
    host.wait_until_empty()
    assert len(provider.smtp.messages) == 2

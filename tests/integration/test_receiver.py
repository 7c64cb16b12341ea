"""run/submit from the other side: clients that lie, stall, or die."""

import os
import re
import signal
import socket
from contextlib import ExitStack

import raw_submission
from harness import EX_DATAERR, EX_NOPERM, EX_PROTOCOL, EX_TEMPFAIL, wait_until
from message_file import message_file
from privileges import needs_root
from raw_submission import LATER, NOW

ALL, A_USER = 64, 8
FIRST_UID = 30000  # of users that need not exist


def receivers(host) -> list:
    return [pid for pid, name in host.processes().items() if name == "postoak-receive"]


def wait_for_receivers(host, count: int) -> list:
    def reached():
        found = receivers(host)
        return found or [None] if len(found) == count else None

    return wait_until(reached, f"{count} receivers")


def assert_nothing_is_left(host):
    wait_for_receivers(host, 0)
    assert host.spooled() == [] and host.files("corrupt") == []


def test_the_envelope_is_the_receivers_own(host, provider):
    long_ago = b"1000000000.000000"  # 2001
    status, queue_id = raw_submission.submit(host, NOW + message_file(uid=b"4711", received=long_ago))
    assert status == 0 and re.fullmatch("[0-9A-F]{12}", queue_id)
    (message,) = host.wait_for_messages()
    assert f"from userid {os.getuid()})\r\n\tid {queue_id}; ".encode() in message.content
    assert b" 2001 " not in message.content
    assert message.content.endswith(b"Subject: raw\r\n\r\nHello\r\n")
    host.wait_for_log(rf"pickup\[\d+\]: {queue_id}: uid={os.getuid()} from=<app@example.com>")
    # The same key once more would be taken for the same message.
    assert raw_submission.submit(host, NOW + message_file())[0] == 0
    host.wait_for_messages(2)
    assert_nothing_is_left(host)


def test_smtputf8_is_found_out(host, provider):
    recipients = ("j\u00f6@example.org".encode(),)
    assert raw_submission.submit(host, NOW + message_file(recipients=recipients))[0] == 0
    (message,) = host.wait_for_messages()
    assert message.addresses == ["j\u00f6@example.org"]


def test_the_runner_is_told_only_when_asked(host):
    (host.run / "notify").unlink()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
        notify.bind(str(host.run / "notify"))
        notify.settimeout(30)
        later = raw_submission.submit(host, LATER + message_file())
        now = raw_submission.submit(host, NOW + message_file())
        assert later[0] == now[0] == 0
        assert notify.recv(100).decode() == now[1]
    assert {file.name for file in host.files("incoming")} == {later[1], now[1]}


def hostile() -> dict:
    """{what: (octets, status)}"""
    good = message_file()
    bodies = {
        "bare LF": b"A: x\r\n\r\nx\ny\r\n",
        "bare CR": b"A: x\r\n\r\nx\ry\r\n",
        "smuggled end": b"A: x\r\n\r\nx\n.\r\ny\r\n",
        "NUL": b"A: x\r\n\r\nx\0y\r\n",
        "no line end": b"A: x\r\n\r\nx",
        "no header end": b"A: x\r\n",
        "no header": b"words\r\n\r\nx\r\n",
        "nothing": b"",
    }
    envelopes = {
        "sender with LF": message_file(sender=b"a@b\nrecipient: x@y"),
        "sender with CR": message_file(sender=b"a@b\rc"),
        "sender with NUL": message_file(sender=b"a\0@b"),
        "sender with space": message_file(sender=b"a b@c"),
        "long sender": message_file(sender=b"a" * 5000 + b"@b"),
        "recipient with LF": message_file(recipients=[b"a@b\nDATA"]),
        "recipient with CR": message_file(recipients=[b"a@b\rRCPT TO:<c@d>"]),
        "recipient with parameter": message_file(recipients=[b"a@b SIZE=1"]),
        "no recipients": message_file(recipients=[]),
        "uid that is none": message_file(uid=b"-1"),
        "wrong checksum": message_file(crc32c=b"00000000"),
        "larger than it says": message_file(size=b"000000000001"),
        "smaller than it says": message_file(size=b"000000001000"),
        "over the limit": message_file(message=b"A: x\r\n\r\n" + b"x" * 4096 + b"\r\n"),
        "too many recipients": message_file(recipients=[b"a@b"] * 50001, crc32c=b"0" * 8),
        "other version": good.replace(b"postoak-message 1", b"postoak-message 0"),
        "two messages": good + good,
    }
    cases = {
        "no octet": (b"", EX_PROTOCOL),
        "half a greeting": (NOW[:10], EX_PROTOCOL),
        "other greeting": (b"EHLO there\r\n", EX_PROTOCOL),
        "newer greeting": (b"postoak-submit 2 now\n", EX_PROTOCOL),
        "no greeting": (good, EX_PROTOCOL),
        "greeting only": (NOW, EX_DATAERR),
        "noise": (NOW + os.urandom(1 << 20), EX_DATAERR),
        "newer message": (NOW + good.replace(b"message 1", b"message 2"), EX_TEMPFAIL),
    }
    cases |= {what: (NOW + message_file(message=m), EX_DATAERR) for what, m in bodies.items()}
    cases |= {what: (NOW + octets, EX_DATAERR) for what, octets in envelopes.items()}
    cases |= {f"cut at {n}": (NOW + good[:n], EX_DATAERR) for n in range(1, len(good), 23)}
    return cases


def test_hostile_submissions(idle_host, provider):
    idle_host.configuration["message_size_limit"] = "2K"
    idle_host.write_configuration()
    idle_host.start()
    for what, (octets, status) in hostile().items():
        found, text = raw_submission.submit(idle_host, octets)
        assert found == status, (what, found, text)
        assert text and text.isprintable(), what
    assert_nothing_is_left(idle_host)
    assert raw_submission.submit(idle_host, NOW + message_file())[0] == 0
    idle_host.wait_for_messages()


def test_endless_submission(idle_host):
    """It is refused while it comes."""
    idle_host.configuration["message_size_limit"] = "1K"
    idle_host.write_configuration()
    idle_host.start()
    client = raw_submission.connect(idle_host)
    raw_submission.send(client, NOW + b"postoak-message 1\n" * (6 << 20))
    assert raw_submission.answer(client)[0] == EX_DATAERR
    assert_nothing_is_left(idle_host)


def test_many_recipients(idle_host):
    idle_host.start()
    idle_host.postoak("suspend", "relay")
    recipients = [b"%s%d@example.org notify=never" % (b"a" * 50, n) for n in range(50000)]
    status, text = raw_submission.submit(idle_host, NOW + message_file(recipients=recipients))
    assert status == 0, text
    wait_until(lambda: idle_host.files("queue"), "the runner to take it")


def test_too_little_free_space(idle_host):
    idle_host.configuration["minimum_free_space"] = "1000000G"
    idle_host.write_configuration()
    idle_host.start()
    assert raw_submission.submit(idle_host, NOW + message_file())[0] == EX_TEMPFAIL
    assert_nothing_is_left(idle_host)


def test_killed_receiver_and_vanished_client(host, provider):
    half = NOW + message_file()[:-5]
    client = raw_submission.connect(host)
    client.sendall(half)
    (pid,) = wait_for_receivers(host, 1)
    os.kill(pid, signal.SIGKILL)
    assert raw_submission.answer(client) == (None, "")
    assert_nothing_is_left(host)
    host.wait_for_log(rf"receive.*: uid={os.getuid()}: receiver {pid} ended by signal 9")
    client = raw_submission.connect(host)
    client.sendall(half)
    wait_for_receivers(host, 1)
    client.close()
    assert_nothing_is_left(host)
    assert raw_submission.submit(host, NOW + message_file())[0] == 0
    host.wait_for_messages()


def test_stalled_clients_stop_nobody(host, provider):
    with ExitStack() as stack:
        for octets in (b"", NOW[:5], NOW, NOW + message_file()[:100]):
            client = stack.enter_context(raw_submission.connect(host))
            client.sendall(octets)
        wait_for_receivers(host, 4)
        assert raw_submission.submit(host, NOW + message_file())[0] == 0
        host.wait_for_messages()
        assert host.status()["runner"] == "up"
        # The daemon's end does not wait for them, either.
        assert host.stop() == 0
    assert host.spooled() == []


@needs_root
def test_connections_of_a_user(host, provider, directory):
    directory.chmod(0o711)
    with ExitStack() as stack:
        clients = [
            stack.enter_context(raw_submission.connect(host, FIRST_UID)) for _ in range(A_USER)
        ]
        wait_for_receivers(host, A_USER)
        refused = raw_submission.answer(raw_submission.connect(host, FIRST_UID))
        assert refused == (EX_TEMPFAIL, "too many submissions at a time")
        assert raw_submission.submit(host, NOW + message_file(), FIRST_UID + 1)[0] == 0
        clients[0].close()
        wait_for_receivers(host, A_USER - 1)
        assert raw_submission.submit(host, NOW + message_file(), FIRST_UID)[0] == 0
    host.wait_for_messages(2)
    host.wait_for_log(rf"pickup\[\d+\]: [0-9A-F]{{12}}: uid={FIRST_UID} ")


@needs_root
def test_connections_in_all(host, directory):
    directory.chmod(0o711)
    with ExitStack() as stack:
        for n in range(ALL):
            uid = FIRST_UID + n // A_USER
            stack.enter_context(raw_submission.connect(host, uid))
        wait_for_receivers(host, ALL)
        other = FIRST_UID + ALL // A_USER
        assert raw_submission.answer(raw_submission.connect(host, other))[0] == EX_TEMPFAIL
        assert raw_submission.submit(host, NOW + message_file(), 0)[0] == 0
    wait_for_receivers(host, 0)
    assert raw_submission.submit(host, NOW + message_file(), other)[0] == 0


@needs_root
def test_nobody_is_somebody_else(idle_host, directory):
    """The policy goes by the kernel's word, whatever the client wrote."""
    directory.chmod(0o711)
    idle_host.configuration["untrusted_sender"] = "reject"
    idle_host.write_configuration()
    idle_host.start()
    octets = NOW + message_file(uid=b"0", sender=b"root@example.com")
    status, text = raw_submission.submit(idle_host, octets, FIRST_UID)
    assert (status, text) == (EX_NOPERM, f"uid{FIRST_UID} may not send as root@example.com")
    assert_nothing_is_left(idle_host)
    own = b"uid%d@example.com" % FIRST_UID
    assert raw_submission.submit(idle_host, NOW + message_file(sender=own), FIRST_UID)[0] == 0
    assert raw_submission.submit(idle_host, octets, 0)[0] == 0

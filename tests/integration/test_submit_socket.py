"""The second way in, for a sendmail to which the spool is closed."""

import shlex
import signal
import socket
import subprocess
import threading

import pytest
from harness import BUILD, EX_DATAERR, EX_NOPERM, EX_OK, EX_TEMPFAIL, SENDER
from privileges import AS_NOBODY, NOBODY, needs_mounts, needs_other_users, needs_set_gid
from raw_submission import LATER, NOW
from test_sender_policy import FORGED, header_lines

MESSAGE = b"Subject: test\n\nHello\n"


def assert_accepted(result):
    assert (result.returncode, result.stdout, result.stderr) == (EX_OK, b"", b"")


def assert_refused(result, status: int) -> str:
    """With one line, which is returned."""
    assert (result.returncode, result.stdout) == (status, b""), result.stderr
    (line,) = result.stderr.decode().splitlines()
    assert line.startswith("sendmail: ")
    return line


def hide_spool(host):
    """From here on sendmail has a configuration whose spool does not exist."""
    hidden = host.directory / "nowhere" / "spool"
    host.configuration["directories"]["spool"] = str(hidden)
    host.write_configuration()
    return hidden


@pytest.fixture
def hidden(host):
    """A host whose daemon runs, and whose spool sendmail does not find."""
    return hide_spool(host)


@pytest.fixture
def listener(idle_host):
    """In place of the runner: what listens on run/submit, for a sendmail without spool."""
    hide_spool(idle_host)
    idle_host.run.mkdir()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(idle_host.run / "submit"))
        listener.listen()
        listener.settimeout(30)
        yield listener


# Users.


@needs_other_users
def test_any_user_submits_through_the_socket(host, directory):
    directory.chmod(0o711)
    result = host.sendmail("-i", "-f", SENDER, "a@example.org", message=b"\nx\n", **AS_NOBODY)
    assert_accepted(result)
    (message,) = host.wait_for_messages()
    assert f"from userid {NOBODY}".encode() in message.content
    host.wait_for_log(rf"postoak/pickup\[\d+\]: [0-9A-F]{{12}}: uid={NOBODY} from=<{SENDER}>")


@needs_other_users
def test_without_a_runner_one_line_says_what_is_wrong(idle_host, directory):
    idle_host.submit("a@example.org")
    directory.chmod(0o711)
    result = idle_host.sendmail("-i", "a@example.org", message=MESSAGE, **AS_NOBODY)
    line = assert_refused(result, EX_TEMPFAIL)
    assert f"{idle_host.spool}/incoming: Permission denied" in line
    assert f"nobody answers at {idle_host.run}/submit" in line


@needs_mounts
@needs_set_gid
def test_no_new_privileges(installation, idle_host):
    """The set-gid bit of an installed sendmail counts, and where it does not, the socket."""
    nobody = installation.uid("nobody")
    sendmail = installation.prefix / "sbin" / "sendmail"
    arguments = (sendmail, "-i", "-f", SENDER, "--", "a@example.org")
    confined = ("setpriv", "--no-new-privs", *arguments)

    idle_host.start()
    idle_host.stop()
    assert_accepted(installation.run("nobody", *arguments, message=MESSAGE))
    (file,) = idle_host.files("incoming")
    assert file.stat().st_uid == nobody
    result = installation.run("nobody", *confined, message=MESSAGE)
    line = assert_refused(result, EX_TEMPFAIL)
    assert "Permission denied" in line and f"{idle_host.run}/submit" in line

    idle_host.start()
    assert_accepted(installation.run("nobody", *confined, message=MESSAGE))
    idle_host.wait_for_messages(1)
    idle_host.wait_for_log(rf"pickup\[\d+\]: [0-9A-F]{{12}}: uid={nobody} from=<{SENDER}>")
    assert installation.names(idle_host.run / "submit") == "postoak:postoak 666"


# Containers.


def test_without_a_spool_the_socket_is_enough(host, hidden, provider):
    host.submit("a@example.org")
    host.wait_for_messages()
    assert not hidden.parent.exists()


def test_without_a_runner_the_spool_is_created(idle_host):
    hidden = hide_spool(idle_host)
    idle_host.submit("a@example.org")
    assert len(list((hidden / "incoming").iterdir())) == 1


@needs_mounts
@pytest.mark.parametrize(
    "closing",
    (
        # What is left in it is printed, and there must be nothing.
        "mount -t tmpfs tmpfs {spool} && {sendmail} && find {spool} -mindepth 1",
        "mount --bind {spool} {spool} && mount -o remount,bind,ro {spool} && {sendmail}",
    ),
    ids=("hidden", "read-only"),
)
def test_in_a_mount_namespace_of_its_own(host, provider, closing):
    sendmail = [BUILD / "sendmail", "-C", host.file, "-i", "-f", SENDER, "a@example.org"]
    command = closing.format(
        spool=shlex.quote(str(host.spool)), sendmail=shlex.join(map(str, sendmail))
    )
    result = subprocess.run(
        ["unshare", "--mount", "--propagation", "private", "sh", "-c", command],
        input=MESSAGE,
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert_accepted(result)
    host.wait_for_messages()


def test_large_message(host, hidden, provider):
    body = b"0123456789abcde\n" * 524288
    host.submit("a@example.org", message=b"Subject: large\n\n" + body)
    (message,) = host.wait_for_messages()
    assert message.content.endswith(b"\r\n\r\n" + body.replace(b"\n", b"\r\n"))


@pytest.mark.parametrize("place", ("nowhere", "full"))
def test_temporary_files_need_no_directory(host, hidden, provider, place):
    """In memory where TMPDIR is not there; a relative one is none."""
    environment = {"TMPDIR": {"nowhere": "/no/such/directory", "full": "tmp"}[place]}
    result = host.sendmail("-i", "a@example.org", message=MESSAGE, environment=environment)
    assert_accepted(result)
    host.wait_for_messages()
    assert not (host.directory / "tmp").exists()


# What is no reason for the socket.


def test_a_full_spool_is_no_reason(host):
    """The runner still has the configuration by which there is room."""
    host.write_configuration(minimum_free_space="1000000G")
    line = assert_refused(host.sendmail("a@example.org", message=MESSAGE), EX_TEMPFAIL)
    assert "nearly full" in line
    assert "postoak/pickup" not in host.log()


@needs_mounts
def test_no_space_left_is_no_reason(idle_host, listener):
    """A file system without any inode left; `listener` would take the message."""
    spool = idle_host.directory / "small"
    (spool / "incoming").mkdir(parents=True)
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k,nr_inodes=2,mode=755", "tmpfs"]
    subprocess.run([*mount, str(spool / "incoming")], check=True)
    try:
        (spool / "incoming" / "file").write_text("")
        idle_host.configuration["directories"]["spool"] = str(spool)
        idle_host.configuration["minimum_free_space"] = 0
        idle_host.write_configuration()
        result = idle_host.sendmail("a@example.org", message=MESSAGE)
        assert "No space left on device" in assert_refused(result, EX_TEMPFAIL)
        listener.setblocking(False)
        with pytest.raises(BlockingIOError):
            listener.accept()
    finally:
        subprocess.run(["umount", "-l", str(spool / "incoming")], check=True)


# The dialogue, as the listener sees it.


def converse(idle_host, listener, reply: bytes | None, *arguments):
    """What sendmail sent to a runner that answers with `reply`, and its result."""
    received = []

    def serve():
        client, _ = listener.accept()
        with client:
            octets = b""
            while reply is not None and (more := client.recv(65536)):
                octets += more
            received.append(octets)
            client.sendall(reply or b"")

    server = threading.Thread(target=serve)
    server.start()
    result = idle_host.sendmail("-i", *arguments, "a@example.org", message=MESSAGE)
    server.join(30)
    return received[0], result


@pytest.mark.parametrize("option, greeting", (("-odb", NOW), ("-odq", LATER), ("-odd", LATER)))
def test_queue_only(idle_host, listener, option, greeting):
    octets, result = converse(idle_host, listener, b"0 0123456789AB\n", option)
    assert_accepted(result)
    assert octets.startswith(greeting + b"postoak-message 1\nkey: ")
    assert octets.endswith(b"\r\n\r\nHello\r\n")


@pytest.mark.parametrize(
    "reply, status",
    (
        (None, EX_TEMPFAIL),
        (b"", EX_TEMPFAIL),
        (b"0", EX_TEMPFAIL),
        (b"0 \n", EX_TEMPFAIL),
        (b"0 0123\n", EX_TEMPFAIL),
        (b"hello\n", EX_TEMPFAIL),
        (b"x" * 5000, EX_TEMPFAIL),
        (b"75 try again\n", EX_TEMPFAIL),
        (b"65 too large\n", EX_DATAERR),
        (b"77 not you\n", EX_NOPERM),
    ),
)
def test_answers(idle_host, listener, reply, status):
    _, result = converse(idle_host, listener, reply)
    line = assert_refused(result, status)
    if reply and reply[:1] in b"67":
        assert line == f"sendmail: {reply.decode()[3:-1]}"


def test_a_signal_before_the_end_leaves_nothing(host, hidden):
    process = subprocess.Popen(
        [BUILD / "sendmail", "-C", host.file, "-i", "a@example.org"],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    process.stdin.write(b"Subject: half\n\n" + b"0123456789abcde\n" * 5000)
    process.stdin.flush()
    process.send_signal(signal.SIGTERM)
    process.stdin.close()
    assert process.wait(10) == EX_TEMPFAIL
    process.stderr.close()
    assert host.spooled() == [] and "pickup" not in host.log()


DIALOGUE = (
    b"EHLO [127.0.0.1]\r\nMAIL FROM:<app@example.com>\r\nRCPT TO:<a@example.org>\r\nDATA\r\n"
    b"Subject: by -bs\r\n\r\nx\r\n.\r\nQUIT\r\n"
)


def test_smtp_on_standard_input(host, hidden, provider):
    result = host.sendmail("-bs", message=DIALOGUE)
    replies = result.stdout.decode().splitlines()
    assert result.returncode == 0 and result.stderr == b""
    (queued,) = [r for r in replies if r.startswith("250 Ok: queued as ")]
    host.wait_for_messages()
    host.wait_for_log(rf"pickup\[\d+\]: {queued.split()[-1]}: ")


# The sender policy: the receiver's is the one that counts.


@needs_other_users
def test_reject(idle_host, directory, provider):
    directory.chmod(0o711)
    idle_host.configuration["untrusted_sender"] = "reject"
    idle_host.write_configuration()
    idle_host.start()
    idle_host.configuration["untrusted_sender"] = "accept"
    idle_host.write_configuration()
    result = idle_host.sendmail("-f", SENDER, "a@example.org", message=MESSAGE, **AS_NOBODY)
    line = assert_refused(result, EX_NOPERM)
    assert line == f"sendmail: nobody may not send as {SENDER}"
    result = idle_host.sendmail("-bs", message=DIALOGUE, **AS_NOBODY)
    assert f"550 nobody may not send as {SENDER}\r\n".encode() in result.stdout
    assert idle_host.spooled() == []
    for own in ("nobody@Example.com", "NOBODY@host.example.com", "<>"):
        result = idle_host.sendmail("-f", own, "a@example.org", message=MESSAGE, **AS_NOBODY)
        assert_accepted(result)
    idle_host.wait_for_messages(3)


@needs_other_users
@pytest.mark.parametrize("told", ("warn", "accept"))
def test_warn(idle_host, directory, provider, told):
    """Once, whatever sendmail's own configuration is."""
    directory.chmod(0o711)
    idle_host.configuration["untrusted_sender"] = "warn"
    idle_host.write_configuration()
    idle_host.start()
    idle_host.configuration["untrusted_sender"] = told
    idle_host.write_configuration()
    message = FORGED + MESSAGE
    result = idle_host.sendmail("-f", SENDER, "a@example.org", message=message, **AS_NOBODY)
    assert_accepted(result)
    (message,) = idle_host.wait_for_messages()
    first, *others = header_lines(message)
    assert first == (
        f"X-Authentication-Warning: host.example.com: nobody set sender to {SENDER} using -f"
    )
    assert not [line for line in others if "Authentication" in line]

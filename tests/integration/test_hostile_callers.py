"""Callers that are broken, unlucky or hostile: there is exactly one mail, or none and one
line that says why; nothing is ever left behind."""

import ctypes
import fcntl
import os
import pty
import re
import resource
import signal
import subprocess
from pathlib import Path

import pytest
from harness import (
    BUILD,
    EX_DATAERR,
    EX_IOERR,
    EX_NOINPUT,
    EX_NOPERM,
    EX_OK,
    EX_TEMPFAIL,
    EX_USAGE,
    Host,
    process_status,
    wait_until,
)
from privileges import needs_few_resources, needs_mounts, needs_other_users, needs_set_gid

MESSAGE = b"Subject: hostile\n\nHello\n"
TO = "someone@example.org"
STRANGER = 3141592  # a user without an entry in the password file


@pytest.fixture
def host(directory):
    """Where mail is queued only: no daemon, no provider."""
    return Host(directory)


@pytest.fixture
def message(directory):
    file = directory / "message"
    file.write_bytes(MESSAGE)
    with file.open("rb") as stream:
        yield stream


def start(host, *arguments, program="sendmail", **options):
    """sendmail, with a pipe to and from the test where nothing else is said."""
    for stream in ("stdin", "stderr"):
        options.setdefault(stream, subprocess.PIPE)
    command = [program, "-C", str(host.file), *arguments]
    return subprocess.Popen(
        command, executable=BUILD / "sendmail", env=options.pop("env", {}), **options
    )


def finish(process) -> tuple:
    """(status, standard error) of a process that must end by itself."""
    _, errors = process.communicate(timeout=60)
    return process.returncode, errors or b""


def queued(host) -> list:
    """The message files; nothing else may be in incoming/."""
    files = host.files("incoming")
    assert all(re.fullmatch("[0-9A-F]{12}", f.name) for f in files), files
    return [f.read_bytes() for f in files]


def assert_one_line(errors: bytes):
    """Bounded, and nothing in it that a terminal or a reader of UTF-8 stumbles over."""
    assert re.fullmatch(rb"sendmail: [^\x00-\x1f\x7f]{1,1100}\n", errors), errors[:2000]
    assert not re.search("[\x80-\x9f]", errors.decode()), errors


def assert_nothing_sent(host, process, *statuses):
    status, errors = finish(process)
    assert status in statuses, (status, errors)
    assert_one_line(errors)
    assert queued(host) == []


def is_reading(process) -> bool:
    """It holds the signals back, so that they end it only between two reads."""
    blocked = int(process_status(process.pid)["SigBlk"], 16)
    return bool(blocked & 1 << signal.SIGTERM - 1)


def stall(host, *arguments, text=MESSAGE, **options):
    """A process that has read `text` and waits for more."""
    process = start(host, "-i", TO, *arguments, **options)
    process.stdin.write(text)
    process.stdin.flush()
    wait_until(lambda: is_reading(process), "sendmail to read")
    unread = bytearray(4)
    wait_until(
        lambda: fcntl.ioctl(process.stdin, 0x541B, unread) == 0 and not any(unread),  # FIONREAD
        "sendmail to have read all",
    )
    return process


# Descriptors.


@pytest.mark.parametrize("closed", range(8))
def test_closed_descriptors(host, message, closed):
    def close():
        for fd in range(3):
            if closed & 1 << fd:
                os.close(fd)

    process = start(host, "-i", TO, stdin=message, preexec_fn=close)
    assert finish(process) == (EX_OK, b"")
    (mail,) = queued(host)
    assert (b"\r\nHello\r\n" in mail) == (not closed & 1)
    message.seek(0)
    status, _ = finish(start(host, "-i", stdin=message, preexec_fn=close))
    assert status == EX_USAGE and len(queued(host)) == 1


def test_standard_input_that_cannot_be_read(host, directory):
    folder = os.open(directory, os.O_RDONLY)
    write_only = os.open(directory / "output", os.O_WRONLY | os.O_CREAT)
    for stdin in (folder, write_only):
        assert_nothing_sent(host, start(host, TO, stdin=stdin), EX_IOERR)
        os.close(stdin)


def test_non_blocking_standard_input(host):
    read, write = os.pipe2(os.O_NONBLOCK)
    process = start(host, "-i", TO, stdin=read)
    wait_until(lambda: is_reading(process), "sendmail to read")
    os.write(write, MESSAGE)
    os.close(write)
    os.close(read)
    assert finish(process) == (EX_OK, b"") and len(queued(host)) == 1


def test_terminal(host):
    master, terminal = pty.openpty()
    process = start(host, TO, stdin=terminal)
    os.write(master, MESSAGE + b".\n")
    assert finish(process) == (EX_OK, b"") and len(queued(host)) == 1
    os.close(terminal)
    os.close(master)


def test_nobody_listens_to_the_error(host, message):
    read, write = os.pipe()
    os.close(read)
    for arguments, status in ((("-Z",), EX_USAGE), ((), EX_USAGE), (("@",), EX_DATAERR)):
        process = start(host, *arguments, stdin=message, stderr=write)
        assert finish(process)[0] == status, arguments
    os.close(write)
    with open("/dev/full", "wb") as full:
        assert finish(start(host, "-Z", stdin=message, stderr=full))[0] == EX_USAGE
    assert queued(host) == []


# Words and environment.

ESCAPE = "\x1b[2J\x1b]0;owned\x07"
LONG = "x" * 100_000  # the kernel takes 128 KiB a word
REFUSED = [
    ("-Z", ESCAPE),
    ("-\x1b",),
    ("-\xe9\u20ac",),
    ("--" + ESCAPE + "\r\n\n",),
    ("--" + LONG,),
    ("-b" + ESCAPE, TO),
    ("-b", LONG, TO),
    ("-q" + ESCAPE,),
    ("-q", LONG),
    ("-bp", ESCAPE + LONG),
    ("-f", "a@b\nc", TO),
    ("-f", "a@b\r\n", TO),
    ("-f", "a@b\tc", TO),
    ("-f", "\x9b31ma@b@", TO),
    ("-f", "a b@c", TO),
    ("-f", LONG, TO),
    ("-f", LONG + "@example.org", TO),
    ("-Q", TO),
    ("-", TO),
    (TO, "-Z"),
    ("-F",),
    ("-ti", "-f"),
    ("-bt",),
    ("-bv",),
    ("-bp", "-t"),
]
BAD_RECIPIENTS = [
    (ESCAPE,),
    (TO, "a@b\nBcc: c@d"),
    (LONG,),
    (LONG + "@example.org",),
    ("a@" + LONG,),
    ("<" * 100_000,),
    ("(" * 100_000,),
    ('"' * 99_999,),
    ("\x9b\xff@",),
    ("|/bin/sh", "@"),
    ("a@b@c",),
    tuple(f"u{n}" for n in range(100_000)),
]


@pytest.mark.parametrize("words", REFUSED, ids=range(len(REFUSED)))
def test_refused_words_leave_the_input_alone(host, message, words):
    status, errors = finish(start(host, *words, stdin=message))
    assert status == EX_USAGE and queued(host) == []
    assert_one_line(errors)
    if words[0] != "-f":  # which is judged as an address, with the recipients
        assert os.lseek(message.fileno(), 0, os.SEEK_CUR) == 0


@pytest.mark.parametrize("words", BAD_RECIPIENTS, ids=range(len(BAD_RECIPIENTS)))
def test_bad_recipients(host, message, words):
    assert_nothing_sent(host, start(host, *words, stdin=message), EX_DATAERR)


@pytest.mark.parametrize("option", ["-F", "-L", "-N", "-R", "-V", "-O", "-o", "-h", "-B", "-X"])
@pytest.mark.parametrize(
    "value", ["", ESCAPE + "\r\nBcc: evil@example.org", LONG, "\x9b\xff"], ids=range(4)
)
def test_any_value_of_other_options_is_taken(host, directory, message, option, value):
    process = start(host, "-i", option, value, TO, stdin=message, cwd=directory)
    assert finish(process) == (EX_OK, b"")
    (mail,) = queued(host)
    envelope, _, content = mail.partition(b"\n\n")
    assert envelope.count(b"recipient: ") == 1 and b"\x1b" not in envelope
    header = content.partition(b"\r\n\r\n")[0]
    assert b"\x1b" not in header and not re.search(rb"^Bcc", header, re.M)
    assert all(len(line) < 999 for line in header.split(b"\r\n"))


def test_files_that_callers_name_are_not_opened(host, directory, message):
    target = directory / "written"
    fifo = directory / "fifo"  # opening it would wait for ever
    os.mkfifo(fifo)
    for option in ("-X", "-D", "-oA", "-oQ", "-OQueueDirectory=", "-Odeadletterdrop="):
        for name in (target, fifo):
            process = start(host, "-i", f"{option}{name}", TO, stdin=message)
            assert finish(process) == (EX_OK, b"")
            message.seek(0)
    assert not target.exists() and len(queued(host)) == 12


def test_a_hundred_thousand_options(host, message):
    process = start(host, *["-i"] * 100_000, TO, stdin=message)
    assert finish(process) == (EX_OK, b"") and len(queued(host)) == 1


@pytest.mark.parametrize("name", ["", "/", "///", ESCAPE, LONG, "-bp", "mailq/"])
def test_odd_program_names(host, message, name):
    process = start(host, "-i", TO, program=name, stdin=message)
    assert finish(process) == (EX_OK, b"") and len(queued(host)) == 1


def test_no_words_at_all():
    """argv without even a name; Linux since 5.18 makes it one empty word."""

    def execute():
        libc = ctypes.CDLL(None)
        nothing = (ctypes.c_char_p * 1)(None)
        libc.execve(os.fsencode(BUILD / "sendmail"), nothing, nothing)

    process = subprocess.Popen(
        ["/nonexistent"], executable="/bin/false", stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE, preexec_fn=execute,
    )
    status, errors = finish(process)
    assert (status, errors) == (EX_USAGE, b"sendmail: no recipients\n")


def test_the_environment_changes_nothing(host, message):
    """But NAME and TZ, as sendmail(8) has it."""
    environments = (
        {},
        {f"V{n}": "x" * 100_000 for n in range(10)},
        {
            "USER": "evil", "LOGNAME": "evil", "MAILUSER": "evil", "HOME": "/nonexistent",
            "HOSTNAME": "evil", "MAILHOST": "evil", "QMAILINJECT": "f", "SENDMAIL": "evil",
            "POSIXLY_CORRECT": "1", "TMPDIR": "/nonexistent", "PATH": "", "IFS": "/",
            "LANG": "de_DE.UTF-8", "LC_ALL": "tr_TR.UTF-8", "LANGUAGE": "de", "LOCPATH": "/tmp",
            "MALLOC_CHECK_": "3", "MALLOC_PERTURB_": "85", "GLIBC_TUNABLES": "evil",
            "NOTIFY_SOCKET": "/nonexistent", "CREDENTIALS_DIRECTORY": "/nonexistent",
        },
    )  # fmt: skip
    seen = set()
    for environment in environments:
        message.seek(0)
        # An option after the recipient: POSIXLY_CORRECT must not end the options.
        assert finish(start(host, TO, "-i", stdin=message, env=environment)) == (EX_OK, b"")
        (mail,) = queued(host)
        host.files("incoming")[0].unlink()
        mail = re.sub(rb"\b(key|received|crc32c|Date|Message-ID): .*", b"", mail)
        seen.add(mail)
    assert len(seen) == 1, seen


def test_full_name_and_time_zone_come_from_the_environment(host, message):
    environment = {"NAME": f"J\nBcc: evil@example.org{ESCAPE}", "TZ": "XYZ-03:30"}
    assert finish(start(host, "-i", TO, stdin=message, env=environment)) == (EX_OK, b"")
    (mail,) = queued(host)
    (author,) = re.findall(rb"^From: (.*)\r$", mail, re.M)
    assert author.startswith(b'"J Bcc: evil@example.org ') and b"\x1b" not in author
    assert re.search(rb"^Date: .* \+0330\r$", mail, re.M)


# Place and limits.


def test_deleted_working_directory(host, directory, message):
    folder = directory / "gone"
    folder.mkdir()

    def leave():
        os.chdir(folder)
        folder.rmdir()

    process = start(host, "-i", TO, stdin=message, preexec_fn=leave)
    assert finish(process) == (EX_OK, b"") and len(queued(host)) == 1


KIB, MIB = 1 << 10, 1 << 20
LIMITS = (
    [(resource.RLIMIT_NOFILE, n) for n in range(3, 12)]
    + [(resource.RLIMIT_FSIZE, n) for n in (0, 100, 500, 1000, 100_000)]
    + [(resource.RLIMIT_STACK, n * KIB) for n in (32, 64, 100, 128, 256)]
    + [(resource.RLIMIT_DATA, n * KIB) for n in (0, 100, 200, 300, 500, 700, 1000)]
    + [(resource.RLIMIT_AS, n * MIB) for n in (3, 4, 5, 6, 8, 16)]
)


@needs_few_resources
def test_limits(host, message):
    host.aliases.write_text("root: admin@example.org\n")
    host.submit(TO)  # the spool exists
    sent = 1
    statuses = set()
    for limit in LIMITS:
        message.seek(0)

        def restrict(limit=limit):
            resource.setrlimit(limit[0], (limit[1], limit[1]))

        process = start(host, "-i", TO, "root", stdin=message, preexec_fn=restrict)
        status, errors = finish(process)
        sent += status == EX_OK
        assert len(queued(host)) == sent, (limit, status, errors)
        # 127 and signals come from the loader and the kernel.
        assert status in (EX_OK, EX_TEMPFAIL, 127) or status < 0, (limit, status, errors)
        if status == EX_TEMPFAIL:
            assert_one_line(errors)
        statuses.add((limit[0], status))
    for name in (resource.RLIMIT_NOFILE, resource.RLIMIT_FSIZE):
        assert {(name, EX_OK), (name, EX_TEMPFAIL)} <= statuses


# Input without end.


@pytest.mark.parametrize(
    "text",
    [
        "Hello",
        "Subject: hello",
        "From someone",
        "\r",
        "",
        ".x",
        " folded",
        "x" * 100_000,
    ],
    ids=range(8),
)
def test_endless_lines(host, text):
    host.write_configuration(message_size_limit="64K")
    with subprocess.Popen(["yes", text], stdout=subprocess.PIPE) as writer:
        process = start(host, TO, stdin=writer.stdout)
        writer.stdout.close()
        assert_nothing_sent(host, process, EX_DATAERR)


@pytest.mark.parametrize("octet", ["\\0", "\\r", "x", ".", ":", " "])
def test_an_endless_line(host, octet):
    host.write_configuration(message_size_limit="64K")
    command = ["sh", "-c", f"exec tr '\\0' '{octet}' </dev/zero"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as writer:
        process = start(host, TO, stdin=writer.stdout)
        writer.stdout.close()
        assert_nothing_sent(host, process, EX_DATAERR)


def test_a_writer_is_heard_to_its_end(host):
    """So that it is not killed by SIGPIPE before it asks why."""
    process = start(host, "-i")
    read = process.stdin
    for _ in range(64):
        os.write(read.fileno(), b"0123456789abcde\n" * 4096)
    assert process.poll() is None
    assert_nothing_sent(host, process, EX_USAGE)


def test_a_writer_that_never_ends_is_not_waited_for(host):
    process = start(host, "-i", "@")
    assert process.wait(60) == EX_DATAERR
    assert_nothing_sent(host, process, EX_DATAERR)


def test_a_pipe_is_not_touched_after_a_bad_option(host):
    read, write = os.pipe()
    os.write(write, MESSAGE)
    os.close(write)
    assert_nothing_sent(host, start(host, "-Z", stdin=read), EX_USAGE)
    assert os.read(read, 100) == MESSAGE
    os.close(read)


# Signals.


def test_a_stalled_writer_holds_up_nobody(host, message):
    process = stall(host, text=MESSAGE + b"0123456789abcde\n" * 10_000)
    assert queued(host) == []
    assert finish(start(host, "-i", TO, stdin=message)) == (EX_OK, b"")
    assert len(queued(host)) == 1
    process.terminate()
    status, errors = finish(process)
    assert status == EX_TEMPFAIL and len(queued(host)) == 1
    assert_one_line(errors)


@pytest.mark.parametrize("text", [b"", b"Subject: half", MESSAGE * 10_000], ids=["0", "header", "body"])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_signals_before_the_end(host, number, text):
    process = stall(host, text=text)
    process.send_signal(number)
    assert process.wait(60) == EX_TEMPFAIL
    assert_nothing_sent(host, process, EX_TEMPFAIL)


@pytest.mark.parametrize(
    "number", [signal.SIGKILL, signal.SIGQUIT, signal.SIGALRM, signal.SIGXCPU, signal.SIGSEGV]
)
def test_deadly_signals(host, number):
    def no_core():
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

    process = stall(host, text=MESSAGE * 10_000, preexec_fn=no_core)
    process.send_signal(number)
    status, _ = finish(process)
    assert status != EX_OK
    # A file system without O_TMPFILE needs a name, which nobody takes for a message.
    assert [f for f in host.files("incoming") if not f.name.startswith(".")] == []


def test_signals_that_are_ignored_stay_ignored(host):
    """As nohup(1) leaves them."""

    def ignore():
        for number in (signal.SIGHUP, signal.SIGINT, signal.SIGCHLD, signal.SIGPIPE):
            signal.signal(number, signal.SIG_IGN)

    process = stall(host, preexec_fn=ignore, restore_signals=False)
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGCHLD, signal.SIGPIPE):
        process.send_signal(number)
    assert finish(process) == (EX_OK, b"") and len(queued(host)) == 1


def test_a_signal_that_is_blocked_and_pending(host):
    def pend():
        signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        os.kill(os.getpid(), signal.SIGTERM)

    process = start(host, "-i", TO, preexec_fn=pend)
    assert process.wait(60) == EX_TEMPFAIL
    assert_nothing_sent(host, process, EX_TEMPFAIL)


def test_killed_parent(host):
    """Who started sendmail is gone, the writer is not."""
    read, write = os.pipe()
    script = 'exec 3<&0; "$0" -C "$1" -i "$2" <&3 & echo started; exec sleep 1000'
    parent = subprocess.Popen(
        ["sh", "-c", script, BUILD / "sendmail", host.file, TO],
        stdin=read, stdout=subprocess.PIPE,
    )  # fmt: skip
    os.close(read)
    assert parent.stdout.readline() == b"started\n"
    parent.kill()
    parent.wait()
    parent.stdout.close()
    os.write(write, MESSAGE)
    os.close(write)
    wait_until(lambda: queued(host), "the mail")


# Users.


@needs_other_users
def test_a_user_without_a_name(host, directory, message):
    directory.chmod(0o755)
    for folder in (host.spool, host.run, host.state):
        folder.mkdir()
        os.chown(folder, STRANGER, STRANGER)
    stranger = {"user": STRANGER, "group": STRANGER, "extra_groups": []}
    assert finish(start(host, "-i", TO, stdin=message, **stranger)) == (EX_OK, b"")
    (mail,) = queued(host)
    assert f"sender: uid{STRANGER}@example.com\n".encode() in mail
    assert f"\r\nFrom: uid{STRANGER}@example.com\r\n".encode() in mail


def run_stranger(installed, shell: str, *arguments, **options):
    """A shell command of a user without privileges, where "$@" is sendmail with arguments."""
    number = str(STRANGER)
    drop = ["setpriv", "--reuid", number, "--regid", number, "--clear-groups"]
    program = str(installed.prefix / "sbin" / "sendmail")
    for stream in ("stdin", "stdout", "stderr"):
        options.setdefault(stream, subprocess.PIPE)
    return subprocess.Popen(
        [*installed.wrapper, *drop, "sh", "-c", shell, "sh", program, *arguments], **options
    )


@pytest.fixture
def spool(installation, idle_host):
    """The spool of an installation, made by its daemon, which has stopped again."""
    idle_host.start()
    idle_host.stop()
    return idle_host


@needs_mounts
@needs_set_gid
def test_set_gid_with_closed_descriptors(installation, spool):
    """The C library opens others in their place, which fail every use."""
    for closed in ("", "<&-", ">&-", "2>&-", "<&- >&- 2>&-"):
        process = run_stranger(installation, f'exec "$@" {closed}', "-i", TO)
        output, errors = process.communicate(MESSAGE, timeout=60)
        assert (process.returncode, output, errors) == (EX_OK, b"", b""), closed
        (mail,) = queued(spool)
        assert (b"\r\nHello\r\n" in mail) == ("<" not in closed)
        assert f"uid: {STRANGER}\n".encode() in mail
        spool.files("incoming")[0].unlink()


@needs_mounts
@needs_set_gid
def test_set_gid_is_held_only_to_open_and_to_name_a_file(installation, spool):
    process = run_stranger(installation, 'exec "$@"', "-i", TO)
    process.stdin.write(MESSAGE * 10_000)
    process.stdin.flush()
    drop = installation.entry("group", "postoak-drop")[2]

    def is_in_the_message():
        return "incoming" in " ".join(links(process.pid))

    wait_until(is_in_the_message, "sendmail to open a file")
    real, effective, saved, _ = process_status(process.pid)["Gid"].split()
    assert (real, effective, saved) == (str(STRANGER), str(STRANGER), drop)
    # Not dumpable: no core, and the user can neither trace it nor look into it.
    assert Path(f"/proc/{process.pid}/mem").stat().st_uid == 0
    process.kill()
    process.communicate()
    assert queued(spool) == []


def links(pid: int) -> list:
    names = []
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        try:
            names.append(os.readlink(entry))
        except OSError:
            pass
    return names


@needs_mounts
@needs_set_gid
def test_set_gid_opens_no_file_of_the_callers_choice(installation, spool):
    incoming = spool.spool / "incoming"
    for option in ("-X", "-D", "-oA", "-oQ", "-OQueueDirectory="):
        process = run_stranger(installation, 'exec "$@"', "-i", f"{option}{incoming}/evil", TO)
        assert process.communicate(MESSAGE, timeout=60) == (b"", b"")
    assert len(queued(spool)) == 5

    # The same spool, but by a configuration that the caller names.
    process = run_stranger(installation, 'exec "$@"', "-C", spool.file, "-i", TO)
    output, errors = process.communicate(MESSAGE, timeout=60)
    assert (process.returncode, output) == (EX_TEMPFAIL, b"")
    assert_one_line(errors)
    assert len(queued(spool)) == 5

    # A file that only the group can read is not, and its content not quoted.
    secret = spool.directory / "secret.yaml"
    secret.write_text("hostname: [swordfish\n")
    os.chown(secret, 0, int(installation.entry("group", "postoak-drop")[2]))
    secret.chmod(0o640)
    for arguments in (("-C", secret, TO), ("-bi", f"-oA{secret}"), ("-bp", "-C", secret)):
        process = run_stranger(installation, 'exec "$@"', *arguments)
        output, errors = process.communicate(MESSAGE, timeout=60)
        assert process.returncode == EX_NOINPUT and b"swordfish" not in output + errors, (arguments, errors)


@needs_mounts
@needs_set_gid
def test_strangers_start_no_daemon(installation, spool):
    for arguments in (("-bd",), ("-q30m",), ("-bD",), ("-bl",)):
        process = run_stranger(installation, 'exec "$@"', *arguments)
        output, errors = process.communicate(timeout=60)
        assert (process.returncode, output) == (EX_NOPERM, b""), (arguments, errors)
        assert_one_line(errors)

"""sendmail itself: never waits for anybody, exit 0 means durable, else nothing is left behind."""

import os
import resource
import socket
import subprocess
from concurrent.futures import ThreadPoolExecutor

from harness import BUILD, EX_CONFIG, EX_DATAERR, EX_NOPERM, EX_TEMPFAIL, EX_UNAVAILABLE, wait_until
from privileges import AS_NOBODY, needs_other_users, needs_root



def test_without_a_runner_mail_waits(idle_host):
    idle_host.submit("a@example.org")
    (file,) = idle_host.files("incoming")
    assert file.name == file.name.upper() and len(file.name) == 12
    assert file.stat().st_mode & 0o777 == 0o440
    assert "a@example.org" in idle_host.mailq()


def test_fifty_processes_at_once(host, provider):
    def submit(i):
        host.submit("a@example.org", message=b"X-Number: %d\n\n" % i)

    with ThreadPoolExecutor(50) as pool:
        list(pool.map(submit, range(100)))
    messages = host.wait_for_messages(100, timeout=60)
    host.wait_until_empty()
    numbers = {m.content.partition(b"X-Number: ")[2].partition(b"\r\n")[0] for m in messages}
    assert len(messages) == len(numbers) == 100


def assert_refused_cleanly(host, result):
    assert result.returncode == EX_TEMPFAIL, result
    assert result.stdout == b""
    assert len(result.stderr.splitlines()) == 1 and result.stderr.startswith(b"sendmail: ")
    assert host.files("incoming") == []


def test_file_size_limit(host):
    host.submit("a@example.org")
    host.wait_for_messages()
    host.wait_until_empty()
    text = b"Subject: large\n\n" + b"0123456789abcde\n" * 65536
    result = host.sendmail(
        "-i", "a@example.org", message=text, limits=[(resource.RLIMIT_FSIZE, 100_000)]
    )
    assert_refused_cleanly(host, result)


@needs_root
def test_full_file_system(idle_host, provider):
    idle_host.spool.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=12m,mode=755", "tmpfs", str(idle_host.spool)]
    subprocess.run(mount, check=True)
    try:
        idle_host.configuration["minimum_free_space"] = "64K"
        idle_host.write_configuration()
        idle_host.start()
        idle_host.submit("a@example.org")
        idle_host.wait_for_messages()
        idle_host.wait_until_empty()
        text = b"Subject: large\n\n" + b"0123456789abcde\n" * 1048576
        assert_refused_cleanly(idle_host, idle_host.sendmail("a@example.org", message=text))
        idle_host.submit("b@example.org")
        idle_host.wait_for_messages(2)
        idle_host.wait_until_empty()
        assert idle_host.stop() == 0
    finally:
        subprocess.run(["umount", "-l", str(idle_host.spool)], check=True)


def test_too_little_free_space(idle_host):
    idle_host.configuration["minimum_free_space"] = "1000000G"
    idle_host.write_configuration()
    assert_refused_cleanly(idle_host, idle_host.sendmail("a@example.org", message=b"\nx\n"))


def test_message_size_limit(idle_host):
    idle_host.configuration["message_size_limit"] = "64K"
    idle_host.write_configuration()
    result = idle_host.sendmail("a@example.org", message=b"\n" + b"0123456789abcde\n" * 8192)
    assert result.returncode == EX_DATAERR and idle_host.spooled() == []


def test_killed_submitter_leaves_no_mail(host):
    process = subprocess.Popen(
        [BUILD / "sendmail", "-C", host.file, "-i", "a@example.org"],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    process.stdin.write(b"Subject: half\n\n" + b"0123456789abcde\n" * 5000)
    process.stdin.flush()
    process.terminate()
    process.stdin.close()
    assert process.wait(10) == EX_TEMPFAIL
    process.stderr.close()
    assert host.files("incoming") == []


@needs_other_users
def test_other_users_without_a_runner(idle_host, directory):
    idle_host.submit("a@example.org")
    directory.chmod(0o711)
    result = idle_host.sendmail("-i", "a@example.org", message=b"\nx\n", **AS_NOBODY)
    assert result.returncode == EX_TEMPFAIL and len(result.stderr.splitlines()) == 1
    result = idle_host.command("mailq", **AS_NOBODY)
    assert (result.returncode, result.stdout) == (EX_UNAVAILABLE, b"")
    assert len(result.stderr.splitlines()) == 1
    assert len(idle_host.spooled()) == 1


@needs_other_users
def test_other_users_list_but_do_not_steer(host, directory):
    directory.chmod(0o711)
    result = host.command("mailq", **AS_NOBODY)
    assert result.returncode == 0 and b"Mail queue is empty" in result.stdout
    for command in (("suspend", "relay"), ("oauth", "refresh", "relay")):
        result = host.command("postoak", *command, **AS_NOBODY)
        assert result.returncode == EX_NOPERM, (command, result)
    assert host.profile_status()["state"] == "ready"


def test_faults_outside_sendmails_own_keys_stop_no_submission(idle_host):
    idle_host.write_configuration(profiles={"relay": {"no_such_key": [1, {}]}}, nonsense=1)
    idle_host.submit("a@example.org")
    idle_host.write_configuration(routes="not a list", queue={"lifetime": "forever"})
    idle_host.submit("a@example.org")
    assert len(idle_host.spooled()) == 2


def test_faults_in_sendmails_own_keys(idle_host):
    idle_host.write_configuration(message_size_limit="many")
    assert idle_host.sendmail("a@example.org", message=b"\nx\n").returncode == EX_CONFIG
    idle_host.file.write_text("hostname: [unclosed\n")
    result = idle_host.sendmail("a@example.org", message=b"\nx\n")
    assert result.returncode == EX_CONFIG and len(result.stderr.splitlines()) == 1
    assert idle_host.spooled() == []


def test_hostile_environment(host):
    """Closed descriptors, odd working directory, no environment: as cron and atd start it."""
    read, write = os.pipe()
    os.write(write, b"Subject: cron\n\nHello\n")
    os.close(write)

    def close_outputs():
        os.close(1)
        os.close(2)

    process = subprocess.Popen(
        ["sendmail", "-C", str(host.file), "-FCronDaemon", "-i", "-B8BITMIME", "-oem", "a@b.org"],
        executable=BUILD / "sendmail",
        stdin=read,
        env={},
        cwd="/",
        preexec_fn=close_outputs,
    )
    os.close(read)
    assert process.wait(10) == 0
    (message,) = host.wait_for_messages()
    assert b"CronDaemon" in message.content


def test_newaliases_and_verification(idle_host, directory):
    assert idle_host.command("newaliases").returncode == 0
    idle_host.aliases.write_text("root: admin@example.org\nprogram: |cat\nROOT: joe\n")
    result = idle_host.command("newaliases")
    assert (result.returncode, result.stdout) == (0, b"")
    assert {line.split(b":")[1] for line in result.stderr.splitlines()} == {b"2", b"3"}
    other = directory / "other"
    other.write_text("# none\nno colon\n")
    result = idle_host.sendmail("-bi", f"-oA{other}")
    assert result.returncode == EX_DATAERR and f"{other}:2: ".encode() in result.stderr
    other.unlink()
    result = idle_host.sendmail("-I", "-O", f"AliasFile=hash:{other}")
    assert (result.returncode, result.stdout, result.stderr) == (0, b"", b"")
    idle_host.aliases.write_text("root: admin@example.org\n")
    result = idle_host.sendmail("-bv", "root")
    assert result.returncode == 0 and b"admin@example.org" in result.stdout


def test_notify_datagrams_from_anyone_do_no_harm(host):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as client:
        hostile = (b"", b"x" * 60000, b"../../etc/pa", b"0" * 12, b"FFFFFFFFFFFF", b"\0" * 12)
        for datagram in hostile:
            client.sendto(datagram, str(host.run / "notify"))
    host.submit("a@example.org")
    host.wait_for_messages()
    wait_until(lambda: host.status()["runner"] == "up", "the runner")

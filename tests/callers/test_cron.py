"""cron and at: daemons that mail what a job printed, with no one there to see an error."""

# Octets that a mail program could take for something else.
JOB = 'printf "one\\n.\\nFrom the job\\n\\303\\244\\377 8-bit\\n..\\nlast"'
BODY = b"one\r\n.\r\nFrom the job\r\n\xc3\xa4\xff 8-bit\r\n..\r\nlast\r\n"
LOG_START_AND_END = "3"


def run_cron(machine, user: str, *lines: str):
    """What cron mails when these lines are the crontab of a user."""
    path = f"/var/spool/cron/crontabs/{user}"
    machine.write(path, "\n".join([*lines, ""]), user, 0o600)
    # It runs @reboot jobs once in the life of a machine.
    machine.run("rm", "-f", "/run/crond.reboot", user="root")
    with machine.daemon("cron", "-f", "-L", LOG_START_AND_END):
        mail = machine.mail()
        machine.wait_for_log(rf"CRON\S+ \({user}\) END ")
    machine.run("rm", path, user="root")
    # It says so when its mail program fails, or is not there.
    assert ") MAIL (" not in machine.log() and "MTA" not in machine.log()
    return mail


def test_cron_mails_to_the_owner_of_the_crontab(machine):
    mail = run_cron(machine, "alice", f"@reboot {JOB}")
    assert mail.sender == "alice@example.com"
    assert mail.recipients == ["local@example.org"]
    assert mail.field("From") == b"root@example.com (Cron Daemon)"
    assert mail.field("To") == b"alice@example.com"
    assert mail.field("Subject").startswith(b"Cron <alice@host> printf")
    assert mail.field("Content-Transfer-Encoding") == b"8bit"
    assert b"<HOME=/home/alice>" in mail.fields("X-Cron-Env")
    assert mail.field("Date") and mail.field("Message-ID")
    assert mail.body == BODY
    uid = machine.id("passwd", "alice")
    machine.wait_for_log(f"postoak/pickup.*: uid={uid} from=<alice@example.com>")


def test_cron_mails_to_a_list(machine):
    mail = run_cron(machine, "root", "MAILTO=a@example.org,b@example.net", "@reboot echo done")
    assert mail.sender == "root@example.com"
    assert mail.recipients == ["a@example.org", "b@example.net"]
    assert mail.field("To") == b"a@example.org,b@example.net"
    assert mail.body == b"done\r\n"


def test_at(machine):
    """atd replaces itself by sendmail, with the job's output as standard input."""
    job = machine.run("at", "-m", "now", input=JOB.encode())
    assert job.returncode == 0, job
    number = job.stderr.split(b"job ")[1].split()[0]
    with machine.daemon("atd", "-f"):
        mail = machine.mail()
    assert mail.sender == "alice@example.com"
    assert mail.recipients == ["local@example.org"]
    assert mail.field("Subject").split() == [b"Output", b"from", b"your", b"job", number]
    assert mail.field("To") == b"alice@example.com"
    assert mail.field("From") == b"Alice Example <alice@example.com>"
    assert mail.body == BODY

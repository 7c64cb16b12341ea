"""Programs that watch the system, and mail root what they saw."""

import pytest


def test_sudo(machine):
    """It runs sendmail -t as the user, once when the command begins and once when it has ended."""
    sudoers = "Defaults mail_always\nalice ALL = NOPASSWD: ALL\n"
    machine.write("/etc/sudoers.d/mail", sudoers, mode=0o440)
    result = machine.run("sudo", "-n", "true", directory="/home/alice")
    assert (result.returncode, result.stdout, result.stderr) == (0, b"", b""), result
    mails = sorted(machine.mails(2), key=lambda mail: len(mail.body))
    for mail, end in zip(mails, (b"", b" ; EXIT=0"), strict=True):
        assert mail.sender == "alice@example.com"
        assert mail.recipients == ["operator@example.org"]
        assert mail.field("To") == b"root@example.com"
        assert mail.field("From") == b"alice@example.com"
        assert mail.field("Auto-Submitted") == b"auto-generated"
        assert mail.field("Subject") == b"*** SECURITY information for host.example.com ***"
        command = b"alice : PWD=/home/alice ; USER=root ; COMMAND=/usr/bin/true"
        assert mail.body.rstrip().endswith(command + end)


def test_sudo_with_a_wrong_password(machine):
    """Here it runs sendmail as root."""
    sudoers = "Defaults mail_badpass, passwd_tries = 1\nbob ALL = ALL\n"
    machine.write("/etc/sudoers.d/mail", sudoers, mode=0o440)
    result = machine.run("sudo", "-S", "true", user="bob", input=b"guess\n")
    assert result.returncode == 1
    mail = machine.mail()
    assert mail.recipients == ["operator@example.org"]
    assert mail.field("From") == b"bob@example.com"
    assert b" : bob : 1 incorrect password attempt ; PWD=/ ; USER=root ;" in mail.body


def test_mdadm(machine):
    """Its test message names the array it was told of, whether there is one or not."""
    command = ("mdadm", "--monitor", "--test", "--oneshot", "--mail=root", "/dev/md0")
    mail = machine.send(*command, user="root")
    assert mail.sender == "root@example.com"
    assert mail.recipients == ["operator@example.org"]
    assert mail.field("From") == b"mdadm monitoring <root@host>"
    assert mail.field("To") == b"root@example.com"
    assert mail.field("Subject") == b"TestMessage event on /dev/md0:host"
    assert b"\r\nA TestMessage event had been detected on md device /dev/md0.\r\n" in mail.body


SMARTD = {
    "SMARTD_ADDRESS": "root",
    "SMARTD_FAILTYPE": "EmailTest",
    "SMARTD_MESSAGE": "TEST EMAIL from smartd for device: /dev/sda",
    "SMARTD_DEVICEINFO": "Disk X, S/N:1",
    "SMARTD_PREVCNT": "0",
}


@pytest.mark.parametrize("mailer", ["", "/usr/share/smartmontools/smartd-runner"])
def test_smartd(machine, mailer):
    """The script that smartd -M test runs, with Debian's mailer, too; smartd needs a disk."""
    script = "/usr/share/smartmontools/smartd_warning.sh"
    mail = machine.send(script, user="root", environment=SMARTD | {"SMARTD_MAILER": mailer})
    assert mail.sender == "root@example.com"
    assert mail.recipients == ["operator@example.org"]
    assert mail.field("Subject") == b"SMART error (EmailTest) detected on host: host"
    assert b"\r\nTEST EMAIL from smartd for device: /dev/sda\r\n" in mail.body


FAIL2BAN_LOG = "/var/log/fail2ban.log"
JAIL = """
[DEFAULT]
banaction = sendmail
[test]
enabled = true
filter =
backend = polling
logpath = /var/log/test.log
action = sendmail[name=test, dest="root, admin@example.org", sender=fail2ban@host.example.com]
"""


def test_fail2ban(machine):
    """The action writes its mail with printf, and gives several recipients as one argument."""
    for log in ("/var/log/test.log", FAIL2BAN_LOG):
        machine.write(log, "")
    machine.write("/etc/fail2ban/jail.d/defaults-debian.conf", JAIL)
    with machine.daemon("fail2ban-server", "-xf", "--logtarget", FAIL2BAN_LOG, "start"):
        started = machine.mail()
    stopped = machine.mail()
    for mail, what in (started, "started"), (stopped, "stopped"):
        assert mail.sender == "fail2ban@host.example.com"
        assert sorted(mail.recipients) == ["admin@example.org", "operator@example.org"]
        assert mail.field("From") == b"Fail2Ban <fail2ban@host.example.com>"
        assert mail.field("Subject") == f"[Fail2Ban] test: {what} on host.example.com".encode()
        assert mail.body.startswith(b"Hi,\r\n\r\nThe jail test has been ")
    # It logs commands that fail, and what they print.
    assert "ERROR" not in (machine.root / FAIL2BAN_LOG[1:]).read_text()


def test_logwatch(machine):
    """It writes a To field for each recipient."""
    mail = machine.send(
        *("logwatch", "--output", "mail", "--mailto", "root admin@example.org"),
        *("--service", "dpkg", "--range", "all"),
        user="root",
    )
    assert sorted(mail.recipients) == ["admin@example.org", "operator@example.org"]
    assert mail.fields("To") == [b"root@example.com", b"admin@example.org"]
    assert mail.field("Subject") == b"Logwatch for host (Linux)"
    assert mail.field("Precedence") == b"bulk"
    assert b"\r\n Installed:\r\n" in mail.body and b"\r\n    cron:" in mail.body


UNATTENDED_UPGRADE = """
import importlib.machinery, sys
path = "/usr/bin/unattended-upgrade"
module = importlib.machinery.SourceFileLoader("unattended_upgrade", path).load_module()
text = sys.stdin.read()
sys.exit(module._send_mail_using_sendmail("root", "root", "Upgrades: é", text))
"""


def test_unattended_upgrades(machine):
    text = b"Packages:\n.\nlast\n"
    command = ("python3", "-W", "ignore", "-c", UNATTENDED_UPGRADE)
    mail = machine.send(*command, user="root", input=text)
    assert mail.recipients == ["operator@example.org"]
    assert mail.field("From") == b"root@example.com"
    assert mail.field("Auto-Submitted") == b"auto-generated"
    assert mail.text == text.decode()


APT_LISTCHANGES = """
import sys, types
sys.path.insert(0, "/usr/share/apt-listchanges")
import apt_listchanges
config = types.SimpleNamespace(email_address="root", email_format="text")
apt_listchanges.mail_changes(config, sys.stdin.read(), "News for host: é")
"""


def test_apt_listchanges(machine):
    text = "package (2) unstable\n.\n  * Größe\n"
    command = ("python3", "-c", APT_LISTCHANGES)
    result = machine.run(*command, user="root", input=text.encode())
    # It would warn where sendmail fails.
    assert (result.returncode, result.stderr) == (0, b""), result
    assert result.stdout.decode() == "apt-listchanges: Mailing root: News for host: é\n"
    mail = machine.mail()
    assert mail.recipients == ["operator@example.org"]
    assert mail.field("To") == b"root@example.com"
    assert mail.subject == "News for host: é"
    assert mail.text == text

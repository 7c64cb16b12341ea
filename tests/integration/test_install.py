"""make install: what goes where, and the installed programs as separate users.

The second part needs root.
"""

import os
import stat

from harness import EX_NOPERM, SENDER, SOURCE, process_status, wait_until
from installation import make
from privileges import needs_mounts, needs_set_gid

PROVIDERS = {file.name for file in (SOURCE / "config" / "providers").glob("*.yaml")}
MANUALS = {
    "man1": ("mailq.1", "newaliases.1"),
    "man5": ("postoak.yaml.5", "postoak-spool.5"),
    "man8": ("postoak.8", "postoakd.8", "sendmail.8"),
}


def tree(root) -> dict:
    """{path: mode, or -> target} of everything but directories."""
    found = {}
    for path in root.rglob("*"):
        name = str(path.relative_to(root))
        if path.is_symlink():
            found[name] = f"-> {os.readlink(path)}"
        elif path.is_dir():
            assert mode(path) == 0o755, path
        else:
            found[name] = f"{mode(path):o}"
    return found


def mode(path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_exactly_the_expected_files_are_installed(directory):
    make("install", f"DESTDIR={directory}/root", "prefix=/usr")
    assert tree(directory / "root") == {
        "etc/postoak/postoak.yaml": "644",
        "usr/bin/mailq": "-> /usr/sbin/sendmail",
        "usr/bin/newaliases": "-> /usr/sbin/sendmail",
        "usr/lib/sendmail": "-> /usr/sbin/sendmail",
        "usr/sbin/postoak": "755",
        "usr/sbin/postoakd": "755",
        "usr/sbin/sendmail": "755",
        **{f"usr/share/postoak/providers/{name}": "644" for name in PROVIDERS},
        **{f"usr/share/man/{s}/{m}": "644" for s, manuals in MANUALS.items() for m in manuals},
    }


def test_the_configuration_is_never_touched_again(directory):
    arguments = (f"DESTDIR={directory}/root", "prefix=/usr")
    make("install", *arguments)
    file = directory / "root/etc/postoak/postoak.yaml"
    file.write_text("hostname: mine.example.com\n")
    make("install", *arguments)
    make("uninstall", *arguments)
    assert tree(directory / "root") == {"etc/postoak/postoak.yaml": "644"}
    assert file.read_text() == "hostname: mine.example.com\n"


def test_without_the_group_it_says_what_is_missing(directory):
    output = make("install", f"DESTDIR={directory}/root", "prefix=/usr")
    assert "until /usr/sbin/sendmail is root:postoak-drop, mode 2755" in output


def test_compiled_in_paths_follow_the_prefix(directory):
    places = (f"BUILD={directory}", "prefix=/opt/oak", "sysconfdir=/opt/etc")
    output = make("-n", *places, f"{directory}/obj/config/load.o")
    for name, value in {
        "SYSCONFDIR": "/opt/etc",
        "DATADIR": "/opt/oak/share/postoak",
        "SBINDIR": "/opt/oak/sbin",
    }.items():
        assert f"""-DPOSTOAK_{name}='"{value}"'""" in output


# Separate users.

USERS = {
    "postoakd": "root",
    "postoak-runner": "postoak",
    "postoak-sync": "postoak",
    "postoak-agent": "postoak-oauth",
    "postoak-launch": "postoak-smtp",
    "postoak-worker": "postoak-smtp",
}


@needs_mounts
def test_users_are_created_once(installation):
    def accounts():
        return [(installation.etc / d).read_text() for d in ("passwd", "group")]

    before = accounts()
    installation.make("install-users", "install")
    assert accounts() == before
    assert installation.entry("group", "postoak-drop")[3] == "postoak"
    for user in ("postoak", "postoak-oauth", "postoak-smtp"):
        assert installation.entry("passwd", user)[6].endswith(("/nologin", "/false"))
    sendmail = installation.prefix / "sbin" / "sendmail"
    assert installation.names(sendmail) == "root:postoak-drop 2755"


@needs_mounts
def test_nothing_in_a_destination_directory_is_given_away(installation, directory):
    installation.make("install", f"DESTDIR={directory}/package")
    package = directory / "package" / installation.prefix.relative_to("/")
    assert installation.names(package / "sbin" / "sendmail") == "root:root 755"


@needs_mounts
def test_every_process_is_another_user(installation, idle_host):
    idle_host.start()
    assert idle_host.status()["separation"] == "full"
    seen = {}
    for pid in idle_host.processes():
        fields = process_status(pid)
        seen.setdefault(fields["Name"], set()).add(fields["Uid"])
        assert fields["Name"] == "postoakd" or fields["CapPrm"].strip("0") == "", fields
        drop = installation.entry("group", "postoak-drop")[2]
        assert (drop in fields["Groups"].split()) == (USERS[fields["Name"]] == "postoak"), fields
    assert {"postoakd", "postoak-runner", "postoak-agent", "postoak-launch"} <= set(seen)
    for name, uids in seen.items():
        assert uids == {"\t".join(4 * [str(installation.uid(USERS[name]))])}, name


@needs_mounts
@needs_set_gid
def test_an_ordinary_user_sends_mail(installation, idle_host):
    idle_host.start()
    arguments = ("-i", "-f", SENDER, "--", "someone@example.org")
    result = installation.program(
        "nobody", "sendmail", *arguments, message=b"Subject: from nobody\n\nHello\n"
    )
    assert (result.returncode, result.stdout, result.stderr) == (0, b"", b"")
    (message,) = idle_host.wait_for_messages()
    assert message.addresses == ["someone@example.org"]
    assert b"Subject: from nobody\r\n" in message.content
    assert message.user == "alerts@example.com"
    idle_host.wait_for_log(f"pickup.*: uid={installation.uid('nobody')} from=<{SENDER}>")
    idle_host.wait_until_empty()


@needs_mounts
def test_files_belong_to_those_who_need_them(installation, idle_host):
    idle_host.start()
    idle_host.postoak("oauth", "refresh", "relay")
    for path, expected in {
        idle_host.spool: "postoak:postoak 755",
        idle_host.spool / "incoming": "postoak:postoak-drop 3770",
        idle_host.spool / "queue": "postoak:postoak 700",
        idle_host.spool / "history": "postoak:postoak 700",
        idle_host.spool / "lock": "postoak:postoak 600",
        idle_host.state: "postoak-oauth:postoak-oauth 700",
        idle_host.state / "machine.key": "postoak-oauth:postoak-oauth 400",
        idle_host.state / "tokens": "postoak-oauth:postoak-oauth 700",
        idle_host.run: "postoak:postoak 755",
        idle_host.run / "notify": "postoak:postoak-drop 620",
        idle_host.run / "control": "postoak:postoak 666",
        idle_host.run / "agent": "root:postoak 660",
    }.items():
        assert installation.names(path) == expected, path


def readable(installation, user: str, *directories) -> set:
    """The files below `directories` that `user` can read, told where they are."""
    files = [str(f) for d in directories for f in d.rglob("*") if f.is_file()]
    script = 'for f; do head -c 1 "$f" >/dev/null 2>&1 && echo "$f"; done; true'
    result = installation.run(user, "sh", "-c", script, "sh", *files)
    assert result.returncode == 0, result
    return set(result.stdout.decode().split())


@needs_mounts
@needs_set_gid
def test_nobody_reads_what_others_sent(installation, idle_host):
    idle_host.start()
    idle_host.postoak("oauth", "refresh", "relay")
    idle_host.postoak("suspend", "relay")
    for user in ("nobody", "daemon"):
        result = installation.program(user, "sendmail", "-i", "a@example.org", message=b"\nx\n")
        assert result.returncode == 0, result
    wait_until(lambda: len(idle_host.files("queue")) == 2, "the runner to take both")
    idle_host.stop()
    # This one stays where sendmail put it.
    result = installation.program("daemon", "sendmail", "-i", "b@example.org", message=b"\nx\n")
    assert result.returncode == 0 and len(idle_host.files("incoming")) == 1, result

    owners = {f.stat().st_uid for f in idle_host.spooled()}
    assert owners == {installation.uid("nobody"), installation.uid("daemon")}
    for user in ("nobody", "daemon", "postoak-smtp"):
        found = readable(installation, user, idle_host.spool, idle_host.state)
        assert found == {str(idle_host.spool / "version")}, user
    for user, hidden in {"postoak": idle_host.state, "postoak-oauth": idle_host.spool}.items():
        assert readable(installation, user, hidden) <= {str(idle_host.spool / "version")}


@needs_mounts
def test_credentials_that_only_root_can_read_reach_the_agent(installation, idle_host):
    """What systemd passes to a service that starts as root."""
    credentials = idle_host.directory / "secrets" / "credentials"
    credentials.mkdir()
    (credentials / "client").write_text(idle_host.provider.client.secret)
    (credentials / "client").chmod(0o400)
    credentials.chmod(0o500)
    idle_host.client["client_secret"] = {"credential": "client"}
    idle_host.write_configuration()
    idle_host.start(environment={"CREDENTIALS_DIRECTORY": str(credentials)})
    idle_host.postoak("oauth", "refresh", "relay")
    idle_host.submit("a@example.org")
    idle_host.wait_for_messages()


@needs_mounts
def test_who_may_steer(installation, idle_host):
    idle_host.start()
    file = ("-C", idle_host.file)
    result = installation.program("nobody", "postoak", *file, "status")
    assert result.returncode == 0 and result.stdout.startswith(b"Postoak is healthy"), result
    for command in (("suspend", "relay"), ("oauth", "refresh", "relay"), ("oauth", "status")):
        result = installation.program("nobody", "postoak", *file, *command)
        assert result.returncode == EX_NOPERM, result
        result = installation.program("nobody", "postoak", *file, *command, group="postoak")
        assert result.returncode == 0, result
    assert idle_host.profile_status()["state"] == "held"


@needs_mounts
def test_reload_and_restart(installation, idle_host):
    idle_host.start()
    idle_host.configuration["profiles"]["second"] = dict(idle_host.profile)
    idle_host.configuration["default_profile"] = "second"
    idle_host.write_configuration()
    idle_host.reload()
    idle_host.wait_for_log("configuration reloaded")
    idle_host.submit("a@example.org")
    idle_host.wait_for_messages(1)
    idle_host.restart()
    idle_host.submit("b@example.org")
    idle_host.wait_for_messages(2)
    assert idle_host.status()["health"] == "healthy"

"""postoak profile: what there is, what can be added, and adding it."""

import json
import os
import re
import stat

import pytest
import yaml
from harness import EX_CONFIG, EX_DATAERR, EX_NOPERM, EX_USAGE, SOURCE

PROVIDERS = SOURCE / "config" / "providers"
TEMPLATES = {file.stem: yaml.safe_load(file.read_text()) for file in PROVIDERS.glob("*.yaml")}
CHOICES = [(name, grant) for name, text in sorted(TEMPLATES.items()) for grant in text["grants"]]
HEAD = f"directories: {{providers: {PROVIDERS}}}\n"


@pytest.fixture
def alone(idle_host):
    """A host whose file says only where the templates are."""
    idle_host.file.write_text(HEAD)
    return idle_host


def refused(host, *words, status: int) -> str:
    """What it complains of; nothing was changed, and nothing is left beside the file."""
    before, names = host.file.read_text(), set(host.directory.iterdir())
    result = host.command("postoak", "profile", *words)
    assert result.returncode == status and result.stdout == b"", result
    assert host.file.read_text() == before and set(host.directory.iterdir()) == names
    return result.stderr.decode()


def write(host, name: str = "office", provider: str = "microsoft365", *words) -> str:
    return host.postoak("profile", "new", name, "--provider", provider, "--write", *words)


# list and show


def test_list(host):
    text = host.postoak("profile", "list")
    assert re.search(
        r"^relay +custom +127\.0\.0\.1:\d+ +client_credentials +alerts@example\.com  \(default\)$",
        text,
        re.M,
    )
    (profile,) = json.loads(host.postoak("profile", "list", "--json"))
    assert profile["name"] == "relay" and profile["default"] is True
    assert profile["oauth_client"] == "app" and profile["login"] == "client_credentials"
    assert profile["tls"] == "starttls" and profile["scopes"] == host.client["scopes"]


def test_list_of_none(alone):
    assert alone.postoak("profile", "list") == ""
    assert alone.postoak("profile", "list", "--json") == "[]\n"


def test_show_is_a_configuration(host):
    text = host.postoak("profile", "show", "relay")
    shown = yaml.safe_load(text)
    assert shown["profiles"]["relay"]["host"] == "127.0.0.1"
    assert shown["profiles"]["relay"]["timeouts"]["connect"] == "5s"
    host.file.write_text(HEAD + text)
    assert host.postoak("config", "check") == f"{host.file}: ok\n"
    assert json.loads(host.postoak("profile", "show", "relay", "--json"))["name"] == "relay"


def test_show_of_an_unknown_one(host):
    assert "no profile named nobody" in refused(host, "show", "nobody", status=EX_USAGE)


# new


def test_templates_are_listed(alone):
    text = alone.postoak("profile", "new")
    assert text == alone.postoak("profile", "new", "office")
    templates = json.loads(alone.postoak("profile", "new", "--json"))
    assert [t["name"] for t in templates] == sorted(TEMPLATES)
    for name, template in TEMPLATES.items():
        assert f"{name}: {template['title']}\n" in text
        for scope in template.get("client", {}).get("scopes", []):
            assert scope in text
    (google,) = (t for t in templates if t["name"] == "google")
    assert google["token_endpoint"] == "https://oauth2.googleapis.com/token"
    assert google["token_endpoint"] in text and "smtp.gmail.com:587" in text
    assert google["scopes"] == ["https://mail.google.com/"] and google["port"] == 587


@pytest.mark.parametrize(("template", "grant"), CHOICES, ids=map("-".join, CHOICES))
def test_every_block_is_a_configuration(alone, template, grant):
    words = ("profile", "new", "office", "--provider", template, "--grant", grant)
    text = alone.postoak(*words)
    block = yaml.safe_load(text)
    assert list(block["profiles"]) == ["office"]
    alone.file.write_text(HEAD + text)
    assert alone.postoak("config", "check") == f"{alone.file}: ok\n"
    (profile,) = json.loads(alone.postoak("profile", "list", "--json"))
    assert profile["provider"] == template and profile["login"] == grant
    assert "postoak test office" in text
    # Steps for other grants are not among these.
    assert re.findall(r"\[[a-z_, ]+\] [A-Z]", text) == []
    by_a_person = grant in ("authorization_code", "device_code")
    assert ("postoak oauth grant office" in text) == by_a_person
    for secret in re.findall(r"^[^#]*\{sealed: ([a-z.]+)\}", text, re.M):
        assert f"postoak secret set {secret}" in text

    # What --write makes of it is the same.
    alone.file.write_text(HEAD)
    told = alone.postoak(*words, "--write")
    written = yaml.safe_load(alone.file.read_text())
    assert {k: v for k, v in written.items() if k != "directories"} == block
    assert "postoak test office" in told
    assert alone.postoak("config", "check") == f"{alone.file}: ok\n"


def test_the_first_grant_is_the_default(alone):
    for name, template in TEMPLATES.items():
        words = ("profile", "new", "office", "--provider", name)
        default = alone.postoak(*words)
        assert default == alone.postoak(*words, "--grant", template["grants"][0])


def test_steps_are_those_for_the_grant(alone):
    words = ("profile", "new", "office", "--provider", "microsoft365", "--grant")
    application = alone.postoak(*words, "client_credentials")
    person = alone.postoak(*words, "device_code")
    assert "SMTP.SendAsApp" in application and "New-ServicePrincipal" in application
    assert "SMTP.SendAsApp" not in person and "Delegated permissions, SMTP.Send" in person
    assert "client_secret" in application and "client_secret" not in person


# --write

FILE = f"""\
# Who wrote this, and why.
{HEAD}
oauth_clients:
    old:                     # four spaces
        provider: microsoft365
        tenant_id: example.com
        client_id: x

# Profiles follow.
profiles:
    old:
        oauth_client: old
        grant: device_code
        username: me@example.com

    # kept for later
    #older: {{}}

# The end.
queue: {{lifetime: 3d}}
"""


def test_the_rest_of_the_file_stays(alone):
    alone.file.write_text(FILE)
    write(alone)
    text = alone.file.read_text()
    lines = iter(text.splitlines())
    assert all(line in lines for line in FILE.splitlines())  # in this order
    configuration = yaml.safe_load(text)
    for section in ("oauth_clients", "profiles"):
        assert list(configuration[section]) == ["old", "office"]
    assert "\n    office:\n" in text
    assert alone.postoak("config", "check") == f"{alone.file}: ok\n"


def test_the_only_profile_stays_the_default(alone):
    alone.file.write_text(FILE)
    write(alone)
    assert yaml.safe_load(alone.file.read_text())["default_profile"] == "old"
    write(alone, "third")
    profiles = json.loads(alone.postoak("profile", "list", "--json"))
    assert [(p["name"], p["default"]) for p in profiles] == [
        ("old", True),
        ("office", False),
        ("third", False),
    ]


def test_the_running_daemon_takes_it(host, provider):
    write(host, "other", "microsoft365-direct")
    host.reload()
    host.wait_for_log("configuration reloaded")
    assert {p["name"] for p in host.status()["profiles"]} == {"relay", "other"}
    host.submit("a@example.org")
    host.wait_for_messages()


def test_mode_and_link_are_kept(alone):
    alone.file.chmod(0o640)
    if os.geteuid() == 0:
        os.chown(alone.file, 12345, 23456)
    real = alone.directory / "real.yaml"
    alone.file.rename(real)
    alone.file.symlink_to("real.yaml")
    before = real.stat()
    write(alone)
    after = real.stat()
    assert alone.file.is_symlink() and "office:" in real.read_text()
    assert stat.S_IMODE(after.st_mode) == 0o640
    assert (after.st_uid, after.st_gid) == (before.st_uid, before.st_gid)
    assert list(alone.directory.glob("*.yaml.*")) == []


def test_names_that_are_taken(alone):
    alone.file.write_text(FILE)
    words = ("new", "old", "--provider", "google", "--write")
    assert "has a profile old already" in refused(alone, *words, status=EX_USAGE)
    alone.file.write_text(FILE.replace("    old:\n        oauth", "    mine:\n        oauth"))
    assert "has an OAuth client old already" in refused(alone, *words, status=EX_USAGE)


def test_a_file_with_faults_is_left_alone(alone):
    alone.file.write_text(HEAD + "profiles:\n  a: {hots: x}\n")
    words = ("new", "office", "--provider", "google")
    assert ":3:7: " in refused(alone, *words, "--write", status=EX_CONFIG)
    assert "office:" in alone.postoak("profile", *words)  # the block is printed all the same


@pytest.mark.parametrize(
    "text",
    [
        HEAD + "profiles: {a: {host: smtp.example.com}}\n",
        "{" + HEAD.strip() + ", profiles: {}}\n",
        HEAD + "oauth_clients: {}\n",
    ],
    ids=["section in braces", "all in braces", "empty braces"],
)
def test_what_is_written_in_braces_is_left_alone(alone, text):
    alone.file.write_text(text)
    words = ("new", "office", "--provider", "google", "--write")
    assert "not written line by line" in refused(alone, *words, status=EX_DATAERR)


@pytest.mark.parametrize("name", ["null", "office"])
def test_what_would_not_load_is_not_written(alone, name):
    """A name that is none in YAML, or a text that goes on behind the document's end."""
    if name == "office":
        alone.file.write_text(HEAD + "...\n")
    words = ("new", name, "--provider", "google", "--write")
    assert "would not load" in refused(alone, *words, status=EX_CONFIG)


@pytest.mark.skipif(os.geteuid() != 0, reason="becomes another user")
def test_others_may_look_but_not_write(alone):
    alone.directory.chmod(0o755)
    alone.file.chmod(0o644)
    words = ("new", "office", "--provider", "google")
    result = alone.command("postoak", "profile", *words, user=65534, group=65534)
    assert result.returncode == 0
    result = alone.command("postoak", "profile", *words, "--write", user=65534, group=65534)
    assert result.returncode == EX_NOPERM and b"Permission denied" in result.stderr


WRONG = {
    "unknown provider": (("new", "a", "--provider", "gogle"), "did you mean google?"),
    "a path": (("new", "a", "--provider", "../../etc/passwd"), "no provider named"),
    "grant of others": (("new", "a", "--provider", "google", "--grant", "none"), "grant none"),
    "no name": (("new", "--provider", "google"), "missing argument: NAME"),
    "bad name": (("new", "a b", "--provider", "google"), "name"),
    "no provider": (("new", "a", "--write"), "--provider"),
    "no value": (("new", "a", "--provider"), "--provider needs a value"),
    "unknown option": (("new", "a", "--wirte"), "unknown option --wirte"),
    "too much": (("new", "a", "b", "--provider", "google"), "unexpected argument: b"),
    "JSON": (("new", "a", "--provider", "google", "--json"), "--json"),
}


@pytest.mark.parametrize("row", WRONG.values(), ids=WRONG)
def test_wrong_words(alone, row):
    words, part = row
    assert part in refused(alone, *words, status=EX_USAGE)

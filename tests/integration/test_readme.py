"""The README promises nothing that is not there."""

import re
import subprocess
import textwrap

import pytest
from harness import BUILD, SOURCE

README = (SOURCE / "README.md").read_text()


def blocks(language: str, text: str = README) -> list:
    found = re.findall(rf"^( *)```{language}\n(.*?)^ *```$", text, re.M | re.S)
    return [textwrap.dedent(text) for _, text in found]


def run(*command) -> subprocess.CompletedProcess:
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


CONFIGURATIONS = blocks("yaml")


def test_both_providers_are_described():
    providers = {re.search(r"provider: (\S+)", text)[1] for text in CONFIGURATIONS}
    assert providers == {"microsoft365", "google"}


@pytest.mark.parametrize("text", CONFIGURATIONS)
def test_configurations_are_valid(directory, text):
    file = directory / "postoak.yaml"
    file.write_text(f"{text}\ndirectories: {{providers: {SOURCE}/config/providers}}\n")
    check = run(BUILD / "postoak", "-C", file, "config", "check")
    assert (check.returncode, check.stdout, check.stderr) == (0, f"{file}: ok\n", "")


def code(text: str) -> str:
    """What stands between backticks in the running text, and in blocks for the shell."""
    running = re.sub(r"^ *```.*?^ *```$", "", text, flags=re.M | re.S)
    spans = (" ".join(span.split()) for span in re.findall(r"`([^`]+)`", running))
    return "\n".join([*spans, *blocks("sh", text)])


def commands(text: str) -> set:
    return set(
        re.findall(r"\bpostoak ((?:oauth|config|queue|profile|secret) [a-z-]+|[a-z]+)\b", code(text))
    )


def test_commands_exist_or_are_said_to_be_missing():
    usage = run(BUILD / "postoak", "--help").stdout
    missing = commands(README.partition("## Not there yet")[2].partition("\n## ")[0])
    there = commands(README) - missing
    assert {"status", "oauth refresh", "oauth grant", "secret set", "suspend", "resume"} <= there
    assert {"test", "profile new", "config check"} <= there and {"queue show"} <= missing
    assert [c for c in there if f"\n  {c} " not in usage] == []
    assert [c for c in missing if f"\n  {c} " in usage] == []


def test_make_targets_exist():
    rules = "".join((SOURCE / f).read_text() for f in ("Makefile", "packaging/install.mk"))
    lines = re.findall(r"^(?:sudo )?make ((?:[a-z-]+ ?)+)", code(README), re.M)
    targets = {target for line in lines for target in line.split()}
    assert {"demo", "check", "install-users", "install"} <= targets
    assert [t for t in targets if not re.search(rf"^{t}:", rules, re.M)] == []


def test_links_lead_somewhere():
    for link in re.findall(r"\]\(([^)]+)\)", README):
        assert (SOURCE / link).exists(), link

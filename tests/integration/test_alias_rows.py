"""Where mail for this host's users goes: aliases(5), :include: files, local_mail, postmaster."""

import dataclasses
import os
import re

import pytest
from harness import EX_CONFIG, EX_DATAERR, EX_NOINPUT
from privileges import NOBODY, needs_root
from submission_case import TO, Accepted, Answered, Refused, login, rows

ADMIN = "admin@example.org"
POSTMASTER = "postmaster@example.com"



def via(address: str, *originals: str) -> str:
    """A recipient that came of an alias."""
    (original,) = originals
    return f"{address} orcpt=rfc822;{original}"


def warning(text: str) -> str:
    """A pattern: one entry of facility mail."""
    return rf"<20>[^\n]* postoak/sendmail\[\d+\]: warning: {text}"


FILE = r"[^ ]*/aliases"


def alias(name, aliases: str, *to: str, word="joe", **more):
    return Accepted(name, [word], aliases=aliases, to=to, **more)


JOES = via(ADMIN, "joe@example.com")

LOOKUP = [
    alias("one", "joe: admin@example.org\n", JOES),
    alias("other user", "al: admin@example.org\n", "joe@example.com"),
    alias("root", "root: admin@example.org\n", via(ADMIN, "root@example.com"), word="root"),
    alias("case of the name", "joe: admin@example.org\n", via(ADMIN, "JOE@example.com"),
          word="JOE"),
    alias("case of the alias", "JOE: admin@example.org\n", JOES),
    alias("at localhost", "joe: admin@example.org\n", via(ADMIN, "joe@localhost"),
          word="joe@localhost"),
    alias("at hostname", "joe: admin@example.org\n", via(ADMIN, "joe@Host.Example.COM"),
          word="joe@Host.Example.COM"),
    alias("at mail_name", "joe: admin@example.org\n", "joe@example.com", word="joe@example.com"),
    alias("at mail_name that is hostname", "joe: admin@example.org\n",
          via(ADMIN, "joe@host.example.com"), word="joe@host.example.com",
          configuration={"mail_name": "host.example.com"},
          sender=f"{login()}@host.example.com"),
    alias("elsewhere", "joe: admin@example.org\n", "joe@example.org", word="joe@example.org"),
    alias("whole address", "joe@localhost: admin@example.org\njoe: b@example.org\n",
          via(ADMIN, "joe@localhost"), word="joe@localhost"),
    alias("whole address elsewhere is no alias", "joe@example.org: admin@example.org\n",
          "joe@example.org", word="joe@example.org"),
    alias("several", "joe: admin@example.org, b@example.org,c@example.org\n",
          JOES, via("b@example.org", "joe@example.com"), via("c@example.org", "joe@example.com")),
    alias("to a local user", "joe: al\n", via("al@example.com", "joe@example.com")),
    alias("through another", "joe: al\nal: admin@example.org\n", JOES),
    alias("itself and another", "joe: joe, admin@example.org\n", "joe@example.com", JOES),
    alias("itself with backslash", "joe: \\joe, admin@example.org\n", "joe@example.com", JOES),
    alias("backslash in front", "joe: admin@example.org\n", "joe@example.com", word="\\joe"),
    alias("backslash on the right", "joe: \\al\nal: admin@example.org\n",
          via("al@example.com", "joe@example.com")),
    alias("owner- means nothing", "joe: admin@example.org\nowner-joe: al@example.org\n", JOES),
    Accepted("duplicates", ["joe", "al", ADMIN], aliases=f"joe: {ADMIN}\nal: joe, {ADMIN}\n",
             to=[JOES]),
    Accepted("in the header", ["-t"], aliases=f"joe: {ADMIN}\n", to=[JOES],
             stdin=b"To: Joe <joe>\nFrom: x@example.org\nDate: x\nMessage-ID: <x@y>\n\n",
             message=b"To: Joe <joe@example.com>\nFrom: x@example.org\nDate: x\nMessage-ID: <x@y>\n\n"),
    Accepted("-n", ["-n", "joe"], aliases=f"joe: {ADMIN}\n", to=["joe@example.com"]),
    Accepted("the sender is not replaced", ["-f", "joe", TO], aliases=f"joe: {ADMIN}\n",
             sender="joe@example.com"),
]

SYNTAX = [
    alias("comments and empty lines", "# a\n\n  \n#joe: x\njoe: admin@example.org # b\n#\n", JOES),
    alias("continuation", "joe: b@example.org,\n\tadmin@example.org,\n  c@example.org\n",
          via("b@example.org", "joe@example.com"), JOES, via("c@example.org", "joe@example.com")),
    alias("continuation from the name on", "joe:\n admin@example.org\n", JOES),
    alias("continuation by backslash", "joe: b@example.org, \\\nadmin@example.org\n",
          via("b@example.org", "joe@example.com"), JOES),
    alias("comment in a continuation", "joe: b@example.org,\n# no\n admin@example.org\n",
          via("b@example.org", "joe@example.com"), JOES),
    alias("blanks", "joe  :   admin@example.org  ,\t b@example.org  \n", JOES,
          via("b@example.org", "joe@example.com")),
    alias("no blank", "joe:admin@example.org\n", JOES),
    alias("CRLF", "al: x@example.org\r\njoe: admin@example.org\r\n", JOES),
    alias("no line end", "joe: admin@example.org", JOES),
    alias("quoted name", '"joe doe": admin@example.org\n', via(ADMIN, '"joe+20doe"@example.com'),
          word='"joe doe"'),
    alias("needlessly quoted name", '"joe": admin@example.org\n', JOES),
    alias("quoted at sign", 'joe: "admin@example.org"\n',
          via('"admin@example.org"@example.com', "joe@example.com")),
    alias("full names", 'joe: "A, B" <admin@example.org>, C D <c@example.org>\n', JOES,
          via("c@example.org", "joe@example.com")),
    alias("hash in a word", "joe: a#b@example.org\n", via("a#b@example.org", "joe@example.com")),
    alias("a line that is none", "no colon here\njoe: admin@example.org\n", JOES,
          log=warning(rf"{FILE}:1: [^\n]+")),
    alias("a bad address", "al: a@@b\njoe: admin@example.org\n", JOES,
          log=warning(rf"{FILE}:1: [^\n]*a@@b")),
    alias("a bad address of one's own", "joe: a@@b\n", "joe@example.com",
          log=warning(rf"{FILE}:1: [^\n]*a@@b")),
    alias("a name twice", "joe: admin@example.org\njoe: b@example.org\n", JOES,
          log=""),
    alias("missing file", "", "joe@example.com", configuration={"aliases": "/nonexistent/aliases"},
          log=""),
    Refused("a directory", ["joe"], EX_NOINPUT, "not a regular file",
            configuration={"aliases": "/etc"}),
    Accepted("a directory matters to nobody else", [TO], configuration={"aliases": "/etc"}),
]

COMMAND = warning("joe: commands are not run; postmaster gets the mail instead")
POSTMASTERS = via(POSTMASTER, "joe@example.com")

REPLACED = [
    alias("command", "joe: |/bin/cat\n", POSTMASTERS, log=COMMAND),
    alias("quoted command", 'joe: "|/bin/sh -c \\"a, b; c\\""\n', POSTMASTERS, log=COMMAND),
    alias("half-quoted command", 'joe: |"/bin/cat -n"\n', POSTMASTERS, log=COMMAND),
    alias("file", "joe: /var/mail/joe\n", POSTMASTERS,
          log=warning("joe: files are not written to; postmaster gets the mail instead")),
    alias("/dev/null", "joe: /dev/null\n", POSTMASTERS,
          log=warning("joe: files are not written to; [^\n]*")),
    alias("command beside an address", "joe: admin@example.org, |/bin/cat\n", JOES, POSTMASTERS,
          log=COMMAND),
    alias("two commands, one postmaster", "joe: |a, |b\n", POSTMASTERS,
          log=f"{COMMAND}\n{COMMAND}"),
    alias("postmaster has an alias", "joe: |a\npostmaster: admin@example.org\n", JOES, log=COMMAND),
    alias("postmaster is a command", "joe: |a\npostmaster: |b\n", POSTMASTERS,
          log=COMMAND + "\n" + warning("postmaster: commands are not run; [^\n]*")),
    alias("configured postmaster", "joe: |a\n", via("ops@example.org", "joe@example.com"),
          configuration={"postmaster": "ops@example.org"},
          log=warning("joe: commands are not run; ops@example.org gets the mail instead")),
    alias("postmaster and local_mail", "joe: |a\n", JOES, configuration={"local_mail": ADMIN},
          log=COMMAND),
    alias("loop", "joe: al\nal: jo\njo: joe\n", POSTMASTERS,
          log=warning("joe: leads back to itself; [^\n]*")),
    alias("loop and a way out", "joe: al\nal: joe, admin@example.org\n", POSTMASTERS, JOES,
          log=warning("joe: leads back to itself; [^\n]*")),
]


def chain(length: int) -> str:
    """`length` aliases from joe to the administrator."""
    names = ["joe", *(f"step{i}" for i in range(1, length)), ADMIN]
    return "".join(f"{a}: {b}\n" for a, b in zip(names, names[1:]))


DEPTH = [
    alias("ten in a row", chain(10), JOES),
    alias("eleven in a row", chain(11), POSTMASTERS,
          log=warning("step10: too many aliases lead to it; [^\n]*")),
    alias("a thousand in a row", chain(1000), POSTMASTERS,
          log=warning("step10: too many aliases lead to it; [^\n]*")),
    alias("wide", "joe: " + ", ".join(f"w{i}" for i in range(1000)) + "\n"
          + "".join(f"w{i}: {ADMIN}, x{i}@example.org\n" for i in range(1000)),
          JOES, *(via(f"x{i}@example.org", "joe@example.com") for i in range(1000))),
    # 2^10 ways lead to the end; each alias is looked at once.
    alias("doubling", "joe: a1, b1\n" + "".join(
        f"a{i}: a{i + 1}, b{i + 1}\nb{i}: a{i + 1}, b{i + 1}\n" for i in range(1, 9))
        + f"a9: {ADMIN}\nb9: {ADMIN}\n", JOES),
    Refused("one too many", ["joe", TO], EX_DATAERR, "50000", aliases="joe: "
            + ", ".join(f"x{i}@example.org" for i in range(50000)) + "\n"),
]

LOCAL = {"local_mail": ADMIN}
LOCAL_MAIL = [
    alias("no alias", "", JOES, configuration=LOCAL),
    alias("alias", "joe: b@example.org\n", via("b@example.org", "joe@example.com"),
          configuration=LOCAL),
    alias("alias to a local user", "joe: al\n", JOES, configuration=LOCAL),
    alias("itself", "joe: joe\n", JOES, configuration=LOCAL),
    alias("localhost", "", via(ADMIN, "joe@localhost"), word="joe@localhost", configuration=LOCAL),
    alias("hostname", "", via(ADMIN, "joe@host.example.com"), word="joe@host.example.com",
          configuration=LOCAL),
    alias("mail_name", "", "joe@example.com", word="joe@example.com", configuration=LOCAL),
    alias("elsewhere", "", TO, word=TO, configuration=LOCAL),
    Accepted("several users", ["joe", "al", "root", TO], to=[JOES, TO], configuration=LOCAL),
    Accepted("-n", ["-n", "joe"], aliases="joe: b@example.org\n", to=[JOES], configuration=LOCAL),
    *(Refused(f"local_mail: {value}", ["joe"], EX_CONFIG, "local_mail", stdin_is_file=True,
              configuration={"local_mail": value}) for value in ("a@@b", "ops", "a@b, c@d")),
]


def complaints(*lines: str) -> str:
    return "".join(line + "\n" for line in lines)


CHECKED = [
    Answered("good file", ["-bi"], aliases="root: admin@example.org\njoe: root, al\n"),
    Answered("empty file", ["-bi"]),
    Answered("missing file", [], program="newaliases",
             configuration={"aliases": "/nonexistent/aliases"}),
    Answered("bad lines", ["-bi"], status=EX_DATAERR, aliases="a: x\nno colon\nb:\n: c\nd: e@@f\n",
             stderr=complaints(rf"{FILE}:2: [^\n]+", rf"{FILE}:3: b: [^\n]+", rf"{FILE}:4: [^\n]+",
                               rf"{FILE}:5: [^\n]*e@@f", rf"sendmail: {FILE}: 4 lines [^\n]+")),
    Answered("one bad line", ["-I"], status=EX_DATAERR, aliases="a:\n",
             stderr=complaints(rf"{FILE}:1: a: [^\n]+", rf"sendmail: {FILE}: 1 line not [^\n]+")),
    Answered("a name twice", [], program="newaliases", aliases="joe: al\nJoe: b@example.org\n",
             stderr=rf"{FILE}:2: joe: [^\n]*line 1\b[^\n]*\n"),
    Answered("targets that are replaced", [], program="newaliases",
             aliases="a: |cat\nb: /var/mail/b\nc: :include:/nonexistent\nd: admin@example.org\n",
             stderr=complaints(rf"{FILE}:1: a: commands are not run: \|cat",
                               rf"{FILE}:2: b: files are not written to: /var/mail/b",
                               rf"{FILE}:3: c: /nonexistent: No such file or directory")),
    Answered("number of a continued line", ["-bi"], status=EX_DATAERR,
             aliases="a: b,\n c\n\n# d\ne: f@@g,\n h\n",
             stderr=complaints(rf"{FILE}:5: [^\n]*f@@g", rf"sendmail: {FILE}: 1 line [^\n]+")),
]


@rows(*LOOKUP, *SYNTAX)
def test_aliases(quiet_host, case):
    case.run(quiet_host)


@rows(*REPLACED, *DEPTH)
def test_what_cannot_be_used(quiet_host, case):
    case.run(quiet_host)


@rows(*LOCAL_MAIL)
def test_local_mail(quiet_host, case):
    case.run(quiet_host)


@rows(*CHECKED)
def test_newaliases(quiet_host, case):
    case.run(quiet_host)


# LISTS is the directory of the files that the fixture makes.
NOT_USED = "joe: LISTS/{}: {}; postmaster gets the mail instead"
INCLUDES = [
    alias("list", "joe: :include:LISTS/good\n", via("m1@example.org", "joe@example.com"),
          via("m2@example.org", "joe@example.com"), via("al@example.com", "joe@example.com"),
          log=""),
    alias("list and an address",
          "joe: admin@example.org, :include:LISTS/good\nal: admin@example.org\n",
          JOES, via("m1@example.org", "joe@example.com"), via("m2@example.org", "joe@example.com")),
    alias("quoted", 'joe: ":include:LISTS/good"\nal: m1@example.org\n',
          via("m1@example.org", "joe@example.com"), via("m2@example.org", "joe@example.com")),
    alias("in capitals, with a blank", "joe: :INCLUDE: LISTS/good\nal: m1@example.org\n",
          via("m1@example.org", "joe@example.com"), via("m2@example.org", "joe@example.com")),
    alias("empty list", "joe: admin@example.org, :include:LISTS/empty\n", JOES, log=""),
    alias("list in a list", "joe: :include:LISTS/nested\nal: m1@example.org\n",
          via("m1@example.org", "joe@example.com"), via("m2@example.org", "joe@example.com"),
          log=""),
    alias("list that names itself", "joe: :include:LISTS/own\n", POSTMASTERS,
          via("m1@example.org", "joe@example.com"),
          log=warning(":include:LISTS/own: leads back to itself; [^\n]*")),
    alias("bad line in a list", "joe: :include:LISTS/bad\n",
          via("m1@example.org", "joe@example.com"),
          log=warning(r"LISTS/bad:2: [^\n]*a@@b")),
    alias("command in a list", "joe: :include:LISTS/command\n", POSTMASTERS,
          log=warning("[^\n]*commands are not run; [^\n]*")),
    alias("other owner", "joe: :include:LISTS/other\n", POSTMASTERS,
          log=warning(NOT_USED.format("other", "not owned by root"))),
    alias("closed", "joe: :include:LISTS/closed\n", POSTMASTERS,
          log=warning(NOT_USED.format("closed", "not readable by all"))),
    alias("writable", "joe: :include:LISTS/writable\n", POSTMASTERS,
          log=warning(NOT_USED.format("writable", "writable by others than root"))),
    alias("missing", "joe: :include:LISTS/missing\n", POSTMASTERS,
          log=warning(NOT_USED.format("missing", "No such file or directory"))),
    alias("FIFO", "joe: :include:LISTS/fifo\n", POSTMASTERS,
          log=warning(NOT_USED.format("fifo", "not a regular file"))),
    alias("relative", "joe: :include:good\n", POSTMASTERS,
          log=warning("joe: :include:good: not an absolute path; [^\n]*")),
    Answered("verified", ["-bv", "joe"], aliases="joe: :include:LISTS/good\n",
             stdout=b"m1@example.org\nm2@example.org\nal@example.com\n"),
    Answered("checked", ["-bi"], aliases="joe: :include:LISTS/good, :include:LISTS/other\n",
             stderr=complaints(rf"{FILE}:1: joe: LISTS/other: not owned by root")),
]


@pytest.fixture(scope="module")
def lists(quiet_host):
    directory = quiet_host.directory / "lists"
    directory.mkdir()
    contents = {
        "good": "# members\nm1@example.org\nM2 <m2@example.org>, al\n", "empty": "# nobody\n",
        "nested": f":include:{directory}/good\n",
        "own": f":include:{directory}/own, m1@example.org\n",
        "bad": "m1@example.org\na@@b\n", "command": "|/bin/cat\n",
        "other": "x@example.org\n", "closed": "x@example.org\n", "writable": "x@example.org\n",
    }
    for name, content in contents.items():
        (directory / name).write_text(content)
        (directory / name).chmod({"closed": 0o640, "writable": 0o664}.get(name, 0o644))
    os.chown(directory / "other", NOBODY, NOBODY)
    os.mkfifo(directory / "fifo", 0o644)
    return directory


@needs_root
@rows(*INCLUDES)
def test_include(quiet_host, lists, case):
    def located(text):
        return text and re.sub("LISTS", str(lists), text)

    changes = {name: located(getattr(case, name)) for name in ("aliases", "log")}
    if isinstance(case, Answered):
        changes["stderr"] = located(case.stderr)
    dataclasses.replace(case, **changes).run(quiet_host)

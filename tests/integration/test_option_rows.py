"""Every option of sendmail in every spelling that callers use, one row each."""

import json
import os
import signal
import subprocess
from pathlib import Path

import pytest
from harness import BUILD, EX_CONFIG, EX_DATAERR, EX_USAGE, wait_until
from submission_case import (
    ADDED,
    DATE,
    ID,
    LETTER,
    TO,
    UNDISCLOSED,
    USER,
    Accepted,
    Answered,
    Refused,
    rows,
)

SOMEONE = "someone@example.net"  # whom the letter names in To
NOTHING_READ = {"stdin_left": True}
EMPTY_QUEUE = rb"Mail queue is empty\n"

# Ends early where a lone dot counts.
DOTTED = LETTER + b".\nAfter the dot\n"
BARE = b"Subject: bare\n\nHi\n"


def completed(mailbox: bytes) -> bytes:
    """What BARE becomes, with this From."""
    from_ = b"From: " + mailbox + b"\n"
    return b"Subject: bare\n" + DATE + from_ + ID + UNDISCLOSED + b"\nHi\n"


TAKING = [
    Accepted("no option", [TO]),
    Accepted("-bm", ["-bm", TO]),
    Accepted("-b m", ["-b", "m", TO]),
    Accepted("-bm after the recipient", [TO, "-bm"]),
    Accepted("-t", ["-t"], to=[SOMEONE]),
    Accepted("-t and an argument: union", ["-t", TO], to=[TO, SOMEONE]),
    Accepted("-t after the recipient", [TO, "-t"], to=[TO, SOMEONE]),
    Accepted("-t names whom the argument names", ["-t", SOMEONE], to=[SOMEONE]),
    Refused("-t without recipients in the header", ["-t"], EX_USAGE, "no recipients", stdin=BARE),
    Accepted("-t without any, but an argument", ["-t", TO], stdin=BARE,
             message=completed(b"%FROM%")),
    Refused("no recipients", [], EX_USAGE, "no recipients"),
    Refused("no recipients, large message", [], EX_USAGE, "no recipients", stdin=LETTER * 3000),
    Refused("no recipients, from a file", [], EX_USAGE, "no recipients", stdin_is_file=True),
    Refused("an empty recipient", [""], EX_USAGE, "no recipients"),
    Accepted("an empty recipient and a good one", ["", TO]),
]

DOTS = [
    Accepted("lone dot", [TO], stdin=DOTTED, message=LETTER),
    Accepted("lone dot, CRLF", [TO], stdin=DOTTED.replace(b"\n", b"\r\n"), message=LETTER),
    Accepted("lone dot in the header", [TO], stdin=b"Subject: bare\n.\n\nHi\n",
             message=b"Subject: bare\n" + ADDED + UNDISCLOSED + b"\n"),
    Accepted("lone dot first of all", [TO], stdin=b".\nHi\n", message=ADDED + UNDISCLOSED + b"\n"),
    Accepted("two dots stay two", [TO], stdin=LETTER + b"..\n..x\n"),
    Accepted("a dot and a blank", [TO], stdin=LETTER + b". \nmore\n"),
    Accepted("-i", ["-i", TO], stdin=DOTTED),
    Accepted("-i keeps two dots", ["-i", TO], stdin=LETTER + b"..\n"),
    Accepted("-i after the recipient", [TO, "-i"], stdin=DOTTED),
    Accepted("-oi", ["-oi", TO], stdin=DOTTED),
    Accepted("-o i", ["-o", "i", TO], stdin=DOTTED),
    Accepted("-oitrue", ["-oitrue", TO], stdin=DOTTED),
    Accepted("-oiTrue", ["-oiTrue", TO], stdin=DOTTED),
    Accepted("-oi1", ["-oi1", TO], stdin=DOTTED),
    Accepted("-oifalse", ["-oifalse", TO], stdin=DOTTED, message=LETTER),
    Accepted("-ti", ["-ti"], stdin=DOTTED, to=[SOMEONE]),
    Accepted("-it", ["-it"], stdin=DOTTED, to=[SOMEONE]),
    Accepted("-t -i", ["-t", "-i"], stdin=DOTTED, to=[SOMEONE]),
    Accepted("-i -t", ["-i", "-t"], stdin=DOTTED, to=[SOMEONE]),
    Accepted("-t -oi", ["-t", "-oi"], stdin=DOTTED, to=[SOMEONE]),
    Accepted("-OIgnoreDots", ["-OIgnoreDots", TO], stdin=DOTTED),
    Accepted("-OIgnoreDots=true", ["-OIgnoreDots=true", TO], stdin=DOTTED),
    Accepted("-O IgnoreDots=True", ["-O", "IgnoreDots=True", TO], stdin=DOTTED),
    Accepted("-O ignoredots", ["-O", "ignoredots", TO], stdin=DOTTED),
]


def from_(name, *words, sender):
    return Accepted(name, [*words, TO], sender=sender)


SENDERS = [
    from_("-f addr", "-f", "me@example.net", sender="me@example.net"),
    from_("-faddr", "-fme@example.net", sender="me@example.net"),
    from_("-r addr", "-r", "me@example.net", sender="me@example.net"),
    from_("-raddr", "-rme@example.net", sender="me@example.net"),
    from_("-if addr", "-if", "me@example.net", sender="me@example.net"),
    from_("-ifaddr", "-ifme@example.net", sender="me@example.net"),
    Accepted("-f addr after the recipient", [TO, "-f", "me@example.net"], sender="me@example.net"),
    from_("-f empty", "-f", "", sender=""),
    from_("-f <>", "-f", "<>", sender=""),
    from_("-f<>", "-f<>", sender=""),
    from_("-r empty", "-r", "", sender=""),
    from_("-f blank", "-f", " ", sender=""),
    from_("-f <addr>", "-f", "<me@example.net>", sender="me@example.net"),
    from_("-f Name <addr>", "-f", "Me Myself <me@example.net>", sender="me@example.net"),
    from_("-f addr (comment)", "-f", "me@example.net (Me)", sender="me@example.net"),
    from_("-f unqualified", "-f", "me", sender="me@example.com"),
    from_("-f at an unqualified host", "-f", "root@vm", sender="root@vm"),
    from_("-f with a source route", "-f", "<@a.example,@b.example:me@example.net>",
          sender="me@example.net"),
    from_("-f quoted local part", "-f", '"me too"@example.net', sender='"me too"@example.net'),
    from_("-f with tag and sign", "-f", "me+tag=x.y@example.net", sender="me+tag=x.y@example.net"),
    from_("-f domain literal", "-f", "me@[192.0.2.1]", sender="me@[192.0.2.1]"),
    from_("last -f wins", "-f", "one@example.net", "-f", "two@example.net",
          sender="two@example.net"),
    from_("-r after -f wins", "-f", "one@example.net", "-r", "two@example.net",
          sender="two@example.net"),
    from_("null sender after another", "-f", "one@example.net", "-f", "", sender=""),
    from_("-f takes a word with a dash", "-f", "-i@example.net", sender="-i@example.net"),
    Accepted("-f UTF-8", ["-f", "jürgen@example.net", TO], sender="jürgen@example.net",
             smtputf8="yes"),
    Refused("-f at the end", [TO, "-f"], EX_USAGE, "requires an argument -- 'f'", **NOTHING_READ),
    Refused("-f two addresses", ["-f", "a@example.net, b@example.net", TO], EX_USAGE, "address"),
    Refused("-f CR LF", ["-f", "me@example.net\r\nRCPT TO:<x@example.net>", TO], EX_USAGE,
            "address"),
    Refused("-f control character", ["-f", "me\x01@example.net", TO], EX_USAGE, "address"),
    Refused("-f unbalanced", ["-f", "<me@example.net", TO], EX_USAGE, "address"),
    Accepted("the header's From is not the sender", [TO], sender=USER),
    Accepted("null sender, no From", ["-f", "", TO], sender="", stdin=BARE,
             message=completed(b"Mail Delivery System <MAILER-DAEMON@example.com>")),
    Accepted("-f, no From", ["-f", "me@example.net", TO], sender="me@example.net", stdin=BARE,
             environment={"NAME": "Me"}, message=completed(b"Me <me@example.net>")),
]


def named(name, *words, mailbox: bytes, environment=None):
    return Accepted(name, [*words, TO], stdin=BARE, message=completed(mailbox),
                    environment=environment or {})


FULL_NAMES = [
    named("-F name", "-F", "Joe Doe", mailbox=b"Joe Doe <%USER%>"),
    named("-Fname", "-FCronDaemon", mailbox=b"CronDaemon <%USER%>"),
    named("-F specials", "-F", 'J. "Joe" Doe, Jr.', mailbox=rb'"J. \"Joe\" Doe, Jr." <%USER%>'),
    named("-F UTF-8", "-F", "Jürgen", mailbox=b"=?UTF-8?Q?J=C3=BCrgen?= <%USER%>"),
    named("-F line end", "-F", "Joe\r\nBcc: x@y.example",
          mailbox=b'"Joe  Bcc: x@y.example" <%USER%>'),
    named("-F empty", "-F", "", mailbox=b"%USER%"),
    named("last -F wins", "-F", "One", "-F", "Two", mailbox=b"Two <%USER%>"),
    named("$NAME", mailbox=b"Environment <%USER%>", environment={"NAME": "Environment"}),
    named("-F before $NAME", "-F", "Option", mailbox=b"Option <%USER%>",
          environment={"NAME": "Environment"}),
    Accepted("-F with a From in the message", ["-F", "Other", TO]),
    Refused("-F without argument, netdata's probe", ["-F"], EX_USAGE,
            "option requires an argument -- 'F'", **NOTHING_READ),
]

MODES = [
    Answered("-bp", ["-bp"], stdout=EMPTY_QUEUE),
    Answered("-bp -v", ["-bp", "-v"], stdout=EMPTY_QUEUE),
    Answered("mailq", [], program="mailq", stdout=EMPTY_QUEUE),
    Answered("/usr/bin/mailq", [], program="/usr/bin/mailq", stdout=EMPTY_QUEUE),
    Answered("mailq -v", ["-v"], program="mailq", stdout=EMPTY_QUEUE),
    Answered("mailq -Ac", ["-Ac"], program="mailq", stdout=EMPTY_QUEUE),
    Answered("mailq -j", ["-j"], program="mailq"),
    Answered("mailq --json", ["--json"], program="mailq"),
    Refused("mailq takes no recipient", [TO], EX_USAGE, "no recipients", program="mailq",
            **NOTHING_READ),
    Answered("-bP", ["-bP"], stdout=rb"0\n"),
    Answered("-bi", ["-bi"]),
    Answered("-I", ["-I"]),
    Answered("newaliases", [], program="newaliases"),
    Answered("-bi -oAfile", ["-bi", "-oA/nonexistent/aliases"]),
    Answered("newaliases -v", ["-v"], program="newaliases"),
    Answered("newaliases -bp lists", ["-bp"], program="newaliases", stdout=EMPTY_QUEUE),
    Accepted("mailq -bm sends", ["-bm", TO], program="mailq"),
    Refused("-bi takes no recipient", ["-bi", TO], EX_USAGE, "no recipients", **NOTHING_READ),
    Refused("-bp takes no recipient", ["-bp", TO], EX_USAGE, "no recipients", **NOTHING_READ),
    Refused("-bd takes no recipient", ["-bd", TO], EX_USAGE, "no recipients", **NOTHING_READ),
    Refused("-bs takes no recipient", ["-bs", TO], EX_USAGE, "no recipients", **NOTHING_READ),
    Refused("-q takes no recipient", ["-q", TO], EX_USAGE, "no recipients", **NOTHING_READ),
    Answered("-bh", ["-bh"]),
    Answered("-bH", ["-bH"]),
    Answered("hoststat", [], program="hoststat"),
    Answered("purgestat", [], program="purgestat"),
    Answered("-bC", ["-bC"]),
    Refused("-bC with a fault", ["-bC"], EX_CONFIG, "nonsense", configuration={"nonsense": 1},
            **NOTHING_READ),
    Accepted("-bq queues only", ["-bq", TO], told=False),
    Refused("-bt", ["-bt"], EX_USAGE, "-bt", **NOTHING_READ),
    Refused("-ba", ["-ba"], EX_USAGE, "-ba", **NOTHING_READ),
    Refused("-bz", ["-bz"], EX_USAGE, "-bz", **NOTHING_READ),
    Refused("-b at the end", ["-b"], EX_USAGE, "requires an argument -- 'b'", **NOTHING_READ),
    Answered("-bs", ["-bs"], stdin=b"QUIT\r\n", stdin_left=False,
             stdout=rb"220 [^\r\n]* ESMTP[^\r\n]*\r\n221 [^\r\n]*\r\n"),
    Accepted("send-mail", [TO], program="send-mail"),
    Accepted("/usr/lib/sendmail", [TO], program="/usr/lib/sendmail"),
    Accepted("rmail", [TO], program="rmail", stdin=DOTTED),
    Refused("-t lists nothing", ["-bp", "-t"], EX_USAGE, "-t", **NOTHING_READ),
    Refused("-t verifies nothing", ["-bv", "-t", TO], EX_USAGE, "-t", **NOTHING_READ),
    Refused("-t flushes nothing", ["-t", "-q"], EX_USAGE, "-t", **NOTHING_READ),
    Refused("newaliases -t", ["-t"], EX_USAGE, "-t", program="newaliases", **NOTHING_READ),
    Answered("-bV", ["-bV"], stdout=rb"Postoak [^\n]+\n"),
    Answered("--version", ["--version"], stdout=rb"Postoak [^\n]+\n"),
    Answered("-d0.1 -bt", ["-d0.1", "-bt"], stdout=rb"[^\n]+\n"),
    Answered("--help", ["--help"], stdout=rb"usage: .+\n"),
    Answered("mailq --help", ["--help"], program="mailq", stdout=rb"usage: .+\n"),
]

QUEUE_RUNS = [
    Refused("-qG", ["-qGgroup"], EX_USAGE, r"\b(q|)G", **NOTHING_READ),
    Refused("-qL", ["-qL"], EX_USAGE, r"\b(q|)L", **NOTHING_READ),
    Refused("-qQ", ["-qQ"], EX_USAGE, r"\b(q|)Q", **NOTHING_READ),
    Refused("-Qreason", ["-Qreason"], EX_USAGE, "'Q'", **NOTHING_READ),
]


def verified(name, *words, addresses, **more):
    return Answered(name, ["-bv", *words], stdout="".join(a + "\n" for a in addresses).encode(),
                    **more)


VERIFICATION = [
    verified("-bv", TO, addresses=[TO]),
    verified("-bv several", TO, "b@example.org,c@example.org",
             addresses=[TO, "b@example.org", "c@example.org"]),
    verified("-bv after the address", TO, addresses=[TO]),
    verified("-bv unqualified", "joe", addresses=["joe@example.com"]),
    verified("-bv alias", "Joe", aliases="joe: j@example.net, k@example.net\n",
             addresses=["j@example.net", "k@example.net"]),
    verified("-bv -n", "-n", "joe", aliases="joe: j@example.net\n", addresses=["joe@example.com"]),
    verified("-bv -f", "-f", "me@example.net", TO, addresses=[TO]),
    Refused("-bv of no address", ["-bv", "a@@b"], 67, "a@@b", **NOTHING_READ),
    Refused("-bv without address", ["-bv"], EX_USAGE, "address", **NOTHING_READ),
]


def mode(option, *, told):
    return Accepted(" ".join(option), [*option, TO], told=told)


DELIVERY_MODES = [
    mode(["-odb"], told=True),
    mode(["-odi"], told=True),
    mode(["-odf"], told=True),
    mode(["-odq"], told=False),
    mode(["-odd"], told=False),
    mode(["-o", "dq"], told=False),
    mode(["-ODeliveryMode=b"], told=True),
    mode(["-ODeliveryMode=background"], told=True),
    mode(["-ODeliveryMode=interactive"], told=True),
    mode(["-ODeliveryMode=q"], told=False),
    mode(["-ODeliveryMode=queueonly"], told=False),
    mode(["-O", "DeliveryMode=deferred"], told=False),
    mode(["-Odeliverymode=q"], told=False),
    mode(["-odq", "-odb"], told=True),
    mode(["-odb", "-odq"], told=False),
]

ERROR_MODES = [
    *(Accepted(option, [option, TO])
      for option in ("-oem", "-oep", "-oeq", "-oew", "-oee", "-em", "-ep", "-eq", "-ew", "-ee",
                     "-OErrorMode=m", "-OErrorMode=print")),
    Accepted("-e m", ["-e", "m", TO]),
    Accepted("-oem -oi", ["-oem", "-oi", TO], stdin=DOTTED),
    *(Refused(f"{option} and a bad address", [option, "a@@b"], EX_DATAERR, "a@@b")
      for option in ("-oem", "-oep", "-oew", "-oee", "-em", "-ep", "-ew", "-ee")),
    *(Refused(f"{' '.join(options)} and a bad address", [*options, "a@@b"], EX_DATAERR, None)
      for options in (["-oeq"], ["-eq"], ["-e", "q"], ["-OErrorMode=q"],
                      ["-O", "ErrorMode=quiet"])),
]

# Accepted for the sake of callers that pass them; the message is as without.
IGNORED = [
    *(Accepted(" ".join(options), [*options, TO]) for options in (
        ["-om"], ["-m"], ["-o", "m"], ["-oo"], ["-o7"], ["-o8bit"], ["-oc"], ["-os"], ["-oTrue"],
        ["-oT3d"], ["-or30m"], ["-oA/nonexistent"], ["-oQ/nonexistent"], ["-oL9"], ["-oKx"],
        ["-oG"], ["-oU"], ["-ow"], ["-o", "Q/nonexistent"], ["-oz"],
        ["-OTimeout.queuereturn=5d"], ["-OQueueDirectory=/nonexistent"], ["-O", "NoSuchOption=1"],
        ["-ORunAsUser=root"], ["-Ac"], ["-Am"], ["-A", "c"], ["-c"], ["-s"], ["-T"], ["-E"],
        ["-J"], ["-v"], ["-x"], ["-d"], ["-d9"], ["-d0-99.100"], ["-pESMTP"], ["-p", "SMTP:host"],
        ["-Mxvalue"], ["-M", "xvalue"], ["-h3"], ["-h", "3"], ["-Ltag"], ["-L", "tag"], ["-L", ""],
        ["-B7BIT"], ["-B", "7BIT"], ["-BBINARYMIME"], ["-Bgarbage"], ["-B", "garbage"],
        ["-ivm"], ["-cvm"],
    )),
    Accepted("-v prints nothing", ["-v", "-f", "me@example.net", TO], sender="me@example.net"),
    Accepted("-d takes no word", ["-d", TO]),
    Accepted("-E takes no word", ["-E", TO]),
    Accepted("-J takes no word", ["-J", TO]),
]

NOTIFICATION = [
    *(Accepted(f"-N {given}", ["-N", given, TO], to=[f"{TO} notify={meant}"]) for given, meant in (
        ("never", "never"), ("NEVER", "never"), ("success", "success"), ("failure", "failure"),
        ("delay", "delay"), ("success,failure", "success,failure"),
        ("success,delay,failure", "success,failure,delay"), ("Delay,FAILURE", "failure,delay"),
    )),
    Accepted("-Nnever", ["-Nnever", TO], to=[f"{TO} notify=never"]),
    Accepted("-N for every recipient", ["-N", "never", TO, "-t"],
             to=[f"{TO} notify=never", f"{SOMEONE} notify=never"]),
    *(Accepted(f"-N ignored: {given}", ["-N", given, TO]) for given in (
        "", "always", "never,success", "success failure", ",", "failure,sometimes",
    )),
    Accepted("-N and an alias", ["-N", "failure", "joe"], aliases="joe: j@example.net\n",
             to=["j@example.net notify=failure orcpt=rfc822;joe@example.com"]),
    Accepted("-R full", ["-R", "full", TO], ret="full"),
    Accepted("-Rhdrs", ["-Rhdrs", TO], ret="hdrs"),
    Accepted("-R HDRS", ["-R", "HDRS", TO], ret="hdrs"),
    Accepted("-R ignored", ["-R", "everything", TO]),
    Accepted("-V id", ["-V", "id", TO], envid="id"),
    Accepted("-Vid", ["-V000001234", TO], envid="000001234"),
    Accepted("-V empty", ["-V", "", TO]),
    Accepted("-V not xtext", ["-V", "a b=c", TO], envid="a+20b+3Dc"),
    Accepted("-V xtext", ["-V", "a+20b", TO], envid="a+20b"),
    Accepted("-V of 100", ["-V", "x" * 100, TO], envid="x" * 100),
    Accepted("-V of 101 is ignored", ["-V", "x" * 101, TO]),
    Accepted("-N -R -V, as mutt and Sympa",
             ["-N", "success,delay,failure", "-R", "hdrs", "-V0001", TO],
             to=[f"{TO} notify=success,failure,delay"], ret="hdrs", envid="0001"),
    Refused("-N at the end", [TO, "-N"], EX_USAGE, "requires an argument -- 'N'", **NOTHING_READ),
]

BODIES = [
    Accepted("8-bit body", [TO], stdin=LETTER + "Grüße\n".encode()),
    Accepted("8-bit body, -B7BIT", ["-B7BIT", TO], stdin=LETTER + "Grüße\n".encode()),
    Accepted("8-bit body, -B 8BITMIME", ["-B", "8BITMIME", TO], stdin=LETTER + "Grüße\n".encode()),
    Accepted("-U", ["-U", TO], smtputf8="yes"),
    Accepted("no -U, UTF-8 in the header only", [TO], stdin=b"X-A: \xc3\xbc\n" + LETTER),
    Accepted("-G completes nothing", ["-G", TO], stdin=BARE),
    Accepted("-G qualifies nothing", ["-G", TO], stdin=b"From: root\nTo: joe\n" + BARE),
    Accepted("-G keeps no Bcc", ["-G", TO], stdin=b"Bcc: x@example.net\nReturn-Path: <y>\n" + BARE,
             message=BARE),
    Accepted("-n", ["-n", "joe"], aliases="joe: j@example.net\n", to=["joe@example.com"]),
    Accepted("-n leaves local_mail", ["-n", "joe"], aliases="joe: j@example.net\n",
             configuration={"local_mail": "admin@example.org"},
             to=["admin@example.org orcpt=rfc822;joe@example.com"]),
]

WORDS = [
    Accepted("--", ["--", TO]),
    Accepted("-- and a dash", ["-i", "--", "-joe@example.org"], to=["-joe@example.org"]),
    Accepted("-- ends options once", ["--", TO, "b@example.org"], to=[TO, "b@example.org"]),
    Refused("-- alone", ["--"], EX_USAGE, "no recipients"),
    Accepted("option after a recipient", ["root@example.org", "-f", "me@example.net", "-v"],
             to=["root@example.org"], sender="me@example.net"),
    Refused("unknown word after a recipient", [TO, "-f", "me@example.net", "-v9"], EX_USAGE,
            "invalid option -- '9'", **NOTHING_READ),
    Refused("a dash after a recipient", [TO, "-"], EX_USAGE, "'-'", **NOTHING_READ),
    *(Refused(f"unknown -{letter}", [f"-{letter}", TO], EX_USAGE, f"invalid option -- '{letter}'",
              **NOTHING_READ) for letter in "agHkKlPSuwWyYzZ19?@"),
    Refused("unknown in a cluster", ["-tiZ"], EX_USAGE, "invalid option -- 'Z'", **NOTHING_READ),
    Refused("unknown long option", ["--nonsense", TO], EX_USAGE, "--nonsense", **NOTHING_READ),
    Refused("unknown, -oeq or not", ["-oeq", "-Z", TO], EX_USAGE, "invalid option -- 'Z'",
            **NOTHING_READ),
    *(Refused(f"-{letter} at the end", [TO, f"-{letter}"], EX_USAGE,
              f"requires an argument -- '{letter}'", **NOTHING_READ)
      for letter in "ABCDehLMOopRrVX"),
    Refused("8-bit option", [TO, "-\udcff"], EX_USAGE, "invalid option", **NOTHING_READ),
]


@rows(*TAKING, *DOTS, *SENDERS, *FULL_NAMES, *DELIVERY_MODES, *ERROR_MODES, *IGNORED,
      *NOTIFICATION, *BODIES, *WORDS)
def test_submission(quiet_host, case):
    case.run(quiet_host)


@rows(*MODES, *QUEUE_RUNS, *VERIFICATION)
def test_mode(quiet_host, case):
    case.run(quiet_host)


@pytest.mark.parametrize("option", ["-X", "-D"])
def test_files_that_options_name_are_not_opened(quiet_host, option):
    file = quiet_host.directory / "named"
    Accepted(option, [option, str(file), TO]).run(quiet_host)
    assert not file.exists()


def test_directory_as_configuration(quiet_host):
    result = quiet_host.command("mailq", "-C", quiet_host.directory)
    assert (result.returncode, result.stdout, result.stderr) == (0, b"Mail queue is empty\n", b"")


def test_listing_of_one_message(idle_host):
    """The last line is what monitoring reads; the count is what -bP prints."""
    idle_host.submit(TO, "b@example.org", sender="")
    listing = idle_host.sendmail("-bp").stdout.decode()
    assert listing == idle_host.mailq()
    lines = listing.splitlines()
    assert lines[0].startswith("-Queue ID-") and lines[-1] == "-- 0 Kbytes in 1 Request."
    assert "\t\tTotal requests: 1" in lines
    assert [line.strip() for line in lines if "example.org" in line] == [TO, "b@example.org"]
    assert "MAILER-DAEMON" in listing
    assert idle_host.sendmail("-bP").stdout == b"1\n"
    (entry,) = (json.loads(line) for line in idle_host.mailq("-j").splitlines())
    assert entry["queue_name"] == "incoming"
    assert [r["address"] for r in entry["recipients"]] == [TO, "b@example.org"]


RUNS = [["-q"], ["-qf"], ["-qp"], ["-q30m"], ["-q", "-v"], ["-qp1h"], ["-bd", "-q1h"], ["-bl"]]
SELECTIONS = ["-qIABC", "-qRexample.org", "-qSexample.com", "-q!IABC", "-q!Rexample", "-q!Sroot"]


def assert_silent(result):
    assert (result.returncode, result.stdout, result.stderr) == (0, b"", b""), result.args


def test_queue_runs_where_a_runner_is(host):
    """Each asks the runner, and is silent; none starts another."""
    processes = host.processes().keys()
    for words in RUNS:
        assert_silent(host.sendmail(*words))
    runq = [BUILD / "sendmail", "-C", host.file]
    assert_silent(subprocess.run(["runq", *runq[1:]], executable=runq[0], capture_output=True))
    assert host.processes().keys() == processes


def test_selected_queue_runs(host):
    for option in SELECTIONS:
        assert_silent(host.sendmail(option))
        assert host.mailq(option) == "Mail queue is empty\n"


@pytest.mark.parametrize("words", [["-bd"], ["-bl"], ["-bd", "-q30m"], ["-q15m"]], ids=" ".join)
def test_starting_the_daemon(idle_host, words):
    """It is there when sendmail returns, and delivers."""
    assert idle_host.status()["runner"] == "down"
    assert_silent(idle_host.sendmail(*words, timeout=30))
    try:
        wait_until(lambda: idle_host.status()["runner"] == "up", "the runner to answer")
        idle_host.submit(TO)
        idle_host.wait_for_messages()
    finally:
        end_daemons(idle_host)


def end_daemons(host):
    """End what was started in the background with this host's configuration."""

    def pids():
        return [int(entry.name) for entry in Path("/proc").iterdir() if is_daemon(entry)]

    def is_daemon(entry):
        try:
            return str(host.file).encode() in (entry / "cmdline").read_bytes().split(b"\0")
        except OSError:
            return False

    for pid in pids():
        os.kill(pid, signal.SIGTERM)
    wait_until(lambda: not pids(), "the daemon to end")


def test_running_an_empty_queue_once(idle_host):
    """Without a runner sendmail makes the pass itself."""
    assert_silent(idle_host.sendmail("-q", timeout=30))
    assert idle_host.status()["runner"] == "down"

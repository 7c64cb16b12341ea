#!/usr/bin/python3
"""`make demo`: one message through everything, against a provider on loopback.

Starts the provider and the runner in a temporary directory, as whoever calls it,
and stops what it started. Exit 0 only if the message arrived as it was sent.
"""

import base64
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.dont_write_bytecode = True
sys.path.insert(0, str(HERE.parent / "integration"))

from harness import BUILD, Host, wait_until  # noqa: E402

MESSAGE = """\
From: Backup <backup@host.example.com>
To: Someone Else <someone@example.org>
Bcc: archive@example.org
Subject: Postoak demo

Grüße! This left a program by sendmail -t
and arrived through STARTTLS and XOAUTH2.
.
The lone dot above is part of the message.
"""


class Failed(Exception):
    """The demo did not work; the text says what went wrong."""


def headline(text: str):
    print(f"\n\033[1m== {text}\033[0m" if sys.stdout.isatty() else f"\n== {text}")


def indented(text: str):
    for line in text.rstrip("\n").splitlines():
        print(f"   {line}")


def start_provider(directory: Path):
    process = subprocess.Popen(
        [sys.executable, HERE / "provider.py", directory / "provider"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    )
    line = process.stdout.readline()
    if not line:
        raise Failed(f"the provider did not start (exit status {process.wait()})")
    return process, json.loads(line)


def configure(host: Host, place: dict):
    host.configuration["oauth_clients"] = {
        "loopback": {
            "provider": "custom",
            "token_endpoint": place["token_endpoint"],
            "client_id": place["client_id"],
            "client_secret": {"file": place["client_secret_file"]},
            "scopes": ["https://mail.example.com/smtp"],
        }
    }
    host.configuration["profiles"] = {
        "demo": {
            "oauth_client": "loopback",
            "grant": "client_credentials",
            "host": place["host"],
            "port": place["port"],
            "tls": "starttls",
            "tls_ca_file": place["ca_file"],
            "username": place["username"],
            "rewrite_from": "local",
        }
    }
    host.write_configuration()


def ask(place: dict, what: str):
    with urllib.request.urlopen(f"{place['control']}/{what}", timeout=10) as answer:
        return json.load(answer)


def send(host: Host):
    print("   $ sendmail -C postoak.yaml -i -t < message")
    result = host.sendmail("-i", "-t", message=MESSAGE.encode())
    if result.returncode != 0 or result.stderr:
        raise Failed(f"sendmail: exit status {result.returncode}, {result.stderr.decode()}")
    print("   exit status 0: the message is on disk, whatever happens next")


def check(message: dict, provider_state: dict, host: Host, place: dict):
    """The message must be what was sent, and nothing may have gone wrong on the way."""
    content = base64.b64decode(message["content"])
    header, _, body = content.partition(b"\r\n\r\n")
    expected = MESSAGE.partition("\n\n")[2].encode().replace(b"\n", b"\r\n")
    if body != expected:
        raise Failed("the body arrived changed")
    if b"Subject: Postoak demo\r\n" not in header or b"archive@" in header:
        raise Failed("the header arrived changed")
    if f"<{place['username']}>".encode() not in header:
        raise Failed("From was not rewritten to the account's own address")
    recipients = {address for address, _ in message["recipients"]}
    if recipients != {"someone@example.org", "archive@example.org"}:
        raise Failed(f"wrong recipients: {recipients}")
    if message["mechanism"] != "XOAUTH2" or not message["tls_version"]:
        raise Failed("not logged in with a token over TLS")
    if provider_state["violations"]:
        raise Failed(f"protocol violations: {provider_state['violations']}")
    if Path(place["client_secret_file"]).read_text().strip() in host.log():
        raise Failed("the client secret is in the log")


def run(directory: Path, host: Host, place: dict):
    headline("Provider (a process of its own)")
    print(f"   authorization server {place['token_endpoint']}")
    print(f"   submission server    {place['host']}:{place['port']}, STARTTLS, XOAUTH2 only")

    headline("Runner")
    configure(host, place)
    host.start()
    print(f"   postoakd -f -C postoak.yaml, process {host.daemon.pid}, in {directory}")

    headline("One message")
    send(host)
    print("   $ mailq")
    indented(host.mailq())

    messages = wait_until(lambda: ask(place, "messages"), "the message at the relay", 20)
    host.wait_until_empty(10)
    host.wait_for_log(": removed", timeout=10)
    state = ask(place, "state")

    headline("Log")
    indented("\n".join(l for l in host.log().splitlines() if re.search(r"[0-9A-F]{12}: ", l)))
    headline("mailq, now")
    indented(host.mailq())
    headline("postoak oauth status")
    indented(host.postoak("oauth", "status"))
    headline("The message as the provider received it")
    (message,) = messages
    addresses = ", ".join(f"<{address}>" for address, _ in message["recipients"])
    print(f"   from <{message['sender']}> to {addresses}")
    print(f"   logged in as {message['user']} by {message['mechanism']}", end=", ")
    print(f"{message['tls_version']}\n")
    indented(base64.b64decode(message["content"]).decode())
    check(message, state, host, place)


def main() -> int:
    if not (BUILD / "postoakd").exists():
        print(f"demo: FAILED: {BUILD}/postoakd is not built", file=sys.stderr)
        return 1
    directory = Path(tempfile.mkdtemp(prefix="postoak-"))
    os.chmod(directory, 0o700)
    host, provider, failure = Host(directory), None, None
    try:
        provider, place = start_provider(directory)
        run(directory, host, place)
    except (Failed, AssertionError, OSError, subprocess.SubprocessError) as error:
        failure = error
    finally:
        try:
            if host.daemon and host.stop() != 0:
                failure = failure or Failed("postoakd did not end with status 0")
        except (AssertionError, subprocess.SubprocessError) as error:
            failure = failure or error
        if provider:
            provider.terminate()
            provider.wait(10)
        log = host.log()
        shutil.rmtree(directory, ignore_errors=True)
    if failure:
        headline("Log of the runner")
        indented(log[-4000:])
        print(f"\ndemo: FAILED: {failure}", file=sys.stderr)
        return 1
    print("\ndemo: OK: delivered once, octet for octet, over TLS with a fresh token")
    return 0


if __name__ == "__main__":
    sys.exit(main())

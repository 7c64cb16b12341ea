#!/usr/bin/python3
"""The loopback provider: authorization server and submission server together.

In tests it runs in the process of the test. As a program it starts everything,
prints one line of JSON that says where, and serves until it is ended; what it
received and what shall go wrong is then asked and told over HTTP (control.py).
"""

import argparse
import json
import secrets
import signal
import sys
from pathlib import Path

import control
from authorization_server import AuthorizationServer, Client
from certificates import Authority, server_context
from submission_server import SubmissionServer

USER = "alerts@example.com"


class Provider:
    def __init__(self, directory: Path, mechanisms=("XOAUTH2",)):
        self.authority = Authority(directory)
        certificate = self.authority.issue("127.0.0.1", "localhost")
        self.oauth = AuthorizationServer(server_context(certificate))
        self.client = self.oauth.add_client(
            Client("11111111-loopback", secrets.token_urlsafe(24), users=(USER,))
        )
        self.smtp = SubmissionServer(self.oauth, certificate)
        self.smtp.mechanisms = list(mechanisms)
        self.smtp.passwords[USER] = secrets.token_urlsafe(16)
        self.other_secrets: list[str] = []  # what a test adds to `secrets`

    def start(self):
        self.oauth.start()
        self.smtp.start()

    def stop(self):
        self.smtp.stop()
        self.oauth.stop()

    @property
    def violations(self) -> list:
        return self.oauth.violations + self.smtp.violations

    @property
    def secrets(self) -> list:
        """Everything that must be found nowhere outside."""
        return [
            self.client.secret,
            *self.smtp.passwords.values(),
            *self.oauth.issued,
            *self.oauth.assertions,
            *self.other_secrets,
        ]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("directory", type=Path, help="where certificates and secrets are written")
    parser.add_argument("--mechanisms", default="XOAUTH2", help="comma list (default: %(default)s)")
    options = parser.parse_args()
    options.directory.mkdir(parents=True, exist_ok=True)

    provider = Provider(options.directory, options.mechanisms.split(","))
    for name, secret in ("client_secret", provider.client.secret), (
        "password",
        provider.smtp.passwords[USER],
    ):
        file = options.directory / name
        file.touch(mode=0o600)
        file.write_text(secret + "\n")
    provider.oauth.extra_routes = control.routes(provider)
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    provider.start()
    json.dump(
        {
            "token_endpoint": provider.oauth.token_endpoint,
            "control": f"http://127.0.0.1:{provider.oauth.port}/control",
            "host": "127.0.0.1",
            "port": provider.smtp.port,
            "implicit_port": provider.smtp.implicit_port,
            "ca_file": str(provider.authority.file),
            "client_id": provider.client.identifier,
            "client_secret_file": str(options.directory / "client_secret"),
            "username": USER,
            "password_file": str(options.directory / "password"),
        },
        sys.stdout,
    )
    print(flush=True)
    signal.sigwait({signal.SIGINT, signal.SIGTERM})
    provider.stop()


if __name__ == "__main__":
    main()

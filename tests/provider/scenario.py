"""What goes wrong, and when: rules that the servers ask at every stage.

A server calls `Script.find` when it reaches a stage and does what the first
matching rule says, instead of or (Delay, Inject) before what it would have done.

Stages of the submission server: connect, greeting, ehlo, starttls, tls, auth,
mail, rcpt, data, content (while the message arrives), dot, rset, noop, quit.
Stages of the authorization server: token, metadata.
"""

import fnmatch
import threading
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Reply:
    """Answer with this instead; a 421 closes the connection afterwards."""

    code: int
    text: str


@dataclass(frozen=True)
class Drop:
    """Close the connection without a word.

    `reset` makes it a TCP reset. `accept`: do first what was asked (take the
    message, issue and rotate the tokens), so that only the answer is lost.
    `octets` (stage content): only once that many octets of the message arrived.
    """

    reset: bool = False
    accept: bool = False
    octets: int = 0


@dataclass(frozen=True)
class Hang:
    """Say nothing and read on until the client gives up."""


@dataclass(frozen=True)
class Delay:
    """Wait so many seconds, then go on as usual."""

    seconds: float


@dataclass(frozen=True)
class Garbage:
    """Send these octets in place of an answer; then close, or say nothing more."""

    octets: bytes
    close: bool = True


@dataclass(frozen=True)
class Inject:
    """Send these octets together with what is sent next, and go on as usual."""

    octets: bytes


@dataclass(frozen=True)
class HttpReply:
    """The authorization server's answer; `claim_octets` announces a longer body than comes."""

    status: int = 200
    body: bytes = b""
    headers: dict = field(default_factory=dict)
    claim_octets: int = 0


@dataclass
class Rule:
    stage: str
    action: object
    address: str | None  # glob on the addresses that belong to the stage
    after: int  # so many events pass before the rule begins
    count: int | None  # so many events it applies to; None: all
    used: int = 0


class Script:
    """The rules of one server; safe to change while the server runs."""

    def __init__(self):
        self._lock = threading.Lock()
        self.rules = []

    def add(self, stage, action, *, address=None, after=0, count=1) -> Rule:
        rule = Rule(stage, action, address, after, count)
        with self._lock:
            self.rules.append(rule)
        return rule

    def clear(self):
        with self._lock:
            self.rules.clear()

    def find(self, stage, *addresses):
        """The action for this event, or None; counts the event."""
        with self._lock:
            for rule in self.rules:
                if rule.stage != stage or not _matches(rule.address, addresses):
                    continue
                if rule.after > 0:
                    rule.after -= 1
                elif rule.count is None or rule.used < rule.count:
                    rule.used += 1
                    return rule.action
        return None


def _matches(pattern, addresses):
    return pattern is None or any(
        fnmatch.fnmatch(a.lower(), pattern.lower()) for a in addresses if a is not None
    )

#!/usr/bin/python3
"""`make bench`: measure and print a table; every figure is of this machine, now.

The relay is the loopback provider in a process of its own (Python, TLS 1.3): the
delivery rate is also bounded by how fast that can take mail.
"""

import argparse
import json
import os
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
sys.dont_write_bytecode = True
sys.path[:0] = [str(TESTS / "integration"), str(TESTS / "provider")]

from demo import configure, start_provider  # noqa: E402
from harness import BUILD, SENDER, Host, wait_until  # noqa: E402

TEXT = (
    b"From: app@example.com\nTo: someone@example.org\nSubject: benchmark\n\n"
    + b"The quick brown fox jumps over the lazy dog, again and again.\n" * 64
)


class Bench:
    """A host and a provider in a fresh directory."""

    def __enter__(self):
        self.directory = Path(tempfile.mkdtemp(prefix="postoak-", dir=os.environ.get("TMPDIR")))
        self.host = Host(self.directory)
        self.provider, self.place = start_provider(self.directory)
        configure(self.host, self.place)
        self.message = self.directory / "message"
        self.message.write_bytes(TEXT)
        return self

    def __exit__(self, *_exception):
        if self.host.daemon:
            self.host.stop()
        self.provider.terminate()
        self.provider.wait()
        shutil.rmtree(self.directory, ignore_errors=True)

    def profile(self) -> dict:
        return self.host.configuration["profiles"]["demo"]

    def submit(self, recipient: str = "someone@example.org"):
        """One sendmail, started the cheapest way there is; it must succeed."""
        arguments = ["sendmail", "-C", self.host.file, "-i", "-f", SENDER, recipient]
        actions = [(os.POSIX_SPAWN_OPEN, 0, str(self.message), os.O_RDONLY, 0)]
        pid = os.posix_spawn(BUILD / "sendmail", arguments, {}, file_actions=actions)
        _, status = os.waitpid(pid, 0)
        if status != 0:
            raise RuntimeError(f"sendmail: wait status {status}")

    def submit_many(self, count: int, parallel: int = 1):
        with ThreadPoolExecutor(parallel) as pool:
            list(pool.map(lambda _: self.submit(), range(count)))

    def ask(self, what: str):
        with urllib.request.urlopen(f"{self.place['control']}/{what}", timeout=60) as answer:
            return json.load(answer)

    def script(self, **rule):
        body = json.dumps(rule).encode()
        urllib.request.urlopen(f"{self.place['control']}/script", data=body, timeout=10).close()

    def wait_for_messages(self, count: int):
        """Asks seldom where there is much to come: the asking costs the relay time, too."""
        deadline = time.monotonic() + 300
        while (missing := count - self.ask("state")["messages"]) > 0:
            if time.monotonic() > deadline:
                raise RuntimeError(f"{missing} of {count} messages did not come in 300 s")
            time.sleep(min(0.5, missing / 1000))

    def runner(self) -> int:
        """The process of the runner."""
        return next(p for p, title in self.host.processes().items() if "runner" in title)


def submissions(count: int):
    for parallel in (1, 8):
        with Bench() as bench:
            bench.submit()  # creates the directories
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            begin = time.monotonic()
            bench.submit_many(count, parallel)
            elapsed = time.monotonic() - begin
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        name = "one after the other" if parallel == 1 else f"{parallel} at a time"
        yield f"submissions, {name}", f"{count / elapsed:.0f} /s"
        yield f"CPU for a submission, {name}", f"{1000 * cpu / count:.2f} ms"


def delivery(count: int):
    with Bench() as bench:
        bench.host.start()
        bench.host.postoak("suspend", "demo")
        bench.submit_many(count, 2)
        wait_until(lambda: not bench.host.files("incoming"), "the runner to take all", 120)
        bench.host.postoak("resume", "demo")
        bench.wait_for_messages(count)
        bench.host.wait_until_empty(120)
        times = sorted(m["received"] for m in bench.ask("messages"))
        state = bench.ask("state")
    yield "delivered over TLS, backlog", f"{(count - 1) / (times[-1] - times[0]):.0f} /s"
    yield "connections used", str(state["smtp"]["connections"])
    yield "round trips for a message", f"{sum(state['flights']) / count:.2f}"


def latency(count: int):
    """From the end of sendmail to the relay's acceptance: the first message, then warm ones."""
    with Bench() as bench:
        bench.host.start()
        waits = []
        for i in range(count):
            bench.submit()
            done = time.time()
            bench.wait_for_messages(i + 1)
            waits.append(bench.ask("messages")[-1]["received"] - done)
    warm = sorted(waits[1:])
    yield "sendmail's end to acceptance, first (token, TLS, login)", f"{1000 * waits[0]:.1f} ms"
    yield "the same, connection open, median", f"{1000 * statistics.median(warm):.1f} ms"
    yield "the same, connection open, worst", f"{1000 * warm[-1]:.1f} ms"


def memory(count: int):
    with Bench() as bench:
        bench.host.configuration["queue"] = {"retry_minimum": "1h", "retry_maximum": "2h"}
        bench.host.write_configuration()
        bench.script(server="smtp", stage="rcpt", reply=[451, "4.3.0 Later"], count=None)
        bench.submit_many(count, 4)
        bench.host.start()

        def deferred():
            return bench.host.status()["queue"]["deferred"] >= count

        wait_until(deferred, f"{count} deferred messages", 600)
        status = Path(f"/proc/{bench.runner()}/status").read_text()
        rss = int(re.search(r"^VmRSS:\s+(\d+) kB", status, re.M)[1])
        begin = time.monotonic()
        bench.host.mailq()
        listing = time.monotonic() - begin
        begin = time.monotonic()
        bench.host.restart()
        restart = time.monotonic() - begin
    yield f"resident memory of the runner, {count} deferred", f"{rss / 1024:.1f} MiB"
    yield f"mailq, {count} deferred", f"{listing:.2f} s"
    yield f"restart until it answers, {count} deferred", f"{restart:.2f} s"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--messages", type=int, default=2000)
    parser.add_argument("--deferred", type=int, default=20000)
    options = parser.parse_args()
    measurements = (
        submissions(options.messages),
        delivery(options.messages),
        latency(50),
        memory(options.deferred),
    )
    version = subprocess.run([BUILD / "sendmail", "--version"], capture_output=True, text=True)
    print(f"{version.stdout.strip()}; {os.cpu_count()} processors; messages of {len(TEXT)} octets")
    for measurement in measurements:
        for name, value in measurement:
            print(f"{name:<58} {value:>12}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())

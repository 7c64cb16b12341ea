"""Who goes when and where: routes that change meanwhile, several profiles, short connections."""

import re

from harness import wait_until
from scenario import Delay, Drop, Hang, Reply

LATER = Reply(451, "4.3.0 Try again later")


def add_profile(host, **settings):
    """A second profile, `other`, beside the one for everything."""
    host.configuration["profiles"]["other"] = dict(host.profile) | settings
    host.configuration["default_profile"] = "relay"


def route_to_other(host):
    host.configuration["routes"] = [{"recipient": "*@example.net", "profile": "other"}]
    host.write_configuration()


def arrived(provider) -> list:
    return sorted(a for m in provider.smtp.messages for a in m.addresses)


def test_routes_that_change_while_a_message_is_on_the_wire(idle_host, provider):
    host = idle_host
    add_profile(host)
    host.write_configuration()
    provider.smtp.script.add("rcpt", Delay(1.5))
    provider.smtp.script.add("rcpt", LATER, count=2)
    host.start()
    host.submit("a@example.org", "b@example.net")
    wait_until(lambda: provider.smtp.counts["command MAIL"], "the message on the wire")
    route_to_other(host)
    host.reload()
    host.wait_for_log("configuration reloaded")
    host.wait_until_empty()
    assert arrived(provider) == ["a@example.org", "b@example.net"]


def test_a_profile_that_hangs_delays_no_other_part_of_a_message(idle_host, provider):
    host = idle_host
    add_profile(host, timeouts={"connect": "5s", "command": "60s", "data": "60s"})
    route_to_other(host)
    provider.smtp.script.add("rcpt", Hang(), address="*@example.net")
    provider.smtp.script.add("rcpt", LATER, address="*@example.org")
    host.start()
    host.submit("a@example.org", "b@example.net")
    (message,) = host.wait_for_messages()
    assert message.addresses == ["a@example.org"]
    host.kill()


def test_parts_of_a_message_for_several_profiles(idle_host, provider):
    host = idle_host
    host.profile["limits"] = {"recipients_per_message": 3}
    add_profile(host, limits={"recipients_per_message": 2})
    route_to_other(host)
    script = provider.smtp.script
    script.add("rcpt", LATER, address="user3@*", count=3)
    script.add("rcpt", Reply(550, "5.1.1 No such user"), address="user4@*", count=2)
    script.add("dot", Drop(), after=2, count=2)
    recipients = {f"user{i}@{d}" for i in range(10) for d in ("example.org", "example.net")}
    host.start()
    host.submit(*recipients)
    host.wait_until_empty()
    refused = {"user4@example.org", "user4@example.net"}
    told = [a for a in arrived(provider) if a == "app@example.com"]
    assert [a for a in arrived(provider) if a not in told] == sorted(recipients - refused)
    assert 1 <= len(told) <= 2


def test_connections_that_end_by_themselves_are_no_trouble(idle_host, provider):
    host = idle_host
    host.profile["limits"] = {"connections": 3, "messages_per_connection": 2}
    host.write_configuration()
    host.start()
    for _ in range(100):
        host.submit("a@example.org")
    host.wait_for_messages(100)
    host.wait_until_empty()
    assert len(provider.smtp.messages) == 100
    assert not re.search("died|backing_off", host.log())


def test_what_cannot_be_read_is_not_tried_all_the_time(host, provider):
    provider.smtp.script.add("rcpt", LATER, count=None)
    host.submit("a@example.org")
    (history,) = wait_until(lambda: host.files("history"), "a history")
    host.stop()
    history.unlink()
    history.mkdir()
    provider.smtp.script.clear()
    host.start()
    host.wait_for_log("cannot be read now")
    host.submit("b@example.org")
    host.wait_for_messages()
    assert arrived(provider) == ["b@example.org"]
    assert host.status()["queue"]["unread"] == 1
    assert len(re.findall("cannot be read now", host.log())) == 1
    history.rmdir()
    host.restart()
    host.wait_until_empty()

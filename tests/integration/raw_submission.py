"""A client of run/submit that is not our sendmail: it says what it likes, as any user."""

import os
import socket

_POLYNOMIAL = 0x82F63B78  # CRC-32C, RFC 3720 appendix B.4
NOW, LATER = b"postoak-submit 1 now\n", b"postoak-submit 1 later\n"


def _table():
    for octet in range(256):
        for _ in range(8):
            octet = (octet >> 1) ^ (_POLYNOMIAL if octet & 1 else 0)
        yield octet


_TABLE = tuple(_table())


def crc32c(octets: bytes) -> int:
    crc = 0xFFFFFFFF
    for octet in octets:
        crc = _TABLE[(crc ^ octet) & 0xFF] ^ (crc >> 8)
    return crc ^ 0xFFFFFFFF


def message_file(message=b"Subject: raw\r\n\r\nHello\r\n", recipients=(b"a@example.org",), **fields):
    """A message file as postoak-spool(5) has it; `fields` replace values, as bytes."""
    values = {
        "key": b"0123456789abcdef",
        "received": b"1795328000.000042",
        "uid": b"0",
        "sender": b"app@example.com",
        "body": b"7bit",
        "smtputf8": b"no",
        "size": b"%012d" % len(message),
    }
    unknown = set(fields) - set(values) - {"crc32c"}
    assert not unknown, unknown
    values |= {name: value for name, value in fields.items() if name != "crc32c"}
    size = values.pop("size")
    lines = [b"postoak-message 1"]
    lines += [b"%s: %s" % (name.encode(), value) for name, value in values.items()]
    lines += [b"recipient: " + recipient for recipient in recipients]
    before = b"\n".join([*lines, b"size: " + size, b"crc32c: "])
    after = b"\n\n" + message
    crc = fields.get("crc32c", b"%08x" % crc32c(before + after))
    return before + crc + after


def connect(host, uid: int | None = None) -> socket.socket:
    """A connection to run/submit, made by user `uid`."""
    if uid is None:
        client = socket.socket(socket.AF_UNIX)
        client.connect(str(host.run / "submit"))
        return client
    ours, theirs = socket.socketpair()
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setresgid(uid, uid, uid)
            os.setresuid(uid, uid, uid)
            client = connect(host)
            socket.send_fds(theirs, [b"."], [client.fileno()])
        finally:
            os._exit(0)
    theirs.close()
    _, (fd,), _, _ = socket.recv_fds(ours, 1, 1)
    ours.close()
    os.waitpid(child, 0)
    return socket.socket(fileno=fd)


def answer(client: socket.socket) -> tuple:
    """(status, text); (None, "") where it ends without one."""
    client.settimeout(50)
    octets = b""
    while not octets.endswith(b"\n"):
        try:
            more = client.recv(4096)
        except ConnectionResetError:
            more = b""
        if not more:
            assert octets == b""
            return None, ""
        octets += more
    client.close()
    status, _, text = octets.decode().partition(" ")
    return int(status), text.rstrip("\n")


def send(client: socket.socket, octets: bytes):
    """As much as is wanted."""
    try:
        client.sendall(octets)
        client.shutdown(socket.SHUT_WR)
    except (BrokenPipeError, ConnectionResetError):
        pass


def submit(host, octets: bytes, uid: int | None = None) -> tuple:
    client = connect(host, uid)
    send(client, octets)
    return answer(client)

"""A client of run/submit that is not our sendmail: it says what it likes, as any user."""

import os
import socket

NOW, LATER = b"postoak-submit 1 now\n", b"postoak-submit 1 later\n"


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

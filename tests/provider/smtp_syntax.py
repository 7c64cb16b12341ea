"""RFC 5321 command syntax and message form, to the letter."""

import re

# RFC 5321 4.5.3.1.4, and what the extensions add: SIZE 26 (RFC 1870), 8BITMIME 17
# (RFC 6152), DSN 8 + 107 for MAIL and 28 + 500 for RCPT (RFC 3461), SMTPUTF8 10 each (RFC 6531).
COMMAND_MAX = 512
MAIL_MAX = COMMAND_MAX + 26 + 17 + 115 + 10
RCPT_MAX = COMMAND_MAX + 528 + 10
# RFC 4954 4 asks for 12,288; real tokens and Postoak's promise ask for a little more.
AUTH_LINE_MAX = 16384 + 2
TEXT_LINE_MAX = 998

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u0080-\U0010ffff-]+"
_LOCAL = rf'(?:{_ATOM}(?:\.{_ATOM})*|"(?:[^"\\\x00-\x1f\x7f]|\\[\x20-\x7e])*")'
_LETTER = r"[A-Za-z0-9\u0080-\U0010ffff]"
_LABEL = rf"{_LETTER}(?:(?:{_LETTER}|-)*{_LETTER})?"
_DOMAIN = rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[0-9A-Za-z.:]+\])"
_MAILBOX = re.compile(rf"{_LOCAL}@{_DOMAIN}")
_PARAMETER = re.compile(r"([A-Za-z0-9][A-Za-z0-9-]*)(?:=([!-<>-~\u0080-\U0010ffff]+))?")
_XTEXT = re.compile(r"(?:[!-*,-<>-~]|\+[0-9A-F]{2})*")
_HELLO = re.compile(_DOMAIN)


class Malformed(Exception):
    """A command that breaks the grammar."""


def parse_path(argument: str, prefix: str):
    """(address, {KEYWORD: value or None}) of a MAIL or RCPT argument."""
    if argument[: len(prefix)].upper() != prefix:
        raise Malformed(f"{prefix} expected")
    match = re.match(r'<((?:"(?:[^"\\]|\\.)*"|[^">])*)>(.*)$', argument[len(prefix) :], re.S)
    if not match:
        raise Malformed("no path in angle brackets")
    address, rest = match.groups()
    if len(address.encode()) > 254:
        raise Malformed("path of more than 256 octets")
    if not (
        _MAILBOX.fullmatch(address)
        or (prefix == "FROM:" and address == "")
        or (prefix == "TO:" and address.lower() == "postmaster")
    ):
        raise Malformed(f"no mailbox: {address!r}")
    return address, _parse_parameters(rest)


def _parse_parameters(rest: str):
    parameters = {}
    if not rest:
        return parameters
    if not rest.startswith(" "):
        raise Malformed("no space after the path")
    for word in rest[1:].split(" "):
        match = _PARAMETER.fullmatch(word)
        if not match:
            raise Malformed(f"no parameter: {word!r}")
        keyword = match[1].upper()
        if keyword in parameters:
            raise Malformed(f"{keyword} given twice")
        parameters[keyword] = match[2]
    return parameters


def check_hello(argument: str):
    if not _HELLO.fullmatch(argument):
        raise Malformed(f"no domain or address literal: {argument!r}")


def check_parameter(command: str, keyword: str, value: str | None, keywords) -> str | None:
    """None, or what is wrong with a MAIL or RCPT parameter where `keywords` were announced."""
    extension, form = _PARAMETERS.get((command, keyword), (None, None))
    if extension is None:
        return f"unknown {command} parameter {keyword}"
    if extension not in keywords:
        return f"{keyword} without {extension} in the EHLO reply"
    if form is None:
        return None if value is None else f"{keyword} takes no value"
    if value is None or not re.fullmatch(form, value, re.I):
        return f"bad value {keyword}={value}"
    if keyword in ("ENVID", "ORCPT") and not _XTEXT.fullmatch(value.split(";", 1)[-1]):
        return f"{keyword} is not xtext"
    return None


_PARAMETERS = {
    ("MAIL", "SIZE"): ("SIZE", r"[0-9]{1,20}"),
    ("MAIL", "BODY"): ("8BITMIME", r"7BIT|8BITMIME"),
    ("MAIL", "SMTPUTF8"): ("SMTPUTF8", None),
    ("MAIL", "RET"): ("DSN", r"FULL|HDRS"),
    ("MAIL", "ENVID"): ("DSN", r".{1,100}"),
    ("RCPT", "NOTIFY"): ("DSN", r"NEVER|(SUCCESS|FAILURE|DELAY)(,(SUCCESS|FAILURE|DELAY))*"),
    ("RCPT", "ORCPT"): ("DSN", r"[A-Za-z0-9-]+;.{1,500}"),
}


def unstuff(content: bytes):
    """(message, faults) from what came between DATA and the dot."""
    faults = []
    if re.search(rb"(?:^|(?<=\r\n))\.(?!\.)", content):
        faults.append("a line that begins with a dot was not dot-stuffed")
    return re.sub(rb"(^|\r\n)\.", rb"\1", content), faults


def message_faults(message: bytes, eight_bit: bool):
    """What a message on the wire must not contain (RFC 5321 2.3.8, 4.5.3.1.6, RFC 6152)."""
    faults = []
    if re.search(rb"\r(?!\n)", message):
        faults.append("bare CR in the message")
    if re.search(rb"(?<!\r)\n", message):
        faults.append("bare LF in the message")
    if b"\0" in message:
        faults.append("NUL in the message")
    if any(len(line) > TEXT_LINE_MAX for line in message.splitlines()):
        faults.append("line of more than 1000 octets in the message")
    if not message.endswith(b"\r\n") and message:
        faults.append("last line of the message without CRLF")
    if not eight_bit and re.search(rb"[\x80-\xff]", message):
        faults.append("8-bit message without BODY=8BITMIME although it was offered")
    return faults

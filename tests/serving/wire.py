"""Requests as bytes on a socket: whole, cut, or half sent and left so."""

import contextlib
import secrets
import socket
import urllib.parse

FORM = "application/x-www-form-urlencoded"


def urlencoded(fields):
    return FORM, urllib.parse.urlencode(fields).encode()


def multipart(fields):
    edge = secrets.token_hex(8)
    part = '--{}\r\nContent-Disposition: form-data; name="{}"\r\n\r\n{}\r\n'
    text = "".join(part.format(edge, name, value) for name, value in fields) + f"--{edge}--\r\n"
    return f"multipart/form-data; boundary={edge}", text.encode()


def head(method, path, cookie="", **headers):
    """The head of a request; `Content_Type` is written with a hyphen."""
    named = {"Host": "127.0.0.1", "Connection": "close", **({"Cookie": cookie} if cookie else {}), **headers}
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in named.items()]
    return "\r\n".join([f"{method} {path} HTTP/1.1", *lines, "", ""]).encode()


def post(path, cookie, kind, body, **headers):
    """A whole POST: its head and its body."""
    return head("POST", path, cookie, Content_Type=kind, Content_Length=len(body), **headers), body


def ask(port, *parts):
    """Send the parts and return the answer: (status, text)."""
    with begun(port, *parts) as line:
        return answer(line)


def cut(port, *parts):
    """Send the parts and break off; return the status, 0 where the server broke off as well."""
    with begun(port) as line:
        with contextlib.suppress(ConnectionError):
            line.sendall(b"".join(parts))
            line.shutdown(socket.SHUT_WR)
        return answer(line)[0]


def answer(line):
    """Read an answer to its end."""
    said = b""
    with contextlib.suppress(ConnectionError):
        while chunk := line.recv(65536):
            said += chunk
    top, _blank, text = said.partition(b"\r\n\r\n")
    return (int(top.split()[1]) if top else 0), top.decode("latin-1") + "\n\n" + text.decode("utf-8", "replace")


def get(port, path, cookie="", **headers):
    """GET a page: (status, text)."""
    return ask(port, head("GET", path, cookie, **headers))


def begun(port, *parts):
    """A request of which no more than these parts is sent; the socket stays open."""
    line = socket.create_connection(("127.0.0.1", port), timeout=300)
    line.sendall(b"".join(parts))
    return line

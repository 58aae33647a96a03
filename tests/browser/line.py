"""The line between a phone and its server: a TCP relay that can be cut, lose an answer, or break off a request."""

import contextlib
import socket
import threading

HOTEL = "<!doctype html><title>Hotel</title><p>Sign in to the hotel's network.</p>"
PORTAL = f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {len(HOTEL)}\r\n\r\n{HOTEL}".encode()


class Line:
    """Listens on a port of its own and passes on to `port`; the server behind it may come and go."""

    def __init__(self, port):
        self.server = port
        self.up = True
        self.faults = []  # (kind, marker) of the next request with it: "half" of it, its answer "lost", a "portal"
        self.open = set()
        self.lock = threading.Lock()
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.socket.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self):
        """No signal: what is under way breaks off, nothing new comes through."""
        self.up = False
        with self.lock:
            cut, self.open = self.open, set()
        for one in cut:
            _close(one)

    def restore(self):
        self.up, self.faults = True, []

    def arm(self, kind, marker, times=20):
        """Let a fault happen to the next requests whose bytes hold `marker`; a browser itself tries a few times."""
        self.faults += [(kind, marker)] * times

    def close(self):
        self.cut()
        self.socket.close()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                phone, _address = self.socket.accept()
                threading.Thread(target=self._relay, args=(phone,), daemon=True).start()

    def _relay(self, phone):
        try:
            server = socket.create_connection(("127.0.0.1", self.server), timeout=10) if self.up else None
        except OSError:
            server = None
        if server is None:
            _close(phone)
            return
        server.settimeout(None)
        with self.lock:
            self.open |= {phone, server}
        lost = threading.Event()
        threading.Thread(target=self._pass, args=(server, phone, lost, False), daemon=True).start()
        self._pass(phone, server, lost, True)

    def _pass(self, source, target, lost, asking):
        with contextlib.suppress(OSError):
            while self.up and (chunk := source.recv(65536)):
                fault = self._fault(chunk) if asking else None
                if fault == "half":
                    target.sendall(chunk[: len(chunk) // 2])
                    break
                if fault == "portal":
                    source.sendall(PORTAL)
                    break
                if fault == "lost":
                    lost.set()
                if not asking and lost.is_set():
                    break  # the server has done its part, and nobody hears of it
                target.sendall(chunk)
        with self.lock:
            self.open -= {source, target}
        _close(source)
        _close(target)

    def _fault(self, chunk):
        for fault in self.faults:
            if fault[1] in chunk:
                self.faults.remove(fault)
                return fault[0]
        return None


def _close(one):
    with contextlib.suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
    with contextlib.suppress(OSError):
        one.close()

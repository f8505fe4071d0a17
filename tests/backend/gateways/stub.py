"""A real HTTP server in a thread that answers as a test tells it and remembers what it heard."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True)
class Heard:
    """One request: `query` has the first value of each parameter."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    raw: bytes

    @property
    def body(self) -> Any:
        return json.loads(self.raw) if self.raw else None


@dataclass
class Answer:
    """`body` is JSON unless it is bytes."""

    body: Any = field(default_factory=lambda: {"errcode": 0, "errmsg": "ok"})
    status: int = 200
    content_type: str = "application/json"


@dataclass
class Stub:
    url: str = ""
    heard: list[Heard] = field(default_factory=list)
    answer: Callable[[Heard], Answer] = lambda _heard: Answer()
    stop: Callable[[], None] = lambda: None

    def to(self, path: str) -> list[Heard]:
        return [request for request in self.heard if request.path == path]


@contextmanager
def serving(answer: Callable[[Heard], Answer] | None = None) -> Iterator[Stub]:
    stub = Stub()
    if answer is not None:
        stub.answer = answer

    class Desk(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            parts = urlsplit(self.path)
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            heard = Heard(self.command, parts.path, query, dict(self.headers), raw)
            stub.heard.append(heard)
            given = stub.answer(heard)
            body = given.body if isinstance(given.body, bytes) else json.dumps(given.body).encode()
            self.send_response(given.status)
            self.send_header("Content-Type", given.content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST

        def log_message(self, *_: Any) -> None:
            """Quiet."""

    class Server(ThreadingHTTPServer):
        request_queue_size = 256
        daemon_threads = True

        def __init__(self, *arguments: Any) -> None:
            super().__init__(*arguments)
            self.open: set[socket.socket] = set()

        def get_request(self) -> tuple[socket.socket, Any]:
            connection, address = super().get_request()
            self.open.add(connection)
            return connection, address

        def close_connections(self) -> None:
            """End kept-alive connections too, as a real server does when it goes away."""
            while self.open:
                with suppress(OSError):
                    self.open.pop().shutdown(socket.SHUT_RDWR)

    server = Server(("127.0.0.1", 0), Desk)
    stub.url = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()

    def stop() -> None:
        server.shutdown()
        server.close_connections()
        server.server_close()

    stub.stop = stop
    try:
        yield stub
    finally:
        stop()

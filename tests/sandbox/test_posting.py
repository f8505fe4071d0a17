"""One POST of the platform's: whatever is no whole answer is none."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from sandbox.posting import NoAnswer, call

WHOLE = b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nsuccess"


@contextmanager
def answering(raw: bytes) -> Iterator[str]:
    """A server that sends exactly this to whoever comes first, and hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(raw)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/wechat"
        thread.join()


def test_a_whole_answer_is_given() -> None:
    with answering(WHOLE) as url:
        answer = call("POST", url, body=b"x", headers={}, seconds=5)
    assert (answer.status, answer.body) == (200, b"success")


@pytest.mark.parametrize("sent", [0, 10, len(WHOLE) - 7, len(WHOLE) - 1])
def test_an_answer_whose_writer_died_over_it_is_none(sent: int) -> None:
    """Not even where the head says 200 and the body has not begun: that would be taken for
    silence, and the message for answered."""
    with answering(WHOLE[:sent]) as url, pytest.raises(NoAnswer):
        call("POST", url, body=b"x", headers={}, seconds=5)

"""How the warm engine's processes talk: JSON messages over a Unix socket, each after its length.

Owns the framing and nothing else. A kernel's messages are Jupyter's own, with their buffers as base64.
"""

from __future__ import annotations

import json
import socket
import struct
from collections.abc import Iterator
from typing import Any

Message = dict[str, Any]
_LENGTH = struct.Struct("!Q")


def framed(message: bytes) -> bytes:
    """A message's bytes after their length."""
    return _LENGTH.pack(len(message)) + message


class Frames:
    """Takes bytes as they come, and gives whole messages."""

    def __init__(self) -> None:
        self._received = bytearray()

    def feed(self, data: bytes) -> Iterator[Message]:
        """Every message that is whole by now."""
        self._received += data
        while len(self._received) >= _LENGTH.size:
            end = _LENGTH.size + _LENGTH.unpack_from(self._received)[0]
            if len(self._received) < end:
                return
            message = json.loads(bytes(self._received[_LENGTH.size : end]))
            del self._received[:end]
            yield message


def send(link: socket.socket, message: Message, descriptor: int | None = None) -> None:
    """Send a message, and a file descriptor with it."""
    data = framed(json.dumps(message).encode())
    if descriptor is not None:
        sent = socket.send_fds(link, [data], [descriptor])
        data = data[sent:]
    link.sendall(data)


def receive(link: socket.socket) -> Message | None:
    """Wait for the next message; None when the other end has gone."""
    message, descriptor = receive_with_descriptor(link, descriptors=0)
    assert descriptor is None
    return message


def receive_with_descriptor(link: socket.socket, descriptors: int = 1) -> tuple[Message | None, int | None]:
    """Wait for the next message and the file descriptor that comes with it."""
    try:
        head, found, _, _ = socket.recv_fds(link, _LENGTH.size, descriptors)
        head += _exactly(link, _LENGTH.size - len(head)) if head else b""
        if not head:
            return None, None
        body = _exactly(link, _LENGTH.unpack(head)[0])
    except (ConnectionError, EOFError):
        return None, None
    return json.loads(body), next(iter(found), None)


def _exactly(link: socket.socket, size: int) -> bytes:
    data = bytearray()
    while len(data) < size:
        part = link.recv(min(size - len(data), 1 << 20))
        if not part:
            raise EOFError
        data += part
    return bytes(data)

"""The wire format between the fork server, its clients and its kernels: JSON messages over a Unix socket.

Owns the framing only: eight bytes with the length in network byte order, then the message. For instance, ``{"pid": 7}``
is sent as ``00 00 00 00 00 00 00 0a`` and ten bytes of JSON. A kernel's messages are Jupyter's own
(https://jupyter-client.readthedocs.io/en/stable/messaging.html), with their buffers as base64.
"""

from __future__ import annotations

import json
import socket
import struct
from collections.abc import Iterator
from typing import Any

JsonMessage = dict[str, Any]
_LENGTH = struct.Struct("!Q")


def encode_frame(message: bytes) -> bytes:
    """A message with its length before it."""
    return _LENGTH.pack(len(message)) + message


class FrameDecoder:
    """Splits a stream of bytes, which arrive in arbitrary pieces, into messages."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[JsonMessage]:
        """Add bytes, and yield every message that is now complete."""
        self._buffer += data
        while len(self._buffer) >= _LENGTH.size:
            end = _LENGTH.size + _LENGTH.unpack_from(self._buffer)[0]
            if len(self._buffer) < end:
                return
            message = json.loads(bytes(self._buffer[_LENGTH.size : end]))
            del self._buffer[:end]
            yield message


def send_message(connection: socket.socket, message: JsonMessage, descriptor: int | None = None) -> None:
    """Send a message, optionally with a file descriptor."""
    data = encode_frame(json.dumps(message).encode())
    if descriptor is not None:
        # the descriptor goes with the first bytes; sendmsg(2) may take fewer bytes than it is given
        sent_bytes = socket.send_fds(connection, [data], [descriptor])
        data = data[sent_bytes:]
    connection.sendall(data)


def receive_message(connection: socket.socket) -> JsonMessage | None:
    """Wait for the next message; None when the other end has closed the connection."""
    message, descriptor = receive_with_descriptor(connection, descriptors=0)
    assert descriptor is None
    return message


def receive_with_descriptor(connection: socket.socket, descriptors: int = 1) -> tuple[JsonMessage | None, int | None]:
    """Wait for the next message and the file descriptor sent with it, if any."""
    try:
        # not a byte more than the length: what follows may be the next message
        header, received, _, _ = socket.recv_fds(connection, _LENGTH.size, descriptors)
        header += _receive_exactly(connection, _LENGTH.size - len(header)) if header else b""
        if not header:
            return None, None
        body = _receive_exactly(connection, _LENGTH.unpack(header)[0])
    except (ConnectionError, EOFError):
        return None, None
    return json.loads(body), next(iter(received), None)


def _receive_exactly(connection: socket.socket, size: int) -> bytes:
    data = bytearray()
    while len(data) < size:
        chunk = connection.recv(min(size - len(data), 1 << 20))
        if not chunk:
            raise EOFError
        data += chunk
    return bytes(data)

"""The web server of a preview: its pages, and server-sent events for every new version.

Input: the folder of the pages, and the state of a preview. Output: HTTP responses to browsers on this machine. It
listens on 127.0.0.1 alone and accepts no other Host header (against DNS rebinding), so that no page from elsewhere can
read results that are not published yet. The script that reloads a page is added to responses, and never to files.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from html import escape
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from pathlib import Path
from typing import Any

from kvalreg.errors import Diagnostic, UsageError

_URL_PREFIX = "/_kvalreg/"
_HEARTBEAT_SECONDS = 15.0
"""Seconds between heartbeats: writing one fails when the browser is closed, which ends the thread."""


@dataclass
class PreviewState:
    """The state of a preview: the number of builds so far, failed ones included, and the latest one's diagnostics."""

    version: int = 0
    diagnostics: tuple[str, ...] = ()
    _condition: threading.Condition = field(default_factory=threading.Condition)

    def update(self, diagnostics: Sequence[Diagnostic]) -> None:
        """Record a finished build, and wake the threads that wait for one."""
        with self._condition:
            self.version += 1
            self.diagnostics = tuple(str(diagnostic) for diagnostic in diagnostics)
            self._condition.notify_all()

    def wait_for_change(self, known_version: int) -> bool:
        """Wait for a version other than `known_version`; False when a heartbeat is due first."""
        with self._condition:
            return self._condition.wait_for(lambda: self.version != known_version, _HEARTBEAT_SECONDS)


class PreviewServer(ThreadingHTTPServer):
    """Serves a folder to this machine alone."""

    # An open page keeps a thread in its stream of events, which must not keep the process alive.
    daemon_threads = True

    def __init__(self, folder: Path, state: PreviewState, port: int) -> None:
        try:
            super().__init__(("127.0.0.1", port), partial(_PreviewHandler, state=state, directory=str(folder)))
        except OSError as error:
            raise UsageError(
                f"Port {port} cannot be used: {error.strerror}. "
                "Another program has it, perhaps another preview. Choose another with --port, or leave --port out."
            ) from None

    @property
    def address(self) -> str:
        """The URL of the site."""
        return f"http://127.0.0.1:{self.server_port}/"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore errors of a connection: a browser was closed."""


class _PreviewHandler(SimpleHTTPRequestHandler):
    def __init__(self, *args: Any, state: PreviewState, **kwargs: Any) -> None:
        self.state = state
        super().__init__(*args, **kwargs)

    def do_GET(self) -> None:
        path = self.path.split("?")[0]
        # DNS rebinding: a page of another host whose name was made to resolve to 127.0.0.1 sends its own name here.
        if self.headers.get("Host", "") not in {f"{name}:{self._port}" for name in ("127.0.0.1", "localhost")}:
            self._send_body(HTTPStatus.FORBIDDEN, "text/plain", b"This preview is for this machine alone.")
        elif path == f"{_URL_PREFIX}reload.js":
            script = files("kvalreg.workbench").joinpath("reload.js").read_bytes()
            self._send_body(HTTPStatus.OK, "text/javascript", script)
        elif path == f"{_URL_PREFIX}events":
            self._send_events()
        elif path.endswith((".html", "/")):
            self._send_page(Path(self.translate_path(path)))
        else:
            super().do_GET()

    def end_headers(self) -> None:
        # A reload must never show the page before the last build.
        self.send_header("Cache-Control", "no-store")
        super().end_headers()

    def log_message(self, *_: Any) -> None:
        """Log nothing: the terminal is for builds and diagnostics."""

    @property
    def _port(self) -> int:
        assert isinstance(self.server, PreviewServer)
        return self.server.server_port

    def _send_page(self, path: Path) -> None:
        """Send a page with the script that reloads it; a missing page is replaced by the diagnostics."""
        version, diagnostics = self.state.version, self.state.diagnostics
        try:
            html = (path / "index.html" if path.is_dir() else path).read_text(encoding="utf-8")
            status = HTTPStatus.OK
        except OSError:
            html, status = _placeholder_page(version, diagnostics), HTTPStatus.NOT_FOUND
        script = f'<script src="{_URL_PREFIX}reload.js" data-version="{version}" defer></script>'
        # The last </body>: an earlier one may be part of a text in a script.
        index = html.lower().rfind("</body>")
        html = f"{html[:index]}{script}{html[index:]}" if index >= 0 else html + script
        self._send_body(status, "text/html", html.encode())

    def _send_body(self, status: HTTPStatus, content_type: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", f"{content_type}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _send_events(self) -> None:
        """Send the current version and each that follows, as server-sent events, until the browser is closed.

        The stream of a browser that sees version 3 fail and version 4 succeed, with a heartbeat (a comment) between::

            data: {"version": 3, "faults": ["data/slag/a.csv:2: ..."]}

            : still here

            data: {"version": 4, "faults": []}
        """
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        known_version = -1
        while True:
            if self.state.wait_for_change(known_version):
                known_version = self.state.version
                event = json.dumps({"version": known_version, "faults": self.state.diagnostics})
                self.wfile.write(f"data: {event}\n\n".encode())
            else:
                self.wfile.write(b": still here\n\n")
            self.wfile.flush()


def _placeholder_page(version: int, diagnostics: Sequence[str]) -> str:
    """A page that says why the requested one does not exist."""
    if diagnostics:
        items = "".join(f"<li><pre>{escape(diagnostic)}</pre></li>" for diagnostic in diagnostics)
        body = f"<h1>The pages could not be made</h1><ul>{items}</ul><p>Correct this and save.</p>"
    elif not version:
        body = "<h1>The pages are being made</h1><p>They come by themselves.</p>"
    else:
        body = (
            "<h1>This page is not part of the preview</h1>"
            "<p>A preview holds one registry's own page and one year. kvalreg build makes the whole site.</p>"
            '<p><a href="/">To the front page</a></p>'
        )
    style = "body{font:1.1rem/1.5 system-ui,sans-serif;max-width:48rem;margin:3rem auto;padding:0 1rem}"
    style += "pre{white-space:pre-wrap;font:inherit}"
    head = f'<meta charset="utf-8"><title>kvalreg preview</title><style>{style}</style>'
    return f'<!doctype html><html lang="en"><head>{head}</head><body><main>{body}</main></body></html>'

"""Notices: each is told once, holds no result and no secret, and never fails a run."""

from __future__ import annotations

import json
import re
import socket
import socketserver
import threading
from collections.abc import Iterator
from datetime import date
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from click.testing import CliRunner

from kvalreg.cli import cli
from kvalreg.diagnostic_codes import DiagnosticCode
from kvalreg.project import Project
from kvalreg.workbench.notices import Notice, of_build, of_publication, send

SITE = "notices:\n  sender: kvalreg@example.org\n  copy_to: [servicemiljo@example.org]\n"
SECRET = "hemmelig-ord"


class Mailbox:
    """A mail server of this machine that takes one message at a time."""

    def __init__(self, answer: str = "250 ok") -> None:
        self.letters: list[EmailMessage] = []
        self.to: list[str] = []
        box = self

        class Session(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                self.wfile.write(b"220 here\r\n")
                while line := self.rfile.readline().decode():
                    word = line[:4].upper()
                    if word == "DATA":
                        self.wfile.write(b"354 go on\r\n")
                        body = b""
                        while (part := self.rfile.readline()) != b".\r\n":
                            body += part
                        letter = message_from_bytes(body, policy=policy.default)
                        assert isinstance(letter, EmailMessage)
                        box.letters.append(letter)
                        self.wfile.write(f"{answer}\r\n".encode())
                    elif word == "QUIT":
                        self.wfile.write(b"221 bye\r\n")
                        return
                    else:
                        box.to += re.findall(r"(?i)RCPT TO:<(.*?)>", line)
                        self.wfile.write(b"250 ok\r\n")

        self.server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Session)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        self.address = f"127.0.0.1:{self.server.server_address[1]}"


@pytest.fixture
def mailbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mailbox]:
    """The server that KVALREG_SMTP names."""
    box = Mailbox()
    monkeypatch.setenv("KVALREG_SMTP", box.address)
    yield box
    box.server.shutdown()
    box.server.server_close()


@pytest.fixture
def hook(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[dict[str, Any]]]:
    """What the web address that KVALREG_WEBHOOK names has been sent."""
    sent: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            sent.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *arguments: object) -> None:
            """Nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    monkeypatch.setenv("KVALREG_WEBHOOK", f"http://127.0.0.1:{server.server_address[1]}/{SECRET}")
    yield sent
    server.shutdown()
    server.server_close()


@pytest.fixture
def noticing(project: Project) -> Project:
    """Two registries that have been built; alfa has a contact, beta an address only."""
    for name, about in (("alfa", "contacts: [{name: A, email: a@example.org}]"), ("beta", "email: b@example.org")):
        path = project.descriptor(name)
        path.write_text(path.read_text("utf-8").replace("about:\n", f"about:\n  {about}\n"), encoding="utf-8")
    project.site_descriptor.write_text(SITE, encoding="utf-8")
    return project


def build(project: Project) -> str:
    """A scheduled build, which ends as it would without notices."""
    done = CliRunner().invoke(cli, ["build", "--due", "--renderer", "pandoc", "--project", str(project.root)])
    assert done.exit_code in (0, 1), done.output
    return done.output


@pytest.mark.usefixtures("instant")
def test_a_failure_is_told_once_until_it_is_over(
    noticing: Project, mailbox: Mailbox, hook: list[dict[str, Any]]
) -> None:
    """alfa's delivery breaks, stays broken, is repaired, and breaks again: its contact gets two letters of that."""
    build(noticing)
    mailbox.letters.clear()  # results that were late when the project began
    hook.clear()
    good = (noticing.data("alfa") / "a.csv").read_text("utf-8")
    for text in (good.replace(";80;100", ";x417;100"), None, good, good.replace(";80;100", ";x523;100")):
        if text is not None:
            (noticing.data("alfa") / "a.csv").write_text(text, encoding="utf-8")
        build(noticing)
    failed = [letter for letter in mailbox.letters if "kunne ikke fornyes" in letter["Subject"]]
    assert [letter["To"] for letter in failed] == ["a@example.org, servicemiljo@example.org"] * 2
    assert {letter["From"] for letter in failed} == {"kvalreg@example.org"}
    assert [one["event"] for one in hook] == ["failed", "failed"]
    for letter in failed:
        assert not re.search(r"\d", letter.get_content())
        assert "kvalreg check alfa" in letter.get_content()


@pytest.mark.usefixtures("instant")
def test_an_edition_and_a_late_round_are_told(noticing: Project, mailbox: Mailbox) -> None:
    """Each registry's own contacts; the only digits are those of the edition, the year and the day."""
    build(noticing)
    done = CliRunner().invoke(cli, ["publish", "2026-06", "--project", str(noticing.root)])
    assert done.exit_code == 0, done.output
    published = [letter for letter in mailbox.letters if "2026-06" in letter["Subject"]]
    assert sorted(letter["To"] for letter in published) == [
        "a@example.org, servicemiljo@example.org",
        "b@example.org, servicemiljo@example.org",
    ]
    mailbox.letters.clear()
    late = of_build([], [("beta", "final", 2025, date(2026, 6, 15))])
    (noticing.notices).unlink()
    for _ in range(2):
        assert send(late, noticing) == []
    (letter,) = mailbox.letters
    assert set(re.findall(r"\d+", letter.get_content())) == {"2025", "2026", "06", "15"}


@pytest.mark.usefixtures("instant")
@pytest.mark.parametrize("way", ["nobody", "silence", "refusal", "nonsense"])
def test_what_cannot_be_sent_fails_nothing(noticing: Project, monkeypatch: pytest.MonkeyPatch, way: str) -> None:
    """No server, one that never answers, one that refuses, and addresses that are none: a remark without the secret."""
    build(noticing)
    silent = socket.create_server(("127.0.0.1", 0))
    addresses = {
        "nobody": "127.0.0.1:9",
        "silence": f"127.0.0.1:{silent.getsockname()[1]}",
        "refusal": Mailbox("554 no").address,
        "nonsense": "not an address:x",
    }
    monkeypatch.setattr("kvalreg.workbench.notices._PATIENCE", 0.3)
    monkeypatch.setenv("KVALREG_SMTP", addresses[way])
    monkeypatch.setenv("KVALREG_WEBHOOK", f"ftp://{addresses[way]}/{SECRET}")
    done = CliRunner().invoke(cli, ["publish", "2026-06", "--project", str(noticing.root)])
    silent.close()
    assert done.exit_code == 0
    assert DiagnosticCode.NOTICE_NOT_SENT in done.stderr
    assert SECRET not in done.output
    assert (noticing.public / "index.html").is_file()


def test_nothing_is_sent_that_nobody_asked_for(project: Project, mailbox: Mailbox) -> None:
    """Without `notices` in site.yml and without a webhook nobody is told."""
    assert send([Notice("alfa", "failed")], project) == []
    assert mailbox.letters == []


def test_a_webhook_goes_to_no_other_address(
    noticing: Project, hook: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Plain HTTP to another machine, and an address that leads on, are refused."""
    monkeypatch.setenv("KVALREG_SMTP", "127.0.0.1:9")
    noticing.site_descriptor.unlink()
    assert send(of_publication("2026-06", ["alfa"]), noticing) == []
    assert [one["registry"] for one in hook] == ["alfa"]
    assert SECRET not in noticing.notices.read_text("utf-8")
    monkeypatch.setenv("KVALREG_WEBHOOK", f"http://example.org/{SECRET}")
    (remark,) = send(of_publication("2026-12", ["alfa"]), noticing)
    assert SECRET not in str(remark)


def test_each_way_is_told_once(noticing: Project, hook: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch) -> None:
    """A mail server that is away is asked again; the webhook, which took the notice, is not. The list is private."""
    monkeypatch.setenv("KVALREG_SMTP", "127.0.0.1:9")
    for _ in range(2):
        (remark,) = send([Notice("beta", "failed")], noticing)
        assert "e-mail" in remark.message
    assert len(hook) == 1
    assert noticing.notices.stat().st_mode & 0o777 == 0o600

"""Notices to a registry's contacts: its results are late, its build has failed, an edition was published.

Owns `_build/notices.json`: what has been told, so that nothing is told every night. Input: what a run came to, and
`notices` of `registries/site.yml`; passwords and addresses that are secrets come from the environment alone. Output:
e-mail or a webhook, and a remark on what could not be sent: a run never fails for that. No notice holds a result, a row
or a message of a fault: it says where to look.
"""

from __future__ import annotations

import json
import os
import smtplib
import ssl
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from email.message import EmailMessage
from functools import partial
from http.client import HTTPException
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from kvalreg.diagnostic_codes import DiagnosticCode
from kvalreg.disclosure.published import load_source
from kvalreg.errors import Diagnostic, KvalregError
from kvalreg.inputs.descriptor import Registry
from kvalreg.inputs.site_descriptor import Notices, SiteDescriptor, read_site_descriptor
from kvalreg.project import Project
from kvalreg.report.translation import get_translator
from kvalreg.storage.permissions import make_public_folder, write_private

_PATIENCE = 10
"""Seconds to wait for another machine."""
_SMTPS, _SUBMISSION = 465, 25
_ERRORS = (OSError, smtplib.SMTPException, HTTPException, ValueError)


@dataclass(frozen=True)
class Notice:
    """One thing to tell of a registry.

    Parameters
    ----------
    event
        ``late``, ``failed`` or ``published``.
    detail
        Which: a round and its day, or an edition. The same is told once.
    """

    registry: str
    event: str
    detail: str = ""
    values: Mapping[str, str] = field(default_factory=dict, compare=False)

    @property
    def key(self) -> str:
        """What it is known by once it has been told."""
        return f"{self.registry} {self.event} {self.detail}".rstrip()


_LATE_EVENTS = {"final": "late_final", "interim": "late_interim"}
"""What is told of each round that is late."""


def of_build(failed: Iterable[str], late: Iterable[tuple[str, str, int, date]]) -> list[Notice]:
    """What a scheduled build has to tell: registries that failed, and rounds that are late, with the day."""
    notices = [Notice(registry, "failed") for registry in failed]
    for registry, name, year, due in late:
        values = {"year": str(year), "date": due.isoformat()}
        notices.append(Notice(registry, _LATE_EVENTS[name], str(year), values))
    return notices


def of_publication(edition: str, registries: Iterable[str]) -> list[Notice]:
    """That an edition was published."""
    return [Notice(registry, "published", edition, {"edition": edition}) for registry in registries]


def send(notices: Iterable[Notice], project: Project, over: Iterable[Notice] = ()) -> list[Diagnostic]:
    """Send what has not been told yet, and remember it; a remark on the first that could not be sent.

    Parameters
    ----------
    over
        What is not so, or not so any longer: it is told again when it is.
    """
    try:
        site = read_site_descriptor(project)
    except KvalregError:  # a run tells of that itself
        return []
    if site.notices is None and not os.environ.get("KVALREG_WEBHOOK"):
        return []
    told = _told(project)
    kept = {key for key in told if key.partition(" ")[2] not in {notice.key for notice in over}}
    broken: dict[str, tuple[Notice, str]] = {}
    for notice in notices:
        for way, hand_over in _ways(notice, site, project).items():
            key = f"{way} {notice.key}"
            if key not in kept and way not in broken:  # what fails once fails for all, and each would wait for it
                try:
                    hand_over()
                    kept.add(key)
                except _ERRORS as error:
                    broken[way] = notice, type(error).__name__
    if kept != told:
        with suppress(OSError):
            make_public_folder(project.build_root)
            write_private(project.notices, json.dumps(sorted(kept), indent=1).encode())
    return [_remark(way, *wrong) for way, wrong in broken.items()]


def _ways(notice: Notice, site: SiteDescriptor, project: Project) -> dict[str, Callable[[], None]]:
    """The ways by which a notice goes, and what sends it."""
    source = load_source(notice.registry, project.published)
    registry = source.registry if source is not None else None
    text = _text(notice, registry, site)
    asked = site.notices or Notices()
    people = sorted({*_people(registry), *asked.copy_to})
    found: dict[str, Callable[[], None]] = {}
    if people and asked.sender:
        found["e-mail"] = partial(_mail, text, people, asked.sender)
    if address := os.environ.get("KVALREG_WEBHOOK", ""):
        told = {"event": notice.event, "registry": notice.registry, "subject": text[0], "text": text[1]}
        found["webhook"] = partial(_post, address, told)
    return found


def _people(registry: Registry | None) -> list[str]:
    """The registry's contacts; its own address where they have none."""
    if registry is None:
        return []
    own = [contact.email for contact in registry.about.contacts if contact.email]
    return own or [registry.about.email] * bool(registry.about.email)


def _text(notice: Notice, registry: Registry | None, site: SiteDescriptor) -> tuple[str, str]:
    """The subject and the text, in the registry's language."""
    say = get_translator(registry.language if registry is not None else "nb")
    name = " ".join((registry.short_name if registry is not None else notice.registry).split())
    values = {"name": name, "registry": notice.registry, **notice.values}
    where = site.base_url if notice.event == "published" else ""
    body = "\n\n".join(filter(None, (say(f"notices.{notice.event}_text", **values), where, say("notices.end"))))
    return say(f"notices.{notice.event}", **values), f"{body}\n"


# --- ways ------------------------------------------------------------------------------------------------------------
def _mail(text: tuple[str, str], people: list[str], sender: str) -> None:
    """Hand an e-mail to the server that KVALREG_SMTP names, or to this machine's own."""
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = text[0], sender, ", ".join(people)
    message.set_content(text[1])
    host, _, port = os.environ.get("KVALREG_SMTP", "localhost").partition(":")
    number = int(port or _SUBMISSION)
    user, password = (os.environ.get(f"KVALREG_SMTP_{name}", "") for name in ("USER", "PASSWORD"))
    safe = ssl.create_default_context()
    if number == _SMTPS:
        server: smtplib.SMTP = smtplib.SMTP_SSL(host, number, timeout=_PATIENCE, context=safe)
    else:
        server = smtplib.SMTP(host, number, timeout=_PATIENCE)
    with server:
        if number != _SMTPS and (user or server.has_extn("starttls")):
            server.starttls(context=safe)  # a password is never sent as it is
        if user:
            server.login(user, password)
        server.send_message(message)


class _NoRedirect(HTTPRedirectHandler):
    """A notice goes to the address that was given, and to no other."""

    def redirect_request(self, *_arguments: object, **_options: object) -> None:
        return None


def _post(address: str, told: Mapping[str, str]) -> None:
    """Send JSON to a web address, over HTTPS or within this machine."""
    parts = urlsplit(address)
    if parts.scheme != "https" and (parts.scheme, parts.hostname) not in (("http", "localhost"), ("http", "127.0.0.1")):
        raise ValueError("not https")
    body = json.dumps(told, ensure_ascii=False).encode()
    request = Request(address, body, {"Content-Type": "application/json"}, method="POST")  # noqa: S310 - looked at above
    with build_opener(_NoRedirect).open(request, timeout=_PATIENCE) as answer:
        answer.read(1)


# --- what has been told ----------------------------------------------------------------------------------------------
def _told(project: Project) -> set[str]:
    try:
        return set(map(str, json.loads(project.notices.read_bytes())))
    except (OSError, ValueError, TypeError):
        return set()


def _remark(way: str, notice: Notice, wrong: str) -> Diagnostic:
    """What could not be sent; the error's name alone, since its text may hold an address that is a secret."""
    what = f"The registry's contacts could not be told ({notice.event}) by {way}: {wrong}."
    todo = "See 'notices' in registries/site.yml, and KVALREG_SMTP or KVALREG_WEBHOOK. It is tried again next time."
    return Diagnostic(what, todo, notice.registry, code=DiagnosticCode.NOTICE_NOT_SENT)

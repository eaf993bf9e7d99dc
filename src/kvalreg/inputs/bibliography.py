"""A registry's publications from its bibliography: BibTeX or CSL-JSON, read by Pandoc's own citation library.

Comes in: a registry and its folder. Goes out: the registry with its publications as plain text, the newest first, and
what is wrong with the file. Nothing here stops a registry: results are not held back for a comma in a list.

The file is untrusted. Pandoc reads it in its sandbox, in a process of its own with a time limit, and gives a tree of
words: markup, LaTeX commands and HTML in it never become anything but text.
"""

from __future__ import annotations

import json
import re
import subprocess
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pypandoc

from kvalreg.errors import Fault
from kvalreg.inputs.contact_forms import web_link
from kvalreg.inputs.descriptor import Registry
from kvalreg.inputs.descriptor_texts import DOI, Publication
from kvalreg.inputs.text_file import NotItsEncodingError, decode, printable, quote
from kvalreg.inputs.yaml_file import Document
from kvalreg.kinds import Kind
from kvalreg.project import resolved

_FORMATS = {".bib": "bibtex", ".json": "csljson"}
_STYLE = Path(__file__).with_name("references.csl")
_SECONDS = 30
_LARGEST = 5_000_000
"""Bytes: some ten thousand publications."""
_EMPHASIS = re.compile(r"</?(?:i|b|em|strong|sub|sup|sc|scp|span)(?:\s[^<>]{0,200})?>", re.IGNORECASE)
_LINE = re.compile(r"line (\d+)")
Node = Mapping[str, Any]


@dataclass(frozen=True)
class Reference:
    """One publication of a bibliography: its key, whether it has a title, and how it is shown."""

    key: str
    titled: bool
    publication: Publication


class _BrokenError(Exception):
    """The file cannot be read: the line where known, what is wrong, what to do."""

    def __init__(self, what: str, todo: str, line: int | None = None) -> None:
        self.what, self.todo, self.line = what, todo, line
        super().__init__(what)


def with_publications(registry: Registry, document: Document, folder: Path) -> tuple[Registry, list[Fault]]:
    """The registry with the publications of its bibliography after those that it writes itself.

    Parameters
    ----------
    document
        `registry.yml` as it was read, for its lines.
    folder
        Where `registry.yml` and the bibliography lie.

    Returns
    -------
    The registry, and a warning for each of: a file that is not there or is broken (no publication of it is shown), a
    selected key that is not in it, a publication without a title (shown with what it has).
    """
    field = registry.research
    if not field.bibliography:
        return registry, []
    shown = printable((Path(document.shown).parent / field.bibliography).as_posix())
    try:
        references = read_bibliography(folder / field.bibliography, folder, registry.language)
    except _BrokenError as error:
        todo = f"{error.todo} Until then the page shows no publication from it."
        if error.line is None:
            return registry, [document.fault(("research", "bibliography"), error.what, todo, Kind.BIBLIOGRAPHY_BROKEN)]
        return registry, [Fault(error.what, todo, shown, error.line, kind=Kind.BIBLIOGRAPHY_BROKEN)]
    chosen = [one for one in references if not field.selected or one.key in field.selected]
    warnings = list(_unknown_keys(registry, {one.key for one in references}, document))
    text = decode((folder / field.bibliography).read_bytes())
    warnings += [_untitled(one.key, text, shown) for one in chosen if not one.titled]
    shown_ones = (one.publication for one in chosen if one.publication.text or one.publication.url)
    publications = (*field.publications, *shown_ones)
    research = field.model_copy(update={"publications": publications})
    return registry.model_copy(update={"research": research}), warnings


def read_bibliography(path: Path, folder: Path, language: str) -> list[Reference]:
    """Every publication of a file, the newest first."""
    kind = _FORMATS.get(path.suffix.lower())
    if kind is None:
        raise _BrokenError(f"{quote(path.name)} is no .bib or .json file.", "Save the list as one of these.")
    if not resolved(path).is_relative_to(resolved(folder)):
        raise _BrokenError("The bibliography lies outside the registry's folder.", "Put it beside registry.yml.")
    if not path.is_file():
        raise _BrokenError(f"{quote(path.name)} does not exist.", "Correct the name, or add the file.")
    if path.stat().st_size > _LARGEST:
        raise _BrokenError(f"{quote(path.name)} is too large.", "Keep the publications that readers should see.")
    tree = _cited(path, kind, language)
    return list(_references(tree))


def _cited(path: Path, kind: str, language: str) -> Node:
    """The bibliography as Pandoc's tree: ``meta.references`` is what the file says, the blocks how it is cited."""
    try:
        text = decode(path.read_bytes())
    except NotItsEncodingError as error:
        raise _BrokenError(
            f"The file begins with the mark of {error}, and is not in it.", "Save it as UTF-8.", 1
        ) from None
    # in CSL-JSON, both kinds of particles stand before a name
    of_json = text.replace('"dropping-particle"', '"non-dropping-particle"')
    text = _as_written(text) if kind == "bibtex" else of_json
    command = [pypandoc.get_pandoc_path(), f"--from={kind}", "--to=json", "--citeproc", f"--csl={_STYLE}", "--sandbox"]
    command += [f"--metadata=lang:{language}", "--metadata=link-bibliography:false", "+RTS", "-M512M", "-RTS"]
    try:
        ran = subprocess.run(command, input=text.encode(), capture_output=True, timeout=_SECONDS, check=False)
        tree: Node = json.loads(ran.stdout) if ran.returncode == 0 else {}
    except (subprocess.TimeoutExpired, ValueError):
        tree = {}
        told = ""
    else:
        told = ran.stderr.decode("utf-8", "replace")
    if not tree:
        line = _LINE.search(told)
        last = text.rstrip().count("\n") + 1
        name = "BibTeX" if kind == "bibtex" else "CSL-JSON"
        todo = "Correct that place, or save the list again from your reference manager."
        raise _BrokenError(f"The file is no valid {name}.", todo, min(int(line[1]), last) if line else 1)
    if not tree["meta"].get("references", {}).get("c"):
        raise _BrokenError("The file holds no publication.", "Save it again from your reference manager.", 1)
    return tree


_ENTRY = re.compile(r"(@(?!comment|string|preamble)[a-z]+\s*\{)(\s*)([^,{}\s]*)(\s*,)", re.IGNORECASE)
_OVERRULED = re.compile(r"(?<=[\s,{])(langid|hyphenation|options)(?=\s*=)", re.IGNORECASE)
_UNIVERSITY = re.compile(r"(?<=[\s,{])university(?=\s*=)", re.IGNORECASE)
"""EndNote's name for what BibTeX calls school."""
_SPELT = {"lambda": "lamda"}
"""Unicode's own spelling."""
_BARE = re.compile(r"(?<!\\)(?:[%_]|#(?! ))")
_GREEK = re.compile(r"\{?\\(alpha|beta|gamma|delta|epsilon|kappa|lambda|mu|sigma|tau|omega)(?![a-z])\}?")
_IN_ENTRY = "langid = {norsk}, options = {useprefix=true},"
"""Of an entry in Norwegian, Pandoc leaves the title alone; and `van der` belongs to a name's front."""


def _as_written(text: str) -> str:
    """BibTeX of which Pandoc leaves titles and names as they are written.

    It takes every entry for English and makes small letters of capitals that stand outside braces, as English titles
    ask for: «Hjerneslag i norge». EndNote writes ``% _ #`` as they are, which mean something else in LaTeX, and may
    leave keys out; Mendeley writes Greek letters outside mathematics.
    """
    count = iter(range(1, len(text)))
    text = _UNIVERSITY.sub("school", _OVERRULED.sub("x-left-out", text))
    lines = text.split("\n")
    text = "\n".join(line if line.lstrip().startswith("%") else _BARE.sub(r"\\\g<0>", line) for line in lines)
    text = _GREEK.sub(lambda at: unicodedata.lookup(f"GREEK SMALL LETTER {_SPELT.get(at[1], at[1])}"), text)

    def entry(at: re.Match[str]) -> str:
        key = at[3].replace("\\", "") or f"uten-{next(count)}"
        return f"{at[1]}{at[2]}{key}{at[4]} {_IN_ENTRY}"

    return _ENTRY.sub(entry, text)


def _references(tree: Node) -> Iterator[Reference]:
    said = {_plain(one["c"]["id"]): one["c"] for one in tree["meta"]["references"]["c"]}
    for block in _entries(tree["blocks"]):
        key = block["c"][0][0].removeprefix("ref-")
        text = _tidy(_plain(block["c"][1]))
        facts = said.get(key, {})
        yield Reference(key, "title" in facts, Publication(text=text, url=_address(facts)))


def _entries(blocks: list[Node]) -> Iterator[Node]:
    """The divisions that hold one publication each."""
    for block in blocks:
        if block["t"] == "Div" and "csl-entry" in block["c"][0][1]:
            yield block
        elif block["t"] == "Div":
            yield from _entries(block["c"][1])


def _address(facts: Node) -> str:
    """Where a publication is: its DOI, else its web address."""
    by_name = {name.lower(): value for name, value in facts.items()}
    found = DOI.fullmatch(_bare(_plain(by_name["doi"]))) if "doi" in by_name else None
    if found:
        return web_link(f"https://doi.org/{found['doi']}")
    return web_link(_bare(_plain(by_name["url"]))) if "url" in by_name else ""


def _bare(address: str) -> str:
    """An address without the braces and backslashes that LaTeX asks for."""
    return re.sub(r"[{}\\\s]", "", address)


def _plain(node: Any) -> str:
    """The words of a part of Pandoc's tree; raw LaTeX and HTML are no words."""
    if isinstance(node, list):
        return "".join(_plain(one) for one in node)
    if not isinstance(node, Mapping):
        return ""
    kind = node.get("t")
    content: Any = node.get("c")
    if kind in ("Str", "MetaString"):
        return str(content)
    if kind in ("Space", "SoftBreak", "LineBreak"):
        return " "
    if kind in ("Code", "Math"):
        return str(content[1])
    if kind == "Quoted":
        return f"«{_plain(content[1])}»"
    if kind in ("Link", "Span", "Div"):
        return _plain(content[1])
    return "" if kind in ("RawInline", "RawBlock", "Note", "Image") else _plain(content)


def _tidy(text: str) -> str:
    """One line, without the spaces and doubled full stops that left-out parts leave behind.

    Reference managers mark italics and the like by HTML; what stands in quotation marks gets Norwegian ones.
    """
    text = _EMPHASIS.sub("", " ".join(text.split()))
    text = re.sub(r'["\u201c\u201d\u201e]([^"\u201c\u201d\u201e]+)["\u201c\u201d]', r"«\1»", text)
    text = re.sub(r"(?<!\w)['\u2019]([^'\u2019]+)['\u2019](?!\w)", "\u2018\\1\u2019", text)
    return re.sub(r"\.(?=\.(?!\.))|\s+(?=[.,;:])", "", re.sub(r"([?!])\.(?= |$)", r"\1", text))


def _unknown_keys(registry: Registry, known: set[str], document: Document) -> Iterator[Fault]:
    for number, key in enumerate(registry.research.selected):
        if key not in known:
            what = f"The bibliography has no publication with the key {quote(key)}."
            yield document.fault(
                ("research", "selected", number), what, "Correct the key, or remove it.", Kind.ID_UNKNOWN
            )


def _untitled(key: str, text: str, shown: str) -> Fault:
    at = re.search(rf"\{{\s*{re.escape(key)}\s*,|\"id\"\s*:\s*\"{re.escape(key)}\"", text)
    line = text.count("\n", 0, at.start()) + 1 if at else 1
    what = f"The publication {quote(key)} has no title."
    todo = "Give its title. Until then it is shown with what it has."
    return Fault(what, todo, shown, line, printable(key), Kind.PUBLICATION_BARE)

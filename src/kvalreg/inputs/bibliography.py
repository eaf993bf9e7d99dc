"""A registry's publications from its bibliography: BibTeX or CSL-JSON, read by Pandoc's own citation library.

Input: a registry and its folder. Output: the registry with its publications as plain text, the newest first, and what
is wrong with the file. Nothing here stops a registry: results are not held back for a comma in a list.

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

from kvalreg.diagnostic_codes import DiagnosticCode
from kvalreg.errors import Diagnostic
from kvalreg.inputs.contact_links import web_link
from kvalreg.inputs.descriptor import Registry
from kvalreg.inputs.descriptor_texts import DOI, Publication
from kvalreg.inputs.text_file import NotItsEncodingError, decode, printable, quote
from kvalreg.inputs.yaml_file import YamlDocument
from kvalreg.project import resolved

_FORMATS = {".bib": "bibtex", ".json": "csljson"}
_CSL_STYLE = Path(__file__).with_name("references.csl")
_TIMEOUT_SECONDS = 30
_MAX_BYTES = 5_000_000
"""Bytes: some ten thousand publications."""
_EMPHASIS = re.compile(r"</?(?:i|b|em|strong|sub|sup|sc|scp|span)(?:\s[^<>]{0,200})?>", re.IGNORECASE)
_LINE_NUMBER = re.compile(r"line (\d+)")
PandocNode = Mapping[str, Any]


@dataclass(frozen=True)
class BibliographyEntry:
    """One publication of a bibliography: its key, whether it has a title, and how it is shown."""

    key: str
    has_title: bool
    publication: Publication


class _BibliographyError(Exception):
    """The file cannot be read: the line where known, what is wrong, what to do."""

    def __init__(self, message: str, hint: str, line: int | None = None) -> None:
        self.message, self.hint, self.line = message, hint, line
        super().__init__(message)


def add_publications(registry: Registry, document: YamlDocument, folder: Path) -> tuple[Registry, list[Diagnostic]]:
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
    display_path = printable((Path(document.display_path).parent / field.bibliography).as_posix())
    try:
        references = read_bibliography(folder / field.bibliography, folder, registry.language)
    except _BibliographyError as error:
        hint = f"{error.hint} Until then the page shows no publication from it."
        if error.line is None:
            return registry, [
                document.diagnostic(
                    ("research", "bibliography"), error.message, hint, DiagnosticCode.BIBLIOGRAPHY_UNREADABLE
                )
            ]
        return registry, [
            Diagnostic(error.message, hint, display_path, error.line, code=DiagnosticCode.BIBLIOGRAPHY_UNREADABLE)
        ]
    selected = [reference for reference in references if not field.selected or reference.key in field.selected]
    warnings = list(_unknown_keys(registry, {reference.key for reference in references}, document))
    text = decode((folder / field.bibliography).read_bytes())
    warnings += [_title_warning(reference.key, text, display_path) for reference in selected if not reference.has_title]
    printable_publications = (
        reference.publication for reference in selected if reference.publication.text or reference.publication.url
    )
    publications = (*field.publications, *printable_publications)
    research = field.model_copy(update={"publications": publications})
    return registry.model_copy(update={"research": research}), warnings


def read_bibliography(path: Path, folder: Path, language: str) -> list[BibliographyEntry]:
    """Every publication of a file, the newest first."""
    format_name = _FORMATS.get(path.suffix.lower())
    if format_name is None:
        raise _BibliographyError(f"{quote(path.name)} is no .bib or .json file.", "Save the list as one of these.")
    if not resolved(path).is_relative_to(resolved(folder)):
        raise _BibliographyError("The bibliography lies outside the registry's folder.", "Put it beside registry.yml.")
    if not path.is_file():
        raise _BibliographyError(f"{quote(path.name)} does not exist.", "Correct the name, or add the file.")
    if path.stat().st_size > _MAX_BYTES:
        raise _BibliographyError(f"{quote(path.name)} is too large.", "Keep the publications that readers should see.")
    tree = _run_citeproc(path, format_name, language)
    return list(_parse_references(tree))


def _run_citeproc(path: Path, format_name: str, language: str) -> PandocNode:
    """The bibliography as Pandoc's tree: ``meta.references`` is what the file says, the blocks how it is cited."""
    try:
        text = decode(path.read_bytes())
    except NotItsEncodingError as error:
        raise _BibliographyError(
            f"The file begins with the mark of {error}, and is not in it.", "Save it as UTF-8.", 1
        ) from None
    # in CSL-JSON, both kinds of particles stand before a name
    of_json = text.replace('"dropping-particle"', '"non-dropping-particle"')
    text = _as_written(text) if format_name == "bibtex" else of_json
    command = [
        pypandoc.get_pandoc_path(),
        f"--from={format_name}",
        "--to=json",
        "--citeproc",
        f"--csl={_CSL_STYLE}",
        "--sandbox",
    ]
    command += [f"--metadata=lang:{language}", "--metadata=link-bibliography:false", "+RTS", "-M512M", "-RTS"]
    try:
        completed = subprocess.run(
            command, input=text.encode(), capture_output=True, timeout=_TIMEOUT_SECONDS, check=False
        )
        tree: PandocNode = json.loads(completed.stdout) if completed.returncode == 0 else {}
    except (subprocess.TimeoutExpired, ValueError):
        tree = {}
        error_text = ""
    else:
        error_text = completed.stderr.decode("utf-8", "replace")
    if not tree:
        line = _LINE_NUMBER.search(error_text)
        last_line = text.rstrip().count("\n") + 1
        name = "BibTeX" if format_name == "bibtex" else "CSL-JSON"
        hint = "Correct that place, or save the list again from your reference manager."
        raise _BibliographyError(f"The file is no valid {name}.", hint, min(int(line[1]), last_line) if line else 1)
    if not tree["meta"].get("references", {}).get("c"):
        raise _BibliographyError("The file holds no publication.", "Save it again from your reference manager.", 1)
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


def _parse_references(tree: PandocNode) -> Iterator[BibliographyEntry]:
    metadata_by_key = {_plain_text(item["c"]["id"]): item["c"] for item in tree["meta"]["references"]["c"]}
    for block in _csl_entries(tree["blocks"]):
        key = block["c"][0][0].removeprefix("ref-")
        text = _normalize_text(_plain_text(block["c"][1]))
        metadata = metadata_by_key.get(key, {})
        yield BibliographyEntry(key, "title" in metadata, Publication(text=text, url=_publication_url(metadata)))


def _csl_entries(blocks: list[PandocNode]) -> Iterator[PandocNode]:
    """The divisions that hold one publication each."""
    for block in blocks:
        if block["t"] == "Div" and "csl-entry" in block["c"][0][1]:
            yield block
        elif block["t"] == "Div":
            yield from _csl_entries(block["c"][1])


def _publication_url(metadata: PandocNode) -> str:
    """Where a publication is: its DOI, else its web address."""
    metadata_by_name = {name.lower(): value for name, value in metadata.items()}
    match = DOI.fullmatch(_bare(_plain_text(metadata_by_name["doi"]))) if "doi" in metadata_by_name else None
    if match:
        return web_link(f"https://doi.org/{match['doi']}")
    return web_link(_bare(_plain_text(metadata_by_name["url"]))) if "url" in metadata_by_name else ""


def _bare(address: str) -> str:
    """An address without the braces and backslashes that LaTeX asks for."""
    return re.sub(r"[{}\\\s]", "", address)


def _plain_text(node: Any) -> str:
    """The words of a part of Pandoc's tree; raw LaTeX and HTML are no words."""
    if isinstance(node, list):
        return "".join(_plain_text(child) for child in node)
    if not isinstance(node, Mapping):
        return ""
    node_type = node.get("t")
    content: Any = node.get("c")
    if node_type in ("Str", "MetaString"):
        return str(content)
    if node_type in ("Space", "SoftBreak", "LineBreak"):
        return " "
    if node_type in ("Code", "Math"):
        return str(content[1])
    if node_type == "Quoted":
        return f"«{_plain_text(content[1])}»"
    if node_type in ("Link", "Span", "Div"):
        return _plain_text(content[1])
    return "" if node_type in ("RawInline", "RawBlock", "Note", "Image") else _plain_text(content)


def _normalize_text(text: str) -> str:
    """One line, without the spaces and doubled full stops that left-out parts leave behind.

    Reference managers mark italics and the like by HTML; what stands in quotation marks gets Norwegian ones.
    """
    text = _EMPHASIS.sub("", " ".join(text.split()))
    text = re.sub(r'["\u201c\u201d\u201e]([^"\u201c\u201d\u201e]+)["\u201c\u201d]', r"«\1»", text)
    text = re.sub(r"(?<!\w)['\u2019]([^'\u2019]+)['\u2019](?!\w)", "\u2018\\1\u2019", text)
    return re.sub(r"\.(?=\.(?!\.))|\s+(?=[.,;:])", "", re.sub(r"([?!])\.(?= |$)", r"\1", text))


def _unknown_keys(registry: Registry, known: set[str], document: YamlDocument) -> Iterator[Diagnostic]:
    for index, key in enumerate(registry.research.selected):
        if key not in known:
            message = f"The bibliography has no publication with the key {quote(key)}."
            yield document.diagnostic(
                ("research", "selected", index), message, "Correct the key, or remove it.", DiagnosticCode.ID_UNKNOWN
            )


def _title_warning(key: str, text: str, display_path: str) -> Diagnostic:
    match = re.search(rf"\{{\s*{re.escape(key)}\s*,|\"id\"\s*:\s*\"{re.escape(key)}\"", text)
    line = text.count("\n", 0, match.start()) + 1 if match else 1
    message = f"The publication {quote(key)} has no title."
    hint = "Give its title. Until then it is shown with what it has."
    return Diagnostic(message, hint, display_path, line, printable(key), DiagnosticCode.INCOMPLETE_PUBLICATION)

"""The reference documentation, generated from the code: `make reference`.

Input: models, commands, classes and catalogues of kvalreg. Output: `docs/reference/*.md`. What the code does not
explain is not explained here either, and a test then fails; another test compares the files with the code.
"""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable, Iterator
from datetime import date
from enum import EnumType
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import click
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from kvalreg import errors
from kvalreg import urls as addresses
from kvalreg.cli import cli
from kvalreg.inputs.delivery_checks import CONTEXTS
from kvalreg.inputs.delivery_list import ListedDelivery
from kvalreg.inputs.descriptor import IndicatorType, Registry
from kvalreg.inputs.units import UNIT_COLUMNS
from kvalreg.report import Report
from kvalreg.report.figures import FIGURES
from kvalreg.report.html_fragment import HtmlFragment
from kvalreg.site.api import API_ROOT as API
from kvalreg.site.api_schema import SCHEMAS
from kvalreg.site.renderer import RENDERERS
from kvalreg.workbench.diagnostic_reference import sections_by_code

DOCS = Path(__file__).resolve().parent


def pages() -> dict[str, str]:
    """Every generated page by its path below `docs/`."""
    generators: dict[str, Callable[[], str]] = {
        "descriptor": descriptor,
        "deliveries": deliveries,
        "commands": commands,
        "api": api,
        "faults": faults,
        "extensions": extensions,
        "addresses": addresses_page,
    }
    return {f"reference/{name}.md": _trimmed(generate()) for name, generate in generators.items()}


def write() -> None:
    """Write every page that has changed, so that its file's time stays where it has not."""
    for path, text in pages().items():
        file = DOCS / path
        if not file.is_file() or file.read_text(encoding="utf-8") != text:
            file.write_text(text, encoding="utf-8", newline="\n")


def _trimmed(text: str) -> str:
    """One line feed at the end, and no blanks at the end of a line, as editors leave files."""
    return "\n".join(line.rstrip() for line in text.strip().splitlines()) + "\n"


# --- descriptor ------------------------------------------------------------------------------------------------------
def descriptor() -> str:
    """Every key of `registry.yml`."""
    lead = (
        "# The descriptor\n\nEvery key of `registries/<id>/registry.yml`.\n"
        "An editor that knows the JSON Schema (`kvalreg schema`) completes and explains them while you type.\n"
        "A key that is not here is refused, so that a slip of the keyboard is found.\n"
    )
    parts = [lead]
    for model in models(Registry):
        name = "The whole file" if model is Registry else f"`{_where(model)}`"
        parts.append(f"## {name}\n\n{_sentence(model.__doc__)}\n\n{_fields(model)}")
    return "\n".join(parts)


def models(root: type[BaseModel]) -> list[type[BaseModel]]:
    """A model and every model inside it, once each, in the order in which they are met."""
    reached = [root]
    for model in reached:
        for field in model.model_fields.values():
            reached += [inner for inner in _inner_models(field.annotation) if inner not in reached]
    return reached


def _inner_models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _inner_models(part)


def _where(model: type[BaseModel]) -> str:
    """Where in the file a model stands: ``research.projects``."""

    def search(outer: type[BaseModel], path: tuple[str, ...]) -> str:
        for key, field in outer.model_fields.items():
            for inner in _inner_models(field.annotation):
                if inner is model:
                    return ".".join((*path, key))
                if match := search(inner, (*path, key)):
                    return match
        return ""

    return search(Registry, ())


def _fields(model: type[BaseModel]) -> str:
    rows = ["| key | value | when left out | what it is |", "|------|------|------|------------------|"]
    for key, field in model.model_fields.items():
        rows.append(f"| `{key}` | {_kind(field.annotation)} | {_default(field)} | {_cell(field.description or '')} |")
    return "\n".join(rows) + "\n"


def _kind(annotation: Any) -> str:
    """A type in words of the file's author."""
    origin, args = get_origin(annotation), get_args(annotation)
    if isinstance(annotation, EnumType):
        return " or ".join(f"`{member.value}`" for member in annotation)  # type: ignore[var-annotated]
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return "keys, see below"
    if origin is Literal:
        return " or ".join(f"`{value}`" for value in args)
    if origin is tuple:
        inner = _kind(args[0])
        return f"list of {inner}" if "below" not in inner else "list, see below"
    if origin is types.UnionType or "Union" in str(origin):
        return _kind(next(arg for arg in args if arg is not type(None)))
    if args and origin is not dict:
        return _kind(args[0])
    names = {str: "text", int: "whole number", float: "number", bool: "`true` or `false`", date: "date"}
    return names.get(annotation, "address" if "Url" in getattr(annotation, "__name__", "") else "text")


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "**needed**"
    value = field.default
    if value is PydanticUndefined or value in (None, "", ()) or isinstance(value, BaseModel):
        return "nothing" if not isinstance(value, BaseModel) else "see below"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


# --- deliveries ------------------------------------------------------------------------------------------------------
_DELIVERY = """# The delivery format

A delivery is a file in `data/<id>/`: CSV, or Parquet with the same columns.
It is imongr's format, unchanged.

| column | what it holds |
|---|---|
| `context` | {contexts} |
| `year` | the year, four digits |
| `orgnr` | the unit, as in `registries/units.csv`; its level follows from there |
| `ind_id` | the indicator's `id`, letter by letter |
| `var` | how many patients for `andel` and `dg_andel`; the value for other types |
| `denominator` | of how many patients; 1 where the column is left out |

- Columns are found by name, in any order; others are refused.
- Separated by `;` (usual), `,` or tab; decimal comma (usual) or point.
- In UTF-8, in UTF-16 or UTF-32 with its mark, else in Windows-1252.
- Rows of one indicator, context, year and unit are summed for `andel` and `dg_andel`; for other types they are refused.
- A proportion is delivered for hospitals, and kvalreg sums it upwards.
- A row of an HF beside its hospitals' is of further patients, and is added.
- Whole numbers are written with digits alone: `1.000` may be 1 or 1000, and is refused.
- A first line such as `sep=;`, as Excel writes it, names the separator.
- Other types exist at the levels that are delivered.
- A later delivery replaces all rows of the same indicator, context and year.

## deliveries.yml

`data/<id>/deliveries.yml` lists the files, oldest first, one entry each.
A file that is not listed is read after those that are, and its years count as final.

{listed}
## Limits

| what | at most |
|---|---|
| a text of `registry.yml`; a title or a name; a medical field | 50,000; 1,000; 100 characters |
| a name, a short name or county, an `orgnr` of `units.csv` | 200; 100; 50 characters |
| a YAML file; a bibliography | 2; 5 million bytes |
| lists and mappings in each other | some hundred |
| a count, a denominator, a value | 1,000,000,000 |
| a year, a date | this year |
| messages about one file; rows that a message names | 100; 10 |

## Expected sums

`data/<id>/expected/*.csv` is optional: rows in the same six columns that you know from elsewhere, at any level.
`kvalreg check` compares them with what the deliveries sum to, and names the rows that differ.
Lines that begin with `#` are comments.

## units.csv

`registries/units.csv` has the columns {columns}.
`level` is `nation`, `rhf`, `hf` or `hospital`; `parent` is the `orgnr` of the unit above; `county` may be left out.
"""


def deliveries() -> str:
    """The format of deliveries, their list and the units."""
    meaning = {"caregiver": "the unit that treated the patient", "resident": "the area where the patient lives"}
    contexts = " or ".join(f"`{context}` ({meaning[context]})" for context in CONTEXTS)
    columns = ", ".join(f"`{column}`" for column in UNIT_COLUMNS)
    return _DELIVERY.format(contexts=contexts, listed=_fields(ListedDelivery), columns=columns)


# --- commands --------------------------------------------------------------------------------------------------------
def commands() -> str:
    """Every command with its arguments and options."""
    lead = "# Commands\n\n" + _help_text(cli)
    return "\n\n".join([lead, *(_command(name, command) for name, command in all_commands())]) + "\n"


def all_commands() -> list[tuple[str, click.Command]]:
    """Every command by its full name; a group is listed by its commands."""

    def walk(group: click.Group, path: str) -> Iterator[tuple[str, click.Command]]:
        for name, command in sorted(group.commands.items()):
            if isinstance(command, click.Group):
                yield from walk(command, f"{path} {name}")
            else:
                yield f"{path} {name}", command

    return list(walk(cli, "kvalreg"))


def _command(name: str, command: click.Command) -> str:
    context = click.Context(command, info_name=name)
    usage = " ".join(command.collect_usage_pieces(context))
    options = [option for option in command.params if isinstance(option, click.Option)]
    rows = [f"| `{_spelling(option)}` | {_cell(option.help or '')}{_values(option)} |" for option in options]
    table = "\n".join(["| option | |", "|------|------------|", *rows]) if rows else ""
    return f"## `{name}`\n\n```text\n{name} {usage}\n```\n\n{_help_text(command)}\n\n{table}"


def _help_text(command: click.Command) -> str:
    """A command's help; what it shows in a block of its own stays one."""
    parts = []
    for part in inspect.cleandoc(command.help or "").split("\n\n"):
        text = part.removeprefix("\b\n")
        parts.append(f"```text\n{text}\n```" if part.startswith("\b") else " ".join(text.split()))
    return "\n\n".join(parts)


def _spelling(option: click.Option) -> str:
    value = "" if option.is_flag else f" {option.metavar or option.type.name.upper()}"
    return ", ".join(option.opts) + value


def _values(option: click.Option) -> str:
    choices = f" One of {', '.join(option.type.choices)}." if isinstance(option.type, click.Choice) else ""
    plain = isinstance(option.default, str | int) and not isinstance(option.default, bool)
    return choices + (f" Without it: `{option.default}`." if plain else "")


# --- Python API ------------------------------------------------------------------------------------------------------
def api() -> str:
    """What a notebook imports."""
    lead = (
        "# The Python API\n\nA report notebook imports `Report` and nothing else.\n"
        "It works in JupyterLab as it does in a build, on what has been published.\n"
    )
    parts = [lead]
    for kind in (Report, HtmlFragment):
        parts.append(f"## `{kind.__name__}`\n\n{docstring(kind)}")
        parts += [f"### `{name}{_signature(member)}`\n\n{docstring(member)}" for name, member in members(kind)]
    return "\n\n".join(parts) + "\n"


def members(kind: type) -> list[tuple[str, Any]]:
    """The public methods and properties of a class, its own first, in the order in which they are written."""
    member_by_name: dict[str, Any] = {}
    for owner in (owner for owner in kind.__mro__ if owner.__module__.startswith("kvalreg.")):
        for name, member in vars(owner).items():
            if not name.startswith("_") and (callable(member) or isinstance(member, property | classmethod)):
                member_by_name.setdefault(name, member)
    return list(member_by_name.items())


def docstring(member: Any) -> str:
    """A docstring as Markdown: NumPy's headings in bold, its examples as code."""
    lines, markdown, in_code = inspect.cleandoc(inspect.getdoc(member) or "").splitlines(), [], False
    for number, line in enumerate(lines):
        if set(line) == {"-"}:
            continue
        is_heading = number + 1 < len(lines) and set(lines[number + 1]) == {"-"}
        is_code = line.startswith((">>>", "..."))
        if is_code != in_code:
            markdown.append("```" if in_code else "\n```text")
            in_code = is_code
        markdown.append(f"\n**{line}**\n" if is_heading else line)
    return "\n".join([*markdown, "```"] if in_code else markdown)


def _signature(member: Any) -> str:
    if isinstance(member, property):
        return ""
    function = member.__func__ if isinstance(member, classmethod) else member
    signature = inspect.signature(function)
    parameters = [each.replace(annotation=inspect.Parameter.empty) for each in signature.parameters.values()]
    return str(signature.replace(parameters=parameters[1:], return_annotation=inspect.Signature.empty))


# --- messages, extension points --------------------------------------------------------------------------------------
def faults() -> str:
    """Every diagnostic code, and every exit code."""
    rows = "\n".join(f"| {code} | {text} |" for code, text in exit_codes().items())
    return (
        "# Messages\n\nA message says what is wrong, where and what to do, and ends in a number.\n"
        "`kvalreg explain KV110` shows these sections on your own machine.\n\n"
        f"## Exit codes\n\n| code | when |\n|---|---|\n| 0 | all succeeded |\n{rows}\n\n"
        + "\n\n".join(sections_by_code().values())
    )


def exit_codes() -> dict[int, str]:
    """Every exit code, and what its own docstring in `kvalreg.errors` says."""
    source = inspect.getsource(errors).splitlines()
    meaning_by_code = {}
    for number, line in enumerate(source):
        if line.startswith("EXIT_"):
            meaning_by_code[int(line.split("=")[1])] = source[number + 1].strip('"')
    return meaning_by_code


def extensions() -> str:
    """Every implementation behind an extension point."""
    types_ = "\n".join(f"| `{kind.value}` | {'yes' if kind.is_summed else 'no'} |" for kind in IndicatorType)
    figures = "\n".join(f"| `{name}` | {_cell(_sentence(figure.__doc__))} |" for name, figure in FIGURES.items())
    renderers = "\n".join(f"- `{name}`" for name in RENDERERS)
    return (
        "# What there is\n\n## Indicator types\n\n| type | summed to higher levels |\n|---|---|\n"
        f"{types_}\n\n## Figures\n\n| figure | what it shows |\n|---|---|\n{figures}\n\n## Renderers\n\n{renderers}\n"
    )


_ADDRESSES = {
    "the front page": addresses.FRONT_PAGE,
    "all registries": addresses.REGISTRIES_PAGE,
    "a registry": addresses.registry_page("ID"),
    "a registry's year": addresses.year_page("ID", 2025, "final"),
    "a year so far": addresses.year_page("ID", 2026, "interim"),
    "an indicator": addresses.indicator_page("ID", "INDICATOR"),
    "all hospitals": addresses.UNITS_PAGE,
    "a hospital, HF or RHF": addresses.unit_page("NAME"),
    "all medical fields": addresses.FIELDS_PAGE,
    "a medical field": addresses.field_page("NAME"),
    "a page in English": addresses.localized_page(addresses.registry_page("ID"), "en"),
    "a permanent edition": f"{addresses.EDITIONS_FOLDER}/2026-06/index.qmd",
}


def addresses_page() -> str:
    """Every kind of page and its address; every response of the JSON API."""
    rows = "\n".join(f"| {name} | `/{source.removesuffix('index.qmd')}` |" for name, source in _ADDRESSES.items())
    kinds = "\n".join(f"| `{kind}` | {_cell(schema['description'])} |" for kind, schema in SCHEMAS.items())
    return (
        "# Addresses\n\nAn address never changes.\n"
        "Those of hospitals and medical fields are stored in `registries/slugs.csv`.\n\n"
        f"## Pages\n\n| page | address |\n|---|---|\n{rows}\n\n"
        f"## The JSON API\n\nFiles below `/{API}/`, with the names of SKDE's service; begin with `/{API}/index.json`.\n"
        "The request is the address; there are no query parameters after `?`.\n"
        f"The schema of each kind of response is at `/{API}/schema/KIND.json`.\n\n"
        f"| kind of response | what it holds |\n|---|---|\n{kinds}\n"
    )


def _sentence(text: str | None) -> str:
    return " ".join(inspect.cleandoc(text or "").split("\n\n")[0].split())


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


if __name__ == "__main__":
    write()

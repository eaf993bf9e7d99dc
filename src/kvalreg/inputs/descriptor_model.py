"""What all parts of a descriptor share: their base model, their types of text, and the form of a wrong reference.

It names no field of a descriptor: those are in `descriptor.py` and `descriptor_texts.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from kvalreg.diagnostic_codes import DiagnosticCode

MAX_TEXT_LENGTH = 50_000
"""Characters of a text at most: some 20 pages. What is longer was pasted by mistake, and makes pages of megabytes."""
DescriptorText = Annotated[str, StringConstraints(strip_whitespace=True, max_length=MAX_TEXT_LENGTH)]
RequiredText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000)]
RequiredDescription = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_TEXT_LENGTH)]
_A_LETTER, _NO_NUMBER = r"\p{L}", r"^$|[^\d\s.,]"
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000, pattern=_A_LETTER)]
"""A name that pages, files and the audit can tell from a number."""
NoNumber = Annotated[str, StringConstraints(strip_whitespace=True, max_length=MAX_TEXT_LENGTH, pattern=_NO_NUMBER)]
"""A text that may be empty, and is no bare number."""
MedicalFieldName = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100, pattern=_A_LETTER)
]
"""The name of a medical field, which has an address: the name of a folder has 255 bytes at most."""
WebAddress = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=2000), Field(json_schema_extra={"format": "uri"})
]
"""A whole web address. In another form it is shown as plain text, and its owner is warned: see `contact_forms`."""
_INDICATOR_ID = r"^[. -]*[A-Za-z0-9][A-Za-z0-9_. -]*$"
REGISTRY_ID = r"^[a-z][a-z0-9_-]*$"
D3_FORMAT = r"^,?\.[0-9][%f]$"
PATTERN_HINTS = {
    _A_LETTER: "Use a name with a letter: one of digits and signs alone cannot be told from a number.",
    _NO_NUMBER: "Write words: a number by itself cannot be told from a result.",
    _INDICATOR_ID: "Use only the letters A to Z, digits, and the signs _ . - and space; begin with a letter or digit.",
    REGISTRY_ID: "Use small letters a to z, digits, _ and -, and begin with a letter.",
    D3_FORMAT: "Write ',.0%' for a percentage or ',.1f' for a number; the digit says how many decimals, 9 at most.",
}
"""What to do about a text that does not follow its pattern."""
IndicatorId = Annotated[str, StringConstraints(strip_whitespace=True, pattern=_INDICATOR_ID, max_length=200)]
"""Legacy ids hold dots and even spaces: ``barnediabetes_hba1c_lt_7.5``. Spaces around an id do not belong to it."""
RegistryId = Annotated[str, StringConstraints(pattern=REGISTRY_ID, max_length=60)]


class DescriptorModel(BaseModel):
    """Frozen; an unknown key is an error; a key without a value counts as left out where it may be left out."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    @model_validator(mode="before")
    @classmethod
    def _drop_empty_keys(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        optional = {name for name, field in cls.model_fields.items() if not field.is_required()}
        return {key: value for key, value in data.items() if value is not None or key not in optional}


@dataclass(frozen=True)
class InvalidReference:
    """An id that is used twice or refers to nothing: where it stands in the descriptor, and what to do."""

    key_path: tuple[str | int, ...]
    message: str
    hint: str
    code: DiagnosticCode = DiagnosticCode.ID_UNKNOWN


class InvalidReferenceError(ValueError):
    """A registry's ids do not fit together."""

    def __init__(self, references: list[InvalidReference]) -> None:
        super().__init__(" ".join(f"{reference.message} {reference.hint}" for reference in references))

"""`SecretFrame` and `SecretSeries`: tables of patients' data that do not show themselves.

Input: a table. Output: the same table, whose every way of displaying itself is a placeholder: repr, str, format, logs,
tracebacks with local variables, Jupyter. What pandas derives from it (a selection, a column, a row, a sum, a join) is
secret as well. The placeholder does not even tell the number of rows: in a delivery, three rows may be three patients.
``pd.DataFrame(frame)`` makes a plain table again; only `kvalreg.disclosure` has a reason to.

It is a guard against mishaps, not a lock: writing a file (``to_csv``) or taking the values out (``to_numpy``) is a
deliberate act, and arrays taken out show their numbers. A plain table that takes in a secret one stays plain
(``pd.concat([plain, secret])``), so what carries secrets through the program makes its tables secret itself.
"""

from __future__ import annotations

from typing import Any

import pandas as pd


class _Redacted:
    """What stands before pandas' own ways of displaying."""

    _placeholder = "<SECRET>"

    def __repr__(self) -> str:
        return self._placeholder

    def __str__(self) -> str:
        return self._placeholder

    def __format__(self, _spec: str) -> str:
        return self._placeholder

    def to_string(self, *_arguments: Any, **_options: Any) -> Any:
        """The placeholder, as all texts for readers."""
        return self._placeholder

    to_html = to_markdown = to_latex = to_string

    # --- Jupyter -----------------------------------------------------------------------------------------------------
    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:  # noqa: ARG002
        return {"text/plain": self._placeholder}

    def _repr_html_(self) -> None:
        """None: there is no other form than the bundle's."""

    _repr_latex_ = _repr_data_resource_ = _repr_html_

    @property
    def style(self) -> Any:
        """Refused: a Styler displays itself."""
        raise TypeError(f"{self._placeholder} has no style. Only published cells are displayed.")


class SecretSeries(_Redacted, pd.Series):
    """A column or a row of a secret table."""

    _placeholder = "<SECRET column>"

    @property
    def _constructor(self) -> type[SecretSeries]:
        return SecretSeries

    @property
    def _constructor_expanddim(self) -> type[SecretFrame]:
        return SecretFrame


class SecretFrame(_Redacted, pd.DataFrame):
    """A secret table."""

    _placeholder = "<SECRET table>"

    @property
    def _constructor(self) -> type[SecretFrame]:
        return SecretFrame

    @property
    def _constructor_sliced(self) -> type[SecretSeries]:
        return SecretSeries

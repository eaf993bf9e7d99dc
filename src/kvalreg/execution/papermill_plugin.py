"""kvalreg's engine as a plug-in of papermill's own command: ``papermill --engine kvalreg``.

Papermill loads all installed engines while it is being imported, and the engine imports papermill. So the entry point
in `pyproject.toml` names this class, which imports nothing until a notebook is run.
"""

from __future__ import annotations

from typing import Any


class LazyEngine:
    """The engine, imported when papermill asks it for something."""

    @classmethod
    def execute_notebook(cls, *args: Any, **kwargs: Any) -> Any:
        """Run a notebook; see `papermill.engines.Engine.execute_notebook`."""
        return _load_engine().execute_notebook(*args, **kwargs)

    @classmethod
    def nb_kernel_name(cls, *args: Any, **kwargs: Any) -> Any:
        """The notebook's kernel; see `papermill.engines.Engine.nb_kernel_name`."""
        return _load_engine().nb_kernel_name(*args, **kwargs)

    @classmethod
    def nb_language(cls, *args: Any, **kwargs: Any) -> Any:
        """The notebook's language; see `papermill.engines.Engine.nb_language`."""
        return _load_engine().nb_language(*args, **kwargs)


def _load_engine() -> Any:
    from kvalreg.execution.papermill_engine import KvalregEngine

    return KvalregEngine

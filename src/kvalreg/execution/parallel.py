"""Map a function over registries in parallel, each with a result or an error of its own.

Input: a function and its arguments by name. Output: for each name a function that returns the result or raises the
error, so that the caller handles each error where it handles that registry. A few calls run in this process; more, in
worker processes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, TypeVar

from kvalreg.execution.diagnose import call_in_worker
from kvalreg.execution.worker_pool import WorkerPool

T = TypeVar("T")
SERIAL_LIMIT = 2
"""Up to this many calls run in this process: starting workers would take longer."""


def run_each(
    function: Callable[..., T], arguments: Mapping[str, tuple[Any, ...]], workers: int
) -> Iterator[tuple[str, Callable[[], T]]]:
    """Call a function for each name, in the order of names.

    Parameters
    ----------
    workers
        How many processes may run in parallel; with one, or for few calls, none is started.
    """
    if len(arguments) <= SERIAL_LIMIT or workers == 1:
        yield from ((name, partial(function, *values)) for name, values in arguments.items())
        return
    # all are submitted before the first result is read; leaving the block waits for all
    with WorkerPool(min(workers, len(arguments))) as pool:
        futures = {name: pool.submit(call_in_worker, function, *values) for name, values in arguments.items()}
        yield from ((name, future.result) for name, future in futures.items())

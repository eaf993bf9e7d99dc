"""One function over many registries, side by side, each with a result or an error of its own.

Comes in: a function and its arguments by name. Goes out: for each name what gives its result or raises its error, so
that whoever asks decides whose fault that is. Little work is done here; more, in processes of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, TypeVar

from kvalreg.execution.diagnose import call_in_worker
from kvalreg.execution.worker_pool import WorkerPool

T = TypeVar("T")
FEW = 2
"""So many calls are made here; more are worth the start of processes."""


def run_each(
    function: Callable[..., T], arguments: Mapping[str, tuple[Any, ...]], workers: int
) -> Iterator[tuple[str, Callable[[], T]]]:
    """Call a function for each name, in the order of names.

    Parameters
    ----------
    workers
        How many processes may run side by side; with one, or for few calls, none is started.
    """
    if len(arguments) <= FEW or workers == 1:
        yield from ((name, partial(function, *values)) for name, values in arguments.items())
        return
    with WorkerPool(min(workers, len(arguments))) as pool:
        futures = {name: pool.submit(call_in_worker, function, *values) for name, values in arguments.items()}
        yield from ((name, future.result) for name, future in futures.items())

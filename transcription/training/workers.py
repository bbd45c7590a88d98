"""Work in processes of one thread each, with a progress bar."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

Item = TypeVar("Item")
Result = TypeVar("Result")

_ONE_THREAD = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


@contextmanager
def bar(title: str, total: int) -> Iterator[Callable[[], None]]:
    """A progress bar; the function given steps it."""
    title_column, times = TextColumn("{task.description:24}"), (TimeElapsedColumn(), TimeRemainingColumn())
    with Progress(title_column, BarColumn(), MofNCompleteColumn(), *times) as progress:
        task = progress.add_task(title, total=total)
        yield lambda: progress.advance(task)


def spread(
    title: str, work: Callable[[Item], Result], items: Sequence[Item], workers: int, chunk: int = 16
) -> list[Result]:
    """``work`` on every item, in order, by ``workers`` processes. What ``work`` raises is raised here."""
    before = {name: os.environ.get(name) for name in _ONE_THREAD}
    os.environ.update(dict.fromkeys(_ONE_THREAD, "1"))
    try:
        with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn")) as pool, bar(title, len(items)) as step:
            results = []
            for result in pool.map(work, items, chunksize=chunk):
                results.append(result)
                step()
            return results
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value

"""Reading files side by side."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

MAX_WORKERS = 16

Item = TypeVar("Item")
Result = TypeVar("Result")


def map_in_order(
    function: Callable[[Item], Result], items: Iterable[Item], workers: int | None = None
) -> Iterator[Result]:
    """Map with threads, in order, with a bounded number of results waiting to be taken."""
    workers = workers or min(os.cpu_count() or 1, MAX_WORKERS)
    remaining = iter(items)
    with ThreadPoolExecutor(workers) as pool:
        waiting = deque(pool.submit(function, item) for item in islice(remaining, 4 * workers))
        while waiting:
            yield waiting.popleft().result()
            waiting.extend(pool.submit(function, item) for item in islice(remaining, 1))

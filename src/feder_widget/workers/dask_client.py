"""Dask's executor, told by what it has: Dask is never imported."""

from __future__ import annotations

from concurrent.futures import Executor
from typing import Any


def dashboard_link(executor: Executor) -> str | None:
    """Return the address of the dashboard that shows an executor's work; None where there is none."""
    try:
        link = _client(executor).dashboard_link
    except Exception:
        # It asks the scheduler, which may be away, or have no dashboard.
        return None
    return link if isinstance(link, str) and link.startswith(("http://", "https://")) else None


def thread_count(executor: Executor) -> int:
    """Return how many parts a cluster computes at a time, now; 0 where that is unknown."""
    try:
        return sum(int(count) for count in _client(executor).nthreads().values())
    except Exception:
        return 0


def submit_options(executor: Executor) -> dict[str, Any]:
    """Return the keywords of ``submit`` that have every call computed.

    Dask takes a call with equal arguments for one that it knows already, and gives its failure again.
    """
    return {} if _client(executor) is None else {"pure": False}


def _client(executor: Executor) -> Any:
    """Return the client behind Dask's executor; None for any other executor."""
    client = getattr(executor, "_client", None)
    return client if hasattr(type(client), "dashboard_link") else None

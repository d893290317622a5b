"""Stretches of lists: what comes after a cursor, and the cursor of what comes after that."""

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from pydantic import BaseModel

from appliance.web.api.schemas import Listed, Paging

T = TypeVar("T")
A = TypeVar("A", bound=BaseModel)


def stretch(items: Iterable[T], query: Paging, key: Callable[[T], int], answer: Callable[[T], A]) -> Listed[A]:
    """Of a list that is short by nature: the stretch that is asked for, by key, the highest first."""
    left = sorted((item for item in items if query.after is None or key(item) < query.after), key=key, reverse=True)
    return cut(left, query, key, answer)


def cut(items: Sequence[T], query: Paging, key: Callable[[T], int], answer: Callable[[T], A]) -> Listed[A]:
    """Of what follows the cursor, in order: as many as are asked for; one more than that tells that there are more."""
    page = items[: query.limit]
    more = len(items) > query.limit
    return Listed(items=[answer(item) for item in page], next=str(key(page[-1])) if more else None)

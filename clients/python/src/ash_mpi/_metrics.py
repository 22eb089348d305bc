"""Metrics: names and numbers that a study reads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import SupportsFloat

# Keys of the protocol's lines. A result line carries its metrics beside them.
_RESERVED = ("job", "invalid", "failed", "progress", "interrupted", "interruptible", "done")


def checked(metrics: Mapping[str, SupportsFloat]) -> dict[str, float]:
    """The metrics as floats. Raises ValueError for a name and TypeError for a value that the protocol can't carry."""
    numbers = {}
    for name, value in metrics.items():
        if not isinstance(name, str) or name in _RESERVED:
            raise ValueError(f"{name!r} can't be the name of a metric; choose another name")
        numbers[name] = number(f"the metric {name!r}", value)
    return numbers


def number(what: str, value: object) -> float:
    """``value`` as a float; ``what`` names it in the TypeError for a value that is no number."""
    # float() would take text, and turn "nan" into a diverged training.
    if value is None or isinstance(value, (str, bytes)):
        raise TypeError(f"{what} is {value!r}, which is no number")
    try:
        return float(value)  # type: ignore[arg-type]
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")  # type: ignore[operator]
    except (TypeError, ValueError) as error:
        raise TypeError(f"{what} is a {type(value).__name__}, which is no number: {error}") from error

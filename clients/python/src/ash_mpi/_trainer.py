"""What a user writes: a function, its results, and its way of refusing a configuration."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any, Callable, SupportsFloat, Union

from ._job import Job

#: What a training function may return: the loss, or a dict of metrics. Scalars of numpy and torch count as numbers.
Result = Union[SupportsFloat, Mapping[str, SupportsFloat]]
TrainingFunction = Callable[[Any, Job], Result]

# What the protocol itself says in the line that carries the metrics.
_RESERVED = ("job", "invalid", "failed", "progress")


class Invalid(Exception):
    """Raised by a training function: this configuration makes no sense.

    The study replaces it by another and never tries it again.
    """


class Trainer:
    """A training function whose results are checked. Called like the function itself."""

    def __init__(self, function: TrainingFunction) -> None:
        self._function = function
        functools.update_wrapper(self, function)

    def __call__(self, configuration: dict[str, Any], job: Job) -> dict[str, float]:
        """Trains ``configuration`` as ``job`` says.

        Returns the metrics; a result that was a single number is the ``loss``.
        Raises TypeError or ValueError for a result that is none, and whatever the function raises.
        """
        result = self._function(configuration, job)
        if not isinstance(result, Mapping):
            return {"loss": _number("the result", result)}
        if not result:
            raise ValueError("the training function returned an empty dict; return {'loss': …}")
        metrics = {}
        for name, value in result.items():
            if not isinstance(name, str) or name in _RESERVED:
                raise ValueError(f"{name!r} can't be the name of a metric; choose another name")
            metrics[name] = _number(f"the metric {name!r}", value)
        return metrics


def trainer(function: TrainingFunction) -> Trainer:
    """Marks the function that trains one configuration: ``train(configuration, job)``.

    ``configuration`` is a dict from the names of the search space to values; a hyperparameter whose condition does not
    hold is absent. The function trains up to ``job.resource`` and returns the loss, or a dict such as
    ``{"loss": 0.3, "accuracy": 0.9}``. A loss that is not finite says that training diverged.
    """
    return Trainer(function)


def _number(what: str, value: object) -> float:
    # float() would take text, and turn "nan" into a diverged training.
    if value is None or isinstance(value, (str, bytes)):
        advice = "; return the loss, or a dict such as {'loss': …}" if value is None else ""
        raise TypeError(f"{what} is {value!r}, which is no number{advice}")
    try:
        return float(value)  # type: ignore[arg-type]
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")  # type: ignore[operator]
    except (TypeError, ValueError) as error:
        raise TypeError(f"{what} is a {type(value).__name__}, which is no number: {error}") from error

"""What a user writes: a function, its results, and its way of refusing a configuration."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any, Callable, SupportsFloat, Union

from ._job import Job
from ._metrics import checked, number

#: What a training function may return: the loss, a dict of metrics, or None after it has reported. Scalars of numpy and
#: torch count as numbers.
Result = Union[SupportsFloat, Mapping[str, SupportsFloat], None]
TrainingFunction = Callable[[Any, Job], Result]


class Invalid(Exception):
    """Raised by a training function: this configuration makes no sense.

    The study replaces it by another and never tries it again.
    """


class Trainer:
    """A training function whose results are checked. Called like the function itself."""

    def __init__(self, function: TrainingFunction) -> None:
        self.function = function
        functools.update_wrapper(self, function)

    def __call__(self, configuration: dict[str, Any], job: Job) -> dict[str, float]:
        """Trains ``configuration`` as ``job`` says.

        Returns the metrics: a single number is the ``loss``, and None stands for the last report.
        Raises TypeError or ValueError for a result that is none, and whatever the function raises.
        """
        return self.metrics(self.function(configuration, job), job)

    def metrics(self, result: Result, job: Job) -> dict[str, float]:
        """What the function has returned, as metrics."""
        if result is None:
            return job.last_report()
        if not isinstance(result, Mapping):
            return {"loss": number("the result", result)}
        if not result:
            raise ValueError("the training function returned an empty dict; return {'loss': …}")
        return checked(result)


def trainer(function: TrainingFunction) -> Trainer:
    """Marks the function that trains one configuration: ``train(configuration, job)``.

    ``configuration`` is a dict from the names of the search space to values; a hyperparameter whose condition does not
    hold is absent. The function trains up to ``job.resource``. It reports on the way and returns nothing, or returns the
    loss, or a dict such as ``{"loss": 0.3, "accuracy": 0.9}``. A loss that is not finite says that training diverged.
    """
    return Trainer(function)

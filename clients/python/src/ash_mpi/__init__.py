"""Makes a training function one that ash-mpi can tune.

    import ash_mpi

    @ash_mpi.trainer
    def train(configuration, job):
        ...train up to job.resource...
        return {"loss": loss, "accuracy": accuracy}

    ash_mpi.serve(train)

A study calls the script by a command trainer, with the protocol ``serve`` or ``once``; the script need not know which.
Called by hand, with ``--configuration '{…}' --resource 3``, it trains a single configuration.

In a study, importing this module moves standard output to standard error, for this process and all that it starts:
whatever a script or a library prints, only results reach the study.
"""

from ._channel import Channel as _Channel
from ._job import Interrupted, Job
from ._serve import serve
from ._trainer import Invalid, Trainer, trainer

__all__ = ["Interrupted", "Invalid", "Job", "Trainer", "serve", "trainer"]
__version__ = "0.1.0"

_Channel.claim()

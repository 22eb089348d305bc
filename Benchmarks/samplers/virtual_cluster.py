"""Workers in virtual time that train what a tuner of another program asks for, on the surfaces of ash-mpi's simulations."""

import heapq
import json
import math
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, List, NamedTuple, Optional, Tuple


class Surface:
    """What each trial of a study would come to: the answers of `surface-server`."""

    def __init__(self, program: Path, study: Path, settings: List[str]):
        self.server = subprocess.Popen([str(program), str(study), *settings], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.rungs: List[int] = self._answer()["rungs"]

    def curve(self, trial: int, configuration: Dict) -> Tuple[List[float], List[float]]:
        """The loss at each rung, and the seconds that training to there takes."""
        self.server.stdin.write(json.dumps({"trial": trial, "configuration": configuration}) + "\n")
        self.server.stdin.flush()
        answer = self._answer()
        return [float(loss) for loss in answer["losses"]], answer["seconds"]

    def _answer(self) -> Dict:
        line = self.server.stdout.readline()
        if not line:
            raise SystemExit(f"surface-server ended with status {self.server.wait()}")
        return json.loads(line)

    def close(self) -> None:
        self.server.stdin.close()
        self.server.wait()


class Job(NamedTuple):
    """A trial to be trained to a rung. A trial keeps what it was trained to: only the units still missing take time."""
    trial: int
    configuration: Dict
    rung: int


class Tuner:
    """Another program's tuner, asked and told one thing at a time. Rungs count from 0."""

    #: Whether each worker makes its own suggestions, beside the others; else all wait for the same process.
    workers_think = False

    def ask(self) -> Optional[Job]:
        """What a free worker does next; nothing: it waits until something is told."""
        raise NotImplementedError

    def tell(self, job: Job, loss: float) -> Optional[Job]:
        """Takes the loss at the job's rung; gives what the same worker goes on with, without asking, if anything."""
        raise NotImplementedError


@dataclass
class Outcome:
    curve: List[Tuple[float, float]]  # when a better loss at R came, in seconds, and which
    begun: int  # trials
    asked: int  # how often the tuner gave a job
    thinking: float  # seconds of processor time that it needed for all
    finished: bool  # false where it was given up for the time that it took


class VirtualCluster:
    """A discrete-event simulation: events in the order of their times, ties in the order in which they were announced.

    What the tuner needs of the processor passes in virtual time, as measured.
    """

    def __init__(self, tuner: Tuner, surface: Surface, workers: int, horizon: float, patience: float = math.inf):
        self.tuner, self.surface, self.horizon, self.patience = tuner, surface, horizon, patience
        self.idle = list(range(workers))
        self.events: List[Tuple[float, int, int, Job]] = []  # end, order, worker, job
        self.driver_is_free = 0.0
        self.announced = 0
        self.trials: Dict[int, Tuple[List[float], List[float], int]] = {}  # losses, seconds, how many rungs it has behind it
        self.outcome = Outcome([], 0, 0, 0.0, True)

    def run(self) -> Outcome:
        self._put_to_work(0.0)
        while self.events:
            now, _, worker, job = heapq.heappop(self.events)
            if now > self.horizon:
                break
            if self.outcome.thinking > self.patience:
                self.outcome.finished = False
                break
            loss = self._train(job)
            if job.rung == len(self.surface.rungs) - 1 and math.isfinite(loss):
                if not self.outcome.curve or loss < self.outcome.curve[-1][1]:
                    self.outcome.curve.append((now, loss))
            following, then = self._think(now, lambda: self.tuner.tell(job, loss))
            if following is not None:
                self._start(following, worker, then)
            else:
                self.idle.append(worker)
            self._put_to_work(then)
        return self.outcome

    def _put_to_work(self, now: float) -> None:
        """Gives each idle worker something to do, as long as the tuner has anything."""
        while self.idle:
            job, then = self._think(now, self.tuner.ask)
            if job is None:
                return
            self._start(job, self.idle.pop(0), then)

    def _think(self, now: float, question):
        """The tuner's answer, and when it is there."""
        began = time.process_time()
        answer = question()
        seconds = time.process_time() - began
        self.outcome.thinking += seconds
        if self.tuner.workers_think:
            return answer, now + seconds
        self.driver_is_free = max(self.driver_is_free, now) + seconds
        return answer, self.driver_is_free

    def _start(self, job: Job, worker: int, now: float) -> None:
        self.outcome.asked += 1
        if job.trial not in self.trials:
            self.outcome.begun += 1
            self.trials[job.trial] = (*self.surface.curve(job.trial, job.configuration), 0)
        _, seconds, trained = self.trials[job.trial]
        duration = max(0.0, seconds[job.rung] - (seconds[trained - 1] if trained else 0.0))
        heapq.heappush(self.events, (now + duration, self.announced, worker, job))
        self.announced += 1

    def _train(self, job: Job) -> float:
        losses, seconds, trained = self.trials[job.trial]
        self.trials[job.trial] = (losses, seconds, max(trained, job.rung + 1))
        return losses[job.rung]

#!/usr/bin/env python3
"""Decides whether a journal is legal, from the journal alone.

    check_journal.py [--notes] [--ladder] JOURNAL...

It is written from the specification (DESIGN.md, sections 4 to 6), shares no code with the tuner,
and works naively: one sorted list a rung. For every line it asks whether the tuner may have
written it, given the lines above it. Where the specification leaves room it accepts every reading
and says so with `--notes`. Exit code 0: legal. 1: violations, each as `line N [kind] what`.
2: the file cannot be read.
"""

import argparse
import json
import math
import re
import sys
import zlib
from bisect import bisect_left, insort
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any, Dict, List, Optional, Set, Tuple

sys.path.insert(0, str(Path(__file__).resolve().parent))

from random_study import RANDOM_FRACTIONS, RandomShare  # noqa: E402

SHOWN = 20  # violations printed for a file
MISSING = object()
SUM = re.compile(r',"sum":"([0-9a-f]{8})"}$')

Line = Dict[str, Any]
LOST = re.compile(r"worker \d+ is lost\b")  # how the reason of a failure begins that tells nothing of the trainer
MOST_DISTINCT = 1 << 22  # larger spaces are sampled with repetition


def is_finite(space: Any) -> bool:
    """Whether a search space has so few configurations that none is tried twice."""
    count = 1
    for domain in space.values() if isinstance(space, dict) else []:
        if not isinstance(domain, dict):
            return False
        low, high, step = domain.get("min"), domain.get("max"), domain.get("step")
        if isinstance(domain.get("values"), list):
            count *= len(domain["values"])
        elif not is_a(low, NUMBER) or not is_a(high, NUMBER):
            return False
        elif domain.get("type") == "int" or is_a(step, NUMBER) and step > 0:
            count *= int((high - low) / (step or 1)) + 1
        elif low != high:
            return False
    return count <= MOST_DISTINCT

Entry = Tuple[float, int]  # (loss, trial): the order in which a rung ranks

#: Every kind of violation, with the rule that it stands for.
KINDS = {
    "json": "each line is one JSON object, in strict JSON",
    "sum": "a line that has a sum ends with the CRC-32 of its bytes before it; once one has, all have",
    "header": "a header of version 1 comes first, and only there",
    "keys": "each event has its keys, of the right types",
    "ladder": "the header's rungs are the ladder of r, R, η and s",
    "time": "times do not decrease",
    "site": "a run's date is one in UTC, and its hosts are names, one for each of its workers",
    "stop-position": "`stop` comes once and last; only `resume` may follow it",
    "stop-idle": "a study whose configurations are used up has nothing left to do",
    "stop-target": "a study that stopped at its target has reached it",
    "overrun": "a study that has reached its target starts no more jobs",
    "stop-failures": "a study stops for failures only if nothing has succeeded and enough jobs have failed",
    "hopeless": "a study of which nothing succeeds and enough jobs have failed starts no more",
    "worker": "workers count from 0 to the header's number",
    "busy": "a worker has one job at a time",
    "answer": "a result or a failure answers the job in flight on its worker",
    "bracket": "the bracket is the early-stopping rate, one that the scheduler has, and a trial keeps its own",
    "bracket-turn": "brackets take turns: asynchronous ones by resource spent, synchronous ones in their order",
    "job-number": "new jobs count up from 0",
    "trial-number": "new trials count up from 0",
    "configuration": "a configuration lies in the search space, and a trial keeps its own",
    "random-share": "of a sampler that learns, a share is the random study's, and a finite space is tried once",
    "model": "only a study with `gp` or `auto` has models, made from the results so far, and they suggest configurations of the search space",
    "start-with": "the given configurations are tried first, and after them the best of earlier studies",
    "learned": "what a study learned from each earlier one is of its search space, and of a fixed size",
    "resource": "a rung trains to its resource",
    "budget": "no more configurations than the budget has",
    "horizon": "near a deadline nothing starts for which there is not the time",
    "start-while-promotable": "a configuration starts only when nothing can be promoted",
    "top": "nothing is promoted from the top rung",
    "not-completed": "only a trial that has finished a rung is promoted from it",
    "erased": "an invalid trial is gone",
    "diverged": "a diverged trial is never promoted",
    "twice": "a trial is promoted once from a rung",
    "quota": "only the best ⌊completed/η⌋ of a rung are promoted",
    "guard": "delayed: promote only while (promoted + 1)·η ≤ completed",
    "unfinished": "synchronous: promote only from a finished rung",
    "ranking": "progressive: the ladder grows only when the top two rungs rank differently",
    "stopped": "stopping type: a trial that is stopped never trains again",
    "run-on": "stopping type: a trial that is not stopped goes on at once, on its worker",
    "live": "stopping type: once the trainer is known to report, new jobs go straight to the top",
    "report": "a report is of the job in flight on its worker, for the rung to which that is, below the top",
    "report-stop": "a report says `stop` exactly if the rule stops its trial there, and only of a job sent to the top",
    "report-over": "a job told to stop reports no more, does not fail, and its result is its last report",
    "report-first": "a report of a job of one rung comes before all results, other reports and jobs sent to the top",
    "report-missing": "the result of a job sent to the top that was not stopped follows a report of each lower rung",
    "not-highest": "the highest rung that can promote goes first",
    "not-best": "the best promotable trial goes first, ties to the lower number",
    "retry-unknown": "only a job that failed with a try left goes out again",
    "retry-changed": "a job that goes out again is the same job, one attempt on",
    "retry-worker": "a job goes out again to another worker if there is one",
    "retry-priority": "a waiting retry goes before other jobs",
    "final": "a job has 1 + `retries` attempts, and `final` says which is the last",
}

NUMBER = (int, float)
KEYS: Dict[str, Dict[str, Any]] = {
    "study": {"version": int, "name": str, "seed": int, "objective": dict, "scheduler": dict,
              "search_space": dict, "started": str, "retries": int, "workers": int},
    "dispatch": {"job": int, "trial": int, "bracket": int, "rung": int, "resource": int,
                 "worker": int, "time": NUMBER},
    "result": {"job": int, "trial": int, "bracket": int, "rung": int, "resource": int,
               "worker": int, "loss": (int, float, str), "seconds": NUMBER, "time": NUMBER},
    "report": {"job": int, "trial": int, "bracket": int, "rung": int, "resource": int,
               "worker": int, "loss": (int, float, str), "time": NUMBER},
    "failure": {"job": int, "trial": int, "bracket": int, "rung": int, "worker": int,
                "attempt": int, "kind": str, "final": bool, "reason": str, "time": NUMBER},
    "resume": {"time": NUMBER},
    "horizon": {"time": NUMBER},
    "model": {"results": int, "suggestions": list, "time": NUMBER},
    "stop": {"reason": str, "time": NUMBER},
}
OPTIONAL: Dict[str, Dict[str, Any]] = {
    "study": {"budget": dict, "start_with": list, "learn_from": (list, str), "learned": list, "stop_after_failures": (int, str), "worker": dict,
              "hosts": list, "batch_job": str},
    "dispatch": {"attempt": int, "configuration": dict},
    "result": {"attempt": int, "metrics": dict},
    "report": {"attempt": int, "metrics": dict, "stop": bool},
    "failure": {"resource": int},
    "resume": {"started": str, "hosts": list, "batch_job": str},
    "horizon": {"units": (int, type(None))},
}
LEARNED_KEYS: Dict[str, Any] = {"from": str, "resource": int, "results": int, "good": list, "others": list}
MOST_GOOD, MOST_OTHERS = 128, 512  # of all earlier studies
SCHEDULER_KEYS = {"algorithm": str, "reduction_factor": NUMBER, "early_stopping_rate": int,
                  "bounded": bool, "promotion": str, "min_resource": int}


SCHEDULER_OPTIONS: Dict[str, Any] = {"brackets": list, "bracket_size": int, "top_k": int, "min_trials": int,
                                     "stop_probability": NUMBER}
SYNCHRONOUS = ("parallel_sha", "sync_hyperband", "top_k")  # and sha, which has one bracket and its own reading
HURRIED = ("asha", "hyperband", "random", "grid")  # pass over what can't finish before the deadline
STOPPING = ("stopping", "median", "curve")
ALGORITHMS = ("asha", "sha", "random", "grid", "hyperband", "pasha") + SYNCHRONOUS + STOPPING


def is_a(value: Any, types: Any) -> bool:
    """Whether a JSON value has one of the types; true and false are no numbers."""
    if isinstance(value, bool):
        return types is bool
    return isinstance(value, types)


def same(one: Any, other: Any) -> bool:
    """Whether two JSON values are equal: 16 is 16.0, 1 is not true."""
    return one == other and isinstance(one, bool) == isinstance(other, bool)


def ranks(loss: Any) -> float:
    """The loss as it ranks: whatever is not finite comes last, -inf too."""
    return float(loss) if not isinstance(loss, str) and math.isfinite(loss) else math.inf


def is_limit(value: Any) -> bool:
    """Whether a value is one for `stop_after_failures`."""
    return value == "never" or is_a(value, int) and value >= 1


def domain_fault(value: Any, domain: Dict[str, Any]) -> Optional[str]:
    """Why a value is not in the domain of one parameter."""
    kind = domain.get("type")
    if kind in ("categorical", "ordinal"):
        return None if any(same(value, v) for v in domain["values"]) else "is none of its values"
    if kind not in ("float", "int"):
        return f"has the unknown type {kind!r}"
    if not is_a(value, NUMBER) or not math.isfinite(value):
        return "is not a number"
    if kind == "int" and value != int(value):
        return "is not a whole number"
    low, high, step = domain["min"], domain["max"], domain.get("step")
    slack = 1e-9 * step if step else 0.0  # a multiple of a step is rounded
    if not low - slack <= value <= high + slack:
        return f"is not between {low} and {high}"
    if step:
        steps = (value - low) / step
        if abs(steps - round(steps)) > 1e-6:
            return f"is no whole number of steps of {step} above {low}"
    return None


def configuration_fault(configuration: Line, space: Dict[str, Line], is_part: bool = False) -> Optional[str]:
    """Why a configuration is not in the search space: it has exactly the parameters whose
    conditions hold, each within its domain. A part of one may lack some."""

    def active(name: str) -> bool:
        for parent, wanted in (space[name].get("when") or {}).items():
            choices = wanted if isinstance(wanted, list) else [wanted]
            if parent not in space or not active(parent) or parent not in configuration:
                return False
            if not any(same(configuration[parent], choice) for choice in choices):
                return False
        return True

    for name in configuration:
        if name not in space:
            return f"{name} is no parameter"
    for name, domain in space.items():
        if active(name) != (name in configuration) and not (is_part and active(name)):
            return f"{name} " + ("is missing" if active(name) else "is there, though its condition does not hold")
        fault = domain_fault(configuration[name], domain) if name in configuration else None
        if fault:
            return f"{name}: {configuration[name]!r} {fault}"
    return None


def ladder(r: int, top: int, eta: Fraction, s: int) -> List[Fraction]:
    """The rungs of a bounded bracket: min(r·η^(s+k), R), the last exactly R."""
    highest = 0
    while r * eta ** (highest + 1) <= top:
        highest += 1
    return [r * eta ** k for k in range(s, highest)] + [Fraction(top)] if s <= highest else []


def crisscross(one: List[float], other: List[float]) -> bool:
    """Whether two trials have swapped places between rungs, and swapped back."""
    signs = [0 if math.isinf(a) or math.isinf(b) else (a > b) - (a < b) for a, b in zip(one, other)]
    swaps = [k for k in range(len(signs) - 1) if signs[-1] and signs[k] == -signs[-1]]
    return any(signs[-1] in signs[:k] for k in swaps)


@dataclass
class Rung:
    completed: List[Entry] = field(default_factory=list)  # sorted
    open: List[Entry] = field(default_factory=list)  # sorted: neither promoted nor diverged
    losses: Dict[int, float] = field(default_factory=dict)
    promoted: Set[int] = field(default_factory=set)

    def complete(self, trial: int, loss: float) -> None:
        self.losses[trial] = loss
        insort(self.completed, (loss, trial))
        if math.isfinite(loss):
            insort(self.open, (loss, trial))

    def promote(self, trial: int) -> None:
        self.promoted.add(trial)
        self._remove(self.open, trial)

    def erase(self, trial: int) -> None:
        self._remove(self.open, trial)
        self._remove(self.completed, trial)
        self.losses.pop(trial, None)
        self.promoted.discard(trial)

    def _remove(self, entries: List[Entry], trial: int) -> None:
        entry = (self.losses.get(trial, math.inf), trial)
        place = bisect_left(entries, entry)
        if place < len(entries) and entries[place] == entry:
            del entries[place]


@dataclass
class Bracket:
    s: int
    resources: Optional[List[int]]  # of each rung; None: unbounded
    size: Optional[int] = None  # synchronous: how many start in it
    quota: Optional[int] = None  # how many go on from rung 0, where that is fixed
    rungs: List[Rung] = field(default_factory=list)
    reached: Dict[int, int] = field(default_factory=dict)  # trials, without invalid ones, and how far they were sent
    closed: bool = False  # synchronous: nobody starts any more

    def rung(self, index: int) -> Rung:
        while len(self.rungs) <= index:
            self.rungs.append(Rung())
        return self.rungs[index]

    def is_top(self, rung: int) -> bool:
        return self.resources is not None and rung >= len(self.resources) - 1

    @property
    def filling(self) -> bool:
        return self.size is not None and not self.closed and len(self.reached) < self.size

    @property
    def spent(self) -> int:
        return sum(self.reached.values())


@dataclass
class Job:
    number: int
    trial: int
    bracket: int  # s
    rung: int
    resource: int
    attempt: int
    failed_on: Optional[int] = None  # the worker of its last failure
    live: bool = False  # sent to the top, though its trial has not finished the rungs below
    to: int = -1  # the rung to which it is in flight: its own, unless it is live
    told: Optional[Line] = None  # live: the report that stopped it

    def __post_init__(self) -> None:
        self.to = self.rung if self.to < 0 else self.to


class Checker:
    def __init__(self, strict_ladder: bool = False) -> None:
        self.strict_ladder = strict_ladder
        self.violations: List[str] = []
        self.kinds: Set[str] = set()
        self.notes: List[str] = []
        self.line = 0
        self.has_sums = False
        self.header: Optional[Line] = None
        self.time = 0.0
        self.stopped = False
        self.target_reached = False
        self.target_told = False  # by a report that completes nothing: the specification leaves it open
        self.live = False  # a job went straight to the top, or a report came: the trainer is known to report
        self.answers = False  # a result or a report that completes a rung has been seen
        self.failed: List[int] = []  # the trials of the failures that count, since the study was resumed
        self.limit: Any = None  # the header's stop_after_failures
        self.brackets: List[Bracket] = []
        self.bracket_of: Dict[int, Bracket] = {}  # by trial
        self.sampler = "random"
        self.told = 0  # results, reports and failures: what a model can know
        self.horizon: Optional[int] = None  # the most that a job may train, near a deadline
        self.top = 1  # progressive: the top rung as it stands
        self.epsilon = 0.0
        self.due: Dict[int, Optional[int]] = {}  # stopping type: trials that are to go on, and on which worker
        self.may_stop: Set[int] = set()  # those of them of which the specification does not say whether they stop
        self.jobs = 0
        self.trials = 0
        self.failures = 0
        self.erased: Set[int] = set()
        self.configurations: Dict[int, Line] = {}
        self.points: Dict[str, int] = {}  # a grid's configurations, and who had them first
        self.running: Dict[int, Job] = {}  # by worker
        self.waiting: Dict[int, Job] = {}  # by job: to go out again
        self.healthy: Dict[int, bool] = {}  # workers seen, and whether their last job ended well
        self.loose = False  # synchronous, and a trial above rung 0 was erased: the spec leaves it open
        self.idle_lines = 0
        self.last_start = -1  # the last trial that ever starts: the end of a grid, whose size no line gives

    # Saying things

    def violation(self, kind: str, what: str) -> None:
        assert kind in KINDS, kind
        self.kinds.add(kind)
        self.violations.append(f"line {self.line} [{kind}] {what}")

    def note(self, what: str) -> None:
        self.notes.append(f"line {self.line}: {what}")

    # Reading

    def check(self, data: str) -> None:
        lines = data.split("\n")
        torn = lines.pop()
        events = []
        for text in lines:
            self.line += 1
            events.append(self.parse(text))
        self.last_start = max((event["trial"] for event in events if event and event.get("event") == "dispatch"
                               and is_a(event.get("trial"), int)), default=-1)
        self.line = 0
        for event in events:
            self.line += 1
            if event is not None:
                self.take(event)
            if self.header is None:
                break  # without a header there is nothing to check against
        self.line = len(lines) + 1
        if torn:
            self.note("the last line is torn, and dropped")
        if not lines:
            self.violation("header", "there is none")
        if self.header is not None and not self.stopped:
            self.note(f"no stop: the study goes on, with {len(self.running)} jobs in flight")
        if self.idle_lines:
            self.note(f"before {self.idle_lines} lines a worker sat idle although it could have had a job")

    def parse(self, text: str) -> Optional[Line]:
        def refuse(token: str) -> None:
            raise ValueError(f"{token} is not JSON")

        self.check_sum(text)
        try:
            event = json.loads(text, parse_constant=refuse)
            if not isinstance(event, dict):
                raise ValueError("not an object")
            return event
        except ValueError as fault:
            self.violation("json", str(fault))
            return None

    def check_sum(self, text: str) -> None:
        found = SUM.search(text)
        if found is None:
            if self.has_sums or self.line == 1 and '"sums":"crc32"' in text:
                self.violation("sum", "it has none")
            return
        self.has_sums = True
        if zlib.crc32(text[: found.start()].encode()) != int(found[1], 16):
            self.violation("sum", "its bytes do not give it")

    def keys_fault(self, line: Line, required: Dict[str, Any], optional: Dict[str, Any]) -> Optional[str]:
        for key, types in {**required, **optional}.items():
            value = line.get(key, MISSING)
            if value is MISSING:
                if key in required:
                    return f"{key} is missing"
            elif not is_a(value, types):
                return f"{key} is {value!r}"
            elif is_a(value, NUMBER) and not abs(value) <= sys.float_info.max:
                return f"{key} is out of range"
            elif types in (int, NUMBER) and key != "seed" and value < 0:
                return f"{key} is negative"
        return None

    def take(self, line: Line) -> None:
        kind = line.get("event")
        if (self.header is None) != (kind == "study"):
            self.violation("header", "must come first" if self.header is None else "comes only once")
        if not isinstance(kind, str):
            return self.violation("keys", "event is missing")
        if kind not in KEYS:
            return self.note(f"the event {kind!r} is not in the specification, and is passed over")
        fault = self.keys_fault(line, KEYS[kind], OPTIONAL.get(kind, {}))
        if fault:
            return self.violation("keys", f"{kind}: {fault}")
        if kind == "study":
            if self.header is None:
                self.on_study(line)
            return None
        if self.header is None:
            return None
        if line["time"] < self.time:
            self.violation("time", f"{line['time']} comes after {self.time}")
        self.time = max(self.time, line["time"])
        if self.stopped and kind != "resume":
            self.violation("stop-position", f"{kind} after stop")
        if "worker" in line and self.workers is not None and line["worker"] >= self.workers:
            self.violation("worker", f"{line['worker']} of {self.workers}")
        if "bracket" in line and line["bracket"] not in self.ladders:
            return self.violation("bracket", f"{line['bracket']}, and there is none but {sorted(self.ladders)}")
        if kind != "dispatch" and not self.loose and self.somebody_idle():
            self.idle_lines += 1
        getattr(self, "on_" + kind)(line)

    # The header

    def on_study(self, line: Line) -> None:
        scheduler, objective = line["scheduler"], line["objective"]
        fault = self.keys_fault(scheduler, SCHEDULER_KEYS, {"max_resource": int, "resources": list, **SCHEDULER_OPTIONS})
        if fault:
            return self.violation("header", f"scheduler: {fault}")
        if line["version"] != 1:
            self.violation("header", f"version {line['version']}")
        if not isinstance(objective.get("metric"), str) or objective.get("mode") not in ("min", "max"):
            self.violation("header", f"objective: {objective}")
        self.check_site(line)
        self.algorithm: str = scheduler["algorithm"]
        self.delayed = scheduler["promotion"] == "delayed" and self.algorithm in ("asha", "hyperband")
        self.eta = Fraction(str(scheduler["reduction_factor"]))
        self.s: int = scheduler["early_stopping_rate"]
        if self.algorithm not in ALGORITHMS:
            return self.violation("header", f"algorithm: {self.algorithm!r}")
        if scheduler["promotion"] not in ("eager", "delayed") or self.eta < 2:
            return self.violation("header", f"scheduler: {scheduler}")
        self.space: Dict[str, Line] = line["search_space"]
        for name, domain in self.space.items():
            needs = ("values",) if domain.get("type") in ("categorical", "ordinal") else ("min", "max")
            if any(key not in domain for key in needs):
                return self.violation("header", f"search_space: {name}: {domain}")
        self.retries: int = line["retries"]
        self.workers: Optional[int] = line["workers"]
        self.limit = line.get("stop_after_failures")
        if self.limit is not None and not is_limit(self.limit):
            self.violation("header", f"stop_after_failures: {self.limit!r}")
            self.limit = None
        self.start_with: List[Line] = list(line.get("start_with", []))
        if not self.read_learned(line):
            return None
        self.gridded = self.algorithm == "grid" or (line.get("sampler") or {}).get("kind") == "grid"
        # A finite space is sampled without repetition, and ends like a grid.
        self.distinct = line.get("distinct") is True and is_finite(line.get("search_space"))
        self.gridded = self.gridded or self.distinct
        self.sampler = (line.get("sampler") or {}).get("kind", "random")
        learns = self.sampler in RANDOM_FRACTIONS
        self.random_share = RandomShare(line, self.distinct) if learns else None
        budget = line.get("budget") or {}
        self.budget: Optional[int] = budget.get("configurations")
        target = budget.get("target")
        self.target: Optional[float] = -target if target is not None and objective.get("mode") == "max" else target
        self.single = self.algorithm in ("random", "grid")  # one rung, at R
        self.minimum: int = scheduler["min_resource"]
        self.resources = self.read_ladder(scheduler)
        self.min_trials: int = scheduler.get("min_trials", 0)
        self.make_brackets(scheduler)
        self.header = line
        return None

    def read_learned(self, header: Line) -> bool:
        """What the study learned from earlier ones, in the order in which it names them."""
        studies, names = header.get("learned", []), header.get("learn_from", [])
        fault = f"{len(studies)} of {len(names)} studies" if isinstance(names, list) and len(studies) != len(names) else None
        for number, study in enumerate(studies):
            if not isinstance(study, dict):
                fault = fault or f"{study!r}"
                break
            about = self.keys_fault(study, LEARNED_KEYS, {"start_with": dict})
            start = study.get("start_with")
            if not about and start is not None:
                about = configuration_fault(start, self.space)
                # What the user left open there is drawn: then a configuration that looks new need not be.
                if not about and start in self.start_with:
                    about = f"begins with {start}, which is begun with already"
                self.start_with.append(start)
            for part in [] if about else study["good"] + study["others"]:
                wrong = configuration_fault(part, self.space, is_part=True) if isinstance(part, dict) else "is none"
                about = about or (f"{part}: {wrong}" if wrong else None)
            if not about and not 0 < len(study["good"]) <= study["results"]:
                about = f"{len(study['good'])} of {study['results']} results are good"
            fault = fault or (f"study {number}: {about}" if about else None)
        if not fault:
            good, others = (sum(len(study[key]) for study in studies) for key in ("good", "others"))
            if good > MOST_GOOD or others > MOST_OTHERS:
                fault = f"{good} good and {others} others; at most {MOST_GOOD} and {MOST_OTHERS}"
        if fault:
            self.violation("learned", fault)
        return fault is None

    def make_brackets(self, scheduler: Line) -> None:
        """The brackets that there are from the beginning, and the ladders of all that may come."""
        self.ladders: Dict[int, Optional[List[int]]] = {self.s: self.resources}
        self.sizes: Dict[int, int] = {}
        if self.algorithm in ("hyperband", "sync_hyperband"):
            rungs = self.resources or [1]
            loop = scheduler.get("brackets", list(range(len(rungs))))
            if not loop or any(not is_a(s, int) or not 0 <= s < len(rungs) for s in loop) or loop != sorted(set(loop)):
                self.violation("header", f"scheduler: brackets: {loop}")
                loop = [0]
            self.ladders = {s: rungs[s:] for s in loop}
            # Hyperband, Algorithm 1: n = ceil((s_max + 1) η^s / (s + 1)), where s counts from the other end.
            self.sizes = {s: math.ceil(Fraction(len(rungs)) * self.eta ** (len(rungs) - 1 - s) / (len(rungs) - s)) for s in loop}
        if self.algorithm == "parallel_sha":
            self.sizes = {self.s: scheduler.get("bracket_size", int(self.eta ** (len(self.resources or [1]) - 1)))}
        if self.algorithm == "top_k":
            self.sizes = {self.s: self.budget if self.budget is not None else sys.maxsize}
        if self.algorithm == "hyperband":
            self.brackets = [Bracket(s, rungs) for s, rungs in self.ladders.items()]
        elif self.algorithm not in ("parallel_sha", "sync_hyperband"):
            self.brackets = [Bracket(self.s, self.resources, self.sizes.get(self.s), scheduler.get("top_k"))]
        self.top = min(1, len(self.resources) - 1) if self.resources is not None else 1

    def next_bracket(self) -> Bracket:
        """Of synchronous schedulers with many: the one that begins when another is needed."""
        s = sorted(self.ladders)[len(self.brackets) % len(self.ladders)]
        self.brackets.append(Bracket(s, self.ladders[s], self.sizes[s]))
        return self.brackets[-1]

    def read_ladder(self, scheduler: Line) -> Optional[List[int]]:
        """The resource of each rung; None for an unbounded ladder."""
        resources, top = scheduler.get("resources"), scheduler.get("max_resource")
        if not scheduler["bounded"]:
            if self.single or resources is not None or top is not None:
                self.violation("ladder", "an unbounded ladder has no max_resource and no rungs, and needs a scheduler with rungs")
            return None
        if not resources or top is None or not all(is_a(r, int) and r > 0 for r in resources):
            self.violation("ladder", f"resources: {resources}, max_resource: {top}")
            return [1]
        # The header's min_resource may be r as the study has it or that of this bracket's rung 0.
        readings = [ladder(self.minimum, top, self.eta, s) for s in {self.s, 0}]
        if not any(len(rungs) == len(resources) and all(abs(a - b) < 1 for a, b in zip(rungs, resources))
                   and rungs[-1] == resources[-1] for rungs in readings):
            says = f"the rungs {resources} are not those of r = {self.minimum}, R = {top}, η = {self.eta}, s = {self.s}"
            strict = self.strict_ladder or scheduler.get("names_rungs") is False
            if self.algorithm == "top_k" and len(resources) == 2 and [readings[0][0], readings[0][-1]] == resources:
                strict = False  # it has the lowest rung and the top
            if strict or resources[-1] != top or self.minimum > resources[0]:
                self.violation("ladder", says)
            else:
                self.note(says + ": taken as named one by one (--ladder refuses this)")
        if any(a >= b for a, b in zip(resources, resources[1:])):
            self.violation("ladder", f"the rungs {resources} do not rise")
        return [top] if self.single else resources

    def resource_fault(self, s: int, rung: int, resource: int) -> Optional[str]:
        resources = self.ladders[s]
        if resources is not None:
            right = resources[rung]
            return None if resource == right else f"rung {rung} trains to {right}, not {resource}"
        base: Fraction = self.minimum * self.eta ** rung
        if self.s and not self.jobs and resource != base and abs(resource - base * self.eta ** self.s) < 1:
            self.minimum = int(self.minimum * self.eta ** self.s)  # min_resource is r: s is not applied yet
            return None
        return None if abs(resource - base) < 1 else f"rung {rung} trains to {base}, not {resource}"

    # What can be done

    def finished(self, rung: int) -> bool:
        """sha: everything that will ever enter the rung has, and has completed it."""
        bracket = self.brackets[0]
        entered = self.counted() if rung == 0 else len(bracket.rungs[rung - 1].promoted)
        if len(bracket.rungs[rung].completed) != entered:
            return False
        if rung == 0:
            return self.budget_used()
        return self.finished(rung - 1) and self.promotable(bracket, rung - 1) is None

    def in_flight(self, bracket: Bracket, rung: int) -> bool:
        jobs = list(self.running.values()) + list(self.waiting.values())
        return any(job.rung == rung and self.bracket_of.get(job.trial) is bracket for job in jobs)

    def why_not(self, bracket: Bracket, rung: int, entry: Optional[Entry]) -> Optional[str]:
        """The kind of violation that promoting the entry from the rung would be, given that it is open."""
        ranked = bracket.rungs[rung]
        if self.algorithm == "sha" and not self.loose and not self.finished(rung):
            return "unfinished"
        if self.algorithm in SYNCHRONOUS:
            if rung == 0 and bracket.filling and not self.budget_used():
                return "unfinished"
            if any(self.in_flight(bracket, below) for below in range(rung + 1)):
                return "unfinished"
        if self.algorithm == "pasha" and rung >= self.top:
            return "ranking"
        if self.delayed and (len(ranked.promoted) + 1) * self.eta > len(ranked.completed):
            return "guard"
        quota = bracket.quota if rung == 0 and bracket.quota is not None else len(ranked.completed) // self.eta
        if entry is None or bisect_left(ranked.completed, entry) >= quota:
            return "quota"
        return None

    def done(self, trial: int) -> int:
        """How many rungs a trial has completed."""
        return len(self.losses_of(trial)) if trial in self.bracket_of else 0

    def allowance(self, workers: Optional[int]) -> Optional[int]:
        """How many failures end a study of so many workers in which nothing has succeeded; None: no number does."""
        if self.limit == "never":
            return None
        return self.limit if self.limit is not None else max(3, workers or 0)

    def hopeless(self, surely: bool) -> bool:
        """Whether a study has failed so often that it ends, since nothing has succeeded."""
        if self.answers or self.limit is None and len(set(self.failed)) < 2:
            return False
        if surely and self.limit is None and self.workers is None:
            return False
        least = self.allowance(self.workers)
        return least is not None and len(self.failed) >= least

    def job_fits(self, job: Job, surely: bool) -> bool:
        """Whether there is the time for a job. The specification leaves open whether a live one needs the
        time for all rungs to the top, or only for the next."""
        if not job.live:
            return self.fits(job.bracket, job.rung)
        rungs = range(job.to, job.rung + 1)
        if not surely:
            return self.fits(job.bracket, job.to)
        resources = self.ladders[job.bracket]
        if self.horizon is None or resources is None:
            return True
        return resources[job.rung] <= self.horizon and all(self.fits(job.bracket, rung) for rung in rungs)

    def fits(self, s: int, rung: int) -> bool:
        """Whether there is the time to train to a rung from the one below."""
        if self.horizon is None:
            return True
        resources = self.ladders[s]

        def resource(k: int) -> Fraction:
            return Fraction(resources[k]) if resources is not None else Fraction(int(self.minimum * self.eta ** k))

        if resources is not None and rung >= len(resources):
            return True
        return resource(rung) - (resource(rung - 1) if rung else 0) <= self.horizon

    def promotable(self, bracket: Bracket, rung: int) -> Optional[int]:
        """The best trial that can be promoted from the rung."""
        if self.algorithm in HURRIED and not self.fits(bracket.s, rung + 1):
            return None
        if bracket.is_top(rung) or not bracket.rungs[rung].open:
            return None
        best = bracket.rungs[rung].open[0]
        return best[1] if self.why_not(bracket, rung, best) is None else None

    def best_promotion(self) -> Optional[Tuple[int, int]]:
        """get_job's promotion: (rung, trial)."""
        if self.algorithm in STOPPING:
            sure = [trial for trial in self.due if trial not in self.may_stop]
            return (len(self.losses_of(sure[0])) - 1, sure[0]) if sure else None
        brackets = self.brackets
        if self.algorithm == "hyperband":  # the one on which the least was spent
            brackets = sorted(brackets, key=lambda bracket: (bracket.spent, bracket.s))
        for bracket in brackets:
            rungs = range(len(bracket.rungs))
            # Synchronous brackets fill from below; the others give the highest rung first.
            for rung in rungs if self.algorithm in SYNCHRONOUS else reversed(rungs):
                trial = self.promotable(bracket, rung)
                if trial is not None:
                    return rung, trial
        return None

    def losses_of(self, trial: int) -> List[float]:
        rungs = self.bracket_of[trial].rungs
        return [rung.losses[trial] for rung in rungs if trial in rung.losses]

    # Stopping type

    def judge(self, trial: int, rung: int, loss: float, worker: int) -> None:
        """Whether a trial that has just completed a rung goes on."""
        bracket = self.bracket_of[trial]
        if math.isinf(loss) or bracket.is_top(rung):
            return
        if self.algorithm == "stopping":
            ranked = bracket.rungs[rung].completed
            stops = len(ranked) >= self.eta and bisect_left(ranked, (loss, trial)) >= len(ranked) // self.eta
        elif self.algorithm == "median":
            others = [t for t in bracket.rungs[rung].losses if t != trial]
            averages = sorted(sum(self.losses_of(t)[:rung + 1]) / (rung + 1) for t in others)
            n = len(averages)
            stops = n >= max(1, self.min_trials) and min(self.losses_of(trial)) > (averages[(n - 1) // 2] + averages[n // 2]) / 2
        else:  # curve: the specification leaves the regression to the program
            stops = False
            self.may_stop.add(trial)
        if not stops:
            self.due[trial] = worker

    def drop_optional(self, worker: int, but: int) -> None:
        """A trial that might have been stopped was, if its worker does something else."""
        for trial in [trial for trial in self.may_stop if trial != but and self.due.get(trial) == worker]:
            del self.due[trial]
            self.may_stop.remove(trial)

    # Progressive

    def grow_if_unsettled(self) -> None:
        bracket = self.brackets[0]
        ranked = [trial for _, trial in bracket.rungs[self.top].completed]
        losses = {trial: self.losses_of(trial) for trial in ranked}
        noise = sorted(abs(losses[a][-1] - losses[b][-1]) for i, a in enumerate(ranked) for b in ranked[i + 1:]
                       if crisscross(losses[a], losses[b]))
        if noise:  # the 90th percentile, interpolated
            at, rest = divmod(9 * (len(noise) - 1), 10)
            self.epsilon = noise[at] + ((noise[at + 1] - noise[at]) * rest / 10 if rest and noise[at + 1] > noise[at] else 0)
        below = sorted(ranked, key=lambda trial: (losses[trial][-2], trial))
        if any(one != other and abs(losses[one][-2] - losses[other][-2]) > self.epsilon for one, other in zip(ranked, below)):
            self.top += 1

    def counted(self) -> int:
        return self.trials - len(self.erased)

    def budget_used(self) -> bool:
        if self.gridded and self.trials > self.last_start:
            return True
        return self.budget is not None and self.counted() >= self.budget

    def elsewhere(self, worker: int) -> bool:
        """Whether another worker is surely in service: it trains, or its last job ended well."""
        return any(w != worker and (ok or w in self.running) for w, ok in self.healthy.items())

    def somebody_idle(self) -> bool:
        if self.stopped or self.target_reached or self.hopeless(surely=False) or all(w in self.running for w in self.healthy):
            return False
        return not self.budget_used() or self.best_promotion() is not None

    # Events

    def on_dispatch(self, line: Line) -> None:
        worker, number, attempt = line["worker"], line["job"], line.get("attempt", 1)
        if worker in self.running:
            self.violation("busy", f"worker {worker} still has job {self.running[worker].number}")
        if self.target_reached:
            self.violation("overrun", f"job {number} starts though the target {self.target} is reached")
        job = Job(number, line["trial"], line["bracket"], line["rung"], line["resource"], attempt)
        resources = self.ladders[job.bracket]
        if resources is not None and job.rung >= len(resources):
            return self.violation("top", f"there is no rung {job.rung}")
        bracket = self.bracket_of.get(job.trial)
        if bracket is not None and bracket.s != job.bracket:
            return self.violation("bracket", f"trial {job.trial} is of bracket {bracket.s}, not {job.bracket}")
        before = self.waiting.get(number) if number < self.jobs else None
        if before is not None:
            job.live, job.to = before.live, before.to if before.live else job.rung
        elif self.algorithm in STOPPING and resources is not None and job.rung == len(resources) - 1:
            job.to = min(self.done(job.trial), job.rung)
            job.live = job.to < job.rung
        if not job.live and job.rung > (len(bracket.rungs) if bracket else 0):
            return self.violation("not-completed", f"nothing has finished rung {job.rung - 1}")
        self.drop_optional(worker, job.trial)
        if (number < self.jobs or self.algorithm in HURRIED) and not self.job_fits(job, surely=False):
            self.violation("horizon", f"job {number} trains more than {self.horizon}, for which there is not the time")
        if number < self.jobs:
            self.check_again(job, worker)
        else:
            if number > self.jobs:
                self.violation("job-number", f"{number}, not {self.jobs}")
            if attempt != 1:
                self.violation("retry-unknown", f"job {number} is new, but this is attempt {attempt}")
            # A trial that goes on at once does so before anything else.
            if self.due.get(job.trial) != worker:
                self.check_priority(worker)
            fault = self.resource_fault(job.bracket, job.rung, job.resource)
            if fault:
                self.violation("resource", fault)
            if self.live and not job.live and not self.brackets[0].is_top(job.rung):
                self.violation("live", f"job {number} goes to rung {job.rung}, though the trainer is known to report")
            if self.hopeless(surely=True):
                self.violation("hopeless", f"job {number} starts after {len(self.failed)} failures, and nothing has succeeded")
            if job.to == 0:
                self.check_start(job)
            else:
                self.check_promotion(job, worker)
            self.jobs = number + 1
            self.live = self.live or job.live
        self.check_configuration(job, line.get("configuration"))
        self.running[worker] = job
        self.healthy.setdefault(worker, True)
        return None

    def check_again(self, job: Job, worker: int) -> None:
        before = self.waiting.pop(job.number, None)
        if before is None:
            return self.violation("retry-unknown", f"job {job.number} has gone out before, and does not wait to go again")
        if (job.trial, job.bracket, job.rung, job.resource, job.attempt) != (
                before.trial, before.bracket, before.rung, before.resource, before.attempt):
            self.violation("retry-changed", f"{job} goes out again, it was {before}")
        if before.failed_on == worker:
            if self.elsewhere(worker):
                self.violation("retry-worker", f"job {job.number} goes back to worker {worker}, on which it failed")
            elif self.workers != 1:
                self.note(f"job {job.number} goes back to worker {worker}: no other is known to be in service")
        return None

    def check_priority(self, worker: int) -> None:
        for job in self.waiting.values():
            if not self.job_fits(job, surely=True):
                continue
            if job.failed_on is None:
                self.note(f"worker {worker} gets other work, though job {job.number} waits since the study was resumed")
            elif job.failed_on != worker or self.workers == 1:
                self.violation("retry-priority", f"worker {worker} gets other work, though job {job.number} waits to be tried again")
                return

    def check_start(self, job: Job) -> None:
        if job.trial != self.trials:
            known = job.trial < self.trials
            self.violation("trial-number", f"trial {job.trial} " + ("has started before" if known else f"starts, not {self.trials}"))
        if job.trial < self.trials:
            return
        best = self.best_promotion()
        if best and not self.loose and not self.fills_before(best[1]):
            self.violation("start-while-promotable", f"trial {job.trial} starts though trial {best[1]} can be promoted from rung {best[0]}")
        if self.budget_used():
            self.violation("budget", f"trial {job.trial} starts though all {self.budget} configurations have")
        self.trials = job.trial + 1
        bracket = self.starting_bracket()
        if bracket.s != job.bracket:
            self.violation("bracket-turn", f"trial {job.trial} starts in bracket {job.bracket}, and it is the turn of {bracket.s}")
            bracket = next((b for b in reversed(self.brackets) if b.s == job.bracket), bracket)
        self.bracket_of[job.trial] = bracket
        bracket.reached[job.trial] = job.resource

    def starting_bracket(self) -> Bracket:
        """The bracket in which the next configuration starts."""
        if self.algorithm == "hyperband":
            return min([b for b in self.brackets if self.fits(b.s, 0)] or self.brackets, key=lambda bracket: (bracket.spent, bracket.s))
        if self.algorithm not in ("parallel_sha", "sync_hyperband"):
            return self.brackets[0]
        for bracket in self.brackets:
            if bracket.filling:
                return bracket
        last = self.brackets[-1] if self.brackets else None
        if self.algorithm == "sync_hyperband" and last and any(self.in_flight(last, k) for k in range(len(self.ladders[last.s] or []))):
            self.violation("bracket-turn", f"a bracket begins while bracket {last.s} is not over")
        return self.next_bracket()

    def fills_before(self, trial: int) -> bool:
        """Synchronous: whether an older bracket than the trial's still takes configurations."""
        older = self.brackets[:next(i for i, b in enumerate(self.brackets) if b is self.bracket_of[trial])]
        return self.algorithm in SYNCHRONOUS and any(bracket.filling for bracket in older)

    def check_promotion(self, job: Job, worker: int) -> None:
        source, best = job.to - 1, self.best_promotion()
        what = f"trial {job.trial} is promoted from rung {source}"
        bracket = self.bracket_of.get(job.trial)
        if bracket is None or job.trial in self.erased:
            kind = "erased" if job.trial in self.erased else "not-completed"
            return self.violation(kind, f"{what}, but it " + ("was invalid" if kind == "erased" else "has not started"))
        rung = bracket.rung(source)
        loss = rung.losses.get(job.trial)
        if loss is None:
            self.violation("not-completed", f"{what}, which it has not finished")
        elif job.trial in rung.promoted:
            self.violation("twice", f"{what} a second time")
        elif math.isinf(loss):
            self.violation("diverged", f"{what}, where it diverged")
        elif self.algorithm in STOPPING:
            self.check_run_on(job.trial, worker, what)
        else:
            why = self.why_not(bracket, source, (loss, job.trial))
            if why:
                counts = f"{len(rung.completed)} completed, {len(rung.promoted)} promoted, it is no. {bisect_left(rung.completed, (loss, job.trial)) + 1}"
                self.violation(why, f"{what}: {counts}")
            elif self.fills_before(job.trial) and not self.budget_used():
                self.violation("bracket-turn", f"{what}, but an older bracket takes a configuration")
            elif best and self.bracket_of[best[1]] is not bracket:
                self.violation("bracket-turn", f"{what}, but it is the turn of trial {best[1]} of bracket {self.bracket_of[best[1]].s}")
            elif best and best[0] != source and not self.loose:
                self.violation("not-highest", f"{what}, but trial {best[1]} can be promoted from rung {best[0]}")
            elif best and best != (source, job.trial):
                if self.algorithm == "sha":
                    self.note(f"{what} before the better trial {best[1]}")
                else:
                    self.violation("not-best", f"{what}, but trial {best[1]} is better")
        if loss is not None:
            rung.promote(job.trial)
            bracket.reached[job.trial] = job.resource
            bracket.closed = bracket.closed or bracket.size is not None
        return None

    def check_run_on(self, trial: int, worker: int, what: str) -> None:
        if trial not in self.due:
            return self.violation("stopped", f"{what}, at which it was stopped")
        wanted = self.due.pop(trial)
        if wanted is not None and wanted != worker:
            self.violation("run-on", f"trial {trial} goes on on worker {worker}, and was on {wanted}")
        self.may_stop.discard(trial)
        return None

    def check_configuration(self, job: Job, configuration: Optional[Line]) -> None:
        known = self.configurations.get(job.trial)
        if known is not None:
            if configuration is not None and configuration != known:
                self.violation("configuration", f"trial {job.trial} has another configuration than before")
        elif configuration is not None:
            self.configurations[job.trial] = configuration
            if self.gridded:
                key = json.dumps(configuration, sort_keys=True)
                if self.points.setdefault(key, job.trial) != job.trial:
                    self.note(f"trial {job.trial} repeats the grid's trial {self.points[key]}")
            fault = configuration_fault(configuration, self.space)
            if fault:
                self.violation("configuration", fault)
            given = self.start_with[job.trial] if job.trial < len(self.start_with) else {}
            if any(not same(configuration.get(name), value) for name, value in given.items()):
                self.violation("start-with", f"trial {job.trial} should have {given}")
            fault = self.random_share.fault(job.trial, configuration) if self.random_share and not fault else None
            if fault:
                self.violation("random-share", f"trial {job.trial} is {configuration}; {fault}")
        elif job.to == 0:
            self.violation("configuration", f"trial {job.trial} starts without one")

    def told_of(self, line: Line, kind: str) -> Optional[Job]:
        """The job in flight that a line is about."""
        job = self.running.get(line["worker"])
        if job is None or job.number != line["job"]:
            has = "no job" if job is None else f"job {job.number}"
            does = "reports" if line["event"] == "report" else "ends"
            self.violation(kind, f"job {line['job']} {does} on worker {line['worker']}, which has {has}")
            return None
        return job

    def compare(self, kind: str, line: Line, job: Job, **wanted: Any) -> None:
        """Whether a line says of a job what it should."""
        for key, right in dict(trial=job.trial, bracket=job.bracket, attempt=job.attempt, **wanted).items():
            if line.get(key, right) != right:
                self.violation(kind, f"job {job.number} has {key} {right}, not {line[key]}")

    def resource_of(self, job: Job, rung: int) -> int:
        resources = self.ladders[job.bracket]
        return resources[rung] if resources is not None and rung != job.rung else job.resource

    def answered(self, line: Line) -> Optional[Job]:
        """The job in flight that a result or a failure is about, which it ends."""
        job = self.told_of(line, "answer")
        if job is None:
            return None
        if job.told is not None:
            if line["event"] == "failure":
                self.violation("report-over", f"job {job.number} fails, though it was told to stop")
            else:
                rung, loss = job.told["rung"], job.told["loss"]
                self.compare("report-over", line, job, rung=rung, resource=self.resource_of(job, rung), loss=loss)
        elif line["event"] == "failure":
            # Of the resource of a live job the specification says nothing.
            either = line.get("resource") in (job.resource, self.resource_of(job, job.to))
            self.compare("answer", line, job, rung=job.to, **({} if either else {"resource": job.resource}))
        else:
            self.compare("answer", line, job, rung=job.rung, resource=job.resource)
            if job.live and job.to != job.rung:
                self.violation("report-missing", f"job {job.number} ends, and rung {job.to} was not reported")
        del self.running[line["worker"]]
        return job

    def check_loss(self, line: Line) -> float:
        loss = line["loss"]
        if isinstance(loss, str) and loss not in ("nan", "inf", "-inf"):
            self.violation("keys", f"loss is {loss!r}")
        return ranks(loss)

    def reaches(self, loss: float) -> bool:
        return math.isfinite(loss) and self.target is not None and loss <= self.target

    def on_result(self, line: Line) -> None:
        self.told += 1
        loss = self.check_loss(line)
        job = self.answered(line)
        self.healthy[line["worker"]] = True
        self.answers = True
        if job is None or job.told is not None:  # its report has counted
            return
        self.complete(job, job.rung, loss, line["worker"])
        self.target_reached = self.target_reached or self.reaches(loss)

    def on_report(self, line: Line) -> None:
        self.told += 1
        loss = self.check_loss(line)
        job = self.told_of(line, "report")
        if self.algorithm not in STOPPING or self.resources is None:
            return self.violation("report", f"nothing is stopped by its reports under {self.algorithm} and this ladder")
        first = not self.live and not self.answers
        self.live = True
        if job is None:
            return
        if job.told is not None:
            return self.violation("report-over", f"job {job.number} reports, though it was told to stop")
        rung, to = line["rung"], job.to
        self.compare("report", line, job, rung=to)
        if line["resource"] < self.resource_of(job, to):
            self.violation("report", f"rung {to} trains to {self.resource_of(job, to)}, and at {line['resource']} that is not reached")
        if not job.live:
            if not first:
                self.violation("report-first", f"job {job.number}, which is of rung {job.rung} alone, reports")
            if "stop" in line:
                self.violation("report-stop", f"job {job.number}, which is of rung {job.rung} alone, can't be stopped")
            self.target_told = self.target_told or self.reaches(loss)
            return None
        if to >= job.rung:
            return self.violation("report", f"job {job.number} reports rung {rung}, and only its result is left")
        if line.get("stop") is False:
            self.violation("report-stop", "it is true or missing")
        self.answers = True
        self.complete(job, to, loss, line["worker"])
        self.target_reached = self.target_reached or self.reaches(loss)
        stops = line.get("stop") is True
        sure = job.trial not in self.may_stop
        self.may_stop.discard(job.trial)
        goes_on = self.due.pop(job.trial, MISSING) is not MISSING
        if sure and stops == goes_on:
            does, should = ("is stopped", "goes on") if stops else ("goes on", "is stopped")
            self.violation("report-stop", f"trial {job.trial} {does} at rung {to}, and {should} by the rule")
        if stops:
            job.told = line
        else:
            job.to += 1
            bracket = self.bracket_of.get(job.trial)
            if bracket is not None:
                bracket.rung(to).promote(job.trial)
        return None

    def complete(self, job: Job, at: int, loss: float, worker: int) -> None:
        bracket = self.bracket_of.get(job.trial)
        if bracket is None:
            return
        bracket.rung(at).complete(job.trial, loss)
        if bracket.size is not None and len(bracket.rungs[0].completed) == bracket.size:
            bracket.closed = True
        if self.algorithm in STOPPING:
            self.judge(job.trial, at, loss, worker)
        if self.algorithm == "pasha" and at == self.top and not bracket.is_top(at):
            self.grow_if_unsettled()

    def on_failure(self, line: Line) -> None:
        self.told += 1
        if line["kind"] not in ("failed", "invalid"):
            return self.violation("keys", f"kind is {line['kind']!r}")
        job = self.answered(line)
        self.healthy[line["worker"]] = line["kind"] == "invalid"
        if line["kind"] == "failed" and not LOST.match(line["reason"]):
            self.failed.append(line["trial"])
        if job is None or job.told is not None:
            return None
        last = line["kind"] == "invalid" or job.attempt > self.retries
        if line["final"] != last or job.attempt > self.retries + 1:
            self.violation("final", f"attempt {job.attempt} of {self.retries + 1}, {line['kind']}, and final is {line['final']}")
        if line["kind"] == "invalid":
            bracket = self.bracket_of.get(job.trial)
            for rung in bracket.rungs if bracket else []:
                rung.erase(job.trial)
            if bracket:
                bracket.reached.pop(job.trial, None)
            self.erased.add(job.trial)
            if self.algorithm == "sha" and job.rung > 0 and not self.loose:
                self.loose = True
                self.note("a trial above rung 0 is invalid: which rungs are now finished is left open")
        elif line["final"]:
            self.complete(job, job.to, math.inf, line["worker"])
        else:
            self.failures += 1
            job.attempt += 1
            job.failed_on = line["worker"]
            self.waiting[job.number] = job
        return None

    def on_horizon(self, line: Line) -> None:
        self.horizon = line.get("units")

    def on_model(self, line: Line) -> None:
        if self.sampler not in ("gp", "auto"):
            self.violation("model", f"a study with {self.sampler} has no model")
        if not 0 < line["results"] <= self.told:
            self.violation("model", f"it is made from {line['results']} results, and there are {self.told}")
        for suggestion in line["suggestions"]:
            fault = configuration_fault(suggestion, self.space) if isinstance(suggestion, dict) else "is no configuration"
            if fault:
                self.violation("model", f"it suggests {suggestion}: {fault}")

    def on_resume(self, line: Line) -> None:
        self.check_site(line)
        self.horizon = None
        self.failed = []
        for job in list(self.running.values()) + list(self.waiting.values()):
            if job.told is not None:
                continue  # its last report is its result
            job.failed_on = None  # the workers are new ones
            self.waiting[job.number] = job
        self.due = {trial: None for trial in self.due}
        self.running, self.healthy, self.stopped = {}, {}, False
        workers = line.get("workers")
        self.workers = workers if is_a(workers, int) else None
        for override in line.get("overrides", []):  # a budget may change
            key, _, value = override.partition("=")
            if key == "budget.configurations":
                self.budget = int(value)
            if key == "retries":
                self.retries = int(value)
            if key == "stop_after_failures":
                self.limit = value if value == "never" else int(value)

    def check_site(self, line: Line) -> None:
        """When and where a run runs: decides nothing, and older journals don't say all of it."""
        if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", line.get("started", "2026-01-01T00:00:00Z")):
            self.violation("site", f"started: {line['started']!r}")
        hosts = line.get("hosts")
        if hosts is not None and (len(hosts) != line.get("workers") or not all(isinstance(host, str) for host in hosts)):
            self.violation("site", f"{len(hosts)} hosts of {line.get('workers')} workers: {hosts}")

    def on_stop(self, line: Line) -> None:
        self.stopped = True
        if line["reason"] == "target" and not self.target_reached and not self.target_told:
            self.violation("stop-target", f"no loss has reached {self.target}")
        if line["reason"] == "failures" and not self.hopeless(surely=False):
            self.violation("stop-failures", f"{len(self.failed)} failures of {len(set(self.failed))} trials count" + (
                ", and something has succeeded" if self.answers else f", with the limit {self.limit or 'left to the program'}"))
        if line["reason"] != "configurations":
            return
        best = self.best_promotion()
        if self.running or self.waiting:
            self.violation("stop-idle", f"{len(self.running)} jobs are in flight, {len(self.waiting)} wait to be tried again")
        elif best:
            self.violation("stop-idle", f"trial {best[1]} can still be promoted from rung {best[0]}")
        elif not self.budget_used():
            self.violation("stop-idle", f"{self.counted()} configurations have started, of {self.budget}")
        elif self.gridded and self.counted() != self.budget:
            self.note(f"{self.counted()} configurations are taken as the whole grid")

    def summary(self) -> str:
        rungs = "; ".join(
            (f"bracket {bracket.s}: " if len(self.brackets) > 1 else "")
            + ", ".join(f"{len(rung.completed)} at rung {k}" for k, rung in enumerate(bracket.rungs))
            for bracket in self.brackets[:SHOWN])
        return (f"{self.jobs} jobs, {self.trials} trials, {len(self.erased)} invalid, {self.failures} tried again; "
                f"completed: {rungs or 'none'}; {self.line - 1} lines, {len(self.notes)} notes")


def main() -> int:
    parser = argparse.ArgumentParser(description="Decides whether a journal is legal, from the journal alone.")
    parser.add_argument("journals", metavar="JOURNAL", nargs="+")
    parser.add_argument("--notes", action="store_true", help="say where the specification leaves room")
    parser.add_argument("--ladder", action="store_true", help="the study names no rungs: they must be powers of η")
    options = parser.parse_args()
    code = 0
    for path in options.journals:
        prefix = f"{path}: " if len(options.journals) > 1 else ""
        try:
            with open(path, encoding="utf-8", newline="\n") as file:
                data = file.read()
        except (OSError, UnicodeDecodeError) as fault:
            print(f"{prefix}cannot be read: {fault}", file=sys.stderr)
            code = 2
            continue
        checker = Checker(strict_ladder=options.ladder)
        checker.check(data)
        for note in checker.notes if options.notes else []:
            print(f"{prefix}note: {note}")
        for violation in checker.violations[:SHOWN]:
            print(prefix + violation)
        if checker.violations:
            print(f"{prefix}not legal: {len(checker.violations)} violations, the first {min(SHOWN, len(checker.violations))} above")
            code = max(code, 1)
        else:
            print(f"{prefix}ok: {checker.summary()}")
    return code


if __name__ == "__main__":
    sys.exit(main())

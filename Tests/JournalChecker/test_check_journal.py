#!/usr/bin/env python3
"""Tests the journal checker: `python3 -m unittest` in this folder, or run this file.

A simulator of its own, naive and written from Algorithm 2 of the ASHA paper, writes legal journals,
which must pass; the same journals with one thing wrong must not; and every kind of violation is shown
to fire, most of them in a script of a few lines beside its legal twin.
"""

import copy
import json
import random
import subprocess
import sys
import tempfile
import unittest
import zlib
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional, Set, Tuple

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import check_journal  # noqa: E402
import random_study  # noqa: E402
from check_journal import KINDS, Checker  # noqa: E402

Line = Dict[str, Any]
Journal = List[Line]
Case = Tuple[Journal, Journal]  # a legal journal, and one with something wrong

SPACE: Dict[str, Line] = {
    "rate": {"type": "float", "min": 1e-4, "max": 1.0, "scale": "log"},
    "drop": {"type": "float", "min": 0, "max": 0.6, "step": 0.1},
    "units": {"type": "int", "min": 8, "max": 64},
    "kind": {"type": "categorical", "values": ["sgd", "adam"]},
    "momentum": {"type": "float", "min": 0, "max": 1, "when": {"kind": ["sgd"]}},
}


def header(**options: Any) -> Line:
    """A header; options are those of the study file's scheduler, and budget, workers, …"""
    r, s, eta = options.get("min_resource", 1), options.get("s", 0), options.get("eta", 3)
    scheduler: Line = {"algorithm": options.get("algorithm", "asha"), "reduction_factor": eta,
                       "early_stopping_rate": s, "bounded": options.get("bounded", True),
                       "promotion": options.get("promotion", "eager"), "min_resource": r}
    if scheduler["bounded"]:
        top = options.get("max_resource", 27)
        powers = [r * eta ** k for k in range(40) if r * eta ** k <= top]
        scheduler["max_resource"] = top
        scheduler["resources"] = options.get("resources", (powers[:-1] + [top])[s:])
    line = {"event": "study", "version": 1, "name": "simulated", "seed": 7,
            "objective": {"metric": "validation_loss", "mode": options.get("mode", "min")},
            "scheduler": scheduler, "search_space": options.get("space", SPACE),
            "budget": options.get("budget", {"configurations": options.get("n", 60)}),
            "retries": options.get("retries", 2), "workers": options.get("workers", 4),
            "started": "2026-01-31T12:00:00Z"}
    if "start_with" in options:
        line["start_with"] = options["start_with"]
    return line


def resource(study: Line, rung: int) -> int:
    scheduler = study["scheduler"]
    if scheduler["algorithm"] in ("random", "grid"):
        return scheduler["max_resource"]
    if scheduler["bounded"]:
        return scheduler["resources"][min(rung, len(scheduler["resources"]) - 1)]
    return scheduler["min_resource"] * scheduler["reduction_factor"] ** (scheduler["early_stopping_rate"] + rung)


def configuration(generator: random.Random) -> Line:
    values: Line = {"rate": 10 ** generator.uniform(-4, 0), "drop": 0.1 * generator.randint(0, 6),
                    "units": generator.randint(8, 64), "kind": generator.choice(["sgd", "adam"])}
    if values["kind"] == "sgd":
        values["momentum"] = generator.random()
    return values


class Simulation:
    """A cluster and Algorithm 2, with a full sort for every question."""

    def __init__(self, seed: int, fail: float = 0.0, invalid: float = 0.0, diverge: float = 0.0,
                 ties: bool = False, resume: bool = False, **options: Any) -> None:
        self.random = random.Random(seed)
        self.study = header(**options)
        self.fail, self.invalid, self.diverge, self.ties = fail, invalid, diverge, ties
        self.resume = resume
        scheduler = self.study["scheduler"]
        self.algorithm: str = scheduler["algorithm"]
        self.delayed = scheduler["promotion"] == "delayed"
        self.eta: int = scheduler["reduction_factor"]
        self.n: int = self.study["budget"]["configurations"]
        self.rungs = len(scheduler["resources"]) if scheduler["bounded"] else 12
        if self.algorithm in ("random", "grid"):
            self.rungs = 1
        self.loss: List[Dict[int, float]] = [{} for _ in range(self.rungs)]
        self.promoted: List[Set[int]] = [set() for _ in range(self.rungs)]
        self.erased: Set[int] = set()
        self.trials = self.jobs = 0
        self.busy: Dict[int, Line] = {}
        self.again: List[Tuple[Line, Optional[int]]] = []
        self.time = 0.0
        self.lines: Journal = [self.study]

    def is_finished(self, k: int) -> bool:
        if k == 0:
            return len(self.loss[0]) == self.trials - len(self.erased) == self.n
        return self.is_finished(k - 1) and not self.candidates(k - 1) and len(self.loss[k]) == len(self.promoted[k - 1])

    def candidates(self, k: int) -> List[int]:
        if self.algorithm == "sha" and not self.is_finished(k):
            return []
        ranked = sorted(self.loss[k], key=lambda trial: (self.loss[k][trial], trial))
        if self.delayed and (len(self.promoted[k]) + 1) * self.eta > len(ranked):
            return []
        return [t for t in ranked[:len(ranked) // self.eta]
                if t not in self.promoted[k] and self.loss[k][t] < float("inf")]

    def get_job(self, worker: int) -> Optional[Line]:
        for index, (job, failed_on) in enumerate(self.again):
            if failed_on != worker or self.study["workers"] == 1:
                del self.again[index]
                return dict(job, worker=worker)
        line = {"event": "dispatch", "job": self.jobs, "bracket": self.study["scheduler"]["early_stopping_rate"],
                "worker": worker}
        for k in reversed(range(self.rungs - 1)):
            promotable = self.candidates(k)
            if promotable:
                self.promoted[k].add(promotable[0])
                self.jobs += 1
                return dict(line, trial=promotable[0], rung=k + 1, resource=resource(self.study, k + 1))
        if self.trials - len(self.erased) >= self.n:
            return None
        self.jobs += 1
        self.trials += 1
        return dict(line, trial=self.trials - 1, rung=0, resource=resource(self.study, 0),
                    configuration=configuration(self.random))

    def write(self, line: Line) -> None:
        self.time += self.random.choice([0.0, 0.001, 0.5])
        self.lines.append(dict(line, time=self.time))

    def finish(self, worker: int) -> None:
        job = self.busy.pop(worker)
        attempt, trial, rung = job.get("attempt", 1), job["trial"], job["rung"]
        answer = {key: job[key] for key in ("job", "trial", "bracket", "rung", "worker")}
        chance = self.random.random()
        if chance < self.invalid:
            self.write(dict(answer, event="failure", attempt=attempt, kind="invalid", final=True, reason="no sense"))
            self.erased.add(trial)
            for k in range(self.rungs):
                self.loss[k].pop(trial, None)
                self.promoted[k].discard(trial)
        elif chance < self.invalid + self.fail:
            final = attempt == self.study["retries"] + 1
            self.write(dict(answer, event="failure", attempt=attempt, kind="failed", final=final, reason="crash"))
            if final:
                self.loss[rung][trial] = float("inf")
            else:
                self.again.append((dict(job, attempt=attempt + 1), worker))
        else:
            loss: Any = self.random.random()
            if self.ties:
                loss = round(loss, 1)
            if self.random.random() < self.diverge:
                loss = self.random.choice(["nan", "inf", "-inf"])
            self.write(dict(answer, event="result", resource=job["resource"], loss=loss, seconds=0.1))
            self.loss[rung][trial] = float("inf") if isinstance(loss, str) else loss

    def run(self) -> Journal:
        workers = list(range(self.study["workers"]))
        while True:
            for worker in self.random.sample(workers, len(workers)):
                job = self.get_job(worker) if worker not in self.busy else None
                if job:
                    self.busy[worker] = job
                    self.write(job)
            if not self.busy:
                break
            if self.resume and self.random.random() < 0.01:
                self.write({"event": "resume"})
                self.again = [(job, None) for job in self.busy.values()] + [(job, None) for job, _ in self.again]
                self.busy = {}
            else:
                self.finish(self.random.choice(sorted(self.busy)))
        self.write({"event": "stop", "reason": "configurations"})
        return self.lines


def script(*events: Tuple[Any, ...], **options: Any) -> Journal:
    """A journal by hand: ("d", job, trial, rung, worker), ("r", job, loss), ("f", job, kind, final),
    ("h", units), ("resume",), ("stop", reason); ("l", job, trial, worker), which goes straight to the top, and
    ("p", job, loss) or ("p", job, loss, True): it reports, and is stopped. A dict at an event's end changes the line."""
    study = header(**options)
    lines, jobs, attempts, seen = [study], {}, {}, set()  # type: ignore[var-annotated]
    reached: Dict[int, int] = {}  # by trial: the rung that it is in flight to, in a job sent to the top
    told: Set[int] = set()  # jobs
    for moment, event in enumerate(events):
        change = event[-1] if isinstance(event[-1], dict) else {}
        code, rest = event[0], [part for part in event[1:] if not isinstance(part, dict)]
        line: Line = {"time": float(moment)}
        if code in "dl":
            job, trial, rung, worker = rest if code == "d" else [rest[0], rest[1], len(study["scheduler"]["resources"]) - 1, rest[2]]
            attempts[job] = attempts.get(job, 0) + 1
            line.update(event="dispatch", job=job, trial=trial, bracket=0, rung=rung,
                        resource=resource(study, rung), worker=worker)
            if attempts[job] > 1:
                line["attempt"] = attempts[job]
            if (rung == 0 or code == "l") and trial not in seen:
                line["configuration"] = {"rate": 0.5, "drop": 0.1, "units": 8, "kind": "adam"}
                seen.add(trial)
            if code == "l":  # it is in flight to the rung after its trial's last
                reached.setdefault(trial, max([1 + of["rung"] for of in jobs.values() if of["trial"] == trial], default=0))
            else:
                reached.pop(trial, None)
            jobs[job] = dict(line)
        elif code in "rfp":
            of = jobs[rest[0]]
            rung, stopped = reached.get(of["trial"], of["rung"]), rest[0] in told
            line.update({key: of[key] for key in ("job", "trial", "bracket", "worker")}, rung=rung)
            if code == "p":
                line.update(event="report", resource=resource(study, rung), loss=rest[1])
                if len(rest) > 2:
                    line["stop"] = rest[2]
                    told.add(rest[0])
                elif rung < of["rung"]:
                    reached[of["trial"]] += 1
            elif code == "r" and stopped:
                line.update(event="result", resource=resource(study, rung), loss=rest[1], seconds=0.0)
            elif code == "r":
                line["rung"] = of["rung"]
                line.update(event="result", resource=of["resource"], loss=rest[1], seconds=0.0)
            else:
                line.update(event="failure", attempt=attempts[rest[0]], kind=rest[1], final=rest[2], reason="why")
        elif code == "h":
            line.update(event="horizon", units=rest[0])
        elif code == "resume":
            line["event"] = "resume"
            attempts = {job: tries - 1 for job, tries in attempts.items()}  # in flight: the same attempt again
        else:
            line.update(event="stop", reason=rest[0])
        line.update(change)
        lines.append(line)
    return lines


def starts(*losses: Any) -> List[Tuple[Any, ...]]:
    """Trials 0, 1, … start and complete rung 0 one after another on worker 0, as jobs 0, 1, …"""
    return [event for job, loss in enumerate(losses)
            for event in (("d", job, job, 0, 0), ("r", job, loss))]


def text(journal: Journal) -> str:
    return "".join(json.dumps(line) + "\n" for line in journal)


def check(journal: Any, strict_ladder: bool = False) -> Checker:
    checker = Checker(strict_ladder=strict_ladder)
    checker.check(journal if isinstance(journal, str) else text(journal))
    return checker


def changed(journal: Journal, index: int, **change: Any) -> Journal:
    other = copy.deepcopy(journal)
    other[index].update(change)
    return other


def without(line: Line, key: str) -> Line:
    return {k: v for k, v in line.items() if k != key}


SIMULATIONS: Dict[str, Line] = {
    "eager": {},
    "one worker": {"workers": 1},
    "delayed": {"promotion": "delayed"},
    "bracket 1": {"s": 1, "min_resource": 2, "max_resource": 54},
    "top rung rounded to R": {"max_resource": 50, "eta": 2},
    "explicit": {"resources": [1, 4, 5, 27]},
    "unbounded": {"bounded": False},
    "unbounded bracket 2": {"bounded": False, "s": 2},
    "synchronous": {"algorithm": "sha"},
    "random": {"algorithm": "random"},
    "grid": {"algorithm": "grid"},
}
TROUBLES: Dict[str, Line] = {
    "calm": {},
    "ties": {"ties": True},
    "diverging": {"diverge": 0.3, "ties": True},
    "failing": {"fail": 0.2, "retries": 1},
    "never tried again": {"fail": 0.2, "retries": 0},
    "invalid": {"invalid": 0.1},
    "resumed": {"resume": True, "fail": 0.1},
    "all at once": {"fail": 0.15, "invalid": 0.05, "diverge": 0.15, "ties": True, "resume": True},
}

FIRED: Set[str] = set()


class CheckerTests(unittest.TestCase):
    def passes(self, journal: Any, **options: bool) -> Checker:
        checker = check(journal, **options)
        self.assertEqual(checker.violations, [])
        return checker

    def fires(self, kind: str, journal: Any, legal: Any = None, **options: bool) -> Checker:
        if legal is not None:
            self.passes(legal)
        checker = check(journal, **options)
        self.assertIn(kind, checker.kinds, checker.violations)
        FIRED.update(checker.kinds)
        return checker


class Simulated(CheckerTests):
    def test_legal_journals_pass(self) -> None:
        for name, scheduler in SIMULATIONS.items():
            for trouble, chances in TROUBLES.items():
                for seed in range(4):
                    with self.subTest(scheduler=name, trouble=trouble, seed=seed):
                        options: Line = {"workers": 1 + 2 * seed, **scheduler, **chances}
                        checker = self.passes(Simulation(seed, **options).run())
                        if trouble in ("calm", "ties", "failing"):
                            self.assertEqual(checker.idle_lines, 0)

    def test_a_large_journal_takes_seconds(self) -> None:
        lines = Simulation(1, n=400, workers=8, eta=2, max_resource=64, diverge=0.05).run()
        self.assertGreater(self.passes(lines).jobs, 600)

    def mutants(self, kind: str) -> Iterator[Journal]:
        for seed in range(6):
            every = list(mutate(kind, Simulation(seed, n=40, fail=0.1, diverge=0.1, ties=True).run()))
            yield from random.Random(seed).sample(every, min(len(every), 30))

    def test_mutants_fail(self) -> None:
        expected = {
            "other promotion": {"quota", "not-best", "not-completed", "twice", "diverged"},
            "promotion made a start": {"start-while-promotable"},
            "wrong resource": {"resource"},
            "wrong resource answered": {"answer"},
            "wrong worker answers": {"answer"},
            "result lost": {"busy"},
            "result twice": {"answer"},
            "retry lost": {"retry-priority"},
            "retry on the same worker": {"retry-worker"},
            "retry without its attempt": {"retry-changed"},
            "final turned": {"final"},
            "line lost at the end": {"stop-idle"},
            "better loss unseen": {"start-while-promotable", "not-best", "stop-idle"},
        }
        for name, kinds in expected.items():
            seen: Set[str] = set()
            with self.subTest(name):
                for journal in self.mutants(name):
                    checker = check(journal)
                    self.assertTrue(checker.violations, name)
                    seen |= checker.kinds
                self.assertLessEqual(kinds, seen)
            FIRED.update(seen)


def mutate(name: str, journal: Journal) -> Iterator[Journal]:
    """Journals that differ from a legal one in one decision, and are surely illegal."""
    trials = 0
    for index, line in enumerate(journal):
        event, again = line["event"], "attempt" in line
        promotion = event == "dispatch" and line["rung"] > 0 and not again
        if event == "dispatch":
            trials = max(trials, line["trial"] + 1)
        if name == "other promotion" and promotion:
            for trial in range(trials):
                if trial != line["trial"]:
                    yield changed(journal, index, trial=trial)
        elif name == "promotion made a start" and promotion:
            yield changed(journal, index, trial=trials, rung=0, resource=1,
                          configuration=configuration(random.Random(0)))
        elif name == "wrong resource" and event == "dispatch" and not again:
            yield changed(journal, index, resource=line["resource"] + 1)
        elif name == "wrong resource answered" and event == "result":
            yield changed(journal, index, resource=line["resource"] + 1)
        elif name == "wrong worker answers" and event in ("result", "failure"):
            yield changed(journal, index, worker=(line["worker"] + 1) % 4)
        elif name == "result lost" and event == "result":
            yield journal[:index] + journal[index + 1:]
        elif name == "result twice" and event == "result":
            yield journal[:index] + [line] + journal[index:]
        elif name == "retry lost" and again and event == "dispatch":
            job = line["job"]
            yield journal[:index] + [other for other in journal[index + 1:] if other.get("job") != job]
        elif name == "retry on the same worker" and event == "failure" and not line["final"]:
            after = journal[index + 1]
            if after["event"] == "dispatch" and after.get("job") != line["job"]:
                retry = next(other for other in journal[index:] if other["event"] == "dispatch" and other["job"] == line["job"])
                yield journal[:index + 1] + [dict(retry, worker=line["worker"], time=line["time"])]
        elif name == "retry without its attempt" and again and event == "dispatch":
            yield journal[:index] + [without(line, "attempt")] + journal[index + 1:]
        elif name == "final turned" and event == "failure":
            yield changed(journal, index, final=not line["final"])
        elif name == "line lost at the end" and event == "stop":
            yield journal[:index - 1] + [line]
        elif name == "better loss unseen" and event == "result" and not isinstance(line["loss"], str) and line["rung"] == 0:
            if line["loss"] > 0.8:  # it was not promoted, and now should be
                yield changed(journal, index, loss=-1.0)


class Scripted(CheckerTests):
    """A few lines each: what is legal, and what is not."""

    def test_file_and_header(self) -> None:
        legal = script(*starts(0.5))
        self.passes(legal)
        lines = text(legal).split("\n")
        self.fires("json", "\n".join(lines[:1] + ["{torn", ""]))
        self.fires("json", text(legal).replace("0.5,", "NaN,"))
        self.fires("json", text(legal) + "[1]\n")
        self.fires("header", "")
        self.fires("header", legal[1:])
        self.fires("header", [legal[0]] + legal)
        for change in ({"version": 2}, {"objective": {"metric": "a", "mode": "least"}},
                       {"search_space": {"a": {"type": "float"}}}):
            self.fires("header", changed(legal, 0, **change))
        for key, value in (("algorithm", "guess"), ("reduction_factor", 1), ("promotion", "late"), ("bounded", 1)):
            self.fires("header", changed(legal, 0, scheduler=dict(legal[0]["scheduler"], **{key: value})))

    def test_torn_last_line_is_a_note(self) -> None:
        legal = text(script(*starts(0.5)))
        checker = self.passes(legal + '{"event":"resu')
        self.assertTrue(any("torn" in note for note in checker.notes))

    def test_unknown_events_and_keys_are_no_violation(self) -> None:
        legal = script(*starts(0.5))
        checker = self.passes(legal + [{"event": "worker", "set_aside": 3}])
        self.assertTrue(any("'worker'" in note for note in checker.notes))
        self.passes(changed(legal, 2, curve=[1, 2]))

    def test_keys(self) -> None:
        legal = script(*starts(0.5), ("d", 1, 1, 0, 0), ("f", 1, "failed", False), ("resume",), ("stop", "signal"))
        self.passes(legal)
        for index, line in enumerate(legal):
            for key in check_journal.KEYS[line["event"]]:
                broken = copy.deepcopy(legal)
                del broken[index][key]
                self.fires("keys", broken)
                self.fires("keys", changed(legal, index, **{key: None}))
        self.fires("keys", changed(legal, 1, job=True))
        self.fires("keys", changed(legal, 1, worker=-1))
        self.fires("keys", changed(legal, 2, loss="NaN"))
        self.fires("keys", text(legal).replace("0.5,", "1e999,"))
        self.fires("keys", changed(legal, 4, kind="lost"))
        self.fires("keys", changed(legal, 1, event=None))

    def test_ladder(self) -> None:
        self.passes(script(*starts(0.5)), strict_ladder=True)
        self.passes(script(*starts(0.5), max_resource=30), strict_ladder=True)
        named = script(*starts(0.5), resources=[1, 4, 5, 27])
        self.passes(named)
        self.fires("ladder", named, strict_ladder=True)
        for wrong in ([1, 3, 9, 26], [3, 1, 9, 27], [1, 3, 3, 27], [0, 27]):
            self.fires("ladder", script(*starts(0.5), resources=wrong))
        self.fires("ladder", [header(resources=[])])
        self.fires("ladder", changed(script(*starts(0.5)), 0, scheduler=dict(header()["scheduler"], bounded=False)))
        # Exact powers, which floating-point logarithms get wrong.
        for eta, power in ((3, 5), (10, 3), (5, 3), (7, 4)):
            rungs = [eta ** k for k in range(power + 1)]
            self.passes(script(*starts(0.5), eta=eta, max_resource=rungs[-1], resources=rungs), strict_ladder=True)

    def test_min_resource_before_or_after_the_early_stopping_rate(self) -> None:
        for r in (1, 3):
            study = header(s=1, min_resource=1)
            study["scheduler"]["min_resource"] = r
            first = dict(script(*starts(0.5))[1], bracket=1, resource=3)
            self.passes([study, first], strict_ladder=True)

    def test_times_and_workers(self) -> None:
        legal = script(("d", 0, 0, 0, 0), ("d", 1, 1, 0, 3), ("r", 1, 0.1), workers=4)
        self.fires("time", changed(legal, 3, time=0.5), legal)
        self.fires("worker", changed(legal, 1, worker=4))
        self.fires("busy", changed(legal, 2, worker=0))
        self.fires("bracket", changed(legal, 1, bracket=1))
        for key in ("job", "trial", "rung", "resource"):
            self.fires("answer", changed(legal, 3, **{key: 9}))

    def test_stop(self) -> None:
        done = starts(0.5, 0.4)
        legal = script(*done, ("stop", "configurations"), n=2)
        self.fires("stop-position", legal + [legal[-1]], legal)
        self.fires("stop-position", script(*done, ("stop", "time"), ("d", 2, 2, 0, 0)))
        self.passes(script(*done, ("stop", "signal"), ("resume",), ("d", 2, 2, 0, 0)))
        for n, events in ((3, done), (2, done[:-1]), (3, starts(0.1, 0.2, 0.3)),
                          (1, [("d", 0, 0, 0, 0), ("f", 0, "failed", False)])):
            self.fires("stop-idle", script(*events, ("stop", "configurations"), n=n))
            self.passes(script(*events, ("stop", "signal"), n=n))

    def test_target(self) -> None:
        budget = {"target": 0.2}
        legal = script(*starts(0.3, 0.2), ("stop", "target"), budget=budget)
        self.fires("overrun", script(*starts(0.3, 0.2), ("d", 2, 2, 0, 0), budget=budget), legal)
        self.fires("stop-target", script(*starts(0.3, "-inf"), ("stop", "target"), budget=budget))
        self.passes(script(*starts(-0.7, -0.9), ("stop", "target"), budget={"target": 0.8}, mode="max"))

    def test_numbers(self) -> None:
        self.fires("job-number", script(("d", 1, 0, 0, 0)))
        self.fires("trial-number", script(("d", 0, 1, 0, 0)))
        self.fires("trial-number", script(*starts(0.5), ("d", 1, 0, 0, 0)))
        self.fires("budget", script(*starts(0.5, 0.4), n=1), script(*starts(0.5, 0.4), n=2))

    def test_configurations(self) -> None:
        legal = script(*starts(0.5), start_with=[{"units": 8}])
        self.passes(legal)
        good = legal[1]["configuration"]
        faults: List[Line] = [{"rate": 2.0}, {"rate": "x"}, {"drop": 0.15}, {"drop": 0.7}, {"units": 8.5}, {"units": 7},
                              {"kind": "SGD"}, {"kind": "sgd"}, {"momentum": 0.5}, {"depth": 3}, {"rate": True}]
        for fault in faults:
            self.fires("configuration", changed(legal, 1, configuration=dict(good, **fault)))
        self.fires("configuration", changed(legal, 1, configuration=without(good, "rate")))
        self.passes(changed(legal, 1, configuration=dict(good, kind="sgd", momentum=0.5)))
        self.passes(changed(legal, 1, configuration=dict(good, drop=0.30000000000000004, units=8.0)))
        bare = copy.deepcopy(legal)
        del bare[1]["configuration"]
        self.fires("configuration", bare)
        self.fires("start-with", changed(legal, 1, configuration=dict(good, units=9)))
        promoted = script(*starts(0.3, 0.2, 0.1), ("d", 3, 2, 1, 0, {"configuration": good}))
        self.fires("configuration", changed(promoted, 7, configuration=dict(good, units=9)), promoted)

    def test_resources(self) -> None:
        legal = script(*starts(0.3, 0.2, 0.1), ("d", 3, 2, 1, 0))
        self.fires("resource", changed(legal, 7, resource=9), legal)
        self.fires("resource", changed(script(*starts(0.5), algorithm="random"), 1, resource=1))
        free = script(*starts(0.3, 0.2, 0.1), ("d", 3, 2, 1, 0), bounded=False)
        self.fires("resource", changed(free, 7, resource=4), free)

    def test_promotion(self) -> None:
        three = starts(0.3, 0.1, 0.2)
        legal = script(*three, ("d", 3, 1, 1, 0))
        self.fires("start-while-promotable", script(*three, ("d", 3, 3, 0, 0)), legal)
        self.fires("quota", script(*starts(0.3, 0.1), ("d", 2, 1, 1, 0)))
        self.fires("quota", script(*three, ("d", 3, 2, 1, 0)))
        self.fires("not-completed", script(*three, ("d", 3, 7, 1, 0)))
        self.fires("not-completed", script(*three, ("d", 3, 1, 2, 0)))
        self.fires("twice", script(*three, ("d", 3, 1, 1, 0), ("d", 4, 1, 1, 1)))
        self.fires("top", script(*three, ("d", 3, 1, 4, 0)))
        self.fires("top", script(*three, ("d", 3, 1, 1, 0), algorithm="random"))
        self.passes(script(*starts(0.4, 0.3, 0.2, 0.1), algorithm="random"))

    def test_best_first_and_ties_to_the_lower_trial(self) -> None:
        six = [("d", job, job, 0, job) for job in range(6)] + [("r", job, loss) for job, loss in enumerate([0.5, 0.2, 0.9, 0.1, 0.8, 0.7])]
        legal = script(*six, ("d", 6, 3, 1, 0), ("d", 7, 1, 1, 1), ("d", 8, 6, 0, 2), workers=6)
        self.fires("not-best", script(*six, ("d", 6, 1, 1, 0), workers=6), legal)
        self.fires("quota", script(*starts(0.1, 0.1, 0.1), ("d", 3, 1, 1, 0)), script(*starts(0.1, 0.1, 0.1), ("d", 3, 0, 1, 0)))

    def test_highest_rung_first(self) -> None:
        nine = [("d", job, job, 0, job) for job in range(9)] + [("r", job, job / 10) for job in range(9)]
        nine += [("d", 9, 0, 1, 0), ("d", 10, 1, 1, 1), ("d", 11, 2, 1, 2), ("d", 12, 9, 0, 3), ("d", 13, 10, 0, 4), ("d", 14, 11, 0, 5)]
        nine += [("r", 9, 0.5), ("r", 10, 0.4), ("r", 12, 0.95), ("r", 13, 0.96), ("r", 14, 0.01), ("r", 11, 0.3)]
        legal = script(*nine, ("d", 15, 2, 2, 0), ("d", 16, 11, 1, 1), workers=9)
        self.fires("not-highest", script(*nine, ("d", 15, 11, 1, 0), workers=9), legal)

    def test_near_a_deadline_nothing_starts_in_vain(self) -> None:
        # Rungs of 1, 3, 9 and 27 units: steps of 1, 2, 6 and 18.
        three = starts(0.1, 0.2, 0.3)
        self.fires("horizon", script(*three, ("h", 1), ("d", 3, 0, 1, 0)), script(*three, ("h", 1), ("d", 3, 3, 0, 0)))
        self.fires("horizon", script(*three, ("h", 0), ("d", 3, 3, 0, 0)), script(*three, ("h", 0), ("stop", "time")))
        # A promotion for which there is the time still goes before a start.
        self.fires("start-while-promotable", script(*three, ("h", 2), ("d", 3, 3, 0, 0)))
        # A study that is resumed has another deadline, and one that has more time says so.
        self.passes(script(*three, ("h", 1), ("resume",), ("d", 3, 0, 1, 0)))
        self.passes(script(*three, ("h", 1), ("h", None), ("d", 3, 0, 1, 0)))

    def test_diverged_counts_and_is_never_promoted(self) -> None:
        for bad in ("nan", "inf", "-inf"):
            legal = script(*starts(bad, bad, bad), ("d", 3, 3, 0, 0))
            self.fires("diverged", script(*starts(bad, bad, bad), ("d", 3, 0, 1, 0)), legal)
            self.passes(script(*starts(0.5, bad, bad), ("d", 3, 0, 1, 0)))
        final = [("d", 2, 2, 0, 0), ("f", 2, "failed", True)]
        self.fires("diverged", script(*starts(0.5, 0.4), *final, ("d", 3, 2, 1, 0), retries=0),
                   script(*starts(0.5, 0.4), *final, ("d", 3, 1, 1, 0), retries=0))

    def test_invalid_is_erased_and_replaced(self) -> None:
        gone = [("d", 2, 2, 0, 0), ("f", 2, "invalid", True)]
        legal = script(*starts(0.5, 0.4), *gone, ("d", 3, 3, 0, 0), ("r", 3, 0.9), ("d", 4, 1, 1, 0), n=3)
        self.fires("quota", script(*starts(0.5, 0.4), *gone, ("d", 3, 1, 1, 0), n=3), legal)
        self.fires("erased", script(*starts(0.5, 0.4), *gone, ("d", 3, 2, 1, 0), n=3))
        self.fires("trial-number", script(*starts(0.5, 0.4), *gone, ("d", 3, 2, 0, 0), n=3))
        self.fires("stop-idle", script(*starts(0.5, 0.4), *gone, ("stop", "configurations"), n=3))
        self.fires("final", script(*starts(0.5), ("d", 1, 1, 0, 0), ("f", 1, "invalid", False)))
        # Invalid in rung 1: gone from rung 0, too, where two are left and none can be promoted.
        above = [*starts(0.3, 0.1, 0.2), ("d", 3, 1, 1, 0), ("f", 3, "invalid", True)]
        self.fires("quota", script(*above, ("d", 4, 2, 1, 0)), script(*above, ("d", 4, 3, 0, 0)))

    def test_delayed_guard(self) -> None:
        four = [*starts(0.3, 0.2, 0.1), ("d", 3, 2, 1, 0), ("r", 3, 0.5), ("d", 4, 3, 0, 0), ("r", 4, 0.05)]
        self.passes(script(*four, ("d", 5, 3, 1, 0)))
        self.fires("guard", script(*four, ("d", 5, 3, 1, 0), promotion="delayed"),
                   script(*four, ("d", 5, 4, 0, 0), promotion="delayed"))

    def test_synchronous(self) -> None:
        five = starts(0.3, 0.2, 0.1, 0.4, 0.5)
        six = starts(0.3, 0.2, 0.1, 0.4, 0.5, 0.6)
        legal = script(*six, ("d", 6, 2, 1, 0), ("d", 7, 1, 1, 1), ("r", 7, 0.1), ("r", 6, 0.2), ("stop", "configurations"),
                       algorithm="sha", n=6)
        self.fires("unfinished", script(*five, ("d", 5, 2, 1, 0), algorithm="sha", n=6), legal)
        self.fires("unfinished", script(*five, ("d", 5, 5, 0, 1), ("d", 6, 2, 1, 0), algorithm="sha", n=6))
        self.fires("quota", script(*six, ("d", 6, 0, 1, 0), algorithm="sha", n=6))
        self.fires("budget", script(*six, ("d", 6, 6, 0, 0), algorithm="sha", n=6))
        either = self.passes(script(*six, ("d", 6, 1, 1, 0), ("d", 7, 2, 1, 1), algorithm="sha", n=6))
        self.assertTrue(any("before the better" in note for note in either.notes))

    def test_asynchronous_hyperband(self) -> None:
        options: Line = {"algorithm": "hyperband", "max_resource": 9, "n": 20}
        # The table of the program's documentation: spent 0 0 0, 1 0 0, 1 3 0, 1 3 9, 2 3 9, 3 3 9, 5 3 9.
        turns = [(0, 0, 0, 1), (1, 1, 0, 3), (2, 2, 0, 9), (3, 0, 0, 1), (4, 0, 0, 1), (0, 0, 1, 3), (5, 1, 0, 3)]
        events: List[Tuple[Any, ...]] = []
        for job, (trial, s, rung, to) in enumerate(turns):
            events += [("d", job, trial, rung, 0, {"bracket": s, "resource": to}),
                       ("r", job, 0.1 * trial, {"bracket": s, "resource": to})]
        legal = script(*events, **options)
        self.fires("bracket-turn", changed(changed(legal, 3, bracket=0, resource=1), 4, bracket=0, resource=1), legal)
        self.fires("bracket", changed(legal, 3, bracket=3))
        self.fires("bracket", changed(legal, 11, bracket=1))
        self.fires("resource", changed(legal, 3, resource=1))
        self.fires("start-while-promotable", script(*events[:10], ("d", 5, 5, 0, 0, {"bracket": 0, "resource": 1}), **options))
        self.fires("header", [dict(legal[0], scheduler=dict(legal[0]["scheduler"], brackets=[0, 7]))])

    def test_synchronous_brackets(self) -> None:
        options: Line = {"algorithm": "sync_hyperband", "max_resource": 3, "n": 20}
        one: List[Tuple[Any, ...]] = [*starts(0.3, 0.1, 0.2), ("d", 3, 1, 1, 0), ("r", 3, 0.1)]
        second = ("d", 4, 3, 0, 0, {"bracket": 1, "resource": 3})
        legal = script(*one, second, **options)
        self.fires("bracket-turn", script(*one[:7], ("d", 4, 3, 0, 1, {"bracket": 1, "resource": 3}), **options), legal)
        self.fires("start-while-promotable", script(*one[:6], ("d", 3, 3, 0, 0, {"bracket": 1, "resource": 3}), **options))
        self.fires("bracket-turn", script(*one, ("d", 4, 3, 0, 0), **options))
        self.fires("unfinished", script(*starts(0.3, 0.1), ("d", 2, 2, 0, 1), ("d", 3, 1, 1, 0), **options))
        busy = [*starts(0.3), ("d", 1, 1, 0, 0), ("d", 2, 2, 0, 1), ("r", 1, 0.1)]  # trial 2 begins a bracket
        options = {"algorithm": "parallel_sha", "eta": 2, "max_resource": 2, "n": 20}
        self.fires("start-while-promotable", script(*busy, ("d", 3, 3, 0, 0), **options),
                   script(*busy, ("d", 3, 1, 1, 0), **options))

    def test_top_k(self) -> None:
        four = starts(0.4, 0.3, 0.2, 0.1)
        options: Line = {"algorithm": "top_k", "resources": [1, 27], "n": 4}
        both = (("d", 4, 3, 1, 0, {"resource": 27}), ("d", 5, 2, 1, 1, {"resource": 27}))
        legal = script(*four, *both, **options)
        legal[0]["scheduler"]["top_k"] = 2
        self.passes(legal)
        few = copy.deepcopy(legal)
        few[0]["scheduler"]["top_k"] = 1
        self.fires("quota", few, legal)

    def test_stopping_type(self) -> None:
        three: List[Tuple[Any, ...]] = [("d", 0, 0, 0, 0), ("d", 1, 1, 0, 1), ("r", 0, 0.5)]
        on = ("d", 2, 0, 1, 0)
        legal = script(*three, on, ("r", 1, 0.6), ("d", 3, 2, 0, 1), algorithm="stopping", eta=2)
        self.fires("run-on", script(*three, ("d", 2, 0, 1, 2), algorithm="stopping", eta=2), legal)
        self.fires("start-while-promotable", script(*three, ("d", 2, 2, 0, 0), algorithm="stopping", eta=2))
        self.fires("stopped", script(*three, on, ("r", 1, 0.6), ("d", 3, 1, 1, 1), algorithm="stopping", eta=2))
        median = script(*three, on, ("r", 1, 0.6), ("d", 3, 2, 0, 1), algorithm="median", eta=2)
        median[0]["scheduler"]["min_trials"] = 1
        self.passes(median)
        self.fires("stopped", changed(changed(median, 6, trial=1, rung=1, resource=2), 6, configuration=median[2]["configuration"]), median)
        for choice in (("d", 2, 0, 1, 0), ("d", 2, 2, 0, 0)):  # the regression is the program's own
            self.passes(script(*three, choice, algorithm="curve", eta=2))
        self.fires("stopped", script(*three, ("d", 2, 2, 0, 0), ("r", 1, 0.1), ("d", 3, 0, 1, 1), algorithm="curve", eta=2))

    def test_jobs_sent_to_the_top(self) -> None:
        options: Line = {"algorithm": "stopping", "eta": 2, "max_resource": 4}  # rungs of 1, 2 and 4 units
        both: List[Tuple[Any, ...]] = [("l", 0, 0, 0), ("l", 1, 1, 1)]
        ends: List[Tuple[Any, ...]] = [("p", 1, 0.6, True), ("p", 0, 0.4), ("r", 1, 0.6), ("r", 0, 0.3)]
        whole = [*both, ("p", 0, 0.5), *ends, ("stop", "configurations")]
        legal = script(*whole, n=2, **options)
        checker = self.passes(legal)
        self.assertEqual([len(rung.completed) for rung in checker.brackets[0].rungs], [2, 1, 1])
        # The index of a line is its event's, and one for the header.
        self.fires("resource", changed(legal, 1, resource=1), legal)
        for change in ({"job": 1}, {"trial": 1}, {"rung": 1}, {"rung": 2}, {"resource": 0}, {"worker": 1}, {"worker": 2}, {"attempt": 2}):
            self.fires("report", changed(legal, 3, **change))
        self.passes(changed(legal, 3, resource=2, metrics={"error": 0.1}))  # what the trainer had reached
        for change in ({"loss": "NaN"}, {"loss": None}, {"stop": 1}, {"metrics": 1}, {"resource": 1.5}):
            self.fires("keys", changed(legal, 3, **change))
        self.fires("report-stop", changed(legal, 3, stop=True))
        self.fires("report-stop", changed(legal, 3, stop=False))
        self.fires("report-stop", legal[:4] + [without(legal[4], "stop")])
        self.fires("report-stop", changed(legal, 3, loss="nan"))  # what diverged goes no further
        self.passes(script(*both, ("p", 0, "-inf", True), ("r", 0, "-inf"), **options))
        for change in ({"rung": 1}, {"loss": 0.5}, {"resource": 4}, {"trial": 0}):
            self.fires("report-over", changed(legal, 6, **change))
        self.fires("report-over", script(*both, ("p", 0, 0.5), ("p", 1, 0.6, True), ("p", 1, 0.1, True), **options))
        for kind in ("failed", "invalid"):
            self.fires("report-over", script(*both, ("p", 0, 0.5), ("p", 1, 0.6, True), ("f", 1, kind, kind == "invalid"), **options))
        self.fires("report-missing", script(*both, ("p", 0, 0.5), ("r", 0, 0.4), **options))
        self.fires("report-missing", script(*both, ("r", 0, 0.4), **options))
        self.fires("report", script(("l", 0, 0, 0), ("p", 0, 0.5), ("p", 0, 0.4), ("p", 0, 0.3), **options))
        self.fires("answer", changed(legal, 7, rung=1))
        self.fires("stop-idle", script(*whole[:-2], whole[-1], n=2, **options))
        bare = copy.deepcopy(legal)
        del bare[1]["configuration"]
        self.fires("configuration", bare)
        self.fires("report", script(*starts(0.5), ("d", 1, 1, 0, 0), ("p", 1, 0.5)))
        self.fires("not-completed", script(("l", 0, 0, 0)))

    def test_jobs_sent_to_the_top_again(self) -> None:
        options: Line = {"algorithm": "stopping", "eta": 2, "max_resource": 4, "workers": 2}
        both: List[Tuple[Any, ...]] = [("l", 0, 0, 0), ("l", 1, 1, 1), ("p", 0, 0.5)]
        again = [("f", 0, "failed", False), ("p", 1, 0.6, True), ("r", 1, 0.6), ("l", 0, 0, 1)]
        legal = script(*both, *again, ("p", 0, 0.4), ("r", 0, 0.3), **options)
        self.passes(legal)
        for rung in (0, 2):
            self.fires("answer", changed(legal, 4, rung=rung))
        self.fires("retry-changed", changed(legal, 7, rung=1, resource=2))
        self.fires("report", changed(legal, 8, rung=0, resource=1))
        self.fires("twice", script(*both, ("p", 1, 0.6, True), ("r", 1, 0.6), ("l", 2, 0, 1), **options))
        self.fires("stopped", script(*both, ("p", 1, 0.6, True), ("r", 1, 0.6), ("l", 2, 1, 1), **options))
        last = self.passes(script(*both, ("f", 0, "failed", True), ("l", 2, 2, 0), retries=0, **options))
        self.assertEqual(last.brackets[0].rungs[1].losses, {0: float("inf")})
        gone = self.passes(script(*both, ("p", 0, 0.4), ("f", 0, "invalid", True), ("p", 1, 0.6), **options))
        self.assertEqual([rung.losses for rung in gone.brackets[0].rungs], [{1: 0.6}, {}])
        # A study that is resumed sends out again what was in flight, and not what was told to stop.
        over = [*both, ("p", 1, 0.6, True), ("resume",)]
        legal = script(*over, ("l", 0, 0, 1), ("p", 0, 0.4), ("r", 0, 0.3), ("l", 2, 2, 0), **options)
        self.passes(legal)
        self.fires("retry-unknown", script(*over, ("l", 1, 1, 0), **options))
        self.fires("answer", script(*over, ("r", 1, 0.6, {"rung": 0}), **options))
        self.fires("retry-changed", changed(legal, 6, attempt=2))
        self.fires("stop-idle", script(*over, ("stop", "configurations"), n=2, **options))
        self.passes(script(*over, ("l", 0, 0, 1), ("p", 0, 0.4), ("r", 0, 0.3), ("stop", "configurations"), n=2, **options))
        # Near a deadline it is left open whether the time for the next rung is enough; less is not.
        self.fires("horizon", script(*both, ("resume",), ("h", 0), ("l", 0, 0, 0), **options),
                   script(*both, ("resume",), ("h", 1), ("l", 0, 0, 0), **options))

    def test_a_trainer_found_to_report(self) -> None:
        options: Line = {"algorithm": "stopping", "eta": 2, "max_resource": 4}
        two: List[Tuple[Any, ...]] = [("d", 0, 0, 0, 0), ("d", 1, 1, 0, 1)]
        found = [*two, ("p", 0, 0.5), ("r", 0, 0.5)]
        legal = script(*found, ("l", 2, 0, 0), ("r", 1, 0.6), ("l", 3, 2, 1), ("p", 2, 0.4), **options)
        self.passes(legal)
        self.assertNotIn("configuration", legal[5])
        self.fires("live", script(*found, ("d", 2, 0, 1, 0), **options))
        self.fires("live", script(*found, ("l", 2, 0, 0), ("r", 1, 0.6), ("d", 3, 2, 0, 1), **options))
        self.fires("stopped", script(*found, ("r", 1, 0.6), ("l", 2, 1, 1), **options))
        self.fires("run-on", script(*found, ("l", 2, 0, 2), **options))
        self.fires("start-while-promotable", script(*found, ("l", 2, 2, 0), **options))
        self.fires("report-first", script(*two, ("p", 0, 0.5), ("p", 1, 0.6), **options))
        self.fires("report-first", script(*two, ("r", 0, 0.5), ("p", 1, 0.6), **options))
        self.fires("report-first", script(*two, ("l", 2, 2, 2), ("p", 1, 0.6), **options))
        self.fires("report-stop", changed(legal, 3, stop=True))
        self.fires("report", changed(legal, 3, rung=1))
        self.fires("report", changed(legal, 3, resource=0))
        # What is tried again, or promoted to the top, is as it was.
        self.passes(script(*two, ("p", 0, 0.5), ("f", 0, "failed", False), ("r", 1, 0.6), ("l", 2, 1, 1),
                           ("d", 0, 0, 0, 2), **options))
        self.passes(script(*two, ("r", 0, 0.5), ("d", 2, 0, 1, 0), ("l", 3, 2, 2), ("r", 2, 0.5), ("d", 4, 0, 2, 0),
                           ("r", 4, 0.1), **options))

    def test_reports_of_other_rules(self) -> None:
        both: List[Tuple[Any, ...]] = [("l", 0, 0, 0), ("l", 1, 1, 1), ("p", 0, 0.5)]
        median = script(*both, ("p", 1, 0.6, True), algorithm="median", eta=2)
        median[0]["scheduler"]["min_trials"] = 1
        self.fires("report-stop", changed(median, 4, loss=0.4), median)
        self.fires("report-stop", median[:4] + [without(median[4], "stop")])
        for stop in ((), (True,)):  # the regression is the program's own
            self.passes(script(*both, ("p", 1, 0.6, *stop), algorithm="curve", eta=2))
        self.fires("report-stop", script(*both, ("p", 1, "nan"), algorithm="curve", eta=2),
                   script(*both, ("p", 1, "nan", True), algorithm="curve", eta=2))

    def test_a_report_reaches_the_target(self) -> None:
        options: Line = {"algorithm": "stopping", "eta": 2, "budget": {"target": 0.2}}
        one: List[Tuple[Any, ...]] = [("l", 0, 0, 0), ("p", 0, 0.3), ("p", 0, 0.2)]
        self.fires("stop-target", script(*one[:2], ("stop", "target"), **options), script(*one, ("stop", "target"), **options))
        self.fires("overrun", script(*one, ("l", 1, 1, 1), **options))
        # Whether that of a job of one rung does is left open.
        for last in (("stop", "target"), ("l", 1, 1, 1)):
            self.passes(script(("d", 0, 0, 0, 0), ("p", 0, 0.2), last, **options))

    def test_a_study_without_hope(self) -> None:
        def study(count: int, *events: Tuple[Any, ...], limit: Any = None, workers: int = 3, reason: str = "why") -> Journal:
            failures = [event for job in range(count)
                        for event in (("d", job, job, 0, 0), ("f", job, "failed", True, {"reason": reason}))]
            lines = script(*failures, *events, workers=workers, retries=0)
            return changed(lines, 0, stop_after_failures=limit) if limit is not None else lines

        stop = ("stop", "failures")
        legal = study(3, stop)
        self.fires("stop-failures", study(2, stop), legal)
        self.fires("stop-failures", study(3, stop, workers=4), study(4, stop, workers=4))
        self.fires("stop-failures", study(3, stop, limit=4), study(4, stop, limit=4))
        self.fires("stop-failures", study(9, stop, limit="never"), study(9, limit="never"))
        self.fires("stop-failures", study(3, stop, reason="worker 0 is lost: it has said nothing for 60 s"))
        self.fires("stop-failures", study(3, ("resume",), stop))
        self.passes(study(1, stop, limit=1))
        self.fires("hopeless", study(3, ("d", 3, 3, 0, 0)), study(2, ("d", 2, 2, 0, 0)))
        self.fires("hopeless", study(5, ("d", 5, 5, 0, 0), limit=5), study(3, ("d", 3, 3, 0, 0), limit=5))
        self.passes(study(3, ("resume", {"workers": 3}), ("d", 3, 3, 0, 0)))
        for wrong in (0, -1, True, "often", 2.5, []):
            self.assertTrue(check(study(1, limit=wrong)).violations, wrong)
        # One trial alone, whatever its number of attempts, tells nothing unless a number is given.
        same_one: List[Tuple[Any, ...]] = [("d", 0, 0, 0, 0), ("f", 0, "failed", False)] * 3
        lines = script(*same_one, stop, workers=1, retries=9)
        self.fires("stop-failures", lines, changed(lines, 0, stop_after_failures=3))
        # What has succeeded once is not without hope: a result, or a report that completes a rung.
        done = [event for job in (1, 2, 3) for event in (("d", job, job, 0, 0), ("f", job, "failed", True))]
        options: Line = {"workers": 3, "retries": 0, "algorithm": "random"}
        self.fires("stop-failures", script(*starts(0.5), *done, stop, **options),
                   script(*starts(0.5), *done, ("d", 4, 4, 0, 0), **options))
        live = [event for job in (1, 2, 3) for event in (("l", job, job, 1), ("f", job, "failed", True))]
        options.update(algorithm="stopping", eta=2)
        self.fires("stop-failures", script(("l", 0, 0, 0), ("p", 0, 0.5), *live, stop, **options),
                   script(("l", 0, 0, 0), *live, stop, **options))
        self.fires("hopeless", script(("l", 0, 0, 0), *live, ("l", 4, 4, 1), **options))

    def test_progressive(self) -> None:
        options: Line = {"algorithm": "pasha", "eta": 2, "max_resource": 8}
        four = [("d", job, job, 0, job) for job in range(4)] + [("r", job, 0.1 * (job + 1)) for job in range(4)]
        four += [("d", 4, 0, 1, 0), ("d", 5, 1, 1, 1), ("r", 4, 0.1)]
        settled = script(*four, ("r", 5, 0.2), ("d", 6, 4, 0, 0), **options)
        self.fires("ranking", script(*four, ("r", 5, 0.2), ("d", 6, 0, 2, 0), **options), settled)
        swapped = script(*four, ("r", 5, 0.05), ("d", 6, 1, 2, 0), **options)
        self.fires("start-while-promotable", script(*four, ("r", 5, 0.05), ("d", 6, 4, 0, 0), **options), swapped)

    def test_a_grid_ends_where_its_last_trial_starts(self) -> None:
        budgets: List[Line] = [{}, {"configurations": 100}]
        for budget in budgets:
            grid = Simulation(3, algorithm="sha", n=30).run()
            grid[0].update(sampler={"kind": "grid"}, budget=budget)
            checker = self.passes(grid)
            self.assertTrue(any("whole grid" in note for note in checker.notes))
        repeated = script(*starts(0.5, 0.4), algorithm="grid")
        self.assertTrue(any("repeats" in note for note in self.passes(repeated).notes))

    def test_the_random_share_of_a_sampler_that_learns(self) -> None:
        journal = Simulation(3, n=40).run()
        journal[0]["sampler"] = {"kind": "kde"}

        def learning(trial: int, instead: Line) -> Journal:
            """The journal with the random study's configurations, but for one trial."""
            lines = copy.deepcopy(journal)
            for line in lines:
                if "configuration" in line:
                    line["configuration"] = random_study.configuration(SPACE, 7, line["trial"]) if line["trial"] != trial else instead
            return lines

        other = {"rate": 0.5, "drop": 0.1, "units": 9, "kind": "adam"}
        legal = learning(-1, other)
        by_lot = [number for number in range(40) if random_study.is_random(7, number, 1 / 3)]
        self.assertTrue(5 < len(by_lot) < 25)
        self.fires("random-share", learning(by_lot[3], other), legal)
        free = next(number for number in range(40) if number not in by_lot)
        self.passes(learning(free, other))
        self.fires("configuration", learning(free, {**other, "units": 900}))
        journal[0]["sampler"] = {"kind": "kde", "random_fraction": 1}
        self.fires("random-share", learning(free, other), learning(-1, other))

    def test_a_model_is_made_from_results_and_suggests_what_the_space_has(self) -> None:
        lines = script(*starts(0.5, 0.4))
        lines[0]["sampler"] = {"kind": "gp"}
        line: Line = {"event": "model", "results": 2, "suggestions": [{"rate": 0.5, "drop": 0.2, "units": 9, "kind": "adam"}],
                      "time": lines[-1]["time"]}
        legal = [*lines, line]
        self.passes(legal)
        self.fires("model", changed(legal, -1, results=3), legal)
        self.fires("model", changed(legal, -1, results=0), legal)
        self.fires("model", changed(legal, -1, suggestions=[{"rate": 5.0, "drop": 0.2, "units": 9, "kind": "adam"}]), legal)
        self.fires("model", changed(legal, -1, suggestions=[7]), legal)
        self.fires("model", changed(legal, 0, sampler={"kind": "kde", "random_fraction": 0}), legal)

    def test_what_a_study_learned_from_earlier_ones(self) -> None:
        whole: Line = {"rate": 0.5, "drop": 0.1, "units": 9, "kind": "adam"}
        study: Line = {"from": "earlier", "resource": 9, "results": 40, "start_with": whole, "good": [whole, {"units": 8}],
                       "others": [{}, {"kind": "sgd", "momentum": 0.5}]}
        legal = script(*starts(0.5, 0.4))

        def learned(*studies: Any, **more: Any) -> Journal:
            lines = copy.deepcopy(legal)
            lines[0].update(learned=list(studies), learn_from=["../earlier"] * len(studies), **more)
            lines[1]["configuration"] = whole
            return lines

        sound = learned(study)
        self.passes(sound)
        self.fires("start-with", changed(sound, 1, configuration={**whole, "units": 10}), sound)
        # After the user's own.
        self.fires("start-with", learned(study, start_with=[{"units": 8}]))
        self.fires("learned", learned(study, study), learned(study, without(study, "start_with")))
        self.fires("learned", changed(sound, 0, learn_from=["one", "two"]), sound)
        wrong: List[Line] = [
            {"good": []}, {"good": [whole] * 41}, {"good": [whole] * 129, "results": 200}, {"others": [{}] * 513},
            {"good": [{"units": 7}]}, {"good": [{"depth": 1}]}, {"others": [{"momentum": 0.5}]}, {"others": [3]},
            {"start_with": {"units": 8}}, {"from": 3}, {"results": "many"}]
        for fault in wrong:
            self.fires("learned", learned({**study, **fault}), sound)
        for key in ("from", "resource", "results", "good", "others"):
            self.fires("learned", learned(without(study, key)))
        self.fires("learned", learned(3))
        # Suggestions are counted after all that the study begins with.
        lines = learned(study, sampler={"kind": "kde", "random_fraction": 1})
        lines[2 + 1]["configuration"] = random_study.configuration(SPACE, 7, 0)
        self.fires("random-share", changed(lines, 3, configuration={**whole, "units": 10}), lines)

    def test_a_sampler_that_learns_tries_a_finite_space_once(self) -> None:
        space: Dict[str, Line] = {"x": {"type": "int", "min": 1, "max": 90}}
        drawn: List[Line] = []
        for number in range(60):
            one = random_study.configuration(space, 7, number)
            if one in drawn:
                break
            drawn.append(one)
        self.assertGreater(len(drawn), 4)
        n = len(drawn)
        lines = script(*starts(*["nan"] * n), space=space, n=n)
        lines[0].update(sampler={"kind": "kde"}, distinct=True)
        for line in lines:
            if "configuration" in line:
                line["configuration"] = drawn[line["trial"]]
        again = copy.deepcopy(lines)
        last = max(line["trial"] for line in lines if line["event"] == "dispatch" and line["rung"] == 0)
        for line in again:
            if "configuration" in line and line["trial"] == last:
                line["configuration"] = drawn[0]
        self.fires("random-share", again, lines)

    def test_retries(self) -> None:
        failed = [("d", 0, 0, 0, 0), ("d", 1, 1, 0, 1), ("f", 0, "failed", False)]
        legal = script(*failed, ("d", 2, 2, 0, 0), ("r", 1, 0.5), ("d", 0, 0, 0, 1), ("r", 0, 0.4), workers=2)
        self.fires("retry-worker", script(*failed, ("d", 0, 0, 0, 0), workers=2), legal)
        self.fires("retry-priority", script(*failed, ("r", 1, 0.5), ("d", 2, 2, 0, 1), workers=2))
        self.fires("retry-changed", changed(legal, 6, attempt=3))
        self.fires("retry-changed", changed(legal, 6, trial=1))
        self.fires("retry-unknown", script(*starts(0.5), ("d", 0, 0, 0, 0)))
        self.fires("retry-unknown", script(("d", 0, 0, 0, 0, {"attempt": 2})))
        self.fires("final", changed(legal, 3, final=True))
        self.fires("final", changed(legal, 0, retries=0))
        alone = script(("d", 0, 0, 0, 0), ("f", 0, "failed", False), ("d", 0, 0, 0, 0), workers=1)
        self.fires("retry-priority", script(("d", 0, 0, 0, 0), ("f", 0, "failed", False), ("d", 1, 1, 0, 0), workers=1), alone)
        # Every other worker's last job failed, too: it may be out of service.
        both = self.passes(script(*failed, ("f", 1, "failed", False), ("d", 0, 0, 0, 0), workers=2))
        self.assertTrue(any("no other is known" in note for note in both.notes))

    def test_resume(self) -> None:
        before = [*starts(0.5), ("d", 1, 1, 0, 0), ("d", 2, 2, 0, 1), ("resume",)]
        self.passes(script(*before, ("d", 2, 2, 0, 0), ("d", 1, 1, 0, 5), ("r", 1, 0.3)))
        self.fires("answer", script(*before, ("r", 1, 0.5)))
        self.fires("retry-changed", script(*before, ("d", 1, 1, 0, 0, {"attempt": 2})))
        self.fires("retry-unknown", script(*before, ("d", 0, 0, 0, 0)))
        lost = [*before, ("d", 3, 3, 0, 0), ("r", 3, 0.1)]
        self.fires("stop-idle", script(*lost, ("stop", "configurations"), n=4))


    def test_site(self) -> None:
        hosts: Line = {"started": "2026-02-01T00:00:00Z", "hosts": ["a", "a", "b"], "workers": 3, "batch_job": "17_3"}
        legal = script(*starts(0.5), ("resume", hosts), ("d", 1, 1, 0, 2))
        self.passes(changed(legal, 0, hosts=["a", "b", "c", "d"], batch_job="16"))
        self.fires("site", changed(legal, 0, hosts=["a"]), legal)
        self.fires("site", changed(legal, 0, hosts=["a", "b", "c", 4]), legal)
        self.fires("site", changed(legal, 0, started="yesterday"), legal)
        self.fires("site", script(("resume", {**hosts, "started": "2026"})), script(("resume", hosts)))
        self.fires("site", script(("resume", {**hosts, "hosts": []})))
        self.fires("site", script(("resume", {"hosts": ["a"]})), script(("resume",)))


class CommandLine(CheckerTests):
    def run_on(self, *arguments: str) -> Tuple[int, str]:
        done = subprocess.run([sys.executable, str(HERE / "check_journal.py"), *arguments], check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True)
        return done.returncode, done.stdout

    def test_sums(self) -> None:
        def sealed(line: str) -> str:
            return f'{line[:-1]},"sum":"{zlib.crc32(line[:-1].encode()):08x}"}}'

        lines = text(Simulation(1).run()).splitlines()
        promise = lines[0][:-1] + ',"sums":"crc32"}'
        whole = [sealed(line) for line in [promise] + lines[1:]]
        join = "\n".join
        self.assertEqual(check(join(whole) + "\n").violations, [])
        later = lines[:9] + [sealed(line) for line in lines[9:]]
        self.assertEqual(check(join(later) + "\n").violations, [], "a journal of an older program, gone on with")
        for number, line in ((1, promise), (5, lines[4]), (5, whole[4].replace('"job"', '"jab"'))):
            broken = whole[: number - 1] + [line] + whole[number:]
            checker = check(join(broken) + "\n")
            FIRED.update(checker.kinds)
            self.assertTrue(any(f"line {number} [sum]" in v for v in checker.violations), line)

    def test_exit_codes(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            good, bad, odd = (Path(folder, name) for name in ("good", "bad", "odd"))
            good.write_text(text(Simulation(1).run()) + "{", encoding="utf-8")
            bad.write_text(text(script(*[("d", 9, 9, 0, 9)] * 30)), encoding="utf-8")
            odd.write_bytes(b"\xff\xfe\n")
            code, output = self.run_on(str(good))
            self.assertEqual(code, 0)
            self.assertRegex(output, r"^ok: \d+ jobs, 60 trials")
            self.assertIn("note: ", self.run_on(str(good), "--notes")[1])
            code, output = self.run_on(str(bad))
            self.assertEqual(code, 1)
            self.assertEqual(sum(line.startswith("line ") for line in output.splitlines()), check_journal.SHOWN)
            self.assertEqual(self.run_on(str(odd))[0], 2)
            self.assertEqual(self.run_on(str(Path(folder, "none")))[0], 2)


class ZEveryKind(unittest.TestCase):
    """Runs last (the name sorts last)."""

    def test_every_kind_of_violation_has_fired(self) -> None:
        if not FIRED:
            self.skipTest("only together with the other tests")
        self.assertEqual(set(KINDS) - FIRED, set())


if __name__ == "__main__":
    unittest.main()

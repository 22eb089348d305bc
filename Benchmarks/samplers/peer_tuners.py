"""Other programs' multi-fidelity tuners behind the one interface of `virtual_cluster`.

All have the study's ladder: reduction factor η = 4, and its rungs. Where a tuner counts resource, rung k is η^k to it, so that each
has the same rungs even where R is no power of η. Everything else is at its default. Values that have an order but are listed are
whole numbers to all of them, as are floats with a step.
"""

import logging
import math
import random
import tempfile
import warnings
from typing import Dict, List, NamedTuple, Optional, Tuple

from virtual_cluster import Job, Tuner

ETA = 4


class Axis(NamedTuple):
    """A hyperparameter as the others know it: a range of floats, a range of whole numbers, or choices without an order."""
    name: str
    kind: str  # float, whole, choice
    low: float
    high: float
    log: bool
    values: Optional[List]  # what the whole number or choice stands for, by its number
    when: Optional[Tuple[str, List]]  # another's name, and which of its values let this one exist

    def value(self, number):
        """What the study calls it."""
        return number if self.values is None else self.values[int(number)]


def axes(search_space: Dict) -> List[Axis]:
    found = []
    for name, domain in search_space.items():
        kind = domain["type"]
        low, high, values = domain.get("min", 0), domain.get("max"), domain.get("values")
        if "step" in domain:
            values = [low + i * domain["step"] for i in range(round((high - low) / domain["step"]) + 1)]
        if values is not None:
            low, high, kind = 0, len(values) - 1, "choice" if kind == "categorical" else "whole"
        elif kind == "int":
            kind = "whole"
        when = domain.get("when")
        if when is not None:
            (parent, wanted), = when.items()
            when = parent, wanted if isinstance(wanted, list) else [wanted]
        found.append(Axis(name, kind, low, high, domain.get("scale") == "log" and domain.get("values") is None, values, when))
    return found


def exists(axis: Axis, configuration: Dict) -> bool:
    return axis.when is None or configuration.get(axis.when[0]) in axis.when[1]


def of_study(space: List[Axis], numbers: Dict) -> Dict:
    """A tuner's numbers as the study's configuration, without what does not exist in it."""
    configuration: Dict = {}
    for axis in space:
        if axis.name in numbers and exists(axis, configuration):
            number = numbers[axis.name]
            if axis.kind == "float":
                number = min(max(float(number), axis.low), axis.high)
            elif axis.values is None:
                number = int(number)
            configuration[axis.name] = axis.value(number)
    return configuration


class Optuna(Tuner):
    """TPE, multivariate and with the constant liar, as Optuna 5 has it by default, or its random sampler, with one of its pruners, which
    stop trials. Each worker is a process of its own that samples for itself, which is how Optuna runs on many; what storage and
    network would take is not counted."""

    workers_think = True

    def __init__(self, space, rungs, seed, sampler, pruner):
        import optuna
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        warnings.simplefilter("ignore")
        top = ETA ** (rungs - 1)
        self.optuna, self.space, self.top = optuna, space, rungs - 1
        self.study = optuna.create_study(
            study_name=f"study-{seed}", sampler=getattr(optuna.samplers, sampler)(seed=seed),
            pruner=optuna.pruners.SuccessiveHalvingPruner(min_resource=1, reduction_factor=ETA) if pruner == "sh"
            else optuna.pruners.HyperbandPruner(min_resource=1, max_resource=top, reduction_factor=ETA))
        self.live: Dict[int, object] = {}

    def ask(self):
        trial = self.study.ask()
        configuration: Dict = {}
        for axis in self.space:
            if not exists(axis, configuration):
                continue
            if axis.kind == "float":
                number = trial.suggest_float(axis.name, axis.low, axis.high, log=axis.log)
            elif axis.kind == "whole":
                number = trial.suggest_int(axis.name, axis.low, axis.high, log=axis.log)
            else:
                number = trial.suggest_categorical(axis.name, range(len(axis.values)))
            configuration[axis.name] = axis.value(number)
        self.live[trial.number] = trial
        return Job(trial.number, configuration, 0)

    def tell(self, job, loss):
        trial = self.live[job.trial]
        trial.report(loss, ETA ** job.rung)
        state = self.optuna.trial.TrialState
        if job.rung == self.top:
            if math.isfinite(loss):
                self.study.tell(trial, loss)
            else:
                self.study.tell(trial, state=state.FAIL)
        elif trial.should_prune():
            self.study.tell(trial, state=state.PRUNED)
        else:
            return job._replace(rung=job.rung + 1)
        del self.live[job.trial]
        return None


class SyneTune(Tuner):
    """`baselines.BOHB`: kernel densities over the last losses of all trials, in asynchronous successive halving that stops trials.

    It knows no conditions: it chooses all hyperparameters, and those that do not exist are left out when the trial is trained."""

    def __init__(self, space, rungs, seed):
        import numpy
        from syne_tune import config_space
        from syne_tune.backend.trial_status import Trial
        from syne_tune.optimizer.baselines import BOHB
        logging.disable(logging.WARNING)
        random.seed(seed)
        numpy.random.seed(seed)
        self.Trial, self.space, self.top = Trial, space, rungs - 1
        floats = {False: config_space.uniform, True: config_space.loguniform}
        # Its densities leave the range of whole numbers with a logarithmic scale: they are floats, and rounded.
        wholes = {False: config_space.randint, True: config_space.loguniform}
        domains = {
            axis.name: config_space.choice(list(range(len(axis.values)))) if axis.kind == "choice"
            else (floats if axis.kind == "float" else wholes)[axis.log](axis.low, axis.high) for axis in space}
        self.scheduler = BOHB(
            domains, metric="loss", time_attr="resource", max_t=ETA ** self.top, grace_period=1, reduction_factor=ETA, random_seed=seed)
        self.live: Dict[int, object] = {}
        self.begun = 0

    def ask(self):
        suggestion = self.scheduler.suggest()
        trial = self.Trial(trial_id=self.begun, config=suggestion.config, creation_time=None)
        self.scheduler.on_trial_add(trial)
        self.live[self.begun] = trial
        self.begun += 1
        wholes = {axis.name: round(suggestion.config[axis.name]) for axis in self.space if axis.kind == "whole"}
        return Job(trial.trial_id, of_study(self.space, {**suggestion.config, **wholes}), 0)

    def tell(self, job, loss):
        trial = self.live[job.trial]
        result = {"loss": loss if math.isfinite(loss) else 1e9, "resource": ETA ** job.rung}
        if job.rung == self.top:
            self.scheduler.on_trial_complete(trial, result)
        elif self.scheduler.on_trial_result(trial, result) == "CONTINUE":
            return job._replace(rung=job.rung + 1)
        del self.live[job.trial]
        return None


def config_space(space: List[Axis], seed: int):
    """The search space as ConfigSpace has it: HpBandSter's, SMAC's and DEHB's."""
    import ConfigSpace
    found = ConfigSpace.ConfigurationSpace(seed=seed)
    parameters = {}
    for axis in space:
        if axis.kind == "choice":
            parameter = ConfigSpace.CategoricalHyperparameter(axis.name, list(range(len(axis.values))))
        else:
            kind = ConfigSpace.UniformFloatHyperparameter if axis.kind == "float" else ConfigSpace.UniformIntegerHyperparameter
            parameter = kind(axis.name, axis.low, axis.high, log=axis.log)
        parameters[axis.name] = parameter
        add(found, parameter)
    for axis in space:
        if axis.when is not None:
            parent, wanted = axis.when
            values = next(other.values for other in space if other.name == parent)
            add(found, ConfigSpace.InCondition(parameters[axis.name], parameters[parent], [values.index(value) for value in wanted]))
    return found


def add(space, part) -> None:
    """ConfigSpace took three functions for what is one since version 1."""
    if hasattr(space, "add"):
        space.add(part)
    elif type(part).__name__ == "InCondition":
        space.add_condition(part)
    else:
        space.add_hyperparameter(part)


class HpBandSter(Tuner):
    """BOHB as its authors wrote it: kernel densities on the largest budget with enough results, in Hyperband whose brackets wait for
    whole rungs; where one waits, the next begins. The program's own brackets and model; its network is left out."""

    def __init__(self, space, rungs, seed):
        import numpy
        from hpbandster.core.dispatcher import Job as Result
        from hpbandster.optimizers.bohb import BOHB
        from hpbandster.optimizers.config_generators.bohb import BOHB as Model
        logging.disable(logging.WARNING)
        warnings.simplefilter("ignore")
        numpy.random.seed(seed)
        self.Result, self.space = Result, space
        self.next_iteration = BOHB.get_next_iteration
        # What that asks its optimizer for.
        self.config_generator = Model(config_space(space, seed))
        self.eta, self.max_SH_iter = ETA, rungs
        self.budgets = numpy.array([float(ETA ** rung) for rung in range(rungs)])
        self.iterations: List = []
        self.numbers: Dict[tuple, int] = {}
        self.live: Dict[Tuple[int, int], tuple] = {}

    def ask(self):
        while True:
            for iteration in self.iterations:
                run = None if iteration.is_finished else iteration.get_next_run()
                if run is not None:
                    identifier, configuration, budget = run
                    job = Job(
                        self.numbers.setdefault(identifier, len(self.numbers)), of_study(self.space, configuration),
                        list(self.budgets).index(budget))
                    self.live[job.trial, job.rung] = run
                    return job
            self.iterations.append(self.next_iteration(self, len(self.iterations)))

    def tell(self, job, loss):
        identifier, configuration, budget = self.live.pop((job.trial, job.rung))
        result = self.Result(identifier, config=configuration, budget=budget)
        result.result = {"loss": loss, "info": {}}
        self.iterations[identifier[0]].register_result(result)
        self.config_generator.new_result(result)
        return None


class SMAC(Tuner):
    """`MultiFidelityFacade`: a random forest on the highest budget with enough results, in Hyperband."""

    def __init__(self, space, rungs, seed):
        from smac import MultiFidelityFacade, Scenario
        from smac.runhistory.dataclasses import TrialValue
        logging.disable(logging.ERROR)
        warnings.simplefilter("ignore")
        self.TrialValue, self.space, self.worst = TrialValue, space, 1.0
        self.folder = tempfile.TemporaryDirectory(prefix="smac-")
        scenario = Scenario(
            config_space(space, seed), output_directory=self.folder.name, deterministic=True, n_trials=100_000, min_budget=1,
            max_budget=ETA ** (rungs - 1), seed=seed)
        self.facade = MultiFidelityFacade(
            scenario, lambda configuration, seed, budget: 0.0, intensifier=MultiFidelityFacade.get_intensifier(scenario, eta=ETA),
            initial_design=MultiFidelityFacade.get_initial_design(scenario), overwrite=True, logging_level=50)
        self.numbers: Dict[object, int] = {}
        self.live: Dict[Tuple[int, int], object] = {}

    def ask(self):
        info = self.facade.ask()
        number = self.numbers.setdefault(info.config, len(self.numbers))
        rung = round(math.log(info.budget, ETA))
        self.live[number, rung] = info
        return Job(number, of_study(self.space, dict(info.config)), rung)

    def tell(self, job, loss):
        if math.isfinite(loss):
            self.worst = max(self.worst, loss)
        self.facade.tell(
            self.live.pop((job.trial, job.rung)), self.TrialValue(cost=loss if math.isfinite(loss) else self.worst), save=False)
        return None


class DEHB(Tuner):
    """Differential evolution in Hyperband whose brackets wait for whole rungs. After its first round of brackets it promotes nothing:
    what it trains further is a new configuration, begun anew. With several workers it may promote one twice."""

    def __init__(self, space, rungs, seed):
        from dehb import DEHB as Optimizer
        warnings.simplefilter("ignore")
        self.space = space
        self.folder = tempfile.TemporaryDirectory(prefix="dehb-")
        self.optimizer = Optimizer(
            cs=config_space(space, seed), min_fidelity=1, max_fidelity=ETA ** (rungs - 1), eta=ETA, n_workers=1, seed=seed,
            output_path=self.folder.name, save_freq=None, log_level="ERROR")
        self.numbers: Dict[int, int] = {}
        self.live: Dict[Tuple[int, int], List[Dict]] = {}

    def ask(self):
        job = self.optimizer.ask()
        number = self.numbers.setdefault(job["config_id"], len(self.numbers))
        rung = round(math.log(job["fidelity"], ETA))
        self.live.setdefault((number, rung), []).append(job)
        return Job(number, of_study(self.space, dict(job["config"])), rung)

    def tell(self, job, loss):
        seconds = float(ETA ** job.rung)
        self.optimizer.tell(
            self.live[job.trial, job.rung].pop(), {"fitness": loss if math.isfinite(loss) else math.inf, "cost": seconds})
        self.optimizer._clean_inactive_brackets()
        return None


#: What is compared, by the name that the tables have; what makes it from space, rungs and seed.
PEERS = {
    "optuna tpe + sh": lambda *study: Optuna(*study, "TPESampler", "sh"),
    "optuna tpe + hyperband": lambda *study: Optuna(*study, "TPESampler", "hyperband"),
    "optuna random + sh": lambda *study: Optuna(*study, "RandomSampler", "sh"),
    "hpbandster bohb": HpBandSter,
    "syne tune bohb": SyneTune,
    "smac hyperband": SMAC,
    "dehb": DEHB,
}

"""The configurations of a study whose sampler is `random`, from its seed alone.

Written from the words of Sources/Randomness and docs/schedulers-and-samplers.md: Philox 4x32-10 (Salmon, Moraes, Dror, Shaw, SC11),
one uniform number for each hyperparameter in the order of declaration, active or not.
"""

import math
from typing import Any, Dict, Iterator, Optional, Set

MASK = (1 << 64) - 1
CONFIGURATION, MODEL_SAMPLING = 1, 12  # what a stream of numbers is for

Line = Dict[str, Any]


def mix(z: int) -> int:
    """The finaliser of SplitMix64."""
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9 & MASK
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB & MASK
    return z ^ (z >> 31)


def uniforms(seed: int, purpose: int, index: int) -> Iterator[float]:
    """Uniform numbers in [0, 1) of one stream."""
    key = mix((seed + purpose * 0x9E3779B97F4A7C15) & MASK)
    block = 0
    while True:
        x, y, z, w = block & 0xFFFFFFFF, block >> 32, index & 0xFFFFFFFF, index >> 32
        k, l = key & 0xFFFFFFFF, key >> 32
        for _ in range(10):
            a, b = 0xD2511F53 * x, 0xCD9E8D57 * z
            x, z = (b >> 32) ^ y ^ k, (a >> 32) ^ w ^ l
            y, w = b & 0xFFFFFFFF, a & 0xFFFFFFFF
            k, l = k + 0x9E3779B9 & 0xFFFFFFFF, l + 0xBB67AE85 & 0xFFFFFFFF
        for word in (y << 32 | x, w << 32 | z):
            yield (word >> 11) * 2.0 ** -53
        block += 1


def is_random(seed: int, number: int, fraction: float) -> bool:
    """Whether suggestion `number` of a sampler that learns is one of the random ones by lot."""
    return next(uniforms(seed, MODEL_SAMPLING, number)) < fraction


def value(domain: Line, unit: float) -> Any:
    """What is drawn from a domain at a place in [0, 1)."""
    if "values" in domain:
        return domain["values"][int(unit * len(domain["values"]))]
    low, high, step = domain["min"], domain["max"], domain.get("step")
    logarithmic = domain.get("scale") == "log"
    if domain["type"] == "int":
        if logarithmic:
            low_log, high_log = math.log(low - 0.5), math.log(high + 0.5)
            return min(max(math.floor(math.exp(low_log + unit * (high_log - low_log)) + 0.5), low), high)
        return low + int(unit * ((high - low) // (step or 1) + 1)) * (step or 1)
    if step:
        return low + int(unit * (math.floor((high - low) / step * (1 + 1e-9)) + 1)) * step
    if logarithmic:
        return math.exp(math.log(low) + unit * (math.log(high) - math.log(low)))
    return low + unit * (high - low)


def configuration(space: Dict[str, Line], seed: int, number: int) -> Line:
    """Configuration `number` of the random study."""
    numbers = uniforms(seed, CONFIGURATION, number)
    drawn = {name: value(domain, next(numbers)) for name, domain in space.items()}

    def active(name: str) -> bool:
        for parent, wanted in (space[name].get("when") or {}).items():
            choices = wanted if isinstance(wanted, list) else [wanted]
            if not active(parent) or not any(is_near(drawn[parent], choice) for choice in choices):
                return False
        return True

    return {name: drawn[name] for name in space if active(name)}


def is_near(one: Any, other: Any) -> bool:
    """Whether two values are the same up to the last bits of a maths library."""
    numbers = (int, float)
    if isinstance(one, bool) or isinstance(other, bool) or not isinstance(one, numbers) or not isinstance(other, numbers):
        return type(one) is type(other) and one == other
    return abs(one - other) <= 1e-9 * max(abs(one), abs(other), 1e-300)


def is_same(one: Line, other: Line) -> bool:
    return one.keys() == other.keys() and all(is_near(one[name], other[name]) for name in one)


def key(configuration: Line) -> str:
    """The same for configurations that are the same up to the last bits."""
    return repr(sorted((name, format(v, ".12g") if isinstance(v, float) and v != int(v) else repr(v == int(v) and int(v))
                        if isinstance(v, (int, float)) and not isinstance(v, bool) else repr(v))
                       for name, v in configuration.items()))


#: Of samplers that learn: the share of the random study's configurations, unless the study says another.
RANDOM_FRACTIONS = {"kde": 1 / 3, "gp": 0.0, "auto": 1 / 3}
#: Under `auto` a Gaussian process suggests those before, where the space has no conditions.
AUTOMATIC_SWITCH = 300


class RandomShare:
    """Follows a study whose sampler learns, and tells which configuration of it should have been another."""

    def __init__(self, header: Line, is_distinct: bool) -> None:
        self.space: Dict[str, Line] = header["search_space"]
        self.seed: int = header["seed"]
        sampler: Line = header["sampler"]
        self.fraction: float = sampler.get("random_fraction", RANDOM_FRACTIONS[sampler["kind"]])
        self.first = len(header.get("start_with", [])) + sum("start_with" in study for study in header.get("learned", []))
        modelled = sampler["kind"] == "auto" and not any("when" in domain for domain in self.space.values())
        self.from_number = AUTOMATIC_SWITCH if modelled else 0
        self.is_distinct = is_distinct
        self.drawn: Set[str] = set()  # of a finite space: the random study's
        self.begun: Set[str] = set()
        self.is_over = False  # of a finite space: the random study has come to something again, and is not followed any more

    def fault(self, trial: int, begun: Line) -> Optional[str]:
        """What is wrong with the configuration of a trial that begins."""
        number = trial - self.first
        expected = configuration(self.space, self.seed, number) if number >= 0 else None
        if self.is_distinct:
            again, mine = key(begun) in self.begun, key(expected) if expected is not None else ""
            taken = mine in self.begun
            self.is_over = self.is_over or mine in self.drawn or bool(self.first)
            self.drawn.add(mine)
            self.begun.add(key(begun))
            if again:
                return "it comes again, and the space is finite"
            if self.is_over or taken:
                return None
        if number < self.from_number:
            return None
        if expected is None or not is_random(self.seed, number, self.fraction) or is_same(expected, begun):
            return None
        return f"by lot it is the random study's: {expected}"

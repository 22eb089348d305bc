"""A single configuration, trained by hand."""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from typing import Any

from ._job import Job
from ._trainer import Invalid, Trainer


def train_single(train: Trainer, arguments: Sequence[str]) -> None:
    """Trains the configuration that the command line gives, and prints what comes of it for a person."""
    parser = _parser()
    options, others = parser.parse_known_args(arguments)
    if others:
        print(f"note: not an option of ash_mpi, left to the script: {' '.join(others)}", file=sys.stderr)
    configuration = _configuration(parser, options.configuration)
    if options.check_resume and options.resource < 2:
        parser.error("--check-resume needs a resource of 2 or more to cut in two")

    with tempfile.TemporaryDirectory(prefix="ash-mpi-") as scratch:
        folder = options.checkpoint or os.path.join(scratch, "checkpoint")

        def metrics(folder: str, resource: int, resume_resource: int = 0) -> dict[str, float]:
            job = Job(
                configuration,
                resource=resource,
                resume_resource=resume_resource,
                checkpoint=folder,
                seed=options.seed,
                on_report=lambda resource, metrics: print(f"resource {resource}: {_text(metrics)}", flush=True),
            )
            return train(configuration, job)

        try:
            began = time.monotonic()
            whole = metrics(folder, options.resource, options.resume_resource)
            print(f"{_text(whole)}  ({time.monotonic() - began:.1f} s)", flush=True)
            if options.check_resume:
                print("The same in two parts:")
                parts, middle = os.path.join(scratch, "parts"), options.resource // 2
                metrics(parts, middle)
                _compare(whole, metrics(parts, options.resource, middle), "in two parts")
                # As after a kill between the last checkpoint and the result.
                print("Once more, with nothing left to train:")
                try:
                    again = metrics(parts, options.resource, middle)
                except UnboundLocalError as error:
                    sys.exit(
                        f"{type(error).__name__}: {error}. The loop ran zero times: return nothing after job.report, and the "
                        "last report is the result; or evaluate after the loop."
                    )
                _compare(whole, again, "evaluated again")
                print("Resuming gives the same, bit for bit.")
        except Invalid as reason:
            sys.exit(f"invalid configuration: {reason}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description="Train one configuration, as a study would. In a study this script needs no options.",
        allow_abbrev=False,
    )
    parser.add_argument(
        "--configuration",
        required=True,
        metavar="JSON",
        help="the hyperparameters, or a file that holds them, such as a study's best/configuration.json",
    )
    parser.add_argument("--resource", type=int, default=1, help="train up to here (1)")
    parser.add_argument("--seed", type=int, default=0, help="of all randomness in training (0)")
    parser.add_argument("--checkpoint", metavar="DIR", help="keep the checkpoint here, and go on from what is there")
    parser.add_argument("--resume-resource", type=int, default=0, help="what the checkpoint holds (0)")
    parser.add_argument(
        "--check-resume", action="store_true", help="train again in two parts and compare: a study needs equal losses"
    )
    return parser


def _configuration(parser: argparse.ArgumentParser, text: str) -> dict[str, Any]:
    try:
        if not text.lstrip().startswith("{"):
            with open(text, encoding="utf-8") as file:
                text = file.read()
        value = json.loads(text)
    except (OSError, ValueError) as error:
        parser.error(f"--configuration: {error}; give a JSON object such as '{{\"learning_rate\": 0.01}}', or a file")
    # best/configuration.json names the trial beside its configuration.
    if isinstance(value, dict) and isinstance(value.get("configuration"), dict):
        value = value["configuration"]
    if not isinstance(value, dict):
        parser.error("--configuration: expected a JSON object such as '{\"learning_rate\": 0.01}'")
    return value


def _text(metrics: dict[str, float]) -> str:
    return "  ".join(f"{name} {value:.6g}" for name, value in metrics.items())


def _compare(whole: dict[str, float], parts: dict[str, float], how: str) -> None:
    # As text, so that NaN equals itself.
    different = [name for name in whole if repr(whole[name]) != repr(parts.get(name))]
    if not different:
        return
    for name in different:
        print(f"{name}: {whole[name]!r} in one go, {parts.get(name)!r} {how}")
    sys.exit(
        "Resuming gives something else. The checkpoint has to hold all that training depends on: the optimizer's state, "
        "the random generators', the position in the learning-rate schedule; and all of it has to start from job.seed."
    )

"""Virtual time: what a trial costs, who waits for whom, and what thinking does to it."""

import sys
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from peer_tuners import axes, of_study
from virtual_cluster import Job, Tuner, VirtualCluster


class Line:
    """A unit takes a second; the higher the trial's number, the lower its loss."""
    rungs = [1, 4, 16]

    def curve(self, trial, configuration):
        return [1 / (1 + trial)] * 3, [1.0, 4.0, 16.0]


class Script(Tuner):
    """Gives the jobs of a list, None where it waits; tells what was told it and when its jobs came."""

    def __init__(self, jobs, following=lambda job: None, thinks=0.0):
        self.jobs, self.following, self.thinks, self.told = list(jobs), following, thinks, []

    def ask(self):
        began = time.process_time()
        while time.process_time() - began < self.thinks:
            pass
        return self.jobs.pop(0) if self.jobs else None

    def tell(self, job, loss):
        self.told.append((job.trial, job.rung, loss))
        return self.following(job)


def run(tuner, workers, horizon=100.0):
    return VirtualCluster(tuner, Line(), workers, horizon).run()


class VirtualClusterTests(unittest.TestCase):
    def test_a_trial_that_goes_on_pays_only_the_units_that_are_missing(self):
        outcome = run(Script([Job(0, {}, 0)], lambda job: job._replace(rung=job.rung + 1) if job.rung < 2 else None), 1)
        self.assertAlmostEqual(outcome.curve[0][0], 16, delta=0.01)

    def test_a_paused_trial_goes_on_from_its_checkpoint_on_whichever_worker_is_free(self):
        # Trial 0 is paused after 4 seconds on the first worker; the second takes it up when it is free, after 5.
        outcome = run(Script([Job(0, {}, 1), Job(1, {}, 0), Job(2, {}, 1), Job(3, {}, 1), Job(0, {}, 2)]), 2)
        self.assertAlmostEqual(outcome.curve[0][0], 5 + 12, delta=0.01)
        self.assertEqual((outcome.begun, outcome.asked), (4, 5))

    def test_a_tuner_that_has_nothing_is_asked_again_when_it_was_told_something(self):
        tuner = Script([Job(0, {}, 1), None, Job(1, {}, 2)])
        outcome = run(tuner, 2)
        self.assertEqual([trial for trial, _, _ in tuner.told], [0, 1])
        self.assertAlmostEqual(outcome.curve[0][0], 4 + 16, delta=0.01)

    def test_only_losses_at_the_top_count_and_only_better_ones(self):
        outcome = run(Script([Job(2, {}, 1), Job(1, {}, 2), Job(0, {}, 2), Job(3, {}, 2)]), 1)
        self.assertEqual([loss for _, loss in outcome.curve], [1 / 2, 1 / 4])

    def test_what_ends_after_the_horizon_does_not_count(self):
        self.assertEqual(run(Script([Job(0, {}, 2)]), 1, horizon=15.0).curve, [])

    def test_all_wait_for_a_driver_that_thinks(self):
        serial = run(Script([Job(trial, {}, 2) for trial in range(4)], thinks=0.02), 4)
        self.assertAlmostEqual(serial.curve[-1][0], 16.08, delta=0.03)

        class OwnHeads(Script):
            workers_think = True
        parallel = run(OwnHeads([Job(trial, {}, 2) for trial in range(4)], thinks=0.02), 4)
        self.assertAlmostEqual(parallel.curve[-1][0], 16.02, delta=0.015)
        self.assertGreaterEqual(parallel.thinking, 0.08)


class SpaceTests(unittest.TestCase):
    SPACE = axes({
        "optimizer": {"type": "categorical", "values": ["sgd", "adam"]},
        "momentum": {"type": "float", "min": 0, "max": 0.9, "step": 0.1, "when": {"optimizer": "sgd"}},
        "units": {"type": "int", "min": 8, "max": 64, "scale": "log"},
        "batch": {"type": "ordinal", "values": [16, 32]}})

    def test_a_tuners_numbers_are_the_studys_values(self):
        self.assertEqual(
            of_study(self.SPACE, {"optimizer": 0, "momentum": 3, "units": 9, "batch": 1}),
            {"optimizer": "sgd", "momentum": 3 * 0.1, "units": 9, "batch": 32})

    def test_what_does_not_exist_is_left_out(self):
        self.assertNotIn("momentum", of_study(self.SPACE, {"optimizer": 1, "momentum": 3, "units": 9, "batch": 1}))


if __name__ == "__main__":
    unittest.main()

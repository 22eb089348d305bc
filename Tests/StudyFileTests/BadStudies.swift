// What every bad study gets, word for word. The line numbers are those of `StudyDecodingTests.sound`.

let badLines: [(line: Int, text: String, message: String)] = [
  (
    1, "name: a/b",
    "study.yaml:1: name: is 'a/b'. Use letters, digits, '-', '_' and '.'; it becomes a folder's name."
  ),
  (
    1, "name: ''",
    "study.yaml:1: name: is ''. Use letters, digits, '-', '_' and '.'; it becomes a folder's name."
  ),
  (
    1, "name:",
    "study.yaml:1: name: is nothing, expected a text. Give a text."
  ),
  (
    1, "name: [a]",
    "study.yaml:1: name: is a list, expected a text. Give a text."
  ),
  (
    1, "nmae: x",
    "study.yaml:1: nmae: unknown key. Did you mean 'name'?"
  ),
  (
    1, "Name: x",
    "study.yaml:1: Name: unknown key. Did you mean 'name'?"
  ),
  (
    1, "zzz: 1",
    "study.yaml:1: zzz: unknown key. Known here: name, seed, objective, search_space, scheduler, sampler, budget, retries, stop_after_failures, start_with, learn_from, worker, checkpoints, trainer, directory."
  ),
  (
    2, "seed: -1",
    "study.yaml:2: seed: is -1. Give a whole number, at least 0."
  ),
  (
    2, "seed: 1.5",
    "study.yaml:2: seed: is '1.5', expected a whole number. Give a whole number."
  ),
  (
    2, "seed: abc",
    "study.yaml:2: seed: is 'abc', expected a whole number. Give a whole number."
  ),
  (
    2, "seed: 99999999999999999999",
    "study.yaml:2: seed: is '99999999999999999999', expected a whole number. Give one from 0 to 18446744073709551615."
  ),
  (
    2, "seed: {}",
    "study.yaml:2: seed: is a mapping, expected a whole number. Give a whole number."
  ),
  (
    2, "name: again",
    "study.yaml:2: name: the key stands here twice. Keep one of the two."
  ),
  (
    3, "learn_from: {a: b}",
    "study.yaml:3: learn_from: is a mapping, expected a list. Write [a, b, c]."
  ),
  (
    3, "learn_from: [a, [b]]",
    "study.yaml:3: learn_from: holds a list where a value should stand. Give numbers, texts, true or false."
  ),
  (
    3, "learn_from: ['']",
    "study.yaml:3: learn_from: names a folder that has no name. Give the folders of studies: [ash-runs/a-1]."
  ),
  (
    3, "learn_from: [a, ./b/../a]",
    "study.yaml:3: learn_from: names ./b/../a twice. Keep one of the two."
  ),
  (
    3, "learn_from: [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q]",
    "study.yaml:3: learn_from: names 17 studies, and a study may learn from 16. Keep those that are most like this one."
  ),
  (
    3, "checkpoints: {kept: all}",
    "study.yaml:3: checkpoints.kept: unknown key. Known here: keep."
  ),
  (
    3, "checkpoints: all",
    "study.yaml:3: checkpoints: expected a mapping, found 'all'. Write checkpoints: {keep: all}."
  ),
  (
    3, "checkpoints: {keep: promoteable}",
    "study.yaml:3: checkpoints.keep: is 'promoteable'. Did you mean 'promotable'? Choose one of: promotable, all, best N (such as best 5, and N at least 1)."
  ),
  (
    3, "checkpoints: {keep: 5}",
    "study.yaml:3: checkpoints.keep: is '5'. Did you mean 'best 5'? Choose one of: promotable, all, best N (such as best 5, and N at least 1)."
  ),
  (
    3, "checkpoints: {keep: best 0}",
    "study.yaml:3: checkpoints.keep: is 'best 0'. Choose one of: promotable, all, best N (such as best 5, and N at least 1)."
  ),
  (
    3, "checkpoints: {keep: [best, 5]}",
    "study.yaml:3: checkpoints.keep: is a list, expected a text. Give a text."
  ),
  (
    3, "worker: {thread: 2}",
    "study.yaml:3: worker.thread: unknown key. Did you mean 'threads'?"
  ),
  (
    3, "worker: {threads: 0}",
    "study.yaml:3: worker.threads: is 0. Give a whole number, 1 to 1024."
  ),
  (
    3, "worker: {threads: two}",
    "study.yaml:3: worker.threads: is 'two', expected a whole number. Give a whole number."
  ),
  (
    3, "worker: 2",
    "study.yaml:3: worker: expected a mapping, found '2'. Write worker: {ranks: 2}."
  ),
  (
    3, "objective: {metric: loss, mode: maximum}",
    "study.yaml:3: objective.mode: is 'maximum'. Choose one of: min, max."
  ),
  (
    5, "  learning_rate: {type: categorical, values: [a, \"a\\0b\"]}",
    "study.yaml:5: search_space.learning_rate.values: has a text with a NUL character. No program can be given one."
  ),
  (
    5, "  learning_rate: {type: categorical, values: [1, 12345678901234567890]}",
    "study.yaml:5: search_space.learning_rate.values: holds 12345678901234567890, a whole number of more than 64 bits. Put it in quotation marks, as a text, or write it as a floating-point number such as 1.0e20."
  ),
  (
    5, "  learning_rate: {type: categorical, values: [1, 0xFFFFFFFFFFFFFFFFF]}",
    "study.yaml:5: search_space.learning_rate.values: holds 0xFFFFFFFFFFFFFFFFF, a whole number of more than 64 bits. Put it in quotation marks, as a text, or write it as a floating-point number such as 1.0e20."
  ),
  (
    3, "objective: {metrics: loss}",
    "study.yaml:3: objective.metrics: unknown key. Did you mean 'metric'?"
  ),
  (
    3, "objective: loss",
    "study.yaml:3: objective: expected a mapping, found 'loss'. Write objective: {metric: loss}."
  ),
  (
    3, "objective: {mode: [max]}",
    "study.yaml:3: objective.mode: is a list, expected a text. Give a text."
  ),
  (
    4, "search_space: {}\nx:",
    "study.yaml:5: x: unknown key. Known here: name, seed, objective, search_space, scheduler, sampler, budget, retries, stop_after_failures, start_with, learn_from, worker, checkpoints, trainer, directory."
  ),
  (
    5, "  learning_rate: {type: float, min: 1, max: 0.5}",
    "study.yaml:5: search_space.learning_rate.min: min 1.0 is larger than max 0.5. Swap the two."
  ),
  (
    5, "  learning_rate: {type: float, min: 0, max: 1, scale: log}",
    "study.yaml:5: search_space.learning_rate.scale: a log scale needs min > 0, but min is 0.0. Raise min above 0 or use scale: linear."
  ),
  (
    5, "  learning_rate: {type: float, min: 0.1, max: 1, scale: logarithmic}",
    "study.yaml:5: search_space.learning_rate.scale: is 'logarithmic'. Choose one of: linear, log."
  ),
  (
    5, "  learning_rate: {type: float, min: 0.1}",
    "study.yaml:5: search_space.learning_rate.max: is missing. Give a number."
  ),
  (
    5, "  learning_rate: {min: 0.1, max: 1}",
    "study.yaml:5: search_space.learning_rate.type: is missing. Choose one of: float, int, categorical, ordinal."
  ),
  (
    5, "  learning_rate: {type: double, min: 0.1, max: 1}",
    "study.yaml:5: search_space.learning_rate.type: is 'double'. Choose one of: float, int, categorical, ordinal."
  ),
  (
    5, "  learning_rate: {type: float, min: low, max: 1}",
    "study.yaml:5: search_space.learning_rate.min: is 'low', expected a number. Give a number such as 0.1 or 1.0e-4."
  ),
  (
    5, "  learning_rate: {type: float, min: .nan, max: 1}",
    "study.yaml:5: search_space.learning_rate.min: is '.nan', expected a number. Give a number such as 0.1 or 1.0e-4."
  ),
  (
    5, "  learning_rate: {type: float, minimum: 0.1, max: 1}",
    "study.yaml:5: search_space.learning_rate.minimum: unknown key. Known here: type, when, min, max, scale, step."
  ),
  (
    5, "  learning_rate: 0.1",
    "study.yaml:5: search_space.learning_rate: expected a mapping, found '0.1'. Write learning_rate: {type: categorical, values: [0.1]} for a value that stays the same."
  ),
  (
    5, "  learning rate: {type: float, min: 0.1, max: 1}",
    "study.yaml:5: search_space.learning rate: the name 'learning rate' can't be written as a {placeholder}. Use the letters a to z, digits, '_', '-' and '.' only."
  ),
  (
    5, "  trial: {type: float, min: 0.1, max: 1}",
    "study.yaml:5: search_space.trial: the name 'trial' is reserved: {trial} stands for a part of the job. Choose another name, such as 'trial_value'."
  ),
  (
    5, "  dropout: {type: float, min: 0.1, max: 1}",
    "study.yaml:8: dropout: the key stands here twice. Keep one of the two."
  ),
  (
    6, "  hidden_units: {type: int, min: 8.5, max: 256}",
    "study.yaml:6: search_space.hidden_units.min: is '8.5', expected a whole number. Give a whole number."
  ),
  (
    6, "  hidden_units: {type: int, min: 0, max: 256, scale: log}",
    "study.yaml:6: search_space.hidden_units.scale: a log scale needs min > 0, but min is 0. Raise min to 1 or use scale: linear."
  ),
  (
    6, "  hidden_units: {type: int, min: 8, max: 256, step: 0}",
    "study.yaml:6: search_space.hidden_units.step: step 0 is not above 0. Give a positive step or leave it out."
  ),
  (
    6, "  hidden_units: {type: int, min: 8, max: 256, scale: log, step: 2}",
    "study.yaml:6: search_space.hidden_units.step: a step has no meaning on a log scale. Leave the step out, use scale: linear, or list the values as an ordinal."
  ),
  (
    6, "  hidden_units: {type: int, min: 8, max: 99999999999999999}",
    "study.yaml:6: search_space.hidden_units.max: 99999999999999999 is too large: whole numbers go up to 2^53 = 9007199254740992. Narrow the range or use type: float."
  ),
  (
    7, "  batch_size: {type: categorical, values: []}",
    "study.yaml:7: search_space.batch_size.values: the list of values is empty. List at least one value."
  ),
  (
    7, "  batch_size: {type: categorical}",
    "study.yaml:7: search_space.batch_size.values: is missing. List them: values: [16, 32, 64]."
  ),
  (
    7, "  batch_size: {type: categorical, values: [16, 32, 16]}",
    "study.yaml:7: search_space.batch_size.values: 16 occurs twice. List every value once."
  ),
  (
    7, "  batch_size: {type: categorical, values: [16, [32]]}",
    "study.yaml:7: search_space.batch_size.values: holds a list where a value should stand. Give numbers, texts, true or false."
  ),
  (
    7, "  batch_size: {type: categorical, values: [16, null]}",
    "study.yaml:7: search_space.batch_size.values: holds 'null' where a value should stand. Give numbers, texts, true or false."
  ),
  (
    7, "  batch_size: {type: categorical, values: {a: 1}}",
    "study.yaml:7: search_space.batch_size.values: is a mapping, expected a list. Write [a, b, c]."
  ),
  (
    7, "  batch_size: {type: categorical, values: [16, 32], min: 1}",
    "study.yaml:7: search_space.batch_size.min: unknown key. Known here: type, when, values."
  ),
  (
    7, "  batch_size: {type: ordinal, values: []}",
    "study.yaml:7: search_space.batch_size.values: the list of values is empty. List at least one value."
  ),
  (
    8, "  dropout: {type: float, min: 0, max: 0.6, step: 0.7}",
    "study.yaml:8: search_space.dropout.step: step 0.7 is larger than the range from 0.0 to 0.6. Give a smaller step, or a single value as min and max."
  ),
  (
    8, "  dropout: {type: float, min: 0, max: 0.6, step: -1}",
    "study.yaml:8: search_space.dropout.step: step -1.0 is not above 0. Give a positive step or leave it out."
  ),
  (
    8, "  dropout: {type: float, min: 0, max: 0.6, when: {optimizer: sgd}}",
    "study.yaml:8: search_space.dropout.when: there is no hyperparameter 'optimizer'. There are learning_rate, hidden_units, batch_size."
  ),
  (
    8, "  dropout: {type: float, min: 0, max: 0.6, when: {batch_size: 17}}",
    "study.yaml:8: search_space.dropout.when: 'batch_size' never is 17. Give one of 16, 32, 64, 128."
  ),
  (
    8, "  dropout: {type: float, min: 0, max: 0.6, when: {dropout: 1}}",
    "study.yaml:8: search_space.dropout.when: 'dropout' takes any number in its range, so that it practically never equals a given one. Give 'dropout' a step or a list of values."
  ),
  (
    8, "  dropout: {type: float, min: 0, max: 0.6, when: {learning_rate: 0.5}}",
    "study.yaml:8: search_space.dropout.when: 'learning_rate' takes any number in its range, so that it practically never equals a given one. Give 'learning_rate' a step or a list of values."
  ),
  (
    8, "  dropout: {type: float, min: 0, max: 0.6, when: {batch_size: []}}",
    "study.yaml:8: search_space.dropout.when: no value of 'batch_size' is listed. List at least one."
  ),
  (
    9, "scheduler: {reduction_factor: 1, max_resource: 64}",
    "study.yaml:9: scheduler.reduction_factor: must be a whole number of at least 2, and is 1. The usual choices are 4 and 3."
  ),
  (
    9, "scheduler: {min_resource: 8, max_resource: 4}",
    "study.yaml:9: scheduler.max_resource: must be at least min_resource, 8, and is 4. Raise max_resource or lower min_resource."
  ),
  (
    9, "scheduler: {min_resource: 0, max_resource: 4}",
    "study.yaml:9: scheduler.min_resource: must be at least 1, and is 0. Resources are whole units of training, such as epochs."
  ),
  (
    9, "scheduler: {max_resource: 64, early_stopping_rate: 4}",
    "study.yaml:9: scheduler.early_stopping_rate: must be from 0 to 3 for this ladder, and is 4. It counts the lowest rungs to leave out, and at least one has to stay; 0 is the usual choice."
  ),
  (
    9, "scheduler: {algorithm: ahsa}",
    "study.yaml:9: scheduler.algorithm: is 'ahsa'. Did you mean 'asha'? Choose one of: asha, hyperband, pasha, stopping, median, curve, sha, parallel_sha, sync_hyperband, top_k, random, grid."
  ),
  (
    9, "scheduler: {reduction: 4}",
    "study.yaml:9: scheduler.reduction: unknown key. Known here: algorithm, reduction_factor, min_resource, max_resource, early_stopping_rate, resources, promotion, brackets, bracket_size, top_k, min_trials, stop_probability."
  ),
  (
    9, "scheduler: {reduction_factor: four}",
    "study.yaml:9: scheduler.reduction_factor: is 'four', expected a whole number. Give a whole number."
  ),
  (
    9, "scheduler: {resources: [1, 3, 3]}",
    "study.yaml:9: scheduler.resources: must increase from rung to rung, and 3 follows 3. A rung has to train further than the one below it: sort the list and drop what stands in it twice."
  ),
  (
    9, "scheduler: {resources: []}",
    "study.yaml:9: scheduler.resources: names no rung. List at least one resource, or set max_resource instead."
  ),
  (
    9, "scheduler: {resources: [1, 2.5]}",
    "study.yaml:9: scheduler.resources: holds '2.5', expected whole numbers. Give a list such as [1, 3, 9]."
  ),
  (
    9, "scheduler: {resources: [1, 2], max_resource: 2}",
    "study.yaml:9: scheduler.max_resource: stands beside 'resources', which names the rungs already. Keep one of the two."
  ),
  (
    9, "scheduler: {algorithm: random}",
    "study.yaml:9: scheduler.max_resource: is missing, and random trains every configuration to it. Set max_resource, or use algorithm: asha, which can do without."
  ),
  (
    9, "scheduler: {algorithm: sha, promotion: delayed, max_resource: 4}",
    "study.yaml:9: scheduler.promotion: delayed has no meaning for sha. Take it out, or use algorithm: asha or hyperband."
  ),
  (
    9, "scheduler: {algorithm: hyperband}",
    "study.yaml:9: scheduler.max_resource: is missing, and hyperband needs a top rung to train to. Set max_resource, or use algorithm: asha, which can do without."
  ),
  (
    9, "scheduler: {algorithm: hyperband, max_resource: 64, early_stopping_rate: 2}",
    "study.yaml:9: scheduler.early_stopping_rate: is 2, and hyperband has a bracket for each. Take it out; 'brackets: [2]' runs this bracket alone."
  ),
  (
    9, "scheduler: {algorithm: hyperband, max_resource: 64, brackets: [0, 4]}",
    "study.yaml:9: scheduler.brackets: has 4, and this ladder's brackets are 0 to 3. Bracket s leaves out the lowest s rungs, and at least one has to stay."
  ),
  (
    9, "scheduler: {algorithm: sync_hyperband, max_resource: 64, brackets: [1, 1]}",
    "study.yaml:9: scheduler.brackets: must rise, and 1 follows 1. Sort the list and drop what stands in it twice."
  ),
  (
    9, "scheduler: {algorithm: sync_hyperband, max_resource: 64, brackets: []}",
    "study.yaml:9: scheduler.brackets: names no bracket. List at least one, or leave it out to have all."
  ),
  (
    9, "scheduler: {max_resource: 64, brackets: [0]}",
    "study.yaml:9: scheduler.brackets: has no meaning for asha. Take it out; it belongs to algorithm: hyperband or sync_hyperband."
  ),
  (
    9, "scheduler: {algorithm: parallel_sha, max_resource: 64, bracket_size: 0}",
    "study.yaml:9: scheduler.bracket_size: must be at least 1, and is 0. Give a whole number, or leave it out for the default."
  ),
  (
    9, "scheduler: {algorithm: top_k, max_resource: 64, top_k: 257}",
    "study.yaml:9: scheduler.top_k: is 257, and there are only 256 configurations. Lower it, or raise budget.configurations."
  ),
  (
    9, "scheduler: {algorithm: top_k, max_resource: 2}",
    "study.yaml:9: scheduler.max_resource: leaves one rung, and top_k needs a first and a last. Raise max_resource, or lower min_resource."
  ),
  (
    9, "scheduler: {algorithm: median, max_resource: 64, min_trials: -1}",
    "study.yaml:9: scheduler.min_trials: must be at least 1, and is -1. Give a whole number, or leave it out for the default."
  ),
  (
    9, "scheduler: {algorithm: median, max_resource: 64, stop_probability: 0.1}",
    "study.yaml:9: scheduler.stop_probability: has no meaning for median. Take it out; it belongs to algorithm: curve."
  ),
  (
    9, "scheduler: {algorithm: curve, max_resource: 64, stop_probability: 1}",
    "study.yaml:9: scheduler.stop_probability: must be between 0 and 1, and is 1.0. The default is 0.05: stop what becomes the best with less than 5 % probability."
  ),
  (
    9, "scheduler: {algorithm: pasha, max_resource: 64, promotion: delayed}",
    "study.yaml:9: scheduler.promotion: delayed has no meaning for pasha. Take it out, or use algorithm: asha or hyperband."
  ),
  (
    9, "scheduler: {promotion: lazy}",
    "study.yaml:9: scheduler.promotion: is 'lazy'. Choose one of: eager, delayed."
  ),
  (
    9, "scheduler: {algorithm: grid, max_resource: 4}",
    "study.yaml:10: sampler: is not a grid, but the scheduler is. Use sampler: {kind: grid, levels: …}."
  ),
  (
    9, "scheduler:",
    "study.yaml:9: scheduler: expected a mapping, found nothing. Write 'key: value' lines or {key: value}."
  ),
  (
    9, "# no scheduler",
    "study.yaml:1: scheduler: is missing. Give the ladder: scheduler: {algorithm: asha, reduction_factor: 4, min_resource: 1, max_resource: 64}."
  ),
  (
    10, "sampler: {kind: gird}",
    "study.yaml:10: sampler.kind: is 'gird'. Did you mean 'grid'? Choose one of: random, grid, sobol, kde, gp, auto."
  ),
  (
    10, "sampler: {kind: random, levels: 3}",
    "study.yaml:10: sampler.levels: unknown key. Known here: kind."
  ),
  (
    10, "sampler: {kind: grid}",
    "study.yaml:5: search_space.learning_rate: a float without a step has no grid of its own. Give the number of levels, or a step."
  ),
  (
    10, "sampler: {kind: kde, candidate: 3}",
    "study.yaml:10: sampler.candidate: unknown key. Did you mean 'candidates'?"
  ),
  (
    10, "sampler: {kind: kde, random_fraction: 1.5}",
    "study.yaml:10: sampler.random_fraction: is 1.5. Give the share of random configurations, from 0 to 1."
  ),
  (
    10, "sampler: {kind: kde, good_fraction: 0}",
    "study.yaml:10: sampler.good_fraction: is 0.0. Give the share of the results that count as good, above 0 and at most 0.5."
  ),
  (
    10, "sampler: {kind: kde, candidates: 0}",
    "study.yaml:10: sampler.candidates: is 0. Give a whole number, 1 to 10000."
  ),
  (
    10, "sampler: {kind: kde, bandwidth_factor: 1000}",
    "study.yaml:10: sampler.bandwidth_factor: is 1000.0. Give how much wider the kernels are that are drawn from, from 0.1 to 100."
  ),
  (
    10, "sampler: {kind: kde, min_bandwidth: 2}",
    "study.yaml:10: sampler.min_bandwidth: is 2.0. Give a share of a hyperparameter's range, from 0.001 to 1."
  ),
  (
    10, "sampler: {kind: grid, levels: 0}",
    "study.yaml:10: sampler.levels: is 0. Give a whole number, 1 to 1000000."
  ),
  (
    10, "sampler: {kind: grid, levels: {learning_rat: 3}}",
    "study.yaml:10: sampler.levels.learning_rat: unknown key. Did you mean 'learning_rate'?"
  ),
  (
    10, "sampler: {kind: grid, levels: {learning_rate: 3, hidden_units: 3, batch_size: 2}}",
    "study.yaml:7: search_space.batch_size: a categorical hyperparameter has no 2 equally spaced levels. Leave its levels out (all 4 values are tried), or list fewer values."
  ),
  (
    10, "sampler: grid",
    "study.yaml:10: sampler: expected a mapping, found 'grid'. Write sampler: {kind: grid}."
  ),
  (
    11, "budget: {}",
    "study.yaml:11: budget: nothing ends this study. Give a budget: {configurations: 256} or {time: 30m}."
  ),
  (
    11, "budget: {configurations: 0}",
    "study.yaml:11: budget.configurations: is 0. Give a whole number, at least 1."
  ),
  (
    11, "budget: {configurations: many}",
    "study.yaml:11: budget.configurations: is 'many', expected a whole number. Give a whole number."
  ),
  (
    11, "budget: {configurations: 1.5}",
    "study.yaml:11: budget.configurations: is '1.5', expected a whole number. Give a whole number."
  ),
  (
    11, "budget: {target: low}",
    "study.yaml:11: budget.target: is 'low', expected a number. Give a number such as 0.1 or 1.0e-4."
  ),
  (
    11, "budget: {target: 0.1}",
    "study.yaml:11: budget: nothing ends this study. Give a budget: {configurations: 256} or {time: 30m}."
  ),
  (
    11, "budget: {config: 3}",
    "study.yaml:11: budget.config: unknown key. Known here: configurations, time, target."
  ),
  (
    11, "budget: 256",
    "study.yaml:11: budget: expected a mapping, found '256'. Write budget: {configurations: 256}."
  ),
  (
    11, "# no budget",
    "study.yaml:1: nothing ends this study. Give a budget: {configurations: 256} or {time: 30m}."
  ),
  (
    12, "retries: -1",
    "study.yaml:12: retries: is -1. Give a whole number, 0 to 1000."
  ),
  (
    12, "retries: 1001",
    "study.yaml:12: retries: is 1001. Give a whole number, 0 to 1000."
  ),
  (
    12, "retries: some",
    "study.yaml:12: retries: is 'some', expected a whole number. Give a whole number."
  ),
  (
    13, "start_with: [{learning_rate: 2, hidden_units: 64, batch_size: 32, dropout: 0.0}]",
    "study.yaml:13: start_with[0].learning_rate: 2 is not in its domain. Give a number from 0.0001 to 1.0."
  ),
  (
    13, "start_with: [{learning_rate: 0.1, hidden_units: 64, batch_size: 33, dropout: 0.0}]",
    "study.yaml:13: start_with[0].batch_size: 33 is not in its domain. Give one of 16, 32, 64, 128."
  ),
  (
    13, "start_with: [{learning_rate: 0.1}, {dropout: 0.61}]",
    "study.yaml:13: start_with[1].dropout: 0.61 is not in its domain. Give a number from 0.0 to 0.6 in steps of 0.1."
  ),
  (
    13, "start_with: [{learning_rat: 0.1, hidden_units: 64, batch_size: 32, dropout: 0.0}]",
    "study.yaml:13: start_with[0].learning_rat: the search space has no hyperparameter 'learning_rat'. Did you mean 'learning_rate'?"
  ),
  (
    13, "start_with: [{learning_rate: 0.1, hidden_units: 64, batch_size: 32, dropout: 0.05}]",
    "study.yaml:13: start_with[0].dropout: 0.05 is not in its domain. Give a number from 0.0 to 0.6 in steps of 0.1."
  ),
  (
    13, "start_with: {learning_rate: 0.1}",
    "study.yaml:13: start_with: is a mapping, expected a list. Write [a, b, c]."
  ),
  (
    13, "start_with: [0.1]",
    "study.yaml:13: start_with[0]: expected a mapping, found '0.1'. Write 'key: value' lines or {key: value}."
  ),
  (
    13, "start_with: [{learning_rate: [0.1], hidden_units: 64, batch_size: 32, dropout: 0.0}]",
    "study.yaml:13: start_with[0].learning_rate: is a list, expected a value. Give a value."
  ),
  (
    14, "trainer: mlp",
    "study.yaml:14: trainer: expected a mapping, found 'mlp'. Write trainer: {kind: mlp}."
  ),
  (
    14, "trainer:",
    "study.yaml:14: trainer: expected a mapping, found nothing. Write 'key: value' lines or {key: value}."
  ),
  (
    14, "# no trainer",
    "study.yaml:1: trainer: is missing. Say what trains a configuration: trainer: {kind: mlp, dataset: data.csv, target: y}."
  ),
  (
    12, "\tretries: 2",
    "study.yaml:12: not valid YAML: found character that cannot start any token. The line begins with a tab: indent with blanks."
  ),
  (
    12, "retries: \"\\S\"",
    "study.yaml:12: not valid YAML: found unknown escape character. Between double quotation marks '\\' begins an escape: use single ones."
  ),
  (
    12, "retries: '2'",
    "study.yaml:12: retries: is '2', expected a whole number. Take the quotation marks away."
  ),
  (
    12, "retries: [2",
    "study.yaml:13: not valid YAML: did not find expected ',' or ']'. Mind the indentation, and quote texts that hold ':' or '#'."
  ),
  (
    12, "retries: \"2",
    "study.yaml:15: not valid YAML: found unexpected end of stream. Mind the indentation, and quote texts that hold ':' or '#'."
  ),
  (
    12, "  retries: 2",
    "study.yaml:12: not valid YAML: did not find expected key. Mind the indentation, and quote texts that hold ':' or '#'."
  ),
  (
    12, "retries: *two",
    "study.yaml:12: not valid YAML: found undefined alias. Mind the indentation, and quote texts that hold ':' or '#'."
  ),
  (
    12, "? [a]\n: 2",
    "study.yaml:12: a key is not a plain word. Write 'key: value'."
  ),
  (
    12, "---",
    "study.yaml:12: not valid YAML: but found another document. Mind the indentation, and quote texts that hold ':' or '#'."
  ),
  (
    12, "retries: 2: 3",
    "study.yaml:12: not valid YAML: mapping values are not allowed in this context. Mind the indentation, and quote texts that hold ':' or '#'."
  ),
  (
    12, "retries: @x",
    "study.yaml:12: not valid YAML: found character that cannot start any token. Mind the indentation, and quote texts that hold ':' or '#'."
  ),
]

let badDocuments: [(text: String, message: String)] = [
  (
    "",
    "study.yaml: the file is empty. Run 'ash-mpi init' for a study to start from."
  ),
  (
    "# nothing\n",
    "study.yaml: the file is empty. Run 'ash-mpi init' for a study to start from."
  ),
  (
    "---\n",
    "study.yaml:2: expected a mapping, found nothing. Write 'key: value' lines or {key: value}."
  ),
  (
    "[1, 2]\n",
    "study.yaml:1: expected a mapping, found a list. Write 'key: value' lines or {key: value}."
  ),
  (
    "just text\n",
    "study.yaml:1: expected a mapping, found 'just text'. Write 'key: value' lines or {key: value}."
  ),
  (
    "name: x\n",
    "study.yaml:1: search_space: is missing. Name the hyperparameters: search_space: {learning_rate: {type: float, …}}."
  ),
  (
    "search_space: {x: {type: int, min: 1, max: 2}}\n",
    "study.yaml:1: trainer: is missing. Say what trains a configuration: trainer: {kind: mlp, dataset: data.csv, target: y}."
  ),
  (
    "search_space: {x: {type: int, min: 1, max: 2}}\ntrainer: {kind: none}\nbudget: {time: 1}\n",
    "study.yaml:1: scheduler: is missing. Give the ladder: scheduler: {algorithm: asha, reduction_factor: 4, min_resource: 1, max_resource: 64}."
  ),
  (
    "search_space: [x]\n",
    "study.yaml:1: search_space: expected a mapping, found a list. Write 'key: value' lines or {key: value}."
  ),
  (
    "search_space:\n",
    "study.yaml:1: search_space: expected a mapping, found nothing. Write 'key: value' lines or {key: value}."
  ),
  (
    "name: a\nname: b\n",
    "study.yaml:2: name: the key stands here twice. Keep one of the two."
  ),
  (
    "search_space:\n  x: {type: int, min: 1, max: 2}\n  x: {type: int, min: 1, max: 2}\n",
    "study.yaml:3: x: the key stands here twice. Keep one of the two."
  ),
  (
    "search_space:\n  x: {type: int, min: 1, min: 2, max: 2}\n",
    "study.yaml:2: min: the key stands here twice. Keep one of the two."
  ),
  (
    "search_space:\n  a: {type: categorical, values: [1, 2], when: {b: 1}}\n  b: {type: categorical, values: [1, 2], when: {a: 1}}\nscheduler: {}\nbudget: {time: 1}\ntrainer: {kind: none}\n",
    "study.yaml:2: search_space.a.when: the conditions go round in a circle: a needs b needs a. Take one of them away."
  ),
  (
    "scheduler: {algorithm: sha, max_resource: 4}\nsearch_space: {x: {type: float, min: 0, max: 1}}\nbudget: {time: 1}\ntrainer: {kind: none}\n",
    "study.yaml:3: budget.configurations: is missing, and sha needs it. Set budget.configurations to the number of trials in the first rung, or use algorithm: asha."
  ),
  (
    "scheduler: {algorithm: grid, max_resource: 4}\nsearch_space: {x: {type: float, min: 0, max: 1}}\ntrainer: {kind: none}\n",
    "study.yaml:2: search_space.x: a float without a step has no grid of its own. Give the number of levels, or a step."
  ),
  (
    "\0",
    "study.yaml:1: not valid YAML: control characters are not allowed. A study is plain text; is this the right file?"
  ),
]

let badOverrides: [(override: String, message: String)] = [
  (
    "seed",
    "--set seed: expected key=value. Write for example --set budget.configurations=64."
  ),
  (
    "=5",
    "--set =5: expected key=value. Write for example --set budget.configurations=64."
  ),
  (
    "seed=",
    "--set seed=: expected key=value. Write for example --set budget.configurations=64."
  ),
  (
    "seed= ",
    "--set seed= : expected key=value. Write for example --set budget.configurations=64."
  ),
  (
    "seed=x",
    "--set seed=x: seed: is 'x', expected a whole number. Give a whole number."
  ),
  (
    "seed=-1",
    "--set seed=-1: seed: is -1. Give a whole number, at least 0."
  ),
  (
    "sede=5",
    "--set sede=5: sede: unknown key. Did you mean 'seed'?"
  ),
  (
    "budget.time=soon",
    "--set budget.time=soon: budget.time: is 'soon', expected a length of time. Give one such as 90s, 30m, 2h or 1h30m."
  ),
  (
    "budget.configuration=5",
    "--set budget.configuration=5: budget.configuration: unknown key. Did you mean 'configurations'?"
  ),
  (
    "budget=5",
    "--set budget=5: budget: expected a mapping, found '5'. Write budget: {configurations: 5}."
  ),
  (
    "search_space.learning_rate.min=2",
    "--set search_space.learning_rate.min=2: search_space.learning_rate.min: min 2.0 is larger than max 1.0. Swap the two."
  ),
  (
    "search_space.learning_rate.scale=cubic",
    "--set search_space.learning_rate.scale=cubic: search_space.learning_rate.scale: is 'cubic'. Choose one of: linear, log."
  ),
  (
    "search_space.extra=1",
    "--set search_space.extra=1: search_space.extra: expected a mapping, found '1'. Write extra: {type: categorical, values: [1]} for a value that stays the same."
  ),
  (
    "start_with=[{learning_rate: 2}]",
    "--set start_with=[{learning_rate: 2}]: start_with[0].learning_rate: 2 is not in its domain. Give a number from 0.0001 to 1.0."
  ),
  (
    "trainer=x",
    "--set trainer=x: trainer: expected a mapping, found 'x'. Write trainer: {kind: x}."
  ),
  (
    "budget..time=5",
    "--set budget..time=5: expected key=value. Write for example --set budget.configurations=64."
  ),
  (
    ".=5",
    "--set .=5: expected key=value. Write for example --set budget.configurations=64."
  ),
  (
    "seed=[1",
    "--set seed=[1: not valid YAML: did not find expected ',' or ']'. Mind the indentation, and quote texts that hold ':' or '#'."
  ),
  (
    "name.first=x",
    "--set name.first=x: name: is a mapping, expected a text. Give a text."
  ),
  (
    "scheduler.reduction_factor=1",
    "--set scheduler.reduction_factor=1: scheduler.reduction_factor: must be a whole number of at least 2, and is 1. The usual choices are 4 and 3."
  ),
  (
    "search_space.dropout.type=double",
    "--set search_space.dropout.type=double: search_space.dropout.type: is 'double'. Choose one of: float, int, categorical, ordinal."
  ),
]

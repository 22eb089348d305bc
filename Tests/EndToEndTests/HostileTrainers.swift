import Testing

/// A program that does in every third trial what no trainer should, and what becomes of those trials.
struct HostileTrainer: Sendable, CustomTestStringConvertible {
  enum Fate: Sendable {
    /// Every try fails, with this in its reason.
    case fails(String)
    /// It gives a result all the same.
    case trains
    case diverges
  }

  var name: String
  /// For the shell, or, where the trainer serves, for Python.
  var deed: String
  var fate: Fate
  /// More keys of the trainer's section.
  var keys = ""
  var serves = false
  var testDescription: String { name }

  private static let result = #"echo '{"loss": 0.9}'"#

  static let all: [HostileTrainer] = [
    HostileTrainer(
      name: "exits 1", deed: "\(result); echo sorry >&2; exit 1",
      fate: .fails("exit code 1; standard error ends: sorry")),
    HostileTrainer(name: "is killed by a signal", deed: "\(result); kill -SEGV $$", fate: .fails("signal 11")),
    HostileTrainer(name: "is killed for its memory", deed: "kill -KILL $$", fate: .fails("killed by signal 9")),
    HostileTrainer(name: "kills its own group", deed: "kill -KILL 0", fate: .fails("killed by signal 9")),
    HostileTrainer(name: "prints nothing", deed: ":", fate: .fails("it printed no result")),
    HostileTrainer(name: "prints no JSON", deed: "echo hello", fate: .fails("the last line was 'hello'")),
    HostileTrainer(
      name: "prints broken JSON", deed: #"echo '{"loss": 0.5'"#, fate: .fails(#"the last line was '{"loss": 0.5'"#)),
    HostileTrainer(
      name: "prints another object", deed: #"echo '{"result": 0.5}'"#, fate: .fails("an object with 'result'")),
    HostileTrainer(name: "prints two results", deed: "echo '{\"loss\": 5}'; \(result)", fate: .trains),
    HostileTrainer(name: "prints NaN", deed: "echo '{\"loss\": NaN}'", fate: .diverges),
    HostileTrainer(name: "prints infinity as text", deed: "echo '{\"loss\": \"inf\"}'", fate: .diverges),
    HostileTrainer(
      name: "prints a string for a loss", deed: "echo '{\"loss\": \"low\"}'",
      fate: .fails("the result's loss is no number: low")),
    HostileTrainer(name: "prints 100 MB of lines", deed: "yes | head -c 100000000; echo; \(result)", fate: .trains),
    HostileTrainer(
      name: "prints a line of 10 MB", deed: "head -c 10000000 /dev/zero | tr '\\0' '{'; echo; \(result)", fate: .trains),
    HostileTrainer(name: "prints binary bytes", deed: "head -c 3000000 /dev/urandom; echo; \(result)", fate: .trains),
    HostileTrainer(
      name: "prints invalid UTF-8 besides", deed: "printf 'caf\\351 \\377\\376\\n'; \(result)", fate: .trains),
    HostileTrainer(
      name: "prints invalid UTF-8 in its result", deed: "printf '{\"loss\": 0.5, \"note\": \"\\377\"}\\n'",
      fate: .fails("it printed no result")),
    HostileTrainer(name: "closes its output early", deed: "\(result); exec >&- 2>&-; sleep 0.3", fate: .trains),
    HostileTrainer(
      name: "closes its output without a result", deed: "exec >&- 2>&-; sleep 0.3", fate: .fails("it printed no result")
    ),
    HostileTrainer(
      name: "ignores SIGTERM", deed: "trap '' TERM; sleep 1000; sleep 1000", fate: .fails("it took longer than 3 s"),
      keys: ", timeout: 3s, grace: 0.3s"),
    HostileTrainer(
      name: "stops itself", deed: "kill -STOP $$", fate: .fails("it took longer than 3 s"),
      keys: ", timeout: 3s, grace: 0.3s"),
    HostileTrainer(name: "leaves a grandchild", deed: "sleep 1000 & \(result)", fate: .trains),
    HostileTrainer(
      name: "leaves a grandchild in a session of its own", deed: "setsid sleep 1000 & sleep 0.1; \(result)",
      fate: .trains),
    HostileTrainer(
      name: "leaves a grandchild that floods its output", deed: "(yes &); sleep 0.1; \(result)", fate: .trains),
    HostileTrainer(
      name: "sleeps for ever", deed: "sleep 1000", fate: .fails("nothing was heard of it for 3 s"),
      keys: ", silence_timeout: 3s"),
    HostileTrainer(
      name: "writes 1 GB to standard error", deed: "head -c 1000000000 /dev/zero >&2; \(result)", fate: .trains),
    HostileTrainer(name: "changes its working directory", deed: "cd /; \(result)", fate: .trains),
    HostileTrainer(name: "deletes its checkpoint", deed: "rm -rf \"$ASH_CHECKPOINT\"; \(result)", fate: .trains),
    HostileTrainer(
      name: "deletes its working directory", deed: "mkdir \"gone-$$\"; cd \"gone-$$\"; rmdir \"$PWD\"; \(result)",
      fate: .trains),

    HostileTrainer(
      name: "serves: dies", deed: "os._exit(7)", fate: .fails("it ended before it had answered: exit code 7"),
      serves: true),
    HostileTrainer(
      name: "serves: dies by a signal", deed: "os.kill(os.getpid(), 9)", fate: .fails("killed by signal 9"),
      serves: true),
    HostileTrainer(
      name: "serves: answers for another job", deed: "answer(loss=1, job=number + 1)",
      fate: .fails("it answered for job"), serves: true),
    HostileTrainer(
      name: "serves: answers for no job", deed: "print('{\"loss\": 1}', flush=True)",
      fate: .fails("its answer has no \"job\""), serves: true),
    HostileTrainer(
      name: "serves: sleeps for ever", deed: "time.sleep(1000)", fate: .fails("it took longer than 5 s"),
      keys: ", timeout: 5s, grace: 0.3s", serves: true),
    HostileTrainer(
      name: "serves: prints garbage besides",
      deed: "sys.stdout.buffer.write(os.urandom(3000000) + b'\\n'); answer(loss=0.9, job=number)", fate: .trains,
      serves: true),
    HostileTrainer(
      name: "serves: closes its input", deed: "os.close(0); time.sleep(0.2); os._exit(0)",
      fate: .fails("it ended before it had answered: exit code 0"), serves: true),
    HostileTrainer(
      name: "serves: leaves a grandchild",
      deed: "os.system('setsid sleep 1000 & sleep 1000 &'); answer(loss=0.9, job=number)", fate: .trains, serves: true),
  ]

  /// The file's name and its text.
  var program: (name: String, text: String) {
    guard serves else {
      return (
        "trainer.sh",
        """
        if [ $((ASH_TRIAL % 3)) -ne 1 ]; then echo "{\\"loss\\": 0.$((ASH_TRIAL + 1))}"; exit; fi
        \(deed)

        """
      )
    }
    return (
      "trainer.py",
      """
      import json, os, sys, time
      def answer(**result): print(json.dumps(result), flush=True)
      for line in sys.stdin:
          job = json.loads(line)
          number = job["job"]
          if job["trial"] % 3 != 1: answer(loss=(job["trial"] + 1) / 10, job=number)
          else: \(deed)

      """
    )
  }

  var study: String {
    """
    name: hostile
    search_space: {x: {type: float, min: 0, max: 1}}
    scheduler: {max_resource: 4}
    budget: {configurations: 6}
    retries: 1
    trainer: {kind: command, command: [\(serves ? "python3, trainer.py], protocol: serve" : "sh, trainer.sh]")\(keys)}

    """
  }
}

// Small MPI programs, one a subcommand, for the tests of the MPI module to launch under mpirun. Rank 0 prints "ok …" at
// the end; a check that fails ends the job with exit code 1 and a line on standard error.

import MPI

func run(_ arguments: [String]) throws {
  guard let name = arguments.first, let probe = probes[name] else {
    print("usage: mpi-probe \(probes.keys.sorted().joined(separator: "|")) [ARGUMENT]…")
    leave(64)
  }
  if name == "launcher" { return describeLauncher() }
  let environment = try MPIEnvironment()
  let world = try environment.makeWorld()
  do {
    try probe(world, Arguments(arguments.dropFirst()), environment)
    try world.barrier()
    try world.free()
  } catch {
    complain("rank \(world.rank): \(error)")
    world.abort(exitCode: 1)
  }
  try environment.finalize()
}

try run(Array(CommandLine.arguments.dropFirst()))

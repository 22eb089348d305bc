// What a trainer is made of, so that `import AshMPI` is all that its file needs.
@_exported public import TuningTypes

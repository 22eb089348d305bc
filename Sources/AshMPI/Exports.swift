// What a trainer is made of, and what a study gives, so that `import AshMPI` is all that a file needs.
@_exported public import Cluster
@_exported public import Files
@_exported public import Journal
@_exported public import Logging
@_exported public import Reporting
@_exported public import Search
@_exported public import SearchSpace
@_exported public import Simulation
@_exported public import StudyFile
@_exported public import SuccessiveHalving
@_exported public import Text
@_exported public import Training
@_exported public import TuningTypes

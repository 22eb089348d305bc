# The two that matter: `make run` and `make test`. Both install what is missing first.

SWIFT ?= swift
# How many ranks; as many as mpirun sees cores, unless it is said.
RANKS ?=
# Where `make install` puts things.
PREFIX ?= $(HOME)/.local
# The MPI library that `make install` and `make dist` build for: pkg-config's name, such as mpich; Open MPI unless it is said.
MPI ?=
# Open MPI refuses root unless it is told twice; nothing changes for anybody else.
MPI_ENVIRONMENT := OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1

.PHONY: help run build test smoke debug lint lint-report format bench paper samplers torture fuzz test-exports test-report screenshots test-mpi-variants test-slurm test-swift-trainer test-install test-dist install dist docs dependencies clean

help: ## Show what there is to make.
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 22

run: build ## Build, and tune the bundled example on all cores.
	$(MPI_ENVIRONMENT) mpirun $(if $(RANKS),-np $(RANKS)) .build/release/ash-mpi

build: dependencies ## Build the program: .build/release/ash-mpi.
	$(SWIFT) build -c release --product ash-mpi

INSTALL_BUILD := .build-install$(MPI:%=-%)

install: export ASH_MPI_PKGCONFIG := $(or $(MPI),$(ASH_MPI_PKGCONFIG),ompi-c)
install: dependencies ## Install the program for nodes without Swift: PREFIX/bin/ash-mpi, PREFIX=~/.local.
	Scripts/build-portable $(INSTALL_BUILD)
	install -D -s $(INSTALL_BUILD)/release/ash-mpi $(PREFIX)/bin/ash-mpi
	mkdir -p $(PREFIX)/share/ash-mpi
	cp -R Examples Datasets Slurm $(PREFIX)/share/ash-mpi
	mkdir -p $(PREFIX)/share/ash-mpi/clients
	cp -RL clients/python $(PREFIX)/share/ash-mpi/clients

dist: ## Pack the program for machines without Swift: dist/, a tarball and a Debian package; MPI=mpich for MPICH.
	MPI=$(MPI) Scripts/make-dist

# Tests that start programs and do something while they run; among those that compute, they would be kept from it for a minute.
WATCHING_TESTS := '^(EndToEndTests|MPITests)\.'

# One build serves the program and its tests: no test imports anything as testable.
test: dependencies ## Run all tests.
	$(SWIFT) test -c release --skip $(WATCHING_TESTS)
	$(SWIFT) test -c release --skip-build --filter $(WATCHING_TESTS)
	python3 -m unittest discover -s Tests/JournalChecker
	python3 -m unittest discover -s clients/python/tests
	$(MPI_ENVIRONMENT) python3 -m unittest discover -s Tests/ExampleTrainers
	python3 -m unittest discover -s Benchmarks/paper/tests
	python3 -m unittest discover -s Benchmarks/samplers/tests

# A release build optimises what a debug build refuses.
debug: dependencies ## Build everything without optimisation, as `swift build` does.
	$(SWIFT) build

# What computes alone, and for no longer than a minute in all: no program is started.
FAST_TESTS := '^(TextTests|FilesTests|TuningTypesTests|RandomnessTests|SearchSpaceTests|StudyFileTests|JournalTests|TablesTests|TreesTests|ReportingTests)\.'

smoke: dependencies ## Run the fast tests.
	$(SWIFT) build -c release --build-tests
	$(SWIFT) test -c release --skip-build --filter $(FAST_TESTS)

lint: ## Check the format of all Swift code.
	$(SWIFT) format lint --strict --recursive Sources Tests Benchmarks Examples/swift-trainer/Sources Package.swift

lint-report: ## Check the script and the style sheet of the report, with Biome from PyPI.
	Scripts/lint-report

format: ## Format all Swift code.
	$(SWIFT) format --in-place --recursive Sources Tests Benchmarks Examples/swift-trainer/Sources Package.swift

bench: build ## Measure the program against its floors, as ratios.
	Benchmarks/run

paper: build ## Make five published experiments again, and one on scaling: Benchmarks/paper/RESULTS.md (10 minutes).
	Benchmarks/paper/run

samplers: build ## Compare samplers on simulated clusters: Benchmarks/samplers/RESULTS.md (an hour).
	Benchmarks/samplers/run

torture: dependencies ## Kill and resume a study 200 times.
	ASH_MPI_KILLS=200 $(SWIFT) test -c release --filter KillTests

# How many mutated inputs each reader gets.
INPUTS ?= 100000

fuzz: dependencies ## Feed mutated inputs to every reader of files and messages (5 minutes).
	$(SWIFT) build -c release --product fuzz
	.build/release/fuzz --count $(INPUTS)

test-mpi-variants: dependencies ## Build and try with Open MPI 5 and MPICH, from PyPI's wheels.
	Scripts/test-mpi-variants

test-exports: build ## Open exported studies with pandas, Optuna, TensorBoard, MLflow and Prometheus' parser, from PyPI.
	Scripts/test-exports

test-report: build ## Click through reports in a headless browser, Debian's (as root where it is not installed).
	Scripts/test-report

screenshots: build ## Make the pictures of the report and of `watch` in docs/ again.
	Scripts/make-screenshots

test-slurm: build ## Try studies, requeued until finished, on a Slurm of virtual nodes (as root).
	Scripts/test-slurm

test-swift-trainer: dependencies ## Build the example of a trainer in Swift as a package of its own, and tune with it.
	Scripts/test-swift-trainer

test-install: dependencies ## Install the program into a temporary folder, and tune there.
	Scripts/test-install

test-dist: dist ## Unpack and install what `make dist` made in a bare Debian with nothing but an MPI, and tune there (as root).
	MPI=$(MPI) Scripts/test-dist

# The variable brings in the documentation plugin, which nobody else has to fetch.
docs: dependencies ## Build the library's documentation, without warnings: .build-docs/AshMPI.doccarchive.
	ASH_MPI_DOCS=1 $(SWIFT) package --scratch-path .build-docs --allow-writing-to-directory .build-docs \
	  generate-documentation --target AshMPI --warnings-as-errors --output-path .build-docs/AshMPI.doccarchive

dependencies: ## Install the C libraries (Debian and its kin), or say what to install.
	@Scripts/install-dependencies

clean: ## Delete what was built.
	rm -rf .build .build-* dist

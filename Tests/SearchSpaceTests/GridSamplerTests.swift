import Randomness
import SearchSpace
import Testing
import TuningTypes

@Suite struct GridSamplerTests {
  @Test func fourLevelsOfFourParametersAre256Configurations() throws {
    let space = try SearchSpace([
      Parameter("learning_rate", .float(1e-4, 1, .log)), Parameter("units", .integer(8, 64, .log)),
      Parameter("batch", .categorical([16, 32, 64, 128])), Parameter("dropout", .float(0, 0.6, step: 0.2)),
    ])
    let sampler = try GridSampler(space: space, defaultLevels: 4)
    #expect(sampler.count == 256)
    let all = try (0..<256).map { try #require(sampler.configuration(at: $0)) }
    #expect(Set(all).count == 256)
    #expect(all[0] == ["learning_rate": 1e-4, "units": 8, "batch": 16, "dropout": 0.0])
    #expect(all[1] == ["learning_rate": 1e-4, "units": 8, "batch": 16, "dropout": 0.2])
    #expect(all[4] == ["learning_rate": 1e-4, "units": 8, "batch": 32, "dropout": 0.0])
    #expect(all[255] == ["learning_rate": 1.0, "units": 64, "batch": 128, "dropout": 0.6])
  }

  @Test func levelsByNameComeBeforeTheDefault() throws {
    let space = try SearchSpace([
      Parameter("a", .float(0, 1)), Parameter("b", .integer(1, 9)), Parameter("c", .float(0, 1, step: 0.1)),
    ])
    #expect(try GridSampler(space: space, levels: ["a": 2], defaultLevels: 3).count == 2 * 3 * 11)
    #expect(try GridSampler(space: space, levels: ["a": 2, "c": 3]).count == 2 * 9 * 3)
  }

  @Test func aSpaceWithConditionsIsEnumeratedAsByHand() throws {
    let sampler = try GridSampler(space: optimizerSpace(), levels: ["hidden_units": 2], defaultLevels: 3)
    // 3 learning rates × 2 hidden units × (schedule none and cosine: sgd 4 · 3, adam 1, adamw 3;
    // step: sgd 4 · 3 · (1 + 2 + 2), adam 1 · (1 + 2 + 2), adamw 3).
    #expect(sampler.count == 3 * 2 * (2 * (12 + 1 + 3) + (60 + 5 + 3)))
    try expectBruteForce(optimizerSpace(), sampler, levels: ["hidden_units": 2], defaultLevels: 3)
  }

  /// Random spaces with random conditions, children before parents included, against the product of everything with
  /// what is inactive taken out and what then repeats dropped.
  @Test func randomSpacesAreEnumeratedAsByBruteForce() throws {
    for seed in 0..<500 {
      var generator = CounterGenerator(seed: UInt64(seed), purpose: .synthetic, index: 2)
      let count = Int.random(in: 1...6, using: &generator)
      // A condition may only point to a lower rank, which rules out circles; ranks are shuffled against declaration.
      let ranks = (0..<count).shuffled(using: &generator)
      let sizes = (0..<count).map { _ in Int.random(in: 1...4, using: &generator) }
      let space = try SearchSpace(
        (0..<count).map { i in
          var clauses: [Condition.Clause] = []
          for parent in 0..<count where ranks[parent] < ranks[i] && Int.random(in: 0..<3, using: &generator) == 0 {
            let allowed = (0..<sizes[parent]).shuffled(using: &generator)
              .prefix(Int.random(in: 1...sizes[parent], using: &generator))
            clauses.append(.init("p\(parent)", in: allowed.map(ParameterValue.integer)))
          }
          return Parameter(
            "p\(i)", .categorical((0..<sizes[i]).map(ParameterValue.integer)),
            when: clauses.isEmpty ? nil : Condition(clauses))
        })
      try expectBruteForce(space, GridSampler(space: space), "seed \(seed)")
    }
  }

  private func expectBruteForce(
    _ space: SearchSpace, _ sampler: GridSampler, levels: [String: Int] = [:], defaultLevels: Int? = nil,
    _ label: Comment = ""
  ) throws {
    let grids = try space.parameters.map { parameter in
      let isListed =
        switch parameter.domain {
        case .categorical, .ordinal: true
        case .float(let domain): domain.step != nil
        case .integer(let domain): domain.step != nil
        }
      return try parameter.domain.grid(levels: levels[parameter.name] ?? (isListed ? nil : defaultLevels))
    }
    var expected: Set<Configuration> = []
    for combination in 0..<grids.reduce(1, { $0 * $1.count }) {
      var rest = combination
      var entries: [Configuration.Entry] = []
      for (parameter, grid) in zip(space.parameters, grids).reversed() {
        entries.insert(.init(parameter.name, grid[rest % grid.count]), at: 0)
        rest /= grid.count
      }
      // Conditions, naively: drop what has no active parent, until nothing changes.
      var before = -1
      while before != entries.count {
        before = entries.count
        let configuration = Configuration(entries)
        entries.removeAll { entry in
          let condition = space.parameters.first { $0.name == entry.name }?.condition
          return !(condition?.clauses ?? []).allSatisfy { clause in
            configuration[clause.parent].map(clause.allowed.contains) ?? false
          }
        }
      }
      expected.insert(Configuration(entries))
    }
    #expect(sampler.count == expected.count, label)
    let found = (0..<(sampler.count ?? 0)).compactMap { sampler.configuration(at: $0) }
    #expect(found.count == expected.count && Set(found) == expected, label)
  }

  @Test func aHugeGridIsCountedWithoutOverflow() throws {
    let parameters = try (0..<9).map { try Parameter("p\($0)", .float(0, 1)) }
    let sampler = try GridSampler(space: SearchSpace(parameters), defaultLevels: 100)
    #expect(sampler.count == 1_000_000_000_000_000_000)
    #expect(sampler.configuration(at: 999_999_999_999_999_999)?.entries.allSatisfy { $0.value == 1.0 } == true)
    #expect(
      message { () throws(SearchSpaceError) in
        _ = try GridSampler(space: SearchSpace(parameters + [Parameter("last", .float(0, 1))]), defaultLevels: 100)
      } == "levels: the grid has more than 2^63 combinations; give fewer levels, or use the random or the sobol sampler"
    )
  }

  /// Taken one by one, eighteen switches would be 2¹⁸ cases.
  @Test func manyConditionsStayCheap() throws {
    var parameters: [Parameter] = []
    for i in 0..<18 {
      parameters.append(Parameter("switch\(i)", .categorical([true, false])))
      parameters.append(
        try Parameter("value\(i)", .integer(1, 4), when: Condition([.init("switch\(i)", in: [true])])))
    }
    #expect(try GridSampler(space: SearchSpace(parameters)).count == 3_814_697_265_625)  // 5¹⁸
  }

  @Test func impossibleLevelsAreErrors() throws {
    let space = try SearchSpace([
      Parameter("rate", .float(0, 1)), Parameter("units", .integer(1, 1_000)),
      Parameter("kind", .categorical(["a", "b", "c"])),
    ])
    func fail(_ levels: [String: Int], _ defaultLevels: Int? = 3) -> String {
      message { () throws(SearchSpaceError) in
        _ = try GridSampler(space: space, levels: levels, defaultLevels: defaultLevels)
      }
    }
    #expect(
      fail(["unit": 3, "zzz": 1]) == "unit.levels: the search space has no hyperparameter 'unit'; did you mean 'units'?"
    )
    #expect(fail(["zzz": 1]) == "zzz.levels: the search space has no hyperparameter 'zzz'; there are rate, units, kind")
    #expect(
      fail([:], nil)
        == "rate.levels: a float without a step has no grid of its own; give the number of levels, or a step")
    #expect(
      fail(["rate": 2], nil)
        == "units.levels: a grid of all 1000 whole numbers from 1 to 1000 is too fine; give the number of levels")
    #expect(fail([:], 0) == "rate.levels: 0 levels are not possible; give a whole number from 1 to 100000")
    #expect(
      fail(["units": 100_001]) == "units.levels: 100001 levels are not possible; give a whole number from 1 to 100000")
    #expect(
      fail(["kind": 2])
        == "kind.levels: a categorical hyperparameter has no 2 equally spaced levels; leave its levels out (all 3 values are tried), or list fewer values"
    )
    #expect(
      message { () throws(SearchSpaceError) in _ = try Domain.float(0, 1, step: 1e-6).grid(levels: nil) }
        == "levels: a grid of all 1000001 stepped values is too fine; give the number of levels")
  }
}

@Suite struct ShuffledOrderTests {
  @Test func everyNumberComesOnceWhateverTheLengthAndTheSeed() {
    for count in Array(0...70) + [255, 256, 257, 1000, 4096, 10_007] {
      for seed in 0..<5 {
        let order = ShuffledOrder(count: count, seed: UInt64(seed))
        #expect(Set((0..<count).map { order[$0] }) == Set(0..<count), "count \(count), seed \(seed)")
      }
    }
  }

  @Test func theOrderLooksRandom() {
    // The rank correlation of a random permutation of 2,000 has deviation 0.022; 5 of those are as good as never.
    for seed in 0..<20 {
      let order = ShuffledOrder(count: 2000, seed: UInt64(seed))
      let squares = (0..<2000).reduce(0.0) { sum, i in
        let difference = Double(order[i] - i)
        return sum + difference * difference
      }
      let correlation = 1 - 6 * squares / (2000.0 * (2000.0 * 2000.0 - 1))
      #expect(abs(correlation) < 0.11, "seed \(seed): \(correlation)")
    }
  }

  @Test func aShuffledGridHasTheSameCombinationsInAnotherOrder() throws {
    let space = try SearchSpace([
      Parameter("a", .integer(1, 20)), Parameter("b", .categorical(["x", "y", "z"])),
    ])
    let plain = try GridSampler(space: space)
    let shuffled = try GridSampler(space: space, shuffledBy: 3)
    let all = { (sampler: GridSampler) in (0..<60).compactMap { sampler.configuration(at: $0) } }
    #expect(shuffled.count == 60 && shuffled.configuration(at: 60) == nil)
    #expect(all(shuffled) != all(plain))
    #expect(Set(all(shuffled)) == Set(all(plain)))
    #expect(try all(GridSampler(space: space, shuffledBy: 4)) != all(shuffled))
  }
}

import Testing
import TuningTypes

@Suite struct ConfigurationTests {
  static let layout = Configuration.Layout([
    .init(name: "rate", values: []), .init(name: "units", values: [16, 32, "all"]), .init(name: "depth", values: []),
    .init(name: "nesterov", values: [false, true]),
  ])

  private static let entries: [Configuration.Entry] = [
    .init("rate", 0.5), .init("units", "all"), .init("depth", 3), .init("nesterov", true),
  ]

  /// Every subset of the values, so that any may be absent.
  @Test(arguments: 0..<16) func aConfigurationIsTheSameInWhateverLayout(absent: Int) {
    let entries = Self.entries.enumerated().filter { absent >> $0.offset & 1 == 0 }.map(\.element)
    let own = Configuration(entries)
    let laidOut = own.laidOut(as: Self.layout)
    #expect(laidOut.layout === Self.layout)
    #expect(own.entries == entries && laidOut.entries == entries)
    #expect(own == laidOut && laidOut == own && own.hashValue == laidOut.hashValue)
    #expect(laidOut.laidOut(as: Self.layout) == laidOut)
    #expect(Configuration(entries, in: Self.layout).layout === Self.layout)
    #expect(Configuration(entries, in: Self.layout) == own && Configuration(entries, in: nil) == own)
    for entry in Self.entries {
      let value = entries.contains(entry) ? entry.value : nil
      #expect(own[entry.name] == value && laidOut[entry.name] == value)
    }
    #expect(own["momentum"] == nil && laidOut["momentum"] == nil)
  }

  @Test func otherValuesMakeAnotherConfiguration() {
    let configuration = Configuration(Self.entries).laidOut(as: Self.layout)
    for (position, value) in [(0, 0.25), (1, 16), (2, 3.0), (3, false)] as [(Int, ParameterValue)] {
      var entries = Self.entries
      entries[position] = .init(entries[position].name, value)
      let other = Configuration(entries)
      #expect(configuration != other && configuration != other.laidOut(as: Self.layout))
      entries.remove(at: position)
      #expect(configuration != Configuration(entries))
      #expect(configuration != Configuration(entries).laidOut(as: Self.layout))
    }
    #expect(Configuration(Self.entries.reversed()) != configuration, "the order counts")
  }

  @Test func whatALayoutHasNoPlaceForIsLeftOut() {
    let foreign: Configuration = ["units": 64, "momentum": 0.9, "depth": "deep", "rate": 2]
    #expect(foreign.laidOut(as: Self.layout) == ["rate": 2])
    #expect(Configuration(foreign.entries, in: Self.layout) == foreign, "in a layout of its own")
    let turned = Array(Self.entries.reversed())
    #expect(Configuration(turned, in: Self.layout).entries == turned, "so is what stands in another order")
  }

  @Test func anEmptyConfigurationHasNothing() {
    #expect(Configuration().entries.isEmpty)
    #expect(Configuration() == [:] && Configuration()["rate"] == nil)
  }

  /// Drafts write into memory that a configuration then shares with all of its copies.
  @Test func aCopyStaysAsItIs() {
    var first = Configuration.Draft(of: Self.layout)
    first[0] = .real(1)
    let configuration = first.finish()
    var second = Configuration.Draft(of: Self.layout)
    second[0] = .real(2)
    #expect(second.finish() == ["rate": 2.0])
    #expect(configuration == ["rate": 1.0])
  }
}

package import Search
package import Text

extension RunSite {
  /// What a journal's header, or a `resume`, says of its run. Older journals say less, and what is no list of texts counts as unknown.
  package init(json: JSONValue) {
    let hosts = json["hosts"]?.elements ?? []
    let names = hosts.compactMap(\.text)
    self.init(
      started: json["started"]?.text, hosts: names.count == hosts.count ? names : [],
      batchJob: json["batch_job"]?.text)
  }

  /// The same as members of a line.
  var members: [JSONValue.Member] {
    var members: [JSONValue.Member] = []
    if let started { members.append(.init("started", .text(started))) }
    if !hosts.isEmpty { members.append(.init("hosts", .array(hosts.map { .text($0) }))) }
    if let batchJob { members.append(.init("batch_job", .text(batchJob))) }
    return members
  }

  /// The host of a worker; nil where that is unknown.
  package func host(of worker: Int) -> String? { hosts.indices.contains(worker) ? hosts[worker] : nil }

  /// The hosts, each once, in the order of their first workers.
  package var distinctHosts: [String] {
    var seen: Set<String> = []
    return hosts.filter { seen.insert($0).inserted }
  }
}

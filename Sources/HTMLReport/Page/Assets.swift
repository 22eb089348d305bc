/// The page's style sheet and script: real files, built into the program.
enum Assets {
  static let style: [UInt8] = PackageResources.report_css

  /// Each file of the script, in this order; in one function of its own, so that nothing leaks into the page.
  static let script: [UInt8] =
    Array("\"use strict\";\n(() => {\n".utf8)
    + [
      PackageResources.data_js, PackageResources.drawing_js, PackageResources.tips_js, PackageResources.selection_js,
      PackageResources.parallel_js, PackageResources.slices_js, PackageResources.workers_js, PackageResources.table_js,
      PackageResources.saving_js, PackageResources.main_js,
    ].joined(separator: Array("\n".utf8)) + Array("})();\n".utf8)
}

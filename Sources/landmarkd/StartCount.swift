import ArgumentParser
import CLNF

/// `--starts`: from how many head rotations a fit to a box starts.
enum StartCount: String, CaseIterable, ExpressibleByArgument {
  case one = "1"
  case five = "5"

  var starts: Fitter.Starts { self == .one ? .one : .five }
}

import CLNFKernels

/// Which copy of the hot loops runs.
///
/// On one instruction set the same input gives the same bytes; between sets landmarks agree to
/// about 0.001 px.
public enum InstructionSet: String, Sendable, CaseIterable {
  /// Runs everywhere.
  case portable
  /// x86-64 with AVX2 and fused multiply-add.
  case avx2

  /// The widest that this processor runs.
  public static var best: InstructionSet {
    clnf_best_instruction_set() == clnf_instruction_set_avx2 ? .avx2 : .portable
  }

  /// The kernels; the portable ones where the processor lacks the set.
  var kernels: UnsafePointer<clnf_kernels> {
    let set =
      switch self {
      case .portable: clnf_instruction_set_portable
      case .avx2: clnf_instruction_set_avx2
      }
    guard let kernels = clnf_kernels_for(set) else {
      preconditionFailure("there is always a portable set of kernels")
    }
    return kernels
  }
}

private import CRemitLua

/// The memory of the process.
package enum SystemMemory {
  /// For a service: what a burst of large requests took goes back to the system. It costs a large one the time in which the system
  /// hands out fresh pages.
  package static func returnLargeBlocks() {
    remit_return_large_blocks()
  }
}

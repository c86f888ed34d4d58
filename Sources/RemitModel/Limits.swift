/// What one piece of work may use up. Instructions and memory are counted, the same on every machine; the clock is the
/// backstop.
package struct Budget: Equatable, Sendable {
  package var instructionsMax: Int64
  package var memoryBytesMax: Int
  package var milliseconds: UInt32

  package init(instructionsMax: Int64, memoryBytesMax: Int, milliseconds: UInt32) {
    self.instructionsMax = instructionsMax
    self.memoryBytesMax = memoryBytesMax
    self.milliseconds = milliseconds
  }
}

/// Every limit, by name, with the contract's numbers.
package struct Limits: Equatable, Sendable {
  /// One line of input, without its newline.
  package var lineBytesMax = 1 << 20
  /// Arrays and objects inside each other, of an input and of a decision.
  package var nestingDepthMax = 64
  /// Steps of one decision, each about one instruction of the machine.
  package var instructionsMax: Int64 = 1_000_000
  /// What one decision may hold.
  package var memoryBytesMax = 16 << 20
  /// How long one decision may take.
  package var decisionMillisecondsMax: UInt32 = 50
  /// A decision as JSON.
  package var decisionBytesMax = 1 << 20
  /// Rows that a group policy decides together.
  package var groupRowsMax = 100_000
  /// The same rows as JSON.
  package var groupBytesMax = 32 << 20
  /// What the decisions of one group may hold together, where there are so many that their shares add up to more.
  package var groupMemoryBytesMax = 256 << 20
  /// Loading a policy with everything that it requires.
  package var load = Budget(instructionsMax: 100_000_000, memoryBytesMax: 256 << 20, milliseconds: 5_000)
  /// One file of a policy folder: as much as loading may hold.
  package var fileBytesMax = 256 << 20
  /// Connections to a service at the same time.
  package var connectionsMax = 1024
  /// Requests of one connection that have been read and not begun; then reading stops.
  package var waitingRequestsMax = 1024
  /// How long a connection may do nothing.
  package var idleSecondsMax = 60
  /// The answer to one line that asks for many decisions.
  package var replyBytesMax = 16 << 20
  /// Large answers that clients have not read, of all connections together; then what may have another one is refused.
  package var unreadBytesMax = 256 << 20

  package init() {}

  /// What one decision may use up.
  package var decision: Budget {
    Budget(instructionsMax: instructionsMax, memoryBytesMax: memoryBytesMax, milliseconds: decisionMillisecondsMax)
  }
}

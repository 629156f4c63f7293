/// Fixed-length contiguous memory with one owner.
///
/// The numerical code keeps its state in buffers that are made once: reading and writing them
/// neither allocates nor counts references. Memory is 64-byte aligned.
public struct Buffer<Element: BitwiseCopyable>: ~Copyable, @unchecked Sendable {
  /// The elements. Valid as long as the buffer lives; whoever keeps the pointer keeps the buffer.
  @usableFromInline let storage: UnsafeMutableBufferPointer<Element>

  /// Makes `count` elements, each set to `value`. Cost: one allocation.
  public init(repeating value: Element, count: Int) {
    precondition(count >= 0, "a buffer cannot have \(count) elements")
    let raw = UnsafeMutableRawBufferPointer.allocate(
      byteCount: max(1, count * MemoryLayout<Element>.stride), alignment: 64)
    let elements = raw.bindMemory(to: Element.self)
    storage = UnsafeMutableBufferPointer(start: elements.baseAddress, count: count)
    storage.initialize(repeating: value)
  }

  /// Copies `elements`.
  public init(_ elements: some Collection<Element>) {
    let count = elements.count
    let raw = UnsafeMutableRawBufferPointer.allocate(
      byteCount: max(1, count * MemoryLayout<Element>.stride), alignment: 64)
    let memory = raw.bindMemory(to: Element.self)
    storage = UnsafeMutableBufferPointer(start: memory.baseAddress, count: count)
    _ = storage.initialize(from: elements)
  }

  deinit { UnsafeMutableRawPointer(storage.baseAddress)?.deallocate() }

  /// Number of elements.
  @inlinable public var count: Int { storage.count }

  /// The elements, bounds-checked, for reading.
  @inlinable public var span: Span<Element> {
    @_lifetime(borrow self)
    get { _overrideLifetime(storage.span, borrowing: self) }
  }

  /// The elements, bounds-checked, for writing.
  @inlinable public var mutableSpan: MutableSpan<Element> {
    @_lifetime(&self)
    mutating get { _overrideLifetime(storage.mutableSpan, mutating: &self) }
  }

  /// The memory itself, for the C kernels and for inner loops whose bounds were checked outside.
  @inlinable public var pointer: UnsafeMutablePointer<Element> {
    // A buffer always allocates at least one byte, so there is an address.
    storage.baseAddress.unsafelyUnwrapped
  }

  @inlinable public subscript(index: Int) -> Element {
    get {
      precondition(index >= 0 && index < storage.count, "index outside the buffer")
      return storage[index]
    }
    set {
      precondition(index >= 0 && index < storage.count, "index outside the buffer")
      storage[index] = newValue
    }
  }

  /// A copy as an array. Cost: one allocation.
  public var array: [Element] { Array(storage) }
}

/** The heartbeat of each traffic thread in shared memory: a count, written by the thread, read by the control thread. */
export class HeartbeatTable {
  readonly #beats: Int32Array;

  constructor(buffer: SharedArrayBuffer) {
    this.#beats = new Int32Array(buffer);
  }

  beat(thread: number): void {
    Atomics.add(this.#beats, thread, 1);
  }

  /** Beats so far; it wraps after years. */
  count(thread: number): number {
    return Atomics.load(this.#beats, thread);
  }
}

export function allocateHeartbeats(threads: number): SharedArrayBuffer {
  return new SharedArrayBuffer(4 * threads);
}

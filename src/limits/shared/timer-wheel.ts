/**
 * Many short timers for the price of one: a wheel with a place for each millisecond. A timer may go off up to a turn of
 * the event loop late. Those further away than the wheel reaches are looked at each time that it has turned.
 */
export interface WheelPorts {
  nowMs(): number;
  /** As setTimeout. */
  setTimer(run: () => void, ms: number): void;
}

const PLACES = 128;

export class TimerWheel {
  readonly #ports: WheelPorts;
  readonly #places: (() => void)[][] = Array.from({ length: PLACES }, () => []);
  #count = 0;
  /** Everything up to here has gone off. */
  #turnedMs = 0;
  #isTurning = false;

  constructor(ports: WheelPorts) {
    this.#ports = ports;
  }

  /** @param run must not throw. */
  at(atMs: number, run: () => void): void {
    const nowMs = Math.floor(this.#ports.nowMs());
    if (this.#count === 0) this.#turnedMs = nowMs;
    const lastMs = this.#turnedMs + PLACES - 1;
    const placeMs = Math.min(Math.max(Math.ceil(atMs), this.#turnedMs + 1), lastMs);
    this.#places[placeMs % PLACES]!.push(atMs > lastMs ? () => this.at(atMs, run) : run);
    this.#count += 1;
    this.#wait();
  }

  #wait(): void {
    if (this.#isTurning) return;
    this.#isTurning = true;
    this.#ports.setTimer(this.#turn, 1);
  }

  readonly #turn = (): void => {
    this.#isTurning = false;
    const nowMs = Math.floor(this.#ports.nowMs());
    for (let steps = 0; this.#turnedMs < nowMs && steps < PLACES; steps += 1) {
      this.#turnedMs += 1;
      const due = this.#places[this.#turnedMs % PLACES]!;
      if (due.length === 0) continue;
      this.#places[this.#turnedMs % PLACES] = [];
      this.#count -= due.length;
      for (const run of due) run();
    }
    this.#turnedMs = Math.max(this.#turnedMs, nowMs);
    if (this.#count > 0) this.#wait();
  };
}

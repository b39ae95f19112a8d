/**
 * Keys that a traffic thread does not know: the control thread is asked to fetch them, and requests wait for that. Everybody
 * can send tokens that name unknown keys, so a source is asked for once at a time, and then not for a while.
 */
import { Waiters } from './core/waiters.ts';

export interface KeyLookupsPorts {
  /** Has the control thread fetch the keys of a source; then {@link KeyLookups.end} is called. */
  readonly ask: (source: string) => void;
  readonly nowMs: () => number;
}

/** A fetch takes less, or is given up. */
const WAIT_MS = 6000;
const MAX_WAITING = 1000;
/** As the control thread, which does nothing before. */
export const COOL_DOWN_MS = 30_000;
/** While there are no keys at all: fetches are repeated anyway. */
const RETRY_MS = 1000;

export class KeyLookups {
  readonly #ports: KeyLookupsPorts;
  readonly #waiters = new Waiters<void>();
  readonly #timers = new Map<string, NodeJS.Timeout>();
  readonly #nextMs = new Map<string, number>();
  #waiting = 0;

  constructor(ports: KeyLookupsPorts) {
    this.#ports = ports;
  }

  /**
   * False: not now, because the keys were asked for a moment ago.
   *
   * @param hasKeys there are some, but not the one that is needed @param done called once, when what can be had is known
   */
  start(source: string, hasKeys: boolean, done: () => void): boolean {
    const isRunning = this.#timers.has(source);
    const nowMs = this.#ports.nowMs();
    if (this.#waiting >= MAX_WAITING || (!isRunning && nowMs < (this.#nextMs.get(source) ?? 0))) return false;
    this.#waiting += 1;
    const isFirst = this.#waiters.add(source, () => {
      this.#waiting -= 1;
      done();
    });
    if (isFirst) {
      this.#nextMs.set(source, nowMs + (hasKeys ? COOL_DOWN_MS : RETRY_MS));
      this.#timers.set(source, setTimeout(() => this.end(source), WAIT_MS).unref());
      this.#ports.ask(source);
    }
    return true;
  }

  /** Does nothing if nobody waits any more. */
  end(source: string): void {
    clearTimeout(this.#timers.get(source));
    this.#timers.delete(source);
    this.#waiters.settle(source, undefined);
  }
}

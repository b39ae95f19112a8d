/** Measures how late this thread's timers are: the delay that operators of the admin port feel. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { repeat } from '../../runtime/repeat.ts';
import type { LoopDelay } from './scrape-report.ts';

const RESOLUTION_MS = 20;
const WINDOW_MS = 10_000;
const QUANTILES = [0.5, 0.99, 1];

export class LoopDelayWatch {
  readonly #histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  readonly #stop: () => Promise<void>;
  /** Of the last whole window: reading it, however often, changes nothing. */
  #last: LoopDelay['quantiles'] | null = null;
  #sum = 0;
  #count = 0;

  constructor() {
    this.#histogram.enable();
    this.#stop = repeat(() => this.rotate(), WINDOW_MS);
  }

  /** Starts a new window; every ten seconds. */
  rotate(): void {
    this.#last = this.#quantiles();
    this.#sum += this.#windowSum();
    this.#count += this.#histogram.count;
    this.#histogram.reset();
  }

  report(): LoopDelay {
    return {
      quantiles: this.#last ?? this.#quantiles(),
      sum: this.#sum + this.#windowSum(),
      count: this.#count + this.#histogram.count,
    };
  }

  stop(): void {
    void this.#stop();
    this.#histogram.disable();
  }

  #quantiles(): LoopDelay['quantiles'] {
    const histogram = this.#histogram;
    return QUANTILES.map((quantile) => ({
      quantile,
      delay: histogram.count === 0 ? 0 : seconds(histogram.percentile(quantile * 100)),
    }));
  }

  #windowSum(): number {
    const { count, mean } = this.#histogram;
    return count === 0 ? 0 : seconds(mean) * count;
  }
}

/** Node's samples are whole intervals, including the wait itself. */
function seconds(intervalNs: number): number {
  return Math.max(0, intervalNs / 1e9 - RESOLUTION_MS / 1000);
}

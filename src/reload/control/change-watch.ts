/**
 * Watches the traffic for a while after a change: it ends by itself, by a decision to return to the version before, or
 * by an operator. In memory only: a restart ends it.
 */
import { repeat } from '../../runtime/repeat.ts';
import { decidedBy, judgeChange, type Comparison } from '../core/judge-change.ts';
import { WATCH_VERDICTS, type WatchState } from '../core/reload-vocabulary.ts';
import type { TrafficSlice } from '../core/traffic-slice.ts';
import { mergedSlices, TrafficWindow } from '../core/traffic-window.ts';
import type { WatchReport } from '../configuration.ts';
import type { TrafficSamples } from './traffic-samples.ts';

/** How often a watch looks, whatever its length. */
export const LOOKS = 12;
const MAX_SHOWN = 100;

export interface ChangeWatchPorts {
  readonly samples: Pick<TrafficSamples, 'take' | 'onSlice'>;
  /** Names of the current routes. */
  readonly routes: () => readonly string[];
  /** Milliseconds since the epoch. */
  readonly wallMs: () => number;
  /** Something became worse: called once, and followed by {@link ChangeWatch.end}. */
  readonly onWorse: (found: Comparison, watched: WatchedChange) => void;
  /** When a watch ends, however. */
  readonly onEnd: (report: WatchReport) => void;
  /** Default: by timers. */
  readonly repeat?: typeof repeat;
}

export interface WatchedChange {
  readonly version: number;
  readonly previous: number;
  /** Of the previous version: it may be forgotten elsewhere. */
  readonly previousText: string;
  readonly seconds: number;
  readonly before: readonly TrafficSlice[];
}

export class ChangeWatch {
  readonly #ports: ChangeWatchPorts;
  #change: WatchedChange | null = null;
  #report: WatchReport | null = null;
  #before = new TrafficWindow();
  #after = new TrafficWindow();
  /** Since the last look; null: nothing was read. */
  #recent: TrafficSlice | null = null;
  #isDecided = false;
  #stopListening = (): void => {};
  #stopLooking = (): void => {};

  constructor(ports: ChangeWatchPorts) {
    this.#ports = ports;
  }

  get isRunning(): boolean {
    return this.#report?.state === 'watching';
  }

  /** Of the last one; null: there was none. */
  report(): WatchReport | null {
    if (this.#report === null) return null;
    return { ...this.#report, comparisons: this.#report.comparisons.slice(0, MAX_SHOWN) };
  }

  /** No other may run. */
  start(change: WatchedChange): void {
    this.#change = change;
    this.#before = new TrafficWindow(change.before);
    this.#after = new TrafficWindow();
    this.#recent = null;
    this.#isDecided = false;
    const { version, previous, seconds } = change;
    this.#report = {
      state: 'watching',
      version,
      previous,
      seconds,
      startedAt: this.#ports.wallMs(),
      endedAt: null,
      look: 0,
      looks: LOOKS,
      reason: null,
      comparisons: [],
    };
    this.#stopListening = this.#ports.samples.onSlice((slice) => {
      this.#recent = this.#recent === null ? slice : mergedSlices([this.#recent, slice]);
    });
    const stop = (this.#ports.repeat ?? repeat)(() => this.look(), (1000 * seconds) / LOOKS);
    this.#stopLooking = () => void stop();
  }

  look(): void {
    const [change, report] = [this.#change, this.#report];
    if (change === null || report === null || !this.isRunning || this.#isDecided) return;
    this.#ports.samples.take();
    const recent = this.#recent === null ? [] : [this.#recent];
    this.#recent = null;
    // One slice for each look: a watch of an hour holds no more than a short one.
    for (const slice of recent) this.#after.add(slice);
    const traffic = { before: this.#before, after: this.#after, recent: new TrafficWindow(recent) };
    const found = judgeChange(this.#ports.routes(), traffic, LOOKS);
    const worst = decidedBy(report.comparisons, found);
    this.#report = { ...report, look: report.look + 1, comparisons: found.toSorted(byWeight) };
    if (worst !== undefined) {
      this.#isDecided = true;
      this.#stop();
      this.#ports.onWorse(worst, change);
    } else if (this.#report.look === LOOKS) {
      this.end('kept', found.every(({ verdict }) => verdict === 'unknown') ? TOO_FEW : 'nothing became worse');
    }
  }

  end(state: Exclude<WatchState, 'watching'>, reason: string): void {
    if (this.#report === null || !this.isRunning) return;
    this.#stop();
    this.#report = { ...this.#report, state, reason, endedAt: this.#ports.wallMs() };
    this.#before = this.#after = new TrafficWindow();
    this.#recent = null;
    this.#change = null;
    this.#ports.onEnd(this.report()!);
  }

  /** With the process: nothing is decided any more. */
  close(): void {
    this.#stop();
  }

  #stop(): void {
    this.#stopListening();
    this.#stopLooking();
  }
}

const TOO_FEW = 'there were too few requests to judge it';

/** Worse first, then by how much the share rose. */
function byWeight(one: Comparison, other: Comparison): number {
  const rank = ({ verdict }: Comparison): number => WATCH_VERDICTS.indexOf(verdict);
  const rise = ({ before, after }: Comparison): number => (after.share ?? 0) - (before.share ?? 0);
  return rank(one) - rank(other) || rise(other) - rise(one);
}

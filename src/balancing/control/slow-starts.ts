/**
 * Backends that are ramping up to their weight. backend-watch.ts decides when a ramp begins; this is pure except for
 * the weights.
 */
import { slowStartShare, type SlowStartSettings } from '../core/slow-start.ts';
import type { EffectiveWeights } from './effective-weights.ts';

interface Ramp {
  readonly index: number;
  readonly settings: SlowStartSettings;
  /** Null: held at the first step until it joins. */
  beganAtMs: number | null;
  share: number;
}

export interface SlowStartReport {
  /** Current share of its weight, 0..1. */
  readonly share: number;
  /** Of the shared clock, ms. */
  readonly endsAtMs: number;
}

export class SlowStarts {
  readonly #weights: Pick<EffectiveWeights, 'setSlowStart'>;
  readonly #ramps = new Map<string, Ramp>();

  constructor(weights: Pick<EffectiveWeights, 'setSlowStart'>) {
    this.#weights = weights;
  }

  /** It is out of rotation: hold it at the first step, so that it never returns with its full weight at once. */
  hold(id: string, index: number, settings: SlowStartSettings): void {
    this.#set(id, { index, settings, beganAtMs: null, share: settings.from });
  }

  begin(id: string, index: number, settings: SlowStartSettings, nowMs: number): void {
    this.#set(id, { index, settings, beganAtMs: nowMs, share: slowStartShare(0, settings) });
  }

  /** It gets its full weight. True: this ended a slow start. */
  end(id: string): boolean {
    const ramp = this.#ramps.get(id);
    if (ramp === undefined) return false;
    this.#ramps.delete(id);
    this.#weights.setSlowStart(ramp.index, 1);
    return ramp.beganAtMs !== null;
  }

  isRamping(id: string): boolean {
    return (this.#ramps.get(id)?.beganAtMs ?? null) !== null;
  }

  /** Advances all ramps one step. @returns the ids of those that have reached their full weight. */
  step(nowMs: number): string[] {
    const ended: string[] = [];
    for (const [id, ramp] of this.#ramps) {
      if (ramp.beganAtMs === null) continue;
      ramp.share = slowStartShare(nowMs - ramp.beganAtMs, ramp.settings);
      if (ramp.share < 1) this.#weights.setSlowStart(ramp.index, ramp.share);
      else if (this.end(id)) ended.push(id);
    }
    return ended;
  }

  /** Null: it is not in slow start. */
  report(id: string): SlowStartReport | null {
    const ramp = this.#ramps.get(id);
    if (ramp === undefined || ramp.beganAtMs === null) return null;
    return { share: ramp.share, endsAtMs: ramp.beganAtMs + ramp.settings.durationMs };
  }

  #set(id: string, ramp: Ramp): void {
    this.#ramps.set(id, ramp);
    this.#weights.setSlowStart(ramp.index, ramp.share);
  }
}

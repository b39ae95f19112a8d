/** A store of beats in memory, with a clock of its own. */
import { GatewayError } from '../../src/errors.ts';
import type { Beat, SeenBeat } from '../../src/fleet/core/membership.ts';
import type { FleetStore } from '../../src/fleet/fleet-store.ts';

interface Row {
  readonly beat: Beat;
  readonly startedMs: number;
  readonly joinedMs: number;
  seenMs: number;
}

export class MemoryFleetStore implements FleetStore {
  readonly #nowMs: () => number;
  readonly #rows = new Map<string, Row>();
  readonly #leases = new Map<string, { readonly owner: string; readonly untilMs: number }>();
  isAway = false;

  constructor(nowMs: () => number = Date.now) {
    this.#nowMs = nowMs;
  }

  async beat(beat: Beat): Promise<void> {
    this.#assertThere();
    const nowMs = this.#nowMs();
    const known = this.#rows.get(beat.id);
    const startedMs = known?.startedMs ?? nowMs - beat.uptimeSeconds * 1000;
    this.#rows.set(beat.id, { beat, startedMs, joinedMs: known?.joinedMs ?? nowMs, seenMs: nowMs });
  }

  async leave(id: string): Promise<void> {
    this.#assertThere();
    this.#rows.delete(id);
  }

  async list(): Promise<readonly SeenBeat[]> {
    this.#assertThere();
    const nowMs = this.#nowMs();
    const rows = [...this.#rows.values()].map(({ beat, startedMs, joinedMs, seenMs }) => ({
      ...beat,
      uptimeSeconds: (nowMs - startedMs) / 1000,
      joinedMsAgo: nowMs - joinedMs,
      seenMsAgo: nowMs - seenMs,
    }));
    return rows.toSorted((one, other) => (`${one.name} ${one.id}` < `${other.name} ${other.id}` ? -1 : 1));
  }

  async prune(seconds: number): Promise<number> {
    this.#assertThere();
    const old = [...this.#rows].filter(([, { seenMs }]) => seenMs < this.#nowMs() - seconds * 1000);
    for (const [id] of old) this.#rows.delete(id);
    return old.length;
  }

  async claim(lease: string, owner: string, seconds: number): Promise<boolean> {
    this.#assertThere();
    const held = this.#leases.get(lease);
    if (held !== undefined && held.owner !== owner && held.untilMs > this.#nowMs()) return false;
    this.#leases.set(lease, { owner, untilMs: this.#nowMs() + seconds * 1000 });
    return true;
  }

  async release(lease: string, owner: string): Promise<void> {
    this.#assertThere();
    if (this.#leases.get(lease)?.owner === owner) this.#leases.delete(lease);
  }

  #assertThere(): void {
    if (this.isAway) throw new GatewayError('GW_DATABASE_UNAVAILABLE');
  }
}

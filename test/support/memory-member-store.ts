/** Members of pools in memory, with a clock of its own. */
import type { CachedList, MemberStore, PushedList, StoredMembers } from '../../src/backends/member-store.ts';
import { GatewayError } from '../../src/errors.ts';

export class MemoryMemberStore implements MemberStore {
  readonly #nowMs: () => number;
  readonly #pushed = new Map<string, Omit<PushedList, 'ageSeconds'> & { readonly atMs: number }>();
  readonly #cached = new Map<string, CachedList>();
  #version = 0;
  isAway = false;

  constructor(nowMs: () => number = Date.now) {
    this.#nowMs = nowMs;
  }

  async pushed(): Promise<readonly PushedList[]> {
    this.#assertThere();
    return [...this.#pushed.values()]
      .map(({ atMs, ...list }) => ({ ...list, ageSeconds: (this.#nowMs() - atMs) / 1000 }))
      .toSorted((one, other) => (one.pool < other.pool ? -1 : 1));
  }

  async push(
    pool: string,
    members: StoredMembers | null,
    ttlSeconds: number | null,
    ifVersion?: number,
  ): Promise<PushedList> {
    this.#assertThere();
    const stored = this.#pushed.get(pool)?.version ?? 0;
    if (ifVersion !== undefined && ifVersion !== stored) throw new GatewayError('GW_PRECONDITION_FAILED');
    const list = { pool, members, ttlSeconds, version: ++this.#version };
    this.#pushed.set(pool, { ...list, atMs: this.#nowMs() });
    return { ...list, ageSeconds: 0 };
  }

  async cached(): Promise<readonly CachedList[]> {
    this.#assertThere();
    return [...this.#cached.values()].toSorted((one, other) => (one.pool < other.pool ? -1 : 1));
  }

  async cache(list: CachedList): Promise<void> {
    this.#assertThere();
    this.#cached.set(list.pool, list);
  }

  #assertThere(): void {
    if (this.isAway) throw new GatewayError('GW_DATABASE_UNAVAILABLE');
  }
}

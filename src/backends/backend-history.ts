/** The last changes of each backend. Kept as long as the backend exists, across reloads. */
import { Ring } from '../core/ring.ts';
import type { BackendChangeKind } from './core/backends-vocabulary.ts';

export interface BackendChange {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly kind: BackendChangeKind;
  readonly from: string;
  readonly to: string;
  readonly reason: string | null;
}

export const KEPT_CHANGES = 100;

export class BackendHistory {
  readonly #changes = new Map<string, Ring<BackendChange>>();
  readonly #wallMs: () => number;

  /** @param wallMs milliseconds since the epoch */
  constructor(wallMs: () => number) {
    this.#wallMs = wallMs;
  }

  append(backendId: string, change: Omit<BackendChange, 'at'>): void {
    const kept = this.#changes.get(backendId) ?? new Ring<BackendChange>(KEPT_CHANGES);
    this.#changes.set(backendId, kept);
    kept.push({ ...change, at: this.#wallMs() });
  }

  /** Newest first; empty: nothing has changed. */
  of(backendId: string): readonly BackendChange[] {
    return [...(this.#changes.get(backendId)?.newest() ?? [])];
  }

  forget(backendId: string): void {
    this.#changes.delete(backendId);
  }
}

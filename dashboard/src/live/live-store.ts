/** The latest data of the stream, for all views: they subscribe, and draw at most once a frame. */
import type { Backend, Frame } from '../api/types.ts';
import { appended, backendPoint, joined, totalPoint, type BackendPoint, type TotalPoint } from './live-points.ts';
import type { Link } from './link.ts';

export interface LiveState {
  /** Null before the first. */
  readonly frame: Frame | null;
  /** Date.now() when it arrived. */
  readonly receivedAt: number;
  readonly link: Link;
  readonly totals: readonly TotalPoint[];
}

const NOTHING: readonly BackendPoint[] = [];

export class LiveStore {
  #state: LiveState = { frame: null, receivedAt: 0, link: { kind: 'connecting' }, totals: [] };
  #series = new Map<string, readonly BackendPoint[]>();
  readonly #listeners = new Set<() => void>();

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly get = (): LiveState => this.#state;

  /** The last minute of one backend. */
  series(id: string): readonly BackendPoint[] {
    return this.#series.get(id) ?? NOTHING;
  }

  setLink(link: Link): void {
    if (link.kind === this.#state.link.kind && link.kind !== 'waiting') return;
    this.#publish({ link });
  }

  take(next: Frame): void {
    const before = this.#state.frame;
    const known = new Map(before?.backends.map((backend) => [backend.id, backend]));
    const series = new Map<string, readonly BackendPoint[]>();
    const backends = next.backends.map((backend) => {
      const was = known.get(backend.id);
      series.set(backend.id, appended(this.series(backend.id), backendPoint(before, next, was, backend)));
      return was !== undefined && isSame(was, backend) ? was : backend;
    });
    // Rebuilt each time, so that nothing is kept of removed backends.
    this.#series = series;
    const totals = appended(this.#state.totals, totalPoint(before, next));
    this.#publish({ frame: { ...next, backends }, receivedAt: Date.now(), totals });
  }

  /** Data from before the page was opened, or from while it was disconnected. */
  remember(past: readonly TotalPoint[]): void {
    // The first frame of a connection has nothing to be compared with: the gateway knows more about that moment.
    const live = this.#state.totals.filter(({ errors }) => errors !== null);
    this.#publish({ totals: joined(past, live) });
  }

  rememberBackend(id: string, past: readonly BackendPoint[]): void {
    if (!this.#series.has(id)) return;
    const live = this.series(id).filter(({ requests }) => requests !== null);
    this.#series.set(id, joined(past, live));
    this.#publish({});
  }

  clear(): void {
    this.#series = new Map();
    this.#publish({ frame: null, totals: [], link: { kind: 'connecting' } });
  }

  #publish(change: Partial<LiveState>): void {
    this.#state = { ...this.#state, ...change };
    for (const listener of this.#listeners) listener();
  }
}

/** An idle backend stays the same object, so that its card is not drawn again. */
function isSame(one: Backend, other: Backend): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

export const liveStore = new LiveStore();

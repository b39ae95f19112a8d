/** Events of this gateway, for operators: the last thousand, in memory. */
import { Ring } from '../core/ring.ts';
import type { EventKind, Severity } from './core/events-vocabulary.ts';

export interface NewEvent {
  readonly kind: EventKind;
  readonly severity: Severity;
  /** Its subject: id of the backend, name of the pool, key of the client, number of the thread, first host of the certificate; null: the gateway. */
  readonly subject: string | null;
  /** One sentence, without secrets. */
  readonly message: string;
}

export interface GatewayEvent extends NewEvent {
  /** Incremented from 1 while the process runs. */
  readonly id: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

export interface EventQuery {
  /** 1..1000. */
  readonly limit: number;
  /** Only events with a lower id. */
  readonly before?: number;
  readonly kind?: EventKind;
}

export interface EventPage {
  /** Newest first. */
  readonly items: readonly GatewayEvent[];
  /** `before` of the next page; null: this is the last page. */
  readonly next: number | null;
}

export const KEPT_EVENTS = 1000;

export class EventLog {
  readonly #events = new Ring<GatewayEvent>(KEPT_EVENTS);
  readonly #wallMs: () => number;
  readonly #listeners = new Set<(event: GatewayEvent) => void>();
  #lastId = 0;

  /** @param wallMs milliseconds since the epoch */
  constructor(wallMs: () => number) {
    this.#wallMs = wallMs;
  }

  append(event: NewEvent): void {
    this.#lastId += 1;
    const added = { ...event, id: this.#lastId, at: this.#wallMs() };
    this.#events.push(added);
    for (const listener of this.#listeners) listener(added);
  }

  /** Calls the listener with each event from now on. The returned function ends that. */
  onEvent(listener: (event: GatewayEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  page({ limit, before = Infinity, kind }: EventQuery): EventPage {
    const items: GatewayEvent[] = [];
    for (const event of this.#events.newest()) {
      if (event.id >= before || (kind !== undefined && event.kind !== kind)) continue;
      if (items.length === limit) return { items, next: items.at(-1)!.id };
      items.push(event);
    }
    return { items, next: null };
  }
}

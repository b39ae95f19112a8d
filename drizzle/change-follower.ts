/**
 * Follows what others change in a shared database: asked every now and then, and at once when a notification hints at
 * something. Notifications alone will not do: a connection that only listens can be dead for long without an error (a
 * firewall forgot it), and a pooler in transaction mode passes none on.
 */
import type { DatabaseLink } from './database-link.ts';
import type { Seen } from './engine.ts';

export interface FollowerOptions {
  readonly link: DatabaseLink;
  /** Keys of clients that were changed or removed; null: any may have been. When it rejects, they come again. */
  onClientsChanged(keys: readonly string[] | null): Promise<void>;
  onBackendsChanged(): Promise<void>;
}

export class ChangeFollower {
  readonly #options: FollowerOptions;
  /** Of which everything is in force; null: not asked yet, and all will be read anyway. */
  #seen: Seen | null = null;
  #isDelivering = false;
  #isLooking = false;
  #isHinted = false;
  #isMissed = false;

  constructor(options: FollowerOptions) {
    this.#options = options;
  }

  /** Something may have changed. However many hints come during a look, one more look answers them. */
  hint(): void {
    this.#isHinted = true;
    if (!this.#isLooking) void this.#look();
  }

  async #look(): Promise<void> {
    this.#isLooking = true;
    while (this.#isHinted) {
      this.#isHinted = false;
      // What goes wrong here is found by the next poll.
      await this.poll().catch(() => {});
    }
    this.#isLooking = false;
  }

  /** Rejects as a query does when the database is away. Does not wait until what came is in force. */
  async poll(): Promise<void> {
    const { link } = this.#options;
    const { changes } = link.connection;
    if (changes === null) return link.attempt('a ping', () => link.connection.ping());
    // What changes in the meantime is found when that is done.
    if (this.#isDelivering) {
      this.#isMissed = true;
      return link.attempt('a ping', () => link.connection.ping());
    }
    const found = await link.attempt('a look for changes', () => changes.since(this.#seen));
    if (this.#seen === null || (!found.backends && found.clients?.length === 0)) {
      this.#seen = found.seen;
      return;
    }
    if (!this.#isDelivering) void this.#deliver(found.clients, found.backends, found.seen);
  }

  async #deliver(clients: readonly string[] | null, backends: boolean, seen: Seen): Promise<void> {
    const { onClientsChanged, onBackendsChanged } = this.#options;
    this.#isDelivering = true;
    let isDone = false;
    try {
      if (clients === null || clients.length > 0) await onClientsChanged(clients);
      if (backends) await onBackendsChanged();
      this.#seen = seen;
      isDone = true;
    } catch {
      // Whoever failed has said so; the next poll brings the same again.
    }
    this.#isDelivering = false;
    // What came in the meantime was not looked at.
    if (isDone && this.#isMissed) this.hint();
    this.#isMissed = false;
  }
}

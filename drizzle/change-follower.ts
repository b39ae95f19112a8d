/**
 * Follows changes by others in a shared database: polls every now and then, and at once when a notification hints at a
 * change. Notifications alone are not enough: a connection that only listens can be dead for long without an error (a
 * firewall forgot it), and a pooler in transaction mode passes none on.
 */
import type { DatabaseLink } from './database-link.ts';
import type { Changes } from './engine.ts';

export interface FollowerOptions {
  readonly link: DatabaseLink;
  /** Keys of clients that were changed or removed; null: any may have been. If it rejects, they are delivered again. */
  onClientsChanged(keys: readonly string[] | null): Promise<void>;
  onBackendsChanged(): Promise<void>;
  onCertificatesChanged(): Promise<void>;
  onGatewaysChanged(): Promise<void>;
  onCircuitsChanged(): Promise<void>;
  onMembersChanged(): Promise<void>;
}

export class ChangeFollower {
  readonly #options: FollowerOptions;
  /** Everything up to here has been applied; null: not polled yet, and everything will be read anyway. */
  #seen: Changes['seen'] | null = null;
  #isDelivering = false;
  #isLooking = false;
  #isHinted = false;
  #isMissed = false;

  constructor(options: FollowerOptions) {
    this.#options = options;
  }

  /** Something may have changed. However many hints come during a poll, one more poll answers them. */
  hint(): void {
    this.#isHinted = true;
    if (!this.#isLooking) void this.#look();
  }

  async #look(): Promise<void> {
    this.#isLooking = true;
    while (this.#isHinted) {
      this.#isHinted = false;
      // Failures here are noticed by the next poll.
      await this.poll().catch(() => {});
    }
    this.#isLooking = false;
  }

  /** Rejects like a query while the database is away. Does not wait until the changes have been applied. */
  async poll(): Promise<void> {
    const { link } = this.#options;
    const { changes } = link.connection;
    if (changes === null) return link.attempt('a ping', () => link.connection.ping());
    // Changes made in the meantime are found once that is done.
    if (this.#isDelivering) {
      this.#isMissed = true;
      return link.attempt('a ping', () => link.connection.ping());
    }
    const before = this.#seen;
    const found = await link.attempt('a look for changes', () => changes.since(before));
    // Another poll has delivered meanwhile what this one found; the next one finds what is new since.
    if (this.#seen !== before) return this.hint();
    const { backends, certificates, gateways, circuits, members } = found;
    const isOther = backends || certificates || gateways || circuits || members;
    const isSame = !isOther && found.clients?.length === 0;
    if (this.#seen === null || isSame) {
      this.#seen = found.seen;
      return;
    }
    if (!this.#isDelivering) void this.#deliver(found);
  }

  async #deliver({ clients, backends, certificates, gateways, circuits, members, seen }: Changes): Promise<void> {
    const { onClientsChanged, onBackendsChanged, onCertificatesChanged } = this.#options;
    const { onGatewaysChanged, onCircuitsChanged, onMembersChanged } = this.#options;
    this.#isDelivering = true;
    let isDone = false;
    try {
      if (clients === null || clients.length > 0) await onClientsChanged(clients);
      if (backends) await onBackendsChanged();
      if (certificates) await onCertificatesChanged();
      if (gateways) await onGatewaysChanged();
      if (circuits) await onCircuitsChanged();
      if (members) await onMembersChanged();
      this.#seen = seen;
      isDone = true;
    } catch {
      // The failure has been logged; the next poll delivers the same again.
    }
    this.#isDelivering = false;
    // Changes made in the meantime were not read.
    if (isDone && this.#isMissed) this.hint();
    this.#isMissed = false;
  }
}

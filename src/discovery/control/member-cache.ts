/** The last list of each source, kept in the database for the next start. */
import type { Logger } from 'pino';
import type { MemberStore } from '../../backends/member-store.ts';
import { GatewayError } from '../../errors.ts';
import { coalesce } from '../../runtime/coalesce.ts';
import type { Member } from '../core/member.ts';
import { readEntries } from '../read-entry.ts';

export interface MemberCachePorts {
  readonly store: MemberStore;
  readonly log: Pick<Logger, 'warn'>;
}

export class MemberCache {
  readonly #ports: MemberCachePorts;
  /** What is stored, as far as it is known. */
  readonly #stored = new Map<string, string>();
  readonly #wanted = new Map<string, readonly Member[]>();
  readonly #save: () => void;

  constructor(ports: MemberCachePorts) {
    this.#ports = ports;
    this.#save = coalesce(
      () => this.#saveAll(),
      (error) => this.#noteFailure(error),
    );
  }

  /** By pool. While the database is away, nothing is known. */
  async read(): Promise<ReadonlyMap<string, readonly Member[]>> {
    try {
      const lists = await this.#ports.store.cached();
      return new Map(
        lists.map(({ pool, members: stored }) => {
          // An entry of another version that does not fit is left out. The scheme is not part of an entry.
          const { members } = readEntries(stored, 'http');
          this.#stored.set(pool, JSON.stringify(members));
          return [pool, members] as const;
        }),
      );
    } catch (error) {
      this.#noteFailure(error);
      return new Map();
    }
  }

  /** Keeps the list; while the database is away, until it is back. */
  keep(pool: string, members: readonly Member[]): void {
    if (this.#stored.get(pool) === JSON.stringify(members)) {
      this.#wanted.delete(pool);
      return;
    }
    this.#wanted.set(pool, members);
    this.#save();
  }

  /** The database is back. */
  retry(): void {
    if (this.#wanted.size > 0) this.#save();
  }

  async #saveAll(): Promise<void> {
    for (const [pool, members] of this.#wanted) {
      await this.#ports.store.cache({ pool, members });
      this.#stored.set(pool, JSON.stringify(members));
      if (this.#wanted.get(pool) === members) this.#wanted.delete(pool);
    }
  }

  /** An outage is reported elsewhere. */
  #noteFailure(error: unknown): void {
    if (error instanceof GatewayError && error.code === 'GW_DATABASE_UNAVAILABLE') return;
    this.#ports.log.warn({ err: error }, 'members cannot be kept for the next start');
  }
}

/** The backends' storage on drizzle. */
import { GatewayError } from '../src/errors.ts';
import type { BackendChange, BackendStore, NewBackend, StoredBackend } from '../src/state/backend-store.ts';
import type { DatabaseLink } from './database-link.ts';
import { and, asc, eq, sql } from './orm.ts';
import { backends } from './schema.ts';

export class BackendRepository implements BackendStore {
  readonly #link: DatabaseLink;

  constructor(link: DatabaseLink) {
    this.#link = link;
  }

  async all(): Promise<readonly StoredBackend[]> {
    return this.#link.run((db) => db.select().from(backends).orderBy(asc(backends.id)));
  }

  async get(id: string): Promise<StoredBackend | undefined> {
    const [row] = await this.#link.run((db) => db.select().from(backends).where(eq(backends.id, id)));
    return row;
  }

  async create(backend: NewBackend): Promise<StoredBackend> {
    const [row] = await this.#link.run((db) => db.insert(backends).values(backend).onConflictDoNothing().returning());
    if (row === undefined) throw new GatewayError('GW_BACKEND_EXISTS');
    return row;
  }

  async update(id: string, change: BackendChange, ifVersion?: number): Promise<StoredBackend | undefined> {
    const values = { ...change, version: sql`${backends.version} + 1`, updatedAt: sql`now()` };
    const [row] = await this.#link.run((db) =>
      db.update(backends).set(values).where(isVersion(id, ifVersion)).returning(),
    );
    if (row === undefined && ifVersion !== undefined) await this.#refuseIfThere(id);
    return row;
  }

  async remove(id: string, ifVersion?: number): Promise<boolean> {
    const rows = await this.#link.run((db) =>
      db.delete(backends).where(isVersion(id, ifVersion)).returning({ id: backends.id }),
    );
    if (rows.length === 0 && ifVersion !== undefined) await this.#refuseIfThere(id);
    return rows.length > 0;
  }

  async #refuseIfThere(id: string): Promise<void> {
    if ((await this.get(id)) !== undefined) throw new GatewayError('GW_PRECONDITION_FAILED');
  }
}

function isVersion(id: string, version: number | undefined) {
  return and(eq(backends.id, id), version === undefined ? undefined : eq(backends.version, version));
}

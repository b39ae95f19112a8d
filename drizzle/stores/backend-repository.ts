/** The backends' storage on drizzle. */
import { GatewayError } from '../../src/errors.ts';
import type { BackendChange, BackendStore, NewBackend, StoredBackend } from '../../src/backends/backend-store.ts';
import type { DatabaseLink } from '../database-link.ts';
import type { Dialect } from '../dialect.ts';
import { and, asc, eq } from '../orm.ts';
import type { Tables } from '../table-definitions.ts';

export class BackendRepository implements BackendStore {
  readonly #link: DatabaseLink;
  readonly #dialect: Dialect;
  readonly #backends: Tables['backends'];

  constructor(link: DatabaseLink, dialect: Dialect) {
    this.#link = link;
    this.#backends = dialect.tables.backends;
    this.#dialect = dialect;
  }

  async all(): Promise<readonly StoredBackend[]> {
    return this.#link.run((db) => db.select().from(this.#backends).orderBy(asc(this.#backends.id)));
  }

  async get(id: string): Promise<StoredBackend | undefined> {
    const [row] = await this.#link.run((db) => db.select().from(this.#backends).where(eq(this.#backends.id, id)));
    return row;
  }

  async create(backend: NewBackend): Promise<StoredBackend> {
    const [row] = await this.#link.run((db) =>
      db
        .insert(this.#backends)
        .values({ ...backend, version: this.#dialect.nextVersion })
        .onConflictDoNothing()
        .returning(),
    );
    if (row === undefined) throw new GatewayError('GW_BACKEND_EXISTS');
    return row;
  }

  async update(id: string, change: BackendChange, ifVersion?: number): Promise<StoredBackend | undefined> {
    const values = { ...change, version: this.#dialect.nextVersion, updatedAt: this.#dialect.now };
    const [row] = await this.#link.run((db) =>
      db.update(this.#backends).set(values).where(this.#isVersion(id, ifVersion)).returning(),
    );
    if (row === undefined && ifVersion !== undefined) await this.#refuseIfThere(id);
    return row;
  }

  async remove(id: string, ifVersion?: number): Promise<boolean> {
    const rows = await this.#link.run((db) =>
      db.delete(this.#backends).where(this.#isVersion(id, ifVersion)).returning({ id: this.#backends.id }),
    );
    if (rows.length === 0 && ifVersion !== undefined) await this.#refuseIfThere(id);
    return rows.length > 0;
  }

  async #refuseIfThere(id: string): Promise<void> {
    if ((await this.get(id)) !== undefined) throw new GatewayError('GW_PRECONDITION_FAILED');
  }

  #isVersion(id: string, version: number | undefined) {
    const { id: key, version: stored } = this.#backends;
    return and(eq(key, id), version === undefined ? undefined : eq(stored, version));
  }
}

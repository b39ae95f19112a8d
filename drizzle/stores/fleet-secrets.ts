/** Secrets that all gateways of a database share, created by the first that asks. */
import type { FleetSecrets } from '../../src/database/database-port.ts';
import type { DatabaseLink } from '../database-link.ts';
import type { Dialect } from '../dialect.ts';
import { eq } from '../orm.ts';

export class FleetSecretRepository implements FleetSecrets {
  readonly #link: DatabaseLink;
  readonly #table: Dialect['tables']['fleetSecrets'];

  constructor(link: DatabaseLink, dialect: Dialect) {
    this.#link = link;
    this.#table = dialect.tables.fleetSecrets;
  }

  async get(name: string, make: () => string): Promise<string> {
    const { value } = this.#table;
    const read = () => this.#link.run((db) => db.select({ value }).from(this.#table).where(eq(this.#table.name, name)));
    const [found] = await read();
    if (found !== undefined) return found.value;
    // If several are created at once, the first counts.
    const row = { name, value: make() };
    await this.#link.run((db) => db.insert(this.#table).values(row).onConflictDoNothing());
    return (await read())[0]!.value;
  }
}

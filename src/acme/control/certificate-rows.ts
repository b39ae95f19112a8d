/** All stored certificates, of which only those are read that have changed: ten thousand chains and keys take 60 MB. */
import type { AcmeStore, StoredCertificate } from '../acme-store.ts';

/** In one query. */
const MAX_READ = 500;

export class CertificateRows {
  #rows: ReadonlyMap<string, StoredCertificate> = new Map();

  /** By id. Leases and times of use may be older. Rejects while the database is away. */
  async read(
    store: Pick<AcmeStore, 'certificates' | 'certificatesById' | 'versions'>,
  ): Promise<ReadonlyMap<string, StoredCertificate>> {
    const known = this.#rows;
    const versions = await store.versions();
    const changed = versions.filter(({ id, version }) => known.get(id)?.version !== version).map(({ id }) => id);
    const read = changed.length > MAX_READ ? await store.certificates() : await store.certificatesById(changed);
    const fresh = new Map(read.map((row) => [row.id, row]));
    // One that was removed in between is removed next time.
    const rows = new Map(versions.flatMap(({ id }) => rowOf(id, fresh.get(id) ?? known.get(id))));
    this.#rows = rows;
    return rows;
  }
}

function rowOf(id: string, row: StoredCertificate | undefined): readonly (readonly [string, StoredCertificate])[] {
  return row === undefined ? [] : [[id, row]];
}

/** The storage of uploaded certificates on drizzle. */
import type { NewUpload, StoredUpload, UploadStore } from '../../src/certificates/upload-store.ts';
import { GatewayError } from '../../src/errors.ts';
import type { AcceptedVersions } from '../../src/net/entity-tag.ts';
import type { DatabaseLink } from '../database-link.ts';
import type { Dialect } from '../dialect.ts';
import { and, asc, eq, inArray } from '../orm.ts';
import type { Tables } from '../table-definitions.ts';

export class UploadRepository implements UploadStore {
  readonly #link: DatabaseLink;
  readonly #dialect: Dialect;
  readonly #uploads: Tables['uploadedCertificates'];

  constructor(link: DatabaseLink, dialect: Dialect) {
    this.#link = link;
    this.#dialect = dialect;
    this.#uploads = dialect.tables.uploadedCertificates;
  }

  async all(): Promise<readonly StoredUpload[]> {
    return this.#link.run((db) => db.select().from(this.#uploads).orderBy(asc(this.#uploads.id)));
  }

  async put(upload: NewUpload, accepted?: AcceptedVersions): Promise<StoredUpload> {
    const { id, ...rest } = upload;
    const version = this.#dialect.nextVersion;
    const change = { ...rest, version, updatedAt: this.#dialect.now };
    const [row] = await this.#link.run((db) =>
      accepted === undefined
        ? db
            .insert(this.#uploads)
            .values({ ...upload, version })
            .onConflictDoUpdate({ target: this.#uploads.id, set: change })
            .returning()
        : db.update(this.#uploads).set(change).where(this.#isAccepted(id, accepted)).returning(),
    );
    if (row === undefined) throw new GatewayError('GW_PRECONDITION_FAILED');
    return row;
  }

  async remove(id: string, accepted?: AcceptedVersions): Promise<boolean> {
    const { id: key } = this.#uploads;
    const rows = await this.#link.run((db) =>
      db.delete(this.#uploads).where(this.#isAccepted(id, accepted)).returning({ id: key }),
    );
    if (rows.length > 0 || accepted === undefined) return rows.length > 0;
    const [other] = await this.#link.run((db) => db.select({ id: key }).from(this.#uploads).where(eq(key, id)));
    if (other !== undefined) throw new GatewayError('GW_PRECONDITION_FAILED');
    return false;
  }

  #isAccepted(id: string, accepted: AcceptedVersions) {
    const { id: key, version } = this.#uploads;
    return and(eq(key, id), accepted === undefined ? undefined : inArray(version, [...accepted]));
  }
}

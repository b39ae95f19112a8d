/** Port to the storage of uploaded certificates, which all gateways of a database share. */
import type { AcceptedVersions } from '../net/entity-tag.ts';

export interface NewUpload {
  /** Of its hosts: see certificateKey. */
  readonly id: string;
  /** Canonical; it is served for these. */
  readonly hosts: readonly string[];
  readonly chainPem: string;
  readonly keyEncrypted: string;
}

export interface StoredUpload extends NewUpload {
  /** Higher with every change; the ETag is derived from it. */
  readonly version: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** Every method rejects with GW_DATABASE_UNAVAILABLE when the database is away. */
export interface UploadStore {
  /** By id, in byte order. */
  all(): Promise<readonly StoredUpload[]>;
  /**
   * Replaces the one with its id, if there is one. With `accepted`, rejects with GW_PRECONDITION_FAILED if none with one
   * of these versions is stored; nothing is changed then.
   */
  put(upload: NewUpload, accepted?: AcceptedVersions): Promise<StoredUpload>;
  /** False if there was none. `accepted` as in put, but only if there is one. */
  remove(id: string, accepted?: AcceptedVersions): Promise<boolean>;
}

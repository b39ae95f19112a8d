import type { NewUpload, StoredUpload, UploadStore } from '../../src/certificates/upload-store.ts';
import { GatewayError } from '../../src/errors.ts';
import type { AcceptedVersions } from '../../src/net/entity-tag.ts';

/** Uploaded certificates in memory, for tests. */
export class MemoryUploadStore implements UploadStore {
  /** True: every call is refused, as while the database is away. */
  isAway = false;
  readonly #uploads = new Map<string, StoredUpload>();
  #version = 0;

  async all(): Promise<readonly StoredUpload[]> {
    this.#refuseWhenAway();
    return [...this.#uploads.values()].toSorted((one, other) => (one.id < other.id ? -1 : 1));
  }

  async put(upload: NewUpload, accepted?: AcceptedVersions): Promise<StoredUpload> {
    this.#refuseWhenAway();
    const before = this.#uploads.get(upload.id);
    if (accepted !== undefined && (before === undefined || !accepted.includes(before.version))) {
      throw new GatewayError('GW_PRECONDITION_FAILED');
    }
    this.#version += 1;
    const now = new Date();
    const stored = { ...upload, version: this.#version, createdAt: before?.createdAt ?? now, updatedAt: now };
    this.#uploads.set(upload.id, stored);
    return stored;
  }

  async remove(id: string, accepted?: AcceptedVersions): Promise<boolean> {
    this.#refuseWhenAway();
    const before = this.#uploads.get(id);
    if (before !== undefined && accepted?.includes(before.version) === false) {
      throw new GatewayError('GW_PRECONDITION_FAILED');
    }
    return this.#uploads.delete(id);
  }

  #refuseWhenAway(): void {
    if (this.isAway) throw new GatewayError('GW_DATABASE_UNAVAILABLE');
  }
}

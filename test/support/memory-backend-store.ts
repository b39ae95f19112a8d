/** The backends' storage in memory; passes the same contract suite as the real one. `isAway` makes an outage. */
import { GatewayError } from '../../src/errors.ts';
import type { BackendChange, BackendStore, NewBackend, StoredBackend } from '../../src/backends/backend-store.ts';

export class MemoryBackendStore implements BackendStore {
  isAway = false;
  #lastVersion = 0;
  readonly #backends = new Map<string, StoredBackend>();

  async all(): Promise<readonly StoredBackend[]> {
    this.#refuseWhenAway();
    return [...this.#backends.values()].toSorted((a, b) => (a.id < b.id ? -1 : 1));
  }

  async get(id: string): Promise<StoredBackend | undefined> {
    this.#refuseWhenAway();
    return this.#backends.get(id);
  }

  async create(backend: NewBackend): Promise<StoredBackend> {
    this.#refuseWhenAway();
    if (this.#backends.has(backend.id)) throw new GatewayError('GW_BACKEND_EXISTS');
    const now = new Date();
    return this.#keep({ ...backend, version: ++this.#lastVersion, createdAt: now, updatedAt: now });
  }

  async update(id: string, change: BackendChange, ifVersion?: number): Promise<StoredBackend | undefined> {
    const found = this.#at(id, ifVersion);
    return found && this.#keep({ ...found, ...change, version: ++this.#lastVersion, updatedAt: new Date() });
  }

  async remove(id: string, ifVersion?: number): Promise<boolean> {
    this.#at(id, ifVersion);
    return this.#backends.delete(id);
  }

  #at(id: string, ifVersion: number | undefined): StoredBackend | undefined {
    this.#refuseWhenAway();
    const found = this.#backends.get(id);
    if (found !== undefined && ifVersion !== undefined && found.version !== ifVersion) {
      throw new GatewayError('GW_PRECONDITION_FAILED');
    }
    return found;
  }

  #keep(backend: StoredBackend): StoredBackend {
    this.#backends.set(backend.id, backend);
    return backend;
  }

  #refuseWhenAway(): void {
    if (this.isAway) throw new GatewayError('GW_DATABASE_UNAVAILABLE');
  }
}

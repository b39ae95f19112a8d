/** What operators do to a running backend: reset metrics, open and close circuits. */
import type { Logger } from 'pino';
import { canonicalBackendUrl, rejectBackendUrl } from '../../net/backend-url.ts';
import type { Snapshot, SnapshotBackend } from '../../config/snapshot.ts';
import { GatewayError } from '../../errors.ts';
import type { BackendSwitches } from '../../backends/backend-control.ts';
import type { BackendTable } from '../../backends/backend-table.ts';
import type { CircuitOrders } from './circuit-orders.ts';

export interface BackendSwitchesPorts {
  readonly table: BackendTable;
  readonly orders: Pick<CircuitOrders, 'give'>;
  readonly snapshot: () => Snapshot;
  readonly threads: () => readonly { readonly index: number; readonly state: string }[];
  /** Resolves when every running thread has cleared its own row. */
  readonly resetRows: (index: number) => Promise<void>;
  /** The rows start at zero again; do not compare with earlier values. */
  readonly onReset: (id: string) => void;
  readonly log: Logger;
}

export class LiveBackendSwitches implements BackendSwitches {
  readonly #ports: BackendSwitchesPorts;

  constructor(ports: BackendSwitchesPorts) {
    this.#ports = ports;
  }

  async resetMetrics(id: string): Promise<void> {
    const { table, threads, resetRows, onReset, log } = this.#ports;
    const backend = this.#backends().find((each) => each.id === id);
    if (backend === undefined) throw new GatewayError('GW_BACKEND_NOT_FOUND');
    // A dead thread writes nothing, so another thread may clear its row.
    for (const { index, state } of threads()) if (state === 'dead') table.resetRow(index, backend.index);
    await resetRows(backend.index);
    table.endFailureRow(backend.index);
    onReset(id);
    log.info({ backend: id }, 'backend metrics reset');
  }

  named(idOrUrl: string): readonly string[] {
    return this.#named(idOrUrl).map(({ id }) => id);
  }

  async resetCircuits(idOrUrl: string): Promise<readonly string[]> {
    const ids = this.named(idOrUrl);
    await this.#ports.orders.give(ids, null);
    for (const id of ids) this.#ports.log.info({ backend: id }, 'circuit reset by an operator');
    return ids;
  }

  async openCircuits(idOrUrl: string, seconds: number): Promise<readonly string[]> {
    const ids = this.named(idOrUrl);
    await this.#ports.orders.give(ids, seconds);
    for (const id of ids) this.#ports.log.warn({ backend: id, for_seconds: seconds }, 'circuit opened by an operator');
    return ids;
  }

  /** By id, else by URL: two pools may use the same URL. */
  #named(idOrUrl: string): readonly SnapshotBackend[] {
    const all = this.#backends();
    const byId = all.filter(({ id }) => id === idOrUrl);
    if (byId.length > 0) return byId;
    const url = rejectBackendUrl(idOrUrl) === undefined ? canonicalBackendUrl(idOrUrl) : undefined;
    const byUrl = all.filter((backend) => backend.url === url);
    if (byUrl.length === 0) throw new GatewayError('GW_BACKEND_NOT_FOUND');
    return byUrl;
  }

  #backends(): readonly SnapshotBackend[] {
    return this.#ports.snapshot().pools.flatMap(({ backends }) => backends);
  }
}

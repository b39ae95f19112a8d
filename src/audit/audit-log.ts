/** Takes entries of the audit log without making anybody wait, and writes them when the database accepts them. */
import { GatewayError } from '../errors.ts';
import type { AuditEntry, AuditStore } from './audit-store.ts';

export interface AuditLogPorts {
  readonly store: Pick<AuditStore, 'append'>;
  readonly log: {
    info(details: object, message: string): void;
    warn(details: object, message: string): void;
    error(details: object, message: string): void;
  };
  /** Maximum number of entries waiting while the database is away; further ones are dropped. Default 1,000. */
  readonly maxWaiting?: number;
}

/** Entries per statement. */
const BATCH = 100;

export class AuditLog {
  readonly #ports: AuditLogPorts;
  readonly #maxWaiting: number;
  readonly #waiting: AuditEntry[] = [];
  #leftOut = 0;
  #isAway = false;
  #writing: Promise<void> | null = null;

  constructor(ports: AuditLogPorts) {
    this.#ports = ports;
    this.#maxWaiting = ports.maxWaiting ?? 1000;
  }

  /** Entries that wait to be written. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Entries that were never written since the start: the buffer was full, or there were too many. */
  get leftOut(): number {
    return this.#leftOut;
  }

  record(entry: AuditEntry): void {
    if (this.#waiting.length >= this.#maxWaiting) return this.leaveOut('the database is away for too long');
    this.#waiting.push(entry);
    void this.flush();
  }

  /** For an entry that will not be written. The first is logged, and then the number once entries are written again. */
  leaveOut(reason: string): void {
    this.#leftOut += 1;
    if (this.#leftOut === 1) this.#ports.log.warn({ reason }, 'audit entries dropped');
  }

  /** Resolves when everything waiting is written, or the database is away. Never rejects. */
  flush(): Promise<void> {
    this.#writing ??= this.#write().finally(() => (this.#writing = null));
    return this.#writing;
  }

  async #write(): Promise<void> {
    const { store, log } = this.#ports;
    let max = BATCH;
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.slice(0, max);
      try {
        await store.append(batch);
      } catch (error) {
        if (error instanceof GatewayError) return this.#away(error);
        // A single entry that the database rejects must not hold up the others: it is found by writing one at a time.
        if (batch.length > 1) {
          max = 1;
          continue;
        }
        const { action, requestId } = batch[0]!;
        log.error({ err: error, action, request_id: requestId }, 'audit entry rejected by the database');
        this.#leftOut += 1;
      }
      this.#waiting.splice(0, batch.length);
    }
    if (this.#isAway) log.info({ left_out: this.#leftOut }, 'audit entries are being written again');
    this.#isAway = false;
  }

  #away(error: unknown): void {
    if (!this.#isAway) this.#ports.log.warn({ err: error }, 'audit entries are waiting for the database');
    this.#isAway = true;
  }
}

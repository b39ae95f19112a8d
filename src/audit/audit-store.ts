/**
 * The port to the audit log's storage: who changed what. drizzle/ implements it; entries are only added and expired.
 */
import type { Role } from '../admin-access/core/admin-access-vocabulary.ts';

export interface AuditEntry {
  readonly at: Date;
  /** Name of the token; `anonymous` without one, `cli` for the command line, `sluice` for the gateway itself. */
  readonly actor: string;
  /** Null: none, because the call had no valid token. */
  readonly role: Role | null;
  /** Where the call came from; `internal`: the gateway itself. */
  readonly address: string;
  /** The operation's id in the OpenAPI document. */
  readonly action: string;
  /** The target: a client's key, a backend's id; null: the gateway. */
  readonly target: string | null;
  /** Status of the answer. */
  readonly status: number;
  /** As the API shows the target, without secrets; null: there was none, or nothing changed. */
  readonly before: unknown;
  readonly after: unknown;
  readonly requestId: string;
  /** Name of the one that was called; null: recorded by a version that had no names, or by the command line. */
  readonly gateway: string | null;
}

export interface StoredAuditEntry extends AuditEntry {
  /** Unique; later entries have higher ones, except imported ones. */
  readonly id: number;
}

export interface AuditFilter {
  readonly actor?: string;
  readonly action?: string;
  readonly target?: string;
  readonly gateway?: string;
  /** Not older than this. */
  readonly since?: Date;
  /** Only entries that come after this one in the order of the list: the next page. */
  readonly before?: number;
  /** 1..1001. */
  readonly limit: number;
}

/** Every method rejects with GW_DATABASE_UNAVAILABLE when the database is away. */
export interface AuditStore {
  append(entries: readonly AuditEntry[]): Promise<void>;
  /** The newest first. */
  list(filter: AuditFilter): Promise<readonly StoredAuditEntry[]>;
  /** Resolves to their number. */
  removeBefore(at: Date): Promise<number>;
}

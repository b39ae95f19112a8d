/** The port to everything a database holds, as rows to be written to a file and read from one. drizzle/ implements it. */

/** In the order in which they stand in a file: a level belongs to a client before it. */
export const TRANSFERRED = ['client', 'backend', 'level', 'audit'] as const;

export type Transferred = (typeof TRANSFERRED)[number];

/** Columns by their names in the database, times as RFC 3339 text. */
export type TransferRow = Readonly<Record<string, unknown>>;

export interface TransferRecord {
  readonly type: Transferred;
  readonly row: TransferRow;
}

/** A row as the database itself writes it as JSON: no number loses a digit on the way. */
export interface ExportedRow {
  readonly type: Transferred;
  readonly json: string;
}

/**
 * - `merge`: what the file has is put in, what else is there stays.
 * - `replace`: clients, backends and levels are those of the file afterwards. The audit log is only ever added to.
 */
export type ImportMode = 'merge' | 'replace';

export interface TransferStore {
  /** Everything as of one moment, in pages, in the order of {@link TRANSFERRED}. */
  read(onPage: (rows: readonly ExportedRow[]) => Promise<void>): Promise<void>;
  /**
   * All of it or nothing. What changes gets a version no gateway has seen, so that those that run follow. Rejects with
   * what `records` throws, and with GW_CLIENT_EXISTS when an API key belongs to another client already.
   */
  write(records: AsyncIterable<TransferRecord>, mode: ImportMode): Promise<void>;
}

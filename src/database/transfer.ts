/**
 * The port to everything a database holds, as rows that are written to a file and read back. drizzle/ implements it.
 */

/** In the order of the file: a level belongs to a client before it. */
export const TRANSFERRED = [
  'client',
  'backend',
  'level',
  'audit',
  'secret',
  'certificate',
  'account',
  'upload',
  'pushed',
  'quota',
  'order',
] as const;

/** What `sluice db export` writes: what moves from one gateway to another. The rest makes a gateway the same again. */
export const EXPORTED: readonly Transferred[] = ['client', 'backend', 'level', 'audit'];

export type Transferred = (typeof TRANSFERRED)[number];

/** Columns by their names in the database, times as RFC 3339 text. */
export type TransferRow = Readonly<Record<string, unknown>>;

export interface TransferRecord {
  readonly type: Transferred;
  readonly row: TransferRow;
}

/** A row as the database itself converts it to JSON: no number loses a digit on the way. */
export interface ExportedRow {
  readonly type: Transferred;
  readonly json: string;
}

/**
 * - `merge`: rows of the file are written, others stay.
 * - `replace`: clients, backends, levels, pushed members and orders for circuits are those of the file afterwards. The audit log is only ever
 *   added to.
 */
export type ImportMode = 'merge' | 'replace';

export interface TransferStore {
  /** Everything, or these types, as of one moment, in pages, in the order of {@link TRANSFERRED}. */
  read(onPage: (rows: readonly ExportedRow[]) => Promise<void>, types?: readonly Transferred[]): Promise<void>;
  /**
   * All of it or nothing. Changed rows get a version that no gateway has seen, so that running ones pick them up.
   * Rejects with whatever `records` throws, and with GW_CLIENT_EXISTS if an API key already belongs to another client.
   */
  write(records: AsyncIterable<TransferRecord>, mode: ImportMode): Promise<void>;
}

/** SQLite's errors for operators: cause and remedy in one line. */

/** Primary result codes: https://sqlite.org/rescode.html */
export const SQLITE = {
  BUSY: 5,
  LOCKED: 6,
  NOMEM: 7,
  READONLY: 8,
  IOERR: 10,
  CORRUPT: 11,
  FULL: 13,
  CANTOPEN: 14,
  NOTADB: 26,
} as const;

/** Of the unique keys: SQLITE_CONSTRAINT_PRIMARYKEY, _UNIQUE, _ROWID. */
export const TAKEN: ReadonlySet<number> = new Set([1555, 2067, 2579]);

/** The extended result code; undefined: not an error of SQLite. */
export function sqliteCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error)) return undefined;
  return typeof error.errcode === 'number' ? error.errcode : undefined;
}

/** After these, only a change can show whether changes are possible again. */
export function isDiskFailure(error: unknown): boolean {
  const code = (sqliteCode(error) ?? 0) & 0xff;
  return code === SQLITE.FULL || code === SQLITE.IOERR || code === SQLITE.READONLY;
}

const RESTORE = 'stop Sluice and put a copy of it back, or move it away to start with an empty one';

const REMEDIES: Readonly<Record<number, (path: string) => string>> = {
  [SQLITE.NOMEM]: (path) => `there is not enough memory to read ${path}`,
  [SQLITE.READONLY]: (path) =>
    `${path} cannot be written: it or its disk is read-only; let the user that runs Sluice write it`,
  [SQLITE.IOERR]: (path) => `the disk cannot read or write ${path}; look for its errors and its quota`,
  [SQLITE.CORRUPT]: (path) => `${path} is damaged; ${RESTORE}`,
  [SQLITE.FULL]: (path) => `there is no space left on the disk of ${path}; free some`,
  [SQLITE.CANTOPEN]: (path) =>
    `${path} cannot be opened; let the user that runs Sluice read and write it and its folder`,
  [SQLITE.NOTADB]: (path) => `${path} is damaged, or no SQLite database; ${RESTORE}`,
};

/** The same error with the cause and the remedy as its message, if there is something to fix; else unchanged. */
export function explained(error: unknown, path: string): unknown {
  const code = sqliteCode(error);
  const remedy = code === undefined ? undefined : REMEDIES[code & 0xff];
  if (remedy === undefined) return error;
  const { message } = error as Error;
  return Object.assign(new Error(`${remedy(path)} (SQLite: ${message})`, { cause: error }), { errcode: code });
}

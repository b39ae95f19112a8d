/** Stores a change of a backend, also when another gateway changes the same one at this moment. */
import { GatewayError, type ErrorCode } from '../../errors.ts';
import type { BackendChange, BackendStore, BackendValues, NewBackend, StoredBackend } from '../backend-store.ts';
import type { AcceptedVersions } from '../../net/entity-tag.ts';

/** What the API says of a backend of which it says nothing. */
export const NOTHING: BackendValues = {
  pool: null,
  weight: null,
  enabled: null,
  draining: null,
  backup: null,
  maxInFlight: null,
};
const KEYS = Object.keys(NOTHING) as readonly (keyof BackendValues)[];

/** True when the row need not be kept: it adds no backend and says nothing of one. */
export function isEmpty(row: NewBackend): boolean {
  return row.url === null && KEYS.every((key) => row[key] === null);
}

/**
 * @param row what is stored now; undefined: nothing.
 * @param versions that the caller accepts; `row` has one of them.
 * @returns what is stored then; undefined: nothing.
 */
export async function saveBackendChange(
  store: BackendStore,
  id: string,
  row: StoredBackend | undefined,
  change: BackendChange,
  versions: AcceptedVersions,
): Promise<StoredBackend | undefined> {
  const isAnyVersion = versions === undefined;
  const next = { ...(row ?? { ...NOTHING, id, url: null }), ...change };
  if (row === undefined) {
    if (isEmpty(next)) return undefined;
    try {
      return await store.create({ ...NOTHING, ...change, id, url: null });
    } catch (error) {
      // Somebody else was faster with saying something.
      if (!isError(error, 'GW_BACKEND_EXISTS')) throw error;
      if (!isAnyVersion) throw new GatewayError('GW_PRECONDITION_FAILED', { cause: error });
    }
  } else if (isEmpty(next)) {
    try {
      await store.remove(id, row.version);
      return undefined;
    } catch (error) {
      // Somebody else has just added to it.
      if (!isAnyVersion || !isError(error, 'GW_PRECONDITION_FAILED')) throw error;
    }
  }
  const updated = await store.update(id, change, isAnyVersion ? undefined : row?.version);
  if (updated === undefined) throw new GatewayError('GW_BACKEND_NOT_FOUND');
  return updated;
}

function isError(error: unknown, code: ErrorCode): boolean {
  return error instanceof GatewayError && error.code === code;
}

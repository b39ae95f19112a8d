/** Stores a change of a backend, even if another gateway changes the same one at this moment. */
import { GatewayError, type ErrorCode } from '../../errors.ts';
import type { BackendChange, BackendStore, BackendValues, NewBackend, StoredBackend } from '../backend-store.ts';
import type { AcceptedVersions } from '../../net/entity-tag.ts';

/** An override without any values. */
export const NOTHING: BackendValues = {
  pool: null,
  weight: null,
  enabled: null,
  draining: null,
  backup: null,
  maxInFlight: null,
};
const KEYS = Object.keys(NOTHING) as readonly (keyof BackendValues)[];

/** True if the row need not be stored: it adds no backend and overrides nothing. */
export function isEmpty(row: NewBackend): boolean {
  return row.url === null && KEYS.every((key) => row[key] === null);
}

/**
 * @param row the stored row; undefined: there is none.
 * @param versions that the caller accepts; `row` has one of them.
 * @returns the row stored afterwards; undefined: none.
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
      // Another gateway was faster to store an override.
      if (!isError(error, 'GW_BACKEND_EXISTS')) throw error;
      if (!isAnyVersion) throw new GatewayError('GW_PRECONDITION_FAILED', { cause: error });
    }
  } else if (isEmpty(next)) {
    try {
      await store.remove(id, row.version);
      return undefined;
    } catch (error) {
      // Another gateway has just added to it.
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

/** The memory of the client table, which all threads share. */
import { MAX_CLIENTS } from '../runtime/table-sizes.ts';
import { UNSETTLED_BYTES } from './shared/unsettled-cells.ts';

const SLOT_BYTES = 32;
const COUNTER_BYTES = 8;
/** How far from its place a client is looked for, slots. */
export const WINDOW = 32;
/** Buckets that clients without a slot share. The same number for token buckets and windows. */
export const OVERFLOW = 512;
/** Free slots per client: at two thirds full, a window without a free slot is rare. */
const SLOTS_PER_CLIENT = 1.5;

export interface ClientTableBuffers {
  readonly slots: number;
  readonly memory: SharedArrayBuffer;
  readonly counters: SharedArrayBuffer;
  /** Empty: no limit is shared with other gateways. */
  readonly fleet: SharedArrayBuffer;
}

/**
 * @param clients how many clients the table is made for, 1..{@link MAX_CLIENTS}; it takes 48 bytes for each, and 12
 * more when it holds sliding windows: pages that are never written cost nothing.
 * @param isShared limits are shared with other gateways: 24 bytes more.
 */
export function allocateClientTable(clients: number, isShared = false): ClientTableBuffers {
  if (!(clients >= 1 && clients <= MAX_CLIENTS)) {
    throw new RangeError(`clients: found ${clients}; allowed: 1 to ${MAX_CLIENTS}`);
  }
  const slots = Math.max(2 * WINDOW, Math.ceil(clients * SLOTS_PER_CLIENT));
  const all = slots + WINDOW + OVERFLOW;
  return {
    slots,
    memory: new SharedArrayBuffer(SLOT_BYTES * all),
    counters: new SharedArrayBuffer(COUNTER_BYTES * all),
    fleet: new SharedArrayBuffer(isShared ? UNSETTLED_BYTES * all : 0),
  };
}

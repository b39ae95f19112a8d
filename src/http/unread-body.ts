/** What happens to a body if the answer does not wait for it. */
import type { IncomingMessage } from 'node:http';

/** The rest of a body up to this size is read and dropped, so that the connection can be reused. */
const MAX_DROPPED_BYTES = 65_536;

/** Unknown counts as large; so does a body that the client holds back until it is asked to continue. */
export function hasLargeRest({ complete, headers }: IncomingMessage): boolean {
  if (complete) return false;
  const length = headers['content-length'];
  if (length === undefined) return headers['transfer-encoding'] !== undefined;
  return headers.expect !== undefined || Number(length) > MAX_DROPPED_BYTES;
}

/** What happens to a body if the answer does not wait for it. */

/** The rest of a body up to this size is read and dropped, so that the connection can be reused. */
const MAX_DROPPED_BYTES = 65_536;

interface MessageState {
  readonly complete: boolean;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

/** Unknown counts as large; so does a body that the client holds back until it is asked to continue. */
export function hasLargeRest({ complete, headers }: MessageState): boolean {
  if (complete) return false;
  const length = headers['content-length'];
  if (length === undefined) return headers['transfer-encoding'] !== undefined;
  return headers['expect'] !== undefined || Number(length) > MAX_DROPPED_BYTES;
}

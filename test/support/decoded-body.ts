/** Bodies of answers as raw sockets receive them: chunks put together, content codings undone. */
import zlib from 'node:zlib';

/** The fields of the head in lower case, and the bytes after it. @param answer latin1 */
export function parted(answer: string): { readonly head: string; readonly body: string } {
  const end = answer.indexOf('\r\n\r\n');
  return { head: answer.slice(0, end + 2), body: answer.slice(end + 4) };
}

/** Of a body in chunks, as far as it has come. @param body latin1 */
export function unchunked(body: string): {
  readonly bytes: Buffer;
  readonly isComplete: boolean;
  readonly trailers: string;
} {
  let bytes = '';
  let at = 0;
  for (;;) {
    const line = body.indexOf('\r\n', at);
    const size = line === -1 ? NaN : parseInt(body.slice(at, line), 16);
    if (Number.isNaN(size)) break;
    if (size === 0) return { bytes: Buffer.from(bytes, 'latin1'), isComplete: true, trailers: body.slice(line + 2) };
    bytes += body.slice(line + 2, line + 2 + size);
    at = line + 2 + size + 2;
  }
  return { bytes: Buffer.from(bytes, 'latin1'), isComplete: false, trailers: '' };
}

/** What there is of a coded body; it may still be incomplete. */
export function decoded(coding: string, bytes: Buffer): string {
  const { constants } = zlib;
  switch (coding) {
    case 'zstd':
      return String(zlib.zstdDecompressSync(bytes, { finishFlush: constants.ZSTD_e_flush }));
    case 'br':
      return String(zlib.brotliDecompressSync(bytes, { finishFlush: constants.BROTLI_OPERATION_FLUSH }));
    case 'gzip':
      return String(zlib.gunzipSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH }));
    default:
      return String(bytes);
  }
}

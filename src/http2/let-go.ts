/** The end of a stream of node:http2. */
import type { Http2Stream } from 'node:http2';

/**
 * To be called when it is closed. A stream has native parts, which V8 keeps until a full collection, together with all
 * that listeners refer to: kilobytes of each request, which would be promoted with it (bench: gRPC).
 */
export function letGo(stream: Http2Stream): void {
  stream.removeAllListeners();
  stream.on('error', ignore);
}

function ignore(): void {}

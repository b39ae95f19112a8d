/**
 * Keeps the native part of a session of node:http2 until those of its streams are gone.
 *
 * V8 collects each of them by itself. The fields of a section that has only arrived in part, such as half of the
 * trailers, belong to the native part of their stream, in memory that is counted for the session. If that is not given
 * back when the session is collected, Node ends the process: `~Http2Session(): Assertion failed:
 * (current_nghttp2_memory_) == (0)`. A client could cause that (test/wire/http2/collections.test.ts), in Node 24 and 26.
 */
import type { Http2Session, Http2Stream } from 'node:http2';

export class SessionLife {
  /** The native part; null: not where it was expected. */
  readonly #handle: object | null;

  /** @param session just made. Node forgets its native part when it is destroyed. */
  constructor(session: Http2Session) {
    const handle = handleOf(session);
    this.#handle = handle;
    // Its streams are freed in the next turn.
    session.on('close', () => setImmediate(keep, handle));
  }

  /**
   * To be called when a stream of it is closed that has not received END_STREAM: if something that it has written is
   * still on the way to the socket, it is only freed when it is collected.
   */
  outlive(stream: Http2Stream): void {
    if (this.#handle !== null) streams.register(stream, this.#handle);
  }
}

/** Refers to the native part of the session while the stream exists. */
const streams = new FinalizationRegistry<object>(keep);

/** Exported for a test: Node does not promise where it is. */
export function handleOf(session: Http2Session): object | null {
  const key = Object.getOwnPropertySymbols(session).find(({ description }) => description === 'kHandle');
  const handle: unknown = key === undefined ? null : (session as unknown as Record<symbol, unknown>)[key];
  return typeof handle === 'object' ? handle : null;
}

/** What it is given has lived until now. */
function keep(_handle: object | null): void {}

/**
 * undici's parser of a connection, for features that undici has no option for. In undici 7 it is attached to the socket
 * under a symbol; if it is not there, callers must do without. test/wire/internals.test.ts notices.
 */
import type { Socket } from 'node:net';

export interface UndiciParser {
  /** The client is slow: what was read waits until resume(). */
  readonly paused: boolean;
  /** Fields of an incomplete head or of incomplete trailers: views of what was executed. */
  readonly headers: readonly Uint8Array[];
  /** Null: the connection is over. */
  readonly ptr: unknown;
  execute(chunk: Uint8Array): void;
  onHeadersComplete(status: number, isUpgrade: boolean, isKeptAlive: boolean): number;
}

type Holder = Record<symbol, UndiciParser | null | undefined>;

let key: symbol | undefined;

/** Undefined until undici has taken the socket over, and once it is done with it. */
export function parserOf(socket: Socket): UndiciParser | undefined {
  key ??= Object.getOwnPropertySymbols(socket).find(({ description }) => description === 'parser');
  return key === undefined ? undefined : ((socket as unknown as Holder)[key] ?? undefined);
}

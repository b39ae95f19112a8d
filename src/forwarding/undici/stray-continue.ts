/**
 * A backend may send `100 Continue` without being asked (RFC 9110, 15.2: clients must cope). undici 7 ends the
 * connection then, and has no option for it; so its parser sees 102 instead, an interim answer that it skips.
 *
 * If the parser is not found, nothing is changed, and such a backend is answered with 502. test/wire/internals.test.ts
 * notices.
 */
import type { Socket } from 'node:net';
import { parserOf, type UndiciParser } from './undici-parser.ts';

const patched = new WeakSet<UndiciParser>();

/** @param socket one that undici has just taken over. */
export function dropStrayContinues(socket: Socket): void {
  const parser = parserOf(socket);
  if (parser === undefined) return;
  const prototype = Object.getPrototypeOf(parser) as UndiciParser;
  if (patched.has(prototype) || typeof prototype.onHeadersComplete !== 'function') return;
  patched.add(prototype);
  const original = prototype.onHeadersComplete;
  prototype.onHeadersComplete = function (this: UndiciParser, status, isUpgrade, isKeptAlive): number {
    return original.call(this, status === 100 ? 102 : status, isUpgrade, isKeptAlive);
  };
}

/**
 * A backend may send `100 Continue` though nobody asked for it (RFC 9110, 15.2: clients must cope). undici 7 ends the
 * connection then, and has no option for it; so its parser is told 102, an interim answer that it skips.
 *
 * This reaches into undici: the parser hangs on the socket under a symbol. Where it does not, nothing is changed, and
 * such a backend is 502 as before. test/wire/interim-answers.test.ts notices.
 */
import type { Socket } from 'node:net';

interface Parser {
  onHeadersComplete(status: number, isUpgrade: boolean, isKeptAlive: boolean): number;
}

const mended = new WeakSet<Parser>();

/** @param socket one that undici has just made its own. */
export function dropStrayContinues(socket: Socket): void {
  const key = Object.getOwnPropertySymbols(socket).find(({ description }) => description === 'parser');
  const parser = key === undefined ? undefined : (socket as unknown as Record<symbol, Parser | null>)[key];
  if (!parser) return;
  const prototype = Object.getPrototypeOf(parser) as Parser;
  if (mended.has(prototype) || typeof prototype.onHeadersComplete !== 'function') return;
  mended.add(prototype);
  const original = prototype.onHeadersComplete;
  prototype.onHeadersComplete = function (this: Parser, status, isUpgrade, isKeptAlive): number {
    return original.call(this, status === 100 ? 102 : status, isUpgrade, isKeptAlive);
  };
}

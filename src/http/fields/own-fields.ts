/** Fields that operators and plugins may not change: they frame a message, belong to a connection, or are the gateway's. */
import {
  CONNECTION,
  CONTENT_LENGTH,
  DROP,
  FORGED,
  HOST,
  MAX_FORWARDS,
  REQUEST_ID,
  ruleFor,
  TE,
  TRAILER,
  TRANSFER_ENCODING,
  VIA,
} from './header-rules.ts';

const OWN: ReadonlySet<number> = new Set([
  CONNECTION,
  CONTENT_LENGTH,
  DROP,
  FORGED,
  HOST,
  MAX_FORWARDS,
  REQUEST_ID,
  TE,
  TRAILER,
  TRANSFER_ENCODING,
  VIA,
]);

/** @param name in any case and spelling */
export function isOwnField(name: string): boolean {
  return OWN.has(ruleFor(name));
}

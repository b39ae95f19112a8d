import type { Socket } from 'node:net';

/**
 * The system assigns the lowest free one, so a high one shows that those below are used up. −1 if the platform has
 * none.
 */
export function descriptorOf(socket: Socket): number {
  const { _handle: handle } = socket as { readonly _handle?: { readonly fd?: number } | null };
  return handle?.fd ?? -1;
}

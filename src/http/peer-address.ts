/** The address of the peer of a client's connection. */
import type { Socket } from 'node:net';
import { type IpAddress, parseAddress } from '../net/ip-address.ts';

/** A connection that is already gone has no address; its request will not be answered either. */
const NOWHERE: IpAddress = { family: 4, words: [0] };

export function peerAddress(socket: Socket): IpAddress {
  // A link-local IPv6 peer includes its zone.
  return socket.sluicePeer ?? parseAddress((socket.remoteAddress ?? '').split('%', 1)[0]!) ?? NOWHERE;
}

/**
 * What all WebSocket routes of the admin port share: upgrades only, a maximum number of clients, and the end of a
 * revoked token.
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { REVOKED } from '../admin-access/admin-access.ts';
import { GatewayError } from '../errors.ts';

/** The part of ws used here; it has no types of its own. */
export interface StreamSocket {
  on(event: 'close', listener: () => void): void;
  close(code: number, reason: string): void;
}

export interface StreamRoute<Socket> {
  /** False: the client is refused with 503. */
  readonly hasRoom: () => boolean;
  readonly join: (socket: Socket, request: FastifyRequest) => void;
  /** Of the plugin auth. */
  readonly watchPrincipal: (request: FastifyRequest, end: () => void) => () => void;
}

/** Part of the options of such a route. */
export function streamRoute<Socket extends StreamSocket>({ hasRoom, join, watchPrincipal }: StreamRoute<Socket>) {
  return {
    method: 'GET',
    exposeHeadRoute: false,
    config: { isWebSocket: true },
    preHandler: (_request: FastifyRequest, _reply: FastifyReply, done: (error?: Error) => void): void => {
      done(hasRoom() ? undefined : new GatewayError('GW_TOO_MANY_STREAMS'));
    },
    handler: async (): Promise<never> => {
      throw new GatewayError('GW_NOT_FOUND', { message: 'This address answers WebSocket upgrades only' });
    },
    wsHandler: (socket: Socket, request: FastifyRequest): void => {
      socket.on(
        'close',
        watchPrincipal(request, () => socket.close(...REVOKED)),
      );
      join(socket, request);
    },
  } as const;
}

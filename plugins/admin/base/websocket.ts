/** WebSockets for the admin app: limits of the handshake, no upgrades elsewhere, a clean end at close. */
import websocketServer from '@fastify/websocket';
import fp from 'fastify-plugin';
import type { FastifyInstance, FastifyPluginAsync } from 'fastify';
import { GatewayError } from '../../../src/errors.ts';
import { METRICS_PROTOCOL } from '../../../src/admin-access/admin-access.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The route takes WebSocket upgrades; every other answers them with 404. */
    readonly isWebSocket?: boolean;
  }
}

/** The part of ws used here; it has no types of its own. */
interface SocketServer {
  readonly clients: ReadonlySet<{ close(code: number, reason: string): void; terminate(): void }>;
  close(done: () => void): void;
}

const GOING_AWAY = 1001;
const INTERNAL_ERROR = 1011;
/** Time for clients to answer our close before they are cut off, ms. */
const CLOSE_MS = 1000;

const websocket: FastifyPluginAsync = async (app) => {
  await app.register(websocketServer, {
    options: {
      // Messages of clients are ignored.
      maxPayload: 4096,
      handleProtocols: (offered: ReadonlySet<string>) => offered.has(METRICS_PROTOCOL) && METRICS_PROTOCOL,
    },
    // ws has started the close itself if the client violated the protocol; the second close does nothing then.
    errorHandler: (error, socket: { close(code: number): void }, request) => {
      request.log.debug({ err: error }, 'websocket error');
      socket.close(INTERNAL_ERROR);
    },
    preClose: closeSockets,
  });

  app.addHook('onRequest', async (request) => {
    if (request.ws && !request.routeOptions.config.isWebSocket) throw new GatewayError('GW_NOT_FOUND');
  });
};

async function closeSockets(this: FastifyInstance): Promise<void> {
  const server = this.websocketServer as SocketServer;
  for (const socket of server.clients) socket.close(GOING_AWAY, 'the gateway is stopping');
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, CLOSE_MS);
    server.close(() => {
      clearTimeout(timer);
      resolve();
    });
  });
  for (const socket of server.clients) socket.terminate();
}

export default fp(websocket, { name: 'websocket' });

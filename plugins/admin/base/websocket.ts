/** WebSockets for the admin app: the handshake's limits, upgrades elsewhere refused, a clean end at close. */
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

/** What is used of ws, which brings no types. */
interface SocketServer {
  readonly clients: ReadonlySet<{ close(code: number, reason: string): void; terminate(): void }>;
  close(done: () => void): void;
}

const GOING_AWAY = 1001;
const INTERNAL_ERROR = 1011;
/** Clients get so long to answer our close before they are cut off, ms. */
const CLOSE_MS = 1000;

const websocket: FastifyPluginAsync = async (app) => {
  await app.register(websocketServer, {
    options: {
      // Nothing a client sends is read.
      maxPayload: 4096,
      handleProtocols: (offered: ReadonlySet<string>) => offered.has(METRICS_PROTOCOL) && METRICS_PROTOCOL,
    },
    // ws has begun the close by itself when the client broke the protocol; the second close does nothing then.
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

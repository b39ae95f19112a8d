/** /metrics/ws of an older balancer: the backends as a JSON array, at once and every five seconds. Off: admin.compat. */
import fp from 'fastify-plugin';
import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { streamRoute, type StreamSocket } from '../../src/api/stream-route.ts';
import { repeat } from '../../src/runtime/repeat.ts';
import { compatBackend } from '../../src/compat/api/compat-api-view.ts';
import { COMMON_ERRORS, errorAnswers } from '../../src/api/error-schema.ts';
import type { Telemetry } from '../../src/telemetry/control/reports.ts';

export interface CompatStreamOptions {
  readonly telemetry: Telemetry;
  /** Between two messages, ms. Default 5 s. */
  readonly everyMs?: number;
  /** Further clients get 503. Default 100. */
  readonly maxClients?: number;
}

interface Socket extends StreamSocket {
  readonly bufferedAmount: number;
  send(text: string): void;
  terminate(): void;
}

/** Rounds in which a client may take nothing before it is cut off. */
const MAX_BEHIND = 6;

const compatStream: FastifyPluginAsyncTypebox<CompatStreamOptions> = async (app, options) => {
  const { telemetry, everyMs = 5000, maxClients = 100 } = options;
  /** How many rounds each is behind. */
  const clients = new Map<Socket, number>();
  let stop: (() => Promise<void>) | undefined;

  const message = (): string => JSON.stringify(telemetry.backends().map(compatBackend));

  function round(): void {
    const text = message();
    for (const [socket, behind] of clients) {
      if (socket.bufferedAmount === 0) {
        clients.set(socket, 0);
        socket.send(text);
      } else if (behind >= MAX_BEHIND) socket.terminate();
      else clients.set(socket, behind + 1);
    }
  }

  function join(socket: Socket): void {
    clients.set(socket, 0);
    stop ??= repeat(round, everyMs);
    socket.on('close', () => leave(socket));
    socket.send(message());
  }

  function leave(socket: Socket): void {
    clients.delete(socket);
    if (clients.size > 0) return;
    void stop?.();
    stop = undefined;
  }

  app.addHook('onClose', async () => stop?.());

  app.route({
    url: '/metrics/ws',
    ...streamRoute({ hasRoom: () => clients.size < maxClients, join, watchPrincipal: app.watchPrincipal }),
    schema: {
      tags: ['compat'],
      operationId: 'compatWatchBackends',
      summary: 'Backends as an array every 5 s (WebSocket)',
      response: {
        101: Type.Null({ description: 'Messages follow' }),
        ...errorAnswers(...COMMON_ERRORS, 'GW_NOT_FOUND', 'GW_TOO_MANY_STREAMS'),
      },
    },
  });
};

export default fp(compatStream, { name: 'compat-stream', dependencies: ['schemas', 'websocket', 'auth'] });

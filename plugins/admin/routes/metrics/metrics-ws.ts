/**
 * Live figures at /ws/metrics: a snapshot on connect, then a frame each interval.
 *
 * With a token set, browsers offer the subprotocols `sluice.metrics.v1` and `sluice.bearer.<token in base64url>`; see
 * src/admin-access/admin-access.ts. The messages' JSON Schema is in openapi/metrics-ws.schema.json.
 */
import fp from 'fastify-plugin';
import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { streamRoute, type StreamSocket } from '../../../../src/api/stream-route.ts';
import { repeat } from '../../../../src/runtime/repeat.ts';
import { FrameChannel } from '../../../../src/telemetry/control/frame-channel.ts';
import { LatestFrame, type FrameSocket } from '../../../../src/telemetry/control/latest-frame.ts';
import { errorAnswers, COMMON_ERRORS } from '../../../../src/api/error-schema.ts';
import { frameView, type FrameView } from '../../../../src/telemetry/api/frame-view.ts';
import type { Telemetry } from '../../../../src/telemetry/control/reports.ts';

export interface MetricsWsOptions {
  readonly telemetry: Telemetry;
  /** Between frames if the client does not choose an interval, ms. Default of the configuration: 1 s. */
  readonly intervalMs: number;
  /** Further clients get 503. Default 100. */
  readonly maxClients?: number;
  /** Between pings to clients with no outstanding answer, ms. Default 5 s. */
  readonly heartbeatMs?: number;
  /** A client that takes nothing for this long is cut off, ms. Default 30 s. */
  readonly stallMs?: number;
}

interface ClientSocket extends FrameSocket, StreamSocket {
  on(event: 'pong', listener: (payload: Buffer) => void): void;
  on(event: 'close', listener: () => void): void;
  terminate(): void;
}

const metricsWs: FastifyPluginAsyncTypebox<MetricsWsOptions> = async (app, options) => {
  const { telemetry, intervalMs, maxClients = 100, heartbeatMs = 5000, stallMs = 30_000 } = options;
  const clients = new Map<LatestFrame, ClientSocket>();
  const channels = new Map<number, { channel: FrameChannel; stop: () => void }>();
  let stopHeartbeat = (): void => {};

  const frame = (type: FrameView['type'], every: number): string =>
    JSON.stringify(frameView(telemetry.report(), type, every));

  function join(socket: ClientSocket, every: number): void {
    const client = new LatestFrame(socket, performance.now());
    socket.on('pong', (payload) => client.acknowledge(payload.toString(), performance.now()));
    socket.on('close', () => leave(client, every));
    if (clients.size === 0) stopHeartbeat = startLoop(heartbeat, heartbeatMs);
    clients.set(client, socket);
    channelOf(every).members.add(client);
    client.offer(frame('snapshot', every), performance.now());
  }

  function leave(client: LatestFrame, every: number): void {
    clients.delete(client);
    if (clients.size === 0) stopHeartbeat();
    const open = channels.get(every);
    open?.channel.members.delete(client);
    if (open?.channel.members.size !== 0) return;
    open.stop();
    channels.delete(every);
  }

  function channelOf(every: number): FrameChannel {
    const open = channels.get(every);
    if (open) return open.channel;
    const channel = new FrameChannel(() => frame('frame', every));
    channels.set(every, { channel, stop: startLoop(() => channel.round(performance.now()), every) });
    return channel;
  }

  function heartbeat(): void {
    const nowMs = performance.now();
    for (const [client, socket] of clients) {
      if (client.stalledMs(nowMs) >= stallMs) socket.terminate();
      else client.beat(nowMs);
    }
  }

  function startLoop(round: () => void, everyMs: number): () => void {
    const stop = repeat(() => {
      try {
        round();
      } catch (error) {
        app.log.error({ err: error }, 'metrics stream round failed');
      }
    }, everyMs);
    return () => void stop();
  }

  app.addHook('onClose', async () => {
    stopHeartbeat();
    for (const { stop } of channels.values()) stop();
  });

  app.route({
    url: '/ws/metrics',
    ...streamRoute({
      hasRoom: () => clients.size < maxClients,
      join: (socket: ClientSocket, request) => {
        const seconds = (request.query as { interval_s?: number }).interval_s;
        join(socket, seconds === undefined ? intervalMs : seconds * 1000);
      },
      watchPrincipal: app.watchPrincipal,
    }),
    schema: {
      tags: ['metrics'],
      operationId: 'watchMetrics',
      summary: 'Live metrics (WebSocket)',
      description:
        'Sends a message of type `snapshot`, then one of type `frame` every interval; slow readers skip frames. ' +
        'Browsers pass the token as the subprotocols `sluice.metrics.v1`, `sluice.bearer.<base64url of it>`.',
      querystring: Type.Object(
        {
          interval_s: Type.Optional(
            Type.Number({
              minimum: 0.25,
              maximum: 60,
              description: 'Seconds between frames; default: the configured interval',
            }),
          ),
        },
        { additionalProperties: false },
      ),
      response: {
        101: Type.Null({ description: 'Messages follow; their schema is openapi/metrics-ws.schema.json' }),
        ...errorAnswers('GW_VALIDATION', ...COMMON_ERRORS, 'GW_NOT_FOUND', 'GW_TOO_MANY_STREAMS'),
      },
    },
  });
};

export default fp(metricsWs, { name: 'metrics-ws', dependencies: ['schemas', 'websocket', 'auth'] });

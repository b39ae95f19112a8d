/** One sample backend: a plain HTTP server that can be made slow, flaky, unhealthy, silent or dead while it runs. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import type { Behaviour } from './behaviour.ts';
import { answer, sendHalf, sendJson } from './sample-answers.ts';
import { controlView, isControl, readBody, readControl } from './sample-control.ts';

export interface SampleBackend {
  /** `replica-1`, … as in the X-Backend header of every answer. */
  readonly id: string;
  readonly url: string;
  readonly port: number;
  /** Changes the given settings and leaves the rest. Resolves when they apply. */
  set(behaviour: Partial<Behaviour>): Promise<void>;
  close(): Promise<void>;
}

export interface SampleBackendOptions {
  /** From 1. */
  readonly replica: number;
  readonly host: string;
  /** 0: any free one; kept when the backend goes down and comes back. */
  readonly port: number;
  readonly behaviour: Partial<Behaviour>;
  /** In 0..1. */
  readonly random: () => number;
}

export async function startSampleBackend(options: SampleBackendOptions): Promise<SampleBackend> {
  const { replica, host, random } = options;
  const id = `replica-${replica}`;
  const calm = { delayMs: 0, jitterMs: 0, errorRate: 0, cutRate: 0, unhealthy: false, hang: false, down: false };
  let behaviour: Behaviour = calm;

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (isControl(request)) return control(request, response);
    const { delayMs, jitterMs, errorRate, cutRate, unhealthy, hang } = behaviour;
    if (hang) return;
    response.setHeader('x-backend', id);
    const isHealthCheck = request.url === '/health';
    const pauseMs = isHealthCheck ? 0 : delayMs + random() * jitterMs;
    if (pauseMs > 0) await wait(pauseMs);
    if (isHealthCheck ? unhealthy : random() < errorRate)
      sendJson(response, 503, { message: 'failing as configured', backend: id });
    else if (!isHealthCheck && random() < cutRate) sendHalf(response);
    else await answer({ id, replica, port }, request, response);
  }
  async function control(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method === 'GET') return sendJson(response, 200, controlView(behaviour));
    if (request.method !== 'POST') return sendJson(response, 405, { message: 'GET or POST' });
    const text = await readBody(request);
    const change = readControl(text ?? '');
    if ('mistakes' in change) return sendJson(response, 400, { message: change.mistakes.join('; ') });
    const { forMs } = change;
    const next = { ...behaviour, ...change.behaviour };
    // Before the connection that it arrived on is cut.
    const sent = once(response, 'close');
    sendJson(response, 200, controlView(next));
    if (change.behaviour.down) await sent;
    const before = behaviour;
    await set(change.behaviour);
    if (forMs === null) return;
    const names = Object.keys(change.behaviour) as (keyof Behaviour)[];
    const undo = Object.fromEntries(names.map((name) => [name, before[name]]));
    const timer = setTimeout(() => {
      undoing.delete(timer);
      // Another process may have the port by then: it stays down.
      set(undo).catch(() => undefined);
    }, forMs);
    undoing.add(timer);
  }
  const undoing = new Set<NodeJS.Timeout>();
  const server = createServer((request, response) => {
    // Writing an answer only fails if the client has left.
    serve(request, response).catch(() => response.destroy());
  });
  await listen(server, options.port, host);
  const { port } = server.address() as AddressInfo;

  async function set(change: Partial<Behaviour>): Promise<void> {
    behaviour = { ...behaviour, ...change };
    if (behaviour.down && server.listening) await stop(server);
    if (!behaviour.down && !server.listening) await listen(server, port, host);
  }
  await set(options.behaviour);
  async function close(): Promise<void> {
    for (const timer of undoing) clearTimeout(timer);
    await stop(server);
  }
  const hostInUrl = host.includes(':') ? `[${host}]` : host;
  return { id, port, url: `http://${hostInUrl}:${port}`, set, close };
}

async function listen(server: Server, port: number, host: string): Promise<void> {
  server.listen(port, host);
  await once(server, 'listening');
}

async function stop(server: Server): Promise<void> {
  if (!server.listening) return;
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}

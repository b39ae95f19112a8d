/** A traffic thread with one route that has policies, a raw backend behind it, and requests of raw bytes. */
import type { Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { RawClient, rawResponse, startRawBackend } from './raw-socket.ts';
import type { PluginDefinition } from '../../src/plugin-kit/define-plugin.ts';
import { poolOf, startTraffic, type Traffic } from './traffic.ts';

export interface PolicyWorld extends Traffic {
  /** What the backend received. */
  readonly requests: readonly string[];
  /**
   * Sends one request on a connection of its own; resolves to all that came back.
   *
   * @param target path and query, or method and both: `POST /a`. @param fields lines of the head, besides Host
   */
  ask(target: string, fields?: readonly string[], body?: string): Promise<string>;
}

/** @param routes YAML: the items of the list `routes`, or else keys at the top. */
export async function startPolicyWorld(
  t: Pick<TestContext, 'after'>,
  routes: string,
  answer: string | Buffer | ((request: string, socket: Socket) => void) = rawResponse('ok'),
  plugins: Readonly<Record<string, PluginDefinition>> = {},
): Promise<PolicyWorld> {
  const backend = await startRawBackend(answer);
  t.after(() => backend.close());
  const traffic = await startTraffic(
    poolOf([backend.url], /^\s*-/.test(routes) ? `routes:\n${routes}\n` : routes),
    0,
    plugins,
  );
  t.after(() => traffic.close());
  return {
    ...traffic,
    requests: backend.requests,
    ask: (target, fields = [], body = '') => {
      const line = /^[A-Z]+ /.test(target) ? target : `GET ${target}`;
      const length = body === '' ? [] : [`Content-Length: ${Buffer.byteLength(body, 'latin1')}`];
      const host = fields.some((field) => /^host:/i.test(field)) ? [] : ['Host: shop.test'];
      const head = [`${line} HTTP/1.1`, ...host, ...length, ...fields, 'Connection: close', '', ''];
      return new RawClient(traffic.port).send(head.join('\r\n') + body).closed();
    },
  };
}

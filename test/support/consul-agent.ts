/**
 * A stand-in for an agent of Consul, because Debian has none: the health endpoint with blocking queries, as documented
 * at https://developer.hashicorp.com/consul/api-docs/health#list-service-instances-for-service.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ConsulAgent {
  readonly url: string;
  /** Targets of all requests so far, and their tokens. */
  readonly requests: readonly (readonly [target: string, token: string | undefined])[];
  /** Queries that wait for a change. */
  readonly blocked: number;
  /** What it lists from now on. @param index default: one more */
  set(instances: readonly object[], index?: number): void;
  /** Header fields of all answers. */
  headers: Readonly<Record<string, string>>;
  /** Answers requests instead; null: as usual. */
  fault: ((request: IncomingMessage, response: ServerResponse) => void) | null;
}

export async function startConsul(t: { after(task: () => unknown): void }): Promise<ConsulAgent> {
  let index = 10;
  let instances: readonly object[] = [];
  const requests: (readonly [string, string | undefined])[] = [];
  const blocked = new Set<() => void>();
  const agent: Pick<ConsulAgent, 'fault'> & { headers: ConsulAgent['headers'] } = { fault: null, headers: {} };

  const server = createServer((request, response) => {
    requests.push([request.url!, request.headers['x-consul-token'] as string | undefined]);
    if (agent.fault !== null) return agent.fault(request, response);
    const query = new URL(request.url!, 'http://consul.test').searchParams;
    const send = (): void => {
      response
        .writeHead(200, { 'content-type': 'application/json', 'x-consul-index': String(index), ...agent.headers })
        .end(JSON.stringify(instances));
    };
    // Consul waits until the index is greater, and answers at once if it went back.
    if (Number(query.get('index') ?? 0) !== index) return send();
    const wake = (): void => {
      blocked.delete(wake);
      send();
    };
    blocked.add(wake);
    response.on('close', () => blocked.delete(wake));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    get blocked() {
      return blocked.size;
    },
    set: (next, at = index + 1) => {
      instances = next;
      index = at;
      for (const wake of blocked) wake();
    },
    get headers() {
      return agent.headers;
    },
    set headers(headers) {
      agent.headers = headers;
    },
    get fault() {
      return agent.fault;
    },
    set fault(fault) {
      agent.fault = fault;
    },
  };
}

/** An instance that passes its checks, with the fields that Consul 1.20 sends. @param service over the usual ones */
export function consulInstance(address: string, service: object = {}, node: object = {}): object {
  return {
    Node: {
      ID: '40e4a748-2192-161a-0510-9bf59fe950b5',
      Node: 'node-1',
      Address: '192.0.2.1',
      Datacenter: 'dc1',
      TaggedAddresses: { lan: '192.0.2.1', wan: '198.51.100.1' },
      Meta: { 'consul-network-segment': '' },
      CreateIndex: 7,
      ModifyIndex: 7,
      ...node,
    },
    Service: {
      ID: `web-${address}`,
      Service: 'web',
      Tags: ['v2'],
      Address: address,
      Meta: null,
      Port: 8080,
      Weights: { Passing: 1, Warning: 1 },
      EnableTagOverride: false,
      CreateIndex: 9,
      ModifyIndex: 9,
      ...service,
    },
    Checks: [{ Node: 'node-1', CheckID: 'serfHealth', Name: 'Serf Health Status', Status: 'passing', ServiceID: '' }],
  };
}

/** What a request pays for traces: off, with a part of the requests recorded, and with all of them; a collector takes the spans. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { type Compared, compared, REWARM_SECONDS, turns, WARM_UP_SECONDS } from '../compare.ts';
import type { Cost, Lab } from '../lab.ts';
import { type PeerContext, sluice } from '../peers.ts';
import { type Effort, ratioFinding, type Scenario } from '../scenario.ts';

/** Share of requests, and the most that it may cost. */
const SAMPLES: readonly (readonly [what: string, sample: number, target: number])[] = [
  ['1 % of requests recorded', 0.01, 1.03],
  ['all requests recorded', 1, 1.6],
];

const CONNECTIONS = 64;
const UNLIMITED = { rate_limit: { default: { capacity: 1e9, rate_per_second: 1e6 } }, reload: { watch: false } };

export const tracing: Scenario = {
  name: 'tracing',
  run: async (lab, effort) => {
    // Not on the core that is measured.
    const collector = createServer((request, response) => {
      request.resume().on('end', () => response.writeHead(200, { 'content-type': 'application/json' }).end('{}'));
    }).listen(0, '127.0.0.1');
    await once(collector, 'listening');
    const { port } = collector.address() as AddressInfo;
    const tracesAt = (sample: number): object => ({
      telemetry: { traces: { endpoint: `http://127.0.0.1:${port}`, sample } },
    });
    try {
      const [, ...costs] = await compareReloaded(lab, effort, [{}, ...SAMPLES.map(([, sample]) => tracesAt(sample))]);
      return SAMPLES.map(([what, , target], at) =>
        ratioFinding(`traces, ${what}: CPU`, 'off', costs[at]!.toFirst, target),
      );
    } finally {
      collector.closeAllConnections();
      collector.close();
    }
  },
};

/**
 * One gateway with one configuration after the other. Two starts of the same program differ by as much as the first
 * target, by how V8 has compiled it.
 */
async function compareReloaded(lab: Lab, effort: Effort, features: readonly object[]): Promise<Compared[]> {
  let context: PeerContext | undefined;
  const gateway = await lab.require({
    name: 'Sluice, reloaded',
    version: '',
    command: (given) => {
      context = given;
      return sluice(given, UNLIMITED);
    },
  });
  const measure = (seconds: number): Promise<Cost> => lab.measure(gateway, { connections: CONNECTIONS, seconds });
  const use = async (at: number): Promise<void> => {
    sluice(context!, { ...UNLIMITED, ...features[at] });
    const { status } = await fetch(`http://127.0.0.1:${gateway.adminPort}/v1/api/config/reload`, { method: 'POST' });
    if (status !== 200) throw new Error(`the configuration was not reloaded: ${status}`);
  };
  const costs: Cost[][] = features.map(() => []);
  for (const at of features.keys()) {
    await use(at);
    await measure(effort.isQuick ? effort.seconds : WARM_UP_SECONDS);
  }
  for (let round = 0; round < effort.rounds; round += 1) {
    for (const at of turns(features.length, round)) {
      await use(at);
      await measure(REWARM_SECONDS);
      costs[at]!.push(await measure(effort.seconds));
    }
  }
  await lab.leave(gateway);
  return compared(costs);
}

/**
 * 200 reloads of a whole gateway under load: no request may fail, and memory must not grow with their number. The
 * warm-up is longer still: the heaps of a young process first grow to the size that the load needs.
 *
 * node bench/reload.ts [--reloads 200] [--warm-up 400] [--connections 32]
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { startSampleBackends } from '../src/cli/sample-backends/sample-backends.ts';
import { httpRequest } from '../test/support/http-request.ts';
import { startLoad } from '../test/support/load.ts';
import { runGatewayProcess } from '../test/support/sluice-process.ts';

const { values } = parseArgs({
  options: {
    reloads: { type: 'string', default: '200' },
    'warm-up': { type: 'string', default: '400' },
    connections: { type: 'string', default: '32' },
  },
});
const reloads = Number(values.reloads);
const warmUp = Number(values['warm-up']);
const ends: (() => unknown)[] = [];
const after = { after: (end: () => unknown): void => void ends.unshift(end) };
try {
  await run();
} finally {
  for (const end of ends) await end();
}

async function run(): Promise<void> {
  const { backends, close } = await startSampleBackends({ count: 4 });
  after.after(close);
  const urls = backends.map(({ url }) => url);
  // Half of the backends stay; the others have a new id each time, as behind an autoscaler.
  const yaml = (round: number): string => `log: { access: { enabled: false } }
server: { drain_delay: 0s }
rate_limit: { enabled: false }
reload: { watch: false }
routes: [{ pool: default, name: route-${round % 7} }]
pools:
  default:
    backends:
      - { url: "${urls[0]}", id: stays-1, weight: ${1 + (round % 5)} }
      - { url: "${urls[1]}", id: stays-2 }
      - { url: "${urls[2]}", id: new-${round} }
      - { url: "${urls[3]}", id: also-new-${round} }
`;
  const gateway = await runGatewayProcess(after, { yaml: yaml(0) });
  const load = startLoad(gateway.trafficUrl, { connections: Number(values.connections) });
  await load.reached(5000);

  const took: number[] = [];
  const rss: number[] = [rssMib(gateway.pid)];
  for (let round = 1; round <= warmUp + reloads; round += 1) {
    writeFileSync(gateway.file, yaml(round));
    const began = performance.now();
    const { status, body } = await httpRequest(`${gateway.adminUrl}/v1/api/config/reload`, { method: 'POST' });
    took.push(performance.now() - began);
    if (status !== 200) throw new Error(body);
    await load.reached(load.answers + 100);
    if (round === warmUp || (round > warmUp && (round - warmUp) % Math.ceil(reloads / 10) === 0))
      rss.push(rssMib(gateway.pid));
  }
  const { answers, statuses, errors } = await load.stop();
  took.sort((a, b) => a - b);
  console.log(`${warmUp} and ${reloads} reloads, ${answers} answers: ${JSON.stringify(statuses)} ${errors.join(' ')}`);
  console.log(`reload, ms: median ${took[took.length >> 1]!.toFixed(1)}, longest ${took.at(-1)!.toFixed(1)}`);
  console.log(`resident memory, MiB: ${rss[0]} at first; warm, and after each tenth: ${rss.slice(1).join(' ')}`);
  gateway.child.kill('SIGTERM');
  console.log(`exit code ${await gateway.exit}`);
  process.exitCode = Object.keys(statuses).join() === '200' ? 0 : 1;
}

/** Linux only. */
function rssMib(pid: number): number {
  const [, kib] = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))!;
  return Math.round(Number(kib) / 1024);
}

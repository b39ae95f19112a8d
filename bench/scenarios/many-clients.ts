/** A million known clients, a different one with each request, compared with one client. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { allocateClientTable } from '../../src/limits/client-table-memory.ts';
import { compareCosts } from '../compare.ts';
import { everythingOn, sluiceWith } from '../peers.ts';
import { limitFinding, ratioFinding, type Scenario } from '../scenario.ts';

const MANY = 1_000_000;

export const manyClients: Scenario = {
  name: 'many-clients',
  run: async (lab, effort) => {
    const clients = effort.isQuick ? 20_000 : MANY;
    const trusting = {
      server: { trust_proxy: ['127.0.0.1/32'] },
      rate_limit: { ...everythingOn.rate_limit, max_clients: MANY },
    };
    const contestants = [
      await lab.require(sluiceWith('Sluice, one client', trusting)),
      await lab.require(sluiceWith('Sluice, a million clients', trusting)),
    ];
    const [, many] = contestants as [(typeof contestants)[0], (typeof contestants)[0]];
    // The generator does the same work for both.
    const oneScript = join(lab.folder('clients'), 'one.lua');
    const manyScript = join(lab.folder('clients'), 'many.lua');
    writeFileSync(oneScript, script(1));
    writeFileSync(manyScript, script(clients));
    // Every client has been seen once.
    for (let known = 0; known < clients;) {
      known += (await lab.measure(many, { seconds: 5, connections: 64, script: manyScript })).requests;
    }
    const [, second] = await compareCosts(lab, effort, contestants, [{ script: oneScript }, { script: manyScript }]);
    for (const contestant of contestants) await lab.leave(contestant);
    const mib = allocateClientTable(MANY).memory.byteLength / 2 ** 20;
    return [
      ratioFinding(
        `${clients.toLocaleString('en')} clients, each request another: CPU`,
        'one client',
        second!.toFirst,
        1.1,
      ),
      limitFinding('1,000,000 clients: shared memory', mib, 'MiB', 64),
    ];
  },
};

/** Strides through all, so that consecutive ones are not neighbours in the table. */
function script(clients: number): string {
  return `local n = 0
request = function()
  n = (n + 7919) % ${clients}
  local ip = string.format("10.%d.%d.%d", math.floor(n / 65536) % 256, math.floor(n / 256) % 256, n % 256)
  return wrk.format("GET", "/", { ["X-Forwarded-For"] = ip })
end
`;
}

/** Operators see where the members of pools come from, and what is wrong with their sources. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { skip } from '../support/browser.ts';
import { openConsole, reads, savedCsv, startConsole } from '../support/console.ts';
import { httpRequest } from '../support/http-request.ts';
import { temporaryFolder } from '../support/sluice-process.ts';

test(
  'each pool with a source and each provider of routes is a row: its state, what it lists, what failed and what was left out',
  { skip },
  async (t) => {
    const file = join(temporaryFolder(t), 'members.yaml');
    const { gateway, backends } = await startConsole(t, {
      backends: 1,
      yaml: `  pushed: { discover: { push: {} } }
  listed: { discover: { file: { path: "${file}" } } }
discovery:
  debounce: 50ms
  start_timeout: 1s
  docker: { routes: true, endpoint: "unix://${join(temporaryFolder(t), 'docker.sock')}" }
routes: [{ pool: web }, { path_prefix: /pushed, pool: pushed }, { path_prefix: /listed, pool: listed }]
`,
    });
    const { page, faults } = await openConsole(t, `${gateway.adminUrl}/ui/backends`);
    await reads(page, '[data-discovery=listed]', /failing.*members\.yaml/);
    const row = page.locator('[data-discovery=pushed]');
    await reads(page, '[data-discovery=pushed]', /^pushedpush/);

    const { hostname, port } = new URL(backends[0]!.url);
    const body = JSON.stringify({ members: [{ address: hostname, port: Number(port), zone: 'eu-1a' }] });
    const headers = { 'content-type': 'application/json' };
    const pushed = `${gateway.adminUrl}/v1/api/pools/pushed/members`;
    assert.equal((await httpRequest(pushed, { method: 'PUT', headers, body })).status, 200);
    await reads(page, '[data-discovery=pushed]', /current1/);
    assert.match(await row.innerText(), /push\s+current\s+1\s+.* ago\s+[12]\s+0/);

    const list = `[{ url: "${backends[0]!.url}" }, { url: "http://127.0.0.1:1", weigth: 2 }]\n`;
    writeFileSync(file, list);
    await reads(page, '[data-discovery=listed]', /current.*refused: .*"weigth"/);
    assert.equal(await page.locator('[data-discovery=web]').count(), 0);

    const head = page.getByRole('columnheader', { name: 'Pool' });
    await head.getByRole('button').click();
    await reads(page, '[data-discovery]', 'listed');
    await head.getByRole('button').click();
    await reads(page, '[data-discovery]', 'pushed');
    const panel = page.getByRole('region', { name: 'Discovery' });
    const lines = await savedCsv(page, panel);
    assert.match(lines[0]!, /^\uFEFFPool,Source,State,Error,/);
    assert.match(lines[1]!, /^pushed,push,current,/);

    await page.goto(`${gateway.adminUrl}/ui/routes`);
    await reads(page, '[data-route-provider=docker]', /^dockerfailing.*socket does not exist, since /);
    assert.deepEqual(faults, []);
  },
);

/** Operators see what a plugin of their own is configured with, and how it does. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { skip } from '../support/browser.ts';
import { openConsole, reads, startConsole } from '../support/console.ts';
import { httpRequest } from '../support/http-request.ts';

const PLUGIN = `import { definePlugin, Type } from 'sluice';
export default definePlugin({
  name: 'tenant',
  options: Type.Object({
    header: Type.String({ default: 'x-tenant', description: 'What backends get.' }),
    most: Type.Integer({ minimum: 1, maximum: 10, default: 3 }),
    token: Type.Optional(Type.String()),
  }),
  create: ({ counters }) => ({ request: () => counters.add('seen') }),
});
`;

test(
  'a plugin is shown with its options, values, routes and counters, and a mistake at its key',
  { skip },
  async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'sluice-plugin-'));
    t.after(() => rmSync(folder, { recursive: true }));
    const file = join(folder, 'tenant.ts');
    writeFileSync(file, PLUGIN);
    const { gateway } = await startConsole(t, {
      backends: 1,
      yaml: `plugins: { tenant: { file: ${file}, options: { most: 7, token: hidden-one } } }
routes: [{ name: shop, path_prefix: /, pool: web, plugins: [tenant] }]
`,
    });
    await httpRequest(gateway.trafficUrl);
    const { page, faults } = await openConsole(t, `${gateway.adminUrl}/ui/configuration`);
    await reads(page, '[data-plugin="tenant"]', /tenant\.ts.*shop.*answers 500, waits 50 ms.*seen 1/s);
    await reads(page, '[data-option="header"]', /header"x-tenant"What backends get\.text · default "x-tenant"/);
    await reads(page, '[data-option="most"]', /most7an integer from 1 to 10 · default 3/);
    await reads(page, '[data-option="token"]', /token\*\*\*/);
    assert.doesNotMatch(await page.content(), /hidden-one/);

    writeFileSync(gateway.file, readFileSync(gateway.file, 'utf8').replace('most: 7', 'most: 70'));
    await httpRequest(`${gateway.adminUrl}/v1/api/config/reload`, { method: 'POST' });
    await reads(page, '[data-option="most"] [role="alert"]', /found 70; allowed: an integer from 1 to 10/);
    await reads(page, '[data-option="most"]', /^most7/);
    assert.deepEqual(faults, []);
  },
);

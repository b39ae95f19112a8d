/** Operators see all gateways of a database, what they do together, and where they disagree. */
import { after, before, test, type TestContext } from 'node:test';
import assert from 'node:assert/strict';
import { skip } from '../support/browser.ts';
import { openConsole, reads, savedCsv, sharedConsole, startConsole, type TestConsole } from '../support/console.ts';
import { eventually } from '../support/eventually.ts';
import { httpRequest } from '../support/http-request.ts';
import { startPostgresServer, type PostgresServer } from '../support/postgres-server.ts';

const plain = sharedConsole();

let server: PostgresServer | undefined;
before(async () => {
  if (skip === false) server = await startPostgresServer();
});
after(() => server?.destroy());

/** Each has backends of its own, and so another configuration than the others. */
function start(t: TestContext, url: string, name: string): Promise<TestConsole> {
  const yaml = `fleet: { name: ${name}, beat: 200ms, expire: 3s }\ndatabase: { url: "${url}" }\n`;
  return startConsole(t, { yaml, backends: 1 });
}

test('the fleet is shown with its sums, what differs, and who is lost', { skip }, async (t) => {
  const url = await server!.createDatabase();
  const one = await start(t, url, 'gw-one');
  const { page, faults } = await openConsole(t, one.gateway.adminUrl);
  await page.keyboard.press('g');
  await page.keyboard.press('a');
  await reads(page, 'main h1', 'Fleet');
  await reads(page, '[data-gateway="gw-one"]', /this one.*http:\/\/127\.0\.0\.1:\d+.*live/s);
  await reads(page, '[data-fleet-figures]', /Gateways1live.*Configurations1agree/s);

  const two = await start(t, url, 'gw-two');
  await reads(page, '[data-gateway="gw-two"]', /live/);
  await reads(page, '[data-fleet-figures]', /Gateways2live.*Configurations2disagree/s);
  await reads(page, '[data-drift="config"]', 'different configurations');
  for (const name of ['gw-one', 'gw-two']) await reads(page, '[data-drift="config"]', name);

  const names = () =>
    page.locator('[data-gateway]').evaluateAll((rows) => rows.map((row) => row.getAttribute('data-gateway')));
  const head = page.getByRole('columnheader', { name: 'Gateway' }).getByRole('button');
  await head.click();
  assert.deepEqual(await names(), ['gw-one', 'gw-two']);
  await head.click();
  assert.deepEqual(await names(), ['gw-two', 'gw-one']);
  const lines = await savedCsv(page);
  assert.match(lines[0]!, /^\uFEFFGateway,Admin URL,State,Requests\/s,/);
  assert.match(lines[1]!, /^gw-two,[^,]*,live,\d/);

  const body = JSON.stringify({ client_id: 'made-at-two', capacity: 1, rate_per_second: 1 });
  const headers = { 'content-type': 'application/json' };
  await httpRequest(`${two.gateway.adminUrl}/v1/api/clients`, { method: 'POST', headers, body });
  // A killed gateway may lose its last entry.
  const entries = `${one.gateway.adminUrl}/v1/api/audit?gateway=gw-two`;
  await eventually('the entry', async () => /made-at-two/.test((await httpRequest(entries)).body));
  process.kill(two.gateway.pid, 'SIGKILL');
  await reads(page, '[data-gateway="gw-two"]', 'lost', 20_000);
  await reads(page, '[data-fleet-figures]', /Gateways1live, 1 lost.*Configurations1agree/s);
  assert.equal(await page.locator('[data-drift]').count(), 0);

  await page.getByRole('link', { name: 'Events' }).click();
  await page.getByRole('button', { name: 'fleet' }).click();
  await reads(page, '[aria-label="Timeline"]', /gateway gw-two is lost/);
  const filter = page.getByLabel('Gateway');
  await filter.selectOption('gw-two');
  await reads(page, '[aria-label="Timeline"]', 'Nothing has happened yet');
  await page.getByRole('button', { name: 'Audit trail' }).click();
  await reads(page, '[aria-label="Timeline"]', /createClient made-at-two, at gw-two/);
  await filter.selectOption('gw-one');
  await reads(page, '[aria-label="Timeline"]', 'Nothing has happened yet');
  assert.equal(await page.getByText('createClient made-at-two').count(), 0);
  assert.deepEqual(faults, []);
});

test('a gateway with an embedded database says that it is alone', { skip }, async (t) => {
  const { gateway } = await plain();
  const { page, faults } = await openConsole(t, gateway.adminUrl);
  await page.getByRole('link', { name: 'Fleet' }).click();
  await reads(page, 'main', /embedded database and is alone/);
  assert.equal(await page.locator('[data-gateway]').count(), 1);
  assert.deepEqual(faults, []);
});

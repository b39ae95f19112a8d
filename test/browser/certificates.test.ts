/** Operators see which certificates need attention and why, and have one renewed. */
import assert from 'node:assert/strict';
import { createHash, X509Certificate } from 'node:crypto';
import { test, type TestContext } from 'node:test';
import { launchBrowser, skip } from '../support/browser.ts';
import { openPage } from '../support/chromium.ts';
import { openConsole, reads, savedCsv, sharedConsole, startConsole } from '../support/console.ts';
import { live } from '../support/dashboard.ts';
import { authority } from '../support/issued.ts';
import { pemFolder } from '../support/pem-folder.ts';

const DAY_MS = 86_400_000;
const PAGE = '/ui/certificates';

const plain = sharedConsole();
const root = authority();

/** Good for long, about to expire, expired, and one whose authority cannot be reached. */
async function start(t: TestContext, more = '') {
  const write = pemFolder(t);
  const put = (host: string, daysLeft: number, life = 90) => {
    const notAfterMs = Date.now() + daysLeft * DAY_MS + DAY_MS / 2;
    const { cert, key } = root.issue([host, `www.${host}`], { notBeforeMs: notAfterMs - life * DAY_MS, notAfterMs });
    return { cert, entry: { cert_file: write(`${host}.pem`, cert + root.cert), key_file: write(`${host}.key`, key) } };
  };
  const all = { good: put('good.test', 60), soon: put('soon.test', 5), gone: put('gone.test', -3) };
  const acme = { broken: { directory: 'https://127.0.0.1:9/directory', agree: true } };
  const certificates = [...Object.values(all).map(({ entry }) => entry), { hosts: ['ordered.test'], acme: 'broken' }];
  const tls = JSON.stringify({ port: 0, acme, acme_email: 'ops@example.com', certificates });
  const { gateway } = await startConsole(t, { yaml: `tls: ${tls}\n${more}` });
  return { gateway, write, all };
}

test('certificates are listed by urgency, with what is wrong, and their fingerprint on demand', { skip }, async (t) => {
  const { gateway, write, all } = await start(t);
  const { page, faults } = await openConsole(t, gateway.adminUrl);
  await page.getByRole('link', { name: 'Certificates' }).click();
  await reads(page, 'main h1', 'Certificates');
  await reads(page, '[data-certificate="good.test"]', /and 1 more.*ok.*in 60 days/);
  await reads(page, '[data-certificate="soon.test"]', /expiring.*5 days/);
  await reads(page, '[data-certificate="gone.test"]', /expired.*2 d \d+ h ago/);
  await reads(
    page,
    '[data-certificate="ordered.test"]',
    /cannot be reached|ECONNREFUSED|refused.*Next attempt: .*pending/,
  );
  const order = () =>
    page.locator('[data-certificate]').evaluateAll((rows) => rows.map((row) => row.getAttribute('data-certificate')));
  assert.deepEqual(await order(), ['gone.test', 'ordered.test', 'soon.test', 'good.test']);

  write('good.test.key', 'no key');
  await reads(page, '[data-certificate="good.test"]', 'contains no PEM private key', 20_000);
  assert.deepEqual((await order())[1], 'good.test');

  const head = page.getByRole('columnheader', { name: 'Expires' });
  await head.getByRole('button').click();
  assert.equal(await head.getAttribute('aria-sort'), 'ascending');
  // What is still ordered expires never, so far.
  assert.deepEqual(await order(), ['gone.test', 'soon.test', 'good.test', 'ordered.test']);
  const lines = await savedCsv(page);
  assert.match(lines[0]!, /^\uFEFFHosts,State,Expires,Source,Issuer,Error,/);
  assert.match(lines[1]!, /^gone\.test www\.gone\.test,expired,\d{4}-/);
  assert.equal(lines.length, 4 + 2);

  const fingerprint = page.getByText(new X509Certificate(all.good.cert).fingerprint256);
  assert.equal(await fingerprint.count(), 0);
  await page.getByLabel('Details of good.test').click();
  await fingerprint.waitFor();

  await page.getByRole('button', { name: 'Need attention 4' }).click();
  await page.keyboard.press('/');
  await page.keyboard.type('www.soon');
  await reads(page, 'main', '1–1 of 1');
  assert.deepEqual(await order(), ['soon.test']);
  assert.deepEqual(faults, []);
});

test('an admin has a certificate of an authority renewed, others are not offered it', { skip }, async (t) => {
  const hash = (role: string): string => `sha256:${createHash('sha256').update(`token-of-${role}`).digest('hex')}`;
  const tokens = ['operator', 'admin'].map((role) => ({ name: `${role}-1`, role, hash: hash(role) }));
  const { gateway } = await start(t, `admin: ${JSON.stringify({ tokens })}\n`);
  const browser = await launchBrowser(t);
  for (const role of ['operator', 'admin']) {
    const { page, faults } = await openPage(browser);
    await page.goto(gateway.adminUrl + PAGE);
    await page.getByLabel('Token').fill(`token-of-${role}`);
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.locator('[data-certificate="ordered.test"]').waitFor();
    const renew = page.getByRole('button', { name: /^Renew .* now$/ });
    assert.equal(await renew.count(), role === 'admin' ? 1 : 0);
    if (role === 'admin') {
      await renew.click();
      await page.getByText('ordered.test: a new certificate is ordered').waitFor();
    }
    assert.deepEqual(faults, []);
  }
});

test('without TLS the page says how to turn it on', { skip }, async (t) => {
  const { gateway } = await plain();
  const { page, faults } = await openConsole(t, gateway.adminUrl + PAGE);
  await reads(page, 'section[aria-label="Certificates for clients"]', /TLS is off.*cert_file: shop\.pem/s);
  assert.deepEqual(faults, []);
});

test('the console works over TLS, with its live stream', { skip }, async (t) => {
  const tls = { port: 0, certificates: [{ hosts: ['127.0.0.1'], internal: true }] };
  const { gateway } = await startConsole(t, { yaml: `admin: { tls: true }\ntls: ${JSON.stringify(tls)}\n` });
  assert.match(gateway.adminUrl, /^https:/);
  // The browser does not know the root of internal certificates.
  const { page, faults } = await openPage(await launchBrowser(t), { ignoreHTTPSErrors: true });
  await page.goto(gateway.adminUrl + PAGE);
  await live(page);
  await reads(page, '[data-certificate="127.0.0.1"]', /internal/);
  assert.deepEqual(faults, []);
});

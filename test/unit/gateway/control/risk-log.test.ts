/** Operators read of a risk once: when a configuration brings it, or when a date that is in it has passed. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';

import { loadWithReferences } from '../../../../src/config/load.ts';
import type { Settings } from '../../../../src/config/settings.ts';
import { RiskLog } from '../../../../src/gateway/control/risk-log.ts';
import { POOL } from '../../../support/config-problems.ts';
import { authority } from '../../../support/issued.ts';
import { keptLog } from '../../../support/kept-log.ts';
import { pemFolder } from '../../../support/pem-folder.ts';

const DAY_MS = 86_400_000;
const KEY = 'tls.client_auth.0.ca_file';
const OVERDUE = /^CN=Clients expired at 2/;

function settingsOf(t: TestContext, caPem: string): Settings {
  const file = pemFolder(t)('ca.pem', caPem);
  const tls = {
    certificates: [{ hosts: ['a.test'], internal: true }],
    client_auth: [{ hosts: ['a.test'], ca_file: file }],
  };
  const text = `${POOL}tls: ${JSON.stringify(tls)}\n`;
  return loadWithReferences(text, 'c.yaml', { env: {}, flags: { threads: '1' }, cwd: '/' }).settings;
}

function world() {
  const log = keptLog();
  const events: string[] = [];
  let days = 0;
  const risks = new RiskLog({
    log: log as never,
    onLateRisk: (text) => events.push(text),
    wallMs: () => Date.now() + days * DAY_MS,
  });
  const logged = (): readonly unknown[] => log.lines.splice(0).map(({ details }) => details);
  return { risks, logged, events, wait: (more: number) => (days += more) };
}

test('an authority that expires while the gateway runs is logged once, and is an event', (t) => {
  const { risks, logged, events, wait } = world();
  const settings = settingsOf(t, authority('Clients').cert);
  risks.applied(settings);
  risks.look(settings);
  assert.deepEqual([logged(), events], [[], []]);
  wait(40);
  risks.look(settings);
  risks.look(settings);
  const [line, ...more] = logged() as { key: string; warning: string }[];
  assert.equal(line!.key, KEY);
  assert.match(line!.warning, OVERDUE);
  assert.deepEqual([more, events], [[], [`${KEY}: ${line!.warning}`]]);
  risks.applied(settings);
  assert.deepEqual(logged(), []);
});

test('what a new configuration brings is no event; it is logged again after it was gone', (t) => {
  const { risks, logged, events, wait } = world();
  const expired = settingsOf(t, authority('Clients').cert);
  const harmless = { ...expired, tls: null };
  wait(40);
  for (const settings of [expired, harmless, expired, expired]) risks.applied(settings);
  assert.deepEqual([logged().length, events], [2, []]);
});

test('another risk of the same key is another one', (t) => {
  const { risks, logged, wait } = world();
  wait(40);
  risks.applied(settingsOf(t, authority('Clients').cert));
  risks.applied(settingsOf(t, authority('Others').cert));
  assert.match((logged() as { warning: string }[]).map(({ warning }) => warning).join(), /^CN=Clients .*,CN=Others /);
});

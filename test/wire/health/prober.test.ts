import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { test } from 'node:test';
import { Prober } from '../../../src/health/control/prober.ts';
import { startSampleBackends } from '../../../src/cli/sample-backends/sample-backends.ts';
import { HEALTH_CHECK, TLS } from '../../support/pool-settings.ts';

test('a backend that dies is found down, and up again when it is back', async (t) => {
  const { backends, close } = await startSampleBackends({ count: 1 });
  t.after(close);
  const backend = backends[0]!;
  const verdicts = new EventEmitter();
  const prober = new Prober({
    random: Math.random,
    log: { info: () => {}, warn: () => {} },
    onProbe: () => {},
    onVerdict: (_, verdict, reason) => verdicts.emit('verdict', verdict, reason),
    onAddressesDown: () => {},
  });
  t.after(() => prober.stop());
  const check = { ...HEALTH_CHECK, enabled: true, intervalMs: 10, fastIntervalMs: 5 };
  const { url, id } = backend;
  prober.update([
    {
      id,
      slot: 0,
      url,
      addresses: ['127.0.0.1'],
      pool: 'api',
      check,
      insecureSkipTlsVerify: false,
      protocol: 'http1',
      tls: TLS,
    },
  ]);
  assert.deepEqual(await once(verdicts, 'verdict'), ['up', null]);
  const dead = once(verdicts, 'verdict');
  await backend.set({ down: true });
  // The probe timers do not keep a process alive: this test has to.
  const alive = setInterval(() => {}, 1000);
  t.after(() => clearInterval(alive));
  assert.match(String((await dead)[1]), /^connect(ion reset| refused)$/);
  const back = once(verdicts, 'verdict');
  await backend.set({ down: false });
  assert.deepEqual(await back, ['up', null]);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import threads from '../../../plugins/control/threads.ts';
import { openLogTarget } from '../../../src/runtime/log-sink.ts';
import { authority } from '../../support/issued.ts';
import { pemFolder } from '../../support/pem-folder.ts';
import { atClose, controlPlugins, controlSettings, silentLog } from '../../support/control-plugins.ts';
import { eventually } from '../../support/eventually.ts';

const yaml = (weight: number): string =>
  `health_check: { enabled: false }\npools: { p: { backends: [{ url: "http://127.0.0.1:9", weight: ${weight} }] } }`;

test('threads run on what is published, and have ended when the plugins that they use close', async (t) => {
  const settings = controlSettings(yaml(1));
  const app = controlPlugins(t, settings);
  const atEnd: string[] = [];
  atClose(app, () => atEnd.push(...app.supervisor.threads.map(({ state }) => state)));
  app.register(threads, { settings, log: silentLog(), logTarget: openLogTarget(2), reusePort: false });
  await app.ready();
  assert.deepEqual(
    app.supervisor.threads.map(({ state }) => state),
    ['starting'],
    'they load, but do not listen',
  );
  await app.supervisor.start();
  await app.live.apply(controlSettings(yaml(2)), app.publish);
  const [thread] = app.supervisor.threads;
  assert.deepEqual([thread!.state, thread!.snapshot], ['running', app.live.snapshot.version]);

  await app.close();
  assert.deepEqual(atEnd, ['dead']);
});

test('a reload waits for a thread that is starting again', async (t) => {
  const settings = controlSettings(yaml(1));
  const app = controlPlugins(t, settings);
  app.register(threads, { settings, log: silentLog(), logTarget: openLogTarget(2), reusePort: false });
  await app.ready();
  await app.supervisor.start();
  const [thread] = app.supervisor.threads;
  await thread!.worker.terminate();
  await eventually('it starts again', () => thread!.state === 'starting');
  await app.live.apply(controlSettings(yaml(2)), app.publish);
  assert.equal(thread!.snapshot, app.live.snapshot.version);
});

test('certificates apply on every thread once their change has resolved, and a thread that starts later has them', async (t) => {
  const root = authority();
  const write = pemFolder(t);
  const put = (name: string) => {
    const { cert, key } = root.issue([`${name}.test`]);
    return { hosts: null, certFile: write(`${name}.pem`, cert), keyFile: write(`${name}.key`, key), internal: false };
  };
  const settings = controlSettings(yaml(1));
  const app = controlPlugins(t, settings);
  app.register(threads, { settings, log: silentLog(), logTarget: openLogTarget(2), reusePort: false });
  await app.ready();
  await app.supervisor.start();
  await app.certificates.use(app.certificates.prepare([put('a'), put('b')]));
  await app.certificates.use(app.certificates.prepare([put('b')]));
  assert.deepEqual(
    app.certificates.served.map(({ hosts }) => hosts),
    [['b.test']],
  );
  await app.close();
});

test('threads that load end with the app, even if the start fails before they listen', async (t) => {
  const settings = controlSettings(yaml(1));
  const app = controlPlugins(t, settings);
  app.register(threads, { settings, log: silentLog(), logTarget: openLogTarget(2), reusePort: false });
  app.register(async () => {
    throw new Error('no database');
  });
  await assert.rejects(async () => app.ready(), { message: 'no database' });
  await app.close();
  assert.deepEqual(
    app.supervisor.threads.map(({ state }) => state),
    ['dead'],
  );
});

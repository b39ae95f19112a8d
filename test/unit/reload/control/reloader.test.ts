import assert from 'node:assert/strict';
import { test } from 'node:test';

import { pino } from 'pino';
import { ConfigError, loadText, loadWithReferences } from '../../../../src/config/load.ts';
import { NO_REFERENCES } from '../../../../src/config/file/references.ts';
import type { Settings } from '../../../../src/config/settings.ts';
import { Reloader } from '../../../../src/reload/control/reloader.ts';

const pool = (port: number): string => `pools: { p: { backends: [{ url: "http://a:${port}", id: a }] } }\n`;
const around = { env: {}, flags: { threads: '1' }, cwd: '/' };
const settings = (yaml: string): Settings => loadText(yaml, 'c.yaml', {}, { threads: '1' });

function reloader(apply?: (wanted: Settings) => Promise<void>) {
  const state = { file: pool(1), current: settings(pool(1)), applied: 0 };
  const source = {
    file: 'c.yaml',
    readOnly: null,
    cwd: '/',
    paths: ['/c.yaml'],
    hasChanged: () => false,
    onRead: () => {},
    takeOutput: () => [],
    fileWarnings: [],
    pluginOptions: new Map(),
    yaml: null,
    takePairs: () => new Map(),
    references: NO_REFERENCES,
    read: async () => settings(state.file),
    text: null,
    readAgain: async () => ({ ...loadWithReferences(state.file, 'c.yaml', around), text: state.file }),
    tryAgain: async () => loadWithReferences(state.file, 'c.yaml', around),
    peek: () => state.file,
    readEarlier: async (text: string) => loadWithReferences(text, 'c.yaml', around),
    readText: async (text: string) => loadWithReferences(text, 'c.yaml', around),
    write: async (text: string) => {
      settings(text);
      state.file = text;
    },
  };
  return {
    state,
    reloader: new Reloader({
      source,
      fileSettings: () => state.current,
      current: () => state.current,
      overlay: () => [],
      version: () => state.applied,
      adapt: (wanted) => wanted,
      apply: async (wanted) => {
        await apply?.(wanted);
        state.current = wanted;
        state.applied += 1;
      },
      log: pino({ level: 'silent' }),
      wallMs: () => state.applied,
    }),
  };
}

test('a reload while one runs waits for it and reads the file after it; those that wait share one', async () => {
  const running = Promise.withResolvers<void>();
  const { reloader: subject, state } = reloader(() => running.promise);
  state.file = pool(2);
  const first = subject.reload();
  await Promise.resolve();
  const [second, third] = [subject.reload(), subject.reload()];
  state.file = pool(3);
  running.resolve();
  assert.deepEqual((await first).changes[0]?.keys, ['url']);
  assert.equal(await second, await third);
  assert.equal(state.current.pools[0]!.backends[0]!.url, 'http://a:3');
  assert.equal(state.applied, 2);
});

test('unchanged settings are not applied again', async () => {
  const { reloader: subject, state } = reloader();
  assert.deepEqual(await subject.reload(), { result: 'unchanged', version: 0, changes: [], restartRequired: [] });
  assert.equal(state.applied, 0);
});

test('a refused reload reports every problem, is remembered, and the next one may succeed', async () => {
  const { reloader: subject, state } = reloader();
  state.file = 'pools: {}\nroutes: 5\n';
  await assert.rejects(subject.reload(), (error: Error & { code: string; details: { field: string }[] }) => {
    assert.equal(error.code, 'GW_VALIDATION');
    assert.deepEqual(
      error.details.map(({ field }) => field),
      ['pools', 'routes'],
    );
    return error.cause instanceof ConfigError;
  });
  assert.match(subject.report().lastError ?? '', /c\.yaml:1:8: pools.*\n.*routes/);
  state.file = pool(4);
  assert.equal((await subject.reload()).result, 'applied');
  assert.equal(subject.report().lastError, null);
});

test('settings that the tables cannot hold are the caller’s fault, others are ours', async () => {
  const tooMany = reloader(async () => Promise.reject(new RangeError('backends: found 9; at most 8 are supported')));
  tooMany.state.file = pool(2);
  await assert.rejects(tooMany.reloader.reload(), { code: 'GW_VALIDATION', message: /at most 8/ });
  const broken = reloader(async () => Promise.reject(new TypeError('odd')));
  broken.state.file = pool(2);
  await assert.rejects(broken.reloader.reload(), TypeError);
});

test('a new text is written and applied; an invalid one is not written', async () => {
  const { reloader: subject, state } = reloader();
  const { result, changes } = await subject.replaceNow(pool(2), 'api', null);
  assert.deepEqual([result, changes[0]?.keys, state.file], ['applied', ['url'], pool(2)]);
  await assert.rejects(subject.replaceNow('pools: 1', 'api', null), { code: 'GW_VALIDATION' });
  assert.equal(state.file, pool(2));
});

test('a text that is valid but cannot be applied is taken back', async () => {
  const { reloader: subject, state } = reloader(async () => Promise.reject(new RangeError('too many backends')));
  await assert.rejects(subject.replaceNow(pool(2), 'api', null), { code: 'GW_VALIDATION' });
  assert.equal(state.file, pool(1));
});

import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { definePlugin, type PluginDefinition, type PluginHooks } from '../../../src/plugin-kit/define-plugin.ts';
import { eventually } from '../../support/eventually.ts';
import { startPolicyWorld } from '../../support/policy-world.ts';
import { RawClient, rawResponse } from '../../support/raw-socket.ts';

const plugin = (hooks: PluginHooks | PluginDefinition['create']): PluginDefinition =>
  definePlugin({ name: 'tested', create: typeof hooks === 'function' ? hooks : () => hooks });

/** One route that uses these plugins in order; the first may have settings of its own. */
function start(t: TestContext, plugins: readonly PluginDefinition[], settings = '', route = '') {
  const names = plugins.map((_, at) => `p${at}`);
  return startPolicyWorld(
    t,
    `plugins: { ${names.map((name) => `${name}: { file: ${name}, ${name === 'p0' ? settings : ''} }`).join(', ')} }
routes:
  - { name: api, pool: default, plugins: [${names.join(', ')}], ${route} }
`,
    rawResponse('ok', '200 OK', ['server: apache']),
    Object.fromEntries(plugins.map((each, at) => [names[at]!, each])),
  );
}

test('a plugin reads the request and changes what the backend gets', async (t) => {
  const seen: unknown[] = [];
  const { ask, requests } = await start(t, [
    plugin({
      request: ({ headers, method, path, query, host, scheme, route, client, claims }) => {
        seen.push([method, path, query.get('b'), host, scheme, route, client, claims, headers.get('X-Note')]);
        headers.set('X-Tenant', 'acme');
        headers.add('accept', 'text/plain');
        headers.remove('x-note');
        seen.push([headers.get('x-tenant'), headers.get('accept'), headers.has('x-note')]);
      },
    }),
  ]);
  await ask('/a/b?b=%63', ['X-Note: hi', 'x_tenant: forged', 'x-tenant: forged', 'Accept: */*']);
  assert.deepEqual(seen, [
    ['GET', '/a/b', 'c', 'shop.test', 'http', 'api', { address: '127.0.0.1', id: null }, null, 'hi'],
    ['acme', '*/*, text/plain', false],
  ]);
  assert.match(requests[0]!, /\r\nx-tenant: acme\r\n/);
  assert.match(requests[0]!, /\r\nAccept: \*\/\*\r\n[^]*\r\naccept: text\/plain\r\n/);
  assert.doesNotMatch(requests[0]!, /forged|note/i);
});

test('an answer of a plugin ends the request: later plugins and the backend do not see it', async (t) => {
  const later: string[] = [];
  const { ask, requests } = await start(t, [
    plugin({
      request: ({ path, answer }) => {
        if (path === '/json') answer(401, { error: 'key' }, { 'WWW-Authenticate': 'Key' });
        if (path === '/text') answer(200, 'grüß dich');
        if (path === '/bytes') answer(200, Uint8Array.of(0x61, 0x62));
        if (path === '/none') answer(204);
      },
    }),
    plugin({ request: ({ path }) => void later.push(path) }),
  ]);
  assert.match(
    await ask('/json'),
    /^HTTP\/1\.1 401 .*\r\ncontent-type: application\/json; charset=utf-8\r\nwww-authenticate: Key\r\n[^]*\r\n\r\n\{"error":"key"\}$/,
  );
  assert.match(
    await ask('/text'),
    /\r\ncontent-type: text\/plain; charset=utf-8\r\n[^]*\r\n\r\ngr\xc3\xbc\xc3\x9f dich$/,
  );
  assert.match(await ask('/bytes'), /\r\ncontent-type: application\/octet-stream\r\n[^]*\r\n\r\nab$/);
  assert.match(await ask('/none'), /^HTTP\/1\.1 204 [^]*\r\n\r\n$/);
  assert.match(await ask('/'), /^HTTP\/1\.1 200 [^]*\r\n\r\nok$/);
  assert.deepEqual([requests.length, later], [1, ['/']]);
});

test('answers are changed: those of backends, and those of the gateway and of plugins', async (t) => {
  const { ask } = await start(
    t,
    [
      plugin({
        request: ({ path, answer }) => {
          if (path === '/own') answer(200, 'own');
        },
        response: ({ headers, status }) => {
          headers.set('x-status', String(status));
          headers.remove('server');
        },
      }),
    ],
    '',
    'max_body_bytes: 1',
  );
  const answer = await ask('/');
  assert.match(answer, /\r\nx-status: 200\r\n/);
  assert.doesNotMatch(answer, /apache/);
  assert.match(await ask('/own'), /\r\nx-status: 200\r\n/);
  assert.match(await ask('POST /', [], 'too long'), /^HTTP\/1\.1 413 [^]*\r\nx-status: 413\r\n/);
});

test('what a request kept is there in its later hooks, and done says how it ended', async (t) => {
  const { promise, resolve } = Promise.withResolvers<unknown>();
  const { ask } = await start(t, [
    plugin({
      request: ({ state }) => void state.set('seen', 1),
      done: ({ state, status, durationMs, isAborted, error, backend }) =>
        resolve([state.get('seen'), status, durationMs >= 0, isAborted, error, backend !== null]),
    }),
  ]);
  await ask('/');
  assert.deepEqual(await promise, [1, 200, true, false, null, true]);
});

test('a plugin may wait, and an answer may come then', async (t) => {
  const { ask } = await start(
    t,
    [
      plugin({
        request: async ({ headers, path, answer }) => {
          await new Promise(setImmediate);
          headers.set('x-late', 'yes');
          if (path === '/no') answer(403, 'no');
        },
      }),
    ],
    'timeout: 10s',
  );
  assert.match(await ask('/no'), /^HTTP\/1\.1 403 /);
  assert.match(await ask('/'), /^HTTP\/1\.1 200 /);
});

const FAILURES: Readonly<Record<string, PluginHooks>> = {
  'that throws': {
    request: () => {
      throw new Error('secret reason');
    },
  },
  'that rejects': { request: () => Promise.reject(new Error('secret reason')) },
  'that throws on the answer': {
    response: () => {
      throw new Error('secret reason');
    },
  },
  'that changes what it must not': { request: ({ headers }) => headers.set('content-length', '1') },
  'that makes two fields of one': { request: ({ headers }) => headers.set('x-a', 'secret reason\r\nx-b: 2') },
  'that gives an impossible answer': { request: ({ answer }) => answer(99) },
};
for (const [name, hooks] of Object.entries(FAILURES)) {
  test(`a plugin ${name} fails its request, unless it may be skipped`, async (t) => {
    const denying = await start(t, [plugin(hooks)]);
    const refused = await denying.ask('/');
    assert.match(refused, /^HTTP\/1\.1 500 [^]*"GW_PLUGIN_FAILED"/);
    assert.doesNotMatch(refused, /secret/);
    const line = await denying.logged(({ msg }) => msg === 'plugin failed');
    assert.equal(line['plugin'], 'p0');
    assert.deepEqual(
      denying.tables.pluginCounters.list().map(({ plugin: of, counter, value }) => [of, counter, value]),
      [['p0', '.errors', 1]],
    );
    const skipping = await start(t, [plugin(hooks)], 'on_error: skip');
    assert.match(await skipping.ask('/'), /^HTTP\/1\.1 200 /);
  });
}

test('a promise that does not settle in time fails its request, and its signal is aborted', async (t) => {
  const { promise, resolve } = Promise.withResolvers<string>();
  const { ask, requests } = await start(
    t,
    [
      plugin({
        request: ({ signal }) =>
          new Promise(() => {
            signal.addEventListener('abort', () => resolve(String(signal.reason)));
          }),
      }),
    ],
    'timeout: 20ms',
  );
  assert.match(await ask('/'), /^HTTP\/1\.1 500 [^]*"GW_PLUGIN_FAILED"/);
  assert.match(await promise, /its request hook took longer than 20 ms/);
  assert.equal(requests.length, 0);
});

test('a client that leaves while a plugin works aborts the signal, and nothing more happens', async (t) => {
  const { promise: entered, resolve: enter } = Promise.withResolvers<void>();
  const { promise, resolve } = Promise.withResolvers<string>();
  const ended = Promise.withResolvers<boolean>();
  const { port, requests } = await start(
    t,
    [
      plugin({
        request: ({ signal }) => {
          signal.addEventListener('abort', () => resolve(String(signal.reason)));
          enter();
          return new Promise(() => {});
        },
        done: ({ isAborted }) => ended.resolve(isAborted),
      }),
    ],
    'timeout: 1h',
  );
  const client = new RawClient(port).send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  await entered;
  client.destroy();
  assert.match(await promise, /the client left/);
  assert.deepEqual([await ended.promise, requests.length], [true, 0]);
});

test('counters are shared, listed by plugin, and refuse odd names', async (t) => {
  const got: number[] = [];
  const { ask, tables } = await start(t, [
    plugin(({ counters }) => ({
      request: ({ path }) => {
        counters.add('seen');
        counters.add('bytes', 5);
        got.push(counters.get('seen'));
        if (path === '/odd') counters.add('.errors');
      },
    })),
  ]);
  await ask('/');
  await ask('/');
  assert.deepEqual(got, [1, 2]);
  assert.match(await ask('/odd'), /^HTTP\/1\.1 500 /);
  const counts = tables.pluginCounters.list().map(({ counter, value }) => `${counter} ${value}`);
  assert.deepEqual(counts, ['.errors 1', 'seen 3', 'bytes 15']);
});

test('a plugin that makes no hooks is broken: its requests fail, others do not', async (t) => {
  const broken = { name: 'broken', create: () => ({ onRequest: () => {} }) } as unknown as PluginDefinition;
  const { ask, log } = await start(t, [broken]);
  assert.match(await ask('/'), /^HTTP\/1\.1 500 [^]*"GW_PLUGIN_FAILED"/);
  const line = log.find(({ msg }) => msg === 'plugin cannot be loaded');
  assert.match(JSON.stringify(line), /onRequest\\" is not a hook; hooks: request, response, done/);
});

test('a promise that an answer or its end does not wait for is a failure of the plugin when it rejects', async (t) => {
  const { ask, tables } = await start(t, [
    plugin({
      response: async () => Promise.reject(new Error('late')),
      done: async () => Promise.reject(new Error('later')),
    }),
  ]);
  assert.match(await ask('/'), /^HTTP\/1\.1 200 /);
  const errors = (): number => tables.pluginCounters.list().find(({ counter }) => counter === '.errors')!.value;
  await eventually('both are counted', async () => errors() === 2);
});

test('a plugin that was given up neither answers nor changes what the backend gets, while a later one waits', async (t) => {
  const released = Promise.withResolvers<void>();
  const tried = Promise.withResolvers<unknown>();
  const late = plugin({
    request: async ({ answer, headers }) => {
      headers.set('x-early', 'yes');
      await released.promise;
      headers.set('x-late', 'yes');
      headers.add('x-late', 'yes');
      headers.remove('accept');
      answer(418);
      tried.resolve(headers.get('x-late'));
    },
  });
  const waiting = plugin({
    request: async () => {
      released.resolve();
      await tried.promise;
    },
  });
  const { ask, requests, logged } = await start(t, [late, waiting], 'on_error: skip, timeout: 20ms');
  assert.match(await ask('/', ['Accept: */*']), /^HTTP\/1\.1 200 /);
  assert.equal(await tried.promise, undefined);
  assert.doesNotMatch(requests[0]!, /x-late/);
  assert.match(requests[0]!, /\r\nAccept: \*\/\*\r\n[^]*\r\nx-early: yes\r\n/);
  const line = await logged(({ msg }) => msg === 'plugin acts after its hook has ended: ignored');
  assert.deepEqual([line['plugin'], line['hook']], ['p0', 'request']);
});

test('a hook that has ended changes nothing any more, whether it was for a request or an answer', async (t) => {
  const done = Promise.withResolvers<void>();
  const { ask, requests } = await start(t, [
    plugin({
      request: ({ headers }) => void Promise.resolve().then(() => headers.set('x-late', 'yes')),
      response: ({ headers }) => {
        headers.set('x-early', 'yes');
        void done.promise.then(() => headers.set('x-late', 'yes'));
      },
    }),
    plugin({
      request: async () => Promise.resolve(),
      response: () => done.resolve(),
    }),
  ]);
  const answer = await ask('/');
  assert.match(answer, /\r\nx-early: yes\r\n/);
  assert.doesNotMatch(`${requests[0]!}${answer}`, /x-late/);
});

test('a plugin that refuses an answer does not see the one that is given instead; others do', async (t) => {
  const seen: unknown[] = [];
  const failing = plugin({
    response: ({ status }) => {
      seen.push(status);
      throw new Error('no');
    },
  });
  const other = plugin({ response: ({ headers, status }) => headers.set('x-status', String(status)) });
  const { ask } = await start(t, [failing, other], '', 'cache: { default_ttl: 1h }');
  for (const expected of [[200], [200, 200]]) {
    assert.match(await ask('/'), /^HTTP\/1\.1 500 [^]*\r\nx-status: 500\r\n/);
    assert.deepEqual(seen, expected);
  }
});

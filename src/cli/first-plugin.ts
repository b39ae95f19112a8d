/** The texts that `sluice plugin new` writes. */

export function firstPlugin(name: string): string {
  return `import { definePlugin, Type } from 'sluice';

export default definePlugin({
  name: '${name}',
  // Keys of plugins.${name}.options in the configuration.
  options: Type.Object({
    header: Type.String({ default: 'x-${name}' }),
  }),
  create({ options, counters }) {
    return {
      // Before a backend is picked: answer, change header fields, or do nothing.
      request({ headers, client, answer }) {
        if (client.address === '192.0.2.1') return answer(403, { error: 'Not from here' });
        headers.set(options.header, client.id ?? client.address);
      },
      // Before the client gets the head of an answer.
      response({ headers }) {
        headers.remove('x-powered-by');
      },
      // Afterwards.
      done({ status }) {
        if (status >= 500) counters.add('failures');
      },
    };
  },
});
`;
}

export function firstPluginTest(name: string): string {
  return `import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestGateway } from 'sluice/testing';
import plugin from './${name}.ts';

test('${name} tells the backend who calls', async (t) => {
  const gateway = await createTestGateway({
    config: {
      plugins: { '${name}': { file: 'plugin' } },
      routes: [{ pool: 'web', plugins: ['${name}'] }],
    },
    plugins: { plugin },
  });
  t.after(() => gateway.close());
  assert.equal((await gateway.inject()).status, 200);
  assert.equal(gateway.requests[0]!.headers['x-${name}'], '127.0.0.1');
  assert.equal((await gateway.inject({ address: '192.0.2.1' })).status, 403);
});
`;
}

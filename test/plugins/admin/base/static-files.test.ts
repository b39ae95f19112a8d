/** What serves the dashboard and Swagger UI in the executable; here, files on disk. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import fastify from 'fastify';
import staticFiles from '../../../../scripts/executable/static-files.ts';

function folder(t: TestContext, files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(tmpdir(), 'sluice-static-'));
  t.after(() => rmSync(root, { recursive: true }));
  mkdirSync(join(root, 'deep'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(root, name), text);
  return root;
}

const immutable = { prefix: '/assets/', immutable: true, maxAge: 60_000, preCompressed: true };

describe('the static files of the executable', () => {
  it('have their type, how long they may be kept, and a tag', async (t) => {
    const root = folder(t, { 'a.js': 'let a', 'deep/b.css': 'b{}' });
    const app = fastify();
    t.after(() => app.close());
    await app.register(staticFiles, { root, ...immutable });
    const { statusCode, body, headers } = await app.inject('/assets/a.js');
    assert.deepEqual([statusCode, body], [200, 'let a']);
    assert.equal(headers['content-type'], 'text/javascript; charset=utf-8');
    assert.equal(headers['cache-control'], 'public, max-age=60, immutable');
    assert.equal((await app.inject('/assets/deep/b.css')).headers['content-type'], 'text/css; charset=utf-8');
    const again = await app.inject({ url: '/assets/a.js', headers: { 'if-none-match': headers.etag as string } });
    assert.deepEqual([again.statusCode, again.body], [304, '']);
    assert.equal((await app.inject({ method: 'HEAD', url: '/assets/a.js' })).headers['content-length'], '5');
  });

  it('are sent in the coding that the client accepts, if there is one', async (t) => {
    const root = folder(t, { 'a.js': 'let a', 'a.js.br': 'BR', 'a.js.gz': 'GZ', 'b.js': 'let b' });
    const app = fastify();
    t.after(() => app.close());
    await app.register(staticFiles, { root, ...immutable });
    const ask = async (url: string, accept: string) => {
      const { body, headers } = await app.inject({ url, headers: { 'accept-encoding': accept } });
      return [body, headers['content-encoding'], headers['content-type'], headers['vary']];
    };
    const rest = ['text/javascript; charset=utf-8', 'Accept-Encoding'];
    assert.deepEqual(await ask('/assets/a.js', 'gzip, br'), ['BR', 'br', ...rest]);
    assert.deepEqual(await ask('/assets/a.js', 'gzip'), ['GZ', 'gzip', ...rest]);
    assert.deepEqual(await ask('/assets/a.js', 'identity'), ['let a', undefined, ...rest]);
    assert.deepEqual(await ask('/assets/b.js', 'br'), ['let b', undefined, ...rest]);
    assert.equal((await app.inject('/assets/a.js.br')).statusCode, 404);
  });

  it('are only those in the folder', async (t) => {
    const root = folder(t, { 'a.js': 'let a', 'secret.js': 'no' });
    const app = fastify();
    t.after(() => app.close());
    await app.register(staticFiles, { root: join(root, 'deep'), prefix: '/' });
    for (const url of ['/../a.js', '/%2e%2e/a.js', '/..%2fsecret.js', '/none.js']) {
      assert.equal((await app.inject(url)).statusCode, 404, url);
    }
  });

  it('leave routes alone that are there already', async (t) => {
    const root = folder(t, { 'a.js': 'let a' });
    const app = fastify();
    t.after(() => app.close());
    await app.register(
      async (scope) => {
        scope.get('/static/a.js', () => 'ours');
        await scope.register(staticFiles, { root, prefix: '/static', decorateReply: false });
      },
      { prefix: '/docs' },
    );
    assert.equal((await app.inject('/docs/static/a.js')).body, 'ours');
  });

  it('are sent by a handler, which may say how long', async (t) => {
    const root = folder(t, { 'index.html': '<p>', 'favicon.svg': '<svg/>' });
    const app = fastify();
    t.after(() => app.close());
    await app.register(staticFiles, { root: join(root, 'deep'), prefix: '/assets/' });
    app.get('/', (_request, reply) =>
      (reply as Sender).header('cache-control', 'no-cache').sendFile('index.html', root, { cacheControl: false }),
    );
    app.get('/icon', (_request, reply) => (reply as Sender).sendFile('favicon.svg', root, { maxAge: '1d' }));
    const page = await app.inject('/');
    assert.deepEqual([page.body, page.headers['cache-control']], ['<p>', 'no-cache']);
    assert.equal((await app.inject('/icon')).headers['cache-control'], 'public, max-age=86400');
  });

  it('must have a known type', async (t) => {
    const app = fastify();
    const root = folder(t, { 'a.exe': '' });
    await assert.rejects(async () => app.register(staticFiles, { root, prefix: '/' }), /no media type for .*a\.exe/);
  });
});

interface Sender {
  header(name: string, value: string): Sender;
  sendFile(name: string, root: string, options: object): unknown;
}

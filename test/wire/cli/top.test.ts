import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { describe, test } from 'node:test';
import type { FrameView } from '../../../src/telemetry/api/frame-view.ts';
import { followMetrics } from '../../../src/cli/top/frame-stream.ts';
import { openTerminal } from '../../../src/cli/top/terminal.ts';
import { adminServer, command } from '../../support/admin-server.ts';
import { freePort } from '../../support/free-port.ts';

describe('sluice top', () => {
  test('--once prints one view', async (t) => {
    const { code, out, err } = await command(['top', '--once', '--interval', '250ms', '--admin', await adminServer(t)]);
    assert.deepEqual([code, err], [0, '']);
    assert.match(out, /^POOL +BACKEND +STATE/m);
    assert.match(out, /^api +api-1 +healthy /m);
    assert.ok(!out.includes('\x1B'));
  });

  test('--once --json prints the second frame', async (t) => {
    const { out } = await command(['top', '--once', '--json', '-i', '250ms', '--admin', await adminServer(t)]);
    const frame = JSON.parse(out) as FrameView & { top_clients: unknown };
    assert.equal(frame.type, 'frame');
    assert.equal(frame.backends.length, 3);
    assert.ok('top_clients' in frame);
  });

  test('a wrong token or interval is reported before anything is shown', async (t) => {
    const url = await adminServer(t, { admin: { token: 'a-token-of-some-length' } });
    assert.match((await command(['top', '--once', '--admin', url])).err, /401 GW_UNAUTHORIZED/);
    const env = { SLUICE_ADMIN_TOKEN: 'a-token-of-some-length' };
    assert.equal((await command(['top', '--once', '-i', '250ms', '--admin', url], env)).code, 0);
    assert.equal((await command(['top', '-i', '1ms'])).code, 2);
  });
});

describe('the stream of frames', () => {
  test('reports that the gateway is missing, waiting longer each time, until it is ended', async () => {
    const end = new AbortController();
    const waits: number[] = [];
    await followMetrics({
      url: `http://127.0.0.1:${await freePort()}`,
      token: undefined,
      intervalMs: 1000,
      signal: end.signal,
      onFrame: () => assert.fail(),
      onTrouble: (why, againInMs) => {
        assert.equal(why, 'cannot connect');
        waits.push(againInMs);
        if (waits.length === 2) end.abort();
      },
    });
    assert.deepEqual(waits, [500, 1000]);
  });

  test('goes on when the gateway is back', async (t) => {
    const end = new AbortController();
    const port = await freePort();
    const seen: string[] = [];
    const { fakeAdminApp } = await import('../../support/admin-app.ts');
    const start = async () => {
      const app = await fakeAdminApp();
      t.after(() => app.close());
      await app.listen({ host: '127.0.0.1', port });
      return app;
    };
    const first = await start();
    let again: Promise<unknown> | undefined;
    await followMetrics({
      url: `http://127.0.0.1:${port}`,
      token: undefined,
      intervalMs: 60_000,
      signal: end.signal,
      onFrame: ({ type }) => {
        seen.push(type);
        if (seen.length === 1) void first.close();
        else end.abort();
      },
      onTrouble: (why) => {
        seen.push(why);
        // Once: a slow machine may meet trouble again before it listens.
        again ??= first.close().then(start);
      },
    });
    assert.deepEqual([...seen.slice(0, 2), seen.at(-1)], ['snapshot', 'the gateway is stopping', 'snapshot']);
    await again;
  });
});

test('the terminal is given back as it was, once', () => {
  const input = new PassThrough() as PassThrough & { setRawMode?: (isRaw: boolean) => void };
  const output = new PassThrough().setEncoding('utf8');
  const raw: boolean[] = [];
  input.setRawMode = (isRaw) => void raw.push(isRaw);
  let quits = 0;
  let resizes = 0;
  const terminal = openTerminal({ input, output }, { onQuit: () => (quits += 1), onResize: () => (resizes += 1) });
  terminal.draw(['one', 'two']);
  input.emit('data', 'x');
  input.emit('data', 'q');
  input.emit('data', '\x03');
  output.emit('resize');
  terminal.restore();
  terminal.restore();
  terminal.draw(['late']);
  output.emit('resize');
  assert.deepEqual([quits, resizes, raw], [2, 1, [true, false]]);
  const text = String(output.read());
  assert.ok(text.startsWith('\x1B[?1049h\x1B[?25l'), 'the alternate screen, no cursor');
  assert.ok(text.endsWith('\x1B[?25h\x1B[?1049l'), 'cursor and screen are back');
  assert.equal(text.split('\x1B[?1049l').length, 2);
  assert.ok(text.includes('one\x1B[K\r\ntwo\x1B[K'));
});

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setImmediate as nextTurn, setTimeout as after } from 'node:timers/promises';

import { redisScript } from '../../src/redis/redis-script.ts';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/free-port.ts';
import { openLink, type Outcome } from '../support/redis-client.ts';
import { redisMissing, startRedis } from '../support/redis-server.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';

const echo = redisScript(
  `redis.call('SET', KEYS[1], ARGV[1], 'PX', 60000) return {ARGV[1], redis.call('GET', KEYS[1])}`,
);
const AWAY = 'redis unavailable; reconnecting in the background';
const BACK = 'redis available';

describe('the link to Redis', { skip: redisMissing, concurrency: 4 }, () => {
  test('runs a script that the server does not have, and sends it once', async (t) => {
    const server = await startRedis(t);
    const { run, isUp, changes } = openLink(t, { url: server.url });
    await isUp();
    const outcomes = await Promise.all(Array.from({ length: 50 }, (_, at) => run(echo, `sluice:${at}`, [`${at}`])));
    assert.deepEqual(
      outcomes.map(({ reply }) => reply),
      Array.from({ length: 50 }, (_, at) => [`${at}`, `${at}`]),
    );
    assert.match(await server.cli('INFO', 'commandstats'), /cmdstat_script\|load:calls=1,/);
    await server.cli('SCRIPT', 'FLUSH');
    assert.deepEqual((await run(echo, 'sluice:x', ['ü'])).reply, ['ü', 'ü']);
    assert.deepEqual(changes, ['up']);
  });

  test('gives what a script answers as an array, and its error', async (t) => {
    const server = await startRedis(t);
    const { run, isUp, link, ping } = openLink(t, { url: server.url });
    await isUp();
    const reply = async (body: string) => (await run(redisScript(body), 'k')).reply;
    assert.deepEqual(await reply('return 7'), [7]);
    assert.deepEqual(await reply(`return {1, {'a'}, false, 'b'}`), [1, ['a'], null, 'b']);
    assert.deepEqual(await reply('return {}'), []);
    assert.deepEqual(await reply('return nil'), [null]);
    const failed = await run(redisScript(`return redis.error_reply('MY no')`), 'k');
    assert.deepEqual([failed.kind, failed.message, failed.reply], ['other', 'MY no', []]);
    assert.equal((await run(redisScript('not Lua'), 'k')).kind, 'other');
    assert.equal((await ping()).kind, 'ok');
    assert.equal(await link.command(['SET', 'a', 'b'], 5000), 'OK');
    assert.equal(await link.command(['DBSIZE'], 5000), 1);
    await assert.rejects(link.command(['GET'], 5000), { name: 'RedisError', kind: 'other' });
  });

  test('ends a call to a server that hangs in time, and is back when the server is', async (t) => {
    const server = await startRedis(t);
    const { run, ping, link, isUp, changes, log } = openLink(t, { url: server.url });
    await isUp();
    server.pause();
    const hung = await Promise.all([run(echo, 'k', ['1'], 10), ping(20)]);
    assert.deepEqual(
      hung.map(({ kind }) => kind),
      ['timeout', 'timeout'],
    );
    assert.ok(hung[0]!.ms >= 10 && hung[0]!.ms < 1000, `${hung[0]!.ms} ms`);
    // Commands that are written to it do not make it look alive.
    await eventually('the link is down', async () => {
      await run(echo, 'k', ['1'], 5);
      return !link.isUp;
    });
    const away = await run(echo, 'k', ['1']);
    assert.equal(away.kind, 'down');
    assert.ok(away.ms < 1000, `${away.ms} ms`);
    server.resume();
    await isUp();
    assert.equal((await run(echo, 'k', ['1'])).kind, 'ok');
    assert.deepEqual(changes, ['up', 'timeout', 'up']);
    assert.deepEqual(
      log.lines.map(({ message }) => message),
      [BACK, AWAY, BACK],
    );
  });

  test('survives a server that is killed and comes back empty', async (t) => {
    const server = await startRedis(t);
    const { run, isUp, isDown, changes } = openLink(t, { url: server.url });
    await isUp();
    await run(echo, 'k', ['1']);
    server.pause();
    const underWay = run(echo, 'k', ['1']);
    await nextTurn();
    await server.kill();
    assert.equal((await underWay).kind, 'down');
    await isDown();
    await server.start();
    await isUp();
    assert.deepEqual((await run(echo, 'k', ['2'])).reply, ['2', '2']);
    assert.deepEqual(changes, ['up', 'down', 'up']);
  });

  test('connects again when an operator closes the connection', async (t) => {
    const server = await startRedis(t);
    const { run, isUp, isDown, changes } = openLink(t, { url: server.url });
    await isUp();
    assert.match(await server.cli('CLIENT', 'LIST'), /name=sluice-test /);
    await server.cli('CLIENT', 'KILL', 'TYPE', 'normal');
    await isDown();
    await isUp();
    assert.equal((await run(echo, 'k', ['1'])).kind, 'ok');
    assert.deepEqual(changes, ['up', 'down', 'up']);
  });

  test('connects to a server that starts later, with one line for the whole outage', async (t) => {
    const server = await startRedis(t);
    await server.kill();
    const { run, isUp, changes, log } = openLink(t, { url: `redis://127.0.0.1:${server.port}` });
    assert.equal((await run(echo, 'k', ['1'])).kind, 'down');
    await eventually('it was told', () => changes.length > 0);
    assert.match((await run(echo, 'k', ['1'])).message, /ECONNREFUSED/);
    await server.start();
    await isUp();
    assert.equal((await run(echo, 'k', ['1'])).kind, 'ok');
    assert.deepEqual(changes, ['down', 'up']);
    assert.deepEqual(
      log.lines.map(({ message }) => message),
      [AWAY, BACK],
    );
  });

  test('fails what is under way when it is closed, and does not come back', async (t) => {
    const server = await startRedis(t);
    const { run, isUp, link, changes } = openLink(t, { url: server.url });
    await isUp();
    server.pause();
    const underWay = [run(echo, 'k', ['1']), run(echo, 'k', ['2'])];
    await nextTurn();
    await link.close();
    assert.deepEqual(
      (await Promise.all(underWay)).map(({ kind }) => kind),
      ['down', 'down'],
    );
    server.resume();
    assert.equal((await run(echo, 'k', ['1'])).kind, 'down');
    assert.equal(link.isUp, false);
    await eventually('nobody is connected', async () => !/sluice-test/.test(await server.cli('CLIENT', 'LIST')));
    assert.deepEqual(changes, ['up']);
  });

  test('can be closed while it connects', async (t) => {
    const silent = await startTcpProxy(await freePort());
    t.after(() => silent.close());
    silent.freeze();
    const { link, changes } = openLink(t, { url: `redis://127.0.0.1:${silent.port}`, connectTimeoutMs: 600_000 });
    await nextTurn();
    await link.close();
    assert.deepEqual(changes, []);
  });

  test('gives up a connection that is not ready in time', async (t) => {
    const silent = await startTcpProxy(await freePort());
    t.after(() => silent.close());
    silent.freeze();
    const { changes } = openLink(t, { url: `redis://127.0.0.1:${silent.port}`, connectTimeoutMs: 50 });
    await eventually('it was told', () => changes.length > 0);
    assert.deepEqual(changes, ['timeout']);
  });

  test('reports a full server as such, and keeps the connection', async (t) => {
    const server = await startRedis(t, { config: ['maxmemory 1mb', 'maxmemory-policy noeviction'] });
    const { run, ping, isUp, changes, log } = openLink(t, { url: server.url });
    await isUp();
    await server.cli('CONFIG', 'SET', 'maxmemory', '1000');
    for (let at = 0; at < 20; at++) assert.equal((await run(echo, 'k', ['1'])).kind, 'oom');
    assert.equal((await ping()).kind, 'ok');
    await server.cli('CONFIG', 'SET', 'maxmemory', '100mb');
    assert.equal((await run(echo, 'k', ['1'])).kind, 'ok');
    assert.deepEqual(changes, ['up']);
    const refusals = log.lines.filter(({ message }) => message === 'redis refuses commands');
    assert.equal(refusals.length, 1);
    assert.match(JSON.stringify(refusals[0]!.details), /"kind":"oom"/);
  });

  test('warns of a policy that evicts limits in use', async (t) => {
    const config = ['maxmemory 100mb', 'maxmemory-policy allkeys-lru'];
    const server = await startRedis(t, { config });
    const { isUp, isDown, log } = openLink(t, { url: server.url });
    await isUp();
    await server.cli('CLIENT', 'KILL', 'TYPE', 'normal');
    await isDown();
    await isUp();
    const warnings = log.lines.filter(({ message }) => message === 'redis settings are risky');
    assert.equal(warnings.length, 1, 'not again after a reconnection');
    assert.match(JSON.stringify(warnings[0]!.details), /allkeys-lru/);
  });

  test('reads answers that arrive in pieces, and sends commands in pieces', async (t) => {
    const server = await startRedis(t);
    const proxy = await startTcpProxy(server.port, { chunkBytes: 3 });
    t.after(() => proxy.close());
    const { run, isUp, changes } = openLink(t, { url: `redis://127.0.0.1:${proxy.port}` });
    await isUp();
    const texts = Array.from({ length: 100 }, (_, at) => `${at}ü`.repeat(at % 7));
    const outcomes = await Promise.all(texts.map((text, at) => run(echo, `k${at}`, [text])));
    assert.deepEqual(
      outcomes.map(({ reply }) => reply),
      texts.map((text) => [text, text]),
    );
    assert.deepEqual(changes, ['up']);
  });

  test('notices a network that drops everything, and is back when it does not', async (t) => {
    const server = await startRedis(t);
    const proxy = await startTcpProxy(server.port);
    t.after(() => proxy.close());
    const { run, isUp, isDown, changes } = openLink(t, {
      url: `redis://127.0.0.1:${proxy.port}`,
      connectTimeoutMs: 200,
    });
    await isUp();
    proxy.freeze();
    // Without any traffic.
    await isDown();
    proxy.thaw();
    await isUp();
    assert.equal((await run(echo, 'k', ['1'])).kind, 'ok');
    assert.deepEqual(changes, ['up', 'timeout', 'up']);
  });

  test('gives every call its own answer or an error, in time, whatever happens to the server', async (t) => {
    const server = await startRedis(t);
    const { run, isUp } = openLink(t, { url: server.url });
    await isUp();
    const calls: Promise<Outcome & { readonly text: string }>[] = [];
    const caller = setInterval(() => {
      for (let at = 0; at < 5; at++) {
        const text = `${calls.length}`;
        calls.push(run(echo, `k${text}`, [text], 20).then((outcome) => ({ ...outcome, text })));
      }
    }, 2);
    for (const pauseMs of [10, 40, 100, 500, 20, 60]) {
      server.pause();
      await after(pauseMs);
      server.resume();
      await after(50);
      if (pauseMs === 100) await server.cli('CLIENT', 'KILL', 'TYPE', 'normal');
      if (pauseMs === 20) {
        await server.kill();
        await server.start();
      }
      if (pauseMs === 60) await server.cli('SCRIPT', 'FLUSH');
    }
    await eventually('it answers again', async () => (await run(echo, 'k', ['1'], 500)).kind === 'ok');
    clearInterval(caller);
    const outcomes = await Promise.all(calls);
    const kinds = new Set(outcomes.map(({ kind }) => kind));
    assert.deepEqual([...kinds].sort(), ['down', 'ok', 'timeout']);
    for (const { kind, reply, text } of outcomes) assert.deepEqual(reply, kind === 'ok' ? [text, text] : []);
    const latest = Math.max(...outcomes.map(({ ms }) => ms));
    assert.ok(latest < 1000, `${latest} ms`);
  });

  test('refuses commands above a bound instead of queueing them', async (t) => {
    const server = await startRedis(t);
    const { run, isUp, changes } = openLink(t, { url: server.url });
    await isUp();
    const outcomes = await Promise.all(Array.from({ length: 12_000 }, () => run(echo, 'k', ['1'], 30_000)));
    const kinds = Map.groupBy(outcomes, ({ kind }) => kind);
    assert.deepEqual([...kinds.keys()].sort(), ['down', 'ok']);
    assert.ok(kinds.get('ok')!.length >= 9_900);
    assert.equal((await run(echo, 'k', ['1'])).kind, 'ok');
    assert.deepEqual(changes, ['up']);
  });
});

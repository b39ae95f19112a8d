/** What Redis 5 has: a server of today knows since which version it has each command. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { FLEET_SCRIPT } from '../../src/limits/shared/fleet-script.ts';
import { SETTLE_BUCKET, SETTLE_WINDOW } from '../../src/limits/shared/settle-scripts.ts';
import { redisMissing, startRedis } from '../support/redis-server.ts';

const OLDEST_MAJOR = 5;

/** As `COMMAND DOCS` names them: `client|setname`. */
function commandsOfClient(): string[] {
  const commands: string[] = [];
  for (const name of readdirSync('src/redis').filter((each) => each.endsWith('.ts'))) {
    const text = readFileSync(`src/redis/${name}`, 'utf8');
    for (const [, command, sub] of text.matchAll(/(?:ask\(|send\(\[|words: \[)'([A-Z]+)'(?:, '([A-Z-]+)')?/g)) {
      commands.push(sub === undefined ? command! : `${command}|${sub}`);
    }
  }
  return commands;
}

function commandsOfScripts(): string[] {
  return [SETTLE_BUCKET, SETTLE_WINDOW, FLEET_SCRIPT].flatMap(({ source }) => {
    const calls = [...source.matchAll(/redis\.p?call\(/g)].length;
    const named = [...source.matchAll(/redis\.p?call\('([A-Z]+)'/g)].map(([, command]) => command!);
    assert.equal(named.length, calls, 'each call names its command');
    return named;
  });
}

test('every command that is sent, or called by a script, is in Redis 5', { skip: redisMissing }, async (t) => {
  const redis = await startRedis(t);
  const commands = [...new Set([...commandsOfClient(), ...commandsOfScripts()].map((name) => name.toLowerCase()))];
  for (const expected of ['evalsha', 'script|load', 'ping', 'asking', 'cluster|slots', 'client|setname', 'hsetnx']) {
    assert.ok(commands.includes(expected), `${expected} of ${commands.join(' ')}`);
  }
  for (const command of commands) {
    // Only a Sentinel has it, since 2.8.4.
    if (command === 'sentinel|get-master-addr-by-name') continue;
    const docs = await redis.cli('COMMAND', 'DOCS', command);
    if (docs.startsWith('ERR')) return t.skip('this server has no COMMAND DOCS: Redis 7 has');
    const since = /^since\n(\d+)\./m.exec(docs)?.[1];
    assert.ok(Number(since) <= OLDEST_MAJOR, `${command}: since ${since}`);
  }
});

import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { test } from 'node:test';

test('the documented ACL allows every command that a script calls', () => {
  const [, rule = ''] = /^user sluice (.*)$/m.exec(readFileSync('docs/redis.md', 'utf8')) ?? [];
  const allowed = [...rule.matchAll(/\+([a-z|]+)/g)].map(([, command]) => command!);
  const sources = globSync('src/**/*.ts').map((file) => readFileSync(file, 'utf8'));
  const called = sources.flatMap((source) =>
    [...source.matchAll(/redis\.p?call\(\s*['"]([A-Za-z]+)/g)].map(([, command]) => command!.toLowerCase()),
  );
  assert.ok(allowed.includes('evalsha'));
  assert.deepEqual(
    called.filter((command) => !allowed.includes(command)),
    [],
  );
});

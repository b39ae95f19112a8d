import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Finding } from '../../src/cli/doctor/finding.ts';
import { command } from '../support/admin-server.ts';
import { redisMissing, startRedis } from '../support/redis-server.ts';
import { temporaryFolder } from '../support/sluice-process.ts';

test(
  'sluice doctor asks Redis for its clock, and warns of a policy that evicts limits',
  { skip: redisMissing },
  async (t) => {
    const redis = await startRedis(t, { config: ['maxmemory 64mb', 'maxmemory-policy allkeys-lru'] });
    const cwd = temporaryFolder(t);
    const text = `server: { port: 0 }
admin: { port: 0 }
redis: { url: "redis://127.0.0.1:${redis.port}" }
pools: { a: { backends: [{ url: http://127.0.0.1:1 }] } }
`;
    writeFileSync(join(cwd, 'sluice.yaml'), text);
    const { code, out } = await command(['doctor', '--json'], {}, cwd);
    assert.equal(code, 0, out);
    const { items } = JSON.parse(out) as { items: readonly Finding[] };
    const found = items.filter(({ check }) => check === 'Redis' || check === 'clock');
    assert.deepEqual(
      found.map(({ check, status }) => [check, status]),
      [
        ['Redis', 'warning'],
        ['Redis', 'ok'],
        ['clock', 'ok'],
      ],
    );
    assert.match(found[0]!.message, /^maxmemory-policy allkeys-lru evicts limits that are in use/);
    assert.match(found[1]!.message, /^answers, version \d/);
  },
);

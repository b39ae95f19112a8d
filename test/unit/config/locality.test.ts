import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadText } from '../../../src/config/load.ts';
import { POOL } from '../../support/config-problems.ts';

const ENV = { SLUICE_REGION: 'eu', SLUICE_ZONE: 'eu-a' };

test('the place of the gateway comes from SLUICE_REGION and SLUICE_ZONE unless the file has it', () => {
  const of = (text: string, env: Record<string, string>) => loadText(text, 'c.yaml', env, {}).server.locality;
  assert.deepEqual(of(POOL, {}), { region: null, zone: null });
  assert.deepEqual(of(POOL, ENV), { region: 'eu', zone: 'eu-a' });
  assert.deepEqual(of(`${POOL}server: { locality: { zone: eu-b } }`, ENV), { region: 'eu', zone: 'eu-b' });
  assert.deepEqual(of(POOL, { SLUICE_REGION: '', SLUICE_ZONE: '' }), { region: null, zone: null });
});

test('a backend has a place, or an unknown one', () => {
  const text = `pools:
  default:
    backends:
      - { url: "http://a:1", region: eu, zone: eu-a }
      - { url: "http://b:1", zone: "\${NO_ZONE:-}" }
      - { url: "http://c:1" }`;
  const [pool] = loadText(text, 'c.yaml', {}, {}).pools;
  assert.deepEqual(
    pool!.backends.map(({ region, zone }) => [region, zone]),
    [
      ['eu', 'eu-a'],
      [null, null],
      [null, null],
    ],
  );
});

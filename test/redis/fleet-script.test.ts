/** What gateways learn of each other from the hash in Redis. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  FLEET_KEY,
  FLEET_SCRIPT,
  fleetArguments,
  type FleetView,
  firstReturnMs,
  readFleet,
} from '../../src/limits/shared/fleet-script.ts';
import { eventually } from '../support/eventually.ts';
import { openLink } from '../support/redis-client.ts';
import { redisMissing, startRedis } from '../support/redis-server.ts';

const KEY = `sluice:${FLEET_KEY}`;

test('a gateway that comes back learns how long others have been back', { skip: redisMissing }, async (t) => {
  const { url, cli } = await startRedis(t);
  const { run, isUp } = openLink(t, { url });
  await isUp();
  const ask = async (action: 'beat' | 'look', id = 'a'): Promise<FleetView> =>
    readFleet((await run(FLEET_SCRIPT, KEY, fleetArguments(action, id, 'e1'))).reply);

  assert.equal((await ask('beat')).gateways, 1);
  const first = await ask('look');
  assert.equal(first.backAgoMs, 0);
  await eventually('time passes', async () => (await ask('look')).backAgoMs > 5);
  // It alone was away, and Redis was not.
  assert.equal(firstReturnMs(await ask('look'), first.epoch, 3000), Infinity);

  // Another process has the data now.
  await cli('hset', KEY, 'run', 'another');
  const second = await ask('look');
  assert.equal(second.backAgoMs, 0);
  assert.equal(firstReturnMs(second, 'another epoch', 3000), 0);
  await eventually('time passes', async () => (await ask('look')).backAgoMs > 5);
  const third = await ask('look');
  assert.equal(firstReturnMs(third, 'another epoch', 3000), third.backAgoMs);

  // Nobody reached it for four seconds.
  const [seconds] = (await cli('time')).split(/\s+/) as [string];
  await cli('hset', KEY, 'last', String((Number(seconds) - 4) * 1000));
  assert.equal((await ask('beat', 'b')).gateways, 2);
  const fourth = await ask('look');
  assert.ok(fourth.holeMs >= 4000 && fourth.holeMs < 7000, `${fourth.holeMs} ms`);
  assert.equal(fourth.backAgoMs, 0);
  assert.equal(firstReturnMs(fourth, fourth.epoch, 4000), 0);

  // Nor did a beat since: a look ends the hole all the same, or every gateway would believe to be the first.
  await cli('hset', KEY, 'last', String((Number(seconds) - 4) * 1000));
  assert.equal((await ask('look')).backAgoMs, 0);
  await eventually('time passes', async () => (await ask('look')).backAgoMs > 5);

  // Redis was there for the first time after the gateway had begun to count without it.
  const fifth = { ...(await ask('look')), holeMs: 0 };
  assert.equal(firstReturnMs(fifth, null, 60_000), fifth.backAgoMs);
  assert.equal(firstReturnMs({ ...fifth, backAgoMs: 70_000 }, null, 60_000), Infinity);
});

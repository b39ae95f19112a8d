/** What gateways learn of each other from the hash in Redis. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  FLEET_KEY,
  FLEET_SCRIPT,
  fleetArguments,
  type FleetView,
  othersHadIt,
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
  assert.equal(othersHadIt(await ask('look'), first.epoch, 3000), Infinity);

  // Another process has the data now.
  await cli('hset', KEY, 'run', 'another');
  const second = await ask('look');
  assert.equal(second.backAgoMs, 0);
  assert.equal(othersHadIt(second, 'another epoch', 3000), 0);
  await eventually('time passes', async () => (await ask('look')).backAgoMs > 5);
  const third = await ask('look');
  assert.equal(othersHadIt(third, 'another epoch', 3000), third.backAgoMs);

  // Nobody reached it for four seconds.
  const [seconds] = (await cli('time')).split(/\s+/) as [string];
  await cli('hset', KEY, 'last', String((Number(seconds) - 4) * 1000));
  assert.equal((await ask('beat', 'b')).gateways, 2);
  const fourth = await ask('look');
  assert.ok(fourth.holeMs >= 4000 && fourth.holeMs < 7000, `${fourth.holeMs} ms`);
  assert.equal(fourth.backAgoMs, 0);
  assert.equal(othersHadIt(fourth, fourth.epoch, 4000), 0);
});

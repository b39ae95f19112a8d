/** How many replicas are wanted, by real load, as an autoscaler reads it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startSampleBackends } from '../../src/cli/sample-backends/sample-backends.ts';
import type { PoolScaleAnswer } from '../../src/scaling/api/scale-view.ts';
import { gatewayYaml, startTestGateway } from '../support/gateway.ts';
import { startLoad } from '../support/load.ts';

test('load asks for replicas, new ones count as present, and no request fails while they come', async (t) => {
  const { backends, close } = await startSampleBackends({ count: 3 });
  t.after(close);
  const [first, ...others] = backends.map(({ url }) => url);
  const yaml = (scale: string): string =>
    gatewayYaml([first!], 'rate_limit: { enabled: false }\n').replace(
      '  default:\n',
      `  default:\n    scale: ${scale}\n`,
    );
  const gateway = await startTestGateway(t, yaml('{ rps: 1000000 }'));
  const advice = async (): Promise<PoolScaleAnswer> => {
    const { status, json } = await gateway.admin('/v1/api/scale/default');
    assert.equal(status, 200);
    return json() as PoolScaleAnswer;
  };
  assert.deepEqual([(await advice()).wanted, (await advice()).present], [1, 1]);

  const load = startLoad(`${gateway.trafficUrl}/api/hello`, { connections: 4 });
  await load.reached(200);
  // Whatever this machine manages is more than a hundred times this.
  gateway.write(yaml('{ rps: 0.001, in_flight: 1000, max: 3 }'));
  await gateway.reload('test');
  const busy = await advice();
  const [rps] = busy.signals;
  assert.deepEqual([busy.wanted, busy.by, busy.limited_by, rps!.signal], [3, 'rps', 'max', 'rps']);
  assert.ok(rps!.value! > 0 && busy.asked! > 100, JSON.stringify(busy));
  assert.match(busy.reason, /^rps [\d.]+, target 0\.001: \d+; max is 3$/);

  for (const url of others) {
    const { status } = await gateway.admin('/v1/api/backends', { method: 'POST', body: { pool: 'default', url } });
    assert.equal(status, 201);
  }
  assert.deepEqual([(await advice()).present, (await advice()).wanted], [3, 3]);
  const metrics = (await gateway.admin('/metrics')).body;
  assert.match(metrics, /^sluice_scale_wanted_replicas\{pool="default"\} 3$/m);
  assert.match(metrics, /^sluice_scale_present_replicas\{pool="default"\} 3$/m);
  await load.reached(load.answers + 100);
  const { statuses } = await load.stop();
  assert.deepEqual(Object.keys(statuses), ['200']);
});

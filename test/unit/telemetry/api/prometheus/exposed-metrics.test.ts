import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exposition, METRICS } from '../../../../../src/telemetry/api/prometheus/exposed-metrics.ts';
import { fakeBackend, FakeTelemetry } from '../../../../support/fake-telemetry.ts';
import { fakeScrape } from '../../../../support/fake-scraper.ts';
import { cpuMs } from '../../../../support/cpu-time.ts';

interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

function samplesOf(text: string): Sample[] {
  return text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [, name, labels = '', value] = /^([a-z_]+)(?:\{(.*)\})? (\S+)$/.exec(line)!;
      const pairs = [...labels.matchAll(/([a-z_]+)="((?:[^"\\]|\\.)*)"/g)].map(([, key, text]) => [key!, text!]);
      return { name: name!, labels: Object.fromEntries(pairs) as Record<string, string>, value: Number(value) };
    });
}

const samples = samplesOf(exposition(fakeScrape()));
const valueOf = (name: string, labels: Record<string, string> = {}): number | undefined =>
  samples.find((each) => each.name === name && isSubset(labels, each.labels))?.value;

test('every sample has exactly the labels that the reference says', () => {
  for (const { name, labels } of samples) {
    const family = METRICS.find((metric) => metric.name === name.replace(/_(bucket|sum|count)$/, ''))!;
    const metric = METRICS.find((each) => each.name === name) ?? family;
    const own = Object.keys(labels).filter((label) => label !== 'le' && label !== 'quantile');
    assert.deepEqual(own, metric.labels, name);
  }
});

test('every metric of the reference is exposed, and none twice', () => {
  const bases = new Set(samples.flatMap(({ name }) => [name, name.replace(/_(bucket|sum|count)$/, '')]));
  for (const { name } of METRICS) assert.ok(bases.has(name), name);
  assert.equal(new Set(METRICS.map(({ name }) => name)).size, METRICS.length);
});

test('no series is there twice', () => {
  const keys = samples.map(({ name, labels }) => name + JSON.stringify(labels));
  assert.equal(new Set(keys).size, keys.length);
});

test('the figures are those of the scrape', () => {
  assert.equal(valueOf('sluice_requests_total', { route: 'all', status_class: '5xx' }), 60);
  assert.equal(valueOf('sluice_requests_total', { route: 'all', status_class: 'aborted' }), 1);
  assert.equal(valueOf('sluice_backend_requests_total', { backend: 'api-1', outcome: 'success' }), 891);
  assert.equal(valueOf('sluice_backend_responses_total', { backend: 'api-1', status_class: '5xx' }), 9);
  assert.equal(valueOf('sluice_limiter_decisions_total', { decision: 'refused_client' }), 9);
  assert.equal(valueOf('sluice_thread_up', { thread: '1' }), 0);
  assert.equal(valueOf('sluice_thread_restarts_total', { thread: '1' }), 1);
  assert.equal(valueOf('sluice_connections_refused_total', { thread: '0' }), 3);
  assert.equal(valueOf('sluice_connections_refused_total', { thread: 'control' }), 5);
  assert.equal(valueOf('sluice_database_up', { mode: 'embedded' }), 1);
  assert.equal(valueOf('sluice_discovery_routes', { provider: 'kubernetes' }), 2);
  assert.equal(valueOf('sluice_discovery_route_problems', { provider: 'kubernetes' }), 1);
  assert.equal(valueOf('sluice_discovery_routes_age_seconds', { provider: 'kubernetes' }), 1.5);
  assert.equal(valueOf('sluice_event_loop_active_seconds_total', { thread: 'control' }), 1);
});

test('a circuit has one state that is 1', () => {
  const states = samples.filter(({ name, labels }) => name === 'sluice_circuit_state' && labels['pool'] === 'api');
  assert.deepEqual(
    states.map(({ labels, value }) => [labels['backend'], labels['state'], value]),
    [
      ['api-1', 'closed', 1],
      ['api-1', 'open', 0],
      ['api-1', 'half-open', 0],
      ['http://10.0.0.2:8081/base', 'closed', 0],
      ['http://10.0.0.2:8081/base', 'open', 1],
      ['http://10.0.0.2:8081/base', 'half-open', 0],
    ],
  );
});

test('a backend that was never probed is neither up nor down', () => {
  assert.equal(valueOf('sluice_backend_up', { backend: 'api-1' }), 1);
  assert.equal(valueOf('sluice_backend_up', { backend: 'web-1' }), undefined);
});

test('values that the platform does not provide are left out', () => {
  const scrape = fakeScrape();
  const text = exposition({ ...scrape, process: { ...scrape.process, openFds: null } });
  assert.doesNotMatch(text, /^process_open_fds /m);
  assert.match(text, /^process_max_fds 1024$/m);
});

test('a thousand backends are written within 50 ms', () => {
  const backends = Array.from({ length: 1000 }, (_, at) => fakeBackend({ id: `api-${at}` }));
  const scrape = fakeScrape({ ...new FakeTelemetry().report(), backends });
  // The best of five: the first ones run code that is not compiled yet.
  const times = Array.from({ length: 5 }, () => cpuMs(() => exposition(scrape)));
  assert.ok(Math.min(...times) < 50, `${times.map(Math.round).join(', ')} ms`);
});

function isSubset(wanted: Record<string, string>, labels: Readonly<Record<string, string>>): boolean {
  return Object.entries(wanted).every(([key, value]) => labels[key] === value);
}

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ConfigError, loadText } from '../../../src/config/load.ts';
import { withoutRestart } from '../../../src/config/restart.ts';
import { HIDDEN, toFile } from '../../../src/config/to-file.ts';

const POOLS = 'pools: { default: { backends: [{ url: "http://127.0.0.1:8081" }] } }\n';

const load = (yaml: string, env: Record<string, string> = {}) => loadText(POOLS + yaml, 'c.yaml', env, {});

function problems(yaml: string): string[] {
  try {
    load(yaml);
  } catch (error) {
    return (error as ConfigError).problems.map(({ path, line, message }) => `${line} ${path}: ${message}`);
  }
  return [];
}

test('all of it is off by default, and variables of OpenTelemetry turn nothing on', () => {
  const { telemetry } = load('', {
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318',
    OTEL_SERVICE_NAME: 'injected',
  });
  assert.deepEqual([telemetry.traces.endpoint, telemetry.metrics.endpoint, telemetry.logs.endpoint], ['', '', '']);
  assert.equal(telemetry.serviceName, 'sluice');
  assert.equal(telemetry.traces.sample, 0.01);
});

test('a file that asks for them gets them, and headers are not shown', () => {
  const settings = load(
    `telemetry:
  service_name: \${OTEL_SERVICE_NAME:-sluice}
  resource: { deployment.environment.name: production }
  traces: { endpoint: "\${COLLECTOR}", headers: { authorization: Bearer hunter2 } }
`,
    { COLLECTOR: 'http://collector:4318' },
  );
  assert.equal(settings.telemetry.traces.endpoint, 'http://collector:4318');
  assert.deepEqual(settings.telemetry.traces.headers, { authorization: 'Bearer hunter2' });
  const { telemetry } = toFile(settings) as { telemetry: { resource: object; traces: { headers: object } } };
  assert.deepEqual(telemetry.traces.headers, { authorization: HIDDEN });
  assert.deepEqual(telemetry.resource, { 'deployment.environment.name': 'production' });
});

test('mistakes are reported with their line', () => {
  assert.deepEqual(
    problems(`telemetry:
  resource:
    service.name: x
    9bad: y
  traces:
    headers: { Content-Type: x }
`),
    [
      '4 telemetry.resource.service.name: service.name cannot be set here: set telemetry.service_name instead',
      '5 telemetry.resource.9bad: "9bad" is not a valid name: at most 128 letters, digits, dots, dashes and underscores, the first a letter',
      '7 telemetry.traces.headers.Content-Type: content-type cannot be set: Sluice sends it itself, or never',
    ],
  );
  assert.match(problems('telemetry: { traces: { endpoint: "http://u:hunter2@a/" } }\n')[0]!, /credentials belong/);
  assert.doesNotMatch(problems('telemetry: { traces: { endpoint: "http://u:hunter2@a/" } }\n')[0]!, /hunter2/);
});

test('changes apply on reload, as do those of recording.mask', () => {
  const wanted = load('telemetry: { traces: { endpoint: "http://a:4318" } }\nrecording: { mask: [x-ours] }\n');
  const { settings, restartRequired } = withoutRestart(load(''), wanted);
  assert.deepEqual(restartRequired, []);
  assert.equal(settings.telemetry.traces.endpoint, 'http://a:4318');
  assert.deepEqual(settings.recording.mask, ['x-ours']);
});

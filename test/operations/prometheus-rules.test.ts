/** The files of docker/prometheus, checked by Prometheus's own tool. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { missing } from '../support/installed.ts';
import { prometheusFolder, writePrometheusConfig } from '../support/prometheus.ts';
import { temporaryFolder } from '../support/sluice-process.ts';

const skip = missing('prometheus', 'promtool');
const files = (pattern: string): string[] => globSync(pattern, { cwd: prometheusFolder }).sort();

function promtool(...args: readonly string[]): void {
  const { status, stdout, stderr, error } = spawnSync('promtool', args, { cwd: prometheusFolder, encoding: 'utf8' });
  assert.equal(error, undefined);
  assert.equal(status, 0, stdout + stderr);
}

test('promtool finds no fault with the configuration', { skip }, (t) => {
  promtool('check', 'config', writePrometheusConfig(temporaryFolder(t), '127.0.0.1:9000', 'token'));
});

test('promtool finds no fault with the alert rules', { skip }, () =>
  promtool('check', 'rules', ...files('rules/*.yml')),
);

test('every alert fires when it should and not otherwise', { skip }, () =>
  promtool('test', 'rules', ...files('tests/*.yml')),
);

test('every alert has a unit test, a severity, a summary, and a row in the docs', () => {
  const page = readFileSync(join(prometheusFolder, '../../docs/monitoring.md'), 'utf8');
  const tests = files('tests/*.yml').map((file) => readFileSync(join(prometheusFolder, file), 'utf8'));
  for (const file of files('rules/*.yml')) {
    const { groups } = parse(readFileSync(join(prometheusFolder, file), 'utf8')) as {
      groups: { rules: { alert: string; labels: { severity: string }; annotations: { summary: string } }[] }[];
    };
    for (const { alert, labels, annotations } of groups.flatMap(({ rules }) => rules)) {
      assert.match(labels.severity, /^(page|ticket)$/, alert);
      assert.notEqual(annotations.summary, '', alert);
      assert.match(page, new RegExp(`^\\| \`${alert}\` +\\| ${labels.severity} `, 'm'));
      assert.ok(
        tests.some((text) => text.includes(`alertname="${alert}"`) || text.includes(`alertname: ${alert}\n`)),
        `${alert} has no unit test`,
      );
    }
  }
});

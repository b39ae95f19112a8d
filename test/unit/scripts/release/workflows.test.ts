/** GitHub's workflows, as far as they can be judged without running them. */
import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, it } from 'node:test';
import { parse } from 'yaml';

const root = join(import.meta.dirname, '../../../..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}

interface Job {
  readonly needs?: string | readonly string[];
  readonly permissions?: Readonly<Record<string, string>>;
  readonly 'timeout-minutes'?: number;
  readonly steps: readonly Step[];
}

interface Workflow {
  readonly permissions: Readonly<Record<string, string>>;
  readonly jobs: Readonly<Record<string, Job>>;
}

const { scripts } = JSON.parse(read('package.json')) as { readonly scripts: Readonly<Record<string, string>> };
const paths = globSync('.github/workflows/*.yml', { cwd: root });
const release = parse(read('.github/workflows/release.yml')) as Workflow;

for (const path of paths) {
  describe(`the workflow ${basename(path)}`, () => {
    const text = read(path);
    const { permissions, jobs } = parse(text) as Workflow;
    const steps = Object.values(jobs).flatMap((job) => job.steps);

    it('may only read, unless a job says otherwise', () => {
      assert.deepEqual(permissions, { contents: 'read' });
    });

    it('pins every action to a commit, and says which version that is', () => {
      const uses = text.split('\n').filter((line) => /\buses:/.test(line));
      assert.ok(uses.length > 0);
      for (const line of uses) assert.match(line, /uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
    });

    it('has one version of each action', () => {
      const pinned = new Set(paths.flatMap((each) => read(each).match(/uses: .+/g) ?? []));
      const names = [...pinned].map((line) => line.replace(/@.*/, ''));
      assert.equal(new Set(names).size, names.length, [...pinned].join('\n'));
    });

    it('leaves no credentials in the checkout', () => {
      const checkouts = steps.filter(({ uses }) => uses?.startsWith('actions/checkout@') === true);
      for (const { with: options } of checkouts) assert.equal(options?.['persist-credentials'], false);
    });

    it('calls npm scripts and files that exist', () => {
      for (const { run = '' } of steps) {
        for (const [, name] of run.matchAll(/npm run ([\w:-]+)/g)) assert.ok(name! in scripts, run);
        for (const [file] of run.matchAll(/(?:scripts|test|\.ci)\/[\w./-]+/g)) {
          assert.ok(existsSync(join(root, file)), run);
          if (run.startsWith(file)) assert.ok((statSync(join(root, file)).mode & 0o111) !== 0, `${file}: executable`);
        }
      }
    });

    it('puts nothing that others may choose into its shell commands', () => {
      for (const { run = '' } of steps) assert.ok(!run.includes('${{'), run);
    });

    it('ends', () => {
      for (const [name, job] of Object.entries(jobs)) assert.ok(job['timeout-minutes']! <= 60, name);
    });
  });
}

describe('a release on GitHub', () => {
  /** With those that they need themselves. */
  const neededBy = (name: string): ReadonlySet<string> => {
    const direct = [release.jobs[name]!.needs ?? []].flat();
    return new Set(direct.flatMap((each) => [each, ...neededBy(each)]));
  };
  const withPermission = (name: string): readonly string[] =>
    Object.entries(release.jobs).flatMap(([job, { permissions = {} }]) => (permissions[name] === 'write' ? [job] : []));

  it('publishes nothing before all checks, and the tests of the executables', () => {
    for (const job of ['npm', 'image-tags', 'github']) {
      for (const before of ['check', 'executable', 'image']) assert.ok(neededBy(job).has(before), `${job}: ${before}`);
    }
    assert.ok(neededBy('image').has('check'));
    const { steps } = release.jobs['executable']!;
    const at = (words: RegExp): number => steps.findIndex(({ run = '', uses = '' }) => words.test(run + uses));
    assert.ok(at(/npm run executable/) < at(/executable\.test\.ts/));
    assert.ok(at(/executable\.test\.ts/) < at(/upload-artifact/));
  });

  it('gives each job what it writes to, and no more', () => {
    assert.deepEqual(withPermission('packages'), ['image', 'image-tags']);
    assert.deepEqual(withPermission('contents'), ['github']);
    assert.deepEqual(withPermission('attestations'), ['github']);
    assert.deepEqual(withPermission('id-token'), ['npm', 'github']);
    const secrets = read('.github/workflows/release.yml').match(/secrets\.\w+/g);
    assert.deepEqual([...new Set(secrets)], ['secrets.GITHUB_TOKEN']);
  });

  it('uses the Node of this repository', () => {
    const versions = Object.values(release.jobs)
      .flatMap((job) => job.steps)
      .filter(({ uses = '' }) => uses.startsWith('actions/setup-node@'))
      .map(({ with: options = {} }) => options['node-version-file'] ?? String(options['node-version']));
    assert.deepEqual(new Set(versions), new Set(['.node-version', read('.node-version').trim()]));
  });
});

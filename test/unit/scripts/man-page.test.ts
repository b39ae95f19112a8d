import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { manPage } from '../../../scripts/man-page.ts';
import { SUBCOMMANDS } from '../../../src/cli/subcommands.ts';

const root = join(import.meta.dirname, '../../..');
const has = (program: string): boolean => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;

describe('the man page', () => {
  let page = '';
  before(async () => {
    page = await manPage('1.2.3-rc.1');
  });

  it('has the sections that man-pages(7) names, in its order', () => {
    assert.deepEqual(page.match(/^\.SH .*$/gm), [
      '.SH NAME',
      '.SH SYNOPSIS',
      '.SH OPTIONS',
      '.SH COMMANDS',
      '.SH ENVIRONMENT',
      '.SH EXIT STATUS',
      '.SH EXAMPLES',
    ]);
    assert.match(page, /^\.TH SLUICE 1 "" "sluice 1\.2\.3\\-rc\.1"$/m);
    assert.match(page, /^sluice \\- an API gateway and load balancer$/m);
  });

  it('has every command with its flags', () => {
    const parts = page.split(/^\.SS /m).slice(1);
    assert.deepEqual(
      parts.map((part) => part.split('\n')[0]!.replaceAll('\\-', '-')),
      Object.keys(SUBCOMMANDS).map((name) => `sluice ${name}`),
    );
    for (const part of parts) assert.match(part, /^\.TP\n\\fB\\-h, \\-\\-help\\fR\nthis text$/m);
    const init = parts.find((part) => part.startsWith('sluice init'))!;
    assert.match(
      init,
      /^\.EX\nsluice init \[FILE\] \[flags\]\n\.EE\n\.RE\n\.TP\n\\fB\\-\\-backend URL\\fR\na backend; /m,
    );
  });

  it('joins what the help breaks into lines, and has ASCII only', () => {
    assert.match(page, /^\\fB\\-c, \\-\\-config FILE\\fR\nconfiguration: .*\n\(\.\/sluice\.yaml or .*\)$/m);
    assert.doesNotMatch(page, /[^\n\x20-\x7e]/);
    assert.doesNotMatch(page, /^ /m);
    // A line that begins so would be a request, and its words would be lost.
    for (const line of page.match(/^['.].*$/gm)!) {
      assert.match(line, /^\.(?:\\" |(?:TH|SH|SS|TP|PP|RS|RE|EX|EE)\b)/);
    }
  });

  const quietly = { cwd: root, encoding: 'utf8', env: { PATH: process.env['PATH'], LC_ALL: 'C.UTF-8' } } as const;
  it('is one that man understands', { skip: has('man') && has('groff') ? false : 'no man here' }, () => {
    const words = ['--warnings', '--local-file', '--troff-device=utf8', '--ditroff', 'docs/man/sluice.1'];
    const { status, stderr } = spawnSync('man', words, quietly);
    assert.deepEqual([status, stderr], [0, '']);
  });

  it('is one that mandoc understands', { skip: has('mandoc') ? false : 'no mandoc here' }, () => {
    const { stdout } = spawnSync('mandoc', ['-T', 'lint', '-W', 'warning', 'docs/man/sluice.1'], quietly);
    // It has no date: it belongs to a version.
    assert.deepEqual(
      stdout.split('\n').filter((line) => line !== '' && !line.includes('missing date')),
      [],
    );
  });

  it('is in the package', () => {
    const { man } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      // npm 11 links no other form.
      readonly man: readonly [string];
    };
    assert.match(readFileSync(join(root, ...man), 'utf8'), /^\.TH SLUICE 1 /m);
  });
});

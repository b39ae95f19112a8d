import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, test } from 'node:test';
import { commandTable, flagNames } from '../../../../src/cli/completion/command-table.ts';
import type { Context } from '../../../../src/cli/context.ts';
import { runCommand } from '../../../../src/cli/run-command.ts';
import { SUBCOMMANDS } from '../../../../src/cli/subcommands.ts';

async function script(shell: string): Promise<string> {
  let out = '';
  const around: Context = {
    cwd: '/',
    env: {},
    out: (text) => void (out += text),
    err: assert.fail,
    runGateway: () => assert.fail(),
  };
  assert.equal(await runCommand(['completion', shell], around), 0);
  return out;
}

const rows = await commandTable(SUBCOMMANDS);
const bash = await script('bash');

/** What bash offers after these words. */
function offered(...words: readonly string[]): readonly string[] {
  return offeredAfter([words])[0]!;
}

/** The same for several lines, by one bash: starting one takes longer than all completions of a command. */
function offeredAfter(lines: readonly (readonly string[])[]): readonly (readonly string[])[] {
  const asks = lines.map((words) => {
    const list = ['sluice', ...words].map((word) => `'${word}'`).join(' ');
    return `COMP_WORDS=(${list}); COMP_CWORD=${words.length}; COMPREPLY=(); _sluice; printf '%s\\n' "\${COMPREPLY[@]}" =`;
  });
  const options = { input: `${bash}\n${asks.join('\n')}`, encoding: 'utf8', cwd: import.meta.dirname } as const;
  const { stdout, stderr, status } = spawnSync('bash', options);
  assert.equal(status, 0, stderr);
  const answers = stdout.split('=\n').slice(0, -1);
  assert.equal(answers.length, lines.length);
  return answers.map((answer) => answer.split('\n').filter((word) => word !== ''));
}

describe('the completion for bash', () => {
  test('is bash', () => {
    const { status, stderr } = spawnSync('bash', ['-n'], { input: bash, encoding: 'utf8' });
    assert.equal(status, 0, stderr);
  });

  test('first offers every command, and the flags of the gateway', () => {
    const all = offered('');
    for (const name of ['check', ...Object.keys(SUBCOMMANDS), '--config', '-p']) assert.ok(all.includes(name), name);
  });

  test('offers every word and flag of every command', () => {
    const all = rows
      .filter(({ name }) => name !== '')
      .flatMap(({ name, words, options }) =>
        [...Object.keys(words), ...flagNames(options)].map((word) => [name, word] as const),
      );
    for (const [at, answer] of offeredAfter(all).entries()) {
      const [name, word] = all[at]!;
      assert.ok(answer.includes(word), `${name} ${word}`);
    }
  });

  test('offers no flag where a value is due, and files where one is a file', () => {
    const lines = [
      ['load', '--url', ''],
      ['--config', 'compl'],
      ['check', 'compl'],
    ];
    assert.deepEqual(offeredAfter(lines), [[], ['completion.test.ts'], ['completion.test.ts']]);
  });

  test('completes what was begun', () => {
    const lines = [
      ['clients', 're'],
      ['load', '--conn'],
    ];
    assert.deepEqual(offeredAfter(lines), [['remove'], ['--connections']]);
  });
});

for (const shell of ['zsh', 'fish']) {
  test(`the completion for ${shell} has every command, word and flag`, async () => {
    const text = await script(shell);
    for (const { name, words, options } of rows) {
      for (const each of [name, ...Object.keys(words), ...Object.keys(options)]) assert.ok(text.includes(each), each);
    }
  });
}

test('every subcommand has a summary that fits, and says what it takes', () => {
  for (const { name, summary, options } of rows) {
    assert.ok(summary.length <= 60, name);
    for (const [flag, { help }] of Object.entries(options)) assert.ok(help.length <= 80, `${name} --${flag}`);
  }
});

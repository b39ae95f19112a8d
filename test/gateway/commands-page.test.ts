/** docs/commands.md shows what the commands print: all of them, run again. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { commandOutputs } from '../../scripts/commands/command-outputs.ts';
import { blocksOf, comparable, commandBlock } from '../../scripts/commands/commands-page.ts';
import { SHOWN_COMMANDS } from '../../scripts/commands/shown-commands.ts';
import { SUBCOMMANDS } from '../../src/cli/subcommands.ts';

test('docs/commands.md has every command, with the output that it has now', async () => {
  const shown = new Set(SHOWN_COMMANDS.map(({ words }) => words[0]));
  assert.deepEqual(
    Object.keys(SUBCOMMANDS).filter((name) => !shown.has(name)),
    [],
  );
  const blocks = blocksOf(readFileSync(new URL('../../docs/commands.md', import.meta.url), 'utf8'));
  assert.equal(blocks.length, SHOWN_COMMANDS.length, 'run npm run docs:commands');
  for (const [at, output] of (await commandOutputs()).entries()) {
    if (output.command.isLocal) continue;
    assert.equal(comparable(commandBlock(output)), comparable(blocks[at]!), 'run npm run docs:commands');
  }
});

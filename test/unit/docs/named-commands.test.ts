/** Every command, word and flag that a page shows exists. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { type CommandRow, commandTable, flagNames } from '../../../src/cli/completion/command-table.ts';
import { SUBCOMMANDS } from '../../../src/cli/subcommands.ts';
import { PAGES, ROOT, shellLines, spans } from '../../support/pages.ts';

/** In the text, on their own, but of other programs. */
const FOREIGN_FLAGS = ['--build-arg', '--experimental-quic'];
/** A log message. */
const NO_COMMANDS = ['sluice runs'];

const SLUICE =
  /^(?:export )?(?:[A-Z_]+=(?:"[^"]*"|\S+) )*(?:\.\/executable\/|npx |docker (?:run|compose|exec) .* |kubectl exec .* )?sluice(?: (?<words>.*))?$/;
const NPM = /^npm (?:run (?<name>[\w:-]+)|(?<test>test)) -- (?<words>.*)$/;
const FLAG = /^(?:--[a-z][\w-]*|-[a-zA-Z]\b)/;

describe('what pages say about command lines', () => {
  let commands: ReadonlyMap<string, CommandRow>;
  before(async () => {
    commands = new Map((await commandTable(SUBCOMMANDS)).map((row) => [row.name, row]));
  });

  for (const page of PAGES) {
    test(`${page.path} shows commands and flags that exist`, () => {
      const wrong = parts(shellLines(page)).flatMap((part) => [...sluiceFaults(part, commands), ...npmFaults(part)]);
      assert.deepEqual(wrong, []);
    });

    test(`${page.path} names flags that exist`, () => {
      const known = new Set([...FOREIGN_FLAGS, ...[...commands.values()].flatMap(({ options }) => flagNames(options))]);
      const named = spans(page).flatMap((span) => FLAG.exec(span)?.[0] ?? []);
      assert.deepEqual(
        named.filter((flag) => !known.has(flag)),
        [],
      );
    });
  }

  test('mistakes are found', () => {
    const faults = (line: string): readonly string[] =>
      parts([line]).flatMap((part) => [...sluiceFaults(part, commands), ...npmFaults(part)]);
    assert.deepEqual(faults('X=1 sluice events --folow && sluice backends lst'), [
      'sluice events --folow: no flag --folow',
      'sluice backends lst: no word lst',
    ]);
    assert.deepEqual(faults('npx sluice evnts -f'), ['sluice evnts: no such command']);
    assert.deepEqual(faults("sluice scale web --run 'x --no-recreate' | jq --raw"), []);
    assert.deepEqual(faults('npm run soak -- --minuets 10'), ['npm run soak: no flag --minuets']);
  });
});

function parts(lines: readonly string[]): readonly string[] {
  return lines.flatMap((line) => line.split(/\s(?:\||&&|;|>)\s/)).map((part) => part.trim());
}

function sluiceFaults(part: string, commands: ReadonlyMap<string, CommandRow>): readonly string[] {
  const match = SLUICE.exec(part);
  if (match === null || NO_COMMANDS.includes(part)) return [];
  const words = match.groups?.['words']?.match(/'[^']*'|"[^"]*"|[^\s[\]]+/g) ?? [];
  const name = /^[a-z]/.test(words[0] ?? '') ? words[0]! : '';
  const row = commands.get(name);
  if (row === undefined) return [`sluice ${name}: no such command`];
  const flags = flagNames(row.options);
  const unknown = words.flatMap((word) => FLAG.exec(word)?.[0] ?? []).filter((flag) => !flags.includes(flag));
  const [, word = ''] = words;
  const isUnknown = Object.keys(row.words).length > 0 && /^[a-z]/.test(word) && !Object.hasOwn(row.words, word);
  return [
    ...unknown.map((flag) => `sluice ${name} ${flag}: no flag ${flag}`),
    ...(isUnknown ? [`sluice ${name} ${word}: no word ${word}`] : []),
  ];
}

/** A script has no table of flags: the name must be a word of its sources. */
function npmFaults(part: string): readonly string[] {
  const { name, test: isTest, words } = NPM.exec(part)?.groups ?? {};
  if (words === undefined) return [];
  const script = isTest ?? name!;
  const sources = sourcesOf(script);
  return words
    .split(' ')
    .flatMap((word) => /^--([\w-]+)/.exec(word)?.[1] ?? [])
    .filter((flag) => !new RegExp(String.raw`['\s-]${flag}['\s:=]`).test(sources))
    .map((flag) => `npm run ${script}: no flag --${flag}`);
}

function sourcesOf(script: string): string {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  const entries = scripts[script]!.match(/(?:tools|bench|scripts)\/[\w/-]+\.ts/g) ?? [];
  return entries
    .flatMap((entry) => [entry, ...globSync(`${entry.replace(/(\/run)?\.ts$/, '')}/**/*.ts`, { cwd: ROOT })])
    .map((file) => readFileSync(join(ROOT, file), 'utf8'))
    .join('\n');
}

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import { interpolate } from '../../../../src/config/file/interpolate.ts';

const ENV = { HOST: 'db', EMPTY: '', TRICK: '${HOST}: [1, 2]' };

test('variables are put in, with a default for one that is not set or empty', () => {
  assert.equal(interpolate('http://${HOST}:${PORT:-80}/', ENV).text, 'http://db:80/');
  assert.equal(interpolate('${EMPTY:-x}${EMPTY}', ENV).text, 'x');
  assert.equal(interpolate('${HOST:-x}', ENV).text, 'db');
  assert.equal(interpolate('${NOPE:-}', ENV).text, '');
  assert.equal(interpolate('${NOPE:-a:-b c}', ENV).text, 'a:-b c');
});

test('a text without variables stays as it is', () => {
  for (const text of ['', 'plain', '$HOST', '{HOST}', '$', '100$']) {
    assert.deepEqual(interpolate(text, ENV), { text, variables: [], isWhole: false, mistakes: [] });
  }
  assert.equal(interpolate('$${HOST}', ENV).text, '${HOST}');
});

test('the value of a variable is not expanded again', () => {
  assert.equal(interpolate('${TRICK}', ENV).text, '${HOST}: [1, 2]');
});

test('only a text that is one variable may stand for another type', () => {
  assert.equal(interpolate('${HOST}', ENV).isWhole, true);
  assert.equal(interpolate('${NOPE:-80}', ENV).isWhole, true);
  assert.equal(interpolate('${HOST}0', ENV).isWhole, false);
  assert.equal(interpolate('${HOST}${HOST}', ENV).isWhole, false);
});

test('a variable that is not set and has no default is a mistake that names it', () => {
  const { mistakes } = interpolate('${NOPE} ${HOST} ${NADA}', ENV);
  assert.equal(mistakes.length, 2);
  assert.match(mistakes[0]!, /NOPE is not set/);
  assert.match(mistakes[1]!, /NADA is not set/);
});

test('malformed variables are mistakes', () => {
  for (const text of ['${', '${HOST', '${}', '${1A}', '${HOST-x}', '${HO ST}', '${:-x}']) {
    assert.match(interpolate(text, ENV).mistakes[0] ?? '', /malformed variable/, text);
  }
});

test('a name that every object has is not a variable', () => {
  assert.match(interpolate('${constructor}', { ...ENV }).mistakes[0] ?? '', /constructor is not set/);
});

test('a variable that is not set or empty is read from the file that NAME_FILE names, each time', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-variable-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'secret');
  writeFileSync(file, 'a: ${HOST}\n');
  const env = {
    ...ENV,
    S_FILE: file,
    EMPTY_FILE: file,
    HOST_FILE: file,
    GONE_FILE: join(folder, 'gone'),
    NONE_FILE: '',
  };
  assert.equal(interpolate('${S}', env).text, 'a: ${HOST}');
  assert.equal(interpolate('${S:-x}', env).text, 'a: ${HOST}');
  assert.equal(interpolate('${EMPTY}', env).text, 'a: ${HOST}');
  assert.equal(interpolate('${HOST}', env).text, 'db');
  assert.equal(interpolate('${NONE:-x}', env).text, 'x');
  writeFileSync(file, 'b\r\n');
  assert.equal(interpolate('${S}', env).text, 'b');

  // A default is for a variable that nobody meant to give.
  for (const text of ['${GONE}', '${GONE:-x}']) {
    assert.deepEqual(interpolate(text, env).mistakes, [
      'GONE_FILE names a file that cannot be read: the file does not exist',
    ]);
  }
  truncateSync(file, 65_537);
  assert.match(interpolate('${S}', env).mistakes[0]!, /^S_FILE names a file that has 65537 bytes; at most 65536/);
  mkdirSync(join(folder, 'folder'));
  const other = interpolate('${S}', { S_FILE: join(folder, 'folder') });
  assert.deepEqual(other.mistakes, ['S_FILE names something that is not a regular file']);
});

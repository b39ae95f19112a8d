/**
 * Messages that Sluice's parsers and llhttp once read differently, or that are known to be read in two ways somewhere.
 * `npm run fuzz` prints a case for each finding; corpus.json has one in a line.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { type CorpusCase, corpusCase, streamOfCase } from '../../../tools/fuzz/corpus-case.ts';
import { LENIENCES, STRICTNESS } from '../../../tools/fuzz/documented.ts';
import { readInEverySplit } from '../../support/every-split.ts';

const cases = JSON.parse(readFileSync(new URL('corpus.json', import.meta.url), 'utf8')) as readonly CorpusCase[];

describe('the corpus of messages', () => {
  for (const expected of cases) {
    it(`is read as before: ${expected.is} ${JSON.stringify(expected.text)}`, () => {
      const stream = streamOfCase(expected);
      assert.deepEqual(corpusCase(stream), expected);
      assert.notEqual(expected.verdict, 'finding');
      readInEverySplit(expected.text, stream);
    });
  }

  it('has a case of every documented difference', () => {
    const verdicts = new Set(cases.map(({ verdict }) => verdict));
    const missing = [...STRICTNESS, ...LENIENCES].map(({ name }) => name).filter((name) => !verdicts.has(name));
    assert.deepEqual(missing, []);
  });

  it('has each message once', () => {
    const texts = cases.map(({ is, text, heads }) => JSON.stringify([is, text, heads]));
    assert.equal(new Set(texts).size, texts.length);
  });
});

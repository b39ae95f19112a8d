/** The lines of docs/model-costs.md against answers of the shapes that they are for. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parse } from 'yaml';
import { CostExpression } from '../../../../src/policies/cost/core/cost-expression.ts';
import { EventStreamScanner } from '../../../../src/policies/cost/core/event-stream-scanner.ts';
import { JsonNumberScanner } from '../../../../src/policies/cost/core/json-number-scanner.ts';
import { MODEL_ANSWERS, type ModelAnswer } from '../../../support/model-answers.ts';
import { routeSettings } from '../../../support/route-settings.ts';

const DOCS = readFileSync(new URL('../../../../docs/model-costs.md', import.meta.url), 'utf8');

/** The expressions of a section, in order. */
function documented(section: string): readonly string[] {
  const [, rest = ''] = DOCS.split(`\n## ${section}\n`);
  const [text = ''] = rest.split('\n## ');
  const blocks = [...text.matchAll(/```yaml\n(.*?)```/gs)].map(([, yaml]) => parse(yaml!) as Record<string, unknown>);
  return blocks.map((block) => routeSettings(block).costFrom!.json!);
}

/** @param pieceBytes the body comes in pieces of so many bytes */
function costOf(expression: string, { type, body }: ModelAnswer, pieceBytes: number): number | null {
  const cost = new CostExpression(expression);
  const scanner = type === 'text/event-stream' ? new EventStreamScanner(cost.paths) : new JsonNumberScanner(cost.paths);
  const bytes = Buffer.from(body);
  for (let at = 0; at < bytes.length; at += pieceBytes) scanner.push(bytes.subarray(at, at + pieceBytes));
  scanner.end();
  assert.equal(scanner.hasFailed, false);
  return cost.valueOf(scanner.values);
}

const EXPECTED: Readonly<Record<keyof typeof MODEL_ANSWERS, readonly number[]>> = {
  'OpenAI chat completions': [29],
  'OpenAI responses': [123],
  'Anthropic messages': [40, 25 + 40 * 1.25 + 200 * 0.1 + 15 * 5],
  'Google Gemini': [52],
  'Google Gemini as a list': [52],
  Mistral: [50],
  Ollama: [324],
};

for (const [name, { whole, stream }] of Object.entries(MODEL_ANSWERS)) {
  test(`${name}: its costs are where docs/model-costs.md says, whole and streamed, however cut`, () => {
    const expected = EXPECTED[name as keyof typeof MODEL_ANSWERS];
    const expressions = documented(name);
    assert.equal(expressions.length, expected.length);
    for (const [at, expression] of expressions.entries()) {
      for (let pieceBytes = 1; pieceBytes < 50; pieceBytes += 1) {
        assert.equal(costOf(expression, whole, pieceBytes), expected[at], `whole, pieces of ${pieceBytes}`);
        assert.equal(costOf(expression, stream, pieceBytes), expected[at], `streamed, pieces of ${pieceBytes}`);
      }
    }
  });
}

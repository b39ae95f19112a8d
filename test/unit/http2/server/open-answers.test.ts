import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Http2Response } from '../../../../src/http2/server/http2-response.ts';
import { OpenAnswers } from '../../../../src/http2/server/open-answers.ts';

const answer = (): Http2Response => ({ place: -1 }) as Http2Response;

test('those that were deleted are gone, in any order, and the others stay', () => {
  const answers = [answer(), answer(), answer(), answer()];
  const [first, second, third, last] = answers as [Http2Response, Http2Response, Http2Response, Http2Response];
  const open = new OpenAnswers();
  for (const each of answers) open.add(each);
  for (const [gone, left] of [
    [second, [first, last, third]],
    [third, [first, last]],
    [first, [last]],
    [last, []],
  ] as const) {
    open.delete(gone);
    assert.deepEqual([...open], left);
    assert.equal(open.size, left.length);
    assert.equal(open.has(gone), false);
    assert.ok(left.every((each) => open.has(each)));
  }
});

test('one that is not among them changes nothing', () => {
  const open = new OpenAnswers();
  const [one, other] = [answer(), answer()];
  open.add(one);
  open.delete(other);
  open.delete(one);
  open.delete(one);
  assert.equal(open.size, 0);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { explainFailure } from '../../../../drizzle/postgres/postgres-advice.ts';

const failure = (code: string, message: string): Error => Object.assign(new Error(message), { code });

test('A failure that an operator can fix is one line: what went wrong and what to do', () => {
  assert.equal(
    explainFailure(failure('28P01', 'password authentication failed for user "jo"')),
    'password authentication failed for user "jo"; check the user and the password in database.url',
  );
  assert.match(explainFailure(failure('EMFILE', 'connect EMFILE 127.0.0.1:5432')), /^connect EMFILE .*; .*ulimit -n/);
  assert.match(
    explainFailure(failure('ECONNREFUSED', 'connect ECONNREFUSED ::1:5432')),
    /; check that the server runs/,
  );
});

test('The failures of all addresses of a name are reported together', () => {
  const error = new AggregateError([
    failure('ECONNREFUSED', 'connect ECONNREFUSED ::1:5432'),
    failure('ECONNREFUSED', 'connect ECONNREFUSED 127.0.0.1:5432'),
  ]);
  assert.match(
    explainFailure(error),
    /^connect ECONNREFUSED ::1:5432, connect ECONNREFUSED 127.0.0.1:5432; check that the server runs/,
  );
});

test('Without advice, the failure is reported as it is, never as an object', () => {
  assert.equal(explainFailure(failure('XX000', 'a\n  b')), 'a b');
  assert.equal(explainFailure(failure('constructor', '')), 'constructor');
  assert.equal(explainFailure(new Error()), 'it does not answer');
  assert.equal(explainFailure('gone'), 'gone');
  assert.equal(explainFailure({ code: 7 }), '{ code: 7 }');
});

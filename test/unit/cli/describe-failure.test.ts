import assert from 'node:assert/strict';
import { test } from 'node:test';

import { GatewayError } from '../../../src/errors.ts';
import { UnusableFile } from '../../../src/runtime/create-file.ts';
import { describeFailure } from '../../../src/cli/describe-failure.ts';

const failure = (code: string, more: object = {}): Error =>
  Object.assign(new Error(`listen ${code}`), { code, ...more });

test('a port that is taken is reported with its address', () => {
  const at = { address: '10.0.0.1', port: 80 };
  assert.match(describeFailure(failure('EADDRINUSE', at)), /^10\.0\.0\.1:80 is in use/);
  assert.match(describeFailure(failure('EACCES', at)), /^not allowed to listen on 10\.0\.0\.1:80/);
  assert.match(describeFailure(failure('EADDRNOTAVAIL', at)), /^10\.0\.0\.1:80 is not an address of this machine/);
});

test('an unreadable file is not reported as a port problem', () => {
  assert.equal(describeFailure(failure('EACCES')), 'listen EACCES');
});

test('a thrown value need not be an error', () => {
  assert.equal(describeFailure('odd'), 'odd');
});

test('errors that an operator can fix are reported without a stack', () => {
  const named = (name: string): Error => Object.assign(new Error('why'), { name });
  assert.equal(describeFailure(named('DataFolderLocked')), 'why');
  assert.equal(describeFailure(named('CannotOpenDatabase')), 'why');
  assert.equal(describeFailure(new GatewayError('GW_VALIDATION', { message: 'why' })), 'why');
  assert.equal(describeFailure(new UnusableFile('why')), 'why');
  assert.equal(describeFailure(failure('ENOSPC', { syscall: 'mkdir' })), 'listen ENOSPC');
  assert.match(describeFailure(new Error('why')), /^Error: why\n/);
});

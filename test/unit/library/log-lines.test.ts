import assert from 'node:assert/strict';
import { it } from 'node:test';
import { lineTaker } from '../../../src/library/log-lines.ts';

function taken(line: string): readonly unknown[] {
  const calls: unknown[] = [];
  const take = (level: string) => (fields: object, message: string) => void calls.push(level, fields, message);
  const [debug, info, warn, error] = ['debug', 'info', 'warn', 'error'].map(take);
  lineTaker({ debug: debug!, info: info!, warn: warn!, error: error! })(line);
  return calls;
}

it('a line of the log keeps its level, fields and message', () => {
  assert.deepEqual(taken('{"level":"fatal","time":"now","name":"traffic","msg":"it ends"}'), [
    'error',
    { name: 'traffic' },
    'it ends',
  ]);
});

it('what is no line of the log is a message', () => {
  for (const line of ['from a plugin', '{"level":', '5', 'null', '["a"]']) {
    assert.deepEqual(taken(line), ['info', {}, line]);
  }
});

it('without a logger, lines go nowhere', () => {
  lineTaker(undefined)('{}');
});

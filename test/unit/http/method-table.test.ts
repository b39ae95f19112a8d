import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MethodTable } from '../../../src/http/method-table.ts';

describe('the method table', () => {
  const table = new MethodTable();
  table.add('/', 'GET');
  table.add('/c', ['GET', 'HEAD']);
  table.add('/c/', 'POST');
  table.add('/c/:id', 'DELETE');
  table.add('/c/*', 'PUT');
  table.add('/a.b', 'GET');

  const rows: readonly (readonly [path: string, methods: readonly string[]])[] = [
    ['/', ['GET']],
    ['/c', ['GET', 'HEAD', 'POST']],
    ['/c/', ['GET', 'HEAD', 'POST']],
    ['/c/1', ['DELETE', 'PUT']],
    ['/c/1/', ['DELETE', 'PUT']],
    ['/c/1/2', ['PUT']],
    ['/cX', []],
    ['/a.b', ['GET']],
    ['/axb', []],
    ['/d/c', []],
  ];
  for (const [path, methods] of rows) {
    it(`has ${methods.join(', ') || 'nothing'} for ${path}`, () => assert.deepEqual(table.allowed(path), methods));
  }
});

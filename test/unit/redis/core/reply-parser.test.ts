import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { commandText, ProtocolError, ReplyParser } from '../../../../src/redis/core/reply-parser.ts';
import { seededDraw } from '../../../support/seeded.ts';

function reader() {
  const got: unknown[] = [];
  const parser = new ReplyParser({ reply: (value) => got.push(value), error: (text) => got.push({ error: text }) });
  return { got, read: (text: string | Buffer) => parser.read(typeof text === 'string' ? Buffer.from(text) : text) };
}

const TEXT =
  '+OK\r\n:-7\r\n$3\r\nü!\r\n$0\r\n\r\n$-1\r\n*-1\r\n*0\r\n-ERR no\r\n*3\r\n:1\r\n*2\r\n+a\r\n-in\r\n$4\r\na\r\nb\r\n+\r\n';
const VALUES = ['OK', -7, 'ü!', '', null, null, [], { error: 'ERR no' }, [1, ['a', 'in'], 'a\r\nb'], ''];

describe('answers', () => {
  test('arrive together', () => {
    const { got, read } = reader();
    read(TEXT);
    assert.deepEqual(got, VALUES);
  });

  test('arrive in pieces of any size', () => {
    const draw = seededDraw(1);
    for (let round = 0; round < 200; round++) {
      const { got, read } = reader();
      const bytes = Buffer.from(TEXT);
      for (let at = 0; at < bytes.length;) {
        const size = 1 + draw.below(9);
        read(bytes.subarray(at, at + size));
        at += size;
      }
      assert.deepEqual(got, VALUES);
    }
  });

  test('that are none end it', () => {
    for (const text of [
      'HTTP/1.1 400 Bad Request\r\n',
      ':x\r\n',
      ':\r\n',
      '$x\r\n',
      '+a\rb\n',
      '%1\r\n',
      '*1\r\n%1\r\n',
    ])
      assert.throws(() => reader().read(text), ProtocolError, text);
  });

  test('that are too large end it before they fill the memory', () => {
    const { read } = reader();
    assert.throws(() => read(`$${17 * 1024 * 1024}\r\n`), ProtocolError);
    assert.throws(() => reader().read('*1\r\n'.repeat(17)), ProtocolError);
    const endless = reader();
    endless.read(`+${'a'.repeat(16 * 1024 * 1024 - 1)}`);
    assert.throws(() => endless.read('a'), ProtocolError);
  });
});

test('a command counts bytes, not characters', () => {
  assert.equal(commandText(['GET', 'käse', '']), '*3\r\n$3\r\nGET\r\n$5\r\nkäse\r\n$0\r\n\r\n');
});

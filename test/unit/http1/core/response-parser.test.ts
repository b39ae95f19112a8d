import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Message } from '../../../../tools/fuzz/reading.ts';
import { HttpFault } from '../../../../src/http1/core/http-fault.ts';
import { ResponseParser } from '../../../../src/http1/core/response-parser.ts';
import { readInEverySplit } from '../../../support/every-split.ts';

const OK = 'HTTP/1.1 200 OK\r\n';
const CHUNKED = 'Transfer-Encoding: chunked\r\n';
const ONE = `${OK}Content-Length: 1\r\n\r\na`;

function read(text: string, heads: readonly boolean[] = []): ReturnType<typeof readInEverySplit> {
  return readInEverySplit(text, { isResponse: true, heads });
}

/** The one answer of the text, in every split. */
function only(text: string, heads: readonly boolean[] = []): Message {
  const { messages, fault, from } = read(text, heads);
  assert.equal(fault, null);
  assert.equal(from, text.length, 'complete');
  assert.equal(messages.length, 1);
  return messages[0]!;
}

describe('a status line', () => {
  const lines: readonly (readonly [line: string, start: string])[] = [
    ['HTTP/1.1 200 OK', '200 OK'],
    ['HTTP/1.0 404 Not Found', '404 Not Found'],
    ['HTTP/1.1 200 ', '200 '],
    ['HTTP/1.1 200', '200 '],
    ['HTTP/1.1 599 a\tb  c ', '599 a\tb  c '],
    ['HTTP/1.1 299 \xe4\xff', '299 \xe4\xff'],
    ['HTTP/1.1 999 x', '999 x'],
  ];
  for (const [line, start] of lines) {
    it(`may be ${JSON.stringify(line)}`, () => {
      assert.equal(only(`${line}\r\nContent-Length: 0\r\n\r\n`).start, start);
    });
  }

  const malformed = [
    'HTTP/1.2 200 OK',
    'HTTP/0.9 200 OK',
    'HTTP/2.0 200 OK',
    'HTTP/1.10 200 OK',
    'HTTP/1 200 OK',
    'http/1.1 200 OK',
    ' HTTP/1.1 200 OK',
    'ICY 200 OK',
    'HTTP/1.1  200 OK',
    'HTTP/1.1\t200 OK',
    'HTTP/1.1 20 OK',
    'HTTP/1.1 2000 OK',
    'HTTP/1.1 +20 OK',
    'HTTP/1.1 2x0 OK',
    'HTTP/1.1 200OK',
    'HTTP/1.1 200\tOK',
    'HTTP/1.1 000 OK',
    'HTTP/1.1 099 OK',
    'HTTP/1.1 101 Switching Protocols',
    'HTTP/1.1 200 a\0b',
    'HTTP/1.1 200 a\x7fb',
    'HTTP/1.1 200 a\rb',
    'HTTP/1.1 200 a\nb',
    'HTTP/1.1',
    'HTTP/1.1 ',
    '',
    '\r\nHTTP/1.1 200 OK',
  ];
  for (const line of malformed) {
    it(`is refused: ${JSON.stringify(line)}`, () => {
      const { messages, fault } = read(`${line}\r\nContent-Length: 0\r\n\r\n`);
      assert.match(fault ?? 'none', /^invalid: /);
      assert.deepEqual(messages, []);
    });
  }

  it('of something else than HTTP is refused at its first byte that differs', () => {
    for (const start of ['S', 'HTTQ', 'HTTP/2', '\0']) assert.match(read(start).fault ?? 'none', /^invalid: /);
    assert.equal(read('HTTP/1.').fault, null);
  });
});

describe('fields of an answer', () => {
  it('keep their order, their case and their repetitions; white space around values goes', () => {
    const { fields } = only(
      `${OK}Set-Cookie: a\r\nset-cookie:b\r\nX:\r\nY: \t \r\nZ: \tc d\t \r\nContent-Length:0\r\n\r\n`,
    );
    assert.equal(fields.join('|'), 'Set-Cookie|a|set-cookie|b|X||Y||Z|c d|Content-Length|0');
  });

  it('may have colons, quotes and bytes above 0x7f in values', () => {
    assert.equal(only(`${OK}A: b:c"\x80\xff,;\r\nContent-Length: 0\r\n\r\n`).fields[1], 'b:c"\x80\xff,;');
  });

  const malformed = [
    'X-A',
    'X-A : a',
    'X-A\t: a',
    'X A: a',
    ': a',
    ' X-A: a',
    'X-A: a\r\n b',
    'X-A: a\r\n\tb',
    'X-A: a\0b',
    'X-A: a\x01b',
    'X-A: a\x0bb',
    'X-A: a\x7fb',
    'X-A: a\rb',
    'X-A: a\nb',
    'X-A: a\r',
    'X-\xe4: a',
    'X(A): a',
    'X\0A: a',
    '"X": a',
  ];
  for (const line of malformed) {
    it(`are refused: ${JSON.stringify(line)}`, () => {
      const { messages, fault } = read(`${OK}${line}\r\nContent-Length: 0\r\n\r\n`);
      assert.match(fault ?? 'none', /^invalid: /);
      assert.deepEqual(messages, []);
    });
  }

  it('are refused, after a name that was accepted before', () => {
    only(`${OK}X-A: a\r\nContent-Length: 0\r\n\r\n`);
    for (const line of ['X-A : a', ' X-A: a', 'X-A\0: a']) {
      assert.match(read(`${OK}${line}\r\nContent-Length: 0\r\n\r\n`).fault ?? 'none', /^invalid: /);
    }
  });
});

describe('a body of an answer', () => {
  it('has the bytes of Content-Length, and none of what follows', () => {
    const { messages } = read(`${OK}Content-Length: 3\r\n\r\nabc${OK}Content-Length: 0\r\n\r\n${ONE}`);
    assert.deepEqual(
      messages.map(({ body, isKeptAlive }) => [body, isKeptAlive]),
      [
        ['abc', true],
        ['', true],
        ['a', true],
      ],
    );
  });

  it('may come in chunks, with trailers', () => {
    const { body, trailers, isKeptAlive } = only(`${OK}${CHUNKED}\r\n2\r\nab\r\n0\r\nA: b\r\n\r\n`);
    assert.deepEqual([body, trailers.join('|'), isKeptAlive], ['ab', 'A|b', true]);
    const chunked = `${OK}${CHUNKED}\r\n2\r\nab\r\n0\r\n\r\n`;
    assert.deepEqual(
      read(chunked + chunked).messages.map((message) => message.body),
      ['ab', 'ab'],
    );
  });

  it('without a length ends with the connection, which is not used again', () => {
    const { body, isKeptAlive } = only(`${OK}\r\nab\r\n\r\nHTTP/1.1 200 OK\r\n\r\n`);
    assert.deepEqual([body, isKeptAlive], ['ab\r\n\r\nHTTP/1.1 200 OK\r\n\r\n', false]);
    assert.deepEqual([only(`${OK}\r\n`).body, only(`${OK}\r\n`).isKeptAlive], ['', false]);
  });

  it('in a coding that is not chunked ends with the connection, too', () => {
    for (const coding of ['gzip', 'gzip, chunked', 'chunked, gzip', 'identity', 'chunked, chunked', '']) {
      const { body, isKeptAlive } = only(`${OK}Transfer-Encoding: ${coding}\r\n\r\n1\r\na\r\n0\r\n\r\n`);
      assert.deepEqual([body, isKeptAlive], ['1\r\na\r\n0\r\n\r\n', false], coding);
    }
  });

  for (const status of ['204 No Content', '304 Not Modified']) {
    for (const field of ['', 'Content-Length: 5\r\n', CHUNKED]) {
      it(`is never there after ${status}${field === '' ? '' : `, ${field.trim()}`}`, () => {
        const { messages, fault } = read(`HTTP/1.1 ${status}\r\n${field}\r\n${ONE}`);
        assert.equal(fault, null);
        assert.deepEqual(
          messages.map(({ body, isKeptAlive }) => [body, isKeptAlive]),
          [
            ['', true],
            ['a', true],
          ],
        );
      });
    }
  }

  it('is never there after an answer to HEAD', () => {
    for (const field of ['', 'Content-Length: 5\r\n', CHUNKED]) {
      const { messages } = read(`${OK}${field}\r\n${ONE}`, [true]);
      assert.deepEqual(
        messages.map(({ body }) => body),
        ['', 'a'],
      );
    }
  });

  it('may have 2^53 − 1 bytes, and not one more', () => {
    assert.equal(read(`${OK}Content-Length: 9007199254740991\r\n\r\na`).fault, null);
    assert.match(read(`${OK}Content-Length: 9007199254740992\r\n\r\na`).fault!, /^body_too_large: /);
  });

  const ambiguous = [
    `${CHUNKED}Content-Length: 1\r\n`,
    `Content-Length: 1\r\n${CHUNKED}`,
    'Content-Length: 1\r\nContent-Length: 2\r\n',
    'Content-Length: 1\r\nContent-Length: 1\r\n',
    'Content-Length: 1, 1\r\n',
    'Content-Length: +1\r\n',
    'Content-Length: -1\r\n',
    'Content-Length: 0x1\r\n',
    'Content-Length: 1x\r\n',
    'Content-Length: \r\n',
  ];
  for (const fields of ambiguous) {
    it(`is refused: ${JSON.stringify(fields)}`, () => {
      for (const heads of [[], [true]]) {
        const { messages, fault } = read(`${OK}${fields}\r\n1\r\na\r\n0\r\n\r\n`, heads);
        assert.match(fault ?? 'none', /^invalid: /);
        assert.deepEqual(messages, []);
      }
    });
  }
});

describe('interim answers', () => {
  it('come before the answer, and 100 is skipped', () => {
    const early = 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n';
    const { messages, fault } = read(`HTTP/1.1 100 Continue\r\n\r\n${early}HTTP/1.1 102\r\n\r\n${ONE}`);
    assert.equal(fault, null);
    assert.deepEqual(
      messages.map(({ start, fields }) => [start, fields.join('|')]),
      [
        ['interim 103', 'Link|</a>'],
        ['interim 102', ''],
        ['200 OK', 'Content-Length|1'],
      ],
    );
  });

  it('have no body, whatever their fields say', () => {
    const { messages } = read(`HTTP/1.1 102 P\r\nContent-Length: 5\r\n\r\nHTTP/1.1 103 E\r\n${CHUNKED}\r\n${ONE}`);
    assert.deepEqual(
      messages.map(({ start, body }) => [start, body]),
      [
        ['interim 102', ''],
        ['interim 103', ''],
        ['200 OK', 'a'],
      ],
    );
  });

  it('are refused when their framing is malformed', () => {
    for (const fields of [
      'Content-Length: 1\r\nContent-Length: 1\r\n',
      'Content-Length: x\r\n',
      `${CHUNKED}Content-Length: 1\r\n`,
    ]) {
      const { fault, messages } = read(`HTTP/1.1 103 E\r\n${fields}\r\n${ONE}`);
      assert.match(fault ?? 'none', /^invalid: /);
      assert.deepEqual(messages, []);
    }
  });

  it('may be 64 for an answer, and not one more', () => {
    const parser = new ResponseParser({ onInterim: () => {}, onHead: () => {}, onBody: () => {} }, 1000);
    for (let answer = 0; answer < 2; answer += 1) {
      parser.begin(false);
      parser.execute(Buffer.from('HTTP/1.1 100 C\r\n\r\n'.repeat(64)));
    }
    assert.throws(() => parser.execute(Buffer.from('HTTP/1.1 103 C\r\n\r\n')), HttpFault);
  });

  it('each have a head up to the limit', () => {
    const text = `HTTP/1.1 103 E\r\nA: b\r\n\r\n${OK}Content-Length: 0\r\n\r\n`;
    const maxHeadBytes = `${OK}Content-Length: 0\r\n\r\n`.length;
    assert.equal(readInEverySplit(text, { isResponse: true, maxHeadBytes }).messages.length, 2);
    const { fault, messages } = readInEverySplit(text, { isResponse: true, maxHeadBytes: maxHeadBytes - 1 });
    assert.equal(fault, `head_too_large: more than ${maxHeadBytes - 1} bytes`);
    assert.equal(messages.length, 1);
  });
});

describe('a connection to a backend', () => {
  const kept: readonly (readonly [head: string, isKeptAlive: boolean])[] = [
    ['HTTP/1.1 200 OK\r\n', true],
    ['HTTP/1.1 200 OK\r\nConnection: close\r\n', false],
    ['HTTP/1.1 200 OK\r\nConnection: keep-alive\r\n', true],
    ['HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nConnection: Close\r\n', false],
    ['HTTP/1.0 200 OK\r\n', false],
    ['HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\n', true],
    ['HTTP/1.0 200 OK\r\nConnection: keep-alive, close\r\n', false],
  ];
  for (const [head, isKeptAlive] of kept) {
    it(`goes on or not: ${JSON.stringify(head)}`, () => {
      assert.equal(only(`${head}Content-Length: 1\r\n\r\na`).isKeptAlive, isKeptAlive);
    });
  }

  it('is not used again after an HTTP/1.0 answer with Transfer-Encoding', () => {
    const text = `HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n${CHUNKED}\r\n1\r\na\r\n0\r\n\r\n`;
    const { body, isKeptAlive } = only(text);
    assert.deepEqual([body, isKeptAlive], ['a', false]);
  });

  const hints: readonly (readonly [fields: string, seconds: number])[] = [
    ['', -1],
    ['Connection: keep-alive\r\n', -1],
    ['Keep-Alive: timeout=5\r\n', -1],
    ['Connection: keep-alive\r\nKeep-Alive: timeout=5\r\n', 5],
    ['Connection: keep-alive\r\nA: b\r\nX-KeepAliv: timeout=1\r\nKeep-Alive: timeout=75, max=9\r\n', 75],
    ['Connection: keep-alive\r\nkeep-alive: max=9, Timeout=0\r\n', 0],
    ['Connection: keep-alive\r\nKeep-Alive: xtimeout=5\r\n', -1],
    ['Connection: keep-alive\r\nKeep-Alive: timeout=5x\r\n', -1],
    ['Connection: keep-alive\r\nKeep-Alive: timeout=9999999999\r\n', -1],
  ];
  for (const [fields, seconds] of hints) {
    it(`is kept as long as the backend says: ${JSON.stringify(fields)}`, () => {
      const parser = new ResponseParser({ onInterim: () => {}, onHead: () => {}, onBody: () => {} }, 1000);
      parser.begin(false);
      parser.execute(Buffer.from(`${OK}${fields}Content-Length: 0\r\n\r\n`));
      assert.equal(parser.keepAliveSeconds, seconds);
    });
  }
});

describe('a parser of answers', () => {
  it('leaves what nobody has asked for', () => {
    const parser = new ResponseParser({ onInterim: () => {}, onHead: () => {}, onBody: () => {} }, 1000);
    const bytes = Buffer.from(`${ONE}${ONE}`);
    assert.equal(parser.execute(bytes), 0, 'before begin()');
    parser.begin(false);
    assert.equal(parser.execute(bytes), ONE.length);
    assert.equal(parser.isDone, true);
    assert.equal(parser.execute(bytes), 0, 'until the next begin()');
  });

  it('is done when the connection ends a body without a length', () => {
    const parser = new ResponseParser({ onInterim: () => {}, onHead: () => {}, onBody: () => {} }, 1000);
    assert.deepEqual([parser.isDone, parser.isKeptAlive, parser.keepAliveSeconds], [false, false, -1]);
    parser.begin(false);
    parser.execute(Buffer.from(`${OK}\r\nab`));
    assert.equal(parser.isDone, false);
    assert.equal(parser.finish(), true);
    assert.equal(parser.isDone, true);
    assert.equal(parser.finish(), false);
  });

  it('does not take an answer for complete that its connection cut short', () => {
    for (const text of ['', 'HTTP/1.1 2', `${OK}Content-Length: 2\r\n\r\na`, `${OK}${CHUNKED}\r\n0\r\n`]) {
      const parser = new ResponseParser({ onInterim: () => {}, onHead: () => {}, onBody: () => {} }, 1000);
      parser.begin(false);
      parser.execute(Buffer.from(text));
      assert.equal(parser.finish(), false, text);
    }
  });

  it('has a fault of the first byte that is wrong, not of what comes behind the limit', () => {
    for (const wrong of ['S', 'HTTP/1.1 200 \0', 'HTTP/1.1 200\n']) {
      const text = `${wrong}${'a'.repeat(60)}\r\n\r\n`;
      const { fault } = readInEverySplit(text, { isResponse: true, maxHeadBytes: 50 });
      assert.match(fault ?? 'none', /^invalid: /, JSON.stringify(wrong));
    }
  });
});

describe('a change of protocol', () => {
  const SWITCHED = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: raw\r\n\r\n';
  const readUpgrade = (text: string): ReturnType<typeof readInEverySplit> =>
    readInEverySplit(text, { isResponse: true, mayUpgrade: true });

  it('ends HTTP with its head: what follows is not read', () => {
    for (const rest of ['', 'x', ONE, '\r\n\r\n', '\0\xff']) {
      const { messages, fault, from } = readUpgrade(`${SWITCHED}${rest}`);
      assert.equal(fault, null);
      assert.equal(from, SWITCHED.length);
      assert.deepEqual(
        messages.map(({ start, fields, body, isComplete }) => [start, fields.join(), body, isComplete]),
        [['101 Switching Protocols', 'Connection,Upgrade,Upgrade,raw', '', true]],
      );
    }
  });

  it('may come after interim answers, and from HTTP/1.0', () => {
    const { messages } = readUpgrade(`HTTP/1.1 100 a\r\n\r\nHTTP/1.1 103 b\r\n\r\n${SWITCHED}x`);
    assert.deepEqual(
      messages.map(({ start }) => start),
      ['interim 103', '101 Switching Protocols'],
    );
    assert.equal(readUpgrade(SWITCHED.replace('1.1', '1.0')).fault, null);
  });

  it('names its protocol in Upgrade, and that in Connection', () => {
    for (const fields of [
      'connection: x, UPGRADE\r\nUPGRADE: a, b\r\n',
      'Connection: keep-alive\r\nUpgrade: a\r\nConnection: upgrade\r\nUpgrade: b\r\n',
      'Connection: Upgrade\r\nUpgrade: a\r\nContent-Length: 5\r\n',
    ]) {
      assert.equal(readUpgrade(`HTTP/1.1 101\r\n${fields}\r\n`).fault, null, fields);
    }
    for (const fields of [
      '',
      'Upgrade: raw\r\n',
      'Connection: Upgrade\r\n',
      'Connection: close\r\nUpgrade: raw\r\n',
      'Connection: upgraded\r\nUpgrade: raw\r\n',
      'Connection: Upgrade\r\nUpgrade: raw\r\nContent-Length: 1\r\nContent-Length: 2\r\n',
    ]) {
      const { fault, messages } = readUpgrade(`HTTP/1.1 101\r\n${fields}\r\nx`);
      assert.match(fault ?? 'none', /^invalid: /, fields);
      assert.deepEqual(messages, []);
    }
  });

  it('is refused with its head limit like any other head, and other answers are read as usual', () => {
    const long = SWITCHED.replace('raw', 'r'.repeat(100));
    assert.match(
      readInEverySplit(long, { isResponse: true, mayUpgrade: true, maxHeadBytes: 100 }).fault ?? 'none',
      /^head_too_large: /,
    );
    const { messages } = readUpgrade(`${ONE}${OK}${CHUNKED}\r\n1\r\nb\r\n0\r\n\r\nHTTP/1.1 403 No\r\n\r\nend`);
    assert.deepEqual(
      messages.map(({ body }) => body),
      ['a', 'b', 'end'],
    );
  });
});

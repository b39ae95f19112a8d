import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { RequestParser } from '../../../../src/http1/core/request-parser.ts';
import { readInEverySplit } from '../../../support/every-split.ts';

const GET = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n';
const POST = 'POST / HTTP/1.1\r\n';
const CHUNKED = 'Transfer-Encoding: chunked\r\n';

/** The one message of the text, in every split. */
function only(text: string): { start: string; fields: string; body: string; trailers: string } {
  const { messages, fault, from } = readInEverySplit(text);
  assert.equal(fault, null);
  assert.equal(from, text.length, 'complete');
  assert.equal(messages.length, 1);
  const { start, fields, body, trailers } = messages[0]!;
  return { start, fields: fields.join('|'), body, trailers: trailers.join('|') };
}

describe('a request line', () => {
  const lines: readonly (readonly [claim: string, line: string])[] = [
    ['an origin form', 'GET /a/b?c=d&e HTTP/1.1'],
    ['HTTP/1.0', 'GET / HTTP/1.0'],
    ['an asterisk form', 'OPTIONS * HTTP/1.1'],
    ['an absolute form', 'GET http://example.com:80/a?b HTTP/1.1'],
    ['an absolute form without a path', 'GET http://example.com HTTP/1.1'],
    ['an absolute form with a query only', 'GET http://example.com?a HTTP/1.1'],
    ['an absolute form with an IPv6 address', 'GET http://[::1]:80/ HTTP/1.1'],
    ['an absolute form with a user', 'GET http://user:a@host/ HTTP/1.1'],
    ['an authority form', 'CONNECT example.com:443 HTTP/1.1'],
    ['any token as a method', "a!#$%&'*+-.^_`|~9 / HTTP/1.1"],
    ['a method of 64 characters', `${'M'.repeat(64)} / HTTP/1.1`],
    ['bytes above 0x7f in the target', 'GET /\x80\xe4\xff HTTP/1.1'],
    ['a long target', `GET /${'a'.repeat(300)} HTTP/1.1`],
    ['a method that begins like the PROXY protocol', 'PROXY TCP4://host/ HTTP/1.1'],
  ];
  for (const [claim, line] of lines) {
    it(`may have ${claim}`, () => {
      const { start, fields } = only(`${line}\r\nHost: x\r\n\r\n`);
      assert.equal(start, line);
      assert.equal(fields, 'Host|x');
    });
  }

  const malformed: readonly (readonly [claim: string, line: string])[] = [
    ['nothing but a method', 'GET'],
    ['no version (HTTP/0.9)', 'GET /'],
    ['no target', 'GET HTTP/1.1'],
    ['an empty target', 'GET  HTTP/1.1'],
    ['two spaces before the target', 'GET  / HTTP/1.1'],
    ['two spaces behind the target', 'GET /  HTTP/1.1'],
    ['a space behind the version', 'GET / HTTP/1.1 '],
    ['a space before the method', ' GET / HTTP/1.1'],
    ['a tab instead of the first space', 'GET\t/ HTTP/1.1'],
    ['a tab instead of the second space', 'GET /\tHTTP/1.1'],
    ['a space in the target', 'GET /a b HTTP/1.1'],
    ['a tab in the target', 'GET /a\tb HTTP/1.1'],
    ['a NUL in the target', 'GET /a\0b HTTP/1.1'],
    ['a bare CR in the target', 'GET /a\rb HTTP/1.1'],
    ['a bare CR before the version', 'GET /\rHTTP/1.1'],
    ['DEL in the target', 'GET /\x7f HTTP/1.1'],
    ['a target without a slash', 'GET a HTTP/1.1'],
    ['an authority as target of GET', 'GET example.com:443 HTTP/1.1'],
    ['a path as target of CONNECT', 'CONNECT /a HTTP/1.1'],
    ['a scheme without an authority', 'GET http:// HTTP/1.1'],
    ['a scheme with a path only', 'GET http:///a HTTP/1.1'],
    ['a method that is no token', 'G@T / HTTP/1.1'],
    ['a method with a colon', 'GET: / HTTP/1.1'],
    ['a version in lower case', 'GET / http/1.1'],
    ['HTTP/0.9', 'GET / HTTP/0.9'],
    ['HTTP/1.2', 'GET / HTTP/1.2'],
    ['HTTP/2.0', 'GET / HTTP/2.0'],
    ['a version of two digits', 'GET / HTTP/1.10'],
    ['a version with leading zeros', 'GET / HTTP/01.1'],
    ['a version without a minor one', 'GET / HTTP/1'],
    ['a version with a comma', 'GET / HTTP/1,1'],
    ['another protocol', 'GET / ICY/1.1'],
    ['the byte that begins TLS', 'GET / H\x16TTP/1.1'],
    ['two @ in an authority', 'GET http://a@b@c/ HTTP/1.1'],
    ['a user in an authority form', 'CONNECT user@host:443 HTTP/1.1'],
    ['a user without a host', 'GET http://user@ HTTP/1.1'],
    ['more than an asterisk', 'OPTIONS *a HTTP/1.1'],
    ['a fragment behind an authority', 'GET http://host#a HTTP/1.1'],
  ];
  for (const [claim, line] of malformed) {
    it(`with ${claim} is refused`, () => {
      const { messages, fault } = readInEverySplit(`${line}\r\nHost: x\r\n\r\n`);
      assert.match(fault!, /^invalid: /);
      assert.deepEqual(messages, []);
    });
  }

  it('may have empty lines before it', () => {
    assert.equal(only(`\r\n\r\n\n${GET}`).start, 'GET / HTTP/1.1');
  });

  it('may have no fields after it', () => {
    assert.deepEqual(only('GET / HTTP/1.1\r\n\r\n').fields, '');
  });

  it('is refused before its end when its method is too long', () => {
    assert.equal(readInEverySplit('M'.repeat(64)).fault, null);
    for (const end of ['', ' ', '@', ' / HTTP/1.1\r\nHost: x\r\n\r\n']) {
      const { fault, messages } = readInEverySplit(`${'M'.repeat(65)}${end}`);
      assert.equal(fault, 'method_too_long: a method of more than 64 characters');
      assert.deepEqual(messages, []);
    }
    assert.match(readInEverySplit(`${'M'.repeat(64)}@ / HTTP/1.1`).fault!, /^invalid: /);
  });

  it('is refused before its end when no space follows its method', () => {
    for (const text of [' GET /', 'GET\r', '@']) assert.match(readInEverySplit(text).fault!, /^invalid: /, text);
    for (const text of ['P', 'PROXY', 'PROXY T', 'PRI * H', 'GET ', 'get /']) {
      assert.equal(readInEverySplit(text).fault, null, text);
    }
  });

  it('that ends with LF alone is refused', () => {
    for (const text of ['GET / HTTP/1.1\nHost: x\n\n', 'GET / HTTP/1.1\nHost: x\r\n\r\n']) {
      assert.equal(readInEverySplit(text).fault, 'invalid: a line ends with LF alone');
    }
  });
});

describe('another protocol', () => {
  const first: readonly (readonly [kind: string, bytes: string])[] = [
    ['tls', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
    ['http2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['proxy_header', `PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n${GET}`],
    ['proxy_header', `PROXY TCP6 2001:db8::1 2001:db8::2 1 2\r\n${GET}`],
    ['proxy_header', `PROXY UNKNOWN\r\n${GET}`],
    ['proxy_header', 'PROXY UNKNOWN\r\nGET /\0 HTTP/1.1\r\n\r\n'],
  ];
  for (const [kind, bytes] of first) {
    it(`is known by its first bytes: ${JSON.stringify(bytes.slice(0, 14))}`, () => {
      const { fault, messages } = readInEverySplit(bytes);
      assert.equal(fault!.split(':')[0], kind);
      assert.deepEqual(messages, []);
    });
  }

  it('is refused before the end of its first line', () => {
    assert.match(readInEverySplit(`XPROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n${GET}`).fault!, /^invalid: /);
    for (const start of ['\x80\x00', 'SSH-2.0-OpenSSH@9 ', '{"jsonrpc":"2.0"']) {
      assert.match(readInEverySplit(start).fault!, /^invalid: /);
    }
  });
});

describe('a body of a request', () => {
  it('has the bytes of Content-Length', () => {
    assert.equal(only(`${POST}Content-Length: 5\r\n\r\nab\r\n\0`).body, 'ab\r\n\0');
    assert.equal(only(`${POST}content-length:\t005 \t\r\n\r\nabcde`).body, 'abcde');
  });

  it('is absent without Content-Length and Transfer-Encoding, and with a length of 0', () => {
    for (const field of ['', 'Content-Length: 0\r\n', 'Content-Length: 000\r\n']) {
      assert.equal(only(`${POST}${field}\r\n`).body, '');
    }
  });

  it('may come in chunks, with trailers behind', () => {
    const { body, trailers } = only(`${POST}${CHUNKED}\r\n3\r\nabc\r\n2\r\nde\r\n0\r\nX-Sum: 1\r\nY:\r\n\r\n`);
    assert.equal(body, 'abcde');
    assert.equal(trailers, 'X-Sum|1|Y|');
    assert.equal(only(`${POST}transfer-encoding: CHUNKED \r\n\r\n0\r\n\r\n`).body, '');
  });

  it('of 2^53 − 1 bytes may be announced, of one more not', () => {
    const { messages, fault } = readInEverySplit(`${POST}Content-Length: 9007199254740991\r\n\r\nabc`);
    assert.equal(fault, null);
    assert.equal(messages[0]!.body, 'abc');
    assert.equal(messages[0]!.isComplete, false);
    for (const length of ['9007199254740992', '18446744073709551616', '1'.repeat(400)]) {
      assert.match(readInEverySplit(`${POST}Content-Length: ${length}\r\n\r\n`).fault!, /^body_too_large: /);
    }
  });
});

describe('a request that two recipients may read in two ways', () => {
  const smuggling: readonly (readonly [claim: string, text: string])[] = [
    ['Content-Length before Transfer-Encoding', `${POST}Content-Length: 6\r\n${CHUNKED}\r\n0\r\n\r\nX`],
    ['Transfer-Encoding before Content-Length', `${POST}${CHUNKED}Content-Length: 6\r\n\r\n0\r\n\r\nX`],
    ['Transfer-Encoding and a length of 0', `${POST}${CHUNKED}Content-Length: 0\r\n\r\n0\r\n\r\nX`],
    ['two lengths', `${POST}Content-Length: 1\r\nContent-Length: 2\r\n\r\nab`],
    ['the same length twice', `${POST}Content-Length: 1\r\ncontent-length: 1\r\n\r\na`],
    ['a list of lengths', `${POST}Content-Length: 1, 1\r\n\r\na`],
    ['a length with a plus', `${POST}Content-Length: +5\r\n\r\nabcde`],
    ['a negative length', `${POST}Content-Length: -5\r\n\r\nabcde`],
    ['a hexadecimal length', `${POST}Content-Length: 0x5\r\n\r\nabcde`],
    ['a length with a fraction', `${POST}Content-Length: 5.0\r\n\r\nabcde`],
    ['a length with an exponent', `${POST}Content-Length: 1e1\r\n\r\nabcdeabcde`],
    ['a length with a space inside', `${POST}Content-Length: 1 0\r\n\r\nabcdeabcde`],
    ['an empty length', `${POST}Content-Length:\r\n\r\n`],
    ['a length with other digits', `${POST}Content-Length: \xb2\r\n\r\nab`],
    ['a length with a no-break space', `${POST}Content-Length: \xa05\r\n\r\nabcde`],
    ['a length in quotes', `${POST}Content-Length: "5"\r\n\r\nabcde`],
    ['xchunked', `${POST}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`],
    ['chunked in quotes', `${POST}Transfer-Encoding: "chunked"\r\n\r\n0\r\n\r\n`],
    ['chunked with a parameter', `${POST}Transfer-Encoding: chunked;a=b\r\n\r\n0\r\n\r\n`],
    ['chunked twice', `${POST}${CHUNKED}${CHUNKED}\r\n0\r\n\r\n`],
    ['a list of chunked', `${POST}Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n`],
    ['chunked behind a comma', `${POST}Transfer-Encoding: ,chunked\r\n\r\n0\r\n\r\n`],
    ['chunked before a comma', `${POST}Transfer-Encoding: chunked,\r\n\r\n0\r\n\r\n`],
    ['gzip, chunked', `${POST}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`],
    ['chunked, gzip', `${POST}Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n`],
    ['identity and chunked in two fields', `${POST}Transfer-Encoding: identity\r\n${CHUNKED}\r\n0\r\n\r\n`],
    ['chunked and identity in two fields', `${POST}${CHUNKED}Transfer-Encoding: identity\r\n\r\n0\r\n\r\n`],
    ['an empty coding', `${POST}Transfer-Encoding:\r\n\r\n0\r\n\r\n`],
    ['a coding with a no-break space', `${POST}Transfer-Encoding: \xa0chunked\r\n\r\n0\r\n\r\n`],
    ['a vertical tab before chunked', `${POST}Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n`],
    ['a coding in the next line', `${POST}Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n`],
    ['a coding with a space before the colon', `${POST}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n`],
    ['a coding behind a bare CR', `${POST}X: a\rTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
    ['a coding behind a bare LF', `${POST}X: a\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
    ['Transfer-Encoding in HTTP/1.0', `POST / HTTP/1.0\r\n${CHUNKED}\r\n0\r\n\r\n`],
  ];
  for (const [claim, text] of smuggling) {
    it(`is refused: ${claim}`, () => {
      const { messages, fault } = readInEverySplit(`${text}${GET}`);
      assert.match(fault!, /^invalid: /);
      assert.deepEqual(messages, [], 'no event of it, and none of what follows');
    });
  }
});

describe('a head of a request', () => {
  it('may have as many bytes as the limit, and not one more', () => {
    const { length } = GET;
    assert.equal(readInEverySplit(GET, { maxHeadBytes: length }).messages.length, 1);
    const { fault, messages } = readInEverySplit(GET, { maxHeadBytes: length - 1 });
    assert.equal(fault, `head_too_large: more than ${length - 1} bytes`);
    assert.deepEqual(messages, []);
  });

  it('counts each message separately, without the empty lines before it and the body', () => {
    const text = `\r\n\r\n${POST}Content-Length: 40\r\n\r\n${'a'.repeat(40)}`;
    const maxHeadBytes = `${POST}Content-Length: 40\r\n\r\n`.length;
    assert.equal(readInEverySplit(`${text}${text}`, { maxHeadBytes }).messages.length, 2);
  });

  it('has a fault of the first byte that is wrong, not of what comes behind the limit', () => {
    for (const wrong of [
      'G\0T',
      'GET\n',
      'GET \r ',
      '@',
      '\x16\x03\x01',
      `PROXY TCP4 1.1.1.1 `,
      'PRI * HTTP/2.0\r\n',
    ]) {
      const { fault } = readInEverySplit(`${wrong}${'a'.repeat(60)}\r\n\r\n`, { maxHeadBytes: 50 });
      assert.doesNotMatch(fault!, /^head_too_large/, JSON.stringify(wrong));
    }
    for (const end of ['\0', '\n', '\r\r']) {
      const { fault } = readInEverySplit(`GET /${'a'.repeat(60)}${end}\r\n\r\n`, { maxHeadBytes: 50 });
      assert.match(fault!, /^head_too_large/);
    }
  });

  it('that never ends is not kept beyond the limit', () => {
    assert.match(readInEverySplit(`GET /${'a'.repeat(100)}`, { maxHeadBytes: 64 }).fault!, /^head_too_large: /);
  });
});

describe('a connection of requests', () => {
  it('carries one after the other', () => {
    const text = `${GET}${POST}Content-Length: 3\r\n\r\nabc\r\n${POST}${CHUNKED}\r\n1\r\na\r\n0\r\n\r\n${POST}${CHUNKED}\r\n2\r\nbc\r\n0\r\n\r\nHEAD /b HTTP/1.1\r\n\r\n`;
    const { messages, fault, from } = readInEverySplit(text);
    assert.equal(fault, null);
    assert.equal(from, text.length);
    assert.deepEqual(
      messages.map(({ start, body }) => [start, body]),
      [
        ['GET / HTTP/1.1', ''],
        ['POST / HTTP/1.1', 'abc'],
        ['POST / HTTP/1.1', 'a'],
        ['POST / HTTP/1.1', 'bc'],
        ['HEAD /b HTTP/1.1', ''],
      ],
    );
  });

  it('keeps what came before a fault', () => {
    const { messages, fault } = readInEverySplit(`${GET}GET /\0 HTTP/1.1\r\n\r\n`);
    assert.equal(messages.length, 1);
    assert.equal(fault, 'invalid: control character 0x00');
  });

  const kept: readonly (readonly [version: string, connection: string, isKeptAlive: boolean])[] = [
    ['1.1', '', true],
    ['1.1', 'close', false],
    ['1.1', 'Close', false],
    ['1.1', 'keep-alive', true],
    ['1.1', 'a, CLOSE\t,b', false],
    ['1.1', 'closed', true],
    ['1.1', 'close\xa0', true],
    ['1.1', '"close"', true],
    ['1.1', 'keep-alive, close', false],
    ['1.0', '', false],
    ['1.0', 'keep-alive', true],
    ['1.0', 'Keep-Alive, a', true],
    ['1.0', 'close, keep-alive', false],
  ];
  for (const [version, connection, isKeptAlive] of kept) {
    it(`goes on or not: HTTP/${version}, Connection: ${connection}`, () => {
      const { messages } = readInEverySplit(`GET / HTTP/${version}\r\nConnection: ${connection}\r\n\r\n`);
      assert.equal(messages[0]!.isKeptAlive, isKeptAlive);
    });
  }

  it('ends with any Connection field that says close', () => {
    const text = 'GET / HTTP/1.1\r\nConnection: close\r\nConnection: keep-alive\r\n\r\n';
    assert.equal(readInEverySplit(text).messages[0]!.isKeptAlive, false);
  });
});

describe('a parser of requests', () => {
  const silent = { onHead: (): void => {}, onBody: (): void => {} };

  it('leaves what follows a complete message', () => {
    const parser = new RequestParser(silent, 1000);
    const bytes = Buffer.from(`xx${GET}\r\n${GET}`, 'latin1');
    assert.equal(parser.execute(bytes, 2), 2 + GET.length);
    assert.equal(parser.isDone, true);
    assert.equal(parser.execute(bytes, 2 + GET.length), 2 + GET.length, 'until next()');
    parser.next();
    assert.equal(parser.isBetween, true);
    assert.equal(parser.execute(bytes, 2 + GET.length), bytes.length);
    assert.equal(parser.isDone, true);
  });

  it('says whether a message has begun', () => {
    const parser = new RequestParser(silent, 1000);
    parser.execute(Buffer.from('\r\n'));
    assert.deepEqual([parser.isBetween, parser.isInHead], [true, false]);
    parser.execute(Buffer.from('G'));
    assert.deepEqual([parser.isBetween, parser.isInHead], [false, true]);
  });

  it('reads nothing more behind a message that nobody knows the end of', () => {
    const heads: boolean[] = [];
    const parser = new RequestParser({ ...silent, onHead: ({ isUnframed }) => heads.push(isUnframed) }, 1000);
    const bytes = Buffer.from(`${POST}Transfer-Encoding: gzip\r\n\r\n${GET}`);
    assert.equal(parser.execute(bytes), bytes.length);
    assert.equal(parser.isDone, false);
    assert.deepEqual(heads, [true]);
  });

  it('refuses a coding after chunked, rather than to read to the end', () => {
    for (const coding of ['chunked, gzip', 'chunked, chunked', 'chunked,', '']) {
      const parser = new RequestParser(silent, 1000);
      const bytes = Buffer.from(`${POST}Transfer-Encoding: ${coding}\r\n\r\n`);
      assert.throws(() => parser.execute(bytes), { kind: 'invalid' }, coding);
    }
  });

  it('gives the length of the body with the head; −1: it is chunked', () => {
    const lengths: number[] = [];
    const parser = new RequestParser({ ...silent, onHead: ({ bodyBytes }) => lengths.push(bodyBytes) }, 1000);
    for (const text of [GET, `${POST}Content-Length: 2\r\n\r\nab`, `${POST}${CHUNKED}\r\n0\r\n\r\n`]) {
      parser.execute(Buffer.from(text));
      parser.next();
    }
    assert.deepEqual(lengths, [0, 2, -1]);
  });
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TargetMask } from '../../../src/connections/target-mask.ts';

/** What the parser gets of a request line that arrives in these parts, and the restored target. */
function masked(parts: readonly string[]): readonly [line: string, target: string] {
  const mask = new TargetMask();
  mask.begin();
  const line = parts.map((part) => mask.mask(Buffer.from(part, 'latin1')).toString('latin1')).join('');
  return [
    line,
    mask.unmask(
      line
        .trim()
        .split(/ +/)[1]
        ?.split(/[\s\0]/)[0] ?? '',
    ),
  ];
}

const MASKED: readonly (readonly [line: string, masked: string, target: string])[] = [
  ['GET /\xe9\x80 HTTP/1.1\r\n', 'GET /%% HTTP/1.1\r\n', '/\xe9\x80'],
  ['GET  /a%E9?\xff HTTP/1.1\r\nX-\xe9: \xe9\r\n\r\n', 'GET  /a%E9?% HTTP/1.1\r\nX-\xe9: \xe9\r\n\r\n', '/a%E9?\xff'],
  ['GET http://x:1/\xe9 HTTP/1.1\r\n', 'GET http://x:1/% HTTP/1.1\r\n', 'http://x:1/\xe9'],
  ['GET HTTPS://x?\xe9/\xe9 HTTP/1.1\r\n', 'GET HTTPS://x?%/% HTTP/1.1\r\n', 'HTTPS://x?\xe9/\xe9'],
  ['GET /\xe9\r\n', 'GET /%\r\n', '/\xe9'],
];

const LEFT: readonly string[] = [
  'G\xe9T / HTTP/1.1\r\n',
  'GET\t/\xe9 HTTP/1.1\r\n',
  '\r/\xe9',
  'GET \t/\xe9 HTTP/1.1\r\n',
  'GET \xe9/ HTTP/1.1\r\n',
  'GET *\xe9 HTTP/1.1\r\n',
  'GET http://\xe9/ HTTP/1.1\r\n',
  'GET http:/\xe9 HTTP/1.1\r\n',
  'CONNECT x:1/\xe9 HTTP/1.1\r\n',
  'GET / /\xe9 HTTP/1.1\r\n',
  'GET /\0\xe9 HTTP/1.1\r\n',
  'GET / HTTP/1.1\xe9\r\n',
];

for (const [line, want, target] of MASKED) {
  test(`${JSON.stringify(line)} is masked in path and query, wherever it is cut`, () => {
    assert.deepEqual(masked([line]), [want, target]);
    assert.deepEqual(masked(line.split('')), [want, target]);
    for (let cut = 1; cut < line.length; cut += 1) {
      assert.deepEqual(masked([line.slice(0, cut), line.slice(cut)]), [want, target]);
    }
  });
}

for (const line of LEFT) {
  test(`${JSON.stringify(line)} is left as it is, wherever it is cut`, () => {
    for (let cut = 0; cut < line.length; cut += 1) {
      assert.equal(masked([line.slice(0, cut), line.slice(cut)])[0], line);
    }
    assert.equal(masked(line.split(''))[0], line);
  });
}

test('values without secrets are not copied, others are', () => {
  const mask = new TargetMask();
  const plain = Buffer.from('GET / HTTP/1.1\r\nX: \xe9\r\n', 'latin1');
  mask.begin();
  assert.equal(mask.mask(plain), plain);
  const high = Buffer.from('GET /\xe9 HTTP/1.1\r\n', 'latin1');
  mask.begin();
  assert.notEqual(mask.mask(high), high);
  assert.equal(high.toString('latin1'), 'GET /\xe9 HTTP/1.1\r\n');
});

test('a target is put back once, and only where it was masked', () => {
  const mask = new TargetMask();
  mask.begin();
  mask.mask(Buffer.from('GET /\xe9 HTTP/1.1\r\n', 'latin1'));
  assert.equal(mask.unmask('/a'), '/a');
  assert.equal(mask.unmask('/%'), '/\xe9');
  assert.equal(mask.unmask('/%'), '/%');
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '../../../src/core/random.ts';
import { barePath, canonicalPath, forwardTarget, pathEnd, staysInside } from '../../../src/routing/request-path.ts';

for (const path of ['/', '/api/users', '/a/', '/a.b/c..d', '/a;v=1/b', '/~user/-_.', '/*', '*']) {
  test(`${path} is canonical as it is`, () => assert.equal(canonicalPath(path), path));
}

for (const path of ['/%', '/%2', '/a%', '/%zz', '/%2g', '/%%41', '/a%u0041', '/%-1', '/% 1', '/%2%35']) {
  test(`${path} has a malformed escape`, () => assert.equal(canonicalPath(path), undefined));
}

for (const [what, paths] of [
  ['NUL', ['/%00', '/admin%00', '/admin%00/x', '/a%00.txt']],
  [
    'overlong UTF-8',
    [
      '/%c0%ae%c0%ae/admin',
      '/%C0%AFadmin',
      '/%c1%81',
      '/%e0%80%ae',
      '/%E0%9F%BF',
      '/%f0%80%80%ae',
      '/%F0%8F%BF%BF',
      '/\xc0\xae',
      '/\xc0%ae',
    ],
  ],
] as const) {
  for (const path of paths) {
    test(`${JSON.stringify(path)} has ${what} in it`, () => assert.equal(canonicalPath(path), undefined));
  }
}

for (const path of ['/%C3%A9', '/%e2%82%ac', '/%F0%9F%98%80', '/caf%E9', '/%C0%20la', '/\xc3\xa9', '/%2500', '/%0A']) {
  test(`${JSON.stringify(path)} is none of these`, () => assert.notEqual(canonicalPath(path), undefined));
}

for (const [path, bare] of [
  ['/', '/'],
  ['/admin', '/admin'],
  ['/admin;x', '/admin'],
  ['/admin;x=1;y/users', '/admin/users'],
  ['/a;v=1/b;v=2/', '/a/b/'],
  ['/;x/admin', '/admin'],
  ['/;/admin', '/admin'],
  ['/admin/;x', '/admin/'],
  ['/x/..;y/admin', '/admin'],
  ['/x/;y/../../admin', '/admin'],
  ['/x/;y/../admin', '/admin'],
  ['/admin%3bx', '/admin'],
  ['/admin%3B/users', '/admin/users'],
  ['/admin%0a', '/admin'],
  ['/admin%0D%0Ax', '/admin'],
  ['/admin%09/users', '/admin/users'],
  ['/admin%7f', '/admin'],
  ['/admin%1Fx', '/admin'],
  ['/admin%3fx=1', '/admin'],
  ['/admin%23x/y', '/admin'],
  ['/admin%20', '/admin%20'],
  ['/x%2fadmin%3bx', '/x/admin'],
] as const) {
  test(`${path} is ${bare} without what some backends ignore`, () => {
    assert.equal(barePath(path, canonicalPath(path)!), bare);
  });
}

for (const [path, canonical] of [
  ['/./a', '/a'],
  ['/a/.', '/a/'],
  ['/a/./b', '/a/b'],
  ['/a/..', '/'],
  ['/a/../b', '/b'],
  ['/a/b/..', '/a/'],
  ['/a/b/../', '/a/'],
  ['/a/b/../..', '/'],
  ['/..', '/'],
  ['/../../a', '/a'],
  ['/public/../admin', '/admin'],
  ['/...', '/...'],
  ['/.hidden', '/.hidden'],
  ['/a/..b', '/a/..b'],
  ['//', '/'],
  ['//a', '/a'],
  ['/a//b///c/', '/a/b/c/'],
  ['/a\\b', '/a/b'],
  ['/a\\..\\b', '/b'],
  ['/%2e%2e/admin', '/admin'],
  ['/public/%2E%2e/admin', '/admin'],
  ['/public/.%2e/admin', '/admin'],
  ['/public/%2e/x', '/public/x'],
  ['/a%2Fb', '/a/b'],
  ['/a%2f..%2fb', '/b'],
  ['/a%5cb', '/a/b'],
  ['/%61dmin', '/admin'],
  ['/%7euser', '/~user'],
  ['/a%20b', '/a%20b'],
  ['/%c3%a9', '/%C3%A9'],
  ['/\xc3\xa9', '/%C3%A9'],
  ['/a%3fb', '/a%3Fb'],
  ['/a%23b', '/a%23b'],
  ['/%252e%252e/admin', '/%252e%252e/admin'],
  ['/public/..;/admin', '/admin'],
  ['/public/..;x=1/admin', '/admin'],
  ['/public/%2e%2e%3b/admin', '/admin'],
  ['/public/.;x/a', '/public/a'],
  ['/public/a/..;', '/public/'],
] as const) {
  test(`${path} resolves to ${canonical}`, () => assert.equal(canonicalPath(path), canonical));
}

test('a canonical path is its own canonical path', () => {
  const random = seededRandom(1);
  const parts = [
    '/',
    '//',
    '.',
    '..',
    '..;',
    '%2e',
    '%2F',
    '%5C',
    '\\',
    '%25',
    '2e',
    '2',
    'a',
    'b;c',
    '%41',
    '%c3',
    '%',
    ';',
    '%3B',
    '%0A',
    '?',
    ' ',
  ];
  let resolved = 0;
  for (let turn = 0; turn < 20_000; turn += 1) {
    let path = '/';
    for (let length = random() * 8; length > 0; length -= 1) path += parts[Math.floor(random() * parts.length)];
    const canonical = canonicalPath(path);
    if (canonical === undefined) continue;
    assert.equal(canonicalPath(canonical), canonical, `${path} → ${canonical}`);
    assert.ok(!/\/\/|\\|\/\.{1,2}(?:\/|$)/.test(canonical), `${path} → ${canonical} can be resolved further`);
    assert.ok(canonical.startsWith('/'), `${path} → ${canonical} has lost its slash`);
    resolved += 1;
  }
  assert.ok(resolved > 5000, `only ${resolved} of the paths were well-formed`);
});

test('the path ends before the query, or with the target', () => {
  assert.equal(pathEnd('/a?b=c?d'), 2);
  assert.equal(pathEnd('/a?'), 2);
  assert.equal(pathEnd('/a'), 2);
  assert.equal(pathEnd(''), 0);
});

const FORWARDED = [
  // Nothing is stripped: byte for byte, behind the base path.
  ['/a%2fb?x=/', '', '', '/a%2fb?x=/'],
  ['/a', '', '/base', '/base/a'],
  ['/', '', '/base', '/base/'],
  ['/a', '/', '/base', '/base/a'],
  ['/', '/', '/base', '/base/'],
  // The prefix alone.
  ['/api', '/api', '', '/'],
  ['/api?x=1', '/api', '', '/?x=1'],
  ['/api?', '/api', '', '/?'],
  ['/api', '/api', '/base', '/base'],
  ['/api?x=1', '/api', '/base', '/base?x=1'],
  // A slash of the client's own stays.
  ['/api/', '/api', '', '/'],
  ['/api/', '/api', '/base', '/base/'],
  ['/api/?x', '/api', '/base', '/base/?x'],
  ['/api//x', '/api', '', '//x'],
  ['/api//', '/api', '/base', '/base//'],
  // More than the prefix.
  ['/api/users?x', '/api', '', '/users?x'],
  ['/api/users', '/api', '/base', '/base/users'],
  ['/api/users', '/api/', '/base', '/base/users'],
  ['/a/b/c', '/a/b', '/d/e', '/d/e/c'],
  ['/a/b', '/a/b', '/d/e', '/d/e'],
] as const;

for (const [target, prefix, base, expected] of FORWARDED) {
  test(`${target} without "${prefix}" behind "${base}" is ${expected}: no slash that the client did not send`, () => {
    assert.equal(forwardTarget(target, prefix, base), expected);
  });
}

test('a path stays inside when what the backend resolves is what the gateway would have sent', () => {
  const stays = (path: string, prefix: string, base: string): boolean => {
    const canonical = canonicalPath(path)!;
    return staysInside(path, canonical, barePath(path, canonical), prefix, base);
  };
  assert.ok(stays('/a/../b', '', '/base'));
  assert.ok(stays('/api/x/../y', '/api', '/base'));
  assert.ok(stays('/api//x', '/api', ''));
  assert.ok(stays('/../b', '', ''));
  assert.ok(!stays('/../b', '', '/base'));
  assert.ok(!stays('/a/../../b', '', '/base'));
  assert.ok(!stays('/%2e%2e/b', '', '/base'));
  assert.ok(!stays('/api/x/../../api/y', '/api', ''));
  assert.ok(!stays('/api/..%2fapi/y', '/api', '/base'));
  assert.ok(stays('/a;v=1/b', '', '/base'));
  assert.ok(stays('/api/a;v=1/b%0a', '/api', '/base'));
  assert.ok(!stays('/;x/../b', '', '/base'));
  assert.ok(!stays('/a/;x/../../b', '', '/base'));
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readDocument } from '../../../../src/config/file/read-document.ts';
import { fingerprintOf } from '../../../../src/config/file/text-reader.ts';
import type { GatewayError } from '../../../../src/errors.ts';
import { fillSecrets as fill, hideSecrets } from '../../../../src/reload/control/hidden-secrets.ts';

const TEXT = `# Of the shop.
admin:
  token: aaaaaaaaaaaaaaaaaaaaaaaa # rotate in May
  tokens:
    - { name: deploy, role: operator, hash: 'sha256:bbbb' }
    - { name: ops, role: admin, hash: "sha256:cccc" }
database: { url: '\${DATABASE_URL:-}' }
health_check:
  headers: { authorization: Basic dddd }
request_headers: { set: { x-key: eeee } }
redis:
  url: >-
    redis://:ffff@127.0.0.1
  prefix: shop
pools:
  web:
    backends: [{ url: 'http://127.0.0.1:1' }]
`;

const digestOf = (text: string): string => fingerprintOf(text).slice(0, 8);
/** `*** 1` is short for a placeholder of this text. */
const full = (sent: string, text = TEXT): string =>
  sent.replaceAll(/\*\*\* (\d+)(?! of)/g, `*** $1 of ${digestOf(text)}`);
const fillSecrets = (sent: string, text: string): string =>
  fill(full(sent, text), (start) => (start === digestOf(text) ? text : undefined)).text;

function refusalOf(sent: string): GatewayError {
  try {
    fillSecrets(sent, TEXT);
  } catch (error) {
    return error as GatewayError;
  }
  throw new Error('it was not refused');
}

test('literal secrets are hidden, references and everything else stay', () => {
  const { text, hidden } = hideSecrets(TEXT)!;
  assert.equal(hidden, 6);
  for (const secret of ['aaaa', 'bbbb', 'cccc', 'dddd', 'eeee', 'ffff']) assert.ok(!text.includes(secret), secret);
  assert.match(text, /token: "\*\*\* 1 of [0-9a-f]{8}" # rotate in May\n/);
  assert.match(text, /name: ops, role: admin, hash: "\*\*\* 3 of [0-9a-f]{8}" \}/);
  assert.match(text, /url: '\$\{DATABASE_URL:-\}'/);
  assert.match(text, /url: "\*\*\* 6 of [0-9a-f]{8}"\n {2}prefix: shop/);
});

test('a reference stays only if nothing literal beside it can be secret', () => {
  for (const [value, isShown] of [
    ['${TOKEN}', true],
    ['${TOKEN:-}', true],
    ['Bearer ${TOKEN}', true],
    ['redis://${USER}:${PASSWORD}@${HOST:-}:6379/0', true],
    ['redis://sluice:${PASSWORD}@redis:6379', true],
    ['${TOKEN:-a-secret}', false],
    ['a-${ENVIRONMENT}', false],
    ['a-$${secret', false],
    ['$${SECRET}', false],
    ['redis://:a-secret@${HOST}', false],
    ['redis://:a-${PART}@redis', false],
    ['redis://:${PASSWORD}@redis?password=a-secret', false],
  ] as const) {
    const text = `redis: { url: '${value}' }\n`;
    const { text: shown, hidden } = hideSecrets(text)!;
    assert.deepEqual([shown === text, hidden], [isShown, isShown ? 0 : 1], value);
    assert.equal(fillSecrets(shown, text), text);
  }
});

test('a text that comes back as it was is the file, byte for byte', () => {
  for (const text of [
    TEXT,
    `\uFEFF${TEXT}`,
    TEXT.replaceAll('\n', '\r\n'),
    JSON.stringify({ admin: { token: 'zz' } }),
  ]) {
    assert.equal(fillSecrets(hideSecrets(text)!.text, text), text);
  }
});

test('a secret may move to another item of its list, and others may be written', () => {
  const shown = hideSecrets(TEXT)!.text;
  const lines = shown.split('\n');
  const [deploy, ops] = [lines.findIndex((line) => /deploy/.test(line)), lines.findIndex((line) => /ops/.test(line))];
  [lines[deploy], lines[ops]] = [lines[ops]!, lines[deploy]!];
  const filled = fillSecrets(lines.join('\n').replace(/"\*\*\* 1 [^"]*"/, 'a-new-token-of-length-20'), TEXT);
  assert.match(
    filled,
    /name: ops, role: admin, hash: "sha256:cccc" \}\n.*name: deploy, role: operator, hash: 'sha256:bbbb'/,
  );
  assert.match(filled, /token: a-new-token-of-length-20/);
});

test('a secret keeps its value where another way to write it is needed', () => {
  for (const [from, sent, expected] of [
    ['redis:\n  password: >-\n    ab\n    cd\n', 'redis:\n  password: "*** 1" # ours\n', 'ab cd'],
    ['redis:\n  password: >-\n    ab\n    cd\n', 'redis: { password: "*** 1", prefix: x }\n', 'ab cd'],
    ['redis:\n  password: |\n    ab\n', 'redis:\n      password: "*** 1"\n      prefix: x\n', 'ab\n'],
    ['redis:\n  password: "ab\n    cd"\n', '{ redis: { password: "*** 1" } }\n', 'ab cd'],
    ['redis:\n  password: a,b\n', 'redis:\n  { password: "*** 1", prefix: x }\n', 'a,b'],
    ['redis:\n  password: "a\\tb"\n', 'redis: { password: "*** 1" }\n', 'a\tb'],
    ['redis:\n  password: a b\n', 'redis: { password: "*** 1" }\n', 'a b'],
  ] as const) {
    const { root } = readDocument(fillSecrets(sent, from), 'config').document;
    assert.equal((root as { redis: { password: string } }).redis.password, expected, sent);
  }
});

test('a placeholder at another key, in a comment or inside a text is refused with its place', () => {
  for (const [sent, line, column] of [
    ['routes:\n  - { path: /, respond: { body: "*** 1" } }\n', 2, 34],
    ['admin:\n  token: x # "*** 1"\n', 2, 15],
    ['routes:\n  - respond:\n      body: |\n        token: "*** 1"\n', 4, 17],
    ['admin: { token: "*** 2" }\n', 1, 18],
    ['admin: { token: "x *** 1" }\n', 1, 20],
  ] as const) {
    const { details } = refusalOf(sent);
    assert.deepEqual([details?.[0]?.line, details?.[0]?.column], [line, column], sent);
    assert.match(details![0]!.message, /stands for a hidden secret; allowed only as a value of admin\./);
  }
});

test('a placeholder of an unknown text or secret is refused; what is not YAML is left to the check', () => {
  for (const sent of ['admin: { token: "*** 99" }', 'admin: { token: "*** 1 of 00000000" }']) {
    assert.match(refusalOf(sent).details![0]!.message, /stands for no secret that is known: read the text again/);
  }
  const open = full('admin: { token: "*** 1"');
  assert.equal(fillSecrets(open, TEXT), open);
});

test('an alias to a secret hides it where it is written', () => {
  const text = 'admin: { token: &t gggggggggggggggggggggggg }\nredis: { url: "redis://h", password: *t }\n';
  const { text: shown } = hideSecrets(text)!;
  assert.ok(!shown.includes('gggg'));
  assert.equal(fillSecrets(shown, text), text);
  // The anchor is at a key that is not secret.
  const other = 'log: { level: &t info }\nadmin: { token: *t }\n';
  assert.ok(!hideSecrets(other)!.text.includes('info'));
});

test('a text that is too long, or no YAML, is not shown', () => {
  assert.equal(hideSecrets('admin: { token: aaaaaaaa'), null);
  assert.equal(hideSecrets(`# ${'x'.repeat(512 * 1024)}`), null);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { maskFields, maskJson, maskParameters, maskTarget } from '../../../../src/recording/core/mask-message.ts';
import { SecretNames } from '../../../../src/recording/core/secret-names.ts';

const secrets = new SecretNames([]);

test('fields keep their order, spelling and repetition; secret ones lose their value', () => {
  const raw = ['Accept', '*/*', 'Authorization', 'Bearer abc', 'X-A', '1', 'x-a', '2', 'Set-Cookie', 'sid=1; Path=/'];
  assert.deepEqual(maskFields(raw, secrets), [
    ['Accept', '*/*'],
    ['Authorization', '***'],
    ['X-A', '1'],
    ['x-a', '2'],
    ['Set-Cookie', '***'],
  ]);
});

test('URLs in fields lose the values of secret parameters and their credentials', () => {
  const masked = (name: string, value: string): string => maskFields([name, value], secrets)[0]![1];
  assert.equal(masked('Referer', 'https://a.example/x?token=abc&page=2'), 'https://a.example/x?token=***&page=2');
  assert.equal(masked('Location', 'https://joe:pw@a.example/?a=1#token=b'), 'https://***@a.example/?a=1#token=b');
  assert.equal(
    masked('Link', '</x?api_key=1>; rel=next, </y?key=2>; rel=last'),
    '</x?api_key=***>; rel=next, </y?key=***>; rel=last',
  );
  assert.equal(masked('X-Note', 'see /x?token=abc'), 'see /x?token=abc');
});

test('a target loses the values of secret parameters, and nothing else', () => {
  assert.equal(maskTarget('/a?b=1&access_token=x%20y&c', secrets), '/a?b=1&access_token=***&c');
  assert.equal(
    maskTarget('/a?user%5Bpassword%5D=x&api+key=2&%ff=3', secrets),
    '/a?user%5Bpassword%5D=***&api+key=***&%ff=3',
  );
  assert.equal(maskTarget('/token=5/?token', secrets), '/token=5/?token');
  assert.equal(maskTarget('*', secrets), '*');
  assert.equal(maskParameters('', secrets), '');
});

test('JSON without a secret stays as it is, byte for byte', () => {
  const text = '{ "id": 12345678901234567890, "n": 1.0, "list": [ {"a": "b"} ] }';
  assert.equal(maskJson(text, secrets), text);
});

test('JSON with secrets loses them at any depth; numbers keep their digits', () => {
  const text =
    '{"id":12345678901234567890,"n":1.0,"user":{"password":"x","pin":1234,"tokens":7},"keys":["a"],"key":null}';
  assert.equal(
    maskJson(text, secrets),
    '{"id":12345678901234567890,"n":1.0,"user":{"password":"***","pin":"***","tokens":7},"keys":"***","key":null}',
  );
  assert.equal(maskJson('[{"__proto__":{"secret":"x"}}]', secrets), '[{"__proto__":{"secret":"***"}}]');
});

test('what is not JSON is not masked as such', () => {
  for (const text of ['', 'a=b', '{"password":"x"', '{"a":1}{"b":2}']) assert.equal(maskJson(text, secrets), undefined);
});

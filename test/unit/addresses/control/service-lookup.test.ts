import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lookUpService, type ServiceRecord } from '../../../../src/addresses/control/service-lookup.ts';

const RECORDS = [{ name: 'a.test', port: 80, priority: 0, weight: 1 }];

/** @param zone by name: its records, or the code of an error; any other does not exist */
function lookUp(name: string, zone: Readonly<Record<string, readonly ServiceRecord[] | string>>) {
  const asked: string[] = [];
  const query = async (each: string) => {
    asked.push(each);
    const answer = zone[each] ?? 'ENOTFOUND';
    if (typeof answer === 'string') throw Object.assign(new Error(answer), { code: answer });
    return answer;
  };
  const rules = () => ({ search: ['shop.test', 'test'], ndots: 3 });
  return { asked, records: lookUpService(name, { rules, query }) };
}

test('a service is searched as the system does, and the first that exists counts', async () => {
  const { asked, records } = lookUp('_http._tcp', { '_http._tcp.test': RECORDS });
  assert.deepEqual(await records, RECORDS);
  assert.deepEqual(asked, ['_http._tcp.shop.test', '_http._tcp.test']);
});

test('without records anywhere, there is no such service', async () => {
  const { asked, records } = lookUp('_http._tcp', { '_http._tcp.test': 'ENODATA', '_http._tcp.shop.test': [] });
  await assert.rejects(records, { message: 'host not found', isNegative: true });
  assert.deepEqual(asked, ['_http._tcp.shop.test', '_http._tcp.test', '_http._tcp']);
});

test('a candidate that cannot be looked up ends the search: it may exist', async () => {
  for (const [code, message] of [
    ['ESERVFAIL', 'the DNS server failed (SERVFAIL)'],
    ['EREFUSED', 'the DNS server refuses to answer'],
    ['ETIMEOUT', 'no DNS server answers'],
  ] as const) {
    const { asked, records } = lookUp('_http._tcp', { '_http._tcp.shop.test': code, '_http._tcp.test': RECORDS });
    await assert.rejects(records, { message, isNegative: false });
    assert.deepEqual(asked, ['_http._tcp.shop.test']);
  }
});

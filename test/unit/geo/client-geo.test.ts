import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ClientGeo } from '../../../src/geo/client-geo.ts';
import { readGeoTable } from '../../../src/geo/read-geo-table.ts';
import { parseAddress } from '../../../src/net/ip-address.ts';

const ADDRESS = parseAddress('192.0.2.1')!;
const tableContent = readGeoTable(Buffer.from('192.0.2.0/24 AT'));

test('the header of a trusted proxy comes before the table, and that of anyone else counts for neither', () => {
  const geo = ClientGeo.of({ header: 'x-country', tableContent })!;
  const at = (country: string | undefined, isTrusted: boolean): string | undefined =>
    geo.locate({ 'x-country': country }, isTrusted, ADDRESS)?.name;
  assert.equal(at('DE', true), 'DE');
  assert.equal(at('DE', false), 'AT');
  for (const none of [undefined, '', 'DE, AT', 'a b', 'x'.repeat(65)]) assert.equal(at(none, true), 'AT', none);
  assert.equal(geo.locate({}, true, parseAddress('198.51.100.1')!), null);
});

test('one of them is enough, and neither is off', () => {
  assert.equal(ClientGeo.of({ header: null, tableContent: null }), null);
  const byTable = ClientGeo.of({ header: null, tableContent })!;
  assert.deepEqual(byTable.locate({ 'cf-ipcountry': 'DE' }, true, ADDRESS), {
    name: 'AT',
    folded: 'at',
    isStated: false,
  });
  const byHeader = ClientGeo.of({ header: 'cf-ipcountry', tableContent: null })!;
  assert.deepEqual(byHeader.locate({ 'cf-ipcountry': 'DE' }, true, ADDRESS), {
    name: 'DE',
    folded: 'de',
    isStated: true,
  });
  assert.equal(byHeader.locate({ 'cf-ipcountry': 'DE' }, false, ADDRESS), null);
});

test('a location is one object, however often it is found, and many different ones are not all kept', () => {
  const geo = ClientGeo.of({ header: 'x-country', tableContent })!;
  const stated = (name: string) => geo.locate({ 'x-country': name }, true, ADDRESS);
  assert.equal(stated('DE'), stated('DE'));
  assert.equal(geo.locate({}, true, ADDRESS), geo.locate({}, false, ADDRESS));
  const first = stated('DE');
  for (let count = 0; count < 5000; count += 1) assert.equal(stated(`L${count}`)?.name, `L${count}`);
  assert.notEqual(stated('DE'), first);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findInHosts, parseHosts } from '../../../../src/addresses/control/hosts-file.ts';
import { candidateNames, parseResolvConf } from '../../../../src/addresses/control/resolv-conf.ts';

test('of search and domain, the last line counts; ndots is 1 where nothing says so', () => {
  assert.deepEqual(parseResolvConf(''), { search: [], ndots: 1 });
  const text =
    'domain old.test\nsearch Svc.Test cluster.local # a note\n; options ndots:9\noptions timeout:1 ndots:5\n';
  assert.deepEqual(parseResolvConf(text), { search: ['svc.test', 'cluster.local'], ndots: 5 });
});

test('a name with enough dots is asked for as it is first, one with fewer last, one with a last dot only so', () => {
  const rules = { search: ['a.test', 'b.test'], ndots: 2 };
  assert.deepEqual(candidateNames('app.x.y', rules), ['app.x.y', 'app.x.y.a.test', 'app.x.y.b.test']);
  assert.deepEqual(candidateNames('app.x', rules), ['app.x.a.test', 'app.x.b.test', 'app.x']);
  assert.deepEqual(candidateNames('app.', rules), ['app.']);
});

test('the hosts file: several names a line, several lines a name, comments, and what is no address is left out', () => {
  const hosts = parseHosts('# x\n127.0.0.2\tApp.test app # y\n::2 app\nnonsense app\n10.0.0.1\n127.0.0.2 app\r\n');
  assert.deepEqual(findInHosts(hosts, 'app'), ['127.0.0.2', '::2']);
  assert.deepEqual(findInHosts(hosts, 'app.test'), ['127.0.0.2']);
  assert.equal(findInHosts(hosts, 'other'), undefined);
  assert.deepEqual(findInHosts(hosts, 'web.localhost'), ['127.0.0.1', '::1']);
});

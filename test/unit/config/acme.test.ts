import assert from 'node:assert/strict';
import { chmodSync } from 'node:fs';
import { test } from 'node:test';
import { compareSettings } from '../../../src/config/compare.ts';
import { loadText, loadWithReferences } from '../../../src/config/load.ts';
import { withoutRestart } from '../../../src/config/restart.ts';
import type { Settings } from '../../../src/config/settings.ts';
import { toFile } from '../../../src/config/to-file.ts';
import { POOL, problemsOf } from '../../support/config-problems.ts';
import { authority } from '../../support/issued.ts';
import { pemFolder } from '../../support/pem-folder.ts';

const KEY = 'a0'.repeat(32);
const ISSUER = { directory: 'https://acme.example.com/dir', agree: true };
const ASK = 'http://127.0.0.1:9123/allowed';
const LETSENCRYPT = 'https://acme-v02.api.letsencrypt.org/directory';

const yaml = (certificates: unknown, more: object = {}, rest: object = {}): string =>
  `${POOL}tls: ${JSON.stringify({ ...more, certificates })}\n${Object.entries(rest)
    .map(([key, value]) => `${key}: ${JSON.stringify(value)}\n`)
    .join('')}`;
const settingsOf = (text: string): Settings => loadText(text, 'c.yaml', {}, { threads: '1' });
/** Of a line about a problem. */
const withoutPlace = (line: string): string => line.replace(/^c\.yaml:\d+:\d+: /, '');
const automatic = (hosts: readonly string[], acme = 'le'): object => ({ hosts, acme });

test('a host and an address are enough', () => {
  const { tls } = settingsOf(yaml([automatic(['A.example.com'], 'letsencrypt')], { acme_email: 'ops@example.com' }));
  assert.deepEqual(tls!.certificates, [
    {
      hosts: ['a.example.com'],
      certFile: null,
      keyFile: null,
      acme: 'letsencrypt',
      onDemand: null,
      internal: false,
    },
  ]);
  assert.deepEqual(tls!.acme, {
    letsencrypt: {
      directory: LETSENCRYPT,
      email: 'ops@example.com',
      agree: true,
      profile: null,
      preferredChain: null,
      challenges: ['tls-alpn-01', 'http-01'],
      eab: null,
      caFile: null,
      caPem: null,
      fallback: null,
      dnsHook: null,
    },
  });
  assert.equal(tls!.storageKey, null);
});

test('all keys of an authority have their value, and secrets are not shown', (t) => {
  const { cert } = authority();
  const write = pemFolder(t);
  const [ca, hook] = [write('ca.pem', cert), write('hook', '#!/bin/sh\n')];
  chmodSync(hook, 0o755);
  const given = {
    ...ISSUER,
    email: 'le@example.com',
    profile: 'shortlived',
    preferred_chain: 'Test Root X1',
    challenges: ['dns-01'],
    eab: { kid: 'kid-1', hmac: 'A'.repeat(43) },
    ca_file: ca,
    fallback: 'letsencrypt',
    dns_hook: hook,
  };
  const text = yaml([automatic(['*.example.com'])], {
    acme_email: 'ops@example.com',
    storage_key: KEY,
    acme: { le: given },
  });
  const { settings, references } = loadWithReferences(text, 'c.yaml', { env: {}, flags: {}, cwd: '.' });
  assert.deepEqual(settings.tls!.acme['le'], {
    directory: ISSUER.directory,
    agree: true,
    email: 'le@example.com',
    profile: 'shortlived',
    preferredChain: 'Test Root X1',
    challenges: ['dns-01'],
    eab: { kid: 'kid-1', hmac: 'A'.repeat(43) },
    caFile: ca,
    caPem: cert,
    fallback: 'letsencrypt',
    dnsHook: hook,
  });
  const shown = toFile(settings, references) as { tls: { storage_key: string; acme: { le: object } } };
  assert.equal(shown.tls.storage_key, '***');
  assert.deepEqual(shown.tls.acme.le, { ...given, eab: { kid: 'kid-1', hmac: '***' } });
  assert.ok(Object.hasOwn(shown.tls.acme, 'letsencrypt'), 'what it falls back to is there, too');
});

const MISTAKES: readonly (readonly [what: string, text: string, problem: string])[] = [
  [
    'an authority that is not there',
    yaml([automatic(['a.example.com'], 'zerossl')], { acme: { le: ISSUER } }),
    'tls.certificates.0.acme: "zerossl" is not in tls.acme; there are: le, letsencrypt, letsencrypt-staging',
  ],
  [
    'no address for Let’s Encrypt',
    yaml([automatic(['a.example.com'], 'letsencrypt')]),
    "tls.acme_email: missing; letsencrypt needs it: with your address you agree to the terms of service of Let's Encrypt",
  ],
  [
    'terms that are not agreed to',
    yaml([automatic(['a.example.com'])], { acme: { le: { directory: ISSUER.directory } } }),
    'tls.acme.le.agree: read its terms of service, and set agree: true',
  ],
  [
    'a wildcard without a hook',
    yaml([automatic(['a.example.com', '*.example.com'])], { acme: { le: ISSUER } }),
    'tls.certificates.0.hosts.1: "*.example.com" is a wildcard, which authorities validate by dns-01 only: set tls.acme.le.dns_hook',
  ],
  [
    'dns-01 without a hook',
    yaml([automatic(['a.example.com'])], { acme: { le: { ...ISSUER, challenges: ['dns-01'] } } }),
    'tls.acme.le.dns_hook: missing; dns-01 needs it',
  ],
  [
    'an authority that falls back to itself',
    yaml([automatic(['a.example.com'])], { acme: { le: { ...ISSUER, fallback: 'le' } } }),
    'tls.acme.le.fallback: leads back to le, so there is no end',
  ],
  [
    'a fallback that is not there',
    yaml([automatic(['a.example.com'])], { acme: { le: { ...ISSUER, fallback: 'other' } } }),
    'tls.acme.le.fallback: "other" is not in tls.acme; there are: le, letsencrypt, letsencrypt-staging',
  ],
  [
    'a name that an authority cannot have',
    yaml([automatic(['a.example.com'])], { acme: { le: ISSUER, My_CA: ISSUER } }),
    'tls.acme.My_CA: a name has 1 to 32 lower-case letters, digits and dashes',
  ],
  [
    'no way to validate',
    yaml([automatic(['a.example.com'])], { acme: { le: { ...ISSUER, challenges: [] } } }),
    'tls.acme.le.challenges: an empty list; it has to validate names somehow',
  ],
  [
    'roots that cannot be read',
    yaml([automatic(['a.example.com'])], { acme: { le: { ...ISSUER, ca_file: 'missing.pem' } } }),
    'tls.acme.le.ca_file: "missing.pem" cannot be read: the file does not exist',
  ],
  [
    'a hook that is not there',
    yaml([automatic(['*.example.com'])], { acme: { le: { ...ISSUER, dns_hook: 'missing' } } }),
    'tls.acme.le.dns_hook: "missing" cannot be run: the file does not exist',
  ],
  [
    'a hook that cannot be run',
    yaml([automatic(['*.example.com'])], { acme: { le: { ...ISSUER, dns_hook: 'package.json' } } }),
    'tls.acme.le.dns_hook: "package.json" cannot be run: permission denied',
  ],
  [
    'a hook that is a folder',
    yaml([automatic(['*.example.com'])], { acme: { le: { ...ISSUER, dns_hook: 'src' } } }),
    'tls.acme.le.dns_hook: "src" cannot be run: it is not a file',
  ],
  [
    'a host that has two certificates',
    yaml([automatic(['a.example.com']), { hosts: ['a.example.com'], internal: true }], { acme: { le: ISSUER } }),
    'tls.certificates.1.hosts.0: "a.example.com" has a certificate already: tls.certificates.0',
  ],
  [
    'internal and automatic at once',
    yaml([{ ...automatic(['a.example.com']), internal: true }], { acme: { le: ISSUER } }),
    'tls.certificates.0.acme: not with internal: true; leave one of them out',
  ],
  [
    'automatic with files',
    yaml([{ ...automatic(['a.example.com']), cert_file: 'a.pem' }], { acme: { le: ISSUER } }),
    'tls.certificates.0.cert_file: not with acme; leave one of them out',
  ],
  [
    'automatic without hosts',
    yaml([{ acme: 'le' }], { acme: { le: ISSUER } }),
    'tls.certificates.0.hosts: missing; acme needs the hosts, or on_demand with an ask URL',
  ],
  [
    'on demand without a service that is asked',
    yaml([{ acme: 'le', on_demand: {} }], { acme: { le: ISSUER } }),
    'tls.certificates.0.on_demand.ask: missing; allowed: the http:// or https:// URL of a service that says which names may have a certificate',
  ],
  [
    'on demand without an authority',
    yaml([{ hosts: ['a.test'], internal: true, on_demand: { ask: ASK } }]),
    'tls.certificates.0.on_demand: needs acme, the authority to order from',
  ],
  [
    'on demand twice',
    yaml(
      [
        { acme: 'le', on_demand: { ask: ASK } },
        { acme: 'le', hosts: ['*.example.com'], on_demand: { ask: ASK } },
      ],
      { acme: { le: ISSUER } },
    ),
    'tls.certificates.1.on_demand: only one certificate may have it, and tls.certificates.0 does',
  ],
  [
    'an address on demand',
    yaml([{ acme: 'le', hosts: ['192.0.2.1'], on_demand: { ask: ASK } }], { acme: { le: ISSUER } }),
    'tls.certificates.0.hosts.0: "192.0.2.1" is an address, and no client asks for one by name',
  ],
  [
    'on demand as the default',
    yaml([{ acme: 'le', on_demand: { ask: ASK } }], { acme: { le: ISSUER }, unknown_name: 'default' }),
    'tls.certificates.0.on_demand: not in the first certificate, which is the one for unknown names (unknown_name: default)',
  ],
  [
    'PostgreSQL without a key',
    yaml([automatic(['a.example.com'])], { acme: { le: ISSUER } }, { database: { url: 'postgres://u:p@h/d' } }),
    'tls.storage_key: missing; it encrypts the private keys in PostgreSQL, the same on every gateway: make one with openssl rand -hex 32',
  ],
];

for (const [what, text, problem] of MISTAKES) {
  test(`reported: ${what}`, () => {
    assert.deepEqual(problemsOf(text).map(withoutPlace), [problem]);
  });
}

test('on demand, a service is enough, and wildcards need no hook', () => {
  const given = { acme: 'le', hosts: ['*.Example.com'], on_demand: { ask: ASK } };
  const text = yaml([given], { acme: { le: ISSUER } });
  const { settings, references } = loadWithReferences(text, 'c.yaml', { env: {}, flags: {}, cwd: '.' });
  const [certificate] = settings.tls!.certificates;
  assert.deepEqual(certificate!.hosts, ['*.example.com']);
  assert.deepEqual(certificate!.onDemand, {
    ask: ASK,
    askTimeoutMs: 2000,
    askCacheMs: 60_000,
    asksPerSecond: 10,
    waitMs: 30_000,
    maxPending: 50,
    ordersPerHour: 100,
    maxCertificates: 1000,
    keepUnusedDays: 30,
  });
  const shown = toFile(settings, references) as { tls: { certificates: { on_demand: object }[] } };
  assert.deepEqual(shown.tls.certificates[0]!.on_demand, {
    ask: ASK,
    ask_timeout: '2s',
    ask_cache: '1m',
    asks_per_second: 10,
    wait: '30s',
    max_pending: 50,
    orders_per_hour: 100,
    max_certificates: 1000,
    keep_unused_days: 30,
  });
});

test('a text from the API cannot add a program', () => {
  const text = yaml([automatic(['*.example.com'])], { acme: { le: { ...ISSUER, dns_hook: '/bin/sh' } } });
  const load = (onlyFiles?: readonly string[]) =>
    loadWithReferences(text, 'c.yaml', { env: {}, flags: {}, cwd: '.', ...(onlyFiles && { onlyFiles }) });
  assert.equal(load().settings.tls!.acme['le']!.dnsHook, '/bin/sh');
  assert.equal(load(['/bin/sh']).settings.tls!.acme['le']!.dnsHook, '/bin/sh');
  assert.throws(() => load([]), /dns_hook: a program that the current file does not use; the API cannot add one/);
});

test('a circle of three is reported at each of them', () => {
  const acme = { a: { ...ISSUER, fallback: 'b' }, b: { ...ISSUER, fallback: 'c' }, c: { ...ISSUER, fallback: 'a' } };
  const found = problemsOf(yaml([automatic(['a.example.com'], 'a')], { acme }));
  assert.deepEqual(
    found.map((line) => withoutPlace(line).split(': ')[0]),
    ['tls.acme.a.fallback', 'tls.acme.b.fallback', 'tls.acme.c.fallback'],
  );
});

test('authorities change with a reload, the key does not', () => {
  const certificates = [automatic(['a.example.com'])];
  const current = settingsOf(yaml(certificates, { acme: { le: ISSUER } }));
  const wanted = settingsOf(
    yaml(certificates, { acme: { le: { ...ISSUER, profile: 'shortlived' } }, acme_email: 'a@b.c', storage_key: KEY }),
  );
  const { settings, restartRequired } = withoutRestart(current, wanted);
  assert.deepEqual(restartRequired, ['tls.storage_key']);
  assert.equal(settings.tls!.acme['le']!.profile, 'shortlived');
  assert.equal(settings.tls!.storageKey, null);
  assert.ok(compareSettings(current, wanted).length > 0);
});

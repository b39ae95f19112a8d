import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { requestHead, type RequestHeadFacts } from '../../../../src/forwarding/message/request-head.ts';

const FACTS: Omit<RequestHeadFacts, 'rawHeaders'> = {
  method: 'GET',
  isStreamed: false,
  peerAddress: '198.51.100.1',
  isPeerTrusted: false,
  protocol: 'http',
  clientCertificate: undefined,
  via: '1.1 sluice-1',
  host: 'api.example.com',
  requestId: 'id-1',
  traceparent: null,
  traceState: '',
  ownCookies: [],
  strippedPrefix: '',
  identityFields: ['x-api-key', 'x-client-id'],
  geoHeader: null,
};

/** The fields a backend gets, as `name: value` lines. */
function lines(fields: readonly (readonly [string, string])[], facts: Partial<RequestHeadFacts> = {}): string[] {
  const head = requestHead({ ...FACTS, rawHeaders: fields.flat(), ...facts });
  return Array.from({ length: head.length / 2 }, (_, at) => `${head[at * 2]}: ${head[at * 2 + 1]}`);
}

function values(head: readonly string[], name: string): string[] {
  return head.filter((line) => line.toLowerCase().startsWith(`${name}: `)).map((line) => line.slice(name.length + 2));
}

describe('fields of the client', () => {
  it('keep order, case and duplicates', () => {
    const fields = [
      ['X-B', '1'],
      ['x-a', '2'],
      ['Cookie', 'c=3'],
      ['X-B', '4'],
      ['COOKIE', 'd=5'],
    ] as const;
    assert.deepEqual(lines(fields).slice(0, 5), ['X-B: 1', 'x-a: 2', 'Cookie: c=3', 'X-B: 4', 'COOKIE: d=5']);
  });

  it('keep their values byte for byte, empty ones too', () => {
    assert.deepEqual(
      lines([
        ['x-a', '  \xe9 "'],
        ['x-b', ''],
      ]).slice(0, 2),
      ['x-a:   \xe9 "', 'x-b: '],
    );
  });

  for (const name of [
    'Connection',
    'Keep-Alive',
    'Proxy-Connection',
    'Proxy-Authorization',
    'Transfer-Encoding',
    'Upgrade',
    'HTTP2-Settings',
    'Expect',
  ]) {
    it(`do not reach the backend when they belong to the connection: ${name}`, () => {
      assert.deepEqual(values(lines([[name, 'chunked']]), name.toLowerCase()), []);
    });
  }

  it('do not reach the backend when Connection names them, before or after it, in any case', () => {
    const head = lines([
      ['X-Early', '1'],
      ['Connection', 'close, x-late, X-EARLY'],
      ['X-Late', '2'],
      ['X-Other', '3'],
    ]);
    assert.deepEqual(head[0], 'X-Other: 3');
    assert.deepEqual(values(head, 'x-late'), []);
  });

  it('do not reach the backend when any of several Connection fields names them', () => {
    const head = lines([
      ['Connection', 'x-one'],
      ['Connection', 'x-two'],
      ['x-one', '1'],
      ['x-two', '2'],
    ]);
    assert.deepEqual([...values(head, 'x-one'), ...values(head, 'x-two')], []);
  });

  it('keep their Content-Length even when Connection names it', () => {
    const head = lines([
      ['Connection', 'content-length'],
      ['Content-Length', '5'],
    ]);
    assert.deepEqual(values(head, 'content-length'), ['5']);
  });

  it('announce trailers with a body of unknown length only', () => {
    const trailer: [string, string] = ['Trailer', 'x-sum'];
    assert.deepEqual(values(lines([['Host', 'a'], trailer], { isStreamed: true }), 'trailer'), ['x-sum']);
    assert.deepEqual(values(lines([['Host', 'a'], trailer, ['Transfer-Encoding', 'chunked']]), 'trailer'), ['x-sum']);
    assert.deepEqual(values(lines([['Host', 'a'], ['X-Request-Id', '1'], trailer]), 'trailer'), []);
  });

  it('say TE: trailers when the client takes trailers, and nothing else of TE', () => {
    assert.deepEqual(values(lines([['TE', 'trailers']]), 'te'), ['trailers']);
    assert.deepEqual(values(lines([['TE', 'gzip;q=0.5, Trailers ,deflate']]), 'te'), ['trailers']);
    assert.deepEqual(values(lines([['TE', 'gzip']]), 'te'), []);
    assert.deepEqual(values(lines([['TE', 'x-trailers']]), 'te'), []);
  });

  it('say TE: trailers also when Connection names TE, as it must (RFC 9110, 10.1.4)', () => {
    const head = lines([
      ['Connection', 'TE'],
      ['TE', 'trailers'],
    ]);
    assert.deepEqual(values(head, 'te'), ['trailers']);
  });
});

describe('Host', () => {
  it('is not among the fields: hostFor says which one is sent', () => {
    assert.deepEqual(values(lines([['Host', 'api.example.com']]), 'host'), []);
  });

  it('is not made up for a request without one', () => {
    const head = lines([], { host: undefined });
    assert.deepEqual([...values(head, 'host'), ...values(head, 'x-forwarded-host')], []);
  });
});

describe('statements about the client', () => {
  /** Each of its own value, so that one cannot stand for another. */
  const claims = [
    ['X-Forwarded-For', '10.0.0.1'],
    ['X-Forwarded-Host', 'claimed.example'],
    ['X-Forwarded-Proto', 'https'],
    ['X-Forwarded-Port', '8443'],
    ['X-Forwarded-Prefix', '/claimed'],
    ['X-Forwarded-User', 'root'],
    ['X-Forwarded-Client-Cert', 'Subject=root'],
    ['X-Forwarded', 'for=10.0.0.2'],
    ['X-Real-IP', '10.0.0.3'],
    ['X-Client-IP', '10.0.0.4'],
    ['True-Client-IP', '10.0.0.5'],
    ['CF-Connecting-IP', '10.0.0.6'],
    ['X-Cluster-Client-IP', '10.0.0.7'],
    ['X-Original-URL', '/admin'],
    ['X-Rewrite-URL', '/admin/'],
    ['Forwarded', 'for=10.0.0.8'],
    ['Client-Cert', ':cm9vdA==:'],
  ] as const;

  it('are the gateway’s own when the peer is not trusted', () => {
    const stated = lines([]);
    assert.deepEqual(lines(claims), stated);
    assert.deepEqual(values(stated, 'x-forwarded-for'), ['198.51.100.1']);
    assert.deepEqual(values(stated, 'x-forwarded-host'), ['api.example.com']);
    assert.deepEqual(values(stated, 'x-forwarded-proto'), ['http']);
    assert.deepEqual(values(stated, 'x-forwarded-port'), ['80']);
  });

  it('are the gateway’s own in any case of their names', () => {
    for (const change of [(name: string) => name.toUpperCase(), (name: string) => name.toLowerCase()]) {
      assert.deepEqual(lines(claims.map(([name, value]) => [change(name), value] as const)), lines([]));
    }
  });

  it('are the gateway’s own in every spelling that back ends fold into one name', () => {
    for (const character of ['_', '.', '+', '~']) {
      const spelled = claims
        .filter(([name]) => name.includes('-'))
        .map(([name, value]) => [name.replaceAll('-', character), value] as const);
      assert.deepEqual(lines(spelled), lines([]), character);
    }
    assert.deepEqual(lines([['X-Forwarded_For', '10.0.0.1']]), lines([]));
  });

  it('are passed on and added to when the peer is a trusted proxy', () => {
    const head = lines(claims, { isPeerTrusted: true });
    assert.deepEqual(values(head, 'x-forwarded-for'), ['10.0.0.1, 198.51.100.1']);
    for (const [name, value] of claims.slice(1)) assert.deepEqual(values(head, name.toLowerCase()), [value], name);
  });

  it('of a trusted proxy cannot be removed by naming them in Connection', () => {
    const head = lines([['Connection', claims.map(([name]) => name).join()], ...claims], { isPeerTrusted: true });
    assert.deepEqual(head, lines(claims, { isPeerTrusted: true }));
  });

  it('are joined in order when a trusted proxy sent X-Forwarded-For twice', () => {
    const twice = [
      ['X-Forwarded-For', '10.0.0.1'],
      ['x-forwarded-for', '10.0.0.2, 10.0.0.3'],
    ] as const;
    const head = lines(twice, { isPeerTrusted: true });
    assert.deepEqual(values(head, 'x-forwarded-for'), ['10.0.0.1, 10.0.0.2, 10.0.0.3, 198.51.100.1']);
  });

  it('are completed when a trusted proxy says only some of them', () => {
    const head = lines([['X-Forwarded-For', '10.0.0.1']], { isPeerTrusted: true, protocol: 'https' });
    assert.deepEqual(values(head, 'x-forwarded-host'), ['api.example.com']);
    assert.deepEqual(values(head, 'x-forwarded-proto'), ['https']);
    assert.deepEqual(values(head, 'x-forwarded-port'), ['443']);
  });
});

describe('other spellings of a name', () => {
  it('are never passed on, of what the gateway states itself or what frames the message, trusted peer or not', () => {
    const spelled = [
      'Content_Length',
      'Transfer_Encoding',
      'X_Request_Id',
      'X_Forwarded_For',
      'X_Forwarded_Host',
      'X.Forwarded.Proto',
      'X_Forwarded_Port',
      'X_Forwarded_Prefix',
      'Max_Forwards',
      'Proxy_Authorization',
      'X_Origin_Host',
    ].map((name) => [name, '1'] as const);
    assert.deepEqual(lines(spelled), lines([]));
    assert.deepEqual(lines(spelled, { isPeerTrusted: true }), lines([], { isPeerTrusted: true }));
  });

  it('are not passed on, of the fields that identify clients', () => {
    const forged = [
      ['X_Api_Key', '1'],
      ['x-client_id', '2'],
    ] as const;
    assert.deepEqual(lines(forged), lines([]));
    assert.deepEqual(lines([['X_Tenant', '3']], { identityFields: ['x-tenant'] }), lines([]));
  });

  it('are not passed on, of the field that states where a client is, not even by a proxy', () => {
    const stated = [
      ['X_Country', 'DE'],
      ['x-country', 'AT'],
    ] as const;
    const countries = (isPeerTrusted: boolean, geoHeader: string) =>
      lines(stated, { isPeerTrusted, geoHeader }).filter((line) => /country/i.test(line));
    assert.deepEqual(countries(false, 'x-country'), []);
    assert.deepEqual(countries(true, 'x-country'), ['x-country: AT']);
    assert.deepEqual(countries(false, 'x_country'), []);
    assert.deepEqual(countries(true, 'x_country'), ['X_Country: DE', 'x-country: AT']);
  });

  it('are passed on when that is the name that identifies clients', () => {
    const head = lines([['X_Tenant', '3']], { identityFields: ['x_tenant'] });
    assert.deepEqual(values(head, 'x_tenant'), ['3']);
  });

  it('are passed on, of any other field, and can be named by Connection', () => {
    assert.deepEqual(values(lines([['my_field', '1']]), 'my_field'), ['1']);
    const named = lines([
      ['my_field', '1'],
      ['Connection', 'my_field'],
    ]);
    assert.deepEqual(values(named, 'my_field'), []);
  });

  it('make no HTTP_PROXY: Proxy is never passed on', () => {
    assert.deepEqual(lines([['Proxy', 'http://evil.example']], { isPeerTrusted: true }), lines([]));
  });
});

describe('X-Forwarded-Port', () => {
  for (const [host, protocol, port] of [
    ['api.example.com:8080', 'http', '8080'],
    ['api.example.com', 'http', '80'],
    ['api.example.com', 'https', '443'],
    ['api.example.com:', 'http', '80'],
    ['[2001:db8::1]:8080', 'http', '8080'],
    ['[2001:db8::1]', 'http', '80'],
    [undefined, 'http', '80'],
  ] as const) {
    it(`is ${port} for the host ${host ?? '(none)'} by ${protocol}`, () => {
      assert.deepEqual(values(lines([], { host, protocol }), 'x-forwarded-port'), [port]);
    });
  }

  it('goes with the host and the scheme that a trusted proxy states', () => {
    const port = (claims: readonly (readonly [string, string])[]): string[] =>
      values(lines(claims, { isPeerTrusted: true }), 'x-forwarded-port');
    assert.deepEqual(port([['X-Forwarded-Host', 'a.example:8443']]), ['8443']);
    assert.deepEqual(port([['X-Forwarded-Proto', 'https']]), ['443']);
    assert.deepEqual(port([['X-Forwarded-Proto', 'HTTPS, http']]), ['443']);
  });
});

describe('X-Forwarded-Prefix', () => {
  it('is the prefix that is taken off', () => {
    assert.deepEqual(values(lines([], { strippedPrefix: '/api' }), 'x-forwarded-prefix'), ['/api']);
    assert.deepEqual(values(lines([], { strippedPrefix: '/api/' }), 'x-forwarded-prefix'), ['/api']);
  });

  it('is not there when nothing is taken off', () => {
    assert.deepEqual(values(lines([]), 'x-forwarded-prefix'), []);
  });

  it('follows the one that a trusted proxy has removed', () => {
    for (const outer of ['/outer', '/outer/']) {
      const head = lines([['X-Forwarded-Prefix', outer]], { isPeerTrusted: true, strippedPrefix: '/api' });
      assert.deepEqual(values(head, 'x-forwarded-prefix'), ['/outer/api']);
    }
  });

  it('of others is not believed', () => {
    const head = lines([['X-Forwarded-Prefix', '/forged']], { strippedPrefix: '/api' });
    assert.deepEqual(values(head, 'x-forwarded-prefix'), ['/api']);
  });
});

describe('what the gateway adds', () => {
  const added = ['x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-forwarded-port', 'x-request-id', 'via'];

  it('is there once each', () => {
    for (const name of added) assert.equal(values(lines([]), name).length, 1, name);
  });

  it('cannot be removed by naming it in Connection', () => {
    const head = lines([['Connection', added.join(', ')]]);
    for (const name of added) assert.equal(values(head, name).length, 1, name);
  });

  it('replaces the request id that the client sent', () => {
    assert.deepEqual(values(lines([['X-Request-Id', 'theirs']]), 'x-request-id'), ['id-1']);
  });

  it('ends the list of Via', () => {
    assert.deepEqual(values(lines([]), 'via'), ['1.1 sluice-1']);
    assert.deepEqual(
      values(
        lines([
          ['Via', '1.0 one'],
          ['via', '1.1 two'],
        ]),
        'via',
      ),
      ['1.0 one, 1.1 two, 1.1 sluice-1'],
    );
  });
});

describe('Max-Forwards', () => {
  it('is one less for TRACE and OPTIONS', () => {
    for (const method of ['TRACE', 'OPTIONS']) {
      assert.deepEqual(values(lines([['Max-Forwards', '10']], { method }), 'max-forwards'), ['9']);
    }
  });

  it('is passed on for other methods, and when it is no number', () => {
    assert.deepEqual(values(lines([['Max-Forwards', '10']]), 'max-forwards'), ['10']);
    assert.deepEqual(values(lines([['Max-Forwards', 'ten']], { method: 'TRACE' }), 'max-forwards'), ['ten']);
  });
});

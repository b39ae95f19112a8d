import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parsePostgresUrl, socketPath, type PostgresServer } from '../../../src/net/postgres-url.ts';
import { SSL_MODES } from '../../../src/net/core/net-vocabulary.ts';

function parsed(url: string): PostgresServer {
  const server = parsePostgresUrl(url);
  assert.ok(!('problem' in server), JSON.stringify(server));
  return server;
}

function problem(url: string): string {
  const refused = parsePostgresUrl(url);
  assert.ok('problem' in refused, `${url} was taken`);
  return refused.problem;
}

const hosts = (url: string): string[] =>
  parsed(url).hosts.map((host) =>
    host.address === null ? socketPath(host) : `${host.name} ${host.address} ${host.port}`,
  );

describe('A postgres:// URL', () => {
  test('names user, password, host, port and database', () => {
    const { user, password, database, ...rest } = parsed('postgres://jo:secret@db.example.com:6432/limits');
    assert.deepEqual([user, password, database], ['jo', 'secret', 'limits']);
    assert.deepEqual(rest.hosts, [{ name: 'db.example.com', address: 'db.example.com', port: 6432 }]);
  });

  test('has the defaults of libpq, and five seconds to connect', () => {
    const { user, password, database, tls, ...rest } = parsed('postgresql://h');
    assert.deepEqual([user, password, database], [null, null, null]);
    assert.equal(tls.mode, 'prefer');
    assert.deepEqual(rest, {
      hosts: [{ name: 'h', address: 'h', port: 5432 }],
      connectTimeoutMs: 5000,
      keepAliveMs: 30_000,
      sessionTarget: 'any',
      applicationName: 'sluice',
      options: null,
    });
  });

  test('is percent-decoded in every part; a plus is a plus', () => {
    const { user, password, database, options, applicationName } = parsed(
      'postgres://j%40o:p%2Fw%3A+@h/my%20db?options=-c%20work_mem%3D8MB&application_name=a%26b',
    );
    assert.deepEqual([user, password, database], ['j@o', 'p/w:+', 'my db']);
    assert.deepEqual([options, applicationName], ['-c work_mem=8MB', 'a&b']);
  });

  for (const [url, ...expected] of [
    ['postgres://[::1]/d', '::1 ::1 5432'],
    ['postgres://[2001:db8::1]:6432/d', '2001:db8::1 2001:db8::1 6432'],
    ['postgres://[fe80::1%eth0]/d', 'fe80::1%eth0 fe80::1%eth0 5432'],
    ['postgres://u@a,b:2,[::1]:3/d', 'a a 5432', 'b b 2', '::1 ::1 3'],
    ['postgres://a,b/d?port=6000', 'a a 6000', 'b b 6000'],
    ['postgres:///d?host=a,b&port=1,2', 'a a 1', 'b b 2'],
    ['postgres:///d?host=/var/run/postgresql', '/var/run/postgresql/.s.PGSQL.5432'],
    ['postgres://%2Ftmp%2Fmy%20sockets:5433/d', '/tmp/my sockets/.s.PGSQL.5433'],
    ['postgres:///d?host=a,/tmp', 'a a 5432', '/tmp/.s.PGSQL.5432'],
    ['postgres://db.example.com/d?hostaddr=192.0.2.7', 'db.example.com 192.0.2.7 5432'],
    ['postgres:///d?hostaddr=192.0.2.7', '192.0.2.7 192.0.2.7 5432'],
    ['postgres://in-url/d?host=in-parameter', 'in-parameter in-parameter 5432'],
  ] as const) {
    test(`leads where libpq would go: ${url}`, () => assert.deepEqual(hosts(url), expected));
  }

  test('may give user, password and database as parameters', () => {
    const { user, password, database } = parsed('postgres://h?user=jo&password=p&dbname=d');
    assert.deepEqual([user, password, database], ['jo', 'p', 'd']);
  });

  for (const mode of SSL_MODES) {
    test(`may have sslmode=${mode}`, () => {
      const root = mode === 'verify-ca' ? '&sslrootcert=/ca.pem' : '';
      assert.equal(parsed(`postgres://h/d?sslmode=${mode}${root}`).tls.mode, mode);
    });
  }

  test('names the files of TLS', () => {
    const { tls } = parsed(
      'postgres://h/d?sslmode=verify-full&sslrootcert=/r&sslcert=/c&sslkey=/k&sslpassword=p&sslcrl=/l&sslsni=0' +
        '&ssl_min_protocol_version=TLSv1.3&ssl_max_protocol_version=TLSv1.3&sslnegotiation=direct',
    );
    assert.deepEqual(tls, {
      mode: 'verify-full',
      rootCert: '/r',
      cert: '/c',
      key: '/k',
      keyPassword: 'p',
      crl: '/l',
      sni: false,
      isDirect: true,
      minVersion: 'TLSv1.3',
      maxVersion: 'TLSv1.3',
    });
  });

  test('with sslrootcert=system verifies in full', () => {
    const { tls } = parsed('postgres://h/d?sslrootcert=system');
    assert.deepEqual([tls.mode, tls.rootCert], ['verify-full', null]);
  });

  test('with ssl=true requires TLS, as libpq reads JDBC’s word', () => {
    assert.equal(parsed('postgres://h/d?ssl=true').tls.mode, 'require');
  });

  test('says how long to wait and how to keep alive', () => {
    const { connectTimeoutMs, keepAliveMs } = parsed('postgres://h/d?connect_timeout=2&keepalives_idle=7');
    assert.deepEqual([connectTimeoutMs, keepAliveMs], [2000, 7000]);
    assert.equal(parsed('postgres://h/d?keepalives=0&keepalives_idle=7').keepAliveMs, 0);
  });

  test('may repeat what is the default anyway', () => {
    parsed('postgres://h/d?channel_binding=prefer&gssencmode=disable&client_encoding=UTF8&load_balance_hosts=disable');
  });
});

describe('A postgres:// URL is refused, naming the parameter', () => {
  for (const [parameter, why] of [
    ['channel_binding=require', /^the parameter channel_binding can only be disable or prefer: /],
    ['gssencmode=require', /^the parameter gssencmode /],
    ['sslmode=on', /^the parameter sslmode can only be disable, allow, prefer, require, verify-ca, verify-full$/],
    ['sslmode=verify-ca', /^the parameter sslmode=verify-ca needs sslrootcert/],
    ['sslrootcert=/r', /^the parameter sslrootcert needs sslmode/],
    ['sslmode=require&sslrootcert=system', /^the parameter sslrootcert=system needs sslmode=verify-full/],
    ['sslcert=/c', /^the parameters sslcert and sslkey/],
    ['sslnegotiation=direct', /^the parameter sslnegotiation=direct needs/],
    ['ssl=false', /^the parameter ssl can only be true: use sslmode/],
    ['ssl_min_protocol_version=TLSv1', /^the parameter ssl_min_protocol_version can only be TLSv1.2, TLSv1.3/],
    ['target_session_attrs=standby', /^the parameter target_session_attrs can only be any, read-write, primary: /],
    ['connect_timeout=0', /^the parameter connect_timeout must be a whole number from 1 to 300, seconds$/],
    ['connect_timeout=1.5', /^the parameter connect_timeout /],
    ['keepalives_count=3', /^the parameter keepalives_count is not supported: /],
    ['tcp_user_timeout=3', /^the parameter tcp_user_timeout is not supported: /],
    ['service=x', /^the parameter service is not supported: /],
    ['passfile=x', /^the parameter passfile is not supported: /],
    ['require_auth=scram-sha-256', /^the parameter require_auth is not supported: /],
    ['replication=database', /^the parameter replication can only be/],
    ['load_balance_hosts=random', /^the parameter load_balance_hosts can only be/],
    // Words of the driver, which were options of its own once.
    ['max=50', /^the parameter max is unknown; known are /],
    ['search_path=x', /^the parameter search_path is unknown/],
    ['constructor=x', /^the parameter constructor is unknown/],
    ['sslmode', /^the parameter sslmode has no value/],
    ['port=1,2', /^the parameter port must have one entry/],
    ['hostaddr=192.0.2.1,192.0.2.2', /^the parameters host and hostaddr/],
  ] as const) {
    test(parameter, () => assert.match(problem(`postgres://h/d?${parameter}`), why));
  }
});

describe('A postgres:// URL that is not valid is refused without repeating any of it', () => {
  for (const url of [
    'mysql://u:secret@h/d',
    'secret',
    'postgres://u:sec/ret@h/d',
    'postgres://u:p@secret@h/d',
    'postgres://u:se%cret@h/d',
    'postgres://u:%00secret@h/d',
    'postgres://u:secret@h:0/d',
    'postgres://u:secret@h:65536/d',
    'postgres://u:secret@::1/d',
    'postgres://u:secret@[::1/d',
    'postgres://u:secret@[secret]/d',
    'postgres://u:secret@/d',
    'postgres://u:secret@a,,b/d',
    'postgres://u:secret@h/a b',
    'postgres://u:secret@h/d?sec%2Fret=1',
    'postgres://',
    `postgres:///d?host=/${'secret/'.repeat(20)}`,
  ]) {
    test(url, () => assert.doesNotMatch(problem(url), /secret|sec\/ret/));
  }
});

/** Those that terminate TLS, with one certificate on P-256 and HTTP/2 for clients that offer it. */
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { issueCertificate } from '../src/certificates/issue-certificate.ts';
import { findVersion } from './machine.ts';
import { CADDY, everythingOn, NGINX, type Peer, type PeerContext, sluice, SLUICE } from './peers.ts';

const DAY_MS = 86_400_000;

interface Files {
  readonly cert: string;
  readonly key: string;
}

/** For 127.0.0.1 and localhost, trusted by nobody. */
function writeCertificate(folder: string): Files {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const name = 'bench';
  const certificate = issueCertificate(
    {
      subject: name,
      issuer: name,
      publicKey,
      serial: randomBytes(8),
      notBeforeMs: Date.now() - DAY_MS,
      notAfterMs: Date.now() + DAY_MS,
      hosts: ['localhost', '127.0.0.1'],
    },
    privateKey,
  );
  const files = { cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') };
  writeFileSync(files.cert, certificate);
  writeFileSync(files.key, privateKey.export({ type: 'pkcs8', format: 'pem' }));
  return files;
}

/** @param features of Sluice, over the default configuration */
export function tlsPeers(features: object = everythingOn): readonly Peer[] {
  return [
    { name: `${SLUICE}, TLS`, version: '', command: (context) => sluiceTls(context, features) },
    { name: `${CADDY}, TLS`, version: findVersion('caddy', ['version']), command: caddyTls },
    { name: `${NGINX}, TLS`, version: findVersion('nginx', ['-v']), command: nginxTls },
  ];
}

export function sluiceTls(context: PeerContext, features: object): readonly [string, ...string[]] {
  const { cert, key } = writeCertificate(context.folder);
  return sluice(context, {
    ...features,
    server: { port: 0, max_connections_per_ip: 0 },
    tls: { port: context.port, certificates: [{ cert_file: cert, key_file: key }] },
  });
}

export function caddyTls({ folder, port, backends }: PeerContext): readonly [string, ...string[]] {
  const { cert, key } = writeCertificate(folder);
  writeFileSync(
    join(folder, 'Caddyfile'),
    `{
  admin off
  auto_https off
}
https://127.0.0.1:${port}, https://localhost:${port} {
  tls ${cert} ${key}
  reverse_proxy ${backends.join(' ')} {
    lb_policy random_choose 2
    transport http {
      keepalive_idle_conns_per_host 128
    }
  }
}
`,
  );
  return ['caddy', 'run', '--adapter', 'caddyfile', '--config', join(folder, 'Caddyfile')];
}

function nginxTls({ folder, port, backends }: PeerContext): readonly [string, ...string[]] {
  const { cert, key } = writeCertificate(folder);
  const servers = backends.map((address) => `server ${address};`).join(' ');
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  writeFileSync(
    join(folder, 'nginx.conf'),
    `daemon off; worker_processes 1; pid ${folder}/nginx.pid; error_log stderr warn;
events { worker_connections 8192; }
http {
  access_log off; keepalive_requests 100000000;
  ${temporary.map((name) => `${name}_temp_path ${folder}/${name};`).join(' ')}
  upstream backends { random two least_conn; ${servers} keepalive 128; keepalive_requests 100000000; }
  server {
    listen 127.0.0.1:${port} ssl http2;
    ssl_certificate ${cert}; ssl_certificate_key ${key};
    location / {
      proxy_pass http://backends; proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_set_header Host $host; proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    }
  }
}
`,
  );
  return ['nginx', '-e', 'stderr', '-c', join(folder, 'nginx.conf')];
}

/** Answers by itself, without a backend. */
export const BARE_HTTP2: Peer = {
  name: 'node:http2',
  version: '',
  command: (context) => bareTls(context, 'bare-http2.ts'),
};

/** Passes on what it gets, whatever that is. */
export const TLS_PIPE: Peer = {
  name: 'node:tls',
  version: '',
  command: (context) => bareTls(context, 'tls-pipe.ts', context.backends[0]!),
};

function bareTls({ folder, port }: PeerContext, script: string, ...more: string[]): readonly [string, ...string[]] {
  const { cert, key } = writeCertificate(folder);
  return [
    process.execPath,
    fileURLToPath(new URL(`peers/${script}`, import.meta.url)),
    String(port),
    cert,
    key,
    ...more,
  ];
}

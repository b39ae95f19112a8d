/**
 * The measured programs: each set up for speed, as a team would run it, with kept connections to the same three
 * backends, two random choices if it has them, and no access log.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findVersion, packageVersion } from './machine.ts';

export interface Peer {
  readonly name: string;
  /** Undefined: not installed here, so it is left out. */
  readonly version: string | undefined;
  /** Writes what it needs into the folder. */
  command(context: PeerContext): readonly [string, ...string[]];
}

export interface PeerContext {
  /** Empty, its own, deleted afterwards. */
  readonly folder: string;
  readonly port: number;
  /** Another free port; for an admin port. */
  readonly secondPort: number;
  /** `127.0.0.1:PORT`, at least one. */
  readonly backends: readonly string[];
}

const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const urls = ({ backends }: PeerContext): string[] => backends.map((address) => `http://${address}`);

export const SLUICE = 'Sluice';
export const SLUICE_OFF = 'Sluice, all off';
export const CADDY = 'Caddy';
export const NGINX = 'nginx';

export function allPeers(): Peer[] {
  const { version } = JSON.parse(readFileSync(path('../package.json'), 'utf8')) as { version: string };
  return [
    { name: NGINX, version: findVersion('nginx', ['-v']), command: nginx },
    { name: 'HAProxy', version: findVersion('haproxy', ['-v']), command: haproxy },
    { name: CADDY, version: findVersion('caddy', ['version']), command: caddy },
    {
      name: 'node:http + undici.dispatch',
      version: packageVersion('undici'),
      command: (context) => [process.execPath, path('peers/bare-undici.ts'), String(context.port), ...urls(context)],
    },
    {
      name: '@fastify/reply-from',
      version: packageVersion('@fastify/reply-from'),
      command: (context) => [process.execPath, path('peers/reply-from.ts'), String(context.port), ...urls(context)],
    },
    {
      name: '@fastify/http-proxy',
      version: packageVersion('@fastify/http-proxy'),
      command: (context) => [
        process.execPath,
        path('peers/fastify-http-proxy.ts'),
        String(context.port),
        ...urls(context),
      ],
    },
    {
      name: 'node-http-proxy',
      version: packageVersion('http-proxy'),
      command: (context) => [
        process.execPath,
        path('peers/node-http-proxy.js'),
        String(context.port),
        ...urls(context),
      ],
    },
    { name: SLUICE, version, command: (context) => sluice(context, everythingOn) },
    { name: SLUICE_OFF, version, command: (context) => sluice(context, everythingOff) },
  ];
}

function nginx({ folder, port, backends }: PeerContext): readonly [string, ...string[]] {
  const servers = backends.map((address) => `server ${address};`).join(' ');
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  writeFileSync(
    join(folder, 'nginx.conf'),
    `daemon off; worker_processes 1; pid ${folder}/nginx.pid; error_log stderr warn;
events { worker_connections 4096; }
http {
  access_log off; keepalive_requests 100000000;
  ${temporary.map((name) => `${name}_temp_path ${folder}/${name};`).join(' ')}
  upstream backends { random two least_conn; ${servers} keepalive ${128 + 2 * backends.length}; keepalive_requests 100000000; }
  server {
    listen 127.0.0.1:${port};
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

function haproxy({ folder, port, backends }: PeerContext): readonly [string, ...string[]] {
  writeFileSync(
    join(folder, 'haproxy.cfg'),
    `global
  nbthread 1
  maxconn 4096
defaults
  mode http
  timeout client 60s
  timeout server 60s
  timeout connect 3s
  http-reuse always
  option forwardfor
listen gateway
  bind 127.0.0.1:${port}
  balance random(2)
${backends.map((address, at) => `  server backend${at} ${address} pool-max-conn 128`).join('\n')}
`,
  );
  return ['haproxy', '-db', '-f', join(folder, 'haproxy.cfg')];
}

function caddy({ folder, port, backends }: PeerContext): readonly [string, ...string[]] {
  writeFileSync(
    join(folder, 'Caddyfile'),
    `{
  admin off
  auto_https off
}
http://127.0.0.1:${port} {
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

/** Limits that are counted but never reached: refusing is cheaper than forwarding. */
const unreachable = { capacity: 1e9, rate_per_second: 1e6 };
export const everythingOn = { rate_limit: { default: unreachable, global: unreachable } };
const off = { enabled: false };
const everythingOff = {
  rate_limit: off,
  health_check: off,
  passive_health: off,
  circuit_breaker: off,
  retries: { attempts: 0 },
};

/** A peer that is not in the big table. */
export function sluiceWith(name: string, features: object | ((context: PeerContext) => object), threads = 1): Peer {
  return {
    name,
    version: '',
    command: (context) => sluice(context, typeof features === 'function' ? features(context) : features, threads),
  };
}

export function peerNamed(name: string): Peer {
  const found = allPeers().find((peer) => peer.name === name);
  if (found === undefined) throw new RangeError(`peer ${name}: no such`);
  return found;
}

/** Quickly reached. */
export const LIMIT = { capacity: 1000, rate_per_second: 100 };

/** Sluice with this limit, on two threads. */
export function limitedSluice(context: PeerContext): readonly [string, ...string[]] {
  return sluice(context, { rate_limit: { default: LIMIT } }, 2);
}

/** With `features` over the default configuration. */
export function sluice(context: PeerContext, features: object, threads = 1): readonly [string, ...string[]] {
  const { folder, port, secondPort } = context;
  const { server, ...others } = features as { readonly server?: object };
  const config = {
    server: { host: '127.0.0.1', port, threads, drain_delay: '0s', ...server },
    admin: { port: secondPort },
    database: { data_dir: join(folder, 'data') },
    log: { level: 'warn', format: 'json', access: { enabled: false } },
    pools: { default: { algorithm: 'two-choices', backends: urls(context).map((url) => ({ url })) } },
    ...others,
  };
  writeFileSync(join(folder, 'sluice.json'), JSON.stringify(config, null, 2));
  return [process.execPath, path('../bin/sluice.js'), '--config', join(folder, 'sluice.json')];
}

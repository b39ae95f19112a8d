/** What docs/commands.md shows: each command at least once, in an order in which it has something to show. */

export interface ShownCommand {
  readonly words: readonly string[];
  /** As a process of its own: it reads standard input, or is stopped. */
  readonly isProcess?: true;
  readonly input?: string;
  /** More lines are left out. */
  readonly lines?: number;
  /** Depends on this machine or its speed: the page shows one output, and it is not compared. */
  readonly isLocal?: true;
  /** Only once the gateway has stopped, whose folder it opens. */
  readonly isAfterwards?: true;
}

export const CONFIG = `server: { port: 8080 }
rate_limit:
  default: { capacity: 100, rate_per_second: 10 }
tls:
  port: 8443
  certificates: [{ hosts: [localhost], internal: true }]
  redirect: off
fleet: { name: gateway-1 }
pools:
  web:
    algorithm: round-robin
    health_check: { enabled: false }
    scale: { min: 1, max: 4, in_flight: 20 }
    backends:
      - { id: web-1, url: BACKEND_1 }
      - { id: web-2, url: BACKEND_2 }
  members:
    discover: { push: {} }
routes:
  - { name: api, path_prefix: /api, pool: web, timeout: 10s }
  - { name: all, path_prefix: /, pool: web }
`;

export const NGINX = `http {
  upstream web {
    least_conn;
    server 10.0.0.1:8080 weight=2;
    server 10.0.0.2:8080;
  }
  server {
    listen 8080;
    location / { proxy_pass http://web; }
  }
}
`;

const words = (text: string): readonly string[] => text.split(' ');

export const SHOWN_COMMANDS: readonly ShownCommand[] = [
  { words: words('init first.yaml') },
  { words: words('check sluice.yaml') },
  { words: words('doctor sluice.yaml'), isLocal: true },
  { words: words('schema'), lines: 8 },
  { words: words('status') },
  { words: words('routes') },
  { words: words('backends') },
  { words: words('backends add BACKEND_3 --pool web --id web-3 --weight 2') },
  { words: words('backends drain web-2 --wait 10s') },
  { words: words('backends undrain web-2') },
  { words: words('backends weight web-3 5') },
  { words: words('backends remove web-9') },
  { words: words('backends remove web-3') },
  { words: words('circuits') },
  { words: words('circuits open web-1 --for 5m') },
  { words: words('circuits close web-1') },
  { words: words('clients add mobile-app --capacity 5 --rate 0.1') },
  { words: words('clients list') },
  { words: words('limits') },
  { words: words('limits top --by requests'), isLocal: true },
  { words: words('limits client mobile-app') },
  { words: words('explain http://localhost/api/hello') },
  { words: words('config plan changed.yaml') },
  { words: words('config versions') },
  { words: words('reload') },
  { words: words('certs') },
  { words: words('trust'), lines: 2 },
  { words: words('discovery') },
  { words: words('fleet') },
  { words: words('scale') },
  // What happened in the last moment may not be there yet.
  { words: words('events'), isLocal: true },
  { words: words('load basic --url GATEWAY -n 10 --rate 50'), isLocal: true },
  { words: words('top --once'), isLocal: true },
  { words: words('record --for 1s --out api.ndjson') },
  { words: words('replay api.ndjson --to BACKEND_1') },
  { words: words('demo-backends --count 2 --port 0'), isLocal: true, isProcess: true },
  { words: words('import nginx.conf') },
  { words: words('plugin new add-header') },
  { words: words('token create --name alice --role operator') },
  { words: words('password --name alice'), input: 'correct horse battery staple\n', isProcess: true },
  { words: words('completion bash'), lines: 6 },
  { words: words('version'), isLocal: true },
  { words: words('backup all.backup --data-dir data'), isAfterwards: true },
  { words: words('restore all.backup --config restored.yaml --data-dir restored'), isAfterwards: true },
  { words: words('db export all.ndjson --data-dir data'), isAfterwards: true },
];

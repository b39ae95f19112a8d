/** The backends of every peer: one nginx on three ports that answers from memory, else a node:http server. */
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';

/** A typical API answer: a little JSON, 110 bytes. */
export const BODY = JSON.stringify({ id: 4711, name: 'sluice', tags: ['a', 'b'], note: 'x'.repeat(56) });

/** Files, by path without its slash: bytes. Only with nginx. */
export const LARGE = { '64k': 65_536, '1m': 1_048_576 } as const;

export function backendCommand(
  folder: string,
  ports: readonly number[],
  hasNginx: boolean,
): readonly [string, ...string[]] {
  if (!hasNginx) return [process.execPath, import.meta.filename, ...ports.map(String)];
  for (const [name, bytes] of Object.entries(LARGE)) writeFileSync(join(folder, name), Buffer.alloc(bytes, 'sluice'));
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  writeFileSync(
    join(folder, 'backend.conf'),
    `daemon off; worker_processes 1; pid ${folder}/backend.pid; error_log stderr warn;
events { worker_connections 8192; }
http {
  access_log off; keepalive_requests 100000000; keepalive_timeout 300s; default_type application/json;
  ${temporary.map((name) => `${name}_temp_path ${folder}/${name};`).join(' ')}
  server {
    ${ports.map((port) => `listen ${port};`).join(' ')}
    root ${folder}; sendfile on; open_file_cache max=8;
    location / { return 200 '${BODY}'; }
    location = /kib { return 200 '${'k'.repeat(1024)}'; }
    ${Object.keys(LARGE)
      .map((name) => `location = /${name} { }`)
      .join(' ')}
  }
}
`,
  );
  return ['nginx', '-e', 'stderr', '-c', join(folder, 'backend.conf')];
}

if (import.meta.main) {
  const head = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(BODY) };
  for (const port of process.argv.slice(2)) {
    createServer((request, response) => {
      request.resume();
      response.writeHead(200, head).end(BODY);
    }).listen(Number(port), '127.0.0.1');
  }
}

/**
 * The backends of every peer: one nginx that answers from memory, on ports for HTTP/1.1 and on others for HTTP/2 without
 * TLS; else servers of Node.
 */
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';
import { join } from 'node:path';

/** A typical API answer: a little JSON, 110 bytes. */
export const BODY = JSON.stringify({ id: 4711, name: 'sluice', tags: ['a', 'b'], note: 'x'.repeat(56) });

/** Files, by path without its slash: bytes. Only with nginx. */
export const LARGE = { '64k': 65_536, '1m': 1_048_576 } as const;

/** Only on the ports for HTTP/2: answers any call of gRPC with one message. */
export const GRPC_PATH = '/bench.Echo/Call';

/** A message of gRPC with its prefix: flags, and its length. Text otherwise. */
export function grpcMessage(bytes: number): Buffer {
  const message = Buffer.alloc(5 + bytes, 'm');
  message.writeUInt8(0, 0);
  message.writeUInt32BE(bytes, 1);
  return message;
}

const GRPC_ANSWER = grpcMessage(100);

export interface BackendPorts {
  readonly http1: readonly number[];
  readonly h2c: readonly number[];
}

export function backendCommand(
  folder: string,
  { http1, h2c }: BackendPorts,
  hasNginx: boolean,
): readonly [string, ...string[]] {
  if (!hasNginx) return [process.execPath, import.meta.filename, http1.join(), h2c.join()];
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
    ${http1.map((port) => `listen ${port};`).join(' ')}
    root ${folder}; sendfile on; open_file_cache max=8;
    location / { return 200 '${BODY}'; }
    location = /kib { return 200 '${'k'.repeat(1024)}'; }
    ${Object.keys(LARGE)
      .map((name) => `location = /${name} { }`)
      .join(' ')}
  }
  ${h2c.length === 0 ? '' : h2cServer(h2c)}
}
`,
  );
  return ['nginx', '-e', 'stderr', '-c', join(folder, 'backend.conf')];
}

function h2cServer(ports: readonly number[]): string {
  return `server {
    ${ports.map((port) => `listen ${port} http2;`).join(' ')}
    http2_max_concurrent_streams 1000;
    location / { return 200 '${BODY}'; }
    location = ${GRPC_PATH} {
      default_type application/grpc; return 200 '${GRPC_ANSWER.toString('latin1')}'; add_trailer grpc-status 0;
      # What may be rewritten has no length, like the answers of servers of gRPC.
      ssi on; ssi_types application/grpc;
    }
  }`;
}

if (import.meta.main) {
  const head = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(BODY) };
  const [http1 = '', h2c = ''] = process.argv.slice(2);
  for (const port of http1.split(',')) {
    createServer((request, response) => {
      request.resume();
      response.writeHead(200, head).end(BODY);
    }).listen(Number(port), '127.0.0.1');
  }
  for (const port of h2c.split(',').filter(Boolean)) {
    const server = createHttp2Server();
    server.on('stream', (stream, { ':path': path }) => {
      stream.resume();
      if (path !== GRPC_PATH) {
        stream.respond({ ':status': 200, ...head });
        stream.end(BODY);
        return;
      }
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
      stream.end(GRPC_ANSWER);
    });
    server.listen(Number(port), '127.0.0.1');
  }
}

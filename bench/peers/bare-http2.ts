/** The floor of what Node can do: its own HTTP/2 server over TLS, with nothing in it. `node bare-http2.ts PORT CERT KEY` */
import { readFileSync } from 'node:fs';
import { createSecureServer } from 'node:http2';
import { BODY } from '../backend.ts';

const [port, cert, key] = process.argv.slice(2) as [string, string, string];

createSecureServer({ cert: readFileSync(cert), key: readFileSync(key), allowHTTP1: true }, (_request, response) => {
  response.end(BODY);
}).listen(Number(port), '127.0.0.1');

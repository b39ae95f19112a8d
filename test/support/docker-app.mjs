// What runs in the containers of tests: an HTTP server that ends gracefully.
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';

const name = process.env.NAME;
const server = createServer((_, response) => response.end(name));
server.listen(8080, () => writeFileSync('/ready', ''));
process.on('SIGTERM', () => {
  // New connections until the gateway knows; a container has ten seconds.
  setTimeout(() => server.close(() => process.exit(0)), Number(process.env.LINGER_MS ?? 0));
});

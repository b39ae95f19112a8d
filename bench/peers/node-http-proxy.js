/** node-http-proxy with kept connections. `node node-http-proxy.js PORT BACKEND…`; it takes turns. */
import { Agent, createServer } from 'node:http';
import httpProxy from 'http-proxy';

const [port, ...urls] = process.argv.slice(2);
const proxy = httpProxy.createProxyServer({ agent: new Agent({ keepAlive: true, maxSockets: 128 }) });
proxy.on('error', (_error, _request, response) => response.destroy());
let turn = 0;
createServer((request, response) => {
  turn = (turn + 1) % urls.length;
  proxy.web(request, response, { target: urls[turn] });
}).listen(Number(port), '127.0.0.1');

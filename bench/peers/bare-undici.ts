/**
 * The floor of what Node can do: node:http in, undici's dispatch out, nothing in between. Headers go through as they
 * are, less what belongs to one connection. `node bare-undici.ts PORT BACKEND…`
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Pool, type Dispatcher } from 'undici';

const [port, ...urls] = process.argv.slice(2);
const pools = urls.map((url) => new Pool(url, { connections: 128, pipelining: 1 }));
const ofOneConnection = new Set(['connection', 'keep-alive', 'transfer-encoding', 'upgrade', 'expect']);
let turn = 0;

createServer((request, response) => {
  turn = (turn + 1) % pools.length;
  const { method, url: path, rawHeaders } = request;
  const hasBody = method !== 'GET' && method !== 'HEAD';
  pools[turn]!.dispatch(
    { method: method as Dispatcher.HttpMethod, path: path!, headers: kept(rawHeaders), body: hasBody ? request : null },
    relay(request, response),
  );
}).listen(Number(port), '127.0.0.1');

function kept(rawHeaders: readonly string[]): string[] {
  const headers: string[] = [];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    if (!ofOneConnection.has(rawHeaders[at]!.toLowerCase())) headers.push(rawHeaders[at]!, rawHeaders[at + 1]!);
  }
  return headers;
}

function relay(request: IncomingMessage, response: ServerResponse): Dispatcher.DispatchHandler {
  return {
    onConnect(abort) {
      request.once('aborted', abort);
    },
    onHeaders(status, rawHeaders, resume) {
      response.on('drain', resume);
      response.writeHead(status, kept(rawHeaders.map((field) => field.toString('latin1'))));
      return true;
    },
    onData: (chunk) => response.write(chunk),
    onComplete: () => void response.end(),
    onError: () => void (response.headersSent ? response.destroy() : response.writeHead(502).end()),
  };
}

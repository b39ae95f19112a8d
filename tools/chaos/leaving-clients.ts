/** Clients that do not wait for their answer, or take it slowly. None of them ever fails. */
import { request, type ClientRequest } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';

const LARGE = '/bytes/50000000';

/** One that leaves: while it sends its body, before its answer, or in the middle of it. */
export function leavingClient(url: string, clientId: string, turn: number): Promise<void> {
  const headers = { 'x-client-id': clientId };
  const kind = turn % 3;
  if (kind === 0) {
    const upload = request(`${url}/echo`, { method: 'POST', headers: { ...headers, 'content-length': 100_000 } });
    upload.write('x'.repeat(1000), () => upload.destroy());
    return over(upload);
  }
  if (kind === 1) {
    const asked = request(`${url}/api/hello`, { headers });
    asked.end(() => asked.destroy());
    return over(asked);
  }
  const download = request(`${url}${LARGE}`, { headers });
  download.once('response', (response) => response.once('data', () => download.destroy()));
  download.end();
  return over(download);
}

/** Reads a large answer in sips for `forMs`, then leaves. */
export async function slowReader(url: string, clientId: string, forMs: number): Promise<void> {
  const download = request(`${url}${LARGE}`, { headers: { 'x-client-id': clientId } });
  download.once('response', (response) => {
    response.on('data', () => {
      response.pause();
      setTimeout(() => response.resume(), 50);
    });
  });
  download.end();
  const ended = over(download);
  await Promise.race([wait(forMs), ended]);
  download.destroy();
  await ended;
}

function over(asked: ClientRequest): Promise<void> {
  return new Promise((resolve) => {
    asked.on('error', () => undefined);
    asked.once('response', (response) => response.on('error', () => undefined));
    asked.once('close', resolve);
  });
}

/** When a program that has just been started answers. */
import { get } from 'node:http';
import { get as getOverTls } from 'node:https';
import type { Running } from './processes.ts';

/** Resolves with the first answer with the status 200. Rejects if the program ends before. @param host default: as in the URL */
export async function firstAnswer(running: Running, url: string, host?: string): Promise<void> {
  while (!(await answers(url, host))) if (running.hasExited()) throw new Error(running.output());
}

/** Takes some milliseconds if it does not. */
function answers(url: string, host: string | undefined): Promise<boolean> {
  return new Promise((resolve) => {
    const again = (): void => void setTimeout(() => resolve(false), 5);
    // The certificate may be self-signed.
    const options = {
      agent: false,
      rejectUnauthorized: false,
      ...(host === undefined ? {} : { servername: host, headers: { host } }),
    };
    (url.startsWith('https:') ? getOverTls : get)(url, options, (response) => {
      response.resume();
      response.on('end', () => (response.statusCode === 200 ? resolve(true) : again()));
    }).on('error', again);
  });
}

/** Heads that src/http1/client writes are read by llhttp as what was meant. */
import type { UpstreamRequest } from '../../src/http/upstream-side.ts';
import { requestText } from '../../src/http1/client/request-text.ts';
import type { Draw } from './draw.ts';
import { readWithLlhttp } from './llhttp-reading.ts';

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'PROPFIND', 'TRACE'];
const TARGET = "abz019-._~!$&'()*+,;=:@%/?";
const TOKEN = "!#$%&'*+.^_`|~09AZaz-";
const VALUE = 'abcXYZ019,;:="\'()/\\<>@[]{}?&%\x80\xa0\xe4\xff';

/** Undefined: it came as it was meant. */
export function roundTripFault(draw: Draw): string | undefined {
  const method = draw.of(METHODS);
  const target = draw.isOneIn(20) && method === 'OPTIONS' ? '*' : `/${draw.text(TARGET, draw.below(12))}`;
  const fields: string[] = [];
  for (let count = draw.below(draw.isOneIn(20) ? 60 : 6); count > 0; count -= 1) {
    const value = Array.from({ length: draw.below(4) }, () => draw.text(VALUE, 1 + draw.below(6))).join(
      draw.of([' ', '\t', '  ']),
    );
    fields.push(`x${draw.text(TOKEN, draw.below(8))}`, value);
  }
  const bytes = draw.isOneIn(2) ? draw.text(VALUE, draw.below(40)) : null;
  const isChunked = bytes !== null && draw.isOneIn(2);
  if (bytes !== null && !isChunked) fields.push('content-length', String(bytes.length));
  const body = bytes === null ? null : isChunked ? IN_CHUNKS : Buffer.from(bytes, 'latin1');
  const host = draw.of(['a.example', 'a.example:8080', '[::1]:80']);
  const head = requestText({ method, target, host, fields, body });
  const sent = isChunked ? `${bytes.length === 0 ? '' : chunk(bytes)}0\r\n\r\n` : (bytes ?? '');

  const text = `${head}${sent}${head}${sent}`;
  const reading = readWithLlhttp({ isResponse: false, bytes: Buffer.from(text, 'latin1'), heads: [] });
  const framing = isChunked ? ['transfer-encoding', 'chunked'] : [];
  const length = bytes === null && ['POST', 'PUT', 'PATCH', 'PROPFIND'].includes(method) ? ['content-length', '0'] : [];
  const meant = {
    start: `${method} ${target} HTTP/1.1`,
    fields: ['host', host, 'connection', 'keep-alive', ...fields, ...framing, ...length],
    body: bytes ?? '',
    isComplete: true,
  };
  const read = reading.messages.map(({ start, fields: found, body: came, isComplete }) => ({
    start,
    fields: found,
    body: came,
    isComplete,
  }));
  if (reading.fault === null && JSON.stringify(read) === JSON.stringify([meant, meant])) return undefined;
  return `written: ${JSON.stringify(text)}\nllhttp:  ${JSON.stringify([reading.fault, read])}`;
}

function chunk(data: string): string {
  return `${data.length.toString(16)}\r\n${data}\r\n`;
}

const never = (): never => {
  throw new Error('only its head is written');
};
const IN_CHUNKS: UpstreamRequest['body'] = { hasLength: false, start: never, pause: never, resume: never, stop: never };

/** Responses on one connection to a backend. */
import type { Draw } from './draw.ts';
import { fieldsAndBody, lineEnd } from './grammar.ts';

const STATUSES = [
  '404 Not Found',
  '500 ',
  '206 P',
  '204 No Content',
  '304 Not Modified',
  '205 R',
  '299 \xe4\xff',
  '599 a\tb',
];
const INTERIM = ['100 Continue', '103 Early Hints', '102 P', '100 ', '199 x', '103'];
const ODD_STATUSES = [
  '101 S',
  '099 x',
  '20 x',
  '2000 x',
  '200',
  '200\tOK',
  '2x0 x',
  '-200 x',
  ' 200 x',
  '200OK',
  '600 x',
  '999 x',
  '000 x',
  '200 \0',
  '200 a\x7f',
  '200 a\rb',
  '200  ',
  '',
];
const VERSIONS = [
  'HTTP/1.0',
  'HTTP/1.0',
  'HTTP/1.0',
  'HTTP/1.2',
  'HTTP/0.9',
  'HTTP/2.0',
  'HTTP/1',
  'http/1.1',
  'ICY',
  'HTTP/1.1x',
  'HTTP',
  'RTSP/1.0',
  'ICE/1.0',
];

/** One response, perhaps with interim ones before it. @param isHead it answers HEAD */
export function response(draw: Draw, isHead: boolean): string {
  let text = draw.usually('', 100, ['\r\n', ' ', '\n']);
  if (draw.isOneIn(8)) text += head(draw, draw.of(INTERIM), draw.isOneIn(8), false);
  const status = draw.usually('200 OK', 3, STATUSES);
  const isBodiless = isHead || status.startsWith('204') || status.startsWith('304');
  return `${text}${head(draw, draw.usually(status, 25, ODD_STATUSES), !isBodiless || draw.isOneIn(4), !isBodiless)}`;
}

function head(draw: Draw, status: string, mayHaveBody: boolean, isSent: boolean): string {
  const line = `${draw.usually('HTTP/1.1', 15, VERSIONS)}${draw.usually(' ', 200, ['', '  ', '\t'])}${status}${lineEnd(draw)}`;
  return `${line}${fieldsAndBody(draw, mayHaveBody, isSent)}`;
}

/** Requests of one connection. */
import type { Draw } from './draw.ts';
import { fieldsAndBody, lineEnd } from './grammar.ts';

const METHODS = ['GET', 'POST', 'PUT', 'HEAD', 'DELETE', 'OPTIONS', 'PATCH', 'PROPFIND', 'QUERY', 'TRACE', 'M-SEARCH'];
const ODD_METHODS = [
  'CONNECT',
  'CONNECT',
  'PRI',
  'SOURCE',
  'DESCRIBE',
  'get',
  'FOO',
  'G',
  'GETX',
  'G@T',
  '',
  'GE\tT',
  'PROXY',
];
const TARGET = "abz019-._~!$&'()*+,;=:@%/?";
const ODD_TARGET = '#"<>[]\\^`{|}\x80\xff\x7f\0\t ';
const TARGETS = [
  '*',
  'http://host/',
  'http://host:80/a?b',
  'https://user@host',
  'http://[::1]/',
  'HTTP://H?a',
  'host:443',
  'host',
  '[::1]:443',
  'http://',
  'http:///a',
  'http:/a',
  'a+b://host/',
  '//host/a',
  '*a',
  '?a',
  '#a',
  '',
  'http://a b/',
  'http://h#f',
  'http://a@b@c/',
];
const VERSIONS = ['1.0', '1.0', '1.0', '1.2', '0.9', '2.0', '1.10', '1', '01.1', '1,1', '1.1 ', ''];
const PROTOCOLS = ['http', 'HTP', 'ICE', 'RTSP', 'Http', ''];

/** Empty lines, and what is not HTTP/1.1. */
const BEFORE = [
  '\r\n',
  '\n',
  '\r',
  '\r\n\r\n',
  ' ',
  '\0',
  '\x16\x03\x01\x02',
  'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  'PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n',
  'PROXY UNKNOWN\r\n',
];

export function request(draw: Draw): string {
  const before = draw.isOneIn(40) ? draw.of(BEFORE) : '';
  const method = draw.usually(draw.of(METHODS), 40, ODD_METHODS);
  const spaces = draw.usually(' ', 200, ['', '  ', '\t', '\r', '\n', '\0', '\x0b']);
  const more = draw.usually(' ', 200, ['', '  ', '\t', '\r', '\n', '\0', '\x0b']);
  const version = `${draw.usually('HTTP', 150, PROTOCOLS)}${draw.usually('/', 300, ['', ' ', '//'])}${draw.usually('1.1', 20, VERSIONS)}`;
  const upgrade = draw.isOneIn(60) ? 'Upgrade: x\r\nConnection: upgrade\r\n' : '';
  const line = `${method}${spaces}${target(draw)}${more}${version}${lineEnd(draw)}`;
  return `${before}${line}${upgrade}${fieldsAndBody(draw, !draw.isOneIn(3))}`;
}

function target(draw: Draw): string {
  if (draw.isOneIn(15)) return draw.of(TARGETS);
  const path = `/${draw.text(TARGET, draw.below(14))}`;
  return draw.isOneIn(25) ? `${path}${draw.text(ODD_TARGET, 1)}a` : path;
}

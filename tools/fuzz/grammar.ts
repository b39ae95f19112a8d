/** The common parts of requests and responses: fields, framing and bodies, mostly valid, with oddities now and then. */
import type { Draw } from './draw.ts';

const TOKEN = "!#$%&'*+-.^_`|~09AZaz";
const VALUE = 'abcXYZ019 \t,;:="\'()/\\<>@[]{}?&%\x80\xa0\xe4\xff';
const DATA = 'ab01\r\n\0;: \xff';
const NAMES = ['Host', 'Accept', 'User-Agent', 'Cookie', 'Set-Cookie', 'X-A', 'Via', 'TE', 'Trailer', 'Expect', 'Date'];
const ODD_LINES = [
  'X-A',
  'X-A : a',
  'X-A\t: a',
  ': a',
  ' X-A: a',
  'X-A: a\r\n b',
  'X-A: a\r\n\tb',
  'X-A:\r\n b',
  'X A: a',
  'X(A): a',
  'X-\xe4: a',
  'X-A: a\0',
  'X-A: a\x0bb',
  'X-A: a\x7f',
  'X-A: a\rb',
  'X-A: a\nb',
  'X-A: a\n',
  'X-A: a\r',
];
const ODD_LENGTHS = [
  '',
  '+1',
  '-1',
  '0x1',
  '1,1',
  '1, 1',
  '1 1',
  '1.0',
  '1e0',
  'x',
  '"1"',
  '\xa01',
  '1;',
  '00',
  '01',
  '9007199254740991',
  '9007199254740992',
  '18446744073709551615',
  '18446744073709551616',
  '18446744073709551617',
];
const ODD_CODINGS = [
  '',
  'Chunked',
  'CHUNKED',
  'xchunked',
  'chunkedx',
  'chunked,',
  ',chunked',
  'gzip',
  'gzip, chunked',
  'gzip,chunked',
  'chunked, gzip',
  'chunked, chunked',
  'chunked,chunked',
  'identity',
  'identity, chunked',
  'chunked;a=b',
  '"chunked"',
  'chunked\xa0',
  '\x0bchunked',
  'chunked chunked',
];
const CONNECTIONS = [
  'close',
  'keep-alive',
  'Close',
  'Keep-Alive',
  'x',
  'close, x',
  'x , close',
  'keep-alive,close',
  'closex',
  'close x',
  'keep-alivex',
  'upgrade',
  'keep-alive, Upgrade',
  '',
  ',',
  'close\xa0',
  '"close"',
];
const EXTENSIONS = [';a', ';a=b', ';a="b c"', ';a="\\"";b', ';a=b;c=d'];
const ODD_EXTENSIONS = [
  ';',
  '; a',
  ' ;a',
  ' ',
  '\t',
  ';a=',
  ';a="',
  ';a="b',
  ';=b',
  ';a\n',
  ';a\r',
  ';a=b=c',
  ';a=\x01',
  ';a="\x01"',
  ';a;',
  ';\xe4',
  ';a="\xe4"',
  ';a="b"c',
  ',a',
];
const ODD_SIZES = [
  '',
  '0x1',
  '+1',
  '-1',
  ' 1',
  '1 ',
  '1_0',
  '01',
  '0000000000000000000001',
  'g',
  '1h',
  '20000000000000',
];
const LARGE_SIZES = [
  '1fffffffffffff',
  'ffffffffffffffff',
  '10000000000000000',
  '10000000000000001',
  '7fffffffffffffff',
];
const ODD_ENDS = ['\n', '\r', '', '\r\r\n', '\n\r', '\r\n\r\n', ' \r\n', '\0\r\n'];

export function lineEnd(draw: Draw): string {
  return draw.usually('\r\n', 150, ODD_ENDS);
}

/** `Name: value`, with its line end. */
function fieldLine(draw: Draw): string {
  if (draw.isOneIn(25)) return `${draw.of(ODD_LINES)}${lineEnd(draw)}`;
  const name = draw.isOneIn(4) ? draw.text(TOKEN, 1 + draw.below(18)) : draw.of(NAMES);
  return `${name}:${draw.usually(' ', 6, ['', '\t', '  ', ' \t '])}${value(draw)}${lineEnd(draw)}`;
}

function value(draw: Draw): string {
  if (draw.isOneIn(10)) return '';
  if (draw.isOneIn(200)) return 'v'.repeat(draw.below(20_000));
  return `${draw.text(VALUE, 1 + draw.below(12))}${draw.usually('', 8, [' ', '\t', ' \t'])}`;
}

/** Fields, an empty line and the body that they announce, more or less. @param isSent false: it is announced only */
export function fieldsAndBody(draw: Draw, mayHaveBody: boolean, isSent = true): string {
  const lines: string[] = [];
  for (let count = draw.below(draw.isOneIn(60) ? 80 : 5); count > 0; count -= 1) lines.push(fieldLine(draw));
  if (draw.isOneIn(8)) lines.push(`${cased(draw, 'Connection')}: ${draw.of(CONNECTIONS)}${lineEnd(draw)}`);
  let body = '';
  if (mayHaveBody) {
    const kind = draw.below(10);
    if (kind < 4) body = sized(draw, lines);
    else if (kind < 9) body = chunked(draw, lines);
    // Both, twice, or with something odd.
    if (draw.isOneIn(15)) sized(draw, lines);
    if (draw.isOneIn(15)) chunked(draw, lines);
  }
  for (let at = lines.length - 1; at > 0; at -= 1) {
    const other = draw.below(at + 1);
    [lines[at], lines[other]] = [lines[other]!, lines[at]!];
  }
  return `${lines.join('')}${lineEnd(draw)}${isSent ? body : ''}`;
}

function sized(draw: Draw, lines: string[]): string {
  const body = draw.text(DATA, draw.below(draw.isOneIn(50) ? 3000 : 12));
  const isOdd = draw.isOneIn(12);
  const length = isOdd ? draw.of(ODD_LENGTHS) : String(body.length);
  lines.push(`${cased(draw, 'Content-Length')}: ${length}${lineEnd(draw)}`);
  return body;
}

function chunked(draw: Draw, lines: string[]): string {
  const coding = draw.usually('chunked', 12, ODD_CODINGS);
  lines.push(`${cased(draw, 'Transfer-Encoding')}:${draw.usually(' ', 8, ['', '\t'])}${coding}${lineEnd(draw)}`);
  let body = '';
  for (let count = draw.below(4); count > 0; count -= 1) {
    const data = draw.text(DATA, 1 + draw.below(draw.isOneIn(50) ? 3000 : 18));
    body += `${size(draw, data.length)}${extension(draw)}${lineEnd(draw)}${data}${lineEnd(draw)}`;
  }
  body += `${draw.usually('0', 30, ['00', '000000000000000000', '-0', '', '0x0'])}${extension(draw)}${lineEnd(draw)}`;
  if (draw.isOneIn(5)) for (let count = 1 + draw.below(3); count > 0; count -= 1) body += trailer(draw);
  return `${body}${lineEnd(draw)}`;
}

function size(draw: Draw, length: number): string {
  if (draw.isOneIn(40)) return draw.of(ODD_SIZES);
  if (draw.isOneIn(200)) return draw.of(LARGE_SIZES);
  const hex = length.toString(16);
  return draw.usually(hex, 6, [hex.toUpperCase(), `0${hex}`, `00000000${hex}`]);
}

function extension(draw: Draw): string {
  if (draw.isOneIn(60)) return draw.of(ODD_EXTENSIONS);
  return draw.isOneIn(10) ? draw.of(EXTENSIONS) : '';
}

function trailer(draw: Draw): string {
  if (draw.isOneIn(25)) return `Content-Length: 1${lineEnd(draw)}`;
  return draw.isOneIn(25) ? `Transfer-Encoding: chunked${lineEnd(draw)}` : fieldLine(draw);
}

function cased(draw: Draw, name: string): string {
  return draw.usually(name, 8, [name.toLowerCase(), name.toUpperCase(), `${name} `, `${name}s`, ` ${name}`]);
}

/** Changes bytes of a valid stream in small ways. */
import type { Draw } from './draw.ts';

const BYTES = '\r\n \t:;,=\0\x0b\x7f\x80\xff01agfxG+-/."\\%#*';
const WORDS = [
  '\r\n',
  '\r\n\r\n',
  '\n\n',
  'chunked',
  'Content-Length: 1\r\n',
  'Transfer-Encoding: chunked\r\n',
  ' HTTP/1.1',
  '0\r\n\r\n',
  'close',
  'GET / HTTP/1.1\r\n\r\n',
  '1\r\n',
];

export function mutate(draw: Draw, text: string): string {
  let mutated = text;
  for (let count = 1 + draw.below(3); count > 0; count -= 1) mutated = mutateOnce(draw, mutated);
  return mutated;
}

function mutateOnce(draw: Draw, text: string): string {
  const at = draw.below(text.length + 1);
  const to = Math.min(text.length, at + 1 + draw.below(draw.isOneIn(4) ? 30 : 2));
  switch (draw.below(8)) {
    case 0:
      return text.slice(0, at) + text.slice(to);
    case 1:
      return text.slice(0, at) + draw.of(WORDS) + text.slice(at);
    case 2:
      return text.slice(0, to) + text.slice(at);
    case 3: {
      const other = draw.below(text.length + 1);
      return text.slice(0, other) + text.slice(at, to) + text.slice(other);
    }
    case 4:
      return draw.isOneIn(4) ? text.slice(0, at) : text.slice(0, at) + swapCase(text.slice(at, to)) + text.slice(to);
    case 5:
      return text.slice(0, at) + String.fromCharCode(draw.below(256)) + text.slice(at);
    case 6:
      return text.slice(0, at) + draw.text(BYTES, 1) + text.slice(at + 1);
    default:
      return text.slice(0, at) + draw.text(BYTES, 1) + text.slice(at);
  }
}

function swapCase(text: string): string {
  return text.replace(/[A-Za-z]/g, (letter) => String.fromCharCode(letter.charCodeAt(0) ^ 0x20));
}

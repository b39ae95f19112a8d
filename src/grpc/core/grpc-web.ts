/** gRPC-Web: calls of browsers, which see no trailers (grpc/grpc: doc/PROTOCOL-WEB.md). */

/** `text`: everything in base64. */
export type WebCoding = 'binary' | 'text';

const TYPE = /^application\/grpc-web(?<text>-text)?(?<subtype>\+[^\s;]+)?[ \t]*(?:;|$)/i;

/** Null: it is no content type of gRPC-Web. */
export function webCoding(contentType: string | undefined): WebCoding | null {
  // Nearly all requests.
  if (contentType?.startsWith('application/grpc-web') !== true) return null;
  const match = TYPE.exec(contentType);
  if (match === null) return null;
  return match.groups!['text'] === undefined ? 'binary' : 'text';
}

/** The type that means the same without a browser. @param webType see {@link webCoding} */
export function nativeType(webType: string): string {
  return `application/grpc${TYPE.exec(webType)?.groups?.['subtype'] ?? ''}`;
}

/** Undefined: it is not of gRPC. */
export function webType(nativeContentType: string, coding: WebCoding): string | undefined {
  const match = /^application\/grpc(\+[^\s;]+)?[ \t]*(?:;|$)/i.exec(nativeContentType);
  if (match === null) return undefined;
  return `application/grpc-web${coding === 'text' ? '-text' : ''}${match[1] ?? '+proto'}`;
}

/** The first bit says that trailers follow, in place of a message. */
const TRAILERS_FLAG = 0x80;
const PREFIX_BYTES = 5;

/** Trailers as the last part of a body. @param trailers pairs of name and value, latin1 */
export function trailerFrame(trailers: readonly (readonly [string, string])[]): Uint8Array {
  let text = '';
  for (const [name, value] of trailers) text += `${name.toLowerCase()}: ${value}\r\n`;
  const frame = new Uint8Array(PREFIX_BYTES + text.length);
  frame[0] = TRAILERS_FLAG;
  new DataView(frame.buffer).setUint32(1, text.length);
  for (let at = 0; at < text.length; at += 1) frame[PREFIX_BYTES + at] = text.charCodeAt(at);
  return frame;
}

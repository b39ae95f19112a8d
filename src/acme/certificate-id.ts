/** How an authority names a certificate in its renewal information (ARI, RFC 9773, 4.1). */
import type { X509Certificate } from 'node:crypto';
import { readValues } from './core/der-reader.ts';

const AUTHORITY_KEY_ID = Buffer.from('551d23', 'hex');
const SEQUENCE = 0x30;
const EXTENSIONS = 0xa3;
const KEY_ID = 0x80;

/** Null: it has no authority key identifier. */
export function certificateId({ raw }: Pick<X509Certificate, 'raw'>): string | null {
  const [certificate] = readValues(raw);
  const [content] = readValues(certificate!.content);
  const fields = readValues(content!.content);
  // The version is first, in all certificates with extensions.
  const serial = fields[1]!.content;
  const wrapped = fields.find(({ tag }) => tag === EXTENSIONS);
  if (wrapped === undefined) return null;
  for (const { content: extension } of readValues(readValues(wrapped.content)[0]!.content)) {
    const parts = readValues(extension);
    if (!AUTHORITY_KEY_ID.equals(parts[0]!.content)) continue;
    const [value] = readValues(parts.at(-1)!.content);
    const keyId = value?.tag === SEQUENCE ? readValues(value.content).find(({ tag }) => tag === KEY_ID) : undefined;
    return keyId === undefined ? null : `${encode(keyId.content)}.${encode(serial)}`;
  }
  return null;
}

function encode(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64url');
}

/** A body as it is recorded: small, decoded, as text, without its secrets. */
import { brotliDecompressSync, gunzipSync, inflateSync, zstdDecompressSync } from 'node:zlib';
import { maskJson, maskParameters } from './core/mask-message.ts';
import { MAX_RECORDED_BODY, type RecordedBody } from './core/recording-vocabulary.ts';
import type { SecretNames } from './core/secret-names.ts';

type Decoder = (bytes: Buffer, options: { readonly maxOutputLength: number }) => Buffer;

const DECODERS: Readonly<Record<string, Decoder>> = {
  gzip: gunzipSync,
  'x-gzip': gunzipSync,
  deflate: inflateSync,
  br: brotliDecompressSync,
  zstd: zstdDecompressSync,
};
const TEXT = /^(?:text\/|application\/(?:[\w.-]+\+)?(?:json|xml|x-ndjson|x-www-form-urlencoded)$)/;

export class SmallBody {
  readonly #pieces: Buffer[] = [];
  #bytes = 0;

  /** @param piece is copied */
  add(piece: Buffer): void {
    this.#bytes += piece.length;
    if (this.#bytes > MAX_RECORDED_BODY) this.#pieces.length = 0;
    else this.#pieces.push(Buffer.from(piece));
  }

  /** Undefined: it was empty. @param type and coding as in the head */
  recorded(type: string, coding: string, secrets: SecretNames): RecordedBody | undefined {
    if (this.#bytes === 0) return undefined;
    const mediaType = type.split(';', 1)[0]!.trim().toLowerCase();
    if (this.#bytes > MAX_RECORDED_BODY) return { omitted: `larger than ${MAX_RECORDED_BODY} bytes` };
    if (!TEXT.test(mediaType)) return { omitted: mediaType === '' ? 'no media type' : mediaType };
    const bytes = decoded(Buffer.concat(this.#pieces), coding.trim().toLowerCase());
    if (bytes === undefined) return { omitted: `content coding ${coding}` };
    return textOf(bytes.toString(), mediaType, secrets);
  }
}

function textOf(text: string, mediaType: string, secrets: SecretNames): RecordedBody {
  if (mediaType === 'application/x-www-form-urlencoded') return { text: maskParameters(text, secrets) };
  const masked = maskJson(text, secrets);
  if (masked !== undefined) return { text: masked };
  // Its secrets could not be found.
  return mediaType.endsWith('json') ? { omitted: 'not valid JSON' } : { text };
}

/** Undefined: an unknown coding, or too large. */
function decoded(bytes: Buffer, coding: string): Buffer | undefined {
  if (coding === '' || coding === 'identity') return bytes;
  try {
    return DECODERS[coding]?.(bytes, { maxOutputLength: MAX_RECORDED_BODY });
  } catch {
    return undefined;
  }
}

/**
 * Compression of the answers of a route: what is compressed, and with which coding. Never what is compressed already, a
 * part of something, a stream of events, a call of gRPC, or what must not be changed (RFC 9110, 7.7).
 */
import type { RouteSettings } from '../../config/settings.ts';
import type { AnswerOutput, ClientResponse } from '../../http/client-side.ts';
import type { AnswerCompression, CompressibleAnswer } from '../../routing/route-policies.ts';
import { CompressedAnswer } from './compressed-answer.ts';
import { acceptedCoding } from './core/accepted-coding.ts';
import { addVary, codedFields, matchAskedTag } from './core/coded-fields.ts';
import { MediaTypes } from './core/media-types.ts';

type CompressionSettings = NonNullable<RouteSettings['compression']>;

const NO_TRANSFORM = /(?:^|[,\s])no-transform[ \t]*(?:,|$)/i;
/** Whatever `types` says. */
const NEVER = /^(?:text\/event-stream|application\/grpc[^;]*|multipart\/[^;]*)[ \t]*(?:;|$)/i;

export class Compression implements AnswerCompression {
  readonly #settings: CompressionSettings;
  readonly #types: MediaTypes;

  constructor(settings: CompressionSettings) {
    this.#settings = settings;
    this.#types = new MediaTypes(settings.types);
  }

  /** Null: off. */
  static of(settings: CompressionSettings | null): Compression | null {
    return settings === null ? null : new Compression(settings);
  }

  outputFor(answer: CompressibleAnswer, response: ClientResponse): AnswerOutput {
    const { req } = response;
    const { fields } = answer;
    if (answer.status === 304) matchAskedTag(fields, req.headers['if-none-match']);
    if (!this.#isCompressible(answer)) return response;
    if (NO_TRANSFORM.test(req.headers['cache-control'] ?? '')) return response;
    const { encodings, level, minBytes: least } = this.#settings;
    const { coding, isIdentityRefused } = acceptedCoding(req.headers['accept-encoding'], encodings);
    const minBytes = isIdentityRefused ? 1 : least;
    // It has one form only.
    if (answer.contentLength !== -1 && answer.contentLength < minBytes) return response;
    addVary(fields);
    if (coding === null) return response;
    if (req.method !== 'HEAD') return new CompressedAnswer(response, { coding, level: level[coding], minBytes });
    fields.splice(0, fields.length, ...codedFields(fields, coding));
    return response;
  }

  #isCompressible({ status, fields, contentLength }: CompressibleAnswer): boolean {
    if (status < 200 || status === 204 || status === 205 || status === 206 || status === 304) return false;
    if (contentLength === 0) return false;
    let isOfType = false;
    for (let at = 0; at < fields.length; at += 2) {
      const name = fields[at]!;
      if (name.length < 12 || name.length > 16) continue;
      const value = fields[at + 1]!;
      switch (name.toLowerCase()) {
        case 'content-type':
          isOfType = this.#types.has(value) && !NEVER.test(value.trim());
          break;
        case 'content-encoding':
          if (value.trim().toLowerCase() !== 'identity' && value.trim() !== '') return false;
          break;
        case 'content-range':
          return false;
        case 'cache-control':
          if (NO_TRANSFORM.test(value)) return false;
          break;
        default:
      }
    }
    return isOfType;
  }
}

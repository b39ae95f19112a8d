import { Type } from '@sinclair/typebox';

import {
  COMPRESSED_TYPES,
  COMPRESSION_LEVELS,
  CONTENT_CODINGS,
  type ContentCoding,
} from '../../../policies/core/policies-vocabulary.ts';
import { integer, oneOf, section, text } from '../schema-kinds.ts';

function level(coding: ContentCoding, description: string) {
  const { range, default: fallback } = COMPRESSION_LEVELS[coding];
  return integer(range, fallback, description);
}

/** `compression` of a route. `{}` turns it on. */
export const CompressionSchema = Type.Optional(
  Type.Object(
    {
      encodings: Type.Array(oneOf(CONTENT_CODINGS, undefined, 'A content coding.'), {
        minItems: 1,
        default: [...CONTENT_CODINGS],
        description: 'What clients may get; the first that a client likes as much as any other is used.',
      }),
      min_bytes: integer([1, 1_048_576], 1024, 'Smaller bodies stay as they are. Bytes.'),
      types: Type.Array(text('media-type', 'A media type; `*` in place of a subtype, or before its suffix.'), {
        minItems: 1,
        default: [...COMPRESSED_TYPES],
        description: 'Which bodies are compressed. Event streams, gRPC and multipart bodies never are.',
      }),
      level: section(
        {
          zstd: level('zstd', 'Of Zstandard.'),
          br: level('br', 'Of Brotli.'),
          gzip: level('gzip', 'Of gzip.'),
        },
        'Higher levels take more time for smaller bodies.',
      ),
    },
    {
      additionalProperties: false,
      description:
        'Compresses answers for clients that accept it; `{}` for the defaults. Answers that are compressed already, or have `Cache-Control: no-transform`, stay as they are. Default: off.',
    },
  ),
);

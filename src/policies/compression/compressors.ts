/**
 * Node's compressors. Windows are small, so that memory is bounded by the number of running answers: at most 0.3 MiB
 * for each with gzip, about 1 MiB with Brotli, 1.2 MiB with Zstandard.
 */
import zlib from 'node:zlib';
import type { ContentCoding } from '../core/policies-vocabulary.ts';

/** As a power of two, bytes. Those of Brotli and Zstandard could have 16 MiB. */
const WINDOW_BITS = 18;
const { constants } = zlib;

type Stream = zlib.Gzip | zlib.BrotliCompress | zlib.ZstdCompress;

/** Runs in libuv's thread pool. @param level see COMPRESSION_LEVELS */
export function compressor(coding: ContentCoding, level: number): Stream {
  switch (coding) {
    case 'zstd':
      return zlib.createZstdCompress(zstdOptions(level));
    case 'br':
      return zlib.createBrotliCompress(brotliOptions(level));
    case 'gzip':
      return zlib.createGzip({ level });
  }
}

/** Lets everything that it was given out. */
export function flush(coding: ContentCoding, stream: Stream): void {
  switch (coding) {
    case 'zstd':
      return stream.flush(constants.ZSTD_e_flush);
    case 'br':
      return stream.flush(constants.BROTLI_OPERATION_FLUSH);
    case 'gzip':
      return stream.flush(constants.Z_SYNC_FLUSH);
  }
}

/** At once, in this thread: for small bodies. */
export function compressed(coding: ContentCoding, level: number, body: Buffer): Buffer {
  switch (coding) {
    case 'zstd':
      return zlib.zstdCompressSync(body, zstdOptions(level));
    case 'br':
      return zlib.brotliCompressSync(body, brotliOptions(level));
    case 'gzip':
      return zlib.gzipSync(body, { level });
  }
}

function zstdOptions(level: number): zlib.ZstdOptions {
  return { params: { [constants.ZSTD_c_compressionLevel]: level, [constants.ZSTD_c_windowLog]: WINDOW_BITS } };
}

function brotliOptions(level: number): zlib.BrotliOptions {
  return { params: { [constants.BROTLI_PARAM_QUALITY]: level, [constants.BROTLI_PARAM_LGWIN]: WINDOW_BITS } };
}

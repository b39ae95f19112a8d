/** Why a stream to a backend ended without an answer, or in the middle of it. */
import { constants } from 'node:http2';
import { UpstreamError } from '../../http/upstream-error.ts';

export interface BrokenStream {
  /** 0: it never got one, so nothing of it was sent. */
  readonly id: number;
  readonly rstCode: number;
  /** As Node reported it; null: it did not. */
  readonly error: Error | null;
  readonly awaitsHead: boolean;
}

export interface BrokenSession {
  /** The last stream that the backend may have processed (RFC 9113, 6.8). */
  readonly lastStreamId: number;
  /** The connection is gone. */
  readonly isLost: boolean;
}

/** An {@link UpstreamError}, or the connection's own error. */
export function streamError({ id, rstCode, error, awaitsHead }: BrokenStream, session: BrokenSession): Error {
  const isRefused = id > session.lastStreamId || (rstCode === constants.NGHTTP2_REFUSED_STREAM && !session.isLost);
  // A backend that has answered did process it, whatever it says.
  if (id === 0 || (isRefused && awaitsHead)) {
    return new UpstreamError('UPSTREAM_UNPROCESSED', 'The backend did not process the request', causedBy(error));
  }
  if (session.isLost) return connectionError(error);
  const reset = `The stream was reset: ${nameOf(rstCode)}`;
  switch (rstCode) {
    case constants.NGHTTP2_PROTOCOL_ERROR:
      // Reported by nghttp2 for an answer that breaks the rules.
      return new UpstreamError('UPSTREAM_INVALID', reset, causedBy(error));
    case constants.NGHTTP2_ENHANCE_YOUR_CALM:
      // So does Node end a stream whose head is too large.
      if (awaitsHead) return new UpstreamError('UPSTREAM_HEAD_TOO_LARGE', reset, causedBy(error));
      break;
    case constants.NGHTTP2_HTTP_1_1_REQUIRED:
      return new UpstreamError('UPSTREAM_NO_HTTP2', reset, causedBy(error));
  }
  return new UpstreamError('UPSTREAM_CUT', reset, causedBy(error));
}

/** @param error null: it just ended */
export function connectionError(error: Error | null): Error {
  if (error === null) return new UpstreamError('UPSTREAM_CUT', 'The backend closed the connection');
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ERR_HTTP2_ERROR') return new UpstreamError('UPSTREAM_INVALID', error.message, { cause: error });
  if (code?.startsWith('ERR_HTTP2_') === true) {
    return new UpstreamError('UPSTREAM_CUT', error.message, { cause: error });
  }
  return error;
}

function causedBy(error: Error | null): ErrorOptions {
  return error === null ? {} : { cause: error };
}

const NAMES = new Map(
  [
    'NGHTTP2_NO_ERROR',
    'NGHTTP2_PROTOCOL_ERROR',
    'NGHTTP2_INTERNAL_ERROR',
    'NGHTTP2_FLOW_CONTROL_ERROR',
    'NGHTTP2_SETTINGS_TIMEOUT',
    'NGHTTP2_STREAM_CLOSED',
    'NGHTTP2_FRAME_SIZE_ERROR',
    'NGHTTP2_REFUSED_STREAM',
    'NGHTTP2_CANCEL',
    'NGHTTP2_COMPRESSION_ERROR',
    'NGHTTP2_CONNECT_ERROR',
    'NGHTTP2_ENHANCE_YOUR_CALM',
    'NGHTTP2_INADEQUATE_SECURITY',
    'NGHTTP2_HTTP_1_1_REQUIRED',
  ].map((name, code) => [code, name.slice('NGHTTP2_'.length)]),
);

function nameOf(code: number): string {
  return NAMES.get(code) ?? String(code);
}

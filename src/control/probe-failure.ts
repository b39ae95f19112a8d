/** What a probe answers, and the words for what went wrong. */
export type ProbeResult =
  /** `status` is null for a check that only connects. */
  | { readonly ok: true; readonly status: number | null; readonly latencyMs: number }
  /** `error` in a few words, for logs and reports: `connect refused`, `status 503`, `timeout after 2000 ms`. */
  | { readonly ok: false; readonly error: string };

export function failed(error: string): ProbeResult {
  return { ok: false, error };
}

const WORDS: Readonly<Record<string, string>> = {
  ABORT_ERR: 'aborted',
  ECONNREFUSED: 'connect refused',
  ECONNRESET: 'connection reset',
  EPIPE: 'connection reset',
  EHOSTUNREACH: 'host unreachable',
  ENETUNREACH: 'network unreachable',
  ENOTFOUND: 'host not found',
  EAI_AGAIN: 'host name lookup failed',
  ETIMEDOUT: 'connect timeout',
};

export function describeFailure(error: NodeJS.ErrnoException): string {
  const code = error.code ?? '';
  if (code.startsWith('HPE_')) return 'invalid response';
  // TLS and the rest: the code says more than a word of ours.
  return WORDS[code] ?? (code === '' ? error.message : code.toLowerCase().replaceAll('_', ' '));
}

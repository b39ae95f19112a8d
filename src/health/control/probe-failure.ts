/** Results of a probe, and short descriptions of failures. */
export type ProbeResult =
  /** `status` is null for a check that only connects. */
  | { readonly ok: true; readonly status: number | null; readonly latencyMs: number }
  /**
   * `error` in a few words, for logs and reports: `connect refused`, `status 503`, `timeout after 2000 ms`. `isOwn`:
   * this process failed, and nothing is known about the backend.
   */
  | { readonly ok: false; readonly error: string; readonly isOwn?: true };

export function failed(error: string): ProbeResult {
  return { ok: false, error };
}

/** No descriptor left, of the process or of the system. */
const OWN: readonly (string | undefined)[] = ['EMFILE', 'ENFILE'];

export function failedWith(error: NodeJS.ErrnoException): ProbeResult {
  return { ...failed(describeFailure(error)), ...(OWN.includes(error.code) && { isOwn: true }) };
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
  EMFILE: 'no file descriptor left',
  ENFILE: 'no file descriptor left',
};

export function describeFailure(error: NodeJS.ErrnoException): string {
  const code = error.code ?? '';
  if (code.startsWith('HPE_')) return 'invalid response';
  // TLS and the rest: the code says more than a description would.
  return WORDS[code] ?? (code === '' ? error.message : code.toLowerCase().replaceAll('_', ' '));
}

/** When an authority suggests to renew a certificate (ARI, RFC 9773). */
import type { SuggestedWindow } from '../../core/renewal-plan.ts';
import type { AcmeHttp } from './acme-http.ts';
import { checkAnswer, objectOf, parseObject, readDirectory, retryAfterMs } from './acme-answer.ts';

export interface RenewalWindow extends SuggestedWindow {
  /** When to ask again; null: the server does not say. */
  readonly retryAfterMs: number | null;
}

export interface RenewalWindowPorts {
  readonly directoryUrl: string;
  readonly http: AcmeHttp;
  readonly wallMs: () => number;
}

/** Null: the server suggests nothing. @param id see certificateId */
export async function readRenewalWindow(
  { directoryUrl, http, wallMs }: RenewalWindowPorts,
  id: string,
): Promise<RenewalWindow | null> {
  const { renewalInfo } = await readDirectory(directoryUrl, http, wallMs);
  if (renewalInfo === null) return null;
  const answer = checkAnswer(await http('GET', `${renewalInfo.replace(/\/$/, '')}/${id}`, null), wallMs());
  const { start, end } = objectOf(parseObject(answer)['suggestedWindow']);
  const [startMs, endMs] = [Date.parse(String(start)), Date.parse(String(end))];
  if (!(startMs < endMs)) throw new Error('the ACME server suggests no valid window for the renewal');
  return { startMs, endMs, retryAfterMs: retryAfterMs(answer, wallMs()) };
}

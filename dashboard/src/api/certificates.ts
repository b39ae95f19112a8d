import { answerOf, api } from './client.ts';
import type { Certificate } from './types.ts';

export async function certificates(): Promise<readonly Certificate[]> {
  return (await answerOf(api.GET('/v1/api/certificates'))).items;
}

/** Of an authority: it is ordered as soon as possible. */
export function renewCertificate(id: string): Promise<unknown> {
  return answerOf(api.POST('/v1/api/certificates/{id}/renew', { params: { path: { id } } }));
}

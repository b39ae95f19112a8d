/** A bounded number of requests of one client, in turn to each gateway. */
export interface Spread {
  readonly gateways: readonly { readonly admitted: number; readonly refused: number }[];
  readonly admitted: number;
  readonly refused: number;
}

/** So few that a limit is seen to be used up by most. */
const CONNECTIONS = 6;

/**
 * Rejects if an answer is neither a success nor a refusal.
 *
 * @param client its address, which the gateways believe
 */
export async function sendEvenly(urls: readonly string[], client: string, requests: number): Promise<Spread> {
  const gateways = urls.map(() => ({ admitted: 0, refused: 0 }));
  let sent = 0;
  async function connection(): Promise<void> {
    while (sent < requests) {
      const at = sent % urls.length;
      sent += 1;
      const response = await fetch(`${urls[at]}/api/hello`, { headers: { 'x-forwarded-for': client } });
      const text = await response.text();
      if (response.status === 200) gateways[at]!.admitted += 1;
      else if (response.status === 429) gateways[at]!.refused += 1;
      else throw new Error(`${urls[at]} answered ${response.status}: ${text}`);
    }
  }
  await Promise.all(Array.from({ length: CONNECTIONS }, connection));
  const sum = (key: 'admitted' | 'refused'): number => gateways.reduce((total, each) => total + each[key], 0);
  return { gateways, admitted: sum('admitted'), refused: sum('refused') };
}

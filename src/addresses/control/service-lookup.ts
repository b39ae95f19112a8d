/** SRV records of a service (RFC 2782): where it runs, on which ports, and in which order to use these. */
import { LookupError, lookupError } from './name-lookup.ts';
import { candidateNames, type SearchRules } from './resolv-conf.ts';

export interface ServiceRecord {
  /** Host name of the target. Empty: the service is not available here. */
  readonly name: string;
  readonly port: number;
  /** Lower is used first. */
  readonly priority: number;
  /** 0 to 65535. */
  readonly weight: number;
}

export interface ServiceLookupPorts {
  readonly rules: () => SearchRules;
  /** One question to a DNS server; rejects with an error that has a `code` of node:dns. */
  readonly query: (name: string) => Promise<readonly ServiceRecord[]>;
}

/** Records of the first candidate that exists. Rejects with {@link LookupError}. */
export async function lookUpService(service: string, ports: ServiceLookupPorts): Promise<readonly ServiceRecord[]> {
  let missing = new LookupError('host not found', true);
  for (const name of candidateNames(service.toLowerCase(), ports.rules())) {
    try {
      const records = await ports.query(name);
      if (records.length > 0) return records;
    } catch (error) {
      const failure = lookupError(error);
      if (!failure.isNegative) throw failure;
      missing = failure;
    }
  }
  throw missing;
}

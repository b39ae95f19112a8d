/** API keys of registered clients. */
import { GatewayError } from '../../errors.ts';
import { hashApiKey } from '../../identity/api-key.ts';
import type { CredentialCheck, Foreseen, GuardedRequest, Refused, Verdict } from './verdict.ts';

export interface ApiKeyPorts {
  readonly directory: { byApiKeyHash(hash: string): string | undefined };
}

export interface ApiKeySettings {
  /** Lower case. */
  readonly header: string;
  /** Only trusted proxies may send it. */
  readonly isStated: boolean;
  readonly forwardKey: boolean;
}

/** No scheme of RFC 9110 fits; the answer must have one (15.5.2). */
const CHALLENGE = 'ApiKey';

export class ApiKeyCheck implements CredentialCheck {
  readonly kind = 'api_key';
  readonly names: readonly string[];
  readonly cookies = [];
  readonly challenge = CHALLENGE;
  readonly #settings: ApiKeySettings;
  readonly #ports: ApiKeyPorts;
  readonly #unknown: Refused = {
    failure: 'invalid',
    error: new GatewayError('GW_AUTH_INVALID', { message: 'The API key is not valid', challenges: [CHALLENGE] }),
  };

  constructor(settings: ApiKeySettings, ports: ApiKeyPorts) {
    this.#settings = settings;
    this.#ports = ports;
    this.names = [settings.header];
  }

  credentialIn({ response, isPeerTrusted }: GuardedRequest): string | undefined {
    const { header, isStated } = this.#settings;
    return isStated && !isPeerTrusted ? undefined : response.req.headers[header];
  }

  judge(apiKey: string): Verdict {
    const client = this.#ports.directory.byApiKeyHash(hashApiKey(apiKey));
    if (client === undefined) return this.#unknown;
    const { header, forwardKey } = this.#settings;
    const user = client.slice(client.indexOf(':') + 1);
    return { failure: null, user, fields: forwardKey ? [header, apiKey] : [], cookie: '', claims: null, client };
  }

  foresee(apiKey: string): Foreseen {
    const verdict = this.judge(apiKey);
    const note = verdict.failure === null ? `the API key of ${verdict.user}` : 'the API key is not known';
    return { verdict, note };
  }
}

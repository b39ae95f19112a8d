/** The challenges as one traffic thread knows them. The control thread sends all of them with every change. */
import { canonicalHostName } from '../net/host-name.ts';
import type { Challenge, ChallengeCertificate } from './challenge.ts';

export const CHALLENGE_PATH = '/.well-known/acme-challenge/';

export class ChallengeDirectory {
  #answers: ReadonlyMap<string, string> = new Map();
  #certificates: ReadonlyMap<string, ChallengeCertificate> = new Map();

  constructor(challenges: readonly Challenge[] = []) {
    this.apply(challenges);
  }

  /** They replace all others. */
  apply(challenges: readonly Challenge[]): void {
    const answers = new Map<string, string>();
    const certificates = new Map<string, ChallengeCertificate>();
    for (const challenge of challenges) {
      if (challenge.type === 'http-01') answers.set(challenge.token, challenge.keyAuthorization);
      else certificates.set(challenge.serverName, challenge.certificate);
    }
    this.#answers = answers;
    this.#certificates = certificates;
  }

  /** For http-01; undefined: the path has no token that we know. @param path of a request, without its query */
  answerTo(path: string): string | undefined {
    return path.startsWith(CHALLENGE_PATH) ? this.#answers.get(path.slice(CHALLENGE_PATH.length)) : undefined;
  }

  /** For tls-alpn-01. */
  certificateFor(serverName: string | undefined): ChallengeCertificate | undefined {
    const name = serverName === undefined ? undefined : canonicalHostName(serverName);
    return name === undefined ? undefined : this.#certificates.get(name);
  }
}

/** Port to the storage of automatic certificates, which all gateways of a database share. */
import type { ChallengeType } from './core/acme-vocabulary.ts';

export interface StoredCertificate {
  /** Of the certificate in the configuration: see certificateKey. */
  readonly id: string;
  /** Canonical. */
  readonly hosts: readonly string[];
  /** Directory of the authority it is from; null: it was not issued yet. */
  readonly issuer: string | null;
  /** By which the authority validated names last; null: not yet. */
  readonly challenge: ChallengeType | null;
  readonly chainPem: string | null;
  readonly keyEncrypted: string | null;
  /** Of the last attempt to order it; null: it succeeded, or there was none. */
  readonly error: string | null;
  /** In a row. */
  readonly failures: number;
  /** When the last ones began, milliseconds since the epoch: those of the last hour. */
  readonly attempts: readonly number[];
  /** Null: when it is due. */
  readonly nextAttemptAt: Date | null;
  /** An operator wants it now. */
  readonly isRenewalRequested: boolean;
  /** As the authority suggests; null: it does not. */
  readonly renewalStart: Date | null;
  readonly renewalEnd: Date | null;
  /** When to ask it again. */
  readonly renewalCheckAt: Date | null;
  /** Of an order that has not ended: its authority, URL, and the key of the certificate. */
  readonly orderIssuer: string | null;
  readonly orderUrl: string | null;
  readonly orderKeyEncrypted: string | null;
  /** The gateway that works on it, and until when. */
  readonly leaseOwner: string | null;
  readonly leaseUntil: Date | null;
  /** When a client last asked for it, if it is on demand; null: the configuration names its hosts. */
  readonly usedAt: Date | null;
  /** Of the database; higher with every change but that of the lease and of its use. */
  readonly version: number;
}

export type CertificateChange = Partial<
  Omit<StoredCertificate, 'id' | 'hosts' | 'leaseOwner' | 'leaseUntil' | 'usedAt' | 'version'>
>;

export interface StoredAccount {
  /** Directory of the authority, and what else accounts there differ by. */
  readonly id: string;
  readonly url: string;
  readonly keyEncrypted: string;
  /** It is about to get this key, or has it already; null: it keeps its key. */
  readonly nextKeyEncrypted: string | null;
}

export interface NewChallenge {
  /** Identifies it among all. */
  readonly id: string;
  readonly type: ChallengeType;
  /** Canonical, without the `*.` of a wildcard. */
  readonly host: string;
  readonly token: string;
  readonly keyAuthorization: string;
}

export interface StoredChallenge extends NewChallenge {
  readonly version: number;
}

/** All reject with GatewayError while the database is away. */
export interface AcmeStore {
  certificates(): Promise<readonly StoredCertificate[]>;
  /** Of all: with thousands, chains and keys are read only of those that have changed. */
  versions(): Promise<readonly Pick<StoredCertificate, 'id' | 'version'>[]>;
  /** Those of these that are there, at most 500. */
  certificatesById(ids: readonly string[]): Promise<readonly StoredCertificate[]>;
  /** Does nothing if it is there. */
  addCertificate(id: string, hosts: readonly string[]): Promise<void>;
  /** A client asks for it now. Keeps what is there. */
  addOnDemand(id: string, host: string): Promise<void>;
  /** A client asked for it now. Does nothing if it is not on demand. */
  markUsed(id: string): Promise<void>;
  /** Of one on demand that no client has asked for in so many seconds, and that nobody works on. True: it was removed. */
  removeUnused(id: string, seconds: number): Promise<boolean>;
  /** By the clock of the database. Undefined: another gateway has it. @param owner may have it already */
  claim(id: string, owner: string, seconds: number): Promise<StoredCertificate | undefined>;
  /** Of a certificate that was claimed. False: it is not ours any more. */
  keepLease(id: string, owner: string, seconds: number): Promise<boolean>;
  release(id: string, owner: string): Promise<void>;
  /** Of a certificate that was claimed. False: it is not ours any more, and nothing has changed. */
  save(id: string, owner: string, change: CertificateChange): Promise<boolean>;
  /** False: there is none. */
  requestRenewal(id: string): Promise<boolean>;

  account(id: string): Promise<StoredAccount | undefined>;
  /** Resolves with the one that was there before, if any. */
  addAccount(account: StoredAccount): Promise<StoredAccount>;
  /** Only while it has this key. */
  removeAccount(id: string, keyEncrypted: string): Promise<void>;
  /** Null: none. False: it has another key by now, or another next one, and nothing has changed. */
  setNextAccountKey(id: string, keyEncrypted: string, nextKeyEncrypted: string | null): Promise<boolean>;
  /** It has this one now, and no next one. False: it had another key, and nothing has changed. */
  replaceAccountKey(id: string, keyEncrypted: string, newKeyEncrypted: string): Promise<boolean>;

  /** Those that have not expired. */
  challenges(): Promise<readonly StoredChallenge[]>;
  /** Replaces those with the same ids. Resolves with the highest version. */
  addChallenges(challenges: readonly NewChallenge[], seconds: number): Promise<number>;
  /** Also those that have expired. */
  removeChallenges(ids: readonly string[]): Promise<void>;
  /** This gateway answers all challenges up to the version. */
  acknowledge(gateway: string, version: number): Promise<void>;
  /** This gateway answers nothing any more. */
  leave(gateway: string): Promise<void>;
  /** Other gateways that were there within the last seconds, and do not answer up to the version yet. */
  waitingFor(gateway: string, version: number, seconds: number): Promise<readonly string[]>;
}

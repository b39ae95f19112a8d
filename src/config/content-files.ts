/** Watched files whose contents are part of the settings: what routes answer with, certificates and authorities, and the table of locations. */
import type { PemFiles } from '../certificates/pem-files.ts';
import { MAX_TABLE_BYTES } from '../geo/core/geo-vocabulary.ts';
import { digestOf } from '../geo/read-geo-table.ts';
import type { Settings } from './settings.ts';

export interface ContentFile {
  /** As in the configuration. */
  readonly name: string;
  /** Of what was read: equal for equal bytes. */
  readonly content: string;
  /** The same of what is in the file now. Throws Error with the reason. */
  readonly readAgain: (files: PemFiles) => string;
}

export function contentFilesOf({
  pools,
  routes,
  tls,
  geo: { table, tableContent },
}: Pick<Settings, 'pools' | 'routes' | 'tls' | 'geo'>): readonly ContentFile[] {
  const all = routes.flatMap(({ respond, errorPages }) => [
    ...(respond === null ? [] : [[respond.file, respond.fileContent] as const]),
    ...Object.entries(errorPages?.pages ?? {}).map(
      ([key, name]) => [name, errorPages!.pagesContent[key] ?? null] as const,
    ),
  ]);
  const ofRoutes = all.flatMap(([name, content]): ContentFile[] =>
    name === null || content === null ? [] : [{ name, content, readAgain: (files) => files.readContent(name) }],
  );
  const ofClientAuth = (tls?.clientAuth ?? []).flatMap(({ caFile, caPem, crlFile, crlPem }) => [
    ...pemFile(caFile, caPem),
    ...pemFile(crlFile, crlPem),
  ]);
  const ofPools = pools.flatMap(({ tls: { caFile, caPem, certFile, certPem, keyFile, keyPem }, discover }) => [
    ...pemFile(caFile, caPem),
    ...pemFile(certFile, certPem),
    ...pemFile(keyFile, keyPem),
    ...pemFile(discover?.http?.caFile ?? null, discover?.http?.caPem ?? null),
  ]);
  const ofIssuers = Object.values(tls?.acme ?? {}).flatMap(({ caFile, caPem }) => pemFile(caFile, caPem));
  const found = [...ofRoutes, ...ofClientAuth, ...ofPools, ...ofIssuers];
  if (table === null || tableContent === null) return found;
  const readAgain = (files: PemFiles): string => files.readAs(table, MAX_TABLE_BYTES, digestOf);
  return [...found, { name: table, content: tableContent.digest, readAgain }];
}

function pemFile(name: string | null, content: string | null): readonly ContentFile[] {
  return name === null || content === null ? [] : [{ name, content, readAgain: (files) => files.read(name) }];
}

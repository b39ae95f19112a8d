/**
 * Stands in for @fastify/static inside the executable, whose files are in no folder: as much of it as the dashboard
 * and Swagger UI use. Only files that ship with Sluice, so every one has a route of its own, and no path is looked up.
 */
import { createHash } from 'node:crypto';
import { extname, join } from 'node:path';
import fp from 'fastify-plugin';
import type { FastifyPluginAsync, FastifyReply } from 'fastify';
import { hasOwnFile, listOwnFolder, readOwnFile } from '../../src/distribution/own-files.ts';
import { namesTag } from '../../src/net/entity-tag.ts';
import { acceptedCoding } from '../../src/policies/compression/core/accepted-coding.ts';

interface Options {
  readonly root: string;
  readonly prefix: string;
  readonly decorateReply?: boolean;
  readonly immutable?: boolean;
  /** In ms. */
  readonly maxAge?: number;
  readonly preCompressed?: boolean;
}

interface SendOptions {
  readonly cacheControl?: boolean;
  readonly maxAge?: string;
}

const MEDIA_TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
};
const SUFFIXES = { br: '.br', gzip: '.gz' } as const;
const ONE_DAY = 'public, max-age=86400';

const staticFiles: FastifyPluginAsync<Options> = async (app, options) => {
  const { root, prefix, decorateReply = true, immutable = false, maxAge = 0, preCompressed = false } = options;
  const folder = prefix.endsWith('/') ? prefix : `${prefix}/`;
  const cacheControl = `public, max-age=${Math.floor(maxAge / 1000)}${immutable ? ', immutable' : ''}`;
  for (const name of listOwnFolder(root)) {
    const url = `${folder}${name}`;
    // Swagger UI has routes of its own in its folder.
    if (/\.(?:br|gz)$/.test(name) || app.hasRoute({ method: 'GET', url: app.prefix + url })) continue;
    const path = join(root, name);
    mediaType(path);
    app.get(url, { schema: { hide: true } }, async (request, reply) => {
      if (preCompressed) reply.header('vary', 'Accept-Encoding');
      const { coding } = preCompressed
        ? acceptedCoding(header(request.headers['accept-encoding']), ['br', 'gzip'])
        : { coding: null };
      const coded = coding === null ? path : path + SUFFIXES[coding as keyof typeof SUFFIXES];
      if (coding !== null && hasOwnFile(coded)) {
        reply.header('content-encoding', coding);
        return send(reply, coded, mediaType(path), cacheControl);
      }
      return send(reply, path, mediaType(path), cacheControl);
    });
  }
  if (!decorateReply) return;
  app.decorateReply('sendFile', function (this: FastifyReply, name: string, from?: unknown, how?: SendOptions) {
    const path = join(typeof from === 'string' ? from : root, name);
    return send(this, path, mediaType(path), how?.cacheControl === false ? null : ONE_DAY);
  } as FastifyReply['sendFile']);
};

/** @param cacheControl null: the caller sets it */
function send(reply: FastifyReply, path: string, type: string, cacheControl: string | null): FastifyReply {
  const bytes = readOwnFile(path);
  const tag = `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 16)}"`;
  reply.header('etag', tag).type(type);
  if (cacheControl !== null) reply.header('cache-control', cacheControl);
  const named = reply.request.headers['if-none-match'];
  if (named !== undefined && namesTag(named, tag)) return reply.code(304).send();
  return reply.send(bytes);
}

function mediaType(path: string): string {
  const type = MEDIA_TYPES[extname(path)];
  if (type === undefined) throw new Error(`no media type for ${path}`);
  return type;
}

function header(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === 'string' || value === undefined ? value : value.join(', ');
}

export default fp(staticFiles, { name: 'static-files' });

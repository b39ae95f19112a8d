/** Plugins that change requests and answers, or answer themselves. */
import { entriesOf, fieldOf, type Sourced, textOf, textsOf } from '../document/sourced-document.ts';
import type { ImportFindings } from '../outline/findings.ts';
import { Part } from '../outline/part.ts';
import { respondAction } from '../outline/redirect-target.ts';
import { timeText } from '../outline/times.ts';
import { givenOf, itemsOf, type KongWorld, numberOf, onlyKeys } from './kong-entities.ts';
import { type ApplyPlugin, escaped, isOn, isTemplate, type KongPlugin, type RouteDraft } from './kong-plugin.ts';

const PLUGINS: Readonly<Record<string, (plugin: KongPlugin, draft: RouteDraft, world: KongWorld) => void>> = {
  cors: allowOrigins,
  'request-transformer': ({ config, origin }, { action, hasBasePath }, { outline: { findings } }) => {
    const rest = changeFields(config, 'request_headers', action, findings);
    for (const each of rest) {
      if (each.origin.name !== 'uri') {
        findings.refuse(each.origin, 'only header fields and the whole path are changed here');
        continue;
      }
      const path = textOf(each) ?? '';
      if (hasBasePath) findings.refuse(each.origin, 'replaces the path of the service, too: set it without one');
      else if (isTemplate(path))
        findings.refuse(each.origin, 'its template has no counterpart: set rewrite of the route');
      else {
        action.delete('strip_prefix');
        action.set('rewrite', new Part().set('path', escaped(path), each.origin), origin);
      }
    }
  },
  'response-transformer': ({ config }, { action }, { outline: { findings } }) => {
    for (const each of changeFields(config, 'response_headers', action, findings))
      findings.refuse(each.origin, 'bodies of answers are not changed here: write a plugin');
  },
  'request-termination': ({ config, origin }, { action }, { outline: { findings } }) => {
    onlyKeys(config, 'status_code message body content_type echo', findings);
    const body = textOf(givenOf(config, 'body'));
    const message = textOf(givenOf(config, 'message'));
    const status = numberOf(config, 'status_code', 503);
    const respond = respondAction(
      status,
      body ?? JSON.stringify({ message: message ?? (status === 503 ? 'Service unavailable' : '') }),
      origin,
    ).get('respond') as Part;
    respond.set('content_type', textOf(givenOf(config, 'content_type')) ?? 'application/json; charset=utf-8', origin);
    action.set('respond', respond, origin);
  },
  'correlation-id': ({ config, origin }, { action }, { outline: { findings } }) => {
    onlyKeys(config, 'header_name generator echo_downstream', findings);
    const name = (textOf(givenOf(config, 'header_name')) ?? 'Kong-Request-ID').toLowerCase();
    action.set(['request_headers', 'set', name], '{request_id}', origin);
    if (isOn(config, 'echo_downstream')) action.set(['response_headers', 'set', name], '{request_id}', origin);
    findings.note(origin, 'is the id of the request in the access log, also where a client sends one of its own');
  },
  'proxy-cache': ({ config, origin }, { action }, { outline: { findings } }) => {
    const cache = new Part();
    const ttl = givenOf(config, 'cache_ttl');
    cache.set(
      'default_ttl',
      timeText(numberOf(config, 'cache_ttl', 300) * 1000, ttl?.origin ?? origin, findings),
      ttl?.origin ?? origin,
    );
    for (const [theirs, ours] of [
      ['vary_headers', 'headers'],
      ['vary_query_params', 'query'],
    ] as const) {
      const given = givenOf(config, theirs);
      const names = textsOf(given).map((name) => (ours === 'headers' ? name.toLowerCase() : name));
      if (names.length > 0) cache.set(['key', ours], names, given!.origin);
    }
    for (const [name, each] of entriesOf(config))
      if (!['cache_ttl', 'vary_headers', 'vary_query_params', 'strategy', 'memory'].includes(name))
        findings.lose(each.origin, 'GET is stored as RFC 9111 says: Cache-Control of the backend comes first');
    action.set('cache', cache, origin);
  },
};

export const applyFields: ApplyPlugin = (plugin, draft, world) => {
  PLUGINS[plugin.name]?.(plugin, draft, world);
  return Object.hasOwn(PLUGINS, plugin.name);
};

function allowOrigins(
  { config, origin }: KongPlugin,
  { action }: RouteDraft,
  { outline: { findings } }: KongWorld,
): void {
  onlyKeys(
    config,
    'origins methods headers exposed_headers credentials max_age preflight_continue private_network allow_origin_absent',
    findings,
  );
  const cors = new Part();
  const origins = givenOf(config, 'origins');
  const names = textsOf(origins);
  const plain = names.length > 0 ? names : ['*'];
  if (plain.some((each) => each !== '*' && !/^https?:\/\/[\w.*:-]+$/.test(each)))
    return findings.refuse(
      origins!.origin,
      'an origin is * or such as https://app.example.com or https://*.example.com',
    );
  if (plain.includes('*') && isOn(config, 'credentials'))
    return findings.refuse(fieldOf(config, 'credentials')!.origin, 'credentials need the origins that may have them');
  const at = origins?.origin ?? origin;
  cors.set('origins', plain, at, origins === undefined ? "Kong's default" : undefined);
  for (const [theirs, ours] of [
    ['methods', 'methods'],
    ['headers', 'headers'],
    ['exposed_headers', 'expose'],
  ] as const) {
    const given = givenOf(config, theirs);
    const texts = textsOf(given).filter((text) => text !== '*');
    if (texts.length > 0)
      cors.set(ours, ours === 'methods' ? texts : texts.map((text) => text.toLowerCase()), given!.origin);
  }
  if (isOn(config, 'credentials')) cors.set('credentials', true, fieldOf(config, 'credentials')!.origin);
  if (isOn(config, 'private_network')) cors.set('private_network', true, fieldOf(config, 'private_network')!.origin);
  const age = givenOf(config, 'max_age');
  if (age !== undefined) cors.set('max_age', `${textOf(age) ?? '0'}s`, age.origin);
  const passes = givenOf(config, 'preflight_continue');
  if (passes?.value === true) findings.note(passes.origin, 'preflights are answered here, not by the backend');
  action.set('cors', cors, origin);
}

/** @returns what is not about header fields */
function changeFields(
  config: Sourced | undefined,
  key: 'request_headers' | 'response_headers',
  action: Part,
  findings: ImportFindings,
): readonly Sourced[] {
  const rest: Sourced[] = [];
  for (const [change, of] of entriesOf(config)) {
    if (of.fields === null) {
      if (givenOf(config, change) !== undefined) findings.refuse(of.origin, 'has no counterpart');
      continue;
    }
    for (const [what] of entriesOf(of)) {
      const given = givenOf(of, what);
      if (given === undefined || (given.items !== null && given.items.length === 0)) continue;
      if (what === 'headers') for (const each of itemsOf(of, what)) changeField(change, each, key, action, findings);
      else if (what === 'uri' && change !== 'replace')
        findings.refuse(given.origin, 'only replace.uri has a counterpart');
      else rest.push(given);
    }
  }
  return rest;
}

function changeField(
  change: string,
  each: Sourced,
  key: 'request_headers' | 'response_headers',
  action: Part,
  findings: ImportFindings,
): void {
  const [, name = '', value = ''] = /^([^:]+)(?::(.*))?$/s.exec(textOf(each) ?? '') ?? [];
  const field = name.trim().toLowerCase();
  const { origin } = each;
  if (change === 'remove') {
    const before = (action.get(key, 'remove') ?? []) as readonly string[];
    action.set([key, 'remove'], [...before, field], origin);
    return;
  }
  if (isTemplate(value))
    return findings.refuse(origin, 'a template of Kong: there are placeholders such as {header.x-user}');
  if (field === 'host')
    return findings.refuse(origin, 'backends get the Host of the client, or with preserve_host: false their own');
  const text = escaped(value.trim());
  if (change === 'append') action.set([key, 'add', field], text, origin);
  else if (change === 'add' || change === 'replace') {
    action.set([key, 'set', field], text, origin);
    findings.note(
      origin,
      change === 'add' ? 'is set here even if the field exists' : 'is set here also where the field is missing',
    );
  } else findings.refuse(origin, `${change}: fields are removed, set or added here`);
}

/** From the settings of a route to what its requests and answers meet. */
import type { RouteSettings } from '../config/settings.ts';
import { AssertedFieldRule, VerifiedFieldRule } from '../auth/field-rules.ts';
import { AddressRule } from './addresses/address-rule.ts';
import { Compression } from './compression/compression.ts';
import { CostFieldRule, costWatch } from './cost/answer-cost.ts';
import { CorsPolicy } from './cors/cors-policy.ts';
import { AnswerFieldRule, FieldChanges, RequestFieldRule } from './headers/field-changes.ts';
import { ErrorPages } from './error-pages/error-pages.ts';
import { SECURITY_FIELDS } from './headers/security-fields.ts';
import { KeyedLimit } from './keyed-limit.ts';
import { RedirectAnswer } from './redirect/redirect-answer.ts';
import { RedirectLocation } from './redirect/redirect-location.ts';
import { FixedAnswer } from './respond/fixed-answer.ts';
import { pathRewrite } from './rewrite/path-rewrite.ts';
import { CheckedRewrite } from './rewrite/target-rewrite.ts';
import type {
  AnswerRule,
  AnswerWatch,
  RequestRule,
  RouteAnswer,
  RoutePlugins,
  RoutePolicies,
} from '../routing/route-policies.ts';

/**
 * @param asserted see SnapshotPorts. @param pluginsOf the instances of these plugins in this thread. Default: there are
 * none
 */
export function compilePolicies(
  route: RouteSettings,
  asserted: ReadonlySet<string>,
  pluginsOf: (names: readonly string[]) => RoutePlugins | null = () => null,
): RoutePolicies {
  const { auth, costFrom, plugins, requestHeaders, responseHeaders, rewrite, pathPrefix, compression } = route;
  const requestRules: RequestRule[] = [];
  const answerRules: AnswerRule[] = [];
  const answerWatches: AnswerWatch[] = [];
  if (asserted.size > 0) requestRules.push(new AssertedFieldRule(asserted));
  if (auth !== null) requestRules.push(new VerifiedFieldRule());
  const toRequests = FieldChanges.of(requestHeaders);
  if (toRequests !== null) requestRules.push(new RequestFieldRule(toRequests));
  const pages = route.cors === null ? null : new CorsPolicy(route.cors);
  if (pages !== null) answerRules.push(pages);
  if (route.securityHeaders) answerRules.push(SECURITY_FIELDS);
  if (costFrom !== null) {
    answerWatches.push(costWatch(costFrom));
    const field = CostFieldRule.of(costFrom);
    // Before others change or remove it.
    if (field !== null) answerRules.unshift(field);
  }
  const toAnswers = FieldChanges.of(responseHeaders);
  if (toAnswers !== null) answerRules.push(new AnswerFieldRule(toAnswers));
  return {
    addresses: AddressRule.of(route.allow, route.deny),
    keyed: KeyedLimit.of(route),
    answer: answerOf(route),
    pages,
    failurePages: route.errorPages === null ? null : new ErrorPages(route.errorPages),
    targetRewrite: rewrite === null ? null : new CheckedRewrite(pathRewrite(rewrite, pathPrefix)),
    requestRules: listOrNull(requestRules),
    answerRules: listOrNull(answerRules),
    answerWatches: listOrNull(answerWatches),
    answerCompression: Compression.of(compression),
    userPlugins: plugins.length === 0 ? null : pluginsOf(plugins),
  };
}

function answerOf({ redirect, respond, pathPrefix }: RouteSettings): RouteAnswer | null {
  if (respond !== null) return new FixedAnswer(respond);
  return redirect === null ? null : new RedirectAnswer(new RedirectLocation(redirect, pathPrefix), redirect.status);
}

function listOrNull<T>(list: readonly T[]): readonly T[] | null {
  return list.length === 0 ? null : list;
}

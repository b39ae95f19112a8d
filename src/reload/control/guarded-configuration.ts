/**
 * Changes of the configuration as operators make them: planned on what they saw, watched for a while, and taken back.
 * The Reloader applies them; texts are kept by KeptVersions, and judged by a ChangeWatch.
 */
import { compareSettings, type ConfigChange } from '../../config/compare.ts';
import type { ConfigSource } from '../../config/file/source.ts';
import { fingerprintOf } from '../../config/file/text-reader.ts';
import { toFile } from '../../config/to-file.ts';
import type { Json } from '../../config/editor/json-schema.ts';
import { GatewayError } from '../../errors.ts';
import type {
  ChangeOptions,
  ChangeReport,
  Configuration,
  ConfigurationReport,
  ConfiguredPlugin,
  EditableText,
  KeptVersion,
  PlanReport,
  ReloadReport,
  VersionReport,
  WatchReport,
} from '../configuration.ts';
import { describeComparison } from '../core/describe-comparison.ts';
import type { Comparison } from '../core/judge-change.ts';
import { VERSION_ORIGINS } from '../core/reload-vocabulary.ts';
import { ChangeWatch, type ChangeWatchPorts, type WatchedChange } from './change-watch.ts';
import { atSentPlaces, fillSecrets, hideSecrets } from './hidden-secrets.ts';
import type { KeptVersions, VersionText } from './kept-versions.ts';
import { planId, planParts, readPlanId } from './plan-id.ts';
import type { AcceptedText, Reloader } from './reloader.ts';
import { shownChanges } from './shown-changes.ts';
import type { TrafficSamples } from './traffic-samples.ts';

export interface GuardPorts {
  readonly reloader: Reloader;
  /** Null: there is no reload, so there are no versions. */
  readonly source: ConfigSource | null;
  readonly versions: KeptVersions;
  readonly samples: TrafficSamples;
  /** Names of the current routes. */
  readonly routes: () => readonly string[];
  /** Milliseconds since the epoch. */
  readonly wallMs: () => number;
  /** When a watch ends, however. */
  readonly onWatchEnd: (report: WatchReport) => void;
  /** When a watch looks. Default: by timers. */
  readonly repeat?: ChangeWatchPorts['repeat'];
}

const UNWATCHED: ChangeOptions = { by: null, watchSeconds: 0 };

export class GuardedConfiguration implements Configuration {
  readonly #ports: GuardPorts;
  readonly #watch: ChangeWatch;
  readonly #onRevert: ((watch: WatchReport) => void)[] = [];
  #reverts = 0;

  constructor(ports: GuardPorts) {
    this.#ports = ports;
    const { source, versions, samples, routes, wallMs, repeat } = ports;
    if (typeof source?.text === 'string') versions.add(source.text, 'start', null);
    this.#watch = new ChangeWatch({
      samples,
      routes,
      wallMs,
      ...(repeat === undefined ? {} : { repeat }),
      onWorse: (found, watched) => void this.#revert(found, watched),
      onEnd: (report) => {
        ports.onWatchEnd(report);
        if (report.state === 'reverted') this.#reverts += 1;
        else if (report.state !== 'revert_failed') return;
        for (const listener of this.#onRevert) listener(report);
      },
    });
  }

  report(): ConfigurationReport {
    return this.#ports.reloader.report();
  }

  plugins(): readonly ConfiguredPlugin[] {
    return this.#ports.reloader.plugins();
  }

  editable(): EditableText {
    const { source, versions } = this.#ports;
    const { newest } = versions;
    if (newest === null || source?.file === undefined) {
      return { text: null, hidden: 0, number: null, isFileChanged: false };
    }
    const { text, hidden } = hideSecrets(newest.text, newest.digest) ?? { text: null, hidden: 0 };
    const isFileChanged = fingerprintOf(source.peek() ?? '') !== newest.digest;
    return { text, hidden, number: newest.number, isFileChanged };
  }

  schema(): Json {
    return this.#ports.reloader.schema();
  }

  /** To be called after each reload that was not refused, by whatever trigger. */
  accepted({ text, trigger, by, report }: AcceptedText): void {
    const { versions } = this.#ports;
    if (text !== null) versions.add(text, VERSION_ORIGINS.find((origin) => origin === trigger) ?? 'api', by);
    if (report.result === 'unchanged' || trigger === 'revert') return;
    this.#watch.end('ended', `version ${versions.newest?.number ?? '?'} was applied`);
  }

  reload(options: ChangeOptions = UNWATCHED): Promise<ChangeReport> {
    const { reloader } = this.#ports;
    if (options.watchSeconds === 0) return reloader.reload('api', options.by).then((report) => this.#changed(report));
    return reloader.exclusively(() => this.#change(options, () => reloader.reloadNow('api', options.by)));
  }

  replace(sent: string, options: ChangeOptions = UNWATCHED): Promise<ChangeReport> {
    const { reloader } = this.#ports;
    return reloader.exclusively(() =>
      this.#filled(sent, (text) => this.#change(options, () => reloader.replaceNow(text, 'api', options.by))),
    );
  }

  async check(sent?: string): Promise<PlanReport> {
    const { reloader, source } = this.#ports;
    if (sent === undefined) return { ...(await reloader.check()), planId: null };
    return this.#filled(sent, async (text) => {
      // Before it is compared: a change meanwhile makes the plan outdated.
      const id = source === null || source.readOnly !== null ? null : planId(this.#parts(text));
      return { ...(await reloader.check(text)), planId: id };
    });
  }

  apply(sent: string, plan: string, options: ChangeOptions): Promise<ChangeReport> {
    const { reloader, source } = this.#ports;
    return reloader.exclusively(() =>
      this.#filled(sent, async (text) => {
        // Otherwise the refusal to write says why there is no plan.
        if (source?.readOnly === null) await this.#assertCurrent(text, plan);
        return this.#change(options, () => reloader.replaceNow(text, 'api', options.by));
      }),
    );
  }

  versions(): readonly KeptVersion[] {
    return this.#ports.versions.list();
  }

  async version(number: number): Promise<VersionReport> {
    const { text, ...version } = this.#kept(number);
    try {
      const { settings, references } = await this.#ports.reloader.readEarlier(text);
      return { ...version, settings: toFile(settings, references), problems: [] };
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      return { ...version, settings: null, problems: error.details?.map(({ message }) => message) ?? [error.message] };
    }
  }

  async changesBetween(from: number, to: number): Promise<readonly ConfigChange[]> {
    const [one, other] = [this.#kept(from), this.#kept(to)];
    return this.#changes(one, other);
  }

  rollback(number: number, options: ChangeOptions): Promise<ChangeReport> {
    const { reloader } = this.#ports;
    return reloader.exclusively(async () => {
      const { text } = this.#kept(number);
      return this.#change(options, () => reloader.replaceNow(text, 'rollback', options.by, true));
    });
  }

  watch(): WatchReport | null {
    return this.#watch.report();
  }

  endWatch(by: string | null): WatchReport {
    if (!this.#watch.isRunning) throw new GatewayError('GW_NOT_FOUND', { message: 'No change is being watched' });
    this.#watch.end('kept', `ended by ${by ?? 'an operator'}`);
    return this.#watch.report()!;
  }

  onRevert(listener: (watch: WatchReport) => void): void {
    this.#onRevert.push(listener);
  }

  /** Since start: changes that returned by themselves. */
  get reverts(): number {
    return this.#reverts;
  }

  /** With the process. */
  close(): void {
    this.#watch.close();
  }

  /** Within exclusively(). */
  async #change({ watchSeconds }: ChangeOptions, run: () => Promise<ReloadReport>): Promise<ChangeReport> {
    const { samples, versions } = this.#ports;
    const previous = versions.newest;
    samples.take();
    const before = samples.recent();
    const report = await run();
    const { newest } = versions;
    const isNew = report.result === 'applied' && previous !== null && newest !== previous;
    if (watchSeconds > 0 && isNew) {
      // Requests that ended during the change belong to neither side.
      samples.take();
      this.#watch.start({
        version: newest!.number,
        previous: previous.number,
        previousText: previous.text,
        seconds: watchSeconds,
        before,
      });
      return this.#changed(report, this.#watch.report());
    }
    return this.#changed(report);
  }

  #changed(report: ReloadReport, watch: WatchReport | null = null): ChangeReport {
    return { ...report, number: this.#ports.versions.newest?.number ?? null, watch };
  }

  async #revert(found: Comparison, { version, previous, previousText }: WatchedChange): Promise<void> {
    const { reloader, source, versions } = this.#ports;
    const what = describeComparison(found);
    await reloader.exclusively(async () => {
      if (!this.#watch.isRunning) return;
      if (versions.newest?.number !== version || fingerprintOf(source?.peek() ?? '') !== versions.newest.digest) {
        this.#watch.end('ended', `the file was changed; otherwise version ${previous} would return: ${what}`);
        return;
      }
      try {
        await reloader.replaceNow(previousText, 'revert', null, true);
        this.#watch.end('reverted', `${what}: the text of version ${previous} is back`);
      } catch (error) {
        const { message } = error as Error;
        this.#watch.end('revert_failed', `${what}; version ${previous} cannot return: ${message}`);
      }
    });
  }

  /** Runs with the secrets of the text that an editor has shown; errors have the places of the text that was sent. */
  async #filled<T>(sent: string, run: (text: string) => Promise<T>): Promise<T> {
    const { versions } = this.#ports;
    const { text, sentPlace } = fillSecrets(sent, (digest) => versions.withDigest(digest)?.text);
    try {
      return await run(text);
    } catch (error) {
      throw text === sent ? error : atSentPlaces(error, sentPlace);
    }
  }

  #parts(text: string) {
    const { source, versions } = this.#ports;
    return planParts(versions.newest?.digest ?? '', source?.peek() ?? null, text);
  }

  async #assertCurrent(text: string, plan: string): Promise<void> {
    const [now, planned] = [readPlanId(planId(this.#parts(text)))!, readPlanId(plan)];
    if (planned === null) throw invalidPlan('is no id of a plan; take the one that the check of this text returned');
    if (planned.text !== now.text) throw invalidPlan('belongs to another text; check this one');
    if (planned.base !== now.base) throw await this.#outdated(planned.base);
    if (planned.file !== now.file) {
      throw new GatewayError('GW_PLAN_OUTDATED', { message: 'The file has been edited since this plan was made' });
    }
  }

  async #outdated(base: string): Promise<GatewayError> {
    const { versions } = this.#ports;
    const [then, { newest }] = [versions.withDigest(base), versions];
    if (then === undefined || newest === null) {
      const message = 'The configuration has changed since this plan was made; the version it was made on is not kept';
      return new GatewayError('GW_PLAN_OUTDATED', { message });
    }
    const changes = await this.#changes(then, newest).catch(() => []);
    return new GatewayError('GW_PLAN_OUTDATED', {
      message: `The configuration has changed since this plan was made: from version ${then.number} to ${newest.number}`,
      details: changes.map(({ kind, action, name, keys }) => ({
        field: `${kind} ${name}`,
        message: keys.length === 0 ? action : `${action}: ${keys.join(', ')}`,
      })),
    });
  }

  async #changes(from: VersionText, to: VersionText): Promise<readonly ConfigChange[]> {
    const { reloader } = this.#ports;
    const [before, after] = [await reloader.readEarlier(from.text), await reloader.readEarlier(to.text)];
    return shownChanges(compareSettings(before.settings, after.settings), after.references, before.references);
  }

  #kept(number: number): VersionText {
    const found = this.#ports.versions.get(number);
    if (found !== undefined) return found;
    const numbers = this.versions().map((version) => version.number);
    const kept = numbers.length === 0 ? 'none are' : `kept are ${numbers.toReversed().join(', ')}`;
    throw new GatewayError('GW_NOT_FOUND', { message: `Version ${number} is not kept; ${kept}` });
  }
}

function invalidPlan(message: string): GatewayError {
  return new GatewayError('GW_VALIDATION', { details: [{ field: 'plan_id', message }] });
}

/** The plugins of users: how each does, which routes run it, and its options with their current values. */
import { useQuery } from '@tanstack/react-query';
import { Link } from 'wouter';
import type { PluginStateName } from '../../../../src/plugin-kit/core/plugin-kit-vocabulary.ts';
import { errorText } from '../../api/api-error.ts';
import { plugins, type Plugin } from '../../api/plugins.ts';
import { Facts } from '../../components/figure.tsx';
import type { IconName } from '../../components/icon.tsx';
import { ErrorNote, Panel } from '../../components/panel.tsx';
import { Badge, type Tone } from '../../components/state-badge.tsx';
import { formatCount, formatMs } from '../../format.ts';

const STATES: Readonly<Record<PluginStateName, readonly [Tone, IconName, string]>> = {
  running: ['ok', 'check', 'running'],
  outdated: ['warn', 'warning', 'earlier revision runs'],
  failed: ['bad', 'cross', 'cannot be loaded'],
};

/** @param version of the snapshot */
export function PluginList({ version }: { readonly version: number }) {
  const { data = [], error } = useQuery({
    queryKey: ['plugins', version],
    queryFn: plugins,
    refetchInterval: 5000,
    placeholderData: (before) => before,
  });
  if (error) return <ErrorNote>{errorText(error)}</ErrorNote>;
  return data.map((plugin) => <PluginPanel key={plugin.name} plugin={plugin} />);
}

function PluginPanel({ plugin }: { readonly plugin: Plugin }) {
  const { name, file, revision, state, reason, routes, timeout_ms: timeout, on_error: onError, options } = plugin;
  const [tone, icon, word] = STATES[state];
  const badge = (
    <Badge tone={tone} icon={icon}>
      {word}
    </Badge>
  );
  return (
    <Panel title={`Plugin ${name}`} actions={badge}>
      <div className="space-y-4" data-plugin={name}>
        {reason !== null && <ErrorNote>{reason}</ErrorNote>}
        <Facts
          items={[
            ['File', file],
            ['Revision', revision],
            ['Routes', routes.length === 0 ? 'none runs it' : <RouteLink names={routes} />],
            ['On an error', `${onError === 'deny' ? 'answers 500' : 'goes on without it'}, waits ${formatMs(timeout)}`],
            ['Errors', formatCount(plugin.errors_total)],
            ['Counters', countersText(plugin.counters)],
          ]}
        />
        {options.length === 0 ? (
          <p className="text-sm text-muted">It has no options.</p>
        ) : (
          <ul aria-label={`Options of ${name}`} className="divide-y divide-line border-y border-line text-sm">
            {options.map((option) => (
              <OptionLine key={option.key} option={option} />
            ))}
          </ul>
        )}
      </div>
    </Panel>
  );
}

function RouteLink({ names }: { readonly names: readonly string[] }) {
  return (
    <Link href="/ui/routes" className="text-accent hover:underline">
      {names.join(', ')}
    </Link>
  );
}

function OptionLine({ option }: { readonly option: Plugin['options'][number] }) {
  const { key, description, allowed, default: fallback, required, value, set, error } = option;
  const rules = [allowed, ...(fallback === null ? [] : [`default ${fallback}`]), ...(required ? ['required'] : [])];
  return (
    <li className="space-y-0.5 py-2" data-option={key}>
      <div className="flex flex-wrap items-baseline justify-between gap-x-3">
        <code className="font-mono font-medium">{key}</code>
        <code className={`font-mono ${set ? 'font-medium' : 'text-muted'}`}>{value ?? 'not set'}</code>
      </div>
      {description !== null && <p>{description}</p>}
      <p className="text-xs text-muted">{rules.join(' · ')}</p>
      {error !== null && <ErrorNote>{error}</ErrorNote>}
    </li>
  );
}

function countersText(counters: Plugin['counters']): string {
  const texts = Object.entries(counters).map(([name, value]) => `${name} ${formatCount(value)}`);
  return texts.join(', ') || 'none';
}

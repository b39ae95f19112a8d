/** The current configuration as YAML, one section of the file at a time. */
export function SettingsTree({ settings }: { readonly settings: Readonly<Record<string, unknown>> }) {
  return (
    <div className="space-y-1">
      {Object.entries(settings).map(([name, value]) => (
        <details key={name} open={name === 'routes' || name === 'rate_limit'} className="rounded-md open:bg-sunken">
          <summary className="px-2 py-1 font-mono text-sm font-medium">{name}</summary>
          <pre className="overflow-x-auto px-3 pb-3 font-mono text-xs leading-5">{yamlText(value, 1)}</pre>
        </details>
      ))}
    </div>
  );
}

function yamlText(value: unknown, depth: number): string {
  const indent = '  '.repeat(depth);
  if (Array.isArray(value)) {
    if (value.every((item) => typeof item !== 'object' || item === null)) return `${indent}${JSON.stringify(value)}`;
    return value.map((item) => `${indent}- ${yamlText(item, depth + 1).trimStart()}`).join('\n');
  }
  if (typeof value === 'object' && value !== null && Object.keys(value).length > 0) {
    return Object.entries(value)
      .map(([key, inner]) =>
        isNested(inner) ? `${indent}${key}:\n${yamlText(inner, depth + 1)}` : `${indent}${key}: ${yamlText(inner, 0)}`,
      )
      .join('\n');
  }
  return `${indent}${typeof value === 'string' ? value : JSON.stringify(value)}`;
}

function isNested(value: unknown): boolean {
  if (Array.isArray(value)) return value.some((item) => typeof item === 'object' && item !== null);
  return typeof value === 'object' && value !== null && Object.keys(value).length > 0;
}

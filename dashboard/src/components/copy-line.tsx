/** A command with a button that copies it. */
import { CopyButton } from './copy-button.tsx';

export function CopyLine({ text }: { readonly text: string }) {
  return (
    <div className="flex items-center gap-2">
      <code className="min-w-0 flex-1 overflow-x-auto rounded bg-sunken px-2 py-1 font-mono text-xs" tabIndex={0}>
        {text}
      </code>
      <CopyButton text={text} label={`Copy: ${text}`} />
    </div>
  );
}

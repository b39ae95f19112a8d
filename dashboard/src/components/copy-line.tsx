/** A command with a button that copies it. */
import { useState } from 'react';
import { Button } from './button.tsx';

export function CopyLine({ text }: { readonly text: string }) {
  const [isCopied, setCopied] = useState(false);
  const copy = (): void => {
    // Refused on a page without TLS that is not on loopback: the text can be selected all the same.
    navigator.clipboard?.writeText(text).then(
      () => setCopied(true),
      () => setCopied(false),
    );
  };
  return (
    <div className="flex items-center gap-2">
      <code className="min-w-0 flex-1 overflow-x-auto rounded bg-sunken px-2 py-1 font-mono text-xs" tabIndex={0}>
        {text}
      </code>
      <Button aria-label={`Copy: ${text}`} onClick={copy}>
        {isCopied ? 'Copied' : 'Copy'}
      </Button>
    </div>
  );
}

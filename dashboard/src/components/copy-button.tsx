import { useState } from 'react';
import { Button } from './button.tsx';

export interface CopyButtonProps {
  readonly text: string;
  /** Default: Copy. */
  readonly children?: string;
  /** If there are several: what it copies. */
  readonly label?: string;
}

export function CopyButton({ text, children = 'Copy', label }: CopyButtonProps) {
  /** Another text is to be copied again. */
  const [copied, setCopied] = useState<string | null>(null);
  const isCopied = copied === text;
  const copy = (): void => {
    // Refused on a page without TLS that is not on loopback: the text can be selected all the same.
    navigator.clipboard?.writeText(text).then(
      () => setCopied(text),
      () => setCopied(null),
    );
  };
  return (
    <Button icon={isCopied ? 'check' : 'copy'} aria-label={label} onClick={copy}>
      {isCopied ? 'Copied' : children}
    </Button>
  );
}

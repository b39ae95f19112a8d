import { useState } from 'react';
import type { Client } from '../../api/types.ts';
import { Button } from '../../components/button.tsx';
import { Dialog, DialogButtons } from '../../components/dialog.tsx';

/** The key is in this answer only. */
export function KeyDialog({ client, onClose }: { readonly client: Client; readonly onClose: () => void }) {
  const [isCopied, setCopied] = useState(false);
  const key = client.api_key ?? '';
  return (
    <Dialog title={`API key of ${client.key}`} onClose={onClose}>
      <p className="text-sm text-muted">It is shown only once. Sluice stores only its hash.</p>
      <code data-api-key className="mt-3 block rounded-md bg-sunken p-3 font-mono text-sm select-all">
        {key}
      </code>
      <DialogButtons>
        <Button
          icon={isCopied ? 'check' : 'copy'}
          onClick={() => void navigator.clipboard.writeText(key).then(() => setCopied(true))}
        >
          {isCopied ? 'Copied' : 'Copy'}
        </Button>
        <Button look="main" onClick={onClose}>
          Done
        </Button>
      </DialogButtons>
    </Dialog>
  );
}

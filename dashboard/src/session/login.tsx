import { useState } from 'react';
import { Button } from '../components/button.tsx';
import { Field } from '../components/field.tsx';
import { ErrorNote } from '../components/panel.tsx';
import { Brand } from '../shell/brand.tsx';

export interface LoginProps {
  readonly onToken: (token: string) => void;
  readonly wasRefused: boolean;
}

export function Login({ onToken, wasRefused }: LoginProps) {
  const [token, setToken] = useState('');
  return (
    <main className="grid min-h-dvh place-items-center p-4">
      <form
        className="panel w-full max-w-sm space-y-4 p-6"
        onSubmit={(event) => {
          event.preventDefault();
          onToken(token.trim());
        }}
      >
        <Brand />
        <h1 className="text-lg font-semibold">Log in</h1>
        {wasRefused && <ErrorNote>The gateway does not know this token.</ErrorNote>}
        <Field
          label="Token"
          type="password"
          autoComplete="current-password"
          required
          autoFocus
          value={token}
          onChange={setToken}
          hint="One of admin.token or admin.tokens in the configuration. It is kept in this tab only."
        />
        <Button type="submit" look="main" className="w-full">
          Log in
        </Button>
      </form>
    </main>
  );
}

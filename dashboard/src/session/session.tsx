/** The session: who the operator is, and what they may do. A 401 from anywhere leads back to the login. */
import { createContext, useCallback, useContext, useEffect, useMemo, useState, type ReactNode } from 'react';
import { whenUnauthorized } from '../api/client.ts';
import { readSession, type SessionAnswer } from '../api/session.ts';
import { storedToken, storeToken } from '../api/token.ts';

export interface Session extends SessionAnswer {
  readonly token: string | null;
  /** May change backends, clients and circuits. */
  readonly canOperate: boolean;
  /** May apply a configuration. */
  readonly canAdminister: boolean;
  /** Checks again whether the token is valid. */
  refresh(): void;
  logOut(): void;
}

interface Known {
  readonly token: string | null;
  /** Null: not known yet. */
  readonly answer: SessionAnswer | null;
}

const Context = createContext<Session | null>(null);

export interface SessionGateProps {
  readonly children: ReactNode;
  /** Shown to an operator whom the gateway does not know; takes the token. */
  readonly login: (logIn: (token: string) => void, wasRefused: boolean) => ReactNode;
}

export function SessionGate({ children, login }: SessionGateProps) {
  const [known, setKnown] = useState<Known>({ token: storedToken(), answer: null });
  const { token, answer } = known;

  const refresh = useCallback(() => {
    const asked = storedToken();
    readSession()
      .then((answer) => {
        if (asked === storedToken()) setKnown({ token: asked, answer });
      })
      // Unreachable: a session stays open; the connection shows what is wrong.
      .catch(() => setKnown((was) => was));
  }, []);

  const logIn = useCallback(
    (next: string) => {
      storeToken(next);
      refresh();
    },
    [refresh],
  );
  const logOut = useCallback(() => {
    storeToken(null);
    setKnown({ token: null, answer: null });
    refresh();
  }, [refresh]);

  useEffect(() => {
    whenUnauthorized(() => refresh());
    refresh();
  }, [refresh]);

  useEffect(() => {
    if (answer !== null) return undefined;
    // The gateway has not answered yet.
    const timer = setInterval(refresh, 2000);
    return () => clearInterval(timer);
  }, [answer, refresh]);

  const session = useMemo((): Session | null => {
    if (answer === null) return null;
    const role = answer.authentication === 'none' ? 'admin' : answer.role;
    const canAdminister = role === 'admin';
    return { ...answer, token, canAdminister, canOperate: canAdminister || role === 'operator', refresh, logOut };
  }, [answer, token, refresh, logOut]);

  if (session === null) return <p className="p-8 text-center text-muted">Waiting for the gateway…</p>;
  if (session.authentication === 'token' && session.role === null) return login(logIn, token !== null);
  return <Context value={session}>{children}</Context>;
}

export function useSession(): Session {
  return useContext(Context)!;
}

import type { Config } from './config-input.ts';

/** What a configuration in code may use. */
export interface ConfigContext {
  /** The environment of the gateway, the same as `process.env`. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

type Returning<Result> = (context: ConfigContext) => Result;

type Unknown = 'this is not a key of the configuration';
type Keys<Shape> = Shape extends object ? keyof Shape : never;
type At<Shape, Key> = Shape extends object ? (Key extends keyof Shape ? Shape[Key] : never) : never;
type Item<Shape> = Shape extends readonly (infer One)[] ? One : never;

/** TypeScript checks the keys of an object that is passed, not of one that a function returns: this does. */
type Known<Given, Shape> = Given extends readonly unknown[]
  ? { readonly [Index in keyof Given]: Known<Given[Index], Item<Shape>> }
  : Given extends object
    ? { readonly [Key in keyof Given]: Key extends Keys<Shape> ? Known<Given[Key], At<Shape, Key>> : Unknown }
    : Given;

type Allowed = Config | Returning<Config | Promise<Config>>;

/** If values are wrong, TypeScript infers all that is allowed, and reports them itself. */
type Checked<Given> = [Allowed] extends [Given]
  ? Allowed
  : Given extends Returning<Promise<infer Result>>
    ? Returning<Promise<Known<Result, Config>>>
    : Given extends Returning<infer Result>
      ? Returning<Known<Result, Config>>
      : Known<Given, Config>;

/**
 * Gives a configuration in code its types: completion in editors, and errors of `tsc` for wrong keys. Takes the
 * configuration, or a function, which may be async, that returns it.
 *
 * @example
 *   export default defineConfig(({ env }) => ({
 *     pools: { web: { backends: [{ url: env.WEB_URL ?? 'http://127.0.0.1:8081' }] } },
 *   }));
 */
export function defineConfig<const Given extends Allowed>(config: Given & Checked<Given>): Given {
  return config;
}

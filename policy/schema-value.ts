/**
 * The type of a value that fits a JSON Schema, after defaults are filled in: a key with a default, or a
 * required one, is always there. It covers the keywords that our schemas use. The schema must be `as const`.
 */
export type SchemaValue<S> = S extends { readonly const: infer C }
  ? C
  : S extends { readonly enum: readonly (infer E)[] }
    ? E
    : S extends { readonly type: infer T }
      ? T extends readonly (infer Each)[]
        ? TypedValue<Each, S>
        : TypedValue<T, S>
      : never;

type TypedValue<T, S> = T extends 'object'
  ? ObjectValue<S>
  : T extends 'array'
    ? S extends { readonly items: infer I }
      ? readonly SchemaValue<I>[]
      : never
    : T extends keyof Simple
      ? Simple[T]
      : never;

interface Simple {
  readonly string: string;
  readonly integer: number;
  readonly number: number;
  readonly boolean: boolean;
  readonly null: null;
}

type ObjectValue<S> = S extends { readonly properties: infer P }
  ? {
      readonly [K in keyof P as IsThere<S, P, K> extends true ? K : never]: SchemaValue<P[K]>;
    } & {
      readonly [K in keyof P as IsThere<S, P, K> extends true ? never : K]?: SchemaValue<P[K]>;
    }
  : S extends { readonly oneOf: readonly (infer O)[] }
    ? SchemaValue<O>
    : S extends { readonly additionalProperties: infer A }
      ? Readonly<Record<string, SchemaValue<A>>>
      : never;

type IsThere<S, P, K extends keyof P> = P[K] extends { readonly default: unknown }
  ? true
  : S extends { readonly required: readonly (infer R)[] }
    ? K extends R
      ? true
      : false
    : false;

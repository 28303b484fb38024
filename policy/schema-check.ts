import { createRequire } from 'node:module';
import type * as Ajv from 'ajv/dist/2020.js';
import type { ValidateFunction } from 'ajv/dist/2020.js';
import type Standalone from 'ajv/dist/standalone/index.js';
import { builtCheck, forgetOtherChecks, keepCheck } from './built-check.js';
import type { SchemaFault } from './schema-fault.js';
import { schemaFault } from './schema-fault.js';

/** Checks a value, and fills in the schema's defaults: the value changes. Returns all faults. */
export type SchemaCheck = (value: unknown) => readonly SchemaFault[];

const compiled = new WeakMap<object, SchemaCheck>();

/**
 * The check of a schema, compiled at the first call.
 *
 * @throws Error when the schema itself is wrong
 */
export function schemaCheck(schema: object): SchemaCheck {
  const known = compiled.get(schema) ?? compile(schema);
  compiled.set(schema, known);
  return known;
}

function compile(schema: object): SchemaCheck {
  const validate = builtCheck(schema) ?? ajv().compile(schema);
  return (value) => (validate(value) ? [] : faults(validate));
}

/** Compiles the schemas of settings and policy into files, as a part of `npm run build`. */
export function buildChecks(schemas: readonly object[]): void {
  const { default: standalone } = require('ajv/dist/standalone') as typeof Standalone;
  for (const schema of schemas) {
    const compiler = ajv({ code: { source: true } });
    keepCheck(schema, standalone(compiler, compiler.compile(schema)));
  }
  forgetOtherChecks(schemas);
}

const require = createRequire(import.meta.url);

/**
 * Strict: unknown keywords and ignored defaults are mistakes of ours. Loaded only when there is no built
 * check.
 */
function ajv(options: Ajv.Options = {}): Ajv.Ajv2020 {
  const { Ajv2020 } = require('ajv/dist/2020.js') as typeof Ajv;
  const compiler = new Ajv2020({
    strict: true,
    allErrors: true,
    useDefaults: true,
    discriminator: true,
    verbose: true,
    allowUnionTypes: true,
    ownProperties: true,
    ...options,
  });
  compiler.addVocabulary(['patternErrorMessage', 'errorMessage']);
  return compiler;
}

/** One value can break several keywords in the same way: 0.5 is no integer, and is below a minimum of 1. */
function faults(validate: ValidateFunction): readonly SchemaFault[] {
  const all = (validate.errors ?? []).map(schemaFault).filter((found) => found !== null);
  const said = new Set<string>();
  return all.filter(({ path, message }) => {
    const key = JSON.stringify([path, message]);
    return !said.has(key) && said.add(key);
  });
}

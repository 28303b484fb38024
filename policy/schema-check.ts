import type { ValidateFunction } from 'ajv/dist/2020.js';
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { SchemaFault } from './schema-fault.js';
import { schemaFault } from './schema-fault.js';

/** Checks a value, filling the schema's defaults in: the value is changed. Returns all that is wrong with it. */
export type SchemaCheck = (value: unknown) => readonly SchemaFault[];

const compiled = new WeakMap<object, SchemaCheck>();

/**
 * The check of a schema, compiled when it is first asked for.
 * @throws Error when the schema itself is wrong
 */
export function schemaCheck(schema: object): SchemaCheck {
  const known = compiled.get(schema) ?? compile(schema);
  compiled.set(schema, known);
  return known;
}

/** Compiles with ajv, strictly: unknown keywords and ignored defaults are mistakes of ours. */
function compile(schema: object): SchemaCheck {
  const ajv = new Ajv2020({
    strict: true,
    allErrors: true,
    useDefaults: true,
    discriminator: true,
    verbose: true,
    allowUnionTypes: true,
    ownProperties: true,
  });
  ajv.addVocabulary(['patternErrorMessage', 'errorMessage']);
  const validate = ajv.compile(schema);
  return (value) => (validate(value) ? [] : faults(validate));
}

/** One value can break several keywords of its schema in the same way: 0.5 is no integer, and below a minimum of 1. */
function faults(validate: ValidateFunction): readonly SchemaFault[] {
  const all = (validate.errors ?? []).map(schemaFault).filter((found) => found !== null);
  const said = new Set<string>();
  return all.filter(({ path, message }) => {
    const key = JSON.stringify([path, message]);
    return !said.has(key) && said.add(key);
  });
}

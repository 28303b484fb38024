import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ValidateFunction } from 'ajv/dist/2020.js';

const require = createRequire(import.meta.url);

/**
 * The check's file. Its name comes from the schema's text, so a schema changed since the build finds no file.
 */
function fileOf(schema: object): string {
  const name = createHash('sha256').update(JSON.stringify(schema)).digest('hex').slice(0, 32);
  return fileURLToPath(new URL(`../.schemas/${name}.cjs`, import.meta.url));
}

/**
 * The check that `npm run build` made of a schema. It loads in a tenth of the time that ajv needs to compile
 * it.
 */
export function builtCheck(schema: object): ValidateFunction | undefined {
  const file = fileOf(schema);
  return existsSync(file) ? (require(file) as ValidateFunction) : undefined;
}

/** Stores the code of a schema's check for {@link builtCheck}. */
export function keepCheck(schema: object, code: string): void {
  const file = fileOf(schema);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, code);
}

/** Removes the code of checks of other schemas: those of an earlier build. */
export function forgetOtherChecks(schemas: readonly object[]): void {
  const kept = new Set(schemas.map((schema) => basename(fileOf(schema))));
  const directory = dirname(fileOf({}));
  for (const file of readdirSync(directory)) if (!kept.has(file)) rmSync(join(directory, file));
}

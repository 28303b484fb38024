import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { policySchemaFile, withReferences } from './reference.js';

/**
 * Brings what is made from the schemas up to date: the schema file for editors and the tables in docs/. Run from the
 * build, as `npm run docs`; a test finds out when it was forgotten.
 */
const root = new URL('../../', import.meta.url);

writeFileSync(fileURLToPath(new URL('policy/policy.schema.json', root)), policySchemaFile());
for (const document of ['docs/policy-reference.md', 'docs/settings.md']) {
  const file = fileURLToPath(new URL(document, root));
  writeFileSync(file, withReferences(readFileSync(file, 'utf8')));
}

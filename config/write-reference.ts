import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { policySchemaFile, withReferences } from './reference.js';

/**
 * Updates everything that is made from the schemas and the log's events: the schema file for editors, and the tables in docs/.
 * `npm run docs` runs it after a build. A test fails when it was forgotten.
 */
const root = new URL('../../', import.meta.url);

writeFileSync(fileURLToPath(new URL('policy/policy.schema.json', root)), policySchemaFile());
const DOCUMENTS = ['policy-reference', 'settings', 'declared-customers', 'log-events'];
for (const name of DOCUMENTS) {
  const document = `docs/${name}.md`;
  const file = fileURLToPath(new URL(document, root));
  writeFileSync(file, withReferences(readFileSync(file, 'utf8')));
}

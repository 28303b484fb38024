import './cli/installation/fit-node.js';
import { MANIFEST_SCHEMA } from '../config/accepted-policy.js';
import { CUSTOMERS_SCHEMA } from '../config/customers-schema.js';
import { DOM0_SCHEMA } from '../config/dom0-schema.js';
import { GATE_SCHEMA } from '../config/gate-schema.js';
import { POLICY_SCHEMA } from '../policy/policy-schema.js';
import { buildChecks } from '../policy/schema-check.js';
import { keepCompiled, useCompileCache } from './compile-cache.js';
import { bundlePrograms } from './program-bundles.js';

// The last step of `npm run build`: does once what every start would otherwise do again.
buildChecks([CUSTOMERS_SCHEMA, DOM0_SCHEMA, GATE_SCHEMA, MANIFEST_SCHEMA, POLICY_SCHEMA]);
const programs = await bundlePrograms();
useCompileCache();
for (const program of programs) await import(program);
keepCompiled();

import './cli/installation/fit-node.js';
import { MANIFEST_SCHEMA } from '../config/accepted-policy.js';
import { DOM0_SCHEMA } from '../config/dom0-schema.js';
import { GATE_SCHEMA } from '../config/gate-schema.js';
import { POLICY_SCHEMA } from '../policy/policy-schema.js';
import { buildChecks } from '../policy/schema-check.js';
import { keepCompiled, useCompileCache } from './compile-cache.js';

// The last step of `npm run build`: does once what every start would otherwise do again.
buildChecks([DOM0_SCHEMA, GATE_SCHEMA, MANIFEST_SCHEMA, POLICY_SCHEMA]);
useCompileCache();
const [{ Command }, { addCommands }] = await Promise.all([
  import('commander'),
  import('./cli/commands.js'),
  import('./cli/command-line.js'),
  import('./cli/half/run-gate.js'),
  import('./cli/half/run-dom0.js'),
  import('../config/check-policy.js'),
  import('./cli/admin/admin-client.js'),
  import('./cli/admin/own-database.js'),
]);
await addCommands(new Command(), undefined);
keepCompiled();

import type { Command } from 'commander';
import { CUSTOMERS_SCHEMA } from '../../../config/customers-schema.js';
import { DOM0_SCHEMA } from '../../../config/dom0-schema.js';
import { GATE_SCHEMA } from '../../../config/gate-schema.js';
import { POLICY_SCHEMA } from '../../../policy/policy-schema.js';
import { DOM0_SETTINGS, GATE_SETTINGS } from '../command/settings-option.js';
import { commandPage, overviewPage } from './command-page.js';
import { filePage } from './file-page.js';
import type { FileKind } from './file-page.js';

const CHECKED =
  'The file is YAML or JSON. `postern doctor` checks it. An unknown key is an error with its place. A path that does not begin with `/` starts at the directory of the file. Changes count after a restart.';

const FILES: readonly FileKind[] = [
  {
    name: 'postern-gate.yaml',
    about: 'settings of the gate of Postern',
    path: GATE_SETTINGS,
    schema: GATE_SCHEMA,
    words: [CHECKED],
  },
  {
    name: 'postern-dom0.yaml',
    about: 'settings of the dom0 half of Postern',
    path: DOM0_SETTINGS,
    schema: DOM0_SCHEMA,
    words: [CHECKED],
  },
  {
    name: 'postern-policy',
    about: 'who may do what on which servers, for Postern',
    path: '/etc/postern/policy.d/*.yaml',
    schema: POLICY_SCHEMA,
    words: [
      'The files are read in the order of their names, as one document. The first rule that matches a request decides, and a request that no rule matches is denied.',
      '`postern policy check` checks them and runs their tests. `postern policy reload` puts them in force; a file that is not sound changes nothing.',
    ],
  },
  {
    name: 'postern-customers',
    about: 'declared customers, with their keys and roles, for Postern',
    path: '/etc/postern/customers.d/*.yaml',
    schema: CUSTOMERS_SCHEMA,
    words: [
      'Nothing reads these files by itself: `postern apply` does, one file or all of a directory, as one document. It changes everything or nothing. `postern export` writes such files.',
      'A row that a file declares is changed in the file. By hand it is changed with `--take` only. Without `--prune` nothing is removed.',
    ],
  },
];

/** All manual pages, by their paths below a directory of man(1): `man1/postern.1`. */
export function manualPages(program: Command, version: string): ReadonlyMap<string, string> {
  const commands = program
    .createHelp()
    .visibleCommands(program)
    .filter((one) => one.name() !== 'help');
  return new Map([
    [`man1/${program.name()}.1`, overviewPage(program, version)],
    ...commands.map(
      (one) => [`man1/${program.name()}-${one.name()}.1`, commandPage(program, one, version)] as const,
    ),
    ...FILES.map((file) => [`man5/${file.name}.5`, filePage(file, version)] as const),
  ]);
}

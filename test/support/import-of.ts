import { findCustomerFiles } from '../../server/cli/import/customer-file.js';
import { DomainFiles } from '../../server/cli/import/domain-files.js';
import { Evidence } from '../../server/cli/import/evidence.js';
import { Findings } from '../../server/cli/import/findings.js';
import { ImportPlan } from '../../server/cli/import/import-plan.js';
import type { ImportChoices } from '../../server/cli/import/import-plan.js';
import { placeText } from '../../server/cli/import/place.js';
import { RootDirectory } from '../../server/cli/command/root-directory.js';

const CHOICES: ImportChoices = {
  rsaMinimumBits: 2048,
  menus: ['xencontrol'],
  now: new Date('2026-11-21T12:00:00Z'),
  dropFrom: false,
  trustAuthorizedKeys: false,
  merge: false,
  suffix: null,
  renames: new Map(),
};

/** An import from a root directory, in words: the customers with their domains, and the findings. */
export interface ImportOf {
  /** `{ alice: 'horatio, ophelia' }` */
  readonly domains: Readonly<Record<string, string>>;
  /** The number of keys of each. */
  readonly keys: Readonly<Record<string, number>>;
  /** Each as `problem /etc/sudoers:3: …`. */
  readonly said: readonly string[];
}

export function importOf(
  root: string,
  {
    pattern = '/home/*/.ssh/authorized_keys',
    shells = [],
    ...choices
  }: Partial<ImportChoices> & { readonly pattern?: string; readonly shells?: readonly string[] } = {},
): ImportOf {
  const directory = new RootDirectory(root);
  const findings = new Findings();
  const domains = DomainFiles.read(directory, '/etc/xen', (place, sentence) => {
    findings.left(place, sentence);
  });
  if (typeof domains === 'string') throw new Error(domains);
  const files = findCustomerFiles(directory, pattern);
  if (typeof files === 'string') throw new Error(files);
  const all = { ...CHOICES, ...choices };
  const evidence = Evidence.read(directory, domains, '/etc/sudoers', all.menus, findings, shells);
  const customers = new ImportPlan(evidence, all, findings).make(files);
  return {
    domains: Object.fromEntries(
      customers.map((one) => [one.name, [...one.domains.keys()].sort().join(', ')]),
    ),
    keys: Object.fromEntries(customers.map(({ name, keys }) => [name, keys.length])),
    said: findings.all.map(({ kind, place, sentence }) => `${kind} ${placeText(place)}: ${sentence}`),
  };
}

import { shortList } from '../../../policy/listing.js';
import type { ImportOutcome, ImportResult } from '../../store/imports.js';
import { table } from '../command/table.js';
import { printable } from '../../../policy/printable.js';
import type { Finding } from './findings.js';
import type { PlannedCustomer } from './import-plan.js';
import { placeText } from './place.js';

/** What an import would do, or did. */
interface ImportReport {
  readonly customers: readonly PlannedCustomer[];
  readonly findings: readonly Finding[];
  /** Whether open decisions of the admin prevented the import. */
  readonly held: boolean;
  /** Null when the gate could not be asked. */
  readonly result: ImportResult | null;
}

const HEADS: readonly (readonly [Finding['kind'], string])[] = [
  ['problem', 'For you to decide:'],
  ['left', 'Not taken over:'],
  ['note', 'Taken over, and good to know:'],
];
const MOST_PLACES = 3;

export function importReportText(report: ImportReport): string {
  const { customers, findings, result } = report;
  const rows = customers.map((customer) => row(customer, outcomeOf(customer, result)));
  const parts = [table(['CUSTOMER', 'DOMAINS', 'KEYS', 'SAID BY', ''], rows, 'no customers were found')];
  for (const [kind, head] of HEADS) {
    const some = findings.filter((finding) => finding.kind === kind);
    if (some.length === 0) continue;
    parts.push(`${head}\n${some.map((finding) => `  ${findingText(finding)}\n`).join('')}`);
  }
  const kept = (result?.customers ?? []).flatMap(keptSentences);
  if (kept.length > 0) parts.push(`Kept as it is:\n${kept.map((sentence) => `  ${sentence}\n`).join('')}`);
  const refused = result?.refused ?? [];
  if (refused.length > 0) {
    parts.push(`Refused:\n${refused.map(({ sentence }) => `  ${printable(sentence)}\n`).join('')}`);
  }
  parts.push(closing(report));
  return parts.join('\n');
}

export function importReportJson({ customers, findings, held, result }: ImportReport): object {
  return {
    customers: customers.map(({ name, account, keys, domains }) => ({
      customer: name,
      account,
      keys: keys.map(({ key, place }) => ({ fingerprint: key.fingerprint, type: key.type, place })),
      domains: [...domains].map(([domain, right]) => ({
        domain,
        verbs: [...right.verbs],
        places: right.places,
      })),
    })),
    findings,
    held,
    result,
  };
}

function findingText({ place, sentence }: Finding): string {
  return printable(`${placeText(place)}: ${sentence}`, 500);
}

function row(
  { name, account, keys, domains }: PlannedCustomer,
  outcome: ImportOutcome | undefined,
): string[] {
  const places = [...new Set([...domains.values()].flatMap((right) => right.places.map(placeText)))];
  return [
    account === name ? name : `${name} (${account})`,
    [...domains.keys()].sort().join(', '),
    String(keys.length),
    shortList(places, MOST_PLACES),
    outcome === undefined ? '' : standing(outcome),
  ];
}

function outcomeOf({ name }: PlannedCustomer, result: ImportResult | null): ImportOutcome | undefined {
  return result?.customers.find(({ customer }) => customer === name);
}

function standing({ state, keys, roles }: ImportOutcome): string {
  if (state === 'added') return 'new';
  const added = [...keys, ...roles].some((one) => one.state === 'added');
  return added ? 'there, with more' : 'there';
}

function keptSentences({ customer, keys, roles }: ImportOutcome): string[] {
  return [
    ...keys
      .filter(({ state }) => state === 'removed')
      .map(
        ({ fingerprint }) =>
          `${customer}: the key ${fingerprint} was removed before, so it is not given again`,
      ),
    ...roles.flatMap(({ domain, role, state }) => {
      if (state === 'removed')
        return [`${customer}: the role on ${domain} was taken away before, so it is not given again`];
      if (state === 'other') return [`${customer}: already has a role other than ${role} on ${domain}`];
      return state === 'retired'
        ? [
            `${customer}: the role on ${domain} is from before the name was given up (postern domain adopt ${domain})`,
          ]
        : [];
    }),
  ];
}

/** Counts what was added, or would be added. */
function added(result: ImportResult): { customers: number; keys: number; roles: number } {
  const count = (states: readonly { readonly state: string }[]): number =>
    states.filter(({ state }) => state === 'added').length;
  return {
    customers: count(result.customers),
    keys: count(result.customers.flatMap(({ keys }) => keys)),
    roles: count(result.customers.flatMap(({ roles }) => roles)),
  };
}

function closing({ findings, held, result }: ImportReport): string {
  const problems = findings.filter(({ kind }) => kind === 'problem').length;
  const open = !held ? '' : `; ${problems} for you to decide (--leave-out skips them and does the rest)`;
  if (result === null) return `nothing was changed${open}\n`;
  const { customers, keys, roles } = added(result);
  const what = `${customers} customers, ${keys} keys, ${roles} roles`;
  if (result.applied) {
    return customers + keys + roles === 0
      ? `everything is there already: nothing was changed\n`
      : `added: ${what}\n`;
  }
  if (customers + keys + roles === 0) return `everything is there already: nothing to add${open}\n`;
  if (held) return `to add: ${what}; nothing was changed${open}\n`;
  return `to add: ${what}; nothing was changed yet: --apply does it\n`;
}

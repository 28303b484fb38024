import { jsonEscapes, replaceUnprintable } from '../policy/printable.js';
import type { CustomersFile, KeyEntry, RoleEntry } from './customers-schema.js';

/** Words that YAML, or a reader of YAML 1.1, does not take for text. */
const WORDS = /^(true|false|null|yes|no|on|off|y|n)$/i;
const PLAIN = /^[a-z_][a-z0-9_.-]*$/i;

/** The text of a file of declared customers, which `readCustomers` reads. What has its default is left out. */
export function customersText(file: Partial<CustomersFile>): string {
  const lines: string[] = [];
  const section = (name: string, entries: readonly (readonly string[])[]): void => {
    if (entries.length > 0) lines.push(`${name}:`, ...entries.flat().map((line) => `  ${line}`));
  };
  section(
    'customers',
    Object.entries(file.customers ?? {}).map(([name, entry]) => customerLines(name, entry)),
  );
  section(
    'domains',
    Object.entries(file.domains ?? {}).map(([name, { parameters }]) => [
      `${word(name)}:`,
      '  parameters:',
      ...Object.entries(parameters).map(([key, value]) => `    ${word(key)}: ${quoted(value)}`),
    ]),
  );
  section(
    'cas',
    Object.entries(file.cas ?? {}).map(([name, { key, everybody, customers, groups }]) => [
      `${word(name)}:`,
      `  key: ${quoted(key)}`,
      ...(everybody ? ['  everybody: true'] : []),
      ...(customers.length === 0 ? [] : [`  customers: [${customers.map(word).join(', ')}]`]),
      ...(groups.length === 0 ? [] : [`  groups: [${groups.map(quoted).join(', ')}]`]),
    ]),
  );
  return lines.map((line) => `${line}\n`).join('');
}

function customerLines(name: string, entry: CustomersFile['customers'][string]): readonly string[] {
  const { suspended = false, keys = [], roles = {} } = entry ?? {};
  const all = Object.entries(roles);
  const lines = [
    ...(suspended ? ['suspended: true'] : []),
    ...(keys.length === 0 ? [] : ['keys:', ...keys.flatMap(keyLines)]),
    ...(all.length === 0
      ? []
      : ['roles:', ...all.map(([domain, role]) => `  ${word(domain)}: ${roleText(role)}`)]),
  ];
  return lines.length === 0 ? [`${word(name)}: {}`] : [`${word(name)}:`, ...lines.map((line) => `  ${line}`)];
}

function keyLines(entry: KeyEntry): readonly string[] {
  if (typeof entry === 'string') return [`  - ${quoted(entry)}`];
  const { key, expires, own } = entry;
  if (expires === null && !own) return [`  - ${quoted(key)}`];
  return [
    `  - key: ${quoted(key)}`,
    ...(expires === null ? [] : [`    expires: ${quoted(expires)}`]),
    ...(own ? ['    own: true'] : []),
  ];
}

function roleText(entry: RoleEntry): string {
  if (typeof entry === 'string') return word(entry);
  return entry.until === null
    ? word(entry.role)
    : `{role: ${word(entry.role)}, until: ${quoted(entry.until)}}`;
}

function word(text: string): string {
  return PLAIN.test(text) && !WORDS.test(text) ? text : quoted(text);
}

/** In double quotes, YAML takes what JSON does. */
function quoted(text: string): string {
  return replaceUnprintable(JSON.stringify(text), jsonEscapes);
}

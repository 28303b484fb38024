import { acceptsValue, lineParts } from '../../../policy/boot-parameter.js';
import type { Chooser, ParameterRule, ParameterValues } from '../../../policy/boot-parameter.js';
import { DOMAIN_PARAMETER } from '../../../policy/names.js';
import type { DomainName, ParameterName } from '../../../policy/names.js';
import { refusal } from '../../../policy/refusal.js';
import type { Refusal } from '../../../policy/refusal.js';

/** A parameter of a profile: its title, its allowed values, and its default. */
interface Parameter extends ParameterRule {
  /** A few words: `suite`. */
  readonly title: string;
  readonly default: string | null;
  /** Missing: `admin`. */
  readonly chooser?: Chooser;
}

/** A kernel's command line with `${NAME}` in it, and the parameters for it. */
export interface CommandLine {
  readonly extra: string;
  readonly parameters: Readonly<Record<ParameterName, Parameter>>;
}

/**
 * Fills in the values. This check is final, whatever the gate says: each value must be
 * declared and allowed by its rule.
 *
 * @returns the line, or a refusal that names the parameter and the problem
 */
export function filledLine(
  { extra, parameters }: CommandLine,
  domain: DomainName,
  given: ParameterValues,
): string | Refusal {
  const values = new Map<string, string>([[DOMAIN_PARAMETER, domain]]);
  for (const [name, parameter] of Object.entries(parameters)) {
    const value = Object.hasOwn(given, name)
      ? given[name as ParameterName]
      : (parameter.default ?? undefined);
    if (value === undefined) return notSet(name, parameter.title);
    if (!acceptsValue(parameter, value)) return notAllowed(name, parameter.title, value);
    values.set(name, value);
  }
  const unknown = Object.keys(given).find((name) => !Object.hasOwn(parameters, name));
  if (unknown !== undefined) return refusal('usage', 'The boot profile has no such parameter.', unknown);
  const words = lineParts(extra).map((part) => ('text' in part ? part.text : values.get(part.reference)));
  if (words.includes(undefined)) throw new Error(`a parameter is not declared: ${extra}`);
  return words.join('');
}

/**
 * The reverse: finds the values that turn the line into the one shown. They need not be allowed.
 *
 * @returns undefined when no values do
 */
export function valuesIn(extra: string, domain: DomainName, shown: string): ParameterValues | undefined {
  const names: string[] = [];
  const pattern = lineParts(extra).map((part) => {
    if ('text' in part) return literal(part.text);
    if (part.reference === DOMAIN_PARAMETER) return literal(domain);
    if (names.includes(part.reference)) return `(?:\\${names.indexOf(part.reference) + 1})`;
    names.push(part.reference);
    return '(\\S{1,200})';
  });
  const found = new RegExp(`^${pattern.join('')}$`).exec(shown);
  if (found === null) return undefined;
  return Object.fromEntries(names.map((name, index) => [name, found[index + 1] ?? '']));
}

function literal(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}

function notSet(name: string, title: string): Refusal {
  return refusal(
    'not-on-this-host',
    `This boot is not set up for this server: its ${title} is not set.`,
    `the parameter ${name} is not set and has no default`,
  );
}

function notAllowed(name: string, title: string, value: string): Refusal {
  return refusal(
    'not-on-this-host',
    `This boot is not set up for this server: its ${title} is set to something that its host does not allow.`,
    `the parameter ${name} may not be ${JSON.stringify(value.slice(0, 80))}`,
  );
}

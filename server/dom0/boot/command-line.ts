import { acceptsValue, lineParts } from '../../../policy/boot-parameter.js';
import type { ParameterRule, ParameterValues } from '../../../policy/boot-parameter.js';
import { DOMAIN_PARAMETER } from '../../../policy/names.js';
import type { DomainName, ParameterName } from '../../../policy/names.js';
import { refusal } from '../../../policy/refusal.js';
import type { Refusal } from '../../../policy/refusal.js';

/** A parameter of a profile: words, which values it may have, and the one it has when none is given. */
interface Parameter extends ParameterRule {
  /** A few words: `suite`. */
  readonly title: string;
  readonly default: string | null;
}

/** A kernel's command line with `${NAME}` in it, and what may stand there. */
export interface CommandLine {
  readonly extra: string;
  readonly parameters: Readonly<Record<ParameterName, Parameter>>;
}

/**
 * Fills the values in. Here is the last word on them, whatever the gate says: each is declared, and as its rule allows.
 *
 * @returns the line, or a refusal that names what is wrong with which parameter
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
 * The other way round: the values with which the line became the one that is shown. They fit the line, and need not be allowed.
 *
 * @returns undefined when it cannot have become this
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

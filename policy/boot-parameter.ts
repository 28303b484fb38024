import { createContext, Script } from 'node:vm';
import type { ParameterName } from './names.js';

/** Values of parameters, by name. */
export type ParameterValues = Readonly<Record<ParameterName, string>>;

/** The allowed values of a parameter. Exactly one of the two is not null. */
export interface ParameterRule {
  /** The closed list. */
  readonly values: readonly string[] | null;
  /** A regular expression for the whole value. */
  readonly pattern: string | null;
}

/** Who says which of its values a parameter has: an admin for each domain, or the customer at each boot. */
export const CHOOSERS = ['admin', 'customer'] as const;

export type Chooser = (typeof CHOOSERS)[number];

/** The most ways to boot one profile that customers may choose from, over all its parameters. */
export const MOST_CHOICES = 50;

/** The most parameters that a domain may have set, and that a profile may declare. */
export const MOST_PARAMETERS = 32;

/**
 * Whatever the rule says, a value is one word of a kernel's command line: no blank, quote, backslash or
 * control character. It cannot be taken for an option.
 */
const VALUE = /^[A-Za-z0-9/][A-Za-z0-9._:/+,@%=~-]{0,199}$/;

/** The form that `isParameterValue` accepts, for a sentence. */
export const PARAMETER_VALUE_WORDS =
  'one word of at most 200 letters, digits and . _ : / + , @ % = ~ -, beginning with a letter, a digit or /';

/**
 * Milliseconds. A slower pattern, like `(a+)+b`, refuses the value, because it would block everybody. A
 * normal pattern needs microseconds, but a busy machine adds waiting time.
 */
const PATTERN_PATIENCE = 1_000;

const REFERENCE = /\$\{([^{}]*)\}/;

/**
 * Whether a text can be any parameter's value: one word of a kernel's command line, at most 200 characters.
 */
export function isParameterValue(text: string): boolean {
  return VALUE.test(text);
}

/** Whether a parameter may have this value. */
export function acceptsValue({ values, pattern }: ParameterRule, value: string): boolean {
  if (!isParameterValue(value)) return false;
  if (values !== null) return values.includes(value);
  return pattern !== null && matches(wholePattern(pattern), value);
}

/** The pattern, anchored at both ends. @throws SyntaxError when it is no regular expression */
export function wholePattern(pattern: string): RegExp {
  // Compile it alone first: `a)|(b` is valid only between the anchors.
  new RegExp(pattern, 'u');
  return new RegExp(`^(?:${pattern})$`, 'u');
}

const MATCH = new Script('pattern.test(value)');

function matches(pattern: RegExp, value: string): boolean {
  try {
    const sandbox = createContext({ pattern, value });
    return MATCH.runInContext(sandbox, { timeout: PATTERN_PATIENCE }) === true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return false;
    throw error;
  }
}

/** A command line in parts: literal text, and names between `${` and `}`, which may be unknown. */
type LinePart = { readonly text: string } | { readonly reference: string };

/** Splits a command line at its `${NAME}` references. */
export function lineParts(line: string): readonly LinePart[] {
  return line
    .split(REFERENCE)
    .map((part, index) => (index % 2 === 0 ? { text: part } : { reference: part }))
    .filter((part) => !('text' in part) || part.text !== '');
}

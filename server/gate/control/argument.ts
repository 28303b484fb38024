import { ACTIONS, isAction } from '../../../policy/actions.js';
import type { Action } from '../../../policy/actions.js';
import { isParameterValue, MOST_PARAMETERS, PARAMETER_VALUE_WORDS } from '../../../policy/boot-parameter.js';
import type { ParameterValues } from '../../../policy/boot-parameter.js';
import { KNOWN_STATES } from '../../../policy/conditions.js';
import type { KnownState } from '../../../policy/conditions.js';
import {
  parseAuthorityName,
  parseBootProfileName,
  parseCustomerName,
  parseDomainName,
  parseFingerprint,
  parseParameterName,
} from '../../../policy/names.js';
import type {
  AuthorityName,
  BootProfileName,
  CustomerName,
  DomainName,
  Fingerprint,
  ParameterName,
} from '../../../policy/names.js';
import { normalAddress } from '../../../policy/network.js';
import { isPrintable, jsonEscapes, replaceUnprintable } from '../../../policy/printable.js';
import { isRefusal, refusal } from '../../../policy/refusal.js';
import type { Refusal } from '../../../policy/refusal.js';
import { ROLES, isRole } from '../../../policy/roles.js';
import type { Role } from '../../../policy/roles.js';
import type { Mark } from '../../store/audit-verifier.js';
import { parseReference } from '../../store/reference.js';
import { isRecordingId } from '../recording/recording-name.js';

/** Reads one argument of an admin's request. A wrong one gives a refusal with the code `usage`. */
export type Argument<T> = (value: unknown, name: string) => T | Refusal;

/** The values that a set of arguments reads. */
export type ArgumentValues<S> = { readonly [K in keyof S]: S[K] extends Argument<infer T> ? T : never };

/** A value as a sentence quotes it: cut, and as JSON, in which characters that do not print are escapes. */
function quoted(value: unknown): string {
  const text = typeof value === 'string' ? value : String(value);
  return replaceUnprintable(JSON.stringify(text.length > 70 ? `${text.slice(0, 70)}…` : text), jsonEscapes);
}

function wrong(sentence: string): Refusal {
  return refusal('usage', sentence);
}

function withArticle(name: string): string {
  return `${/^[aeio]/.test(name) ? 'an' : 'a'} ${name}`;
}

function word<T>(parse: (text: string) => T | undefined, expected: string): Argument<T> {
  return (value, name) => {
    if (value === undefined || value === null) return wrong(`the ${name} is missing`);
    const parsed = typeof value === 'string' ? parse(value) : undefined;
    return parsed ?? wrong(`${quoted(value)} is not ${withArticle(name)}: ${expected}`);
  };
}

export const customer: Argument<CustomerName> = word(
  parseCustomerName,
  'up to 32 lower-case letters, digits, `_`, `.` and `-`, beginning with a letter, and none of the words of the commands',
);

export const domain: Argument<DomainName> = word(
  parseDomainName,
  'it must be the name= of a guest: letters, digits, `.`, `_`, `+` and `-`, not digits alone, never Domain-0',
);

export const fingerprint: Argument<Fingerprint> = word(
  parseFingerprint,
  '`SHA256:` and 43 characters, as `ssh-keygen -l` shows it',
);

/** The name of a CA. */
export const authority: Argument<AuthorityName> = word(
  parseAuthorityName,
  'lower-case letters, digits and `-`, beginning with a letter, at most 32',
);

export const profile: Argument<BootProfileName> = word(
  parseBootProfileName,
  'lower-case letters, digits and `-`',
);

export const parameter: Argument<ParameterName> = word(
  parseParameterName,
  'lower-case letters, digits and `-`, beginning with a letter, at most 32, and not `domain`',
);

export const parameterValue: Argument<string> = word(
  (text) => (isParameterValue(text) ? text : undefined),
  PARAMETER_VALUE_WORDS,
);

/** Names with their values: at least one. */
export const parameters: Argument<ParameterValues> = (value, name) => {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return wrong(`the ${name} are missing`);
  const entries = Object.entries(value);
  if (entries.length === 0 || entries.length > MOST_PARAMETERS)
    return wrong(`give 1 to ${MOST_PARAMETERS} ${name}`);
  const values: Record<string, string> = {};
  for (const [key, given] of entries) {
    const known = parameter(key, 'name of a parameter');
    if (isRefusal(known)) return known;
    const set = parameterValue(given, `value of ${known}`);
    if (isRefusal(set)) return set;
    values[known] = set;
  }
  return values;
};

export const role: Argument<Role> = word(
  (text) => (isRole(text) ? text : undefined),
  `one of ${ROLES.join(', ')}`,
);

export const action: Argument<Action> = word(
  (text) => (isAction(text) ? text : undefined),
  `one of ${ACTIONS.join(', ')}`,
);

/** A fingerprint, an address or a name: whatever a refused login may be looked for by. */
export const who: Argument<string> = word(
  (text) => (text.length > 0 && text.length <= 100 && isPrintable(text) ? text : undefined),
  'a fingerprint, an address, or the name of a customer or a domain',
);

export const hostKeyType: Argument<string> = word(
  (text) => (/^[a-z0-9-]{1,30}$/.test(text) ? text : undefined),
  'ed25519, rsa or ecdsa, or as the key itself names it',
);

export const address: Argument<string> = word(normalAddress, 'an IPv4 or IPv6 address, without a port');

export const state: Argument<KnownState> = word(
  (text) => KNOWN_STATES.find((known) => known === text),
  `one of ${KNOWN_STATES.join(', ')}`,
);

export const sysrqKey: Argument<string> = word(
  (text) => (/^[a-z0-9]$/.test(text) ? text : undefined),
  'one small letter or digit',
);

/** The reference that a customer reads under a refusal. */
export const reference: Argument<string> = word(
  parseReference,
  'it is six letters, as a customer reads them behind a refusal',
);

export const session: Argument<string> = word(
  (text) => (/^[\w.-]{1,64}$/.test(text) ? text : undefined),
  'see `postern session list`',
);

export const recording: Argument<string> = word(
  (text) => (isRecordingId(text) ? text : undefined),
  'see `postern recording list`',
);

/** The name of a channel for notices. */
export const channelName: Argument<string> = word(
  (text) => (/^[a-z][a-z0-9-]{0,31}$/.test(text) ? text : undefined),
  'see `postern notice list`',
);

/** A time: ISO 8601, given back in UTC with milliseconds. */
export const time: Argument<string> = word((text) => {
  const date = /^\d{4}-\d\d/.test(text) ? new Date(text) : new Date(NaN);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}, 'give it as 2026-01-31 or 2026-01-31T12:00:00Z');

/** A time as `time` reads it, or `never`. */
export const timeOrNever: Argument<string> = (value, name) => (value === 'never' ? value : time(value, name));

/** One printable line. */
export const reason: Argument<string> = word(
  (text) => (text.length <= 200 && isPrintable(text) ? text : undefined),
  'one printable line of at most 200 characters',
);

/** One printable line with something on it, for customers. */
export const sentence: Argument<string> = (value, name) => {
  const line = reason(value, name);
  if (isRefusal(line)) return line;
  return line.trim() === '' ? wrong(`the ${name} is empty`) : line.trim();
};

/** The name of a group in the policy. */
export const group: Argument<string> = word(
  (text) => (text !== '' && text.length <= 64 ? text : undefined),
  'see `groups:` of the policy',
);

/** A glob for names. */
export const glob: Argument<string> = word(
  (text) => (/^[\w.+*?-]{1,64}$/.test(text) ? text : undefined),
  'letters, digits, `_`, `.`, `+` and `-`, with * for any run of characters and ? for one',
);

/** Anything that a person may have pasted. */
export const pasted: Argument<string> = word((text) => text, 'a text');

/** A whole number, not negative; from a query it comes as text. */
export const number: Argument<number> = (value, name) => {
  const parsed = typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value;
  return typeof parsed === 'number' && Number.isSafeInteger(parsed) && parsed >= 0
    ? parsed
    : wrong(`${quoted(value)} is not ${withArticle(name)}: a whole number`);
};

/** True for `true` and, from a query, `1`; false when it is not there. */
export const flag: Argument<boolean> = (value, name) => {
  if (value === undefined || value === false || value === '0') return false;
  return value === true || value === '1'
    ? true
    : wrong(`${quoted(value)} is not ${withArticle(name)}: true or false`);
};

/** A list; the argument reads each item. @param least how many there must be */
export function listOf<T>(argument: Argument<T>, most: number, { least = 0 } = {}): Argument<readonly T[]> {
  const count = least === 0 ? `at most ${most}` : `${least} to ${most}`;
  return (value, name) => {
    if (!Array.isArray(value) || value.length < least || value.length > most)
      return wrong(`give ${count} ${name}`);
    const values: T[] = [];
    for (const one of value) {
      const read = argument(one, name.replace(/s$/, ''));
      if (isRefusal(read)) return read;
      values.push(read);
    }
    return values;
  };
}

/** An object of several named values; an argument reads each. */
export function record<S extends Readonly<Record<string, Argument<unknown>>>>(
  spec: S,
): Argument<ArgumentValues<S>> {
  return (value, name) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? readArguments(spec, value as Readonly<Record<string, unknown>>)
      : wrong(`the ${name} are no objects`);
}

/** Null when the value is not there. */
export function optional<T>(argument: Argument<T>): Argument<T | null> {
  return (value, name) => (value === undefined || value === null ? null : argument(value, name));
}

/** @returns all values, or the first refusal */
export function readArguments<S extends Readonly<Record<string, Argument<unknown>>>>(
  spec: S,
  given: Readonly<Record<string, unknown>>,
): ArgumentValues<S> | Refusal {
  const values: Record<string, unknown> = {};
  for (const [name, argument] of Object.entries(spec)) {
    const value = argument(given[name], name);
    if (isRefusal(value)) return value;
    values[name] = value;
  }
  const unknown = Object.keys(given).find((name) => !Object.hasOwn(spec, name));
  if (unknown !== undefined) return wrong(`${quoted(unknown)} is not known here`);
  return values as ArgumentValues<S>;
}

/** Names of parameters: at least one. */
export const parameterNames: Argument<readonly ParameterName[]> = listOf(parameter, MOST_PARAMETERS, {
  least: 1,
});

/** Texts of policy files, for a route that reads such. */
export const files: Argument<readonly { readonly file: string; readonly text: string }[]> = listOf(
  record({ file: pasted, text: pasted }),
  10_000,
);

/** Heads of the audit log that were noted elsewhere, each as `SEQ:HASH`. */
export const auditMarks: Argument<readonly Mark[]> = listOf(
  word((text) => {
    const [, seq, hash] = /^([1-9]\d{0,14}):([0-9a-f]{64})$/.exec(text) ?? [];
    return seq === undefined || hash === undefined ? undefined : { seq: Number(seq), hash };
  }, "it must be a row's number, a colon and its hash, as the gate's log has it"),
  10_000,
);

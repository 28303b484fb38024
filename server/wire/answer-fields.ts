import { parseBootProfileName, parseDomainName } from '../../policy/names.js';
import type { BootProfileName, DomainName } from '../../policy/names.js';
import { printable } from '../../policy/printable.js';
import { refusal } from '../../policy/refusal.js';
import type { Refusal } from '../../policy/refusal.js';
import { TEXT_LIMITS } from './text-limits.js';

/** Readers for the fields of an answer: each gives its type or throws an AnswerError. */

/** The answer does not have the form that `server/wire` defines. */
export class AnswerError extends Error {}

export type Fields = Readonly<Record<string, unknown>>;

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;

/** The most columns or rows of a terminal. */
const LARGEST_SIZE = 1000;

export function fields(value: unknown, what: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new AnswerError(`${what} is no object`);
  return value as Fields;
}

/** A text for people: made printable and cut, never refused, because a bad sentence must not cost a host. */
export function text(from: Fields, key: string, max: number): string {
  return printable(string(from, key), max);
}

/** A text for machines, unchanged: to be parsed. */
export function string(from: Fields, key: string): string {
  const value = from[key];
  if (typeof value !== 'string') throw new AnswerError(`${key} is no string`);
  return value;
}

export function uuid(from: Fields, key: string): string {
  return matching(from, key, UUID, 'UUID');
}

/** ISO 8601 in UTC. */
export function time(from: Fields, key: string): string {
  const value = matching(from, key, TIME, 'time');
  if (Number.isNaN(Date.parse(value))) throw new AnswerError(`${key} is no time`);
  return value;
}

function matching(from: Fields, key: string, pattern: RegExp, what: string): string {
  const value = string(from, key);
  if (!pattern.test(value)) throw new AnswerError(`${key} is no ${what}`);
  return value;
}

export function flag(from: Fields, key: string): boolean {
  const value = from[key];
  if (typeof value !== 'boolean') throw new AnswerError(`${key} is neither true nor false`);
  return value;
}

/** A whole number, not negative. */
export function count(from: Fields, key: string): number {
  const value = from[key];
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0)
    throw new AnswerError(`${key} is no count`);
  return value;
}

/** A number that may have a fraction, not negative. */
export function amount(from: Fields, key: string): number {
  const value = from[key];
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0)
    throw new AnswerError(`${key} is no amount`);
  return value;
}

/** A number of columns or rows: 1 to 1,000. */
export function size(from: Fields, key: string): number {
  const value = count(from, key);
  if (value < 1 || value > LARGEST_SIZE) throw new AnswerError(`${key} is no size of a terminal`);
  return value;
}

export function list(from: Fields, key: string, max: number): readonly unknown[] {
  const value = from[key];
  if (!Array.isArray(value) || value.length > max) throw new AnswerError(`${key} is no list, or too long`);
  return value;
}

/** The beginning of a list for people: it is cut, never refused, since a long one must not cost a host. */
export function firstOf(from: Fields, key: string, max: number): readonly unknown[] {
  return list(from, key, Infinity).slice(0, max);
}

export function oneOf<T extends string>(from: Fields, key: string, words: readonly T[]): T {
  const value = words.find((word) => word === from[key]);
  if (value === undefined) throw new AnswerError(`${key} is none of ${words.join(', ')}`);
  return value;
}

/** `read`, for a field that may be null. */
export function orNull<T>(from: Fields, key: string, read: (from: Fields, key: string) => T): T | null {
  return from[key] === null ? null : read(from, key);
}

/** `read`, for a field that an older dom0 does not send. */
export function orAbsent<T, A>(
  from: Fields,
  key: string,
  absent: A,
  read: (from: Fields, key: string) => T,
): T | A {
  return from[key] === undefined ? absent : read(from, key);
}

/** `read`, but with a refusal `usage` instead of an AnswerError; its detail says what is wrong. */
export function readOrRefuse<T>(read: (value: unknown) => T, value: unknown): T | Refusal {
  try {
    return read(value);
  } catch (error) {
    if (!(error instanceof AnswerError)) throw error;
    return refusal('usage', 'The answer is not understood.', error.message);
  }
}

export function parsed<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new AnswerError(`not a name: ${what}`);
  return value;
}

export function domainName(from: Fields, key: string): DomainName {
  return parsed(parseDomainName(string(from, key)), key);
}

export function profileName(from: Fields, key: string): BootProfileName {
  return parsed(parseBootProfileName(string(from, key)), key);
}

export function sentence(from: Fields, key: string): string {
  return text(from, key, TEXT_LIMITS.sentence);
}

/** A short text for people: the name of an attachment, or of what was checked. */
export function label(from: Fields, key: string): string {
  return text(from, key, TEXT_LIMITS.label);
}

import { printable } from '../../policy/printable.js';

/** The fields of an answer, each with its type or not at all. */

/** What came is not what `server/wire` says. */
export class AnswerError extends Error {}

export type Fields = Readonly<Record<string, unknown>>;

export function fields(value: unknown, what: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new AnswerError(`${what} is no object`);
  return value as Fields;
}

export function text(from: Fields, key: string, max = 300): string {
  const value = from[key];
  if (typeof value !== 'string') throw new AnswerError(`${key} is no string`);
  return printable(value, max);
}

export function textOrNull(from: Fields, key: string): string | null {
  return from[key] === null || from[key] === undefined ? null : text(from, key);
}

export function number(from: Fields, key: string): number {
  const value = from[key];
  if (typeof value !== 'number' || !Number.isFinite(value)) throw new AnswerError(`${key} is no number`);
  return value;
}

export function numberOrNull(from: Fields, key: string): number | null {
  return from[key] === null || from[key] === undefined ? null : number(from, key);
}

export function list(from: Fields, key: string, max: number): readonly unknown[] {
  const value = from[key];
  if (!Array.isArray(value) || value.length > max) throw new AnswerError(`${key} is no list, or too long`);
  return value;
}

export function oneOf<T extends string>(from: Fields, key: string, words: readonly T[]): T {
  const value = words.find((word) => word === from[key]);
  if (value === undefined) throw new AnswerError(`${key} is none of ${words.join(', ')}`);
  return value;
}

export function time(from: Fields, key: string): string {
  const value = from[key];
  if (typeof value !== 'string' || Number.isNaN(Date.parse(value)))
    throw new AnswerError(`${key} is no time`);
  return value;
}

export function timeOrNull(from: Fields, key: string): string | null {
  return from[key] === null || from[key] === undefined ? null : time(from, key);
}

export function parsed<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new AnswerError(`not a name: ${what}`);
  return value;
}

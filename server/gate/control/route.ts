import type { Readable } from 'node:stream';
import type { Refusal } from '../../../policy/refusal.js';
import { isRefusal } from '../../../policy/refusal.js';
import type { AdminActor } from '../../store/audit-actor.js';
import { readArguments } from './argument.js';
import type { Argument, ArgumentValues } from './argument.js';

/** Refuses a request that only a running gate can answer. */
export const NEEDS_THE_GATE = 'the gate is not running, and this can only be asked of a running gate';

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

/** One request of an admin, whichever way it came. */
export interface Call {
  readonly method: Method;
  /** The parts are percent-encoded, as in a URL: `/customers/alice`. */
  readonly path: string;
  /** The values from the query and the body. */
  readonly given: Readonly<Record<string, unknown>>;
  readonly actor: AdminActor;
  /** Aborted when the admin has gone. */
  readonly signal: AbortSignal;
}

/** An answer that goes on: one JSON value a line. */
export class Lines {
  readonly lines: AsyncIterable<unknown>;

  constructor(lines: AsyncIterable<unknown>) {
    this.lines = lines;
  }
}

/** An answer that is a file's bytes. The taker of the answer removes the file. */
export class StreamedFile {
  readonly file: string;

  constructor(file: string) {
    this.file = file;
  }
}

/** An answer of a known number of bytes. */
export class StreamedBytes {
  readonly length: number;
  readonly stream: Readable;

  constructor(length: number, stream: Readable) {
    this.length = length;
    this.stream = stream;
  }
}

/** A value for JSON, Lines, a StreamedFile, StreamedBytes, or a refusal. */
export type RouteAnswer = Lines | StreamedFile | StreamedBytes | Refusal | object;

/** One request that an admin can make. */
export interface Route {
  readonly method: Method;
  /** As `/customers/:customer`. */
  readonly pattern: string;
  /** @returns undefined when the call is not for this route */
  readonly answer: (call: Call) => Promise<RouteAnswer> | undefined;
}

/** @param pattern its `:names` are read like the given values, by the arguments of the same names */
export function route<S extends Readonly<Record<string, Argument<unknown>>>>(
  method: Method,
  pattern: string,
  spec: S,
  handle: (values: ArgumentValues<S>, call: Call) => RouteAnswer | Promise<RouteAnswer>,
): Route {
  const parts = pattern.split('/');
  return {
    method,
    pattern,
    answer: (call) => {
      const inPath = call.method === method ? match(parts, call.path) : undefined;
      if (inPath === undefined) return undefined;
      const values = readArguments(spec, { ...call.given, ...inPath });
      return isRefusal(values) ? Promise.resolve(values) : (async () => handle(values, call))();
    },
  };
}

function match(parts: readonly string[], path: string): Record<string, string> | undefined {
  const given = path.split('/');
  if (given.length !== parts.length) return undefined;
  const values: Record<string, string> = {};
  for (const [index, part] of parts.entries()) {
    const value = given[index] ?? '';
    if (part.startsWith(':')) {
      const text = decoded(value);
      if (text === undefined) return undefined;
      values[part.slice(1)] = text;
    } else if (part !== value) return undefined;
  }
  return values;
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

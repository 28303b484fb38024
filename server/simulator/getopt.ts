import { complain } from './output.js';

/** getopt(3)'s reading of a command's arguments. Operands and options may be mixed, as in glibc. */
interface ParsedArguments {
  readonly flags: ReadonlySet<string>;
  readonly values: ReadonlyMap<string, string>;
  readonly operands: readonly string[];
  /** getopt's own complaint, for stderr. */
  readonly problem: string | undefined;
}

/**
 * @param spec getopt's own: letters, with a colon after those that take a value.
 * @param long the letter for each long option name.
 */
export function getopt(
  argv: readonly string[],
  spec: string,
  long: Readonly<Record<string, string>> = {},
): ParsedArguments {
  const flags = new Set<string>();
  const values = new Map<string, string>();
  const operands: string[] = [];
  const rest = [...argv];
  const stop = (problem: string): ParsedArguments => ({ flags, values, operands, problem });
  const takesValue = (letter: string): boolean => spec[spec.indexOf(letter) + 1] === ':';

  for (let argument = rest.shift(); argument !== undefined; argument = rest.shift()) {
    if (argument === '--') {
      operands.push(...rest);
      break;
    }
    if (argument.startsWith('--')) {
      const [name = '', value] = argument.slice(2).split(/=(.*)/s);
      const letter = long[name];
      if (letter === undefined) return stop(`xl: unrecognized option '${argument}'\n`);
      flags.add(letter);
      if (!takesValue(letter)) continue;
      const given = value ?? rest.shift();
      if (given === undefined) return stop(`xl: option '--${name}' requires an argument\n`);
      values.set(letter, given);
      continue;
    }
    if (!argument.startsWith('-') || argument === '-') {
      operands.push(argument);
      continue;
    }
    for (let at = 1; at < argument.length; at++) {
      const letter = argument.charAt(at);
      if (letter === ':' || !spec.includes(letter)) return stop(`xl: invalid option -- '${letter}'\n`);
      flags.add(letter);
      if (!takesValue(letter)) continue;
      const given = at + 1 < argument.length ? argument.slice(at + 1) : rest.shift();
      if (given === undefined) return stop(`xl: option requires an argument -- '${letter}'\n`);
      values.set(letter, given);
      break;
    }
  }
  return { flags, values, operands, problem: undefined };
}

/** The operands of a command with no options that matter. @returns undefined after having complained. */
export function operandsOf(argv: readonly string[], spec = 'fh'): readonly string[] | undefined {
  const { operands, problem } = getopt(argv, spec);
  if (problem === undefined) return operands;
  complain(problem);
  return undefined;
}

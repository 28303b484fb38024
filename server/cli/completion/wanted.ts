import type { Argument, Command, Option } from 'commander';
import type { TypedLine } from './command-words.js';

/** The kind of word that the cursor's place takes. */
export type Wanted =
  /** One of these words. */
  | { readonly kind: 'words'; readonly words: readonly Candidate[] }
  /** A value: `noun` is its placeholder in the usage, as `customer`. `words` are those of the command. */
  | {
      readonly kind: 'value';
      readonly noun: string;
      readonly words: readonly Candidate[];
      readonly command: Command;
    };

export interface Candidate {
  readonly word: string;
  /** A few words about it; empty: none. */
  readonly about: string;
}

/**
 * What the command line takes at its cursor.
 *
 * @param program with the commands that the line may name
 */
export function wantedAt(program: Command, { before, partial }: TypedLine): Wanted {
  let command = program;
  let positional = 0;
  let valueOf: Option | null = null;
  let onlyArguments = false;
  for (const word of before) {
    if (valueOf !== null) {
      valueOf = null;
    } else if (word === '--' && !onlyArguments) {
      onlyArguments = true;
    } else if (word.startsWith('-') && !onlyArguments) {
      const option = optionOf(command, word.split('=', 1)[0] ?? '');
      if (option?.required === true && !word.includes('=')) valueOf = option;
    } else {
      const next = positional === 0 ? subcommand(command, word) : undefined;
      if (next === undefined) positional += 1;
      else command = next;
    }
  }
  if (valueOf !== null) return valueWanted(command, valueOf.argChoices, placeholder(valueOf));
  if (partial.startsWith('-') && !onlyArguments) return atOption(command, partial);
  const visible = positional === 0 ? command.createHelp().visibleCommands(command) : [];
  const subcommands = visible.filter((one) => one.name() !== 'help');
  if (subcommands.length > 0)
    return {
      kind: 'words',
      words: subcommands.map((one) => ({ word: one.name(), about: sentence(one.description()) })),
    };
  const argument = argumentAt(command, positional);
  if (argument === undefined) return { kind: 'words', words: [] };
  return valueWanted(command, argument.argChoices, argument.name());
}

/** The words before the cursor that stand for arguments, with their placeholders: `customer` -> `alice`. */
export function givenArguments(program: Command, before: readonly string[]): ReadonlyMap<string, string> {
  const given = new Map<string, string>();
  for (let count = 0; count < before.length; count += 1) {
    const wanted = wantedAt(program, { before: before.slice(0, count), partial: '' });
    const word = before[count] ?? '';
    if (wanted.kind === 'value' && !word.startsWith('-')) given.set(wanted.noun, word);
  }
  return given;
}

function atOption(command: Command, partial: string): Wanted {
  const [name = '', value] = partial.split('=', 2);
  if (value !== undefined) {
    const option = optionOf(command, name);
    if (option === undefined) return { kind: 'words', words: [] };
    const wanted = valueWanted(command, option.argChoices, placeholder(option));
    const words = wanted.words.map(({ word, about }) => ({ word: `${name}=${word}`, about }));
    return { ...wanted, words };
  }
  return {
    kind: 'words',
    words: command.options
      .filter((option) => !option.hidden && option.long !== undefined)
      .map((option) => ({ word: option.long ?? '', about: sentence(option.description) })),
  };
}

function valueWanted(command: Command, choices: readonly string[] | undefined, noun: string): Wanted {
  return { kind: 'value', noun, words: (choices ?? []).map((word) => ({ word, about: '' })), command };
}

function optionOf(command: Command, word: string): Option | undefined {
  return command.options.find(({ long, short }) => long === word || short === word);
}

function subcommand(command: Command, word: string): Command | undefined {
  return command.commands.find((one) => one.name() === word || one.aliases().includes(word));
}

function argumentAt({ registeredArguments }: Command, index: number): Argument | undefined {
  const last = registeredArguments.at(-1);
  return registeredArguments[index] ?? (last?.variadic === true ? last : undefined);
}

/** `<customer>` of `--customer <customer>`. */
function placeholder({ flags }: Option): string {
  return /[<[]([\w-]+)/.exec(flags)?.[1] ?? '';
}

/** The first sentence, without its full stop. */
function sentence(text: string): string {
  return (/^.*?[.:](?= |$)/.exec(text)?.[0] ?? text).replace(/[.:]$/, '');
}

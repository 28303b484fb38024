import { basename, isAbsolute } from 'node:path';

/** What a command reaches, by the older ways of managing consoles. */
export type ConsoleCommand =
  /** One domain. `word` is its name or its configuration file, as the command writes it. */
  | { readonly kind: 'domain'; readonly verb: string; readonly word: string }
  /** All the domains of the account: `xen-shell`. */
  | { readonly kind: 'own' };

const TOOLS: ReadonlySet<string> = new Set(['xm', 'xl']);
const SHELLS: ReadonlySet<string> = new Set(['xen-shell', 'xen-login-shell']);
/** The Book of Xen's menu, which takes the domain's name as its only word. */
export const MENUS: readonly string[] = ['xencontrol'];

/**
 * Subcommands of `xm` and `xl` that act on a domain. A command that only looks at one (`list`, `uptime`) does
 * not show whose domain it is.
 */
const VERBS: ReadonlySet<string> = new Set([
  'console',
  'create',
  'start',
  'shutdown',
  'reboot',
  'destroy',
  'pause',
  'unpause',
  'reset',
  'sysrq',
]);
/** Options of `console`, `shutdown` and `create` that take a value. */
const VALUED: ReadonlySet<string> = new Set(['-t', '-n', '-e', '--type', '--num']);

/** Words that mean themselves in any shell. Anything else is not interpreted. */
const WORD =
  /[ \t]*(?:'([A-Za-z0-9_./:@%+=, -]*)'|"([A-Za-z0-9_./:@%+=, -]*)"|([A-Za-z0-9_./:@%+=,-]+))(?=[ \t]|$)/y;

/**
 * Splits a command line that consists of plain words: no variables, substitutions, redirections, lists or
 * wildcards.
 *
 * @returns undefined for any other command line
 */
export function commandWords(text: string): readonly string[] | undefined {
  const words: string[] = [];
  const trimmed = text.trim();
  for (let at = 0; at < trimmed.length; at = WORD.lastIndex) {
    WORD.lastIndex = at;
    const match = WORD.exec(trimmed);
    if (match === null) return undefined;
    words.push(match[1] ?? match[2] ?? match[3] ?? '');
  }
  return words.length === 0 ? undefined : words;
}

/**
 * Reads the forced command of a key (`command=` of authorized_keys).
 *
 * @param menus names of scripts whose only argument is a domain's name
 * @returns undefined when it is not for a console
 */
export function forcedCommand(text: string, menus: readonly string[]): ConsoleCommand | undefined {
  const words = commandWords(text);
  return words === undefined ? undefined : consoleCommand(withoutSudo(words), menus);
}

/** @param words the program first, by path or name */
export function consoleCommand(
  words: readonly string[],
  menus: readonly string[],
): ConsoleCommand | undefined {
  const [program = '', ...rest] = words;
  const name = basename(program);
  if (menus.includes(name) || menus.includes(program)) {
    return rest.length === 1 ? { kind: 'domain', verb: name, word: rest[0] ?? '' } : undefined;
  }
  if (SHELLS.has(name)) return { kind: 'own' };
  if (!TOOLS.has(name)) return undefined;
  const [verb = '', ...given] = rest;
  if (!VERBS.has(verb)) return undefined;
  const [word, ...more] = operands(given);
  if (word === undefined) return undefined;
  // Only `sysrq DOMAIN LETTER` has a second word.
  return more.length > (verb === 'sysrq' ? 1 : 0) ? undefined : { kind: 'domain', verb, word };
}

/** Whether the program can do anything to any domain when its arguments are not limited. */
export function isToolstack(path: string): boolean {
  return isAbsolute(path) && TOOLS.has(basename(path));
}

export function isXenShell(path: string): boolean {
  return SHELLS.has(basename(path));
}

function operands(words: readonly string[]): readonly string[] {
  return words.filter((word, index) => !word.startsWith('-') && !VALUED.has(words[index - 1] ?? ''));
}

/** Removes `exec`, and `sudo` with options that leave it running as root. */
function withoutSudo(words: readonly string[]): readonly string[] {
  let rest = words[0] === 'exec' ? words.slice(1) : words;
  if (basename(rest[0] ?? '') !== 'sudo') return rest;
  rest = rest.slice(1);
  for (;;) {
    if (rest[0] === '-u' && rest[1] === 'root') rest = rest.slice(2);
    else if (/^-[nHSk]+$|^--$/.test(rest[0] ?? '')) rest = rest.slice(1);
    else return rest;
  }
}

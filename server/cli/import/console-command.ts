import { basename, isAbsolute } from 'node:path';

/** What a command of the old way of managing consoles is for. */
export type ConsoleCommand =
  /** One domain: the name, or its configuration file, as the command has it. */
  | { readonly kind: 'domain'; readonly verb: string; readonly word: string }
  /** Whatever domains the account has: `xen-shell`. */
  | { readonly kind: 'own' };

const TOOLS: ReadonlySet<string> = new Set(['xm', 'xl']);
const SHELLS: ReadonlySet<string> = new Set(['xen-shell', 'xen-login-shell']);
/** The Book of Xen's menu, which takes the domain's name as its only word. */
export const MENUS: readonly string[] = ['xencontrol'];

/** What of `xm` and `xl` works on a domain; to only look at one (`list`, `uptime`) is no sign that it is one's own. */
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
/** Options with a value, of `console`, `shutdown` and `create`. */
const VALUED: ReadonlySet<string> = new Set(['-t', '-n', '-e', '--type', '--num']);

/** Words of a command line that mean themselves in any shell. What else a shell would make of it is not looked into. */
const WORD =
  /[ \t]*(?:'([A-Za-z0-9_./:@%+=, -]*)'|"([A-Za-z0-9_./:@%+=, -]*)"|([A-Za-z0-9_./:@%+=,-]+))(?=[ \t]|$)/y;

/**
 * The words of a command line, when it is nothing but words: no variables, substitutions, redirections, lists or wildcards.
 *
 * @returns undefined when it is anything else
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
 * Understands what a key is forced to (`command=` of authorized_keys).
 *
 * @param menus names of scripts that take a domain's name as their only word
 * @returns undefined when it is not for a console
 */
export function forcedCommand(text: string, menus: readonly string[]): ConsoleCommand | undefined {
  const words = commandWords(text);
  return words === undefined ? undefined : consoleCommand(withoutSudo(words), menus);
}

/** @param words the program first, by its path or its name */
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
  // `sysrq DOMAIN LETTER`, and that alone has a second word.
  return more.length > (verb === 'sysrq' ? 1 : 0) ? undefined : { kind: 'domain', verb, word };
}

/** Whether a program can do anything to any domain when nothing is said of its arguments. */
export function isToolstack(path: string): boolean {
  return isAbsolute(path) && TOOLS.has(basename(path));
}

export function isXenShell(path: string): boolean {
  return SHELLS.has(basename(path));
}

function operands(words: readonly string[]): readonly string[] {
  return words.filter((word, index) => !word.startsWith('-') && !VALUED.has(words[index - 1] ?? ''));
}

/** `exec`, and `sudo` with options that do not change what is run as whom but root. */
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

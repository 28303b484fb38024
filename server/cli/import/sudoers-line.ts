import type { Place } from './place.js';

/** A list of sudoers(5): `!` before a member takes it out again. */
export type Members = readonly { readonly text: string; readonly negated: boolean }[];

/** One command that a rule allows or forbids. */
export interface SudoCommand {
  readonly negated: boolean;
  /** `ALL`, the name of an alias, or a path with arguments as written. */
  readonly text: string;
  /** Whether root runs it. Commands run as another user do not matter here. */
  readonly asRoot: boolean;
}

/** The meaning of one sudoers line. */
export type SudoersLine =
  | {
      readonly kind: 'alias';
      readonly of: 'User' | 'Runas' | 'Host' | 'Cmnd';
      readonly aliases: readonly Alias[];
    }
  | { readonly kind: 'include'; readonly path: string; readonly directory: boolean }
  | {
      readonly kind: 'rule';
      readonly users: Members;
      readonly specs: readonly HostSpec[];
      readonly place: Place;
    }
  | { readonly kind: 'nothing' };

export interface Alias {
  readonly name: string;
  readonly members: Members;
}

interface HostSpec {
  readonly hosts: Members;
  readonly commands: readonly SudoCommand[];
}

const BLANK = /[ \t]*/y;
const INCLUDE = /^[@#](include|includedir)[ \t]+(?:"([^"]+)"|(\S(?:.*\S)?))$/;
const ALIAS = /(User|Runas|Host|Cmnd)_Alias[ \t]+/y;
const ALIAS_NAME = /[A-Z][A-Z0-9_]*/y;
const MEMBER = /!*[ \t]*(?:"(?:[^"\\]|\\.)*"|(?:[^\s,=:!()"\\]|\\.)+)/y;
const RUNAS = /\(([^)]*)\)[ \t]*/y;
const TAG = /(?:NO)?(?:PASSWD|EXEC|SETENV|LOG_INPUT|LOG_OUTPUT|MAIL|FOLLOW|INTERCEPT)[ \t]*:[ \t]*/y;
const OPTION =
  /(?:ROLE|TYPE|APPARMOR_PROFILE|PRIVS|LIMITPRIVS|NOTBEFORE|NOTAFTER|TIMEOUT|CWD|CHROOT)[ \t]*=[ \t]*(?:"[^"]*"|[^\s,]+)[ \t]*/y;
/** A command up to the next comma or colon. Both can be escaped, and a digest contains a colon of its own. */
const COMMAND = /!*[ \t]*(?:sha\d+:[^\s,]+[ \t]+)?(?:[^,:\\"]|\\.|"(?:[^"\\]|\\.)*")+/y;

/**
 * Parses one logical line of sudoers, without comments and continuations.
 *
 * @returns a sentence when the line is not understood
 */
export function parseSudoersLine(text: string, place: Place): SudoersLine | string {
  const line = text.trim();
  if (line === '' || /^Defaults([@:!>]|[ \t]|$)/.test(line)) return { kind: 'nothing' };
  const include = INCLUDE.exec(line);
  if (include !== null) {
    return { kind: 'include', path: include[2] ?? include[3] ?? '', directory: include[1] === 'includedir' };
  }
  const cursor = new Cursor(line);
  const alias = cursor.take(ALIAS);
  const read = alias === null ? readRule(cursor, place) : readAliases(cursor, alias[1] as 'User');
  return read ?? 'this line of sudoers is not understood';
}

function readAliases(cursor: Cursor, of: 'User' | 'Runas' | 'Host' | 'Cmnd'): SudoersLine | undefined {
  const aliases: Alias[] = [];
  do {
    const name = cursor.take(ALIAS_NAME)?.[0];
    if (name === undefined || !cursor.sign('=')) return undefined;
    const members = of === 'Cmnd' ? readCommands(cursor) : readMembers(cursor);
    if (members === undefined) return undefined;
    aliases.push({ name, members });
  } while (cursor.sign(':'));
  return cursor.isAtEnd ? { kind: 'alias', of, aliases } : undefined;
}

function readRule(cursor: Cursor, place: Place): SudoersLine | undefined {
  const users = readMembers(cursor);
  if (users === undefined) return undefined;
  const specs: HostSpec[] = [];
  do {
    const hosts = readMembers(cursor);
    if (hosts === undefined || !cursor.sign('=')) return undefined;
    const commands = readCommands(cursor);
    if (commands === undefined) return undefined;
    specs.push({ hosts, commands });
  } while (cursor.sign(':'));
  return cursor.isAtEnd ? { kind: 'rule', users, specs, place } : undefined;
}

function readMembers(cursor: Cursor): Members | undefined {
  const members: { text: string; negated: boolean }[] = [];
  do {
    cursor.take(BLANK);
    const member = cursor.take(MEMBER)?.[0];
    if (member === undefined) return undefined;
    members.push(signed(member));
  } while (cursor.sign(','));
  return members;
}

/** A Runas applies to the later commands too, until another one overrides it. */
function readCommands(cursor: Cursor): SudoCommand[] | undefined {
  const commands: SudoCommand[] = [];
  let asRoot = true;
  do {
    cursor.take(BLANK);
    let limited = false;
    for (;;) {
      const runas = cursor.take(RUNAS);
      if (runas !== null) asRoot = isRoot(runas[1] ?? '');
      else if (cursor.take(TAG) === null) {
        const option = cursor.take(OPTION);
        if (option === null) break;
        limited ||= /^NOT|^CHROOT/.test(option[0]);
      }
    }
    const command = cursor.take(COMMAND)?.[0];
    if (command === undefined) return undefined;
    commands.push({ ...signed(command), asRoot: asRoot && !limited });
  } while (cursor.sign(','));
  return commands;
}

/** Whether this Runas includes root. `()` and `(:group)` mean the caller themselves. */
function isRoot(runas: string): boolean {
  const users = (runas.split(':', 1)[0] ?? '').split(',').map((user) => user.trim());
  return users.some((user) => user === 'root' || user === 'ALL' || user === '#0');
}

function signed(member: string): { text: string; negated: boolean } {
  const signs = /^!*/.exec(member)?.[0].length ?? 0;
  const text = member.slice(signs).trim();
  return { text: text.startsWith('"') ? text.slice(1, -1) : text, negated: signs % 2 === 1 };
}

class Cursor {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#text.length;
  }

  take(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (match !== null) this.#at = pattern.lastIndex;
    return match;
  }

  /** Takes one sign and the blanks around it. */
  sign(sign: string): boolean {
    const before = this.#at;
    this.take(BLANK);
    if (this.#text[this.#at] !== sign) {
      this.#at = before;
      return false;
    }
    this.#at += 1;
    this.take(BLANK);
    return true;
  }
}

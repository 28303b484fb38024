import type { Account } from './accounts.js';
import { consoleCommand, isToolstack } from './console-command.js';
import type { Place } from './place.js';
import type { Alias, Members, SudoCommand, SudoersLine } from './sudoers-line.js';

/** A domain that sudoers names for an account, as written there. */
interface NamedRight {
  readonly word: string;
  readonly verb: string;
  readonly place: Place;
}

/** An account's sudo rights on domains. */
interface SudoRights {
  readonly named: readonly NamedRight[];
  /**
   * Where it may do anything to any domain; null when nowhere. That does not show which domains are its own.
   */
  readonly every: Place | null;
}

type Rule = SudoersLine & { readonly kind: 'rule' };

const DEEPEST_ALIAS = 20;
const WILDCARD = /[*?[\]^$]/;

/**
 * Which accounts may work on which domains, by sudoers. When several rules match, the last one counts, as in
 * sudo.
 */
export class SudoPolicy {
  readonly #aliases: Readonly<Record<'User' | 'Runas' | 'Host' | 'Cmnd', ReadonlyMap<string, Members>>>;
  readonly #rules: readonly Rule[];
  readonly #host: string;
  readonly #menus: readonly string[];

  /**
   * @param host the machine's name, for rules that name hosts
   * @param menus names of scripts whose only argument is a domain's name
   */
  constructor(lines: readonly SudoersLine[], host: string, menus: readonly string[]) {
    const of = (kind: 'User' | 'Runas' | 'Host' | 'Cmnd'): ReadonlyMap<string, Members> =>
      new Map(
        lines
          .flatMap((line): readonly Alias[] =>
            line.kind === 'alias' && line.of === kind ? line.aliases : [],
          )
          .map(({ name, members }) => [name, members]),
      );
    this.#aliases = { User: of('User'), Runas: of('Runas'), Host: of('Host'), Cmnd: of('Cmnd') };
    this.#rules = lines.filter((line): line is Rule => line.kind === 'rule');
    this.#host = host;
    this.#menus = menus;
  }

  of(account: Account): SudoRights {
    const named = new Map<string, NamedRight>();
    let every: Place | null = null;
    for (const { users, specs, place } of this.#rules) {
      if (!this.#matches(users, 'User', (text) => isUser(text, account))) continue;
      const commands = specs
        .filter(({ hosts }) => this.#matches(hosts, 'Host', (text) => this.#isHost(text)))
        .flatMap((spec) => spec.commands)
        .flatMap((command) => this.#expanded(command, 0));
      for (const command of commands) {
        const meant = this.#meaning(command.text);
        if (meant === undefined) continue;
        if (command.negated) {
          // When a pattern takes rights away, we cannot know which are left: keep none.
          if (meant.kind === 'domain') named.delete(`${meant.verb} ${meant.word}`);
          else named.clear();
          if (meant.kind === 'every') every = null;
        } else if (command.asRoot) {
          if (meant.kind === 'every') every = place;
          else if (meant.kind === 'domain') named.set(`${meant.verb} ${meant.word}`, { ...meant, place });
        }
      }
    }
    return { named: [...named.values()], every };
  }

  /** The last member that matches counts. */
  #matches(members: Members, kind: 'User' | 'Host', is: (text: string) => boolean, depth = 0): boolean {
    let matched = false;
    for (const { text, negated } of members) {
      const alias = this.#aliases[kind].get(text);
      const hit =
        alias === undefined || depth > DEEPEST_ALIAS
          ? text === 'ALL' || is(text)
          : this.#matches(alias, kind, is, depth + 1);
      if (hit) matched = !negated;
    }
    return matched;
  }

  #isHost(text: string): boolean {
    return text === this.#host || text === (this.#host.split('.', 1)[0] ?? '');
  }

  #expanded(command: SudoCommand, depth: number): readonly SudoCommand[] {
    const alias = this.#aliases.Cmnd.get(command.text);
    if (alias === undefined || depth > DEEPEST_ALIAS) return [command];
    return alias.flatMap(({ text, negated }) =>
      this.#expanded({ ...command, text, negated: negated !== command.negated }, depth + 1),
    );
  }

  /**
   * The meaning of a command. `some`: a pattern such as `console xen*` names neither every domain nor
   * anybody's own.
   */
  #meaning(
    text: string,
  ): { kind: 'domain'; verb: string; word: string } | { kind: 'every' | 'some' } | undefined {
    if (text === 'ALL') return { kind: 'every' };
    const words = text
      .replace(/^sha\d+:\S+[ \t]+/, '')
      .split(/(?<!\\)[ \t]+/)
      .map((word) => word.replace(/\\(.)/g, '$1'));
    const [program = '', ...given] = words;
    // A directory stands for every program in it. Wildcards and regular expressions stand for several
    // domains.
    if (/^\/.*\/$/.test(program) && /\/s?bin\/$/.test(program)) return { kind: 'every' };
    if (isToolstack(program) && isPattern(given)) return { kind: 'some' };
    if (isToolstack(program) && (given.length === 0 || WILDCARD.test(text))) return { kind: 'every' };
    if (WILDCARD.test(text)) return undefined;
    const meant = consoleCommand(words, this.#menus);
    return meant?.kind === 'domain' ? meant : undefined;
  }
}

/** Whether it is one verb, on domains by a part of their name. */
function isPattern(given: readonly string[]): boolean {
  const [verb = '', ...operands] = given;
  const domain = operands.at(-1) ?? '';
  return (
    /^[a-z]+$/.test(verb) && WILDCARD.test(domain) && /[A-Za-z0-9]/.test(domain.replace(/\[[^\]]*\]/g, ''))
  );
}

function isUser(text: string, account: Account): boolean {
  if (text.startsWith('%#')) return account.groupIds.includes(Number(text.slice(2)));
  if (text.startsWith('%')) return account.groups.includes(text.slice(1));
  if (text.startsWith('#')) return Number(text.slice(1)) === account.uid;
  return text === account.name;
}

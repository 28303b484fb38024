import type { Action } from '../policy/actions.js';
import { ACTIONS, COUNTED_ACTIONS, LASTING_ACTIONS } from '../policy/actions.js';
import type { Conditions } from '../policy/conditions.js';
import { isGlob } from '../policy/glob.js';
import type { BootProfileName, CustomerName, DomainName } from '../policy/names.js';
import { NORMAL, parseCustomerName, parseDomainName, UNKNOWN_PROFILE } from '../policy/names.js';
import { normalAddress, parseNetwork } from '../policy/network.js';
import { firstUnprintable } from '../policy/printable.js';
import type {
  ConsoleTerms,
  Domains,
  Idle,
  KeyRule,
  Limit,
  Rule,
  SessionLimit,
  Subjects,
} from '../policy/policy.js';
import type { PolicyTest } from '../policy/policy-test.js';
import type {
  ConsoleEntry,
  KeyEntry,
  LimitEntry,
  RuleEntry,
  SessionEntry,
  TestEntry,
  WhenEntry,
  WhichEntry,
  WhoEntry,
} from '../policy/policy-schema.js';
import { ALL } from '../policy/policy-schema.js';
import type { TimeWindow } from '../policy/time-window.js';
import { isTimeZone, parseTimeWindow, TIME_WINDOW_WORDS } from '../policy/time-window.js';
import { oneLine } from './one-line.js';
import type { PolicyNames } from './policy-names.js';
import type { ProblemReport } from './problem-report.js';

type Path = readonly string[];

const LONGEST_WINDOW_SECONDS = 366 * 86_400;
const LONGEST_KEY_AGE_SECONDS = 10 * LONGEST_WINDOW_SECONDS;
const UNIT_SECONDS = { s: 1, m: 60, h: 3_600, d: 86_400 } as const;

/**
 * Interprets the entries of one policy file. It checks each as far as possible, to report all problems at
 * once.
 */
export class PolicyEntryReader {
  readonly #report: ProblemReport;
  readonly #names: PolicyNames;

  constructor(report: ProblemReport, names: PolicyNames) {
    this.#report = report;
    this.#names = names;
  }

  members(logins: readonly string[], path: Path): readonly CustomerName[] {
    forEach(logins, path, (login, at) => {
      this.#customerGlob(login, at);
    });
    return logins as readonly CustomerName[];
  }

  domainGlobs(globs: readonly string[], path: Path): readonly string[] {
    forEach(globs, path, (glob, at) => {
      this.#domainGlob(glob, at);
    });
    return globs;
  }

  /** @param madeId used when the rule has no id of its own */
  rule(entry: Partial<RuleEntry>, path: Path, madeId: string): Rule {
    const { allow, deny, profiles = [], sysrqKeys = [], reason } = entry;
    const words = allow ?? deny;
    if (words !== undefined) this.#profiles(profiles, words, [...path, 'profiles']);
    if (words !== undefined && sysrqKeys.length > 0) this.#narrowsSysrq(words, [...path, 'sysrqKeys']);
    if (allow !== undefined && reason !== undefined) {
      const message = 'Nobody reads the reason of a rule that allows.';
      this.#report.warn({ path: [...path, 'reason'], at: 'key', message });
    }
    return {
      id: this.#id(entry.id, path, madeId),
      effect: allow === undefined ? 'deny' : 'allow',
      ...this.#scope(entry, path),
      actions: expanded(words ?? [], ACTIONS),
      profiles: profiles as readonly BootProfileName[],
      sysrqKeys,
      when: this.#when(entry.when, [...path, 'when']),
      reason: this.#reason(reason, [...path, 'reason']),
      place: this.#report.place(path),
    };
  }

  /** @param madeId used when the limit has no id of its own */
  limit(entry: Partial<LimitEntry>, path: Path, madeId: string): Limit {
    return {
      id: this.#id(entry.id, path, madeId),
      ...this.#scope(entry, path),
      actions: this.#limited(entry, [...path, 'actions']),
      per: entry.per ?? 'domain',
      count: entry.count ?? 0,
      windowSeconds: entry.atOnce === true ? null : this.#window(entry.within ?? '0s', [...path, 'within']),
      when: this.#when(entry.when, [...path, 'when']),
      reason: this.#reason(entry.reason, [...path, 'reason']),
      place: this.#report.place(path),
    };
  }

  session(entry: Partial<SessionEntry>, path: Path): SessionLimit {
    const { subjects } = this.#scope(entry, path);
    const idle = this.#idle(entry.idle, path);
    const { count = 0, connections = null } = entry;
    return { subjects, count, connections, idle, place: this.#report.place(path) };
  }

  console(entry: Partial<ConsoleEntry>, path: Path): ConsoleTerms {
    return {
      ...this.#scope(entry, path),
      idle: this.#idle(entry.idle, path),
      logOut: entry.logOut ?? null,
      record: entry.record ?? 'off',
      place: this.#report.place(path),
    };
  }

  key(entry: Partial<KeyEntry>, path: Path): KeyRule {
    const { types = [], rsaBits = null, count = null, expires } = entry;
    const { subjects } = this.#scope(entry, path);
    const most = LONGEST_KEY_AGE_SECONDS;
    const maxAgeSeconds =
      expires === undefined ? null : this.#seconds(expires, [...path, 'expires'], '', most);
    const place = this.#report.place(path);
    return { subjects, types, rsaBits, count, maxAgeSeconds, place };
  }

  /**
   * One test for each action of the entry. Call it after the rules of all files are read, because tests may
   * name them.
   */
  tests(entry: Partial<TestEntry>, path: Path): readonly PolicyTest[] {
    const {
      customer,
      role,
      domain,
      allow,
      rule = null,
      profile = null,
      key: sysrqKey,
      at,
      from,
      state,
      booted,
    } = entry;
    const key = allow === undefined ? 'deny' : 'allow';
    const words = entry[key] ?? [];
    if (customer !== undefined) this.#customerGlob(customer, [...path, 'customer']);
    if (domain !== undefined) this.#domainGlob(domain, [...path, 'domain']);
    if (rule !== null) this.#names.expect('id', rule, this.#report, [...path, 'rule']);
    if (profile !== null) this.#profiles([profile], words, [...path, 'profile']);
    if (sysrqKey !== undefined) this.#narrowsSysrq(words, [...path, 'key']);
    const source = from === undefined ? null : (normalAddress(from) ?? null);
    if (from !== undefined && source === null) {
      this.#report.error({ path: [...path, 'from'], message: `"${from}" is no address.` });
    }
    const moment = at === undefined ? null : new Date(at);
    if (moment !== null && Number.isNaN(moment.getTime())) {
      this.#report.error({ path: [...path, 'at'], message: `There is no time ${String(at)}.` });
    }
    return words.flatMap((word, index) =>
      expanded([word], ACTIONS).map((action) => ({
        request: {
          customer: customer as CustomerName,
          role: role ?? 'watcher',
          domain: domain as DomainName,
          action,
          profile: action === 'rescue' ? (profile as BootProfileName | null) : null,
          key: action === 'sysrq' ? (sysrqKey ?? null) : null,
          source,
          state: state ?? null,
          booted: (booted as BootProfileName | undefined) ?? null,
        },
        at: moment,
        allow: key === 'allow',
        rule,
        place: this.#report.place([...path, key, String(index)]),
      })),
    );
  }

  #limited({ actions = [], atOnce }: Partial<LimitEntry>, path: Path): readonly Action[] {
    const all: readonly Action[] = atOnce === true ? LASTING_ACTIONS : COUNTED_ACTIONS;
    forEach(actions, path, (action, at) => {
      if (action === ALL || (all as readonly string[]).includes(action)) return;
      const message =
        atOnce === true
          ? `\`${action}\` does not last: how often it may be is said with \`within\`.`
          : `\`${action}\` is not counted in a window: how many there may be is said with \`atOnce: true\`.`;
      this.#report.error({ path: at, message, expected: `one of ${[...all, ALL].join(', ')}` });
    });
    return expanded(actions, all);
  }

  #id(given: string | undefined, path: Path, made: string): string {
    if (given === undefined) return made;
    this.#names.give('id', given, this.#report, [...path, 'id']);
    return given;
  }

  #scope(entry: WhoEntry & WhichEntry, path: Path): { subjects: Subjects; domains: Domains } {
    const { customers = [], groups = [], roles = [], domains = [], tags = [] } = entry;
    this.members(customers, [...path, 'customers']);
    this.domainGlobs(domains, [...path, 'domains']);
    forEach(groups, [...path, 'groups'], (name, at) => {
      this.#names.expect('group', name, this.#report, at);
    });
    forEach(tags, [...path, 'tags'], (name, at) => {
      this.#names.expect('tag', name, this.#report, at);
    });
    return {
      subjects: { customers, groups, roles },
      domains: { names: domains, tags },
    };
  }

  #customerGlob(glob: string, path: Path): void {
    if (glob.includes('**')) this.#twoStars(path, glob);
    else if (isGlob(glob) ? !/^[a-z_*?]/.test(glob) : parseCustomerName(glob) === undefined) {
      this.#report.error({ path, message: `No customer can ever be called "${glob}".` });
    }
  }

  #domainGlob(glob: string, path: Path): void {
    if (glob.includes('**')) this.#twoStars(path, glob);
    else if (glob === 'Domain-0') this.#report.error({ path, message: 'Domain-0 is never managed.' });
    else if (isGlob(glob) ? !/^[A-Za-z0-9*?]/.test(glob) : parseDomainName(glob) === undefined) {
      this.#report.error({ path, message: `No domain can ever be called "${glob}".` });
    }
  }

  #twoStars(path: Path, glob: string): void {
    const message = 'Two stars in a row are not a glob here; one is any text already.';
    this.#report.error({ path, message, suggestion: JSON.stringify(glob.replaceAll(/\*+/g, '*')) });
  }

  #profiles(profiles: readonly string[], actions: readonly string[], path: Path): void {
    if (profiles.length > 0 && !actions.includes('rescue') && !actions.includes(ALL)) {
      const message = 'Profiles narrow `rescue`, and this does not speak of it.';
      this.#report.error({ path, at: 'key', message });
    }
    forEach(profiles, path, (profile, at) => {
      if (profile !== NORMAL && profile !== UNKNOWN_PROFILE) return;
      const message = `"${profile}" is no rescue profile; going back to normal boot is the action \`normal\`.`;
      this.#report.error({ path: at, message });
    });
  }

  #when(entry: WhenEntry | undefined, path: Path): Conditions | null {
    if (entry === undefined) return null;
    const { from = [], times = [], zone = 'UTC', states = [], booted = [] } = entry;
    if (entry.zone !== undefined) this.#zone(zone, times.length > 0, [...path, 'zone']);
    forEach(booted, [...path, 'booted'], (profile, at) => {
      if (profile !== UNKNOWN_PROFILE) return;
      this.#report.error({ path: at, message: 'What is not known meets no condition.' });
    });
    return {
      from: read(from, [...path, 'from'], (text, at) => this.#network(text, at)),
      times: read(times, [...path, 'times'], (text, at) => this.#times(text, at)),
      zone,
      states,
      booted: booted as readonly BootProfileName[],
    };
  }

  #network(text: string, path: Path): string | undefined {
    const network = parseNetwork(text);
    if (network === undefined) {
      const expected = 'a network or an address: 203.0.113.0/24, 2001:db8::/32';
      this.#report.error({ path, message: `"${text}" is no network.`, expected });
    } else if (!network.exact) {
      const message = `Bits of "${text}" stand behind its prefix: a network ends with zeros.`;
      this.#report.error({ path, message, suggestion: network.text });
    }
    return network?.text;
  }

  #times(text: string, path: Path): TimeWindow | undefined {
    const window = parseTimeWindow(text);
    if (window === undefined) {
      const message = `"${text}" is no time of the week.`;
      this.#report.error({ path, message, expected: TIME_WINDOW_WORDS });
    }
    return window;
  }

  #zone(zone: string, used: boolean, path: Path): void {
    if (!isTimeZone(zone)) {
      const candidates = ['UTC', ...Intl.supportedValuesOf('timeZone')];
      const message = `There is no time zone "${zone}".`;
      const expected = 'a name of the IANA database, like Europe/Berlin';
      this.#report.error({ path, message, expected, word: zone, candidates });
    } else if (!used) {
      const message = 'A zone without `times` says nothing.';
      this.#report.warn({ path, at: 'key', message });
    }
  }

  #narrowsSysrq(actions: readonly string[], path: Path): void {
    if (actions.includes('sysrq') || actions.includes(ALL)) return;
    const message = 'Keys narrow `sysrq`, and this does not speak of it.';
    this.#report.error({ path, at: 'key', message });
  }

  #reason(text: string | undefined, path: Path): string | null {
    if (text === undefined) return null;
    const line = oneLine(text);
    const bad = firstUnprintable(line);
    if (bad !== null) this.#report.error({ path, message: `The reason holds ${bad}, which does not print.` });
    if (line === '') this.#report.error({ path, message: 'The reason is empty.' });
    return line;
  }

  #idle(text: string | undefined, path: Path): Idle | null {
    if (text === undefined || text === 'never') return text ?? null;
    return this.#window(text, [...path, 'idle'], '');
  }

  #window(within: string, path: Path, what = ' a window'): number {
    return this.#seconds(within, path, what, LONGEST_WINDOW_SECONDS);
  }

  #seconds(time: string, path: Path, what: string, most: number): number {
    const seconds = Number(time.slice(0, -1)) * UNIT_SECONDS[time.slice(-1) as keyof typeof UNIT_SECONDS];
    if (seconds > most) {
      const expected = `at most ${most / UNIT_SECONDS.d}d`;
      this.#report.error({ path, message: `${time} is too long${what}.`, expected });
    }
    return seconds;
  }
}

function forEach<T>(list: readonly T[], path: Path, visit: (entry: T, path: Path) => void): void {
  list.forEach((entry, index) => {
    visit(entry, [...path, String(index)]);
  });
}

/** The entries of a list that could be read. */
function read<T, R>(
  list: readonly T[],
  path: Path,
  parse: (entry: T, path: Path) => R | undefined,
): readonly R[] {
  return list.flatMap((entry, index) => parse(entry, [...path, String(index)]) ?? []);
}

function expanded<A extends Action>(words: readonly string[], all: readonly A[]): readonly A[] {
  return words.includes(ALL) ? all : (words as readonly A[]);
}

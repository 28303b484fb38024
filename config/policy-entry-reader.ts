import type { Action } from '../policy/actions.js';
import {
  ACTIONS,
  COUNTED_ACTIONS,
  LASTING_ACTIONS,
  LATER_ACTIONS,
  NAMED_ACTIONS,
} from '../policy/actions.js';
import { isGlob } from '../policy/glob.js';
import type { BootProfileName, CustomerName, DomainName, ImageName } from '../policy/names.js';
import { NORMAL, parseCustomerName, parseDomainName, UNKNOWN_PROFILE } from '../policy/names.js';
import { typesOf } from '../policy/key-rule.js';
import { SECURITY_KEY_TYPES } from '../policy/key-types.js';
import { normalAddress } from '../policy/network.js';
import { firstUnprintable } from '../policy/printable.js';
import type {
  ConsoleTerms,
  Domains,
  Idle,
  KeyRule,
  Limit,
  RescueTerms,
  Rule,
  SessionLimit,
  Subjects,
} from '../policy/policy.js';
import type { PolicyTest } from '../policy/policy-test.js';
import type {
  ConsoleEntry,
  KeyEntry,
  LimitEntry,
  RescueEntry,
  RuleEntry,
  SessionEntry,
  TestEntry,
  WhichEntry,
  WhoEntry,
} from '../policy/policy-schema.js';
import { ALL } from '../policy/policy-schema.js';
import type { DocumentPath } from '../policy/schema-fault.js';
import { MOST_RESCUE_SECONDS } from '../server/wire/rescue-end.js';
import { ConditionsReader } from './conditions-reader.js';
import { forEachEntry } from './entry-list.js';
import { oneLine } from './one-line.js';
import type { PolicyNames } from './policy-names.js';
import type { ProblemReport } from './problem-report.js';

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
  readonly #conditions: ConditionsReader;

  constructor(report: ProblemReport, names: PolicyNames) {
    this.#report = report;
    this.#names = names;
    this.#conditions = new ConditionsReader(report);
  }

  members(logins: readonly string[], path: DocumentPath): readonly CustomerName[] {
    forEachEntry(logins, path, (login, at) => {
      this.#customerGlob(login, at);
    });
    return logins as readonly CustomerName[];
  }

  domainGlobs(globs: readonly string[], path: DocumentPath): readonly string[] {
    forEachEntry(globs, path, (glob, at) => {
      this.#domainGlob(glob, at);
    });
    return globs;
  }

  /** @param madeId used when the rule has no id of its own */
  rule(entry: Partial<RuleEntry>, path: DocumentPath, madeId: string): Rule {
    const { allow, deny, profiles = [], images = [], sysrqKeys = [], reason } = entry;
    const words = allow ?? deny;
    if (words !== undefined) this.#profiles(profiles, words, [...path, 'profiles']);
    if (words !== undefined && images.length > 0)
      this.#narrowsReinstall(words, allow !== undefined, [...path, 'images']);
    if (words !== undefined && sysrqKeys.length > 0) this.#narrowsSysrq(words, [...path, 'sysrqKeys']);
    if (allow !== undefined && reason !== undefined) {
      const message = 'Nobody reads the reason of a rule that allows.';
      this.#report.warn({ path: [...path, 'reason'], at: 'key', message });
    }
    return {
      id: this.#id(entry.id, path, madeId),
      effect: allow === undefined ? 'deny' : 'allow',
      ...this.#scope(entry, path),
      actions: expanded(words ?? [], allow === undefined ? ACTIONS : UNNAMED),
      profiles: profiles as readonly BootProfileName[],
      images: images as readonly ImageName[],
      sysrqKeys,
      when: this.#conditions.when(entry.when, [...path, 'when']),
      reason: this.#reason(reason, [...path, 'reason']),
      place: this.#report.place(path),
    };
  }

  /** @param madeId used when the limit has no id of its own */
  limit(entry: Partial<LimitEntry>, path: DocumentPath, madeId: string): Limit {
    return {
      id: this.#id(entry.id, path, madeId),
      ...this.#scope(entry, path),
      actions: this.#limited(entry, [...path, 'actions']),
      per: entry.per ?? 'domain',
      count: entry.count ?? 0,
      windowSeconds: entry.atOnce === true ? null : this.#window(entry.within ?? '0s', [...path, 'within']),
      when: this.#conditions.when(entry.when, [...path, 'when']),
      reason: this.#reason(entry.reason, [...path, 'reason']),
      place: this.#report.place(path),
    };
  }

  session(entry: Partial<SessionEntry>, path: DocumentPath): SessionLimit {
    const { subjects } = this.#scope(entry, path);
    const idle = this.#idle(entry.idle, path);
    const { count = 0, connections = null } = entry;
    return { subjects, count, connections, idle, place: this.#report.place(path) };
  }

  console(entry: Partial<ConsoleEntry>, path: DocumentPath): ConsoleTerms {
    return {
      ...this.#scope(entry, path),
      idle: this.#idle(entry.idle, path),
      logOut: entry.logOut ?? null,
      record: entry.record ?? 'off',
      place: this.#report.place(path),
    };
  }

  rescue(entry: Partial<RescueEntry>, path: DocumentPath): RescueTerms {
    const { profiles = [], default: usual, maximum } = entry;
    const seconds = (text: string | undefined, key: string): number | null =>
      text === undefined ? null : this.#seconds(text, [...path, key], ' for a rescue', MOST_RESCUE_SECONDS);
    if (usual === undefined && maximum === undefined)
      this.#report.error({ path, message: 'An entry of `rescues` needs `default`, `maximum` or both.' });
    const maximumSeconds = seconds(maximum, 'maximum');
    const defaultSeconds = seconds(usual, 'default') ?? maximumSeconds;
    if (defaultSeconds !== null && maximumSeconds !== null && defaultSeconds > maximumSeconds) {
      const message = `The default of ${usual ?? ''} is longer than the maximum.`;
      this.#report.error({ path: [...path, 'default'], message, expected: `at most ${maximum ?? ''}` });
    }
    forEachEntry(profiles, [...path, 'profiles'], (profile, at) => {
      this.#rescueProfile(profile, at);
    });
    const place = this.#report.place(path);
    const narrowed = profiles as readonly BootProfileName[];
    return { ...this.#scope(entry, path), profiles: narrowed, defaultSeconds, maximumSeconds, place };
  }

  key(entry: Partial<KeyEntry>, path: DocumentPath): KeyRule {
    const { types = [], rsaBits = null, count = null, expires, verified = false } = entry;
    const { subjects } = this.#scope(entry, path);
    const most = LONGEST_KEY_AGE_SECONDS;
    const maxAgeSeconds =
      expires === undefined ? null : this.#seconds(expires, [...path, 'expires'], '', most);
    const place = this.#report.place(path);
    if (verified && types.length > 0 && typesOf({ types, verified }).length === 0) {
      const message = `\`verified: true\` needs a type of security keys (${SECURITY_KEY_TYPES.join(', ')}): without one nobody could log in.`;
      this.#report.error({ path: [...path, 'types'], message });
    }
    return { subjects, types, rsaBits, count, maxAgeSeconds, verified, place };
  }

  /**
   * One test for each action of the entry. Call it after the rules of all files are read, because tests may
   * name them.
   */
  tests(entry: Partial<TestEntry>, path: DocumentPath): readonly PolicyTest[] {
    const {
      customer,
      role,
      domain,
      allow,
      rule = null,
      profile = null,
      image = null,
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
    if (image !== null) this.#narrowsReinstall(words, allow !== undefined, [...path, 'image']);
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
      expanded([word], key === 'deny' ? ACTIONS : FIRST).map((action) => ({
        request: {
          customer: customer as CustomerName,
          role: role ?? 'watcher',
          domain: domain as DomainName,
          action,
          profile: namedFor(action, profile as BootProfileName | null, image as ImageName | null),
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

  #limited({ actions = [], atOnce }: Partial<LimitEntry>, path: DocumentPath): readonly Action[] {
    const all: readonly Action[] = atOnce === true ? LASTING_ACTIONS : COUNTED_ACTIONS;
    forEachEntry(actions, path, (action, at) => {
      if (action === ALL || (all as readonly string[]).includes(action)) return;
      const message =
        atOnce === true
          ? `\`${action}\` does not last: how often it may be is said with \`within\`.`
          : `\`${action}\` is not counted in a window: how many there may be is said with \`atOnce: true\`.`;
      this.#report.error({ path: at, message, expected: `one of ${[...all, ALL].join(', ')}` });
    });
    return expanded(actions, all);
  }

  #id(given: string | undefined, path: DocumentPath, made: string): string {
    if (given === undefined) return made;
    this.#names.give('id', given, this.#report, [...path, 'id']);
    return given;
  }

  #scope(entry: WhoEntry & WhichEntry, path: DocumentPath): { subjects: Subjects; domains: Domains } {
    const { customers = [], groups = [], roles = [], domains = [], tags = [] } = entry;
    this.members(customers, [...path, 'customers']);
    this.domainGlobs(domains, [...path, 'domains']);
    forEachEntry(groups, [...path, 'groups'], (name, at) => {
      this.#names.expect('group', name, this.#report, at);
    });
    forEachEntry(tags, [...path, 'tags'], (name, at) => {
      this.#names.expect('tag', name, this.#report, at);
    });
    return {
      subjects: { customers, groups, roles },
      domains: { names: domains, tags },
    };
  }

  #customerGlob(glob: string, path: DocumentPath): void {
    if (glob.includes('**')) this.#twoStars(path, glob);
    else if (isGlob(glob) ? !/^[a-z_*?]/.test(glob) : parseCustomerName(glob) === undefined) {
      this.#report.error({ path, message: `No customer can ever be called "${glob}".` });
    }
  }

  #domainGlob(glob: string, path: DocumentPath): void {
    if (glob.includes('**')) this.#twoStars(path, glob);
    else if (glob === 'Domain-0') this.#report.error({ path, message: 'Domain-0 is never managed.' });
    else if (isGlob(glob) ? !/^[A-Za-z0-9*?]/.test(glob) : parseDomainName(glob) === undefined) {
      this.#report.error({ path, message: `No domain can ever be called "${glob}".` });
    }
  }

  #twoStars(path: DocumentPath, glob: string): void {
    const message = 'Two stars in a row are not a glob here; one is any text already.';
    this.#report.error({ path, message, suggestion: JSON.stringify(glob.replaceAll(/\*+/g, '*')) });
  }

  #profiles(profiles: readonly string[], actions: readonly string[], path: DocumentPath): void {
    if (profiles.length > 0 && !actions.includes('rescue') && !actions.includes(ALL)) {
      const message = 'Profiles narrow `rescue`, and this does not speak of it.';
      this.#report.error({ path, at: 'key', message });
    }
    forEachEntry(profiles, path, (profile, at) => {
      this.#rescueProfile(profile, at);
    });
  }

  #rescueProfile(profile: string, path: DocumentPath): void {
    if (profile !== NORMAL && profile !== UNKNOWN_PROFILE) return;
    const message = `"${profile}" is no rescue profile; going back to normal boot is the action \`normal\`.`;
    this.#report.error({ path, message });
  }

  #narrowsReinstall(actions: readonly string[], isAllow: boolean, path: DocumentPath): void {
    if (actions.includes('reinstall') || (!isAllow && actions.includes(ALL))) return;
    const message =
      isAllow && actions.includes(ALL)
        ? 'Images narrow `reinstall`, and `all` does not allow that: name it.'
        : 'Images narrow `reinstall`, and this does not speak of it.';
    this.#report.error({ path, at: 'key', message });
  }

  #narrowsSysrq(actions: readonly string[], path: DocumentPath): void {
    if (actions.includes('sysrq') || actions.includes(ALL)) return;
    const message = 'Keys narrow `sysrq`, and this does not speak of it.';
    this.#report.error({ path, at: 'key', message });
  }

  #reason(text: string | undefined, path: DocumentPath): string | null {
    if (text === undefined) return null;
    const line = oneLine(text);
    const bad = firstUnprintable(line);
    if (bad !== null) this.#report.error({ path, message: `The reason holds ${bad}, which does not print.` });
    if (line === '') this.#report.error({ path, message: 'The reason is empty.' });
    return line;
  }

  #idle(text: string | undefined, path: DocumentPath): Idle | null {
    if (text === undefined || text === 'never') return text ?? null;
    return this.#window(text, [...path, 'idle'], '');
  }

  #window(within: string, path: DocumentPath, what = ' a window'): number {
    return this.#seconds(within, path, what, LONGEST_WINDOW_SECONDS);
  }

  #seconds(time: string, path: DocumentPath, what: string, most: number): number {
    const seconds = Number(time.slice(0, -1)) * UNIT_SECONDS[time.slice(-1) as keyof typeof UNIT_SECONDS];
    if (seconds > most) {
      const expected = `at most ${most / UNIT_SECONDS.d}d`;
      this.#report.error({ path, message: `${time} is too long${what}.`, expected });
    }
    return seconds;
  }
}

/** The actions that `all` allows. */
const UNNAMED = ACTIONS.filter((action) => !(NAMED_ACTIONS as readonly Action[]).includes(action));

/** The actions that `all` stands for in a test that expects them to be allowed. */
const FIRST = ACTIONS.filter((action) => !(LATER_ACTIONS as readonly Action[]).includes(action));

/** @param all the actions that `all` stands for */
function expanded<A extends Action>(words: readonly string[], all: readonly A[]): readonly A[] {
  const named = (words as readonly (A | typeof ALL)[]).filter((word) => word !== ALL) as readonly A[];
  if (!words.includes(ALL)) return named;
  return [...all, ...named.filter((word) => !all.includes(word))];
}

function namedFor(
  action: Action,
  profile: BootProfileName | null,
  image: ImageName | null,
): BootProfileName | ImageName | null {
  if (action === 'rescue') return profile;
  return action === 'reinstall' ? image : null;
}
